//! Pools that come from a snapshot.

use serde_json::Value;

use crate::defaults::json::{is, set, set_default, text};
use crate::resources::snapshot;
use crate::world::World;

const SOURCE: &str = "/creationData/sourceResourceId";

impl World {
    /// The snapshots that a body names, for a pool or for pools of a cluster, as far as they exist.
    #[must_use]
    pub fn snapshots_in(&self, sent: &Value) -> Vec<Value> {
        let own = sent.get("properties").into_iter();
        let profiles = sent.pointer("/properties/agentPoolProfiles").and_then(Value::as_array);
        own.chain(profiles.into_iter().flatten())
            .filter_map(|pool| text(pool, SOURCE))
            .filter_map(|id| self.resources.by_id(id))
            .filter(|found| snapshot::TYPES.contains(found.kind))
            .map(crate::resources::store::Resource::render)
            .collect()
    }
}

/// Takes over from its snapshot what a pool does not say itself, and answers with the snapshot's node image. `pool` is
/// its merged `properties`, `sent` what the request says of it, `before` its stored source.
pub fn take_over(pool: &mut Value, sent: &Value, before: Option<&str>, snapshots: &[Value]) -> Option<String> {
    let id = text(sent, SOURCE)?;
    if before.is_some_and(|before| before.eq_ignore_ascii_case(id)) {
        return None;
    }
    let properties = snapshots
        .iter()
        .find(|snapshot| is(snapshot, "/id", id))?
        .get("properties")?;
    for (of_pool, of_snapshot) in [("/osType", "/osType"), ("/osSKU", "/osSku"), ("/vmSize", "/vmSize")] {
        if let Some(value) = text(properties, of_snapshot) {
            set_default(pool, of_pool, value);
        }
    }
    if let Some(version) =
        text(properties, "/kubernetesVersion").filter(|_| text(sent, "/orchestratorVersion").is_none())
    {
        set(pool, "/orchestratorVersion", version);
    }
    let image = text(properties, "/nodeImageVersion")?.to_owned();
    set(pool, "/nodeImageVersion", image.clone());
    Some(image)
}
