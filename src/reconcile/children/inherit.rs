//! A line that leaves while another entry of the manifest comes to the same resource: that entry gets what was ours,
//! and nothing happens in Azure.

use super::line;
use crate::reconcile::pass::Pass;
use armature_api::{ChildState, ChildStatus};
use armature_plan::change::Target;
use armature_plan::children::claim::Claim;
use armature_plan::children::former::UNTIL;
use armature_plan::children::heir::{self, Heir};
use armature_plan::children::{self, Child, Draft, Kind};

/// Hands over what other entries need; the lines that are left have to go.
pub fn hand_over(pass: &mut Pass<'_>, leaving: Vec<String>, wanted: &[(&'static Kind, Draft)]) -> Vec<String> {
    let goes = |key: &String| match heir::of(key, &pass.children, wanted) {
        Heir::Nobody => true,
        Heir::Perhaps(other) => {
            let why = format!("waits until it is known whether {other} needs it");
            line::set(pass.child_line(key), ChildState::Waiting, why);
            false
        }
        Heir::Entry(heir) => {
            let is_heir = |(kind, draft): &&(&Kind, Draft)| children::key(kind, &draft.name) == heir;
            let child = wanted
                .iter()
                .find(is_heir)
                .and_then(|(_, draft)| draft.child.as_ref().ok());
            inherit(pass, key, &heir, child);
            false
        }
    };
    leaving.into_iter().filter(goes).collect()
}

/// Gives the line of `leaving` to `heir`. While Azure works on one of them, that has to end first.
fn inherit(pass: &mut Pass<'_>, leaving: &str, heir: &str, child: Option<&Child>) {
    let works = |key: &str| pass.operations.contains_key(&Target::Child(key.to_owned()).to_string());
    if works(leaving) || works(heir) {
        return;
    }
    if let Some(child) = child {
        pass.set_former_aside(heir, child);
    }
    let Some(left) = pass.children.remove(leaving) else {
        return;
    };
    pass.memory.children.forget(leaving);
    pass.memory.children.rests.succeed(&Target::Child(leaving.to_owned()));
    let line = pass.child_line(heir);
    *line = inherited(std::mem::take(line), left);
}

/// The line of an entry that got the resource of another line. What we made stays ours.
fn inherited(own: ChildStatus, mut left: ChildStatus) -> ChildStatus {
    let ids = own.id.as_ref().zip(left.id.as_ref());
    if ids.is_some_and(|(own, left)| own.eq_ignore_ascii_case(left)) {
        let mut line = own;
        if Claim::of(&left) > Claim::of(&line) {
            (line.owned, line.proof, line.created_at) = (left.owned, left.proof, left.created_at);
        }
        return line;
    }
    // It was the former one, and is needed again.
    if left.outputs.remove(UNTIL).is_some() {
        left.message = None;
    }
    if left.state == ChildState::Ready {
        return left;
    }
    ChildStatus {
        state: ChildState::Pending,
        message: Some("nobody has looked yet".to_owned()),
        error: None,
        ..left
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use armature_plan::children::claim::Serial;

    fn line(id: Option<&str>, state: ChildState, claim: Option<Claim>) -> ChildStatus {
        let mut line = ChildStatus {
            state,
            id: id.map(str::to_owned),
            applied: id.map(str::to_owned),
            ..ChildStatus::default()
        };
        if let Some(claim) = claim {
            claim.set(&mut line, Serial::START);
        }
        line
    }

    #[test]
    fn what_we_made_stays_ours_under_the_entry_that_still_needs_it() {
        let left = line(Some("/A"), ChildState::Ready, Some(Claim::Made));
        let own = line(Some("/a"), ChildState::Ready, Some(Claim::Seen));
        let after = inherited(own.clone(), left);
        assert_eq!((Claim::of(&after), after.owned), (Some(Claim::Made), true));
        assert_eq!(after.applied, own.applied);
        for claim in [Some(Claim::Seen), None] {
            let theirs = line(Some("/a"), ChildState::Ready, claim);
            assert!(
                !inherited(own.clone(), theirs).owned,
                "what somebody else made does not become ours"
            );
        }
    }

    #[test]
    fn a_renamed_entry_goes_on_from_what_was_confirmed() {
        let left = line(Some("/a"), ChildState::Ready, Some(Claim::Made));
        let new = line(None, ChildState::Pending, None);
        assert_eq!(inherited(new.clone(), left.clone()), left);
        let failed = line(Some("/a"), ChildState::Failed, Some(Claim::Made));
        let line = inherited(new, failed);
        assert_eq!((line.state, line.owned), (ChildState::Pending, true));
        assert_eq!(line.applied.as_deref(), Some("/a"));
    }
}
