//! Kubernetes versions as AKS writes them: a full patch or an alias of a minor.

use std::fmt;
use std::str::FromStr;

/// A Kubernetes version: `1.33` (an alias: the newest patch Azure offers) or `1.33.4`.
///
/// A version in a manifest is a floor. It is met by any version that is not lower *at the precision that was written*.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Version {
    major: u32,
    minor: u32,
    patch: Option<u32>,
}

/// A text that is not a Kubernetes version.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a Kubernetes version: write it like 1.33 or 1.33.4")]
pub struct InvalidVersion(pub String);

impl Version {
    /// The alias of the minor, without a patch.
    pub fn alias(self) -> Self {
        Self { patch: None, ..self }
    }

    /// The alias of the next minor: the furthest AKS lets a control plane or a pool go in one step
    /// (aks-rules: one minor at a time).
    pub fn next_minor(self) -> Self {
        Self {
            minor: self.minor + 1,
            patch: None,
            ..self
        }
    }

    /// How many minors `self` is ahead of `other`; 0 when it is not ahead or another major.
    pub fn minors_ahead_of(self, other: Self) -> u32 {
        if self.major == other.major {
            self.minor.saturating_sub(other.minor)
        } else {
            0
        }
    }

    /// Whether this running version meets `floor`.
    pub fn meets(self, floor: Self) -> bool {
        match (self.major, self.minor).cmp(&(floor.major, floor.minor)) {
            std::cmp::Ordering::Greater => true,
            std::cmp::Ordering::Less => false,
            std::cmp::Ordering::Equal => match (self.patch, floor.patch) {
                (_, None) | (None, Some(_)) => true,
                (Some(running), Some(wanted)) => running >= wanted,
            },
        }
    }

    /// Whether this running version is beyond what `floor` names, so that Git trails Azure.
    pub fn exceeds(self, floor: Self) -> bool {
        self.meets(floor) && !floor.meets(self)
    }

    /// Whether a patch is named.
    pub fn is_patch(self) -> bool {
        self.patch.is_some()
    }

    /// Whether both are of one minor.
    pub fn same_minor(self, other: Self) -> bool {
        (self.major, self.minor) == (other.major, other.minor)
    }
}

impl FromStr for Version {
    type Err = InvalidVersion;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let invalid = || InvalidVersion(text.to_owned());
        let mut numbers = text
            .strip_prefix('v')
            .unwrap_or(text)
            .split('.')
            .map(|part| number(part).ok_or_else(invalid));
        let mut next = || numbers.next().transpose();
        let version = Self {
            major: next()?.ok_or_else(invalid)?,
            minor: next()?.ok_or_else(invalid)?,
            patch: next()?,
        };
        if next()?.is_some() { Err(invalid()) } else { Ok(version) }
    }
}

/// A part of a version: up to three digits, so that the way from any version to any other stays short.
fn number(part: &str) -> Option<u32> {
    let digits = (1..=3).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit());
    if digits { part.parse().ok() } else { None }
}

impl fmt::Display for Version {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}.{}", self.major, self.minor)?;
        self.patch.map_or(Ok(()), |patch| write!(formatter, ".{patch}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn version(text: &str) -> Version {
        text.parse().unwrap()
    }

    #[test]
    fn a_leading_v_is_accepted_and_not_kept() {
        assert_eq!(version("v1.33.2").to_string(), "1.33.2");
    }

    #[test]
    fn what_is_not_a_version_is_refused() {
        for text in [
            "",
            "1",
            "1.x",
            "1.33.2.1",
            "latest",
            "-1.33",
            "1.+33",
            "1.4000000000",
            "1.",
        ] {
            assert!(text.parse::<Version>().is_err(), "{text}");
        }
    }

    #[test]
    fn an_alias_is_met_by_every_patch_of_its_minor_and_later() {
        assert!(version("1.33.0").meets(version("1.33")));
        assert!(version("1.34.1").meets(version("1.33")));
        assert!(!version("1.32.9").meets(version("1.33")));
    }

    #[test]
    fn a_patch_is_a_floor_inside_its_minor() {
        assert!(version("1.33.5").meets(version("1.33.5")));
        assert!(!version("1.33.4").meets(version("1.33.5")));
    }

    #[test]
    fn azure_ahead_of_git_exceeds_the_floor_but_a_patch_of_an_alias_does_not() {
        assert!(version("1.34.1").exceeds(version("1.33")));
        assert!(version("1.33.6").exceeds(version("1.33.5")));
        assert!(!version("1.33.6").exceeds(version("1.33")));
    }
}
