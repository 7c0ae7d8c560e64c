//! Request and response bodies against the OpenAPI description in `specs/`.
//!
//! Two readings of the description need a word. Enums are compared without case: AKS itself answers `Standard` where
//! the description says `standard` (REC, create answer) and takes that answer back in the next PUT. A property that
//! the description does not have is refused, as AKS does (azure-rest-api-specs#40740), although older services are
//! known to ignore some.

mod check;
mod definition;
mod document;
mod operations;
mod preview;
mod refusals;
#[cfg(test)]
mod sample;

use serde_json::Value;

pub use self::definition::Definition;

use self::check::{Direction, deviations};
use self::document::{Document, Kind, Schema, Spec, document, documents};
use self::operations::Described;
use crate::refusal::Refusal;

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
        Some(deviation) if definition.spec() == Spec::ContainerService => Err(refusals::of_aks(deviation)),
        Some(deviation) => Err(refusals::of_neighbor(&deviation)),
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
