//! One watch of a kind: what it holds, and what it tells of changes.
//!
//! The watch waits for nobody: whoever it tells takes a key into a queue without a limit and looks the object up when it
//! gets to it. A list of any length comes to its end although nobody reads yet.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use futures::{FutureExt, StreamExt, future};
use kube::runtime::reflector::store::Writer;
use kube::runtime::reflector::{ObjectRef, Store};
use kube::runtime::{WatchStreamExt, watcher};
use kube::{Api, Resource, ResourceExt};
use tokio_util::sync::CancellationToken;
use tracing::{error, warn};

use super::contained::lasting;
use super::guard::{Guarded, Parts, Unreadable};
use crate::runtime::readiness::Readiness;

/// Objects in one page of a list: a page is held as text while it is read, and an object can have more than a megabyte.
const PAGE: u32 = 50;

/// What happened to an object, once the caches show it.
#[derive(Debug)]
pub enum Change<'a, K> {
    /// It is new or changed.
    Here(Seen<'a, K>),
    /// It is gone, and was like this before.
    Gone(Seen<'a, K>),
}

/// An object as a change tells of it.
#[derive(Debug)]
pub enum Seen<'a, K> {
    /// It can be read.
    Readable(&'a K),
    /// It can't.
    Unreadable(&'a Unreadable<K>),
}

/// The objects of a kind as a watch keeps them. An object that changes sides is for a moment on both, and never on none.
#[derive(Debug, Clone)]
pub struct Caches<K: Parts> {
    /// Those that can be read.
    pub readable: Store<K>,
    /// Those that can't.
    pub unreadable: Store<Unreadable<K>>,
}

impl<K: Parts> Caches<K> {
    /// Whether there is such an object, readable or not.
    pub fn has(&self, key: &ObjectRef<K>) -> bool {
        let is_unreadable = || self.unreadable.get(&unreadable_key(key)).is_some();
        // It may change sides between two looks.
        is_unreadable() || self.readable.get(key).is_some() || is_unreadable()
    }
}

impl<K: Parts> Caches<K> {
    /// The uids of all objects.
    pub fn uids(&self) -> impl Iterator<Item = String> {
        let readable = self.readable.state().into_iter().filter_map(|object| object.uid());
        let unreadable = self.unreadable.state().into_iter().filter_map(|object| object.uid());
        unreadable.chain(readable)
    }
}

/// The caches of a kind that are not filled yet, and what fills them.
pub struct Filler<K: Parts> {
    readable: Writer<K>,
    unreadable: Writer<Unreadable<K>>,
    caches: Caches<K>,
    /// The unreadable objects of a list that is not complete.
    listed: Vec<Unreadable<K>>,
}

impl<K: Parts> Filler<K> {
    /// Empty caches.
    pub fn new() -> Self {
        let (readable, mut unreadable) = (Writer::<K>::new(()), Writer::<Unreadable<K>>::new(()));
        // It is filled object by object, so that it is never behind the other one.
        unreadable.apply_watcher_event(&watcher::Event::Init);
        unreadable.apply_watcher_event(&watcher::Event::InitDone);
        Self {
            caches: Caches {
                readable: readable.as_reader(),
                unreadable: unreadable.as_reader(),
            },
            readable,
            unreadable,
            listed: Vec::new(),
        }
    }

    /// What is filled.
    pub fn caches(&self) -> Caches<K> {
        self.caches.clone()
    }

    /// Starts the watch. `tell` hears of every change and must not block. The token is cancelled when the first list is
    /// complete: `Store::wait_until_ready` wakes only one of those who wait, and that one is the controller. Should the
    /// watch end before shutdown, `deaf` is cancelled.
    pub fn watch(
        mut self,
        api: Api<Guarded<K>>,
        readiness: &Readiness,
        shutdown: &CancellationToken,
        deaf: &CancellationToken,
        mut tell: impl FnMut(Change<'_, K>) + Send + 'static,
    ) -> CancellationToken {
        let mut gate = Some(readiness.wait_for(format!("the first list of {} objects", K::kind(&()))));
        let complete = CancellationToken::new();
        let filled = complete.clone();
        let config = watcher::Config::default().page_size(PAGE);
        let events = watcher(api, config).default_backoff().for_each(move |event| {
            match event {
                Ok(event) => {
                    let is_complete = matches!(event, watcher::Event::InitDone);
                    self.apply(event, &mut tell);
                    if is_complete && let Some(gate) = gate.take() {
                        filled.cancel();
                        gate.open();
                    }
                }
                Err(error) => {
                    error!(%error, kind = %K::kind(&()), "a watch broke off and is started again");
                    if let Some(gate) = &gate {
                        gate.explain(format!("the first list of {} objects ({error})", K::kind(&())));
                    }
                }
            }
            future::ready(())
        });
        let (shutdown, deaf) = (shutdown.clone(), deaf.clone());
        tokio::spawn(async move {
            let part = format!("the watch of {} objects", K::kind(&()));
            let events = shutdown.run_until_cancelled(events).map(drop);
            if lasting(&part, &shutdown, events).await.is_err() {
                deaf.cancel();
            }
        });
        complete
    }

    fn apply(&mut self, event: watcher::Event<Guarded<K>>, tell: &mut impl FnMut(Change<'_, K>)) {
        match event {
            watcher::Event::Init => {
                self.listed.clear();
                self.readable.apply_watcher_event(&watcher::Event::Init);
            }
            watcher::Event::InitApply(Guarded::Readable(object)) => {
                self.readable.apply_watcher_event(&watcher::Event::InitApply(object));
            }
            watcher::Event::InitApply(Guarded::Unreadable(object)) => self.listed.push(*object),
            watcher::Event::InitDone => self.complete(tell),
            watcher::Event::Apply(Guarded::Readable(object)) => {
                let event = watcher::Event::Apply(object);
                self.readable.apply_watcher_event(&event);
                if let watcher::Event::Apply(object) = &event {
                    remove(&mut self.unreadable, &unreadable_key(&ObjectRef::from_obj(object)));
                    tell(Change::Here(Seen::Readable(object)));
                }
            }
            watcher::Event::Apply(Guarded::Unreadable(object)) => {
                self.put_unreadable((*object).clone());
                remove(&mut self.readable, &readable_key(&ObjectRef::from_obj(&*object)));
                tell(Change::Here(Seen::Unreadable(&object)));
            }
            watcher::Event::Delete(Guarded::Readable(object)) => {
                self.remove(&ObjectRef::from_obj(&object));
                tell(Change::Gone(Seen::Readable(&object)));
            }
            watcher::Event::Delete(Guarded::Unreadable(object)) => {
                self.remove(&readable_key(&ObjectRef::from_obj(&*object)));
                tell(Change::Gone(Seen::Unreadable(&object)));
            }
        }
    }

    /// Takes over a list. A deletion that a broken watch missed shows only here: what the list lacks is gone.
    fn complete(&mut self, tell: &mut impl FnMut(Change<'_, K>)) {
        let readable_before = by_key(&self.caches.readable);
        let unreadable_before = by_key(&self.caches.unreadable);
        let listed = std::mem::take(&mut self.listed);
        let still: HashSet<ObjectRef<Unreadable<K>>> = listed.iter().map(ObjectRef::from_obj).collect();
        for object in listed {
            self.put_unreadable(object);
        }
        self.readable.apply_watcher_event(&watcher::Event::InitDone);
        for key in unreadable_before.keys().filter(|key| !still.contains(key)) {
            remove(&mut self.unreadable, key);
        }
        for (key, object) in &readable_before {
            if !self.caches.has(key) {
                tell(Change::Gone(Seen::Readable(object)));
            }
        }
        for (key, object) in &unreadable_before {
            if !self.caches.has(&readable_key(key)) {
                tell(Change::Gone(Seen::Unreadable(object)));
            }
        }
        for object in self.caches.readable.state() {
            tell(Change::Here(Seen::Readable(&object)));
        }
        for object in self.caches.unreadable.state() {
            tell(Change::Here(Seen::Unreadable(&object)));
        }
    }

    /// Keeps an object that can't be read, and says so once for each of its versions.
    fn put_unreadable(&mut self, object: Unreadable<K>) {
        let before = self.caches.unreadable.get(&ObjectRef::from_obj(&object));
        if before.and_then(|before| before.resource_version()) != object.resource_version() {
            warn!(
                kind = %K::kind(&()),
                namespace = object.namespace(),
                name = object.name_any(),
                "an object can't be read: {}",
                object.problem
            );
        }
        self.unreadable.apply_watcher_event(&watcher::Event::Apply(object));
    }

    fn remove(&mut self, key: &ObjectRef<K>) {
        remove(&mut self.readable, key);
        remove(&mut self.unreadable, &unreadable_key(key));
    }
}

fn remove<K>(writer: &mut Writer<K>, key: &ObjectRef<K>)
where
    K: Resource<DynamicType = ()> + Clone + 'static,
{
    if let Some(object) = writer.as_reader().get(key) {
        writer.apply_watcher_event(&watcher::Event::Delete((*object).clone()));
    }
}

fn by_key<K>(store: &Store<K>) -> HashMap<ObjectRef<K>, Arc<K>>
where
    K: Resource<DynamicType = ()> + Clone + 'static,
{
    let objects = store.state().into_iter();
    objects
        .map(|object| (ObjectRef::from_obj(object.as_ref()), object))
        .collect()
}

/// The key of the same object on the other side.
pub fn unreadable_key<K: Parts>(key: &ObjectRef<K>) -> ObjectRef<Unreadable<K>> {
    key.clone().into_kind_unchecked(())
}

fn readable_key<K: Parts>(key: &ObjectRef<Unreadable<K>>) -> ObjectRef<K> {
    key.clone().into_kind_unchecked(())
}

#[cfg(test)]
mod tests {
    use kube::{Client, Config};
    use serde_json::{Value, json};
    use tokio::io::{AsyncBufReadExt, BufReader};
    use tokio::net::TcpListener;

    use super::*;
    use armature_api::AksNodePool;

    fn pool(name: &str, version: &str, count: Value) -> Guarded<AksNodePool> {
        serde_json::from_str(
            &json!({
                "metadata": { "name": name, "namespace": "team", "uid": name, "resourceVersion": version },
                "spec": { "clusterRef": { "name": "shop" }, "count": count },
            })
            .to_string(),
        )
        .unwrap()
    }

    fn good(name: &str) -> Guarded<AksNodePool> {
        pool(name, "1", json!(3))
    }

    fn bad(name: &str) -> Guarded<AksNodePool> {
        pool(name, "2", json!("3"))
    }

    struct Watch {
        filler: Filler<AksNodePool>,
    }

    impl Watch {
        fn new() -> Self {
            Self { filler: Filler::new() }
        }

        /// What was told of an event, each as `+name`, `-name`, with `!` where it can't be read.
        fn apply(&mut self, event: watcher::Event<Guarded<AksNodePool>>) -> Vec<String> {
            let mut told = Vec::new();
            let caches = self.filler.caches();
            self.filler.apply(event, &mut |change| {
                let (sign, seen) = match &change {
                    Change::Here(seen) => ("+", seen),
                    Change::Gone(seen) => ("-", seen),
                };
                let (name, mark) = match seen {
                    Seen::Readable(object) => (object.name_any(), ""),
                    Seen::Unreadable(object) => (object.name_any(), "!"),
                };
                let there = caches.has(&ObjectRef::new(&name).within("team"));
                assert_eq!(there, sign == "+", "the caches already show it");
                told.push(format!("{sign}{name}{mark}"));
            });
            told.sort();
            told
        }

        fn list(&mut self, objects: Vec<Guarded<AksNodePool>>) -> Vec<String> {
            self.apply(watcher::Event::Init);
            for object in objects {
                assert!(self.apply(watcher::Event::InitApply(object)).is_empty());
            }
            self.apply(watcher::Event::InitDone)
        }
    }

    #[test]
    fn a_list_of_any_length_is_taken_over_although_nobody_reads() {
        let mut watch = Watch::new();
        let told = watch.list((0..5000).map(|number| good(&format!("p{number}"))).collect());
        assert_eq!(told.len(), 5000);
        assert_eq!(watch.filler.caches().readable.len(), 5000);
    }

    #[tokio::test]
    async fn a_page_of_the_largest_objects_there_are_is_less_than_a_hundred_megabytes() {
        let server = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", server.local_addr().unwrap());
        let client = Client::try_from(Config::new(url.parse().unwrap())).unwrap();
        let (pools, end) = (Api::<Guarded<AksNodePool>>::all(client), CancellationToken::new());
        let filler = Filler::<AksNodePool>::new();
        drop(filler.watch(pools, &Readiness::default(), &end, &end, |_| {}));
        let (connection, _) = server.accept().await.unwrap();
        let asked = BufReader::new(connection).lines().next_line().await.unwrap().unwrap();
        let (_, limit) = asked.split_once("limit=").expect(&asked);
        let digits = limit.find(|c: char| !c.is_ascii_digit()).unwrap();
        // What etcd takes: 1.5 MiB.
        let page = limit[..digits].parse::<u64>().unwrap() * 1536 * 1024;
        assert!(page < 100_000_000, "{asked}");
        end.cancel();
    }

    #[test]
    fn an_unreadable_object_is_kept_apart_and_comes_back_once_it_is_put_right() {
        let mut watch = Watch::new();
        assert_eq!(watch.list(vec![good("a"), bad("b"), good("c")]), ["+a", "+b!", "+c"]);
        assert_eq!(watch.apply(watcher::Event::Apply(bad("a"))), ["+a!"]);
        assert_eq!(watch.apply(watcher::Event::Apply(good("b"))), ["+b"]);
        let caches = watch.filler.caches();
        assert_eq!((caches.readable.len(), caches.unreadable.len()), (2, 1));
        assert_eq!(watch.list(vec![bad("c"), good("a"), good("b")]), ["+a", "+b", "+c!"]);
        assert_eq!((caches.readable.len(), caches.unreadable.len()), (2, 1));
    }

    #[test]
    fn whoever_is_gone_is_told_of_also_when_the_watch_missed_it() {
        let mut watch = Watch::new();
        watch.list(vec![good("a"), bad("b"), good("c"), bad("d")]);
        assert_eq!(watch.apply(watcher::Event::Delete(bad("a"))), ["-a!"]);
        assert_eq!(watch.list(vec![good("b")]), ["+b", "-c", "-d!"]);
        let caches = watch.filler.caches();
        assert_eq!((caches.readable.len(), caches.unreadable.len()), (1, 0));
    }
}
