//! The arguments of `armature-lab demo`.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

/// How the demo runs.
#[derive(Debug, Clone, Args)]
pub struct DemoArgs {
    /// End as soon as everything is Ready; the exit status is 0 then, for scripts.
    #[arg(long)]
    pub once: bool,

    /// Simulated seconds in Azure per real second, 1 to 600; at 60 a minute passes in each second.
    #[arg(long, default_value_t = 60, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=600))]
    pub time_scale: u16,

    /// Folder of the manifests to apply.
    #[arg(long, default_value = "examples/quickstart", value_name = "DIR")]
    pub manifests: PathBuf,
}

impl DemoArgs {
    /// How long the manifests may take until all is Ready: half an hour of simulated time, which is three creations of
    /// a cluster, and two real minutes for a machine that is busy.
    pub(super) fn patience(&self) -> Duration {
        Duration::from_secs(120 + 30 * 60 / u64::from(self.time_scale))
    }
}
