//! `Conflict`: what the message says is in the way. Where that is a thing and no operation, no time solves it.

use super::Retry::{Backoff, User, WaitForOperation};
use super::{CodeEntry, ServiceError, row};

/// The row for a `Conflict` with this message; `None` for another code.
pub(super) fn explain(error: &ServiceError) -> Option<&'static CodeEntry> {
    if !error.code.eq_ignore_ascii_case(ANY.code) {
        return None;
    }
    let message = error.message.to_ascii_lowercase();
    let says = |needle: &str| message.contains(needle);
    Some(if says("diagnostic setting") {
        &DIAGNOSTIC_SETTING
    } else if says("already a member") {
        &MEMBER_OF_A_FLEET
    } else if says("namespace") && says("already exists") {
        &NAMESPACE
    } else if says("in progress") {
        &OPERATION
    } else {
        &ANY
    })
}

/// What the table says: it can't know which of them it is.
pub(super) const CODES: &[CodeEntry] = &[ANY];

const ANY: CodeEntry = row(
    "Conflict",
    Backoff,
    "Something is in the way: an operation on the resource, or another resource where there can be one only.",
    "Read the message: the end of an operation needs no help, and what is there already, such as a namespace, a diagnostic setting or a membership of a fleet, is removed, or the entry changed.",
);

const OPERATION: CodeEntry = row(
    "Conflict",
    WaitForOperation,
    "Another operation runs on the resource.",
    "Nothing: it is tried again when the other operation ends.",
);

const DIAGNOSTIC_SETTING: CodeEntry = row(
    "Conflict",
    User,
    "Another diagnostic setting of the cluster sends the same category to the same place, or there are five already.",
    "Remove the category from one of the two settings, send to another place, or delete a setting that is not needed.",
);

/// One fleet for a cluster (general knowledge).
const MEMBER_OF_A_FLEET: CodeEntry = row(
    "Conflict",
    User,
    "The cluster is a member of a fleet already, and it can be in one only.",
    "Delete the other membership, which the message names, or remove the entry in `fleetMemberships`.",
);

const NAMESPACE: CodeEntry = row(
    "Conflict",
    User,
    "A namespace of this name is in the cluster already, and the entry does not let it be taken over.",
    "Set `adoptionPolicy` of the entry in `managedNamespaces` to `Always`, or to `IfIdentical` for one that is like the entry, or choose another name.",
);
