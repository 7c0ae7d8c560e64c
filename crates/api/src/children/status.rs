//! The line that each child has in `AksCluster.status.children`.

use std::collections::BTreeMap;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::LastError;

/// How a child is.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, Default, PartialEq, Eq, JsonSchema)]
pub enum ChildState {
    /// Nobody has looked yet.
    #[default]
    Pending,
    /// It waits for something else; `message` says for what.
    Waiting,
    /// Armature makes or changes it.
    Applying,
    /// Azure works on it.
    InProgress,
    /// It is as the manifest says.
    Ready,
    /// It is not as the manifest says, and policy lets nothing be written; `message` says what differs.
    Held,
    /// It could not be made as the manifest says; `error` says why and what to do.
    Failed,
    /// It is being deleted.
    Deleting,
    /// A lock that was lifted for a change and is put back afterwards; `message` says for which.
    Suspended,
}

/// One child in status.
#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ChildStatus {
    /// `Pending`, `Waiting`, `Applying`, `InProgress`, `Ready`, `Held`, `Failed`, `Deleting` or
    /// `Suspended`.
    pub state: ChildState,
    /// What it waits for, what differs, or what is being done, one sentence.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// Azure resource id; absent while parts of it are unknown.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// API version it is managed with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub api_version: Option<String>,
    /// True when Armature made it: only then is it deleted when it leaves the manifest. Told from the operator's own
    /// inventory; writing it here changes nothing.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub owned: bool,
    /// Short hashes of what Azure last confirmed: of the manifest's entry and of the body made from it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub applied: Option<String>,
    /// Keyed hash of the secrets that were last sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub secrets: Option<String>,
    /// What Azure tells about it that others need, such as the identity of an extension.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub outputs: BTreeMap<String, String>,
    /// Why it is not as it should be, while that lasts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<LastError>,
    /// When Azure says that it was created, as far as it does: what was created at another time is another resource.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>", extend("format" = "date-time"))]
    pub created_at: Option<Timestamp>,
    /// How it came under Armature's care, with a signature over what the line records; without it that is not believed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub proof: Option<String>,
    /// When Azure was last asked about it. Children are read every few hours and around each change.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>", extend("format" = "date-time"))]
    pub last_checked: Option<Timestamp>,
}
