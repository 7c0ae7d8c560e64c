//! How long Azure asks to stay away.

use std::time::Duration;

use jiff::Timestamp;
use jiff::fmt::rfc2822::DateTimeParser;

/// A `Retry-After`: never longer than [`RetryAfter::MAX`], whatever was sent.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RetryAfter(Duration);

impl RetryAfter {
    /// The longest. No documented quota needs more than a minute to have room for one call again (DOC
    /// quotas-skus-regions: one PUT of a cluster a minute), and nobody waits a day because of a slip.
    pub const MAX: Self = Self(Duration::from_secs(300));

    /// This long, or the longest there is.
    pub fn new(wait: Duration) -> Self {
        Self(wait).min(Self::MAX)
    }

    /// Reads the header: seconds, which is what Azure writes (RPC), or a date (RFC 9110, 10.2.3). A date in the past asks
    /// for nothing. What is neither is nothing: it is never guessed.
    pub fn read(text: &str, now: Timestamp) -> Option<Self> {
        let text = text.trim();
        if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
            // More digits than fit are a long time.
            return Some(
                text.parse()
                    .map_or(Self::MAX, |seconds| Self::new(Duration::from_secs(seconds))),
            );
        }
        let date = DateTimeParser::new().parse_timestamp(text).ok()?;
        let wait = Duration::try_from(date.duration_since(now)).unwrap_or_default();
        Some(Self::new(wait))
    }

    /// The time.
    pub fn wait(self) -> Duration {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> Timestamp {
        "2026-10-21T07:27:00Z".parse().unwrap()
    }

    fn seconds(text: &str) -> Option<u64> {
        RetryAfter::read(text, now()).map(|read| read.wait().as_secs())
    }

    #[test]
    fn seconds_and_dates_are_read_and_cut_to_minutes() {
        let cases = [
            ("0", 0),
            (" 17 ", 17),
            ("300", 300),
            ("86400", 300),
            ("18446744073709551615", 300),
            ("99999999999999999999999999", 300),
            ("Wed, 21 Oct 2026 07:28:00 GMT", 60),
            ("Wed, 21 Oct 2026 07:20:00 GMT", 0),
            ("Thu, 01 Jan 1970 00:00:00 GMT", 0),
            ("Thu, 31 Dec 9998 23:59:59 GMT", 300),
        ];
        for (text, expected) in cases {
            assert_eq!(seconds(text), Some(expected), "{text}");
        }
    }

    #[test]
    fn what_is_neither_is_never_guessed() {
        for odd in [
            "",
            " ",
            "-1",
            "+5",
            "1.5",
            "1e3",
            "soon",
            "NaN",
            "2026-10-21T07:28:00Z",
            "\u{663}",
        ] {
            assert_eq!(seconds(odd), None, "{odd}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_text_makes_a_wait_longer_than_the_longest(text in "\\PC{0,40}") {
            let read = RetryAfter::read(&text, now());
            proptest::prop_assert!(read.is_none_or(|read| read <= RetryAfter::MAX));
        }

        #[test]
        fn no_time_is_longer_than_the_longest(seconds: u64, nanos in 0_u32..1_000_000_000) {
            let read = RetryAfter::new(Duration::new(seconds, nanos));
            proptest::prop_assert!(read <= RetryAfter::MAX);
        }
    }
}
