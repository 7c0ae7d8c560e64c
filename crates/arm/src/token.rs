//! The token of one identity.

use std::error::Error;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use azure_core::credentials::{AccessToken, TokenCredential};
use azure_core::error::ErrorKind;
use azure_core::time::{Duration, OffsetDateTime};
use serde_json::Value;

use super::cloud::Cloud;
use super::credential::{Credential, Secret, Transports};
use super::redact::{Redactor, Sensitive};

/// Why no token could be had.
pub(super) struct SignInFailure {
    /// `AADSTS` and digits, where Entra answered with a code.
    pub(super) code: Option<String>,
    /// One sentence without secrets.
    pub(super) message: String,
}

/// Signs in on first use and keeps the source of tokens, which caches and renews them, until Azure refuses one.
pub(super) struct Tokens {
    credential: Credential,
    cloud: Cloud,
    scope: String,
    transports: Transports,
    /// The secret of the credential.
    own: Sensitive,
    /// The last tokens that came: an operation of hours may repeat what it was sent with.
    given: Sensitive,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    source: Option<Arc<dyn TokenCredential>>,
    last: Option<AccessToken>,
}

/// A token is used without renewal only while it outlives the call.
const MARGIN: Duration = Duration::minutes(2);

/// So many tokens are remembered, so that no answer repeats one: those of some hours, of both kinds.
const RECENT: usize = 6;

/// The application that stands for the API servers of AKS.
const AKS_SERVER: &str = "6dae42f8-4368-4678-94ff-e36e28ee0fd4/.default";

impl fmt::Debug for Tokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tokens")
            .field("credential", &self.credential)
            .finish_non_exhaustive()
    }
}

impl Tokens {
    pub(super) fn new(credential: Credential, cloud: Cloud, transports: Transports) -> Self {
        let scope = cloud.scope();
        let own = Sensitive::default();
        if let Some(secret) = credential.secret() {
            own.add(secret);
        }
        Self {
            credential,
            cloud,
            scope,
            transports,
            own,
            given: Sensitive::default(),
            state: Mutex::default(),
        }
    }

    /// A token for the API servers of clusters with Entra: one application of AKS in all tenants and clouds (azure-cli,
    /// `aks command invoke`). Asked for rarely, so the source's own cache is enough.
    pub(super) async fn get_for_clusters(&self) -> Result<Secret, SignInFailure> {
        let source = self.source().map_err(|error| self.failure(&error))?;
        let token = in_time(source.get_token(&[AKS_SERVER], None)).await?;
        let token = token.map_err(|error| self.failure(&error))?;
        Ok(self.given(&token))
    }

    /// A token for Azure Resource Manager.
    pub(super) async fn get(&self) -> Result<Secret, SignInFailure> {
        let source = self.source().map_err(|error| self.failure(&error))?;
        let asked = in_time(source.get_token(&[&self.scope], None)).await;
        let answer = asked.and_then(|token| token.map_err(|error| self.failure(&error)));
        // The source renews minutes ahead and fails when it cannot, although the old token still serves.
        let token = answer.or_else(|failure| self.still_valid().ok_or(failure))?;
        let secret = self.given(&token);
        self.state().last = Some(token);
        Ok(secret)
    }

    /// What no message may repeat.
    pub(super) fn sensitive(&self) -> [&Sensitive; 2] {
        [&self.own, &self.given]
    }

    fn given(&self, token: &AccessToken) -> Secret {
        let token = token.token.secret();
        self.given.add_recent(token, RECENT);
        Secret::new(token)
    }

    /// Forgets the token and its source, because Azure refused the token before its time: revoked, or issued before a
    /// change of roles.
    pub(super) fn forget(&self) {
        *self.state() = State::default();
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn still_valid(&self) -> Option<AccessToken> {
        let last = self.state().last.clone();
        last.filter(|token| token.expires_on > OffsetDateTime::now_utc() + MARGIN)
    }

    #[cfg(test)]
    pub(super) fn replace(&self, source: Arc<dyn TokenCredential>) {
        self.state().source = Some(source);
    }

    fn source(&self) -> azure_core::Result<Arc<dyn TokenCredential>> {
        let mut state = self.state();
        if let Some(source) = &state.source {
            return Ok(Arc::clone(source));
        }
        let made = self.credential.sign_in(&self.cloud, &self.transports)?;
        state.source = Some(Arc::clone(&made));
        Ok(made)
    }

    fn failure(&self, error: &azure_core::Error) -> SignInFailure {
        // Before it is cut: the rest of a secret would not be found any more.
        let told = Redactor::of(self.sensitive()).text(&error.to_string());
        SignInFailure {
            code: entra_code(error),
            message: sentence(&told),
        }
    }
}

/// How long a sign-in may take: less than the call that waits for it, which can go on with the old token.
const PATIENCE: std::time::Duration = std::time::Duration::from_secs(10);

async fn in_time<T>(answer: impl Future<Output = T>) -> Result<T, SignInFailure> {
    let late = |_| SignInFailure {
        code: None,
        message: format!("no token came within {} s", PATIENCE.as_secs()),
    };
    tokio::time::timeout(PATIENCE, answer).await.map_err(late)
}

/// The library's message without its link to a guide for programmers and without the trace ids that differ each time.
fn sentence(message: &str) -> String {
    let end = ["\nTo troubleshoot", " Trace ID:", "\r\nTrace ID:", "\nTrace ID:"]
        .iter()
        .filter_map(|marker| message.find(marker))
        .min()
        .unwrap_or(message.len());
    let kept = message.get(..end).unwrap_or_default();
    kept.split_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
        .chars()
        .take(500)
        .collect()
}

/// The first of Entra's `error_codes`, from the answer inside the library's error.
fn entra_code(error: &azure_core::Error) -> Option<String> {
    let mut cause: Option<&(dyn Error + 'static)> = Some(error);
    while let Some(error) = cause {
        if let Some(error) = error.downcast_ref::<azure_core::Error>()
            && let ErrorKind::HttpResponse {
                raw_response: Some(response),
                ..
            } = error.kind()
        {
            let body: Value = serde_json::from_slice(response.body().as_ref()).ok()?;
            return body
                .pointer("/error_codes/0")
                .and_then(Value::as_u64)
                .map(|code| format!("AADSTS{code}"));
        }
        cause = error.source();
    }
    None
}

#[cfg(test)]
mod tests;
