//! Objects read one by one. An object that can't be read is a value like any other: it is named, can be released, and
//! no other object of its kind is held up by it.

mod place;
mod salvage;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::marker::PhantomData;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use kube::Resource;
use kube::api::ObjectMeta;
use serde::de::{DeserializeOwned, Error as _};
use serde::{Deserialize, Deserializer};
use serde_json::Value;
use serde_json::value::RawValue;

pub use salvage::Salvage;

use super::cache;
use armature_api::{
    AksCluster, AksClusterSpec, AksClusterStatus, AksNodePool, AksNodePoolSpec, AksNodePoolStatus, AzureIdentity,
    AzureIdentitySpec, AzureIdentityStatus,
};

/// Levels that a spec or status may be nested. Admission allows free-form values half of it; the parser has 128.
const DEEPEST: usize = 64;
/// How long the text of a spec may be. What a sane manifest needs is far below; read, it can be twenty times as long.
const LONGEST_SPEC: usize = 256 * 1024;
/// How long the text of a status may be. It has no values of free form, and etcd takes no larger object.
const LONGEST_STATUS: usize = 1024 * 1024;

/// A kind whose objects are put together from their parts.
pub trait Parts: Resource<DynamicType = ()> + Clone + std::fmt::Debug + Send + Sync + 'static {
    /// What users ask for.
    type Spec: DeserializeOwned;
    /// What is observed.
    type Status: DeserializeOwned;

    /// The object.
    fn of(metadata: ObjectMeta, spec: Self::Spec, status: Option<Self::Status>) -> Self;
}

macro_rules! parts {
    ($kind:ident, $spec:ident, $status:ident) => {
        impl Parts for $kind {
            type Spec = $spec;
            type Status = $status;

            fn of(metadata: ObjectMeta, spec: $spec, status: Option<$status>) -> Self {
                Self {
                    metadata,
                    spec,
                    status,
                }
            }
        }
    };
}

parts!(AksCluster, AksClusterSpec, AksClusterStatus);
parts!(AksNodePool, AksNodePoolSpec, AksNodePoolStatus);
parts!(AzureIdentity, AzureIdentitySpec, AzureIdentityStatus);

/// An object as the API server sent it.
#[derive(Debug, Clone)]
pub enum Guarded<K> {
    /// It is as its kind says.
    Readable(K),
    /// It is not.
    Unreadable(Box<Unreadable<K>>),
}

/// An object that is not as its kind says: it was stored under another definition, or is beyond what can be read.
#[derive(Debug, Clone)]
pub struct Unreadable<K> {
    /// The metadata that a pass reads.
    pub metadata: ObjectMeta,
    /// What can't be read and why, without the value: it may be a secret that landed in the wrong place.
    pub problem: String,
    /// What of the spec rules at admission fail on, whatever else is written.
    pub spoiled: Spoiled,
    /// What can be told of it all the same.
    pub salvage: Salvage,
    kind: PhantomData<fn() -> K>,
}

impl<K> Unreadable<K> {
    /// What is wrong and the way out, one sentence.
    pub fn told(&self) -> String {
        format!(
            "{}, so nothing is done for this object; correct it, or run armature release and delete it to leave Azure alone",
            self.problem
        )
    }
}

/// The metadata that a pass reads, and nothing else: who wrote which field is often longer than the object, and nested
/// as deeply.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Metadata {
    name: Option<String>,
    namespace: Option<String>,
    uid: Option<String>,
    resource_version: Option<String>,
    generation: Option<i64>,
    creation_timestamp: Option<Time>,
    deletion_timestamp: Option<Time>,
    finalizers: Option<Vec<String>>,
    annotations: Option<BTreeMap<String, String>>,
}

impl From<Metadata> for ObjectMeta {
    fn from(metadata: Metadata) -> Self {
        let Metadata {
            name,
            namespace,
            uid,
            resource_version,
            generation,
            creation_timestamp,
            deletion_timestamp,
            finalizers,
            annotations,
        } = metadata;
        Self {
            name,
            namespace,
            uid,
            resource_version,
            generation,
            creation_timestamp,
            deletion_timestamp,
            finalizers,
            annotations: cache::read_annotations(annotations),
            ..Self::default()
        }
    }
}

#[derive(Deserialize)]
struct Text<'a> {
    metadata: Metadata,
    #[serde(borrow)]
    spec: Option<&'a RawValue>,
    #[serde(borrow)]
    status: Option<&'a RawValue>,
}

impl<'de, K: Parts> Deserialize<'de> for Guarded<K> {
    /// The text of one object is skipped over without recursion, and dropped once it was read.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Box::<RawValue>::deserialize(deserializer)?;
        read(text.get()).map_err(D::Error::custom)
    }
}

impl<'de, K: Parts> Deserialize<'de> for Unreadable<K> {
    /// For those who ask for one of them alone.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match Guarded::deserialize(deserializer)? {
            Guarded::Unreadable(object) => Ok(*object),
            Guarded::Readable(_) => Err(D::Error::custom("the object can be read")),
        }
    }
}

/// Reads one object.
///
/// # Errors
/// What has no metadata is no object.
fn read<K: Parts>(text: &str) -> serde_json::Result<Guarded<K>> {
    let Text { metadata, spec, status } = serde_json::from_str(text)?;
    let metadata = ObjectMeta::from(metadata);
    let spec_text = spec.map_or("{}", RawValue::get);
    let parts = part::<K::Spec>("spec", spec_text, LONGEST_SPEC).and_then(|spec| {
        let status = status.map(|status| part::<K::Status>("status", status.get(), LONGEST_STATUS));
        Ok((spec, status.transpose()?))
    });
    Ok(match parts {
        Ok((spec, status)) => Guarded::Readable(K::of(metadata, spec, status)),
        Err(problem) => Guarded::Unreadable(Box::new(Unreadable {
            metadata,
            problem,
            spoiled: Spoiled::of::<K::Spec>(spec_text),
            salvage: Salvage::read(spec_text, status.map(RawValue::get)),
            kind: PhantomData,
        })),
    })
}

/// Reads a part of an object; `Err` says what can't be read and why.
fn part<T: DeserializeOwned>(name: &str, text: &str, longest: usize) -> Result<T, String> {
    if text.len() > longest {
        return Err(format!("{name} is longer than {} KiB", longest / 1024));
    }
    if !is_fields(text) {
        return Err(format!("{name} is no set of fields"));
    }
    if let Some(offset) = place::deeper_than(text, DEEPEST) {
        // What is deep lies deep: its beginning says enough.
        let path: String = place::path(text, offset).chars().take(80).collect();
        return Err(format!("{name}.{path} is nested more than {DEEPEST} levels deep"));
    }
    serde_json::from_str(text).map_err(|error| {
        let path = place::path(text, offset(text, &error));
        let path = if path.is_empty() {
            name.to_owned()
        } else {
            format!("{name}.{path}")
        };
        format!("{path} can't be read ({})", reason(&error))
    })
}

/// Whether a JSON text is an object.
fn is_fields(text: &str) -> bool {
    text.trim_start().starts_with('{')
}

/// What of a spec can't be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Spoiled {
    /// These fields; without them the rest can be read. None where there is no such rest.
    Fields(Vec<String>),
    /// All of it: it is no set of fields.
    Whole,
}

impl Spoiled {
    fn of<T: DeserializeOwned>(text: &str) -> Self {
        if is_fields(text) {
            Self::Fields(unreadable_fields::<T>(text))
        } else {
            Self::Whole
        }
    }

    /// The merge patch of a spec that takes it out; `None` where there is nothing to take out.
    pub fn without(&self) -> Option<Value> {
        match self {
            Self::Fields(fields) if fields.is_empty() => None,
            Self::Fields(fields) => Some(fields.iter().map(|field| (field.clone(), Value::Null)).collect()),
            Self::Whole => Some(Value::Null),
        }
    }
}

/// The fields of a spec without which the rest can be read; none where there is no such rest.
fn unreadable_fields<T: DeserializeOwned>(text: &str) -> Vec<String> {
    if text.len() > LONGEST_SPEC {
        return Vec::new();
    }
    let mut fields: BTreeMap<String, &RawValue> = serde_json::from_str(text).unwrap_or_default();
    let mut unreadable = Vec::new();
    loop {
        let Ok(rest) = serde_json::to_string(&fields) else {
            return Vec::new();
        };
        let offset = match (place::deeper_than(&rest, DEEPEST), serde_json::from_str::<T>(&rest)) {
            (Some(deep), _) => deep,
            (None, Err(error)) => offset(&rest, &error),
            (None, Ok(_)) => return unreadable,
        };
        let path = place::path(&rest, offset);
        let name = path.split(['.', '[']).next().unwrap_or_default();
        match fields.remove_entry(name) {
            Some((name, _)) => unreadable.push(name),
            None => return Vec::new(),
        }
    }
}

/// The offset that an error speaks about.
fn offset(text: &str, error: &serde_json::Error) -> usize {
    let line = text.split_inclusive('\n').take(error.line().saturating_sub(1));
    line.map(str::len).sum::<usize>() + error.column()
}

/// Why, in words of the definition alone: the rest of the message may quote the value.
fn reason(error: &serde_json::Error) -> String {
    let said = error.to_string();
    let said = said.rsplit_once(" at line ").map_or(said.as_str(), |(said, _)| said);
    match said.rsplit_once(", expected ") {
        Some((_, expected)) => format!("expected {expected}"),
        None if said.starts_with("missing field") => said.to_owned(),
        None => "it is not as the definition says".to_owned(),
    }
}

/// Whether the API server holds that the object is not as its definition says.
pub fn is_invalid(error: &kube::Error) -> bool {
    matches!(error, kube::Error::Api(status) if status.is_invalid())
}

macro_rules! resource {
    ($type:ident, $object:ident => $meta:expr, $meta_mut:expr) => {
        impl<K: Resource<DynamicType = ()>> Resource for $type<K> {
            type DynamicType = ();
            type Scope = K::Scope;

            fn kind(_: &()) -> Cow<'_, str> {
                K::kind(&())
            }

            fn group(_: &()) -> Cow<'_, str> {
                K::group(&())
            }

            fn version(_: &()) -> Cow<'_, str> {
                K::version(&())
            }

            fn plural(_: &()) -> Cow<'_, str> {
                K::plural(&())
            }

            fn meta(&self) -> &ObjectMeta {
                let $object = self;
                $meta
            }

            fn meta_mut(&mut self) -> &mut ObjectMeta {
                let $object = self;
                $meta_mut
            }
        }
    };
}

resource!(Unreadable, object => &object.metadata, &mut object.metadata);
resource!(Guarded, object =>
    match object {
        Self::Readable(object) => object.meta(),
        Self::Unreadable(object) => &object.metadata,
    },
    match object {
        Self::Readable(object) => object.meta_mut(),
        Self::Unreadable(object) => &mut object.metadata,
    }
);

#[cfg(test)]
mod tests;
