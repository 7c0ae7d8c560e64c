//! One request as the rules see it, and the pools it concerns.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde_json::Value;

use crate::arm::children::kinds::ChildKind;
use crate::defaults::json::{is, list, text};
use crate::refusal::Refusal;

/// Operations that rules look at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operation {
    /// PUT of a cluster; `old` tells create from update.
    PutCluster,
    /// PATCH of a cluster's tags.
    PatchCluster,
    /// POST start.
    StartCluster,
    /// POST stop.
    StopCluster,
    /// POST listClusterAdminCredential.
    ListAdminCredential,
    /// PUT of a pool; `old` tells create from update.
    PutPool,
    /// DELETE of a pool.
    DeletePool,
    /// POST upgradeNodeImageVersion.
    UpgradeNodeImage,
    /// POST deleteMachines.
    DeleteMachines,
    /// POST runCommand.
    RunCommand,
    /// POST rotateClusterCertificates.
    RotateCertificates,
    /// POST rotateServiceAccountSigningKeys.
    RotateSigningKeys,
    /// POST resetServicePrincipalProfile.
    ResetServicePrincipal,
    /// POST resetAADProfile.
    ResetEntra,
    /// PUT of another child of a cluster.
    PutChild(ChildKind),
    /// DELETE of another child of a cluster.
    DeleteChild(ChildKind),
}

/// One request as the rules see it.
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    /// What is asked.
    pub operation: Operation,
    /// Resource group, as in the request.
    pub resource_group: &'a str,
    /// Name in the URL of the cluster, pool or other child.
    pub name: &'a str,
    /// Region of the cluster.
    pub region: &'a str,
    /// The body as the client sent it, read-only properties included; `Null` without a body.
    pub sent: &'a Value,
    /// The stored resource (for a cluster without `agentPoolProfiles`); `None` when it does not exist.
    pub old: Option<&'a Value>,
    /// What would be stored: merged and filled by `defaults`. For a POST or DELETE the stored resource.
    pub new: &'a Value,
    /// For operations on pools and other children the stored cluster; for cluster operations the same as `old`.
    pub cluster: Option<&'a Value>,
    /// Stored pools of the cluster in resource form (`name`, `properties`); empty for a create.
    pub pools: &'a [Value],
    /// For a cluster PUT the pools as they would be afterwards, in resource form: `defaults::merge_pools`, each filled.
    /// Empty for every other operation.
    pub next_pools: &'a [Value],
    /// Snapshots that the body names and that exist, as GET shows them.
    pub snapshots: &'a [Value],
    /// The simulated time.
    pub now: Timestamp,
    /// Names of switched-off rules; only those resting on general knowledge can be.
    pub disabled: &'a BTreeSet<String>,
}

/// A pool that a request creates or may change.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pool<'a> {
    /// Its name.
    pub(super) name: &'a str,
    /// Its properties as they would be stored.
    pub(super) new: &'a Value,
    /// Its stored properties; `None` for a new pool.
    pub(super) old: Option<&'a Value>,
    /// Its properties as sent.
    pub(super) sent: &'a Value,
}

impl Pool<'_> {
    /// Whether the pool runs system pods.
    pub(super) fn is_system(&self) -> bool {
        is(self.new, "/mode", "System")
    }

    /// Whether its nodes run Windows.
    pub(super) fn is_windows(&self) -> bool {
        is(self.new, "/osType", "Windows")
    }

    /// Whether Azure may take its nodes back.
    pub(super) fn is_spot(&self) -> bool {
        is(self.new, "/scaleSetPriority", "Spot")
    }
}

impl<'a> Request<'a> {
    /// Whether the resource does not exist yet.
    pub(super) const fn is_create(&self) -> bool {
        self.old.is_none()
    }

    /// Whether what stands at `pointer` would change from what is stored. Texts compare without case, as AKS takes
    /// ids and enums; a create changes nothing.
    pub(super) fn changes(&self, pointer: &str) -> bool {
        self.old
            .is_some_and(|old| differ(old.pointer(pointer), self.new.pointer(pointer)))
    }

    /// The cluster as it would be: the body of a cluster PUT, else the stored cluster.
    pub(super) fn next_cluster(&self) -> &'a Value {
        match self.operation {
            Operation::PutCluster => self.new,
            _ => self.cluster.unwrap_or(&Value::Null),
        }
    }

    /// Pools that the request names, with what they were and would be.
    pub(super) fn named_pools(&self) -> Vec<Pool<'a>> {
        match self.operation {
            Operation::PutPool => vec![Pool {
                name: self.name,
                new: properties(self.new),
                old: self.old.map(properties),
                sent: properties(self.sent),
            }],
            Operation::PutCluster => list(self.sent, "/properties/agentPoolProfiles")
                .iter()
                .filter_map(|sent| {
                    let name = text(sent, "/name")?;
                    let new = find(self.next_pools, name)?;
                    Some(Pool {
                        name,
                        new,
                        old: find(self.pools, name),
                        sent,
                    })
                })
                .collect(),
            _ => Vec::new(),
        }
    }

    /// Asks `rule` of every pool that the request names.
    pub(super) fn for_each_pool(&self, rule: impl Fn(&Pool<'a>) -> Result<(), Refusal>) -> Result<(), Refusal> {
        self.named_pools().iter().try_for_each(rule)
    }

    /// Name and properties of every pool of the cluster after the request.
    pub(super) fn pools_afterwards(&self) -> Vec<(&'a str, &'a Value)> {
        let named = |pools: &'a [Value]| -> Vec<(&'a str, &'a Value)> {
            pools
                .iter()
                .map(|pool| (text(pool, "/name").unwrap_or_default(), properties(pool)))
                .collect()
        };
        match self.operation {
            Operation::PutCluster => named(self.next_pools),
            Operation::PutPool => {
                let mut pools = named(self.pools);
                pools.retain(|(name, _)| !name.eq_ignore_ascii_case(self.name));
                pools.push((self.name, properties(self.new)));
                pools
            }
            Operation::DeletePool => {
                let mut pools = named(self.pools);
                pools.retain(|(name, _)| !name.eq_ignore_ascii_case(self.name));
                pools
            }
            _ => named(self.pools),
        }
    }
}

/// The `properties` of a resource.
pub(super) fn properties(resource: &Value) -> &Value {
    resource.get("properties").unwrap_or(&Value::Null)
}

/// The network profile of a cluster.
pub(super) fn network(cluster: &Value) -> &Value {
    cluster.pointer("/properties/networkProfile").unwrap_or(&Value::Null)
}

fn find<'a>(pools: &'a [Value], name: &str) -> Option<&'a Value> {
    pools.iter().find(|pool| is(pool, "/name", name)).map(properties)
}

/// Whether two values differ, texts without case; null and anything empty is absence.
pub(super) fn differ(one: Option<&Value>, other: Option<&Value>) -> bool {
    match (
        one.filter(|value| is_there(value)),
        other.filter(|value| is_there(value)),
    ) {
        (Some(Value::String(one)), Some(Value::String(other))) => !one.eq_ignore_ascii_case(other),
        (one, other) => one != other,
    }
}

fn is_there(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::String(text) => !text.is_empty(),
        Value::Array(list) => !list.is_empty(),
        Value::Object(members) => !members.is_empty(),
        Value::Bool(_) | Value::Number(_) => true,
    }
}
