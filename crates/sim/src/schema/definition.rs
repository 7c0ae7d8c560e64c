//! The bodies that descriptions define and the simulator handles.

use super::Dialect;
use super::document::{Document, Schema, Spec, document};

/// A body that the description defines and the simulator handles.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Definition {
    /// PUT and GET of a cluster.
    ManagedCluster,
    /// PUT and GET of a pool.
    AgentPool,
    /// PUT and GET of a maintenance configuration.
    MaintenanceConfiguration,
    /// PUT and GET of a trusted access role binding.
    TrustedAccessRoleBinding,
    /// PUT and GET of a managed namespace.
    ManagedNamespace,
    /// PUT and GET of an identity binding.
    IdentityBinding,
    /// PUT and GET of a private endpoint connection.
    PrivateEndpointConnection,
    /// PUT and GET of a snapshot.
    Snapshot,
    /// POST deleteMachines.
    DeleteMachines,
    /// POST runCommand.
    RunCommandRequest,
    /// POST resetServicePrincipalProfile.
    ServicePrincipalProfile,
    /// POST resetAADProfile.
    EntraProfile,
    /// PATCH of tags alone.
    TagsObject,
    /// Answer of GET upgradeProfiles/default of a cluster.
    ManagedClusterUpgradeProfile,
    /// Answer of GET upgradeProfiles/default of a pool.
    AgentPoolUpgradeProfile,
    /// Answer of GET availableAgentPoolVersions.
    AgentPoolAvailableVersions,
    /// Answer of GET kubernetesVersions.
    KubernetesVersionListResult,
    /// A cluster extension.
    Extension,
    /// A Flux configuration.
    FluxConfiguration,
    /// PUT of a role assignment.
    RoleAssignment,
    /// A lock.
    Lock,
    /// A user-assigned identity.
    UserAssignedIdentity,
    /// A trust of an identity in tokens of another issuer.
    FederatedIdentityCredential,
    /// A diagnostic setting.
    DiagnosticSetting,
    /// A data collection rule.
    DataCollectionRule,
    /// A data collection endpoint.
    DataCollectionEndpoint,
    /// What ties a resource to a rule or an endpoint.
    DataCollectionRuleAssociation,
    /// A group of Prometheus rules.
    PrometheusRuleGroup,
    /// An Azure Monitor workspace.
    MonitorWorkspace,
    /// A Log Analytics workspace.
    LogAnalyticsWorkspace,
    /// A fleet.
    Fleet,
    /// A member of a fleet.
    FleetMember,
    /// An event subscription.
    EventSubscription,
    /// A backup vault.
    BackupVault,
    /// A backup policy.
    BackupPolicy,
    /// A backup instance.
    BackupInstance,
}

impl Definition {
    /// The name of the definition in the description.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::ManagedCluster => "ManagedCluster",
            Self::AgentPool => "AgentPool",
            Self::MaintenanceConfiguration => "MaintenanceConfiguration",
            Self::TrustedAccessRoleBinding => "TrustedAccessRoleBinding",
            Self::ManagedNamespace => "ManagedNamespace",
            Self::IdentityBinding => "IdentityBinding",
            Self::PrivateEndpointConnection => "PrivateEndpointConnection",
            Self::Snapshot => "Snapshot",
            Self::DeleteMachines => "AgentPoolDeleteMachinesParameter",
            Self::RunCommandRequest => "RunCommandRequest",
            Self::ServicePrincipalProfile => "ManagedClusterServicePrincipalProfile",
            Self::EntraProfile => "ManagedClusterAADProfile",
            Self::TagsObject => "TagsObject",
            Self::ManagedClusterUpgradeProfile => "ManagedClusterUpgradeProfile",
            Self::AgentPoolUpgradeProfile => "AgentPoolUpgradeProfile",
            Self::AgentPoolAvailableVersions => "AgentPoolAvailableVersions",
            Self::KubernetesVersionListResult => "KubernetesVersionListResult",
            Self::Extension => "Extension",
            Self::FluxConfiguration => "FluxConfiguration",
            Self::RoleAssignment => "RoleAssignmentCreateParameters",
            Self::Lock => "ManagementLockObject",
            Self::UserAssignedIdentity => "Identity",
            Self::FederatedIdentityCredential => "FederatedIdentityCredential",
            Self::DiagnosticSetting => "DiagnosticSettingsResource",
            Self::DataCollectionRule => "DataCollectionRuleResource",
            Self::DataCollectionEndpoint => "DataCollectionEndpointResource",
            Self::DataCollectionRuleAssociation => "DataCollectionRuleAssociationProxyOnlyResource",
            Self::PrometheusRuleGroup => "PrometheusRuleGroupResource",
            Self::MonitorWorkspace => "AzureMonitorWorkspaceResource",
            Self::LogAnalyticsWorkspace => "Workspace",
            Self::Fleet => "Fleet",
            Self::FleetMember => "FleetMember",
            Self::EventSubscription => "EventSubscription",
            Self::BackupVault => "BackupVaultResource",
            Self::BackupPolicy => "BaseBackupPolicyResource",
            Self::BackupInstance => "BackupInstanceResource",
        }
    }

    /// Whether it is what GET answers with too, and not the body of a PUT alone.
    #[must_use]
    pub const fn is_of_answers(self) -> bool {
        !matches!(self, Self::RoleAssignment)
    }

    /// The description that it is in.
    pub(super) const fn spec(self) -> Spec {
        match self {
            Self::ManagedCluster
            | Self::AgentPool
            | Self::MaintenanceConfiguration
            | Self::TrustedAccessRoleBinding
            | Self::ManagedNamespace
            | Self::IdentityBinding
            | Self::PrivateEndpointConnection
            | Self::Snapshot
            | Self::DeleteMachines
            | Self::RunCommandRequest
            | Self::ServicePrincipalProfile
            | Self::EntraProfile
            | Self::TagsObject
            | Self::ManagedClusterUpgradeProfile
            | Self::AgentPoolUpgradeProfile
            | Self::AgentPoolAvailableVersions
            | Self::KubernetesVersionListResult => Spec::ContainerService,
            Self::Extension => Spec::Extensions,
            Self::FluxConfiguration => Spec::FluxConfigurations,
            Self::RoleAssignment => Spec::Authorization,
            Self::Lock => Spec::Locks,
            Self::UserAssignedIdentity | Self::FederatedIdentityCredential => Spec::ManagedIdentity,
            Self::DiagnosticSetting => Spec::DiagnosticSettings,
            Self::DataCollectionRule | Self::DataCollectionEndpoint | Self::DataCollectionRuleAssociation => {
                Spec::DataCollection
            }
            Self::PrometheusRuleGroup => Spec::PrometheusRuleGroups,
            Self::MonitorWorkspace => Spec::MonitorWorkspaces,
            Self::LogAnalyticsWorkspace => Spec::LogAnalytics,
            Self::Fleet | Self::FleetMember => Spec::Fleet,
            Self::EventSubscription => Spec::EventGrid,
            Self::BackupVault | Self::BackupPolicy | Self::BackupInstance => Spec::DataProtection,
        }
    }

    /// The description that it is in, in this dialect.
    pub(super) const fn spec_in(self, dialect: Dialect) -> Spec {
        match (self.spec(), dialect) {
            (Spec::ContainerService, Dialect::Preview) => Spec::ContainerServicePreview,
            (spec, _) => spec,
        }
    }

    pub(super) fn document(self) -> &'static Document {
        document(self.spec())
    }

    pub(super) fn schema(self) -> Option<&'static Schema> {
        self.document().definition(self.name())
    }
}
