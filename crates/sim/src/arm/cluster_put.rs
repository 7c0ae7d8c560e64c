//! PUT of a cluster: create, update, upgrade of the control plane, upgrade of everything.

use jiff::SignedDuration;
use serde_json::{Map, Value, json};

use super::gateway::Context;
use super::identities::check_rights;
use super::ids::{ClusterRef, GroupRef};
use super::preconditions::{self, Intent};
use super::preview;
use super::render::{self, Pointers};
use super::rolling::{self, Rolling, goal};
use super::snapshots::take_over;
use super::{clusters, reads};
use crate::catalog::{self, DurationInput, Work};
use crate::clock::shift;
use crate::defaults;
use crate::defaults::json::{is, list};
use crate::operations::{Activity, NewOperation, OperationId, Step, Subject};
use crate::refusal::Refusal;
use crate::reply::Reply;
use crate::rules::{self, Operation};
use crate::schema::Definition;
use crate::world::{Cluster, Group, Pool, World};

/// PUT.
///
/// # Errors
/// 404 for the group, 400 from the description and the rules, 409 while another operation runs, 412.
pub fn put(world: &mut World, cx: &Context<'_>, reference: &ClusterRef) -> Result<Reply, Refusal> {
    let sent = cx.request.json_object()?;
    let group = world
        .group(&reference.group)
        .ok_or_else(|| clusters::group_not_found(&reference.group.name))?;
    if group.deletion.is_some() {
        let message = format!(
            "The resource group '{}' is in deprovisioning state and cannot perform this operation.",
            group.name
        );
        return Err(Refusal::gateway(409, "ResourceGroupBeingDeleted", message));
    }
    let reference = ClusterRef {
        group: GroupRef {
            subscription: world.subscription_id(&reference.group.subscription),
            name: group.name.clone(),
        },
        name: reference.name.clone(),
    };
    let key = reference.key();
    let stored = world.clusters.get(&key);
    let region = region(&sent, stored, &reference)?;
    preview::validate(
        world,
        cx,
        &reference.group.subscription,
        Definition::ManagedCluster,
        &sent,
    )?;
    preconditions::check(cx.request, Intent::Put, stored.map(|stored| stored.etag.as_str()))?;
    if let Some(stored) = stored {
        world.cluster_is_free(stored)?;
    }
    let proposal = propose(world, &reference, region, stored, &sent)?;
    let created = stored.is_none();
    let motion = match stored {
        None => creation(world, &proposal),
        Some(stored) => changes(world, stored, &proposal),
    };
    store(world, reference.clone(), proposal);
    if let Some(cluster) = world.clusters.get(&key).cloned() {
        world.register_principals(&cluster);
    }
    let id = world.start_operation(NewOperation {
        subject: Subject::Cluster(key.clone()),
        activity: motion.activity,
        subscription: reference.group.subscription.clone(),
        region: region.to_owned(),
        steps: motion.steps,
        duration: motion.duration,
        fails: cx.fails.cloned(),
    });
    let (status, pointers) = if created {
        (201, Pointers::StatusAndWait)
    } else {
        (200, Pointers::StatusOnly)
    };
    let reply = Reply::provider(status, clusters::body(world, &key));
    Ok(render::follow(world, cx, &id, pointers, reply))
}

/// The region of the request, which has to be that of the stored cluster.
fn region(sent: &Value, stored: Option<&Cluster>, reference: &ClusterRef) -> Result<&'static str, Refusal> {
    let Some(named) = sent
        .get("location")
        .and_then(Value::as_str)
        .filter(|name| !name.is_empty())
    else {
        let message = "The location property is required for this definition.";
        return Err(Refusal::gateway(400, "LocationRequired", message));
    };
    let region = reads::known_region(named)?;
    match stored {
        Some(stored) if stored.region != region => {
            let message = format!(
                "The resource '{}' already exists in location '{}' in resource group '{}'. A resource with the same name cannot be created in location '{region}'. Please select a new resource name.",
                reference.name, stored.region, reference.group.name
            );
            Err(Refusal::gateway(409, "InvalidResourceLocation", message))
        }
        _ => Ok(region),
    }
}

/// What would be stored.
struct Proposal {
    region: &'static str,
    body: Value,
    pools: Vec<Value>,
}

fn propose(
    world: &World,
    reference: &ClusterRef,
    region: &'static str,
    stored: Option<&Cluster>,
    sent: &Value,
) -> Result<Proposal, Refusal> {
    let place = world.place(reference, region, world.now());
    let mut body = defaults::merge(Definition::ManagedCluster, stored.map(|stored| &stored.body), sent);
    defaults::fill_cluster(&mut body, &place);
    world.name_principals(&mut body);
    let before = stored.map(Cluster::pool_resources).unwrap_or_default();
    let mut pools = defaults::merge_pools(&before, sent, &body);
    let snapshots = world.snapshots_in(sent);
    for pool in &mut pools {
        let name = pool["name"].as_str().unwrap_or_default().to_owned();
        let known = stored.and_then(|stored| stored.pool(&name));
        let said = list(sent, "/properties/agentPoolProfiles")
            .iter()
            .find(|said| is(said, "/name", &name));
        // Stored pools take a snapshot by their own PUT alone.
        if let (None, Some(said)) = (known, said) {
            take_over(&mut pool["properties"], said, None, &snapshots);
        }
        defaults::fill_pool(&mut pool["properties"], &body, &place);
    }
    let old = stored.map(|stored| &stored.body);
    rules::check(&rules::Request {
        operation: Operation::PutCluster,
        resource_group: place.resource_group,
        name: place.cluster,
        region,
        sent,
        old,
        new: &body,
        cluster: old,
        pools: &before,
        next_pools: &pools,
        snapshots: &snapshots,
        now: world.now(),
        disabled: &world.settings.disabled_rules,
    })?;
    check_rights(world, &body, &pools)?;
    Ok(Proposal { region, body, pools })
}

/// What a PUT sets in motion.
struct Motion {
    activity: Activity,
    steps: Vec<(SignedDuration, Step)>,
    duration: SignedDuration,
}

fn creation(world: &World, proposal: &Proposal) -> Motion {
    let properties = &proposal.body["properties"];
    let private = properties["apiServerAccessProfile"]["enablePrivateCluster"] == json!(true);
    let own_network = proposal
        .pools
        .iter()
        .any(|pool| pool["properties"]["vnetSubnetID"].is_string());
    let addons = properties["addonProfiles"].as_object().map_or(0, Map::len);
    let nodes = proposal
        .pools
        .iter()
        .map(|pool| rolling::count(&pool["properties"]))
        .sum();
    let extras = u32::from(private) + u32::from(own_network) + u32::try_from(addons).unwrap_or(u32::MAX).min(2);
    let duration = time(world, Work::ClusterCreate, nodes, extras, "create");
    Motion {
        activity: Activity::Creating,
        steps: Vec::new(),
        duration,
    }
}

/// Control plane first, then each pool that changes its version, then the rest.
fn changes(world: &World, stored: &Cluster, proposal: &Proposal) -> Motion {
    let now = world.now();
    let mut steps = Vec::new();
    let mut duration = SignedDuration::ZERO;
    let mut upgrading = false;
    let wanted = proposal.body["properties"]["kubernetesVersion"].as_str();
    let current = stored.text("currentKubernetesVersion");
    if let Some(version) = goal(wanted, current, proposal.region, now).map(|version| version.to_string())
        && Some(version.as_str()) != current
    {
        upgrading = true;
        duration += time(world, Work::ControlPlaneUpgrade, 0, 0, &version);
        steps.push((duration, Step::ControlPlaneUpgraded { version }));
    }
    let mut scaled = SignedDuration::ZERO;
    for pool in proposal.pools.iter().map(as_pool) {
        let current = pool.text("currentOrchestratorVersion");
        let version =
            goal(pool.text("orchestratorVersion"), current, proposal.region, now).map(|version| version.to_string());
        if let Some(version) = version.filter(|version| Some(version.as_str()) != current) {
            upgrading = true;
            let rolling = Rolling::of(&pool, Some(&version), now);
            duration += rolling.duration(Work::NodeUpgrade, &format!("{}/{now}", pool.name));
            steps.push((duration, rolling.step()));
        }
        let before = stored
            .pool(&pool.name)
            .map_or(0, |before| rolling::count(&before.properties));
        let after = rolling::count(&pool.properties);
        if before != after {
            let work = if after > before { Work::ScaleUp } else { Work::ScaleDown };
            scaled = scaled.max(time(world, work, after.abs_diff(before), 0, &pool.name));
        }
    }
    let traffic = ["networkProfile", "apiServerAccessProfile"]
        .iter()
        .any(|profile| stored.body["properties"][profile] != proposal.body["properties"][profile]);
    let rest = if traffic {
        Work::ClusterNetworkUpdate
    } else {
        Work::ClusterUpdate
    };
    let rest = time(world, rest, 0, 0, "update").max(scaled);
    let activity = if upgrading {
        Activity::Upgrading
    } else {
        Activity::Updating
    };
    Motion {
        activity,
        steps,
        duration: duration + rest,
    }
}

fn time(world: &World, work: Work, nodes: u32, extras: u32, seed: &str) -> SignedDuration {
    let seed = format!("{seed}/{}", world.now());
    catalog::duration(
        work,
        &DurationInput {
            nodes,
            surge: 1,
            soak_minutes: 0,
            windows: false,
            extras,
            seed: &seed,
        },
    )
}

/// A pool in resource form as the world keeps it; eTag and operation come later.
fn as_pool(resource: &Value) -> Pool {
    Pool::new(
        resource["name"].as_str().unwrap_or_default(),
        resource["properties"].clone(),
    )
}

fn store(world: &mut World, reference: ClusterRef, proposal: Proposal) {
    let key = reference.key();
    let Proposal { region, body, pools } = proposal;
    let pools: Vec<Pool> = pools.iter().map(as_pool).collect();
    if let Some(cluster) = world.clusters.get_mut(&key) {
        cluster.body = body;
        for new in pools {
            match cluster.pool_mut(&new.name) {
                Some(pool) => pool.properties = new.properties,
                None => cluster.pools.push(new),
            }
        }
        return;
    }
    let listed_from = shift(
        world.now(),
        SignedDuration::from_secs(i64::from(world.settings.list_delay)),
    );
    let cluster = Cluster::new(reference, region, listed_from, body, pools);
    add(world, cluster);
}

/// Upgrades the control plane and every pool to `version`, as AKS's auto-upgrade does without any PUT.
pub(crate) fn start_auto_upgrade(world: &mut World, reference: &ClusterRef, version: &str) -> Option<OperationId> {
    let key = reference.key();
    let stored = world.clusters.get(&key)?;
    let (reference, region) = (stored.reference.clone(), catalog::region(&stored.region)?.name);
    let mut proposal = Proposal {
        region,
        body: stored.body.clone(),
        pools: stored.pool_resources(),
    };
    proposal.body["properties"]["kubernetesVersion"] = json!(version);
    for pool in &mut proposal.pools {
        pool["properties"]["orchestratorVersion"] = json!(version);
    }
    let motion = changes(world, stored, &proposal);
    let subscription = reference.group.subscription.clone();
    store(world, reference, proposal);
    Some(world.start_operation(NewOperation {
        subject: Subject::Cluster(key),
        activity: motion.activity,
        subscription,
        region: region.to_owned(),
        steps: motion.steps,
        duration: motion.duration,
        fails: None,
    }))
}

/// Adds a cluster and the resource group of its nodes.
pub(crate) fn add(world: &mut World, cluster: Cluster) {
    let key = cluster.reference.key();
    if let (Some(name), Some(subscription)) = (
        cluster.text("nodeResourceGroup"),
        world.subscriptions.get_mut(&key.subscription),
    ) {
        let group = Group {
            name: name.to_owned(),
            location: cluster.region.clone(),
            tags: Map::new(),
            managed_by: Some(cluster.reference.id()),
            deletion: None,
        };
        subscription.groups.entry(name.to_lowercase()).or_insert(group);
    }
    world.clusters.insert(key, cluster);
}
