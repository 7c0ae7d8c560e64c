//! Rules about nodes that AKS makes by itself and where nodes get their software from.

use serde_json::{Value, json};

use crate::harness::Kind::Cluster;
use crate::harness::{Case, GUID, case, id};

pub fn cases() -> Vec<Case> {
    [auto_provisioning(), bootstrap(), hosted_system()]
        .into_iter()
        .flatten()
        .collect()
}

fn auto_provisioning() -> Vec<Case> {
    let auto = |says: &str, good: Value, bad: Value| {
        let with = |mut fields: Value| {
            fields["nodeProvisioningProfile"] = json!({ "mode": "Auto" });
            fields
        };
        case(Cluster, says, with(good), with(bad))
    };
    vec![
        auto(
            "a cluster whose nodeProvisioningProfile.mode is Auto cannot",
            json!({ "powerState": { "code": "Running" } }),
            json!({ "powerState": { "code": "Stopped" } }),
        ),
        auto(
            "nodeProvisioningProfile.mode Auto needs",
            json!({ "identity": { "type": "SystemAssigned" } }),
            json!({ "servicePrincipalProfile": { "clientId": GUID } }),
        ),
        auto(
            "nodeProvisioningProfile.mode Auto makes",
            json!({ "networkProfile": { "ipFamilies": ["IPv4"] } }),
            json!({ "networkProfile": { "ipFamilies": ["IPv4", "IPv6"] } }),
        ),
    ]
}

fn bootstrap() -> Vec<Case> {
    let registry = id("Microsoft.ContainerRegistry/registries/cache");
    let profile = |source: &str| json!({ "artifactSource": source, "containerRegistryId": registry });
    let isolated = |source: &str| json!({ "networkProfile": { "outboundType": "none" }, "bootstrapProfile": { "artifactSource": source } });
    vec![
        case(
            Cluster,
            "bootstrapProfile.containerRegistryId is",
            json!({ "bootstrapProfile": profile("Cache") }),
            json!({ "bootstrapProfile": profile("Direct") }),
        ),
        case(
            Cluster,
            "networkProfile.outboundType none leaves",
            isolated("Cache"),
            isolated("Direct"),
        ),
    ]
}

fn hosted_system() -> Vec<Case> {
    let subnet = |name: &str| id(&format!("Microsoft.Network/virtualNetworks/hub/subnets/{name}"));
    let both = json!({ "systemNodeSubnetID": subnet("system"), "nodeSubnetID": subnet("nodes") });
    let hosted = |mut profile: Value, enabled: bool| {
        profile["enabled"] = json!(enabled);
        json!({
            "sku": { "name": "Automatic" },
            "hostedSystemProfile": profile,
            "apiServerAccessProfile": { "enableVnetIntegration": true, "subnetId": subnet("api") },
        })
    };
    let without_api_server = |mut fields: Value| {
        fields["apiServerAccessProfile"] = json!({});
        fields
    };
    vec![
        case(
            Cluster,
            "hostedSystemProfile.enabled needs",
            json!({ "sku": { "name": "Automatic" }, "hostedSystemProfile": { "enabled": true } }),
            json!({ "sku": { "name": "Base" }, "hostedSystemProfile": { "enabled": true } }),
        ),
        case(
            Cluster,
            "hostedSystemProfile.systemNodeSubnetID and nodeSubnetID",
            hosted(both.clone(), true),
            hosted(json!({ "systemNodeSubnetID": subnet("system") }), true),
        ),
        case(
            Cluster,
            "the subnets of hostedSystemProfile are for",
            hosted(both.clone(), true),
            hosted(both.clone(), false),
        ),
        case(
            Cluster,
            "the subnets of hostedSystemProfile go",
            hosted(both.clone(), true),
            without_api_server(hosted(both, true)),
        ),
    ]
}
