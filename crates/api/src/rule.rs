//! A rule over several fields of a spec, which the API server checks.

use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::ValidationRule;

/// A rule over several fields of a spec.
pub(super) struct Rule {
    /// CEL over the spec.
    accepts: &'static str,
    /// What the user reads: field, value and way out.
    message: &'static str,
}

/// A rule as its table has it.
pub(super) const fn rule(accepts: &'static str, message: &'static str) -> Rule {
    Rule { accepts, message }
}

impl Rule {
    /// The rule as a CRD has it.
    pub(super) fn to_validation(&self) -> ValidationRule {
        ValidationRule {
            rule: self.accepts.to_owned(),
            message: Some(self.message.to_owned()),
            ..ValidationRule::default()
        }
    }
}
