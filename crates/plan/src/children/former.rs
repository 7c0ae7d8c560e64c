//! Rights that an identity of the cluster no longer needs by the manifest, and uses all the same: until the cluster has
//! the other one, and some time after (Learn: user-assigned-managed-identity; tokens of the former one stay good).

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use super::{Child, View, heir, kind_of, principals, role_assignments};
use armature_api::ChildStatus;

/// Where the line of an assignment that stays for a while says how long.
pub const UNTIL: &str = "until";

/// For this long after a change of identity the former one keeps its rights. AKS speaks of several hours; a token of a
/// managed identity is kept for up to a day.
const LAG: SignedDuration = SignedDuration::from_hours(24);

/// Whether something that may go stays a while.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stay {
    /// It goes now.
    No,
    /// The cluster has the identity that it is for until its change is done.
    WhileUsed,
    /// The cluster has another identity by now; parts of it may use the former one until then.
    Until(Timestamp),
}

/// How long what the line is about stays. `successor` is what its entry amounts to now.
pub fn stay(view: &View<'_>, key: &str, line: &ChildStatus, successor: Option<&Child>, now: Timestamp) -> Stay {
    let gives_role = kind_of(key).is_some_and(|kind| heir::may_meet(kind, &role_assignments::KIND));
    if !gives_role || !line.owned {
        return Stay::No;
    }
    let principal = line.outputs.get(role_assignments::PRINCIPAL).map(String::as_str);
    if principals::is_changing(view) && principal.is_none_or(|id| principals::is_control_plane(view, id)) {
        return Stay::WhileUsed;
    }
    if !successor.is_some_and(|successor| is_for_other_identity(successor, principal)) {
        return Stay::No;
    }
    let told = line.outputs.get(UNTIL).and_then(|until| until.parse().ok());
    match told.or_else(|| now.checked_add(LAG).ok()) {
        Some(until) if now < until => Stay::Until(until),
        Some(_) | None => Stay::No,
    }
}

/// Whether the entry is for an identity of the cluster, and that is another one than `former`.
fn is_for_other_identity(successor: &Child, former: Option<&str>) -> bool {
    let words = |principal: &Value| principal == "cluster" || principal == "kubelet";
    let now = successor
        .body
        .pointer("/properties/principalId")
        .and_then(Value::as_str);
    // A registry names no principal: it is the kubelet's.
    successor.entry.get("principal").is_none_or(words)
        && !former
            .zip(now)
            .is_some_and(|(former, now)| former.eq_ignore_ascii_case(now))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::{Intent, Reads};
    use super::*;
    use crate::live::LiveCluster;

    const NET: &str = "roleAssignments/net~0123";

    fn now() -> Timestamp {
        "2026-09-01T12:00:00Z".parse().unwrap()
    }

    /// What was for the principal `old`.
    fn former() -> ChildStatus {
        ChildStatus {
            owned: true,
            outputs: [(role_assignments::PRINCIPAL.to_owned(), "old".to_owned())].into(),
            ..ChildStatus::default()
        }
    }

    fn successor(principal: &str, object_id: &str) -> Child {
        Child {
            id: "/net/new".to_owned(),
            api_version: "2022-04-01".into(),
            entry: json!({ "principal": principal }),
            body: json!({ "properties": { "principalId": object_id } }),
            secrets: Vec::new(),
        }
    }

    /// With a cluster that runs on the identity `/ids/{runs_on}` and is to run on `/ids/new`.
    fn of(key: &str, runs_on: &str, line: &ChildStatus, successor: Option<&Child>) -> Stay {
        let identities = json!({ format!("/IDS/{runs_on}"): { "principalId": runs_on } });
        let live = LiveCluster::new(json!({
            "identity": { "type": "UserAssigned", "userAssignedIdentities": identities },
        }));
        let spec = json!({
            "subscriptionId": "s", "resourceGroup": "rg", "location": "l",
            "identity": { "type": "UserAssigned", "userAssignedIdentityId": "/ids/new" },
        });
        let view = View {
            spec: &serde_json::from_value(spec).unwrap(),
            cluster: "/c",
            live: Some(&live),
            reads: &Reads::default(),
            allowed_types: &[],
            intent: Intent::default(),
        };
        stay(&view, key, line, successor, now())
    }

    #[test]
    fn rights_of_the_identity_that_the_cluster_runs_on_stay_until_it_has_the_other_one() {
        let new = successor("cluster", "new");
        assert_eq!(of(NET, "old", &former(), Some(&new)), Stay::WhileUsed);
        let renamed = of("roleAssignments/net", "old", &former(), None);
        assert_eq!(renamed, Stay::WhileUsed, "whatever the entry is called by then");
        let others = of("roleAssignments/net", "third", &former(), None);
        assert_eq!(others, Stay::No, "another principal's rights go");
    }

    #[test]
    fn rights_of_a_former_identity_stay_for_a_day_after_the_change() {
        let until = now() + LAG;
        for word in ["cluster", "kubelet"] {
            let stay = of(NET, "new", &former(), Some(&successor(word, "new")));
            assert_eq!(stay, Stay::Until(until), "{word}");
        }
        let mut line = former();
        let told = |line: &mut ChildStatus, until: Timestamp| line.outputs.insert(UNTIL.to_owned(), until.to_string());
        told(&mut line, now() + SignedDuration::from_secs(1));
        let new = successor("cluster", "new");
        assert!(matches!(of(NET, "new", &line, Some(&new)), Stay::Until(_)));
        told(&mut line, now());
        assert_eq!(of(NET, "new", &line, Some(&new)), Stay::No);
    }

    #[test]
    fn what_a_person_took_back_goes_at_once() {
        assert_eq!(of(NET, "new", &former(), None), Stay::No, "the entry is gone");
        let other = successor("33333333-0000-4000-8000-000000000003", "new");
        assert_eq!(
            of(NET, "new", &former(), Some(&other)),
            Stay::No,
            "it names somebody else"
        );
        let same = successor("cluster", "OLD");
        assert_eq!(
            of(NET, "new", &former(), Some(&same)),
            Stay::No,
            "the same identity gets another role or scope"
        );
    }
}
