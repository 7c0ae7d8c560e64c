//! What Armature costs: `cargo bench --bench reconcile` starts a control plane, the simulator and the operator, and
//! prints the calls, the time and the memory that a fleet takes. It asserts nothing.

mod create;
mod fleet;
mod meter;
mod report;
mod steady;

use std::error::Error;

use armature_api::crds::crds;
use armature_lab::{ControlPlane, Options};
use clap::Parser;

use report::Report;

/// An error that ends the benchmark.
type Failure = Box<dyn Error + Send + Sync>;

/// Measures the operator against a real Kubernetes API and a simulated Azure.
#[derive(Debug, Parser)]
struct Arguments {
    /// Clusters of the fleet
    #[arg(long, default_value_t = 100)]
    clusters: u32,
    /// Node pools of each cluster
    #[arg(long, default_value_t = 5)]
    pools: u32,
    /// Pauses between two LISTs that the idle fleet is watched for
    #[arg(long, default_value_t = 10)]
    intervals: u32,
    /// How often every cluster is woken without a reason
    #[arg(long, default_value_t = 10)]
    rounds: u32,
    /// Print JSON
    #[arg(long)]
    json: bool,
    /// Cargo gives it to every benchmark
    #[arg(long, hide = true)]
    bench: bool,
}

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let arguments = Arguments::parse();
    let control_plane = ControlPlane::start(Options::default()).await?;
    let cluster = control_plane.cluster();
    cluster.install_crds(&crds()).await?;
    let steady = steady::measure(cluster, &arguments).await?;
    let create = create::measure(cluster).await?;
    let report = Report { steady, create };
    if arguments.json {
        println!("{}", serde_json::to_string_pretty(&report)?);
    } else {
        report.print();
    }
    Ok(())
}
