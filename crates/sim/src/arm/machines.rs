//! Machines of a pool. They follow from its count and from which were deleted by name: nothing stands behind them.

use jiff::SignedDuration;
use serde_json::{Value, json};

use super::gateway::Context;
use super::ids::{ChildRef, ClusterRef};
use super::judge::{Question, judge};
use super::pools;
use super::render::{self, Pointers};
use super::rolling;
use crate::catalog::{self, DurationInput, Work};
use crate::operations::{Activity, NewOperation, Step, Subject};
use crate::refusal::Refusal;
use crate::reply::Reply;
use crate::rules::Operation;
use crate::schema::{self, Definition};
use crate::world::{Cluster, Pool, World};

/// Numbers of the machines of a pool, oldest first: a number that was deleted does not come back. A stopped pool has
/// none (Learn: start-stop-nodepools).
#[must_use]
pub fn numbers(pool: &Pool) -> Vec<u32> {
    if pool.properties["powerState"]["code"] == json!("Stopped") {
        return Vec::new();
    }
    let count = usize::try_from(rolling::count(&pool.properties)).unwrap_or(usize::MAX);
    (0..)
        .filter(|number| !pool.deleted_machines.contains(number))
        .take(count)
        .collect()
}

/// The name of a machine: scale set, and its number to the base of 36 (Learn: node names).
#[must_use]
pub fn name(cluster: &Cluster, pool: &Pool, number: u32) -> String {
    let mut digits = Vec::new();
    let mut rest = number;
    while rest > 0 {
        digits.push(char::from_digit(rest % 36, 36).unwrap_or('0'));
        rest /= 36;
    }
    let digits: String = digits.into_iter().rev().collect();
    let infix = if rolling::is_windows(&pool.properties) {
        return format!("aks{}{digits:0>6}", pool.name);
    } else {
        suffix(cluster)
    };
    format!("aks-{}-{infix}-vmss{digits:0>6}", pool.name)
}

/// The eight digits in the names of a cluster's scale sets.
fn suffix(cluster: &Cluster) -> String {
    let uid = cluster.text("resourceUID").unwrap_or_default();
    let digits: String = uid.bytes().map(|byte| char::from(b'0' + byte % 10)).take(8).collect();
    format!("{digits:0>8}")
}

fn render(cluster: &Cluster, pool: &Pool, number: u32) -> Value {
    let name = name(cluster, pool, number);
    let pool_id = ChildRef {
        cluster: cluster.reference.clone(),
        name: pool.name.clone(),
    }
    .id("agentPools");
    let place: u32 = pool.name.bytes().map(u32::from).sum::<u32>() % 200;
    let mut body = json!({
        "id": format!("{pool_id}/machines/{name}"),
        "name": name,
        "type": "Microsoft.ContainerService/managedClusters/agentPools/machines",
        "properties": {
            "network": {"ipAddresses": [{
                "family": "IPv4",
                "ip": format!("10.{}.{}.{}", 224 + place % 8, number / 250, 4 + number % 250),
            }]},
            "resourceId": format!(
                "/subscriptions/{}/resourceGroups/{}/providers/Microsoft.Compute/virtualMachineScaleSets/aks-{}-{}-vmss/virtualMachines/{number}",
                cluster.reference.group.subscription,
                cluster.text("nodeResourceGroup").unwrap_or_default(),
                pool.name,
                suffix(cluster),
            ),
        },
    });
    if let Some(zones) = pool.properties["availabilityZones"]
        .as_array()
        .filter(|zones| !zones.is_empty())
    {
        let turn = usize::try_from(number).unwrap_or_default() % zones.len();
        body["zones"] = json!([zones[turn]]);
    }
    body
}

/// GET of all.
///
/// # Errors
/// 404.
pub fn list(world: &World, pool: &ChildRef) -> Result<Reply, Refusal> {
    let (cluster, pool) = pools::find(world, pool)?;
    let value: Vec<Value> = numbers(pool)
        .into_iter()
        .map(|number| render(cluster, pool, number))
        .collect();
    Ok(Reply::provider(200, json!({"value": value})))
}

/// GET of one.
///
/// # Errors
/// 404.
pub fn get(world: &World, reference: &MachineRef) -> Result<Reply, Refusal> {
    let (cluster, pool) = pools::find(world, &reference.pool)?;
    let number = numbered(cluster, pool, &reference.name).ok_or_else(|| {
        Refusal::provider(
            404,
            "NotFound",
            format!("Could not find the machine '{}'.", reference.name),
        )
    })?;
    Ok(Reply::provider(200, render(cluster, pool, number)))
}

fn numbered(cluster: &Cluster, pool: &Pool, wanted: &str) -> Option<u32> {
    numbers(pool)
        .into_iter()
        .find(|number| name(cluster, pool, *number).eq_ignore_ascii_case(wanted))
}

/// A machine of a pool.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MachineRef {
    /// Its pool.
    pub pool: ChildRef,
    /// Its name.
    pub name: String,
}

impl MachineRef {
    /// Its cluster.
    #[must_use]
    pub fn cluster(&self) -> &ClusterRef {
        &self.pool.cluster
    }
}

/// POST deleteMachines: these machines go, and the pool's count with them.
///
/// # Errors
/// 404, 409 while another operation runs, 400 for a machine that the pool does not have, what the rules refuse.
pub fn delete(world: &mut World, cx: &Context<'_>, reference: &ChildRef) -> Result<Reply, Refusal> {
    let sent = cx.request.json_object()?;
    let (cluster, pool) = pools::find(world, reference)?;
    schema::validate_request(Definition::DeleteMachines, &sent)?;
    world.pool_is_free(cluster, &reference.name)?;
    let resource = pool.resource();
    let question = Question {
        operation: Operation::DeleteMachines,
        name: &reference.name,
        sent: &sent,
        old: Some(&resource),
        new: None,
    };
    judge(world, cluster, &question)?;
    let mut doomed = Vec::new();
    for machine in sent["machineNames"].as_array().into_iter().flatten() {
        let wanted = machine.as_str().unwrap_or_default();
        let number = numbered(cluster, pool, wanted).ok_or_else(|| {
            let message = format!("The machine '{wanted}' is not in the agent pool '{}'.", pool.name);
            Refusal::provider(400, "InvalidParameter", message).on("machineNames")
        })?;
        if !doomed.contains(&number) {
            doomed.push(number);
        }
    }
    let seed = format!("{}/{}", pool.name, world.now());
    let duration: SignedDuration = catalog::duration(
        Work::ScaleDown,
        &DurationInput {
            nodes: u32::try_from(doomed.len()).unwrap_or(u32::MAX),
            surge: 1,
            soak_minutes: 0,
            windows: rolling::is_windows(&pool.properties),
            extras: 0,
            seed: &seed,
        },
    );
    let (key, region, name) = (
        cluster.reference.key(),
        cluster.region.clone(),
        pool.name.to_lowercase(),
    );
    let id = world.start_operation(NewOperation {
        subject: Subject::Pool(key, name.clone()),
        activity: Activity::DeletingMachines,
        subscription: reference.cluster.group.subscription.clone(),
        region,
        steps: vec![(
            duration,
            Step::MachinesDeleted {
                pool: name,
                machines: doomed,
            },
        )],
        duration,
        fails: cx.fails.cloned(),
    });
    Ok(render::follow(
        world,
        cx,
        &id,
        Pointers::StatusResultAndWait,
        Reply::empty(202),
    ))
}
