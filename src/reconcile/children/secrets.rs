//! Secrets in the bodies of children: read for a pass, told apart by one fingerprint a child, put in when it is sent.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use kube::ResourceExt;
use serde_json::{Map, Value};

use super::reads;
use crate::reconcile::context::Context;
use crate::reconcile::fingerprint;
use crate::reconcile::pass::Pass;
use crate::reconcile::secrets::{SecretValue, read};
use armature_arm::Sensitive;
use armature_plan::children::{self, Child, Encoding, Intent, SecretUse};
use armature_plan::secret::{SecretProblem, broken_rule};

/// The secrets of one child.
#[derive(Debug, Default)]
pub struct ChildSecrets {
    values: Vec<(Vec<String>, SecretValue, Encoding)>,
    fingerprint: Option<String>,
}

/// The secrets of a child; none for one that has none.
///
/// # Errors
/// [`SecretProblem`], which names Secret and key.
pub async fn of<'a>(pass: &'a mut Pass<'_>, key: &str, child: &Child) -> Result<&'a ChildSecrets, SecretProblem> {
    let uses = child.secrets.as_slice();
    if !uses.is_empty() && !pass.secrets.children.contains_key(key) {
        let cluster = &pass.objects.cluster;
        let namespace = cluster.namespace().unwrap_or_default();
        let subject = format!("AksCluster {namespace}/{} {key}", cluster.name_any());
        let sensitive = pass.secrets.sensitive();
        let found = ChildSecrets::read(pass.context, sensitive, &namespace, &subject, uses).await;
        pass.secrets.children.insert(key.to_owned(), found);
    }
    static NONE: ChildSecrets = ChildSecrets {
        values: Vec::new(),
        fingerprint: None,
    };
    match pass.secrets.children.get(key) {
        Some(Ok(secrets)) => Ok(secrets),
        Some(Err(problem)) => Err(problem.clone()),
        None => Ok(&NONE),
    }
}

/// Reads the secrets of the children that are known before Azure was asked, so that what it says can be told without
/// them from the start. One that goes away needs them only for what a running operation may repeat.
pub async fn read_ahead(pass: &mut Pass<'_>) {
    if pass.objects.cluster.metadata.deletion_timestamp.is_some() && pass.operations.is_empty() {
        return;
    }
    for (kind, draft) in reads::all(pass, Intent::default()) {
        if let Ok(child) = &draft.child {
            // What is wrong with one is told in its line.
            let _ = of(pass, &children::key(kind, &draft.name), child).await;
        }
    }
}

impl ChildSecrets {
    async fn read(
        context: &Context,
        sensitive: &Sensitive,
        namespace: &str,
        subject: &str,
        uses: &[SecretUse],
    ) -> Result<Self, SecretProblem> {
        let mut values = Vec::new();
        for SecretUse {
            path,
            reference,
            encoding,
        } in uses
        {
            let value = read(context, sensitive, namespace, reference).await?;
            if let Some(rule) = broken_rule(&path.join("."), value.expose()).filter(|_| *encoding == Encoding::Plain) {
                return Err(SecretProblem::Refused {
                    secret: format!("{namespace}/{}", reference.name),
                    key: reference.key.clone(),
                    rule,
                });
            }
            values.push((path.clone(), value, *encoding));
        }
        let mut secrets = Self {
            values,
            fingerprint: None,
        };
        if !secrets.values.is_empty() {
            let all = SecretValue::new(secrets.together());
            secrets.fingerprint = Some(fingerprint::key(context).await?.fingerprint(subject, &all).to_string());
        }
        Ok(secrets)
    }

    /// Places and values in one text, which is different for different secrets.
    fn together(&self) -> String {
        let parts = self.values.iter().map(|(path, value, _)| {
            let (place, value) = (path.join("/"), value.expose());
            format!("{}:{place}{}:{value}", place.len(), value.len())
        });
        parts.collect()
    }

    /// The keyed hash of them all.
    pub fn fingerprint(&self) -> Option<&str> {
        self.fingerprint.as_deref()
    }

    /// The body with the values in it.
    pub fn complete(&self, body: &Value) -> Value {
        let mut body = body.clone();
        for (path, value, encoding) in &self.values {
            let text = match encoding {
                Encoding::Plain => value.expose().to_owned(),
                Encoding::Base64 => STANDARD.encode(value.expose()),
            };
            put(&mut body, path, Value::String(text));
        }
        body
    }
}

/// Puts a value where the names lead, through objects that may not be there yet.
fn put(body: &mut Value, path: &[String], value: Value) {
    let Some((name, rest)) = path.split_first() else {
        *body = value;
        return;
    };
    if !body.is_object() {
        *body = Value::Object(Map::new());
    }
    put(&mut body[name.as_str()], rest, value);
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn secrets(encoding: Encoding) -> ChildSecrets {
        let path = ["properties", "protected", "a.b/c"].map(str::to_owned).to_vec();
        ChildSecrets {
            values: vec![(path, SecretValue::new("s3cr3t".to_owned()), encoding)],
            fingerprint: None,
        }
    }

    #[test]
    fn values_go_into_the_body_that_is_sent_whatever_their_place_is_called() {
        let body = json!({ "properties": { "x": 1 } });
        assert_eq!(
            secrets(Encoding::Plain).complete(&body),
            json!({ "properties": { "x": 1, "protected": { "a.b/c": "s3cr3t" } } })
        );
        assert_eq!(
            secrets(Encoding::Base64).complete(&Value::Null)["properties"]["protected"]["a.b/c"],
            "czNjcjN0"
        );
    }

    #[test]
    fn a_value_is_never_shown() {
        let secrets = secrets(Encoding::Base64);
        assert!(!format!("{secrets:?}").contains("s3cr3t"));
    }

    #[test]
    fn two_sets_of_secrets_are_never_taken_for_one() {
        let of = |values: &[(&str, &str)]| {
            let values = values.iter().map(|(place, value)| {
                let value = SecretValue::new((*value).to_owned());
                (vec![(*place).to_owned()], value, Encoding::Plain)
            });
            ChildSecrets {
                values: values.collect(),
                fingerprint: None,
            }
            .together()
        };
        assert_ne!(of(&[("a", "1b")]), of(&[("a1", "b")]));
        assert_ne!(of(&[("a", "1"), ("b", "2")]), of(&[("a", "2"), ("b", "1")]));
    }
}
