//! Azure Monitor and what backs up a cluster.

use super::Retry::{Propagation, User};
use super::{CodeEntry, row};

pub(super) const CODES: &[CodeEntry] = &[
    row(
        "InvalidOutputTable",
        Propagation,
        "The Log Analytics workspace was just made and does not have its tables yet.",
        "Nothing at first: it is tried again; if it lasts, check that the workspace that the message names is in order.",
    ),
    row(
        "InvalidPayload",
        User,
        "Azure Monitor refuses a value of a data collection rule, endpoint or association.",
        "Correct the entry of `dataCollection` that the line belongs to; the details of the message name the property.",
    ),
];

/// `Conflict` on a diagnostic setting: there is no operation to wait for.
pub(super) const DIAGNOSTIC_SETTING_IN_THE_WAY: CodeEntry = row(
    "Conflict",
    User,
    "Another diagnostic setting of the cluster sends the same category to the same place, or there are five already.",
    "Remove the category from one of the two settings, send to another place, or delete a setting that is not needed.",
);
