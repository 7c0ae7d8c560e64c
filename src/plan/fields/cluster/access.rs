//! Who reaches the API server and how they sign in.

use crate::plan::compare::Compare::{CaseInsensitive, CidrSet, Exact, Set};
use crate::plan::effect::Effect::{InPlace, NetworkInterruption};
use crate::plan::effect::EffectRule::ByValue;
use crate::plan::fields::transitions as by;
use crate::plan::fields::{Clear, Field, always};

/// The rows.
pub const FIELDS: &[Field] = &[
    Field::new(
        "properties.apiServerAccessProfile.authorizedIPRanges",
        CidrSet,
        always(InPlace),
        "api-server-authorized-ip-ranges",
        Clear::Empty,
    ),
    Field::new(
        "properties.apiServerAccessProfile.enablePrivateCluster",
        Exact,
        ByValue(by::private_cluster),
        "api-server-vnet-integration",
        Clear::Write("false"),
    ),
    Field::new(
        "properties.apiServerAccessProfile.privateDNSZone",
        CaseInsensitive,
        ByValue(by::private_dns_zone),
        "private-clusters",
        Clear::Write("none"),
    ),
    Field::new(
        "properties.apiServerAccessProfile.enablePrivateClusterPublicFQDN",
        Exact,
        always(InPlace),
        "private-clusters",
        Clear::Write("false"),
    ),
    Field::new(
        "properties.apiServerAccessProfile.disableRunCommand",
        Exact,
        always(InPlace),
        "access-private-cluster",
        Clear::Write("false"),
    ),
    Field::new(
        "properties.apiServerAccessProfile.enableVnetIntegration",
        Exact,
        ByValue(by::vnet_integration),
        "api-server-vnet-integration",
        Clear::Never,
    ),
    Field::new(
        "properties.apiServerAccessProfile.subnetId",
        CaseInsensitive,
        ByValue(by::api_server_subnet),
        "api-server-vnet-integration",
        Clear::Never,
    ),
    Field::new(
        "properties.publicNetworkAccess",
        CaseInsensitive,
        always(NetworkInterruption),
        "AKS#4220",
        Clear::Write("Enabled"),
    )
    .absent("Enabled"),
    Field::new(
        "properties.disableLocalAccounts",
        Exact,
        always(InPlace),
        "local-accounts",
        Clear::Write("false"),
    ),
    Field::new(
        "properties.oidcIssuerProfile.enabled",
        Exact,
        ByValue(by::oidc_issuer),
        "use-oidc-issuer",
        Clear::Never,
    ),
    Field::new(
        "properties.aadProfile.managed",
        Exact,
        ByValue(by::entra_managed),
        "entra-id-control-plane-authentication",
        Clear::Never,
    ),
    Field::new(
        "properties.aadProfile.enableAzureRBAC",
        Exact,
        always(InPlace),
        "entra-id-authorization",
        Clear::Write("false"),
    ),
    Field::new(
        "properties.aadProfile.adminGroupObjectIDs",
        Set,
        always(InPlace),
        "az aks update --aad-admin-group-object-ids",
        Clear::Never,
    ),
    Field::new(
        "properties.aadProfile.tenantID",
        CaseInsensitive,
        always(InPlace),
        "az aks update --aad-tenant-id",
        Clear::Never,
    ),
];
