//! Signatures that have had their time. What status records is signed, and whoever may write status can keep a copy and
//! put it back later: so what has ended is noted in the operator's own namespace, where they can't write.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use k8s_openapi::api::core::v1::ConfigMap;
use kube::api::{ObjectMeta, Patch, PatchParams, PostParams};
use kube::{Api, Client};
use serde_json::{Value, json};
use tokio::sync::OnceCell;
use tracing::info;

use super::context::Context;
use super::write::WriteError;
use armature_api::FIELD_MANAGER;
use armature_plan::applied::hash;
use armature_plan::children::claim::Serial;

/// The ConfigMap that keeps them.
pub const CONFIG_MAP: &str = "armature-spent-signatures";
/// So many are kept, which is most of what a ConfigMap holds; of more, the oldest of the namespace that has most go.
const MOST: usize = 10_000;

/// What a signature is about: one object of ours, and a resource or record of it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Subject {
    namespace: String,
    object: String,
    part: String,
}

impl Subject {
    /// A resource in Azure, by its id.
    pub fn resource(object: &[String; 3], id: &str) -> Self {
        Self::part(object, &json!(["resource", id.to_ascii_lowercase()]))
    }

    /// What the status of the object records about itself.
    pub fn record(object: &[String; 3]) -> Self {
        Self::part(object, &json!(["record"]))
    }

    fn part(object: &[String; 3], part: &Value) -> Self {
        let [installation, namespace, name] = object;
        Self {
            namespace: hash(&json!([installation, namespace])),
            object: hash(&json!([installation, namespace, name])),
            part: hash(part),
        }
    }

    /// The key in the ConfigMap.
    fn key(&self) -> String {
        format!("{}.{}.{}", self.namespace, self.object, self.part)
    }
}

/// The highest serials that have ended. What is not there has not ended.
#[derive(Debug, Default)]
pub struct Spent {
    ended: OnceCell<Mutex<BTreeMap<String, Serial>>>,
    /// What Kubernetes did not take last.
    refused: Mutex<Option<Data>>,
}

/// What is written: serials as text, and nothing for what is forgotten.
type Data = BTreeMap<String, Value>;

impl Spent {
    /// Reads what was noted by earlier leaders, once, and tries whether more can be noted, once and after each time that
    /// it could not: what can't be ended must not begin.
    ///
    /// # Errors
    /// Kubernetes did not answer, or refused.
    pub async fn load(&self, client: &Client, namespace: &str) -> Result<(), kube::Error> {
        self.ended.get_or_try_init(|| read(client, namespace)).await?;
        let refused = self.refused().clone();
        if let Some(data) = refused {
            write(client, namespace, data, || self.all(), true).await?;
            *self.refused() = None;
        }
        Ok(())
    }

    /// Whether a claim with this serial still counts.
    pub fn admits(&self, subject: &Subject, serial: Serial) -> bool {
        self.last(subject).is_none_or(|last| serial > last)
    }

    /// The serial of what begins now.
    pub fn next(&self, subject: &Subject, now: Timestamp) -> Serial {
        Serial::after(self.last(subject), now)
    }

    /// The highest serial that has ended.
    pub fn last(&self, subject: &Subject) -> Option<Serial> {
        self.with(|ended| ended.get(&subject.key()).copied())
    }

    fn refused(&self) -> MutexGuard<'_, Option<Data>> {
        self.refused.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// All that is known, as it is written.
    fn all(&self) -> BTreeMap<String, String> {
        let text = |(key, serial): (&String, &Serial)| (key.clone(), serial.to_string());
        self.with(|ended| ended.iter().map(text).collect())
    }

    fn with<T>(&self, act: impl FnOnce(&mut BTreeMap<String, Serial>) -> T) -> T {
        match self.ended.get() {
            Some(ended) => act(&mut ended.lock().unwrap_or_else(PoisonError::into_inner)),
            None => act(&mut BTreeMap::new()),
        }
    }

    /// Notes serials up to which everything has ended.
    ///
    /// # Errors
    /// Kubernetes did not take it: then it is not known as ended, and has to stay in status.
    pub async fn note(&self, context: &Context, ended: &BTreeMap<Subject, Serial>) -> Result<(), WriteError> {
        let news: BTreeMap<String, Serial> = ended
            .iter()
            .filter(|(subject, serial)| self.admits(subject, **serial))
            .map(|(subject, serial)| (subject.key(), *serial))
            .collect();
        if news.is_empty() {
            return Ok(());
        }
        if !context.leadership.is_leader() {
            return Err(WriteError::NotLeader);
        }
        let old = self.with(|ended| surplus(ended, &news));
        let mut data: Data = news
            .iter()
            .map(|(key, serial)| (key.clone(), json!(serial.to_string())))
            .collect();
        data.extend(old.iter().map(|key| (key.clone(), Value::Null)));
        let namespace = &context.settings.operator_namespace;
        let written = write(&context.client, namespace, data.clone(), || self.all(), false).await;
        *self.refused() = written.is_err().then_some(data);
        written.map_err(WriteError::of)?;
        if !old.is_empty() {
            info!(forgotten = old.len(), "more signatures have ended than are kept");
        }
        self.with(|ended| {
            ended.retain(|key, _| !old.contains(key));
            ended.extend(news);
        });
        Ok(())
    }
}

/// The oldest that make room for new ones: of the namespace that has most, so that nobody pushes out what is others'.
fn surplus(ended: &BTreeMap<String, Serial>, news: &BTreeMap<String, Serial>) -> Vec<String> {
    let added = news.keys().filter(|key| !ended.contains_key(*key)).count();
    let surplus = (ended.len() + added).saturating_sub(MOST);
    if surplus == 0 {
        return Vec::new();
    }
    let mut sizes: BTreeMap<&str, usize> = BTreeMap::new();
    for key in ended.keys() {
        *sizes.entry(namespace_of(key)).or_default() += 1;
    }
    let mut oldest: Vec<_> = ended.iter().filter(|(key, _)| !news.contains_key(*key)).collect();
    oldest.sort_by_key(|(key, serial)| (std::cmp::Reverse(sizes.get(namespace_of(key)).copied()), **serial));
    oldest.into_iter().take(surplus).map(|(key, _)| key.clone()).collect()
}

fn namespace_of(key: &str) -> &str {
    key.split_once('.').map_or(key, |(namespace, _)| namespace)
}

/// What is stored, once it was tried whether more can be.
async fn read(client: &Client, namespace: &str) -> Result<Mutex<BTreeMap<String, Serial>>, kube::Error> {
    let maps = maps(client, namespace);
    let map = maps.get_opt(CONFIG_MAP).await?;
    let nothing = Patch::Merge(json!({ "data": {} }));
    match &map {
        Some(_) => drop(maps.patch(CONFIG_MAP, &params(true), &nothing).await?),
        None => drop(maps.create(&creation(true), &config_map(BTreeMap::new())).await?),
    }
    let data = map.and_then(|map| map.data).unwrap_or_default();
    let serials = data
        .into_iter()
        .filter_map(|(key, text)| Some((key, Serial::read(&text)?)));
    Ok(Mutex::new(serials.collect()))
}

/// Adds to what is stored; should somebody have deleted that, `all` that was known is stored anew.
async fn write(
    client: &Client,
    namespace: &str,
    data: Data,
    all: impl FnOnce() -> BTreeMap<String, String>,
    dry_run: bool,
) -> Result<(), kube::Error> {
    let maps = maps(client, namespace);
    let patch = json!({ "data": data });
    match maps.patch(CONFIG_MAP, &params(dry_run), &Patch::Merge(&patch)).await {
        Err(kube::Error::Api(status)) if status.is_not_found() => {}
        answer => return answer.map(drop),
    }
    let mut known = all();
    for (key, value) in data {
        match value {
            Value::String(serial) => drop(known.insert(key, serial)),
            _ => drop(known.remove(&key)),
        }
    }
    maps.create(&creation(dry_run), &config_map(known)).await.map(drop)
}

fn config_map(data: BTreeMap<String, String>) -> ConfigMap {
    ConfigMap {
        metadata: ObjectMeta {
            name: Some(CONFIG_MAP.to_owned()),
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
        ..PostParams::default()
    }
}

fn maps(client: &Client, namespace: &str) -> Api<ConfigMap> {
    Api::namespaced(client.clone(), namespace)
}

#[cfg(test)]
mod tests {
    use super::*;

    impl Spent {
        /// One that knows that these have ended.
        pub fn knowing(ended: impl IntoIterator<Item = (Subject, Serial)>) -> Self {
            let ended = ended.into_iter().map(|(subject, serial)| (subject.key(), serial));
            Self {
                ended: OnceCell::new_with(Some(Mutex::new(ended.collect()))),
                refused: Mutex::default(),
            }
        }
    }

    fn object(name: &str) -> [String; 3] {
        ["home", "team", name].map(str::to_owned)
    }

    fn serial(second: i64) -> Serial {
        Serial::after(None, Timestamp::from_second(second).unwrap())
    }

    #[test]
    fn what_has_ended_counts_no_more_for_its_object_and_resource_whatever_the_clock_says() {
        let subject = Subject::resource(&object("prod"), "/subscriptions/s/A");
        let spent = Spent::knowing([(subject.clone(), serial(10))]);
        assert!(!spent.admits(&subject, serial(9)) && !spent.admits(&subject, serial(10)));
        assert!(spent.admits(&subject, serial(11)));
        assert!(
            spent.admits(&subject, spent.next(&subject, Timestamp::UNIX_EPOCH)),
            "the clock went back"
        );
        let in_other_case = Subject::resource(&object("prod"), "/SUBSCRIPTIONS/s/a");
        assert!(!spent.admits(&in_other_case, serial(9)));
        for other in [
            Subject::resource(&object("prod"), "/subscriptions/s/B"),
            Subject::resource(&object("test"), "/subscriptions/s/A"),
            Subject::record(&object("prod")),
        ] {
            assert!(spent.admits(&other, serial(9)));
        }
    }

    #[test]
    fn only_so_many_are_kept_and_the_oldest_make_room() {
        let key = |number: usize| format!("a.{number:05}");
        let ended: BTreeMap<_, _> = (0..MOST).map(|number| (key(number), serial(number as i64))).collect();
        let news = [(key(MOST), serial(9)), (key(1), serial(9))].into();
        assert_eq!(surplus(&ended, &news), [key(0)]);
        assert!(surplus(&BTreeMap::new(), &news).is_empty());
        let mut shared = ended.clone();
        shared.remove(&key(0));
        shared.insert("b.0".to_owned(), serial(0));
        assert_eq!(
            surplus(&shared, &[("b.1".to_owned(), serial(9))].into()),
            [key(1)],
            "not the smaller one's"
        );
    }

    #[test]
    fn keys_are_what_a_config_map_takes() {
        let key = Subject::record(&object("prod")).key();
        assert!(
            key.len() < 253
                && key
                    .chars()
                    .all(|letter| letter.is_ascii_alphanumeric() || letter == '.')
        );
    }
}
