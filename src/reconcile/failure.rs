//! From errors of Azure to what users see.

use jiff::Timestamp;

use super::proof::Unproven;
use super::rests::Rests;
use armature_arm::codes::Whose;
use armature_arm::{ArmError, Retry, ServiceError, classify, classify_service, codes};
use armature_plan::change::Target;
use armature_plan::status::failure::{Failure, Severity};

/// A pass that ended early: what to tell, and when to try again.
#[derive(Debug, Clone)]
pub struct Ended {
    /// What users see.
    pub failure: Box<Failure>,
    /// What may be done about it.
    pub retry: Retry,
}

impl Ended {
    /// A failure of ours, before Azure was asked.
    pub fn ours(target: Target, code: &str, message: impl Into<String>, next_step: &str, retry: Retry) -> Self {
        let failure = Box::new(Failure {
            target,
            code: code.to_owned(),
            message: message.into(),
            next_step: next_step.to_owned(),
            severity: severity(retry, BLIPS),
            at: Timestamp::now(),
        });
        Self { failure, retry }
    }

    /// Nothing can be proven, signed or recorded, so nothing is written to Azure.
    pub fn unproven(target: Target, why: &Unproven) -> Self {
        let next = "give the operator the rights in its namespace that the chart gives it, or put right what the message names";
        Self::ours(target, why.reason, why.problem.clone(), next, Retry::Backoff)
    }

    /// A call that failed, for the first time in a row, and whose credential it was made with.
    pub fn call(target: Target, error: &ArmError, whose: Whose) -> Self {
        let retry = classify(error);
        let next_step = missing(&target, error.code()).unwrap_or_else(|| codes::next_step(error, whose).to_owned());
        let failure = Box::new(Failure {
            target,
            code: error.code().map_or_else(|| kind(error).to_owned(), str::to_owned),
            message: error.to_string(),
            next_step,
            severity: severity(retry, 0),
            at: Timestamp::now(),
        });
        Self { failure, retry }
    }

    /// The same with another message.
    pub fn map_message(mut self, change: impl FnOnce(String) -> String) -> Self {
        self.failure.message = change(std::mem::take(&mut self.failure.message));
        self
    }

    /// The same, after those of its kind that rest already: what passes by itself and comes again is told.
    pub fn in_a_row(mut self, rests: &Rests) -> Self {
        let times = rests.times(&self.failure.target, &self.failure.code);
        self.failure.severity = severity(self.retry, times);
        self
    }

    /// An operation that Azure accepted and that failed later.
    pub fn operation(target: Target, step: &str, error: &ServiceError) -> Self {
        let retry = classify_service(None, error);
        let by_code = || codes::explain_service(error).map_or("", |entry| entry.next_step);
        let next_step = missing(&target, Some(&error.code)).unwrap_or_else(|| by_code().to_owned());
        let failure = Box::new(Failure {
            target,
            code: if error.code.is_empty() {
                "OperationFailed".to_owned()
            } else {
                error.code.clone()
            },
            message: format!("the operation to {step} failed in Azure: {error}"),
            next_step,
            severity: severity(retry, BLIPS),
            at: Timestamp::now(),
        });
        Self { failure, retry }
    }
}

/// The next step where Azure misses something for a child or an action: it is what the entry names, and not the cluster,
/// which the table of codes speaks of.
fn missing(target: &Target, code: Option<&str>) -> Option<String> {
    let entry = match target {
        Target::Cluster | Target::Pool(_) => return None,
        Target::Child(key) => format!("`spec.{}`", key.replace('/', ".")),
        Target::Action(name) => format!("`spec.actions.{name}`"),
    };
    let codes = [
        "ResourceGroupNotFound",
        "ResourceNotFound",
        "NotFound",
        "ParentResourceNotFound",
    ];
    let is_missing = code.is_some_and(|code| codes.iter().any(|known| known.eq_ignore_ascii_case(code)));
    is_missing.then(|| format!("Create what the message names, or correct it in {entry}."))
}

/// A lost connection, a refused token, a lost race or a busy Azure heals with the next look; when it does not, it is a
/// failure.
const BLIPS: u32 = 3;

fn severity(retry: Retry, failures: u32) -> Severity {
    match retry {
        Retry::WaitForOperation => Severity::Passing,
        Retry::Refresh | Retry::Backoff | Retry::After(_) if failures < BLIPS => Severity::Passing,
        Retry::Refresh | Retry::Backoff | Retry::After(_) | Retry::Capacity | Retry::Propagation => Severity::Retried,
        Retry::User => Severity::User,
    }
}

/// Our word for failures that have no code of Azure's.
fn kind(error: &ArmError) -> &'static str {
    match error {
        ArmError::Service { .. } => "AzureError",
        ArmError::Transport { .. } => "AzureUnreachable",
        ArmError::SignIn { .. } => "SignInFailed",
        ArmError::Budget { .. } => "RequestBudget",
        ArmError::HostRefused { .. } => "HostRefused",
        ArmError::TooLarge { .. } => "AnswerTooLarge",
        ArmError::Malformed { .. } => "AnswerNotUnderstood",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_azure_misses_for_a_child_is_looked_for_in_its_entry_and_not_in_the_cluster() {
        let error = ServiceError {
            code: "ResourceGroupNotFound".to_owned(),
            message: "Resource group 'hub' could not be found.".to_owned(),
            ..ServiceError::default()
        };
        let next = |target| Ended::operation(target, "do it", &error).failure.next_step;
        let child = next(Target::Child("fleetMemberships/prod".to_owned()));
        assert_eq!(
            child,
            "Create what the message names, or correct it in `spec.fleetMemberships.prod`."
        );
        let action = next(Target::Action("roll".to_owned()));
        assert_eq!(
            action,
            "Create what the message names, or correct it in `spec.actions.roll`."
        );
        assert!(next(Target::Cluster).contains("resourceGroupPolicy"));
    }
}
