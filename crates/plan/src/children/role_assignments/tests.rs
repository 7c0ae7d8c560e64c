use super::*;
use crate::children::{Intent, Read, Reads, What};
use crate::live::LiveCluster;
use armature_api::AksClusterSpec;

const SUBSCRIPTION: &str = "/subscriptions/s";
const CLUSTER: &str = "/subscriptions/s/resourceGroups/rg/providers/Microsoft.ContainerService/managedClusters/c";
const SUBNET: &str = "/subscriptions/n/resourceGroups/net/providers/Microsoft.Network/virtualNetworks/v/subnets/x";
const IDENTITY: &str =
    "/subscriptions/s/resourceGroups/rg/providers/Microsoft.ManagedIdentity/userAssignedIdentities/i";
const KUBELET: &str = "11111111-0000-4000-8000-000000000001";

fn live() -> LiveCluster {
    LiveCluster::new(json!({
        "identity": { "type": "SystemAssigned", "principalId": "22222222-0000-4000-8000-000000000002" },
        "properties": {
            "nodeResourceGroup": "MC_x",
            "identityProfile": { "kubeletidentity": { "objectId": KUBELET } },
            "addonProfiles": { "azureKeyVaultSecretsProvider": { "identity": { "objectId": "kv" } } },
            "ingressProfile": { "webAppRouting": { "identity": { "objectId": "dns" } } },
        },
    }))
}

/// The one draft of a cluster with this assignment.
fn draft(assignment: Value, identity: Option<&str>, live: Option<&LiveCluster>, reads: &Reads) -> Draft {
    let mut spec = json!({ "subscriptionId": "s", "resourceGroup": "rg", "location": "l" });
    spec["roleAssignments"] = json!({ "a": assignment });
    if let Some(identity) = identity {
        spec["identity"] = json!({ "type": "UserAssigned", "userAssignedIdentityId": identity });
    }
    let spec: AksClusterSpec = serde_json::from_value(spec).unwrap();
    let view = View {
        spec: &spec,
        cluster: CLUSTER,
        live,
        reads,
        allowed_types: &[],
        intent: Intent::default(),
    };
    drafts(&view).remove(0)
}

fn with(principal: &str, role: &str, scope: &str) -> Value {
    json!({ "principal": principal, "role": role, "scope": scope })
}

fn child_of(assignment: Value) -> Child {
    draft(assignment, None, Some(&live()), &Reads::default()).child.unwrap()
}

fn identity(principal: &str) -> Reads {
    let mut reads = Reads::default();
    let body = json!({ "properties": { "principalId": principal } });
    reads.keep(&Read::resource(IDENTITY, ""), Some(body));
    reads
}

#[test]
fn an_assignment_is_named_as_arm_templates_name_it() {
    let child = child_of(with("kubelet", "Reader", SUBNET));
    // guid('SCOPE', 'PRINCIPAL', 'ROLE') of ARM templates is UUIDv5 over the arguments joined by hyphens.
    let seed = format!("{SUBNET}-{KUBELET}-acdd72a7-3385-48ef-bd42-f606fba81ae7").to_lowercase();
    let name = Uuid::new_v5(&GUIDS, seed.as_bytes());
    assert_eq!(child.id, format!("{SUBNET}/{TYPE}/{name}"));
    let upper = child_of(with("kubelet", "reader", &SUBNET.replace("net", "NET")));
    assert_eq!(upper.id.to_lowercase(), child.id.to_lowercase());
    assert_ne!(child_of(with("cluster", "Reader", SUBNET)).id, child.id);
}

#[test]
fn the_body_names_role_and_principal_and_always_what_the_principal_is() {
    let properties = &child_of(with("kubelet", "AcrPull", SUBNET)).body["properties"];
    assert_eq!(
        properties["roleDefinitionId"],
        "/subscriptions/n/providers/Microsoft.Authorization/roleDefinitions/7f951dda-4ed3-4680-a7ca-43fe172d538d"
    );
    assert_eq!(properties["principalType"], "ServicePrincipal");
    assert_eq!(properties.get("condition"), None);
    let group = json!({ "principal": KUBELET, "principalType": "Group", "role": "Reader", "scope": "cluster", "condition": "x" });
    let properties = &child_of(group).body["properties"];
    assert_eq!(properties["principalType"], "Group");
    assert_eq!(properties["conditionVersion"], "2.0");
}

#[test]
fn every_word_for_a_principal_leads_to_its_object_id() {
    let principal = |word: &str| child_of(with(word, "Reader", "cluster")).body["properties"]["principalId"].clone();
    assert_eq!(principal("kubelet"), KUBELET);
    assert_eq!(principal("cluster"), "22222222-0000-4000-8000-000000000002");
    assert_eq!(principal("azureKeyvaultSecretsProvider"), "kv");
    assert_eq!(principal("webAppRouting"), "dns");
    assert_eq!(principal(&KUBELET.to_uppercase()), KUBELET);
}

#[test]
fn a_principal_that_nobody_has_is_told_with_the_way_out() {
    let mut reads = Reads::default();
    reads.keep(
        &Read::resource(
            format!("{CLUSTER}/providers/Microsoft.KubernetesConfiguration/extensions/dapr"),
            "2025-03-01",
        ),
        None,
    );
    for principal in ["azurePolice", "extensions/dapr"] {
        let missing = draft(with(principal, "Reader", "cluster"), None, Some(&live()), &reads);
        let Err(Hindrance::NotYet(what)) = missing.child else {
            panic!("{:?}", missing.child);
        };
        assert!(what.contains("correct principal"), "{what}");
    }
    let before_the_cluster = draft(with("azurepolicy", "Reader", "cluster"), None, None, &reads);
    let Err(Hindrance::NotYet(what)) = before_the_cluster.child else {
        panic!("{:?}", before_the_cluster.child);
    };
    assert!(!what.contains("correct"), "{what}");
}

#[test]
fn every_word_for_a_scope_leads_to_its_id() {
    let scope = |word: &str| {
        let id = child_of(with("kubelet", "Reader", word)).id;
        id.split_once("/providers/Microsoft.Authorization/")
            .unwrap()
            .0
            .to_owned()
    };
    assert_eq!(scope("cluster"), CLUSTER);
    assert_eq!(scope("namespace/shop"), format!("{CLUSTER}/namespaces/shop"));
    assert_eq!(scope("nodeResourceGroup"), "/subscriptions/s/resourceGroups/MC_x");
    assert_eq!(scope("/subscriptions/n"), "/subscriptions/n");
}

#[test]
fn only_what_a_clusters_given_identity_needs_elsewhere_is_granted_before_the_cluster() {
    let needs = |principal: &str, scope: &str, given: Option<&str>| {
        draft(with(principal, "Reader", scope), given, None, &identity("p")).needs
    };
    assert_eq!(needs("cluster", SUBNET, Some(IDENTITY)), Needs::Nothing);
    assert_eq!(needs("cluster", SUBNET, None), Needs::Cluster);
    assert_eq!(needs("kubelet", SUBNET, Some(IDENTITY)), Needs::Cluster);
    assert_eq!(needs("cluster", "cluster", Some(IDENTITY)), Needs::Cluster);
    assert_eq!(
        needs("cluster", &CLUSTER.to_uppercase(), Some(IDENTITY)),
        Needs::Cluster
    );
}

#[test]
fn an_identity_that_was_made_anew_gets_another_assignment() {
    let id = |principal: &str| {
        let reads = identity(principal);
        let draft = draft(with("cluster", "Reader", SUBNET), Some(IDENTITY), None, &reads);
        draft.child.unwrap().id
    };
    assert_ne!(id("old"), id("new"));
    let unread = draft(
        with("cluster", "Reader", SUBNET),
        Some(IDENTITY),
        None,
        &Reads::default(),
    );
    assert!(matches!(unread.child, Err(Hindrance::Look(_))));
}

#[test]
fn a_role_that_is_not_built_in_is_looked_up_by_its_name() {
    let assignment = with("kubelet", "Shop's Puller", "cluster");
    let asks = draft(assignment.clone(), None, Some(&live()), &Reads::default());
    let Err(Hindrance::Look(read)) = asks.child else {
        panic!("{asks:?}");
    };
    assert_eq!(
        read.id,
        format!("{SUBSCRIPTION}/providers/Microsoft.Authorization/roleDefinitions")
    );
    let filter = Some("roleName eq 'Shop''s Puller'".to_owned());
    assert_eq!(read.what, What::List { filter });
    let found = |definitions: Value| {
        let mut reads = Reads::default();
        reads.keep(&read, Some(definitions));
        draft(assignment.clone(), None, Some(&live()), &reads).child
    };
    let guid = "33333333-0000-4000-8000-000000000003";
    let child = found(json!([{ "name": guid }])).unwrap();
    let role = child.body["properties"]["roleDefinitionId"].as_str().unwrap();
    assert!(role.ends_with(guid));
    for ambiguous in [json!([]), json!([{ "name": guid }, { "name": KUBELET }])] {
        assert!(matches!(found(ambiguous), Err(Hindrance::Invalid { .. })));
    }
}

#[test]
fn the_same_assignment_under_another_name_stands_in() {
    let child = child_of(with("kubelet", "Reader", SUBNET));
    let message = "The role assignment already exists. The ID of the existing role assignment is \
                   0123456789abcdef0123456789abcdef.";
    assert_eq!(
        stand_in(&child, "RoleAssignmentExists", message),
        Some(format!("{SUBNET}/{TYPE}/01234567-89ab-cdef-0123-456789abcdef"))
    );
    assert_eq!(stand_in(&child, "AuthorizationFailed", message), None);
}
