//! What holds for every report, whatever happened before: the rules of kstatus, Flux and `kubectl wait`.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition;
use proptest::prelude::*;
use serde_json::json;

use super::desk::Desk;
use crate::change::Target;
use crate::status::conditions::{IN_SYNC, READY, RECONCILING, STALLED, find};
use crate::status::failure::Severity;
use crate::tests::world::{World, cluster};

/// Something that happens between two reports.
#[derive(Debug, Clone)]
enum Happening {
    Edit(&'static str),
    EditPool(&'static str),
    Portal(serde_json::Value),
    PortalPool(serde_json::Value),
    Starts,
    Ends,
    Runs,
    Fails(Target, Severity, bool),
    Heals,
    Vanishes,
    LosesStatus,
    Deletes,
    DeletesPool,
    Releases,
}

fn target() -> impl Strategy<Value = Target> {
    prop_oneof![
        Just(Target::Cluster),
        Just(Target::Pool("sys".to_owned())),
        Just(Target::Pool("work".to_owned()))
    ]
}

fn happening() -> impl Strategy<Value = Happening> {
    let state = prop::sample::select(vec!["Succeeded", "Failed", "Canceled", "Updating", "Deleting", "Odd"]);
    let severity = prop::sample::select(vec![Severity::Passing, Severity::Retried, Severity::User]);
    let edits = vec![
        "sku: {tier: Premium}",
        "kubernetesVersion: '1.35'",
        "location: westus",
        "managementPolicy: Observe",
        "driftPolicy: Report",
        "adoptionPolicy: AfterPlan",
        "deletionProtection: false",
        "powerState: {code: Stopped}",
        "powerState: {code: Running}",
        "{}",
    ];
    let pool_edits = vec![
        "count: 5",
        "vmSize: Standard_D8s_v5",
        "mode: User",
        "deletionProtection: false",
        "orchestratorVersion: '1.39'",
        "{}",
    ];
    let portal = vec![
        json!({"sku": {"tier": "Standard"}}),
        json!({"tags": {"armature-owner": "other/team/prod"}}),
        json!({"tags": {"armature-owner": null}}),
        json!({"properties": {"powerState": {"code": "Stopped"}}}),
        json!({"properties": {"agentPoolProfiles": []}}),
    ];
    let portal_pool = prop_oneof![
        Just(json!({"count": 9})),
        Just(json!({"tags": {"armature-owner": "other/team/x"}})),
        state.clone().prop_map(|state| json!({"provisioningState": state})),
    ];
    prop_oneof![
        3 => prop::sample::select(edits).prop_map(Happening::Edit),
        2 => prop::sample::select(pool_edits).prop_map(Happening::EditPool),
        2 => prop::sample::select(portal).prop_map(Happening::Portal),
        2 => state.prop_map(|state| Happening::Portal(json!({"properties": {"provisioningState": state}}))),
        2 => portal_pool.prop_map(Happening::PortalPool),
        3 => Just(Happening::Starts),
        3 => Just(Happening::Ends),
        2 => Just(Happening::Runs),
        3 => (target(), severity, any::<bool>()).prop_map(|(target, severity, planned)| Happening::Fails(target, severity, planned)),
        2 => Just(Happening::Heals),
        1 => Just(Happening::Vanishes),
        1 => Just(Happening::LosesStatus),
        1 => Just(Happening::Deletes),
        1 => Just(Happening::DeletesPool),
        1 => Just(Happening::Releases),
    ]
}

fn happen(desk: Desk, what: Happening) -> Desk {
    let exists = desk.world.live.is_some();
    match what {
        Happening::Edit(spec) => desk.edited(|world| world.edit(spec)),
        Happening::EditPool(spec) => desk.edited(|world| world.edit_pool("work", spec)),
        Happening::Portal(edit) if exists => desk.then(|world| world.portal(edit)),
        Happening::PortalPool(edit) if has_pool(&desk.world) => desk.then(|world| world.portal_pool("work", edit)),
        Happening::Portal(_) | Happening::PortalPool(_) => desk,
        Happening::Starts => match desk.plan().next_step().cloned() {
            Some(step) => desk.running(&step),
            None => desk,
        },
        Happening::Ends => {
            let mut desk = desk;
            desk.ended = i64::try_from(desk.operations.len()).unwrap();
            desk.operations.clear();
            desk.world.facts.running.clear();
            desk
        }
        Happening::Runs => {
            let mut desk = desk;
            let alive = desk.world.cluster.metadata.deletion_timestamp.is_none();
            if alive && has_pool(&desk.world) {
                desk.world.pass();
            }
            desk
        }
        Happening::Fails(target, severity, planned) => desk.failed(target, severity, planned),
        Happening::Heals => {
            let mut desk = desk;
            desk.failure = None;
            desk.planned = true;
            desk
        }
        Happening::Vanishes => desk.then(|mut world| {
            world.live = None;
            world
        }),
        Happening::LosesStatus => desk.then(World::lose_status),
        Happening::Deletes => desk.edited(World::delete),
        Happening::DeletesPool => desk.edited(|world| world.delete_pool("work")),
        Happening::Releases => desk.then(World::release),
    }
}

fn has_pool(world: &World) -> bool {
    let live = world.live.clone().map(crate::live::LiveCluster::new);
    live.is_some_and(|live| live.pool("work").is_some() && live.pool("sys").is_some())
}

/// The generation, whether the object goes, and what its status says.
struct Seen<'a> {
    generation: i64,
    deleting: bool,
    observed: Option<i64>,
    conditions: &'a [Condition],
}

impl Seen<'_> {
    fn is(&self, type_: &str, status: &str) -> bool {
        find(self.conditions, type_).is_some_and(|condition| condition.status == status)
    }

    /// The invariants at the end of a pass (Flux, `conditions/check`), and what `kubectl wait` needs.
    fn check(&self) -> Result<(), TestCaseError> {
        let (ready, reconciling, stalled) = (
            self.is(READY, "True"),
            self.is(RECONCILING, "True"),
            self.is(STALLED, "True"),
        );
        prop_assert!(find(self.conditions, READY).is_some());
        prop_assert!(!(reconciling && stalled));
        prop_assert!(!ready || (!reconciling && !stalled));
        prop_assert!(!stalled || self.is(READY, "False"));
        prop_assert!(!self.is(READY, "Unknown") || reconciling);
        prop_assert!(ready || reconciling || stalled, "not ready, and nobody works on it");
        for type_ in [RECONCILING, STALLED] {
            prop_assert!(find(self.conditions, type_).is_none_or(|condition| condition.status == "True"));
        }
        prop_assert!(self.observed.is_some_and(|observed| observed <= self.generation));
        prop_assert_eq!(self.observed == Some(self.generation) && !reconciling, ready || stalled);
        for condition in self.conditions {
            prop_assert_eq!(condition.observed_generation, Some(self.generation));
            prop_assert!(
                !condition.message.is_empty() && condition.message.len() < 32_768,
                "{:?}",
                condition
            );
            prop_assert!(condition.reason.starts_with(|first: char| first.is_ascii_alphabetic()));
            prop_assert!(condition.reason.chars().all(|one| one.is_ascii_alphanumeric()));
            let same = self.conditions.iter().filter(|other| other.type_ == condition.type_);
            prop_assert_eq!(same.count(), 1);
        }
        Ok(())
    }

    /// What kstatus, and so Flux, makes of it: cli-utils, `pkg/kstatus/status/generic.go`.
    fn kstatus(&self) -> &'static str {
        if self.deleting {
            return "Terminating";
        }
        if self.observed.is_some_and(|observed| observed != self.generation) {
            return "InProgress";
        }
        for condition in self.conditions.iter().filter(|condition| condition.status == "True") {
            match condition.type_.as_str() {
                RECONCILING => return "InProgress",
                STALLED => return "Failed",
                _ => {}
            }
        }
        if self.is(READY, "True") {
            "Current"
        } else {
            "InProgress"
        }
    }
}

fn seen(desk: &Desk) -> Vec<Seen<'_>> {
    let cluster = &desk.world.cluster;
    let status = cluster.status.as_ref().unwrap();
    let pools = desk.world.pools.iter().map(|pool| {
        let status = pool.status.as_ref().unwrap();
        Seen {
            generation: pool.metadata.generation.unwrap(),
            deleting: pool.metadata.deletion_timestamp.is_some(),
            observed: status.observed_generation,
            conditions: &status.conditions,
        }
    });
    let first = Seen {
        generation: cluster.metadata.generation.unwrap(),
        deleting: cluster.metadata.deletion_timestamp.is_some(),
        observed: status.observed_generation,
        conditions: &status.conditions,
    };
    std::iter::once(first).chain(pools).collect()
}

fn start(exists: bool) -> Desk {
    let world = cluster("sku: {tier: Free}")
        .pool("sys", "{mode: System, count: 3}")
        .pool("work", "{mode: User, count: 1}");
    let mut desk = Desk::new(if exists { world.exists() } else { world });
    desk.report();
    desk
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_invariants_hold_after_every_report(exists in any::<bool>(), story in prop::collection::vec(happening(), 1..8)) {
        let mut desk = start(exists);
        for what in story {
            desk = happen(desk, what);
            desk.report();
            for object in seen(&desk) {
                object.check()?;
            }
        }
    }

    /// Nothing is written where nothing changed: the same findings a second time make the same status, however much
    /// later, and through the JSON it was stored as.
    #[test]
    fn the_same_report_again_changes_nothing(exists in any::<bool>(), story in prop::collection::vec(happening(), 1..8)) {
        let mut desk = start(exists);
        for what in story {
            desk = happen(desk, what);
            // A failure is told apart from the plan it came after, and counted while it goes on.
            if desk.planned || desk.failure.as_ref().is_some_and(|failure| failure.severity != Severity::Passing) {
                desk = happen(desk, Happening::Heals);
            }
            desk.report().report();
            let stored = (desk.world.cluster.status.clone(), desk.world.pools.clone());
            desk.report();
            prop_assert_eq!(&desk.world.cluster.status, &stored.0);
            prop_assert_eq!(&desk.world.pools, &stored.1);
        }
    }

    /// Done means done: Flux and `kubectl wait` are told so only when nothing is left that may be done, and never of
    /// a generation that nobody has planned.
    #[test]
    fn an_object_is_current_only_when_nothing_is_left_to_do(exists in any::<bool>(), story in prop::collection::vec(happening(), 1..8)) {
        let mut desk = start(exists);
        for what in story {
            let observed: Vec<_> = seen_before(&desk);
            desk = happen(desk, what);
            desk.report();
            let plan = desk.plan();
            for (object, observed) in seen(&desk).into_iter().zip(observed) {
                if object.kstatus() != "Current" {
                    continue;
                }
                prop_assert!(desk.planned || observed == Some(object.generation), "nobody planned this generation");
                prop_assert!(find(object.conditions, IN_SYNC).is_none_or(|found| found.reason != "Pending") || !desk.planned);
            }
            if seen(&desk)[0].kstatus() == "Current" && desk.planned {
                prop_assert!(plan.is_settled() && plan.blockers.is_empty() && desk.operations.is_empty());
            }
        }
    }

    /// A freeze must not turn Flux red: a plan in which everything is held leaves the cluster as ready as it is.
    #[test]
    fn held_work_is_current(edit in prop::sample::select(vec!["sku: {tier: Premium}", "kubernetesVersion: '1.35'", "tags: {a: b}"]),
                            state in prop::sample::select(vec!["Succeeded", "Updating"])) {
        let mut desk = start(true);
        desk.report();
        let mut desk = desk.edited(|world| world.edit("managementPolicy: Observe").edit(edit))
            .then(|world| world.portal(json!({"properties": {"provisioningState": state}})));
        desk.report();
        for object in seen(&desk) {
            prop_assert_eq!(object.kstatus(), "Current");
        }
        prop_assert!(seen(&desk)[0].is(IN_SYNC, "False"));
    }
}

/// The generations that were observed before.
fn seen_before(desk: &Desk) -> Vec<Option<i64>> {
    let cluster = desk
        .world
        .cluster
        .status
        .as_ref()
        .and_then(|status| status.observed_generation);
    let pools = desk
        .world
        .pools
        .iter()
        .map(|pool| pool.status.as_ref().and_then(|status| status.observed_generation));
    std::iter::once(cluster).chain(pools).collect()
}
