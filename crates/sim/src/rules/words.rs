//! Sentences that AKS uses for more than one rule.

use std::fmt::Display;

use crate::refusal::Refusal;

/// 400 `InvalidParameter` in AKS's frame (AKS#1096, CAPZ#5947); `parameter` is also the target.
pub(super) fn invalid(parameter: &str, details: impl Display) -> Refusal {
    let message = format!(
        "The value of parameter {parameter} is invalid. Error details: {details}. Please see \
         https://aka.ms/aks-naming-rules for more details."
    );
    Refusal::provider(400, "InvalidParameter", message).on(parameter)
}

/// 400 `BadRequest`.
pub(super) fn bad_request(target: &str, message: impl Into<String>) -> Refusal {
    Refusal::provider(400, "BadRequest", message).on(target)
}

/// 400 `PropertyChangeNotAllowed` (azure-cli#9038).
pub(super) fn unchangeable(property: &str) -> Refusal {
    let message = format!("Changing property '{property}' is not allowed.");
    Refusal::provider(400, "PropertyChangeNotAllowed", message).on(property)
}

/// `Ok` when `holds`, else what `refusal` gives.
pub(super) fn require(holds: bool, refusal: impl FnOnce() -> Refusal) -> Result<(), Refusal> {
    if holds { Ok(()) } else { Err(refusal()) }
}
