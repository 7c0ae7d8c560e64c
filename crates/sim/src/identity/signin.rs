//! Entra's token endpoint: client secret and workload-identity assertion.

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};

use super::directory::{Directory, Principal};
use super::tokens::{LIFETIME, TokenKey};
use crate::reply::Reply;
use crate::wire::Request;

/// A refusal by Entra: the OAuth error word, AADSTS code and sentence.
struct Denied {
    status: u16,
    error: &'static str,
    code: u32,
    message: String,
}

impl Denied {
    fn new(status: u16, error: &'static str, code: u32, message: impl Into<String>) -> Self {
        Self {
            status,
            error,
            code,
            message: message.into(),
        }
    }

    fn reply(&self, now: Timestamp, trace: &str) -> Reply {
        let timestamp = now.strftime("%Y-%m-%d %H:%M:%SZ").to_string();
        let body = json!({
            "error": self.error,
            "error_description": format!(
                "AADSTS{}: {} Trace ID: {trace} Correlation ID: {trace} Timestamp: {timestamp}", self.code, self.message
            ),
            "error_codes": [self.code],
            "timestamp": timestamp,
            "trace_id": trace,
            "correlation_id": trace,
            "error_uri": format!("https://login.microsoftonline.com/error?code={}", self.code),
        });
        Reply::gateway(self.status, body)
    }
}

/// The claims of a workload-identity assertion that Entra compares.
#[derive(Deserialize)]
struct Assertion {
    iss: String,
    sub: String,
    #[serde(default)]
    aud: Value,
    exp: Option<i64>,
}

impl Assertion {
    fn is_for(&self, audience: &str) -> bool {
        match &self.aud {
            Value::String(one) => one == audience,
            Value::Array(several) => several.iter().any(|one| one == audience),
            _ => false,
        }
    }
}

/// Answers POST `/{tenant}/oauth2/v2.0/token`. `now` is real time; `trace` names this request in refusals.
#[must_use]
pub fn token(
    directory: &Directory,
    key: &TokenKey,
    tenant: &str,
    request: &Request,
    now: Timestamp,
    trace: &str,
) -> Reply {
    let form = request.form();
    let field = |name: &str| {
        form.iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    };
    match sign_in(directory, tenant, &field, now) {
        Err(denied) => denied.reply(now, trace),
        Ok((principal, audience)) => {
            let Some(token) = key.issue(principal, directory.tenant(), &audience, &request.origin, now) else {
                return Denied::new(500, "server_error", 90033, "A transient error has occurred.").reply(now, trace);
            };
            let body = json!({
                "token_type": "Bearer", "expires_in": LIFETIME, "ext_expires_in": LIFETIME, "access_token": token,
            });
            Reply::gateway(200, body)
        }
    }
}

fn sign_in<'a>(
    directory: &'a Directory,
    tenant: &str,
    field: &impl Fn(&str) -> Option<&'a str>,
    now: Timestamp,
) -> Result<(&'a Principal, String), Denied>
where
{
    if !tenant.eq_ignore_ascii_case(directory.tenant()) {
        let message = format!("Tenant '{tenant}' not found. Check to make sure you have the correct tenant ID.");
        return Err(Denied::new(400, "invalid_request", 90002, message));
    }
    if field("grant_type") != Some("client_credentials") {
        let message = "The app requested an unsupported grant type.";
        return Err(Denied::new(400, "unsupported_grant_type", 70003, message));
    }
    let audience = audience(field("scope").unwrap_or_default())?;
    let client_id = field("client_id").unwrap_or_default();
    let principal = directory.by_client_id(client_id).ok_or_else(|| {
        let message = format!("Application with identifier '{client_id}' was not found in the directory '{tenant}'.");
        Denied::new(400, "unauthorized_client", 700_016, message)
    })?;
    match (field("client_assertion"), field("client_secret")) {
        (Some(assertion), _) => check_assertion(principal, assertion, now)?,
        (None, Some(secret)) if principal.secret.as_deref() == Some(secret) => {}
        (None, Some(_)) => {
            let message = format!(
                "Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, not the client secret ID, for a secret added to app '{client_id}'."
            );
            return Err(Denied::new(401, "invalid_client", 7_000_215, message));
        }
        (None, None) => {
            let message =
                "The request body must contain the following parameter: 'client_assertion' or 'client_secret'.";
            return Err(Denied::new(401, "invalid_client", 7_000_218, message));
        }
    }
    Ok((principal, audience))
}

/// `https://management.azure.com/.default` asks for a token on `https://management.azure.com`.
fn audience(scope: &str) -> Result<String, Denied> {
    let resource = scope.split(' ').find_map(|one| one.strip_suffix("/.default"));
    resource
        .filter(|resource| !resource.is_empty())
        .map(str::to_owned)
        .ok_or_else(|| {
            let message =
                format!("The provided request must include a 'scope' that ends in '/.default', not '{scope}'.");
            Denied::new(400, "invalid_scope", 1_002_012, message)
        })
}

fn check_assertion(principal: &Principal, assertion: &str, now: Timestamp) -> Result<(), Denied> {
    // The signature is not checked: the simulator does not fetch the issuer's keys.
    let claims = jsonwebtoken::dangerous::insecure_decode::<Assertion>(assertion)
        .map_err(|_| Denied::new(401, "invalid_client", 50027, "JWT token is invalid or malformed."))?
        .claims;
    if claims.exp.is_some_and(|exp| exp <= now.as_second()) {
        let message = "Client assertion is not within its valid time range.";
        return Err(Denied::new(401, "invalid_client", 700_024, message));
    }
    let trusts = &principal.federated_credentials;
    if trusts.is_empty() {
        let message = "The client has no configured federated identity credentials.";
        return Err(Denied::new(401, "invalid_client", 70025, message));
    }
    let trust = trusts.iter().find(|trust| trust.issuer == claims.iss && trust.subject == claims.sub).ok_or_else(|| {
        let message = format!(
            "No matching federated identity record found for presented assertion subject '{}'. Check your federated identity credential Subject, Audience and Issuer (issuer presented: '{}').",
            claims.sub, claims.iss
        );
        Denied::new(401, "invalid_client", 700_213, message)
    })?;
    if !claims.is_for(&trust.audience) {
        let message = format!(
            "No matching federated identity record found for presented assertion audience. The audience has to be '{}'.",
            trust.audience
        );
        return Err(Denied::new(401, "invalid_client", 700_212, message));
    }
    Ok(())
}
