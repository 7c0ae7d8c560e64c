//! Which fields are on which page.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use armature_api::crds::crds;
use armature_api::{CLUSTER_SETTINGS, POOL_SETTINGS};
use armature_plan::children::KINDS;
use armature_plan::fields::{cluster, pool};
use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use serde_json::Value;

use crate::change::{Table, is_of};
use crate::schema::{rules, walk};
use crate::section::{escaped, section};

/// A page: its file, its title, what it is about, and which fields of which kind are on it.
struct Page {
    file: &'static str,
    title: &'static str,
    about: &'static str,
    kind: &'static str,
    holds: fn(&str) -> bool,
    table: Table,
    /// Settings of Armature, which stand first.
    settings: &'static [&'static str],
    /// Whether the rules about the whole object are on it.
    whole: bool,
}

fn is_child(name: &str) -> bool {
    KINDS.iter().any(|kind| kind.field == name)
}

const PAGES: &[Page] = &[
    Page {
        file: "akscluster.md",
        title: "AksCluster: settings",
        about: "What Armature may do with the cluster. The properties of the cluster itself are on a \
                [page of their own](akscluster-properties.md), and [what hangs on it](akscluster-children.md) too.",
        kind: "AksCluster",
        holds: |name| CLUSTER_SETTINGS.contains(&name) && !is_child(name),
        table: &[],
        settings: CLUSTER_SETTINGS,
        whole: false,
    },
    Page {
        file: "akscluster-properties.md",
        title: "AksCluster: properties",
        about: "The properties of AKS's managed cluster, under the names that Azure Resource Manager gives them. A field \
                that is absent is not managed: it keeps whatever value it has in Azure. The \
                [settings](akscluster.md) and [what hangs on the cluster](akscluster-children.md) have pages of their own.",
        kind: "AksCluster",
        holds: |name| !CLUSTER_SETTINGS.contains(&name),
        table: cluster::FIELDS,
        settings: CLUSTER_SETTINGS,
        whole: true,
    },
    Page {
        file: "akscluster-children.md",
        title: "AksCluster: what hangs on a cluster",
        about: "Resources of their own, each a map keyed by name. The [guide](../children.md) has an example of each. An \
                entry is owned whole: what it leaves out has Azure's default. All of them change in place unless they say \
                otherwise.",
        kind: "AksCluster",
        holds: is_child,
        table: &[],
        settings: CLUSTER_SETTINGS,
        whole: false,
    },
    Page {
        file: "aksnodepool.md",
        title: "AksNodePool",
        about: "A node pool: settings of Armature, and the properties of AKS's agent pool under the names that Azure \
                Resource Manager gives them. A field that is absent is not managed: it keeps whatever value it has in Azure.",
        kind: "AksNodePool",
        holds: |_| true,
        table: pool::FIELDS,
        settings: POOL_SETTINGS,
        whole: true,
    },
    Page {
        file: "azureidentity.md",
        title: "AzureIdentity",
        about: "How to sign in to Azure, and who may use it.",
        kind: "AzureIdentity",
        holds: |_| true,
        table: &[],
        settings: &[],
        whole: true,
    },
];

/// The schemas of all kinds by their names.
fn schemas() -> BTreeMap<String, Value> {
    let schema = |crd: CustomResourceDefinition| {
        let kind = crd.spec.names.kind.clone();
        let version = serde_json::to_value(&crd.spec.versions[0]).unwrap();
        (kind, version["schema"]["openAPIV3Schema"].clone())
    };
    crds().into_iter().map(schema).collect()
}

/// The rows of the table of a kind that belong to no field of its spec.
pub fn rows_without_a_field(kind: &str, table: Table) -> Vec<&'static str> {
    let schemas = schemas();
    let fields = schemas[kind]["properties"]["spec"]["properties"].as_object().unwrap();
    let paths: BTreeSet<String> = fields
        .iter()
        .flat_map(|(name, schema)| walk(name, schema, false))
        .map(|field| field.path)
        .collect();
    let rows = table.iter().filter(|row| !paths.iter().any(|path| is_of(row, path)));
    rows.map(|row| row.path).collect()
}

/// All pages by their file names.
pub fn pages() -> BTreeMap<String, String> {
    let schemas = schemas();
    let text = |page: &Page| (page.file.to_owned(), page.text(&schemas[page.kind]));
    PAGES.iter().map(text).collect()
}

impl Page {
    fn text(&self, schema: &Value) -> String {
        let spec = &schema["properties"]["spec"];
        let required = |name: &str| {
            let names = spec["required"].as_array();
            names.is_some_and(|names| names.contains(&Value::from(name)))
        };
        let fields = spec["properties"].as_object().unwrap();
        let mut fields: Vec<_> = fields.iter().filter(|(name, _)| (self.holds)(name)).collect();
        let setting = |name: &str| self.settings.iter().position(|setting| *setting == name);
        fields.sort_by_key(|(name, _)| (setting(name).unwrap_or(usize::MAX), (*name).clone()));

        let mut page = String::new();
        writeln!(
            page,
            "<!-- Made by `make docs` from the types in crates/api/src and the table in crates/plan/src/fields. -->"
        )
        .unwrap();
        writeln!(page, "# {}\n\n{}\n", self.title, self.about).unwrap();
        if !self.table.is_empty() {
            page.push_str("[Sources](../sources.md) says where what is told about changes comes from. ");
            page.push_str("In paths, `NAME` stands for the key of an entry and `[]` for an item of a list.\n\n");
        }
        for (name, _) in &fields {
            writeln!(page, "- [`{name}`](#{})", name.to_lowercase()).unwrap();
        }
        for (name, schema) in fields {
            section(&mut page, name, schema, required(name), self.table);
        }
        if self.whole {
            whole(&mut page, [schema, spec]);
        }
        page
    }
}

/// Rules that look at several fields.
fn whole(page: &mut String, schemas: [&Value; 2]) {
    let all: Vec<&str> = schemas.into_iter().flat_map(rules).collect();
    if !all.is_empty() {
        page.push_str("\n## Rules between fields\n\nRefused at `kubectl apply`:\n\n");
        for rule in all {
            writeln!(page, "- {}", escaped(rule)).unwrap();
        }
    }
}
