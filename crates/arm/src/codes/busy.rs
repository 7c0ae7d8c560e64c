//! Something else runs, or the resource has moved on.

use super::Retry::{Backoff, Refresh, User, WaitForOperation};
use super::{CodeEntry, row};

pub(super) const CODES: &[CodeEntry] = &[
    row(
        "OperationNotAllowed",
        User,
        "AKS refuses the operation in the present state: another operation runs, a quota is exceeded, a deletion has begun, or the version step is not offered.",
        "Read the message: a running operation is waited for, a quota has to be raised, and a version step has to follow the versions offered.",
    ),
    row(
        "EtagMismatch",
        WaitForOperation,
        "Two operations met inside AKS and this one lost.",
        "Nothing: it is tried again when the other operation ends.",
    ),
    row(
        "AnotherOperationInProgress",
        WaitForOperation,
        "Another operation runs on a resource that this one depends on.",
        "Nothing: it is tried again when the other operation ends.",
    ),
    row(
        "RetryableError",
        WaitForOperation,
        "A resource that this operation depends on was busy.",
        "Nothing: it is tried again.",
    ),
    row(
        "RetryableErrorDueToAnotherOperation",
        WaitForOperation,
        "Another operation ran on a resource that this one depends on.",
        "Nothing: it is tried again when the other operation ends.",
    ),
    row(
        "AKSOperationPreempted",
        WaitForOperation,
        "A later operation replaced this one before it ended.",
        "Nothing: it is tried again when the later operation ends.",
    ),
    row(
        "AKSOperationPreemptedByDelete",
        User,
        "The resource is being deleted, which ended this operation.",
        "Find out who deletes the resource; if it should exist, it is created again once it is gone.",
    ),
    row(
        "OriginalEtagNotExpect",
        Backoff,
        "The resource changed inside AKS while the operation ran.",
        "Nothing: it is tried again.",
    ),
    row(
        "PreconditionFailed",
        Refresh,
        "Somebody changed the resource after it was read, so the write was refused.",
        "Nothing: the resource is read again and the change decided anew.",
    ),
    row(
        "ResourceGroupBeingDeleted",
        WaitForOperation,
        "The resource group is being deleted.",
        "Find out who deletes the resource group; nothing can be created in it before it is gone and made again.",
    ),
];
