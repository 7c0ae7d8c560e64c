//! What operations do to resources: states and eTags when they begin, versions on the way, the result at the end.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::arm::children::Child;
use crate::arm::children::kinds::ChildKind;
use crate::arm::ids::{ClusterKey, GroupRef};
use crate::arm::rolling;
use crate::defaults;
use crate::operations::{Activity, Operation, OperationError, OperationId, Outcome, Subject};
use crate::resources::id::ResourceKey;
use crate::world::{Cluster, Ids, Pool, UsedVersion, World};

/// States in which nothing runs. Anything else is in progress, as ARM's contract says.
const TERMINAL: [&str; 3] = ["Succeeded", "Failed", "Canceled"];

/// Sets a member of an object; a value that is no object becomes one.
pub fn set(object: &mut Value, member: &str, value: Value) {
    if !object.is_object() {
        *object = json!({});
    }
    object[member] = value;
}

fn properties(cluster: &mut Cluster) -> &mut Value {
    if !cluster.body["properties"].is_object() {
        cluster.body["properties"] = json!({});
    }
    &mut cluster.body["properties"]
}

fn show_state(properties: &mut Value, state: &str, error: Option<&OperationError>) {
    set(properties, "provisioningState", json!(state));
    match error {
        Some(error) => set(properties, "status", json!({"provisioningError": error.body()})),
        None => {
            if let Some(properties) = properties.as_object_mut() {
                properties.remove("status");
            }
        }
    }
}

fn in_progress(properties: &Value) -> bool {
    properties
        .get("provisioningState")
        .and_then(Value::as_str)
        .is_some_and(|state| !TERMINAL.contains(&state))
}

/// Gives the cluster and all of its pools new eTags (Learn: use-etags).
pub fn touch_all(cluster: &mut Cluster, ids: &mut Ids) {
    cluster.etag = ids.guid();
    for pool in &mut cluster.pools {
        pool.etag = ids.guid();
    }
}

impl World {
    /// Shows on its subject that an operation has begun. `rolled`: the pools that an upgrade of the cluster replaces.
    pub(crate) fn show_activity(&mut self, operation: &Operation, rolled: &BTreeSet<String>) {
        let state = operation.activity.provisioning_state();
        match &operation.subject {
            Subject::Cluster(key) => {
                let Some(cluster) = self.clusters.get_mut(key) else {
                    return;
                };
                show_state(properties(cluster), state, None);
                cluster.operation = Some(operation.id.clone());
                for pool in &mut cluster.pools {
                    let shows = match operation.activity {
                        Activity::Upgrading => rolled.contains(&pool.name.to_lowercase()),
                        Activity::Canceling => in_progress(&pool.properties),
                        _ => true,
                    };
                    if shows {
                        show_state(&mut pool.properties, state, None);
                    }
                }
                touch_all(cluster, &mut self.ids);
            }
            Subject::Pool(key, name) => {
                let Some(pool) = self.clusters.get_mut(key).and_then(|cluster| cluster.pool_mut(name)) else {
                    return;
                };
                show_state(&mut pool.properties, state, None);
                pool.operation = Some(operation.id.clone());
                pool.etag = self.ids.guid();
            }
            Subject::Child(key, kind, name) => self.child_begins(key, *kind, name, operation),
            Subject::Group(group) => {
                let subscription = self.subscriptions.get_mut(&group.subscription.to_lowercase());
                if let Some(group) = subscription.and_then(|found| found.groups.get_mut(&group.name.to_lowercase())) {
                    group.deletion = Some(operation.id.clone());
                }
            }
            Subject::Resource(key) => self.resource_begins(key, operation),
            Subject::Beside(_) => {}
        }
    }

    pub(crate) fn control_plane_upgraded(&mut self, operation: &Operation, version: String) {
        let Subject::Cluster(key) = &operation.subject else {
            return;
        };
        if let Some(cluster) = self.clusters.get_mut(key) {
            set(properties(cluster), "currentKubernetesVersion", json!(version));
            cluster.etag = self.ids.guid();
        }
    }

    pub(crate) fn pool_rolled(&mut self, operation: &Operation, pool: &str, version: &str, image: &str, at: Timestamp) {
        let (Subject::Cluster(key) | Subject::Pool(key, _)) = &operation.subject else {
            return;
        };
        let Some(pool) = self.clusters.get_mut(key).and_then(|cluster| cluster.pool_mut(pool)) else {
            return;
        };
        let before = UsedVersion {
            version: pool.text("currentOrchestratorVersion").unwrap_or_default().to_owned(),
            image: pool.text("nodeImageVersion").unwrap_or_default().to_owned(),
            until: at,
        };
        let same = |used: &UsedVersion| used.version == version && used.image == image;
        if pool.used.first().is_some_and(same) {
            // It went back, and cannot go back further (Learn: roll-back-node-pool-version).
            pool.used.clear();
        } else if !same(&before) {
            pool.used.insert(0, before);
        }
        set(&mut pool.properties, "currentOrchestratorVersion", json!(version));
        set(&mut pool.properties, "nodeImageVersion", json!(image));
        pool.etag = self.ids.guid();
    }

    pub(crate) fn machines_deleted(&mut self, operation: &Operation, pool: &str, machines: Vec<u32>) {
        let Subject::Pool(key, _) = &operation.subject else {
            return;
        };
        let Some(pool) = self.clusters.get_mut(key).and_then(|cluster| cluster.pool_mut(pool)) else {
            return;
        };
        let gone = u32::try_from(machines.len()).unwrap_or(u32::MAX);
        let left = rolling::count(&pool.properties).saturating_sub(gone);
        set(&mut pool.properties, "count", json!(left));
        pool.deleted_machines.extend(machines);
        pool.etag = self.ids.guid();
    }

    pub(crate) fn certificates_rotated(&mut self, operation: &Operation) {
        if let Subject::Cluster(key) = &operation.subject
            && let Some(cluster) = self.clusters.get_mut(key)
        {
            cluster.rotations += 1;
        }
    }

    /// Shows on its subject how an operation has ended, at the simulated time `at`.
    pub(crate) fn show_outcome(&mut self, operation: &Operation, outcome: &Outcome, at: Timestamp) {
        match &operation.subject {
            Subject::Cluster(key) => self.cluster_ended(key, operation, outcome, at),
            Subject::Pool(key, name) => self.pool_ended(key, name, operation, outcome, at),
            Subject::Child(key, kind, name) => self.child_ended(key, *kind, name, operation, outcome),
            Subject::Group(group) => self.group_ended(group, outcome),
            Subject::Resource(key) => self.resource_ended(key, operation, outcome),
            Subject::Beside(_) => {}
        }
    }

    fn cluster_ended(&mut self, key: &ClusterKey, operation: &Operation, outcome: &Outcome, at: Timestamp) {
        if operation.activity == Activity::Deleting && *outcome == Outcome::Succeeded {
            self.remove_cluster(key);
            return;
        }
        let Some(mut cluster) = self.clusters.remove(key) else {
            return;
        };
        // An abort that ends well finishes nothing of what it aborted.
        if *outcome == Outcome::Succeeded && operation.activity != Activity::Canceling {
            let reference = cluster.reference.clone();
            let region = cluster.region.clone();
            let place = self.place(&reference, &region, at);
            defaults::finish_cluster(&mut cluster.body, &place);
            if operation.activity == Activity::Creating {
                for pool in &mut cluster.pools {
                    defaults::finish_pool(&mut pool.properties, &cluster.body, &place);
                }
            }
            if let Some(power) = power_after(operation.activity) {
                set(properties(&mut cluster), "powerState", json!({"code": power}));
                for pool in &mut cluster.pools {
                    set(&mut pool.properties, "powerState", json!({"code": power}));
                }
            }
        }
        let (state, error) = final_state(operation.activity, outcome);
        show_state(properties(&mut cluster), state, error);
        for pool in cluster.pools.iter_mut().filter(|pool| in_progress(&pool.properties)) {
            show_state(&mut pool.properties, state, error);
        }
        release(&mut cluster.operation, &operation.id);
        touch_all(&mut cluster, &mut self.ids);
        self.clusters.insert(key.clone(), cluster);
    }

    fn pool_ended(&mut self, key: &ClusterKey, name: &str, operation: &Operation, outcome: &Outcome, at: Timestamp) {
        let Some(mut cluster) = self.clusters.remove(key) else {
            return;
        };
        if operation.activity == Activity::Deleting && *outcome == Outcome::Succeeded {
            cluster.pools.retain(|pool| !pool.name.eq_ignore_ascii_case(name));
            self.clusters.insert(key.clone(), cluster);
            return;
        }
        let Cluster {
            reference,
            region,
            body,
            pools,
            ..
        } = &mut cluster;
        if let Some(pool) = pools.iter_mut().find(|pool| pool.name.eq_ignore_ascii_case(name)) {
            if *outcome == Outcome::Succeeded {
                finish_pool(pool, operation.activity, body, &self.place(reference, region, at));
            }
            let (state, error) = final_state(operation.activity, outcome);
            show_state(&mut pool.properties, state, error);
            release(&mut pool.operation, &operation.id);
            pool.etag = self.ids.guid();
        }
        self.clusters.insert(key.clone(), cluster);
    }

    fn child_begins(&mut self, key: &ClusterKey, kind: ChildKind, name: &str, operation: &Operation) {
        let child = self.clusters.get_mut(key).and_then(|cluster| {
            let slot = (kind, name.to_owned());
            cluster.children.get_mut(&slot)
        });
        let Some(child) = child else { return };
        let state = match operation.activity {
            Activity::Creating => kind.facts().creating,
            activity => activity.provisioning_state(),
        };
        set(&mut child.body["properties"], "provisioningState", json!(state));
        child.operation = Some(operation.id.clone());
        child.etag = self.ids.guid();
    }

    fn child_ended(&mut self, key: &ClusterKey, kind: ChildKind, name: &str, operation: &Operation, outcome: &Outcome) {
        let Some(cluster) = self.clusters.get_mut(key) else {
            return;
        };
        let slot = (kind, name.to_owned());
        if operation.activity == Activity::Deleting && *outcome == Outcome::Succeeded {
            let gone = cluster.children.remove(&slot);
            // `Keep` leaves the namespace in the cluster (SPEC DeletePolicy).
            let kept = |child: &Child| {
                child.body["properties"]["deletePolicy"]
                    .as_str()
                    .is_some_and(|policy| policy.eq_ignore_ascii_case("Keep"))
            };
            if kind == ChildKind::ManagedNamespace {
                if gone.is_some_and(|child| kept(&child)) {
                    cluster.namespaces.insert(slot.1, true);
                } else {
                    cluster.namespaces.remove(&slot.1);
                }
            }
            return;
        }
        if let Some(child) = cluster.children.get_mut(&slot) {
            let (state, _) = final_state(operation.activity, outcome);
            set(&mut child.body["properties"], "provisioningState", json!(state));
            release(&mut child.operation, &operation.id);
            child.etag = self.ids.guid();
        }
    }

    fn group_ended(&mut self, group: &GroupRef, outcome: &Outcome) {
        let Some(subscription) = self.subscriptions.get_mut(&group.subscription.to_lowercase()) else {
            return;
        };
        let name = group.name.to_lowercase();
        if *outcome == Outcome::Succeeded {
            subscription.groups.remove(&name);
            self.remove_below(&ResourceKey::of(&group.id()));
        } else if let Some(group) = subscription.groups.get_mut(&name) {
            group.deletion = None;
        }
    }

    /// Takes a cluster out of the world, with its pools, other children and node resource group.
    pub(crate) fn remove_cluster(&mut self, key: &ClusterKey) {
        let Some(cluster) = self.clusters.remove(key) else {
            return;
        };
        self.forget_principals(&cluster);
        self.remove_below(&ResourceKey::of(&cluster.reference.id()));
        let node_group = cluster.text("nodeResourceGroup").map(str::to_lowercase);
        if let (Some(name), Some(subscription)) = (node_group, self.subscriptions.get_mut(&key.subscription)) {
            // Only a group that the cluster made: `managedBy` tells.
            if subscription
                .groups
                .get(&name)
                .is_some_and(|group| group.managed_by.is_some())
            {
                let group = GroupRef {
                    subscription: subscription.id.clone(),
                    name: name.clone(),
                };
                subscription.groups.remove(&name);
                self.remove_below(&ResourceKey::of(&group.id()));
            }
        }
    }
}

fn finish_pool(pool: &mut Pool, activity: Activity, cluster: &Value, place: &defaults::Place<'_>) {
    if activity == Activity::Creating {
        defaults::finish_pool(&mut pool.properties, cluster, place);
    }
    if let Some(power) = power_after(activity) {
        set(&mut pool.properties, "powerState", json!({"code": power}));
    }
}

fn power_after(activity: Activity) -> Option<&'static str> {
    match activity {
        Activity::Starting => Some("Running"),
        Activity::Stopping => Some("Stopped"),
        _ => None,
    }
}

fn final_state(activity: Activity, outcome: &Outcome) -> (&'static str, Option<&OperationError>) {
    match outcome {
        // The abort ended well: what it aborted did not.
        Outcome::Succeeded if activity == Activity::Canceling => ("Canceled", None),
        Outcome::Succeeded => ("Succeeded", None),
        Outcome::Failed(error) => ("Failed", Some(error)),
        Outcome::Canceled(error) => ("Canceled", Some(error)),
    }
}

fn release(slot: &mut Option<OperationId>, id: &str) {
    if slot.as_deref() == Some(id) {
        *slot = None;
    }
}
