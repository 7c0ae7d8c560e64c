//! Takes the values of Secrets out of what is told.

/// A value with fewer characters than this is part of many words: taken out of them it would hide nothing and, letter by
/// letter, spell itself. It is only taken out where it stands alone.
const SHORT: usize = 6;

/// The text with `(secret)` for the value.
pub fn redacted(text: &str, value: &str) -> String {
    const INSTEAD: &str = "(secret)";
    if value.is_empty() {
        return text.to_owned();
    }
    let short = value.chars().count() < SHORT;
    let (mut told, mut rest) = (String::with_capacity(text.len()), text);
    while let Some((before, after)) = rest.split_once(value) {
        let in_word = |next: Option<char>| next.is_some_and(char::is_alphanumeric);
        // What went before `before` was the value itself, or what it stood for.
        let last = before.chars().next_back().or_else(|| told.chars().next_back());
        let alone = !in_word(last) && !in_word(after.chars().next());
        told.push_str(before);
        told.push_str(if short && !alone { value } else { INSTEAD });
        rest = after;
    }
    told.push_str(rest);
    told
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_taken_out_wherever_it_stands() {
        assert_eq!(redacted("a Pa55w.rd, xPa55w.rdx", "Pa55w.rd"), "a (secret), x(secret)x");
        assert_eq!(redacted("nothing of it", "Pa55w.rd"), "nothing of it");
        assert_eq!(redacted("nothing of it", ""), "nothing of it");
    }

    #[test]
    fn a_short_value_is_only_taken_out_where_it_stands_alone() {
        assert_eq!(
            redacted("Azure refused 'z': z", "z"),
            "Azure refused '(secret)': (secret)"
        );
        assert_eq!(redacted("zz z", "z"), "zz (secret)");
        assert_eq!(redacted("pin 12345.", "12345"), "pin (secret).");
        assert_eq!(redacted("x123456x", "123456"), "x(secret)x");
    }
}
