//! The cluster and its pools as they will be: what the manifest says, over what Azure has.

use std::borrow::Cow;

use jiff::Timestamp;
use jiff::civil::Date;
use serde_json::Value;

use crate::Input;
use crate::desired::DesiredPool;
use crate::layers::Body;
use crate::live::{LiveCluster, LivePool};
use crate::version::Version;

/// What a rule may look at.
pub struct Scene<'a> {
    /// The cluster.
    pub cluster: Body<'a>,
    /// Region of the cluster, as Azure spells it in ids: `westeurope`.
    pub location: String,
    /// What the control plane runs, or is made with.
    pub version: Option<Version>,
    /// The pools that exist, and those already found to fit.
    pub members: Vec<Member<'a>>,
    /// The date, in UTC.
    pub today: Date,
    /// Pools of other clusters in subnets of this one.
    pub elsewhere: &'a [OtherPool],
}

/// A pool.
pub struct Member<'a> {
    /// The name in Azure.
    pub name: Cow<'a, str>,
    /// Its settings.
    pub body: Body<'a>,
    /// The manifest, where there is one.
    pub desired: Option<&'a DesiredPool>,
}

/// A pool of another cluster in a subnet that this cluster uses too.
#[derive(Debug, Clone, PartialEq)]
pub struct OtherPool {
    /// Namespace and name of its cluster.
    pub cluster: String,
    /// Namespace and name of the pool object.
    pub pool: String,
    /// When the pool object was made: of two new pools the older one goes first.
    pub created_at: Option<Timestamp>,
    /// Whether Azure has it.
    pub exists: bool,
    /// Whether its cluster has network plugin kubenet.
    pub kubenet: bool,
    /// Resource id of its node subnet, in lower case.
    pub nodes: Option<String>,
    /// Resource id of its pod subnet, in lower case.
    pub pods: Option<String>,
    /// Whether its pods get their addresses in blocks.
    pub blocks: bool,
}

impl<'a> Scene<'a> {
    /// The cluster and the pools that exist.
    pub fn of(input: &Input<'a>, live: Option<&'a LiveCluster>) -> Self {
        let location = input.cluster.body.get("location").and_then(Value::as_str);
        let desired = |pool: &LivePool| {
            let mut pools = input.pools.iter();
            pools.find(|desired| desired.name.eq_ignore_ascii_case(&pool.name) && !desired.is_going())
        };
        let members = live.iter().flat_map(|live| &live.pools).map(|pool| {
            let desired = desired(pool);
            Member {
                name: Cow::Borrowed(&*pool.name),
                body: Body::new(desired.map(|desired| &desired.body), Some(&pool.body)),
                desired,
            }
        });
        Self {
            cluster: Body::new(Some(&input.cluster.body), live.map(|live| &live.body)),
            location: location.unwrap_or_default().to_ascii_lowercase().replace(' ', ""),
            version: live.and_then(LiveCluster::running_version).or(input.cluster.version),
            members: members.collect(),
            today: input.today(),
            elsewhere: &input.facts.elsewhere,
        }
    }

    /// Whether pods have addresses of their own, outside the virtual network.
    pub fn is_overlay(&self) -> bool {
        self.cluster.is("networkProfile.networkPluginMode", "overlay")
    }

    /// Whether the network plugin is this one.
    pub fn has_plugin(&self, plugin: &str) -> bool {
        self.cluster.is("networkProfile.networkPlugin", plugin)
    }

    /// Whether AKS makes nodes by itself.
    pub fn provisions_nodes(&self) -> bool {
        self.cluster.is("nodeProvisioningProfile.mode", "Auto")
    }
}

impl<'a> Member<'a> {
    /// A pool that is to be made.
    pub fn made(pool: &'a DesiredPool) -> Self {
        Self {
            name: Cow::Borrowed(&*pool.name),
            body: Body::new(Some(&pool.body), None),
            desired: Some(pool),
        }
    }

    /// Whether its nodes run Windows.
    pub fn is_windows(&self) -> bool {
        self.body.is("osType", "Windows")
    }

    /// The nodes it is made with, or has.
    pub fn nodes(&self) -> i64 {
        let body = &self.body;
        let entries = |list: &str, number: &str| -> i64 {
            let entries = body.list(&format!("virtualMachinesProfile.scale.{list}")).iter();
            entries.filter_map(|entry| entry.get(number)?.as_i64()).sum()
        };
        let single = entries("manual", "count") + entries("autoscale", "minCount");
        if single > 0 {
            return single;
        }
        body.number("count").or(body.number("minCount")).unwrap_or(1)
    }
}
