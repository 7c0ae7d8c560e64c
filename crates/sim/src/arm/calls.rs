//! Every call that the simulator knows, and the facts about each: name, action, throttling kind, what it acts on.

use std::borrow::Cow;

use super::children::kinds::ChildCall;
use super::features::FeatureCall;
use super::ids::{ChildRef, ClusterRef, GroupRef};
use super::machines::MachineRef;
use crate::resources::call::ResourceCall;
use crate::throttle::Kind;

/// A subscription's region.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LocationRef {
    /// Subscription id.
    pub subscription: String,
    /// Region name.
    pub region: String,
}

/// One call that the simulator knows, with what it names.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(
    missing_docs,
    reason = "the names are those of the operations in the OpenAPI description"
)]
pub enum Call {
    TenantsList,
    SubscriptionsList,
    SubscriptionsGet(String),
    SubscriptionsListLocations(String),
    ProvidersList(String),
    ProvidersGet { subscription: String, namespace: String },
    ProvidersRegister { subscription: String, namespace: String },
    Feature(FeatureCall),
    ResourcesList(String),
    ResourcesListByResourceGroup(GroupRef),
    ResourceGroupsList(String),
    ResourceGroupsGet(GroupRef),
    ResourceGroupsCheckExistence(GroupRef),
    ResourceGroupsCreateOrUpdate(GroupRef),
    ResourceGroupsUpdate(GroupRef),
    ResourceGroupsDelete(GroupRef),
    GroupOperationResult { subscription: String, id: String },
    ManagedClustersList(String),
    ManagedClustersListByResourceGroup(GroupRef),
    ManagedClustersGet(ClusterRef),
    ManagedClustersCreateOrUpdate(ClusterRef),
    ManagedClustersUpdateTags(ClusterRef),
    ManagedClustersDelete(ClusterRef),
    ManagedClustersStart(ClusterRef),
    ManagedClustersStop(ClusterRef),
    ManagedClustersAbort(ClusterRef),
    ManagedClustersGetUpgradeProfile(ClusterRef),
    ManagedClustersListUserCredentials(ClusterRef),
    ManagedClustersListAdminCredentials(ClusterRef),
    ManagedClustersListMonitoringCredentials(ClusterRef),
    ManagedClustersListKubernetesVersions(LocationRef),
    TrustedAccessRolesList(LocationRef),
    PrivateLinkResourcesList(ClusterRef),
    AgentPoolsList(ClusterRef),
    AgentPoolsGet(ChildRef),
    AgentPoolsCreateOrUpdate(ChildRef),
    AgentPoolsDelete(ChildRef),
    AgentPoolsAbort(ChildRef),
    AgentPoolsGetUpgradeProfile(ChildRef),
    AgentPoolsUpgradeNodeImage(ChildRef),
    AgentPoolsGetAvailableVersions(ClusterRef),
    AgentPoolsDeleteMachines(ChildRef),
    MachinesList(ChildRef),
    MachinesGet(MachineRef),
    ManagedClustersRunCommand(ClusterRef),
    ManagedClustersGetCommandResult(ChildRef),
    ManagedClustersRotateClusterCertificates(ClusterRef),
    ManagedClustersRotateServiceAccountSigningKeys(ClusterRef),
    ManagedClustersResetServicePrincipalProfile(ClusterRef),
    ManagedClustersResetAadProfile(ClusterRef),
    Child(ChildCall),
    OperationStatus { location: LocationRef, id: String },
    OperationResult { location: LocationRef, id: String },
    Resource(ResourceCall),
}

/// Facts about a kind of call that do not depend on what it names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallFacts {
    /// Name in logs, counters and fault patterns.
    pub name: Cow<'static, str>,
    /// The action that a role has to permit.
    pub action: Cow<'static, str>,
    /// What the gateway counts it as.
    pub kind: Kind,
    /// Whether it starts a long-running operation.
    pub starts_operation: bool,
}

/// What a call acts on, for throttling and for role assignments.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target<'a> {
    /// Nothing inside a subscription.
    Tenant,
    /// A subscription, or something that belongs to it as a whole.
    Subscription(&'a str),
    /// A region of a subscription.
    Location(&'a LocationRef),
    /// A resource group.
    Group(&'a GroupRef),
    /// A cluster or one of its children.
    Cluster(&'a ClusterRef),
    /// A resource beside clusters, or all of a type.
    Resource(&'a ResourceCall),
}

impl<'a> Target<'a> {
    /// The resource id at which an action has to be permitted.
    #[must_use]
    pub fn scope(self) -> String {
        match self {
            Self::Tenant => "/".to_owned(),
            Self::Subscription(id) => format!("/subscriptions/{id}"),
            Self::Location(location) => format!("/subscriptions/{}", location.subscription),
            Self::Group(group) => group.id(),
            Self::Cluster(cluster) => cluster.id(),
            Self::Resource(call) => call.scope(),
        }
    }

    /// The subscription, when there is one.
    #[must_use]
    pub fn subscription(self) -> Option<&'a str> {
        match self {
            Self::Tenant => None,
            Self::Subscription(id) => Some(id),
            Self::Location(location) => Some(&location.subscription),
            Self::Group(group) => Some(&group.subscription),
            Self::Cluster(cluster) => Some(&cluster.group.subscription),
            Self::Resource(call) => call.subscription(),
        }
    }
}

impl Call {
    /// Name, action and kind.
    #[must_use]
    pub fn facts(&self) -> CallFacts {
        use Kind::{Delete, Read, Write};
        const CLUSTER_READ: &str = "Microsoft.ContainerService/managedClusters/read";
        const CLUSTER_WRITE: &str = "Microsoft.ContainerService/managedClusters/write";
        const GROUP_READ: &str = "Microsoft.Resources/subscriptions/resourceGroups/read";
        const GROUP_WRITE: &str = "Microsoft.Resources/subscriptions/resourceGroups/write";
        let (name, action, kind, starts_operation) = match self {
            Self::Resource(call) => {
                return CallFacts {
                    name: call.name().into(),
                    action: call.right().into(),
                    kind: call.counted(),
                    starts_operation: call.starts_operation(),
                };
            }
            Self::TenantsList => ("Tenants_List", "", Read, false),
            Self::SubscriptionsList => ("Subscriptions_List", "", Read, false),
            Self::SubscriptionsGet(_) => (
                "Subscriptions_Get",
                "Microsoft.Resources/subscriptions/read",
                Read,
                false,
            ),
            Self::SubscriptionsListLocations(_) => (
                "Subscriptions_ListLocations",
                "Microsoft.Resources/subscriptions/locations/read",
                Read,
                false,
            ),
            Self::ProvidersList(_) => (
                "Providers_List",
                "Microsoft.Resources/subscriptions/providers/read",
                Read,
                false,
            ),
            Self::ProvidersGet { .. } => (
                "Providers_Get",
                "Microsoft.Resources/subscriptions/providers/read",
                Read,
                false,
            ),
            Self::ProvidersRegister { namespace, .. } => {
                return CallFacts {
                    name: "Providers_Register".into(),
                    action: format!("{namespace}/register/action").into(),
                    kind: Write,
                    starts_operation: false,
                };
            }
            Self::ResourcesList(_) => (
                "Resources_List",
                "Microsoft.Resources/subscriptions/resources/read",
                Read,
                false,
            ),
            Self::ResourcesListByResourceGroup(_) => (
                "Resources_ListByResourceGroup",
                "Microsoft.Resources/subscriptions/resourceGroups/resources/read",
                Read,
                false,
            ),
            Self::Feature(call) => return call.facts(),
            Self::ResourceGroupsList(_) => ("ResourceGroups_List", GROUP_READ, Read, false),
            Self::ResourceGroupsGet(_) => ("ResourceGroups_Get", GROUP_READ, Read, false),
            Self::ResourceGroupsCheckExistence(_) => ("ResourceGroups_CheckExistence", GROUP_READ, Read, false),
            Self::ResourceGroupsCreateOrUpdate(_) => ("ResourceGroups_CreateOrUpdate", GROUP_WRITE, Write, false),
            Self::ResourceGroupsUpdate(_) => ("ResourceGroups_Update", GROUP_WRITE, Write, false),
            Self::ResourceGroupsDelete(_) => (
                "ResourceGroups_Delete",
                "Microsoft.Resources/subscriptions/resourceGroups/delete",
                Delete,
                true,
            ),
            Self::GroupOperationResult { .. } => (
                "ResourceGroups_GetOperationResult",
                "Microsoft.Resources/subscriptions/operationresults/read",
                Read,
                false,
            ),
            Self::ManagedClustersList(_) => ("ManagedClusters_List", CLUSTER_READ, Read, false),
            Self::ManagedClustersListByResourceGroup(_) => {
                ("ManagedClusters_ListByResourceGroup", CLUSTER_READ, Read, false)
            }
            Self::ManagedClustersGet(_) => ("ManagedClusters_Get", CLUSTER_READ, Read, false),
            Self::ManagedClustersCreateOrUpdate(_) => ("ManagedClusters_CreateOrUpdate", CLUSTER_WRITE, Write, true),
            Self::ManagedClustersUpdateTags(_) => ("ManagedClusters_UpdateTags", CLUSTER_WRITE, Write, true),
            Self::ManagedClustersDelete(_) => (
                "ManagedClusters_Delete",
                "Microsoft.ContainerService/managedClusters/delete",
                Delete,
                true,
            ),
            Self::ManagedClustersStart(_) => (
                "ManagedClusters_Start",
                "Microsoft.ContainerService/managedClusters/start/action",
                Write,
                true,
            ),
            Self::ManagedClustersStop(_) => (
                "ManagedClusters_Stop",
                "Microsoft.ContainerService/managedClusters/stop/action",
                Write,
                true,
            ),
            Self::ManagedClustersAbort(_) => (
                "ManagedClusters_AbortLatestOperation",
                "Microsoft.ContainerService/managedClusters/abort/action",
                Write,
                true,
            ),
            Self::ManagedClustersGetUpgradeProfile(_) => (
                "ManagedClusters_GetUpgradeProfile",
                "Microsoft.ContainerService/managedClusters/upgradeProfiles/read",
                Read,
                false,
            ),
            Self::ManagedClustersListUserCredentials(_) => (
                "ManagedClusters_ListClusterUserCredentials",
                "Microsoft.ContainerService/managedClusters/listClusterUserCredential/action",
                Write,
                false,
            ),
            Self::ManagedClustersListAdminCredentials(_) => (
                "ManagedClusters_ListClusterAdminCredentials",
                "Microsoft.ContainerService/managedClusters/listClusterAdminCredential/action",
                Write,
                false,
            ),
            Self::ManagedClustersListMonitoringCredentials(_) => (
                "ManagedClusters_ListClusterMonitoringUserCredentials",
                "Microsoft.ContainerService/managedClusters/listClusterMonitoringUserCredential/action",
                Write,
                false,
            ),
            Self::ManagedClustersListKubernetesVersions(_) => (
                "ManagedClusters_ListKubernetesVersions",
                "Microsoft.ContainerService/locations/kubernetesversions/read",
                Read,
                false,
            ),
            Self::TrustedAccessRolesList(_) => (
                "TrustedAccessRoles_List",
                "Microsoft.ContainerService/locations/trustedAccessRoles/read",
                Read,
                false,
            ),
            Self::PrivateLinkResourcesList(_) => (
                "PrivateLinkResources_List",
                "Microsoft.ContainerService/managedClusters/privateLinkResources/read",
                Read,
                false,
            ),
            Self::AgentPoolsList(_) => (
                "AgentPools_List",
                "Microsoft.ContainerService/managedClusters/agentPools/read",
                Read,
                false,
            ),
            Self::AgentPoolsGet(_) => (
                "AgentPools_Get",
                "Microsoft.ContainerService/managedClusters/agentPools/read",
                Read,
                false,
            ),
            Self::AgentPoolsCreateOrUpdate(_) => (
                "AgentPools_CreateOrUpdate",
                "Microsoft.ContainerService/managedClusters/agentPools/write",
                Write,
                true,
            ),
            Self::AgentPoolsDelete(_) => (
                "AgentPools_Delete",
                "Microsoft.ContainerService/managedClusters/agentPools/delete",
                Delete,
                true,
            ),
            Self::AgentPoolsAbort(_) => (
                "AgentPools_AbortLatestOperation",
                "Microsoft.ContainerService/managedClusters/agentPools/abort/action",
                Write,
                true,
            ),
            Self::AgentPoolsGetUpgradeProfile(_) => (
                "AgentPools_GetUpgradeProfile",
                "Microsoft.ContainerService/managedClusters/agentPools/upgradeProfiles/read",
                Read,
                false,
            ),
            Self::AgentPoolsUpgradeNodeImage(_) => (
                "AgentPools_UpgradeNodeImageVersion",
                "Microsoft.ContainerService/managedClusters/agentPools/upgradeNodeImageVersion/action",
                Write,
                true,
            ),
            Self::AgentPoolsGetAvailableVersions(_) => (
                "AgentPools_GetAvailableAgentPoolVersions",
                "Microsoft.ContainerService/managedClusters/availableAgentPoolVersions/read",
                Read,
                false,
            ),
            Self::AgentPoolsDeleteMachines(_) => (
                "AgentPools_DeleteMachines",
                "Microsoft.ContainerService/managedClusters/agentPools/deleteMachines/action",
                Write,
                true,
            ),
            Self::MachinesList(_) => (
                "Machines_List",
                "Microsoft.ContainerService/managedClusters/agentPools/machines/read",
                Read,
                false,
            ),
            Self::MachinesGet(_) => (
                "Machines_Get",
                "Microsoft.ContainerService/managedClusters/agentPools/machines/read",
                Read,
                false,
            ),
            Self::ManagedClustersRunCommand(_) => (
                "ManagedClusters_RunCommand",
                "Microsoft.ContainerService/managedClusters/runCommand/action",
                Write,
                true,
            ),
            Self::ManagedClustersGetCommandResult(_) => (
                "ManagedClusters_GetCommandResult",
                "Microsoft.ContainerService/managedClusters/commandResults/read",
                Read,
                false,
            ),
            Self::ManagedClustersRotateClusterCertificates(_) => (
                "ManagedClusters_RotateClusterCertificates",
                "Microsoft.ContainerService/managedClusters/rotateClusterCertificates/action",
                Write,
                true,
            ),
            Self::ManagedClustersRotateServiceAccountSigningKeys(_) => (
                "ManagedClusters_RotateServiceAccountSigningKeys",
                "Microsoft.ContainerService/managedClusters/rotateServiceAccountSigningKeys/action",
                Write,
                true,
            ),
            Self::ManagedClustersResetServicePrincipalProfile(_) => (
                "ManagedClusters_ResetServicePrincipalProfile",
                "Microsoft.ContainerService/managedClusters/resetServicePrincipalProfile/action",
                Write,
                true,
            ),
            Self::ManagedClustersResetAadProfile(_) => (
                "ManagedClusters_ResetAADProfile",
                "Microsoft.ContainerService/managedClusters/resetAADProfile/action",
                Write,
                true,
            ),
            Self::Child(call) => return call.facts(),
            Self::OperationStatus { .. } => (
                "Operations_GetStatus",
                "Microsoft.ContainerService/locations/operations/read",
                Read,
                false,
            ),
            Self::OperationResult { .. } => (
                "Operations_GetResult",
                "Microsoft.ContainerService/locations/operationresults/read",
                Read,
                false,
            ),
        };
        CallFacts {
            name: name.into(),
            action: action.into(),
            kind,
            starts_operation,
        }
    }

    /// What the call acts on.
    #[must_use]
    pub fn target(&self) -> Target<'_> {
        match self {
            Self::TenantsList | Self::SubscriptionsList => Target::Tenant,
            Self::Resource(call) => Target::Resource(call),
            Self::SubscriptionsGet(id)
            | Self::SubscriptionsListLocations(id)
            | Self::ProvidersList(id)
            | Self::ProvidersGet { subscription: id, .. }
            | Self::ProvidersRegister { subscription: id, .. }
            | Self::Feature(FeatureCall { subscription: id, .. })
            | Self::ResourcesList(id)
            | Self::ResourceGroupsList(id)
            | Self::GroupOperationResult { subscription: id, .. }
            | Self::ManagedClustersList(id) => Target::Subscription(id),
            Self::ManagedClustersListKubernetesVersions(location)
            | Self::TrustedAccessRolesList(location)
            | Self::OperationStatus { location, .. }
            | Self::OperationResult { location, .. } => Target::Location(location),
            Self::ResourcesListByResourceGroup(group)
            | Self::ResourceGroupsGet(group)
            | Self::ResourceGroupsCheckExistence(group)
            | Self::ResourceGroupsCreateOrUpdate(group)
            | Self::ResourceGroupsUpdate(group)
            | Self::ResourceGroupsDelete(group)
            | Self::ManagedClustersListByResourceGroup(group) => Target::Group(group),
            Self::ManagedClustersGet(cluster)
            | Self::ManagedClustersCreateOrUpdate(cluster)
            | Self::ManagedClustersUpdateTags(cluster)
            | Self::ManagedClustersDelete(cluster)
            | Self::ManagedClustersStart(cluster)
            | Self::ManagedClustersStop(cluster)
            | Self::ManagedClustersAbort(cluster)
            | Self::ManagedClustersGetUpgradeProfile(cluster)
            | Self::ManagedClustersListUserCredentials(cluster)
            | Self::ManagedClustersListAdminCredentials(cluster)
            | Self::ManagedClustersListMonitoringCredentials(cluster)
            | Self::AgentPoolsList(cluster)
            | Self::PrivateLinkResourcesList(cluster)
            | Self::AgentPoolsGetAvailableVersions(cluster)
            | Self::ManagedClustersRunCommand(cluster)
            | Self::ManagedClustersRotateClusterCertificates(cluster)
            | Self::ManagedClustersRotateServiceAccountSigningKeys(cluster)
            | Self::ManagedClustersResetServicePrincipalProfile(cluster)
            | Self::ManagedClustersResetAadProfile(cluster)
            | Self::Child(ChildCall { cluster, .. }) => Target::Cluster(cluster),
            Self::AgentPoolsGet(child)
            | Self::AgentPoolsCreateOrUpdate(child)
            | Self::AgentPoolsDelete(child)
            | Self::AgentPoolsAbort(child)
            | Self::AgentPoolsGetUpgradeProfile(child)
            | Self::AgentPoolsDeleteMachines(child)
            | Self::MachinesList(child)
            | Self::ManagedClustersGetCommandResult(child)
            | Self::AgentPoolsUpgradeNodeImage(child) => Target::Cluster(&child.cluster),
            Self::MachinesGet(machine) => Target::Cluster(machine.cluster()),
        }
    }
}
