//! The last line of defence: what looks like a signed token goes, whoever it belongs to.

use std::borrow::Cow;
use std::ops::Range;

use super::without;

/// How every JSON Web Token begins: `{"` in base64.
const START: &str = "eyJ";
/// A word of this length that begins like a token is one, or the start of one.
const LENGTH: usize = 20;

/// The text without what looks like a JSON Web Token, or the start of one.
pub fn mask_tokens(text: &str) -> Cow<'_, str> {
    let found = tokens(text);
    if found.is_empty() {
        Cow::Borrowed(text)
    } else {
        Cow::Owned(without(text, found))
    }
}

/// Where tokens stand.
pub(super) fn tokens(text: &str) -> Vec<Range<usize>> {
    let in_token = |c: char| c.is_ascii_alphanumeric() || "-_.=".contains(c);
    let (mut found, mut at) = (Vec::new(), 0);
    while let Some(start) = text.get(at..).and_then(|rest| rest.find(START)).map(|next| at + next) {
        let rest = text.get(start..).unwrap_or_default();
        let end = start + rest.find(|c| !in_token(c)).unwrap_or(rest.len());
        found.extend(first_token(text, start..end));
        at = end;
    }
    found
}

/// The first token of a word, which goes to the end of the word. Inside a word it takes the next part, too: "keyJournal" is
/// none.
fn first_token(text: &str, word: Range<usize>) -> Option<Range<usize>> {
    let all = text.get(word.clone())?;
    let last_part = all.rfind(".eyJ").map(|at| word.start + at);
    let starts = all.match_indices(START).map(|(at, _)| word.start + at);
    let mut begin = starts.filter(|start| {
        let before = start.checked_sub(1).and_then(|at| text.as_bytes().get(at));
        let begins = !before.is_some_and(|byte| byte.is_ascii_alphanumeric());
        begins || last_part.is_some_and(|part| part > *start)
    });
    let start = begin.next()?;
    (word.end - start >= LENGTH).then_some(start..word.end)
}
