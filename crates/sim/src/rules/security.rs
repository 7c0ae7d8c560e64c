//! Security features and what they need.

use serde_json::Value;

use super::identity::is_user_assigned;
use super::request::Request;
use super::words::{bad_request, invalid, require};
use super::{CLUSTER, Rule, documented, inferred};
use crate::defaults::json::{flag, integer, is, text};
use crate::refusal::Refusal;

pub(super) const RULES: &[Rule] = &[
    documented(
        "workload-identity-needs-issuer",
        CLUSTER,
        "SPEC workloadIdentity; Learn: workload-identity-deploy-cluster",
        workload_identity,
    ),
    documented("kms-key-required", CLUSTER, "SPEC azureKeyVaultKms.keyId", kms_key),
    inferred(
        "kms-needs-user-assigned",
        CLUSTER,
        "CAPZ; Learn: use-kms-etcd-encryption",
        kms_identity,
    ),
    documented(
        "kms-network-vault-pair",
        CLUSTER,
        "SPEC azureKeyVaultKms.keyVaultResourceId",
        kms_vault,
    ),
    documented(
        "image-cleaner-interval",
        CLUSTER,
        "Learn: image-cleaner, 24 hours to three months",
        image_cleaner,
    ),
    documented(
        "defender-needs-workspace",
        CLUSTER,
        "SPEC defender.logAnalyticsWorkspaceResourceId",
        defender,
    ),
    inferred(
        "container-insights-needs-workspace",
        CLUSTER,
        "Learn: monitor-aks; addonProfiles.omsagent",
        insights_workspace,
    ),
];

const KMS: &str = "/properties/securityProfile/azureKeyVaultKms";

fn workload_identity(request: &Request<'_>) -> Result<(), Refusal> {
    let on = flag(request.new, "/properties/securityProfile/workloadIdentity/enabled");
    require(
        !on || flag(request.new, "/properties/oidcIssuerProfile/enabled"),
        || {
            bad_request(
                "securityProfile.workloadIdentity",
                "Workload identity needs oidcIssuerProfile.enabled.",
            )
        },
    )
}

fn kms_is_on(cluster: &Value) -> bool {
    flag(cluster, &format!("{KMS}/enabled"))
}

fn kms_key(request: &Request<'_>) -> Result<(), Refusal> {
    let key = text(request.new, &format!("{KMS}/keyId"));
    require(
        !kms_is_on(request.new) || key.is_some_and(|key| key.starts_with("https://")),
        || {
            invalid(
                "securityProfile.azureKeyVaultKms.keyId",
                "KMS needs the key identifier of a key vault",
            )
        },
    )
}

fn kms_identity(request: &Request<'_>) -> Result<(), Refusal> {
    require(!kms_is_on(request.new) || is_user_assigned(request.new), || {
        invalid(
            "securityProfile.azureKeyVaultKms",
            "KMS needs a user-assigned control plane identity",
        )
    })
}

fn kms_vault(request: &Request<'_>) -> Result<(), Refusal> {
    let private = is(request.new, &format!("{KMS}/keyVaultNetworkAccess"), "Private");
    let vault = text(request.new, &format!("{KMS}/keyVaultResourceId")).is_some();
    require(!kms_is_on(request.new) || private == vault, || {
        invalid(
            "securityProfile.azureKeyVaultKms.keyVaultResourceId",
            "keyVaultResourceId is needed with keyVaultNetworkAccess Private and must be empty with Public",
        )
    })
}

fn image_cleaner(request: &Request<'_>) -> Result<(), Refusal> {
    let cleaner = "/properties/securityProfile/imageCleaner";
    let Some(hours) = integer(request.sent, &format!("{cleaner}/intervalHours")) else {
        return Ok(());
    };
    let on = flag(request.new, &format!("{cleaner}/enabled"));
    require(!on || (24..=2160).contains(&hours), || {
        invalid(
            "securityProfile.imageCleaner.intervalHours",
            format!("{hours} is not between 24 and 2160"),
        )
    })
}

fn defender(request: &Request<'_>) -> Result<(), Refusal> {
    let defender = "/properties/securityProfile/defender";
    let on = flag(request.new, &format!("{defender}/securityMonitoring/enabled"));
    let workspace = text(request.new, &format!("{defender}/logAnalyticsWorkspaceResourceId"));
    require(!on || workspace.is_some(), || {
        invalid(
            "securityProfile.defender.logAnalyticsWorkspaceResourceId",
            "Defender needs a Log Analytics workspace",
        )
    })
}

fn insights_workspace(request: &Request<'_>) -> Result<(), Refusal> {
    let Some(addons) = request
        .new
        .pointer("/properties/addonProfiles")
        .and_then(Value::as_object)
    else {
        return Ok(());
    };
    let agent = addons
        .iter()
        .find(|(key, _)| key.eq_ignore_ascii_case("omsagent"))
        .map(|(_, addon)| addon);
    let Some(agent) = agent.filter(|agent| flag(agent, "/enabled")) else {
        return Ok(());
    };
    let config = agent.get("config").and_then(Value::as_object);
    let workspace = config.is_some_and(|config| {
        config
            .keys()
            .any(|key| key.eq_ignore_ascii_case("logAnalyticsWorkspaceResourceID"))
    });
    require(workspace, || {
        invalid(
            "addonProfiles.omsagent.config.logAnalyticsWorkspaceResourceID",
            "the omsagent add-on needs a Log Analytics workspace",
        )
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::fixture::{Outcome, World, lay};
    use super::*;

    const IDENTITY: &str =
        "/subscriptions/s/resourceGroups/g/providers/Microsoft.ManagedIdentity/userAssignedIdentities/i";

    fn create(properties: Value) -> Outcome {
        World::create(json!({"properties": properties}))
    }

    fn create_user_assigned(properties: Value) -> Outcome {
        World::create(json!({"properties": properties,
            "identity": {"type": "UserAssigned", "userAssignedIdentities": {IDENTITY: {}}}}))
    }

    #[test]
    fn workload_identity() {
        let workload = |issuer: bool| {
            create(
                json!({"oidcIssuerProfile": {"enabled": issuer}, "securityProfile": {"workloadIdentity": {"enabled": true}}}),
            )
        };
        workload(true).accepted();
        workload(false).refused_by("workload-identity-needs-issuer");
    }

    #[test]
    fn kms() {
        let kms = |more: Value| {
            let mut kms = json!({"enabled": true, "keyId": "https://v.vault.azure.net/keys/k/1"});
            lay(&mut kms, &more);
            json!({"securityProfile": {"azureKeyVaultKms": kms}})
        };
        create_user_assigned(kms(json!({}))).accepted();
        create_user_assigned(kms(json!({"keyId": ""}))).refused_by("kms-key-required");
        create(kms(json!({}))).refused_by("kms-needs-user-assigned");
        create_user_assigned(kms(json!({"keyVaultNetworkAccess": "Private"}))).refused_by("kms-network-vault-pair");
        create_user_assigned(kms(json!({"keyVaultResourceId": "/v"}))).refused_by("kms-network-vault-pair");
    }

    #[test]
    fn image_cleaner() {
        let cleaner = |hours: u32| {
            create(json!({"securityProfile": {"imageCleaner": {"enabled": true, "intervalHours": hours}}}))
        };
        cleaner(24).accepted();
        cleaner(23).refused_by("image-cleaner-interval");
    }

    #[test]
    fn monitoring_needs_a_workspace() {
        create(json!({"securityProfile": {"defender": {"securityMonitoring": {"enabled": true}}}}))
            .refused_by("defender-needs-workspace");
        create(
            json!({"securityProfile": {"defender": {"logAnalyticsWorkspaceResourceId": "/w",
            "securityMonitoring": {"enabled": true}}}}),
        )
        .accepted();
        create(json!({"addonProfiles": {"omsAgent": {"enabled": true}}}))
            .refused_by("container-insights-needs-workspace");
        create(json!({"addonProfiles": {"omsAgent": {"enabled": false}}})).accepted();
    }
}
