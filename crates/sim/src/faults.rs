//! Faults to order: which calls they meet, how often, and what happens instead of the ordinary answer.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Which calls a fault meets. Every condition given has to hold; none at all means every call.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Pattern {
    /// HTTP method, any case.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub method: Option<String>,
    /// Part of the path, any case.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// Kind of call, for example `ManagedClusters_CreateOrUpdate`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub call: Option<String>,
}

impl Pattern {
    fn meets(&self, method: &str, path: &str, call: &str) -> bool {
        self.method
            .as_ref()
            .is_none_or(|wanted| wanted.eq_ignore_ascii_case(method))
            && self
                .path
                .as_ref()
                .is_none_or(|part| path.to_lowercase().contains(&part.to_lowercase()))
            && self
                .call
                .as_ref()
                .is_none_or(|wanted| wanted.eq_ignore_ascii_case(call))
    }
}

/// What happens instead.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase", deny_unknown_fields)]
pub enum Fault {
    /// This answer, in AKS's shape or, with `gateway`, in the gateway's. The call has no effect.
    Refuse {
        /// HTTP status, 400 to 599.
        status: u16,
        /// Error code.
        code: String,
        /// Error message; `{body}` in it stands for the body of the request and `{authorization}` for that header.
        message: String,
        /// `Retry-After` in seconds, as it stands on the wire.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        retry_after: Option<u64>,
        /// Use the gateway's enveloped shape.
        #[serde(default)]
        gateway: bool,
    },
    /// The connection is reset. With `after` the call has taken effect first: the client cannot know.
    ConnectionReset {
        /// Carry out the call before the reset.
        #[serde(default)]
        after: bool,
    },
    /// The ordinary answer, late.
    Delay {
        /// Real milliseconds.
        milliseconds: u64,
    },
    /// The ordinary answer, cut in the middle of its body.
    TruncatedBody {},
    /// The ordinary answer, changed on its way. The call has had its effect, and what the world holds stays true.
    Alter {
        /// A JSON Patch (RFC 6902) of the body; it has to fit.
        #[serde(default)]
        body: json_patch::Patch,
        /// Header fields to set or, with null, to leave out.
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        headers: BTreeMap<String, Option<String>>,
    },
    /// The call is accepted, and the operation that it starts fails at its end. Meets only calls that start one.
    OperationFails {
        /// Error code of the operation.
        code: String,
        /// Error message of the operation; `{body}` and `{authorization}` as above.
        message: String,
    },
}

/// The message of a fault with what it repeats of the request.
#[must_use]
pub fn repeating(message: &str, body: &[u8], authorization: Option<&str>) -> String {
    let message = message.replace("{authorization}", authorization.unwrap_or_default());
    message.replace("{body}", &String::from_utf8_lossy(body))
}

/// A fault and how often it still happens.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Injection {
    /// Number given by the simulator.
    #[serde(default, skip_deserializing)]
    pub id: u64,
    /// Which calls.
    #[serde(default, rename = "match")]
    pub pattern: Pattern,
    /// How often it still happens; for ever when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub times: Option<u32>,
    /// What happens.
    pub fault: Fault,
}

/// Faults in the order in which they were ordered.
#[derive(Debug, Default)]
pub struct Faults {
    injections: Vec<Injection>,
    last_id: u64,
}

impl Faults {
    /// Adds one; answers with its number.
    pub fn add(&mut self, mut injection: Injection) -> u64 {
        self.last_id += 1;
        injection.id = self.last_id;
        self.injections.push(injection);
        self.last_id
    }

    /// Takes one back; whether it was there.
    pub fn remove(&mut self, id: u64) -> bool {
        let before = self.injections.len();
        self.injections.retain(|injection| injection.id != id);
        self.injections.len() != before
    }

    /// Takes all back.
    pub fn clear(&mut self) {
        self.injections.clear();
    }

    /// Those still to come.
    #[must_use]
    pub fn list(&self) -> &[Injection] {
        &self.injections
    }

    /// The first fault that meets this call, used up once.
    pub fn strike(&mut self, method: &str, path: &str, call: &str, starts_operation: bool) -> Option<Fault> {
        let position = self.injections.iter().position(|injection| {
            injection.pattern.meets(method, path, call)
                && injection.times != Some(0)
                && (starts_operation || !matches!(injection.fault, Fault::OperationFails { .. }))
        })?;
        let injection = &mut self.injections[position];
        let fault = injection.fault.clone();
        if let Some(times) = &mut injection.times {
            *times -= 1;
            if *times == 0 {
                self.injections.remove(position);
            }
        }
        Some(fault)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn ordered(value: serde_json::Value) -> Faults {
        let mut faults = Faults::default();
        faults.add(serde_json::from_value(value).unwrap());
        faults
    }

    #[test]
    fn a_fault_meets_its_pattern_as_often_as_ordered() {
        let mut faults = ordered(
            json!({"match": {"method": "put", "path": "/CLUSTER"}, "times": 2, "fault": {"truncatedBody": {}}}),
        );
        assert!(faults.strike("GET", "/x/cluster", "A", false).is_none());
        assert!(faults.strike("PUT", "/x/pool", "A", false).is_none());
        assert!(faults.strike("PUT", "/x/cluster", "A", false).is_some());
        assert!(faults.strike("PUT", "/x/cluster", "A", false).is_some());
        assert!(faults.strike("PUT", "/x/cluster", "A", false).is_none());
        assert!(faults.list().is_empty());
    }

    #[test]
    fn a_failing_operation_waits_for_a_call_that_starts_one() {
        let mut faults =
            ordered(json!({"fault": {"operationFails": {"code": "QuotaExceeded", "message": "no cores"}}, "times": 1}));
        assert!(faults.strike("GET", "/x", "A", false).is_none());
        assert!(matches!(
            faults.strike("PUT", "/x", "A", true),
            Some(Fault::OperationFails { .. })
        ));
    }

    #[test]
    fn a_message_repeats_the_request_where_it_is_asked_to() {
        let told = repeating("'{body}' by '{authorization}'", br#"{"a":1}"#, Some("Bearer x"));
        assert_eq!(told, r#"'{"a":1}' by 'Bearer x'"#);
        assert_eq!(repeating("no", b"body", None), "no");
    }

    #[test]
    fn an_unknown_word_in_a_fault_is_refused() {
        assert!(serde_json::from_value::<Injection>(json!({"fault": {"explode": {}}})).is_err());
        assert!(
            serde_json::from_value::<Injection>(json!({"fault": {"delay": {"milliseconds": 1}}, "time": 1})).is_err()
        );
    }
}
