//! Operations of Azure that give no answer: which are asked again, and which never will be.

use std::collections::BTreeMap;
use std::time::Duration;

use tokio::time::Instant;

use armature_arm::{ArmError, Retry, TransportFailure, classify};

/// Why an operation can't be asked about any more; a clause.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unaskable {
    /// There is no URL.
    #[error("nobody knows where to ask for it")]
    Nowhere,
    /// The URL is not one of the configured cloud.
    #[error("its URL is not on the Azure Resource Manager endpoint of the operator, so it was not called")]
    Elsewhere,
    /// Azure keeps what it knows of an operation for a while only.
    #[error("Azure no longer knows it")]
    Forgotten,
    /// Azure does not tell.
    #[error("Azure refuses to tell about it ({0})")]
    Refused(String),
    /// Azure says without end that it runs, and its target shows no work.
    #[error("Azure goes on saying that it runs, and shows no work on what it is about")]
    Endless,
    /// It gave no answer for too long.
    #[error("Azure has given no answer about it for {} minutes", GIVE_UP.as_secs() / 60)]
    Silent,
}

/// What the lack of an answer means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Meaning {
    /// It may be answered later.
    Later(Retry),
    /// It will never be answered.
    Never(Unaskable),
    /// Nobody is signed in, which is no matter of this operation, and goes on until a user puts it right.
    NobodyToAsk,
}

/// An operation that was asked about for this long without an answer gives none at all: the resource itself tells how it
/// went. Azure's own outages are shorter.
const GIVE_UP: Duration = Duration::from_secs(3600);

/// Questions about one operation that got no answer, in a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Silence {
    /// How many.
    pub times: u32,
    /// How long it has lasted.
    lasts: Duration,
}

/// The operations that gave no answer when they were asked about last, by their keys in status.
#[derive(Debug, Default)]
pub struct Silences(BTreeMap<String, (u32, Instant)>);

impl Silences {
    /// One more question without an answer.
    pub fn go_on(&mut self, key: &str, now: Instant) -> Silence {
        let (times, since) = self.0.entry(key.to_owned()).or_insert((0, now));
        *times = times.saturating_add(1);
        Silence {
            times: *times,
            lasts: now.duration_since(*since),
        }
    }

    /// An answer.
    pub fn end(&mut self, key: &str) {
        self.0.remove(key);
    }

    /// Forgets those that are not to be kept.
    pub fn keep(&mut self, is_kept: impl Fn(&str) -> bool) {
        self.0.retain(|key, _| is_kept(key));
    }
}

impl Silence {
    /// What this error in the place of an answer means.
    pub fn means(&self, error: &ArmError) -> Meaning {
        let retry = classify(error);
        let refused = |why: &str| Meaning::Never(Unaskable::Refused(why.to_owned()));
        match error {
            ArmError::SignIn { .. } if retry == Retry::User => Meaning::NobodyToAsk,
            ArmError::HostRefused { .. } => Meaning::Never(Unaskable::Elsewhere),
            ArmError::Service { status: 404 | 410, .. } => Meaning::Never(Unaskable::Forgotten),
            ArmError::Service { status, .. } if *status == 403 || retry == Retry::User => {
                refused(error.code().unwrap_or(&status.to_string()))
            }
            ArmError::TooLarge { .. } => refused("its answer is too large"),
            _ if self.lasts >= GIVE_UP && is_about_the_operation(error) => Meaning::Never(Unaskable::Silent),
            _ => Meaning::Later(retry),
        }
    }
}

/// Whether the question reached Azure, so that its lack of an answer is about this operation.
fn is_about_the_operation(error: &ArmError) -> bool {
    match error {
        ArmError::SignIn { .. }
        | ArmError::Budget { .. }
        | ArmError::HostRefused { .. }
        | ArmError::Service { status: 429, .. }
        | ArmError::Transport {
            failure: TransportFailure::Connect(_),
            ..
        } => false,
        ArmError::Service { .. }
        | ArmError::Malformed { .. }
        | ArmError::TooLarge { .. }
        | ArmError::Transport {
            failure: TransportFailure::Timeout(_) | TransportFailure::Reset | TransportFailure::Truncated,
            ..
        } => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use armature_arm::{Call, ServiceError, Site};

    fn at() -> Site {
        Site {
            call: Call::OperationStatus,
            resource: "/operations/1".to_owned(),
        }
    }

    fn answered(status: u16, code: &str) -> ArmError {
        ArmError::Service {
            at: at(),
            status,
            retry_after: None,
            error: Box::new(ServiceError {
                code: code.to_owned(),
                ..ServiceError::default()
            }),
        }
    }

    fn broken(failure: TransportFailure) -> ArmError {
        ArmError::Transport { at: at(), failure }
    }

    fn sign_in(code: Option<&str>) -> ArmError {
        ArmError::SignIn {
            at: at(),
            code: code.map(str::to_owned),
            message: "no".to_owned(),
        }
    }

    /// Errors in the place of an answer, what they mean at once, and whether they mean the end after hours.
    fn every_kind() -> Vec<(ArmError, Option<Unaskable>, bool)> {
        let refused = |why: &str| Some(Unaskable::Refused(why.to_owned()));
        let host = ArmError::HostRefused {
            at: at(),
            origin: "https://example.com".to_owned(),
        };
        let large = ArmError::TooLarge { at: at(), limit: 1 };
        let malformed = ArmError::Malformed {
            at: at(),
            detail: "no".to_owned(),
        };
        let budget = ArmError::Budget {
            at: at(),
            bucket: "x".to_owned(),
            retry_after: Duration::from_secs(1),
        };
        vec![
            (host, Some(Unaskable::Elsewhere), true),
            (answered(404, "ResourceNotFound"), Some(Unaskable::Forgotten), true),
            (answered(410, ""), Some(Unaskable::Forgotten), true),
            (answered(400, "BadRequest"), refused("BadRequest"), true),
            (
                answered(403, "AuthorizationFailed"),
                refused("AuthorizationFailed"),
                true,
            ),
            (answered(403, ""), refused("403"), true),
            (answered(405, ""), refused("405"), true),
            (answered(422, "Odd"), refused("Odd"), true),
            (large, refused("its answer is too large"), true),
            (answered(401, "ExpiredAuthenticationToken"), None, true),
            (answered(408, ""), None, true),
            (answered(500, "InternalServerError"), None, true),
            (answered(503, ""), None, true),
            (malformed, None, true),
            (broken(TransportFailure::Timeout(GIVE_UP)), None, true),
            (broken(TransportFailure::Reset), None, true),
            (broken(TransportFailure::Truncated), None, true),
            (broken(TransportFailure::Connect("no".to_owned())), None, false),
            (answered(429, "TooManyRequests"), None, false),
            (budget, None, false),
            (sign_in(None), None, false),
        ]
    }

    #[test]
    fn what_azure_will_never_answer_is_given_up_at_once_and_the_rest_only_after_an_hour() {
        for (error, at_once, in_the_end) in every_kind() {
            let means = |lasts| Silence { times: 1, lasts }.means(&error);
            match at_once {
                Some(why) => assert_eq!(means(Duration::ZERO), Meaning::Never(why), "{error}"),
                None => assert!(matches!(means(Duration::ZERO), Meaning::Later(_)), "{error}"),
            }
            assert_eq!(matches!(means(GIVE_UP), Meaning::Never(_)), in_the_end, "{error}");
        }
    }

    #[test]
    fn that_nobody_is_signed_in_is_no_matter_of_one_operation() {
        let silence = Silence {
            times: 1,
            lasts: GIVE_UP,
        };
        assert_eq!(silence.means(&sign_in(Some("AADSTS7000222"))), Meaning::NobodyToAsk);
    }

    #[test]
    fn each_operation_has_a_silence_of_its_own_and_an_answer_ends_it() {
        let (mut silences, now) = (Silences::default(), Instant::now());
        silences.go_on("cluster", now);
        silences.go_on("pool/a", now);
        let later = silences.go_on("cluster", now + GIVE_UP);
        assert_eq!((later.times, later.lasts), (2, GIVE_UP));
        assert_eq!(silences.go_on("pool/a", now).times, 2);
        silences.end("cluster");
        assert_eq!(silences.go_on("cluster", now + GIVE_UP).lasts, Duration::ZERO);
        silences.keep(|key| key == "cluster");
        assert_eq!(silences.go_on("pool/a", now).times, 1);
    }
}
