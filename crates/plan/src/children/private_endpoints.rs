//! Decisions about private endpoint connections (SPEC 2026-08-01 `PrivateEndpointConnection`; Learn: private-clusters).
//!
//! The owner of the endpoint makes and deletes the connection. What is written is the decision alone.

use std::time::Duration;

use serde_json::{Value, json};

use super::{AKS_VERSION, Child, Draft, Hindrance, Kind, Needs, View, place};
use armature_api::{PrivateEndpointDecision, PrivateEndpointRule};

pub(super) static KIND: Kind = Kind {
    field: "privateEndpointConnections",
    drafts,
    rereads: Some(Duration::from_secs(120)),
    actions: &[
        "Microsoft.ContainerService/managedClusters/privateEndpointConnections/read",
        "Microsoft.ContainerService/managedClusters/privateEndpointConnections/write",
        "Microsoft.ContainerService/managedClusters/privateEndpointConnectionsApproval/action",
    ],
    ..Kind::PLAIN
};

const STATE: &str = "/properties/privateLinkServiceConnectionState/status";
const ENDPOINT: &str = "/properties/privateEndpoint/id";

fn drafts(view: &View<'_>) -> Vec<Draft> {
    let Some(rules) = view.spec.private_endpoint_connections.as_ref() else {
        return Vec::new();
    };
    let list = format!("{}/privateEndpointConnections", view.cluster);
    let connections = match view.live {
        Some(_) => view.list(&list, AKS_VERSION, None),
        None => Err(Hindrance::NotYet("the cluster to exist".to_owned())),
    };
    let connections = match connections {
        Ok(connections) => connections,
        Err(hindrance) => {
            let all = rules.keys();
            return all
                .map(|name| Draft::new(name, Needs::Cluster, Err(hindrance.clone())))
                .collect();
        }
    };
    let decided: Vec<(&String, Draft)> = connections
        .iter()
        .filter(|connection| text(connection, STATE) != Some("Disconnected"))
        .filter_map(|connection| {
            let (name, rule) = rule_for(rules, text(connection, ENDPOINT)?)?;
            Some((name, draft(view, name, rule, connection)?))
        })
        .collect();
    let idle = rules
        .iter()
        .filter(|(name, _)| !decided.iter().any(|(used, _)| used == name));
    let waiting = idle.map(|(name, rule)| {
        let nobody = Hindrance::NoneYet {
            what: "no private endpoint connection that the entry decides about is there yet".to_owned(),
            awaited: !rule.private_endpoint_id.contains('*'),
        };
        Draft::new(name, Needs::Cluster, Err(nobody))
    });
    waiting.chain(decided.iter().map(|(_, draft)| draft.clone())).collect()
}

/// The entry that decides about an endpoint: one that rejects it before others, then the first by name.
fn rule_for<'a>(
    rules: impl IntoIterator<Item = (&'a String, &'a PrivateEndpointRule)>,
    endpoint: &str,
) -> Option<(&'a String, &'a PrivateEndpointRule)> {
    let fitting = rules
        .into_iter()
        .filter(|(_, rule)| is_like(endpoint, &rule.private_endpoint_id));
    fitting.min_by_key(|(_, rule)| rule.status != PrivateEndpointDecision::Rejected)
}

fn draft(view: &View<'_>, name: &str, rule: &PrivateEndpointRule, connection: &Value) -> Option<Draft> {
    let connection_name = text(connection, "/name")?;
    let mut state = json!({ "status": rule.status });
    if let Some(description) = &rule.description {
        state["description"] = json!(description);
    }
    let entry = serde_json::to_value(rule);
    let id = place::at(view.cluster, "privateEndpointConnections", connection_name);
    let child = entry.map_err(Hindrance::from).and_then(|entry| {
        Ok(Child {
            id: id?,
            api_version: AKS_VERSION.into(),
            body: json!({ "properties": {
            "privateEndpoint": { "id": text(connection, ENDPOINT) },
            "privateLinkServiceConnectionState": state,
        } }),
            entry,
            secrets: Vec::new(),
        })
    });
    Some(Draft::new(
        format!("{name}/{connection_name}"),
        Needs::IdleCluster,
        child,
    ))
}

fn text<'a>(body: &'a Value, pointer: &str) -> Option<&'a str> {
    body.pointer(pointer).and_then(Value::as_str)
}

/// Whether the id is like the pattern, segment by segment, in any casing.
fn is_like(id: &str, pattern: &str) -> bool {
    let (id, pattern) = (id.to_ascii_lowercase(), pattern.to_ascii_lowercase());
    let (segments, patterns) = (id.split('/'), pattern.split('/'));
    segments.clone().count() == patterns.clone().count()
        && segments.zip(patterns).all(|(segment, pattern)| fits(segment, pattern))
}

/// Whether the segment is the pattern, with `*` for any part of it.
fn fits(segment: &str, pattern: &str) -> bool {
    let mut parts = pattern.split('*');
    let Some(mut rest) = parts.next().and_then(|start| segment.strip_prefix(start)) else {
        return false;
    };
    let Some(end) = parts.next_back() else {
        return rest.is_empty();
    };
    for part in parts {
        let Some((_, behind)) = rest.split_once(part) else {
            return false;
        };
        rest = behind;
    }
    rest.ends_with(end)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::children::{Intent, Read, Reads, What};
    use crate::live::LiveCluster;

    fn rule(pattern: &str, status: PrivateEndpointDecision) -> PrivateEndpointRule {
        PrivateEndpointRule {
            private_endpoint_id: pattern.to_owned(),
            status,
            description: None,
        }
    }

    #[test]
    fn a_star_stands_for_any_part_of_one_segment() {
        let id = "/subscriptions/S/resourceGroups/hub-west/providers/Microsoft.Network/privateEndpoints/pe-1-x";
        let fits = |pattern: &str| is_like(id, pattern);
        let below = |group: &str, name: &str| {
            format!("/subscriptions/*/resourceGroups/{group}/providers/microsoft.network/privateendpoints/{name}")
        };
        assert!(fits(&below("HUB-*", "*")) && fits(&below("*-west", "pe-*-*")) && fits(&below("hub-west", "pe-1-x")));
        assert!(!fits(&below("hub", "*")) && !fits(&below("hub-*", "pe-*-y")) && !fits("/subscriptions/*"));
        assert!(!fits(&below("hub-west", "pe-1-x*x")), "the parts may not overlap");
    }

    #[test]
    fn every_entry_has_a_draft_and_only_one_that_names_its_endpoint_waits_for_it() {
        let spec = json!({
            "subscriptionId": "s",
            "resourceGroup": "fleet",
            "location": "westeurope",
            "privateEndpointConnections": {
                "any": { "privateEndpointId": "/pe/*", "status": "Approved" },
                "one": { "privateEndpointId": "/pe/a/b", "status": "Approved" },
            },
        });
        let live = LiveCluster::new(json!({ "id": "/clusters/shop", "name": "shop", "properties": {} }));
        let mut reads = Reads::default();
        let list = Read {
            what: What::List { filter: None },
            ..Read::resource("/clusters/shop/privateEndpointConnections", AKS_VERSION)
        };
        let drafts_with = |connections: Value, reads: &mut Reads| {
            reads.keep(&list, Some(connections));
            drafts(&View {
                spec: &serde_json::from_value(spec.clone()).unwrap(),
                cluster: "/clusters/shop",
                live: Some(&live),
                reads,
                allowed_types: &[],
                intent: Intent::default(),
            })
        };
        let awaited = |draft: &Draft| match &draft.child {
            Err(Hindrance::NoneYet { awaited, .. }) => Some((draft.name.clone(), *awaited)),
            _ => None,
        };
        let nobody: Vec<_> = drafts_with(json!([]), &mut reads).iter().filter_map(awaited).collect();
        assert_eq!(nobody, [("any".to_owned(), false), ("one".to_owned(), true)]);
        let connection = json!([{ "name": "c", "properties": { "privateEndpoint": { "id": "/pe/x" } } }]);
        let names: Vec<String> = (drafts_with(connection, &mut reads).into_iter().map(|draft| draft.name)).collect();
        assert_eq!(names, ["one", "any/c"]);
    }

    #[test]
    fn of_several_entries_one_that_rejects_decides() {
        let rules: BTreeMap<String, PrivateEndpointRule> = [
            ("a".to_owned(), rule("/x/*", PrivateEndpointDecision::Approved)),
            ("b".to_owned(), rule("/x/y", PrivateEndpointDecision::Rejected)),
            ("c".to_owned(), rule("/x/*", PrivateEndpointDecision::Approved)),
        ]
        .into();
        let name = |endpoint| rule_for(&rules, endpoint).map(|(name, _)| name.as_str());
        assert_eq!(name("/x/y"), Some("b"));
        assert_eq!(name("/x/z"), Some("a"));
        assert_eq!(name("/y/z"), None);
    }
}
