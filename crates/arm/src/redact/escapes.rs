//! Reads escapes until none are left, so that a text and every way to escape it become the same: percent, entities,
//! backslashes, each as often as it was put on.

use super::steps::Steps;
use super::stream::Symbol;

/// How often one kind of escape may stand within another. The same kind within itself is read at once.
const PASSES: usize = 6;

/// What an escape means.
enum Meant {
    Byte(u8),
    Char(char),
    Nothing,
}

/// The symbols with their escapes read.
pub(super) fn read(mut symbols: Vec<Symbol>, steps: &Steps) -> Vec<Symbol> {
    for _ in 0..PASSES {
        let escaped = symbols.iter().any(|symbol| matches!(symbol.byte, b'%' | b'&' | b'\\'));
        if !escaped || !steps.spend(symbols.len()) {
            break;
        }
        let next = pass(&symbols, escape);
        let same = next.len() == symbols.len();
        symbols = next;
        if same {
            break;
        }
    }
    symbols
}

/// What a mail has: `=3D`, and lines that end with `=` and go on; `None` where there is nothing of the kind.
pub(super) fn quoted_printable(symbols: &[Symbol]) -> Option<Vec<Symbol>> {
    let read = pass(symbols, quoted);
    (read.len() < symbols.len()).then_some(read)
}

/// How to read what begins here: its length and what it means.
type Reading = fn(&[Symbol]) -> Option<(usize, Meant)>;

fn pass(symbols: &[Symbol], reading: Reading) -> Vec<Symbol> {
    let mut told = Vec::with_capacity(symbols.len());
    let mut rest = symbols;
    while let Some((first, others)) = rest.split_first() {
        let Some((length, meant)) = reading(rest) else {
            told.push(*first);
            rest = others;
            continue;
        };
        let (escape, after) = rest.split_at(length.clamp(1, rest.len()));
        let last = escape.last().unwrap_or(first);
        let symbol = |byte| Symbol::spanning(byte, *first, *last);
        match meant {
            Meant::Byte(byte) => told.push(symbol(byte)),
            Meant::Char(c) => told.extend(c.encode_utf8(&mut [0; 4]).bytes().map(symbol)),
            Meant::Nothing => {}
        }
        rest = after;
    }
    told
}

fn escape(rest: &[Symbol]) -> Option<(usize, Meant)> {
    match rest.first()?.byte {
        b'%' => percent(rest),
        b'&' => entity(rest),
        b'\\' => backslashes(rest),
        _ => None,
    }
}

/// `%22`, `%2522`.
fn percent(rest: &[Symbol]) -> Option<(usize, Meant)> {
    let (mut length, mut meant) = (1, None);
    while let Some(byte) = hexadecimal(rest, length, 2).and_then(|value| u8::try_from(value).ok()) {
        length += 2;
        meant = Some((length, Meant::Byte(byte)));
        if byte != b'%' {
            break;
        }
    }
    meant
}

/// `&quot;`, `&amp;quot;`, `&#34;`, `&#x22;`.
fn entity(rest: &[Symbol]) -> Option<(usize, Meant)> {
    let mut length = 1;
    while has(rest, length, "amp;") {
        length += 4;
    }
    let named = [
        ("quot;", '"'),
        ("lt;", '<'),
        ("gt;", '>'),
        ("apos;", '\''),
        ("nbsp;", ' '),
    ];
    let named = named.iter().find(|(name, _)| has(rest, length, name));
    let named = named.map(|(name, c)| (length + name.len(), Meant::Char(*c)));
    let plain = (length > 1).then_some((length, Meant::Char('&')));
    named.or_else(|| numbered(rest, length)).or(plain)
}

fn numbered(rest: &[Symbol], at: usize) -> Option<(usize, Meant)> {
    let is_hex = has(rest, at, "#x") || has(rest, at, "#X");
    let (from, radix) = if is_hex { (at + 2, 16) } else { (at + 1, 10) };
    if !has(rest, at, "#") {
        return None;
    }
    let digits = rest.get(from..)?.iter().take(8);
    let digits: String = digits
        .map(|symbol| char::from(symbol.byte))
        .take_while(|c| c.is_digit(radix))
        .collect();
    let c = u32::from_str_radix(&digits, radix).ok().and_then(char::from_u32)?;
    let end = from + digits.len();
    has(rest, end, ";").then_some((end + 1, Meant::Char(c)))
}

/// Backslashes, of which there are more the more often a text was put into one, and what stands after them.
fn backslashes(rest: &[Symbol]) -> Option<(usize, Meant)> {
    let after = run(rest, 0);
    let meant = match rest.get(after).map(|symbol| symbol.byte) {
        Some(b'n') => Some((after + 1, Meant::Byte(b'\n'))),
        Some(b'r') => Some((after + 1, Meant::Byte(b'\r'))),
        Some(b't') => Some((after + 1, Meant::Byte(b'\t'))),
        Some(b'b' | b'f') => Some((after + 1, Meant::Nothing)),
        Some(b'x') => hexadecimal(rest, after + 1, 2)
            .and_then(|value| u8::try_from(value).ok())
            .map(|byte| (after + 3, Meant::Byte(byte))),
        Some(b'u') => code_units(rest, after),
        _ => None,
    };
    meant.or(Some((after, Meant::Nothing)))
}

/// Where the backslashes end that begin here.
fn run(rest: &[Symbol], at: usize) -> usize {
    let backslashes = rest.iter().skip(at).take_while(|symbol| symbol.byte == b'\\');
    at + backslashes.count()
}

/// `u0022`, `ud83d\ude00`.
fn code_units(rest: &[Symbol], at: usize) -> Option<(usize, Meant)> {
    let unit = |at: usize| {
        let unit = has(rest, at, "u").then(|| hexadecimal(rest, at + 1, 4))?;
        unit.and_then(|unit| u16::try_from(unit).ok())
    };
    let first = unit(at)?;
    let next = run(rest, at + 5);
    let second = unit(next).filter(|_| next > at + 5 && (0xd800..0xdc00).contains(&first));
    let units = std::iter::once(first).chain(second);
    let c = char::decode_utf16(units).next()?.unwrap_or(char::REPLACEMENT_CHARACTER);
    let end = if c.len_utf16() == 2 { next + 5 } else { at + 5 };
    Some((end, Meant::Char(c)))
}

/// `=3D`, and `=` at the end of a line.
fn quoted(rest: &[Symbol]) -> Option<(usize, Meant)> {
    if !has(rest, 0, "=") {
        return None;
    }
    let breaks = rest
        .iter()
        .skip(1)
        .take(2)
        .take_while(|symbol| matches!(symbol.byte, b'\r' | b'\n'));
    match breaks.count() {
        0 => hexadecimal(rest, 1, 2)
            .and_then(|value| u8::try_from(value).ok())
            .map(|byte| (3, Meant::Byte(byte))),
        breaks => Some((1 + breaks, Meant::Nothing)),
    }
}

fn has(rest: &[Symbol], at: usize, text: &str) -> bool {
    let there = rest.get(at..at + text.len());
    there.is_some_and(|there| there.iter().map(|symbol| symbol.byte).eq(text.bytes()))
}

fn hexadecimal(rest: &[Symbol], at: usize, digits: usize) -> Option<u32> {
    let mut digits = rest.get(at..at + digits)?.iter();
    digits.try_fold(0, |value, symbol| {
        Some(value * 16 + char::from(symbol.byte).to_digit(16)?)
    })
}
