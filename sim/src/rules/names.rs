//! Names and the texts that nodes are addressed and marked by.

use std::sync::LazyLock;

use regex::Regex;
use serde_json::Value;

use super::request::{Pool, Request};
use super::words::{invalid, require};
use super::{CLUSTER, POOLS, Rule, documented, inferred};
use crate::defaults::json::{flag, list, present, text, texts};
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
    documented("ssh-single-key", CLUSTER, "SPEC ssh.publicKeys", ssh_single_key),
    documented(
        "linux-admin-length",
        CLUSTER,
        "SUP faq: up to 32 characters",
        linux_admin_length,
    ),
    documented(
        "windows-admin-name",
        CLUSTER,
        "SPEC windowsProfile.adminUsername",
        windows_admin_name,
    ),
    documented(
        "windows-admin-password",
        CLUSTER,
        "SPEC windowsProfile.adminPassword",
        windows_admin_password,
    ),
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

/// Compiled once; a pattern that does not compile matches nothing, which the tests of its rule would show.
struct Pattern(LazyLock<Option<Regex>>);

impl Pattern {
    fn matches(&self, text: &str) -> bool {
        self.0.as_ref().is_some_and(|regex| regex.is_match(text))
    }
}

static CLUSTER_NAME: Pattern = Pattern(LazyLock::new(|| {
    Regex::new("^[a-zA-Z0-9]$|^[a-zA-Z0-9][-_a-zA-Z0-9]{0,61}[a-zA-Z0-9]$").ok()
}));
static POOL_NAME: Pattern = Pattern(LazyLock::new(|| Regex::new("^[a-z][a-z0-9]{0,11}$").ok()));
static DNS_PREFIX: Pattern = Pattern(LazyLock::new(|| {
    Regex::new("^[a-zA-Z0-9]([a-zA-Z0-9-]{0,52}[a-zA-Z0-9])?$").ok()
}));
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

/// Names that Windows keeps for itself (SPEC windowsProfile.adminUsername).
const WINDOWS_NAMES: &[&str] = &[
    "administrator",
    "admin",
    "user",
    "user1",
    "test",
    "user2",
    "test1",
    "user3",
    "admin1",
    "1",
    "123",
    "a",
    "actuser",
    "adm",
    "admin2",
    "aspnet",
    "backup",
    "console",
    "david",
    "guest",
    "john",
    "owner",
    "root",
    "server",
    "sql",
    "support",
    "support_388945a0",
    "sys",
    "test2",
    "test3",
    "user4",
    "user5",
];
/// Passwords that everyone tries (SPEC windowsProfile.adminPassword).
const WEAK_PASSWORDS: &[&str] = &[
    "abc@123",
    "P@$$w0rd",
    "P@ssw0rd",
    "P@ssword123",
    "Pa$$word",
    "pass@word1",
    "Password!",
    "Password1",
    "Password22",
    "iloveyou!",
];

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

fn ssh_single_key(request: &Request<'_>) -> Result<(), Refusal> {
    let keys = list(request.new, "/properties/linuxProfile/ssh/publicKeys").len();
    require(keys <= 1, || {
        invalid(
            "linuxProfile.ssh.publicKeys",
            format!("{keys} keys were given and one is allowed"),
        )
    })
}

fn linux_admin_length(request: &Request<'_>) -> Result<(), Refusal> {
    let name = text(request.new, "/properties/linuxProfile/adminUsername").unwrap_or_default();
    require(name.len() <= 32, || {
        invalid("linuxProfile.adminUsername", "the name is longer than 32 characters")
    })
}

fn windows_admin_name(request: &Request<'_>) -> Result<(), Refusal> {
    let Some(name) = text(request.new, "/properties/windowsProfile/adminUsername") else {
        return Ok(());
    };
    let reserved = WINDOWS_NAMES.iter().any(|reserved| reserved.eq_ignore_ascii_case(name));
    require(name.chars().count() <= 20 && !name.ends_with('.') && !reserved, || {
        invalid(
            "windowsProfile.adminUsername",
            format!("'{name}' must have 1 to 20 characters, must not end in '.' and must not be a reserved name"),
        )
    })
}

fn windows_admin_password(request: &Request<'_>) -> Result<(), Refusal> {
    let Some(password) = text(request.sent, "/properties/windowsProfile/adminPassword") else {
        return Ok(());
    };
    let kinds = [
        password.contains(|c: char| c.is_lowercase()),
        password.contains(|c: char| c.is_uppercase()),
        password.contains(|c: char| c.is_ascii_digit()),
        password.contains(|c: char| !c.is_alphanumeric()),
    ];
    let strong = (8..=123).contains(&password.chars().count())
        && kinds.iter().filter(|kind| **kind).count() >= 3
        && !WEAK_PASSWORDS.iter().any(|weak| weak.eq_ignore_ascii_case(password));
    require(strong, || {
        invalid(
            "windowsProfile.adminPassword",
            "the password must have 8 to 123 characters of three kinds (lower, upper, digit, other) and not be a common one",
        )
    })
}

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

    #[test]
    fn linux_profile() {
        let profile = |name: &str, keys: usize| {
            let keys: Vec<_> = (0..keys).map(|_| json!({"keyData": "ssh-rsa a"})).collect();
            create(json!({"linuxProfile": {"adminUsername": name, "ssh": {"publicKeys": keys}}}))
        };
        profile(&"a".repeat(32), 1).accepted();
        profile(&"a".repeat(33), 1).refused_by("linux-admin-length");
        profile("a", 2).refused_by("ssh-single-key");
    }

    #[test]
    fn windows_profile() {
        let profile = |name: &str, password: &str| {
            create(json!({"windowsProfile": {"adminUsername": name, "adminPassword": password}}))
        };
        profile("azureuser", "Abcdef12").accepted();
        profile("Admin", "Abcdef12").refused_by("windows-admin-name");
        profile("azureuser.", "Abcdef12").refused_by("windows-admin-name");
        profile("azureuser", "Abcde12").refused_by("windows-admin-password");
        profile("azureuser", "abcdefgh1").refused_by("windows-admin-password");
        let refusal = profile("azureuser", "P@ssw0rd").refused_by("windows-admin-password");
        assert!(!refusal.message.contains("P@ssw0rd"));
    }

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
