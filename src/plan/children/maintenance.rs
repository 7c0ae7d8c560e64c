//! Maintenance configurations (SPEC 2026-08-01 `MaintenanceConfiguration`; Learn: planned-maintenance).

use serde_json::json;

use super::{Child, Draft, Hindrance, Kind, Leaves, Needs, Rule, View, no_outputs, provisioning};

pub(super) static KIND: Kind = Kind {
    field: "maintenanceConfigurations",
    leaves: Leaves::WithCluster,
    compare: &[("properties.maintenanceWindow.notAllowedDates", Rule::Set)],
    drafts,
    condition: provisioning,
    outputs: no_outputs,
};

const API_VERSION: &str = "2026-08-01";

fn drafts(view: &View<'_>) -> Vec<Draft> {
    let configurations = view.spec.maintenance_configurations.iter().flatten();
    configurations
        .map(|(name, configuration)| {
            let entry = serde_json::to_value(configuration);
            Draft {
                name: name.clone(),
                needs: Needs::IdleCluster,
                child: entry.map_err(Hindrance::from).map(|entry| Child {
                    id: format!("{}/maintenanceConfigurations/{name}", view.cluster),
                    api_version: API_VERSION.into(),
                    body: json!({ "properties": entry }),
                    entry,
                    secrets: Vec::new(),
                }),
            }
        })
        .collect()
}
