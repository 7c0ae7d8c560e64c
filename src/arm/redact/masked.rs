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
    let found: Vec<_> = tokens(text).collect();
    if found.is_empty() {
        Cow::Borrowed(text)
    } else {
        Cow::Owned(without(text, found))
    }
}

/// Where tokens stand.
pub(super) fn tokens(text: &str) -> impl Iterator<Item = Range<usize>> {
    let in_token = |c: char| c.is_ascii_alphanumeric() || "-_.=".contains(c);
    text.match_indices(START).filter_map(move |(start, _)| {
        let rest = text.get(start..)?;
        let length = rest.find(|c| !in_token(c)).unwrap_or(rest.len());
        let token = rest.get(..length)?;
        let before = text.get(..start)?.chars().next_back();
        // Inside a word it takes the next part, too: "keyJournal" is none.
        let begins = before.is_none_or(|c| !c.is_ascii_alphanumeric()) || token.contains(".eyJ");
        (begins && length >= LENGTH).then_some(start..start + length)
    })
}
