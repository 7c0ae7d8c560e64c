//! Names of clusters, pools and of what is derived from them.

use std::sync::LazyLock;

use regex::Regex;
use serde_json::Value;

use super::pattern::Pattern;
use super::request::Request;
use super::words::{invalid, require};
use super::{CLUSTER, POOLS, Rule, documented, inferred};
use crate::defaults::json::{flag, text};
use crate::refusal::Refusal;

pub(super) const RULES: &[Rule] = &[
    documented(
        "cluster-name",
        CLUSTER,
        "SPEC path parameter resourceName",
        cluster_name,
    ),
    documented(
        "cluster-name-reserved",
        CLUSTER,
        "SUP reservedresourcename-error",
        cluster_name_reserved,
    ),
    documented("pool-name", POOLS, "SPEC path parameter agentPoolName", pool_name),
    documented(
        "pool-name-windows",
        POOLS,
        "Learn: use-system-pools; Windows pools have six characters",
        pool_name_windows,
    ),
    documented(
        "pool-name-reserved",
        POOLS,
        "AKS release notes 2025-04-27: aksmanagedap",
        pool_name_reserved,
    ),
    inferred(
        "dns-prefix-form",
        CLUSTER,
        "CAPZ azuremanagedcontrolplane_validation; CLI",
        dns_prefix_form,
    ),
    inferred(
        "dns-prefix-or-subdomain",
        CLUSTER,
        "CLI _get_dns_name_prefix; TF",
        dns_prefix_or_subdomain,
    ),
    inferred(
        "fqdn-subdomain-private",
        CLUSTER,
        "CLI _get_fqdn_subdomain",
        fqdn_subdomain_private,
    ),
    documented(
        "node-resource-group-length",
        CLUSTER,
        "Learn: troubleshooting, MC_ name up to 80",
        node_group_length,
    ),
];

static CLUSTER_NAME: Pattern = Pattern(LazyLock::new(|| {
    Regex::new("^[a-zA-Z0-9]$|^[a-zA-Z0-9][-_a-zA-Z0-9]{0,61}[a-zA-Z0-9]$").ok()
}));

static POOL_NAME: Pattern = Pattern(LazyLock::new(|| Regex::new("^[a-z][a-z0-9]{0,11}$").ok()));

static DNS_PREFIX: Pattern = Pattern(LazyLock::new(|| {
    Regex::new("^[a-zA-Z0-9]([a-zA-Z0-9-]{0,52}[a-zA-Z0-9])?$").ok()
}));

fn cluster_name(request: &Request<'_>) -> Result<(), Refusal> {
    require(CLUSTER_NAME.matches(request.name), || {
        invalid(
            "resourceName",
            format!("'{}' must have 1 to 63 letters, digits, '-' and '_'", request.name),
        )
    })
}

fn cluster_name_reserved(request: &Request<'_>) -> Result<(), Refusal> {
    require(
        !request.is_create() || !request.name.to_ascii_lowercase().contains("microsoft"),
        || {
            Refusal::gateway(
                400,
                "ReservedResourceName",
                format!(
                    "The resource name '{}' or a part of the name is a trademarked or reserved word.",
                    request.name
                ),
            )
        },
    )
}

fn pool_name(request: &Request<'_>) -> Result<(), Refusal> {
    request.for_each_pool(|pool| {
        require(POOL_NAME.matches(pool.name), || {
            invalid(
                "agentPoolProfile.name",
                format!(
                    "'{}' must start with a lower-case letter and have 1 to 12 lower-case letters and digits",
                    pool.name
                ),
            )
        })
    })
}

fn pool_name_windows(request: &Request<'_>) -> Result<(), Refusal> {
    request.for_each_pool(|pool| {
        require(!pool.is_windows() || pool.name.len() <= 6, || {
            invalid(
                "agentPoolProfile.name",
                format!(
                    "'{}' is longer than 6 characters, the limit of a Windows pool",
                    pool.name
                ),
            )
        })
    })
}

fn pool_name_reserved(request: &Request<'_>) -> Result<(), Refusal> {
    request.for_each_pool(|pool| {
        require(pool.name != "aksmanagedap", || {
            invalid("agentPoolProfile.name", "'aksmanagedap' is reserved for AKS")
        })
    })
}

fn dns_prefix_form(request: &Request<'_>) -> Result<(), Refusal> {
    let Some(prefix) = text(request.new, "/properties/dnsPrefix") else {
        return Ok(());
    };
    require(DNS_PREFIX.matches(prefix), || {
        invalid(
            "properties.dnsPrefix",
            format!("'{prefix}' must have 1 to 54 letters, digits and hyphens, with a letter or digit at both ends"),
        )
    })
}

fn dns_prefix_or_subdomain(request: &Request<'_>) -> Result<(), Refusal> {
    let has = |key: &str| text(request.new, &format!("/properties/{key}")).is_some();
    require(has("dnsPrefix") || has("fqdnSubdomain"), || {
        Refusal::provider(
            400,
            "InvalidParameter",
            "Required parameter properties.dnsPrefix is missing (null).",
        )
        .on("properties.dnsPrefix")
    })?;
    require(!(has("dnsPrefix") && has("fqdnSubdomain")), || {
        invalid(
            "properties.fqdnSubdomain",
            "dnsPrefix and fqdnSubdomain cannot be used together",
        )
    })
}

fn fqdn_subdomain_private(request: &Request<'_>) -> Result<(), Refusal> {
    if text(request.new, "/properties/fqdnSubdomain").is_none() {
        return Ok(());
    }
    let access = request
        .new
        .pointer("/properties/apiServerAccessProfile")
        .unwrap_or(&Value::Null);
    let custom = text(access, "/privateDNSZone").is_some_and(|zone| zone.starts_with('/'));
    require(flag(access, "/enablePrivateCluster") && custom, || {
        invalid(
            "properties.fqdnSubdomain",
            "fqdnSubdomain needs a private cluster with a custom private DNS zone",
        )
    })
}

fn node_group_length(request: &Request<'_>) -> Result<(), Refusal> {
    let group = text(request.new, "/properties/nodeResourceGroup").unwrap_or_default();
    require(!request.is_create() || group.chars().count() <= 80, || {
        invalid(
            "properties.nodeResourceGroup",
            format!(
                "the node resource group name '{group}' is longer than 80 characters; set nodeResourceGroup to a shorter one"
            ),
        )
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::fixture::World;
    use super::*;

    fn create(properties: Value) -> super::super::fixture::Outcome {
        World::create(json!({"properties": properties}))
    }

    fn named(name: &str) -> super::super::fixture::Outcome {
        World::create_as(
            name,
            json!({"location": "westeurope", "properties": {"dnsPrefix": "a", "nodeResourceGroup": "nodes",
                "agentPoolProfiles": [{"name": "system", "mode": "System", "vmSize": "Standard_D4s_v5"}]}}),
        )
    }

    #[test]
    fn cluster_name() {
        named("a").accepted();
        named(&"a".repeat(63)).accepted();
        named(&"a".repeat(64)).refused_by("cluster-name");
        named("a-").refused_by("cluster-name");
        named("omsagent-microsoft").refused_by("cluster-name-reserved");
    }

    #[test]
    fn pool_name() {
        let put = |name: &str| World::new().put_pool(name, json!({}));
        put("abcdefghijkl").accepted();
        put("abcdefghijklm").refused_by("pool-name");
        put("1a").refused_by("pool-name");
        put("aksmanagedap").refused_by("pool-name-reserved");
    }

    #[test]
    fn pool_name_windows() {
        let world = World::with(
            json!({"windowsProfile": {"adminUsername": "azureuser"}}),
            json!({}),
            json!({}),
        );
        world.put_pool("winpol", json!({"osType": "Windows"})).accepted();
        world
            .put_pool("winpool", json!({"osType": "Windows"}))
            .refused_by("pool-name-windows");
    }

    #[test]
    fn dns_prefix() {
        create(json!({"dnsPrefix": "a".repeat(54)})).accepted();
        create(json!({"dnsPrefix": "a".repeat(55)})).refused_by("dns-prefix-form");
        create(json!({"dnsPrefix": "-a"})).refused_by("dns-prefix-form");
        create(json!({"dnsPrefix": null})).refused_by("dns-prefix-or-subdomain");
        create(json!({"fqdnSubdomain": "b"})).refused_by("dns-prefix-or-subdomain");
        create(json!({"dnsPrefix": null, "fqdnSubdomain": "b"})).refused_by("fqdn-subdomain-private");
    }

    #[test]
    fn node_resource_group_length() {
        create(json!({"nodeResourceGroup": "a".repeat(80)})).accepted();
        create(json!({"nodeResourceGroup": "a".repeat(81)})).refused_by("node-resource-group-length");
    }
}
