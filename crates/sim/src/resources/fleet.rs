//! Microsoft.ContainerService/fleets and their members (azure-mgmt-containerservicefleet 4.0.0).

use serde_json::{Value, json};

use super::id::{ResourceId, ResourceKey};
use super::resource_type::{Follow, Home, NameRule, Pace, Patch, ResourceType, States, Write};
use super::scope::same;
use crate::operations::Outcome;
use crate::refusal::Refusal;
use crate::schema::Definition;
use crate::world::World;

/// Members of a fleet at most (Learn: limits of Fleet Manager).
const MEMBERS: usize = 1000;

const PLAIN: ResourceType = ResourceType {
    namespace: "Microsoft.ContainerService",
    versions: &["2026-06-01", "2025-03-01", "2024-04-01"],
    etag: Some("eTag"),
    system_data: true,
    patch: Patch::Merge,
    name: Some(NameRule {
        holds: is_name,
        refuse: |name| {
            bad(format!(
                "The name '{name}' is not valid: it has to match ^[a-z0-9]([-a-z0-9]*[a-z0-9])?$ and have 1 to 50 characters."
            ))
        },
    }),
    ..ResourceType::PLAIN
};

const fn takes(seconds: i64, follow: Follow, states: States) -> Pace {
    Pace::Operation {
        seconds,
        follow,
        states,
    }
}

const MEMBERSHIP: States = States {
    creating: "Joining",
    updating: "Updating",
    deleting: "Leaving",
};

/// Types of this provider.
pub const TYPES: &[ResourceType] = &[FLEETS, MEMBERS_TYPE];

const FLEETS: ResourceType = ResourceType {
    path: "fleets",
    calls: "Fleets",
    body: Some(Definition::Fleet),
    put: takes(30, Follow::Resource, States::USUAL),
    delete: takes(30, Follow::Result, States::USUAL),
    complete: |_, write, body| {
        body["properties"]["status"] = write.stored("status").cloned().unwrap_or_else(|| json!({}))
    },
    ..PLAIN
};

const MEMBERS_TYPE: ResourceType = ResourceType {
    path: "fleets/members",
    calls: "FleetMembers",
    body: Some(Definition::FleetMember),
    home: Home::Parent,
    put: takes(60, Follow::Resource, MEMBERSHIP),
    delete: takes(60, Follow::Result, MEMBERSHIP),
    check,
    complete: |_, write, body| {
        let properties = &mut body["properties"];
        if properties.get("labels").is_none() {
            properties["labels"] = json!({});
        }
        properties["status"] = write.stored("status").cloned().unwrap_or_else(|| json!({}));
    },
    ended,
    ..PLAIN
};

fn bad(message: impl Into<String>) -> Refusal {
    Refusal::service(400, "BadRequest", message)
}

fn is_name(name: &str) -> bool {
    let legal = |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit();
    (1..=50).contains(&name.len())
        && name.chars().all(|letter| legal(letter) || letter == '-')
        && name.starts_with(legal)
        && name.ends_with(legal)
}

fn check(world: &World, write: &Write<'_>) -> Result<(), Refusal> {
    let Some(cluster) = write.text("clusterResourceId") else {
        return Err(bad("The property 'clusterResourceId' is required."));
    };
    let before = write.stored("clusterResourceId").and_then(Value::as_str);
    if before.is_some_and(|before| !same(before, cluster)) {
        return Err(bad("The property 'clusterResourceId' cannot be changed."));
    }
    if let Some(group) = write.text("group")
        && !is_name(group)
    {
        return Err(bad(format!("The group '{group}' is not valid.")));
    }
    let is_cluster = ResourceId::parse(cluster).is_some_and(|id| id.kind().eq_ignore_ascii_case("managedClusters"));
    if !is_cluster || !world.exists(cluster) {
        return Err(bad(format!("The managed cluster '{cluster}' was not found.")));
    }
    for right in ["read", "write"] {
        write.linked(
            world,
            &format!("Microsoft.ContainerService/managedClusters/{right}"),
            cluster,
        )?;
    }
    let own = write.id.key();
    let mut siblings = 0_usize;
    for (_, other) in world.resources.of_type(&MEMBERS_TYPE).filter(|(key, _)| **key != own) {
        let joined = other
            .text("clusterResourceId")
            .is_some_and(|known| same(known, cluster));
        if joined {
            // General knowledge: a cluster is in one fleet, once.
            let message = format!("The managed cluster '{cluster}' is already a member: '{}'.", other.id);
            return Err(Refusal::service(409, "Conflict", message));
        }
        siblings += usize::from(other.id.parent() == write.id.parent());
    }
    if siblings >= MEMBERS {
        return Err(bad(format!("A fleet has at most {MEMBERS} members.")));
    }
    Ok(())
}

fn ended(world: &mut World, key: &ResourceKey, outcome: &Outcome) {
    let Some(member) = world.resources.get_mut(key) else {
        return;
    };
    let operation = member.operation.clone().unwrap_or_default();
    member.body["properties"]["status"] = match outcome {
        Outcome::Succeeded => json!({"lastOperationId": operation}),
        Outcome::Failed(error) | Outcome::Canceled(error) => {
            json!({"lastOperationId": operation, "lastOperationError": error.body()})
        }
    };
}
