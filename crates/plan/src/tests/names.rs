//! Names of manifests and of answers on their way into resource ids: each stays one segment, or there is no child.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::children::{Draft, Hindrance, Intent, KINDS, Kind, Read, Reads, View, What};
use crate::live::LiveCluster;
use crate::segment::HOSTILE;
use armature_api::AksClusterSpec;

const GUID: &str = "11111111-1111-4111-8111-111111111111";
const GROUP: &str = "/subscriptions/11111111-1111-4111-8111-111111111111/resourceGroups/rg";
const CLUSTER: &str = "/subscriptions/11111111-1111-4111-8111-111111111111/resourceGroups/rg/providers/Microsoft.ContainerService/managedClusters/shop";
const ANY_TYPE: &str = "Microsoft.Chaos/targets";

fn at(type_and_name: &str) -> String {
    format!("{GROUP}/providers/{type_and_name}")
}

/// A manifest with an entry of each kind, all called `name`, as are the other names that go into ids.
fn spec(name: &str) -> AksClusterSpec {
    let weekly = json!({ "weekly": { "intervalWeeks": 1, "dayOfWeek": "Monday" } });
    let spec = json!({
        "subscriptionId": GUID,
        "resourceGroup": "rg",
        "location": "westeurope",
        "maintenanceConfigurations": { name: { "maintenanceWindow": {
            "schedule": weekly, "durationHours": 4, "startTime": "02:00",
        } } },
        "roleAssignments": {
            name: { "principal": format!("extensions/{name}"), "role": "Reader", "scope": format!("namespace/{name}") },
        },
        "attachRegistries": { name: { "registryId": at("Microsoft.ContainerRegistry/registries/images") } },
        "federatedCredentials": { name: {
            "identityId": at("Microsoft.ManagedIdentity/userAssignedIdentities/shop"),
            "namespace": "shop", "serviceAccount": "shop", "name": name,
        } },
        "extensions": { name: { "extensionType": "microsoft.dapr" } },
        "fluxConfigurations": { name: { "kustomizations": {} } },
        "trustedAccess": { name: { "sourceResourceId": VAULT, "roles": [] } },
        "managedNamespaces": { name: {} },
        "identityBindings": { name: { "identityId": at("Microsoft.ManagedIdentity/userAssignedIdentities/shop") } },
        "privateEndpointConnections": { name: {
            "privateEndpointId": at("Microsoft.Network/privateEndpoints/*"), "status": "Approved",
        } },
        "snapshots": { name: { "pool": name, "resourceGroup": name } },
        "diagnosticSettings": { name: {} },
        "dataCollection": { "containerInsights": {
            "workspaceId": at("Microsoft.OperationalInsights/workspaces/logs"),
        } },
        "azureMonitorProfile": { "containerInsights": { "enabled": true } },
        "backup": { name: {
            "vaultId": VAULT, "policyId": format!("{VAULT}/backupPolicies/daily"), "snapshotResourceGroup": "rg",
        } },
        "eventSubscriptions": { name: { "destination": { "webHook": { "endpointUrl": "https://hook.example" } } } },
        "fleetMemberships": { name: { "fleetId": at("Microsoft.ContainerService/fleets/prod") } },
        "children": { name: { "type": ANY_TYPE, "apiVersion": "2025-01-01", "body": {} } },
        "locks": { name: { "level": "CanNotDelete" } },
    });
    serde_json::from_value(spec).unwrap()
}

const VAULT: &str = "/subscriptions/11111111-1111-4111-8111-111111111111/resourceGroups/rg/providers/Microsoft.DataProtection/backupVaults/vault";

fn live() -> LiveCluster {
    LiveCluster::new(json!({
        "location": "westeurope",
        "properties": {
            "nodeResourceGroup": "MC_rg_shop_westeurope",
            "oidcIssuerProfile": { "issuerURL": "https://issuer.example/" },
            "identityProfile": { "kubeletidentity": { "objectId": GUID } },
            "azureMonitorProfile": { "containerInsights": { "enabled": true } },
        },
    }))
}

/// What Azure says to a read; a connection has the name that is tried.
fn answer(read: &Read, name: &str) -> Value {
    let is = |end: &str| read.id.ends_with(end);
    match &read.what {
        What::Resource => json!({ "location": "westeurope", "identity": { "principalId": GUID }, "properties": {} }),
        What::List { .. } if is("/privateEndpointConnections") => json!([{ "name": name, "properties": {
            "privateEndpoint": { "id": at("Microsoft.Network/privateEndpoints/hub") },
            "privateLinkServiceConnectionState": { "status": "Pending" },
        } }]),
        What::List { .. } if is("/trustedAccessRoleBindings") => {
            json!([{ "properties": { "sourceResourceId": VAULT } }])
        }
        What::List { .. } if is("/extensions") => {
            json!([{ "properties": { "extensionType": "Microsoft.DataProtection.Kubernetes" } }])
        }
        What::List { .. } => json!([]),
    }
}

/// What each kind makes of a manifest in which everything is called `name`, with all read that it asks for; and the ids
/// that it asked for.
fn drafts(name: &str) -> (BTreeMap<&'static str, Vec<Draft>>, Vec<String>) {
    let (spec, live, mut reads) = (spec(name), live(), Reads::default());
    let mut asked = Vec::new();
    loop {
        let types = [ANY_TYPE.to_owned()];
        let view = View {
            spec: &spec,
            cluster: CLUSTER,
            live: Some(&live),
            reads: &reads,
            allowed_types: &types,
            intent: Intent::default(),
        };
        let of = |kind: &&'static Kind| (kind.field, (kind.drafts)(&view));
        let drafts: BTreeMap<_, _> = KINDS.iter().map(of).collect();
        let open = drafts.values().flatten().find_map(|draft| match &draft.child {
            Err(Hindrance::Look(read) | Hindrance::Ask(read)) => Some(read.clone()),
            _ => None,
        });
        let Some(read) = open else { return (drafts, asked) };
        asked.push(read.id.clone());
        reads.keep(&read, Some(answer(&read, name)));
    }
}

fn ids(drafts: &[Draft]) -> Vec<String> {
    let ids = drafts
        .iter()
        .filter_map(|draft| Some(draft.child.as_ref().ok()?.id.clone()));
    ids.collect()
}

#[test]
fn no_name_makes_more_of_an_id_than_one_segment() {
    let (plain, plain_reads) = drafts("a");
    for (field, drafts) in &plain {
        let made = drafts.iter().all(|draft| draft.child.is_ok());
        assert!(made && !drafts.is_empty(), "{field}: {drafts:?}");
    }
    let shape = |id: &String| id.split('/').count();
    for name in HOSTILE {
        let (tried, reads) = drafts(name);
        for (field, drafts) in &tried {
            let mut shapes = plain[field].iter().filter_map(|draft| draft.child.as_ref().ok());
            for id in ids(drafts) {
                assert!(
                    shapes.any(|child| shape(&child.id) == shape(&id)),
                    "{field} {name:?}: {id}"
                );
                let odd = id.split('/').skip(1).any(|segment| matches!(segment, "" | "." | ".."));
                assert!(
                    !odd && !id.contains(['?', '#', '%', '\\', ' ', '\n', '\u{7f}']),
                    "{field} {name:?}: {id}"
                );
            }
            let refused = drafts.iter().filter(|draft| draft.child.is_err());
            for draft in refused {
                assert!(
                    matches!(draft.child, Err(Hindrance::Invalid { .. })),
                    "{field} {name:?}: {draft:?}"
                );
            }
        }
        let shapes: Vec<usize> = plain_reads.iter().map(shape).collect();
        assert!(
            reads.iter().all(|id| shapes.contains(&shape(id))),
            "{name:?}: {reads:?}"
        );
    }
}
