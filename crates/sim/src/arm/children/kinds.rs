//! The kinds of children of a cluster, other than pools: what each is called, and how the service writes it.

use axum::http::Method;
use jiff::SignedDuration;

use crate::arm::calls::CallFacts;
use crate::arm::ids::ClusterRef;
use crate::arm::render::Pointers;
use crate::arm::route::NoRoute;
use crate::schema::Definition;
use crate::throttle::Kind;

/// A kind of child that is PUT, read, listed and deleted by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ChildKind {
    /// When AKS may upgrade on its own.
    MaintenanceConfiguration,
    /// Rights of another Azure service inside the cluster.
    TrustedAccessRoleBinding,
    /// A Kubernetes namespace with quota and network policy, as an Azure resource.
    ManagedNamespace,
    /// Lets pods of the cluster use a managed identity.
    IdentityBinding,
    /// Somebody's private endpoint that wants to reach the API server.
    PrivateEndpointConnection,
}

/// How the service carries out a write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pace {
    /// The answer is the end.
    AtOnce,
    /// An operation follows, of this simulated length (general knowledge: no source tells it).
    Operation(Pointers, SignedDuration),
}

/// Facts about a kind.
#[derive(Debug, Clone, Copy)]
pub struct KindFacts {
    /// Path segment, and last part of the type.
    pub segment: &'static str,
    /// What it is called in sentences.
    pub noun: &'static str,
    /// Body.
    pub definition: Definition,
    /// Whether it carries an eTag.
    pub tagged: bool,
    /// PUT.
    pub put: Pace,
    /// DELETE, and the status that accepts it.
    pub delete: (u16, Pace),
    /// `provisioningState` while a first PUT is carried out: not every kind has `Creating` (SPEC, the enums).
    pub creating: &'static str,
    names: Names,
}

/// Names of the operations in the description.
#[derive(Debug, Clone, Copy)]
struct Names {
    list: &'static str,
    get: &'static str,
    put: &'static str,
    delete: &'static str,
}

const SECONDS_20: SignedDuration = SignedDuration::from_secs(20);
const SECONDS_30: SignedDuration = SignedDuration::from_secs(30);

const ALL: [ChildKind; 5] = [
    ChildKind::MaintenanceConfiguration,
    ChildKind::TrustedAccessRoleBinding,
    ChildKind::ManagedNamespace,
    ChildKind::IdentityBinding,
    ChildKind::PrivateEndpointConnection,
];

impl ChildKind {
    /// The kind at a lower-cased path segment.
    #[must_use]
    pub fn at(segment: &str) -> Option<Self> {
        ALL.into_iter()
            .find(|kind| kind.facts().segment.eq_ignore_ascii_case(segment))
    }

    /// Full resource type.
    #[must_use]
    pub fn resource_type(self) -> String {
        format!("Microsoft.ContainerService/managedClusters/{}", self.facts().segment)
    }

    /// What is known about it.
    #[must_use]
    pub const fn facts(self) -> KindFacts {
        match self {
            Self::MaintenanceConfiguration => KindFacts {
                segment: "maintenanceConfigurations",
                noun: "maintenance configuration",
                definition: Definition::MaintenanceConfiguration,
                tagged: false,
                put: Pace::AtOnce,
                delete: (200, Pace::AtOnce),
                creating: "Succeeded",
                names: Names {
                    list: "MaintenanceConfigurations_ListByManagedCluster",
                    get: "MaintenanceConfigurations_Get",
                    put: "MaintenanceConfigurations_CreateOrUpdate",
                    delete: "MaintenanceConfigurations_Delete",
                },
            },
            Self::TrustedAccessRoleBinding => KindFacts {
                segment: "trustedAccessRoleBindings",
                noun: "trusted access role binding",
                definition: Definition::TrustedAccessRoleBinding,
                tagged: false,
                put: Pace::Operation(Pointers::StatusAndWait, SECONDS_30),
                delete: (202, Pace::Operation(Pointers::StatusResultAndWait, SECONDS_30)),
                creating: "Updating",
                names: Names {
                    list: "TrustedAccessRoleBindings_List",
                    get: "TrustedAccessRoleBindings_Get",
                    put: "TrustedAccessRoleBindings_CreateOrUpdate",
                    delete: "TrustedAccessRoleBindings_Delete",
                },
            },
            Self::ManagedNamespace => KindFacts {
                segment: "managedNamespaces",
                noun: "managed namespace",
                definition: Definition::ManagedNamespace,
                tagged: true,
                put: Pace::Operation(Pointers::StatusAndWait, SECONDS_20),
                delete: (202, Pace::Operation(Pointers::StatusResultAndWait, SECONDS_20)),
                creating: "Creating",
                names: Names {
                    list: "ManagedNamespaces_ListByManagedCluster",
                    get: "ManagedNamespaces_Get",
                    put: "ManagedNamespaces_CreateOrUpdate",
                    delete: "ManagedNamespaces_Delete",
                },
            },
            Self::IdentityBinding => KindFacts {
                segment: "identityBindings",
                noun: "identity binding",
                definition: Definition::IdentityBinding,
                tagged: true,
                put: Pace::Operation(Pointers::StatusResultAndWait, SECONDS_20),
                delete: (202, Pace::Operation(Pointers::StatusResultAndWait, SECONDS_20)),
                creating: "Creating",
                names: Names {
                    list: "IdentityBindings_ListByManagedCluster",
                    get: "IdentityBindings_Get",
                    put: "IdentityBindings_CreateOrUpdate",
                    delete: "IdentityBindings_Delete",
                },
            },
            Self::PrivateEndpointConnection => KindFacts {
                segment: "privateEndpointConnections",
                noun: "private endpoint connection",
                definition: Definition::PrivateEndpointConnection,
                tagged: false,
                put: Pace::AtOnce,
                // SPEC: 200 with the header fields of an operation.
                delete: (200, Pace::Operation(Pointers::StatusAndWait, SECONDS_30)),
                creating: "Succeeded",
                names: Names {
                    list: "PrivateEndpointConnections_List",
                    get: "PrivateEndpointConnections_Get",
                    put: "PrivateEndpointConnections_Update",
                    delete: "PrivateEndpointConnections_Delete",
                },
            },
        }
    }

    /// The action of this kind that a role has to permit.
    const fn action(self, verb: Verb) -> &'static str {
        macro_rules! actions {
            ($kind:literal) => {
                match verb {
                    Verb::List | Verb::Get => concat!("Microsoft.ContainerService/managedClusters/", $kind, "/read"),
                    Verb::Put | Verb::PatchTags => {
                        concat!("Microsoft.ContainerService/managedClusters/", $kind, "/write")
                    }
                    Verb::Delete => concat!("Microsoft.ContainerService/managedClusters/", $kind, "/delete"),
                    Verb::ListCredential => concat!(
                        "Microsoft.ContainerService/managedClusters/",
                        $kind,
                        "/listCredential/action"
                    ),
                }
            };
        }
        match self {
            Self::MaintenanceConfiguration => actions!("maintenanceConfigurations"),
            Self::TrustedAccessRoleBinding => actions!("trustedAccessRoleBindings"),
            Self::ManagedNamespace => actions!("managedNamespaces"),
            Self::IdentityBinding => actions!("identityBindings"),
            Self::PrivateEndpointConnection => actions!("privateEndpointConnections"),
        }
    }
}

/// What is asked of a child.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verb {
    /// GET of all.
    List,
    /// GET of one.
    Get,
    /// PUT.
    Put,
    /// PATCH of the tags; managed namespaces alone have them.
    PatchTags,
    /// DELETE.
    Delete,
    /// POST listCredential of a managed namespace.
    ListCredential,
}

/// One call about children of a cluster.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChildCall {
    /// Which children.
    pub kind: ChildKind,
    /// What is asked.
    pub verb: Verb,
    /// Their cluster.
    pub cluster: ClusterRef,
    /// Name of the child, empty for a list.
    pub name: String,
}

impl ChildCall {
    /// Finds the call below a cluster: `rest` is the lower-cased path behind the kind's segment.
    ///
    /// # Errors
    /// [`NoRoute`] when there is no such call.
    pub fn parse(
        method: &Method,
        kind: ChildKind,
        cluster: ClusterRef,
        rest: &[&str],
        name: Option<&str>,
    ) -> Result<Self, NoRoute> {
        let verb = match (rest, method) {
            ([], &Method::GET) => Verb::List,
            ([_], &Method::GET) => Verb::Get,
            ([_], &Method::PUT) => Verb::Put,
            ([_], &Method::DELETE) => Verb::Delete,
            ([_], &Method::PATCH) if kind == ChildKind::ManagedNamespace => Verb::PatchTags,
            ([_, "listcredential"], &Method::POST) if kind == ChildKind::ManagedNamespace => Verb::ListCredential,
            ([] | [_], _) => return Err(NoRoute::WrongMethod),
            _ => return Err(NoRoute::UnknownPath),
        };
        Ok(Self {
            kind,
            verb,
            cluster,
            name: name.unwrap_or_default().to_owned(),
        })
    }

    /// Name, action and kind.
    #[must_use]
    pub fn facts(&self) -> CallFacts {
        let facts = self.kind.facts();
        let (name, kind, pace) = match self.verb {
            Verb::List => (facts.names.list, Kind::Read, Pace::AtOnce),
            Verb::Get => (facts.names.get, Kind::Read, Pace::AtOnce),
            Verb::Put => (facts.names.put, Kind::Write, facts.put),
            Verb::PatchTags => ("ManagedNamespaces_Update", Kind::Write, Pace::AtOnce),
            Verb::Delete => (facts.names.delete, Kind::Delete, facts.delete.1),
            Verb::ListCredential => ("ManagedNamespaces_ListCredential", Kind::Write, Pace::AtOnce),
        };
        CallFacts {
            name: name.into(),
            action: self.kind.action(self.verb).into(),
            kind,
            starts_operation: pace != Pace::AtOnce,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_is_found_at_its_segment_in_any_casing() {
        for kind in ALL {
            assert_eq!(ChildKind::at(&kind.facts().segment.to_uppercase()), Some(kind));
        }
        assert_eq!(ChildKind::at("agentPools"), None);
    }
}
