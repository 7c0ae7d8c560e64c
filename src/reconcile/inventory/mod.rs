//! What hangs on clusters and came under Armature's care, kept in the operator's own namespace. Whoever may write status
//! can write anything there, take lines out of it, and put back what they kept: so whose a resource is does not rest on
//! status.

mod maps;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

use futures::future::try_join_all;
use jiff::Timestamp;
use kube::Client;
use kube::runtime::reflector::ObjectRef;
use serde::{Deserialize, Serialize};
use serde_json::json;
use tokio::sync::OnceCell;
use tracing::warn;

use self::maps::{Data, Maps};
use super::context::Context;
use super::write::WriteError;
use crate::runtime::connect::told;
use armature_api::{ChildState, ChildStatus};
use armature_plan::children::claim::{Claim, Serial};
use armature_plan::digest::proof;

/// The ConfigMaps are named so, each with one of [`SHARDS`] at its end.
pub const PREFIX: &str = "armature-inventory-";
/// Objects are spread over so many ConfigMaps, because one holds a mebibyte.
const SHARDS: &str = "0123456789abcdef";
/// So many bytes of one ConfigMap may be of objects of one namespace, so that nobody fills it for others.
const SHARE: usize = 256 * 1024;

/// One object of ours.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ObjectKey {
    /// The name of this installation.
    pub installation: String,
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// Its UID. A backup brings objects back under new ones: so it is no part of what an object is found by.
    pub uid: String,
}

impl ObjectKey {
    fn told(&self) -> String {
        format!("{}/{}", self.namespace, self.name)
    }
}

/// What hangs on one cluster, by the keys of its lines in status.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Inventory {
    /// Namespace and name of the object.
    object: String,
    /// Its UID.
    #[serde(default)]
    uid: String,
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
        let items = lines
            .iter()
            .filter_map(|(key, line)| Some((key.clone(), Item::of(line)?)));
        Self {
            object: object.told(),
            uid: object.uid.clone(),
            record,
            children: items.collect(),
        }
    }

    /// The same with what another one has besides: of that, nothing is ours any more.
    fn joined(&self, other: &Self) -> Self {
        let mut all = self.clone();
        for (key, item) in &other.children {
            let gone = || Item {
                claim: Claim::Gone,
                ..item.clone()
            };
            all.children.entry(key.clone()).or_insert_with(gone);
        }
        all
    }

    /// What of it counts for another object of the same name: a backup brought it back, or somebody made it anew. What
    /// Azure gives no time of creation may be another resource meanwhile, and nobody would know.
    fn for_another_object(mut self) -> Self {
        self.children.retain(|_, item| item.created_at.is_some());
        self
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
    /// Whether a pass has asked for it.
    asked: bool,
}

impl Object {
    /// What an entry of a ConfigMap says.
    fn read(place: &str, key: String, text: &str) -> (String, Self) {
        let unreadable = |error| {
            format!(
                "the entry `{key}` of {place} can't be read ({error}); put it right or take it out, and restart the operator"
            )
        };
        let stored = Some(serde_json::from_str(text).map_err(unreadable));
        let object = Self {
            stored,
            ..Self::default()
        };
        (key, object)
    }
}

impl Inventories {
    /// Reads all that is stored, once, and tries whether it can be written: what can't be recorded must not begin.
    ///
    /// # Errors
    /// Kubernetes did not answer, or refused.
    pub async fn load(&self, client: &Client, namespace: &str) -> Result<(), kube::Error> {
        let read = async || {
            let maps = Maps::of(client, namespace);
            let names: Vec<String> = SHARDS.chars().map(name).collect();
            let read = try_join_all(names.iter().map(|name| maps.read(name))).await?;
            let entries = names.iter().zip(read).flat_map(|(name, data)| {
                let place = format!("ConfigMap {namespace}/{name}");
                data.into_iter()
                    .map(move |(key, text)| Object::read(&place, key, &text))
            });
            Ok::<_, kube::Error>(Mutex::new(entries.collect()))
        };
        self.objects.get_or_try_init(read).await.map(drop)
    }

    /// What is stored of an object and has not ended.
    ///
    /// # Errors
    /// A sentence that says why it can't be read.
    pub fn of(&self, object: &ObjectKey) -> Result<Inventory, String> {
        let Object { stored, ended, .. } = self.with(object, |known| {
            known.asked = true;
            known.clone()
        });
        let Some(stored) = stored else {
            return Ok(Inventory::default());
        };
        let mut inventory = stored?;
        if inventory.object != object.told() {
            return Err(format!("the entry of {} is one of {}", object.told(), inventory.object));
        }
        inventory.children.retain(|key, _| !ended.contains(key));
        if inventory.uid == object.uid {
            return Ok(inventory);
        }
        Ok(inventory.for_another_object())
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

    /// Stores what is new and that nothing is ours of what has ended, before status or Azure hear of it. What has ended is
    /// taken out when status no longer has it either: should the process end in between, it is known as what it is.
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
    /// Kubernetes did not take it.
    pub async fn conclude(&self, context: &Context, object: &ObjectKey, now: Inventory) -> Result<(), WriteError> {
        self.store(context, object, now).await
    }

    /// Forgets objects that passes looked at and that are gone, however they went: what hung on them is nobody's.
    pub async fn sweep(&self, context: &Context) {
        let Some(objects) = self.objects.get() else { return };
        let gone = |object: &Object| {
            let Some(Ok(inventory)) = &object.stored else {
                return None;
            };
            let (namespace, name) = inventory.object.split_once('/')?;
            let is_gone = object.asked && !context.caches.clusters.has(&ObjectRef::new(name).within(namespace));
            is_gone.then(|| ObjectKey {
                installation: context.installation.as_str().to_owned(),
                namespace: namespace.to_owned(),
                name: name.to_owned(),
                uid: inventory.uid.clone(),
            })
        };
        let gone: Vec<ObjectKey> = lock(objects).values().filter_map(gone).collect();
        for object in gone {
            if let Err(error) = self.store(context, &object, Inventory::default()).await {
                warn!(
                    object = object.told(),
                    "what hung on an object that is gone stays recorded: {error}"
                );
            }
        }
    }

    /// Whether more could be stored now, as far as a trial tells.
    ///
    /// # Errors
    /// Kubernetes would not take it.
    pub async fn try_out(&self, context: &Context, object: &ObjectKey) -> Result<(), WriteError> {
        let key = data_key(object);
        let maps = Maps::of(&context.client, &context.settings.operator_namespace);
        let tried = maps.trial(&name(shard(&key))).await;
        tried.map_err(|error| unrecorded(context, &error))
    }

    async fn store(&self, context: &Context, object: &ObjectKey, now: Inventory) -> Result<(), WriteError> {
        let is_stored = |known: &mut Object| match &known.stored {
            Some(Ok(stored)) => *stored == now,
            Some(Err(_)) => false,
            None => now.is_empty(),
        };
        if self.with(object, is_stored) {
            return Ok(());
        }
        if !context.leadership.is_leader() {
            return Err(WriteError::NotLeader);
        }
        self.leaves_room(object, &now)?;
        self.write(context, object, &now)
            .await
            .map_err(|error| unrecorded(context, &error))?;
        self.with(object, |known| {
            known.ended.retain(|key| now.children.contains_key(key));
            known.stored = (!now.is_empty()).then_some(Ok(now));
        });
        Ok(())
    }

    /// Whether the objects of a namespace leave room for those of others. What gets smaller always does.
    fn leaves_room(&self, object: &ObjectKey, now: &Inventory) -> Result<(), WriteError> {
        let Some(objects) = self.objects.get() else {
            return Ok(());
        };
        let (key, size) = (data_key(object), |inventory: &Inventory| {
            json!(inventory).to_string().len()
        });
        let (mut others, mut before) = (0, 0);
        for (other, known) in lock(objects).iter().filter(|(other, _)| shard(other) == shard(&key)) {
            let Some(Ok(stored)) = &known.stored else { continue };
            let is_of_namespace = stored
                .object
                .split_once('/')
                .is_some_and(|(namespace, _)| namespace == object.namespace);
            match *other == key {
                true => before = size(stored),
                false if is_of_namespace => others += size(stored),
                false => {}
            }
        }
        let size = size(now);
        if size <= before || others + size <= SHARE {
            return Ok(());
        }
        Err(WriteError::Unrecorded(format!(
            "what hangs on the clusters of namespace {} fills its share of ConfigMap {}: {SHARE} bytes; take out entries, or spread \
             the clusters over more namespaces",
            object.namespace,
            name(shard(&key)),
        )))
    }

    async fn write(&self, context: &Context, object: &ObjectKey, now: &Inventory) -> Result<(), kube::Error> {
        let key = data_key(object);
        let maps = Maps::of(&context.client, &context.settings.operator_namespace);
        let value = (!now.is_empty()).then(|| json!(now).to_string());
        let all = || self.shard(shard(&key));
        maps.write(&name(shard(&key)), &key, value.as_deref(), all).await
    }

    /// The data of a ConfigMap, as far as it could be read.
    fn shard(&self, letter: char) -> Data {
        let Some(objects) = self.objects.get() else {
            return Data::new();
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
        if known.stored.is_some() {
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
    let ObjectKey {
        installation,
        namespace,
        name,
        uid: _,
    } = object;
    proof(&json!([installation, namespace, name]))
}

fn shard(key: &str) -> char {
    key.chars().next().unwrap_or_default()
}

fn name(shard: char) -> String {
    format!("{PREFIX}{shard}")
}

/// What follows from a write that failed.
fn unrecorded(context: &Context, error: &kube::Error) -> WriteError {
    match error {
        kube::Error::Api(status) if status.is_conflict() => WriteError::Conflict,
        _ => WriteError::Unrecorded(unkept(&context.settings.operator_namespace, &told(error))),
    }
}

/// That the inventories can't be kept, and why.
pub fn unkept(namespace: &str, why: &str) -> String {
    format!("the ConfigMaps {namespace}/{PREFIX}*, which record what Armature made, can't be read and written: {why}")
}

#[cfg(test)]
mod tests;
