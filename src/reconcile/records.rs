//! What status records, on its way in and out of a pass. What comes in is believed as far as it is proven; what goes out
//! is signed. In between, a line is what a pass found out itself.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::proof::{Signer, Signing};
use armature_api::{
    Action, ActionStatus, AksClusterStatus, AksNodePoolStatus, ChildState, ChildStatus, OperationStatus,
};
use armature_plan::actions;
use armature_plan::children::claim::{Claim, Serial, disbelieve};

/// What a pass starts from.
#[derive(Debug, Default)]
pub struct Records {
    /// The lines of children, believed or not.
    pub children: BTreeMap<String, ChildStatus>,
    /// Keys of lines that say Armature made something, or was about to, and do not prove it.
    pub unproven: BTreeSet<String>,
    /// Keys of lines that say all is well and do not prove it: Azure is asked.
    pub afresh: Vec<String>,
    /// Operations that Azure gave us.
    pub operations: BTreeMap<String, OperationStatus>,
    /// Keys of operations that nobody proves: their URLs are not called, and their targets are looked at afresh.
    pub dropped: Vec<String>,
    /// Lines with proofs that could not be checked for want of the key: what they record waits in status for it.
    pub shelved: BTreeMap<String, ChildStatus>,
    /// Whether some of them say that they were signed with another key than the one there is.
    pub other_key: bool,
}

impl Records {
    /// Reads what status records.
    pub fn admit(signing: &Signing<'_>, status: &AksClusterStatus) -> Self {
        let mut records = Self::default();
        for (key, line) in &status.children {
            records.admit_child(signing.as_ref().ok(), key, line.clone());
        }
        for (key, operation) in &status.operations {
            // Without the key nobody can tell: it is waited for, and not called.
            let counts = signing.as_ref().map_or(true, |signer| signer.proves(key, operation));
            if counts {
                records.operations.insert(key.clone(), operation.clone());
            } else {
                records.dropped.push(key.clone());
            }
        }
        records
    }

    fn admit_child(&mut self, signer: Option<&Signer<'_>>, key: &str, mut line: ChildStatus) {
        let claim = signer.and_then(|signer| signer.claim(key, &line));
        let claims_more = line.owned || line.proof.is_some();
        let is_foreign = |signer: &Signer<'_>| {
            line.proof
                .as_deref()
                .is_some_and(|proof| signer.is_of_another_key(proof))
        };
        let other_key = signer.is_some_and(is_foreign);
        self.other_key |= other_key;
        if (signer.is_none() && line.proof.is_some()) || other_key {
            self.shelved.insert(key.to_owned(), line.clone());
        }
        match claim {
            Some((claim, serial)) => claim.set(&mut line, serial),
            None => {
                if claims_more {
                    self.unproven.insert(key.to_owned());
                }
                disbelieve(&mut line);
                if signer.is_some() && !other_key && line.state == ChildState::Ready && line.id.is_some() {
                    line.state = ChildState::Pending;
                    self.afresh.push(key.to_owned());
                }
            }
        }
        self.children.insert(key.to_owned(), line);
    }
}

/// The lines as status stores them.
pub fn sealed_children(
    signing: &Signing<'_>,
    shelved: &BTreeMap<String, ChildStatus>,
    lines: &BTreeMap<String, ChildStatus>,
) -> BTreeMap<String, ChildStatus> {
    let seal = |key: &String, line: &ChildStatus| {
        let claim = Claim::with_serial(line);
        // What was only seen since is worth less than what the other key may prove.
        let is_ours = claim.is_some_and(|(claim, _)| claim > Claim::Seen);
        match (signing, shelved.get(key).filter(|shelved| shelved.id == line.id)) {
            (Ok(_), Some(shelved)) if !is_ours => as_shelved(shelved, line),
            (Ok(signer), _) => ChildStatus {
                proof: claim.map(|claim| signer.of_child(key, line, claim)),
                ..line.clone()
            },
            (Err(_), Some(shelved)) => as_shelved(shelved, line),
            (Err(_), None) => ChildStatus {
                proof: None,
                ..line.clone()
            },
        }
    };
    lines.iter().map(|(key, line)| (key.clone(), seal(key, line))).collect()
}

/// The operations as status stores them.
pub fn sealed_operations(
    signing: &Signing<'_>,
    operations: &BTreeMap<String, OperationStatus>,
) -> BTreeMap<String, OperationStatus> {
    let seal = |key: &String, operation: &OperationStatus| OperationStatus {
        proof: match signing {
            Ok(signer) => Some(signer.of_operation(key, operation)),
            Err(_) => operation.proof.clone(),
        },
        ..operation.clone()
    };
    let sealed = operations
        .iter()
        .map(|(key, operation)| (key.clone(), seal(key, operation)));
    sealed.collect()
}

/// What the line says now, with what it recorded when it was signed.
fn as_shelved(shelved: &ChildStatus, line: &ChildStatus) -> ChildStatus {
    ChildStatus {
        state: line.state,
        message: line.message.clone(),
        error: line.error.clone(),
        last_checked: line.last_checked,
        owned: false,
        ..shelved.clone()
    }
}

/// What the cluster's status records about itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Record {
    /// Whether it is believed.
    pub proven: bool,
    /// What it is stored under from now on; nothing without the key.
    pub serial: Option<Serial>,
}

impl Record {
    /// Reads it. One that records nothing needs no proof.
    pub fn admit(signing: &Signing<'_>, status: &AksClusterStatus, now: Timestamp) -> Self {
        let records = !status.applied.is_empty()
            || !status.actions.is_empty()
            || status.resource_id.is_some()
            || status.resume_attempts.is_some();
        let signer = signing.as_ref().ok();
        let proven = signer.and_then(|signer| signer.proves_cluster(status));
        Self {
            proven: !records || proven.is_some(),
            serial: proven.or_else(|| signer.map(|signer| signer.next(&signer.record(), now))),
        }
    }
}

/// The same of a pool's status.
pub fn is_pool_proven(signing: &Signing<'_>, name: &str, status: &AksNodePoolStatus) -> bool {
    let records = !status.applied.is_empty() || status.resource_id.is_some() || status.resume_attempts.is_some();
    !records || signing.as_ref().is_ok_and(|signer| signer.proves_pool(name, status))
}

/// The lines of actions that are not proven: which of them ran, nobody can tell, so none is sent.
pub fn doubted(
    wanted: Option<&BTreeMap<String, Action>>,
    lines: BTreeMap<String, ActionStatus>,
) -> BTreeMap<String, ActionStatus> {
    let mut doubted = wanted.map(actions::doubted).unwrap_or_default();
    let ended = lines.into_iter().filter(|(name, line)| {
        let same_key = wanted
            .and_then(|wanted| wanted.get(name))
            .is_some_and(|action| action.key == line.key);
        same_key && line.state.is_final()
    });
    doubted.extend(ended);
    doubted
}

/// The status of the cluster as it is stored. Without a key its records stay as they were signed.
pub fn sealed_cluster(
    signing: &Signing<'_>,
    serial: Option<Serial>,
    before: &AksClusterStatus,
    mut status: AksClusterStatus,
) -> AksClusterStatus {
    match signing.as_ref().ok().zip(serial) {
        Some((signer, serial)) => status.proof = Some(signer.of_cluster(&status, serial)),
        None => {
            status.applied.clone_from(&before.applied);
            status.proof.clone_from(&before.proof);
        }
    }
    status
}

/// The same for a pool.
pub fn sealed_pool(
    signing: &Signing<'_>,
    name: &str,
    before: &AksNodePoolStatus,
    mut status: AksNodePoolStatus,
) -> AksNodePoolStatus {
    match signing {
        Ok(signer) => status.proof = Some(signer.of_pool(name, &status)),
        Err(_) => {
            status.applied.clone_from(&before.applied);
            status.proof.clone_from(&before.proof);
        }
    }
    status
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::reconcile::fingerprint::FingerprintKey;
    use crate::reconcile::spent::Spent;
    use crate::testing::cluster;

    const KEY: &str = "roleAssignments/net";

    /// A status as it is stored with one child that Armature made.
    fn stored(signing: &Signing<'_>) -> AksClusterStatus {
        let mut line: ChildStatus = serde_json::from_value(json!({
            "state": "Ready", "id": "/subscriptions/s/A", "apiVersion": "1", "applied": "a.b",
        }))
        .unwrap();
        Claim::Made.set(&mut line, Serial::START);
        AksClusterStatus {
            children: sealed_children(signing, &BTreeMap::new(), &[(KEY.to_owned(), line)].into()),
            ..AksClusterStatus::default()
        }
    }

    #[test]
    fn what_was_stored_is_believed_and_stored_alike_again() {
        let (key, spent, object) = (FingerprintKey::of(1), Spent::knowing([]), cluster(""));
        let signing = Ok(Signer::new(&key, &spent, "home", &object));
        let status = stored(&signing);
        let records = Records::admit(&signing, &status);
        assert!(records.children[KEY].owned && records.unproven.is_empty() && records.afresh.is_empty());
        let again = sealed_children(&signing, &records.shelved, &records.children);
        assert_eq!(again, status.children);
    }

    #[test]
    fn a_line_that_nobody_proves_is_a_hint_that_is_looked_at_afresh() {
        let (key, spent, object) = (FingerprintKey::of(1), Spent::knowing([]), cluster(""));
        let signing = Ok(Signer::new(&key, &spent, "home", &object));
        let mut status = stored(&signing);
        status.children.get_mut(KEY).unwrap().id = Some("/subscriptions/s/B".to_owned());
        let records = Records::admit(&signing, &status);
        let line = &records.children[KEY];
        assert_eq!(
            (line.owned, line.state, &line.applied),
            (false, ChildState::Pending, &None)
        );
        assert!(records.unproven.contains(KEY) && records.afresh == [KEY]);
        let again = sealed_children(&signing, &records.shelved, &records.children);
        assert_eq!(again[KEY].proof, None, "it is not signed now");
    }

    #[test]
    fn without_the_key_nothing_is_believed_and_nothing_is_lost() {
        let (key, spent, object) = (FingerprintKey::of(1), Spent::knowing([]), cluster(""));
        let signing = Ok(Signer::new(&key, &spent, "home", &object));
        let status = stored(&signing);
        let without = Err("no key".to_owned());
        let mut records = Records::admit(&without, &status);
        assert!(!records.children[KEY].owned);
        records.children.get_mut(KEY).unwrap().message = Some("looked".to_owned());
        let kept = sealed_children(&without, &records.shelved, &records.children);
        assert_eq!(kept[KEY].message.as_deref(), Some("looked"));
        let back = AksClusterStatus {
            children: kept,
            ..AksClusterStatus::default()
        };
        assert!(Records::admit(&signing, &back).children[KEY].owned, "the key is back");
    }

    #[test]
    fn a_line_whose_claim_has_ended_is_worth_no_more_than_a_forged_one() {
        let (key, object) = (FingerprintKey::of(1), cluster(""));
        let open = Spent::knowing([]);
        let signing = Ok(Signer::new(&key, &open, "home", &object));
        let status = stored(&signing);
        let subject = signing.as_ref().unwrap().subject("/SUBSCRIPTIONS/s/a");
        let ended = Spent::knowing([(subject, Serial::START)]);
        let signing = Ok(Signer::new(&key, &ended, "home", &object));
        let records = Records::admit(&signing, &status);
        assert!(!records.children[KEY].owned && records.unproven.contains(KEY));
    }

    #[test]
    fn what_another_key_signed_is_kept_for_it_until_it_is_ours_anew() {
        let (key, other, spent, object) = (
            FingerprintKey::of(1),
            FingerprintKey::of(2),
            Spent::knowing([]),
            cluster(""),
        );
        let signing = Ok(Signer::new(&key, &spent, "home", &object));
        let since = Ok(Signer::new(&other, &spent, "home", &object));
        let status = stored(&signing);
        let mut records = Records::admit(&since, &status);
        assert!(records.other_key && !records.children[KEY].owned && records.afresh.is_empty());
        let line = records.children.get_mut(KEY).unwrap();
        Claim::Seen.set(line, Serial::START);
        let kept = sealed_children(&since, &records.shelved, &records.children);
        assert_eq!(
            (&kept[KEY].proof, kept[KEY].owned),
            (&status.children[KEY].proof, false)
        );
        let back = AksClusterStatus {
            children: kept,
            ..AksClusterStatus::default()
        };
        assert!(Records::admit(&signing, &back).children[KEY].owned, "the key is back");

        Claim::Made.set(records.children.get_mut(KEY).unwrap(), Serial::START);
        let anew = sealed_children(&since, &records.shelved, &records.children);
        let status = AksClusterStatus {
            children: anew,
            ..AksClusterStatus::default()
        };
        assert!(Records::admit(&since, &status).children[KEY].owned);
    }

    #[test]
    fn a_record_that_was_overtaken_proves_nothing_and_what_follows_gets_a_higher_serial() {
        let (key, object) = (FingerprintKey::of(1), cluster(""));
        let open = Spent::knowing([]);
        let signing = Ok(Signer::new(&key, &open, "home", &object));
        let recorded = AksClusterStatus {
            resume_attempts: Some(1),
            ..AksClusterStatus::default()
        };
        let first = Record::admit(&signing, &AksClusterStatus::default(), Timestamp::UNIX_EPOCH);
        assert!(first.proven, "what records nothing needs no proof");
        let stored = sealed_cluster(&signing, first.serial, &AksClusterStatus::default(), recorded);
        assert_eq!(Record::admit(&signing, &stored, Timestamp::UNIX_EPOCH), first);

        let overtaken = Spent::knowing([(signing.as_ref().unwrap().record(), first.serial.unwrap())]);
        let signing = Ok(Signer::new(&key, &overtaken, "home", &object));
        let after = Record::admit(&signing, &stored, Timestamp::UNIX_EPOCH);
        assert!(!after.proven && after.serial > first.serial);
    }
}
