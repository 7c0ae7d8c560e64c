//! Where a pool's version and node image come from: a snapshot, or what the pool itself ran before.

use serde_json::Value;

use super::request::{Pool, Request, differ};
use super::words::{invalid, require};
use super::{POOLS, Rule, documented, inferred};
use crate::catalog::{Version, image_series, size_series};
use crate::defaults::json::{is, list, present, text};
use crate::refusal::Refusal;

pub(super) const RULES: &[Rule] = &[
    inferred(
        "snapshot-exists",
        POOLS,
        "SPEC CreationData.sourceResourceId",
        snapshot_exists,
    ),
    documented(
        "snapshot-os-fits",
        POOLS,
        "Learn: node-pool-snapshot, the snapshot holds OS type and OS SKU",
        snapshot_os,
    ),
    documented(
        "snapshot-size-series",
        POOLS,
        "Learn: node-pool-snapshot, limitations",
        snapshot_size,
    ),
    documented(
        "snapshot-not-older",
        POOLS,
        "Learn: node-pool-snapshot, upgrading to a snapshot",
        snapshot_not_older,
    ),
    documented(
        "node-image-version-known",
        POOLS,
        "SPEC nodeImageVersion; Learn: roll-back-node-pool-version",
        node_image_known,
    ),
    documented(
        "rollback-needs-no-channel",
        POOLS,
        "Learn: roll-back-node-pool-version, limitations",
        rollback_without_channel,
    ),
    inferred(
        "rollback-keeps-os-sku",
        POOLS,
        "Learn: upgrade-os-version, a rollback does not cross OS SKUs",
        rollback_keeps_sku,
    ),
];

const SOURCE: &str = "/creationData/sourceResourceId";

/// The snapshot that a pool is newly told to come from.
fn named<'a>(pool: &Pool<'a>) -> Option<&'a str> {
    let id = text(pool.sent, SOURCE)?;
    let before = pool.old.and_then(|old| text(old, SOURCE));
    before
        .is_none_or(|before| !before.eq_ignore_ascii_case(id))
        .then_some(id)
}

fn find<'a>(request: &Request<'a>, id: &str) -> Option<&'a Value> {
    request.snapshots.iter().find(|snapshot| is(snapshot, "/id", id))
}

/// Asks `rule` of every pool that is newly told to come from a snapshot that exists.
fn for_each_source(
    request: &Request<'_>,
    rule: impl Fn(&Pool<'_>, &Value) -> Result<(), Refusal>,
) -> Result<(), Refusal> {
    request.for_each_pool(|pool| match named(pool).and_then(|id| find(request, id)) {
        Some(snapshot) => rule(pool, snapshot),
        None => Ok(()),
    })
}

fn refuse(details: String) -> Refusal {
    invalid("agentPoolProfile.creationData.sourceResourceId", details)
}

fn snapshot_exists(request: &Request<'_>) -> Result<(), Refusal> {
    request.for_each_pool(|pool| match named(pool) {
        Some(id) if find(request, id).is_none() => Err(refuse(format!("the snapshot '{id}' could not be found"))),
        _ => Ok(()),
    })
}

fn snapshot_os(request: &Request<'_>) -> Result<(), Refusal> {
    for_each_source(request, |pool, snapshot| {
        [("/osType", "osType"), ("/osSKU", "osSku")]
            .into_iter()
            .try_for_each(|(of_pool, of_snapshot)| {
                let wanted = text(snapshot, &format!("/properties/{of_snapshot}")).unwrap_or_default();
                require(is(pool.new, of_pool, wanted), || {
                    refuse(format!(
                        "the snapshot is of {of_snapshot} '{wanted}', the agent pool is not"
                    ))
                })
            })
    })
}

fn snapshot_size(request: &Request<'_>) -> Result<(), Refusal> {
    for_each_source(request, |pool, snapshot| {
        let own = text(pool.new, "/vmSize").unwrap_or_default();
        let theirs = text(snapshot, "/properties/vmSize").unwrap_or_default();
        require(size_series(own) == size_series(theirs), || {
            refuse(format!(
                "the VM size '{own}' is of another family than the snapshot's '{theirs}'"
            ))
        })
    })
}

fn snapshot_not_older(request: &Request<'_>) -> Result<(), Refusal> {
    for_each_source(request, |pool, snapshot| {
        let version = |value: &Value, at: &str| text(value, at).and_then(|text| text.parse::<Version>().ok());
        let older = pool.old.is_some_and(|old| {
            let image = |value: &Value, at: &str| text(value, at).map(image_series).map(str::to_owned);
            version(snapshot, "/properties/kubernetesVersion") < version(old, "/currentOrchestratorVersion")
                || image(snapshot, "/properties/nodeImageVersion") < image(old, "/nodeImageVersion")
        });
        require(!older, || {
            refuse("the snapshot is older than what the agent pool runs".to_owned())
        })
    })
}

/// The version and image that a pool is told to go back to, when it is one that it can go back to.
pub(super) fn rollback<'a>(request: &Request<'a>, pool: &Pool<'_>) -> Option<&'a Value> {
    let wanted = present(pool.sent, "/nodeImageVersion")?;
    let running = pool.old?.get("nodeImageVersion");
    if !differ(running, Some(wanted)) {
        return None;
    }
    // The one before it alone: no two steps back.
    let last = list(request.old?, "/recentlyUsedVersions").first()?;
    let version = text(pool.new, "/orchestratorVersion")?;
    let same = is(last, "/nodeImageVersion", wanted.as_str()?) && is(last, "/orchestratorVersion", version);
    same.then_some(last)
}

/// Writing a node image goes back to the one before; nothing else can be chosen.
fn node_image_known(request: &Request<'_>) -> Result<(), Refusal> {
    request.for_each_pool(|pool| {
        let Some(sent) = present(pool.sent, "/nodeImageVersion") else {
            return Ok(());
        };
        let echoed = pool
            .old
            .is_some_and(|old| !differ(old.get("nodeImageVersion"), Some(sent)));
        require(echoed || rollback(request, pool).is_some(), || {
            invalid(
                "agentPoolProfile.nodeImageVersion",
                "the node image version is not among the recently used versions of the agent pool",
            )
        })
    })
}

fn rollback_without_channel(request: &Request<'_>) -> Result<(), Refusal> {
    let channel = text(request.next_cluster(), "/properties/autoUpgradeProfile/upgradeChannel").unwrap_or("none");
    request.for_each_pool(|pool| {
        let held = rollback(request, pool).is_none() || channel.eq_ignore_ascii_case("none");
        require(held, || {
            Refusal::provider(
                400,
                "BadRequest",
                format!("Rolling back an agent pool requires the auto-upgrade channel to be none; it is '{channel}'."),
            )
            .on("autoUpgradeProfile.upgradeChannel")
        })
    })
}

fn rollback_keeps_sku(request: &Request<'_>) -> Result<(), Refusal> {
    request.for_each_pool(|pool| {
        let moved = pool
            .old
            .is_some_and(|old| differ(old.get("osSKU"), pool.new.get("osSKU")));
        require(rollback(request, pool).is_none() || !moved, || {
            invalid(
                "agentPoolProfile.osSKU",
                "the OS SKU cannot change together with a rollback",
            )
        })
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::fixture::World;
    use super::*;

    const SNAPSHOT: &str = "/subscriptions/s/resourceGroups/rg/providers/Microsoft.ContainerService/snapshots/s";

    fn snapshot(version: &str, image: &str) -> Value {
        json!({"id": SNAPSHOT, "properties": {"kubernetesVersion": version, "nodeImageVersion": image,
            "osType": "Linux", "osSku": "Ubuntu", "vmSize": "Standard_D2s_v3"}})
    }

    fn world() -> World {
        let mut world = World::new();
        world.snapshots = vec![snapshot("1.35.8", "AKSUbuntu-2404gen2containerd-202611.09.0")];
        world
    }

    fn from(more: Value) -> Value {
        let mut pool =
            json!({"mode": "User", "vmSize": "Standard_D4s_v5", "creationData": {"sourceResourceId": SNAPSHOT}});
        super::super::fixture::lay(&mut pool, &more);
        pool
    }

    #[test]
    fn a_pool_from_a_snapshot_fits_its_system_and_size() {
        world().put_pool("new", from(json!({}))).accepted();
        World::new()
            .put_pool("new", from(json!({})))
            .refused_by("snapshot-exists");
        world()
            .put_pool("new", from(json!({"osSKU": "AzureLinux"})))
            .refused_by("snapshot-os-fits");
        world()
            .put_pool("new", from(json!({"vmSize": "Standard_E4s_v5"})))
            .refused_by("snapshot-size-series");
    }

    #[test]
    fn a_pool_is_not_taken_back_to_an_older_snapshot() {
        world().put_pool("work", from(json!({}))).accepted();
        let mut older = World::new();
        older.snapshots = vec![snapshot("1.35.8", "AKSUbuntu-2404gen2containerd-202610.01.0")];
        older.put_pool("work", from(json!({}))).refused_by("snapshot-not-older");
    }

    const BEFORE: &str = "AKSUbuntu-2404gen2containerd-202610.01.0";

    fn upgraded(channel: &str) -> World {
        let mut world = World::with(
            json!({"autoUpgradeProfile": {"upgradeChannel": channel}}),
            json!({}),
            json!({}),
        );
        world.pools[1]["recentlyUsedVersions"] = json!([
            {"orchestratorVersion": "1.34.11", "nodeImageVersion": BEFORE},
            {"orchestratorVersion": "1.33.9", "nodeImageVersion": "AKSUbuntu-2204gen2containerd-202609.15.0"},
        ]);
        world
    }

    #[test]
    fn a_pool_goes_back_one_step_while_no_channel_would_undo_it() {
        let back = || json!({"orchestratorVersion": "1.34.11", "nodeImageVersion": BEFORE});
        upgraded("none").put_pool("work", back()).accepted();
        upgraded("stable")
            .put_pool("work", back())
            .refused_by("rollback-needs-no-channel");
        let two =
            json!({"orchestratorVersion": "1.33.9", "nodeImageVersion": "AKSUbuntu-2204gen2containerd-202609.15.0"});
        upgraded("none")
            .put_pool("work", two)
            .refused_by("node-image-version-known");
        let half = json!({"orchestratorVersion": "1.35.8", "nodeImageVersion": BEFORE});
        upgraded("none")
            .put_pool("work", half)
            .refused_by("node-image-version-known");
        let mut other = back();
        other["osSKU"] = json!("Ubuntu2204");
        upgraded("none")
            .put_pool("work", other)
            .refused_by("rollback-keeps-os-sku");
    }

    #[test]
    fn a_node_image_may_be_echoed_and_not_chosen() {
        let world = World::new();
        let image = world.pools[1]["properties"]["nodeImageVersion"].clone();
        world.put_pool("work", json!({"nodeImageVersion": image})).accepted();
        world
            .put_pool("work", json!({"nodeImageVersion": "AKSUbuntu-1"}))
            .refused_by("node-image-version-known");
    }
}
