//! What may change after creation, and what may not.

use kube::api::{DynamicObject, Patch, PatchParams, PostParams};
use kube::{Api, ResourceExt};
use serde_json::{Value, json};

use crate::children_beyond::{FLEET, member, subscription};
use crate::cluster::user_assigned;
use crate::harness::Kind::{self, Cluster, Pool};
use crate::harness::{GUID, SUBSCRIPTION, fault_of_refusal, id, management_cluster};

/// A change of an object: fields before, fields after that are accepted, fields after that are refused.
pub struct Change {
    kind: Kind,
    /// How the rule's message starts.
    pub says: String,
    /// The path that Azure has confirmed, for rules that wait for it.
    applied: Option<&'static str>,
    before: Value,
    accepted: Value,
    refused: Vec<Value>,
}

/// A field that no object may change, from the start.
fn fixed(kind: Kind, says: &str, before: Value, accepted: Value, refused: Value) -> Change {
    Change {
        kind,
        says: says.to_owned(),
        applied: None,
        before,
        accepted,
        refused: vec![refused],
    }
}

/// A value that is locked once Azure has confirmed it: it can neither change nor leave. The message goes on with `verb`.
fn locked(path: &'static str, verb: &str, before: Value, refused: Value) -> Change {
    let accepted = with(&before, json!({ "driftPolicy": "Report" }));
    one_way(path, verb, before, accepted, refused)
}

/// A value that is locked once Azure has confirmed it, but for the one change that is accepted.
fn one_way(path: &'static str, verb: &str, before: Value, accepted: Value, refused: Value) -> Change {
    Change {
        kind: Cluster,
        says: format!("{path} {verb}"),
        applied: Some(path),
        before,
        accepted,
        refused: vec![json!({}), refused],
    }
}

fn with(fields: &Value, more: Value) -> Value {
    let mut all = fields.clone();
    all.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    all
}

pub fn all() -> Vec<Change> {
    [from_the_start(), after_azure_confirmed(), ways()]
        .into_iter()
        .flatten()
        .collect()
}

fn from_the_start() -> Vec<Change> {
    vec![
        fixed(
            Cluster,
            "subscriptionId is fixed",
            json!({}),
            json!({}),
            json!({ "subscriptionId": GUID }),
        ),
        fixed(
            Cluster,
            "resourceGroup is fixed",
            json!({}),
            json!({}),
            json!({ "resourceGroup": "other" }),
        ),
        fixed(
            Cluster,
            "location is fixed",
            json!({}),
            json!({}),
            json!({ "location": "eastus" }),
        ),
        fixed(
            Cluster,
            "spec.azureName is fixed: AKS cannot rename a cluster",
            json!({ "azureName": "a" }),
            json!({ "azureName": "a" }),
            json!({}),
        ),
        // The name of the object is the default, so writing it down changes nothing.
        fixed(
            Pool,
            "spec.azureName is fixed: AKS cannot rename a pool",
            json!({}),
            json!({ "azureName": "change" }),
            json!({ "azureName": "other" }),
        ),
        fixed(
            Pool,
            "clusterRef.name is fixed",
            json!({}),
            json!({}),
            json!({ "clusterRef": { "name": "other" } }),
        ),
        fixed(
            Cluster,
            "identityId of an identity binding is fixed",
            binding("app", "a"),
            binding("other", "b"),
            binding("app", "b"),
        ),
        fixed(
            Cluster,
            "extensionType of an extension is fixed",
            extension("flux", "microsoft.flux"),
            extension("flux", "Microsoft.Flux"),
            extension("flux", "microsoft.dapr"),
        ),
        fixed(
            Cluster,
            "pool of a snapshot is fixed",
            json!({ "snapshots": { "golden": { "pool": "a" } } }),
            json!({ "snapshots": { "other": { "pool": "b" } } }),
            json!({ "snapshots": { "golden": { "pool": "b" } } }),
        ),
        fixed(
            Cluster,
            "fleetId of a membership is fixed",
            member("shop", FLEET),
            member("shop", &FLEET.to_lowercase()),
            member("shop", "Microsoft.ContainerService/fleets/other"),
        ),
        fixed(
            Cluster,
            "eventDeliverySchema of an event subscription is fixed",
            subscription("platform", json!({})),
            subscription("platform", json!({ "eventDeliverySchema": "EventGridSchema" })),
            subscription("platform", json!({ "eventDeliverySchema": "CloudEventSchemaV1_0" })),
        ),
    ]
}

fn extension(name: &str, type_: &str) -> Value {
    json!({ "extensions": { name: { "extensionType": type_ } } })
}

fn binding(name: &str, identity: &str) -> Value {
    let identity = id(&format!("Microsoft.ManagedIdentity/userAssignedIdentities/{identity}"));
    json!({ "identityBindings": { name: { "identityId": identity } } })
}

fn after_azure_confirmed() -> Vec<Change> {
    let network = |fields: Value| json!({ "networkProfile": fields });
    let admin = |name: &str| json!({ "linuxProfile": { "adminUsername": name, "ssh": { "publicKeys": [{ "keyData": "ssh-ed25519 AAAA" }] } } });
    let keys =
        |name: &str| json!({ "diskEncryptionSetID": id(&format!("Microsoft.Compute/diskEncryptionSets/{name}")) });
    let zone = id("Microsoft.Network/privateDnsZones/privatelink.westeurope.azmk8s.io");
    let subdomain = |name: &str| {
        json!({
            "fqdnSubdomain": name,
            "identity": user_assigned(),
            "apiServerAccessProfile": { "enablePrivateCluster": true, "privateDNSZone": zone },
        })
    };
    let edge = |name: &str| json!({ "extendedLocation": { "name": name, "type": "EdgeZone" } });
    let windows = |name: &str| json!({ "windowsProfile": { "adminUsername": name } });
    let hosted =
        |enabled: bool| json!({ "sku": { "name": "Automatic" }, "hostedSystemProfile": { "enabled": enabled } });
    let subnets = |system: &str, nodes: &str| {
        let id = |name: &str| id(&format!("Microsoft.Network/virtualNetworks/hub/subnets/{name}"));
        json!({
            "sku": { "name": "Automatic" },
            "hostedSystemProfile": { "enabled": true, "systemNodeSubnetID": id(system), "nodeSubnetID": id(nodes) },
            "apiServerAccessProfile": { "enableVnetIntegration": true, "subnetId": id("api") },
        })
    };
    vec![
        locked(
            "dnsPrefix",
            "is part",
            json!({ "dnsPrefix": "a" }),
            json!({ "dnsPrefix": "b" }),
        ),
        locked("fqdnSubdomain", "is part", subdomain("a"), subdomain("b")),
        locked(
            "nodeResourceGroup",
            "is fixed",
            json!({ "nodeResourceGroup": "a" }),
            json!({ "nodeResourceGroup": "b" }),
        ),
        locked(
            "enableRBAC",
            "is fixed",
            json!({ "enableRBAC": true }),
            json!({ "enableRBAC": false }),
        ),
        locked("diskEncryptionSetID", "is fixed", keys("a"), keys("b")),
        locked("extendedLocation.name", "is fixed", edge("a"), edge("b")),
        locked(
            "windowsProfile.adminUsername",
            "is fixed",
            windows("alice"),
            windows("bob"),
        ),
        locked("hostedSystemProfile.enabled", "is fixed", hosted(true), hosted(false)),
        locked(
            "hostedSystemProfile.systemNodeSubnetID",
            "is fixed",
            subnets("a", "n"),
            subnets("b", "n"),
        ),
        locked(
            "hostedSystemProfile.nodeSubnetID",
            "is fixed",
            subnets("s", "a"),
            subnets("s", "b"),
        ),
        locked("linuxProfile.adminUsername", "is fixed", admin("a"), admin("b")),
        locked(
            "networkProfile.networkMode",
            "is fixed",
            network(json!({ "networkMode": "transparent" })),
            network(json!({ "networkMode": "bridge" })),
        ),
        locked(
            "networkProfile.serviceCidr",
            "is fixed",
            network(json!({ "serviceCidr": "10.0.0.0/16", "dnsServiceIP": "10.0.0.10" })),
            network(json!({ "serviceCidr": "10.0.0.0/17", "dnsServiceIP": "10.0.0.10" })),
        ),
        locked(
            "networkProfile.serviceCidrs",
            "are fixed",
            network(json!({ "serviceCidrs": ["10.0.0.0/16"] })),
            network(json!({ "serviceCidrs": ["10.1.0.0/16"] })),
        ),
        locked(
            "networkProfile.dnsServiceIP",
            "is fixed",
            network(json!({ "serviceCidr": "10.0.0.0/16", "dnsServiceIP": "10.0.0.10" })),
            network(json!({ "serviceCidr": "10.0.0.0/16", "dnsServiceIP": "10.0.0.11" })),
        ),
        locked(
            "oidcIssuerProfile.enabled",
            "cannot",
            json!({ "oidcIssuerProfile": { "enabled": true } }),
            json!({ "oidcIssuerProfile": { "enabled": false } }),
        ),
        Change {
            says: "aadProfile cannot be taken away".to_owned(),
            ..locked(
                "aadProfile.managed",
                "cannot",
                json!({ "aadProfile": { "managed": true } }),
                json!({ "aadProfile": { "managed": false } }),
            )
        },
        locked(
            "apiServerAccessProfile.enableVnetIntegration",
            "cannot",
            json!({ "apiServerAccessProfile": { "enableVnetIntegration": true } }),
            json!({ "apiServerAccessProfile": { "enableVnetIntegration": false } }),
        ),
    ]
}

fn ways() -> Vec<Change> {
    let sku = |name: &str| json!({ "sku": { "name": name } });
    let network = |fields: Value| json!({ "networkProfile": fields });
    let access = |fields: Value| json!({ "apiServerAccessProfile": fields });
    let nat = |sku: &str| json!({ "networkProfile": { "natGatewayProfile": { "sku": sku } } });
    let legacy = |client: &str, server: &str| json!({ "aadProfile": { "clientAppID": client, "serverAppID": server } });
    let accounts = |server: &str, domain: &str| {
        let profile = json!({ "enabled": true, "dnsServer": server, "rootDomainName": domain });
        json!({ "windowsProfile": { "adminUsername": "alice", "gmsaProfile": profile } })
    };
    vec![
        Change {
            says: "identity cannot give way".to_owned(),
            refused: vec![json!({ "servicePrincipalProfile": { "clientId": GUID } })],
            ..one_way(
                "identity.type",
                "",
                json!({ "identity": { "type": "SystemAssigned" } }),
                json!({ "identity": user_assigned() }),
                json!({}),
            )
        },
        one_way(
            "aadProfile.clientAppID",
            "of the legacy",
            legacy(GUID, GUID),
            json!({ "aadProfile": { "managed": true } }),
            legacy(SUBSCRIPTION, GUID),
        ),
        one_way(
            "aadProfile.serverAppID",
            "of the legacy",
            legacy(GUID, GUID),
            json!({ "aadProfile": { "managed": true } }),
            legacy(GUID, SUBSCRIPTION),
        ),
        one_way(
            "windowsProfile.gmsaProfile.dnsServer",
            "cannot",
            accounts("10.0.0.4", "corp"),
            accounts("10.0.0.5", "corp"),
            accounts("", ""),
        ),
        one_way(
            "windowsProfile.gmsaProfile.rootDomainName",
            "cannot",
            accounts("10.0.0.4", "corp"),
            accounts("10.0.0.4", "other"),
            accounts("", ""),
        ),
        one_way(
            "networkProfile.networkDataplane",
            "cannot",
            network(json!({ "networkPlugin": "azure", "networkDataplane": "cilium" })),
            network(json!({ "networkPlugin": "azure", "networkDataplane": "cilium", "networkPolicy": "cilium" })),
            network(json!({ "networkPlugin": "azure", "networkDataplane": "azure" })),
        ),
        one_way(
            "networkProfile.networkPolicy",
            "cannot",
            network(json!({ "networkPlugin": "azure", "networkPolicy": "azure" })),
            network(json!({ "networkPlugin": "azure", "networkPolicy": "none" })),
            network(json!({ "networkPlugin": "azure", "networkPolicy": "calico" })),
        ),
        locked("sku.name", "cannot", sku("Base"), sku("Automatic")),
        one_way(
            "apiServerAccessProfile.enablePrivateCluster",
            "is fixed",
            access(json!({ "enablePrivateCluster": true })),
            access(json!({ "enablePrivateCluster": false, "enableVnetIntegration": true })),
            access(json!({ "enablePrivateCluster": false })),
        ),
        one_way(
            "apiServerAccessProfile.privateDNSZone",
            "can only",
            access(json!({ "enablePrivateCluster": true, "privateDNSZone": "system" })),
            access(json!({ "enablePrivateCluster": true, "privateDNSZone": "none" })),
            access(json!({ "enablePrivateCluster": true })),
        ),
        one_way(
            "networkProfile.networkPlugin",
            "can only",
            network(json!({ "networkPlugin": "kubenet" })),
            network(json!({ "networkPlugin": "azure", "networkPluginMode": "overlay" })),
            network(json!({ "networkPlugin": "azure" })),
        ),
        locked(
            "networkProfile.loadBalancerSku",
            "cannot",
            network(json!({ "loadBalancerSku": "standard" })),
            network(json!({ "loadBalancerSku": "basic" })),
        ),
        locked(
            "networkProfile.natGatewayProfile.sku",
            "cannot",
            nat("StandardV2"),
            nat("Standard"),
        ),
    ]
}

/// What Azure confirmed, and what it did not: the manifest was edited since, Azure had another value, the path had left.
const CONFIRMED: &str = "0123456789ab";
const UNCONFIRMED: &[&str] = &["~0123456789ab", "?0123456789ab", "-"];

/// Makes the object and, if asked to, the record of what is known about a path.
async fn make(
    api: &Api<DynamicObject>,
    kind: Kind,
    name: &str,
    before: &Value,
    record: Option<(&str, &str)>,
) -> DynamicObject {
    let made = api
        .create(&PostParams::default(), &kind.object(name, before))
        .await
        .unwrap();
    let Some((path, known)) = record else { return made };
    let status = json!({ "status": { "resourceId": "/subscriptions/x", "applied": { path: known } } });
    api.patch_status(name, &PatchParams::default(), &Patch::Merge(status))
        .await
        .unwrap()
}

/// Tries to give the object these fields, without storing them.
async fn try_change(
    api: &Api<DynamicObject>,
    kind: Kind,
    object: &DynamicObject,
    fields: &Value,
) -> Result<(), kube::Error> {
    let mut changed = kind.object(&object.name_any(), fields);
    changed.metadata = object.metadata.clone();
    let dry_run = PostParams {
        dry_run: true,
        ..PostParams::default()
    };
    api.replace(&object.name_any(), &dry_run, &changed).await.map(drop)
}

#[tokio::test]
async fn what_azure_fixes_cannot_change_once_azure_has_confirmed_it() {
    let cluster = management_cluster().await;
    let client = cluster.client().await.unwrap();
    let mut faults = Vec::new();
    for Change {
        kind,
        says,
        applied,
        before,
        accepted,
        refused,
    } in all()
    {
        let api = kind.api(client.clone(), &cluster.namespace("changes").await.unwrap());
        let object = make(&api, kind, "change", &before, applied.map(|path| (path, CONFIRMED))).await;
        if let Err(error) = try_change(&api, kind, &object, &accepted).await {
            faults.push(format!("{says}: {accepted} is refused: {error}"));
        }
        for refused in refused {
            let answer = try_change(&api, kind, &object, &refused).await;
            faults.extend(fault_of_refusal(&says, &refused, answer));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[tokio::test]
async fn what_azure_has_not_confirmed_can_still_be_corrected() {
    let cluster = management_cluster().await;
    let client = cluster.client().await.unwrap();
    for change in after_azure_confirmed().into_iter().chain(ways()) {
        let api = change
            .kind
            .api(client.clone(), &cluster.namespace("changes").await.unwrap());
        let Some(path) = change.applied else { continue };
        let unconfirmed = UNCONFIRMED.iter().map(|known| (path, *known));
        for (index, record) in unconfirmed.chain([("location", CONFIRMED)]).enumerate() {
            let name = format!("change-{index}");
            let object = make(&api, change.kind, &name, &change.before, Some(record)).await;
            for fields in &change.refused {
                let answer = try_change(&api, change.kind, &object, fields).await;
                assert!(answer.is_ok(), "{} with {record:?}: {fields}: {answer:?}", change.says);
            }
        }
    }
}
