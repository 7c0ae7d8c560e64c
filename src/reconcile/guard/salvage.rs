//! What can be told of an object although it can't be read.

use std::collections::BTreeMap;

use serde::de::DeserializeOwned;
use serde_json::value::RawValue;

use armature_api::{ClusterRef, DeletionPolicy, ManagementPolicy};
use armature_plan::desired::Deletion;

/// The fields that the end of an object depends on, each read by itself.
#[derive(Debug, Clone, PartialEq)]
pub struct Salvage {
    /// The cluster object that a pool names.
    pub cluster: Option<String>,
    /// What becomes of the Azure resource when the object goes. A protection that can't be read protects.
    pub deletion: Deletion,
    /// Whether Armature may only look.
    pub observe: bool,
    /// The resource in Azure that the status names.
    pub resource_id: Option<String>,
}

type Fields<'a> = BTreeMap<String, &'a RawValue>;

impl Salvage {
    /// Reads what can be read of these texts.
    pub fn read(spec: &str, status: Option<&str>) -> Self {
        let fields = |text| serde_json::from_str::<Fields<'_>>(text).unwrap_or_default();
        let (spec, status) = (fields(spec), status.map(fields).unwrap_or_default());
        Self {
            cluster: field::<ClusterRef>(&spec, "clusterRef").map(|reference| reference.name),
            deletion: Deletion {
                policy: field::<DeletionPolicy>(&spec, "deletionPolicy"),
                protected: field::<bool>(&spec, "deletionProtection").unwrap_or(true),
            },
            observe: field::<ManagementPolicy>(&spec, "managementPolicy") == Some(ManagementPolicy::Observe),
            resource_id: field(&status, "resourceId"),
        }
    }
}

fn field<T: DeserializeOwned>(fields: &Fields<'_>, name: &str) -> Option<T> {
    serde_json::from_str(fields.get(name)?.get()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_field_is_read_by_itself() {
        let spec = r#"{"clusterRef":{"name":"shop"},"count":"3","deletionPolicy":"Orphan","deletionProtection":false}"#;
        let salvage = Salvage::read(spec, Some(r#"{"resourceId":"/subscriptions/x","lastError":7}"#));
        assert_eq!(salvage.cluster.as_deref(), Some("shop"));
        assert_eq!(salvage.deletion.policy, Some(DeletionPolicy::Orphan));
        assert!(!salvage.deletion.protected && !salvage.observe);
        assert_eq!(salvage.resource_id.as_deref(), Some("/subscriptions/x"));
    }

    #[test]
    fn what_cannot_be_read_protects() {
        for spec in ["{}", "7", r#"{"deletionProtection":"no","deletionPolicy":"Delte"}"#] {
            let salvage = Salvage::read(spec, None);
            assert!(salvage.deletion.protected, "{spec}");
            assert_eq!((salvage.deletion.policy, salvage.cluster), (None, None));
        }
    }
}
