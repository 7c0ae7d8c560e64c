//! Microsoft.ContainerService/snapshots: what a pool looked like, to make others of.

use serde_json::{Value, json};

use super::resource_type::{Patch, ResourceType, Write};
use crate::arm::api_versions::SERVED;
use crate::arm::calls::Call;
use crate::refusal::Refusal;
use crate::schema::Definition;
use crate::world::World;

/// Types of this provider that are no clusters (SPEC Snapshot).
pub const TYPES: &[ResourceType] = &[ResourceType {
    namespace: "Microsoft.ContainerService",
    path: "snapshots",
    calls: "Snapshots",
    system_data: true,
    versions: &SERVED,
    patch: Patch::Tags,
    body: Some(Definition::Snapshot),
    check,
    complete,
    ..ResourceType::PLAIN
}];

const SOURCE: &str = "/properties/creationData/sourceResourceId";

fn source(write: &Write<'_>) -> Option<String> {
    write.sent.pointer(SOURCE).and_then(Value::as_str).map(str::to_owned)
}

/// The pool that an id names: its properties, and the region of its cluster.
fn pool<'a>(world: &'a World, id: &str) -> Option<(&'a Value, &'a str)> {
    let Ok(Call::AgentPoolsGet(pool)) = Call::parse(&axum::http::Method::GET, id) else {
        return None;
    };
    let cluster = world.clusters.get(&pool.cluster.key())?;
    Some((&cluster.pool(&pool.name)?.properties, &cluster.region))
}

fn check(world: &World, write: &Write<'_>) -> Result<(), Refusal> {
    let refuse = |details: String| {
        let message = format!(
            "The value of parameter creationData.sourceResourceId is invalid. Error details: {details}. Please see https://aka.ms/aks-naming-rules for more details."
        );
        Err(Refusal::provider(400, "InvalidParameter", message).on("creationData.sourceResourceId"))
    };
    let source = source(write);
    if let Some(old) = write.old {
        let before = old.pointer(SOURCE).and_then(Value::as_str).unwrap_or_default();
        return match source {
            // What it was made of is what it is; a PUT of the rest changes tags.
            Some(source) if !source.eq_ignore_ascii_case(before) => Err(Refusal::provider(
                400,
                "PropertyChangeNotAllowed",
                "Changing property 'creationData.sourceResourceId' is not allowed.",
            )
            .on("creationData.sourceResourceId")),
            _ => Ok(()),
        };
    }
    let Some(source) = source else {
        return refuse("a snapshot needs the agent pool that it is made of".to_owned());
    };
    match pool(world, &source) {
        None => refuse(format!("the agent pool '{source}' could not be found")),
        // Learn: node-pool-snapshot, limitations.
        Some((_, region)) if region != write.region => refuse(format!(
            "the agent pool is in '{region}', and a snapshot is made in the region of its pool"
        )),
        Some(_) => Ok(()),
    }
}

fn complete(world: &mut World, write: &Write<'_>, body: &mut Value) {
    if let Some(old) = write.old {
        body["properties"] = old["properties"].clone();
        return;
    }
    let Some((pool, _)) = source(write).and_then(|source| pool(world, &source)) else {
        return;
    };
    for (name, of_pool) in [
        ("kubernetesVersion", "currentOrchestratorVersion"),
        ("nodeImageVersion", "nodeImageVersion"),
        ("osType", "osType"),
        ("osSku", "osSKU"),
        ("vmSize", "vmSize"),
        ("enableFIPS", "enableFIPS"),
    ] {
        if let Some(value) = pool.get(of_pool) {
            body["properties"][name] = value.clone();
        }
    }
    body["properties"]["snapshotType"] = json!("NodePool");
}
