//! Reasons why a plan, or a part of it, can't go on.

use super::change::Target;
use super::owner::Mark;
use super::path::Path;
use super::secret::SecretProblem;
use super::version::Version;

/// Something that stands in the way. Its variant name is the condition's reason, unless it carries one; its text is the
/// condition's message: what is wrong, where, and the way out.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum Blocker {
    /// The manifest can't be read.
    #[error("{field} is invalid: {problem}; correct it in the manifest")]
    InvalidSpec {
        /// The object it concerns.
        target: Target,
        /// The field as users write it.
        field: String,
        /// What is wrong with it.
        problem: String,
    },
    /// The cluster carries the mark of someone else.
    #[error(
        "the cluster in Azure belongs to {mark:?} by its tag armature-owner, so nothing is written to it; delete this object here or release the cluster there and remove the tag"
    )]
    ConflictingManager {
        /// The mark as written.
        mark: String,
    },
    /// The cluster does not carry our mark and may not be adopted.
    #[error(
        "a cluster of this name exists in Azure and {}, so nothing is written to it; set spec.adoptionPolicy to AfterPlan to see what adopting it would change, or choose another name",
        lost_mark.as_ref().map_or_else(
            || "was not made by Armature".to_owned(),
            |mark| format!("has lost its tag armature-owner (put {mark} back if that was a mistake)"),
        )
    )]
    AdoptionRefused {
        /// What it carried, if status says that one of this name was ours.
        lost_mark: Option<Mark>,
    },
    /// A pool was there before and may not be adopted.
    #[error(
        "pool {pool} exists in Azure and {owner}, so nothing is written to it; set spec.adoptionPolicy of the cluster to AfterPlan to adopt it, or choose another name"
    )]
    PoolAdoptionRefused {
        /// The pool.
        pool: String,
        /// Whose it is, as a clause.
        owner: String,
    },
    /// The cluster existed and is gone.
    #[error(
        "the cluster existed and Azure no longer has it; Armature never makes a cluster a second time on its own: to start anew, delete this object (armature release lets a protected one go) and apply it again"
    )]
    ClusterVanished,
    /// The resource group is missing and may not be made.
    #[error("resource group {group} does not exist; create it or set spec.resourceGroupPolicy to Create")]
    ResourceGroupMissing {
        /// Its name.
        group: String,
    },
    /// The live cluster is in another region.
    #[error(
        "the cluster in Azure is in {live}, the manifest says {wanted}; a cluster never moves and is never replaced: set spec.location back to {live}, or use another name for a new cluster"
    )]
    LocationMismatch {
        /// Where it is.
        live: String,
        /// Where the manifest puts it.
        wanted: String,
    },
    /// Azure never changes this on an existing cluster.
    #[error(
        "{path} can't be changed on an existing cluster (it is {from}, the manifest says {to}); set it back or make a new cluster"
    )]
    ForbiddenChange {
        /// The field.
        path: Path,
        /// The live value.
        from: String,
        /// The wanted value.
        to: String,
    },
    /// Azure changes this only with a new pool.
    #[error(
        "{path} of pool {pool} can't be changed in place (it is {from}, the manifest says {to}); set it back, or add a new pool with the new value and delete this one"
    )]
    ReplacementRequired {
        /// The pool.
        pool: String,
        /// The field.
        path: Path,
        /// The live value.
        from: String,
        /// The wanted value.
        to: String,
    },
    /// Objects or settings that do not go together.
    #[error("{problem}")]
    Incompatible {
        /// The object it concerns.
        target: Target,
        /// The condition's reason.
        reason: &'static str,
        /// Field, value and way out.
        problem: String,
    },
    /// Two objects describe one pool.
    #[error("AksNodePool {other} already describes pool {pool} of this cluster; give this one another spec.azureName")]
    DuplicatePool {
        /// The pool.
        pool: String,
        /// The object that goes first.
        other: String,
    },
    /// The only System pool can't go.
    #[error(
        "pool {pool} is the last System pool and AKS keeps at least one; add another System pool first, or delete the cluster"
    )]
    LastSystemPool {
        /// The pool.
        pool: String,
    },
    /// The version is not on offer.
    #[error("Kubernetes {wanted} is not offered for this cluster, which runs {running}; Azure offers {offered}")]
    VersionNotOffered {
        /// What the manifest asks for.
        wanted: Version,
        /// What runs.
        running: Version,
        /// What Azure offers.
        offered: String,
    },
    /// A pool would fall too far behind.
    #[error(
        "pool {pool} runs {running} and would be more than three minors behind {next}; raise its spec.orchestratorVersion, or set its spec.versionPolicy to Follow and remove spec.nodeImageVersion"
    )]
    SkewTooWide {
        /// The pool.
        pool: String,
        /// What it runs.
        running: Version,
        /// The next version of the control plane.
        next: Version,
    },
    /// A pool can't be newer than the control plane.
    #[error(
        "pool {pool} asks for {wanted} and the control plane is meant to run {control_plane}; a pool is never newer: raise spec.kubernetesVersion of the cluster first"
    )]
    PoolAheadOfControlPlane {
        /// The pool.
        pool: String,
        /// What it asks for.
        wanted: Version,
        /// What the control plane is meant to run.
        control_plane: Version,
    },
    /// An operation failed and resuming it can't help, or did not.
    #[error(
        "the last operation on {} ended as {state}{error} and is not resumed any more; fix the cause, then edit the manifest or request a reconcile to try again",
        target.in_words()
    )]
    ResumeExhausted {
        /// The object it concerns.
        target: Target,
        /// Failed or Canceled.
        state: String,
        /// What Azure says, as a clause.
        error: String,
    },
    /// An action of the manifest aborted the work.
    #[error(
        "the action {action} aborted the work on {}, so nothing is started on it; set the manifest to what you want, then take the action out of it to go on",
        target.in_words()
    )]
    Aborted {
        /// The object it concerns.
        target: Target,
        /// The name of the action.
        action: String,
    },
    /// Azure accepted a write and kept its own value.
    #[error(
        "Azure accepted {paths} and kept its own value, so writing it again would go on for ever; {}",
        if *cleared { "take what Azure does not unset out of spec.clear" } else { "set the manifest to the live value shown in status.plan" }
    )]
    NotConverging {
        /// The object it concerns.
        target: Target,
        /// The fields.
        paths: String,
        /// Whether they were to be unset.
        cleared: bool,
    },
    /// The manifest wants a preview that its identity may not use.
    #[error(
        "spec.armApiVersion {version} is a preview, and {} may not use previews; {}, or use a stable api-version",
        identity.as_ref().map_or_else(|| "the operator's own identity".to_owned(), |name| format!("AzureIdentity {name}")),
        if identity.is_some() { "set its spec.allowPreview to true" } else { "start the operator with --allow-preview" }
    )]
    PreviewNotAllowed {
        /// The api-version.
        version: String,
        /// The `AzureIdentity`; `None` for the operator's own.
        identity: Option<String>,
    },
    /// A preview feature is not registered in the subscription.
    #[error(
        "what is to be written needs the preview feature Microsoft.ContainerService/{feature}, which is {state} in subscription {subscription}; run az feature register --namespace Microsoft.ContainerService --name {feature} --subscription {subscription}, and once it is Registered az provider register --namespace Microsoft.ContainerService --subscription {subscription}"
    )]
    FeatureNotRegistered {
        /// The object it concerns.
        target: Target,
        /// The feature.
        feature: String,
        /// Its state as Azure names it.
        state: String,
        /// The subscription.
        subscription: String,
    },
    /// Azure never unsets this.
    #[error(
        "{path} can't be unset once it has a value; take it out of spec.clear, and set the value you want instead if there is one"
    )]
    NeverCleared {
        /// The object it concerns.
        target: Target,
        /// The property.
        path: Path,
    },
    /// A field names a Secret that can't be used.
    #[error("{field}: {problem}")]
    Secret {
        /// The field as users write it.
        field: &'static str,
        /// What is wrong with the Secret.
        problem: SecretProblem,
    },
    /// A lock that Armature may not lift keeps a step from happening.
    #[error("Armature can't {step}: {obstacle}")]
    ScopeLocked {
        /// The object it concerns.
        target: Target,
        /// The step.
        step: String,
        /// The lock and the way out.
        obstacle: Obstacle,
    },
    /// The cluster the operator runs on.
    #[error(
        "this is the cluster Armature runs on: it is never {action} by Armature; use another management cluster or the Azure portal for that"
    )]
    OwnCluster {
        /// What was asked for.
        action: &'static str,
    },
}

impl Blocker {
    /// The condition reason.
    pub fn reason(&self) -> &'static str {
        match self {
            Self::InvalidSpec { .. } => "InvalidSpec",
            Self::ConflictingManager { .. } => "ConflictingManager",
            Self::AdoptionRefused { .. } | Self::PoolAdoptionRefused { .. } => "AdoptionRefused",
            Self::ClusterVanished => "ClusterVanished",
            Self::ResourceGroupMissing { .. } => "ResourceGroupMissing",
            Self::LocationMismatch { .. } => "LocationMismatch",
            Self::ForbiddenChange { .. } => "ForbiddenChange",
            Self::ReplacementRequired { .. } => "ReplacementRequired",
            Self::Incompatible { reason, .. } => reason,
            Self::DuplicatePool { .. } => "DuplicatePool",
            Self::LastSystemPool { .. } => "LastSystemPool",
            Self::VersionNotOffered { .. } => "VersionNotOffered",
            Self::SkewTooWide { .. } => "SkewTooWide",
            Self::PoolAheadOfControlPlane { .. } => "PoolAheadOfControlPlane",
            Self::ResumeExhausted { .. } => "ResumeExhausted",
            Self::Aborted { .. } => "Aborted",
            Self::NotConverging { .. } => "NotConverging",
            Self::PreviewNotAllowed { .. } => "PreviewNotAllowed",
            Self::FeatureNotRegistered { .. } => "FeatureNotRegistered",
            Self::NeverCleared { .. } => "NeverCleared",
            Self::Secret { problem, .. } => problem.reason(),
            Self::ScopeLocked { .. } => "ScopeLocked",
            Self::OwnCluster { .. } => "OwnCluster",
        }
    }

    /// The object whose condition shows it.
    pub fn target(&self) -> Target {
        match self {
            Self::ConflictingManager { .. }
            | Self::AdoptionRefused { .. }
            | Self::ClusterVanished
            | Self::ResourceGroupMissing { .. }
            | Self::LocationMismatch { .. }
            | Self::ForbiddenChange { .. }
            | Self::VersionNotOffered { .. }
            | Self::Secret { .. }
            | Self::PreviewNotAllowed { .. }
            | Self::OwnCluster { .. } => Target::Cluster,
            Self::InvalidSpec { target, .. }
            | Self::Incompatible { target, .. }
            | Self::ResumeExhausted { target, .. }
            | Self::Aborted { target, .. }
            | Self::NotConverging { target, .. }
            | Self::NeverCleared { target, .. }
            | Self::ScopeLocked { target, .. }
            | Self::FeatureNotRegistered { target, .. } => target.clone(),
            Self::PoolAdoptionRefused { pool, .. }
            | Self::ReplacementRequired { pool, .. }
            | Self::DuplicatePool { pool, .. }
            | Self::LastSystemPool { pool }
            | Self::SkewTooWide { pool, .. }
            | Self::PoolAheadOfControlPlane { pool, .. } => Target::Pool(pool.clone()),
        }
    }

    /// Whether it concerns this object among those of its target: of several objects for one pool the first is in order.
    pub fn concerns(&self, object: &str) -> bool {
        !matches!(self, Self::DuplicatePool { other, .. } if other == object)
    }

    /// Whether nothing at all may be written to the cluster while it stands.
    pub fn stops_everything(&self) -> bool {
        matches!(
            self,
            Self::ConflictingManager { .. }
                | Self::AdoptionRefused { .. }
                | Self::ClusterVanished
                | Self::PreviewNotAllowed { .. }
                | Self::LocationMismatch { .. }
        ) || matches!(
            self,
            Self::InvalidSpec {
                target: Target::Cluster,
                ..
            }
        )
    }
}

/// Something that passes without anybody doing anything, or that is simply the case: nothing is wrong.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum Wait {
    /// A create needs a System pool.
    #[error(
        "a cluster needs a System pool: apply an AksNodePool with spec.clusterRef.name {cluster} and spec.mode System in this namespace"
    )]
    WaitingForSystemPool {
        /// The name of the `AksCluster`.
        cluster: String,
    },
    /// Pools were edited a moment ago and more may come.
    #[error("the set of node pools changed a moment ago; the cluster is created once it has been quiet")]
    PoolSetSettling,
    /// AKS works on something.
    #[error("Azure is working on {} ({state}); changes wait for the end of it", target.in_words())]
    AzureBusy {
        /// What it works on.
        target: Target,
        /// The provisioning state.
        state: String,
    },
    /// A pool's deletion waits, in case its cluster goes too.
    #[error("pool {pool} is deleted shortly, unless its cluster goes first")]
    PoolDeleteGrace {
        /// The pool.
        pool: String,
    },
}

impl Wait {
    /// The condition reason.
    pub fn reason(&self) -> &'static str {
        match self {
            Self::WaitingForSystemPool { .. } => "WaitingForSystemPool",
            Self::PoolSetSettling => "PoolSetSettling",
            Self::AzureBusy { .. } => "AzureBusy",
            Self::PoolDeleteGrace { .. } => "PoolDeleteGrace",
        }
    }

    /// The object whose condition shows it.
    pub fn target(&self) -> Target {
        match self {
            Self::WaitingForSystemPool { .. } | Self::PoolSetSettling => Target::Cluster,
            Self::AzureBusy { target, .. } => target.clone(),
            Self::PoolDeleteGrace { pool } => Target::Pool(pool.clone()),
        }
    }
}

/// A lock that Armature may not lift, and what to do about it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{lock} keeps it from happening; {way_out}")]
pub struct Obstacle {
    /// The lock, in words.
    pub lock: String,
    /// What a person can do, a clause.
    pub way_out: String,
}
