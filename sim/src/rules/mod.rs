//! What AKS refuses beyond the shape of a body: one named function a rule, with its source and confidence.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde_json::Value;

use crate::refusal::Refusal;

/// Operations that rules look at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operation {
    /// PUT of a cluster; `old` tells create from update.
    PutCluster,
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
    /// PUT of a maintenance configuration.
    PutMaintenanceConfiguration,
}

/// How far a rule can be relied on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Confidence {
    /// Stated by the specification, documentation or a recorded answer.
    Documented,
    /// Read from the code of Microsoft's or HashiCorp's clients, or from a neighbouring statement.
    Inferred,
    /// Common knowledge without a source at hand; can be switched off by name.
    GeneralKnowledge,
}

/// One request as the rules see it.
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    /// What is asked.
    pub operation: Operation,
    /// Subscription id.
    pub subscription_id: &'a str,
    /// Resource group, as in the request.
    pub resource_group: &'a str,
    /// Name in the URL of the cluster, pool or maintenance configuration.
    pub name: &'a str,
    /// Region of the cluster.
    pub region: &'a str,
    /// The body as the client sent it, read-only properties included; `Null` without a body.
    pub sent: &'a Value,
    /// The stored resource (for a cluster without `agentPoolProfiles`); `None` when it does not exist.
    pub old: Option<&'a Value>,
    /// What would be stored: merged and filled by `defaults`. For a POST or DELETE the stored resource.
    pub new: &'a Value,
    /// For pool and maintenance operations the stored cluster; for cluster operations the same as `old`.
    pub cluster: Option<&'a Value>,
    /// Stored pools of the cluster in resource form (`name`, `properties`); empty for a create.
    pub pools: &'a [Value],
    /// For a cluster PUT the pools as they would be afterwards, in resource form: `defaults::merge_pools`, each filled.
    /// Empty for every other operation.
    pub next_pools: &'a [Value],
    /// The simulated time.
    pub now: Timestamp,
    /// Names of switched-off rules; only those resting on general knowledge can be.
    pub disabled: &'a BTreeSet<String>,
}

/// One rule of AKS.
#[derive(Debug, Clone, Copy)]
pub struct Rule {
    /// Its name, kebab-case, stable: it is what `--disable-rule` takes.
    pub name: &'static str,
    /// Operations it looks at.
    pub applies: &'static [Operation],
    /// Where it is stated.
    pub source: &'static str,
    /// How far the source carries.
    pub confidence: Confidence,
    /// The check.
    pub check: fn(&Request<'_>) -> Result<(), Refusal>,
}

/// Every rule, in the order in which they are asked.
#[must_use]
pub fn rules() -> Vec<Rule> {
    Vec::new()
}

/// Asks every rule that applies and is not switched off.
///
/// # Errors
/// The refusal of the first rule that does not hold.
pub fn check(request: &Request<'_>) -> Result<(), Refusal> {
    rules()
        .iter()
        .filter(|rule| rule.applies.contains(&request.operation))
        .filter(|rule| rule.confidence != Confidence::GeneralKnowledge || !request.disabled.contains(rule.name))
        .try_for_each(|rule| (rule.check)(request))
}
