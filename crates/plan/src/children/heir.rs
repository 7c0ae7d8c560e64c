//! Who needs the resource of a line that the manifest no longer asks for: another entry may come to the same one.

use std::collections::BTreeMap;

use super::{Draft, Hindrance, Kind, key, kind_of};
use armature_api::ChildStatus;

/// Who needs the resource of a line that leaves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Heir {
    /// This entry of the manifest, by its key in status, comes to the same resource.
    Entry(String),
    /// Nobody knows yet what this entry comes to, which may be the same resource.
    Perhaps(String),
    /// No entry of this cluster.
    Nobody,
}

/// Who needs the resource of the line with the key `leaving`.
pub fn of(leaving: &str, lines: &BTreeMap<String, ChildStatus>, wanted: &[(&Kind, Draft)]) -> Heir {
    let id_of = |key: &str| lines.get(key).and_then(|line| line.id.as_deref());
    let (Some(id), Some(kind)) = (id_of(leaving), kind_of(leaving)) else {
        return Heir::Nobody;
    };
    let mut perhaps = Heir::Nobody;
    for (other, draft) in wanted {
        let key = key(other, &draft.name);
        let comes_to = match &draft.child {
            Ok(child) => Some(child.id.as_str()),
            // What it came to last.
            Err(_) => id_of(&key),
        };
        match comes_to {
            Some(comes_to) if comes_to.eq_ignore_ascii_case(id) => return Heir::Entry(key),
            None if is_unread(draft) && may_meet(kind, other) => perhaps = Heir::Perhaps(key),
            Some(_) | None => {}
        }
    }
    perhaps
}

/// Whether entries of both kinds may come to the same resource: they write the same type.
pub fn may_meet(one: &Kind, other: &Kind) -> bool {
    let mut writes = one.actions.iter().filter(|action| action.ends_with("/write"));
    one.field == other.field || writes.any(|action| other.actions.contains(action))
}

fn is_unread(draft: &Draft) -> bool {
    matches!(draft.child, Err(Hindrance::Look(_) | Hindrance::Ask(_)))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::{Child, Needs, Read, attach_registries, federated_credentials, role_assignments};
    use super::*;

    const LEAVING: &str = "roleAssignments/old";

    fn line(id: &str) -> ChildStatus {
        ChildStatus {
            id: Some(id.to_owned()),
            owned: true,
            ..ChildStatus::default()
        }
    }

    fn entry(kind: &'static Kind, child: Result<&str, Hindrance>) -> (&'static Kind, Draft) {
        let child = child.map(|id| Child {
            id: id.to_owned(),
            api_version: "2022-04-01".into(),
            entry: json!({}),
            body: json!({}),
            secrets: Vec::new(),
        });
        (kind, Draft::new("new", Needs::Cluster, child))
    }

    fn unread() -> Hindrance {
        Hindrance::Look(Read::resource("/x", "2022-04-01"))
    }

    fn heir(lines: &[(&str, &str)], wanted: (&'static Kind, Draft)) -> Heir {
        let lines = lines.iter().map(|(key, id)| ((*key).to_owned(), line(id))).collect();
        of(LEAVING, &lines, &[wanted])
    }

    #[test]
    fn an_entry_of_any_kind_that_comes_to_the_same_resource_inherits_it_whatever_the_case_of_the_id() {
        let lines = [(LEAVING, "/scope/roleAssignments/A")];
        let same = |kind| heir(&lines, entry(kind, Ok("/SCOPE/roleassignments/a")));
        assert_eq!(
            same(&role_assignments::KIND),
            Heir::Entry("roleAssignments/new".to_owned())
        );
        assert_eq!(
            same(&attach_registries::KIND),
            Heir::Entry("attachRegistries/new".to_owned())
        );
        let other = entry(&role_assignments::KIND, Ok("/scope/roleAssignments/b"));
        assert_eq!(heir(&lines, other), Heir::Nobody);
    }

    #[test]
    fn the_former_resource_of_an_entry_is_its_own_again_when_it_comes_back_to_it() {
        let former = "roleAssignments/new~0123";
        let lines = [(former.to_owned(), line("/a"))].into();
        let back = entry(&role_assignments::KIND, Ok("/a"));
        assert_eq!(
            of(former, &lines, &[back]),
            Heir::Entry("roleAssignments/new".to_owned())
        );
    }

    #[test]
    fn an_entry_that_can_not_be_read_now_keeps_what_it_came_to_last() {
        let wanted = || entry(&role_assignments::KIND, Err(unread()));
        let lines = [(LEAVING, "/a"), ("roleAssignments/new", "/A")];
        assert_eq!(heir(&lines, wanted()), Heir::Entry("roleAssignments/new".to_owned()));
        let lines = [(LEAVING, "/a"), ("roleAssignments/new", "/b")];
        assert_eq!(heir(&lines, wanted()), Heir::Nobody);
    }

    #[test]
    fn nothing_goes_while_it_is_not_known_what_an_entry_that_may_be_the_same_comes_to() {
        let lines = [(LEAVING, "/a")];
        let unread = |kind| heir(&lines, entry(kind, Err(unread())));
        assert_eq!(
            unread(&attach_registries::KIND),
            Heir::Perhaps("attachRegistries/new".to_owned())
        );
        assert_eq!(
            unread(&federated_credentials::KIND),
            Heir::Nobody,
            "it is never a role assignment"
        );
        let missing = Hindrance::NotYet("the identity to exist".to_owned());
        let missing = entry(&role_assignments::KIND, Err(missing));
        assert_eq!(
            heir(&lines, missing),
            Heir::Nobody,
            "what nobody knows may take for ever"
        );
    }
}
