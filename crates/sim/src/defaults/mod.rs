//! What Azure adds to a request: PUT semantics, and the values a fresh cluster comes back with.
//!
//! Order of use for a PUT: [`merge`] (and [`merge_pools`]) the body over what is stored, fill with [`fill_cluster`] or
//! [`fill_pool`], then `rules::check`. When the operation ends well, [`finish_cluster`] or [`finish_pool`].
//!
//! REC in a comment stands for recorded answers of AKS in the test suite of azure-cli, SPEC for the API description.

mod children;
mod cluster;
#[cfg(test)]
mod coverage;
mod ids;
pub(crate) mod json;
mod merge;
mod network;
mod pool;

use jiff::Timestamp;

pub use children::fill_child;
pub use cluster::{fill_cluster, finish_cluster};
pub use merge::{merge, merge_pools};
pub(crate) use network::is_private;
pub use pool::{fill_pool, finish_pool};

/// Where a cluster is, for everything that is derived from its name.
#[derive(Debug, Clone, Copy)]
pub struct Place<'a> {
    /// Subscription id.
    pub subscription_id: &'a str,
    /// Resource group, in the casing of the request.
    pub resource_group: &'a str,
    /// Cluster name.
    pub cluster: &'a str,
    /// Region name, `westeurope`.
    pub region: &'a str,
    /// Tenant of the subscription.
    pub tenant_id: &'a str,
    /// The simulated time.
    pub now: Timestamp,
}

impl Place<'_> {
    /// A GUID of this cluster for the purpose `what`.
    fn guid(&self, what: &str) -> String {
        ids::guid(&[self.subscription_id, self.resource_group, self.cluster, what])
    }

    /// `length` hexadecimal digits of this cluster for the purpose `what`.
    fn hex(&self, what: &str, length: usize) -> String {
        ids::hex(&[self.subscription_id, self.resource_group, self.cluster, what], length)
    }

    /// Id of a resource that AKS makes in the node resource group.
    fn node_resource(&self, node_resource_group: &str, kind: &str, name: &str) -> String {
        let subscription = self.subscription_id;
        format!("/subscriptions/{subscription}/resourceGroups/{node_resource_group}/providers/{kind}/{name}")
    }
}
