//! Deviations of a request in the words of the service that refuses it.

use super::check::{Deviation, Fault};
use crate::refusal::Refusal;

/// The answer of services other than AKS, in the words of ARM's own deserializer (general knowledge). Some of them
/// ignore what they do not know; here nothing is ignored, so that a misspelt property is noticed.
pub(super) fn of_neighbor(deviation: &Deviation) -> Refusal {
    let message = format!("The request content was invalid and could not be deserialized: '{deviation}'.");
    Refusal::service(400, "InvalidRequestContent", message).on(deviation.path.clone())
}

/// The answer of AKS.
pub(super) fn of_aks(deviation: Deviation) -> Refusal {
    let Deviation { path, fault } = deviation;
    match fault {
        Fault::WrongType { found, wanted } => Refusal::provider(
            400,
            "UnmarshalError",
            format!(
                "UnmarshalEntity encountered error: json: cannot unmarshal {found} into Go struct field {path} of type \
                 {wanted}."
            ),
        ),
        Fault::Unknown { name } => Refusal::provider(
            400,
            "UnmarshalError",
            format!(
                "UnmarshalEntity encountered error: json: unknown field \"{name}\" Check that the field is in the right \
                 location, is spelled correctly, and is supported in the API version. Visit aka.ms/aks/apiversions for \
                 more API version information.."
            ),
        ),
        // ARM itself, and not AKS, insists on the location of a tracked resource.
        Fault::Missing if path == "location" => Refusal::gateway(
            400,
            "LocationRequired",
            "The location property is required for this definition.",
        ),
        Fault::Missing => invalid(&path, format!("Required parameter {path} is missing (null).")),
        Fault::OutOfRange {
            value,
            minimum,
            maximum,
        } => invalid(
            &path,
            format!(
                "The value of parameter {path} is invalid. Error details: {path} was {value}. It must be greater or \
                 equal to {minimum} and less than or equal to {maximum}. Please see https://aka.ms/aks-naming-rules for \
                 more details."
            ),
        ),
        Fault::NotAllowed { value, allowed } => invalid(
            &path,
            format!(
                "The value of parameter {path} is invalid. Error details: '{value}' is not a supported value, supported \
                 values are: {}. Please see https://aka.ms/aks-naming-rules for more details.",
                allowed.join(", ")
            ),
        ),
        Fault::Malformed { value, form } => invalid(
            &path,
            format!(
                "The value of parameter {path} is invalid. Error details: '{value}' does not match {form}. Please see \
                 https://aka.ms/aks-naming-rules for more details."
            ),
        ),
        Fault::BadList(what) => invalid(
            &path,
            format!(
                "The value of parameter {path} is invalid. Error details: the list {what}. Please see \
                 https://aka.ms/aks-naming-rules for more details."
            ),
        ),
        // Only answers are checked for secrets.
        Fault::SecretReturned => invalid(&path, format!("The value of parameter {path} is invalid.")),
    }
}

fn invalid(path: &str, message: String) -> Refusal {
    Refusal::provider(400, "InvalidParameter", message).on(path)
}
