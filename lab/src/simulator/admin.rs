//! The admin side of the simulator.

use reqwest::Method;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::error::LabError;

/// A client of the simulator's admin side.
#[derive(Debug, Clone)]
pub struct Admin {
    base: String,
}

impl Admin {
    pub(crate) fn new(base: String) -> Self {
        Self { base }
    }

    async fn call<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        body: Option<&(impl Serialize + Sync)>,
    ) -> Result<T, LabError> {
        let failed = |source| LabError::Admin {
            path: path.to_owned(),
            source: Box::new(source),
        };
        // A client for each call: a pooled connection belongs to the runtime of the test that opened it.
        let client = reqwest::Client::new();
        let mut request = client.request(method, format!("{}{path}", self.base));
        if let Some(body) = body {
            request = request.json(body);
        }
        let answer = request.send().await.map_err(failed)?;
        let status = answer.status();
        let text = answer.text().await.map_err(failed)?;
        let refused = |body: String| LabError::AdminRefused {
            path: path.to_owned(),
            status: status.as_u16(),
            body,
        };
        if !status.is_success() {
            return Err(refused(text));
        }
        let json = if text.is_empty() { "null" } else { text.as_str() };
        serde_json::from_str(json).map_err(|error| refused(format!("{error} in {text}")))
    }
}
