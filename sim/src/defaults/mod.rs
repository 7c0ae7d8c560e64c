//! What Azure adds to a request: PUT semantics, and the values a fresh cluster comes back with.
//!
//! Order of use for a PUT: [`merge`] the body over what is stored, fill with [`fill_cluster`] or [`fill_pool`], then
//! `rules::check`. When the operation ends well, [`finish_cluster`] or [`finish_pool`].

use jiff::Timestamp;
use serde_json::Value;

use crate::schema::Definition;

/// Where a cluster is, for everything that is derived from its name.
#[derive(Debug, Clone, Copy)]
pub struct Place<'a> {
    /// Subscription id.
    pub subscription_id: &'a str,
    /// Resource group, in the casing of the request.
    pub resource_group: &'a str,
    /// Cluster name.
    pub cluster: &'a str,
    /// Region name.
    pub region: &'a str,
    /// Tenant of the subscription.
    pub tenant_id: &'a str,
    /// The simulated time.
    pub now: Timestamp,
}

/// What is stored after a PUT of `sent` over `stored`: a property left out or null keeps its value, lists, tags,
/// `nodeLabels` and `nodeTaints` are replaced whole, keys of `addonProfiles` stay.
///
/// `agentPoolProfiles` is left out of the result: pools are resources of their own.
#[must_use]
pub fn merge(_definition: Definition, _stored: Option<&Value>, _sent: &Value) -> Value {
    Value::Null
}

/// Pools after a cluster PUT, in resource form (`name`, `properties`): `stored` with the entries of the body's
/// `agentPoolProfiles` merged in by name, new names appended. A body without the list keeps them all.
#[must_use]
pub fn merge_pools(stored: &[Value], _sent: &Value) -> Vec<Value> {
    stored.to_vec()
}

/// Fills what the request left out. Idempotent: a value that is there stays.
pub fn fill_cluster(_cluster: &mut Value, _place: &Place<'_>) {}

/// Fills a pool: `pool` is its `properties` object or an entry of `agentPoolProfiles`; `cluster` has its defaults.
pub fn fill_pool(_pool: &mut Value, _cluster: &Value, _place: &Place<'_>) {}

/// What appears only when an operation has ended well: the version it runs, outbound addresses, `Standard`.
pub fn finish_cluster(_cluster: &mut Value, _place: &Place<'_>) {}

/// The pool's part of [`finish_cluster`]: current version and node image.
pub fn finish_pool(_pool: &mut Value, _cluster: &Value, _place: &Place<'_>) {}
