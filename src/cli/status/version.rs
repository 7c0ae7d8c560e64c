//! From which Kubernetes version to which an object goes.

use serde::Serialize;

/// The version an object has and the one it goes to.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Versions {
    /// What runs now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) current: Option<String>,
    /// What it goes to; absent when that is what runs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) target: Option<String>,
}

impl Versions {
    /// `wanted` are the versions that the manifest and Azure name, the more telling one first. They are floors: one that
    /// the current version satisfies is no target.
    pub(super) fn new(current: Option<&str>, wanted: [Option<&str>; 2]) -> Self {
        let current = current.filter(|version| !version.is_empty());
        let ahead = |version: &&str| current.is_none_or(|current| lies_ahead(version, current));
        let target = wanted
            .into_iter()
            .flatten()
            .filter(|version| !version.is_empty())
            .find(ahead);
        Self {
            current: current.map(plain),
            target: target.map(plain),
        }
    }

    /// `1.33.5 → 1.34`, either alone, or `-`.
    pub(super) fn text(&self) -> String {
        match (&self.current, &self.target) {
            (Some(current), Some(target)) => format!("{current} → {target}"),
            (Some(current), None) => current.clone(),
            (None, Some(target)) => format!("→ {target}"),
            (None, None) => "-".to_owned(),
        }
    }
}

fn plain(version: &str) -> String {
    version.strip_prefix('v').unwrap_or(version).to_owned()
}

fn lies_ahead(wanted: &str, current: &str) -> bool {
    let (wanted, current) = (numbers(wanted), numbers(current));
    // `1.34` is satisfied by every 1.34.x: only as many numbers are compared as were asked for.
    wanted.as_slice() > &current[..current.len().min(wanted.len())]
}

fn numbers(version: &str) -> Vec<u64> {
    plain(version).split('.').map_while(|part| part.parse().ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(current: Option<&str>, wanted: &str) -> String {
        Versions::new(current, [Some(wanted), None]).text()
    }

    #[test]
    fn a_version_is_a_floor() {
        assert_eq!(text(Some("1.34.1"), "1.34"), "1.34.1");
        assert_eq!(text(Some("1.35.0"), "1.34.2"), "1.35.0");
        assert_eq!(text(Some("1.33.5"), "v1.34"), "1.33.5 → 1.34");
        assert_eq!(text(Some("1.34.0"), "1.34.2"), "1.34.0 → 1.34.2");
        assert_eq!(text(Some("1.9.0"), "1.10"), "1.9.0 → 1.10");
    }

    #[test]
    fn nothing_is_invented() {
        assert_eq!(text(None, "1.34"), "→ 1.34");
        assert_eq!(Versions::new(Some("1.34.1"), [None, None]).text(), "1.34.1");
        assert_eq!(Versions::new(None, [None, None]).text(), "-");
        assert_eq!(text(Some("1.34.1"), ""), "1.34.1");
    }
}
