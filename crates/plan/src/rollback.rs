//! A pool that goes back to a node image it ran before, the one case in which a version moves down.
//!
//! `nodeImageVersion` is an instruction: it acts once the manifest changes it. While the pool runs that image it goes its
//! own way, for an upgrade behind the control plane would undo what the user has just done.

use serde_json::{Value, json};

use super::Plan;
use super::change::{Change, Origin, Source, Target};
use super::desired::DesiredPool;
use super::effect::Effect;
use super::live::LivePool;
use super::path::Path;

const IMAGE: &str = "properties.nodeImageVersion";

fn is_rollback(change: &Change) -> bool {
    change.path.starts_with(IMAGE)
}

/// The version that goes down with the image: AKS takes back both, or the image alone (roll-back-node-pool-version). It
/// wants the exact version, so a floor without a patch means the image alone.
pub fn version(pool: &DesiredPool, live: &LivePool, changes: &[Change]) -> Option<Change> {
    let running = live.running_version()?;
    let back = pool
        .version
        .filter(|floor| floor.is_patch() && running.exceeds(*floor))?;
    changes.iter().any(is_rollback).then(|| Change {
        target: Target::Pool(pool.name.clone()),
        path: Path::new("properties.orchestratorVersion"),
        from: Some(json!(running.to_string())),
        to: Some(json!(back.to_string())),
        origin: Origin::Edit,
        effect: Effect::RollingReplace,
        one_way: false,
        source: Source::Field,
    })
}

/// Whether the pool is at the image the manifest names, or about to go there.
pub fn stays(pool: &DesiredPool, live: &LivePool, plan: &Plan) -> bool {
    let image = |body: &Value| {
        let image = Path::look_up(IMAGE, body).and_then(Value::as_str);
        image.map(str::to_ascii_lowercase)
    };
    let goes = plan
        .changes()
        .any(|(change, _)| is_rollback(change) && change.target == Target::Pool(pool.name.clone()));
    goes || image(&pool.body).is_some_and(|wanted| image(&live.body).as_deref() == Some(&*wanted))
}
