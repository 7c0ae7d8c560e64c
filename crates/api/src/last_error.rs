//! What went wrong last, as every status tells it.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The last error and the way out of it.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct LastError {
    /// Azure's error code, or Armature's own for errors before the call. `armature explain CODE` tells more.
    pub code: String,
    /// What happened and where, one sentence.
    pub message: String,
    /// What to do next, one sentence.
    pub next_step: String,
    /// When it last happened.
    #[schemars(with = "String", extend("format" = "date-time"))]
    pub at: Timestamp,
    /// How often it happened in a row.
    pub count: i64,
}
