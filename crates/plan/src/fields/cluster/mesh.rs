//! The service mesh.

use crate::compare::Compare::{CaseInsensitive, Parts, Set};
use crate::effect::Effect::InPlace;
use crate::effect::EffectRule::ByValue;
use crate::fields::transitions as by;
use crate::fields::{Clear, Field, always};

/// The rows.
pub const FIELDS: &[Field] = &[
    Field::new(
        "properties.serviceMeshProfile.mode",
        CaseInsensitive,
        ByValue(by::service_mesh),
        "istio-uninstall-addon",
        Clear::text("Disabled"),
    )
    .absent("Disabled"),
    Field::new(
        "properties.serviceMeshProfile.istio.revisions",
        Set,
        always(InPlace),
        "istio-upgrade",
        Clear::Never,
    ),
    Field::new(
        "properties.serviceMeshProfile.istio.components.ingressGateways",
        Parts,
        ByValue(by::mesh_gateways),
        "istio-deploy-ingress",
        Clear::SwitchOff,
    ),
    Field::new(
        "properties.serviceMeshProfile.istio.components.egressGateways",
        Parts,
        ByValue(by::mesh_gateways),
        "istio-deploy-egress",
        Clear::SwitchOff,
    ),
    Field::new(
        "properties.serviceMeshProfile.istio.components.proxyRedirectionMechanism",
        CaseInsensitive,
        always(InPlace),
        "istio-cni",
        Clear::Never,
    ),
    Field::new(
        "properties.serviceMeshProfile.istio.certificateAuthority.plugin.keyVaultId",
        CaseInsensitive,
        ByValue(by::mesh_authority),
        "istio-plugin-ca",
        Clear::Never,
    ),
    Field::new(
        "properties.serviceMeshProfile.istio.certificateAuthority.plugin.certObjectName",
        CaseInsensitive,
        ByValue(by::mesh_authority),
        "istio-plugin-ca",
        Clear::Never,
    ),
    Field::new(
        "properties.serviceMeshProfile.istio.certificateAuthority.plugin.keyObjectName",
        CaseInsensitive,
        ByValue(by::mesh_authority),
        "istio-plugin-ca",
        Clear::Never,
    ),
    Field::new(
        "properties.serviceMeshProfile.istio.certificateAuthority.plugin.rootCertObjectName",
        CaseInsensitive,
        ByValue(by::mesh_authority),
        "istio-plugin-ca",
        Clear::Never,
    ),
    Field::new(
        "properties.serviceMeshProfile.istio.certificateAuthority.plugin.certChainObjectName",
        CaseInsensitive,
        ByValue(by::mesh_authority),
        "istio-plugin-ca",
        Clear::Never,
    ),
];
