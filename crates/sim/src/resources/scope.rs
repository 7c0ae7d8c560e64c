//! Whether what a resource is in, below or on exists, and where that is.

use super::id::{ResourceId, ResourceKey, subscription_of};
use super::types;
use crate::arm::calls::Call;
use crate::arm::clusters::group_not_found;
use crate::arm::ids::GroupRef;
use crate::refusal::Refusal;
use crate::world::World;

/// How a scope that does not exist is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum As {
    /// As the parent of a child.
    Parent,
    /// As a resource of its own.
    Resource,
}

impl World {
    /// The region of an existing scope; `global` for subscriptions and for resources of types that the simulator does
    /// not have, which are taken to exist when their group does.
    ///
    /// # Errors
    /// 404 `ResourceGroupNotFound`, `ParentResourceNotFound` or `ResourceNotFound`.
    pub fn region_of(&self, scope: &str, told: As) -> Result<String, Refusal> {
        const GLOBAL: &str = "global";
        let Some(id) = ResourceId::parse(scope) else {
            return match group_of(scope) {
                None => Ok(GLOBAL.to_owned()),
                Some(group) => match self.group(&group) {
                    Some(found) => Ok(found.location.clone()),
                    None => Err(group_not_found(&group.name)),
                },
            };
        };
        let around = match group_of(&id.scope) {
            None => GLOBAL.to_owned(),
            Some(group) => match self.group(&group) {
                Some(found) => found.location.clone(),
                None => return Err(group_not_found(&group.name)),
            },
        };
        match Call::parse(&axum::http::Method::GET, scope) {
            Ok(Call::ManagedClustersGet(cluster)) => {
                let found = self.clusters.get(&cluster.key());
                return found.map(|found| found.region.clone()).ok_or_else(|| absent(&id, told));
            }
            Ok(Call::AgentPoolsGet(pool)) => {
                let found = self.clusters.get(&pool.cluster.key());
                let found = found.filter(|cluster| cluster.pool(&pool.name).is_some());
                return found.map(|found| found.region.clone()).ok_or_else(|| absent(&id, told));
            }
            _ => {}
        }
        if types::find(&id.namespace, &id.kind()).is_none() {
            return Ok(around);
        }
        let found = self.resources.get(&id.key()).ok_or_else(|| absent(&id, told))?;
        let own = found.body.get("location").and_then(serde_json::Value::as_str);
        Ok(own.map_or(around, str::to_owned))
    }

    /// Whether something with this id exists.
    #[must_use]
    pub fn exists(&self, id: &str) -> bool {
        let subscription = subscription_of(id).map(str::to_lowercase);
        subscription.is_none_or(|subscription| self.subscriptions.contains_key(&subscription))
            && self.region_of(id, As::Resource).is_ok()
    }

    /// Whether the group of a scope is being deleted.
    ///
    /// # Errors
    /// 409 `ResourceGroupBeingDeleted`.
    pub fn group_is_staying(&self, scope: &str) -> Result<(), Refusal> {
        let group = group_of(scope).and_then(|group| self.group(&group));
        group.map_or(Ok(()), crate::arm::groups::not_going)
    }
}

/// The resource group in an id.
#[must_use]
pub fn group_of(id: &str) -> Option<GroupRef> {
    let mut segments = id.split('/').filter(|segment| !segment.is_empty());
    let mut named = |key: &str| {
        let found = segments.next()?;
        found
            .eq_ignore_ascii_case(key)
            .then(|| segments.next())
            .flatten()
            .map(str::to_owned)
    };
    Some(GroupRef {
        subscription: named("subscriptions")?,
        name: named("resourcegroups")?,
    })
}

/// 404 of a resource, in the gateway's words.
#[must_use]
pub fn not_found(id: &ResourceId) -> Refusal {
    let names: Vec<&str> = id.path.iter().map(|(_, name)| name.as_str()).collect();
    let message = format!(
        "The Resource '{}/{}/{}' under resource group '{}' was not found. For more details please go to https://aka.ms/ARMResourceNotFoundFix",
        id.namespace,
        id.kind(),
        names.join("/"),
        id.group().unwrap_or("<null>")
    );
    Refusal::gateway(404, "ResourceNotFound", message)
}

fn absent(id: &ResourceId, told: As) -> Refusal {
    match told {
        As::Resource => not_found(id),
        As::Parent => {
            let message = format!(
                "Failed to perform the operation on resource(s) of type '{}', because the parent resource '{id}' could not be found.",
                id.kind()
            );
            Refusal::gateway(404, "ParentResourceNotFound", message)
        }
    }
}

/// Whether two ids mean the same.
#[must_use]
pub fn same(left: &str, right: &str) -> bool {
    ResourceKey::of(left) == ResourceKey::of(right)
}
