//! The managed paths of a node pool, one file a topic.

mod machine;
mod network;
mod scaling;

use super::{Field, join};

const PARTS: &[&[Field]] = &[scaling::FIELDS, machine::FIELDS, network::FIELDS];

const LENGTH: usize = scaling::FIELDS.len() + machine::FIELDS.len() + network::FIELDS.len();

/// The table. Sources are explained in `docs/sources.md`.
pub const FIELDS: &[Field] = &join::<LENGTH>(PARTS);
