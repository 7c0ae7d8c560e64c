//! Kubernetes versions and upgrades.

use super::Retry::User;
use super::{CodeEntry, row};

pub(super) const CODES: &[CodeEntry] = &[
    row(
        "K8sVersionNotSupported",
        User,
        "The region does not offer this Kubernetes version.",
        "Choose a version from `az aks get-versions`.",
    ),
    row(
        "AgentPoolK8sVersionNotSupported",
        User,
        "The region does not offer this Kubernetes version for pools.",
        "Choose a version from `az aks get-versions`.",
    ),
    row(
        "NodePoolMcVersionIncompatible",
        User,
        "The versions of the pool and the control plane are too far apart, or the pool's is the later one.",
        "Upgrade the control plane first, and keep each pool within three minor versions below it.",
    ),
    row(
        "AgentPoolUpgradeVersionNotAllowed",
        User,
        "The pool cannot go from its version to this one in one step.",
        "Go one minor version at a time, and never down.",
    ),
    row(
        "NotAllAgentPoolOrchestratorVersionSpecifiedAndUnchanged",
        User,
        "A cluster update named the versions of its pools, but not all of them or not unchanged.",
        "Set pool versions on the pools only; with automatic upgrades on, AKS also refuses to upgrade the control plane alone.",
    ),
    row(
        "ValidationError",
        User,
        "AKS checked the change and refused it.",
        "Correct what the message names; the subcode says which check it was.",
    ),
    row(
        "UpgradeBlockedOnDeprecatedAPIUsage",
        User,
        "Something in the cluster used a Kubernetes API lately that the new version no longer has.",
        "Move the clients that the message names to the newer API and wait for 12 hours, or force the upgrade.",
    ),
    row(
        "UnsatisfiablePDB",
        User,
        "A PodDisruptionBudget allows no pod to be evicted, so nodes could never be drained.",
        "Loosen the PodDisruptionBudget that the message names, or remove it.",
    ),
    row(
        "UpgradeFailed",
        User,
        "A node could not be drained, most often because of a PodDisruptionBudget.",
        "Make the pod that the message names evictable; the same version is then applied again.",
    ),
    row(
        "PodDrainFailure",
        User,
        "A node could not be drained, most often because of a PodDisruptionBudget.",
        "Make the pod that the message names evictable; the same version is then applied again.",
    ),
];
