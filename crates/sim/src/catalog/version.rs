//! Kubernetes versions as AKS writes them.

use std::fmt;
use std::str::FromStr;

/// A minor version such as `1.36`. Ordered oldest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Minor {
    /// The number before the dot; 1 for every Kubernetes release so far.
    pub major: u32,
    /// The number after the dot.
    pub minor: u32,
}

impl Minor {
    /// Minor `1.<minor>`.
    #[must_use]
    pub const fn one(minor: u32) -> Self {
        Self { major: 1, minor }
    }

    /// Patch `patch` of this minor.
    #[must_use]
    pub const fn patch(self, patch: u32) -> Version {
        Version { minor: self, patch }
    }

    /// The minor that follows this one.
    #[must_use]
    pub const fn next(self) -> Self {
        Self {
            major: self.major,
            minor: self.minor + 1,
        }
    }
}

impl fmt::Display for Minor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)
    }
}

/// A full version such as `1.36.4`. Ordered oldest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Version {
    /// The minor it belongs to.
    pub minor: Minor,
    /// The patch number.
    pub patch: u32,
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.minor, self.patch)
    }
}

/// A text that is not a version in AKS's sense (`^v?\d+\.\d+(\.\d+)?$`).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a Kubernetes version like 1.36 or 1.36.4")]
pub struct NotAVersion(String);

/// What a request asks for: a minor alone (an alias for its newest patch) or one exact patch
/// (SPEC `kubernetesVersion`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wanted {
    /// `1.36`: any patch of the minor satisfies it; AKS picks the newest.
    Alias(Minor),
    /// `1.36.4`.
    Exact(Version),
}

impl Wanted {
    /// The minor asked for.
    #[must_use]
    pub const fn minor(self) -> Minor {
        match self {
            Self::Alias(minor) => minor,
            Self::Exact(version) => version.minor,
        }
    }
}

impl fmt::Display for Wanted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Alias(minor) => minor.fmt(f),
            Self::Exact(version) => version.fmt(f),
        }
    }
}

impl FromStr for Wanted {
    type Err = NotAVersion;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let refuse = || NotAVersion(text.to_owned());
        let number = |part: &str| -> Result<u32, NotAVersion> {
            let digits = !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
            if digits {
                part.parse().map_err(|_| refuse())
            } else {
                Err(refuse())
            }
        };
        let parts: Vec<&str> = text.strip_prefix('v').unwrap_or(text).split('.').collect();
        match parts.as_slice() {
            [major, minor] => Ok(Self::Alias(Minor {
                major: number(major)?,
                minor: number(minor)?,
            })),
            [major, minor, patch] => {
                let minor = Minor {
                    major: number(major)?,
                    minor: number(minor)?,
                };
                Ok(Self::Exact(Version {
                    minor,
                    patch: number(patch)?,
                }))
            }
            _ => Err(refuse()),
        }
    }
}

impl FromStr for Version {
    type Err = NotAVersion;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.parse()? {
            Wanted::Exact(version) => Ok(version),
            Wanted::Alias(_) => Err(NotAVersion(text.to_owned())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_minor_alone_is_an_alias_and_three_numbers_are_exact() {
        assert_eq!("1.36".parse(), Ok(Wanted::Alias(Minor::one(36))));
        assert_eq!("1.36.4".parse(), Ok(Wanted::Exact(Minor::one(36).patch(4))));
        assert_eq!("v1.36.4".parse(), Ok(Wanted::Exact(Minor::one(36).patch(4))));
    }

    #[test]
    fn anything_else_is_not_a_version() {
        for text in [
            "",
            "1",
            "1.",
            "1.36.",
            "1.36.4.1",
            "latest",
            "1.x",
            "+1.36",
            "1.36.99999999999999",
        ] {
            assert!(text.parse::<Wanted>().is_err(), "{text:?} was accepted");
        }
    }

    #[test]
    fn versions_order_by_number_and_not_by_text() {
        assert!(Minor::one(34).patch(10) > Minor::one(34).patch(9));
        assert!(Minor::one(9).patch(0) < Minor::one(10).patch(0));
    }
}
