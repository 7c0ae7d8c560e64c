use base64::Engine;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD};
use proptest::prelude::*;
use serde_json::json;

use super::*;

mod pieces;

fn redacted(text: &str, secret: &str) -> String {
    let sensitive = Sensitive::default();
    sensitive.add(secret);
    sensitive.redact(text)
}

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

#[test]
fn words_that_a_secret_begins_with_are_left_alone() {
    let secret = "password-for-production";
    assert_eq!(redacted("the password is wrong", secret), "the password is wrong");
    assert_eq!(redacted("wrong: password-f...", secret), "wrong: (secret)...");
    assert_eq!(redacted("wrong: password-f", secret), "wrong: (secret)");
    assert_eq!(redacted("...production is wrong", secret), "...(secret) is wrong");
}

#[test]
fn secrets_that_overlap_go_whole() {
    let sensitive = Sensitive::default();
    sensitive.add("abcdefghij");
    sensitive.add("ghijklmnop");
    sensitive.add("abcdefghijklm");
    assert_eq!(sensitive.redact("x abcdefghijklmnop x"), "x (secret) x");
}

#[test]
fn what_looks_like_a_token_goes_whoever_it_belongs_to() {
    let token = format!("{}.{}.{}", "eyJhbGciOiJub25lIn0", "eyJzdWIiOiJ4In0", "c2lnbmF0dXJl");
    assert_eq!(mask_tokens(&format!("Bearer {token}!")), "Bearer (secret)!");
    assert_eq!(mask_tokens(&token[..25]), "(secret)", "its start, too");
    for harmless in ["eyJ", "keyJournalOfAllTheWorldsKeys", "plain text"] {
        assert_eq!(mask_tokens(harmless), harmless);
    }
}

#[test]
fn a_code_of_ours_stays_a_code() {
    let sensitive = Sensitive::default();
    sensitive.add("OperationNotAllowed");
    let mut body = json!({ "code": "OperationNotAllowed", "message": "OperationNotAllowed" });
    Redactor::of([&sensitive]).value(&mut body, Keep::Start(usize::MAX));
    assert_eq!(body, json!({ "code": "OperationNotAllowed", "message": "(secret)" }));
}

/// A name and a way of writing a text.
type Spelling = (&'static str, fn(&str) -> String);

/// Ways in which a service repeats what it was sent.
const SPELLINGS: &[Spelling] = &[
    ("as it is", str::to_owned),
    ("in JSON", in_json),
    ("in JSON in JSON", |text| in_json(&in_json(text))),
    ("in JSON of .NET", of_dotnet),
    ("in a URL", |text| percent(text, false)),
    ("in a URL, lower case", |text| percent(text, true)),
    ("in a URL in a URL", |text| percent(&percent(text, false), false)),
    ("in a form", |text| {
        url::form_urlencoded::byte_serialize(text.as_bytes()).collect()
    }),
    ("in JSON in a URL", |text| percent(&in_json(text), false)),
    ("in a page", |text| {
        text.replace('&', "&amp;")
            .replace('"', "&quot;")
            .replace('\'', "&#39;")
            .replace('<', "&lt;")
    }),
    ("in base64", |text| STANDARD.encode(text)),
    ("in base64 without padding", |text| STANDARD_NO_PAD.encode(text)),
    ("in base64 for URLs", |text| URL_SAFE.encode(text)),
    ("in base64 for URLs without padding", |text| {
        URL_SAFE_NO_PAD.encode(text)
    }),
    ("in base64 after one byte", |text| STANDARD.encode(format!("!{text}?"))),
    ("in base64 after two bytes", |text| URL_SAFE.encode(format!("!!{text}"))),
    ("in base64 in a URL", |text| percent(&STANDARD.encode(text), false)),
    ("in JSON in base64", |text| {
        STANDARD.encode(format!("{{\"p\":\"{}\"}}", in_json(text)))
    }),
    ("in base64 in base64", |text| {
        STANDARD.encode(STANDARD_NO_PAD.encode(text))
    }),
];

fn in_json(text: &str) -> String {
    let text = serde_json::to_string(text).unwrap();
    text[1..text.len() - 1].to_owned()
}

fn of_dotnet(text: &str) -> String {
    let harmless = |c: char| c.is_ascii_alphanumeric() || " -_.,:;!?()[]{}=@#$%^*|~".contains(c);
    let mut units = [0; 2];
    let mut told = String::new();
    for c in text.chars() {
        if harmless(c) {
            told.push(c);
        } else {
            let units = c.encode_utf16(&mut units).iter();
            units.for_each(|unit| told.push_str(&format!("\\u{unit:04X}")));
        }
    }
    told
}

fn percent(text: &str, lower: bool) -> String {
    let coded = |byte: u8| match byte {
        b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => char::from(byte).to_string(),
        _ if lower => format!("%{byte:02x}"),
        _ => format!("%{byte:02X}"),
    };
    text.bytes().map(coded).collect()
}

/// A window of six characters of the secret, or all of a shorter one, that a spelling of it shows in the text.
fn survivor(text: &str, secret: &str) -> Option<String> {
    let chars: Vec<char> = secret.chars().collect();
    let windows = chars
        .windows(chars.len().min(6))
        .map(|window| window.iter().collect::<String>());
    let mut shown = windows.flat_map(|window| {
        let spelled = SPELLINGS.iter().filter(|(name, _)| !name.contains("base64"));
        let spelled: Vec<String> = spelled.map(|(_, spell)| spell(&window)).collect();
        let cores = [0, 1, 2].map(|before| base64_core(&window, before));
        spelled.into_iter().chain(cores)
    });
    shown.find(|window| text.contains(window.as_str()))
}

/// What base64 makes of a text within another, without the characters that it shares with its neighbors.
fn base64_core(text: &str, before: usize) -> String {
    let padded = format!("{}{text}", "\0".repeat(before));
    let mut coded = STANDARD_NO_PAD.encode(&padded).split_off([0, 2, 3][before]);
    if padded.len() % 3 != 0 {
        coded.pop();
    }
    coded
}

const AWKWARD: &[&str] = &[
    r#"Pa55"w.rd\"#,
    r"\\server\new\table\uABCD",
    r#"\"\"\"\"\""#,
    "nabc\"def/ghi",
    "100%25%41 sure+minus-",
    "pässwörd-€-😀-ende",
    "two\nlines of\r\ntext\tand tab",
    "a/b+c=d&e=f?g#h",
    "it's <b>&amp;</b>",
    "      spaces      ",
    "AccountKey=Zm9vYmFyYmF6cXV4+/==;EndpointSuffix=core.windows.net",
    "aaaaaaaaaaaaaaaaaaaa",
    "123456",
];

proptest! {
    #![proptest_config(ProptestConfig { cases: 192, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_spelling_of_a_secret_stays_in_a_message(
        secret in prop_oneof![
            proptest::sample::select(AWKWARD).prop_map(str::to_owned),
            r#"[a-z"\\/%+&=<>' 0-9äß€😀\n-]{6,40}"#,
        ],
        spelling in proptest::sample::select(SPELLINGS),
        before in proptest::sample::select(&["", "refused: '", r"C:\", "{\\\"x\\\":\\\"", "a=", "%", "..."][..]),
        after in proptest::sample::select(&["", "'.", "\"}", "\\\"}", " is wrong", "...", "&b=2"][..]),
        cut in 0..400_usize,
        keep in 0..400_usize,
    ) {
        let message = format!("{before}{}{after}", spelling.1(&secret));
        let told = redacted(&message, &secret);
        prop_assert_eq!(survivor(&told, &secret), None, "{}: {} became {}", spelling.0, message, told);
        // Whatever is cut from what is left.
        let kept: String = told.chars().take(keep).collect();
        prop_assert_eq!(survivor(&kept, &secret), None);
        // Azure cuts, too.
        let cut_by_azure: String = message.chars().take(cut).collect();
        let told = redacted(&cut_by_azure, &secret);
        prop_assert_eq!(survivor(&told, &secret), None, "{}: {} became {}", spelling.0, cut_by_azure, told);
    }

    #[test]
    fn nothing_else_is_taken_out(
        message in "[ -~äß€]{0,80}",
        secret in "[A-Z0-9]{12,40}",
    ) {
        prop_assume!(!message.contains("eyJ"));
        prop_assert_eq!(redacted(&message, &secret), message);
    }
}

#[test]
fn a_secret_goes_that_was_cut_in_the_middle_of_the_character_that_begins_its_own_escape() {
    for (secret, cut) in [
        ("a/b+c=d&e=f?g#h", "'a/b+c=d&a"),
        ("a/b+c=d&e=f?g#h", "'a/b+c=d&#3..."),
        ("abcdefg%hijk", "'abcdefg%2"),
    ] {
        assert_eq!(survivor(&redacted(cut, secret), secret), None, "{cut}");
    }
}

#[test]
fn a_very_long_secret_goes_whole() {
    let mut state = 1_u32;
    let mut letter = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        char::from(b'a' + (state >> 24) as u8 % 26)
    };
    let secret: String = (0..5000).map(|_| letter()).collect();
    for (name, spell) in SPELLINGS.iter().step_by(5) {
        let told = redacted(&format!("'{}'", spell(&secret)), &secret);
        assert_eq!(survivor(&told, &secret[..200]), None, "{name}");
        assert!(told.len() < 200, "{name}: {}", told.len());
    }
}

#[test]
fn a_flood_of_what_has_to_be_looked_at_twice_takes_no_long_time() {
    for flood in ["\\", "%25", "&#", "\\u0022"] {
        let flood = flood.repeat(20_000);
        assert_eq!(redacted(&flood, "\\\"%&"), flood);
    }
}
