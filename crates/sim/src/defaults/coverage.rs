//! Every property of the stable description goes in and comes out again; secrets go in only.

use serde_json::{Value, json};

use super::merge;
use crate::schema::{Definition, check_response, sample, validate_request};

const SECRET: &str = "hush";

/// Leaves of a body by their paths.
fn leaves(value: &Value, path: &str, found: &mut Vec<(String, Value)>) {
    match value {
        Value::Object(members) if !members.is_empty() => {
            members
                .iter()
                .for_each(|(name, member)| leaves(member, &format!("{path}/{name}"), found));
        }
        leaf => found.push((path.to_owned(), leaf.clone())),
    }
}

fn written(definition: Definition, body: &Value) -> usize {
    assert_eq!(validate_request(definition, body), Ok(()), "{body:#}");
    let stored = merge(definition, None, body);
    assert!(!stored.to_string().contains(SECRET), "a secret is kept");
    assert_eq!(check_response(definition, &stored), Vec::<String>::new());
    let mut sent = Vec::new();
    leaves(body, "", &mut sent);
    sent.retain(|(path, value)| value != SECRET && !path.starts_with("/properties/agentPoolProfiles"));
    for (path, value) in &sent {
        assert_eq!(stored.pointer(path), Some(value), "{path} is lost");
    }
    sent.len()
}

#[test]
fn every_property_of_a_cluster_and_of_a_pool_is_stored_and_no_secret_is() {
    let cluster = sample(Definition::ManagedCluster, SECRET);
    assert!(cluster.to_string().contains(SECRET));
    let (of_cluster, of_pool) = (
        written(Definition::ManagedCluster, &cluster),
        written(Definition::AgentPool, &sample(Definition::AgentPool, SECRET)),
    );
    assert!(
        of_cluster > 150 && of_pool > 70,
        "{of_cluster} and {of_pool} properties"
    );
}

#[test]
fn every_property_of_a_child_is_stored() {
    for definition in [
        Definition::MaintenanceConfiguration,
        Definition::TrustedAccessRoleBinding,
        Definition::ManagedNamespace,
        Definition::IdentityBinding,
        Definition::PrivateEndpointConnection,
        Definition::Snapshot,
    ] {
        assert!(
            written(definition, &sample(definition, SECRET)) > 0,
            "{}",
            definition.name()
        );
    }
}

#[test]
fn a_second_put_changes_every_property_of_a_pool_that_it_names() {
    let body = sample(Definition::AgentPool, SECRET);
    let stored = merge(Definition::AgentPool, Some(&json!({"properties": {"count": 7}})), &body);
    assert_eq!(stored["properties"]["count"], body["properties"]["count"]);
}
