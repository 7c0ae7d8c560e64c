//! Hashes of values, as long as what rests on them asks for.

use serde_json::Value;
use sha2::{Digest, Sha256};

/// Hex digits of what approves something or proves whose it is: 160 bits. Somebody who may write both of two texts must
/// not come to two of one hash, which takes the root of as many tries as there are hashes.
pub const PROOF_LENGTH: usize = 40;

/// The hash of what somebody approves, or of what proves whose a resource is.
pub fn proof(value: &Value) -> String {
    digits(value, PROOF_LENGTH)
}

/// The first hex digits, an even number, of SHA-256 over the canonical JSON (serde_json orders keys).
pub fn digits(value: &Value, length: usize) -> String {
    let mut hasher = Sha256::new();
    // Neither a value nor a hasher refuses to be written.
    let _ = serde_json::to_writer(&mut hasher, value);
    let digit = |nibble: u8| char::from_digit(u32::from(nibble), 16);
    let digits = hasher.finalize().into_iter().take(length / 2);
    digits
        .flat_map(|byte| [digit(byte >> 4), digit(byte & 15)])
        .flatten()
        .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_hash_is_the_head_of_sha_256_over_the_json() {
        assert_eq!(digits(&json!("abc"), 12), "6cc43f858fbb");
        assert!(proof(&json!("abc")).starts_with("6cc43f858fbb"));
    }

    #[test]
    fn what_approves_or_proves_has_128_bits_at_least() {
        assert!(proof(&json!("abc")).len() * 4 >= 128);
        assert_eq!(proof(&json!("abc")).len(), PROOF_LENGTH);
    }
}
