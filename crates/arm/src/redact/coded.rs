//! Readings of a text as base64 or hexadecimal, from every place where it may have begun: what is seen of it may be a
//! piece out of the middle.

use super::stream::{BREAK, Symbol, is_space, unbroken};

/// A code in which some characters stand for some bytes.
#[derive(Clone, Copy)]
pub(super) enum Code {
    /// With either alphabet.
    Base64,
    /// In either case, with or without something between the bytes.
    Hexadecimal,
}

/// A word with fewer characters of a code than this holds nothing that is looked for.
const WORD: usize = 8;

impl Code {
    /// The symbols as the code is written: where lines were wrapped does not matter.
    pub(super) fn unwrapped(symbols: &[Symbol]) -> Vec<Symbol> {
        unbroken(symbols, is_space)
    }

    /// From how many places on a reading can begin.
    pub(super) fn alignments(self) -> usize {
        match self {
            Self::Base64 => 4,
            Self::Hexadecimal => 2,
        }
    }

    /// What the words of the code mean when so many characters of each were cut off before it.
    pub(super) fn read(self, symbols: &[Symbol], cut_off: usize) -> Vec<Symbol> {
        let mut told = Vec::new();
        for word in symbols.chunk_by(|a, b| self.is_part(a.byte) && self.is_part(b.byte)) {
            let written = word
                .iter()
                .filter_map(|symbol| Some((self.digit(symbol.byte)?, *symbol)));
            let Some((_, first)) = written.clone().next() else {
                continue;
            };
            // What they were does not matter: a byte that is partly theirs can't be known.
            let missing = std::iter::repeat_n((0, first), cut_off);
            let digits: Vec<(u32, Symbol)> = missing.chain(written).collect();
            let Some((_, last)) = digits.last().filter(|_| digits.len() >= WORD + cut_off).copied() else {
                continue;
            };
            digits
                .chunks(self.alignments())
                .for_each(|group| self.group(group, &mut told));
            told.push(Symbol::spanning(BREAK, last, last));
        }
        told
    }

    /// The bytes of four characters of base64 or two of hexadecimal; of fewer at the end of a word, those that are whole.
    fn group(self, group: &[(u32, Symbol)], told: &mut Vec<Symbol>) {
        let bits = match self {
            Self::Base64 => 6,
            Self::Hexadecimal => 4,
        };
        let (mut value, mut held, mut first) = (0_u32, 0, None);
        for (digit, symbol) in group {
            value = (value << bits) | digit;
            held += bits;
            let from = first.unwrap_or(*symbol);
            if held >= 8 {
                held -= 8;
                told.push(Symbol::spanning(((value >> held) & 0xff) as u8, from, *symbol));
                first = Some(*symbol);
            } else {
                first = Some(from);
            }
        }
    }

    fn is_part(self, byte: u8) -> bool {
        let between = matches!(self, Self::Hexadecimal) && matches!(byte, b' ' | b':' | b'-');
        between || self.digit(byte).is_some()
    }

    fn digit(self, byte: u8) -> Option<u32> {
        match self {
            Self::Hexadecimal => char::from(byte).to_digit(16),
            Self::Base64 => match byte {
                b'A'..=b'Z' => Some(u32::from(byte - b'A')),
                b'a'..=b'z' => Some(u32::from(byte - b'a') + 26),
                b'0'..=b'9' => Some(u32::from(byte - b'0') + 52),
                b'+' | b'-' => Some(62),
                b'/' | b'_' => Some(63),
                _ => None,
            },
        }
    }
}
