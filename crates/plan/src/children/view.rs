//! What children are made from: the manifest, the cluster, and other resources in Azure.

use std::collections::BTreeMap;

use serde_json::Value;

use super::Hindrance;
use crate::live::LiveCluster;
use armature_api::AksClusterSpec;

/// A resource, or a list of resources, to read.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Read {
    /// Its resource id; of a list, that of what holds it with the type behind.
    pub id: String,
    /// The API version to read it with.
    pub api_version: &'static str,
    /// What is read of it.
    pub what: What,
}

/// What is read.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum What {
    /// The resource.
    Resource,
    /// All pages of the list, or what Azure lets through the filter.
    List {
        /// Azure's `$filter`.
        filter: Option<String>,
    },
}

impl Read {
    /// The resource with this id.
    pub fn resource(id: impl Into<String>, api_version: &'static str) -> Self {
        Self {
            id: id.into(),
            api_version,
            what: What::Resource,
        }
    }

    fn key(&self) -> String {
        let id = self.id.to_ascii_lowercase();
        match &self.what {
            What::Resource => id,
            What::List { filter } => format!("{id}?{}", filter.as_deref().unwrap_or_default()),
        }
    }
}

/// Other resources that were read; `None` for what does not exist.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Reads(BTreeMap<String, Option<Value>>);

impl Reads {
    /// Keeps what was read; a list as an array.
    pub fn keep(&mut self, read: &Read, body: Option<Value>) {
        self.0.insert(read.key(), body);
    }

    /// Whether this was read.
    pub fn has(&self, read: &Read) -> bool {
        self.0.contains_key(&read.key())
    }

    /// Forgets one, so that it is read again.
    pub fn remove(&mut self, read: &Read) {
        self.0.remove(&read.key());
    }

    /// Forgets everything, so that it is read again.
    pub fn clear(&mut self) {
        self.0.clear();
    }
}

/// What children are made from.
#[derive(Debug, Clone, Copy)]
pub struct View<'a> {
    /// The manifest.
    pub spec: &'a AksClusterSpec,
    /// The resource id of the cluster, whether it exists or not.
    pub cluster: &'a str,
    /// The cluster in Azure.
    pub live: Option<&'a LiveCluster>,
    /// What else was read.
    pub reads: &'a Reads,
    /// Types that the identity of the cluster allows `children` to have.
    pub allowed_types: &'a [String],
    /// What is about to happen to the cluster and what hangs on it.
    pub intent: Intent<'a>,
}

/// What is about to happen, for children that would keep it from happening.
#[derive(Debug, Clone, Copy, Default)]
pub struct Intent<'a> {
    away: Option<&'a BTreeMap<String, String>>,
}

impl<'a> Intent<'a> {
    /// These children have to be away, by their keys in status; each with a clause that says why.
    pub fn of(away: &'a BTreeMap<String, String>) -> Self {
        Self { away: Some(away) }
    }
}

impl View<'_> {
    /// Why the child with this key has to be away, if it has to.
    pub(super) fn is_away(&self, key: &str) -> Option<&str> {
        self.intent.away?.get(key).map(String::as_str)
    }

    /// A text in the live cluster.
    ///
    /// # Errors
    /// [`Hindrance::NotYet`] with `what` while the cluster has none.
    pub fn live_text(&self, pointer: &str, what: &str) -> Result<String, Hindrance> {
        self.live
            .and_then(|live| live.body.pointer(pointer))
            .and_then(Value::as_str)
            .filter(|text| !text.is_empty())
            .map(str::to_owned)
            .ok_or_else(|| Hindrance::NotYet(what.to_owned()))
    }

    /// Another resource as Azure has it; `None` when it does not exist.
    ///
    /// # Errors
    /// [`Hindrance::Look`] while it was not read.
    pub fn read(&self, id: &str, api_version: &'static str) -> Result<Option<&Value>, Hindrance> {
        self.look(Read::resource(id, api_version))
    }

    /// A list of resources: of the type at the end of `id`, in what is named before it. With a `filter`, those that
    /// Azure lets through. Nothing when what holds the list does not exist.
    ///
    /// # Errors
    /// [`Hindrance::Look`] while it was not read.
    pub fn list(&self, id: &str, api_version: &'static str, filter: Option<&str>) -> Result<&[Value], Hindrance> {
        let body = self.look(Read {
            id: id.to_owned(),
            api_version,
            what: What::List {
                filter: filter.map(str::to_owned),
            },
        })?;
        Ok(body.and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default())
    }

    /// A list that is good to know; `None` when nobody may look, or what holds it does not exist.
    ///
    /// # Errors
    /// [`Hindrance::Ask`] while it was not read.
    pub fn ask_list(&self, id: &str, api_version: &'static str) -> Result<Option<&[Value]>, Hindrance> {
        let read = Read {
            id: id.to_owned(),
            api_version,
            what: What::List { filter: None },
        };
        match self.reads.0.get(&read.key()) {
            Some(body) => Ok(body.as_ref().and_then(Value::as_array).map(Vec::as_slice)),
            None => Err(Hindrance::Ask(read)),
        }
    }

    fn look(&self, read: Read) -> Result<Option<&Value>, Hindrance> {
        match self.reads.0.get(&read.key()) {
            Some(body) => Ok(body.as_ref()),
            None => Err(Hindrance::Look(read)),
        }
    }
}
