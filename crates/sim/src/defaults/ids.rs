//! Identifiers that Azure makes up, derived here from the resource so that the same request gives the same answer.

use sha2::{Digest, Sha256};

/// A GUID of `parts`.
pub(super) fn guid(parts: &[&str]) -> String {
    let hex = hex(parts, 32);
    format!(
        "{}-{}-4{}-a{}-{}",
        &hex[..8],
        &hex[8..12],
        &hex[13..16],
        &hex[17..20],
        &hex[20..32]
    )
}

/// The first `length` hexadecimal digits (64 at most) of a hash of `parts`, without case.
pub(super) fn hex(parts: &[&str], length: usize) -> String {
    let mut digest = Sha256::new();
    for part in parts {
        digest.update(part.to_lowercase().as_bytes());
        digest.update([0]);
    }
    let mut hex: String = digest.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
    hex.truncate(length);
    hex
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifiers_are_stable_distinct_and_well_formed() {
        let one = guid(&["cluster", "a"]);
        assert_eq!(one, guid(&["CLUSTER", "a"]));
        assert_ne!(one, guid(&["clustera", ""]));
        assert_eq!(one.len(), 36);
        assert_eq!(one.matches('-').count(), 4);
        assert_eq!(hex(&["x"], 24).len(), 24);
    }
}
