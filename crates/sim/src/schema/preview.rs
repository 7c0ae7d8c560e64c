//! Preview properties of AKS: the stable description and a short list of what preview api-versions add to it.
//!
//! Names and types are those of Microsoft's SDK azure-mgmt-containerservice 41.8.0b1 (2026-07-02-preview); the feature
//! that each one needs is named by the AKS documentation of that preview (Learn, `az feature register`).

use serde_json::{Value, json};

/// A property that only preview api-versions have.
struct Preview {
    /// Definitions that gain it.
    definitions: &'static [&'static str],
    /// Its name.
    name: &'static str,
    /// What it is.
    kind: Kind,
    /// The feature of Microsoft.ContainerService that it needs; none when documentation names none.
    feature: Option<&'static str>,
}

/// What a preview property is.
enum Kind {
    Flag,
    Texts,
    Choice(&'static [&'static str]),
    Object(&'static [(&'static str, Self)]),
}

const POOL: &[&str] = &[
    "ManagedClusterAgentPoolProfileProperties",
    "AgentPoolManagedClusterAgentPoolProfileProperties",
];

const LIST: &[Preview] = &[
    // Learn: node-initialization-taints.
    Preview {
        definitions: POOL,
        name: "nodeInitializationTaints",
        kind: Kind::Texts,
        feature: Some("NodeInitializationTaintsPreview"),
    },
    Preview {
        definitions: POOL,
        name: "enableOSDiskFullCaching",
        kind: Kind::Flag,
        feature: None,
    },
    // Learn: use-node-pools-kubelet-config, default seccomp profile.
    Preview {
        definitions: &["KubeletConfig"],
        name: "seccompDefault",
        kind: Kind::Choice(&["Unconfined", "RuntimeDefault"]),
        feature: Some("KubeletDefaultSeccompProfilePreview"),
    },
    // Learn: namespaces as resources of ARM.
    Preview {
        definitions: &["ManagedClusterProperties"],
        name: "enableNamespaceResources",
        kind: Kind::Flag,
        feature: Some("EnableNamespaceResourcesPreview"),
    },
    Preview {
        definitions: &["ManagedClusterProperties"],
        name: "nodeDisruptionProfile",
        kind: Kind::Object(&[(
            "nodeDisruptionPolicy",
            Kind::Choice(&["Allow", "AllowDuringMaintenanceWindow"]),
        )]),
        feature: None,
    },
    // Learn: image-integrity.
    Preview {
        definitions: &["ManagedClusterSecurityProfile"],
        name: "imageIntegrity",
        kind: Kind::Object(&[("enabled", Kind::Flag)]),
        feature: Some("EnableImageIntegrityPreview"),
    },
    Preview {
        definitions: &["ManagedClusterSecurityProfile"],
        name: "nodeRestriction",
        kind: Kind::Object(&[("enabled", Kind::Flag)]),
        feature: Some("NodeRestrictionPreview"),
    },
    // Learn: configure-kube-proxy.
    Preview {
        definitions: &["ContainerServiceNetworkProfile"],
        name: "kubeProxyConfig",
        kind: Kind::Object(&[
            ("enabled", Kind::Flag),
            ("mode", Kind::Choice(&["IPTABLES", "IPVS", "NFTABLES"])),
        ]),
        feature: Some("KubeProxyConfigurationPreview"),
    },
    // Learn: optimized-addon-scaling.
    Preview {
        definitions: &["ManagedClusterWorkloadAutoScalerProfileVerticalPodAutoscaler"],
        name: "addonAutoscaling",
        kind: Kind::Choice(&["Enabled", "Disabled"]),
        feature: Some("AKS-AddonAutoscalingPreview"),
    },
];

/// Member of a schema that names the feature that its property needs.
pub(super) const FEATURE: &str = "x-preview-feature";
/// Member of a schema that says that stable api-versions do not have its property.
pub(super) const ONLY: &str = "x-preview-only";

/// Adds the preview properties to a description.
pub(super) fn add(root: &mut Value) {
    for Preview {
        definitions,
        name,
        kind,
        feature,
    } in LIST
    {
        let mut schema = kind.schema();
        schema[ONLY] = json!(true);
        if let Some(feature) = feature {
            schema[FEATURE] = json!(feature);
        }
        for definition in *definitions {
            if let Some(Value::Object(properties)) = root.pointer_mut(&format!("/definitions/{definition}/properties"))
            {
                properties.insert((*name).to_owned(), schema.clone());
            }
        }
    }
}

impl Kind {
    fn schema(&self) -> Value {
        match self {
            Self::Flag => json!({"type": "boolean"}),
            Self::Texts => json!({"type": "array", "items": {"type": "string"}}),
            Self::Choice(values) => json!({"type": "string", "enum": values}),
            Self::Object(members) => {
                let mut schema = json!({"type": "object", "properties": {}});
                for (name, kind) in *members {
                    schema["properties"][name] = kind.schema();
                }
                schema
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::features;

    #[test]
    fn every_feature_that_a_property_needs_can_be_registered() {
        for preview in LIST {
            let known = |name| features::find("Microsoft.ContainerService", name).is_some();
            assert!(preview.feature.is_none_or(known), "{}", preview.name);
        }
    }
}
