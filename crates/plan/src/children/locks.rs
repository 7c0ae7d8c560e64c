//! Locks (azure-mgmt-resource-locks 1.0.0, 2020-05-01; Learn: lock-resources).
//!
//! Which of them have to be away for a while is decided with the plan: [`crate::locks`].

use serde_json::json;

use super::{Child, Draft, Hindrance, Kind, Leaves, Needs, Rule, View, key, place};
use armature_api::LockLevel;

pub(super) static KIND: Kind = Kind {
    field: FIELD,
    // It would keep the cluster from going.
    leaves: Leaves::BeforeCluster,
    compare: &[("properties.level", Rule::AnyCase)],
    drafts,
    actions: &[
        "Microsoft.Authorization/locks/delete",
        "Microsoft.Authorization/locks/read",
        "Microsoft.Authorization/locks/write",
    ],
    ..Kind::PLAIN
};

/// The field of the spec.
pub const FIELD: &str = "locks";

/// The API version of locks.
pub const API_VERSION: &str = "2020-05-01";

const TYPE: &str = "providers/Microsoft.Authorization/locks";

/// Where the locks at a scope are: the id of the list, and what the id of each begins with.
pub fn at(scope: &str) -> String {
    format!("{scope}/{TYPE}")
}

fn drafts(view: &View<'_>) -> Vec<Draft> {
    let locks = view.spec.locks.iter().flatten();
    locks
        .map(|(name, lock)| {
            // Whether it may be lifted is Armature's business: changing that writes nothing.
            let entry = json!({ "level": lock.level, "notes": lock.notes });
            let child = place::at(view.cluster, TYPE, name).map(|id| Child {
                id,
                api_version: API_VERSION.into(),
                body: json!({ "properties": entry }),
                entry,
                secrets: Vec::new(),
            });
            let needs = match lock.level {
                LockLevel::CanNotDelete => Needs::IdleCluster,
                LockLevel::ReadOnly => Needs::AllElse,
            };
            let child = view
                .is_away(&key(&KIND, name))
                .map_or(child, |why| Err(Hindrance::Suspended(why.to_owned())));
            Draft::new(name, needs, child)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde_json::Value;

    use super::*;
    use crate::children::{Intent, Reads, differences};

    fn drafts_of(lock: Value, away: &BTreeMap<String, String>) -> Draft {
        let spec = json!({
            "subscriptionId": "s",
            "resourceGroup": "fleet",
            "location": "westeurope",
            "locks": { "keep": lock },
        });
        let view = View {
            spec: &serde_json::from_value(spec).unwrap(),
            cluster: "/clusters/shop",
            live: None,
            reads: &Reads::default(),
            allowed_types: &[],
            intent: Intent::of(away),
        };
        drafts(&view).remove(0)
    }

    #[test]
    fn a_lock_is_made_on_the_cluster_and_a_read_only_one_after_everything_else() {
        let nothing = BTreeMap::new();
        let draft = drafts_of(
            json!({ "level": "ReadOnly", "notes": "ask us", "suspendForChanges": true }),
            &nothing,
        );
        let child = draft.child.unwrap();
        assert_eq!(child.id, "/clusters/shop/providers/Microsoft.Authorization/locks/keep");
        assert_eq!(
            child.body,
            json!({ "properties": { "level": "ReadOnly", "notes": "ask us" } })
        );
        assert_eq!(draft.needs, Needs::AllElse);
        assert_eq!(
            drafts_of(json!({ "level": "CanNotDelete" }), &nothing).needs,
            Needs::IdleCluster
        );
    }

    #[test]
    fn whether_it_may_be_lifted_is_no_reason_to_write_it() {
        let nothing = BTreeMap::new();
        let child = |suspend| {
            let draft = drafts_of(json!({ "level": "ReadOnly", "suspendForChanges": suspend }), &nothing);
            draft.child.unwrap()
        };
        assert_eq!(child(true), child(false));
        let live = json!({ "properties": { "level": "readonly" } });
        assert_eq!(differences(&child(true).body, &live, KIND.compare), [""; 0]);
    }

    #[test]
    fn a_lock_that_has_to_be_away_says_why() {
        let away = BTreeMap::from([("locks/keep".to_owned(), "to delete pool apps".to_owned())]);
        let draft = drafts_of(json!({ "level": "CanNotDelete" }), &away);
        assert_eq!(draft.child, Err(Hindrance::Suspended("to delete pool apps".to_owned())));
    }
}
