//! What holds for every manifest and every Azure.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::world::{World, cluster};
use crate::change::Target;
use crate::live::LiveCluster;
use crate::step::Step;
use crate::version::Version;

/// Settings of a cluster that may change after it was made.
fn cluster_settings() -> impl Strategy<Value = Value> {
    let tag = || prop::option::of("[a-c]{0,2}");
    (
        tag(),
        tag(),
        prop::option::of(prop::sample::select(vec!["Free", "Standard", "Premium"])),
        prop::option::of(any::<bool>()),
        prop::option::of(prop::collection::btree_set("10\\.[0-9]\\.0\\.0/16", 0..3)),
        prop::option::of(prop::sample::select(vec!["10s", "20s"])),
        prop::option::of(any::<bool>()),
    )
        .prop_map(|(one, two, tier, local, ranges, scan, policy)| {
            let mut spec = json!({});
            if one.is_some() || two.is_some() {
                spec["tags"] = json!({});
                one.into_iter().for_each(|value| spec["tags"]["one"] = json!(value));
                two.into_iter().for_each(|value| spec["tags"]["two"] = json!(value));
            }
            tier.into_iter().for_each(|tier| spec["sku"] = json!({"tier": tier}));
            local
                .into_iter()
                .for_each(|off| spec["disableLocalAccounts"] = json!(off));
            ranges
                .into_iter()
                .for_each(|ranges| spec["apiServerAccessProfile"] = json!({"authorizedIPRanges": ranges}));
            scan.into_iter()
                .for_each(|scan| spec["autoScalerProfile"] = json!({"scan-interval": scan}));
            policy
                .into_iter()
                .for_each(|on| spec["addonProfiles"] = json!({"azurepolicy": {"enabled": on}}));
            spec
        })
}

/// Settings of a pool that may change after it was made.
fn pool_settings() -> impl Strategy<Value = Value> {
    (
        prop::option::of(1..9),
        prop::option::of("[a-c]{0,2}"),
        prop::option::of(prop::sample::subsequence(
            vec!["a=1:NoSchedule", "b=1:NoExecute", "a=1:NoExecute"],
            0..3,
        )),
        prop::option::of((1..3, 4..9)),
        prop::option::of(any::<bool>()),
    )
        .prop_map(|(count, label, taints, limits, fips)| {
            let mut spec = json!({"mode": "System"});
            count.into_iter().for_each(|count| spec["count"] = json!(count));
            label
                .into_iter()
                .for_each(|label| spec["nodeLabels"] = json!({"team": label}));
            taints.into_iter().for_each(|taints| spec["nodeTaints"] = json!(taints));
            fips.into_iter().for_each(|fips| spec["enableFIPS"] = json!(fips));
            if let Some((min, max)) = limits {
                spec["enableAutoScaling"] = json!(true);
                spec["minCount"] = json!(min);
                spec["maxCount"] = json!(max);
            } else {
                spec["enableAutoScaling"] = json!(false);
            }
            spec
        })
}

fn minor() -> impl Strategy<Value = String> {
    (28_u32..40, prop::option::of(0_u32..9))
        .prop_map(|(minor, patch)| patch.map_or(format!("1.{minor}"), |patch| format!("1.{minor}.{patch}")))
}

/// A version that runs: Azure shows it with its patch, whatever was asked for (SPEC: `currentKubernetesVersion`).
fn running() -> impl Strategy<Value = String> {
    (28_u32..40, 0_u32..9).prop_map(|(minor, patch)| format!("1.{minor}.{patch}"))
}

fn world(settings: &Value, pool: &Value) -> World {
    cluster(&settings.to_string()).pool("sys", &pool.to_string())
}

/// The same world with other manifests.
fn rewrite(mut world: World, settings: &Value, pool: &Value) -> World {
    let fresh = self::world(settings, pool);
    world.cluster.spec = fresh.cluster.spec;
    world.pools[0].spec = fresh.pools[0].spec.clone();
    world
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    /// Idempotent and convergent: whatever was there, the manifest is reached and then nothing is left.
    #[test]
    fn every_edit_is_reached_and_then_nothing_is_left(
        (before, after) in (cluster_settings(), cluster_settings()),
        (pool_before, pool_after) in (pool_settings(), pool_settings()),
    ) {
        let mut world = rewrite(world(&before, &pool_before).exists(), &after, &pool_after);
        world.run();
        prop_assert_eq!(world.steps(), [""; 0]);
        prop_assert_eq!(world.blockers(), []);
        let mut rebuilt = world.lose_status();
        prop_assert_eq!(rebuilt.run(), [""; 0], "and a rebuilt management cluster agrees");
    }

    /// Minimal: a step changes only paths at which the two sides differ, and what it leaves alone stays as it is.
    #[test]
    fn a_write_touches_nothing_but_its_changes(
        (before, after) in (cluster_settings(), cluster_settings()),
        pool in pool_settings(),
    ) {
        let mut world = rewrite(
            world(&before, &pool).exists().portal(json!({"properties": {"unknownToUs": {"a": [1]}}, "tags": {"policy": "x"}})),
            &after,
            &pool,
        );
        let plan = world.plan();
        for (change, _) in plan.changes() {
            prop_assert_ne!(&change.from, &change.to);
        }
        let live = world.live.clone().unwrap();
        while let Some(step) = world.pass() {
            prop_assert_eq!(step.target(), Target::Cluster, "the pool did not differ");
        }
        let now = world.live.unwrap();
        prop_assert_eq!(&now["properties"]["unknownToUs"], &live["properties"]["unknownToUs"]);
        prop_assert_eq!(&now["tags"]["policy"], &json!("x"));
        prop_assert_eq!(&now["properties"]["agentPoolProfiles"], &live["properties"]["agentPoolProfiles"]);
    }

    /// Nothing held is ever started, and under Observe everything is held.
    #[test]
    fn nothing_held_is_started(
        (before, after) in (cluster_settings(), cluster_settings()),
        (pool_before, pool_after) in (pool_settings(), pool_settings()),
        (tier, count) in (prop::sample::select(vec!["Free", "Standard"]), 1..9),
        policies in prop::sample::select(vec![
            "managementPolicy: Observe", "driftPolicy: Report", "{driftPolicy: Report, powerState: {code: Stopped}}",
        ]),
    ) {
        let world = rewrite(world(&before, &pool_before).exists(), &after, &pool_after)
            .portal(json!({"sku": {"tier": tier}}))
            .portal_pool("sys", json!({"count": count}))
            .edit(policies);
        let plan = world.plan();
        if let Some(next) = plan.next_step() {
            let free = plan.steps.iter().any(|planned| planned.hold.is_none() && planned.step == *next);
            prop_assert!(free, "{next} is held");
        }
        if policies.contains("Observe") {
            prop_assert!(plan.next_step().is_none());
            prop_assert!(plan.is_settled());
        }
    }

    /// Whatever versions meet, the way ends, never leads down, never leaves the skew and never skips a minor.
    #[test]
    fn versions_only_rise_one_minor_at_a_time_and_inside_the_skew(
        plane in running(), pool in running(), wanted in minor(), floor in prop::option::of(minor()),
        policy in prop::sample::select(vec!["Follow", "Lag", "Manual"]),
        channel in prop::sample::select(vec!["none", "stable"]),
    ) {
        let version = |text: &str| -> Version { text.parse().unwrap() };
        prop_assume!(version(&plane).minors_ahead_of(version(&pool)) <= 3 && version(&plane).meets(version(&pool)));
        let mut world = cluster("")
            .pool("sys", "mode: System")
            .exists()
            .portal(json!({"properties": {"kubernetesVersion": plane, "currentKubernetesVersion": plane,
                                          "autoUpgradeProfile": {"upgradeChannel": channel}}}))
            .portal_pool("sys", json!({"orchestratorVersion": pool, "currentOrchestratorVersion": pool}))
            .edit(&format!("kubernetesVersion: '{wanted}'"))
            .edit_pool("sys", &format!("versionPolicy: {policy}"));
        if let Some(floor) = &floor {
            world = world.edit_pool("sys", &format!("orchestratorVersion: '{floor}'"));
        }
        loop {
            let seen = LiveCluster::new(world.live.clone().unwrap());
            let (plane, pool) = (seen.running_version().unwrap(), seen.pools[0].running_version().unwrap());
            let Some(step) = world.pass() else { break };
            let after = LiveCluster::new(world.live.clone().unwrap());
            let (next_plane, next_pool) = (after.running_version().unwrap(), after.pools[0].running_version().unwrap());
            prop_assert!(next_plane.meets(plane) && next_pool.meets(pool), "{step} leads down");
            prop_assert!(next_plane.minors_ahead_of(plane) <= 1, "{step} skips a minor");
            prop_assert!(next_plane.minors_ahead_of(next_pool) <= 3, "{step} leaves the skew");
            prop_assert!(next_plane.same_minor(next_pool) || next_plane.meets(next_pool), "{step} takes the pool ahead");
            if !matches!(step, Step::UpgradeCluster { .. }) {
                prop_assert!(next_pool.minors_ahead_of(pool) <= 1, "{step} skips a minor of the pool");
            }
        }
    }

    /// A plan is made of any body whatever, without failing.
    #[test]
    fn any_body_is_planned_against(text in "[a-z0-9.]{0,6}", number in any::<i64>(), shape in 0..6) {
        let odd = match shape {
            0 => json!(text),
            1 => json!(number),
            2 => json!([text]),
            3 => json!({text.as_str(): number}),
            4 => Value::Null,
            _ => json!(true),
        };
        let settings = json!({"tags": {"one": "x"}, "sku": {"tier": "Free"}, "autoScalerProfile": {"scan-interval": "10s"}});
        let mut world = world(&settings, &json!({"mode": "System", "nodeTaints": ["a=1:NoSchedule"]})).exists();
        let stored = world.live.as_mut().unwrap();
        for key in ["kubernetesVersion", "currentKubernetesVersion", "autoScalerProfile", "powerState", "networkProfile"] {
            stored["properties"][key] = odd.clone();
        }
        stored["sku"] = odd.clone();
        let profile = &mut stored["properties"]["agentPoolProfiles"][0];
        for key in ["nodeTaints", "orchestratorVersion", "currentOrchestratorVersion", "count", "mode", "tags"] {
            profile[key] = odd.clone();
        }
        let plan = world.plan();
        prop_assert_eq!(plan.hash(), world.plan().hash());
    }
}
