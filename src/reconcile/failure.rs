//! From errors of Azure to what users see.

use jiff::Timestamp;

use crate::arm::{ArmError, Retry, ServiceError, classify, classify_service, codes};
use crate::plan::change::Target;
use crate::status::failure::{Failure, Severity};

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

    /// A call that failed. `failures` counts those in a row before it.
    pub fn call(target: Target, error: &ArmError, failures: u32) -> Self {
        let retry = classify(error);
        let failure = Box::new(Failure {
            target,
            code: error.code().map_or_else(|| kind(error).to_owned(), str::to_owned),
            message: error.to_string(),
            next_step: codes::next_step(error).to_owned(),
            severity: severity(retry, failures),
            at: Timestamp::now(),
        });
        Self { failure, retry }
    }

    /// The same with another message.
    pub fn map_message(mut self, change: impl FnOnce(String) -> String) -> Self {
        self.failure.message = change(std::mem::take(&mut self.failure.message));
        self
    }

    /// An operation that Azure accepted and that failed later.
    pub fn operation(target: Target, step: &str, error: &ServiceError) -> Self {
        let retry = classify_service(None, error);
        let failure = Box::new(Failure {
            target,
            code: if error.code.is_empty() {
                "OperationFailed".to_owned()
            } else {
                error.code.clone()
            },
            message: format!("the operation to {step} failed in Azure: {error}"),
            next_step: codes::explain_service(error)
                .map_or("", |entry| entry.next_step)
                .to_owned(),
            severity: severity(retry, BLIPS),
            at: Timestamp::now(),
        });
        Self { failure, retry }
    }
}

/// A lost connection, a refused token or a lost race heals with the next look; when it does not, it is a failure.
const BLIPS: u32 = 3;

fn severity(retry: Retry, failures: u32) -> Severity {
    match retry {
        Retry::WaitForOperation | Retry::After(_) => Severity::Passing,
        Retry::Refresh | Retry::Backoff if failures < BLIPS => Severity::Passing,
        Retry::Refresh | Retry::Backoff | Retry::Capacity | Retry::Propagation => Severity::Retried,
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
