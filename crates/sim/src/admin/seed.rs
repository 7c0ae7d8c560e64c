//! Many clusters at once, all of them Succeeded and already in every list.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State;
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{Answer, Input, Problem, read};
use crate::arm::cluster_put;
use crate::arm::ids::{ClusterRef, GroupRef};
use crate::catalog::{self, Region};
use crate::defaults;
use crate::schema::Definition;
use crate::server::Shared;
use crate::world::{Cluster, Group, Pool, World};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
struct Seed {
    /// How many clusters.
    clusters: u32,
    /// Pools of each; the first is the system pool.
    pools: u32,
    /// The first configured subscription when absent.
    subscription: Option<String>,
    /// Made when it does not exist.
    resource_group: String,
    location: String,
    /// Clusters are called `{prefix}{number}`, from 1 with at least four digits.
    prefix: String,
    /// `{name}` in a value becomes the cluster's name.
    tags: BTreeMap<String, String>,
    /// Tags of each pool; `{name}` becomes the cluster's name and `{pool}` the pool's.
    pool_tags: BTreeMap<String, String>,
    /// Laid over each cluster's body before it is filled.
    cluster: Value,
    /// Laid over each pool's `properties` before they are filled.
    pool: Value,
}

impl Default for Seed {
    fn default() -> Self {
        Self {
            clusters: 1,
            pools: 1,
            subscription: None,
            resource_group: "seed".to_owned(),
            location: "westeurope".to_owned(),
            prefix: "seed-".to_owned(),
            tags: BTreeMap::new(),
            pool_tags: BTreeMap::new(),
            cluster: json!({}),
            pool: json!({}),
        }
    }
}

pub(super) async fn seed(State(shared): State<Shared>, input: Input) -> Answer {
    let seed: Seed = read(&input)?;
    let region = catalog::region(&seed.location)
        .ok_or_else(|| Problem::Invalid(format!("there is no region '{}'", seed.location)))?;
    let mut guard = shared.lock();
    let world = &mut *guard;
    let group = group(world, &seed, region)?;
    let mut ids = Vec::new();
    for number in 1..=seed.clusters {
        let reference = ClusterRef {
            group: group.clone(),
            name: format!("{}{number:04}", seed.prefix),
        };
        ids.push(reference.id());
        let cluster = build(world, &seed, region, reference);
        cluster_put::add(world, cluster);
    }
    Ok(Json(json!({"ids": ids})))
}

fn group(world: &mut World, seed: &Seed, region: &Region) -> Result<GroupRef, Problem> {
    let subscription = seed.subscription.as_ref().or(world.config.subscriptions.first());
    let id = subscription.cloned().unwrap_or_default();
    let subscription = world
        .subscriptions
        .get_mut(&id.to_lowercase())
        .ok_or_else(|| Problem::Unknown(format!("there is no subscription '{id}'")))?;
    let name = seed.resource_group.clone();
    subscription.groups.entry(name.to_lowercase()).or_insert_with(|| Group {
        name: name.clone(),
        location: region.name.to_owned(),
        tags: Map::new(),
        managed_by: None,
        deletion: None,
    });
    Ok(GroupRef {
        subscription: subscription.id.clone(),
        name,
    })
}

fn build(world: &mut World, seed: &Seed, region: &Region, reference: ClusterRef) -> Cluster {
    let tags = filled(&seed.tags, |value| value.replace("{name}", &reference.name));
    let plain = json!({
        "location": region.name,
        "tags": tags,
        "identity": {"type": "SystemAssigned"},
        "properties": {"dnsPrefix": reference.name},
    });
    let mut body = defaults::merge(Definition::ManagedCluster, Some(&plain), &seed.cluster);
    let place = world.place(&reference, region.name, world.now());
    defaults::fill_cluster(&mut body, &place);
    defaults::finish_cluster(&mut body, &place);
    body["properties"]["provisioningState"] = json!("Succeeded");
    let mut pools = Vec::new();
    for number in 1..=seed.pools {
        let (name, mode) = if number == 1 {
            ("system".to_owned(), "System")
        } else {
            (format!("pool{number}"), "User")
        };
        let mut plain = json!({"properties": {"mode": mode, "count": 1, "vmSize": "Standard_D4s_v5"}});
        if !seed.pool_tags.is_empty() {
            let named = |value: &str| value.replace("{name}", &reference.name).replace("{pool}", &name);
            plain["properties"]["tags"] = Value::Object(filled(&seed.pool_tags, named));
        }
        let over = json!({"properties": seed.pool});
        let mut pool = defaults::merge(Definition::AgentPool, Some(&plain), &over);
        let properties = &mut pool["properties"];
        defaults::fill_pool(properties, &body, &place);
        defaults::finish_pool(properties, &body, &place);
        properties["provisioningState"] = json!("Succeeded");
        pools.push((name, properties.take()));
    }
    let pools = pools
        .into_iter()
        .map(|(name, properties)| Pool {
            etag: world.ids.guid(),
            ..Pool::new(name, properties)
        })
        .collect();
    Cluster {
        etag: world.ids.guid(),
        ..Cluster::new(reference, region.name, Timestamp::MIN, body, pools)
    }
}

fn filled(tags: &BTreeMap<String, String>, fill: impl Fn(&str) -> String) -> Map<String, Value> {
    tags.iter()
        .map(|(name, value)| (name.clone(), json!(fill(value))))
        .collect()
}
