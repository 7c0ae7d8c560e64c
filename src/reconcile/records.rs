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
    /// Whether status says of children, signed by us, what is not recorded.
    pub unrecorded: bool,
}

impl Records {
    /// Reads what status records.
    pub fn admit(signing: &Signing<'_>, status: &AksClusterStatus) -> Self {
        let mut records = Self::default();
        for (key, line) in &status.children {
            records.admit_child(signing.as_ref().ok(), key, line.clone());
        }
        records.admit_missing(signing.as_ref().ok());
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
        let item = signer.and_then(|signer| Some((signer, signer.inventory().children.get(key)?)));
        match (signer, item) {
            (_, Some((signer, item))) if item.is_at(line.id.as_ref()) => {
                if !signer.proves_child(key, &line, (item.claim, item.serial)) {
                    disbelieve(&mut line);
                    self.look_afresh(key, &mut line);
                }
                item.tell(&mut line);
            }
            (_, Some((_, item))) => {
                line = item.line();
                self.afresh.push(key.to_owned());
            }
            (Some(signer), None) => {
                if (line.owned || line.proof.is_some()) && !signer.has_ended(key) {
                    self.unproven.insert(key.to_owned());
                    let claim = line.proof.as_deref().and_then(Claim::read);
                    let was_ours = claim.filter(|(claim, _)| claim.may_change());
                    self.unrecorded |= was_ours.is_some_and(|claim| signer.proves_child(key, &line, claim));
                }
                disbelieve(&mut line);
                self.look_afresh(key, &mut line);
            }
            (None, None) => disbelieve(&mut line),
        }
        self.children.insert(key.to_owned(), line);
    }

    /// What status does not have, because somebody took it out or it could not be stored.
    fn admit_missing(&mut self, signer: Option<&Signer<'_>>) {
        for (key, item) in signer.iter().flat_map(|signer| &signer.inventory().children) {
            if !self.children.contains_key(key) {
                self.children.insert(key.clone(), item.line());
                self.afresh.push(key.clone());
            }
        }
    }

    fn look_afresh(&mut self, key: &str, line: &mut ChildStatus) {
        if line.state == ChildState::Ready && line.id.is_some() {
            line.state = ChildState::Pending;
        }
        self.afresh.push(key.to_owned());
    }
}

/// The lines as status stores them. Without the key what they record stays as it is `stored`.
pub fn sealed_children(
    signing: &Signing<'_>,
    stored: Option<&AksClusterStatus>,
    lines: &BTreeMap<String, ChildStatus>,
) -> BTreeMap<String, ChildStatus> {
    let stored = stored.map(|status| &status.children);
    let seal = |key: &String, line: &ChildStatus| match (signing, stored.and_then(|lines| lines.get(key))) {
        (Ok(signer), _) => ChildStatus {
            proof: Claim::with_serial(line).map(|claim| signer.of_child(key, line, claim)),
            ..line.clone()
        },
        (Err(_), Some(stored)) => ChildStatus {
            state: line.state,
            message: line.message.clone(),
            error: line.error.clone(),
            last_checked: line.last_checked,
            ..stored.clone()
        },
        (Err(_), None) => ChildStatus {
            proof: None,
            ..line.clone()
        },
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
            serial: proven.or_else(|| signer.map(|signer| Serial::after(signer.inventory().record, now))),
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
    use crate::reconcile::inventory::{Inventories, Inventory, ObjectKey};
    use crate::reconcile::proof::Unproven;

    const KEY: &str = "roleAssignments/net";

    const MADE: (Claim, Serial) = (Claim::Made, Serial::START);

    fn object() -> ObjectKey {
        ObjectKey {
            installation: "home".to_owned(),
            namespace: "team".to_owned(),
            name: "prod".to_owned(),
            uid: "1".to_owned(),
        }
    }

    fn line() -> ChildStatus {
        let mut line: ChildStatus = serde_json::from_value(json!({
            "state": "Ready", "id": "/subscriptions/s/A", "apiVersion": "1", "applied": "a.b",
        }))
        .unwrap();
        MADE.0.set(&mut line, MADE.1);
        line
    }

    /// What the operator recorded, with one child that Armature made.
    fn recorded() -> Inventories {
        let lines = [(KEY.to_owned(), line())].into();
        Inventories::knowing(&object(), Inventory::of(&object(), None, &lines))
    }

    fn signing<'a>(key: &'a FingerprintKey, inventories: &'a Inventories) -> Signing<'a> {
        Signer::new(key, inventories, object())
    }

    fn stored(signing: &Signing<'_>, lines: &BTreeMap<String, ChildStatus>) -> AksClusterStatus {
        AksClusterStatus {
            children: sealed_children(signing, None, lines),
            ..AksClusterStatus::default()
        }
    }

    #[test]
    fn what_was_stored_is_believed_and_stored_alike_again() {
        let (key, inventories) = (FingerprintKey::of(1), recorded());
        let signing = signing(&key, &inventories);
        let status = stored(&signing, &[(KEY.to_owned(), line())].into());
        let records = Records::admit(&signing, &status);
        assert!(records.children[KEY].owned && records.unproven.is_empty() && records.afresh.is_empty());
        assert_eq!(
            sealed_children(&signing, Some(&status), &records.children),
            status.children
        );
    }

    #[test]
    fn whatever_stands_in_status_a_child_is_whose_the_inventory_says() {
        let (key, inventories) = (FingerprintKey::of(1), recorded());
        let signing = signing(&key, &inventories);
        let proven = stored(&signing, &[(KEY.to_owned(), line())].into());
        let with = |change: fn(&mut ChildStatus)| {
            let mut status = proven.clone();
            status.children.values_mut().for_each(change);
            status
        };
        let none = AksClusterStatus::default();
        let cases = [
            ("taken out", none.clone()),
            (
                "another id",
                with(|line| line.id = Some("/subscriptions/s/B".to_owned())),
            ),
            ("no id", with(|line| line.id = None)),
            ("another record", with(|line| line.applied = Some("c.d".to_owned()))),
            (
                "other outputs",
                with(|line| drop(line.outputs.insert("principalId".to_owned(), "p".to_owned()))),
            ),
            (
                "another time",
                with(|line| line.created_at = Some(Timestamp::UNIX_EPOCH)),
            ),
            ("no proof", with(|line| line.proof = None)),
            ("not ours", with(|line| line.owned = false)),
            (
                "a former claim",
                with(|line| line.proof = Some("making:0:kept".to_owned())),
            ),
        ];
        for (what, status) in cases {
            let records = Records::admit(&signing, &status);
            let line = &records.children[KEY];
            assert_eq!(line.id.as_deref(), Some("/subscriptions/s/A"), "{what}");
            assert_eq!(
                (Claim::with_serial(line), line.created_at),
                (Some(MADE), None),
                "{what}"
            );
            if what != "not ours" {
                assert_eq!((line.state, &line.applied), (ChildState::Pending, &None), "{what}");
                assert!(
                    line.outputs.is_empty() && records.afresh.contains(&KEY.to_owned()),
                    "{what}"
                );
            }
        }
        let nothing = Inventories::default();
        let lost = self::signing(&key, &nothing);
        let records = Records::admit(&lost, &proven);
        assert!(!records.children[KEY].owned && records.unproven.contains(KEY) && records.unrecorded);
        let forged = with(|line| line.proof = Some("made:0:made-up".to_owned()));
        let records = Records::admit(&lost, &forged);
        assert!(!records.children[KEY].owned && records.unproven.contains(KEY) && !records.unrecorded);
    }

    #[test]
    fn under_another_key_a_child_stays_ours_and_is_looked_at_afresh() {
        let (key, other, inventories) = (FingerprintKey::of(1), FingerprintKey::of(2), recorded());
        let status = stored(&signing(&key, &inventories), &[(KEY.to_owned(), line())].into());
        let records = Records::admit(&signing(&other, &inventories), &status);
        let line = &records.children[KEY];
        assert_eq!(
            (line.owned, line.state, &line.applied),
            (true, ChildState::Pending, &None)
        );
    }

    #[test]
    fn without_the_key_nothing_is_believed_and_nothing_is_lost() {
        let (key, inventories) = (FingerprintKey::of(1), recorded());
        let signing = signing(&key, &inventories);
        let status = stored(&signing, &[(KEY.to_owned(), line())].into());
        let without = Err(Unproven::key("no key"));
        let mut records = Records::admit(&without, &status);
        assert!(!records.children[KEY].owned);
        records.children.get_mut(KEY).unwrap().message = Some("looked".to_owned());
        let kept = sealed_children(&without, Some(&status), &records.children);
        assert_eq!(kept[KEY].message.as_deref(), Some("looked"));
        assert_eq!(
            (&kept[KEY].proof, &kept[KEY].applied),
            (&status.children[KEY].proof, &status.children[KEY].applied)
        );
    }

    #[test]
    fn a_record_that_was_overtaken_proves_nothing_and_what_follows_gets_a_higher_serial() {
        let (key, inventories) = (FingerprintKey::of(1), Inventories::default());
        let open = signing(&key, &inventories);
        let recorded = AksClusterStatus {
            resume_attempts: Some(1),
            ..AksClusterStatus::default()
        };
        let first = Record::admit(&open, &AksClusterStatus::default(), Timestamp::UNIX_EPOCH);
        assert!(first.proven, "what records nothing needs no proof");
        let stored = sealed_cluster(&open, first.serial, &AksClusterStatus::default(), recorded);
        assert_eq!(Record::admit(&open, &stored, Timestamp::UNIX_EPOCH), first);

        let since = Serial::after(first.serial, Timestamp::UNIX_EPOCH);
        let overtaken = Inventories::knowing(&object(), Inventory::of(&object(), Some(since), &BTreeMap::new()));
        let after = Record::admit(&signing(&key, &overtaken), &stored, Timestamp::UNIX_EPOCH);
        assert!(!after.proven && after.serial > Some(since));
    }
}
