//! Memberships in fleets (azure-mgmt-containerservicefleet 4.0.0; Learn: kubernetes-fleet concepts-fleet).

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{Child, Condition, Draft, Hindrance, Kind, Leaves, Needs, Rule, View, place, provisioning};
use crate::live::LiveCluster;
use armature_api::FleetMembership;

pub(super) static KIND: Kind = Kind {
    field: "fleetMemberships",
    // The fleet keeps a member whose cluster is gone.
    leaves: Leaves::BeforeCluster,
    compare: &[("properties.labels", Rule::Whole)],
    drafts,
    condition,
    actions: &[
        "Microsoft.ContainerService/fleets/read",
        "Microsoft.ContainerService/fleets/members/read",
        "Microsoft.ContainerService/fleets/members/write",
        "Microsoft.ContainerService/fleets/members/delete",
        "Microsoft.ContainerService/fleetMemberships/read",
        "Microsoft.ContainerService/fleetMemberships/write",
        "Microsoft.ContainerService/fleetMemberships/delete",
        "Microsoft.ContainerService/managedClusters/read",
        "Microsoft.ContainerService/managedClusters/write",
        "Microsoft.ContainerService/managedClusters/listClusterUserCredential/action",
    ],
    ..Kind::PLAIN
};

const API_VERSION: &str = "2026-06-01";

fn drafts(view: &View<'_>) -> Vec<Draft> {
    let memberships = view.spec.fleet_memberships.iter().flatten();
    memberships
        .map(|(name, membership)| Draft::new(name, Needs::IdleCluster, child(view, name, membership)))
        .collect()
}

/// A group that is not named is null, so that one that somebody added is a difference.
fn child(view: &View<'_>, name: &str, membership: &FleetMembership) -> Result<Child, Hindrance> {
    let FleetMembership {
        fleet_id,
        group,
        labels,
    } = membership;
    let mut entry = serde_json::to_value(membership)?;
    // A cluster that got another identity has to join again.
    entry["clusterIdentity"] = json!(view.live.map(principals));
    Ok(Child {
        id: place::at(fleet_id, "members", name)?,
        api_version: API_VERSION.into(),
        body: json!({ "properties": {
            "clusterResourceId": view.cluster,
            "group": group,
            "labels": labels.clone().unwrap_or_default(),
        } }),
        entry,
        secrets: Vec::new(),
    })
}

/// The object ids of the cluster's own identities.
fn principals(live: &LiveCluster) -> BTreeSet<&str> {
    let identity = &live.body["identity"];
    let named = identity["userAssignedIdentities"].as_object();
    let all = std::iter::once(identity).chain(named.into_iter().flat_map(|named| named.values()));
    all.filter_map(|identity| identity["principalId"].as_str()).collect()
}

/// Why a cluster could not join stands in the status of the member.
fn condition(body: &Value) -> Condition {
    let Condition::Broken { code, message } = provisioning(body) else {
        return provisioning(body);
    };
    let error = body.pointer("/properties/status/lastOperationError");
    let told = |name: &str| error?.get(name)?.as_str().filter(|text| !text.is_empty());
    Condition::Broken {
        code: told("code").map_or(code, str::to_owned),
        message: told("message").map_or(message, str::to_owned),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::children::{Intent, Reads, decide::Applied, differences};
    use armature_api::AksClusterSpec;

    const FLEET: &str = "/subscriptions/s/resourceGroups/hub/providers/Microsoft.ContainerService/fleets/all";

    fn made(entry: Value, cluster: Value) -> Child {
        let spec = AksClusterSpec {
            fleet_memberships: Some([("shop".to_owned(), serde_json::from_value(entry).unwrap())].into()),
            ..AksClusterSpec::default()
        };
        let live = LiveCluster::new(cluster);
        let view = View {
            spec: &spec,
            cluster: "/subscriptions/s/clusters/shop",
            live: Some(&live),
            reads: &Reads::default(),
            intent: Intent::default(),
            allowed_types: &[],
        };
        drafts(&view).remove(0).child.unwrap()
    }

    #[test]
    fn a_member_is_a_resource_of_its_fleet_that_names_the_cluster() {
        let child = made(json!({ "fleetId": FLEET, "group": "canary" }), json!({}));
        assert_eq!(child.id, format!("{FLEET}/members/shop"));
        assert_eq!(
            child.body["properties"],
            json!({ "clusterResourceId": "/subscriptions/s/clusters/shop", "group": "canary", "labels": {} })
        );
    }

    #[test]
    fn a_group_or_label_that_somebody_added_is_a_difference() {
        let child = made(json!({ "fleetId": FLEET }), json!({}));
        let live = |group: Value, labels: Value| {
            json!({ "properties": {
                "clusterResourceId": "/SUBSCRIPTIONS/s/clusters/shop", "group": group, "labels": labels,
            } })
        };
        let found = |live: Value| differences(&child.body, &live, KIND.compare);
        assert_eq!(found(live(Value::Null, json!({}))), [""; 0]);
        assert_eq!(
            found(live(json!("x"), json!({ "a": "b" }))),
            ["properties.group", "properties.labels.a"]
        );
    }

    #[test]
    fn a_cluster_with_another_identity_joins_again() {
        let of = |identity: Value| Applied::of(&made(json!({ "fleetId": FLEET }), json!({ "identity": identity })));
        let named = |principal: &str| json!({ "userAssignedIdentities": { "/x": { "principalId": principal } } });
        assert_eq!(
            of(json!({ "principalId": "a" })),
            of(json!({ "principalId": "a", "type": "x" }))
        );
        assert_ne!(of(json!({ "principalId": "a" })), of(json!({ "principalId": "b" })));
        assert_ne!(of(named("a")), of(named("b")));
    }

    #[test]
    fn why_a_cluster_could_not_join_is_told() {
        let error = json!({ "code": "Forbidden", "message": "not allowed" });
        let body =
            json!({ "properties": { "provisioningState": "Failed", "status": { "lastOperationError": error } } });
        let broken = Condition::Broken {
            code: "Forbidden".to_owned(),
            message: "not allowed".to_owned(),
        };
        assert_eq!(condition(&body), broken);
        assert_eq!(
            condition(&json!({ "properties": { "provisioningState": "Joining" } })),
            Condition::Busy("Joining".to_owned())
        );
    }
}
