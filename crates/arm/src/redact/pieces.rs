//! Finds any piece of a secret, wherever it begins, in time that grows with the text alone: all readings of the text are
//! held against hashes of all pieces of the secrets.

use std::collections::BTreeMap;
use std::ops::Range;

use super::coded::Code;
use super::escapes;
use super::hashes::Hashes;
use super::steps::Steps;
use super::stream::{self, Symbol, settled, written};

/// A piece of this length is no coincidence.
const PIECE: usize = 16;
/// So many bytes are whole in a piece of that length in hexadecimal, or in base64 of base64.
const IN_CODE: usize = 7;
/// Shorter texts are part of many words.
const SHORT: usize = 6;
/// What even the shortest text costs.
const WORD: usize = 64;
/// How often a code may stand within another.
const DEPTH: usize = 2;

/// The pieces of some secrets, as hashes.
#[derive(Default)]
pub(super) struct Pieces {
    /// In either case, by their length.
    parts: BTreeMap<usize, Hashes>,
    /// Secrets and lines of them that are shorter than a piece, by their length.
    wholes: BTreeMap<usize, Hashes>,
}

impl Pieces {
    pub(super) fn add(&mut self, secret: &str) {
        let steps = Steps::default();
        let lines = secret.lines().map(str::trim).filter(|line| line.len() >= 2 * SHORT);
        for whole in [secret, secret.trim()].into_iter().chain(lines) {
            let bytes = plain(whole, &steps);
            if (SHORT..PIECE).contains(&bytes.len()) {
                let wholes = self.wholes.entry(bytes.len()).or_default();
                wholes.extend(windows(&bytes, bytes.len()));
            }
        }
        let folded = plain(secret, &steps).to_ascii_lowercase();
        let written = secret.to_ascii_lowercase();
        for (bytes, length) in [
            (folded.as_slice(), PIECE),
            (&folded, IN_CODE),
            (written.as_bytes(), IN_CODE),
        ] {
            self.parts.entry(length).or_default().extend(windows(bytes, length));
        }
    }

    /// Where pieces stand; what was found is not all where no steps are left.
    pub(super) fn find(&self, text: &str, steps: &Steps, found: &mut Vec<Range<usize>>) {
        if steps.spend(text.len() + WORD) {
            self.look(written(text), PIECE, 0, steps, found);
        }
    }

    /// Looks through one reading of the text, and what it may hold in a code.
    fn look(&self, symbols: Vec<Symbol>, piece: usize, depth: usize, steps: &Steps, found: &mut Vec<Range<usize>>) {
        if depth > 0 {
            // Half of what is seen in a code may be escapes.
            self.mark(&symbols, piece, steps, found);
        }
        let read = escapes::read(symbols, steps);
        let of_mail = escapes::quoted_printable(&read);
        for read in std::iter::once(read).chain(of_mail) {
            self.mark(&settled(&read), piece, steps, found);
            if depth == DEPTH {
                continue;
            }
            let unwrapped = Code::unwrapped(&read);
            drop(read);
            for code in [Code::Base64, Code::Hexadecimal] {
                for cut_off in 0..code.alignments() {
                    if !steps.spend(unwrapped.len()) {
                        return;
                    }
                    let coded = code.read(&unwrapped, cut_off);
                    self.look(coded, IN_CODE, depth + 1, steps, found);
                }
            }
        }
    }

    fn mark(&self, symbols: &[Symbol], piece: usize, steps: &Steps, found: &mut Vec<Range<usize>>) {
        let bytes: Vec<u8> = symbols.iter().map(|symbol| symbol.byte).collect();
        let folded = bytes.to_ascii_lowercase();
        let parts = self.parts.get(&piece).map(|parts| (folded.as_slice(), piece, parts));
        let wholes = self
            .wholes
            .iter()
            .map(|(length, wholes)| (bytes.as_slice(), *length, wholes));
        for (bytes, length, wanted) in parts.into_iter().chain(wholes) {
            if !steps.spend(bytes.len()) {
                return;
            }
            let hits = (0..)
                .zip(windows(bytes, length))
                .filter(|(_, hash)| wanted.contain(*hash));
            hits.for_each(|(at, _)| note(found, symbols.get(at..at + length).unwrap_or_default()));
        }
    }
}

/// Notes where the symbols are written; what overlaps with the last one becomes part of it.
fn note(found: &mut Vec<Range<usize>>, symbols: &[Symbol]) {
    let (Some(first), Some(last)) = (symbols.first(), symbols.last()) else {
        return;
    };
    match found.last_mut() {
        Some(known) if (known.start..=known.end).contains(&first.start()) => known.end = known.end.max(last.end()),
        _ => found.push(first.start()..last.end()),
    }
}

/// What all spellings of a text become.
fn plain(text: &str, steps: &Steps) -> Vec<u8> {
    let read = stream::settled(&escapes::read(written(text), steps));
    read.iter().map(|symbol| symbol.byte).collect()
}

/// An odd number without a pattern.
const FACTOR: u64 = 0x9e37_79b9_7f4a_7c15;

/// The hashes of all windows of a length, each made from the one before it.
fn windows(bytes: &[u8], length: usize) -> impl Iterator<Item = u64> {
    let take = |hash: u64, byte: u8| hash.wrapping_mul(FACTOR).wrapping_add(u64::from(byte) + 1);
    let weight = (0..length).fold(1_u64, |weight, _| weight.wrapping_mul(FACTOR));
    let first = bytes.get(..length).filter(|first| !first.is_empty());
    let first = first.map(|first| first.iter().fold(0, |hash, byte| take(hash, *byte)));
    let others = bytes
        .iter()
        .zip(bytes.iter().skip(length))
        .scan(first, move |hash, (old, new)| {
            let gone = (u64::from(*old) + 1).wrapping_mul(weight);
            let next = take((*hash)?, *new).wrapping_sub(gone);
            *hash = Some(next);
            Some(next)
        });
    first.into_iter().chain(others)
}
