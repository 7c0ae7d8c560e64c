//! How the simulator says no: one value for every error body that Azure can answer with.

use std::borrow::Cow;

use serde_json::{Value, json};

/// Who writes the error body. Clients have to parse both forms.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// AKS itself: `{"code", "details", "message", "subcode"}` without an envelope (Learn: OperationNotAllowed article).
    ResourceProvider,
    /// The ARM gateway: `{"error": {"code", "message"}}`, with the header `x-ms-failure-cause: gateway` (ARM RPC).
    Gateway,
    /// Any other service: enveloped as the gateway's, without its header.
    Service,
}

/// One inner error of a [`Refusal`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Detail {
    /// Azure's code of the inner error, for example `Unspecified`.
    pub code: String,
    /// The inner sentence.
    pub message: String,
    /// The property or resource that the inner error is about.
    pub target: Option<String>,
}

/// A request that is not carried out: HTTP status, Azure's code and sentence, and the shape of the body.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{status} {code}: {message}")]
pub struct Refusal {
    /// HTTP status, 400 to 599.
    pub status: u16,
    /// Azure's error code, for example `PropertyChangeNotAllowed`.
    pub code: Cow<'static, str>,
    /// What is wrong and what to do, in Azure's words where they are known.
    pub message: String,
    /// The property that is wrong, in the form Azure uses (`agentPoolProfile.vmSize`).
    pub target: Option<String>,
    /// AKS's finer code; empty when it has none. Only the resource provider's shape carries it.
    pub subcode: &'static str,
    /// Which body shape to write.
    pub shape: Shape,
    /// Inner errors; empty writes `null` in the resource provider's shape.
    pub details: Vec<Detail>,
}

impl Refusal {
    /// A refusal by AKS itself.
    pub fn provider(status: u16, code: &'static str, message: impl Into<String>) -> Self {
        Self::new(Shape::ResourceProvider, status, code, message)
    }

    /// A refusal by the ARM gateway, before AKS sees the request.
    pub fn gateway(status: u16, code: &'static str, message: impl Into<String>) -> Self {
        Self::new(Shape::Gateway, status, code, message)
    }

    /// A refusal by a service other than AKS.
    pub fn service(status: u16, code: &'static str, message: impl Into<String>) -> Self {
        Self::new(Shape::Service, status, code, message)
    }

    fn new(shape: Shape, status: u16, code: &'static str, message: impl Into<String>) -> Self {
        Self {
            status,
            code: Cow::Borrowed(code),
            message: message.into(),
            target: None,
            subcode: "",
            shape,
            details: Vec::new(),
        }
    }

    /// Names the property that is wrong.
    #[must_use]
    pub fn on(mut self, target: impl Into<String>) -> Self {
        self.target = Some(target.into());
        self
    }

    /// Adds AKS's finer code.
    #[must_use]
    pub fn with_subcode(mut self, subcode: &'static str) -> Self {
        self.subcode = subcode;
        self
    }

    /// Adds an inner error.
    #[must_use]
    pub fn with_detail(mut self, detail: Detail) -> Self {
        self.details.push(detail);
        self
    }

    /// The JSON body to send, in this refusal's shape.
    #[must_use]
    pub fn body(&self) -> Value {
        let details: Vec<Value> = self.details.iter().map(Detail::body).collect();
        match self.shape {
            Shape::ResourceProvider => {
                let details = if details.is_empty() {
                    Value::Null
                } else {
                    Value::Array(details)
                };
                let mut body =
                    json!({"code": self.code, "details": details, "message": self.message, "subcode": self.subcode});
                if let Some(target) = &self.target {
                    body["target"] = json!(target);
                }
                body
            }
            Shape::Gateway | Shape::Service => {
                let mut error = json!({"code": self.code, "message": self.message});
                if let Some(target) = &self.target {
                    error["target"] = json!(target);
                }
                if !details.is_empty() {
                    error["details"] = Value::Array(details);
                }
                json!({"error": error})
            }
        }
    }
}

impl Detail {
    fn body(&self) -> Value {
        let mut body = json!({"code": self.code, "message": self.message});
        if let Some(target) = &self.target {
            body["target"] = json!(target);
        }
        body
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_provider_writes_a_flat_body_with_null_details() {
        let refusal = Refusal::provider(409, "OperationNotAllowed", "busy");
        assert_eq!(
            refusal.body(),
            json!({"code": "OperationNotAllowed", "details": null, "message": "busy", "subcode": ""})
        );
    }

    #[test]
    fn the_gateway_wraps_its_body_in_error() {
        let refusal = Refusal::gateway(404, "ResourceNotFound", "gone");
        assert_eq!(
            refusal.body(),
            json!({"error": {"code": "ResourceNotFound", "message": "gone"}})
        );
    }

    #[test]
    fn target_subcode_and_details_are_written() {
        let refusal = Refusal::provider(409, "EtagMismatch", "again")
            .on("agentPoolProfiles")
            .with_subcode("PutManagedClusterAndComponents_FailedPrecondition")
            .with_detail(Detail {
                code: "Unspecified".into(),
                message: "rpc error".into(),
                target: None,
            });
        let body = refusal.body();
        assert_eq!(body["target"], "agentPoolProfiles");
        assert_eq!(body["subcode"], "PutManagedClusterAndComponents_FailedPrecondition");
        assert_eq!(body["details"][0]["code"], "Unspecified");
    }
}
