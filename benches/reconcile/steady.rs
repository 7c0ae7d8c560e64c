//! A fleet in which nothing is left to do: what finding that out costs, and what watching it costs.

use std::time::{Duration, Instant};

use armature_api::{AksCluster, AksNodePool};
use armature_lab::{ManagementCluster, OperatorProcess, SimOptions, Simulator};
use kube::Api;
use serde::Serialize;

use crate::fleet;
use crate::meter::{Meter, Tally, memory, until};
use crate::{Arguments, Failure};

/// The pause between two LISTs; the default of the operator is 30 s.
const LIST_INTERVAL: Duration = Duration::from_secs(1);
/// How long a round of passes may take.
const PATIENCE: Duration = Duration::from_secs(60);

/// What a fleet costs.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Steady {
    /// Clusters.
    pub clusters: u32,
    /// Pools of all clusters together.
    pub pools: u32,
    /// From manifests alone, no status left, to all objects ready.
    pub rebuilt: Tally,
    /// Several intervals in which nothing happens.
    pub idle: Tally,
    /// Pauses between two LISTs in `idle`.
    pub intervals: u32,
    /// Every cluster woken again and again without a reason. Its writes to Kubernetes are without those that woke.
    pub woken: Tally,
    /// Passes in a second while woken.
    pub passes_per_second: f64,
    /// Memory in MiB of a process that has just started and has nothing to look after.
    pub memory_empty: f64,
    /// Memory in MiB that the operator holds when the fleet is ready and idle.
    pub memory_idle: f64,
    /// Most memory in MiB that it held.
    pub memory_most: f64,
}

/// Measures a fleet from its manifests on.
pub async fn measure(cluster: &ManagementCluster, arguments: &Arguments) -> Result<Steady, Failure> {
    let namespace = cluster.namespace("fleet").await?;
    let simulator = Simulator::start(&SimOptions::default()).await?;
    let names = fleet::seed(&simulator, &namespace, arguments).await?;
    let mut operator = OperatorProcess::start(
        cluster,
        [
            format!("--namespace={namespace}"),
            format!("--operator-namespace={namespace}"),
            format!("--own-identity-namespaces={namespace}"),
            format!("--installation-id={}", fleet::INSTALLATION),
            format!("--list-interval={}s", LIST_INTERVAL.as_secs()),
        ],
        simulator.access().operator_environment(),
    )?;
    operator.ready().await?;
    let (memory_empty, _) = memory(operator.process().id())?;
    operator.stop().await?;

    let client = cluster.client().await?;
    let clusters: Api<AksCluster> = Api::namespaced(client.clone(), &namespace);
    let pools: Api<AksNodePool> = Api::namespaced(client, &namespace);
    let manifests = names.iter().map(|name| fleet::cluster(&simulator, name));
    fleet::apply(&clusters, manifests.collect::<Result<_, _>>()?).await?;
    let manifests = names
        .iter()
        .flat_map(|name| (1..=arguments.pools).map(move |number| fleet::pool(name, number)));
    fleet::apply(&pools, manifests.collect::<Result<_, _>>()?).await?;

    operator.restart()?;
    operator.ready().await?;
    let process = operator.process().id();
    let meter = Meter::start(cluster, &simulator, &operator).await?;
    fleet::ready(&clusters, names.len()).await?;
    let rebuilt = meter.read().await?;

    // The last passes of the start, woken by their own writes.
    tokio::time::sleep(2 * LIST_INTERVAL).await;
    let meter = Meter::start(cluster, &simulator, &operator).await?;
    tokio::time::sleep(arguments.intervals * LIST_INTERVAL).await;
    let idle = meter.read().await?;
    let (memory_idle, memory_most) = memory(process)?;

    let meter = Meter::start(cluster, &simulator, &operator).await?;
    let started = Instant::now();
    for round in 1..=arguments.rounds {
        fleet::touch(&clusters, &names, round).await?;
        let expected = u64::from(round) * names.len() as u64;
        until("every cluster has had its pass", PATIENCE, async || {
            Ok(meter.passes().await? >= expected)
        })
        .await?;
    }
    let seconds = started.elapsed().as_secs_f64();
    let mut woken = meter.read().await?;
    woken.kube_writes -= u64::from(arguments.rounds) * names.len() as u64;
    Ok(Steady {
        clusters: arguments.clusters,
        pools: arguments.clusters * arguments.pools,
        rebuilt,
        idle,
        intervals: arguments.intervals,
        passes_per_second: woken.passes as f64 / seconds,
        woken,
        memory_empty,
        memory_idle,
        memory_most,
    })
}
