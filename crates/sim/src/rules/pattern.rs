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

/// Whether a text is a label of a DNS name as Kubernetes takes it (RFC 1123): 1 to 63 lower-case letters, digits and
/// hyphens, a letter or digit at both ends.
pub(super) fn is_dns_label(text: &str) -> bool {
    let inner = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let bytes = text.as_bytes();
    (1..=63).contains(&bytes.len())
        && bytes.iter().all(|byte| inner(*byte) || *byte == b'-')
        && [bytes.first(), bytes.last()]
            .into_iter()
            .flatten()
            .all(|byte| inner(*byte))
}
