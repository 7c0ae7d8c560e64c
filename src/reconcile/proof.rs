//! Signatures over what status records: whoever may write status can write anything there, and only what this
//! installation signed for exactly this object is believed.

use std::collections::BTreeMap;

use kube::ResourceExt;
use serde_json::{Value, json};

use super::context::Context;
use super::failure::Ended;
use super::fingerprint::{self, FingerprintKey, KeyProblem, passes};
use super::inventory::{Inventories, Inventory, ObjectKey, unkept};
use crate::runtime::connect::told;
use armature_api::{AksCluster, AksClusterStatus, AksNodePoolStatus, ChildStatus, OperationStatus};
use armature_plan::change::Target;
use armature_plan::children::claim::{Claim, Serial};
use armature_plan::children::former::UNTIL;

/// Signs and checks what is recorded in the status of one object.
#[derive(Debug, Clone)]
pub struct Signer<'a> {
    key: &'a FingerprintKey,
    inventories: &'a Inventories,
    object: ObjectKey,
    /// What the operator recorded itself.
    inventory: Inventory,
}

/// What signs the status of an object, or why there is nothing to sign with: then nothing in it is believed.
pub type Signing<'a> = Result<Signer<'a>, Unproven>;

/// Why nothing in a status can be believed, nor signed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{problem}")]
pub struct Unproven {
    /// Our word for it.
    pub reason: &'static str,
    /// What is wrong, one sentence.
    pub problem: String,
}

impl Unproven {
    /// The key can't be had.
    pub fn key(problem: impl Into<String>) -> Self {
        Self {
            reason: "FingerprintKeyUnavailable",
            problem: problem.into(),
        }
    }

    /// The inventories can't be kept.
    pub fn inventory(problem: impl Into<String>) -> Self {
        Self {
            reason: "InventoryUnavailable",
            problem: problem.into(),
        }
    }
}

impl<'a> Signer<'a> {
    /// For the status of a cluster. `Ok(Err)` when the key can't be had until somebody does something about it.
    ///
    /// # Errors
    /// Kubernetes did not answer: nobody knows what is proven, which passes by itself.
    pub async fn of(context: &'a Context, cluster: &AksCluster) -> Result<Signing<'a>, Ended> {
        let object = object_key(context.installation.as_str(), cluster);
        let proven = match proven_with(context).await {
            Ok(key) => Self::new(key, &context.inventories, object),
            Err(Unavailable { why, passing: true }) => return Err(Ended::unproven(Target::Cluster, &why)),
            Err(Unavailable { why, .. }) => Err(why),
        };
        Ok(proven)
    }

    /// # Errors
    /// What is recorded of the object can't be read.
    pub(super) fn new(key: &'a FingerprintKey, inventories: &'a Inventories, object: ObjectKey) -> Signing<'a> {
        let inventory = inventories.of(&object).map_err(Unproven::inventory)?;
        Ok(Self {
            key,
            inventories,
            object,
            inventory,
        })
    }

    /// What the operator recorded of the cluster when the pass began.
    pub fn inventory(&self) -> &Inventory {
        &self.inventory
    }

    /// The object that status is signed for.
    pub fn object(&self) -> &ObjectKey {
        &self.object
    }

    /// Whether a line has ended, and status only does not say so yet.
    pub fn has_ended(&self, key: &str) -> bool {
        self.inventories.has_ended(&self.object, key)
    }

    /// The proof of a line: its claim, when that began, and the signature of that.
    pub fn of_child(&self, key: &str, line: &ChildStatus, (claim, serial): (Claim, Serial)) -> String {
        let ChildStatus {
            id,
            api_version,
            applied,
            secrets,
            outputs,
            created_at,
            // What is told, and what follows from the claim.
            state: _,
            message: _,
            error: _,
            last_checked: _,
            owned: _,
            proof: _,
        } = line;
        let id = id.as_deref().map(str::to_ascii_lowercase);
        // Until when a former right stays: whoever moves that only lets go sooner or later of what has to go.
        let outputs: BTreeMap<_, _> = outputs.iter().filter(|(name, _)| *name != UNTIL).collect();
        let signature = self.sign(&json!([
            "child",
            key,
            claim.text(serial),
            id,
            api_version,
            applied,
            secrets,
            outputs,
            created_at
        ]));
        format!("{}:{signature}", claim.text(serial))
    }

    /// Whether a line says what was stored in it under this claim.
    pub fn proves_child(&self, key: &str, line: &ChildStatus, claim: (Claim, Serial)) -> bool {
        let proof = line.proof.as_deref();
        proof.is_some_and(|proof| is_same(proof, &self.of_child(key, line, claim)))
    }

    /// The proof that Azure gave us this operation for this target.
    pub fn of_operation(&self, key: &str, operation: &OperationStatus) -> String {
        let OperationStatus {
            step,
            url,
            started_at,
            description: _,
            proof: _,
        } = operation;
        self.sign(&json!(["operation", key, step, url, started_at]))
    }

    /// Whether the operation is one that Azure gave us for this target.
    pub fn proves(&self, key: &str, operation: &OperationStatus) -> bool {
        let proof = operation.proof.as_deref();
        proof.is_some_and(|proof| is_same(proof, &self.of_operation(key, operation)))
    }

    /// The proof of what the status of the cluster records about itself, as of a serial.
    pub fn of_cluster(&self, status: &AksClusterStatus, serial: Serial) -> String {
        let actions: BTreeMap<_, _> = status
            .actions
            .iter()
            .map(|(name, line)| (name, (&line.key, line.state)))
            .collect();
        let serial = serial.to_string();
        let signature = self.sign(&json!([
            "cluster",
            serial,
            status.applied,
            status.resume_attempts,
            actions
        ]));
        format!("{serial}:{signature}")
    }

    /// The serial of what the status of the cluster records, when that is what was stored there and nothing has overtaken
    /// it.
    pub fn proves_cluster(&self, status: &AksClusterStatus) -> Option<Serial> {
        let proof = status.proof.as_deref()?;
        let serial = Serial::read(proof.split_once(':')?.0)?;
        let counts = is_same(proof, &self.of_cluster(status, serial)) && self.inventory.record <= Some(serial);
        counts.then_some(serial)
    }

    /// The proof of what the status of a pool of the cluster records, by the name of its object.
    pub fn of_pool(&self, name: &str, status: &AksNodePoolStatus) -> String {
        self.sign(&json!(["pool", name, status.applied, status.resume_attempts]))
    }

    /// Whether what the status of a pool records is what was stored there.
    pub fn proves_pool(&self, name: &str, status: &AksNodePoolStatus) -> bool {
        let proof = status.proof.as_deref();
        proof.is_some_and(|proof| is_same(proof, &self.of_pool(name, status)))
    }

    fn sign(&self, what: &Value) -> String {
        let ObjectKey {
            installation,
            namespace,
            name,
            uid: _,
        } = &self.object;
        self.key
            .sign(&json!([[installation, namespace, name], what]).to_string())
    }
}

/// Why nothing can be proven.
struct Unavailable {
    why: Unproven,
    /// Whether it passes by itself.
    passing: bool,
}

fn object_key(installation: &str, cluster: &AksCluster) -> ObjectKey {
    ObjectKey {
        installation: installation.to_owned(),
        namespace: cluster.namespace().unwrap_or_default(),
        name: cluster.name_any(),
        uid: cluster.uid().unwrap_or_default(),
    }
}

/// The key, once the inventories are there: nothing is proven without both.
async fn proven_with(context: &Context) -> Result<&FingerprintKey, Unavailable> {
    let key = fingerprint::key(context)
        .await
        .map_err(|KeyProblem { problem, passing }| Unavailable {
            why: Unproven::key(problem.to_string()),
            passing,
        })?;
    let namespace = &context.settings.operator_namespace;
    let loaded = context.inventories.load(&context.client, namespace).await;
    loaded.map_err(|error| Unavailable {
        why: Unproven::inventory(unkept(namespace, &told(&error))),
        passing: passes(&error),
    })?;
    Ok(key)
}

/// Compares in a time that tells nothing about where two texts differ.
fn is_same(one: &str, other: &str) -> bool {
    let differs = one
        .bytes()
        .zip(other.bytes())
        .fold(0, |differs, (a, b)| differs | (a ^ b));
    one.len() == other.len() && differs == 0
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;

    const MADE: (Claim, Serial) = (Claim::Made, Serial::START);

    fn line() -> ChildStatus {
        ChildStatus {
            id: Some("/subscriptions/s/A".to_owned()),
            api_version: Some("1".to_owned()),
            applied: Some("a.b".to_owned()),
            outputs: [("principalId".to_owned(), "p".to_owned())].into(),
            ..ChildStatus::default()
        }
    }

    fn signer_of<'a>(key: &'a FingerprintKey, inventories: &'a Inventories, object: [&str; 3]) -> Signer<'a> {
        let [installation, namespace, name] = object.map(str::to_owned);
        let object = ObjectKey {
            installation,
            namespace,
            name,
            uid: "1".to_owned(),
        };
        Signer::new(key, inventories, object).unwrap()
    }

    const PROD: [&str; 3] = ["home", "team", "prod"];

    #[test]
    fn a_line_proves_its_claim_for_one_object_key_and_resource_only() {
        let (key, other_key, inventories) = (FingerprintKey::of(1), FingerprintKey::of(2), Inventories::default());
        let signer = signer_of(&key, &inventories, PROD);
        let signed = ChildStatus {
            proof: Some(signer.of_child("a/x", &line(), MADE)),
            ..line()
        };
        assert!(signer.proves_child("a/x", &signed, MADE));
        let in_other_case = ChildStatus {
            id: Some("/SUBSCRIPTIONS/s/a".to_owned()),
            ..signed.clone()
        };
        assert!(signer.proves_child("a/x", &in_other_case, MADE));

        for (what, forged) in [
            (
                "no proof",
                ChildStatus {
                    proof: None,
                    owned: true,
                    ..signed.clone()
                },
            ),
            (
                "the word alone",
                ChildStatus {
                    proof: Some("made".to_owned()),
                    owned: true,
                    ..signed.clone()
                },
            ),
            (
                "an empty signature",
                ChildStatus {
                    proof: Some("made:0:".to_owned()),
                    ..signed.clone()
                },
            ),
            (
                "another id",
                ChildStatus {
                    id: Some("/subscriptions/s/B".to_owned()),
                    ..signed.clone()
                },
            ),
            (
                "no id",
                ChildStatus {
                    id: None,
                    ..signed.clone()
                },
            ),
            (
                "another version",
                ChildStatus {
                    api_version: None,
                    ..signed.clone()
                },
            ),
            (
                "another record",
                ChildStatus {
                    applied: Some("c.d".to_owned()),
                    ..signed.clone()
                },
            ),
            (
                "other secrets",
                ChildStatus {
                    secrets: Some("hmac:1:2".to_owned()),
                    ..signed.clone()
                },
            ),
            (
                "other outputs",
                ChildStatus {
                    outputs: Default::default(),
                    ..signed.clone()
                },
            ),
            (
                "another time of creation",
                ChildStatus {
                    created_at: Some(Timestamp::UNIX_EPOCH),
                    ..signed.clone()
                },
            ),
            ("a later serial", {
                let proof = signed.proof.clone().unwrap();
                ChildStatus {
                    proof: Some(proof.replacen(":0:", ":1:", 1)),
                    ..signed.clone()
                }
            }),
            ("a larger claim", {
                let seen = signer.of_child("a/x", &line(), (Claim::Seen, Serial::START));
                ChildStatus {
                    proof: Some(seen.replace("seen", "made")),
                    ..line()
                }
            }),
        ] {
            assert!(!signer.proves_child("a/x", &forged, MADE), "{what}");
        }
        assert!(!signer.proves_child("a/y", &signed, MADE), "another key");
        for (installation, namespace, name) in [
            ("away", "team", "prod"),
            ("home", "other", "prod"),
            ("home", "team", "test"),
        ] {
            let other = signer_of(&key, &inventories, [installation, namespace, name]);
            assert!(
                !other.proves_child("a/x", &signed, MADE),
                "{installation}/{namespace}/{name}"
            );
        }
        let lost = signer_of(&other_key, &inventories, PROD);
        assert!(!lost.proves_child("a/x", &signed, MADE), "a lost key");
    }

    #[test]
    fn records_and_keys_of_actions_are_proven_as_they_were_stored() {
        let (key, inventories) = (FingerprintKey::of(1), Inventories::default());
        let signer = signer_of(&key, &inventories, PROD);
        let status = |status: Value| -> AksClusterStatus { serde_json::from_value(status).unwrap() };
        let base = json!({
            "applied": { "sku.tier": "0123" },
            "resumeAttempts": 2,
            "actions": { "task": { "key": "1", "state": "Succeeded", "message": "done" } },
        });
        let mut signed = status(base.clone());
        signed.proof = Some(signer.of_cluster(&signed, Serial::START));
        assert_eq!(signer.proves_cluster(&signed), Some(Serial::START));
        for (what, forged) in [
            ("another record", json!({ "applied": { "sku.tier": "4567" } })),
            ("fewer attempts", json!({ "resumeAttempts": 0 })),
            ("an action that never ran", json!({ "actions": {} })),
            (
                "another key",
                json!({ "actions": { "task": { "key": "0", "state": "Succeeded" } } }),
            ),
            (
                "another end",
                json!({ "actions": { "task": { "key": "1", "state": "Waiting" } } }),
            ),
        ] {
            let mut all = base.clone();
            for (name, value) in forged.as_object().unwrap() {
                all[name] = value.clone();
            }
            let forged = AksClusterStatus {
                proof: signed.proof.clone(),
                ..status(all)
            };
            assert_eq!(signer.proves_cluster(&forged), None, "{what}");
        }
        let mut pool = AksNodePoolStatus {
            resume_attempts: Some(1),
            ..AksNodePoolStatus::default()
        };
        pool.proof = Some(signer.of_pool("apps", &pool));
        assert!(signer.proves_pool("apps", &pool) && !signer.proves_pool("other", &pool));
    }

    #[test]
    fn an_operation_is_proven_for_its_target_step_and_url_only() {
        let (key, inventories) = (FingerprintKey::of(1), Inventories::default());
        let signer = signer_of(&key, &inventories, PROD);
        let plain = OperationStatus {
            step: "PutCluster".to_owned(),
            url: "https://management.azure.com/subscriptions/s/operations/1".to_owned(),
            started_at: "2026-09-01T12:00:00.123456Z".parse().unwrap(),
            description: "makes it".to_owned(),
            proof: None,
        };
        let signed = OperationStatus {
            proof: Some(signer.of_operation("cluster", &plain)),
            ..plain.clone()
        };
        let stored: OperationStatus = serde_json::from_value(serde_json::to_value(&signed).unwrap()).unwrap();
        assert!(signer.proves("cluster", &stored));
        assert!(!signer.proves("pool/a", &signed), "another target");
        assert!(!signer.proves("cluster", &plain), "no proof");
        for forged in [
            OperationStatus {
                url: format!("{}2", plain.url),
                ..signed.clone()
            },
            OperationStatus {
                step: "DeleteChild".to_owned(),
                ..signed.clone()
            },
        ] {
            assert!(!signer.proves("cluster", &forged));
        }
    }
}
