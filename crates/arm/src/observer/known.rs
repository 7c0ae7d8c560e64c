//! What is known of the watched clusters, and what a LIST changes in it. No I/O; time is passed in.

use std::collections::{BTreeMap, BTreeSet};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use tokio::time::Instant;

use super::Watcher;
use crate::client::{ArmClient, Scope};
use armature_azure::id::{ClusterId, ResourceGroupId, SubscriptionId};

/// A cluster as it was last seen.
#[derive(Debug, Clone, PartialEq)]
pub struct Snapshot {
    /// The resource as Azure showed it.
    pub body: Value,
    /// When it was seen: for a LIST, when that was asked for; for our own GET or PUT, when its answer was there.
    pub observed_at: Instant,
    /// Whether a LIST had the cluster already. `false` proves nothing: a new cluster can be missing from the LIST of its
    /// subscription for a quarter of an hour, so absence needs a GET.
    pub listed: bool,
}

/// What one watcher knows of a cluster. Watchers share what a LIST showed and no right to see it.
struct View {
    client: ArmClient,
    snapshot: Option<Arc<Snapshot>>,
    /// What the last LIST showed in short, where that may not be taken as a snapshot.
    noticed: Option<u64>,
    /// When our own call last told about the cluster, be it presence or absence.
    told_at: Option<Instant>,
    /// When Azure last showed the cluster to this very client.
    read_at: Option<Instant>,
}

impl View {
    fn new(client: &ArmClient) -> Self {
        Self {
            client: client.clone(),
            snapshot: None,
            noticed: None,
            told_at: None,
            read_at: None,
        }
    }
}

#[derive(Default)]
pub(super) struct Known(BTreeMap<ClusterId, BTreeMap<Watcher, View>>);

impl Known {
    /// What another client, or another api-version, was shown is not for this one.
    pub(super) fn watch(&mut self, id: &ClusterId, watcher: &Watcher, client: &ArmClient) {
        let views = self.0.entry(id.clone()).or_default();
        let view = views.entry(watcher.clone()).or_insert_with(|| View::new(client));
        if !view.client.is(client) || view.client.api_version() != client.api_version() {
            *view = View::new(client);
        }
    }

    pub(super) fn unwatch(&mut self, id: &ClusterId, watcher: &Watcher) {
        if let Some(views) = self.0.get_mut(id) {
            views.remove(watcher);
            if views.is_empty() {
                self.0.remove(id);
            }
        }
    }

    pub(super) fn get(&self, id: &ClusterId, watcher: &Watcher, now: Instant) -> Option<Arc<Snapshot>> {
        let view = self.0.get(id)?.get(watcher)?;
        view.snapshot.clone().filter(|_| view.may_see(now))
    }

    pub(super) fn has_any_in(&self, scope: &Scope) -> bool {
        self.0.keys().any(|id| covers(scope, id))
    }

    /// What our own call for a watcher showed at this moment: the cluster, or that there is none.
    pub(super) fn record(&mut self, id: &ClusterId, watcher: &Watcher, body: Option<Value>, now: Instant) {
        if let Some(view) = self.0.get_mut(id).and_then(|views| views.get_mut(watcher)) {
            let listed = view.snapshot.as_ref().is_some_and(|snapshot| snapshot.listed);
            view.snapshot = body.map(|body| {
                Arc::new(Snapshot {
                    body,
                    observed_at: now,
                    listed,
                })
            });
            view.told_at = Some(now);
            view.read_at = view.snapshot.is_some().then_some(now);
        }
    }

    /// Takes over a complete LIST that this client asked for at this time. Returns the clusters that appeared in it,
    /// changed or vanished from it, and all that it has.
    ///
    /// What a client may not read is not in its LIST: absence is told to those alone who watch with the same one.
    pub(super) fn apply(
        &mut self,
        scope: &Scope,
        lister: &ArmClient,
        bodies: Vec<Value>,
        asked_at: Instant,
    ) -> Applied {
        let listed: BTreeMap<ClusterId, Arc<Snapshot>> = bodies
            .into_iter()
            .filter_map(with_id)
            .map(|(id, body)| {
                let snapshot = Snapshot {
                    body,
                    observed_at: asked_at,
                    listed: true,
                };
                (id, Arc::new(snapshot))
            })
            .collect();
        let mut woken = Vec::new();
        for (id, views) in self.0.iter_mut().filter(|(id, _)| covers(scope, id)) {
            let shown = listed.get(id);
            let mut news = false;
            for view in views.values_mut() {
                news |= view.take(lister, shown, asked_at);
            }
            if news {
                woken.push(id.clone());
            }
        }
        Applied {
            woken,
            shown: listed.into_keys().collect(),
        }
    }

    /// The different clients that watch clusters of a subscription.
    pub(super) fn clients_of(&self, subscription: &SubscriptionId) -> Vec<ArmClient> {
        let watched = self.0.iter().filter(|(id, _)| id.subscription() == subscription);
        distinct(watched.flat_map(|(_, views)| views.values().map(|view| &view.client)))
    }

    /// Whether this client watches anything in a scope that was not shown yet.
    pub(super) fn waits(&self, scope: &Scope, client: &ArmClient, shown: &BTreeSet<ClusterId>) -> bool {
        let mut unseen = self.0.iter().filter(|(id, _)| covers(scope, id) && !shown.contains(id));
        unseen.any(|(_, views)| views.values().any(|view| view.client.is(client)))
    }

    /// The resource groups of the clusters of a subscription that were not shown yet, each with its different clients
    /// among those that count.
    pub(super) fn groups_of(
        &self,
        subscription: &SubscriptionId,
        shown: &BTreeSet<ClusterId>,
        counts: impl Fn(&ArmClient) -> bool,
    ) -> BTreeMap<ResourceGroupId, Vec<ArmClient>> {
        let mut groups: BTreeMap<ResourceGroupId, Vec<&ArmClient>> = BTreeMap::new();
        let unseen = self
            .0
            .iter()
            .filter(|(id, _)| id.subscription() == subscription && !shown.contains(id));
        for (id, views) in unseen {
            let clients = views.values().map(|view| &view.client).filter(|client| counts(client));
            groups.entry(id.group().clone()).or_default().extend(clients);
        }
        groups
            .into_iter()
            .map(|(group, clients)| (group, distinct(clients.into_iter())))
            .filter(|(_, clients)| !clients.is_empty())
            .collect()
    }
}

/// What a LIST came to.
pub(super) struct Applied {
    /// The watched clusters that it has news of.
    pub woken: Vec<ClusterId>,
    /// All clusters that it has.
    pub shown: BTreeSet<ClusterId>,
}

/// A new cluster can be missing from the LIST of its subscription for a quarter of an hour; one that is missing for
/// longer than this may be gone.
const LATEST_LISTING: Duration = Duration::from_secs(30 * 60);
/// How long a client that was shown a cluster may see what others are shown of it: its rights may have been taken.
const RIGHTS_FOR: Duration = Duration::from_secs(3600);

impl View {
    /// Whether Azure showed the cluster to this client itself.
    fn may_see(&self, now: Instant) -> bool {
        self.read_at
            .is_some_and(|read_at| now.saturating_duration_since(read_at) < RIGHTS_FOR)
    }

    /// Whether this entry of a LIST, or its absence, is news.
    fn take(&mut self, lister: &ArmClient, shown: Option<&Arc<Snapshot>>, asked_at: Instant) -> bool {
        let own = self.client.is(lister);
        // What our own call said meanwhile is newer than this; and what others are not shown says nothing.
        if self.told_at.is_some_and(|told_at| told_at >= asked_at) || (shown.is_none() && !own) {
            return false;
        }
        if own && shown.is_some() {
            self.read_at = Some(asked_at);
        }
        if !self.client.lists_what_it_gets() || (shown.is_some() && !self.may_see(asked_at)) {
            return self.notice(shown);
        }
        match (shown, &mut self.snapshot) {
            (Some(shown), snapshot) => {
                let news = snapshot.as_ref().is_none_or(|snapshot| snapshot.body != shown.body);
                *snapshot = Some(Arc::clone(shown));
                self.noticed = None;
                news
            }
            // What vanished from the LIST is in doubt: its snapshot is forgotten, so that whoever is woken asks for the
            // resource itself.
            (None, snapshot) => {
                let is_in_doubt = |snapshot: &Arc<Snapshot>| {
                    snapshot.listed || asked_at.saturating_duration_since(snapshot.observed_at) > LATEST_LISTING
                };
                snapshot.take_if(|snapshot| is_in_doubt(snapshot)).is_some()
            }
        }
    }

    /// The same for a cluster that our own calls read in another api-version, or that only others were shown. The LIST
    /// tells that something changed and not what: the snapshot is forgotten, and whoever is woken asks for the resource
    /// itself.
    fn notice(&mut self, shown: Option<&Arc<Snapshot>>) -> bool {
        let seen = shown.map(|shown| {
            let mut hasher = DefaultHasher::new();
            shown.body.to_string().hash(&mut hasher);
            hasher.finish()
        });
        let news = seen != self.noticed;
        self.noticed = seen;
        if news {
            self.snapshot = None;
        }
        news
    }
}

fn covers(scope: &Scope, id: &ClusterId) -> bool {
    match scope {
        Scope::Subscription(subscription) => id.subscription() == subscription,
        Scope::ResourceGroup(group) => id.group() == group,
    }
}

fn with_id(body: Value) -> Option<(ClusterId, Value)> {
    let id = body.get("id")?.as_str()?;
    Some((ClusterId::parse(id).ok()?, body))
}

fn distinct<'a>(clients: impl Iterator<Item = &'a ArmClient>) -> Vec<ArmClient> {
    let mut kept: Vec<ArmClient> = Vec::new();
    for client in clients {
        if !kept.iter().any(|other| other.is(client)) {
            kept.push(client.clone());
        }
    }
    kept
}
