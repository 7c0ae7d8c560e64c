use super::*;

impl Inventories {
    /// One in which this is stored.
    pub fn knowing(object: &ObjectKey, inventory: Inventory) -> Self {
        let known = Object {
            stored: Some(Ok(inventory)),
            ..Object::default()
        };
        Self {
            objects: OnceCell::new_with(Some(Mutex::new([(data_key(object), known)].into()))),
        }
    }
}

fn object() -> ObjectKey {
    named("prod")
}

fn named(name: &str) -> ObjectKey {
    ObjectKey {
        installation: "home".to_owned(),
        namespace: "team".to_owned(),
        name: name.to_owned(),
        uid: "1".to_owned(),
    }
}

fn item(id: &str, claim: Claim) -> Item {
    Item {
        id: id.to_owned(),
        api_version: Some("1".to_owned()),
        claim,
        serial: Serial::START,
        created_at: None,
    }
}

fn inventory(items: &[(&str, Item)]) -> Inventory {
    Inventory {
        object: "team/prod".to_owned(),
        uid: "1".to_owned(),
        record: None,
        children: items
            .iter()
            .map(|(key, item)| ((*key).to_owned(), item.clone()))
            .collect(),
    }
}

#[test]
fn it_is_stored_with_every_claim_and_read_back() {
    let claims = [Claim::Gone, Claim::Seen, Claim::Making, Claim::Adopted, Claim::Made];
    for claim in claims {
        let before = Inventory {
            record: Some(Serial::START),
            ..inventory(&[("locks/keep", item("/A", claim))])
        };
        let text = json!(before).to_string();
        assert_eq!(serde_json::from_str::<Inventory>(&text).unwrap(), before);
        assert!(text.contains(claim.word()), "{text}");
    }
}

#[test]
fn a_line_comes_to_what_it_was_made_of() {
    let item = Item {
        created_at: Some(Timestamp::UNIX_EPOCH),
        ..item("/A", Claim::Made)
    };
    let lines = [("locks/keep".to_owned(), item.line())].into();
    assert_eq!(Inventory::of(&object(), None, &lines).children["locks/keep"], item);
}

#[test]
fn a_resource_is_held_by_whom_it_is_recorded_of_in_any_case() {
    let known = Inventories::knowing(&object(), inventory(&[("locks/keep", item("/A", Claim::Made))]));
    assert_eq!(known.holders("/a", Claim::may_change), ["team/prod"]);
    assert!(known.holders("/b", Claim::may_change).is_empty());
    assert!(known.holders("/a", |claim| claim == Claim::Seen).is_empty());
}

#[test]
fn an_entry_that_cannot_be_read_is_named_and_holds_up_its_own_object_only() {
    let known = Inventories::knowing(&object(), inventory(&[]));
    let broken = Object {
        stored: Some(Err("the entry `x` can't be read".to_owned())),
        ..Object::default()
    };
    let other = named("test");
    lock(known.objects.get().unwrap()).insert(data_key(&other), broken);
    assert!(known.of(&object()).is_ok());
    assert!(known.of(&other).unwrap_err().contains("`x`"));
}

#[test]
fn an_entry_of_another_object_is_nobodys() {
    let known = Inventories::knowing(&named("test"), inventory(&[("locks/keep", item("/A", Claim::Made))]));
    assert!(known.of(&named("test")).unwrap_err().contains("team/prod"));
}

#[test]
fn of_another_object_of_that_name_only_what_azure_tells_from_a_later_one_stays_ours() {
    let dated = Item {
        created_at: Some(Timestamp::UNIX_EPOCH),
        ..item("/A", Claim::Made)
    };
    let undated = item("/B", Claim::Made);
    let known = Inventories::knowing(
        &object(),
        inventory(&[("locks/keep", dated), ("federatedCredentials/api", undated)]),
    );
    let anew = ObjectKey {
        uid: "2".to_owned(),
        ..object()
    };
    let keys = |object| known.of(object).unwrap().children.into_keys().collect::<Vec<_>>();
    assert_eq!(keys(&anew), ["locks/keep"]);
    assert_eq!(keys(&object()).len(), 2);
}

#[test]
fn what_has_ended_is_nobodys_before_it_is_taken_out() {
    let before = inventory(&[
        ("locks/keep", item("/A", Claim::Made)),
        ("locks/more", item("/B", Claim::Made)),
    ]);
    let now = inventory(&[("locks/more", item("/B", Claim::Made))]);
    let both = now.joined(&before);
    assert_eq!(both.children["locks/keep"].claim, Claim::Gone);
    assert_eq!(both.children["locks/more"].claim, Claim::Made);
}

#[test]
fn a_namespace_fills_its_share_only_and_gets_smaller_in_any_case() {
    let long = |length: usize| inventory(&[("locks/keep", item(&"x".repeat(length), Claim::Made))]);
    let known = Inventories::knowing(&object(), long(SHARE + 10));
    assert!(known.leaves_room(&object(), &long(SHARE + 9)).is_ok());
    assert!(known.leaves_room(&object(), &long(SHARE + 11)).is_err());
    let same_shard = (0..)
        .map(|number| named(&number.to_string()))
        .find(|other| shard(&data_key(other)) == shard(&data_key(&object())));
    let other = same_shard.unwrap();
    assert!(
        known.leaves_room(&other, &inventory(&[])).is_err(),
        "of the same namespace"
    );
    let elsewhere = ObjectKey {
        namespace: "else".to_owned(),
        ..other
    };
    let elsewhere = (0..).map(|number| ObjectKey {
        name: number.to_string(),
        ..elsewhere.clone()
    });
    let elsewhere = elsewhere
        .clone()
        .find(|other| shard(&data_key(other)) == shard(&data_key(&object())))
        .unwrap();
    assert!(known.leaves_room(&elsewhere, &long(10)).is_ok());
}

#[test]
fn names_are_what_a_config_map_takes_and_the_chart_allows() {
    let key = data_key(&object());
    assert!(key.chars().all(|letter| letter.is_ascii_alphanumeric()), "{key}");
    assert!(SHARDS.contains(shard(&key)));
    let role = include_str!("../../../charts/armature/templates/rbac.yaml");
    for shard in SHARDS.chars() {
        assert!(role.contains(&format!("- {}\n", name(shard))), "{shard}");
    }
}
