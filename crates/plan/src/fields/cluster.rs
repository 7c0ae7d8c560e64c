//! The managed paths of a cluster, one file a topic.

mod access;
mod basics;
mod features;
mod mesh;
mod network;
mod provisioning;
mod security;
mod windows;

use super::{Field, join};

const PARTS: &[&[Field]] = &[
    basics::FIELDS,
    network::FIELDS,
    access::FIELDS,
    security::FIELDS,
    features::FIELDS,
    mesh::FIELDS,
    provisioning::FIELDS,
    windows::FIELDS,
];

const LENGTH: usize = basics::FIELDS.len()
    + network::FIELDS.len()
    + access::FIELDS.len()
    + security::FIELDS.len()
    + features::FIELDS.len()
    + mesh::FIELDS.len()
    + provisioning::FIELDS.len()
    + windows::FIELDS.len();

/// The table. Sources are explained in `docs/sources.md`.
pub const FIELDS: &[Field] = &join::<LENGTH>(PARTS);
