//! Whom an identity serves: one rule for the operator's own and for every `AzureIdentity`.
//!
//! Two questions, both answered without Azure: may objects of a namespace use it at all, and does it reach a resource.

use std::collections::BTreeMap;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::LabelSelector;
use kube::core::{Selector, SelectorExt};

use armature_api::AllowedNamespaces;

/// Which identity it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Whose<'a> {
    /// The operator's own, for clusters that name none.
    Own,
    /// The `AzureIdentity` of this name.
    Named(&'a str),
}

/// What an identity may be used for.
#[derive(Debug, Clone, Copy)]
pub struct Serves<'a> {
    /// Which identity it is.
    pub identity: Whose<'a>,
    /// The namespaces whose objects may use it.
    pub namespaces: &'a AllowedNamespaces,
    /// The subscriptions it may be used in; `None` for any.
    pub subscriptions: Option<&'a [String]>,
    /// The resource groups it may be used in, by name; `None` for any.
    pub resource_groups: Option<&'a [String]>,
}

/// A resource that is to be read or written with the identity.
#[derive(Debug, Clone, Copy)]
pub struct Reach<'a> {
    /// The subscription it is in.
    pub subscription: &'a str,
    /// The resource group it is in; `None` for what a subscription has outside of any.
    pub resource_group: Option<&'a str>,
    /// What it is to the cluster.
    pub role: Role,
    /// The group of the cluster's machines.
    pub node_group: NodeGroup<'a>,
}

/// What a resource is to the cluster that the identity is used for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// The cluster itself.
    Cluster,
    /// It hangs on the cluster, and is made, changed or deleted.
    Child,
    /// A child needs to know it.
    Read,
}

/// The group that AKS made for the machines of a cluster, and that belongs to it: as Azure shows it, because a manifest
/// could name anybody's.
#[derive(Debug, Clone, Copy)]
pub struct NodeGroup<'a> {
    /// The cluster's subscription, in which it is.
    pub subscription: &'a str,
    /// Its name; `None` while Azure shows no cluster.
    pub name: Option<&'a str>,
}

/// The identity may not be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotServed {
    /// What it may not be used for, a clause.
    pub message: String,
    /// The way out.
    pub next_step: String,
}

impl Serves<'_> {
    /// Whether it takes the labels of the namespace to answer [`Self::namespace`].
    pub fn needs_labels(&self, namespace: &str) -> bool {
        self.namespaces.selector.is_some() && !self.is_named(namespace)
    }

    /// Whether objects in a namespace with these labels may use the identity.
    ///
    /// # Errors
    /// They may not.
    pub fn namespace(&self, namespace: &str, labels: &BTreeMap<String, String>) -> Result<(), NotServed> {
        let by_labels = || {
            self.namespaces
                .selector
                .as_ref()
                .is_some_and(|rule| selects(rule, labels))
        };
        if self.is_named(namespace) || by_labels() {
            return Ok(());
        }
        Err(match self.identity {
            Whose::Own => NotServed {
                message: format!("the operator's own identity does not serve namespace {namespace}"),
                next_step: "set spec.identityRef to an AzureIdentity that does, or have the installation name the \
                            namespace in the chart's azure.namespaces (--own-identity-namespaces)"
                    .to_owned(),
            },
            Whose::Named(name) => NotServed {
                message: format!("AzureIdentity {name} may not be used in namespace {namespace}"),
                next_step: "add the namespace to its spec.allowedNamespaces or use another identity".to_owned(),
            },
        })
    }

    /// Whether the identity may be used for a resource. Azure's names compare without regard to case.
    ///
    /// # Errors
    /// It may not.
    pub fn resource(&self, reach: &Reach<'_>) -> Result<(), NotServed> {
        let Reach {
            subscription,
            resource_group,
            role,
            node_group,
        } = *reach;
        let lists = |list: Option<&[String]>, name: &str| {
            list.is_none_or(|list| list.iter().any(|listed| listed.eq_ignore_ascii_case(name)))
        };
        if !lists(self.subscriptions, subscription) {
            return Err(self.refuse(Lacks::Subscription(subscription), role));
        }
        let Some(group) = resource_group else {
            // What a subscription tells of itself, such as its roles, is in no group.
            let is_told = role == Role::Read || self.resource_groups.is_none();
            return if is_told {
                Ok(())
            } else {
                Err(self.refuse(Lacks::AnyGroup(subscription), role))
            };
        };
        if lists(self.resource_groups, group) || (role != Role::Cluster && node_group.is(subscription, group)) {
            return Ok(());
        }
        Err(self.refuse(Lacks::Group(group), role))
    }

    fn is_named(&self, namespace: &str) -> bool {
        let AllowedNamespaces {
            all,
            names,
            selector: _,
        } = self.namespaces;
        *all == Some(true) || names.iter().flatten().any(|name| name == namespace)
    }

    fn refuse(&self, lacks: Lacks<'_>, role: Role) -> NotServed {
        let (what, noun) = match lacks {
            Lacks::Subscription(id) => (format!("subscription {id}"), "subscription"),
            Lacks::Group(name) => (format!("resource group {name}"), "group"),
            Lacks::AnyGroup(id) => (format!("subscription {id} as a whole"), "group"),
        };
        let (who, add) = match self.identity {
            Whose::Own => ("the operator's own identity".to_owned(), "have the installation add"),
            Whose::Named(name) => (format!("AzureIdentity {name}"), "add"),
        };
        let list = match (self.identity, lacks) {
            (Whose::Own, Lacks::Subscription(_)) => "the chart's azure.subscriptions (--own-identity-subscriptions)",
            (Whose::Own, _) => "the chart's azure.resourceGroups (--own-identity-resource-groups)",
            (Whose::Named(_), Lacks::Subscription(_)) => "its spec.subscriptions",
            (Whose::Named(_), _) => "its spec.resourceGroups",
        };
        let other = match role {
            Role::Cluster => "use another identity",
            Role::Child | Role::Read => "name a resource of another one",
        };
        NotServed {
            message: format!("{who} may not be used for {what}"),
            next_step: match lacks {
                Lacks::AnyGroup(_) => format!("name a resource in a group that {list} has"),
                Lacks::Subscription(_) | Lacks::Group(_) => format!("{add} the {noun} to {list} or {other}"),
            },
        }
    }
}

/// What no list has.
#[derive(Clone, Copy)]
enum Lacks<'a> {
    /// This subscription.
    Subscription(&'a str),
    /// This resource group.
    Group(&'a str),
    /// Any group, of something in this subscription.
    AnyGroup(&'a str),
}

impl NodeGroup<'_> {
    fn is(&self, subscription: &str, group: &str) -> bool {
        let Self {
            subscription: own,
            name,
        } = self;
        own.eq_ignore_ascii_case(subscription) && name.is_some_and(|name| name.eq_ignore_ascii_case(group))
    }
}

fn selects(selector: &LabelSelector, labels: &BTreeMap<String, String>) -> bool {
    Selector::try_from(selector.clone()).is_ok_and(|selector| selector.matches(labels))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SUBSCRIPTION: &str = "11111111-1111-4111-8111-111111111111";
    const OTHER: &str = "22222222-2222-4222-8222-222222222222";
    const IDENTITIES: [Whose<'_>; 2] = [Whose::Own, Whose::Named("team")];

    fn names(names: &[&str]) -> AllowedNamespaces {
        AllowedNamespaces {
            names: Some(names.iter().map(ToString::to_string).collect()),
            ..AllowedNamespaces::default()
        }
    }

    const NODE_GROUP: &str = "MC_rg-shop_shop_westeurope";

    fn reach<'a>(subscription: &'a str, group: Option<&'a str>, role: Role) -> Reach<'a> {
        Reach {
            subscription,
            resource_group: group,
            role,
            node_group: NodeGroup {
                subscription: SUBSCRIPTION,
                name: Some(NODE_GROUP),
            },
        }
    }

    #[test]
    fn a_namespace_is_served_by_name_by_label_or_because_all_are_and_nobody_by_default() {
        let none = BTreeMap::new();
        let labels = BTreeMap::from([("team".to_owned(), "shop".to_owned())]);
        let selector = |text: &str| AllowedNamespaces {
            selector: Some(serde_json::from_str(text).unwrap()),
            ..AllowedNamespaces::default()
        };
        let all = AllowedNamespaces {
            all: Some(true),
            ..AllowedNamespaces::default()
        };
        let table = [
            (AllowedNamespaces::default(), &none, false),
            (names(&[]), &none, false),
            (names(&["other"]), &none, false),
            // Names of namespaces are no names of Azure's.
            (names(&["SHOP"]), &none, false),
            (names(&["shop"]), &none, true),
            (all, &none, true),
            (selector(r#"{"matchLabels":{"team":"shop"}}"#), &none, false),
            (selector(r#"{"matchLabels":{"team":"shop"}}"#), &labels, true),
            (selector("{}"), &none, true),
        ];
        for identity in IDENTITIES {
            for (namespaces, labels, served) in &table {
                let serves = Serves {
                    identity,
                    namespaces,
                    subscriptions: None,
                    resource_groups: None,
                };
                assert_eq!(serves.namespace("shop", labels).is_ok(), *served, "{namespaces:?}");
                let by_labels = namespaces.selector.is_some();
                assert_eq!(serves.needs_labels("shop"), by_labels, "{namespaces:?}");
            }
        }
    }

    #[test]
    fn a_resource_is_reached_where_subscription_and_group_are_both_named_in_any_case() {
        let (any, subscription, group) = (None, ["11111111-1111-4111-8111-111111111111"], ["Rg-Shop"]);
        let (subscription, group) = (subscription.map(str::to_owned), group.map(str::to_owned));
        let nothing: [String; 0] = [];
        let node = Some(NODE_GROUP);
        let (child, read) = (Role::Child, Role::Read);
        let cluster = Role::Cluster;
        let upper = SUBSCRIPTION.to_uppercase();
        type Row<'a> = (Option<&'a [String]>, Option<&'a [String]>, Reach<'a>, bool);
        let table: &[Row<'_>] = &[
            (any, any, reach(SUBSCRIPTION, Some("rg"), cluster), true),
            (any, any, reach(SUBSCRIPTION, None, child), true),
            (Some(&subscription), any, reach(&upper, Some("rg"), cluster), true),
            (Some(&subscription), any, reach(OTHER, Some("rg"), cluster), false),
            (Some(&subscription), any, reach(OTHER, Some("rg"), child), false),
            (Some(&subscription), any, reach(OTHER, None, read), false),
            (Some(&nothing), any, reach(SUBSCRIPTION, Some("rg"), cluster), false),
            (any, Some(&group), reach(SUBSCRIPTION, Some("RG-SHOP"), cluster), true),
            (any, Some(&group), reach(SUBSCRIPTION, Some("rg-other"), cluster), false),
            (any, Some(&group), reach(SUBSCRIPTION, Some("rg-shop"), child), true),
            (any, Some(&group), reach(SUBSCRIPTION, Some("rg-dns"), child), false),
            (any, Some(&group), reach(SUBSCRIPTION, Some("rg-dns"), read), false),
            (
                any,
                Some(&nothing),
                reach(SUBSCRIPTION, Some("rg-shop"), cluster),
                false,
            ),
            // The group of the machines belongs to the cluster, and is no place for another one.
            (
                any,
                Some(&group),
                reach(SUBSCRIPTION, Some("mc_rg-shop_shop_WestEurope"), child),
                true,
            ),
            (
                any,
                Some(&group),
                reach(SUBSCRIPTION, Some("mc_rg-shop_shop_WestEurope"), read),
                true,
            ),
            (any, Some(&group), reach(SUBSCRIPTION, node, cluster), false),
            // Outside of any group there is only something to read.
            (any, Some(&group), reach(SUBSCRIPTION, None, read), true),
            (any, Some(&group), reach(SUBSCRIPTION, None, child), false),
            // The group's name alone does not carry into another subscription.
            (
                Some(&subscription),
                Some(&group),
                reach(OTHER, Some("rg-shop"), child),
                false,
            ),
            (Some(&subscription), Some(&group), reach(OTHER, node, child), false),
            // A group of the same name in another subscription is not the cluster's.
            (any, Some(&group), reach(OTHER, node, child), false),
        ];
        for identity in IDENTITIES {
            for (subscriptions, resource_groups, reach, served) in table {
                let serves = Serves {
                    identity,
                    namespaces: &AllowedNamespaces::default(),
                    subscriptions: *subscriptions,
                    resource_groups: *resource_groups,
                };
                assert_eq!(serves.resource(reach).is_ok(), *served, "{identity:?} {reach:?}");
            }
        }
    }

    #[test]
    fn every_refusal_names_what_is_refused_and_the_list_to_add_it_to() {
        let nothing: [String; 0] = [];
        let nobody = AllowedNamespaces::default();
        let serves = |identity| Serves {
            identity,
            namespaces: &nobody,
            subscriptions: None,
            resource_groups: Some(&nothing),
        };
        let child = Role::Child;
        let said = |refusal: NotServed| format!("{}; {}", refusal.message, refusal.next_step);
        let (own, named) = (serves(Whose::Own), serves(Whose::Named("team")));
        assert_eq!(
            said(own.namespace("shop", &BTreeMap::new()).unwrap_err()),
            "the operator's own identity does not serve namespace shop; set spec.identityRef to an AzureIdentity that \
             does, or have the installation name the namespace in the chart's azure.namespaces (--own-identity-namespaces)"
        );
        assert_eq!(
            said(own.resource(&reach(OTHER, Some("rg"), Role::Cluster)).unwrap_err()),
            "the operator's own identity may not be used for resource group rg; have the installation add the group to \
             the chart's azure.resourceGroups (--own-identity-resource-groups) or use another identity"
        );
        assert_eq!(
            said(named.resource(&reach(OTHER, Some("rg"), child)).unwrap_err()),
            "AzureIdentity team may not be used for resource group rg; add the group to its spec.resourceGroups or name \
             a resource of another one"
        );
        assert_eq!(
            said(named.resource(&reach(OTHER, None, child)).unwrap_err()),
            format!(
                "AzureIdentity team may not be used for subscription {OTHER} as a whole; name a resource in a group that \
                 its spec.resourceGroups has"
            )
        );
    }
}
