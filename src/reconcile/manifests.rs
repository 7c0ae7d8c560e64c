//! The manifests of an aggregate, parsed once.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition;
use kube::ResourceExt;

use super::context::Context;
use super::failure::Ended;
use super::objects::Objects;
use armature_api::{AksCluster, REQUESTED_AT_ANNOTATION};
use armature_arm::{ClusterId, Retry, SubscriptionId};
use armature_plan::blocker::Blocker;
use armature_plan::change::Target;
use armature_plan::desired::{DesiredCluster, DesiredPool};
use armature_plan::status::conditions::{READY, find};

/// The manifests of an aggregate, parsed.
#[derive(Debug)]
pub struct Desired {
    /// The cluster.
    pub cluster: DesiredCluster,
    /// The pools that could be read.
    pub pools: Vec<DesiredPool>,
    /// What is wrong with those that could not.
    pub unreadable: Vec<Blocker>,
}

impl Desired {
    /// Reads the manifests. A pool that can't be read is named, and does not hold up the others.
    ///
    /// # Errors
    /// The cluster's manifest can't be read.
    pub fn read(context: &Context, objects: &Objects) -> Result<Self, Ended> {
        let installation = context.installation.as_str();
        let mut cluster = DesiredCluster::read(&objects.cluster, installation)
            .map_err(|blocker| Ended::ours(Target::Cluster, blocker.reason(), blocker.to_string(), "", Retry::User))?;
        let status = objects.cluster.status.as_ref();
        let (mut pools, mut unreadable) = (Vec::new(), Vec::new());
        for object in &objects.pools {
            match DesiredPool::read(object, cluster.policies.management, installation) {
                Ok(mut pool) => {
                    if asked_anew(
                        object,
                        object.status.as_ref().map(|status| status.conditions.as_slice()),
                        object
                            .status
                            .as_ref()
                            .and_then(|status| status.last_handled_reconcile_at.as_deref()),
                    ) {
                        pool.life.resume_attempts = 0;
                    }
                    pools.push(pool);
                }
                Err(blocker) => unreadable.push(blocker),
            }
        }
        if asked_anew(
            &objects.cluster,
            status.map(|status| status.conditions.as_slice()),
            status.and_then(|status| status.last_handled_reconcile_at.as_deref()),
        ) {
            cluster.life.resume_attempts = 0;
        }
        Ok(Self {
            cluster,
            pools,
            unreadable,
        })
    }
}

/// The cluster in Azure.
///
/// # Errors
/// A name that Azure can't have.
pub fn cluster_id(cluster: &AksCluster) -> Result<ClusterId, Ended> {
    let invalid = |message: String| {
        Ended::ours(
            Target::Cluster,
            "InvalidSpec",
            message,
            "correct it in the manifest",
            Retry::User,
        )
    };
    let spec = &cluster.spec;
    let name = spec.azure_name.clone().unwrap_or_else(|| cluster.name_any());
    SubscriptionId::parse(&spec.subscription_id)
        .and_then(|subscription| ClusterId::new(subscription, &spec.resource_group, &name))
        .map_err(|error| invalid(error.to_string()))
}

/// Whether the object was edited, or a reconcile requested, since its status was written.
fn asked_anew<K: ResourceExt>(object: &K, conditions: Option<&[Condition]>, handled: Option<&str>) -> bool {
    let seen = conditions
        .and_then(|conditions| find(conditions, READY))
        .and_then(|ready| ready.observed_generation);
    seen != object.meta().generation || requested_at(object) != handled
}

/// The last reconcile someone asked for.
pub fn requested_at<K: ResourceExt>(object: &K) -> Option<&str> {
    object.annotations().get(REQUESTED_AT_ANNOTATION).map(String::as_str)
}
