//! Backup instances (azure-mgmt-dataprotection 2.2.0, 2026-06-01; Learn: azure-kubernetes-service-cluster-backup).

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{Child, Condition, Draft, Hindrance, Kind, Leaves, Needs, Rule, View, place, provisioning};
use crate::digest;
use armature_api::Backup;

pub(super) static KIND: Kind = Kind {
    field: "backup",
    // Its backups can be deleted only while the extension runs.
    leaves: Leaves::BeforeCluster,
    compare: &[
        ("properties.validationType", Rule::Ignored),
        ("properties.friendlyName", Rule::Ignored),
        ("properties.dataSourceInfo.*", Rule::AnyCase),
        ("properties.dataSourceSetInfo.*", Rule::AnyCase),
        (
            "properties.policyInfo.policyParameters.backupDatasourceParametersList.*.*",
            Rule::Set,
        ),
    ],
    drafts,
    condition,
    outputs,
    is_named_after: |cluster, name, id| place::name(id).eq_ignore_ascii_case(&instance(cluster, name)),
    actions: &[
        "Microsoft.ContainerService/managedClusters/read",
        "Microsoft.ContainerService/managedClusters/trustedAccessRoleBindings/read",
        "Microsoft.DataProtection/backupVaults/backupInstances/delete",
        "Microsoft.DataProtection/backupVaults/backupInstances/read",
        "Microsoft.DataProtection/backupVaults/backupInstances/write",
        "Microsoft.DataProtection/backupVaults/backupPolicies/read",
        "Microsoft.DataProtection/backupVaults/read",
        "Microsoft.DataProtection/locations/operationStatus/read",
        "Microsoft.KubernetesConfiguration/extensions/read",
    ],
    ..Kind::PLAIN
};

const API_VERSION: &str = "2026-06-01";
const CLUSTERS: &str = "Microsoft.ContainerService/managedClusters";
const EXTENSION: &str = "Microsoft.DataProtection.Kubernetes";

fn drafts(view: &View<'_>) -> Vec<Draft> {
    let backups = view.spec.backup.iter().flatten();
    backups
        .map(|(name, backup)| Draft::new(name, Needs::RunningCluster, child(view, name, backup)))
        .collect()
}

fn child(view: &View<'_>, name: &str, backup: &Backup) -> Result<Child, Hindrance> {
    let location = view.live_text("/location", "the cluster to exist")?;
    is_trusted(view, &backup.vault_id)?;
    has_extension(view)?;
    let entry = serde_json::to_value(backup)?;
    Ok(Child {
        id: place::at(&backup.vault_id, "backupInstances", &instance(view.cluster, name))?,
        api_version: API_VERSION.into(),
        body: body(view.cluster, &location, backup),
        entry,
        secrets: Vec::new(),
    })
}

/// A vault holds instances of many clusters, of other groups and subscriptions too: the end of the name proves of which one
/// it is. The names that Azure's own tools make are longer: twice that of the cluster, and a GUID.
pub(super) fn instance(cluster: &str, name: &str) -> String {
    let unique = digest::proof(&json!([cluster.to_ascii_lowercase(), name]));
    format!("{}-{name}-{unique}", place::name(cluster))
}

fn is_trusted(view: &View<'_>, vault: &str) -> Result<(), Hindrance> {
    let bindings = view.list(
        &format!("{}/trustedAccessRoleBindings", view.cluster),
        "2026-08-01",
        None,
    )?;
    let is_of_vault = |binding: &Value| {
        let source = binding.pointer("/properties/sourceResourceId").and_then(Value::as_str);
        source.is_some_and(|source| source.eq_ignore_ascii_case(vault))
    };
    if bindings.iter().any(is_of_vault) {
        return Ok(());
    }
    Err(Hindrance::NotYet(
        "a trusted access binding of the vault with the role Microsoft.DataProtection/backupVaults/backup-operator"
            .to_owned(),
    ))
}

fn has_extension(view: &View<'_>) -> Result<(), Hindrance> {
    let list = format!(
        "{}/providers/Microsoft.KubernetesConfiguration/extensions",
        view.cluster
    );
    let is_backup = |extension: &Value| {
        let kind = extension.pointer("/properties/extensionType").and_then(Value::as_str);
        kind.is_some_and(|kind| kind.eq_ignore_ascii_case(EXTENSION))
    };
    if view.list(&list, "2025-03-01", None)?.iter().any(is_backup) {
        return Ok(());
    }
    Err(Hindrance::NotYet(format!("the extension {EXTENSION} on the cluster")))
}

fn body(cluster: &str, location: &str, backup: &Backup) -> Value {
    let Backup {
        vault_id: _,
        policy_id,
        snapshot_resource_group,
        snapshot_volumes,
        include_cluster_scope_resources,
        included_namespaces,
        excluded_namespaces,
        included_resource_types,
        excluded_resource_types,
        label_selectors,
        included_volume_types,
        backup_hook_references,
    } = backup;
    let source = |object_type: &str| {
        json!({
            "objectType": object_type,
            "datasourceType": CLUSTERS,
            "resourceType": CLUSTERS,
            "resourceID": cluster,
            "resourceUri": cluster,
            "resourceName": place::name(cluster),
            "resourceLocation": location,
        })
    };
    let snapshots = format!(
        "{}/resourceGroups/{snapshot_resource_group}",
        place::subscription(cluster)
    );
    let mut parameters = json!({
        "objectType": "KubernetesClusterBackupDatasourceParameters",
        "snapshotVolumes": snapshot_volumes.unwrap_or(true),
        "includeClusterScopeResources": include_cluster_scope_resources.unwrap_or(true),
        "includedNamespaces": included_namespaces.as_deref().unwrap_or_default(),
        "excludedNamespaces": excluded_namespaces.as_deref().unwrap_or_default(),
        "includedResourceTypes": included_resource_types.as_deref().unwrap_or_default(),
        "excludedResourceTypes": excluded_resource_types.as_deref().unwrap_or_default(),
        "labelSelectors": label_selectors.as_deref().unwrap_or_default(),
        "backupHookReferences": backup_hook_references.as_deref().unwrap_or_default(),
    });
    if let Some(types) = included_volume_types {
        parameters["includedVolumeTypes"] = json!(types);
    }
    json!({ "properties": {
        "objectType": "BackupInstance",
        "friendlyName": place::name(cluster),
        "dataSourceInfo": source("Datasource"),
        "dataSourceSetInfo": source("DatasourceSet"),
        "policyInfo": {
            "policyId": policy_id,
            "policyParameters": {
                "dataStoreParametersList": [{
                    "objectType": "AzureOperationalStoreParameters",
                    "dataStoreType": "OperationalStore",
                    "resourceGroupId": snapshots,
                }],
                "backupDatasourceParametersList": [parameters],
            },
        },
        "validationType": "ShallowValidation",
    } })
}

/// What the vault says about the protection tells more than the state of the resource. A protection that somebody stopped
/// is left alone: only a resume would start it again.
fn condition(body: &Value) -> Condition {
    let state = protection(body).unwrap_or_default();
    match state {
        "ConfiguringProtection" | "UpdatingProtection" => Condition::Busy(state.to_owned()),
        "ConfiguringProtectionFailed" | "ProtectionError" => broken(body, state),
        _ => match provisioning(body) {
            Condition::Broken { code, .. } => broken(body, &code),
            condition => condition,
        },
    }
}

fn broken(body: &Value, state: &str) -> Condition {
    let told = |member: &str| {
        let told = body.pointer("/properties/protectionErrorDetails")?.get(member)?;
        told.as_str().map(str::to_owned)
    };
    Condition::Broken {
        code: told("code").unwrap_or_else(|| state.to_owned()),
        message: told("message").unwrap_or_else(|| format!("the protection is {state}")),
    }
}

fn protection(body: &Value) -> Option<&str> {
    body.pointer("/properties/currentProtectionState")?.as_str()
}

fn outputs(body: &Value) -> BTreeMap<String, String> {
    let state = protection(body).map(|state| ("currentProtectionState".to_owned(), state.to_owned()));
    state.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::children::differences;

    const CLUSTER: &str =
        "/subscriptions/s/resourceGroups/fleet/providers/Microsoft.ContainerService/managedClusters/shop";

    fn wanted() -> Value {
        let backup = Backup {
            snapshot_resource_group: "snapshots".to_owned(),
            policy_id: "/subscriptions/s/p".to_owned(),
            included_namespaces: Some(vec!["a".to_owned(), "b".to_owned()]),
            ..Backup::default()
        };
        body(CLUSTER, "westeurope", &backup)
    }

    #[test]
    fn what_azure_answers_to_an_instance_is_no_difference() {
        let mut live = wanted();
        live["properties"]["dataSourceInfo"]["resourceID"] = json!(CLUSTER.to_lowercase());
        live["properties"]["dataSourceInfo"]["datasourceType"] = json!("microsoft.containerservice/managedclusters");
        let parameters = "/properties/policyInfo/policyParameters/backupDatasourceParametersList/0";
        live.pointer_mut(parameters).unwrap()["includedNamespaces"] = json!(["b", "a"]);
        live["properties"]["currentProtectionState"] = json!("ProtectionConfigured");
        live["properties"].as_object_mut().unwrap().remove("validationType");
        assert_eq!(differences(&wanted(), &live, KIND.compare), [""; 0]);
        live.pointer_mut(parameters).unwrap()["snapshotVolumes"] = json!(false);
        assert_eq!(differences(&wanted(), &live, KIND.compare).len(), 1);
    }

    #[test]
    fn snapshots_stay_in_the_subscription_of_the_cluster() {
        let list = "/properties/policyInfo/policyParameters/dataStoreParametersList/0/resourceGroupId";
        assert_eq!(
            wanted().pointer(list),
            Some(&json!("/subscriptions/s/resourceGroups/snapshots"))
        );
    }

    #[test]
    fn clusters_of_one_name_have_instances_of_their_own_in_a_vault() {
        let one = instance(CLUSTER, "daily");
        assert!(one.starts_with("shop-daily-"), "{one}");
        assert_ne!(one, instance(&CLUSTER.replace("fleet", "other"), "daily"));
        assert_eq!(one, instance(&CLUSTER.to_uppercase().replace("SHOP", "shop"), "daily"));
    }

    #[test]
    fn the_vaults_own_words_say_why_a_cluster_is_not_protected() {
        let body = |state: &str| {
            json!({ "properties": {
                "provisioningState": "Failed",
                "currentProtectionState": state,
                "protectionErrorDetails": { "code": "UserErrorX", "message": "No right." },
            } })
        };
        let broken = Condition::Broken {
            code: "UserErrorX".to_owned(),
            message: "No right.".to_owned(),
        };
        assert_eq!(condition(&body("ConfiguringProtectionFailed")), broken);
        assert_eq!(condition(&body("NotProtected")), broken);
        assert_eq!(
            condition(&body("ConfiguringProtection")),
            Condition::Busy("ConfiguringProtection".to_owned())
        );
        let stopped = json!({ "properties": {
            "provisioningState": "Succeeded", "currentProtectionState": "ProtectionStopped",
        } });
        assert_eq!(condition(&stopped), Condition::Settled);
        assert_eq!(outputs(&stopped)["currentProtectionState"], "ProtectionStopped");
    }
}
