//! Names of objects in Kubernetes on their way into a URL. The client puts them there as they are.

use std::fmt;
use std::ops::Deref;

/// A name that an object of Kubernetes can have: a DNS subdomain.
///
/// Admission refuses other names where manifests name Secrets and ConfigMaps. This is the second line: an object may have
/// been stored under another definition, and a slash or a question mark would make a URL lead elsewhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ObjectName<'a>(&'a str);

/// No object has such a name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0:?} can't be the name of an object: it has 1 to 253 small letters, digits, - and ., a letter or digit at both ends; correct it"
)]
pub struct NotAName(String);

/// The longest name that Kubernetes takes.
const MOST: usize = 253;

impl<'a> ObjectName<'a> {
    /// Checks a name.
    ///
    /// # Errors
    /// [`NotAName`] when no object can have it.
    pub fn parse(name: &'a str) -> Result<Self, NotAName> {
        let edge = |c: u8| c.is_ascii_lowercase() || c.is_ascii_digit();
        let is_label = |label: &str| {
            label.bytes().all(|c| edge(c) || c == b'-')
                && label.bytes().next().is_some_and(edge)
                && label.bytes().next_back().is_some_and(edge)
        };
        if name.len() <= MOST && name.split('.').all(is_label) {
            return Ok(Self(name));
        }
        Err(NotAName(name.chars().take(MOST).collect()))
    }
}

impl Deref for ObjectName<'_> {
    type Target = str;

    fn deref(&self) -> &str {
        self.0
    }
}

impl fmt::Display for ObjectName<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Names that would make a URL lead elsewhere.
    const HOSTILE: [&str; 14] = [
        "", ".", "..", "a/b", "../b", "a/../b", "/", "a\\b", "a?b", "a#b", "a%2fb", "a b", "a\nb", "a\u{7f}",
    ];

    #[test]
    fn the_name_of_an_object_can_lead_nowhere_else() {
        for name in ["a", "windows", "team-1.secret", &"a".repeat(MOST)] {
            assert_eq!(&*ObjectName::parse(name).unwrap(), name);
        }
        let wrong = [
            "A",
            "-a",
            "a-",
            ".a",
            "a.",
            "a..b",
            "a_b",
            "../secrets/b",
            "a/status",
            &"a".repeat(MOST + 1),
        ];
        for name in wrong.into_iter().chain(HOSTILE) {
            assert!(ObjectName::parse(name).is_err(), "{name:?}");
        }
    }
}
