//! An OpenAPI description of ARM, read as the flat shapes that our specs have.

use serde_json::{Value, json};

/// The description of one API version.
pub struct Arm {
    definitions: Value,
}

/// The two types that have a spec of their own.
#[derive(Clone, Copy)]
pub enum Type {
    Cluster,
    Pool,
}

impl Type {
    pub const ALL: [Self; 2] = [Self::Cluster, Self::Pool];

    /// How paths of the type start.
    pub fn name(self) -> &'static str {
        match self {
            Self::Cluster => "cluster",
            Self::Pool => "pool",
        }
    }

    /// The envelope, and what stands in its `properties`.
    fn definitions(self) -> (&'static str, &'static str) {
        match self {
            Self::Cluster => ("ManagedCluster", "ManagedClusterProperties"),
            Self::Pool => ("AgentPool", "ManagedClusterAgentPoolProfileProperties"),
        }
    }
}

impl Arm {
    pub fn new(description: &str) -> Self {
        let api: Value = serde_json::from_str(description).unwrap();
        Self {
            definitions: api["definitions"].clone(),
        }
    }

    /// Follows references and merges inherited properties in, one level deep.
    pub fn resolve(&self, schema: &Value) -> Value {
        let mut resolved = schema.clone();
        if let Some(reference) = schema["$ref"].as_str() {
            let name = reference.rsplit('/').next().unwrap();
            resolved = self.resolve(&self.definitions[name]);
            if let Some(read_only) = schema.get("readOnly") {
                resolved["readOnly"] = read_only.clone();
            }
        }
        for parent in schema["allOf"].as_array().into_iter().flatten() {
            let inherited = self.resolve(parent)["properties"].clone();
            for (name, property) in inherited.as_object().into_iter().flatten() {
                resolved["properties"][name] = property.clone();
            }
        }
        if let Some(object) = resolved.as_object_mut() {
            object.remove("allOf");
        }
        resolved
    }

    /// The properties of a type's envelope and of its `properties`, as our specs have them: on one level.
    pub fn flat(&self, kind: Type) -> Value {
        let (envelope, properties) = kind.definitions();
        let definition = |name: &str| self.resolve(&json!({ "$ref": format!("#/definitions/{name}") }));
        let mut flat = definition(envelope);
        let fields = flat["properties"].as_object_mut().unwrap();
        fields.remove("properties");
        for (name, property) in definition(properties)["properties"].as_object().unwrap() {
            fields.insert(name.clone(), property.clone());
        }
        flat
    }

    /// The paths below (and with) `path` that a client may write, without the groups that hold them.
    pub fn writable_leaves(&self, path: &str, schema: &Value) -> Vec<String> {
        let schema = self.resolve(schema);
        if is_read_only(&schema) {
            return Vec::new();
        }
        let inside = |nested: &str| {
            let schema = &schema[nested];
            schema
                .is_object()
                .then(|| self.writable_leaves(&format!("{path}[]"), schema))
        };
        if let Some(properties) = schema["properties"].as_object().filter(|fields| !fields.is_empty()) {
            let leaves = properties
                .iter()
                .map(|(name, schema)| self.writable_leaves(&format!("{path}.{name}"), schema));
            return leaves.flatten().collect();
        }
        let nested = inside("items").or_else(|| inside("additionalProperties"));
        // A map whose values are all read-only has keys to write.
        nested
            .filter(|leaves| !leaves.is_empty())
            .unwrap_or_else(|| vec![path.to_owned()])
    }
}

pub fn is_read_only(schema: &Value) -> bool {
    schema["readOnly"] == json!(true)
}
