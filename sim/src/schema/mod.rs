//! Request and response bodies against the OpenAPI description in `specs/`.
//!
//! Two readings of the description need a word. Enums are compared without case: AKS itself answers `Standard` where
//! the description says `standard` (REC, create answer) and takes that answer back in the next PUT. A property that
//! the description does not have is refused, as AKS does (azure-rest-api-specs#40740), although older services are
//! known to ignore some.

mod check;
mod document;
mod operations;
mod preview;
#[cfg(test)]
mod sample;

use serde_json::Value;

use self::check::{Deviation, Direction, Fault, deviations};
use self::document::{Document, Kind, Schema, Spec, document, documents};
use self::operations::Described;
use crate::refusal::Refusal;

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
    const fn spec(self) -> Spec {
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
    const fn spec_in(self, dialect: Dialect) -> Spec {
        match (self.spec(), dialect) {
            (Spec::ContainerService, Dialect::Preview) => Spec::ContainerServicePreview,
            (spec, _) => spec,
        }
    }

    fn document(self) -> &'static Document {
        document(self.spec())
    }

    fn schema(self) -> Option<&'static Schema> {
        self.document().definition(self.name())
    }
}

/// A request body with every property that can be written; `secret` stands for each secret.
#[cfg(test)]
pub(crate) fn sample(definition: Definition, secret: &str) -> Value {
    let schema = definition.schema().unwrap();
    sample::value(definition.document(), schema, secret, 0).unwrap()
}

/// Which api-versions a body is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    /// Those without `-preview`.
    Stable,
    /// Those with it: they have more properties.
    Preview,
}

impl Dialect {
    /// The dialect of an api-version.
    #[must_use]
    pub fn of(api_version: &str) -> Self {
        if api_version.to_ascii_lowercase().ends_with("-preview") {
            Self::Preview
        } else {
            Self::Stable
        }
    }
}

/// Checks a request body of a stable api-version: types, required, ranges, patterns, enums, unknown properties.
///
/// # Errors
/// 400 in AKS's words at the first deviation.
pub fn validate_request(definition: Definition, body: &Value) -> Result<(), Refusal> {
    validate_request_in(Dialect::Stable, definition, body)
}

/// Checks a request body of an api-version of this dialect.
///
/// # Errors
/// 400 in AKS's words at the first deviation.
pub fn validate_request_in(dialect: Dialect, definition: Definition, body: &Value) -> Result<(), Refusal> {
    let document = document(definition.spec_in(dialect));
    let Some(schema) = document.definition(definition.name()) else {
        return Ok(());
    };
    match deviations(document, schema, body, Direction::Request)
        .into_iter()
        .next()
    {
        None => Ok(()),
        Some(deviation) if definition.spec() == Spec::ContainerService => Err(refusal(deviation)),
        Some(deviation) => Err(neighbor_refusal(&deviation)),
    }
}

/// Removes read-only properties, which a request may echo and Azure ignores, and nulls and empty enums, which mean
/// absence.
pub fn strip_read_only(definition: Definition, body: &mut Value) {
    if let Some(schema) = definition.schema() {
        strip(definition.document(), schema, body, |property| property.read_only);
    }
}

/// Removes write-only secrets, which Azure keeps and never returns.
pub fn strip_secrets(definition: Definition, body: &mut Value) {
    if let Some(schema) = definition.schema() {
        strip(definition.document(), schema, body, |property| property.secret);
    }
}

/// Everything about an answer of the simulator that the description does not allow; empty when it conforms.
#[must_use]
pub fn check_response(definition: Definition, body: &Value) -> Vec<String> {
    let Some(schema) = definition.schema() else {
        return vec![format!("{} is not defined", definition.name())];
    };
    deviations(definition.document(), schema, body, Direction::Response)
        .iter()
        .map(ToString::to_string)
        .collect()
}

/// Names of the preview features that a request body needs.
#[must_use]
pub fn features_used(definition: Definition, body: &Value) -> Vec<&'static str> {
    let document = document(definition.spec_in(Dialect::Preview));
    let mut found = Vec::new();
    if let Some(schema) = document.definition(definition.name()) {
        visit(document, schema, body, &mut |property| {
            found.extend(property.feature.as_deref());
        });
    }
    found
}

/// Calls `seen` with every property of a body that is there.
fn visit(document: &'static Document, schema: &'static Schema, value: &Value, seen: &mut impl FnMut(&'static Schema)) {
    let Some(schema) = document.resolve(schema) else {
        return;
    };
    match (&schema.kind, value) {
        (Kind::Object { .. }, Value::Object(members)) => {
            for (name, member) in members.iter().filter(|(_, member)| !member.is_null()) {
                if let Some(property) = document.property(schema, name) {
                    seen(property);
                    visit(document, property, member, seen);
                }
            }
        }
        (Kind::Map(values), Value::Object(members)) => {
            members
                .values()
                .for_each(|member| visit(document, values, member, seen));
        }
        (Kind::Array { items, .. }, Value::Array(list)) => {
            list.iter().for_each(|entry| visit(document, items, entry, seen));
        }
        _ => {}
    }
}

/// Removes from the answer to a call of a stable api-version what only preview api-versions have.
pub fn strip_preview(method: &str, path: &str, status: u16, body: &mut Value) {
    let document = document(Spec::ContainerServicePreview);
    if let Some(operation) = document.operation(method, path)
        && let Described::Body(schema) = operation.response(status)
    {
        strip(document, schema, body, |property| property.preview_only);
    }
}

/// Everything about an answer that the description of its call does not allow; `None` when no description has the
/// call. AKS writes its errors without the envelope that the description gives them (SUP): those are only looked at
/// for code and message.
#[must_use]
pub fn check_answer(dialect: Dialect, method: &str, path: &str, status: u16, body: &Value) -> Option<Vec<String>> {
    let other = match dialect {
        Dialect::Stable => Spec::ContainerServicePreview,
        Dialect::Preview => Spec::ContainerService,
    };
    let (document, operation) = documents()
        .filter(|(spec, _)| *spec != other)
        .find_map(|(_, document)| Some((document, document.operation(method, path)?)))?;
    let flat_error = status >= 400 && body.get("error").is_none();
    if flat_error {
        let texts = body["code"].is_string() && body["message"].is_string();
        return Some(if texts {
            Vec::new()
        } else {
            vec!["an error without code and message".to_owned()]
        });
    }
    Some(match operation.response(status) {
        Described::Unknown => vec![format!("the description has no answer {status}")],
        Described::Empty if body.is_null() => Vec::new(),
        Described::Empty => vec![format!("the answer {status} has a body, the description none")],
        Described::Body(_) if body.is_null() => vec![format!("the answer {status} has no body")],
        Described::Body(schema) => deviations(document, schema, body, Direction::Response)
            .iter()
            .map(ToString::to_string)
            .collect(),
    })
}

fn strip(document: &Document, schema: &Schema, value: &mut Value, unwanted: fn(&Schema) -> bool) {
    let Some(schema) = document.resolve(schema) else {
        return;
    };
    match (&schema.kind, value) {
        (Kind::Object { .. }, Value::Object(members)) => {
            members.retain(|name, member| {
                let Some(property) = document.property(schema, name) else {
                    return !member.is_null();
                };
                if unwanted(property) || member.is_null() || is_unset_enum(document, property, member) {
                    return false;
                }
                strip(document, property, member, unwanted);
                true
            });
        }
        (Kind::Map(values), Value::Object(members)) => {
            members.retain(|_, member| !member.is_null());
            members
                .values_mut()
                .for_each(|member| strip(document, values, member, unwanted));
        }
        (Kind::Array { items, .. }, Value::Array(list)) => list
            .iter_mut()
            .for_each(|entry| strip(document, items, entry, unwanted)),
        _ => {}
    }
}

fn is_unset_enum(document: &Document, property: &Schema, value: &Value) -> bool {
    let kind = document.resolve(property).map(|schema| &schema.kind);
    value.as_str() == Some("") && matches!(kind, Some(Kind::Text { allowed, .. }) if !allowed.is_empty())
}

/// The answer of services other than AKS, in the words of ARM's own deserializer (general knowledge). Some of them
/// ignore what they do not know; here nothing is ignored, so that a misspelt property is noticed.
fn neighbor_refusal(deviation: &Deviation) -> Refusal {
    let message = format!("The request content was invalid and could not be deserialized: '{deviation}'.");
    Refusal::service(400, "InvalidRequestContent", message).on(deviation.path.clone())
}

fn refusal(deviation: Deviation) -> Refusal {
    let Deviation { path, fault } = deviation;
    match fault {
        Fault::WrongType { found, wanted } => Refusal::provider(
            400,
            "UnmarshalError",
            format!(
                "UnmarshalEntity encountered error: json: cannot unmarshal {found} into Go struct field {path} of type \
                 {wanted}."
            ),
        ),
        Fault::Unknown { name } => Refusal::provider(
            400,
            "UnmarshalError",
            format!(
                "UnmarshalEntity encountered error: json: unknown field \"{name}\" Check that the field is in the right \
                 location, is spelled correctly, and is supported in the API version. Visit aka.ms/aks/apiversions for \
                 more API version information.."
            ),
        ),
        // ARM itself, and not AKS, insists on the location of a tracked resource.
        Fault::Missing if path == "location" => Refusal::gateway(
            400,
            "LocationRequired",
            "The location property is required for this definition.",
        ),
        Fault::Missing => invalid(&path, format!("Required parameter {path} is missing (null).")),
        Fault::OutOfRange {
            value,
            minimum,
            maximum,
        } => invalid(
            &path,
            format!(
                "The value of parameter {path} is invalid. Error details: {path} was {value}. It must be greater or \
                 equal to {minimum} and less than or equal to {maximum}. Please see https://aka.ms/aks-naming-rules for \
                 more details."
            ),
        ),
        Fault::NotAllowed { value, allowed } => invalid(
            &path,
            format!(
                "The value of parameter {path} is invalid. Error details: '{value}' is not a supported value, supported \
                 values are: {}. Please see https://aka.ms/aks-naming-rules for more details.",
                allowed.join(", ")
            ),
        ),
        Fault::Malformed { value, form } => invalid(
            &path,
            format!(
                "The value of parameter {path} is invalid. Error details: '{value}' does not match {form}. Please see \
                 https://aka.ms/aks-naming-rules for more details."
            ),
        ),
        Fault::BadList(what) => invalid(
            &path,
            format!(
                "The value of parameter {path} is invalid. Error details: the list {what}. Please see \
                 https://aka.ms/aks-naming-rules for more details."
            ),
        ),
        // Only answers are checked for secrets.
        Fault::SecretReturned => invalid(&path, format!("The value of parameter {path} is invalid.")),
    }
}

fn invalid(path: &str, message: String) -> Refusal {
    Refusal::provider(400, "InvalidParameter", message).on(path)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn pool(properties: Value) -> Value {
        json!({"properties": properties})
    }

    fn code(definition: Definition, body: &Value) -> Result<(), (String, Option<String>)> {
        validate_request(definition, body).map_err(|refusal| (refusal.code.into_owned(), refusal.target))
    }

    #[test]
    fn a_minimal_cluster_is_accepted() {
        let body = json!({"location": "westeurope", "properties": {"dnsPrefix": "a"}});
        assert_eq!(validate_request(Definition::ManagedCluster, &body), Ok(()));
    }

    #[test]
    fn a_cluster_without_location_is_refused_by_arm() {
        let refusal = validate_request(Definition::ManagedCluster, &json!({})).unwrap_err();
        assert_eq!(refusal.code, "LocationRequired");
        assert_eq!(refusal.shape, crate::refusal::Shape::Gateway);
    }

    #[test]
    fn an_unknown_property_is_refused_in_the_words_of_aks() {
        let body = pool(json!({"securityProfile": {"nodeRestriction": true}}));
        let refusal = validate_request(Definition::AgentPool, &body).unwrap_err();
        assert_eq!((refusal.status, refusal.code.as_ref()), (400, "UnmarshalError"));
        assert!(
            refusal.message.contains("unknown field \"nodeRestriction\""),
            "{}",
            refusal.message
        );
    }

    #[test]
    fn a_wrong_type_is_refused_as_unmarshal_error() {
        let refusal = validate_request(Definition::AgentPool, &pool(json!({"count": "3"}))).unwrap_err();
        assert_eq!(refusal.code, "UnmarshalError");
        assert!(
            refusal
                .message
                .contains("cannot unmarshal string into Go struct field properties.count of type int32")
        );
        assert!(validate_request(Definition::AgentPool, &pool(json!({"count": 1.5}))).is_err());
    }

    #[test]
    fn numbers_outside_their_range_are_refused() {
        assert_eq!(
            code(Definition::AgentPool, &pool(json!({"osDiskSizeGB": 2048}))),
            Ok(())
        );
        assert_eq!(
            code(Definition::AgentPool, &pool(json!({"osDiskSizeGB": 2049}))),
            Err(("InvalidParameter".into(), Some("properties.osDiskSizeGB".into())))
        );
    }

    #[test]
    fn unknown_enum_values_are_refused_and_case_does_not_matter() {
        assert_eq!(code(Definition::AgentPool, &pool(json!({"mode": "system"}))), Ok(()));
        assert_eq!(
            code(Definition::AgentPool, &pool(json!({"mode": "Master"}))),
            Err(("InvalidParameter".into(), Some("properties.mode".into())))
        );
    }

    #[test]
    fn patterns_hold_in_nested_lists() {
        let cluster =
            |name: &str| json!({"location": "westeurope", "properties": {"agentPoolProfiles": [{"name": name}]}});
        assert_eq!(code(Definition::ManagedCluster, &cluster("system")), Ok(()));
        assert_eq!(
            code(Definition::ManagedCluster, &cluster("System")),
            Err((
                "InvalidParameter".into(),
                Some("properties.agentPoolProfiles[0].name".into())
            ))
        );
    }

    #[test]
    fn a_missing_required_property_is_refused() {
        let body = json!({"location": "westeurope", "properties": {"agentPoolProfiles": [{"count": 1}]}});
        assert_eq!(
            code(Definition::ManagedCluster, &body),
            Err((
                "InvalidParameter".into(),
                Some("properties.agentPoolProfiles[0].name".into())
            ))
        );
    }

    #[test]
    fn dates_and_times_must_be_real() {
        let window = |date: &str| {
            json!({"properties": {"maintenanceWindow": {"schedule": {}, "durationHours": 4, "startTime": "01:00",
                "startDate": date}}})
        };
        assert_eq!(
            code(Definition::MaintenanceConfiguration, &window("2026-11-21")),
            Ok(())
        );
        assert!(code(Definition::MaintenanceConfiguration, &window("2026-02-30")).is_err());
    }

    #[test]
    fn null_means_absent_in_a_request() {
        assert_eq!(
            code(Definition::AgentPool, &pool(json!({"count": null, "tags": null}))),
            Ok(())
        );
    }

    #[test]
    fn read_only_properties_are_ignored_and_stripped_at_any_depth() {
        let mut body = json!({"location": "westeurope", "id": 7, "eTag": "x", "properties": {
            "provisioningState": "Succeeded", "fqdn": "a", "dnsPrefix": "a", "powerState": {"code": "Running"},
            "networkProfile": {"loadBalancerProfile": {"effectiveOutboundIPs": [{"id": "/x"}], "allocatedOutboundPorts": 0}},
            "agentPoolProfiles": [{"name": "a", "eTag": "y", "powerState": {"code": "Stopped"}}]}});
        assert_eq!(validate_request(Definition::ManagedCluster, &body), Ok(()));
        strip_read_only(Definition::ManagedCluster, &mut body);
        assert_eq!(
            body,
            json!({"location": "westeurope", "properties": {"dnsPrefix": "a",
                "networkProfile": {"loadBalancerProfile": {"allocatedOutboundPorts": 0}},
                "agentPoolProfiles": [{"name": "a", "powerState": {"code": "Stopped"}}]}})
        );
    }

    #[test]
    fn an_empty_enum_means_absent() {
        let mut body = pool(json!({"mode": "", "vmSize": ""}));
        assert_eq!(code(Definition::AgentPool, &body), Ok(()));
        strip_read_only(Definition::AgentPool, &mut body);
        assert_eq!(body, pool(json!({"vmSize": ""})));
    }

    #[test]
    fn secrets_are_stripped_and_nothing_else() {
        let mut body = json!({"properties": {"windowsProfile": {"adminUsername": "a", "adminPassword": "x"}}});
        strip_secrets(Definition::ManagedCluster, &mut body);
        assert_eq!(body, json!({"properties": {"windowsProfile": {"adminUsername": "a"}}}));
    }

    #[test]
    fn an_answer_must_not_hold_a_secret_or_a_null() {
        let mut body = json!({"location": "westeurope", "properties": {"windowsProfile": {"adminUsername": "a"}}});
        assert_eq!(check_response(Definition::ManagedCluster, &body), Vec::<String>::new());
        body["properties"]["windowsProfile"]["adminPassword"] = json!("x");
        body["properties"]["dnsPrefix"] = Value::Null;
        assert_eq!(check_response(Definition::ManagedCluster, &body).len(), 2);
    }
}
