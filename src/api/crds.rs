//! The CRDs as the API server gets them: what the derives make, and what they cannot say.

use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::{
    CustomResourceDefinition, JSON, JSONSchemaProps, JSONSchemaPropsOrArray, JSONSchemaPropsOrBool,
};
use kube::CustomResourceExt;
use serde_json::json;

use super::{AksCluster, AksNodePool, AzureIdentity};

/// All CRDs, in the order of their names.
#[must_use]
pub fn crds() -> Vec<CustomResourceDefinition> {
    [AksCluster::crd(), AksNodePool::crd(), AzureIdentity::crd()]
        .map(finish)
        .into()
}

fn finish(mut crd: CustomResourceDefinition) -> CustomResourceDefinition {
    let schemas = crd
        .spec
        .versions
        .iter_mut()
        .filter_map(|version| version.schema.as_mut());
    for schema in schemas.filter_map(|validation| validation.open_api_v3_schema.as_mut()) {
        drop_nullable(schema);
        if let Some(status) = schema
            .properties
            .as_mut()
            .and_then(|properties| properties.get_mut("status"))
        {
            // Without it an object that no controller has seen yet counts as done for kstatus, and so for Flux.
            status.default = Some(JSON(json!({ "observedGeneration": -1 })));
        }
    }
    crd
}

/// Takes `nullable` out everywhere. The API server then drops nulls before it validates or stores, so that a null means
/// the same as an absent field, and `has()` in a rule means that there is a value.
fn drop_nullable(schema: &mut JSONSchemaProps) {
    schema.nullable = None;
    if let Some(properties) = &mut schema.properties {
        properties.values_mut().for_each(drop_nullable);
    }
    if let Some(JSONSchemaPropsOrBool::Schema(values)) = &mut schema.additional_properties {
        drop_nullable(values);
    }
    match &mut schema.items {
        Some(JSONSchemaPropsOrArray::Schema(item)) => drop_nullable(item),
        Some(JSONSchemaPropsOrArray::Schemas(items)) => items.iter_mut().for_each(drop_nullable),
        None => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dump() {
        for crd in crds() {
            let text = serde_saphyr::to_string(&crd).unwrap();
            let dir = std::env::var("CRD_DUMP").unwrap();
            std::fs::write(format!("{dir}/{}.yaml", crd.metadata.name.as_deref().unwrap()), text).unwrap();
        }
    }
}
