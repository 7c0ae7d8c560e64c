//! Asks the rules about an operation on an existing cluster or on something below it.

use serde_json::Value;

use super::render;
use crate::refusal::Refusal;
use crate::rules::{self, Operation};
use crate::world::{Cluster, World};

/// What is asked of the rules. A PUT of a cluster asks by itself: it alone has pools to come.
#[derive(Debug, Clone, Copy)]
pub struct Question<'a> {
    /// What is asked.
    pub operation: Operation,
    /// Name in the URL of the cluster, pool or other child.
    pub name: &'a str,
    /// The body as sent; `Null` without one.
    pub sent: &'a Value,
    /// The stored resource below the cluster; `None` for a new one, and for the cluster itself.
    pub old: Option<&'a Value>,
    /// What would be stored; `None` when nothing changes.
    pub new: Option<&'a Value>,
}

/// Asks every rule.
///
/// # Errors
/// The refusal of the first rule that does not hold.
pub fn judge(world: &World, cluster: &Cluster, question: &Question<'_>) -> Result<(), Refusal> {
    let (body, pools) = (render::cluster(cluster), cluster.pool_resources());
    let stored = match question.operation {
        Operation::PutPool | Operation::PutChild(_) => question.old,
        _ => question.old.or(Some(&body)),
    };
    rules::check(&rules::Request {
        operation: question.operation,
        resource_group: &cluster.reference.group.name,
        name: question.name,
        region: &cluster.region,
        sent: question.sent,
        old: stored,
        new: question.new.or(stored).unwrap_or(&Value::Null),
        cluster: Some(&body),
        pools: &pools,
        next_pools: &[],
        snapshots: &world.snapshots_in(question.sent),
        now: world.now(),
        disabled: &world.settings.disabled_rules,
    })
}
