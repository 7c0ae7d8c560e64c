//! Every resource that is neither group nor cluster nor below a cluster in AKS itself, by its id.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::id::{ResourceId, ResourceKey};
use super::resource_type::{Fate, ResourceType};
use crate::arm::provenance::Provenance;
use crate::operations::OperationId;
use crate::world::World;

/// A stored resource.
#[derive(Debug, Clone)]
pub struct Resource {
    /// Its id with the casing of the create.
    pub id: ResourceId,
    /// Its type.
    pub kind: &'static ResourceType,
    /// The resource as its service keeps it, without id, name, type and eTag; write-only properties never leave it.
    pub body: Value,
    /// Who made and changed it; shown by types that say so.
    pub provenance: Provenance,
    /// Current eTag; unused by types without one.
    pub etag: String,
    /// The operation that runs on it, or ran last.
    pub operation: Option<OperationId>,
    /// Simulated time from which GET finds it.
    pub visible_from: Timestamp,
}

impl Resource {
    /// A property.
    #[must_use]
    pub fn property(&self, name: &str) -> Option<&Value> {
        self.body.get("properties")?.get(name)
    }

    /// A text property.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<&str> {
        self.property(name).and_then(Value::as_str)
    }

    /// The resource in the form of GET.
    #[must_use]
    pub fn render(&self) -> Value {
        let mut body = self.body.clone();
        for pointer in self.kind.write_only {
            remove(&mut body, pointer);
        }
        let id = self.id.to_string();
        body["id"] = match id.strip_suffix(self.id.name()) {
            Some(above) if self.kind.lower_id => json!(format!("{}{}", above.to_lowercase(), self.id.name())),
            _ => json!(id),
        };
        body["name"] = json!(self.id.name());
        body["type"] = json!(self.kind.full());
        if self.kind.system_data {
            body["systemData"] = self.provenance.render();
        }
        if let Some(member) = self.kind.etag {
            body[member] = json!(self.etag);
        }
        body
    }
}

/// Removes what a JSON pointer leads to.
fn remove(body: &mut Value, pointer: &str) {
    let Some((above, member)) = pointer.rsplit_once('/') else {
        return;
    };
    if let Some(object) = body.pointer_mut(above).and_then(Value::as_object_mut) {
        object.remove(member);
    }
}

/// Stored resources.
#[derive(Debug, Default)]
pub struct Store {
    resources: BTreeMap<ResourceKey, Resource>,
}

impl Store {
    /// The resource with this key.
    #[must_use]
    pub fn get(&self, key: &ResourceKey) -> Option<&Resource> {
        self.resources.get(key)
    }

    /// The resource with this id.
    #[must_use]
    pub fn by_id(&self, id: &str) -> Option<&Resource> {
        self.resources.get(&ResourceKey::of(id))
    }

    /// The resource with this key, to change.
    pub fn get_mut(&mut self, key: &ResourceKey) -> Option<&mut Resource> {
        self.resources.get_mut(key)
    }

    /// Adds a resource, or replaces it.
    pub fn put(&mut self, resource: Resource) {
        self.resources.insert(resource.id.key(), resource);
    }

    /// Takes a resource out.
    pub fn take(&mut self, key: &ResourceKey) -> Option<Resource> {
        self.resources.remove(key)
    }

    /// All resources of a type, in the order of their ids.
    pub fn of_type(&self, kind: &ResourceType) -> impl Iterator<Item = (&ResourceKey, &Resource)> {
        self.resources.iter().filter(move |(_, resource)| resource.kind == kind)
    }

    /// All resources at or below `scope`.
    pub fn within(&self, scope: &ResourceKey) -> impl Iterator<Item = (&ResourceKey, &Resource)> {
        self.resources.iter().filter(move |(key, _)| key.is_within(scope))
    }
}

impl World {
    /// Removes a resource with its children and extensions, and what they mean elsewhere.
    pub(crate) fn remove_resource(&mut self, key: &ResourceKey) {
        if let Some(resource) = self.resources.take(key) {
            (resource.kind.removed)(self, &resource);
        }
        self.remove_below(key);
    }

    /// What the deletion of `scope` takes with it: children always, extensions by their type.
    pub(crate) fn remove_below(&mut self, scope: &ResourceKey) {
        let doomed: Vec<ResourceKey> = self
            .resources
            .within(scope)
            .filter(|(_, resource)| {
                resource.kind.with_scope == Fate::Gone || !ResourceKey::of(&resource.id.scope).is_within(scope)
            })
            .map(|(key, _)| key.clone())
            .collect();
        for key in doomed {
            if let Some(resource) = self.resources.take(&key) {
                (resource.kind.removed)(self, &resource);
            }
        }
    }
}
