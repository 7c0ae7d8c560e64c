//! Event Grid and fleets.

use super::Retry::User;
use super::{CodeEntry, row};

pub(super) const CODES: &[CodeEntry] = &[
    row(
        "Url validation",
        User,
        "The web hook did not answer the handshake by which Event Grid learns that it wants events.",
        "Let the endpoint be reached from Azure and answer the validation event; a URL with a key takes `endpointUrlFrom`.",
    ),
    row(
        "InvalidRequest",
        User,
        "The request asks for what cannot be, such as events to a destination that does not exist.",
        "Correct what the message names; the destination of an event subscription has to exist before it.",
    ),
    row(
        "AwaitingManualAction",
        User,
        "The web hook took Event Grid's validation event and has not confirmed it.",
        "Open the validation URL that Event Grid sent to the endpoint within ten minutes, or let it answer the handshake by itself.",
    ),
];
