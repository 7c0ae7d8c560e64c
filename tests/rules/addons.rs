//! Rules about add-ons, security features, monitoring and the cluster autoscaler.

use serde_json::{Value, json};

use crate::cluster::user_assigned;
use crate::harness::Kind::Cluster;
use crate::harness::{Case, case, id};

pub fn cases() -> Vec<Case> {
    [addons(), security(), certificates(), monitoring(), autoscaler()]
        .into_iter()
        .flatten()
        .collect()
}

fn addons() -> Vec<Case> {
    let addon = |name: &str| json!({ "addonProfiles": { name: { "enabled": true } } });
    let gateway = |enabled: bool| {
        json!({
            "addonProfiles": { "ingressApplicationGateway": { "enabled": enabled } },
            "networkProfile": { "networkPlugin": "azure", "networkPluginMode": "overlay" },
        })
    };
    let settings = |addon: &str, name: &str, value: &str| json!({ "addonProfiles": { addon: { "enabled": true, "config": { name: value } } } });
    let config = |workspace: &str| settings("omsagent", "logAnalyticsWorkspaceResourceID", workspace);
    let workspace = "Microsoft.OperationalInsights/workspaces/logs";
    let spelling = "addonProfiles has a name that AKS does not know";
    vec![
        case(Cluster, spelling, addon("omsagent"), addon("monitoring")),
        case(Cluster, spelling, addon("azurepolicy"), addon("azurePolicy")),
        case(Cluster, spelling, addon("aciConnectorLinux"), addon("virtual-node")),
        case(
            Cluster,
            spelling,
            addon("azureKeyvaultSecretsProvider"),
            addon("azureKeyVaultSecretsProvider"),
        ),
        case(Cluster, spelling, addon("gitops"), addon("flux")),
        case(
            Cluster,
            "config has an id that is empty",
            settings("omsagent", "useAADAuth", ""),
            config(""),
        ),
        case(
            Cluster,
            "config has an id that is empty",
            settings("ingressApplicationGateway", "applicationGatewayName", ""),
            settings("ingressApplicationGateway", "applicationGatewayId", ""),
        ),
        case(
            Cluster,
            "config has a resource id in which a part is empty",
            config(&id(workspace)),
            config(&format!("/subscriptions//resourceGroups/shared/providers/{workspace}")),
        ),
        case(
            Cluster,
            "addonProfiles.ingressApplicationGateway reaches",
            gateway(false),
            gateway(true),
        ),
    ]
}

fn certificates() -> Vec<Case> {
    let trust = |certificate: &str| json!({ "securityProfile": { "customCATrustCertificates": [certificate] } });
    let proxy = |certificate: &str| json!({ "httpProxyConfig": { "httpProxy": "http://proxy:3128", "trustedCa": certificate } });
    let (encoded, plain) = ("LS0tLS1CRUdJTg==", "-----BEGIN CERTIFICATE-----");
    vec![
        case(
            Cluster,
            "securityProfile.customCATrustCertificates holds",
            trust(encoded),
            trust(plain),
        ),
        case(
            Cluster,
            "httpProxyConfig.trustedCa is plain",
            proxy(encoded),
            proxy(plain),
        ),
    ]
}

fn monitoring() -> Vec<Case> {
    let workspace = id("Microsoft.OperationalInsights/workspaces/logs");
    let insights = |fields: Value| json!({ "azureMonitorProfile": { "containerInsights": fields } });
    let network_logs = |suite: bool, enabled: bool| {
        let mut fields = insights(json!({
            "enabled": enabled, "logAnalyticsWorkspaceResourceId": workspace, "containerNetworkLogs": "Enabled",
        }));
        fields["networkProfile"] = json!({ "advancedNetworking": { "enabled": suite } });
        fields
    };
    vec![
        case(
            Cluster,
            "azureMonitorProfile.containerInsights needs a workspace",
            insights(json!({ "enabled": true, "logAnalyticsWorkspaceResourceId": workspace })),
            insights(json!({ "enabled": true })),
        ),
        case(
            Cluster,
            "azureMonitorProfile.containerInsights.containerNetworkLogs go",
            network_logs(true, true),
            network_logs(true, false),
        ),
        case(
            Cluster,
            "azureMonitorProfile.containerInsights.containerNetworkLogs needs",
            network_logs(true, true),
            network_logs(false, true),
        ),
    ]
}

fn security() -> Vec<Case> {
    let kms = |fields: Value, identity: Value| json!({ "identity": identity, "securityProfile": { "azureKeyVaultKms": fields } });
    let key = "https://vault.vault.azure.net/keys/etcd/1";
    let vault = id("Microsoft.KeyVault/vaults/vault");
    let workspace = id("Microsoft.OperationalInsights/workspaces/logs");
    vec![
        case(
            Cluster,
            "securityProfile.workloadIdentity needs",
            json!({
                "securityProfile": { "workloadIdentity": { "enabled": true } },
                "oidcIssuerProfile": { "enabled": true },
            }),
            json!({ "securityProfile": { "workloadIdentity": { "enabled": true } } }),
        ),
        case(
            Cluster,
            "securityProfile.azureKeyVaultKms needs identity",
            kms(json!({ "enabled": true, "keyId": key }), user_assigned()),
            kms(
                json!({ "enabled": true, "keyId": key }),
                json!({ "type": "SystemAssigned" }),
            ),
        ),
        case(
            Cluster,
            "securityProfile.azureKeyVaultKms needs a key",
            kms(json!({ "enabled": false }), user_assigned()),
            kms(json!({ "enabled": true }), user_assigned()),
        ),
        case(
            Cluster,
            "azureKeyVaultKms.keyId is the URL",
            kms(json!({ "enabled": true, "keyId": key }), user_assigned()),
            kms(json!({ "enabled": true, "keyId": "etcd" }), user_assigned()),
        ),
        case(
            Cluster,
            "azureKeyVaultKms.keyVaultResourceId is the resource id",
            kms(
                json!({ "keyVaultNetworkAccess": "Private", "keyVaultResourceId": vault }),
                user_assigned(),
            ),
            kms(
                json!({ "keyVaultNetworkAccess": "Private", "keyVaultResourceId": "vault" }),
                user_assigned(),
            ),
        ),
        case(
            Cluster,
            "azureKeyVaultKms.keyVaultResourceId goes",
            kms(
                json!({ "keyVaultNetworkAccess": "Private", "keyVaultResourceId": vault }),
                user_assigned(),
            ),
            kms(json!({ "keyVaultNetworkAccess": "Private" }), user_assigned()),
        ),
        case(
            Cluster,
            "azureKeyVaultKms.keyVaultResourceId goes",
            kms(json!({ "keyVaultResourceId": "" }), user_assigned()),
            kms(json!({ "keyVaultResourceId": vault }), user_assigned()),
        ),
        case(
            Cluster,
            "securityProfile.imageCleaner.intervalHours is",
            json!({ "securityProfile": { "imageCleaner": { "enabled": true, "intervalHours": 48 } } }),
            json!({ "securityProfile": { "imageCleaner": { "enabled": false, "intervalHours": 48 } } }),
        ),
        case(
            Cluster,
            "securityProfile.defender needs",
            json!({ "securityProfile": { "defender": {
                "securityMonitoring": { "enabled": true }, "logAnalyticsWorkspaceResourceId": workspace,
            } } }),
            json!({ "securityProfile": { "defender": { "securityMonitoring": { "enabled": true } } } }),
        ),
    ]
}

fn autoscaler() -> Vec<Case> {
    let profile = |name: &str, value: &str| json!({ "autoScalerProfile": { name: value } });
    let setting =
        |says: &str, name: &str, good: &str, bad: &str| case(Cluster, says, profile(name, good), profile(name, bad));
    vec![
        setting(
            "this has to be a whole number and s, m or h",
            "scan-interval",
            "20s",
            "20",
        ),
        setting(
            "this has to be a whole number in quotes",
            "max-empty-bulk-delete",
            "10",
            "ten",
        ),
        setting(
            "this has to be \"true\" or \"false\"",
            "skip-nodes-with-system-pods",
            "false",
            "no",
        ),
        setting(
            "max-total-unready-percentage is",
            "max-total-unready-percentage",
            "100",
            "101",
        ),
        setting(
            "scale-down-utilization-threshold is",
            "scale-down-utilization-threshold",
            "0.5",
            "1.5",
        ),
    ]
}
