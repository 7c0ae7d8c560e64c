//! The edges of one text that is looked for, and all the ways to spell their characters. Pieces out of the middle are found
//! otherwise; at an edge, what stands beside it may look like a part of an escape, so that every reading is followed.

use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;

use super::steps::Steps;

/// A text with fewer characters than this is part of many words: taken out of them it would hide nothing and, letter by
/// letter, spell itself. It is only taken out where it stands alone.
const SHORT: usize = 6;
/// The start of a text goes, too, where the message was cut in the middle of it; fewer characters tell nothing.
const FRAGMENT: usize = 6;
/// So much of the start of a text is no coincidence, wherever it stands.
const LONG_FRAGMENT: usize = 16;
/// How often a text may have been put into another one.
const DEPTH: u32 = 4;
/// What it costs to begin to follow a text.
const START: usize = 8;
/// So much of a text is followed from either of its ends.
const EDGE: usize = 64;

/// What is looked for.
pub(super) struct Form {
    /// The first characters.
    start: Vec<char>,
    /// The last ones.
    end: Vec<char>,
    spelling: Spelling,
    /// Whether it only counts where it stands alone.
    alone: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Spelling {
    Text,
    /// Also with the two characters of the alphabet for URLs and file names.
    Base64,
}

/// All forms of a text: as it is, and what base64 makes of it.
pub(super) fn forms(text: &str) -> Vec<Form> {
    let mut forms = Vec::new();
    plain(&mut forms, text);
    if text.trim() != text {
        plain(&mut forms, text.trim());
    }
    coded(&mut forms, text.as_bytes());
    let escaped = serde_json::to_string(text).unwrap_or_default();
    let escaped = escaped.trim_matches('"');
    if escaped != text {
        coded(&mut forms, escaped.as_bytes());
    }
    if text.chars().nth(SHORT - 1).is_some() {
        coded(&mut forms, STANDARD_NO_PAD.encode(text).as_bytes());
    }
    forms
}

fn plain(forms: &mut Vec<Form>, text: &str) {
    let alone = text.chars().nth(SHORT - 1).is_none();
    push(forms, text, Spelling::Text, alone);
}

/// What base64 makes of the bytes: by themselves, and within others, whose bits share the characters at both ends.
fn coded(forms: &mut Vec<Form>, bytes: &[u8]) {
    let short = bytes.len() < SHORT;
    push(forms, &STANDARD_NO_PAD.encode(bytes), Spelling::Base64, short);
    if short {
        return;
    }
    for (before, shared) in [(0, 0), (1, 2), (2, 3)] {
        let mut padded = vec![0; before];
        padded.extend_from_slice(bytes);
        let whole = STANDARD_NO_PAD.encode(&padded);
        let after = usize::from(padded.len() % 3 != 0);
        let core = whole.get(shared..whole.len() - after).unwrap_or_default();
        push(forms, core, Spelling::Base64, false);
    }
}

fn push(forms: &mut Vec<Form>, text: &str, spelling: Spelling, alone: bool) {
    let mut end: Vec<char> = text.chars().rev().take(EDGE).collect();
    end.reverse();
    if !end.is_empty() {
        let start = text.chars().take(EDGE).collect();
        forms.push(Form {
            start,
            end,
            spelling,
            alone,
        });
    }
}

impl Form {
    /// Where the form ends that begins at `at`, or the start of it where the message was cut.
    pub(super) fn find(&self, message: &str, at: usize, steps: &Steps) -> Option<usize> {
        let (matched, end) = self.follow(&self.start, message, at, steps)?;
        let rest = message.get(end..)?;
        if matched == self.start.len() {
            let end = end + self.padding(rest);
            return (!self.alone || alone(message, at, end)).then_some(end);
        }
        let counts = matched >= LONG_FRAGMENT || (matched >= FRAGMENT && (is_cut(rest) || is_cut_within(message, end)));
        (counts && !self.alone).then_some(end)
    }

    /// Where the form ends of which the last characters begin at `at`, because the message was cut before.
    pub(super) fn find_end(&self, message: &str, at: usize, steps: &Steps) -> Option<usize> {
        let last = self.end.len().checked_sub(FRAGMENT)?;
        (1..=last).find_map(|from| {
            let chars = self.end.get(from..)?;
            let (matched, end) = self.follow(chars, message, at, steps)?;
            (matched == chars.len()).then_some(end)
        })
    }

    /// Whether the form can begin with this byte.
    pub(super) fn may_start(&self, byte: u8) -> bool {
        self.start.first().is_some_and(|first| may_start(byte, *first))
    }

    /// How many of the characters the message has from `at` on, and where the last of them ends; `None` for none.
    fn follow(&self, chars: &[char], message: &str, at: usize, steps: &Steps) -> Option<(usize, usize)> {
        let bytes = message.as_bytes();
        let first = *chars.first()?;
        if !steps.spend(1) || !may_start(bytes.get(at).copied()?, first) || !steps.spend(effort(bytes, at) + START) {
            return None;
        }
        let (mut here, mut next) = (Vec::new(), Vec::new());
        spellings(bytes, at, first, self.spelling, &mut here);
        let mut matched = 1;
        for c in chars.iter().skip(1) {
            here.sort_unstable();
            here.dedup();
            for at in &here {
                if !steps.spend(effort(bytes, *at)) {
                    return None;
                }
                spellings(bytes, *at, *c, self.spelling, &mut next);
            }
            if next.is_empty() {
                break;
            }
            matched += 1;
            std::mem::swap(&mut here, &mut next);
            next.clear();
        }
        here.into_iter().max().map(|end| (matched, end))
    }

    fn padding(&self, rest: &str) -> usize {
        match self.spelling {
            Spelling::Text => 0,
            Spelling::Base64 => rest.bytes().take(2).take_while(|byte| *byte == b'=').count(),
        }
    }
}

/// An escape is read in many ways.
fn effort(bytes: &[u8], at: usize) -> usize {
    match bytes.get(at) {
        Some(b'\\' | b'%') => 1 << DEPTH,
        _ => 1,
    }
}

/// Whether a message was cut before the rest of it: at its end or at dots, perhaps in the middle of a character.
fn is_cut(rest: &str) -> bool {
    let most = 4 * DEPTH as usize;
    let near = rest.get(..rest.floor_char_boundary(most + GAP)).unwrap_or(rest);
    let dots = ["...", "…"].into_iter().filter_map(|gap| near.find(gap)).min();
    let left = dots.and_then(|at| rest.get(..at)).unwrap_or(rest);
    left.is_empty() || (left.len() <= most && left.starts_with(['%', '\\', '&']))
}

/// Dots that stand for what is left out, in bytes.
const GAP: usize = 3;

/// Whether the last character before `end` may be no character but the beginning of its other spelling, in the middle of
/// which the message was cut: the `&` of `&amp;`, the `%` of `%25`.
fn is_cut_within(message: &str, end: usize) -> bool {
    let last = end.checked_sub(1).and_then(|at| message.get(at..));
    last.is_some_and(|rest| rest.starts_with(['%', '\\', '&']) && is_cut(rest))
}

/// Whether no letter or digit stands beside it.
fn alone(message: &str, start: usize, end: usize) -> bool {
    let in_word = |next: Option<char>| next.is_some_and(char::is_alphanumeric);
    let (before, after) = (message.get(..start), message.get(end..));
    !in_word(before.and_then(|text| text.chars().next_back())) && !in_word(after.and_then(|text| text.chars().next()))
}

/// A quick look: whether a spelling of the character can begin with this byte. A letter or digit at an edge is written as
/// it is.
fn may_start(byte: u8, c: char) -> bool {
    match byte {
        b'\\' | b'%' | b'&' | b'+' | b'-' | b'_' => !c.is_ascii_alphanumeric(),
        _ => c.encode_utf8(&mut [0; 4]).as_bytes().first() == Some(&byte),
    }
}

/// Where the character ends, in each of the ways to spell it from `at` on.
fn spellings(bytes: &[u8], at: usize, c: char, spelling: Spelling, ends: &mut Vec<usize>) {
    written(bytes, at, c, ends);
    match (spelling, c) {
        (Spelling::Base64, '+') => written(bytes, at, '-', ends),
        (Spelling::Base64, '/') => written(bytes, at, '_', ends),
        // Of a form.
        (Spelling::Text, ' ') => written(bytes, at, '+', ends),
        (Spelling::Text | Spelling::Base64, _) => {}
    }
    escaped(bytes, at, c, ends);
}

/// As it is, as a URL has it, and as a page has it.
fn written(bytes: &[u8], at: usize, c: char, ends: &mut Vec<usize>) {
    let mut buffer = [0; 4];
    let literal = c.encode_utf8(&mut buffer).as_bytes();
    let Some(rest) = bytes.get(at..) else { return };
    if rest.starts_with(literal) {
        ends.push(at + literal.len());
    }
    match rest.first() {
        Some(b'%') => ends.extend(percent(bytes, at, literal)),
        Some(b'&') => ends.extend(entity(rest, c).map(|length| at + length)),
        _ => {}
    }
}

/// `%22`, and `%2522` where it was coded more than once.
fn percent(bytes: &[u8], at: usize, literal: &[u8]) -> Vec<usize> {
    let mut here = vec![at];
    for wanted in literal {
        here = here.iter().flat_map(|at| coded_byte(bytes, *at, *wanted)).collect();
    }
    here
}

fn coded_byte(bytes: &[u8], at: usize, wanted: u8) -> Vec<usize> {
    let (mut ends, mut digits) = (Vec::new(), at + 1);
    if bytes.get(at) != Some(&b'%') {
        return ends;
    }
    for _ in 0..DEPTH {
        let value = bytes.get(digits..digits + 2).and_then(hexadecimal);
        digits += 2;
        if value == Some(u32::from(wanted)) {
            ends.push(digits);
        }
        if value != Some(0x25) {
            break;
        }
    }
    ends
}

/// `&quot;`, `&#34;` and `&#x22;`: the length of it.
fn entity(rest: &[u8], c: char) -> Option<usize> {
    let end = rest.iter().take(12).position(|byte| *byte == b';')?;
    let name = std::str::from_utf8(rest.get(1..end)?).ok()?;
    let number = |digits: &str| match digits.strip_prefix(['x', 'X']) {
        Some(digits) => u32::from_str_radix(digits, 16).ok(),
        None => digits.parse().ok(),
    };
    let meant = match name {
        "quot" => Some('"'),
        "amp" => Some('&'),
        "lt" => Some('<'),
        "gt" => Some('>'),
        "apos" => Some('\''),
        _ => name.strip_prefix('#').and_then(number).and_then(char::from_u32),
    };
    (meant == Some(c)).then_some(end + 1)
}

/// As a text of JSON has it: after backslashes, of which there are more the more often it was put into one.
fn escaped(bytes: &[u8], at: usize, c: char, ends: &mut Vec<usize>) {
    let mut after = at;
    for _ in 0..1 << DEPTH {
        let Some(next) = backslash(bytes, after) else { break };
        after = next;
        if c == '\\' {
            ends.push(after);
        }
    }
    if after == at {
        return;
    }
    let tail = match c {
        '"' | '\'' | '/' => Some(c),
        '\u{8}' => Some('b'),
        '\u{c}' => Some('f'),
        '\n' => Some('n'),
        '\r' => Some('r'),
        '\t' => Some('t'),
        _ => None,
    };
    if let Some(tail) = tail {
        written(bytes, after, tail, ends);
    }
    let mut units = [0; 2];
    let mut end = Some(after);
    for (index, unit) in c.encode_utf16(&mut units).iter().enumerate() {
        end = end.and_then(|at| {
            let between = if index == 0 { 0 } else { 1 << DEPTH };
            let at = (0..between).try_fold(at, |at, _| backslash(bytes, at).ok_or(at));
            code_unit(bytes, at.unwrap_or_else(|at| at), *unit)
        });
    }
    ends.extend(end);
}

/// One backslash, however it is written.
fn backslash(bytes: &[u8], at: usize) -> Option<usize> {
    match bytes.get(at)? {
        b'\\' => Some(at + 1),
        b'%' => coded_byte(bytes, at, b'\\').first().copied(),
        _ => None,
    }
}

/// `u0022`.
fn code_unit(bytes: &[u8], at: usize, unit: u16) -> Option<usize> {
    let digits = bytes.get(at + 1..at + 5)?;
    (bytes.get(at) == Some(&b'u') && hexadecimal(digits) == Some(u32::from(unit))).then_some(at + 5)
}

fn hexadecimal(digits: &[u8]) -> Option<u32> {
    digits
        .iter()
        .try_fold(0, |value, digit| Some(value * 16 + char::from(*digit).to_digit(16)?))
}
