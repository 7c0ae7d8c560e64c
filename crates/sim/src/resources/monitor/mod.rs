//! Azure Monitor: Microsoft.Insights, Microsoft.AlertsManagement, Microsoft.Monitor, Microsoft.OperationalInsights.

mod data_collection;
mod diagnostics;
mod prometheus;
mod recommendations;
mod workspaces;

use super::resource_type::ResourceType;
use crate::refusal::Refusal;
use crate::world::World;

const INSIGHTS: &str = "Microsoft.Insights";

/// Types of these providers (azure-mgmt-monitor 6.0.2 and 7.0.0, azure-mgmt-prometheusrulegroups 1.0.0,
/// azure-mgmt-monitorworkspaces 1.0.0, azure-mgmt-loganalytics 14.0.0).
pub const TYPES: &[ResourceType] = &[
    diagnostics::SETTINGS,
    diagnostics::CATEGORIES,
    data_collection::RULES,
    data_collection::RULE_ASSOCIATIONS,
    data_collection::ENDPOINTS,
    data_collection::ENDPOINT_ASSOCIATIONS,
    data_collection::ASSOCIATIONS,
    prometheus::TYPE,
    recommendations::TYPE,
    workspaces::MONITOR,
    workspaces::LOG_ANALYTICS,
];

/// Refuses a destination that does not exist.
fn destination_exists(world: &World, id: &str, code: &'static str) -> Result<(), Refusal> {
    if world.exists(id) {
        return Ok(());
    }
    let message = format!("The resource '{id}' was not found.");
    Err(Refusal::service(400, code, message))
}
