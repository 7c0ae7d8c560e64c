//! Pieces of a secret, in spellings and out of the middle, and what looking for them may cost.

use super::*;

/// What an extension may be given: long enough that a service shows a part of it.
const LONG: &str = "Tr0ub4dor & \"3\\ Ünïcode+/=secret's value;0123456789-qwertzuiop/%41`$x{\"key\": \"of it\"}<end>";

/// Ways of writing a text that no service was asked for.
const SPELLINGS: &[Spelling] = &[
    ("as it is", str::to_owned),
    ("wrapped", |text| wrapped(text, 30, "\n")),
    ("wrapped and indented in JSON", |text| {
        in_json(&wrapped(text, 30, "\r\n    "))
    }),
    ("in JSON three times", |text| in_json(&in_json(&in_json(text)))),
    ("in a URL three times", |text| {
        percent(&percent(&percent(text, true), false), true)
    }),
    ("in JSON in a page", |text| {
        in_json(text).replace('&', "&amp;").replace('"', "&quot;")
    }),
    ("with quotes doubled", |text| {
        text.replace('"', "\"\"").replace('\'', "''")
    }),
    ("in PowerShell", |text| {
        text.replace('`', "``").replace('"', "`\"").replace('$', "`$")
    }),
    ("in a mail", |text| of_mail(text, "=\r\n")),
    ("in a mail in JSON", |text| in_json(&of_mail(text, "=\n"))),
    ("in capitals", |text| text.to_ascii_uppercase()),
    ("byte by byte", |text| {
        text.bytes().map(|byte| format!("\\x{byte:02x}")).collect()
    }),
    ("number by number", |text| {
        text.chars().map(|c| format!("&#x{:x};", u32::from(c))).collect()
    }),
    ("in base64, lines of a mail", |text| {
        wrapped(&STANDARD.encode(text), 76, "\r\n")
    }),
    ("in base64, lines of PEM", |text| {
        wrapped(&STANDARD.encode(text), 64, "\n")
    }),
    ("in base64, short lines", |text| {
        wrapped(&STANDARD.encode(format!("!{text}")), 20, "\n")
    }),
    ("in base64, indented", |text| {
        wrapped(&URL_SAFE.encode(text), 64, "\n      ")
    }),
    ("in base64 of lines in JSON", |text| {
        in_json(&wrapped(&STANDARD.encode(text), 64, "\r\n"))
    }),
    ("in base64 in JSON of .NET", |text| of_dotnet(&STANDARD.encode(text))),
    ("in base64 in base64", |text| {
        STANDARD.encode(STANDARD.encode(format!("{{{text}")))
    }),
    ("in JSON in base64", |text| STANDARD.encode(in_json(text))),
    ("in hexadecimal", |text| hexadecimal(text, "")),
    ("in hexadecimal capitals", |text| hexadecimal(text, "").to_uppercase()),
    ("in hexadecimal with colons", |text| hexadecimal(text, ":")),
    ("in hexadecimal lines", |text| {
        wrapped(&hexadecimal(text, " "), 48, "\n")
    }),
];

fn wrapped(text: &str, width: usize, between: &str) -> String {
    let chars: Vec<char> = text.chars().collect();
    let lines = chars.chunks(width).map(|line| line.iter().collect::<String>());
    lines.collect::<Vec<_>>().join(between)
}

fn hexadecimal(text: &str, between: &str) -> String {
    let bytes = text.bytes().map(|byte| format!("{byte:02x}"));
    bytes.collect::<Vec<_>>().join(between)
}

fn of_mail(text: &str, soft_break: &str) -> String {
    let coded = text.bytes().map(|byte| match byte {
        b' '..=b'<' | b'>'..=b'~' => char::from(byte).to_string(),
        _ => format!("={byte:02X}"),
    });
    let coded: Vec<String> = coded.collect();
    let lines = coded.chunks(40).map(<[String]>::concat);
    lines.collect::<Vec<_>>().join(soft_break)
}

/// A run of 16 letters and digits of the spelling that shows, or so many characters of the secret.
fn shown(told: &str, spelled: &str, secret: &str, length: usize) -> Option<String> {
    let windows = |text: &str, length: usize| -> Vec<String> {
        let chars: Vec<char> = text.chars().collect();
        chars.windows(length).map(|window| window.iter().collect()).collect()
    };
    let mut wanted = windows(spelled, 16);
    wanted.retain(|window| window.chars().all(char::is_alphanumeric));
    wanted.extend(windows(secret, length));
    wanted.into_iter().find(|window| told.contains(window.as_str()))
}

#[test]
fn a_secret_goes_in_every_spelling() {
    for (name, spell) in SPELLINGS {
        for around in [
            ["'", "'."],
            ["password=", ""],
            ["x", "x"],
            ["", "\n"],
            ["{\"a\":\"", "\"}"],
        ] {
            let message = around.join(&spell(LONG));
            let told = redacted(&message, LONG);
            assert_eq!(
                shown(&told, &spell(LONG), LONG, 8),
                None,
                "{name}: {message} became {told}"
            );
            assert!(told.len() < 40, "{name}: {message} became {told}");
        }
    }
}

#[test]
fn any_piece_of_sixteen_characters_goes_wherever_it_was_cut_out() {
    for (name, spell) in SPELLINGS {
        let spelled: Vec<char> = spell(LONG).chars().collect();
        // What escapes are made of is no part of a secret.
        let is_code = ["base64", "hexadecimal"].iter().any(|code| name.contains(code)) && !name.contains(".NET");
        for (length, step) in [(16, 1), (23, 7), (60, 11)] {
            let sensitive = Sensitive::default();
            sensitive.add(LONG);
            let redactor = Redactor::of([&sensitive]);
            for piece in spelled.windows(length).step_by(step) {
                let piece: String = piece.iter().collect();
                for around in [["near '...", "...'"], ["is ", " or"]] {
                    let told = redactor.text(&around.join(&piece));
                    let code = if is_code { piece.as_str() } else { "" };
                    assert_eq!(
                        shown(&told, code, "0123456789-qwertzuiop", 16),
                        None,
                        "{name}: {piece} became {told}"
                    );
                }
            }
            assert!(!redactor.steps.exhausted());
        }
    }
}

#[test]
fn any_sixteen_characters_of_a_secret_go() {
    let chars: Vec<char> = "pass-phrase.of_words:and/more@than, one?k3y".chars().collect();
    let secret: String = chars.iter().collect();
    for piece in chars.windows(16) {
        let piece: String = piece.iter().collect();
        assert_eq!(redacted(&format!("'{piece}'"), &secret), "'(secret)'");
        assert_eq!(redacted(&format!("x{piece}x"), &secret), "x(secret)x");
    }
}

#[test]
fn a_short_secret_goes_in_every_spelling() {
    let secret = "Pa5\"w.d";
    for (name, spell) in SPELLINGS.iter().filter(|(name, _)| *name != "in capitals") {
        let told = redacted(&format!("is '{}' now", spell(secret)), secret);
        assert!(told.contains("(secret)") && told.len() < 24, "{name}: {told}");
    }
}

#[test]
fn lines_of_a_key_go_one_by_one() {
    let key = "-----BEGIN KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASC\nBKcwggSjAgEAAoIBAQC7\nlastline0123\n-----END KEY-----\n";
    for line in [
        "MIIEvQIBADANBgkqhkiG9w0BAQEFAASC",
        "BKcwggSjAgEAAoIBAQC7",
        "lastline0123",
    ] {
        assert_eq!(redacted(&format!("bad line: {line}!"), key), "bad line: (secret)!");
    }
}

#[test]
fn the_end_of_a_long_text_begins_with_no_rest_of_a_secret() {
    let secret = "Pa55\"w/rd%of the&sh0p";
    let sensitive = Sensitive::default();
    sensitive.add(secret);
    for (name, spell) in SPELLINGS {
        let spelled = spell(secret);
        for shown_after in (0..=spelled.len()).step_by(2) {
            let text = format!("{}{spelled}{}", "x".repeat(100), "y".repeat(600 - shown_after));
            let mut body = Value::String(text);
            Redactor::of([&sensitive]).value(&mut body, Keep::End(600));
            let told = body.as_str().unwrap();
            let told = told.strip_prefix(CUT).expect("it says so");
            let rest = told.trim_matches(['y', '=']);
            // In base64 a character beside it may be left that has some bits of it, and what fills it up.
            let shows = rest.replace("(secret)", "").len() > 4 || shown(rest, "", secret, 6).is_some();
            assert!(!shows, "{name}: {spelled} cut at {shown_after} became {rest}");
        }
    }
}

/// What is left of a text of one letter, and what it costs, where the secret is of that letter, too.
fn flood(letter: &str, length: usize) -> (String, usize) {
    let sensitive = Sensitive::default();
    sensitive.add(&letter.repeat(16 * 1024 / letter.len()));
    let redactor = Redactor::of([&sensitive]);
    let told = redactor.text(&letter.repeat(length / letter.len()));
    (told, redactor.steps.spent())
}

#[test]
fn a_text_of_one_letter_costs_steps_in_proportion_to_its_length() {
    for letter in ["a", "A", "0", "4", "=", " ", "+", ".", "\n", "\"", "eyJ", "YWFh"] {
        let ((first, once), (second, twice)) = (flood(letter, 4 * 1024), flood(letter, 8 * 1024));
        assert_eq!((first.as_str(), second.as_str()), ("(secret)", "(secret)"), "{letter}");
        assert!(
            twice <= 2 * once + 64 * 1024 && once < 400 * 4 * 1024,
            "{letter}: {once} {twice}"
        );
    }
}

#[test]
fn a_flood_of_escapes_that_a_secret_consists_of_goes_within_the_steps_of_an_answer() {
    for letter in ["\\", "%", "%25", "&amp;", "\\\"", "`", "\\u0022"] {
        let sensitive = Sensitive::default();
        sensitive.add(&letter.repeat(16 * 1024 / letter.len()));
        let redactor = Redactor::of([&sensitive]);
        redactor.steps.leave(1 << 20);
        let told = redactor.text(&letter.repeat(16 * 1024 / letter.len()));
        assert_eq!(told, "(secret)", "{letter}");
    }
}

#[test]
fn eight_megabytes_of_one_letter_end_within_the_steps_of_an_answer() {
    let sensitive = Sensitive::default();
    for letter in ["a", "b", "c", "d"] {
        sensitive.add(&letter.repeat(64 * 1024));
    }
    let redactor = Redactor::of([&sensitive]);
    let mut body = Value::String("a".repeat(8 << 20));
    redactor.value(&mut body, Keep::End(256 * 1024));
    assert_eq!(body, format!("{CUT}(secret)"));
    assert!(!redactor.steps.exhausted());
}

#[test]
fn a_text_that_costs_more_than_all_steps_is_not_shown() {
    let sensitive = Sensitive::default();
    sensitive.add("s3cr3t-value");
    let redactor = Redactor::of([&sensitive]);
    assert_eq!(redactor.text("plain"), "plain");
    redactor.steps.leave(0);
    let mut body = json!({ "message": "plain", "others": ["plain"], "number": 1 });
    redactor.value(&mut body, Keep::End(2));
    assert_eq!(
        body,
        json!({ "message": format!("{CUT}(secret)"), "others": [format!("{CUT}(secret)")], "number": 1 })
    );
    assert!(redactor.finds("plain"), "nobody knows");
}

#[test]
fn a_flood_of_tokens_is_read_once() {
    assert_eq!(mask_tokens(&"eyJ".repeat(200_000)), "(secret)");
    assert_eq!(mask_tokens(&format!("x{}", "eyJ".repeat(200_000))).len(), 600_001);
}
