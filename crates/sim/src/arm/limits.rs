//! Which token buckets a call takes from, and what a client hears about them.

use super::calls::{Call, CallFacts, Target};
use super::ids::normal_location;
use crate::refusal::Refusal;
use crate::reply::Reply;
use crate::throttle::{Bucket, Kind};
use crate::world::World;

/// Tokens that the gateway has left for the caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Remaining {
    kind: Kind,
    own: u32,
    global: u32,
}

impl Remaining {
    /// Adds the header fields that tell it.
    #[must_use]
    pub fn show(self, reply: Reply) -> Reply {
        let (own, global) = match self.kind {
            Kind::Read => (
                "x-ms-ratelimit-remaining-subscription-reads",
                "x-ms-ratelimit-remaining-subscription-global-reads",
            ),
            Kind::Write => (
                "x-ms-ratelimit-remaining-subscription-writes",
                "x-ms-ratelimit-remaining-subscription-global-writes",
            ),
            Kind::Delete => (
                "x-ms-ratelimit-remaining-subscription-deletes",
                "x-ms-ratelimit-remaining-subscription-global-deletes",
            ),
        };
        reply
            .with(own, self.own.to_string())
            .with(global, self.global.to_string())
    }
}

/// Takes the gateway's tokens: the principal's own and those of everybody. Names are lower-cased.
///
/// # Errors
/// The 429 to answer with, enveloped.
pub fn gateway(
    world: &mut World,
    subscription: Option<&str>,
    principal: &str,
    facts: &CallFacts,
) -> Result<Option<Remaining>, Reply> {
    let (principal, kind) = (principal.to_owned(), facts.kind);
    let Some(subscription) = subscription.map(str::to_owned) else {
        let refuse = |_| Refusal::gateway(429, "TooManyRequests", "The request is being throttled.");
        take(world, &Bucket::Tenant { principal, kind }, refuse)?;
        return Ok(None);
    };
    let refuse = |wait: u64| {
        let message = format!(
            "Number of requests for subscription '{subscription}' and operation '{}' exceeded the backend storage limit. Please try again after '{wait}' seconds.",
            facts.name
        );
        Refusal::gateway(429, "SubscriptionRequestsThrottled", message)
    };
    let own = take(
        world,
        &Bucket::Principal {
            subscription: subscription.clone(),
            principal,
            kind,
        },
        refuse,
    )?;
    let global = take(
        world,
        &Bucket::Global {
            subscription: subscription.clone(),
            kind,
        },
        refuse,
    )?;
    Ok(Some(Remaining { kind, own, global }))
}

/// Takes the token of AKS, if it sees the call.
///
/// # Errors
/// The 429 to answer with, in AKS's own shape.
pub fn provider(world: &mut World, call: &Call) -> Result<(), Reply> {
    let Some(bucket) = provider_bucket(world, call) else {
        return Ok(());
    };
    let subscription = call.target().subscription().unwrap_or_default();
    let refuse = |wait: u64| {
        let message = format!(
            "The {} request limit has been exceeded for SubID='{subscription}', please retry again in {wait} seconds. For more information, please visit aka.ms/aks/throttling",
            call.facts().name
        );
        Refusal::provider(429, "Throttled", message)
    };
    take(world, &bucket, refuse).map(|_| ())
}

fn take(world: &mut World, bucket: &Bucket, refuse: impl Fn(u64) -> Refusal) -> Result<u32, Reply> {
    if !world.settings.throttling {
        return Ok(u32::from(u16::MAX));
    }
    let now = world.now();
    world.throttle.take(bucket, now).map_err(|wait| {
        let wait = world.clock.retry_after(wait);
        Reply::from(refuse(wait)).with("retry-after", wait.to_string())
    })
}

/// The bucket of AKS that a call takes from; none for calls that ARM answers itself.
fn provider_bucket(world: &World, call: &Call) -> Option<Bucket> {
    let lower = |text: &str| text.to_lowercase();
    match call {
        Call::ManagedClustersList(subscription) => {
            return Some(Bucket::ListSubscription {
                subscription: lower(subscription),
            });
        }
        Call::ManagedClustersListByResourceGroup(group) => {
            let (subscription, group) = (lower(&group.subscription), lower(&group.name));
            return Some(Bucket::ListGroup { subscription, group });
        }
        Call::ManagedClustersCreateOrUpdate(cluster) => {
            return Some(Bucket::PutCluster {
                cluster: cluster.key().to_string(),
            });
        }
        Call::ManagedClustersGet(cluster) => {
            return Some(Bucket::GetCluster {
                cluster: cluster.key().to_string(),
            });
        }
        Call::AgentPoolsCreateOrUpdate(pool) => {
            return Some(Bucket::PutPool {
                pool: format!("{}/{}", pool.cluster.key(), lower(&pool.name)),
            });
        }
        Call::OperationStatus { location, .. } | Call::OperationResult { location, .. } => {
            let (subscription, region) = (lower(&location.subscription), normal_location(&location.region));
            return Some(Bucket::OperationStatus { subscription, region });
        }
        _ => {}
    }
    match call.target() {
        Target::Location(location) => Some(Bucket::Other {
            subscription: lower(&location.subscription),
            region: normal_location(&location.region),
        }),
        Target::Cluster(cluster) => {
            // ARM itself answers for clusters that do not exist.
            let region = world.clusters.get(&cluster.key())?.region.clone();
            Some(Bucket::Other {
                subscription: lower(&cluster.group.subscription),
                region,
            })
        }
        Target::Tenant | Target::Subscription(_) | Target::Group(_) | Target::Resource(_) => None,
    }
}
