//! Counts what the operator does, as Azure, the Kubernetes API and its own metrics see it.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use armature_lab::simulator::admin::{Admin, Requests};
use armature_lab::{ManagementCluster, OperatorProcess, Simulator};
use kube::Client;
use serde::Serialize;

use crate::Failure;

/// What the operator did in a stretch of time.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Tally {
    /// Calls to Azure by kind.
    pub arm_calls: BTreeMap<String, usize>,
    /// Calls that write to Azure.
    pub arm_writes: usize,
    /// Reads of single resources, that is every read but a LIST of clusters.
    pub arm_object_reads: usize,
    /// Writes to our objects and events that the Kubernetes API was asked for, by whomever.
    pub kube_writes: u64,
    /// Passes over a cluster and its pools.
    pub passes: u64,
    /// Mean duration of a pass in microseconds.
    pub pass_microseconds: f64,
    /// How long the stretch was, in seconds.
    pub seconds: f64,
}

/// Where the counts begin.
pub struct Meter<'a> {
    simulator: &'a Admin,
    kube: Client,
    operator: String,
    before: Counts,
    started: Instant,
}

/// Counters that only go up.
struct Counts {
    kube_writes: f64,
    passes: f64,
    pass_seconds: f64,
}

impl<'a> Meter<'a> {
    /// Begins to count. One at a time: it clears the simulator's log.
    pub async fn start(
        cluster: &ManagementCluster,
        simulator: &'a Simulator,
        operator: &OperatorProcess,
    ) -> Result<Self, Failure> {
        let (kube, operator) = (cluster.client().await?, operator.admin());
        simulator.admin().clear_requests().await?;
        Ok(Self {
            simulator: simulator.admin(),
            before: counts(&kube, &operator).await?,
            kube,
            operator,
            started: Instant::now(),
        })
    }

    /// The passes so far.
    pub async fn passes(&self) -> Result<u64, Failure> {
        Ok((own(&self.operator).await?.passes - self.before.passes) as u64)
    }

    /// What was done since the start.
    pub async fn read(&self) -> Result<Tally, Failure> {
        let seconds = self.started.elapsed().as_secs_f64();
        let now = counts(&self.kube, &self.operator).await?;
        let azure = |writes| Requests {
            path: Some("/subscriptions/".to_owned()),
            writes: Some(writes),
            ..Requests::default()
        };
        let writes = self.simulator.requests(&azure(true)).await?;
        let reads = self.simulator.requests(&azure(false)).await?;
        let mut arm_calls = BTreeMap::new();
        for request in writes.iter().chain(&reads) {
            *arm_calls.entry(request.call.clone()).or_default() += 1;
        }
        let passes = now.passes - self.before.passes;
        Ok(Tally {
            arm_calls,
            arm_writes: writes.len(),
            arm_object_reads: reads
                .iter()
                .filter(|read| !read.call.starts_with("ManagedClusters_List"))
                .count(),
            kube_writes: (now.kube_writes - self.before.kube_writes) as u64,
            passes: passes as u64,
            pass_microseconds: 1e6 * (now.pass_seconds - self.before.pass_seconds) / passes.max(1.0),
            seconds,
        })
    }
}

async fn counts(kube: &Client, operator: &str) -> Result<Counts, Failure> {
    let request = axum::http::Request::get("/metrics").body(Vec::new())?;
    let api_server = kube.request_text(request).await?;
    let ours = |labels: &str| {
        ["aksclusters", "aksnodepools", "events"]
            .iter()
            .any(|name| has(labels, "resource", name))
    };
    let writes = |labels: &str| {
        ["POST", "PUT", "PATCH", "APPLY", "DELETE"]
            .iter()
            .any(|verb| has(labels, "verb", verb))
    };
    Ok(Counts {
        kube_writes: sum(&api_server, "apiserver_request_total", |labels| {
            ours(labels) && writes(labels)
        }),
        ..own(operator).await?
    })
}

async fn own(operator: &str) -> Result<Counts, Failure> {
    let metrics = reqwest::get(format!("{operator}/metrics")).await?.text().await?;
    Ok(Counts {
        kube_writes: 0.0,
        passes: sum(&metrics, "armature_reconcile_duration_seconds_count", |_| true),
        pass_seconds: sum(&metrics, "armature_reconcile_duration_seconds_sum", |_| true),
    })
}

/// The sum over the samples of a metric whose labels are wanted.
fn sum(metrics: &str, name: &str, wanted: impl Fn(&str) -> bool) -> f64 {
    let samples = metrics
        .lines()
        .filter_map(|line| line.strip_prefix(name)?.rsplit_once(' '));
    samples
        .filter(|(labels, _)| (labels.is_empty() || labels.starts_with('{')) && wanted(labels))
        .filter_map(|(_, value)| value.parse::<f64>().ok())
        .sum()
}

fn has(labels: &str, name: &str, value: &str) -> bool {
    labels.contains(&format!("{name}=\"{value}\""))
}

/// Memory that the process holds now and held at most, in MiB (`VmRSS` and `VmHWM` of Linux).
pub fn memory(process: u32) -> Result<(f64, f64), Failure> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status"))?;
    let kib = |name: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(name))?;
        line.trim_start_matches(':')
            .trim()
            .strip_suffix(" kB")?
            .parse::<f64>()
            .ok()
    };
    let found = kib("VmRSS").zip(kib("VmHWM"));
    let (now, most) = found.ok_or_else(|| format!("/proc/{process}/status names no memory"))?;
    Ok((now / 1024.0, most / 1024.0))
}

/// Asks again and again until the answer is yes.
pub async fn until(
    what: &str,
    limit: Duration,
    mut done: impl AsyncFnMut() -> Result<bool, Failure>,
) -> Result<(), Failure> {
    let end = Instant::now() + limit;
    while !done().await? {
        if Instant::now() > end {
            return Err(format!("{what}: not within {} s", limit.as_secs()).into());
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    Ok(())
}
