//! What an object keeps in the watch caches.

use std::collections::BTreeMap;

use kube::Resource;

use armature_api::{APPROVE_PLAN_ANNOTATION, RELEASE_ANNOTATION, REQUESTED_AT_ANNOTATION};

/// The annotations that mean something to a pass.
const READ: [&str; 3] = [APPROVE_PLAN_ANNOTATION, RELEASE_ANNOTATION, REQUESTED_AT_ANNOTATION];

/// Drops the metadata that no pass reads: who wrote which field, labels, and the annotations of others, such as the whole
/// manifest that `kubectl apply` keeps. Together they are often longer than the object. Writes are not touched by it: a
/// status write changes no metadata, and finalizers are patched.
pub fn trim(object: &mut impl Resource) {
    let metadata = object.meta_mut();
    metadata.managed_fields = None;
    metadata.labels = None;
    metadata.annotations = read_annotations(metadata.annotations.take());
}

/// The annotations that a pass reads; `None` when there are none.
pub fn read_annotations(annotations: Option<BTreeMap<String, String>>) -> Option<BTreeMap<String, String>> {
    let mut annotations = annotations?;
    annotations.retain(|name, _| READ.contains(&name.as_str()));
    (!annotations.is_empty()).then_some(annotations)
}

#[cfg(test)]
mod tests {
    use kube::api::ObjectMeta;
    use serde_json::json;

    use super::*;
    use crate::testing::cluster;

    #[test]
    fn what_users_tell_a_pass_stays_and_what_others_note_goes() {
        let mut object = cluster("");
        let said =
            json!({ RELEASE_ANNOTATION: "yes", APPROVE_PLAN_ANNOTATION: "ab12", REQUESTED_AT_ANNOTATION: "now" });
        let mut annotations = said.clone();
        annotations["kubectl.kubernetes.io/last-applied-configuration"] = json!("{}");
        let metadata = |annotations| -> ObjectMeta {
            serde_json::from_value(json!({
                "name": "prod", "namespace": "team", "uid": "u", "resourceVersion": "7", "generation": 3,
                "finalizers": ["aks.armature.dev/finalizer"], "annotations": annotations,
            }))
            .unwrap()
        };
        object.metadata = ObjectMeta {
            labels: Some([("team".to_owned(), "core".to_owned())].into()),
            managed_fields: Some(vec![Default::default()]),
            ..metadata(annotations)
        };
        trim(&mut object);
        assert_eq!(object.metadata, metadata(said));
    }

    #[test]
    fn nothing_is_kept_for_annotations_of_others_alone() {
        let mut object = cluster("");
        object.metadata.annotations = Some([("example.com/note".to_owned(), "x".to_owned())].into());
        trim(&mut object);
        assert_eq!(object.metadata.annotations, None);
    }
}
