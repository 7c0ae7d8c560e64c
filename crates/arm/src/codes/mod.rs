//! What each error code means, whether to try again, and what the user does next.
//!
//! One table for the classifier, the user's error page and `armature explain CODE`. The rows follow the catalogue of the
//! AKS API notes: texts and codes seen in Azure's documentation, support articles, recordings and public issues.

mod access;
mod busy;
mod capacity;
mod conflict;
mod events;
mod monitor;
mod network;
mod node;
mod request;
mod transient;
mod version;

use std::time::Duration;

use super::error::{ArmError, ServiceError};

/// What a failure allows the caller to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Retry {
    /// Try again with growing pauses.
    Backoff,
    /// Another operation runs on the resource: wait for its end, then try again.
    WaitForOperation,
    /// Try again with growing pauses, and not before this time is over (a request sent earlier is refused and starts the
    /// wait anew).
    After(Duration),
    /// The region or quota has no room: try again slowly (minutes to an hour) and tell the user.
    Capacity,
    /// A permission or identity may not have spread yet: try again slowly for some minutes, and tell the user.
    Propagation,
    /// What was sent is out of date: sign in again, or read the resource again and decide anew.
    Refresh,
    /// Trying again does not help until the spec or the environment changes.
    User,
}

/// One row of the error table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CodeEntry {
    /// The code as Azure writes it.
    pub code: &'static str,
    /// What the code allows, unless the message says otherwise.
    pub retry: Retry,
    /// Why Azure sends it, one sentence.
    pub cause: &'static str,
    /// What to do, one sentence.
    pub next_step: &'static str,
}

/// One row, shorter than a struct expression, so that the tables read as tables.
pub const fn row(code: &'static str, retry: Retry, cause: &'static str, next_step: &'static str) -> CodeEntry {
    CodeEntry {
        code,
        retry,
        cause,
        next_step,
    }
}

/// The table's row for a code, compared without case.
pub fn explain(code: &str) -> Option<&'static CodeEntry> {
    entries().find(|entry| entry.code.eq_ignore_ascii_case(code))
}

/// The row for an error of Azure's: that of the subcode, else of the code, else of an inner error, whose wrappers
/// (`ResourceOperationFailure` and the like) say nothing.
pub fn explain_service(error: &ServiceError) -> Option<&'static CodeEntry> {
    let inner = error.details.iter().map(|detail| detail.code.as_str());
    let codes = error.subcode.as_deref().into_iter().chain([error.code.as_str()]);
    conflict::explain(error).or_else(|| codes.chain(inner).find_map(explain))
}

/// Whose credential a call is made with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Whose {
    /// The operator's own.
    Operator,
    /// That of an `AzureIdentity`.
    AzureIdentity,
}

/// What to do about a code of sign-in where the operator's own identity signs in; `None` where that makes no difference.
pub fn operators_next_step(code: &str) -> Option<&'static str> {
    let mut table = access::OF_THE_OPERATOR.iter();
    table
        .find(|(known, _)| known.eq_ignore_ascii_case(code))
        .map(|(_, next_step)| *next_step)
}

/// What the user does about a failed call, one sentence.
pub fn next_step(error: &ArmError, whose: Whose) -> &'static str {
    let row = match error {
        ArmError::Service { error, .. } => explain_service(error),
        ArmError::SignIn { code, .. } => code.as_deref().and_then(explain),
        _ => None,
    };
    if let Some(row) = row {
        let own = operators_next_step(row.code).filter(|_| whose == Whose::Operator);
        return own.unwrap_or(row.next_step);
    }
    match error {
        ArmError::SignIn { .. } if whose == Whose::Operator => {
            "Check the operator's own identity: the chart's `azure.credential`, `azure.tenantId` and `azure.clientId`, and \
             what it proves itself with."
        }
        ArmError::Service { .. } => "Read Azure's message, and look the code up in Azure's documentation.",
        ArmError::SignIn { .. } => "Check the AzureIdentity: tenant, client id, and what it proves itself with.",
        ArmError::Transport { .. } => {
            "Check the way from the operator to Azure: name resolution, proxy, firewall, trusted certificates."
        }
        ArmError::Budget { .. } => "Nothing: it is tried again when the quota has refilled.",
        ArmError::HostRefused { .. } => "Check that the configured cloud is the one that the subscription is in.",
        ArmError::TooLarge { .. } | ArmError::Malformed { .. } => {
            "Check what stands between the operator and Azure, such as a proxy that changes answers."
        }
    }
}

/// The whole table, grouped by subject, in the order of the error page.
pub fn entries() -> impl Iterator<Item = &'static CodeEntry> {
    [
        busy::CODES,
        conflict::CODES,
        request::CODES,
        version::CODES,
        capacity::CODES,
        network::CODES,
        node::CODES,
        access::CODES,
        monitor::CODES,
        events::CODES,
        transient::CODES,
    ]
    .into_iter()
    .flatten()
}

/// What a failed call allows.
pub fn classify(error: &ArmError) -> Retry {
    match error {
        ArmError::Service {
            status,
            retry_after,
            error,
            ..
        } => {
            match (classify_service(Some(*status), error), *retry_after) {
                // Elsewhere Retry-After is a hint to pollers: it must hide neither that an operation runs nor that the
                // same conflict comes again and again.
                (Retry::Backoff, Some(wait)) if *status != 409 => Retry::After(wait.wait()),
                (retry, _) => retry,
            }
        }
        ArmError::Budget { retry_after, .. } => Retry::After(*retry_after),
        ArmError::SignIn { code, .. } => match code {
            Some(code) => explain(code).map_or(Retry::Propagation, |entry| entry.retry),
            None => Retry::Backoff,
        },
        ArmError::Transport { .. } | ArmError::Malformed { .. } => Retry::Backoff,
        ArmError::HostRefused { .. } | ArmError::TooLarge { .. } => Retry::User,
    }
}

/// What an error of Azure's allows; `status` is `None` for the error of a failed operation, which has none.
///
/// The message decides where one code has several meanings, then the table, then the status: 408, 409 about an
/// operation in progress, 429 and 5xx are tried again, any other answer is not. A failed operation with an unknown code
/// is tried again, because a repeated PUT resumes it.
pub fn classify_service(status: Option<u16>, error: &ServiceError) -> Retry {
    by_message(error)
        .or_else(|| throttled(status))
        .or_else(|| explain_service(error).map(|entry| entry.retry))
        .unwrap_or_else(|| by_status(status, error))
}

/// The rows whose message decides: `OperationNotAllowed` says five different things.
fn by_message(error: &ServiceError) -> Option<Retry> {
    let details = error.details.iter().map(|detail| detail.message.as_str());
    let says = |needle: &str| {
        std::iter::once(error.message.as_str())
            .chain(details.clone())
            .any(|m| m.contains(needle))
    };
    // A new identity that has not reached the directory's other replicas.
    if says("not found in Active Directory tenant") {
        return Some(Retry::Propagation);
    }
    if !error.code.eq_ignore_ascii_case("OperationNotAllowed") {
        return None;
    }
    if says("since deletion was issued") {
        Some(Retry::User)
    } else if says("in progress") || says("cannot be performed") {
        Some(Retry::WaitForOperation)
    } else if says("quota") || says("Quota") {
        Some(Retry::Capacity)
    } else {
        None
    }
}

/// A 429 is about the rate of requests, whatever its code says.
fn throttled(status: Option<u16>) -> Option<Retry> {
    (status == Some(429)).then_some(Retry::Backoff)
}

fn by_status(status: Option<u16>, error: &ServiceError) -> Retry {
    match status {
        None | Some(408 | 500..) => Retry::Backoff,
        Some(401 | 412) => Retry::Refresh,
        Some(409) if error.message.contains("in progress") => Retry::WaitForOperation,
        Some(_) => Retry::User,
    }
}

#[cfg(test)]
mod tests;
