//! The calls it takes to create one cluster with three pools.

use std::collections::BTreeMap;

use armature_api::{AksCluster, AksNodePool};
use armature_lab::{ManagementCluster, OperatorProcess, SimClock, SimOptions, Simulator};
use kube::Api;

use crate::Failure;
use crate::fleet;
use crate::meter::Meter;

/// Simulated seconds in a real one. The operator's pauses are shortened by the same factor, so that the number of its
/// questions is that of a creation in real time.
const SCALE: f64 = 20.0;
/// The pools of the cluster.
const POOLS: u32 = 3;

/// Creates a cluster and counts the calls to Azure by kind, sign-in included.
pub async fn measure(cluster: &ManagementCluster) -> Result<BTreeMap<String, usize>, Failure> {
    let namespace = cluster.namespace("create").await?;
    let options = SimOptions {
        clock: SimClock::Scaled(SCALE),
        ..SimOptions::default()
    };
    let simulator = Simulator::start(&options).await?;
    let scaled = |name: &str, seconds: f64| format!("--{name}={}ms", (seconds / SCALE * 1e3).round());
    let mut operator = OperatorProcess::start(
        cluster,
        [
            format!("--namespace={namespace}"),
            format!("--operator-namespace={namespace}"),
            format!("--own-identity-namespaces={namespace}"),
            format!("--installation-id={}", fleet::INSTALLATION),
            scaled("list-interval", 30.0),
            scaled("operation-poll-interval", 15.0),
            scaled("pool-quiet-period", 10.0),
        ],
        simulator.access().operator_environment(),
    )?;
    operator.ready().await?;

    let client = cluster.client().await?;
    let clusters: Api<AksCluster> = Api::namespaced(client.clone(), &namespace);
    let pools: Api<AksNodePool> = Api::namespaced(client, &namespace);
    let meter = Meter::start(cluster, &simulator, &operator).await?;
    let of_pools = (1..=POOLS).map(|number| fleet::pool("prod", number));
    fleet::apply(&pools, of_pools.collect::<Result<Vec<_>, _>>()?).await?;
    fleet::apply(&clusters, vec![fleet::cluster(&simulator, "prod")?]).await?;
    fleet::ready(&clusters, 1).await?;
    Ok(meter.read().await?.arm_calls)
}
