//! What nodes are marked by: labels, taints, and the network names that become labels.

use std::sync::LazyLock;

use regex::Regex;
use serde_json::Value;

use super::pattern::Pattern;
use super::request::{Pool, Request};
use super::words::{invalid, require};
use super::{POOLS, Rule, documented, inferred};
use crate::defaults::json::{list, present, text, texts};
use crate::refusal::Refusal;

pub(super) const RULES: &[Rule] = &[
    documented(
        "subnet-name-length",
        POOLS,
        "Learn: concepts-network-azure-cni-overlay, names become labels",
        subnet_name_length,
    ),
    inferred("node-label-form", POOLS, "CLI validate_label", node_label_form),
    inferred(
        "node-label-reserved",
        POOLS,
        "CAPZ: kubernetes.azure.com is AKS's own",
        node_label_reserved,
    ),
    inferred("node-taint-form", POOLS, "CLI validate_taint", node_taint_form),
];

static TAINT: Pattern = Pattern(LazyLock::new(|| {
    Regex::new(
        r"^[a-zA-Z0-9][A-Za-z0-9_\-./]{0,252}=([a-zA-Z0-9][A-Za-z0-9_\-.]{0,62})?:(NoSchedule|PreferNoSchedule|NoExecute)$",
    )
    .ok()
}));

static LABEL_PREFIX: Pattern = Pattern(LazyLock::new(|| {
    Regex::new(r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$").ok()
}));

static LABEL_PART: Pattern = Pattern(LazyLock::new(|| {
    Regex::new(r"^[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$").ok()
}));

fn subnet_name_length(request: &Request<'_>) -> Result<(), Refusal> {
    request.for_each_pool(|pool| {
        for key in ["vnetSubnetID", "podSubnetID"] {
            let id = text(pool.new, &format!("/{key}")).unwrap_or_default();
            let named = |at: usize| id.split('/').nth(at).unwrap_or_default();
            // .../resourceGroups/{4}/providers/Microsoft.Network/virtualNetworks/{8}/subnets/{10}
            require([4, 8, 10].iter().all(|at| named(*at).len() <= 63), || {
                invalid(
                    &format!("agentPoolProfile.{key}"),
                    "resource group, virtual network and subnet names become node labels and have up to 63 characters",
                )
            })?;
        }
        Ok(())
    })
}

fn node_label_form(request: &Request<'_>) -> Result<(), Refusal> {
    request.for_each_pool(|pool| {
        let Some(labels) = pool.new.get("nodeLabels").and_then(Value::as_object) else {
            return Ok(());
        };
        labels.iter().try_for_each(|(key, value)| {
            let value = value.as_str().unwrap_or_default();
            let (prefix, name) = key
                .rsplit_once('/')
                .map_or((None, key.as_str()), |(prefix, name)| (Some(prefix), name));
            let good = prefix.is_none_or(|prefix| prefix.len() <= 253 && LABEL_PREFIX.matches(prefix))
                && LABEL_PART.matches(name)
                && (value.is_empty() || LABEL_PART.matches(value));
            require(good, || {
                invalid(
                    "agentPoolProfile.nodeLabels",
                    format!("'{key}={value}' is not a valid label"),
                )
            })
        })
    })
}

/// AKS's own prefix is refused, except for what AKS itself put there and the client sends back.
fn node_label_reserved(request: &Request<'_>) -> Result<(), Refusal> {
    request.for_each_pool(|pool| {
        let Some(labels) = pool.sent.get("nodeLabels").and_then(Value::as_object) else {
            return Ok(());
        };
        labels.iter().try_for_each(|(key, value)| {
            require(
                !key.starts_with("kubernetes.azure.com") || own_label(pool, key, value),
                || {
                    invalid(
                        "agentPoolProfile.nodeLabels",
                        format!("'{key}' has the reserved prefix kubernetes.azure.com"),
                    )
                },
            )
        })
    })
}

fn own_label(pool: &Pool<'_>, key: &str, value: &Value) -> bool {
    let stored = pool
        .old
        .and_then(|old| old.get("nodeLabels"))
        .and_then(|labels| labels.get(key));
    stored == Some(value) || (pool.is_spot() && key == "kubernetes.azure.com/scalesetpriority" && value == "spot")
}

fn node_taint_form(request: &Request<'_>) -> Result<(), Refusal> {
    request.for_each_pool(|pool| {
        texts(pool.new, "/nodeTaints").into_iter().try_for_each(|taint| {
            require(TAINT.matches(taint), || {
                invalid(
                    "agentPoolProfile.nodeTaints",
                    format!("'{taint}' is not of the form key=value:effect"),
                )
            })
        })?;
        let all_texts = list(pool.new, "/nodeTaints").len() == texts(pool.new, "/nodeTaints").len();
        require(
            all_texts && present(pool.new, "/nodeTaints").is_none_or(Value::is_array),
            || invalid("agentPoolProfile.nodeTaints", "taints are texts"),
        )
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::fixture::World;

    #[test]
    fn subnet_name_length() {
        let world = World::with(
            json!({}),
            json!({"vnetSubnetID": subnet("a")}),
            json!({"vnetSubnetID": subnet("a")}),
        );
        world
            .put_pool("more", json!({"vnetSubnetID": subnet(&"a".repeat(63))}))
            .accepted();
        world
            .put_pool("more", json!({"vnetSubnetID": subnet(&"a".repeat(64))}))
            .refused_by("subnet-name-length");
    }

    fn subnet(name: &str) -> String {
        format!("/subscriptions/s/resourceGroups/g/providers/Microsoft.Network/virtualNetworks/v/subnets/{name}")
    }

    #[test]
    fn node_labels() {
        let label = |key: &str, value: &str| World::new().put_pool("work", json!({"nodeLabels": {key: value}}));
        label("example.com/a_b", "").accepted();
        label("a", &"x".repeat(63)).accepted();
        label("a", &"x".repeat(64)).refused_by("node-label-form");
        label("Upper.com/a", "b").refused_by("node-label-form");
        label("kubernetes.azure.com/a", "b").refused_by("node-label-reserved");
    }

    #[test]
    fn the_label_of_a_spot_pool_may_be_sent_back() {
        let spot = json!({"scaleSetPriority": "Spot"});
        let world = World::with(json!({}), json!({}), spot);
        world
            .put_pool(
                "work",
                json!({"nodeLabels": {"kubernetes.azure.com/scalesetpriority": "spot"}}),
            )
            .accepted();
    }

    #[test]
    fn node_taints() {
        let taint = |taint: &str| World::new().put_pool("work", json!({"nodeTaints": [taint]}));
        taint("sku=gpu:NoSchedule").accepted();
        taint("CriticalAddonsOnly=true:NoExecute").accepted();
        taint("sku=gpu").refused_by("node-taint-form");
        taint("sku=gpu:Sometimes").refused_by("node-taint-form");
    }
}
