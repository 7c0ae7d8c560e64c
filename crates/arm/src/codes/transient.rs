//! Throttling and faults that pass.

use super::Retry::Backoff;
use super::{CodeEntry, row};

const FEWER: &str = "Nothing: it is tried again when Azure allows; if it lasts, see what else calls Azure with this identity or in this subscription.";
const NOTHING: &str = "Nothing: it is tried again; if it lasts, look at Azure's status page.";

pub(super) const CODES: &[CodeEntry] = &[
    row(
        "Throttled",
        Backoff,
        "AKS received too many requests of this kind for the subscription, region or resource.",
        FEWER,
    ),
    row(
        "SubscriptionRequestsThrottled",
        Backoff,
        "Azure Resource Manager received too many requests for the subscription.",
        FEWER,
    ),
    row("TooManyRequests", Backoff, "Azure received too many requests.", FEWER),
    row(
        "TooManyRequestsReceived",
        Backoff,
        "A service that AKS depends on received too many requests for the subscription.",
        FEWER,
    ),
    row(
        "ResourceRequestsThrottled",
        Backoff,
        "Azure received too many requests for this kind of resource.",
        FEWER,
    ),
    row("InternalServerError", Backoff, "A fault inside Azure.", NOTHING),
    row("InternalError", Backoff, "A fault inside Azure.", NOTHING),
    row("InternalOperationError", Backoff, "A fault inside AKS.", NOTHING),
    row(
        "ServiceUnavailable",
        Backoff,
        "Azure is not available for a moment.",
        NOTHING,
    ),
    row("ServerTimeout", Backoff, "Azure did not answer in time.", NOTHING),
    row(
        "GatewayTimeout",
        Backoff,
        "The service behind Azure Resource Manager did not answer in time.",
        NOTHING,
    ),
    row(
        "BadGateway",
        Backoff,
        "The service behind Azure Resource Manager did not answer properly.",
        NOTHING,
    ),
];
