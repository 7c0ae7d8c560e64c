//! The words with which Azure says that work on a resource has ended.
//!
//! ARM knows three ends, and asks clients to take every other word as "in progress" (resource provider contract,
//! asynchronous operations: "terminal states are `Succeeded`, `Failed`, `Canceled`"). Services also write `Cancelled`, and
//! not all in the same case.

/// How work on a resource ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Terminal {
    /// It reached its goal.
    Succeeded,
    /// It failed.
    Failed,
    /// Somebody gave it up.
    Canceled,
}

impl Terminal {
    /// The end that a word stands for; `None` while the work goes on.
    pub fn read(word: &str) -> Option<Self> {
        match word.to_ascii_lowercase().as_str() {
            "succeeded" => Some(Self::Succeeded),
            "failed" => Some(Self::Failed),
            "canceled" | "cancelled" => Some(Self::Canceled),
            _ => None,
        }
    }

    /// The word as ARM writes it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Succeeded => "Succeeded",
            Self::Failed => "Failed",
            Self::Canceled => "Canceled",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_end_is_read_in_any_case_and_both_spellings_and_other_words_are_work() {
        for end in [Terminal::Succeeded, Terminal::Failed, Terminal::Canceled] {
            for word in [
                end.as_str().to_owned(),
                end.as_str().to_lowercase(),
                end.as_str().to_uppercase(),
            ] {
                assert_eq!(Terminal::read(&word), Some(end), "{word}");
            }
        }
        for word in ["Cancelled", "cancelled", "CANCELLED"] {
            assert_eq!(Terminal::read(word), Some(Terminal::Canceled), "{word}");
        }
        for word in [
            "",
            "Updating",
            "Canceling",
            "Cancelling",
            "Failing",
            "Succeeded2",
            "Odd",
        ] {
            assert_eq!(Terminal::read(word), None, "{word}");
        }
    }
}
