//! What status records, on its way in and out of a pass. What comes in is believed as far as it is proven; what goes out
//! is signed. In between, a line is what a pass found out itself.

use std::collections::{BTreeMap, BTreeSet};

use super::proof::{Signer, Signing};
use crate::api::{AksClusterStatus, ChildStatus, OperationStatus};
use crate::plan::children::claim::{Claim, disbelieve};

/// What a pass starts from.
#[derive(Debug, Default)]
pub struct Records {
    /// The lines of children, believed or not.
    pub children: BTreeMap<String, ChildStatus>,
    /// Keys of lines that say Armature made something, or was about to, and do not prove it.
    pub unproven: BTreeSet<String>,
    /// Operations that Azure gave us.
    pub operations: BTreeMap<String, OperationStatus>,
    /// Keys of operations that nobody proves: their URLs are not called, and their targets are looked at afresh.
    pub dropped: Vec<String>,
    /// Lines with proofs that could not be checked for want of the key: what they record waits in status for it.
    pub shelved: BTreeMap<String, ChildStatus>,
}

impl Records {
    /// Reads what status records.
    pub fn admit(signing: &Signing<'_>, status: &AksClusterStatus) -> Self {
        let mut records = Self::default();
        for (key, line) in &status.children {
            records.admit_child(signing.as_ref().ok(), key, line.clone());
        }
        for (key, operation) in &status.operations {
            let proven = signing.as_ref().is_ok_and(|signer| signer.proves(key, operation));
            if proven {
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
        if signer.is_none() && line.proof.is_some() {
            self.shelved.insert(key.to_owned(), line.clone());
        }
        match claim {
            Some(claim) => Claim::set(&mut line, Some(claim)),
            None => {
                if claims_more {
                    self.unproven.insert(key.to_owned());
                }
                disbelieve(&mut line);
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
    let seal = |key: &String, line: &ChildStatus| match signing {
        Ok(signer) => ChildStatus {
            proof: Claim::of(line).map(|claim| signer.of_child(key, line, claim)),
            ..line.clone()
        },
        Err(_) => match shelved.get(key).filter(|shelved| shelved.id == line.id) {
            Some(shelved) => as_shelved(shelved, line),
            None => ChildStatus {
                proof: None,
                ..line.clone()
            },
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
        proof: signing.as_ref().ok().map(|signer| signer.of_operation(key, operation)),
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
        ..shelved.clone()
    }
}
