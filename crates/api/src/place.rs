//! Where in Azure a cluster stands, beyond its region.

use kube::KubeSchema;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::schema::field_speaks;

/// An edge zone that the cluster's machines stand in.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct ExtendedLocation {
    /// Name of the edge zone, such as `microsoftlosangeles1`. Fixed at creation.
    #[schemars(length(min = 1, max = 64))]
    pub name: String,
    /// `EdgeZone`, the only kind there is. Fixed at creation.
    #[serde(rename = "type")]
    pub type_: ExtendedLocationType,
}

/// Kind of extended location.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, PartialEq, Eq, JsonSchema)]
#[schemars(transform = field_speaks)]
pub enum ExtendedLocationType {
    /// An edge zone.
    EdgeZone,
}
