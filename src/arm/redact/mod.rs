//! Takes secrets out of what Azure says: a service that refuses a request likes to repeat it.
//!
//! Whoever reads a secret puts it into the [`Sensitive`] set of the client that it will be sent with; the wire takes every
//! spelling of it out of an answer before anything is cut, so that no caller can forget to.

mod form;
mod masked;

use std::ops::Range;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde_json::Value;
use zeroize::Zeroizing;

use super::codes::explain;
use super::error::{ArmError, ErrorDetail, ServiceError, Site, TransportFailure};
use form::Form;
pub use masked::mask_tokens;

/// What stands in the place of a secret.
const INSTEAD: &str = "(secret)";

/// Texts that no message may repeat. Cheap to clone; clones are the same set. `Debug` shows none.
#[derive(Clone, Default)]
pub struct Sensitive(Arc<Mutex<Vec<Zeroizing<String>>>>);

impl std::fmt::Debug for Sensitive {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("[redacted]")
    }
}

impl Sensitive {
    /// Adds a text.
    pub fn add(&self, text: &str) {
        let mut texts = self.texts();
        if !text.is_empty() && !texts.iter().any(|known| known.as_str() == text) {
            texts.push(Zeroizing::new(text.to_owned()));
        }
    }

    /// Adds a text in the place of the oldest, where there are `most` already.
    pub(super) fn add_recent(&self, text: &str, most: usize) {
        self.add(text);
        let mut texts = self.texts();
        let surplus = texts.len().saturating_sub(most);
        texts.drain(..surplus);
    }

    /// Forgets all texts.
    pub fn clear(&self) {
        self.texts().clear();
    }

    /// A message without any of the texts, and without what looks like a token.
    pub fn redact(&self, message: &str) -> String {
        Redactor::of([self]).text(message)
    }

    fn texts(&self) -> MutexGuard<'_, Vec<Zeroizing<String>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Takes the texts of some sets out of messages.
pub(super) struct Redactor {
    forms: Vec<Form>,
    /// For each byte the forms that can begin with it.
    starts: Vec<Vec<usize>>,
}

impl Redactor {
    pub(super) fn of<'a>(sets: impl IntoIterator<Item = &'a Sensitive>) -> Self {
        let mut forms = Vec::new();
        for set in sets {
            for text in set.texts().iter() {
                forms.extend(form::forms(text));
            }
        }
        let starting = |byte: u8| {
            let forms = forms.iter().enumerate();
            forms
                .filter(|(_, form)| form.may_start(byte))
                .map(|(index, _)| index)
                .collect()
        };
        let starts = (0..=u8::MAX).map(starting).collect();
        Self { forms, starts }
    }

    /// Where the texts end that begin at `at`.
    fn ends<'a>(&'a self, message: &'a str, at: usize) -> impl Iterator<Item = usize> + 'a {
        let byte = message.as_bytes().get(at).copied().unwrap_or_default();
        let starting = self.starts.get(usize::from(byte)).into_iter().flatten();
        let forms = starting.filter_map(|index| self.forms.get(*index));
        forms.filter_map(move |form| form.find(message, at))
    }

    /// The message without any of them.
    pub(super) fn text(&self, message: &str) -> String {
        let mut found: Vec<Range<usize>> = masked::tokens(message).collect();
        for at in 0..message.len() {
            found.extend(self.ends(message, at).map(|end| at..end));
        }
        for at in ends_of_gaps(message) {
            let ends = self.forms.iter().filter_map(|form| form.find_end(message, at));
            found.extend(ends.map(|end| at..end));
        }
        without(message, found)
    }

    /// Whether the text holds one of them. What merely looks like a token is none: URLs of Azure's hold such texts.
    pub(super) fn finds(&self, text: &str) -> bool {
        (0..text.len()).any(|at| self.ends(text, at).next().is_some())
    }

    /// Takes them out of every text of a body; of a text that is longer than `most` bytes the start is kept.
    pub(super) fn value(&self, body: &mut Value, most: usize) {
        match body {
            Value::String(text) => *text = self.text(start(text, most)),
            Value::Array(items) => items.iter_mut().for_each(|item| self.value(item, most)),
            Value::Object(members) => members.iter_mut().for_each(|(name, member)| match member {
                Value::String(code) if name.eq_ignore_ascii_case("code") && explain(code).is_some() => {}
                member => self.value(member, most),
            }),
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }

    /// Takes them out of what Azure says in an error. A code that we know is one of our own words.
    pub(super) fn service(&self, error: ServiceError) -> ServiceError {
        let ServiceError {
            code,
            subcode,
            message,
            target,
            details,
        } = error;
        ServiceError {
            code: self.code(code),
            subcode: subcode.map(|code| self.code(code)),
            message: self.text(&message),
            target: target.map(|target| self.text(&target)),
            details: details
                .into_iter()
                .map(|ErrorDetail { code, message, target }| ErrorDetail {
                    code: self.code(code),
                    message: self.text(&message),
                    target: target.map(|target| self.text(&target)),
                })
                .collect(),
        }
    }

    fn code(&self, code: String) -> String {
        if explain(&code).is_some() {
            code
        } else {
            self.text(&code)
        }
    }

    /// Takes them out of a failure that happened at a URL of Azure's.
    pub(super) fn error(&self, error: ArmError) -> ArmError {
        let site = |Site { call, resource }: Site| Site {
            call,
            resource: self.text(&resource),
        };
        match error {
            ArmError::Service {
                at,
                status,
                retry_after,
                error,
            } => ArmError::Service {
                at: site(at),
                status,
                retry_after,
                error: Box::new(self.service(*error)),
            },
            ArmError::Transport { at, failure } => ArmError::Transport {
                at: site(at),
                failure: match failure {
                    TransportFailure::Connect(cause) => TransportFailure::Connect(self.text(&cause)),
                    other => other,
                },
            },
            ArmError::SignIn { at, code, message } => ArmError::SignIn {
                at: site(at),
                code,
                message: self.text(&message),
            },
            ArmError::Budget {
                at,
                bucket,
                retry_after,
            } => ArmError::Budget {
                at: site(at),
                bucket,
                retry_after,
            },
            ArmError::HostRefused { at, origin } => ArmError::HostRefused {
                at: site(at),
                origin: self.text(&origin),
            },
            ArmError::TooLarge { at, limit } => ArmError::TooLarge { at: site(at), limit },
            ArmError::Malformed { at, detail } => ArmError::Malformed { at: site(at), detail },
        }
    }
}

/// The start of a text, up to the end of a character.
fn start(text: &str, most: usize) -> &str {
    text.get(..text.floor_char_boundary(most)).unwrap_or(text)
}

/// Where the end of something that was cut may stand: at the start, and after dots that stand for what is left out.
fn ends_of_gaps(message: &str) -> Vec<usize> {
    let after = |gap: &'static str| message.match_indices(gap).map(move |(at, _)| at + gap.len());
    std::iter::once(0).chain(after("...")).chain(after("…")).collect()
}

/// The message with [`INSTEAD`] for each of the ranges; what overlaps is one.
fn without(message: &str, mut found: Vec<Range<usize>>) -> String {
    if found.is_empty() {
        return message.to_owned();
    }
    found.sort_unstable_by_key(|range| range.start);
    let (mut told, mut from) = (String::with_capacity(message.len()), 0);
    let mut found = found.into_iter().peekable();
    while let Some(Range { start, mut end }) = found.next() {
        while let Some(next) = found.next_if(|next| next.start <= end) {
            end = end.max(next.end);
        }
        told.push_str(message.get(from..start).unwrap_or_default());
        told.push_str(INSTEAD);
        from = end;
    }
    told.push_str(message.get(from..).unwrap_or_default());
    told
}

#[cfg(test)]
mod tests;
