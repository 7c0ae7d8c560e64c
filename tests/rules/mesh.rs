//! Rules about the service mesh and managed ingress.

use serde_json::{Value, json};

use crate::harness::Kind::Cluster;
use crate::harness::{Case, case, id};

pub fn cases() -> Vec<Case> {
    [gateways(), revisions(), authority(), ingress()]
        .into_iter()
        .flatten()
        .collect()
}

fn istio(fields: Value) -> Value {
    json!({ "mode": "Istio", "istio": fields })
}

fn mesh(says: &str, accepted: Value, refused: Value) -> Case {
    case(
        Cluster,
        says,
        json!({ "serviceMeshProfile": istio(accepted) }),
        json!({ "serviceMeshProfile": istio(refused) }),
    )
}

fn gateways() -> Vec<Case> {
    let ingress = |modes: [&str; 2]| {
        let gateways = modes.map(|mode| json!({ "mode": mode, "enabled": true }));
        json!({ "components": { "ingressGateways": gateways } })
    };
    let egress = |fields: Value| json!({ "components": { "egressGateways": [fields] } });
    let static_egress = |enabled: bool| {
        json!({
            "serviceMeshProfile": istio(egress(json!({ "name": "out", "enabled": true, "gatewayConfigurationName": "out" }))),
            "networkProfile": { "staticEgressGatewayProfile": { "enabled": enabled } },
        })
    };
    vec![
        mesh(
            "serviceMeshProfile has two ingressGateways",
            ingress(["External", "Internal"]),
            ingress(["External", "External"]),
        ),
        mesh(
            "the name of an egress gateway",
            egress(json!({ "name": "team.out-1", "enabled": false })),
            egress(json!({ "name": "team_out", "enabled": false })),
        ),
        case(
            Cluster,
            "an egress gateway of serviceMeshProfile needs",
            static_egress(true),
            json!({
                "serviceMeshProfile": istio(egress(json!({ "name": "out", "enabled": true }))),
                "networkProfile": { "staticEgressGatewayProfile": { "enabled": true } },
            }),
        ),
        case(
            Cluster,
            "egressGateways of serviceMeshProfile need",
            static_egress(true),
            static_egress(false),
        ),
    ]
}

fn revisions() -> Vec<Case> {
    let revisions = |names: &[&str]| json!({ "revisions": names });
    vec![
        mesh(
            "serviceMeshProfile.istio.revisions names",
            revisions(&["asm-1-26", "asm-1-27"]),
            revisions(&["asm-1-26", "asm-1-26"]),
        ),
        mesh(
            "serviceMeshProfile.istio.revisions have",
            revisions(&["asm-1-27"]),
            revisions(&["1.27"]),
        ),
    ]
}

fn authority() -> Vec<Case> {
    let vault = id("Microsoft.KeyVault/vaults/mesh");
    let whole = json!({
        "keyVaultId": vault,
        "certObjectName": "ca-cert",
        "keyObjectName": "ca-key",
        "rootCertObjectName": "root-cert",
        "certChainObjectName": "cert-chain",
    });
    let plugin = |plugin: &Value, addon: bool| {
        json!({
            "serviceMeshProfile": istio(json!({ "certificateAuthority": { "plugin": plugin } })),
            "addonProfiles": { "azureKeyvaultSecretsProvider": { "enabled": addon } },
        })
    };
    vec![
        case(
            Cluster,
            "serviceMeshProfile.istio.certificateAuthority.plugin needs the vault",
            plugin(&whole, true),
            plugin(&json!({ "keyVaultId": vault, "certObjectName": "ca-cert" }), true),
        ),
        case(
            Cluster,
            "serviceMeshProfile.istio.certificateAuthority.plugin reads",
            plugin(&whole, true),
            plugin(&whole, false),
        ),
    ]
}

fn ingress() -> Vec<Case> {
    let routing = |gateway_api: &str| {
        json!({
            "webAppRouting": { "gatewayAPIImplementations": { "appRoutingIstio": { "mode": "Enabled" } } },
            "gatewayAPI": { "installation": gateway_api },
        })
    };
    let both = |mesh: &str| json!({ "serviceMeshProfile": { "mode": mesh }, "ingressProfile": routing("Standard") });
    let old_mesh = |enabled: bool| {
        json!({
            "serviceMeshProfile": { "mode": "Istio" },
            "addonProfiles": { "openServiceMesh": { "enabled": enabled } },
        })
    };
    vec![
        case(
            Cluster,
            "ingressProfile.webAppRouting.gatewayAPIImplementations.appRoutingIstio needs",
            json!({ "ingressProfile": routing("Standard") }),
            json!({ "ingressProfile": routing("Disabled") }),
        ),
        case(
            Cluster,
            "serviceMeshProfile.mode Istio and the appRoutingIstio",
            both("Disabled"),
            both("Istio"),
        ),
        case(
            Cluster,
            "serviceMeshProfile.mode Istio and addonProfiles.openServiceMesh",
            old_mesh(false),
            old_mesh(true),
        ),
    ]
}
