//! A set of hashes that says no quickly: nearly all it is asked for is not in it.

use std::collections::HashSet;

/// How many bits of a hash choose a place in the sieve.
const SIEVE: u32 = 18;

/// Hashes, behind a sieve.
pub(super) struct Hashes {
    sieve: Vec<u64>,
    all: HashSet<u64>,
}

impl Default for Hashes {
    fn default() -> Self {
        Self {
            sieve: vec![0; 1 << (SIEVE - u64::BITS.ilog2())],
            all: HashSet::new(),
        }
    }
}

impl Hashes {
    pub(super) fn extend(&mut self, hashes: impl Iterator<Item = u64>) {
        for hash in hashes {
            let (word, bit) = place(hash);
            if let Some(word) = self.sieve.get_mut(word) {
                *word |= bit;
            }
            self.all.insert(hash);
        }
    }

    pub(super) fn contain(&self, hash: u64) -> bool {
        let (word, bit) = place(hash);
        self.sieve.get(word).is_some_and(|word| word & bit != 0) && self.all.contains(&hash)
    }
}

/// The word of the sieve and the bit in it; the upper bits of a product are the mixed ones.
fn place(hash: u64) -> (usize, u64) {
    let at = hash >> (u64::BITS - SIEVE);
    ((at / u64::from(u64::BITS)) as usize, 1 << (at % u64::from(u64::BITS)))
}
