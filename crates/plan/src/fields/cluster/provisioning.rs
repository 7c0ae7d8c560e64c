//! Nodes that AKS makes by itself, where nodes get their software from, and the scheduler.

use crate::compare::Compare::{CaseInsensitive, Exact};
use crate::effect::Effect::{Forbidden, InPlace};
use crate::effect::EffectRule::ByValue;
use crate::fields::transitions as by;
use crate::fields::{Clear, Field, always};

/// The rows.
pub const FIELDS: &[Field] = &[
    Field::new(
        "properties.nodeProvisioningProfile.mode",
        CaseInsensitive,
        always(InPlace),
        "use-node-auto-provisioning",
        Clear::text("Manual"),
    )
    .absent("Manual"),
    Field::new(
        "properties.nodeProvisioningProfile.defaultNodePools",
        CaseInsensitive,
        ByValue(by::default_node_pools),
        "SDK: default_node_pools",
        Clear::text("Auto"),
    )
    .absent("Auto"),
    Field::new(
        "properties.bootstrapProfile.artifactSource",
        CaseInsensitive,
        ByValue(by::node_setting),
        "network-isolated",
        Clear::text("Direct"),
    )
    .absent("Direct"),
    Field::new(
        "properties.bootstrapProfile.containerRegistryId",
        CaseInsensitive,
        ByValue(by::node_setting),
        "network-isolated",
        Clear::Never,
    ),
    Field::new(
        "properties.schedulerProfile.upstream.schedulerConfigMode",
        CaseInsensitive,
        always(InPlace),
        "configure-aks-scheduler",
        Clear::text("Default"),
    )
    .absent("Default"),
    Field::new(
        "properties.hostedSystemProfile.enabled",
        Exact,
        always(Forbidden),
        "automatic/aks-automatic-managed-system-node-pools-about",
        Clear::Never,
    ),
    Field::new(
        "properties.hostedSystemProfile.systemNodeSubnetID",
        CaseInsensitive,
        always(Forbidden),
        "automatic/aks-automatic-managed-system-node-pools-about",
        Clear::Never,
    ),
    Field::new(
        "properties.hostedSystemProfile.nodeSubnetID",
        CaseInsensitive,
        always(Forbidden),
        "automatic/aks-automatic-managed-system-node-pools-about",
        Clear::Never,
    ),
];
