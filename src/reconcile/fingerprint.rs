//! The key for fingerprints of secrets, and the Secret it is kept in.

use std::fmt;
use std::time::Duration;

use hmac::{Hmac, Mac};
use k8s_openapi::ByteString;
use k8s_openapi::api::core::v1::Secret;
use kube::api::{ObjectMeta, PostParams};
use kube::{Api, Client};
use sha2::Sha256;
use tokio::time::timeout;
use zeroize::Zeroizing;

use super::context::Context;
use super::secrets::SecretValue;
use crate::runtime::connect::told;
use armature_api::FIELD_MANAGER;
use armature_plan::secret::{Fingerprint, SecretProblem};

/// The key in the Secret's data.
const DATA_KEY: &str = "key";
/// Bytes of a key: those of a SHA-256 hash.
const LENGTH: usize = 32;
/// How long a pass waits for the key while nobody has it yet.
const PATIENCE: Duration = Duration::from_secs(20);
/// Bytes of a signature.
const SIGNATURE: usize = 16;
/// What signatures are made over begins with this, which no subject of a fingerprint does.
const SIGNED: &str = "signed by armature";
/// What the name of a key is a fingerprint of.
const KEY_NAME: &str = "armature fingerprint key";

/// A random key, by which equal secrets are recognized and none can be guessed from its fingerprint.
pub struct FingerprintKey {
    id: String,
    key: Zeroizing<[u8; LENGTH]>,
}

impl fmt::Debug for FingerprintKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("FingerprintKey")
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

impl FingerprintKey {
    fn new(key: Zeroizing<[u8; LENGTH]>) -> Self {
        let id = digits::<4>(&key, KEY_NAME, "");
        Self { id, key }
    }

    /// The fingerprint of a value in the place that `subject` names: the same value elsewhere has another one, so that
    /// nobody reads from two statuses that two passwords are equal.
    pub fn fingerprint(&self, subject: &str, value: &SecretValue) -> Fingerprint {
        Fingerprint::new(self.id.clone(), digits::<8>(&self.key, subject, value.expose()))
    }

    /// A signature of a text, which nobody makes who does not have the key; it begins with the name of the key.
    pub fn sign(&self, text: &str) -> String {
        format!("{}.{}", self.id, digits::<SIGNATURE>(&self.key, SIGNED, text))
    }

    /// A key that a test knows.
    #[cfg(test)]
    pub(super) fn of(byte: u8) -> Self {
        Self::new(Zeroizing::new([byte; LENGTH]))
    }
}

/// The first `BYTES` bytes of the HMAC-SHA256 over subject and value, as hexadecimal digits.
fn digits<const BYTES: usize>(key: &[u8; LENGTH], subject: &str, value: &str) -> String {
    // A key of this length is used as it is; nothing can go wrong.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key) else {
        return String::new();
    };
    mac.update(subject.as_bytes());
    mac.update(&[0]);
    mac.update(value.as_bytes());
    let bytes = mac.finalize().into_bytes();
    bytes.iter().take(BYTES).map(|byte| format!("{byte:02x}")).collect()
}

/// Why the key can't be had.
#[derive(Debug)]
pub struct KeyProblem {
    /// [`SecretProblem::NoFingerprintKey`].
    pub problem: SecretProblem,
    /// Whether it passes by itself: Kubernetes did not answer.
    pub passing: bool,
}

impl From<KeyProblem> for SecretProblem {
    fn from(problem: KeyProblem) -> Self {
        problem.problem
    }
}

/// The key of this installation; made where there is none yet.
///
/// # Errors
/// [`KeyProblem`].
pub async fn key(context: &Context) -> Result<&FingerprintKey, KeyProblem> {
    let (namespace, name) = (
        &context.settings.operator_namespace,
        &context.settings.fingerprint_key_secret,
    );
    let made = context
        .fingerprint_key
        .get_or_try_init(|| read_or_make(&context.client, namespace, name));
    // Passes that need the key at the same time try one after the other, and each only for so long.
    let late = |_| {
        Err(Unavailable {
            error: "the Kubernetes API server did not answer in time".to_owned(),
            passing: true,
        })
    };
    let made = timeout(PATIENCE, made).await.unwrap_or_else(late);
    made.map_err(|Unavailable { error, passing }| KeyProblem {
        problem: SecretProblem::NoFingerprintKey {
            secret: format!("{namespace}/{name}"),
            error,
        },
        passing,
    })
}

/// Why a key could not be read or made.
struct Unavailable {
    error: String,
    passing: bool,
}

impl From<String> for Unavailable {
    fn from(error: String) -> Self {
        Self { error, passing: false }
    }
}

impl From<kube::Error> for Unavailable {
    fn from(error: kube::Error) -> Self {
        Self {
            error: told(&error),
            passing: passes(&error),
        }
    }
}

/// What Kubernetes refuses it will refuse again; too many requests and its own faults pass.
pub fn passes(error: &kube::Error) -> bool {
    !matches!(error, kube::Error::Api(status) if (400..500).contains(&status.code) && status.code != 429)
}

async fn read_or_make(client: &Client, namespace: &str, name: &str) -> Result<FingerprintKey, Unavailable> {
    let secrets: Api<Secret> = Api::namespaced(client.clone(), namespace);
    if let Some(found) = secrets.get_opt(name).await? {
        return Ok(parse(&found)?);
    }
    match secrets.create(&PostParams::default(), &manifest(name)?).await {
        Ok(made) => Ok(parse(&made)?),
        // Another replica was first.
        Err(kube::Error::Api(status)) if status.is_already_exists() => Ok(parse(&secrets.get(name).await?)?),
        Err(error) => Err(error.into()),
    }
}

/// A Secret with a new key. It is never changed, which Kubernetes holds by itself.
fn manifest(name: &str) -> Result<Secret, String> {
    let mut key = Zeroizing::new([0; LENGTH]);
    getrandom::fill(key.as_mut_slice()).map_err(|error| format!("the system gives no random bytes: {error}"))?;
    Ok(Secret {
        metadata: ObjectMeta {
            name: Some(name.to_owned()),
            labels: Some([("app.kubernetes.io/managed-by".to_owned(), FIELD_MANAGER.to_owned())].into()),
            ..ObjectMeta::default()
        },
        data: Some([(DATA_KEY.to_owned(), ByteString(key.to_vec()))].into()),
        immutable: Some(true),
        ..Secret::default()
    })
}

fn parse(secret: &Secret) -> Result<FingerprintKey, String> {
    let bytes = secret.data.as_ref().and_then(|data| data.get(DATA_KEY));
    bytes
        .and_then(|bytes| <[u8; LENGTH]>::try_from(bytes.0.as_slice()).ok())
        .map(|key| FingerprintKey::new(Zeroizing::new(key)))
        .ok_or_else(|| format!("it does not hold {LENGTH} bytes under {DATA_KEY}; delete it to have it made anew"))
}

#[cfg(test)]
mod tests {
    use super::*;

    use FingerprintKey as Key;

    use crate::reconcile::context::tests::idle;

    #[test]
    fn a_fingerprint_names_its_key_and_differs_by_place_and_value() {
        let (key, value) = (Key::of(1), SecretValue::new("Pa55w.rd".to_owned()));
        let fingerprint = key.fingerprint("team/prod", &value);
        assert_eq!(fingerprint, Key::of(1).fingerprint("team/prod", &value));
        assert_ne!(fingerprint, key.fingerprint("team/other", &value));
        assert_ne!(
            fingerprint,
            key.fingerprint("team/prod", &SecretValue::new("pa55w.rd".to_owned()))
        );
        assert!(fingerprint.counts_as(&Key::of(2).fingerprint("team/prod", &value)));
        let text = fingerprint.to_string();
        let parts: Vec<usize> = text.split(':').map(str::len).collect();
        assert_eq!(parts, ["hmac".len(), 8, 16]);
    }

    #[tokio::test(start_paused = true)]
    async fn nobody_waits_for_ever_for_a_key_that_does_not_come() {
        let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", silent.local_addr().unwrap());
        let context = idle(Client::try_from(kube::Config::new(url.parse().unwrap())).unwrap());
        let key = timeout(2 * PATIENCE, key(&context)).await.expect("it is given up");
        assert!(key.is_err_and(|problem| problem.passing));
    }

    #[test]
    fn a_new_key_is_random_and_read_back_from_its_secret() {
        let (one, other) = (manifest("key").unwrap(), manifest("key").unwrap());
        assert_ne!(parse(&one).unwrap().id, parse(&other).unwrap().id);
        assert_eq!(parse(&one).unwrap().id, parse(&one).unwrap().id);
        assert!(parse(&Secret::default()).is_err());
    }

    #[test]
    fn a_signature_is_of_one_key_and_text_and_is_no_fingerprint_of_a_secret() {
        let signed = Key::of(1).sign("a");
        assert_eq!(signed, Key::of(1).sign("a"));
        assert_ne!(signed, Key::of(2).sign("a"));
        assert_ne!(signed, Key::of(1).sign("b"));
        let digits = signed.split_once('.').unwrap().1;
        assert_eq!(digits.len(), 2 * SIGNATURE);
        let fingerprint = Key::of(1)
            .fingerprint("", &SecretValue::new("a".to_owned()))
            .to_string();
        assert!(!fingerprint.ends_with(&digits[..16]));
    }

    #[test]
    fn the_key_is_never_shown() {
        let shown = format!("{:?}", Key::of(7));
        assert!(shown.contains(&Key::of(7).id) && !shown.contains("7, 7"), "{shown}");
    }
}
