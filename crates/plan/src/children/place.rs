//! Where resources beside a cluster are, and what they are called.

use serde_json::json;

use super::{Hindrance, Kind, View, custom};
use crate::digest::digits;
use crate::segment::Segment;

/// The id of a resource of this type at another one; the type may be that of an extension, such as
/// `providers/Microsoft.Insights/diagnosticSettings`.
///
/// # Errors
/// [`Hindrance::Invalid`] when the name, which comes from a manifest or from Azure, is not one segment: the id would be
/// that of something else.
pub fn at(parent: &str, type_: &str, name: &str) -> Result<String, Hindrance> {
    Ok(format!("{parent}/{type_}/{}", segment(name)?))
}

/// A name that is to be one segment of an id.
///
/// # Errors
/// [`Hindrance::Invalid`] when it is not.
pub fn segment(name: &str) -> Result<Segment<'_>, Hindrance> {
    Segment::parse(name).map_err(|error| Hindrance::Invalid {
        field: "its name".to_owned(),
        problem: error.to_string(),
    })
}

/// The resource group of a resource inside one.
pub fn group(id: &str) -> &str {
    id.split_once("/providers/").map_or(id, |(group, _)| group)
}

/// What an extension resource extends; another resource itself.
pub fn under(id: &str) -> &str {
    match id.match_indices("/providers/").nth(1) {
        Some((at, _)) => id.get(..at).unwrap_or(id),
        None => id,
    }
}

/// The subscription of a resource: `/subscriptions/{guid}`.
pub fn subscription(id: &str) -> &str {
    let end = id.match_indices('/').nth(2).map_or(id.len(), |(at, _)| at);
    id.get(..end).unwrap_or(id)
}

/// The name of a resource.
pub fn name(id: &str) -> &str {
    id.rsplit('/').next().unwrap_or(id)
}

/// Whether a resource hangs on another one, and is not that itself.
pub fn is_below(id: &str, other: &str) -> bool {
    below(id, other).is_some()
}

/// Whether a resource is a part of another one that the same service serves: an operation on the one keeps the other
/// from being written or deleted. What only extends it comes from another provider.
pub fn is_part(id: &str, other: &str) -> bool {
    below(id, other).is_some_and(|rest| !rest.starts_with("providers/"))
}

fn below(id: &str, other: &str) -> Option<String> {
    let (id, other) = (id.to_ascii_lowercase(), other.to_ascii_lowercase());
    id.strip_prefix(&other)?.strip_prefix('/').map(str::to_owned)
}

/// The type of a resource, such as `microsoft.network/virtualnetworks/subnets`, in lower case; `None` for what is no
/// resource of a provider, such as a resource group.
pub fn type_of(id: &str) -> Option<String> {
    let id = id.to_ascii_lowercase();
    let (_, rest) = id.rsplit_once("/providers/")?;
    let segments: Vec<&str> = rest.split('/').collect();
    let (provider, names) = segments.split_first()?;
    if names.is_empty() || names.len() % 2 != 0 || segments.iter().any(|segment| segment.is_empty()) {
        return None;
    }
    let types = names.iter().step_by(2).map(|type_| format!("/{type_}"));
    Some(format!("{provider}{}", types.collect::<String>()))
}

/// Types that are never a child, whatever a manifest or a line says.
const NEVER: [&str; 3] = [
    "microsoft.containerservice/managedclusters",
    "microsoft.containerservice/managedclusters/agentpools",
    "microsoft.resources/resourcegroups",
];

/// Whether a type is never a child: clusters and pools have objects of their own, and a group holds what is others'.
pub fn is_never_child(type_: &str) -> bool {
    NEVER.iter().any(|never| never.eq_ignore_ascii_case(type_))
}

/// Whether a resource with this id can be a child of this kind of this cluster: its type is one that the kind writes, or
/// for one that names its type itself it is below the cluster.
pub fn fits(kind: &Kind, id: &str, cluster: &str) -> bool {
    let Some(type_) = type_of(id).filter(|type_| !is_never_child(type_)) else {
        return false;
    };
    let write = format!("{type_}/write");
    let writes = kind.actions.iter().any(|action| action.eq_ignore_ascii_case(&write));
    if kind.field == custom::KIND.field {
        is_below(id, cluster)
    } else {
        writes
    }
}

/// The region of another resource, in Azure's short form.
///
/// # Errors
/// [`Hindrance::Look`] while it was not read, [`Hindrance::NotYet`] while it does not exist.
pub fn region(view: &View<'_>, id: &str, api_version: &'static str) -> Result<String, Hindrance> {
    let resource = view.read(id, api_version)?;
    let location = resource.and_then(|body| body["location"].as_str());
    let short = |location: &str| location.replace(' ', "").to_ascii_lowercase();
    location
        .map(short)
        .ok_or_else(|| Hindrance::NotYet(format!("{id} to exist")))
}

/// How the name of a resource begins that is in the group of its cluster and named after it.
#[derive(Debug, Clone, Copy)]
pub struct Head<'a> {
    /// What all of a kind have in common, with a hyphen at its end; may be empty.
    pub fixed: &'static str,
    /// What tells those of one cluster apart, such as a region.
    pub part: &'a str,
}

/// Hex digits at the end of a name that could not stay as it is.
const SUFFIX: usize = 12;

/// The name of a resource that is named after a cluster: head, hyphen and the cluster's own name, at most `longest`
/// characters. One that is not legal, is too long, or could be read as made from another head and another cluster, is
/// changed and ends with characters of this head and this cluster.
pub fn named(head: Head<'_>, longest: usize, cluster: &str) -> String {
    let Head { fixed, part } = head;
    let plain = format!("{fixed}{part}-{}", name(cluster));
    if plain.len() <= longest && is_plain(part, name(cluster)) {
        return plain;
    }
    let legal: String = plain
        .chars()
        .map(|letter| if letter.is_ascii_alphanumeric() { letter } else { '-' })
        .collect();
    let unique = digits(&json!([fixed, part, cluster.to_ascii_lowercase()]), SUFFIX);
    let start = legal.get(..longest.saturating_sub(SUFFIX + 1)).unwrap_or(&legal);
    format!("{}-{unique}", start.trim_end_matches('-'))
}

/// Whether a resource beside a cluster has a name that [`named`] gives for this cluster and can give for no other one. The
/// characters at the end of a changed name are too few to prove anything: somebody may have tried until they fitted.
pub fn is_named_after(cluster: &str, id: &str, fixed: &[&str]) -> bool {
    let (own, made) = (name(cluster).to_ascii_lowercase(), name(id).to_ascii_lowercase());
    let head = made.strip_suffix(&own).and_then(|head| head.strip_suffix('-'));
    let part = |fixed: &&str| head.and_then(|head| head.strip_prefix(&fixed.to_ascii_lowercase()));
    let mut parts = fixed.iter().filter_map(part);
    group(id).eq_ignore_ascii_case(group(cluster)) && parts.any(|part| is_plain(part, &own))
}

/// Whether a name of these two stays as it is. The first one has no hyphen, so that it is known where it ends; the second
/// does not end like a name that was changed.
fn is_plain(part: &str, own: &str) -> bool {
    let is_legal = |letter: u8| letter.is_ascii_alphanumeric() || letter == b'-';
    let end = own.rsplit('-').next().unwrap_or(own);
    let looks_changed = end.len() == SUFFIX && end.bytes().all(|letter| letter.is_ascii_hexdigit());
    !part.is_empty()
        && part.bytes().all(|letter| letter.is_ascii_alphanumeric())
        && own.bytes().all(is_legal)
        && !looks_changed
}

#[cfg(test)]
mod tests {
    use super::super::{KINDS, heir};
    use super::*;

    const ID: &str = "/subscriptions/s/resourceGroups/rg/providers/Microsoft.X/clusters/shop";

    #[test]
    fn an_id_tells_where_its_resource_is() {
        assert_eq!(subscription(ID), "/subscriptions/s");
        assert_eq!(group(ID), "/subscriptions/s/resourceGroups/rg");
        assert_eq!(name(ID), "shop");
        assert_eq!(under(ID), ID);
        assert_eq!(under(&format!("{ID}/providers/Microsoft.Y/settings/a")), ID);
        assert_eq!([subscription(""), group(""), name("")], [""; 3]);
    }

    #[test]
    fn what_extends_a_resource_is_below_it_and_no_part_of_it() {
        let (part, extension) = (
            format!("{ID}/Windows/a"),
            format!("{ID}/providers/Microsoft.Y/settings/a"),
        );
        let upper = ID.to_uppercase();
        assert!(is_part(&part, &upper) && is_below(&part, &upper));
        assert!(!is_part(&extension, &upper) && is_below(&extension, &upper));
        assert!(!is_below(ID, ID) && !is_below(&format!("{ID}-2/windows/a"), ID));
    }

    #[test]
    fn a_type_is_read_from_the_last_provider_in_any_case() {
        let type_ = |id: &str| type_of(id);
        assert_eq!(type_(ID).as_deref(), Some("microsoft.x/clusters"));
        assert_eq!(
            type_(&format!("{}/PROVIDERS/Microsoft.Y/a/1/b/2", ID.to_uppercase())).as_deref(),
            Some("microsoft.y/a/b")
        );
        for none in [
            "",
            "/subscriptions/s",
            "/subscriptions/s/resourceGroups/rg",
            "/subscriptions/s/resourceGroups/rg/providers/Microsoft.X",
            "/subscriptions/s/resourceGroups/rg/providers/Microsoft.X/clusters",
            "/subscriptions/s/resourceGroups/rg/providers/Microsoft.X/clusters//a",
        ] {
            assert_eq!(type_(none), None, "{none}");
        }
    }

    const CLUSTER: &str =
        "/subscriptions/s/resourceGroups/rg/providers/Microsoft.ContainerService/managedClusters/shop";

    /// An id of this type, as deep as it is.
    fn id_of(type_: &str) -> String {
        let (provider, types) = type_.split_once('/').unwrap();
        let names = types.split('/').map(|type_| format!("/{type_}/x"));
        format!("{CLUSTER}/providers/{provider}{}", names.collect::<String>())
    }

    #[test]
    fn a_child_of_any_kind_is_of_a_type_that_the_kind_writes_and_never_a_cluster_a_pool_or_a_group() {
        let foreign = [
            CLUSTER.to_owned(),
            CLUSTER.to_uppercase(),
            CLUSTER.replace("shop", "other"),
            format!("{CLUSTER}/agentPools/system"),
            format!("{CLUSTER}/AGENTPOOLS/system"),
            id_of("Microsoft.ContainerService/managedClusters"),
            "/subscriptions/s".to_owned(),
            "/subscriptions/s/resourceGroups/rg".to_owned(),
            "/subscriptions/s/resourceGroups/rg/providers/Microsoft.Resources/resourceGroups/rg".to_owned(),
            "/subscriptions/s/resourceGroups/rg/providers/Microsoft.Storage/storageAccounts/a".to_owned(),
            format!("{CLUSTER}/maintenanceConfigurations"),
            format!("{CLUSTER}/maintenanceConfigurations/"),
            String::new(),
        ];
        for kind in KINDS {
            for id in &foreign {
                assert!(!fits(kind, id, CLUSTER), "{} {id}", kind.field);
            }
            let writes = kind.actions.iter().filter_map(|action| action.strip_suffix("/write"));
            for type_ in writes.filter(|type_| !is_never_child(type_)) {
                let id = id_of(type_);
                assert!(
                    fits(kind, &id, CLUSTER) && fits(kind, &id.to_uppercase(), CLUSTER),
                    "{id}"
                );
                let others = KINDS.iter().filter(|other| other.field != custom::KIND.field);
                for other in others.filter(|other| !heir::may_meet(kind, other)) {
                    assert!(!fits(other, &id, CLUSTER), "{id} is no {}", other.field);
                }
            }
        }
        assert!(fits(
            &custom::KIND,
            &format!("{CLUSTER}/providers/Microsoft.Chaos/targets/a"),
            CLUSTER
        ));
        let elsewhere = CLUSTER.replace("shop", "other");
        assert!(!fits(
            &custom::KIND,
            &format!("{elsewhere}/providers/Microsoft.Chaos/targets/a"),
            CLUSTER
        ));
    }

    const WEST: Head<'static> = Head {
        fixed: "MSCI-",
        part: "westeurope",
    };

    fn cluster(name: &str) -> String {
        CLUSTER.replace("shop", name)
    }

    fn beside(name: &str) -> String {
        format!("/subscriptions/s/resourceGroups/rg/providers/Microsoft.X/rules/{name}")
    }

    #[test]
    fn a_name_stays_as_it_is_or_ends_with_characters_of_its_cluster() {
        let named = |name: &str, longest: usize| named(WEST, longest, &cluster(name));
        assert_eq!(named("shop", 44), "MSCI-westeurope-shop");
        assert_eq!(named("Shop-x", 44), "MSCI-westeurope-Shop-x");
        for (changed, longest) in [
            ("shop_x", 64),
            ("shop-shop-shop-shop-shop-shop", 44),
            ("shop-0123456789ab", 64),
            ("shop-0123456789AB", 64),
            ("0123456789ab", 64),
        ] {
            let name = named(changed, longest);
            assert!(name.len() <= longest && name.starts_with("MSCI-westeurope-"), "{name}");
            assert!(!name.ends_with(changed), "{name}");
            assert_eq!(name, named(changed, longest), "the same again");
        }
        let long = Head {
            fixed: "MSCI-ingest-",
            part: "germanywestcentral",
        };
        assert!(super::named(long, 43, &cluster("shop-shop")).len() <= 43);
    }

    #[test]
    fn a_name_proves_whose_it_is_only_where_it_can_be_of_no_other_cluster() {
        let proves = |own: &str, name: &str| is_named_after(&cluster(own), &beside(name), &["MSCI-", "MSCI-ingest-"]);
        assert!(proves("shop", "MSCI-westeurope-shop") && proves("SHOP", "msci-westeurope-shop"));
        assert!(proves("shop-x", "MSCI-ingest-westeurope-shop-x"));
        for (own, name) in [
            ("shop_x", "MSCI-westeurope-shop-x"),
            ("shop_x", "MSCI-westeurope-shop_x"),
            ("x", "MSCI-westeurope-shop-x"),
            ("shop", "MSCI-shop"),
            ("shop", "MSCI--shop"),
            ("shop", "Other-westeurope-shop"),
            ("shop-0123456789ab", "MSCI-westeurope-shop-0123456789ab"),
            ("shop", "shop"),
        ] {
            assert!(!proves(own, name), "{own} {name}");
        }
        let elsewhere = beside("MSCI-westeurope-shop").replace("/rg/", "/other/");
        assert!(!is_named_after(&cluster("shop"), &elsewhere, &["MSCI-"]));
        let changed = named(WEST, 64, &cluster("shop_x"));
        assert!(!proves("shop_x", &changed), "{changed}");
    }
}
