//! What the simulator has to know about a type of resource: one entry of the table a type.

use std::fmt;

use jiff::SignedDuration;
use serde_json::Value;

use super::authorization::linked;
use super::id::{ResourceId, ResourceKey};
use super::store::Resource;
use crate::arm::gateway::Context;
use crate::operations::{OperationError, Outcome};
use crate::refusal::Refusal;
use crate::reply::Reply;
use crate::schema::Definition;
use crate::wire::Request;
use crate::world::World;

/// A type of resource: facts and rules of its own; what is common to all types is in the handlers.
pub struct ResourceType {
    /// Provider.
    pub namespace: &'static str,
    /// Types from the outermost inwards, for example `fleets/members`.
    pub path: &'static str,
    /// First word of its calls in the request log, for example `FleetMembers` of `FleetMembers_CreateOrUpdate`.
    pub calls: &'static str,
    /// Served api-versions, newest first.
    pub versions: &'static [&'static str],
    /// Where resources of this type are.
    pub home: Home,
    /// Whether operations have their status below the resource, and not below its region.
    pub own_operations: bool,
    /// Whether GET may not find a new one at first (setting `childDelay`).
    pub late: bool,
    /// Code of the 409 while an operation runs.
    pub busy: &'static str,
    /// Status of a PUT that creates.
    pub created: u16,
    /// Status of a PUT that replaces.
    pub updated: u16,
    /// Status of a DELETE that is done when it is answered, and whether it shows what it deleted.
    pub deleted: Deleted,
    /// How a PUT or PATCH goes on.
    pub put: Pace,
    /// How a DELETE goes on.
    pub delete: Pace,
    /// What PATCH may change.
    pub patch: Patch,
    /// Whether its answers carry `systemData` (the models of the SDKs in `conformance`; one that declares it and is not
    /// known to fill it counts as one that does not).
    pub system_data: bool,
    /// Name of the member that carries the eTag, when the type has one.
    pub etag: Option<&'static str>,
    /// What a name has to look like, and the answer to one that does not.
    pub name: Option<NameRule>,
    /// Body in an API description.
    pub body: Option<Definition>,
    /// Whether its id comes back in lower case.
    pub lower_id: bool,
    /// Properties, as JSON pointers, that are kept from every answer.
    pub write_only: &'static [&'static str],
    /// What becomes of it when the resource that it extends is deleted.
    pub with_scope: Fate,
    /// Code of the 404 of an absent one.
    pub missing: &'static str,
    /// The key under which a resource is stored, when that is not its own id.
    pub resolve: fn(&World, &ResourceId) -> ResourceKey,
    /// What else a PUT has to hold to.
    pub check: fn(&World, &Write<'_>) -> Result<(), Refusal>,
    /// Fills in what the service adds: defaults and read-only properties.
    pub complete: fn(&mut World, &Write<'_>, &mut Value),
    /// How the operation that a PUT starts is bound to fail.
    pub fails: fn(&World, &Write<'_>) -> Option<OperationError>,
    /// What a PUT means elsewhere, when it has taken effect.
    pub applied: fn(&mut World, &ResourceKey),
    /// What the end of an operation means for the resource.
    pub ended: fn(&mut World, &ResourceKey, &Outcome),
    /// Why it cannot be deleted.
    pub keep: fn(&World, &Resource, &Context<'_>) -> Result<(), Refusal>,
    /// What a deletion means elsewhere.
    pub removed: fn(&mut World, &Resource),
    /// Which resources a list shows, apart from those of its scope.
    pub listed: Listed,
    /// POST actions and further reads.
    pub actions: &'static [Action],
}

/// Where resources of a type are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Home {
    /// In a resource group, with a location that stays.
    Group,
    /// Below a resource of the same provider.
    Parent,
    /// On any scope: subscription, group or resource.
    Extension,
}

/// How a deletion that is done at once is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Deleted {
    /// 200 without a body.
    Silent,
    /// 200 with the resource.
    Shown,
}

/// How a change goes on after its answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pace {
    /// It is done.
    AtOnce,
    /// An operation runs.
    Operation {
        /// Simulated seconds that it takes; durations are estimates (general knowledge).
        seconds: i64,
        /// What leads the client to its end.
        follow: Follow,
        /// `provisioningState` on the way of a create, an update and a deletion.
        states: States,
    },
}

/// `provisioningState` while something runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct States {
    /// During a create.
    pub creating: &'static str,
    /// During an update.
    pub updating: &'static str,
    /// During a deletion.
    pub deleting: &'static str,
}

impl States {
    /// The usual words.
    pub const USUAL: Self = Self {
        creating: "Creating",
        updating: "Updating",
        deleting: "Deleting",
    };
}

/// Header fields that lead a client to the end of an operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Follow {
    /// `Azure-AsyncOperation`.
    Status,
    /// `Location`.
    Result,
    /// Both.
    StatusAndResult,
    /// Neither: the resource's own `provisioningState`.
    Resource,
}

/// What PATCH may change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Patch {
    /// There is no PATCH.
    None,
    /// Tags, replaced as a whole.
    Tags,
    /// Everything sent, merged (RFC 7396).
    Merge,
}

/// What becomes of an extension when what it extends is deleted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// It is gone too.
    Gone,
    /// It stays behind, and a namesake inherits it.
    Stays,
}

/// Which resources a list shows.
#[derive(Debug, Clone, Copy)]
pub enum Listed {
    /// Those of the scope named.
    Own,
    /// Those that the type itself picks.
    Picked(fn(&World, &str, &Request) -> Result<Vec<ResourceKey>, Refusal>),
    /// None that are stored: what the type makes up on a GET.
    Computed(fn(&World, &Context<'_>, &str) -> Result<Vec<Value>, Refusal>),
    /// The answer to a POST on the type itself.
    Asked(fn(&World, &Context<'_>, &str) -> Result<Value, Refusal>),
}

impl Listed {
    /// Whether nothing of the type is stored.
    #[must_use]
    pub fn is_made_up(self) -> bool {
        matches!(self, Self::Computed(_) | Self::Asked(_))
    }
}

/// What a name has to look like.
#[derive(Clone, Copy)]
pub struct NameRule {
    /// Whether it does.
    pub holds: fn(&str) -> bool,
    /// The answer when it does not.
    pub refuse: fn(&str) -> Refusal,
}

/// A call on a resource that is not one of the usual ones.
pub struct Action {
    /// Last segment of the path.
    pub word: &'static str,
    /// Last word of its name in the request log.
    pub call: &'static str,
    /// What it is asked with.
    pub method: Method,
    /// The right that it needs, after the type's own: `validateForBackup/action`.
    pub right: &'static str,
    /// Whether it starts an operation.
    pub starts_operation: bool,
    /// The answer.
    pub run: fn(&mut World, &Context<'_>, &ResourceId) -> Result<Reply, Refusal>,
}

/// Methods of an [`Action`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// GET.
    Get,
    /// POST.
    Post,
}

/// A PUT, or a PATCH laid over what is there, on its way into the store.
pub struct Write<'a> {
    /// Which resource.
    pub id: &'a ResourceId,
    /// Its body; read-only members of the description are stripped.
    pub sent: &'a Value,
    /// The stored resource, when there is one.
    pub old: Option<&'a Value>,
    /// Region of the resource, of what it extends, or of its parent.
    pub region: &'a str,
    /// Object id of the caller.
    pub caller: &'a str,
    /// The type.
    pub kind: &'static ResourceType,
}

impl Write<'_> {
    /// A property of what was sent.
    #[must_use]
    pub fn property(&self, name: &str) -> Option<&Value> {
        self.sent.get("properties")?.get(name).filter(|value| !value.is_null())
    }

    /// A text property of what was sent.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<&str> {
        self.property(name).and_then(Value::as_str)
    }

    /// Refuses a caller who may not do `needed` on a resource that the body names.
    ///
    /// # Errors
    /// 403 `LinkedAuthorizationFailed`.
    pub fn linked(&self, world: &World, needed: &str, target: &str) -> Result<(), Refusal> {
        linked::check(
            world,
            self.caller,
            &self.kind.right("write"),
            &self.id.to_string(),
            needed,
            target,
        )
    }

    /// A property of the stored resource.
    #[must_use]
    pub fn stored(&self, name: &str) -> Option<&Value> {
        self.old?.get("properties")?.get(name)
    }
}

impl ResourceType {
    /// What most types have in common; every entry names at least provider, path, calls and versions.
    pub const PLAIN: Self = Self {
        namespace: "",
        path: "",
        calls: "",
        versions: &[],
        home: Home::Group,
        own_operations: false,
        late: false,
        busy: "Conflict",
        created: 201,
        updated: 200,
        deleted: Deleted::Silent,
        put: Pace::AtOnce,
        delete: Pace::AtOnce,
        patch: Patch::None,
        system_data: false,
        etag: None,
        name: None,
        body: None,
        lower_id: false,
        write_only: &[],
        with_scope: Fate::Gone,
        missing: "ResourceNotFound",
        resolve: |_, id| id.key(),
        check: |_, _| Ok(()),
        complete: |_, _, _| {},
        fails: |_, _| None,
        applied: |_, _| {},
        ended: |_, _, _| {},
        keep: |_, _, _| Ok(()),
        removed: |_, _| {},
        listed: Listed::Own,
        actions: &[],
    };

    /// `Microsoft.ContainerService/fleets/members`.
    #[must_use]
    pub fn full(&self) -> String {
        format!("{}/{}", self.namespace, self.path)
    }

    /// The right to do something with it, for example `Microsoft.ContainerService/fleets/members/write`.
    #[must_use]
    pub fn right(&self, word: &str) -> String {
        format!("{}/{}/{word}", self.namespace, self.path)
    }
}

impl PartialEq for ResourceType {
    fn eq(&self, other: &Self) -> bool {
        (self.namespace, self.path) == (other.namespace, other.path)
    }
}

impl Eq for ResourceType {}

impl fmt::Debug for ResourceType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.full())
    }
}

impl Pace {
    /// How long it takes, and what follows it, when an operation runs.
    #[must_use]
    pub fn operation(self) -> Option<(SignedDuration, Follow, States)> {
        match self {
            Self::AtOnce => None,
            Self::Operation {
                seconds,
                follow,
                states,
            } => Some((SignedDuration::from_secs(seconds), follow, states)),
        }
    }
}
