//! A text as the sequence of the bytes that it means, each with the place where it is written.

/// One byte that is meant, and where it is written.
#[derive(Clone, Copy)]
pub(super) struct Symbol {
    pub(super) byte: u8,
    start: u32,
    end: u32,
}

impl Symbol {
    /// A byte that is written from the start of one symbol to the end of another.
    pub(super) fn spanning(byte: u8, first: Self, last: Self) -> Self {
        Self {
            byte,
            start: first.start,
            end: last.end,
        }
    }

    pub(super) fn start(self) -> usize {
        self.start as usize
    }

    pub(super) fn end(self) -> usize {
        self.end as usize
    }
}

/// Stands between what does not belong together. No text has this byte.
pub(super) const BREAK: u8 = 0xff;

/// A text as it is written.
pub(super) fn written(text: &str) -> Vec<Symbol> {
    let symbols = (0..).zip(text.bytes());
    symbols
        .map(|(start, byte)| Symbol {
            byte,
            start,
            end: start + 1,
        })
        .collect()
}

/// Without line breaks and the space around them: where lines end is nobody's secret.
pub(super) fn unbroken(symbols: &[Symbol], is_space: fn(u8) -> bool) -> Vec<Symbol> {
    let mut joined = Vec::with_capacity(symbols.len());
    for run in symbols.chunk_by(|a, b| is_space(a.byte) == is_space(b.byte)) {
        let breaks = run.first().is_some_and(|first| is_space(first.byte))
            && run.iter().any(|symbol| matches!(symbol.byte, b'\n' | b'\r'));
        if !breaks {
            joined.extend_from_slice(run);
        }
    }
    joined
}

/// The space around a line break.
pub(super) fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\r' | b'\n')
}

/// What is left of a reading when all is taken out in which spellings of the same text differ: line breaks with their
/// indent, quotes that are doubled, backticks before characters, control characters; a form's `+` is a space.
pub(super) fn settled(symbols: &[Symbol]) -> Vec<Symbol> {
    let mut kept: Vec<Symbol> = Vec::with_capacity(symbols.len());
    for symbol in unbroken(symbols, |byte| is_space(byte) || byte == b'+') {
        let byte = match symbol.byte {
            b'+' | b'\t' => b' ',
            b'`' | b'\\' | 0..b' ' | 0x7f => continue,
            byte => byte,
        };
        if matches!(byte, b'"' | b'\'') && kept.last().is_some_and(|last| last.byte == byte) {
            continue;
        }
        kept.push(Symbol { byte, ..symbol });
    }
    kept
}
