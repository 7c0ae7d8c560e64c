//! Signatures over what status records: whoever may write status can write anything there, and only what this
//! installation signed for exactly this object is believed.

use std::collections::BTreeMap;

use jiff::Timestamp;
use kube::ResourceExt;
use serde_json::{Value, json};

use super::context::Context;
use super::failure::Ended;
use super::fingerprint::{self, FingerprintKey, KeyProblem, passes};
use super::spent::{self, Spent, Subject};
use crate::runtime::connect::told;
use armature_api::{AksCluster, AksClusterStatus, AksNodePoolStatus, ChildStatus, OperationStatus};
use armature_plan::change::Target;
use armature_plan::children::claim::{Claim, Serial};
use armature_plan::children::former::UNTIL;

/// Signs and checks what is recorded in the status of one object.
#[derive(Debug, Clone)]
pub struct Signer<'a> {
    key: &'a FingerprintKey,
    spent: &'a Spent,
    /// Installation, namespace and name. No UID: a backup brings objects back under new ones.
    object: [String; 3],
}

/// What signs the status of an object, or why there is nothing to sign with: then nothing in it is believed.
pub type Signing<'a> = Result<Signer<'a>, String>;

impl<'a> Signer<'a> {
    /// For the status of a cluster. `Ok(Err)` when the key can't be had until somebody does something about it.
    ///
    /// # Errors
    /// Kubernetes did not answer: nobody knows what is proven, which passes by itself.
    pub async fn of(context: &'a Context, cluster: &AksCluster) -> Result<Signing<'a>, Ended> {
        match proven_with(context).await {
            Ok((key, spent)) => Ok(Ok(Self::new(key, spent, context.installation.as_str(), cluster))),
            Err(Unavailable {
                problem,
                passing: false,
            }) => Ok(Err(problem)),
            Err(Unavailable { problem, passing: true }) => Err(Ended::unproven(Target::Cluster, &problem)),
        }
    }

    pub(super) fn new(key: &'a FingerprintKey, spent: &'a Spent, installation: &str, cluster: &AksCluster) -> Self {
        Self {
            key,
            spent,
            object: [
                installation.to_owned(),
                cluster.namespace().unwrap_or_default(),
                cluster.name_any(),
            ],
        }
    }

    /// The same key, for the status of another object.
    pub fn for_object(&self, cluster: &AksCluster) -> Self {
        Self::new(self.key, self.spent, &self.object[0], cluster)
    }

    /// What a claim about a resource is noted under once it has ended.
    pub fn subject(&self, id: &str) -> Subject {
        Subject::resource(&self.object, id)
    }

    /// The same for what the status of the cluster records about itself.
    pub fn record(&self) -> Subject {
        Subject::record(&self.object)
    }

    /// The highest serial of the subject that has ended.
    pub fn last(&self, subject: &Subject) -> Option<Serial> {
        self.spent.last(subject)
    }

    /// The serial of what begins now for the subject.
    pub fn next(&self, subject: &Subject, now: Timestamp) -> Serial {
        self.spent.next(subject, now)
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

    /// The claim that a line of status proves, with its serial. One that has ended is none.
    pub fn claim(&self, key: &str, line: &ChildStatus) -> Option<(Claim, Serial)> {
        let (proof, id) = (line.proof.as_deref()?, line.id.as_deref()?);
        let claim = Claim::read(proof)?;
        let counts = is_same(proof, &self.of_child(key, line, claim)) && self.spent.admits(&self.subject(id), claim.1);
        counts.then_some(claim)
    }

    /// Whether a proof says that it was made with another key: then nobody can tell here what it is worth.
    pub fn is_of_another_key(&self, proof: &str) -> bool {
        let signature = proof.rsplit(':').next().unwrap_or_default();
        self.key.is_of_another(signature)
    }

    /// The name of the key.
    pub fn key_id(&self) -> &str {
        self.key.id()
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

    /// The serial of what the status of the cluster records, when that is what was stored there and has not been
    /// overtaken.
    pub fn proves_cluster(&self, status: &AksClusterStatus) -> Option<Serial> {
        let proof = status.proof.as_deref()?;
        let serial = Serial::read(proof.split_once(':')?.0)?;
        let counts = is_same(proof, &self.of_cluster(status, serial)) && self.spent.admits(&self.record(), serial);
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
        self.key.sign(&json!([self.object, what]).to_string())
    }
}

/// Why nothing can be proven.
struct Unavailable {
    problem: String,
    /// Whether it passes by itself.
    passing: bool,
}

/// The key, and what was signed with it and has ended: nothing is proven without both.
async fn proven_with(context: &Context) -> Result<(&FingerprintKey, &Spent), Unavailable> {
    let key = fingerprint::key(context)
        .await
        .map_err(|KeyProblem { problem, passing }| Unavailable {
            problem: problem.to_string(),
            passing,
        })?;
    let namespace = &context.settings.operator_namespace;
    let loaded = context.spent.load(&context.client, namespace).await;
    loaded.map_err(|error| Unavailable {
        problem: format!(
            "ConfigMap {namespace}/{}, which tells what signatures have ended, can't be read and written: {}",
            spent::CONFIG_MAP,
            told(&error)
        ),
        passing: passes(&error),
    })?;
    Ok((key, &context.spent))
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
    use super::*;

    const MADE: (Claim, Serial) = (Claim::Made, Serial::START);

    fn cluster(namespace: &str, name: &str) -> AksCluster {
        let spec = json!({ "subscriptionId": "s", "resourceGroup": "rg", "location": "l" });
        let mut cluster = AksCluster::new(name, serde_json::from_value(spec).unwrap());
        cluster.metadata.namespace = Some(namespace.to_owned());
        cluster
    }

    fn line() -> ChildStatus {
        ChildStatus {
            id: Some("/subscriptions/s/A".to_owned()),
            api_version: Some("1".to_owned()),
            applied: Some("a.b".to_owned()),
            outputs: [("principalId".to_owned(), "p".to_owned())].into(),
            ..ChildStatus::default()
        }
    }

    #[test]
    fn a_line_proves_its_claim_for_one_object_key_and_resource_only() {
        let (key, other_key, spent) = (FingerprintKey::of(1), FingerprintKey::of(2), Spent::knowing([]));
        let signer = Signer::new(&key, &spent, "home", &cluster("team", "prod"));
        let signed = ChildStatus {
            proof: Some(signer.of_child("a/x", &line(), MADE)),
            ..line()
        };
        assert_eq!(signer.claim("a/x", &signed), Some(MADE));
        let in_other_case = ChildStatus {
            id: Some("/SUBSCRIPTIONS/s/a".to_owned()),
            ..signed.clone()
        };
        assert_eq!(signer.claim("a/x", &in_other_case), Some(MADE));

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
            assert_eq!(signer.claim("a/x", &forged), None, "{what}");
        }
        assert_eq!(signer.claim("a/y", &signed), None, "another key");
        for (installation, namespace, name) in [
            ("away", "team", "prod"),
            ("home", "other", "prod"),
            ("home", "team", "test"),
        ] {
            let other = Signer::new(&key, &spent, installation, &cluster(namespace, name));
            assert_eq!(other.claim("a/x", &signed), None, "{installation}/{namespace}/{name}");
        }
        let lost = Signer::new(&other_key, &spent, "home", &cluster("team", "prod"));
        assert_eq!(lost.claim("a/x", &signed), None, "a lost key");
    }

    #[test]
    fn records_and_keys_of_actions_are_proven_as_they_were_stored() {
        let (key, spent) = (FingerprintKey::of(1), Spent::knowing([]));
        let signer = Signer::new(&key, &spent, "home", &cluster("team", "prod"));
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
        let (key, spent) = (FingerprintKey::of(1), Spent::knowing([]));
        let signer = Signer::new(&key, &spent, "home", &cluster("team", "prod"));
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
