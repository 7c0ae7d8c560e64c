//! Takes secrets out of what Azure says: a service that refuses a request likes to repeat it.
//!
//! Whoever reads a secret puts it into the [`Sensitive`] set of the client that it will be sent with; the wire takes every
//! spelling of it out of an answer before anything is cut, so that no caller can forget to.

mod coded;
mod escapes;
mod form;
mod hashes;
mod masked;
mod pieces;
mod steps;
mod stream;

use std::ops::Range;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde_json::Value;
use zeroize::Zeroizing;

use super::codes::explain;
use super::error::{ArmError, ErrorDetail, ServiceError, Site, TransportFailure};
use form::Form;
pub use masked::mask_tokens;
use pieces::Pieces;
use steps::Steps;

/// What stands in the place of a secret.
const INSTEAD: &str = "(secret)";

/// Stands before a text of which only the end was kept.
pub const CUT: &str = "[only the end is kept]\n";
/// More than is kept is looked through, so that what is kept begins after a spelling and not within it.
const MARGIN: usize = 4096;

/// What is kept of a long text. The rest is not looked through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Keep {
    /// So many bytes of its start.
    Start(usize),
    /// So many bytes of its end, after [`CUT`].
    End(usize),
}

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

    /// Adds a text, unless all of them would be larger than `most` bytes then; whether it is there.
    pub fn add_within(&self, text: &str, most: usize) -> bool {
        let known = self.texts().iter().any(|known| known.as_str() == text);
        let fits = known || self.size() + text.len() <= most;
        if fits {
            self.add(text);
        }
        fits
    }

    /// The bytes of all texts.
    pub(super) fn size(&self) -> usize {
        self.texts().iter().map(|text| text.len()).sum()
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

/// Takes the texts of some sets out of messages, those of one answer.
pub(super) struct Redactor {
    pieces: Pieces,
    forms: Vec<Form>,
    /// For each byte the forms that can begin with it.
    starts: Vec<Vec<usize>>,
    steps: Steps,
}

/// Where the edge of a text may stand although a piece of it was found there already.
const EDGE: usize = 256;

impl Redactor {
    pub(super) fn of<'a>(sets: impl IntoIterator<Item = &'a Sensitive>) -> Self {
        let (mut forms, mut pieces) = (Vec::new(), Pieces::default());
        for set in sets {
            for text in set.texts().iter() {
                forms.extend(form::forms(text));
                pieces.add(text);
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
        Self {
            pieces,
            forms,
            starts,
            steps: Steps::default(),
        }
    }

    /// Where the texts end that begin at `at`.
    fn ends<'a>(&'a self, message: &'a str, at: usize) -> impl Iterator<Item = usize> + 'a {
        let byte = message.as_bytes().get(at).copied().unwrap_or_default();
        let starting = self.starts.get(usize::from(byte)).into_iter().flatten();
        let forms = starting.filter_map(|index| self.forms.get(*index));
        forms.filter_map(move |form| form.find(message, at, &self.steps))
    }

    /// Where the texts and pieces of them stand; `None` where it would take too long to say.
    fn found(&self, message: &str) -> Option<Vec<Range<usize>>> {
        let mut found = Vec::new();
        if self.forms.is_empty() {
            return Some(found);
        }
        self.pieces.find(message, &self.steps, &mut found);
        let pieces = merged(message, std::mem::take(&mut found));
        let mut open = 0;
        for piece in &pieces {
            found.extend(self.edges(message, open..piece.start + EDGE.min(piece.len())));
            open = piece.end.saturating_sub(EDGE).max(piece.start + EDGE.min(piece.len()));
        }
        found.extend(self.edges(message, open..message.len()));
        for at in ends_of_gaps(message) {
            let ends = self.forms.iter();
            found.extend(
                ends.filter_map(|form| form.find_end(message, at, &self.steps))
                    .map(|end| at..end),
            );
        }
        found.extend(pieces);
        (!self.steps.exhausted()).then_some(found)
    }

    /// Where a text begins in a part of the message.
    fn edges(&self, message: &str, part: Range<usize>) -> Vec<Range<usize>> {
        let part = part.take_while(|_| !self.steps.exhausted());
        part.flat_map(|at| self.ends(message, at).map(move |end| at..end))
            .collect()
    }

    /// The message without any of them, and without what looks like a token.
    pub(super) fn text(&self, message: &str) -> String {
        match self.found(message) {
            Some(mut found) => {
                found.extend(masked::tokens(message));
                without(message, found)
            }
            None => INSTEAD.to_owned(),
        }
    }

    /// Whether the text holds one of them. What merely looks like a token is none: URLs of Azure's hold such texts.
    pub(super) fn finds(&self, text: &str) -> bool {
        self.found(text).is_none_or(|found| !found.is_empty())
    }

    /// What is kept of a text, without any of them.
    fn kept(&self, text: &str, keep: Keep) -> String {
        match keep {
            Keep::Start(most) => self.text(start(text, most)),
            Keep::End(most) if text.len() > most => format!("{CUT}{}", self.end(text, most)),
            Keep::End(_) => self.text(text),
        }
    }

    /// The end of a text without any of them. It begins within one, where the text does.
    fn end(&self, text: &str, most: usize) -> String {
        let from = |most: usize| text.ceil_char_boundary(text.len().saturating_sub(most));
        let (seen, margin) = (from(most + MARGIN), from(most) - from(most + MARGIN));
        let (seen, kept) = (text.get(seen..), text.get(seen + margin..));
        let (Some(seen), Some(kept)) = (seen, kept) else {
            return INSTEAD.to_owned();
        };
        let Some(mut found) = self.found(seen) else {
            return INSTEAD.to_owned();
        };
        found.extend(masked::tokens(seen));
        let found = found.into_iter().filter(|range| range.end > margin);
        let shifted = found.map(|range| range.start.saturating_sub(margin)..range.end - margin);
        without(kept, shifted.collect())
    }

    /// Takes them out of every text of a body.
    pub(super) fn value(&self, body: &mut Value, keep: Keep) {
        match body {
            Value::String(text) => *text = self.kept(text, keep),
            Value::Array(items) => items.iter_mut().for_each(|item| self.value(item, keep)),
            Value::Object(members) => members.iter_mut().for_each(|(name, member)| match member {
                Value::String(code) if name.eq_ignore_ascii_case("code") && explain(code).is_some() => {}
                member => self.value(member, keep),
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
    let dots = |(at, gap): (usize, &str)| {
        let end = at + gap.len();
        // The last of many dots.
        (!message.get(end..).is_some_and(|rest| rest.starts_with(['.', '…']))).then_some(end)
    };
    let gaps = message.match_indices(['.', '…']).filter_map(dots);
    let long = gaps.filter(|end| {
        let before = message.get(..*end).unwrap_or_default();
        before.ends_with("...") || before.ends_with('…')
    });
    std::iter::once(0).chain(long).collect()
}

/// The ranges in order, at whole characters; what overlaps or touches is one.
fn merged(message: &str, mut found: Vec<Range<usize>>) -> Vec<Range<usize>> {
    found.sort_unstable_by_key(|range| range.start);
    let mut merged: Vec<Range<usize>> = Vec::new();
    for range in found {
        let (start, end) = (
            message.floor_char_boundary(range.start),
            message.ceil_char_boundary(range.end),
        );
        match merged.last_mut() {
            Some(last) if start <= last.end => last.end = last.end.max(end),
            _ => merged.push(start..end),
        }
    }
    merged
}

/// The message with [`INSTEAD`] for each of the ranges.
fn without(message: &str, found: Vec<Range<usize>>) -> String {
    let (mut told, mut from) = (String::with_capacity(message.len()), 0);
    for Range { start, end } in merged(message, found) {
        told.push_str(message.get(from..start).unwrap_or_default());
        told.push_str(INSTEAD);
        from = end;
    }
    told.push_str(message.get(from..).unwrap_or_default());
    told
}

#[cfg(test)]
mod tests;
