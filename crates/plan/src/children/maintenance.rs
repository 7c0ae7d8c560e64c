//! Maintenance configurations (SPEC 2026-08-01 `MaintenanceConfiguration`; Learn: planned-maintenance).

use serde_json::json;

use super::{AKS_VERSION, Child, Draft, Hindrance, Kind, Needs, Rule, View, place};

pub(super) static KIND: Kind = Kind {
    field: "maintenanceConfigurations",
    compare: &[("properties.maintenanceWindow.notAllowedDates", Rule::Set)],
    drafts,
    actions: &[
        "Microsoft.ContainerService/managedClusters/maintenanceConfigurations/read",
        "Microsoft.ContainerService/managedClusters/maintenanceConfigurations/write",
        "Microsoft.ContainerService/managedClusters/maintenanceConfigurations/delete",
    ],
    ..Kind::PLAIN
};

fn drafts(view: &View<'_>) -> Vec<Draft> {
    let configurations = view.spec.maintenance_configurations.iter().flatten();
    configurations
        .map(|(name, configuration)| {
            let entry = serde_json::to_value(configuration);
            let id = place::at(view.cluster, "maintenanceConfigurations", name);
            let child = entry.map_err(Hindrance::from).and_then(|entry| {
                Ok(Child {
                    id: id?,
                    api_version: AKS_VERSION.into(),
                    body: json!({ "properties": entry }),
                    entry,
                    secrets: Vec::new(),
                })
            });
            Draft::new(name, Needs::IdleCluster, child)
        })
        .collect()
}
