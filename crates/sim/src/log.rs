//! The request log that tests and benchmarks count, and counters per kind of call.

use std::collections::{BTreeMap, VecDeque};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Requests that are kept; older ones only remain in the counters.
const CAPACITY: usize = 50_000;

/// Properties whose values never enter the log.
const SECRETS: [&str; 10] = [
    "adminPassword",
    "secret",
    "serverAppSecret",
    "clusterToken",
    "configurationProtectedSettings",
    "accessKey",
    "accountKey",
    "sasToken",
    "clientSecret",
    "endpointUrl",
];

/// One request and its answer.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Entry {
    /// Running number, from 1, over the life of the process.
    pub number: u64,
    /// Simulated time.
    pub time: Timestamp,
    /// Real time.
    pub real_time: Timestamp,
    /// HTTP method.
    pub method: String,
    /// Path and query without signatures.
    pub path: String,
    /// Kind of call, for example `ManagedClusters_CreateOrUpdate`; `Unknown` when no route fits.
    pub call: String,
    /// Status answered; 0 when the connection was cut.
    pub status: u16,
    /// Error code answered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// Object id of the caller, when the token was good.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub principal: Option<String>,
    /// `If-Match` as sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub if_match: Option<String>,
    /// `If-None-Match` as sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub if_none_match: Option<String>,
    /// Whether the request had a body.
    pub has_body: bool,
    /// JSON body with secrets blanked; only shown when asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub body: Option<Value>,
    /// Whether a fault was injected.
    pub fault: bool,
}

/// Which entries to show. Every condition given has to hold.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Filter {
    /// HTTP method, any case.
    pub method: Option<String>,
    /// Kind of call, exact.
    pub call: Option<String>,
    /// Part of the path, any case.
    pub path: Option<String>,
    /// Status answered.
    pub status: Option<u16>,
    /// Object id of the caller.
    pub principal: Option<String>,
    /// Only entries with a higher number.
    pub after: Option<u64>,
    /// Only calls that are not reads (PUT, PATCH, POST, DELETE) when true, only reads when false.
    pub writes: Option<bool>,
    /// Show bodies too.
    #[serde(default)]
    pub bodies: bool,
}

impl Filter {
    fn admits(&self, entry: &Entry) -> bool {
        let same = |wanted: &Option<String>, value: &str| {
            wanted.as_ref().is_none_or(|wanted| wanted.eq_ignore_ascii_case(value))
        };
        same(&self.method, &entry.method)
            && same(&self.call, &entry.call)
            && self
                .path
                .as_ref()
                .is_none_or(|part| entry.path.to_lowercase().contains(&part.to_lowercase()))
            && self.status.is_none_or(|status| status == entry.status)
            && self
                .principal
                .as_ref()
                .is_none_or(|wanted| entry.principal.as_ref() == Some(wanted))
            && self.after.is_none_or(|after| entry.number > after)
            && self
                .writes
                .is_none_or(|writes| writes != matches!(entry.method.as_str(), "GET" | "HEAD"))
    }
}

/// Requests in their order, and how often each kind of call was answered with each status.
#[derive(Debug, Default)]
pub struct RequestLog {
    entries: VecDeque<Entry>,
    last_number: u64,
    counters: BTreeMap<String, BTreeMap<u16, u64>>,
}

impl RequestLog {
    /// Adds an entry and gives it its number.
    pub fn record(&mut self, mut entry: Entry) {
        self.last_number += 1;
        entry.number = self.last_number;
        *self
            .counters
            .entry(entry.call.clone())
            .or_default()
            .entry(entry.status)
            .or_default() += 1;
        if self.entries.len() == CAPACITY {
            self.entries.pop_front();
        }
        self.entries.push_back(entry);
    }

    /// Entries that `filter` admits, oldest first.
    #[must_use]
    pub fn select(&self, filter: &Filter) -> Vec<Entry> {
        let admitted = self.entries.iter().filter(|entry| filter.admits(entry)).cloned();
        admitted
            .map(|mut entry| {
                if !filter.bodies {
                    entry.body = None;
                }
                entry
            })
            .collect()
    }

    /// Answers per kind of call and status since the last [`RequestLog::clear`].
    #[must_use]
    pub fn counters(&self) -> &BTreeMap<String, BTreeMap<u16, u64>> {
        &self.counters
    }

    /// Forgets entries and counters; numbering goes on.
    pub fn clear(&mut self) {
        self.entries.clear();
        self.counters.clear();
    }
}

/// A body fit for the log: JSON only, with the values of secret properties blanked.
#[must_use]
pub fn loggable(body: &[u8]) -> Option<Value> {
    let mut value = serde_json::from_slice(body).ok()?;
    blank(&mut value);
    Some(value)
}

fn blank(value: &mut Value) {
    match value {
        Value::Object(properties) => {
            for (name, inner) in properties {
                if SECRETS.iter().any(|secret| secret.eq_ignore_ascii_case(name)) {
                    *inner = Value::from("***");
                } else {
                    blank(inner);
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(blank),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn entry(method: &str, call: &str, status: u16) -> Entry {
        Entry {
            number: 0,
            time: Timestamp::UNIX_EPOCH,
            real_time: Timestamp::UNIX_EPOCH,
            method: method.into(),
            path: "/subscriptions/S/resourceGroups/rg".into(),
            call: call.into(),
            status,
            code: None,
            principal: Some("p".into()),
            if_match: None,
            if_none_match: None,
            has_body: true,
            body: Some(json!({"a": 1})),
            fault: false,
        }
    }

    #[test]
    fn secrets_never_enter_the_log() {
        let body =
            br#"{"properties":{"windowsProfile":{"adminPassword":"x"},"servicePrincipalProfile":{"secret":"y"}}}"#;
        let text = loggable(body).unwrap().to_string();
        assert!(!text.contains("\"x\"") && !text.contains("\"y\""), "{text}");
        assert_eq!(loggable(b"client_secret=z"), None);
    }

    #[test]
    fn filters_combine_and_bodies_are_shown_on_request_only() {
        let mut log = RequestLog::default();
        log.record(entry("GET", "A", 200));
        log.record(entry("PUT", "B", 201));
        log.record(entry("PUT", "B", 409));
        let select = |filter: Filter| log.select(&filter).iter().map(|entry| entry.number).collect::<Vec<_>>();
        assert_eq!(
            select(Filter {
                writes: Some(true),
                ..Filter::default()
            }),
            [2, 3]
        );
        assert_eq!(
            select(Filter {
                call: Some("B".into()),
                status: Some(409),
                ..Filter::default()
            }),
            [3]
        );
        assert_eq!(
            select(Filter {
                path: Some("RESOURCEgroups/RG".into()),
                after: Some(1),
                ..Filter::default()
            }),
            [2, 3]
        );
        assert_eq!(
            select(Filter {
                principal: Some("q".into()),
                ..Filter::default()
            }),
            [0_u64; 0]
        );
        assert_eq!(log.select(&Filter::default())[0].body, None);
        assert_eq!(
            log.select(&Filter {
                bodies: true,
                ..Filter::default()
            })[0]
                .body,
            Some(json!({"a": 1}))
        );
    }

    #[test]
    fn counters_count_by_call_and_status_until_cleared() {
        let mut log = RequestLog::default();
        log.record(entry("PUT", "B", 201));
        log.record(entry("PUT", "B", 201));
        assert_eq!(log.counters()["B"][&201], 2);
        log.clear();
        assert!(log.counters().is_empty());
        log.record(entry("PUT", "B", 201));
        assert_eq!(log.select(&Filter::default())[0].number, 3);
    }
}
