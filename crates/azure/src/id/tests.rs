use std::collections::{BTreeSet, HashSet};

use proptest::prelude::*;

use super::*;

const ID: &str = "/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/Rg-1/providers/\
                  Microsoft.ContainerService/managedClusters/Prod_1";

#[test]
fn an_id_is_shown_canonically_however_a_service_wrote_it() {
    // REC: AKS writes `resourcegroups` and `ManagedClusters`.
    let wild = ID
        .replace("resourceGroups", "resourcegroups")
        .replace("managedClusters", "ManagedClusters");
    assert_eq!(ClusterId::parse(&wild).unwrap().to_string(), ID);
    let pool = PoolId::parse(&format!("{wild}/AGENTPOOLS/np1")).unwrap();
    assert_eq!(pool.to_string(), format!("{ID}/agentPools/np1"));
    assert_eq!(pool.cluster().to_string(), ID);
}

#[test]
fn casing_makes_no_difference_to_equality_hash_and_order() {
    let (plain, shouted) = (
        ClusterId::parse(ID).unwrap(),
        ClusterId::parse(&ID.to_uppercase()).unwrap(),
    );
    assert_eq!(plain, shouted);
    assert_eq!(HashSet::from([plain.clone(), shouted.clone()]).len(), 1);
    assert_eq!(BTreeSet::from([plain.clone(), shouted.clone()]).len(), 1);
    assert_eq!(shouted.name().as_str(), "PROD_1", "the casing given is kept");
}

#[test]
fn names_do_not_run_into_each_other() {
    let subscription = SubscriptionId::parse("11111111-2222-3333-4444-555555555555").unwrap();
    let one = ClusterId::new(subscription.clone(), "ab", "c").unwrap();
    let other = ClusterId::new(subscription, "a", "bc").unwrap();
    assert_ne!(one, other);
}

#[test]
fn ids_of_other_kinds_and_broken_ones_are_refused() {
    let pool = format!("{ID}/agentPools/np1");
    for wrong in [
        "",
        "/",
        "prod",
        &ID[1..],
        &format!("{ID}/"),
        &format!("/{ID}"),
        &ID.replace("managedClusters", "snapshots"),
        &ID.replace("Microsoft.ContainerService", "Microsoft.Compute"),
        &ID.replace("11111111-", ""),
        &ID.replace("Prod_1", "a/../b"),
        &ID.replace("Prod_1", "a?x=1"),
        &ID.replace("Prod_1", "a%2e"),
        &ID.replace("Rg-1", ".."),
        &pool,
    ] {
        assert!(ClusterId::parse(wrong).is_err(), "{wrong}");
    }
    assert!(PoolId::parse(ID).is_err());
    assert!(PoolId::parse(&format!("{pool}/machines")).is_err());
}

#[test]
fn names_follow_azures_rules() {
    let subscription = SubscriptionId::parse("11111111-2222-3333-4444-555555555555").unwrap();
    let group = |name: &str| ResourceGroupId::new(subscription.clone(), name).is_ok();
    assert!(group("rg") && group("(x)_-.y") && group("größe") && group(&"a".repeat(90)));
    assert!(!group("") && !group("rg.") && !group("a b") && !group("a/b") && !group(&"a".repeat(91)));
    let cluster = |name: &str| ClusterId::new(subscription.clone(), "rg", name);
    assert!(cluster("a").is_ok() && cluster("a-_b").is_ok() && cluster(&"a".repeat(63)).is_ok());
    assert!(cluster("").is_err() && cluster("-a").is_err() && cluster("a-").is_err() && cluster("a.b").is_err());
    assert!(cluster(&"a".repeat(64)).is_err() && cluster("é").is_err());
    let pool = |name: &str| cluster("c").unwrap().pool(name).is_ok();
    assert!(pool("np1") && pool("abcdefghijkl"));
    assert!(!pool("") && !pool("1np") && !pool("np-1") && !pool("abcdefghijklm"));
}

#[test]
fn a_subscription_is_a_guid_in_lower_case() {
    let id = SubscriptionId::parse("AAAAAAAA-BBBB-CCCC-DDDD-EEEEEEEEEEEE").unwrap();
    assert_eq!(id.to_string(), "aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee");
    for wrong in [
        "",
        "prod",
        "AAAAAAAABBBBCCCCDDDDEEEEEEEEEEEE",
        "gggggggg-bbbb-cccc-dddd-eeeeeeeeeeee",
        "a-b-c-d-e",
    ] {
        assert!(SubscriptionId::parse(wrong).is_err(), "{wrong}");
    }
}

proptest! {
    #[test]
    fn parsing_never_panics_and_what_parses_parses_again(text in "\\PC{0,80}") {
        for candidate in [text.clone(), ID.replace("Prod_1", &text), format!("{ID}/agentPools/{text}")] {
            let _ = SubscriptionId::parse(&candidate);
            if let Ok(id) = ClusterId::parse(&candidate) {
                prop_assert_eq!(ClusterId::parse(&id.to_string()).unwrap(), id);
            }
            if let Ok(id) = PoolId::parse(&candidate) {
                prop_assert_eq!(PoolId::parse(&id.to_string()).unwrap(), id);
            }
        }
    }
}
