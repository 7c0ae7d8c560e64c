//! Azure Policy, as far as it refuses or changes what is written: by scope, type and one condition on the body.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::arm::gateway::Context;
use crate::refusal::{Detail, Refusal};
use crate::resources::id::{Named, ResourceKey};
use crate::resources::scope::group_of;
use crate::wire::Request;
use crate::world::World;

/// An assigned policy.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Policy {
    /// Name of definition and assignment.
    pub name: String,
    /// Id of a subscription, a group or a resource.
    pub scope: String,
    /// Types that it looks at, for example `Microsoft.ContainerService/managedClusters`; any when empty.
    #[serde(default)]
    pub types: Vec<String>,
    /// What has to be so for it to apply; always when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub condition: Option<Condition>,
    /// What it does.
    pub effect: Effect,
}

/// A condition on what is written.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Condition {
    /// `location`, `name`, `type` or a path into the body: `tags.team`, `properties.networkProfile.networkPlugin`.
    pub field: String,
    /// Equal to this, without case.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub equals: Option<Value>,
    /// Not equal to this, without case.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_equals: Option<Value>,
    /// There or not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exists: Option<bool>,
}

/// What a policy does.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub enum Effect {
    /// Refuses.
    Deny {},
    /// Reports only.
    Audit {},
    /// Adds or replaces tags.
    Modify {
        /// The tags.
        tags: Map<String, Value>,
    },
}

/// What is written, as policies see it.
struct Written<'a> {
    id: &'a str,
    kind: &'a str,
    name: &'a str,
    body: &'a Value,
}

impl Policy {
    fn applies(&self, written: &Written<'_>) -> bool {
        let covered = ResourceKey::of(written.id).is_within(&ResourceKey::of(&self.scope));
        let looked_at = self.types.is_empty() || self.types.iter().any(|kind| kind.eq_ignore_ascii_case(written.kind));
        covered && looked_at && self.condition.as_ref().is_none_or(|condition| condition.holds(written))
    }

    fn assignment(&self) -> String {
        let scope = self.scope.trim_end_matches('/');
        format!(
            "{scope}/providers/Microsoft.Authorization/policyAssignments/{}",
            self.name
        )
    }

    fn definition(&self) -> String {
        format!("/providers/Microsoft.Authorization/policyDefinitions/{}", self.name)
    }

    fn effect_name(&self) -> &'static str {
        match self.effect {
            Effect::Deny {} => "Deny",
            Effect::Audit {} => "Audit",
            Effect::Modify { .. } => "Modify",
        }
    }
}

impl Condition {
    fn holds(&self, written: &Written<'_>) -> bool {
        let found = match self.field.to_lowercase().as_str() {
            "type" => Some(json!(written.kind)),
            "name" => Some(json!(written.name)),
            _ => field(written.body, &self.field),
        };
        let same = |wanted: &Value| found.as_ref().is_some_and(|found| equal(found, wanted));
        self.equals.as_ref().is_none_or(same)
            && self.not_equals.as_ref().is_none_or(|wanted| !same(wanted))
            && self.exists.is_none_or(|wanted| wanted == found.is_some())
    }
}

fn equal(left: &Value, right: &Value) -> bool {
    match (left.as_str(), right.as_str()) {
        (Some(left), Some(right)) => left.eq_ignore_ascii_case(right),
        _ => left == right,
    }
}

fn field(body: &Value, path: &str) -> Option<Value> {
    let found = path.split('.').try_fold(body, |value, part| value.get(part));
    found.filter(|value| !value.is_null()).cloned()
}

/// Type and name of what a path names.
fn described(path: &str) -> Option<(String, String)> {
    match Named::parse(path) {
        Some(Named::One(id)) => Some((format!("{}/{}", id.namespace, id.kind()), id.name().to_owned())),
        Some(Named::Below { .. }) => None,
        None => group_of(path).map(|group| {
            (
                "Microsoft.Resources/subscriptions/resourceGroups".to_owned(),
                group.name,
            )
        }),
    }
}

/// Whether policies let a PUT or PATCH through.
///
/// # Errors
/// 403 `RequestDisallowedByPolicy`.
pub fn check(world: &World, request: &Request) -> Result<(), Refusal> {
    if world.surroundings.policies.is_empty() || !writes(request) {
        return Ok(());
    }
    let (Some((kind, name)), Ok(body)) = (described(&request.path), request.json_object()) else {
        return Ok(());
    };
    let written = Written {
        id: &request.path,
        kind: &kind,
        name: &name,
        body: &body,
    };
    let mut policies = world.surroundings.policies.iter();
    let denied = policies.find(|policy| matches!(policy.effect, Effect::Deny {}) && policy.applies(&written));
    denied.map_or(Ok(()), |policy| Err(disallowed(policy, &name)))
}

fn writes(request: &Request) -> bool {
    matches!(request.method.as_str(), "PUT" | "PATCH")
}

fn disallowed(policy: &Policy, name: &str) -> Refusal {
    let identifiers = json!([{
        "policyAssignment": {"name": policy.name, "id": policy.assignment()},
        "policyDefinition": {"name": policy.name, "id": policy.definition()},
    }]);
    let message = format!(
        "Resource '{name}' was disallowed by policy. Reasons: '{}'. See error details for policy resource IDs. Policy identifiers: '{identifiers}'.",
        policy.name
    );
    Refusal::gateway(403, "RequestDisallowedByPolicy", message)
        .on(name)
        .with_detail(Detail {
            code: "PolicyViolation".to_owned(),
            message: policy.assignment(),
            target: None,
        })
}

/// The request with the tags that policies add; nothing when none does.
#[must_use]
pub fn modified(world: &World, request: &Request) -> Option<Request> {
    if world.surroundings.policies.is_empty() || request.method != axum::http::Method::PUT {
        return None;
    }
    let (kind, name) = described(&request.path)?;
    let mut body = request.json_object().ok()?;
    let mut tags = body.get("tags").and_then(Value::as_object).cloned().unwrap_or_default();
    let before = tags.len();
    let sent = tags.clone();
    for policy in &world.surroundings.policies {
        let written = Written {
            id: &request.path,
            kind: &kind,
            name: &name,
            body: &body,
        };
        if let Effect::Modify { tags: added } = &policy.effect
            && policy.applies(&written)
        {
            tags.extend(added.clone());
        }
    }
    if tags.len() == before && tags == sent {
        return None;
    }
    body["tags"] = Value::Object(tags);
    let mut request = request.clone();
    request.body = serde_json::to_vec(&body).ok()?.into();
    Some(request)
}

/// Answer of checkPolicyRestrictions: what policies would do to a resource (azure-mgmt-policyinsights 1.0.1).
///
/// # Errors
/// 400 when no resource is described.
pub fn restrictions(world: &World, cx: &Context<'_>, scope: &str) -> Result<Value, Refusal> {
    let sent = cx.request.json_object()?;
    let Some(content) = sent
        .pointer("/resourceDetails/resourceContent")
        .filter(|content| content.is_object())
    else {
        let message = "The request needs resourceDetails.resourceContent.";
        return Err(Refusal::service(400, "InvalidCheckRestrictionsRequest", message));
    };
    let audits = sent.get("includeAuditEffect") == Some(&Value::Bool(true));
    let text = |member: &str| content.get(member).and_then(Value::as_str).unwrap_or_default();
    let (kind, name) = (text("type"), text("name"));
    let (namespace, path) = kind.split_once('/').unwrap_or((kind, ""));
    let id = format!("{scope}/providers/{namespace}/{path}/{name}");
    let written = Written {
        id: &id,
        kind,
        name,
        body: content,
    };
    let shown = |policy: &&Policy| match policy.effect {
        Effect::Deny {} => true,
        Effect::Audit {} => audits,
        Effect::Modify { .. } => false,
    };
    let named =
        |policy: &Policy| json!({"policyDefinitionId": policy.definition(), "policyAssignmentId": policy.assignment()});
    let objecting: Vec<&Policy> = world
        .surroundings
        .policies
        .iter()
        .filter(shown)
        .filter(|policy| policy.applies(&written))
        .collect();
    let evaluations: Vec<Value> = objecting
        .iter()
        .map(|policy| {
            let condition = policy.condition.as_ref();
            let expressions: Vec<Value> = condition
                .map(|condition| {
                    json!({"result": "True", "expressionKind": "Field", "expression": condition.field,
                        "path": condition.field, "expressionValue": field(content, &condition.field)})
                })
                .into_iter()
                .collect();
            json!({
                "policyInfo": named(policy),
                "evaluationResult": "NonCompliant",
                "evaluationDetails": {"evaluatedExpressions": expressions},
                "effectDetails": {"policyEffect": policy.effect_name()},
            })
        })
        .collect();
    let restricted: Vec<Value> = objecting
        .iter()
        .filter_map(|policy| {
            let condition = policy.condition.as_ref()?;
            let (result, value) = match (&condition.equals, &condition.not_equals, condition.exists) {
                (Some(value), ..) => (policy.effect_name(), Some(value)),
                (None, Some(value), _) => ("Required", Some(value)),
                (None, None, Some(false)) => ("Required", None),
                (None, None, _) => ("Removed", None),
            };
            let values: Vec<&Value> = value.into_iter().collect();
            Some(json!({"field": condition.field,
                "restrictions": [{"result": result, "values": values, "policy": named(policy)}]}))
        })
        .collect();
    Ok(json!({
        "fieldRestrictions": restricted,
        "contentEvaluationResult": {"policyEvaluations": evaluations},
    }))
}

/// Assignments that reach a scope, in the form of policyAssignments.
///
/// # Errors
/// None.
pub fn assignments(world: &World, _: &Context<'_>, scope: &str) -> Result<Vec<Value>, Refusal> {
    let here = ResourceKey::of(scope);
    let reaching = world.surroundings.policies.iter().filter(|policy| {
        let at = ResourceKey::of(&policy.scope);
        here.is_within(&at) || at.is_within(&here)
    });
    let shown = reaching.map(|policy| {
        json!({
            "id": policy.assignment(),
            "name": policy.name,
            "type": "Microsoft.Authorization/policyAssignments",
            "properties": {
                "displayName": policy.name,
                "policyDefinitionId": policy.definition(),
                "scope": policy.scope,
                "enforcementMode": "Default",
            },
        })
    });
    Ok(shown.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_condition_looks_into_the_body_without_case() {
        let body = json!({"location": "westeurope", "tags": {"team": "A"}, "properties": {"a": {"b": 1}}});
        let holds = |condition: Value| {
            let condition: Condition = serde_json::from_value(condition).unwrap();
            condition.holds(&Written {
                id: "/subscriptions/s",
                kind: "X/y",
                name: "n",
                body: &body,
            })
        };
        assert!(holds(json!({"field": "location", "equals": "WestEurope"})));
        assert!(holds(json!({"field": "properties.a.b", "equals": 1})));
        assert!(holds(json!({"field": "tags.owner", "exists": false})));
        assert!(holds(json!({"field": "type", "notEquals": "Z/y"})));
        assert!(!holds(json!({"field": "tags.team", "notEquals": "a"})));
    }
}
