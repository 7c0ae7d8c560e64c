//! The OpenAPI descriptions, parsed once into what the checks need of it.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use regex::Regex;
use serde_json::{Map, Value};

use super::operations::Operation;
use super::preview;

/// An API description in `specs/`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Spec {
    /// Microsoft.ContainerService/managedClusters.
    ContainerService,
    /// The same in preview api-versions.
    ContainerServicePreview,
    /// Microsoft.KubernetesConfiguration/extensions.
    Extensions,
    /// Microsoft.KubernetesConfiguration/fluxConfigurations.
    FluxConfigurations,
    /// Microsoft.Authorization/roleAssignments.
    Authorization,
    /// Microsoft.Authorization/locks.
    Locks,
    /// Microsoft.ManagedIdentity.
    ManagedIdentity,
    /// Microsoft.Insights/diagnosticSettings.
    DiagnosticSettings,
    /// Data collection in Microsoft.Insights.
    DataCollection,
    /// Microsoft.AlertsManagement/prometheusRuleGroups.
    PrometheusRuleGroups,
    /// Microsoft.Monitor/accounts.
    MonitorWorkspaces,
    /// Microsoft.OperationalInsights/workspaces.
    LogAnalytics,
    /// Microsoft.ContainerService/fleets.
    Fleet,
    /// Microsoft.EventGrid/eventSubscriptions.
    EventGrid,
    /// Microsoft.DataProtection/backupVaults.
    DataProtection,
}

/// Every description with its text.
const TEXTS: [(Spec, &str); 15] = [
    (
        Spec::ContainerService,
        include_str!("../../../../specs/containerservice-2026-08-01.json"),
    ),
    (
        Spec::ContainerServicePreview,
        include_str!("../../../../specs/containerservice-2026-08-01.json"),
    ),
    (
        Spec::Extensions,
        include_str!("../../../../specs/extensions-2025-03-01.json"),
    ),
    (
        Spec::FluxConfigurations,
        include_str!("../../../../specs/fluxConfigurations-2025-04-01.json"),
    ),
    (
        Spec::Authorization,
        include_str!("../../../../specs/authorization-2022-04-01.json"),
    ),
    (Spec::Locks, include_str!("../../../../specs/locks-2020-05-01.json")),
    (
        Spec::ManagedIdentity,
        include_str!("../../../../specs/managedidentity-2024-11-30.json"),
    ),
    (
        Spec::DiagnosticSettings,
        include_str!("../../../../specs/diagnosticsettings-2021-05-01-preview.json"),
    ),
    (
        Spec::DataCollection,
        include_str!("../../../../specs/datacollection-2023-03-11.json"),
    ),
    (
        Spec::PrometheusRuleGroups,
        include_str!("../../../../specs/prometheusrulegroups-2023-03-01.json"),
    ),
    (
        Spec::MonitorWorkspaces,
        include_str!("../../../../specs/monitorworkspaces-2025-10-03.json"),
    ),
    (
        Spec::LogAnalytics,
        include_str!("../../../../specs/loganalytics-2025-07-01.json"),
    ),
    (Spec::Fleet, include_str!("../../../../specs/fleet-2026-06-01.json")),
    (
        Spec::EventGrid,
        include_str!("../../../../specs/eventgrid-2025-02-15.json"),
    ),
    (
        Spec::DataProtection,
        include_str!("../../../../specs/dataprotection-2026-06-01.json"),
    ),
];

static DOCUMENTS: LazyLock<BTreeMap<Spec, Document>> = LazyLock::new(|| {
    let parsed = |(spec, text): (Spec, &str)| {
        let preview = spec == Spec::ContainerServicePreview;
        (spec, Document::parse(text, preview).unwrap_or_default())
    };
    TEXTS.into_iter().map(parsed).collect()
});

static EMPTY: Document = Document {
    definitions: BTreeMap::new(),
    operations: Vec::new(),
};

/// A description, parsed.
pub(super) fn document(spec: Spec) -> &'static Document {
    DOCUMENTS.get(&spec).unwrap_or(&EMPTY)
}

/// Every description.
pub(super) fn documents() -> impl Iterator<Item = (Spec, &'static Document)> {
    DOCUMENTS.iter().map(|(spec, document)| (*spec, document))
}

/// Definitions by name, and the calls that use them.
#[derive(Debug, Default)]
pub(super) struct Document {
    definitions: BTreeMap<String, Schema>,
    operations: Vec<Operation>,
}

/// One schema: what may stand at a place in a body.
#[derive(Debug)]
pub(super) struct Schema {
    /// The service sets it; a request may echo it.
    pub(super) read_only: bool,
    /// The service takes it and never returns it.
    pub(super) secret: bool,
    /// Stable api-versions do not have it.
    pub(super) preview_only: bool,
    /// The preview feature that it needs.
    pub(super) feature: Option<String>,
    /// What kind of value it is.
    pub(super) kind: Kind,
}

/// Kinds of values that the description uses.
#[derive(Debug)]
pub(super) enum Kind {
    /// A definition by name; resolved on use because definitions refer to themselves (`ErrorDetail`).
    Reference(String),
    /// Named properties, those of every `allOf` included.
    Object {
        properties: BTreeMap<String, Schema>,
        required: Vec<String>,
        parents: Vec<String>,
    },
    /// Keys of the client's choice, values of one schema.
    Map(Box<Schema>),
    /// A list.
    Array {
        items: Box<Schema>,
        max_items: Option<u64>,
        unique: bool,
    },
    /// A text; `allowed` is empty for free text.
    Text {
        pattern: Option<Regex>,
        allowed: Vec<String>,
        format: Format,
    },
    /// A whole number within an inclusive range.
    Integer { minimum: Option<i64>, maximum: Option<i64> },
    /// Any number.
    Number,
    /// `true` or `false`.
    Boolean,
    /// Anything: the description does not say.
    Any,
}

/// Formats of a text that the checks know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    /// Not restricted further.
    Plain,
    /// RFC 3339.
    DateTime,
    /// `yyyy-MM-dd`.
    Date,
    /// Base64.
    Byte,
}

/// Why a description cannot be used.
#[derive(Debug, thiserror::Error)]
pub(super) enum DocumentError {
    /// Not JSON.
    #[error("the API description is not JSON: {0}")]
    Json(#[from] serde_json::Error),
    /// A pattern that the regular expression engine does not take.
    #[error("the API description holds a bad pattern: {0}")]
    Pattern(#[from] regex::Error),
    /// No `definitions` object.
    #[error("the API description has no definitions")]
    NoDefinitions,
}

impl Document {
    fn parse(text: &str, with_preview: bool) -> Result<Self, DocumentError> {
        let mut root: Value = serde_json::from_str(text)?;
        if with_preview {
            preview::add(&mut root);
        }
        let raw = root
            .get("definitions")
            .and_then(Value::as_object)
            .ok_or(DocumentError::NoDefinitions)?;
        let definitions = raw
            .iter()
            .map(|(name, node)| Ok((name.clone(), Schema::parse(node)?)))
            .collect::<Result<_, DocumentError>>()?;
        Ok(Self {
            definitions,
            operations: Operation::parse_all(&root)?,
        })
    }

    /// The call that a request is.
    pub(super) fn operation(&self, method: &str, path: &str) -> Option<&Operation> {
        self.operations.iter().find(|operation| operation.is(method, path))
    }

    /// The definition called `name`.
    pub(super) fn definition(&self, name: &str) -> Option<&Schema> {
        self.definitions.get(name)
    }

    /// `schema` with references followed; `None` for a dangling one.
    pub(super) fn resolve<'a>(&'a self, schema: &'a Schema) -> Option<&'a Schema> {
        match &schema.kind {
            Kind::Reference(name) => self.definition(name).and_then(|target| self.resolve(target)),
            _ => Some(schema),
        }
    }

    /// Property `name` of an object schema or of one of its parents.
    pub(super) fn property<'a>(&'a self, object: &'a Schema, name: &str) -> Option<&'a Schema> {
        let Kind::Object {
            properties, parents, ..
        } = &self.resolve(object)?.kind
        else {
            return None;
        };
        properties.get(name).or_else(|| {
            parents
                .iter()
                .find_map(|parent| self.property(self.definition(parent)?, name))
        })
    }

    /// Names of required properties of an object schema, those of its parents included.
    pub(super) fn required<'a>(&'a self, object: &'a Schema) -> Vec<&'a str> {
        let Some(Schema {
            kind: Kind::Object { required, parents, .. },
            ..
        }) = self.resolve(object)
        else {
            return Vec::new();
        };
        let inherited = parents
            .iter()
            .filter_map(|parent| self.definition(parent))
            .flat_map(|up| self.required(up));
        required.iter().map(String::as_str).chain(inherited).collect()
    }
}

impl Schema {
    pub(super) fn parse(node: &Value) -> Result<Self, DocumentError> {
        let flag = |key: &str| node.get(key).and_then(Value::as_bool).unwrap_or(false);
        Ok(Self {
            preview_only: flag(preview::ONLY),
            feature: node.get(preview::FEATURE).and_then(Value::as_str).map(str::to_owned),
            read_only: flag("readOnly"),
            secret: flag("x-ms-secret"),
            kind: Kind::parse(node)?,
        })
    }
}

impl Kind {
    fn parse(node: &Value) -> Result<Self, DocumentError> {
        if let Some(name) = reference(node) {
            return Ok(Self::Reference(name));
        }
        let text = |key: &str| node.get(key).and_then(Value::as_str);
        match text("type") {
            Some("object") => Self::parse_object(node),
            Some("array") => Ok(Self::Array {
                items: Box::new(Schema::parse(node.get("items").unwrap_or(&Value::Null))?),
                max_items: node.get("maxItems").and_then(Value::as_u64),
                unique: node.get("uniqueItems").and_then(Value::as_bool).unwrap_or(false),
            }),
            Some("string") => Ok(Self::Text {
                pattern: text("pattern").map(Regex::new).transpose()?,
                allowed: strings(node.get("enum")),
                format: match text("format") {
                    Some("date-time") => Format::DateTime,
                    Some("date") => Format::Date,
                    Some("byte") => Format::Byte,
                    _ => Format::Plain,
                },
            }),
            Some("integer") => Ok(Self::Integer {
                minimum: node
                    .get("minimum")
                    .and_then(Value::as_i64)
                    .or(Some(i64::from(i32::MIN))),
                maximum: node
                    .get("maximum")
                    .and_then(Value::as_i64)
                    .or(Some(i64::from(i32::MAX))),
            }),
            Some("number") => Ok(Self::Number),
            Some("boolean") => Ok(Self::Boolean),
            _ => Ok(Self::Any),
        }
    }

    fn parse_object(node: &Value) -> Result<Self, DocumentError> {
        let empty = Map::new();
        let raw = node.get("properties").and_then(Value::as_object).unwrap_or(&empty);
        let parents: Vec<String> = node
            .get("allOf")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .filter_map(reference)
            .collect();
        if let Some(values) = node.get("additionalProperties").filter(|values| values.is_object()) {
            return Ok(Self::Map(Box::new(Schema::parse(values)?)));
        }
        if raw.is_empty() && parents.is_empty() {
            return Ok(Self::Any);
        }
        let properties = raw
            .iter()
            .map(|(name, node)| Ok((name.clone(), Schema::parse(node)?)))
            .collect::<Result<_, DocumentError>>()?;
        Ok(Self::Object {
            properties,
            required: strings(node.get("required")),
            parents,
        })
    }
}

fn reference(node: &Value) -> Option<String> {
    node.get("$ref")?
        .as_str()?
        .strip_prefix("#/definitions/")
        .map(str::to_owned)
}

fn strings(list: Option<&Value>) -> Vec<String> {
    list.and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .map(str::to_owned)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_committed_description_parses_and_every_reference_leads_somewhere() {
        for (spec, text) in TEXTS {
            let document = Document::parse(text, false).unwrap();
            assert!(!document.definitions.is_empty(), "{spec:?}");
            for (name, schema) in &document.definitions {
                check(&document, name, schema);
            }
        }
        assert!(document(Spec::ContainerService).definitions.len() > 250);
    }

    fn check(document: &Document, name: &str, schema: &Schema) {
        assert!(
            document.resolve(schema).is_some(),
            "{name} refers to a missing definition"
        );
        match &schema.kind {
            Kind::Object {
                properties, parents, ..
            } => {
                assert!(
                    parents.iter().all(|parent| document.definition(parent).is_some()),
                    "{name}"
                );
                for (key, property) in properties {
                    check(document, key, property);
                }
            }
            Kind::Map(values) => check(document, name, values),
            Kind::Array { items, .. } => check(document, name, items),
            _ => {}
        }
    }

    #[test]
    fn a_property_of_a_parent_is_found() {
        let document = document(Spec::ContainerService);
        let cluster = document.definition("ManagedCluster").unwrap();
        assert!(document.property(cluster, "location").is_some());
        assert!(document.property(cluster, "id").is_some_and(|id| id.read_only));
        assert_eq!(document.required(cluster), ["location"]);
    }
}
