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
use crate::api::FIELD_MANAGER;
use crate::plan::secret::{Fingerprint, SecretProblem};
use crate::runtime::connect::told;

/// The key in the Secret's data.
const DATA_KEY: &str = "key";
/// Bytes of a key: those of a SHA-256 hash.
const LENGTH: usize = 32;
/// How long a pass waits for the key while nobody has it yet.
const PATIENCE: Duration = Duration::from_secs(20);
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

/// The key of this installation; made where there is none yet.
///
/// # Errors
/// [`SecretProblem::NoFingerprintKey`].
pub async fn key(context: &Context) -> Result<&FingerprintKey, SecretProblem> {
    let (namespace, name) = (
        &context.settings.operator_namespace,
        &context.settings.fingerprint_key_secret,
    );
    let made = context
        .fingerprint_key
        .get_or_try_init(|| read_or_make(&context.client, namespace, name));
    // Passes that need the key at the same time try one after the other, and each only for so long.
    let late = |_| Err("the Kubernetes API server did not answer in time".to_owned());
    let made = timeout(PATIENCE, made).await.unwrap_or_else(late);
    made.map_err(|error| SecretProblem::NoFingerprintKey {
        secret: format!("{namespace}/{name}"),
        error,
    })
}

async fn read_or_make(client: &Client, namespace: &str, name: &str) -> Result<FingerprintKey, String> {
    let secrets: Api<Secret> = Api::namespaced(client.clone(), namespace);
    if let Some(found) = secrets.get_opt(name).await.map_err(|error| told(&error))? {
        return parse(&found);
    }
    match secrets.create(&PostParams::default(), &manifest(name)?).await {
        Ok(made) => parse(&made),
        // Another replica was first.
        Err(kube::Error::Api(status)) if status.is_already_exists() => secrets
            .get(name)
            .await
            .map_err(|error| told(&error))
            .and_then(|found| parse(&found)),
        Err(error) => Err(told(&error)),
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

    fn of(byte: u8) -> FingerprintKey {
        FingerprintKey::new(Zeroizing::new([byte; LENGTH]))
    }

    #[test]
    fn a_fingerprint_names_its_key_and_differs_by_place_and_value() {
        let (key, value) = (of(1), SecretValue::new("Pa55w.rd".to_owned()));
        let fingerprint = key.fingerprint("team/prod", &value);
        assert_eq!(fingerprint, of(1).fingerprint("team/prod", &value));
        assert_ne!(fingerprint, key.fingerprint("team/other", &value));
        assert_ne!(
            fingerprint,
            key.fingerprint("team/prod", &SecretValue::new("pa55w.rd".to_owned()))
        );
        assert!(fingerprint.counts_as(&of(2).fingerprint("team/prod", &value)));
        let text = fingerprint.to_string();
        let parts: Vec<usize> = text.split(':').map(str::len).collect();
        assert_eq!(parts, ["hmac".len(), 8, 16]);
    }

    #[test]
    fn a_new_key_is_random_and_read_back_from_its_secret() {
        let (one, other) = (manifest("key").unwrap(), manifest("key").unwrap());
        assert_ne!(parse(&one).unwrap().id, parse(&other).unwrap().id);
        assert_eq!(parse(&one).unwrap().id, parse(&one).unwrap().id);
        assert!(parse(&Secret::default()).is_err());
    }

    #[test]
    fn the_key_is_never_shown() {
        let shown = format!("{:?}", of(7));
        assert!(shown.contains(&of(7).id) && !shown.contains("7, 7"), "{shown}");
    }
}
