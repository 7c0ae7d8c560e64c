//! What is known of the watched clusters, and what a LIST changes in it. No I/O; time is passed in.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use tokio::time::Instant;

use crate::arm::client::{ArmClient, Scope};
use crate::arm::id::{ClusterId, ResourceGroupId, SubscriptionId};

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

struct Watched {
    client: ArmClient,
    snapshot: Option<Arc<Snapshot>>,
    /// What the last LIST showed in short, where it speaks another api-version than our own calls.
    noticed: Option<u64>,
    /// When our own call last told about the cluster, be it presence or absence.
    told_at: Option<Instant>,
}

#[derive(Default)]
pub(super) struct Known(BTreeMap<ClusterId, Watched>);

impl Known {
    pub(super) fn watch(&mut self, id: &ClusterId, client: &ArmClient) {
        match self.0.get_mut(id) {
            Some(watched) => {
                if watched.client.api_version() != client.api_version() {
                    (watched.snapshot, watched.noticed) = (None, None);
                }
                watched.client = client.clone();
            }
            None => {
                let watched = Watched {
                    client: client.clone(),
                    snapshot: None,
                    noticed: None,
                    told_at: None,
                };
                self.0.insert(id.clone(), watched);
            }
        }
    }

    pub(super) fn unwatch(&mut self, id: &ClusterId) {
        self.0.remove(id);
    }

    pub(super) fn get(&self, id: &ClusterId) -> Option<Arc<Snapshot>> {
        self.0.get(id)?.snapshot.clone()
    }

    pub(super) fn has_any_in(&self, scope: &Scope) -> bool {
        self.0.keys().any(|id| covers(scope, id))
    }

    /// What our own call showed at this moment: the cluster, or that there is none.
    pub(super) fn record(&mut self, id: &ClusterId, body: Option<Value>, now: Instant) {
        if let Some(watched) = self.0.get_mut(id) {
            let listed = watched.snapshot.as_ref().is_some_and(|snapshot| snapshot.listed);
            watched.snapshot = body.map(|body| {
                Arc::new(Snapshot {
                    body,
                    observed_at: now,
                    listed,
                })
            });
            watched.told_at = Some(now);
        }
    }

    /// Takes over a complete LIST that was asked for at this time. Returns the clusters that appeared in it, changed
    /// or vanished from it.
    pub(super) fn apply(&mut self, scope: &Scope, bodies: Vec<Value>, asked_at: Instant) -> Vec<ClusterId> {
        let mut listed: BTreeMap<ClusterId, Value> = bodies.into_iter().filter_map(with_id).collect();
        let mut woken = Vec::new();
        for (id, watched) in self.0.iter_mut().filter(|(id, _)| covers(scope, id)) {
            // What our own call said meanwhile is newer than this.
            let outdated = watched.told_at.is_some_and(|told_at| told_at >= asked_at);
            if !outdated && watched.list(listed.remove(id), asked_at) {
                woken.push(id.clone());
            }
        }
        woken
    }

    /// The different clients that watch clusters of a subscription.
    pub(super) fn clients_of(&self, subscription: &SubscriptionId) -> Vec<ArmClient> {
        distinct(
            self.0
                .iter()
                .filter(|(id, _)| id.subscription() == subscription)
                .map(|(_, watched)| &watched.client),
        )
    }

    /// The resource groups of the watched clusters of a subscription, each with its different clients.
    pub(super) fn groups_of(&self, subscription: &SubscriptionId) -> BTreeMap<ResourceGroupId, Vec<ArmClient>> {
        let mut groups: BTreeMap<ResourceGroupId, Vec<&ArmClient>> = BTreeMap::new();
        for (id, watched) in self.0.iter().filter(|(id, _)| id.subscription() == subscription) {
            groups.entry(id.group().clone()).or_default().push(&watched.client);
        }
        groups
            .into_iter()
            .map(|(group, clients)| (group, distinct(clients.into_iter())))
            .collect()
    }
}

/// A new cluster can be missing from the LIST of its subscription for a quarter of an hour; one that is missing for
/// longer than this may be gone.
const LATEST_LISTING: Duration = Duration::from_secs(30 * 60);

impl Watched {
    /// Whether this entry of a LIST, or its absence, is news. What vanished from the LIST is in doubt: its snapshot is
    /// forgotten, so that whoever is woken asks for the resource itself.
    fn list(&mut self, body: Option<Value>, asked_at: Instant) -> bool {
        if !self.client.lists_what_it_gets() {
            return self.notice(body);
        }
        match (body, &mut self.snapshot) {
            (Some(body), snapshot) => {
                let news = snapshot.as_ref().is_none_or(|snapshot| snapshot.body != body);
                *snapshot = Some(Arc::new(Snapshot {
                    body,
                    observed_at: asked_at,
                    listed: true,
                }));
                news
            }
            (None, snapshot) => {
                let is_in_doubt = |snapshot: &Arc<Snapshot>| {
                    snapshot.listed || asked_at.saturating_duration_since(snapshot.observed_at) > LATEST_LISTING
                };
                snapshot.take_if(|snapshot| is_in_doubt(snapshot)).is_some()
            }
        }
    }
}

impl Watched {
    /// The same for a cluster that our own calls read in another api-version. The LIST tells that something changed and
    /// can't tell what: the snapshot is forgotten, and whoever is woken asks for the resource itself.
    fn notice(&mut self, body: Option<Value>) -> bool {
        let seen = body.map(|body| {
            let mut hasher = DefaultHasher::new();
            body.to_string().hash(&mut hasher);
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
