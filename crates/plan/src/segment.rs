//! Names on their way into a URL.

use std::fmt;

/// A name that is one segment of the path of a URL, and of a resource id: nothing in it can make the URL lead elsewhere.
///
/// Admission refuses other names. This is the second line: an object may have been stored under another definition, and
/// some names come from answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Segment<'a>(&'a str);

/// The name would be more than one segment, or none.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0:?} can't be a name in a URL: it has no more than {MOST} characters and no / \\ ? # %, spaces or control characters; correct it"
)]
pub struct NotASegment(String);

/// The longest name of Azure's has 260 characters.
const MOST: usize = 260;

impl<'a> Segment<'a> {
    /// Checks a name.
    ///
    /// # Errors
    /// [`NotASegment`] when it would be more than one segment, a step up, or the end of the path.
    pub fn parse(name: &'a str) -> Result<Self, NotASegment> {
        let plain = |c: char| !c.is_control() && !c.is_whitespace() && !matches!(c, '/' | '\\' | '?' | '#' | '%');
        let is_step = matches!(name, "" | "." | "..");
        if !is_step && name.chars().count() <= MOST && name.chars().all(plain) {
            return Ok(Self(name));
        }
        Err(NotASegment(name.chars().take(MOST).collect()))
    }
}

impl fmt::Display for Segment<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.0)
    }
}

/// Names that would make a URL lead elsewhere.
#[cfg(test)]
pub(crate) const HOSTILE: [&str; 14] = [
    "", ".", "..", "a/b", "../b", "a/../b", "/", "a\\b", "a?b", "a#b", "a%2fb", "a b", "a\nb", "a\u{7f}",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_segment_is_one_part_of_a_path_and_nothing_else() {
        for name in [
            "a",
            "shop",
            "MC_rg_shop",
            "a.b",
            "...",
            "aks_shop-1",
            "(x)",
            "äöü",
            &"a".repeat(MOST),
        ] {
            assert_eq!(Segment::parse(name).unwrap().to_string(), name);
        }
        for name in HOSTILE {
            assert!(Segment::parse(name).is_err(), "{name:?}");
        }
        assert!(Segment::parse(&"a".repeat(MOST + 1)).is_err());
    }
}
