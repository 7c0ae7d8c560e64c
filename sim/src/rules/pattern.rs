//! Forms of texts, compiled once.

use std::sync::LazyLock;

use regex::Regex;

/// A regular expression of the program's own. One that does not compile matches nothing, which the tests of its rule
/// would show.
pub(super) struct Pattern(pub(super) LazyLock<Option<Regex>>);

impl Pattern {
    pub(super) fn matches(&self, text: &str) -> bool {
        self.0.as_ref().is_some_and(|regex| regex.is_match(text))
    }
}
