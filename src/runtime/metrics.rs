//! The operator's own metrics. Labels are closed sets, never object names: the number of series stays bounded.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use prometheus_client::encoding::{EncodeLabelSet, EncodeLabelValue};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;

/// The registry that `/metrics` prints; the ARM client registers its own families in it.
pub type SharedRegistry = Arc<Mutex<Registry>>;

/// From a pass that only compares (well under a millisecond) to one that waits for several Azure answers.
const RECONCILE_SECONDS: [f64; 12] = [0.0005, 0.001, 0.005, 0.01, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0, 30.0];

/// How a reconcile pass ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EncodeLabelValue)]
pub enum ReconcileOutcome {
    /// Nothing to do: Azure is as the spec says.
    InSync,
    /// A change was sent to Azure.
    Acted,
    /// An operation runs, or something else has to happen first.
    Waiting,
    /// There are changes that a gate, a policy or a user holds back.
    Held,
    /// Only a user can put it right.
    Stalled,
    /// It failed and is tried again.
    Failed,
    /// The object has been let go.
    Released,
}

/// What became of one step sent to Azure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EncodeLabelValue)]
pub enum StepResult {
    /// Azure accepted it.
    Started,
    /// It came to its end.
    Succeeded,
    /// Azure refused it or it failed on the way.
    Failed,
    /// It was canceled in Azure.
    Canceled,
    /// Azure can't be asked any more how it went.
    Lost,
}

/// Kinds the operator reads or writes in the management cluster.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EncodeLabelValue)]
pub enum ObjectKind {
    /// `AksCluster`
    AksCluster,
    /// `AksNodePool`
    AksNodePool,
    /// `AzureIdentity`
    AzureIdentity,
    /// `Event`
    Event,
}

/// The value of an object's `Ready` condition.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EncodeLabelValue)]
pub enum ReadyLabel {
    /// `Ready=True`
    True,
    /// `Ready=False`
    False,
    /// `Ready=Unknown`, or none yet.
    Unknown,
}

/// What was written to the management cluster.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EncodeLabelValue)]
pub enum KubeVerb {
    /// An object was created.
    Create,
    /// Metadata: finalizers or annotations.
    Patch,
    /// The status subresource.
    Status,
    /// An object was deleted.
    Delete,
}

/// What became of a write to the management cluster.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EncodeLabelValue)]
pub enum WriteResult {
    /// It was stored.
    Succeeded,
    /// Somebody else wrote first.
    Conflict,
    /// It failed.
    Failed,
    /// No answer came in time.
    Timeout,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ReconcileLabels {
    outcome: ReconcileOutcome,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct StepLabels {
    step: &'static str,
    result: StepResult,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ObjectLabels {
    kind: ObjectKind,
    ready: ReadyLabel,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct KindLabels {
    kind: ObjectKind,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct WriteLabels {
    kind: ObjectKind,
    verb: KubeVerb,
    result: WriteResult,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct PanicLabels {
    kind: ObjectKind,
}

/// What the operator counts. Cheap to clone; all clones count together.
#[derive(Clone, Debug)]
pub struct Metrics {
    reconciles: Family<ReconcileLabels, Counter>,
    reconcile_duration: Histogram,
    steps: Family<StepLabels, Counter>,
    objects: Family<ObjectLabels, Gauge>,
    unreadable: Family<KindLabels, Gauge>,
    kube_writes: Family<WriteLabels, Counter>,
    panics: Family<PanicLabels, Counter>,
}

impl Metrics {
    /// Registers the operator's families in `registry`, each name beginning with `armature_`.
    pub fn register(registry: &mut Registry) -> Self {
        let metrics = Self {
            reconciles: Family::default(),
            reconcile_duration: Histogram::new(RECONCILE_SECONDS),
            steps: Family::default(),
            objects: Family::default(),
            unreadable: Family::default(),
            kube_writes: Family::default(),
            panics: Family::default(),
        };
        let Self {
            reconciles,
            reconcile_duration,
            steps,
            objects,
            unreadable,
            kube_writes,
            panics,
        } = &metrics;
        registry.register(
            "armature_reconcile",
            "Reconcile passes over a cluster and its pools",
            reconciles.clone(),
        );
        registry.register(
            "armature_reconcile_duration_seconds",
            "Time one reconcile pass took",
            reconcile_duration.clone(),
        );
        registry.register("armature_steps", "Steps sent to Azure", steps.clone());
        registry.register(
            "armature_objects",
            "Objects by the value of their Ready condition",
            objects.clone(),
        );
        registry.register(
            "armature_unreadable_objects",
            "Objects that can't be read; their events and the log say why",
            unreadable.clone(),
        );
        registry.register(
            "armature_kube_writes",
            "Writes to the management cluster",
            kube_writes.clone(),
        );
        registry.register(
            "armature_panics",
            "Passes over an object that a fault in Armature ended",
            panics.clone(),
        );
        metrics
    }

    /// A reconcile pass ended after `took`.
    pub fn reconciled(&self, outcome: ReconcileOutcome, took: Duration) {
        self.reconciles.get_or_create(&ReconcileLabels { outcome }).inc();
        self.reconcile_duration.observe(took.as_secs_f64());
    }

    /// Something became of a step; `step` is the step's name as logs and events show it.
    pub fn step(&self, step: &'static str, result: StepResult) {
        self.steps.get_or_create(&StepLabels { step, result }).inc();
    }

    /// There are now `count` objects of this kind with this value of `Ready`.
    pub fn objects(&self, kind: ObjectKind, ready: ReadyLabel, count: usize) {
        self.objects
            .get_or_create(&ObjectLabels { kind, ready })
            .set(i64::try_from(count).unwrap_or(i64::MAX));
    }

    /// A pass over an object of this kind panicked.
    pub fn panicked(&self, kind: ObjectKind) {
        self.panics.get_or_create(&PanicLabels { kind }).inc();
    }

    /// There are now `count` objects of this kind that can't be read.
    pub fn unreadable(&self, kind: ObjectKind, count: usize) {
        self.unreadable
            .get_or_create(&KindLabels { kind })
            .set(i64::try_from(count).unwrap_or(i64::MAX));
    }

    /// Something was written to the management cluster.
    pub fn kube_write(&self, kind: ObjectKind, verb: KubeVerb, result: WriteResult) {
        self.kube_writes
            .get_or_create(&WriteLabels { kind, verb, result })
            .inc();
    }
}

#[cfg(test)]
mod tests {
    use prometheus_client::encoding::text;

    use super::*;

    #[test]
    fn everything_counted_is_printed_under_its_documented_name() {
        let mut registry = Registry::default();
        let metrics = Metrics::register(&mut registry);
        metrics.reconciled(ReconcileOutcome::InSync, Duration::from_millis(2));
        metrics.step("CreateCluster", StepResult::Started);
        metrics.objects(ObjectKind::AksCluster, ReadyLabel::True, 3);
        metrics.objects(ObjectKind::AksCluster, ReadyLabel::True, 2);
        metrics.panicked(ObjectKind::AksCluster);
        metrics.unreadable(ObjectKind::AksNodePool, 1);
        metrics.kube_write(ObjectKind::AksNodePool, KubeVerb::Status, WriteResult::Conflict);
        let mut printed = String::new();
        text::encode(&mut printed, &registry).unwrap();
        for line in [
            "armature_reconcile_total{outcome=\"InSync\"} 1",
            "armature_reconcile_duration_seconds_count 1",
            "armature_steps_total{step=\"CreateCluster\",result=\"Started\"} 1",
            "armature_objects{kind=\"AksCluster\",ready=\"True\"} 2",
            "armature_panics_total{kind=\"AksCluster\"} 1",
            "armature_unreadable_objects{kind=\"AksNodePool\"} 1",
            "armature_kube_writes_total{kind=\"AksNodePool\",verb=\"Status\",result=\"Conflict\"} 1",
        ] {
            assert!(
                printed.lines().any(|printed| printed == line),
                "{line} is missing in\n{printed}"
            );
        }
    }
}
