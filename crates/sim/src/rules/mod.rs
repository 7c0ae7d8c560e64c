//! What AKS refuses beyond the shape of a body: one named function a rule, with its source and confidence.
//!
//! Order for a PUT: `schema::validate_request` on the body as sent, `defaults::merge` and the fills, then [`check`]
//! with both. Sources: SPEC is the API description of 2026-08-01, Learn the AKS documentation by article, SUP
//! Microsoft's support articles, CLI azure-cli 2.91, TF terraform-provider-azurerm, CAPZ cluster-api-provider-azure;
//! `name#number` is an issue of that GitHub repository.
//!
//! What AKS finds only in the cluster itself (disruption budgets that block a drain, use of removed APIs) and what
//! depends on Azure's capacity (quota, free addresses) is not a rule here: the admin endpoint injects it as a fault.

mod access;
mod actions;
mod addons;
mod children;
mod identity;
mod immutable;
mod maintenance;
mod membership;
mod names;
mod network;
mod network_moves;
mod network_plugins;
mod node_access;
mod node_marks;
mod one_way;
mod outbound;
mod pattern;
mod placement;
mod pool_config;
mod pool_sources;
mod pool_versions;
mod pools;
mod power;
mod request;
mod resource;
mod security;
mod support;
mod system_pools;
mod versions;
mod words;

#[cfg(test)]
mod fixture;

pub use request::{Operation, Request};

use crate::refusal::Refusal;

/// How far a rule can be relied on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Confidence {
    /// Stated by the specification, documentation or a recorded answer.
    Documented,
    /// Read from the code of Microsoft's or HashiCorp's clients, or from a neighboring statement.
    Inferred,
    /// Common knowledge without a source at hand; can be switched off by name.
    GeneralKnowledge,
}

/// One rule of AKS.
#[derive(Debug, Clone, Copy)]
pub struct Rule {
    /// Its name, kebab-case, stable: it is what `--disable-rule` takes.
    pub name: &'static str,
    /// Operations it looks at.
    pub applies: &'static [Operation],
    /// How far the source carries.
    pub confidence: Confidence,
    /// Where it is stated.
    pub source: &'static str,
    /// The check.
    pub check: fn(&Request<'_>) -> Result<(), Refusal>,
}

/// Operations that carry a cluster body.
const CLUSTER: &[Operation] = &[Operation::PutCluster];
/// Operations that carry pools: a pool body, or a cluster body with its list.
const POOLS: &[Operation] = &[Operation::PutCluster, Operation::PutPool];

/// Rules by topic, in the order in which they are asked: form before content, identity before change.
const TOPICS: &[&[Rule]] = &[
    resource::RULES,
    power::RULES,
    names::RULES,
    node_access::RULES,
    node_marks::RULES,
    membership::RULES,
    one_way::RULES,
    network_moves::RULES,
    immutable::RULES,
    versions::RULES,
    pool_sources::RULES,
    pool_versions::RULES,
    support::RULES,
    pools::RULES,
    placement::RULES,
    system_pools::RULES,
    pool_config::RULES,
    network::RULES,
    network_plugins::RULES,
    outbound::RULES,
    access::RULES,
    identity::RULES,
    security::RULES,
    addons::RULES,
    maintenance::RULES,
    children::RULES,
    actions::RULES,
];

/// Every rule, in the order in which they are asked.
pub fn rules() -> impl Iterator<Item = &'static Rule> {
    TOPICS.iter().copied().flatten()
}

/// Asks every rule that applies and is not switched off.
///
/// # Errors
/// The refusal of the first rule that does not hold.
pub fn check(request: &Request<'_>) -> Result<(), Refusal> {
    first_broken(request).map_or(Ok(()), |(_, refusal)| Err(refusal))
}

fn first_broken(request: &Request<'_>) -> Option<(&'static Rule, Refusal)> {
    rules()
        .filter(|rule| rule.applies.contains(&request.operation))
        .filter(|rule| rule.confidence != Confidence::GeneralKnowledge || !request.disabled.contains(rule.name))
        .find_map(|rule| (rule.check)(request).err().map(|refusal| (rule, refusal)))
}

const fn documented(
    name: &'static str,
    applies: &'static [Operation],
    source: &'static str,
    check: fn(&Request<'_>) -> Result<(), Refusal>,
) -> Rule {
    Rule {
        name,
        applies,
        confidence: Confidence::Documented,
        source,
        check,
    }
}

const fn inferred(
    name: &'static str,
    applies: &'static [Operation],
    source: &'static str,
    check: fn(&Request<'_>) -> Result<(), Refusal>,
) -> Rule {
    Rule {
        name,
        applies,
        confidence: Confidence::Inferred,
        source,
        check,
    }
}

const fn general_knowledge(
    name: &'static str,
    applies: &'static [Operation],
    source: &'static str,
    check: fn(&Request<'_>) -> Result<(), Refusal>,
) -> Rule {
    Rule {
        name,
        applies,
        confidence: Confidence::GeneralKnowledge,
        source,
        check,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use serde_json::json;

    use super::fixture::World;
    use super::*;
    use crate::schema::{Definition, validate_request};

    #[test]
    fn names_are_unique_and_kebab_case_and_every_rule_has_a_source() {
        let mut seen = BTreeSet::new();
        for rule in rules() {
            assert!(seen.insert(rule.name), "{} is there twice", rule.name);
            assert!(
                rule.name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-'),
                "{}",
                rule.name
            );
            assert!(!rule.source.is_empty() && !rule.applies.is_empty(), "{}", rule.name);
        }
    }

    #[test]
    fn what_azure_answers_can_be_sent_back() {
        let subnet = json!({"vnetSubnetID":
            "/subscriptions/s/resourceGroups/g/providers/Microsoft.Network/virtualNetworks/v/subnets/n"});
        for (cluster, pool) in [
            (json!({}), json!({})),
            (
                json!({}),
                json!({"scaleSetPriority": "Spot", "nodeTaints": ["a=b:NoSchedule"]}),
            ),
            (
                json!({}),
                json!({"enableAutoScaling": true, "minCount": 1, "maxCount": 3, "availabilityZones": ["1"]}),
            ),
            (
                json!({"windowsProfile": {"adminUsername": "azureuser"}}),
                json!({"osType": "Windows"}),
            ),
            (
                json!({"networkProfile": {"networkPlugin": "kubenet", "networkPolicy": "calico"}}),
                json!({}),
            ),
            (
                json!({"networkProfile": {"networkDataplane": "cilium", "networkPolicy": "cilium"}}),
                json!({}),
            ),
            (
                json!({"networkProfile": {"outboundType": "managedNATGateway"}}),
                json!({}),
            ),
            (json!({"networkProfile": {"ipFamilies": ["IPv4", "IPv6"]}}), json!({})),
            (json!({"networkProfile": {"networkPlugin": "azure"}}), subnet),
            (
                json!({"apiServerAccessProfile": {"enablePrivateCluster": true, "privateDNSZone": "system"}}),
                json!({}),
            ),
            (
                json!({"aadProfile": {"managed": true}, "disableLocalAccounts": true}),
                json!({"mode": "System"}),
            ),
            (
                json!({"kubernetesVersion": "1.36.4"}),
                json!({"orchestratorVersion": "1.34.11"}),
            ),
        ] {
            let system = pool
                .get("vnetSubnetID")
                .map_or(json!({}), |id| json!({"vnetSubnetID": id}));
            let world = World::with(cluster, system, pool);
            let answer = world.answer();
            assert_eq!(validate_request(Definition::ManagedCluster, &answer), Ok(()));
            world.put_cluster(answer).accepted();
            for pool in &world.pools {
                let name = pool["name"].as_str().unwrap();
                world.put_pool(name, pool["properties"].clone()).accepted();
            }
        }
    }

    #[test]
    fn only_rules_of_general_knowledge_can_be_switched_off() {
        let mut world = World::new();
        for rule in rules() {
            world.disable(rule.name);
        }
        world
            .put_cluster(json!({"properties": {"dnsPrefix": "other"}}))
            .refused_by("cluster-property-immutable");
        let taint = json!({"nodeTaints": ["a=b:NoSchedule"], "mode": "System"});
        world.put_pool("second", taint.clone()).accepted();
        World::new().put_pool("second", taint).refused_by("system-pool-taints");
    }
}
