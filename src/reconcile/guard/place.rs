//! Where in a JSON text something is: the path of what stands at an offset, and where a text is nested too deeply.

/// One level of nesting around an offset.
enum Level<'a> {
    Object { key: Option<&'a str> },
    List { index: usize },
}

/// The path of what starts, or has just ended, before `offset`: `overrides[3].value`. Empty for the whole text. Keys are
/// given as the text spells them.
pub fn path(text: &str, offset: usize) -> String {
    let mut path = String::new();
    for level in &walk(text, |at, _| at >= offset).levels {
        match level {
            Level::Object { key: Some(key) } => {
                if !path.is_empty() {
                    path.push('.');
                }
                path.push_str(key);
            }
            Level::Object { key: None } => {}
            Level::List { index } => path.push_str(&format!("[{index}]")),
        }
    }
    path
}

/// The offset at which the text is nested more than `most` levels deep, if it is. Needs no stack, however deep it is.
pub fn deeper_than(text: &str, most: usize) -> Option<usize> {
    walk(text, |_, depth| depth > most).stopped
}

struct Walk<'a> {
    levels: Vec<Level<'a>>,
    stopped: Option<usize>,
}

/// Walks over a JSON text until `stop` says so of an offset and its depth.
fn walk(text: &str, stop: impl Fn(usize, usize) -> bool) -> Walk<'_> {
    let bytes = text.as_bytes();
    let (mut levels, mut at) = (Vec::new(), 0);
    let mut key_is_next = false;
    while let Some(byte) = bytes.get(at) {
        if stop(at, levels.len()) {
            return Walk {
                levels,
                stopped: Some(at),
            };
        }
        match byte {
            b'{' => {
                levels.push(Level::Object { key: None });
                key_is_next = true;
            }
            b'[' => {
                levels.push(Level::List { index: 0 });
                key_is_next = false;
            }
            b'}' | b']' => {
                levels.pop();
                key_is_next = false;
            }
            b',' => match levels.last_mut() {
                Some(Level::List { index }) => *index += 1,
                Some(Level::Object { .. }) => key_is_next = true,
                None => {}
            },
            b'"' => {
                let end = string_end(bytes, at);
                if let (true, Some(Level::Object { key })) = (key_is_next, levels.last_mut()) {
                    *key = text.get(at + 1..end);
                    key_is_next = false;
                }
                at = end;
            }
            _ => {}
        }
        at += 1;
    }
    Walk { levels, stopped: None }
}

/// Where the string that opens at `start` closes.
fn string_end(bytes: &[u8], start: usize) -> usize {
    let mut at = start + 1;
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'"' => return at,
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
    bytes.len()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn the_path_of_an_offset_names_keys_and_places_in_lists() {
        let text = r#"{"a":{"b":[1,{"c\"{":"x,]"},[2]]},"d":true}"#;
        for (what, expected) in [
            ("1,{", "a.b[0]"),
            ("x,]", r#"a.b[1].c\"{"#),
            ("2]", "a.b[2][0]"),
            ("true", "d"),
        ] {
            let offset = text.find(what).unwrap() + 1;
            assert_eq!(path(text, offset), expected, "{what}");
        }
        assert_eq!(path(text, 0), "");
        assert_eq!(path(text, text.find(r#","d""#).unwrap()), "a", "what has just ended");
    }

    #[test]
    fn a_text_is_too_deep_at_its_first_level_below_the_limit() {
        let nested = |levels: usize| (0..levels).fold(json!(1), |value, _| json!([value])).to_string();
        assert_eq!(deeper_than(&nested(8), 8), None);
        assert_eq!(deeper_than(&nested(9), 8), Some(9));
        assert_eq!(
            deeper_than(&Value::from("[[[[").to_string(), 1),
            None,
            "brackets in a string"
        );
        let deep = format!("{}{}", "[".repeat(1_000_000), "]".repeat(1_000_000));
        assert!(deeper_than(&deep, 64).is_some(), "and no stack is needed");
    }

    proptest::proptest! {
        #[test]
        fn no_text_makes_the_walk_fail(text in ".{0,64}", offset in 0_usize..80) {
            path(&text, offset);
            deeper_than(&text, 3);
        }
    }
}
