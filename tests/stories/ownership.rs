//! Clusters that are somebody else's, or nobody's: nothing is written to them until somebody who may has said so.

use armature_api::{APPROVE_PLAN_ANNOTATION, AksCluster, AksNodePool};
use armature_lab::OperatorProcess;
use armature_lab::simulator::admin::Seed;
use kube::Api;
use kube::api::{DeleteParams, Patch, PatchParams};
use serde_json::{Value, json};

use crate::look;
use crate::wants::NOTHING;
use crate::world::{GROUP, World, gone, until};

/// The name of the cluster that was there before.
const FOUND: &str = "found-0001";

impl World {
    /// Azure has a cluster that nobody here has made, with these tags and a System pool `system` of one node.
    async fn find_cluster(&self, tags: &[(&str, &str)]) {
        let seed = Seed {
            resource_group: GROUP.to_owned(),
            prefix: "found-".to_owned(),
            tags: tags
                .iter()
                .map(|(key, value)| (key.to_string(), value.to_string()))
                .collect(),
            pool: json!({ "count": 1 }),
            ..Seed::default()
        };
        self.admin().seed(&seed).await.unwrap();
    }

    /// Applies a manifest for that cluster, and one for its pool.
    async fn claim(&self, fields: Value) {
        let mut plain = json!({ "azureName": FOUND, "kubernetesVersion": null, "identity": null });
        plain
            .as_object_mut()
            .unwrap()
            .extend(fields.as_object().unwrap().clone());
        self.apply(&self.cluster("shop", plain)).await;
        let pool = json!({ "mode": "System", "vmSize": null, "count": 2 });
        self.apply(&self.pool("system", "shop", pool)).await;
    }
}

#[tokio::test]
async fn a_cluster_of_another_owner_is_left_alone_even_by_its_deletion() {
    let world = World::new("owned").await;
    let _operator = world.operator();
    world.find_cluster(&[("armature-owner", "elsewhere/team/shop")]).await;
    world
        .claim(json!({ "adoptionPolicy": "AfterPlan", "tags": { "team": "shop" } }))
        .await;
    assert_eq!(
        world.cluster_stalls("shop", "ConflictingManager").await,
        "the cluster in Azure belongs to \"elsewhere/team/shop\" by its tag armature-owner, so nothing is written to it; \
         delete this object here or release the cluster there and remove the tag"
    );
    world.delete_pool("system").await;
    world.delete_cluster("shop").await;
    world.pool_gone("system").await;
    world.cluster_gone("shop").await;
    assert_eq!(world.writes_after(0).await, NOTHING);
    assert!(world.azure.pool(FOUND, "system").await.is_some());
}

#[tokio::test]
async fn an_unmarked_cluster_is_adopted_only_by_approving_exactly_its_plan_and_then_kept() {
    let world = World::new("unmarked").await;
    let _operator = world.operator();
    world.find_cluster(&[]).await;
    world.claim(json!({ "tags": { "team": "shop" } })).await;
    assert_eq!(
        world.cluster_stalls("shop", "AdoptionRefused").await,
        "a cluster of this name exists in Azure and was not made by Armature, so nothing is written to it; set \
         spec.adoptionPolicy to AfterPlan to see what adopting it would change, or choose another name"
    );

    world
        .claim(json!({ "adoptionPolicy": "AfterPlan", "tags": { "team": "shop" } }))
        .await;
    let held = world
        .cluster_until("shop", "waiting for an approval", |cluster| {
            look::has_reason(cluster, "InSync", "AwaitingApproval")
        })
        .await;
    let plan = held.status.as_ref().unwrap().plan.clone().unwrap();
    assert_eq!(
        look::message(&held, "InSync"),
        format!(
            "held: put the ownership tag on the cluster; adopting this cluster needs an approval: read status.plan, then \
             annotate the object with aks.armature.dev/approve-plan={}",
            plan.hash
        )
    );
    let changes: Vec<_> = plan
        .changes
        .iter()
        .map(|change| (change.target.as_str(), change.path.as_str()))
        .collect();
    assert_eq!(
        changes,
        [
            ("cluster", "tags[armature-owner]"),
            ("cluster", "tags[team]"),
            ("pool/system", "tags[armature-owner]"),
            ("pool/system", "count"),
        ]
    );
    assert!(plan.changes.iter().all(|change| change.held.is_some()));

    world.annotate("shop", APPROVE_PLAN_ANNOTATION, "another-hash").await;
    world.request_reconcile("shop").await;
    world
        .cluster_until("shop", "looked at again", |cluster| {
            let handled = cluster
                .status
                .as_ref()
                .and_then(|status| status.last_handled_reconcile_at.as_ref());
            handled.is_some()
        })
        .await;
    assert_eq!(world.writes_after(0).await, NOTHING);

    world.annotate("shop", APPROVE_PLAN_ANNOTATION, &plan.hash).await;
    let cluster = world.ready("shop").await;
    assert_eq!(cluster.status.unwrap().adopted, Some(true));
    let writes = ["PATCH found-0001", "PATCH found-0001", "PUT found-0001/system"];
    assert_eq!(world.writes_after(0).await, writes);
    let tags = world.azure.cluster(FOUND).await.unwrap()["tags"].clone();
    assert_eq!(
        tags["armature-owner"],
        format!("stories/{}/shop/adopted", world.namespace)
    );
    assert_eq!(
        world.azure.pool(FOUND, "system").await.unwrap()["properties"]["count"],
        2
    );

    world.delete_cluster("shop").await;
    world.delete_pool("system").await;
    world.cluster_gone("shop").await;
    world.pool_gone("system").await;
    assert_eq!(world.writes_after(0).await, writes, "what was adopted is kept");
}

#[tokio::test]
async fn a_cluster_that_is_not_ours_is_left_alone_however_its_name_or_its_mark_is_written() {
    let world = World::new("foreign").await;
    let _operator = world.operator();
    let mark = |name: &str| format!("stories/{}/{name}", world.namespace);
    const TAG: &str = "armature-owner";
    let (unmarked, other) = ("AdoptionRefused", "ConflictingManager");
    let rows = [
        ("shouted", None, "SHOUTED-0001", GROUP, unmarked),
        ("elsewhere", None, "elsewhere-0001", "FLEET", unmarked),
        ("both", None, "Both-0001", "Fleet", unmarked),
        (
            "marked",
            Some((TAG, "elsewhere/team/marked".to_owned())),
            "MARKED-0001",
            "FLEET",
            other,
        ),
        (
            "tag",
            Some(("Armature-OWNER", "elsewhere/team/tag".to_owned())),
            "tag-0001",
            GROUP,
            other,
        ),
        (
            "case",
            Some((TAG, mark("case").to_uppercase())),
            "case-0001",
            GROUP,
            other,
        ),
        ("another", Some((TAG, mark("anothe"))), "another-0001", GROUP, other),
        (
            "longer",
            Some((TAG, format!("{}/adopted/x", mark("longer")))),
            "longer-0001",
            GROUP,
            other,
        ),
        (
            "blank",
            Some((TAG, format!(" {}", mark("blank")))),
            "blank-0001",
            GROUP,
            other,
        ),
        ("empty", Some((TAG, String::new())), "empty-0001", GROUP, other),
    ];
    for (name, tag, azure_name, group, _) in &rows {
        let tags = tag
            .iter()
            .map(|(key, value)| ((*key).to_owned(), value.clone()))
            .collect();
        let seed = Seed {
            resource_group: GROUP.to_owned(),
            prefix: format!("{name}-"),
            tags,
            ..Seed::default()
        };
        world.admin().seed(&seed).await.unwrap();
        let claim = json!({
            "azureName": azure_name, "resourceGroup": group, "tags": { "team": "shop" },
            "kubernetesVersion": null, "identity": null,
        });
        world.apply(&world.cluster(name, claim)).await;
    }
    for (name, .., reason) in &rows {
        world.cluster_stalls(name, reason).await;
    }
    for (name, ..) in &rows {
        world.delete_cluster(name).await;
        world.cluster_gone(name).await;
    }
    assert_eq!(world.writes_after(0).await, NOTHING);
    assert_eq!(world.azure.cluster_names().await.len(), rows.len());
}

/// Another installation of Armature with its own management cluster, which a namespace stands for here.
struct Elsewhere {
    clusters: Api<AksCluster>,
    manifest: Value,
    _operator: OperatorProcess,
}

impl Elsewhere {
    /// The same manifest is applied there.
    async fn start(world: &World, fields: Value) -> Self {
        let namespace = world.management.namespace("elsewhere").await.unwrap();
        let mut manifest = world.cluster("shop", fields);
        manifest["metadata"]["namespace"] = json!(namespace);
        let clusters: Api<AksCluster> = Api::namespaced(world.client.clone(), &namespace);
        let operator = world.operator_with(&[
            "--no-leader-elect",
            "--installation-id=elsewhere",
            &format!("--namespace={namespace}"),
            &format!("--operator-namespace={namespace}"),
        ]);
        Self {
            clusters,
            manifest,
            _operator: operator,
        }
    }

    async fn apply(&self) {
        let params = PatchParams::apply("stories").force();
        self.clusters
            .patch("shop", &params, &Patch::Apply(&self.manifest))
            .await
            .unwrap();
    }
}

#[tokio::test]
async fn a_second_installation_on_the_same_clusters_writes_nothing() {
    let world = World::new("second").await;
    let _operator = world.operator();
    world.create("shop", json!({ "tags": { "team": "shop" } })).await;
    let before = world.now().await;

    let fields = json!({ "tags": { "team": "other" }, "adoptionPolicy": "AfterPlan" });
    let elsewhere = Elsewhere::start(&world, fields).await;
    elsewhere.apply().await;
    let refused = until(&elsewhere.clusters, "shop", "refused", |cluster: &AksCluster| {
        look::has_reason(cluster, "Stalled", "ConflictingManager")
    })
    .await;
    assert_eq!(
        look::message(&refused, "Stalled"),
        format!(
            "the cluster in Azure belongs to \"stories/{}/shop\" by its tag armature-owner, so nothing is written to it; \
             delete this object here or release the cluster there and remove the tag",
            world.namespace
        )
    );
    elsewhere
        .clusters
        .delete("shop", &DeleteParams::default())
        .await
        .unwrap();
    gone(&elsewhere.clusters, "shop").await;
    assert_eq!(world.writes_after(before).await, NOTHING);
    assert!(look::is_ready(&world.clusters.get("shop").await.unwrap()));
}

#[tokio::test]
async fn a_second_object_for_a_cluster_is_refused_and_its_end_leaves_the_first_in_charge() {
    let world = World::new("twice").await;
    let _operator = world.operator();
    world.create("shop", json!({ "tags": { "team": "shop" } })).await;
    let before = world.now().await;
    for (name, group) in [("shop", GROUP), ("SHOP", GROUP), ("shop", "FLEET"), ("Shop", "Fleet")] {
        let second = json!({ "azureName": name, "resourceGroup": group, "tags": { "team": "other" } });
        world.apply(&world.cluster("shop-again", second)).await;
        world.cluster_stalls("shop-again", "ConflictingManager").await;
        world.delete_cluster("shop-again").await;
        world.cluster_gone("shop-again").await;
        assert_eq!(world.writes_after(before).await, NOTHING, "{group}/{name}");
    }

    // The first one still hears of what others do in Azure.
    let edit = json!({ "tags": { "team": "somebody" } });
    world.admin().edit(&world.azure.cluster_id("shop"), edit).await.unwrap();
    let after = world.now().await;
    world
        .request_until(
            "the tag put back",
            armature_lab::simulator::admin::Requests {
                method: Some("PATCH".to_owned()),
                after: Some(after),
                ..Default::default()
            },
        )
        .await;
}

#[tokio::test]
async fn a_cluster_that_somebody_made_anew_under_the_name_is_not_taken_over_from_old_records() {
    let world = World::new("made-anew").await;
    // Only what was in the LIST can vanish from it.
    world.admin().change_settings(json!({ "listDelay": 0 })).await.unwrap();
    let _operator = world.operator();
    let window = json!({ "default": { "maintenanceWindow": {
        "schedule": { "weekly": { "intervalWeeks": 1, "dayOfWeek": "Sunday" } },
        "durationHours": 4,
        "startTime": "02:00",
    } } });
    world
        .create(
            "shop",
            json!({ "azureName": FOUND, "maintenanceConfigurations": window }),
        )
        .await;
    let children = |cluster: &AksCluster| look::is(cluster, "ChildrenReady", "True");
    world.cluster_until("shop", "ready with its window", children).await;
    world.lists(2).await;
    let delete = reqwest::Method::DELETE;
    world.azure.write(delete, &world.azure.cluster_id(FOUND), None).await;
    world.cluster_stalls("shop", "ClusterVanished").await;
    let vanished = world.clusters.get("shop").await.unwrap().status.unwrap();
    assert_eq!(vanished.applied, Default::default());
    assert!(
        vanished.children.values().all(|line| line.id.is_none() && !line.owned),
        "{:?}",
        vanished.children
    );
    assert!(vanished.resource_id.is_some(), "that it once existed stays known");
    let pool = world
        .pool_until("system", "without records", |pool| {
            pool.status.as_ref().is_some_and(|status| status.applied.is_empty())
        })
        .await;
    assert!(pool.status.unwrap().resource_id.is_some());

    world.find_cluster(&[]).await;
    let found = world.now().await;
    world.cluster_stalls("shop", "AdoptionRefused").await;
    world.delete_pool("system").await;
    world.delete_cluster("shop").await;
    world.pool_gone("system").await;
    world.cluster_gone("shop").await;
    assert_eq!(world.writes_after(found).await, NOTHING);
    assert!(world.azure.pool(FOUND, "system").await.is_some());
}

impl World {
    /// Adopts the cluster that was there before without any of its pools. Returns what approved that.
    async fn adopt(&self) -> String {
        let plain = json!({
            "azureName": FOUND, "kubernetesVersion": null, "identity": null, "adoptionPolicy": "AfterPlan",
        });
        self.apply(&self.cluster("shop", plain)).await;
        let hash = self.awaits_approval("shop", "").await;
        self.annotate("shop", APPROVE_PLAN_ANNOTATION, &hash).await;
        self.ready("shop").await;
        hash
    }

    /// What approves the plan that waits and is not this one.
    async fn awaits_approval(&self, name: &str, other: &str) -> String {
        let hash = |cluster: &AksCluster| Some(cluster.status.as_ref()?.plan.as_ref()?.hash.clone());
        let waits = |cluster: &AksCluster| {
            look::has_reason(cluster, "InSync", "AwaitingApproval") && hash(cluster).is_some_and(|hash| hash != other)
        };
        let held = self.cluster_until(name, "waiting for an approval", waits).await;
        hash(&held).unwrap()
    }
}

#[tokio::test]
async fn a_pool_that_is_named_after_its_cluster_was_adopted_needs_an_approval_of_its_own() {
    let world = World::new("adopted-later").await;
    let _operator = world.operator();
    let seed = Seed {
        resource_group: GROUP.to_owned(),
        prefix: "found-".to_owned(),
        pools: 2,
        ..Seed::default()
    };
    world.admin().seed(&seed).await.unwrap();
    let pools = world.azure.cluster(FOUND).await.unwrap()["properties"]["agentPoolProfiles"].clone();
    let name = pools[1]["name"].as_str().unwrap().to_owned();
    let mode = pools[1]["mode"].clone();
    world.adopt().await;
    let adopted = world.now().await;

    let fields = json!({
        "azureName": name, "mode": mode, "vmSize": null, "count": null, "deletionPolicy": "Delete",
        "deletionProtection": false,
    });
    let manifest = world.pool("late", "shop", fields);
    world.apply(&manifest).await;
    let held = |pool: &AksNodePool| look::has_reason(pool, "InSync", "AwaitingApproval");
    let pool = world.pool_until("late", "waiting for an approval", held).await;
    let hash = pool.status.as_ref().unwrap().plan.as_ref().unwrap().hash.clone();
    let told = look::message(&pool, "InSync");
    assert!(
        told.contains(&format!("adopting pool {name} needs an approval of its own")),
        "{told}"
    );
    assert!(told.ends_with(&format!("approve-plan={hash}")), "{told}");
    world.delete_pool("late").await;
    world.pool_gone("late").await;
    assert_eq!(world.writes_after(adopted).await, NOTHING);
    let tags = &world.azure.pool(FOUND, &name).await.unwrap()["properties"]["tags"];
    assert!(tags.get("armature-owner").is_none(), "{tags}");

    world.apply(&manifest).await;
    world.pool_until("late", "waiting again", held).await;
    world.annotate("shop", APPROVE_PLAN_ANNOTATION, &hash).await;
    let ours = |pool: &AksNodePool| look::is_ready(pool) && look::is(pool, "InSync", "True");
    world.pool_until("late", "taken over", ours).await;
    assert_eq!(world.writes_after(adopted).await, [format!("PUT {FOUND}/{name}")]);
}

#[tokio::test]
async fn an_approval_that_was_used_adopts_nothing_that_somebody_makes_anew() {
    let world = World::new("adopted-anew").await;
    world.admin().change_settings(json!({ "listDelay": 0 })).await.unwrap();
    let _operator = world.operator();
    world.find_cluster(&[]).await;
    let used = world.adopt().await;
    world.lists(2).await;
    let delete = reqwest::Method::DELETE;
    world.azure.write(delete, &world.azure.cluster_id(FOUND), None).await;
    world.cluster_stalls("shop", "ClusterVanished").await;
    world.find_cluster(&[]).await;
    let found = world.now().await;
    world.awaits_approval("shop", &used).await;
    assert_eq!(world.writes_after(found).await, NOTHING);
}
