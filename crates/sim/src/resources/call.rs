//! Calls on resources of the table: from method and path, and the facts that the gateway asks of them.

use axum::http::Method as Http;

use super::id::{Named, ResourceId, subscription_of};
use super::resource_type::{Action, Home, Listed, Method, Pace, Patch, ResourceType};
use super::types;
use crate::arm::route::NoRoute;
use crate::throttle::Kind;

/// A call on a resource of the table, on all of a type, or on an operation of one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResourceCall {
    /// The type.
    pub kind: &'static ResourceType,
    /// What is asked.
    pub ask: Ask,
}

/// What is asked of a type of resource.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ask {
    /// GET of one.
    Get(ResourceId),
    /// PUT of one.
    Put(ResourceId),
    /// PATCH of one.
    Patch(ResourceId),
    /// DELETE of one.
    Delete(ResourceId),
    /// An action of the type.
    Act(&'static Action, ResourceId),
    /// GET of all in, on or below this scope.
    List(String),
    /// Status (or result, when the flag is set) of an operation, by its id.
    Operation {
        /// Where the path leads: a region's operations, or a resource's.
        scope: String,
        /// Id of the operation.
        id: String,
        /// Whether the result is asked for, and not the status.
        result: bool,
    },
}

impl PartialEq for Action {
    fn eq(&self, other: &Self) -> bool {
        self.word == other.word
    }
}

impl Eq for Action {}

impl std::fmt::Debug for Action {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.word)
    }
}

impl ResourceCall {
    /// Finds the call. `None` when the table has no such type.
    #[must_use]
    pub fn parse(method: &Http, path: &str) -> Option<Result<Self, NoRoute>> {
        match Named::parse(path)? {
            Named::One(id) => {
                if let Some(call) = operation(method, &id) {
                    return Some(call);
                }
                let kind = types::find(&id.namespace, &id.kind())?;
                Some(Self::on_one(method, kind, id))
            }
            Named::Below { scope, namespace, kind } => {
                if let Some(kind) = types::find(&namespace, &kind) {
                    let wanted = match kind.listed {
                        Listed::Asked(_) => Http::POST,
                        _ => Http::GET,
                    };
                    return Some(only(
                        method,
                        &wanted,
                        Self {
                            kind,
                            ask: Ask::List(scope),
                        },
                    ));
                }
                let id = ResourceId::parse(&scope)?;
                let (above, word) = kind.rsplit_once('/')?;
                let kind = types::find(&id.namespace, above)?;
                let action = kind
                    .actions
                    .iter()
                    .find(|action| action.word.eq_ignore_ascii_case(word));
                let Some(action) = action else {
                    return Some(Err(NoRoute::UnknownPath));
                };
                let wanted = match action.method {
                    Method::Get => Http::GET,
                    Method::Post => Http::POST,
                };
                let ask = Ask::Act(action, id);
                Some(only(method, &wanted, Self { kind, ask }))
            }
        }
    }

    fn on_one(method: &Http, kind: &'static ResourceType, id: ResourceId) -> Result<Self, NoRoute> {
        let ask = match *method {
            Http::GET => Ask::Get(id),
            _ if kind.listed.is_made_up() => return Err(NoRoute::WrongMethod),
            Http::PUT => Ask::Put(id),
            Http::PATCH if kind.patch != Patch::None => Ask::Patch(id),
            Http::DELETE => Ask::Delete(id),
            _ => return Err(NoRoute::WrongMethod),
        };
        Ok(Self { kind, ask })
    }

    /// The id or scope that it is about.
    #[must_use]
    pub fn scope(&self) -> String {
        match &self.ask {
            Ask::Get(id) | Ask::Put(id) | Ask::Patch(id) | Ask::Delete(id) | Ask::Act(_, id) => id.to_string(),
            Ask::List(scope) | Ask::Operation { scope, .. } => scope.clone(),
        }
    }

    /// The subscription it is in.
    #[must_use]
    pub fn subscription(&self) -> Option<&str> {
        match &self.ask {
            Ask::Get(id) | Ask::Put(id) | Ask::Patch(id) | Ask::Delete(id) | Ask::Act(_, id) => id.subscription(),
            Ask::List(scope) | Ask::Operation { scope, .. } => subscription_of(scope),
        }
    }

    /// Its name in the request log.
    #[must_use]
    pub fn name(&self) -> String {
        let calls = self.kind.calls;
        match &self.ask {
            Ask::Get(_) => format!("{calls}_Get"),
            Ask::Put(_) => format!("{calls}_CreateOrUpdate"),
            Ask::Patch(_) => format!("{calls}_Update"),
            Ask::Delete(_) => format!("{calls}_Delete"),
            Ask::List(_) => format!("{calls}_List"),
            Ask::Act(action, _) => format!("{calls}_{}", action.call),
            Ask::Operation { result: false, .. } => "Operations_GetStatus".to_owned(),
            Ask::Operation { result: true, .. } => "Operations_GetResult".to_owned(),
        }
    }

    /// The right that it needs.
    #[must_use]
    pub fn right(&self) -> String {
        let kind = self.kind;
        match &self.ask {
            Ask::Get(_) | Ask::List(_) => kind.right("read"),
            Ask::Put(_) | Ask::Patch(_) => kind.right("write"),
            Ask::Delete(_) => kind.right("delete"),
            Ask::Act(action, _) => kind.right(action.right),
            Ask::Operation { scope, .. } if ResourceId::parse(scope).is_some_and(|id| id.kind() == kind.path) => {
                kind.right("operations/read")
            }
            Ask::Operation { result: false, .. } => format!("{}/locations/operationStatuses/read", kind.namespace),
            Ask::Operation { result: true, .. } => format!("{}/locations/operationResults/read", kind.namespace),
        }
    }

    /// What the gateway counts it as.
    #[must_use]
    pub fn counted(&self) -> Kind {
        match &self.ask {
            Ask::Get(_) | Ask::List(_) | Ask::Operation { .. } => Kind::Read,
            Ask::Delete(_) => Kind::Delete,
            Ask::Act(action, _) if action.method == Method::Get => Kind::Read,
            Ask::Put(_) | Ask::Patch(_) | Ask::Act(..) => Kind::Write,
        }
    }

    /// Whether it starts a long-running operation.
    #[must_use]
    pub fn starts_operation(&self) -> bool {
        match &self.ask {
            Ask::Put(_) | Ask::Patch(_) => self.kind.put != Pace::AtOnce,
            Ask::Delete(_) => self.kind.delete != Pace::AtOnce,
            Ask::Act(action, _) => action.starts_operation,
            Ask::Get(_) | Ask::List(_) | Ask::Operation { .. } => false,
        }
    }

    /// What the call is on, when that has to be there before the call makes sense.
    #[must_use]
    pub fn holder(&self) -> Option<String> {
        let id = match &self.ask {
            Ask::List(scope) => return Some(scope.clone()),
            Ask::Operation { .. } => return None,
            Ask::Get(id) | Ask::Put(id) | Ask::Patch(id) | Ask::Delete(id) | Ask::Act(_, id) => id,
        };
        match self.kind.home {
            Home::Group | Home::Extension => Some(id.scope.clone()),
            Home::Parent => id.parent().map(|parent| parent.to_string()),
        }
    }
}

/// Operations of a provider: by region, or below the resource that they work on.
fn operation(method: &Http, id: &ResourceId) -> Option<Result<ResourceCall, NoRoute>> {
    let ((word, operation), above) = id.path.split_last()?;
    let result = match word.to_lowercase().as_str() {
        "operationstatuses" | "operationstatus" | "operations" => false,
        "operationresults" => true,
        _ => return None,
    };
    let (above_kind, _) = above.last()?;
    let kind = if above_kind.eq_ignore_ascii_case("locations") {
        // Fleets share the operations of AKS, which has calls of its own.
        types::with_operations(&id.namespace).filter(|kind| kind.namespace != "Microsoft.ContainerService")?
    } else {
        types::find(&id.namespace, &id.parent()?.kind())?
    };
    let scope = if above_kind.eq_ignore_ascii_case("locations") {
        id.scope.clone()
    } else {
        id.parent()?.to_string()
    };
    let ask = Ask::Operation {
        scope,
        id: operation.clone(),
        result,
    };
    Some(only(method, &Http::GET, ResourceCall { kind, ask }))
}

fn only(method: &Http, wanted: &Http, call: ResourceCall) -> Result<ResourceCall, NoRoute> {
    if method == wanted {
        Ok(call)
    } else {
        Err(NoRoute::WrongMethod)
    }
}
