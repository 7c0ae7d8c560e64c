//! How many operations run in each subscription: the quota for questions about them is the subscription's.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use kube::runtime::reflector::ObjectRef;

use armature_api::{AksCluster, OperationStatus};
use armature_arm::{OperationUrl, SubscriptionId};

/// AKS answers two questions about operations per second and subscription (quotas-skus-regions): with more operations
/// than that in flight, each is asked about less often.
const QUESTIONS_PER_SECOND: u32 = 2;

/// The operations that run, as each cluster's last pass left them.
#[derive(Debug, Default)]
pub struct InFlight(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    of_clusters: HashMap<ObjectRef<AksCluster>, Vec<SubscriptionId>>,
    of_subscriptions: HashMap<SubscriptionId, usize>,
}

impl InFlight {
    /// Notes what runs for a cluster now, by the subscription that each operation is in.
    pub fn note(&self, cluster: &ObjectRef<AksCluster>, running: Vec<SubscriptionId>) {
        let mut state = self.state();
        let before = if running.is_empty() {
            state.of_clusters.remove(cluster)
        } else {
            state.of_clusters.insert(cluster.clone(), running.clone())
        };
        for subscription in running {
            *state.of_subscriptions.entry(subscription).or_default() += 1;
        }
        for subscription in before.into_iter().flatten() {
            if let Some(count) = state.of_subscriptions.get_mut(&subscription) {
                *count -= 1;
                if *count == 0 {
                    state.of_subscriptions.remove(&subscription);
                }
            }
        }
    }

    /// How long to wait between two questions about one operation in a subscription, `least` at least.
    pub fn interval(&self, subscription: &SubscriptionId, least: Duration) -> Duration {
        let running = self.state().of_subscriptions.get(subscription).copied();
        let running = u32::try_from(running.unwrap_or_default()).unwrap_or(u32::MAX);
        least.max(Duration::from_secs(running.into()) / QUESTIONS_PER_SECOND)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The subscription that an operation of a cluster is in: that of its URL, for what hangs on a cluster may be in another
/// one; the cluster's own where the URL does not say.
pub fn subscription(url: &str, own: &SubscriptionId) -> SubscriptionId {
    OperationUrl::new(url).subscription().unwrap_or_else(|| own.clone())
}

/// The subscriptions of these operations.
pub fn subscriptions<'a>(
    operations: impl Iterator<Item = &'a OperationStatus>,
    own: &SubscriptionId,
) -> Vec<SubscriptionId> {
    operations.map(|operation| subscription(&operation.url, own)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const LEAST: Duration = Duration::from_secs(15);

    fn id(digit: char) -> SubscriptionId {
        let digits: String = "00000000-0000-0000-0000-000000000000".replace('0', &digit.to_string());
        SubscriptionId::parse(&digits).unwrap()
    }

    fn cluster(name: &str) -> ObjectRef<AksCluster> {
        ObjectRef::new(name).within("team")
    }

    #[test]
    fn creations_of_one_team_do_not_stretch_the_questions_of_another() {
        let running = InFlight::default();
        for n in 0..240 {
            running.note(&cluster(&n.to_string()), vec![id('a')]);
        }
        running.note(&cluster("mine"), vec![id('b')]);
        assert_eq!(running.interval(&id('a'), LEAST), Duration::from_secs(120));
        assert_eq!(running.interval(&id('b'), LEAST), LEAST);
    }

    #[test]
    fn an_operation_counts_where_its_url_is_and_once() {
        let running = InFlight::default();
        let (own, hub) = (id('a'), id('b'));
        let at = |subscription: &SubscriptionId| {
            format!(
                "https://management.azure.com{}/providers/P/locations/l/operations/o?s=x",
                subscription.path()
            )
        };
        let operation = |url: String| OperationStatus {
            step: String::new(),
            url,
            started_at: "2026-09-10T00:00:00Z".parse().unwrap(),
            description: String::new(),
            proof: None,
        };
        let operations = [
            operation(at(&own)),
            operation(at(&hub)),
            operation("https://elsewhere/o".to_owned()),
        ];
        let found = subscriptions(operations.iter(), &own);
        assert_eq!(found, [own.clone(), hub.clone(), own.clone()]);
        for _ in 0..3 {
            running.note(&cluster("c"), found.clone());
        }
        let count = |subscription| running.state().of_subscriptions.get(subscription).copied();
        assert_eq!((count(&own), count(&hub)), (Some(2), Some(1)));
        running.note(&cluster("c"), Vec::new());
        assert_eq!((count(&own), count(&hub)), (None, None), "what has ended is forgotten");
        assert!(running.state().of_clusters.is_empty());
    }
}
