//! Fleet memberships: clusters that Azure Kubernetes Fleet Manager groups and updates together.

use std::collections::BTreeMap;

use kube::KubeSchema;
use serde::{Deserialize, Serialize};

/// Membership of the cluster in a fleet. Update runs of the fleet and upgrades by this manifest work on the same cluster.
#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct FleetMembership {
    /// Id of the fleet. Fixed: another fleet takes an entry of another name.
    #[schemars(length(max = 512))]
    #[x_kube(validation = (
        r"self.matches(r'(?i)^/subscriptions/[^/?#%\s]+/resourceGroups/[^/?#%\s]+/providers/Microsoft.ContainerService/fleets/[^/?#%\s]+$')",
        "fleetId is /subscriptions/ID/resourceGroups/GROUP/providers/Microsoft.ContainerService/fleets/NAME; copy it \
         from the fleet's properties",
    ))]
    #[x_kube(validation = (
        "self.lowerAscii() == oldSelf.lowerAscii()",
        "fleetId of a membership is fixed; remove the entry and add one of another name",
    ))]
    pub fleet_id: String,
    /// Update group of the member; default: none. Changes in place.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 50))]
    #[x_kube(validation = (
        "self.matches('^[a-z0-9]([-a-z0-9]*[a-z0-9])?$')",
        "group has 1 to 50 lower-case letters, digits and hyphens, with a letter or digit at both ends; correct it",
    ))]
    pub group: Option<String>,
    /// Labels of the member, by which the fleet selects it. Change in place.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("maxProperties" = 32))]
    pub labels: Option<BTreeMap<String, String>>,
}
