//! Values that Azure takes and never gives back: the manifest names a Secret, and a keyed fingerprint stands for the
//! value wherever it is compared, recorded or shown.

use std::collections::BTreeMap;
use std::fmt;

use serde_json::Value;

use super::path::Path;
use armature_api::SecretKeyRef;

/// A keyed hash of a secret, as status records it: `hmac:KEY-ID:DIGITS`. Without the key nobody can guess the value from
/// it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fingerprint {
    key_id: String,
    digits: String,
}

const SCHEME: &str = "hmac";

impl Fingerprint {
    /// The fingerprint `digits` under the key named `key_id`; neither holds a colon.
    pub fn new(key_id: String, digits: String) -> Self {
        Self { key_id, digits }
    }

    /// Reads a record of status; `None` for any other text.
    pub fn parse(text: &str) -> Option<Self> {
        let (key_id, digits) = text.strip_prefix(SCHEME)?.strip_prefix(':')?.split_once(':')?;
        Some(Self::new(key_id.to_owned(), digits.to_owned()))
    }

    /// Whether a value with this fingerprint may stay in the place of one with the `other`. Fingerprints of two keys
    /// can't be compared and count as the same: a key that got lost must not reimage every Windows node.
    pub fn counts_as(&self, other: &Self) -> bool {
        self.key_id != other.key_id || self.digits == other.digits
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{SCHEME}:{}:{}", self.key_id, self.digits)
    }
}

/// Why the value that a manifest refers to can't be used. No text repeats the value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SecretProblem {
    /// There is no such Secret.
    #[error("Secret {secret} does not exist; create it with the key {key}")]
    NotFound {
        /// Namespace and name of the Secret.
        secret: String,
        /// The key that is named.
        key: String,
    },
    /// No Secret can have the name.
    #[error("the Secret is misnamed: {0}")]
    Misnamed(String),
    /// The Secret lacks the key.
    #[error("Secret {secret} has no key {key}; add it")]
    KeyMissing {
        /// Namespace and name of the Secret.
        secret: String,
        /// The key that is named.
        key: String,
    },
    /// What is there is no text.
    #[error("Secret {secret} holds no UTF-8 text under the key {key}; store the plain text there")]
    NotText {
        /// Namespace and name of the Secret.
        secret: String,
        /// The key that is named.
        key: String,
    },
    /// Azure would refuse the value.
    #[error("what Secret {secret} holds under the key {key} {rule}; store another value there")]
    Refused {
        /// Namespace and name of the Secret.
        secret: String,
        /// The key that is named.
        key: String,
        /// The rule it breaks, as the end of a sentence.
        rule: &'static str,
    },
    /// It is larger than anything that Azure takes as a secret.
    #[error("what Secret {secret} holds under the key {key} {bound}; store less there")]
    TooLarge {
        /// Namespace and name of the Secret.
        secret: String,
        /// The key that is named.
        key: String,
        /// The bound it breaks, as the end of a sentence.
        bound: &'static str,
    },
    /// The management cluster does not show the Secret.
    #[error("Secret {secret} can't be read: {error}; let Armature read it (chart value secrets.namespaces)")]
    Unreadable {
        /// Namespace and name of the Secret.
        secret: String,
        /// What the API server says.
        error: String,
    },
    /// Without the key for fingerprints no secret can be compared.
    #[error(
        "Secret {secret}, with which Armature signs status and tells secrets apart, can't be read or made: {error}; let Armature create Secrets in that namespace and get this one, as the chart does"
    )]
    NoFingerprintKey {
        /// Namespace and name of the key's own Secret.
        secret: String,
        /// What is wrong with it.
        error: String,
    },
}

impl SecretProblem {
    /// The condition reason.
    pub fn reason(&self) -> &'static str {
        match self {
            Self::NotFound { .. } | Self::Misnamed(_) => "SecretNotFound",
            Self::KeyMissing { .. } => "SecretKeyMissing",
            Self::NotText { .. } => "SecretNotText",
            Self::Refused { .. } => "SecretRefused",
            Self::TooLarge { .. } => "SecretTooLarge",
            Self::Unreadable { .. } => "SecretUnreadable",
            Self::NoFingerprintKey { .. } => "FingerprintKeyUnavailable",
        }
    }
}

/// What is known of the secrets of one manifest, by their dotted paths in the ARM body. A path that is missing was not
/// looked at.
pub type Secrets = BTreeMap<&'static str, Result<Fingerprint, SecretProblem>>;

/// A field of the manifest that names a Secret.
#[derive(Debug, Clone, PartialEq)]
pub struct SecretField {
    /// The dotted path in the ARM body.
    pub path: &'static str,
    /// Where the value is kept.
    pub reference: SecretKeyRef,
}

/// Takes the references to Secrets out of a body, so that they are never sent in the place of the values.
///
/// # Errors
/// The body does not hold a reference at one of the paths.
pub fn take_references(body: &mut Value, paths: &'static [&'static str]) -> serde_json::Result<Vec<SecretField>> {
    let mut fields = Vec::new();
    for path in paths {
        let place = Path::new(path);
        if let Some(reference) = place.get(body).cloned() {
            fields.push(SecretField {
                path,
                reference: serde_json::from_value(reference)?,
            });
        }
        place.remove(body);
    }
    Ok(fields)
}

/// The rule of Azure's that a value at this path breaks, as the end of a sentence.
pub fn broken_rule(path: &str, value: &str) -> Option<&'static str> {
    if value.chars().any(char::is_control) {
        return Some("has a line break or another control character, perhaps at its end");
    }
    match path {
        "properties.windowsProfile.adminPassword" => windows_password(value),
        _ if value.is_empty() => Some("is empty"),
        _ => None,
    }
}

/// Passwords that Azure refuses whatever their classes (SPEC 2026-08-01 ManagedClusterWindowsProfile).
const WELL_KNOWN: &[&str] = &[
    "abc@123",
    "P@$$w0rd",
    "P@ssw0rd",
    "P@ssword123",
    "Pa$$word",
    "pass@word1",
    "Password!",
    "Password1",
    "Password22",
    "iloveyou!",
];

/// SPEC 2026-08-01 ManagedClusterWindowsProfile: 8 to 123 characters, three of four classes.
fn windows_password(password: &str) -> Option<&'static str> {
    let classes: [fn(char) -> bool; 4] = [
        |character| character.is_lowercase(),
        |character| character.is_uppercase(),
        |character| character.is_numeric(),
        |character| !character.is_alphanumeric(),
    ];
    let met = classes.iter().filter(|class| password.chars().any(**class)).count();
    if !(8..=123).contains(&password.chars().count()) {
        Some("does not have the 8 to 123 characters of a Windows password")
    } else if met < 3 {
        Some(
            "is no Windows password that Azure accepts: it takes three of lower-case letters, upper-case letters, digits \
             and special characters",
        )
    } else if WELL_KNOWN.contains(&password) {
        Some("is one of the well-known passwords that Azure refuses")
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const PASSWORD: &str = "properties.windowsProfile.adminPassword";

    #[test]
    fn a_fingerprint_survives_its_way_through_status() {
        let fingerprint = Fingerprint::new("0a1b2c3d".to_owned(), "0123456789abcdef".to_owned());
        assert_eq!(fingerprint.to_string(), "hmac:0a1b2c3d:0123456789abcdef");
        assert_eq!(Fingerprint::parse(&fingerprint.to_string()), Some(fingerprint));
        assert_eq!(Fingerprint::parse("6cc43f858fbb"), None);
    }

    #[test]
    fn fingerprints_of_two_keys_count_as_the_same() {
        let of = |key: &str, digits: &str| Fingerprint::new(key.to_owned(), digits.to_owned());
        assert!(of("a", "1").counts_as(&of("b", "2")));
        assert!(of("a", "1").counts_as(&of("a", "1")));
        assert!(!of("a", "1").counts_as(&of("a", "2")));
    }

    #[test]
    fn a_reference_is_taken_out_of_the_body() {
        let reference = json!({"name": "windows", "key": "password"});
        let mut body =
            json!({"properties": {"windowsProfile": {"adminUsername": "azure", "adminPassword": reference}}});
        let fields = take_references(&mut body, armature_api::CLUSTER_SECRETS).unwrap();
        assert_eq!(
            body,
            json!({"properties": {"windowsProfile": {"adminUsername": "azure"}}})
        );
        let [field] = fields.as_slice() else {
            panic!("{fields:?}")
        };
        assert_eq!((field.path, field.reference.key.as_str()), (PASSWORD, "password"));
    }

    #[test]
    fn a_windows_password_has_8_to_123_characters_of_three_classes() {
        for good in ["Abcdefg1", "abcdefg1!", &format!("Aa1{}", "x".repeat(120))] {
            assert_eq!(broken_rule(PASSWORD, good), None, "{good}");
        }
        for bad in [
            "Abcdef1",
            "abcdefgh1",
            "Password22",
            "Abcdefg1\n",
            &format!("Aa1{}", "x".repeat(121)),
        ] {
            assert!(broken_rule(PASSWORD, bad).is_some(), "{bad}");
        }
    }
}
