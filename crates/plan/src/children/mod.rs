//! What hangs on a cluster: resources of their own, beside it or below it.
//!
//! A kind is one file: it turns its entries in the spec into [`Child`]ren, the ARM resources they amount to. [`decide`]
//! compares one of them with what Azure has. Making, changing and deleting them is the same for all.

mod attach_registries;
mod backup;
pub mod claim;
mod compare;
mod custom;
mod data_collection;
pub mod decide;
mod diagnostics;
mod event_subscriptions;
mod extensions;
mod federated_credentials;
mod fleet_memberships;
mod flux_configurations;
pub mod former;
pub mod heir;
mod identity_bindings;
pub mod locks;
mod maintenance;
mod managed_namespaces;
pub mod place;
mod principals;
mod private_endpoints;
mod role_assignments;
mod roles;
mod snapshots;
pub mod takeover;
mod trusted_access;
mod view;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::Value;

use super::live::ProvisioningState;
use armature_api::SecretKeyRef;
use armature_azure::Terminal;

pub use compare::{Rule, differences};
pub use view::{Intent, Read, Reads, View, What};

/// A kind of child.
pub struct Kind {
    /// Its field in the spec, and the first part of its keys in status.
    pub field: &'static str,
    /// When one that Armature made goes, when its cluster is deleted.
    pub leaves: Leaves,
    /// How values are compared where letter by letter would be wrong, by path in the body with dots and `*` for any
    /// member. Resource ids and locations compare without regard to case anyway.
    pub compare: &'static [(&'static str, Rule)],
    /// The children that the spec asks for.
    pub drafts: fn(&View<'_>) -> Vec<Draft>,
    /// How the resource is, by its body.
    pub condition: fn(&Value) -> Condition,
    /// What others need to know about it, by its body.
    pub outputs: fn(&Value) -> BTreeMap<String, String>,
    /// What is worth knowing about one that is as the manifest says, one sentence.
    pub note: fn(&Value) -> Option<String>,
    /// How long its outputs stay true, where that is less than the time between two sweeps.
    pub good_for: fn(&BTreeMap<String, String>) -> Option<Duration>,
    /// Fields of other kinds whose children can't be deleted without this one: it goes after them.
    pub outlives: &'static [&'static str],
    /// The resource, other than the child, that already does what it is for, by the code and message with which Azure
    /// refuses to make the child beside it. Its id, and that it is not ours.
    pub stand_in: fn(&Child, &str, &str) -> Option<String>,
    /// What it shares with other children, of other clusters too, so that only one of them can be written at a time; by
    /// its resource id.
    pub shares: fn(&str) -> Option<String>,
    /// Whether the name of one, by cluster, entry and id, is one that only this cluster comes to, one to one: then it is
    /// ours to change, wherever it is. What is below the cluster is so anyway.
    pub is_named_after: fn(&str, &str, &str) -> bool,
    /// Whether Azure may not show one for some minutes after it was made.
    pub late: bool,
    /// How long what was read for it stays true, where others change it at any time.
    pub rereads: Option<Duration>,
    /// What the operator's identity has to be allowed to do for it (`examples/azure/roles`).
    pub actions: &'static [&'static str],
}

impl Kind {
    /// How a resource belongs to a cluster by where it is or what it is called. One that is ours makes that ours to
    /// change; whether Armature made it is another question.
    pub fn belonging(&self, cluster: &str, name: &str, id: &str) -> Belonging {
        if place::is_below(id, cluster) {
            Belonging::Below
        } else if (self.is_named_after)(cluster, name, id) {
            Belonging::Named
        } else {
            Belonging::Elsewhere
        }
    }

    /// What most kinds have; each says at least its field, its drafts and its actions.
    const PLAIN: Self = Self {
        field: "",
        leaves: Leaves::WithCluster,
        compare: &[],
        drafts: |_| Vec::new(),
        condition: provisioning,
        outputs: |_| BTreeMap::new(),
        note: |_| None,
        good_for: |_| None,
        outlives: &[],
        stand_in: |_, _, _| None,
        shares: |_| None,
        is_named_after: |_, _, _| false,
        late: false,
        rereads: None,
        actions: &[],
    };
}

/// All kinds, in the order in which they are made.
pub const KINDS: &[&Kind] = &[
    &maintenance::KIND,
    &role_assignments::KIND,
    &attach_registries::KIND,
    &federated_credentials::KIND,
    &extensions::KIND,
    &flux_configurations::KIND,
    &trusted_access::KIND,
    &managed_namespaces::KIND,
    &identity_bindings::KIND,
    &private_endpoints::KIND,
    &snapshots::KIND,
    &diagnostics::KIND,
    &data_collection::KIND,
    &backup::KIND,
    &event_subscriptions::KIND,
    &fleet_memberships::KIND,
    &custom::KIND,
    // Last: a lock must not keep the others from being made.
    &locks::KIND,
];

/// The API version of what AKS itself serves.
const AKS_VERSION: &str = "2026-08-01";

/// The kind with this field.
pub fn kind(field: &str) -> Option<&'static Kind> {
    KINDS.iter().find(|kind| kind.field == field).copied()
}

/// How a resource belongs to a cluster.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Belonging {
    /// It is a part of the cluster, or extends it.
    Below,
    /// It has a name that no other cluster gives.
    Named,
    /// Nothing says so.
    Elsewhere,
}

/// When a child goes, when its cluster is deleted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Leaves {
    /// Azure deletes it with the cluster.
    WithCluster,
    /// It would outlive the cluster, or keep it from going: it is deleted first.
    BeforeCluster,
    /// The cluster needs it to the end, and it would stay behind: it is deleted after.
    AfterCluster,
}

/// When a child may be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Needs {
    /// Before the cluster exists: the cluster is made only when this is there.
    Nothing,
    /// The cluster exists.
    Cluster,
    /// The cluster exists and nothing works on it or its pools: AKS itself serves the child, one operation at a time.
    IdleCluster,
    /// The cluster runs and nothing works on it: the child is installed on its nodes.
    RunningCluster,
    /// The cluster exists, nothing works on it, and everything else that hangs on it is done: the child would keep it
    /// from being done.
    AllElse,
}

/// How a resource is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Condition {
    /// As it was told to be.
    Settled,
    /// Azure works on it.
    Busy(String),
    /// Azure failed to bring it about.
    Broken {
        /// Azure's code, or the word for its state.
        code: String,
        /// What Azure says.
        message: String,
    },
}

/// An entry of the spec on its way to a child.
#[derive(Debug, Clone, PartialEq)]
pub struct Draft {
    /// Its name in the map of its kind.
    pub name: String,
    /// When it may be written.
    pub needs: Needs,
    /// Children that have to be ready before it is written, by their keys in status.
    pub after: Vec<String>,
    /// The child, or what keeps it from being known.
    pub child: Result<Child, Hindrance>,
}

impl Draft {
    /// A draft that waits for no other child.
    pub fn new(name: impl Into<String>, needs: Needs, child: Result<Child, Hindrance>) -> Self {
        Self {
            name: name.into(),
            needs,
            after: Vec::new(),
            child,
        }
    }

    /// The same, written only after these children.
    pub fn after(self, keys: Vec<String>) -> Self {
        Self { after: keys, ..self }
    }
}

/// An ARM resource that the spec asks for.
#[derive(Debug, Clone, PartialEq)]
pub struct Child {
    /// Its resource id.
    pub id: String,
    /// The API version it is managed with.
    pub api_version: Cow<'static, str>,
    /// The entry as the user wrote it.
    pub entry: Value,
    /// The body it amounts to, without secrets.
    pub body: Value,
    /// Secrets that go into the body when it is sent.
    pub secrets: Vec<SecretUse>,
}

/// A secret value in the body of a child.
#[derive(Debug, Clone, PartialEq)]
pub struct SecretUse {
    /// Where it goes, by the names of the members from the outermost inwards.
    pub path: Vec<String>,
    /// Where it is kept.
    pub reference: SecretKeyRef,
    /// How it is written there.
    pub encoding: Encoding,
}

/// How a secret value is written in a body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    /// As it is.
    Plain,
    /// In Base64.
    Base64,
}

/// Why an entry is no child yet.
#[derive(Debug, Clone, PartialEq)]
pub enum Hindrance {
    /// Another resource has to be read first.
    Look(Read),
    /// Another resource would be good to know; who may not read it goes on without.
    Ask(Read),
    /// Something is not there yet; a clause that names it.
    NotYet(String),
    /// The entry is wrong in a way that admission can't see.
    Invalid {
        /// The field as users write it.
        field: String,
        /// What is wrong and how to put it right.
        problem: String,
    },
    /// There is no entry, and without one a part of the cluster does nothing.
    Pointless {
        /// The code that explains it.
        code: &'static str,
        /// What is without effect, one sentence.
        problem: String,
    },
    /// Nothing that the entry is about is there yet.
    NoneYet {
        /// What that is, one sentence.
        what: String,
        /// Whether the manifest counts on it; what is decided by a pattern need never be there.
        awaited: bool,
    },
    /// It is to be absent for a while, for the sake of a step that it would keep from happening; a clause that says why.
    Suspended(String),
}

impl Hindrance {
    /// Whether the entry may come to children that are not known at the moment: their lines stay meanwhile.
    pub fn hides_children(&self) -> bool {
        match self {
            Self::Look(_) | Self::NotYet(_) | Self::Invalid { .. } | Self::Suspended(_) => true,
            // It is asked about what is in the way of an entry that is not there.
            Self::Ask(_) | Self::Pointless { .. } | Self::NoneYet { .. } => false,
        }
    }
}

/// How most resources tell how they are: by `properties.provisioningState`.
pub fn provisioning(body: &Value) -> Condition {
    let word = body.pointer("/properties/provisioningState").and_then(Value::as_str);
    let broken = |end: Terminal| Condition::Broken {
        code: end.as_str().to_owned(),
        message: format!("its provisioning state is {}", end.as_str()),
    };
    match ProvisioningState::parse(word) {
        ProvisioningState::Succeeded => Condition::Settled,
        ProvisioningState::Failed => broken(Terminal::Failed),
        ProvisioningState::Canceled => broken(Terminal::Canceled),
        ProvisioningState::Busy(word) => Condition::Busy(word),
    }
}

/// Texts of a body by the names that they have as outputs. What the body does not have is left out.
fn texts(body: &Value, outputs: &[(&str, &str)]) -> BTreeMap<String, String> {
    let text = |pointer: &str| body.pointer(pointer).and_then(Value::as_str).map(str::to_owned);
    let found = outputs
        .iter()
        .map(|(name, pointer)| text(pointer).map(|text| ((*name).to_owned(), text)));
    found.flatten().collect()
}

/// The key of a child in status: its field and its name.
pub fn key(kind: &Kind, name: &str) -> String {
    format!("{}/{name}", kind.field)
}

/// The key under which the resource that had been made for `key` is kept until its successor is there. It has a
/// character that no name of an entry has.
pub fn former_key(key: &str, id: &str) -> String {
    format!(
        "{key}~{}",
        super::applied::hash(&Value::String(id.to_ascii_lowercase()))
    )
}

/// The key of the successor, of a key made by [`former_key`].
pub fn successor(key: &str) -> Option<&str> {
    key.split_once('~').map(|(successor, _)| successor)
}

/// The kind that a key of status belongs to.
pub fn kind_of(key: &str) -> Option<&'static Kind> {
    key.split_once('/').and_then(|(field, _)| kind(field))
}

impl From<serde_json::Error> for Hindrance {
    /// A manifest that was read can be written; should that ever fail, the entry says so.
    fn from(error: serde_json::Error) -> Self {
        Self::Invalid {
            field: "spec".to_owned(),
            problem: error.to_string(),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_child_whose_work_has_ended_is_not_busy_however_the_end_is_spelled() {
        let of = |word: &str| provisioning(&json!({ "properties": { "provisioningState": word } }));
        let broken = |code: &str| Condition::Broken {
            code: code.to_owned(),
            message: format!("its provisioning state is {code}"),
        };
        for word in ["Canceled", "Cancelled", "cancelled", "CANCELED"] {
            assert_eq!(of(word), broken("Canceled"), "{word}");
        }
        assert_eq!(of("failed"), broken("Failed"));
        assert_eq!(of("succeeded"), Condition::Settled);
        assert_eq!(provisioning(&json!({})), Condition::Settled);
        assert_eq!(of("Canceling"), Condition::Busy("Canceling".to_owned()));
    }
    const NAMES: [&str; 12] = [
        "shop",
        "shop-x",
        "shop_x",
        "shop--x",
        "x",
        "Win-shop",
        "ingest-westeurope-shop",
        "shop-0123456789ab",
        "0123456789ab",
        "shop-shop-shop-shop-shop-shop-shop-shop-shop-shop-shop-shop-1",
        "shop-shop-shop-shop-shop-shop-shop-shop-shop-shop-shop-shop-2",
        "shop-shop-shop-shop-shop-shop-shop-shop-shop-shop-shop-shop_2",
    ];

    fn id_of(cluster: &str) -> String {
        format!("/subscriptions/s/resourceGroups/rg/providers/Microsoft.ContainerService/managedClusters/{cluster}")
    }

    /// What a cluster calls the resources that it names itself, by kind and entry.
    fn made(cluster: &str) -> Vec<(&'static Kind, &'static str, String)> {
        let vault =
            |name: String| format!("/subscriptions/s/resourceGroups/rg/providers/Microsoft.X/vaults/v/y/{name}");
        let mut made: Vec<(&'static Kind, &'static str, String)> = data_collection::made(cluster)
            .into_iter()
            .map(|id| (&data_collection::KIND, "containerInsights/dcr", id))
            .collect();
        for entry in ["daily", "x-daily", "shop"] {
            let credential = federated_credentials::own_name(cluster, entry);
            made.push((&federated_credentials::KIND, entry, vault(credential)));
            made.push((&backup::KIND, entry, vault(backup::instance(cluster, entry))));
        }
        made
    }

    #[test]
    fn two_clusters_never_make_the_same_name_and_none_takes_that_of_another_one_for_its_own() {
        let mut clusters: Vec<String> = NAMES.map(id_of).to_vec();
        // Named as what others come to.
        let copied: Vec<String> = clusters
            .iter()
            .flat_map(|cluster| made(cluster))
            .map(|(_, _, id)| id)
            .collect();
        for id in copied {
            let name = place::name(&id);
            clusters.push(id_of(name));
            let without_head = name.splitn(3, '-').nth(2);
            clusters.extend(without_head.map(id_of));
        }
        clusters.sort();
        clusters.dedup();
        let mut owners: BTreeMap<String, String> = BTreeMap::new();
        for cluster in &clusters {
            for (kind, entry, id) in made(cluster) {
                let before = owners.insert(id.to_ascii_lowercase(), cluster.clone());
                assert_eq!(before, None, "{id} is of {cluster}, too");
                for other in clusters.iter().filter(|other| *other != cluster).take(20) {
                    assert_ne!(
                        kind.belonging(other, entry, &id),
                        Belonging::Named,
                        "{id} is not of {other}"
                    );
                }
            }
        }
    }

    #[test]
    fn what_is_made_for_a_cluster_is_its_own_by_its_name_unless_the_name_had_to_be_changed() {
        let cluster = id_of("shop");
        let is_own =
            |(kind, entry, id): &(&Kind, &str, String)| kind.belonging(&cluster, entry, id) == Belonging::Named;
        let made = made(&cluster);
        let changed: Vec<&str> = made
            .iter()
            .filter(|made| !is_own(made))
            .map(|(_, _, id)| place::name(id))
            .collect();
        assert!(
            changed.len() == 2 && changed[0].starts_with("UXRecordingRulesRuleGroup-Win-shop-"),
            "{changed:?}"
        );
        let made_for = self::made(&id_of("shop_x"));
        let by_hash = made_for
            .iter()
            .filter(|(kind, entry, id)| kind.belonging(&id_of("shop_x"), entry, id) == Belonging::Named);
        assert_eq!(by_hash.count(), 6, "only those whose hash is long enough to prove it");
    }
}
