//! PUT of a pool: create, scale, upgrade, start, stop, update.

use jiff::SignedDuration;
use serde_json::Value;

use super::gateway::Context;
use super::identities::check_rights;
use super::ids::ChildRef;
use super::judge::{Question, judge};
use super::preconditions::{self, Intent};
use super::preview;
use super::render::{self, Pointers};
use super::rolling::{self, Rolling, goal};
use super::snapshots::take_over;
use super::{clusters, pools};
use crate::catalog::{self, DurationInput, Work};
use crate::defaults;
use crate::operations::{Activity, NewOperation, Step, Subject};
use crate::refusal::Refusal;
use crate::reply::Reply;
use crate::rules::Operation;
use crate::schema::Definition;
use crate::world::{Cluster, Pool, World};

/// PUT.
///
/// # Errors
/// 404 for the cluster, 400 from the description and the rules, 409 while another operation runs, 412.
pub fn put(world: &mut World, cx: &Context<'_>, reference: &ChildRef) -> Result<Reply, Refusal> {
    let sent = cx.request.json_object()?;
    let cluster = clusters::find_parent(world, &reference.cluster, "agentPools")?;
    preview::validate(
        world,
        cx,
        &reference.cluster.group.subscription,
        Definition::AgentPool,
        &sent,
    )?;
    let stored = cluster.pool(&reference.name);
    preconditions::check(cx.request, Intent::Put, stored.map(|stored| stored.etag.as_str()))?;
    world.pool_is_free(cluster, &reference.name)?;
    let Proposal { properties, image } = propose(world, cluster, reference, stored, &sent)?;
    let (key, region, created) = (cluster.reference.key(), cluster.region.clone(), stored.is_none());
    let name = stored.map_or_else(|| reference.name.clone(), |stored| stored.name.clone());
    let new = Pool::new(name.clone(), properties);
    let (activity, steps, duration) = motion(world, &region, stored, &new, image);
    if let Some(cluster) = world.clusters.get_mut(&key) {
        match cluster.pool_mut(&name) {
            Some(pool) => pool.properties = new.properties,
            None => cluster.pools.push(new),
        }
    }
    let id = world.start_operation(NewOperation {
        subject: Subject::Pool(key.clone(), name.to_lowercase()),
        activity,
        subscription: reference.cluster.group.subscription.clone(),
        region,
        steps,
        duration,
        fails: cx.fails.cloned(),
    });
    let (status, pointers) = if created {
        (201, Pointers::StatusAndWait)
    } else {
        (200, Pointers::StatusOnly)
    };
    let reply = pools::reply(world, &key, &name, status);
    Ok(render::follow(world, cx, &id, pointers, reply))
}

/// What would be stored.
struct Proposal {
    /// The pool's `properties`.
    properties: Value,
    /// The node image to go to, when a snapshot or a rollback names one.
    image: Option<String>,
}

fn propose(
    world: &World,
    cluster: &Cluster,
    reference: &ChildRef,
    stored: Option<&Pool>,
    sent: &Value,
) -> Result<Proposal, Refusal> {
    let place = world.place(&cluster.reference, &cluster.region, world.now());
    let cluster_body = render::cluster(cluster);
    let old = stored.map(|stored| {
        let mut old = stored.resource();
        old["recentlyUsedVersions"] = stored.recently_used(world.now()).into();
        old
    });
    let mut new = defaults::merge(Definition::AgentPool, old.as_ref(), sent);
    new["name"] = reference.name.clone().into();
    let said = sent.get("properties").unwrap_or(&Value::Null);
    let before = stored.and_then(|stored| stored.properties["creationData"]["sourceResourceId"].as_str());
    let snapshot_image = take_over(&mut new["properties"], said, before, &world.snapshots_in(sent));
    defaults::fill_pool(&mut new["properties"], &cluster_body, &place);
    let question = Question {
        operation: Operation::PutPool,
        name: &reference.name,
        sent,
        old: old.as_ref(),
        new: Some(&new),
    };
    judge(world, cluster, &question)?;
    check_rights(world, &cluster.body, std::slice::from_ref(&new))?;
    let running = stored.and_then(|stored| stored.text("nodeImageVersion"));
    let wanted = said["nodeImageVersion"]
        .as_str()
        .filter(|wanted| running.is_some_and(|running| running != *wanted));
    let image = snapshot_image.or_else(|| wanted.map(str::to_owned));
    let mut properties = new["properties"].take();
    // The nodes have another image only when they have been replaced.
    if let Some(running) = running {
        properties["nodeImageVersion"] = running.into();
    }
    Ok(Proposal { properties, image })
}

/// What a PUT sets in motion. One PUT can change several things; the one that AKS names is the most disturbing.
fn motion(
    world: &World,
    region: &str,
    stored: Option<&Pool>,
    new: &Pool,
    image: Option<String>,
) -> (Activity, Vec<(SignedDuration, Step)>, SignedDuration) {
    let now = world.now();
    let seed = format!("{}/{now}", new.name);
    let nodes = rolling::count(&new.properties);
    let time = |work, nodes| {
        let windows = rolling::is_windows(&new.properties);
        catalog::duration(
            work,
            &DurationInput {
                nodes,
                surge: 1,
                soak_minutes: 0,
                windows,
                extras: 0,
                seed: &seed,
            },
        )
    };
    let Some(stored) = stored else {
        return (Activity::Creating, Vec::new(), time(Work::PoolCreate, nodes));
    };
    let current = stored.text("currentOrchestratorVersion");
    let version = goal(new.text("orchestratorVersion"), current, region, now).map(|version| version.to_string());
    if let Some(version) = version.filter(|version| Some(version.as_str()) != current) {
        let rolling = Rolling::of(new, Some(&version), now).with_image(image);
        let duration = rolling.duration(Work::NodeUpgrade, &seed);
        return (Activity::Upgrading, vec![(duration, rolling.step())], duration);
    }
    if image.is_some() && image.as_deref() != stored.text("nodeImageVersion") {
        let rolling = Rolling::of(new, current, now).with_image(image);
        let duration = rolling.duration(Work::NodeReimage, &seed);
        let steps = vec![(duration, rolling.step())];
        return (Activity::UpgradingNodeImageVersion, steps, duration);
    }
    let power = |pool: &Pool| pool.properties["powerState"]["code"].as_str().map(str::to_owned);
    match (power(stored).as_deref(), power(new).as_deref()) {
        (Some("Stopped"), Some("Running")) => {
            return (Activity::Starting, Vec::new(), time(Work::PoolStart, nodes));
        }
        (Some("Running"), Some("Stopped")) => return (Activity::Stopping, Vec::new(), time(Work::PoolStop, nodes)),
        _ => {}
    }
    let before = rolling::count(&stored.properties);
    if before != nodes {
        let work = if nodes > before { Work::ScaleUp } else { Work::ScaleDown };
        return (Activity::Scaling, Vec::new(), time(work, nodes.abs_diff(before)));
    }
    (Activity::Updating, Vec::new(), time(Work::PoolUpdate, nodes))
}
