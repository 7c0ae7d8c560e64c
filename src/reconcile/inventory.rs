//! What hangs on clusters and came under Armature's care, kept in the operator's own namespace. Whoever may write status
//! can write anything there, take lines out of it, and put back what they kept: so whose a resource is does not rest on
//! status.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

use futures::future::try_join_all;
use jiff::Timestamp;
use k8s_openapi::api::core::v1::ConfigMap;
use kube::api::{ObjectMeta, Patch, PatchParams, PostParams};
use kube::{Api, Client};
use serde::{Deserialize, Serialize};
use serde_json::json;
use tokio::sync::OnceCell;

use super::context::Context;
use super::write::WriteError;
use crate::api::{ChildState, ChildStatus, FIELD_MANAGER};
use crate::plan::children::claim::{Claim, Serial};
use crate::plan::digest::proof;

/// The ConfigMaps are named so, each with one of [`SHARDS`] at its end.
pub const PREFIX: &str = "armature-inventory-";
/// Objects are spread over so many ConfigMaps, because one holds a mebibyte.
const SHARDS: &str = "0123456789abcdef";

/// One object of ours: installation, namespace and name. No UID: a backup brings objects back under new ones.
pub type ObjectKey = [String; 3];

/// What hangs on one cluster, by the keys of its lines in status.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Inventory {
    /// Namespace and name of the object, for people.
    object: String,
    /// What the status of the cluster records about itself is believed from this serial on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub record: Option<Serial>,
    /// Its children.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub children: BTreeMap<String, Item>,
}

/// A resource, and what there is to say about it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Item {
    /// Its id.
    pub id: String,
    /// The api-version it is read in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub api_version: Option<String>,
    /// How it came under Armature's care.
    pub claim: Claim,
    /// Since when.
    pub serial: Serial,
    /// When Azure says that it was created.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created_at: Option<Timestamp>,
}

impl Inventory {
    /// What these lines come to.
    pub fn of(object: &ObjectKey, record: Option<Serial>, lines: &BTreeMap<String, ChildStatus>) -> Self {
        let [_, namespace, name] = object;
        let items = lines
            .iter()
            .filter_map(|(key, line)| Some((key.clone(), Item::of(line)?)));
        Self {
            object: format!("{namespace}/{name}"),
            record,
            children: items.collect(),
        }
    }

    /// The same with what another one has besides.
    fn joined(&self, other: &Self) -> Self {
        let mut all = self.clone();
        for (key, item) in &other.children {
            all.children.entry(key.clone()).or_insert_with(|| item.clone());
        }
        all
    }

    fn is_empty(&self) -> bool {
        self.record.is_none() && self.children.is_empty()
    }
}

impl Item {
    /// What a line of a pass says.
    fn of(line: &ChildStatus) -> Option<Self> {
        let (claim, serial) = Claim::with_serial(line)?;
        Some(Self {
            id: line.id.clone()?,
            api_version: line.api_version.clone(),
            claim,
            serial,
            created_at: line.created_at,
        })
    }

    /// Whether it is about this id.
    pub fn is_at(&self, id: Option<&String>) -> bool {
        id.is_some_and(|id| id.eq_ignore_ascii_case(&self.id))
    }

    /// Lets a line say so.
    pub fn tell(&self, line: &mut ChildStatus) {
        self.claim.set(line, self.serial);
        line.created_at = self.created_at;
        line.api_version = self.api_version.clone().or(line.api_version.take());
    }

    /// A line for it where status has none: it is looked at.
    pub fn line(&self) -> ChildStatus {
        let mut line = ChildStatus {
            state: ChildState::Pending,
            message: Some("nobody has looked yet".to_owned()),
            id: Some(self.id.clone()),
            ..ChildStatus::default()
        };
        self.tell(&mut line);
        line
    }
}

/// All of them, as they are stored.
#[derive(Debug, Default)]
pub struct Inventories {
    objects: OnceCell<Mutex<BTreeMap<String, Object>>>,
}

/// What is known of one object.
#[derive(Debug, Clone, Default)]
struct Object {
    /// What is stored; why not, where that can't be read.
    stored: Option<Result<Inventory, String>>,
    /// Lines that have ended and are stored still.
    ended: BTreeSet<String>,
    /// What Kubernetes did not take. Until it does, nobody knows what a later process finds there.
    owed: Option<Inventory>,
}

impl Inventories {
    /// Reads all that is stored, once, and tries whether it can be written: what can't be recorded must not begin.
    ///
    /// # Errors
    /// Kubernetes did not answer, or refused.
    pub async fn load(&self, client: &Client, namespace: &str) -> Result<(), kube::Error> {
        let read = async || {
            let shards = SHARDS.chars().map(|shard| read(client, namespace, shard));
            let objects = try_join_all(shards).await?.into_iter().flatten();
            Ok::<_, kube::Error>(Mutex::new(objects.collect()))
        };
        self.objects.get_or_try_init(read).await.map(drop)
    }

    /// What is stored of an object and has not ended.
    ///
    /// # Errors
    /// A sentence that says why it can't be read.
    pub fn of(&self, object: &ObjectKey) -> Result<Inventory, String> {
        let Object { stored, ended, .. } = self.with(object, |known| known.clone());
        let mut inventory = stored.unwrap_or_else(|| Ok(Inventory::default()))?;
        inventory.children.retain(|key, _| !ended.contains(key));
        Ok(inventory)
    }

    /// Whether a line has ended, and status only does not say so yet.
    pub fn has_ended(&self, object: &ObjectKey, key: &str) -> bool {
        self.with(object, |known| known.ended.contains(key))
    }

    /// Objects, as namespace and name, that have something to say about the resource.
    pub fn holders(&self, id: &str, counts: impl Fn(Claim) -> bool) -> Vec<String> {
        let holds = |object: &Object| {
            let Some(Ok(inventory)) = &object.stored else {
                return None;
            };
            let mut items = inventory
                .children
                .iter()
                .filter(|(key, _)| !object.ended.contains(*key));
            let holds = items.any(|(_, item)| item.id.eq_ignore_ascii_case(id) && counts(item.claim));
            holds.then(|| inventory.object.clone())
        };
        match self.objects.get() {
            Some(objects) => lock(objects).values().filter_map(holds).collect(),
            None => Vec::new(),
        }
    }

    /// Stores what is new, before status or Azure hear of it. What has ended stays until status no longer has it either:
    /// should the process end in between, it is looked at once more.
    ///
    /// # Errors
    /// Kubernetes did not take it.
    pub async fn record(&self, context: &Context, object: &ObjectKey, now: &Inventory) -> Result<(), WriteError> {
        let all = self.with(object, |known| {
            let Some(Ok(stored)) = &known.stored else {
                return now.clone();
            };
            let ended = stored.children.keys().filter(|key| !now.children.contains_key(*key));
            known.ended = ended.cloned().collect();
            now.joined(stored)
        });
        self.store(context, object, all).await
    }

    /// Stores what is so, once status says so.
    ///
    /// # Errors
    /// Kubernetes did not take it; it is [owed](Self::settle).
    pub async fn conclude(&self, context: &Context, object: &ObjectKey, now: Inventory) -> Result<(), WriteError> {
        self.store(context, object, now).await
    }

    /// Stores what could not be stored before.
    ///
    /// # Errors
    /// Kubernetes does not take it now either.
    pub async fn settle(&self, context: &Context, object: &ObjectKey) -> Result<(), WriteError> {
        match self.with(object, |known| known.owed.clone()) {
            Some(owed) => self.store(context, object, owed).await,
            None => Ok(()),
        }
    }

    /// Whether more could be stored now, as far as a trial tells.
    ///
    /// # Errors
    /// Kubernetes would not take it.
    pub async fn try_out(&self, context: &Context, object: &ObjectKey) -> Result<(), WriteError> {
        let key = data_key(object);
        let maps = maps(&context.client, &context.settings.operator_namespace);
        trial(&maps, &name(shard(&key)), true).await.map_err(WriteError::of)
    }

    async fn store(&self, context: &Context, object: &ObjectKey, now: Inventory) -> Result<(), WriteError> {
        let is_stored = |known: &mut Object| {
            let same = match &known.stored {
                Some(Ok(stored)) => *stored == now,
                Some(Err(_)) => false,
                None => now.is_empty(),
            };
            same && known.owed.is_none()
        };
        if self.with(object, is_stored) {
            return Ok(());
        }
        if !context.leadership.is_leader() {
            return Err(WriteError::NotLeader);
        }
        let written = self.write(context, object, &now).await;
        self.with(object, |known| match &written {
            Ok(()) => {
                known.ended.retain(|key| now.children.contains_key(key));
                known.owed = None;
                known.stored = (!now.is_empty()).then_some(Ok(now));
            }
            Err(_) => known.owed = Some(now),
        });
        written.map_err(WriteError::of)
    }

    /// Writes one object; should somebody have deleted the ConfigMap, all that was in it is written anew.
    async fn write(&self, context: &Context, object: &ObjectKey, now: &Inventory) -> Result<(), kube::Error> {
        let key = data_key(object);
        let maps = maps(&context.client, &context.settings.operator_namespace);
        let name = name(shard(&key));
        let value = (!now.is_empty()).then(|| json!(now).to_string());
        let patch = Patch::Merge(json!({ "data": { &key: &value } }));
        match maps.patch(&name, &params(false), &patch).await {
            Err(kube::Error::Api(status)) if status.is_not_found() => {}
            answer => return answer.map(drop),
        }
        let mut all = self.shard(shard(&key));
        match value {
            Some(value) => drop(all.insert(key, value)),
            None => drop(all.remove(&key)),
        }
        maps.create(&creation(false), &config_map(&name, all)).await.map(drop)
    }

    /// The data of a ConfigMap, as far as it could be read.
    fn shard(&self, letter: char) -> BTreeMap<String, String> {
        let Some(objects) = self.objects.get() else {
            return BTreeMap::new();
        };
        let text = |(key, object): (&String, &Object)| {
            let stored = object.stored.as_ref()?.as_ref().ok()?;
            (shard(key) == letter).then(|| (key.clone(), json!(stored).to_string()))
        };
        lock(objects).iter().filter_map(text).collect()
    }

    fn with<T>(&self, object: &ObjectKey, act: impl FnOnce(&mut Object) -> T) -> T {
        let Some(objects) = self.objects.get() else {
            return act(&mut Object::default());
        };
        let mut objects = lock(objects);
        let key = data_key(object);
        let mut known = objects.remove(&key).unwrap_or_default();
        let result = act(&mut known);
        if known.stored.is_some() || known.owed.is_some() {
            objects.insert(key, known);
        }
        result
    }
}

fn lock(objects: &Mutex<BTreeMap<String, Object>>) -> MutexGuard<'_, BTreeMap<String, Object>> {
    objects.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The key of an object in the data of its ConfigMap: long enough that nobody finds a name for one that comes to another's.
fn data_key(object: &ObjectKey) -> String {
    proof(&json!(object))
}

fn shard(key: &str) -> char {
    key.chars().next().unwrap_or_default()
}

fn name(shard: char) -> String {
    format!("{PREFIX}{shard}")
}

/// What one ConfigMap holds, once it was tried whether it can be written.
async fn read(client: &Client, namespace: &str, shard: char) -> Result<BTreeMap<String, Object>, kube::Error> {
    let (maps, name) = (maps(client, namespace), name(shard));
    let map = maps.get_opt(&name).await?;
    trial(&maps, &name, map.is_some()).await?;
    let data = map.and_then(|map| map.data).unwrap_or_default();
    let object = |(key, text): (String, String)| {
        let unreadable = |error| format!("the entry `{key}` of ConfigMap {namespace}/{name} can't be read: {error}");
        let stored = Some(serde_json::from_str(&text).map_err(unreadable));
        let object = Object {
            stored,
            ..Object::default()
        };
        (key, object)
    };
    Ok(data.into_iter().map(object).collect())
}

/// Whether the ConfigMap could be written.
async fn trial(maps: &Api<ConfigMap>, name: &str, exists: bool) -> Result<(), kube::Error> {
    let nothing = Patch::Merge(json!({ "data": {} }));
    if exists {
        match maps.patch(name, &params(true), &nothing).await {
            Err(kube::Error::Api(status)) if status.is_not_found() => {}
            answer => return answer.map(drop),
        }
    }
    let created = maps.create(&creation(true), &config_map(name, BTreeMap::new())).await;
    created.map(drop)
}

fn config_map(name: &str, data: BTreeMap<String, String>) -> ConfigMap {
    ConfigMap {
        metadata: ObjectMeta {
            name: Some(name.to_owned()),
            labels: Some([("app.kubernetes.io/managed-by".to_owned(), FIELD_MANAGER.to_owned())].into()),
            ..ObjectMeta::default()
        },
        data: Some(data),
        ..ConfigMap::default()
    }
}

fn params(dry_run: bool) -> PatchParams {
    PatchParams {
        dry_run,
        field_manager: Some(FIELD_MANAGER.to_owned()),
        ..PatchParams::default()
    }
}

fn creation(dry_run: bool) -> PostParams {
    PostParams {
        dry_run,
        field_manager: Some(FIELD_MANAGER.to_owned()),
    }
}

fn maps(client: &Client, namespace: &str) -> Api<ConfigMap> {
    Api::namespaced(client.clone(), namespace)
}

#[cfg(test)]
mod tests {
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
        ["home", "team", "prod"].map(str::to_owned)
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
        let other = ["home", "team", "test"].map(str::to_owned);
        lock(known.objects.get().unwrap()).insert(data_key(&other), broken);
        assert!(known.of(&object()).is_ok());
        assert!(known.of(&other).unwrap_err().contains("`x`"));
    }

    #[test]
    fn names_are_what_a_config_map_takes_and_the_chart_allows() {
        let key = data_key(&object());
        assert!(key.chars().all(|letter| letter.is_ascii_alphanumeric()), "{key}");
        assert!(SHARDS.contains(shard(&key)));
        let role = include_str!("../../charts/armature/templates/rbac.yaml");
        for shard in SHARDS.chars() {
            assert!(role.contains(&format!("- {}\n", name(shard))), "{shard}");
        }
    }
}
