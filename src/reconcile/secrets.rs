//! Secrets that manifests refer to: read by name when a pass needs them, held for that pass, sent at the last moment.

use std::collections::BTreeMap;
use std::fmt;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::time::Duration;

use k8s_openapi::api::core::v1::Secret;
use kube::{Api, ResourceExt};
use serde_json::Value;
use zeroize::Zeroizing;

use super::children::ChildSecrets;
use super::context::Context;
use super::fingerprint;
use super::object_name::ObjectName;
use super::pass::Pass;
use crate::runtime::connect::told;
use armature_api::SecretKeyRef;
use armature_arm::Sensitive;
use armature_plan::actions::{Extra, call};
use armature_plan::change::{Source, Target};
use armature_plan::path::Path;
use armature_plan::secret::{Fingerprint, SecretField, SecretProblem, Secrets, broken_rule};
use armature_plan::step::Step;

/// A value that is never shown and does not outlive its use in memory.
pub struct SecretValue(Zeroizing<String>);

impl SecretValue {
    /// Keeps a value.
    pub fn new(value: String) -> Self {
        Self(Zeroizing::new(value))
    }

    /// The value itself, for a body that is about to be sent. Not for logs.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for SecretValue {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("[redacted]")
    }
}

/// Reads one value of a Secret by its name. The operator neither lists nor watches Secrets. Nothing but this reads a
/// value, so that `sensitive`, which the client of the pass has, holds all that can be sent with it.
///
/// # Errors
/// [`SecretProblem`], which names Secret and key.
pub async fn read(
    context: &Context,
    sensitive: &Sensitive,
    namespace: &str,
    reference: &SecretKeyRef,
) -> Result<SecretValue, SecretProblem> {
    let SecretKeyRef { name, key } = reference;
    let name = ObjectName::parse(name).map_err(|error| SecretProblem::Misnamed(error.to_string()))?;
    let (secret, key) = (format!("{namespace}/{name}"), key.clone());
    let secrets: Api<Secret> = Api::namespaced(context.client.clone(), namespace);
    match secrets.get_opt(&name).await {
        Ok(Some(found)) => {
            let value = value(found, &secret, &key)?;
            within_bounds(sensitive, &value)
                .map(|()| value)
                .map_err(|bound| SecretProblem::TooLarge { secret, key, bound })
        }
        Ok(None) => Err(SecretProblem::NotFound { secret, key }),
        Err(error) => Err(SecretProblem::Unreadable {
            secret,
            error: told(&error),
        }),
    }
}

/// The largest value: a chain of certificates with its key has some ten kilobytes.
pub const MAX_VALUE: usize = 64 * 1024;
/// The largest sum of all values of a cluster. Whatever Azure says is looked through for each of them.
const MAX_TOGETHER: usize = 256 * 1024;

/// Notes the value as one that no message may repeat, or says which bound it breaks.
fn within_bounds(sensitive: &Sensitive, value: &SecretValue) -> Result<(), &'static str> {
    if value.expose().len() > MAX_VALUE {
        Err("is larger than 64 KiB")
    } else if sensitive.add_within(value.expose(), MAX_TOGETHER) {
        Ok(())
    } else {
        Err(
            "makes the secrets that the cluster names, and those of operations that still run, larger than 256 KiB together",
        )
    }
}

fn value(found: Secret, secret: &str, key: &str) -> Result<SecretValue, SecretProblem> {
    let (secret, named) = (secret.to_owned(), key.to_owned());
    match found.data.unwrap_or_default().remove(key) {
        None => Err(SecretProblem::KeyMissing { secret, key: named }),
        Some(bytes) => match String::from_utf8(bytes.0) {
            Ok(text) => Ok(SecretValue::new(text)),
            Err(_) => Err(SecretProblem::NotText { secret, key: named }),
        },
    }
}

/// The secrets of one pass.
#[derive(Debug, Default)]
pub struct PassSecrets {
    values: BTreeMap<&'static str, SecretValue>,
    found: Secrets,
    sensitive: Sensitive,
    /// Those of children, by the children's keys in status.
    pub children: BTreeMap<String, Result<ChildSecrets, SecretProblem>>,
}

/// What names Secrets is looked at again after this time, for a Secret tells nobody that it changed.
const RECHECK: Duration = Duration::from_secs(600);
/// A Secret that can't be used may be on its way.
const PROBLEM_RECHECK: Duration = Duration::from_secs(30);

impl PassSecrets {
    /// Reads what the manifest of the cluster refers to. One that goes away needs nothing any more, but for what a running
    /// operation may still repeat.
    pub async fn read(pass: &Pass<'_>) -> Self {
        let sensitive = pass.memory.sensitive.clone();
        if pass.operations.is_empty() {
            sensitive.clear();
        }
        let mut secrets = Self {
            sensitive,
            ..Self::default()
        };
        let namespace = pass.objects.cluster.namespace().unwrap_or_default();
        if !pass.operations.is_empty() {
            secrets.read_sent(pass, &namespace).await;
        }
        if pass.desired.cluster.life.deleting_since.is_some() {
            return secrets;
        }
        for field in &pass.desired.cluster.secrets {
            let found = match secrets.checked(pass.context, &namespace, field).await {
                Ok(value) => {
                    let subject = format!("AksCluster {namespace}/{} {}", pass.desired.cluster.object, field.path);
                    let key = fingerprint::key(pass.context).await;
                    let found = key
                        .map(|key| key.fingerprint(&subject, &value))
                        .map_err(SecretProblem::from);
                    secrets.values.insert(field.path, value);
                    found
                }
                Err(problem) => Err(problem),
            };
            secrets.found.insert(field.path, found);
        }
        secrets
    }

    /// Reads what running operations were sent with, perhaps by a process before this one. What can't be read is told
    /// elsewhere.
    async fn read_sent(&self, pass: &Pass<'_>, namespace: &str) {
        let cluster = &pass.desired.cluster;
        // Those of a cluster that stays are read anyway.
        let fields = cluster.secrets.iter().filter(|_| cluster.life.deleting_since.is_some());
        let actions = pass.objects.cluster.spec.actions.iter().flatten();
        let running = |name: &str| {
            pass.operations
                .contains_key(&Target::Action(name.to_owned()).to_string())
        };
        let of_actions = actions.filter_map(|(name, action)| match call(action)?.extra {
            Extra::Secret(reference) if running(name) => Some(reference),
            Extra::Secret(_) | Extra::Files(_) | Extra::None => None,
        });
        for reference in fields.map(|field| &field.reference).chain(of_actions) {
            drop(read(pass.context, &self.sensitive, namespace, reference).await);
        }
    }

    async fn checked(
        &self,
        context: &Context,
        namespace: &str,
        field: &SecretField,
    ) -> Result<SecretValue, SecretProblem> {
        let value = read(context, &self.sensitive, namespace, &field.reference).await?;
        match broken_rule(field.path, value.expose()) {
            None => Ok(value),
            Some(rule) => Err(SecretProblem::Refused {
                secret: format!("{namespace}/{}", field.reference.name),
                key: field.reference.key.clone(),
                rule,
            }),
        }
    }

    /// The texts of all of them, and of those that running operations were sent with.
    pub fn sensitive(&self) -> &Sensitive {
        &self.sensitive
    }

    /// What the planner may know of them.
    pub fn found(&self) -> Secrets {
        self.found.clone()
    }

    /// Puts the values into the body of a step that sends them.
    pub fn complete(&self, body: &mut Value, step: &Step) {
        for (path, value) in self.values.iter().filter(|(path, _)| sends(step, path)) {
            Path::new(path).set(body, Value::String(value.expose().to_owned()));
        }
    }

    /// The fingerprints of what a step sends.
    fn sent(&self, step: &Step) -> Vec<(Path, Fingerprint)> {
        let sent = self.found.iter().filter(|(path, _)| sends(step, path));
        sent.filter_map(|(path, found)| Some((Path::new(path), found.clone().ok()?)))
            .collect()
    }

    /// A message without any of the values: Azure may repeat what it refuses.
    pub fn redact(&self, message: String) -> String {
        self.sensitive.redact(&message)
    }

    /// When an object that names these secrets is looked at again; each object at a time of its own.
    pub fn recheck(&self, object: &impl Hash) -> Option<Duration> {
        if self.found.values().any(Result::is_err) || self.children.values().any(Result::is_err) {
            return Some(PROBLEM_RECHECK);
        }
        let mut hasher = DefaultHasher::new();
        object.hash(&mut hasher);
        let part = (hasher.finish() % 201) as f64 / 1000.0;
        (!self.found.is_empty() || !self.children.is_empty()).then(|| RECHECK.mul_f64(0.9 + part))
    }
}

/// Whether the step sends the secret at this path: a create sends all, a write those that changed.
fn sends(step: &Step, path: &'static str) -> bool {
    let place = Path::new(path);
    matches!(step, Step::CreateCluster { .. })
        || step
            .changes()
            .iter()
            .any(|change| change.source == Source::Secret && change.path == place)
}

/// Notes in the records what Azure has just accepted, so that it counts as sent until the operation ended.
pub fn note_sent(pass: &mut Pass<'_>, step: &Step) {
    for (path, fingerprint) in pass.secrets.sent(step) {
        pass.desired.cluster.life.applied.send_secret(&path, &fingerprint);
        if let Some(plan) = &mut pass.plan {
            plan.applied.send_secret(&path, &fingerprint);
        }
    }
}

#[cfg(test)]
mod tests {
    use k8s_openapi::ByteString;

    use super::*;

    const PATH: &str = "properties.windowsProfile.adminPassword";

    fn secrets(value: &str) -> PassSecrets {
        let sensitive = Sensitive::default();
        sensitive.add(value);
        PassSecrets {
            sensitive,
            values: [(PATH, SecretValue::new(value.to_owned()))].into(),
            found: [(PATH, Ok(Fingerprint::new("k".to_owned(), "1".to_owned())))].into(),
            children: BTreeMap::new(),
        }
    }

    fn held(data: &[(&str, &[u8])]) -> Secret {
        let data = data
            .iter()
            .map(|(key, value)| ((*key).to_owned(), ByteString(value.to_vec())));
        Secret {
            data: Some(data.collect()),
            ..Secret::default()
        }
    }

    #[test]
    fn a_key_that_is_missing_or_no_text_is_named_without_its_value() {
        let of = |secret: Secret| value(secret, "team/windows", "password").unwrap_err();
        assert_eq!(
            of(held(&[("other", b"hidden")])).to_string(),
            "Secret team/windows has no key password; add it"
        );
        assert_eq!(
            of(held(&[("password", &[0xff, 0xfe])])).to_string(),
            "Secret team/windows holds no UTF-8 text under the key password; store the plain text there"
        );
    }

    #[test]
    fn a_value_and_all_values_together_have_bounds() {
        let sensitive = Sensitive::default();
        let add = |size: usize, letter: &str| within_bounds(&sensitive, &SecretValue::new(letter.repeat(size)));
        assert_eq!(add(MAX_VALUE + 1, "a"), Err("is larger than 64 KiB"));
        for letter in ["a", "b", "c", "d"] {
            assert_eq!(add(MAX_VALUE, letter), Ok(()), "{letter}");
        }
        assert_eq!(add(MAX_VALUE, "a"), Ok(()), "it is known");
        let refused = add(1, "e").unwrap_err();
        assert!(refused.ends_with("larger than 256 KiB together"), "{refused}");
        assert_eq!(sensitive.redact("'e'"), "'e'", "what is not sent is not looked for");
        sensitive.clear();
        assert_eq!(add(1, "e"), Ok(()));
    }

    #[test]
    fn a_value_is_never_shown_and_taken_out_of_what_azure_says() {
        let secrets = secrets("Pa55w.rd");
        assert!(!format!("{secrets:?}").contains("Pa55w.rd"));
        assert_eq!(
            secrets.redact("'Pa55w.rd' is refused".to_owned()),
            "'(secret)' is refused"
        );
        let short = self::secrets("z");
        assert_eq!(short.redact("Azure refused it".to_owned()), "Azure refused it");
    }

    #[test]
    fn a_create_sends_every_secret_and_another_write_only_what_changed() {
        let secrets = secrets("Pa55w.rd");
        let mut body = Value::Null;
        secrets.complete(&mut body, &Step::UpdateCluster { changes: Vec::new() });
        assert_eq!(body, Value::Null);
        secrets.complete(&mut body, &Step::CreateCluster { pools: Vec::new() });
        assert_eq!(
            body.pointer("/properties/windowsProfile/adminPassword").unwrap(),
            "Pa55w.rd"
        );
    }

    #[test]
    fn what_names_secrets_is_looked_at_again_within_minutes() {
        let again = secrets("x").recheck(&"team/prod").unwrap();
        assert!((540..=660).contains(&again.as_secs()), "{again:?}");
        assert_eq!(PassSecrets::default().recheck(&"team/prod"), None);
    }
}
