//! Children of any type: the way for what has no field of its own.

use serde_json::Value;

use super::{Child, Draft, Hindrance, KINDS, Kind, Leaves, Needs, View, place};
use armature_api::CustomChild;

/// Nothing is known about a type but what ARM says of all: each may need other rights, so a role can't be given here.
pub(super) static KIND: Kind = Kind {
    field: "children",
    // Azure leaves extension resources of some types behind, for a cluster of the same name to inherit.
    leaves: Leaves::BeforeCluster,
    drafts,
    late: true,
    ..Kind::PLAIN
};

/// The type whose parts are children, and no extensions, of a cluster.
const CLUSTER_TYPE: &str = "Microsoft.ContainerService/managedClusters/";
/// Pools are objects of their own.
const POOL_TYPE: &str = "Microsoft.ContainerService/managedClusters/agentPools";
const GROUP_TYPE: &str = "Microsoft.Resources/resourceGroups";
/// The largest body, in bytes.
const LARGEST: usize = 32 * 1024;
/// Members of a body that follow from the entry.
const MADE: [&str; 3] = ["id", "name", "type"];

fn drafts(view: &View<'_>) -> Vec<Draft> {
    let children = view.spec.children.iter().flatten();
    children
        .map(|(name, custom)| {
            let needs = match part_of_cluster(&custom.type_) {
                Some(_) => Needs::IdleCluster,
                None => Needs::Cluster,
            };
            Draft::new(name, needs, child(view, name, custom))
        })
        .collect()
}

fn child(view: &View<'_>, name: &str, custom: &CustomChild) -> Result<Child, Hindrance> {
    let CustomChild {
        type_,
        api_version,
        body,
    } = custom;
    let invalid = |member: &str, problem: String| Hindrance::Invalid {
        field: format!("spec.children.{name}.{member}"),
        problem,
    };
    refused_type(view, type_).map_or(Ok(()), |problem| Err(invalid("type", problem)))?;
    refused_body(body).map_or(Ok(()), |problem| Err(invalid("body", problem)))?;
    let id = match part_of_cluster(type_) {
        Some(part) => place::at(view.cluster, part, name)?,
        None => place::at(view.cluster, &format!("providers/{type_}"), name)?,
    };
    Ok(Child {
        id,
        api_version: api_version.clone().into(),
        entry: serde_json::to_value(custom)?,
        body: body.clone(),
        secrets: Vec::new(),
    })
}

/// The last part of a type that is a part of the cluster.
fn part_of_cluster(type_: &str) -> Option<&str> {
    let (start, part) = type_.split_at_checked(CLUSTER_TYPE.len())?;
    start.eq_ignore_ascii_case(CLUSTER_TYPE).then_some(part)
}

/// Why the type can't be used, and what to do.
fn refused_type(view: &View<'_>, type_: &str) -> Option<String> {
    if let Some(field) = field_of(type_) {
        return Some(format!("{type_} has a field of its own; use {field}"));
    }
    if view
        .allowed_types
        .iter()
        .any(|allowed| allowed.eq_ignore_ascii_case(type_))
    {
        return None;
    }
    Some(match &view.spec.identity_ref {
        Some(identity) => format!(
            "AzureIdentity {} does not allow {type_}; add it to its spec.allowedTypes",
            identity.name
        ),
        None => format!(
            "only an AzureIdentity can allow {type_}; name one in spec.identityRef that has it in its spec.allowedTypes"
        ),
    })
}

/// The field or object that manages resources of this type: that of the kind that may write them.
fn field_of(type_: &str) -> Option<&'static str> {
    let is = |other: &str| type_.eq_ignore_ascii_case(other);
    if is(POOL_TYPE) {
        return Some("AksNodePool");
    }
    if place::is_never_child(type_) {
        return Some(if is(GROUP_TYPE) {
            "spec.resourceGroupPolicy"
        } else {
            "AksCluster"
        });
    }
    let write = format!("{type_}/write");
    let writes = |kind: &&&Kind| kind.actions.iter().any(|action| action.eq_ignore_ascii_case(&write));
    KINDS.iter().find(writes).map(|kind| kind.field)
}

/// Why the body can't be sent, and what to do.
fn refused_body(body: &Value) -> Option<String> {
    let Some(members) = body.as_object() else {
        return Some("it is no object; write the members of the resource below it".to_owned());
    };
    let made = |name: &&String| MADE.iter().any(|made| made.eq_ignore_ascii_case(name));
    if let Some(name) = members.keys().find(made) {
        return Some(format!(
            "{name} follows from the entry and the cluster; remove it from the body"
        ));
    }
    let size = body.to_string().len();
    (size > LARGEST).then(|| format!("it has {size} bytes, and {LARGEST} is the most; shorten it"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::children::{Intent, Reads, differences};
    use armature_api::{AksClusterSpec, IdentityRef};

    const CLUSTER: &str = "/subscriptions/s/clusters/shop";
    const TARGETS: &str = "Microsoft.Chaos/targets";

    fn made(type_: &str, body: Value, allowed: &[&str]) -> Draft {
        let spec = AksClusterSpec {
            identity_ref: Some(IdentityRef {
                name: "prod".to_owned(),
            }),
            children: Some(
                [(
                    "one".to_owned(),
                    CustomChild {
                        type_: type_.to_owned(),
                        api_version: "2025-01-01".to_owned(),
                        body,
                    },
                )]
                .into(),
            ),
            ..AksClusterSpec::default()
        };
        let allowed: Vec<String> = allowed.iter().copied().map(str::to_owned).collect();
        let view = View {
            spec: &spec,
            cluster: CLUSTER,
            live: None,
            reads: &Reads::default(),
            intent: Intent::default(),
            allowed_types: &allowed,
        };
        drafts(&view).remove(0)
    }

    fn problem(draft: Draft) -> (String, String) {
        match draft.child {
            Err(Hindrance::Invalid { field, problem }) => (field, problem),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn an_extension_is_below_providers_and_a_part_of_the_cluster_is_not() {
        let extension = made(TARGETS, json!({}), &["microsoft.chaos/TARGETS"]);
        assert_eq!(extension.needs, Needs::Cluster);
        assert_eq!(
            extension.child.unwrap().id,
            format!("{CLUSTER}/providers/{TARGETS}/one")
        );
        let type_ = "microsoft.containerservice/managedclusters/loadBalancers";
        let part = made(type_, json!({}), &[type_]);
        assert_eq!(part.needs, Needs::IdleCluster);
        assert_eq!(part.child.unwrap().id, format!("{CLUSTER}/loadBalancers/one"));
    }

    #[test]
    fn a_type_that_the_identity_does_not_allow_is_refused() {
        let (field, problem) = problem(made(TARGETS, json!({}), &["Microsoft.Chaos/experiments"]));
        assert_eq!(field, "spec.children.one.type");
        assert!(
            problem.contains("AzureIdentity prod does not allow Microsoft.Chaos/targets"),
            "{problem}"
        );
    }

    #[test]
    fn a_type_that_armature_manages_by_a_field_is_refused_with_its_name() {
        let refused = |type_: &str| problem(made(type_, json!({}), &[type_])).1;
        for (type_, field) in [
            ("Microsoft.Insights/diagnosticsettings", "diagnosticSettings"),
            ("Microsoft.EventGrid/eventSubscriptions", "eventSubscriptions"),
            (
                "Microsoft.ContainerService/managedClusters/trustedAccessRoleBindings",
                "trustedAccess",
            ),
            ("Microsoft.ContainerService/managedclusters/agentpools", "AksNodePool"),
            ("microsoft.containerservice/managedClusters", "AksCluster"),
            ("Microsoft.Resources/ResourceGroups", "spec.resourceGroupPolicy"),
        ] {
            assert_eq!(refused(type_), format!("{type_} has a field of its own; use {field}"));
        }
    }

    #[test]
    fn every_type_that_a_kind_writes_below_a_cluster_is_known_to_be_its_own() {
        for kind in KINDS.iter().filter(|kind| kind.field != KIND.field) {
            let writes = kind.actions.iter().any(|action| action.ends_with("/write"));
            assert!(writes, "{} writes nothing", kind.field);
        }
    }

    #[test]
    fn a_body_has_no_place_for_what_follows_from_the_entry_and_an_end() {
        let refused = |body: Value| problem(made(TARGETS, body, &[TARGETS]));
        for member in ["id", "Name", "TYPE"] {
            let (field, problem) = refused(json!({ member: "x" }));
            assert_eq!(field, "spec.children.one.body");
            assert!(problem.starts_with(member), "{problem}");
        }
        let body = |size: usize| json!({ "properties": { "a": "x".repeat(size) } });
        let frame = body(0).to_string().len();
        assert!(made(TARGETS, body(LARGEST - frame), &[TARGETS]).child.is_ok());
        let (_, problem) = refused(body(LARGEST - frame + 1));
        assert!(problem.contains("32769 bytes"), "{problem}");
        assert!(refused(json!([])).1.starts_with("it is no object"));
    }

    #[test]
    fn only_what_the_body_says_is_compared() {
        let wanted = json!({ "properties": { "a": 1 } });
        let live = |a: i32| json!({ "id": "/x", "location": "westeurope", "properties": { "a": a, "b": 2 } });
        assert_eq!(differences(&wanted, &live(1), KIND.compare), [""; 0]);
        assert_eq!(differences(&wanted, &live(2), KIND.compare), ["properties.a"]);
    }
}
