//! When a wanted and a live value mean the same to Azure.

use std::collections::BTreeSet;

pub(super) mod machines;

use ipnet::IpNet;
use jiff::Timestamp;
use serde_json::Value;

use super::version::Version;

/// How the values of a field are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Compare {
    /// Letter by letter; numbers by value.
    Exact,
    /// Enums, resource ids and addresses, which AKS returns in another casing than it was given.
    CaseInsensitive,
    /// Region names: `East US` is `eastus`.
    Location,
    /// Lists whose order Azure changes.
    Set,
    /// Lists of addresses and CIDRs; a lone address is its own /32 or /128.
    CidrSet,
    /// Groups of settings: what the manifest names has to be so, what Azure adds is Azure's.
    Contains,
    /// `autoScalerProfile`: each member is a setting of its own; one that leaves the manifest keeps its live value,
    /// because Azure fills in a default for it.
    Members,
    /// Labels: a map owned by key, keys of others are left alone.
    Keyed,
    /// Tags: a map owned by key, whose keys Azure compares without regard to case.
    Tags,
    /// `addonProfiles`: owned by key without regard to case; a key that is dropped is disabled, because it can't be
    /// removed.
    Addons,
    /// `vnetDNSOverrides` and `kubeDNSOverrides`: owned by key; what the manifest names of an entry has to be so, the rest
    /// of it and the two zones that are always there are Azure's.
    Zones,
    /// Sizes and numbers of single machines: one value, whose order and casing Azure changes.
    Sizes,
    /// An instruction about the node image: it acts when the manifest changes it. What Azure makes of the image later is
    /// ahead of the manifest, like a version above its floor, and never drift.
    Once,
    /// `nodeTaints`: a list of `key=value:Effect` owned by key and effect.
    Taints,
    /// Lists that Azure adds entries of its own to, such as `noProxy`: owned by entry.
    Entries,
    /// `userAssignedIdentities`: a map whose keys are resource ids and whose values Azure fills in.
    IdentityMap,
    /// A Kubernetes version: the wanted one is a floor under the running one.
    Floor,
    /// A node count: the autoscaler's as soon as it is on.
    Count,
    /// A size of which 0 means that Azure chooses.
    Size,
    /// A point in time, however it is written.
    Time,
    /// Properties that no row knows: objects by the members that are named, texts without regard to case.
    Lenient,
    /// Lists of settings groups in any order: each wanted one has its counterpart in Azure, where further fields are
    /// Azure's; a counterpart that nobody wants and that is switched off is no difference.
    Parts,
    /// A value that Azure never returns: the manifest refers to a Secret.
    Secret,
    /// Certificates and keys: compared letter by letter apart from surrounding white space.
    Trimmed,
}

impl Compare {
    /// Whether `live` already is what `wanted` asks for.
    pub fn same(self, wanted: &Value, live: Option<&Value>) -> bool {
        let Some(live) = live else {
            return match self {
                // An absent label is not the same as an empty one, and a tag neither.
                Self::Keyed | Self::Tags => false,
                // The keys say everything, the values nothing.
                Self::IdentityMap => keys(wanted).is_empty(),
                _ => is_nothing(wanted),
            };
        };
        match self {
            Self::Exact | Self::Count | Self::Keyed | Self::Tags => exact(wanted, live),
            Self::Size => wanted.as_i64() == Some(0) || exact(wanted, live),
            Self::Time => time(wanted).map_or_else(|| exact(wanted, live), |wanted| Some(wanted) == time(live)),
            Self::Sizes => machines::all(wanted) == machines::all(live),
            Self::CaseInsensitive | Self::Once => match (text(wanted), text(live)) {
                (Some(wanted), Some(live)) => wanted.eq_ignore_ascii_case(live),
                _ => folded(wanted) == folded(live),
            },
            Self::Location => location(wanted) == location(live),
            Self::Set => set(wanted, fold_text) == set(live, fold_text),
            Self::CidrSet => set(wanted, cidr) == set(live, cidr),
            Self::Contains | Self::Members | Self::Addons | Self::Zones => contains(wanted, live),
            Self::Taints => set(wanted, str::to_owned).is_subset(&set(live, str::to_owned)),
            Self::Entries => set(wanted, fold_text).is_subset(&set(live, fold_text)),
            Self::IdentityMap => keys(wanted) == keys(live),
            Self::Floor => match (version(wanted), version(live)) {
                (Some(floor), Some(running)) => running.meets(floor),
                _ => false,
            },
            Self::Lenient => lenient(wanted, live),
            Self::Parts => parts(wanted, live),
            Self::Secret => true,
            Self::Trimmed => trimmed(wanted, live),
        }
    }
}

/// What Azure leaves out of a body rather than writing it.
pub(super) fn is_nothing(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => true,
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(fields) => fields.values().all(is_nothing),
        Value::Bool(true) | Value::Number(_) => false,
    }
}

fn exact(wanted: &Value, live: &Value) -> bool {
    match (wanted, live) {
        (Value::Number(wanted), Value::Number(live)) => wanted.as_f64() == live.as_f64(),
        (Value::Array(wanted), Value::Array(live)) => {
            wanted.len() == live.len() && wanted.iter().zip(live).all(|(wanted, live)| exact(wanted, live))
        }
        _ => wanted == live,
    }
}

/// Every field that `wanted` names has that value in `live`; what `live` has beyond is Azure's.
fn contains(wanted: &Value, live: &Value) -> bool {
    match (wanted, live) {
        (Value::Object(wanted), Value::Object(live)) => wanted.iter().all(|(key, value)| {
            live.get(key)
                .map_or_else(|| is_nothing(value), |live| contains(value, live))
        }),
        _ => exact(wanted, live),
    }
}

/// Every wanted group has a live one that agrees with it, and no live one is left over that does anything.
fn parts(wanted: &Value, live: &Value) -> bool {
    let (Some(wanted), Some(live)) = (wanted.as_array(), live.as_array()) else {
        return false;
    };
    let mut left: Vec<&Value> = live.iter().collect();
    let found = wanted.iter().all(|part| {
        let place = left.iter().position(|live| lenient(part, live));
        place.map(|place| left.swap_remove(place)).is_some()
    });
    found && left.iter().all(|part| part.get("enabled") == Some(&Value::Bool(false)))
}

fn lenient(wanted: &Value, live: &Value) -> bool {
    match (wanted, live) {
        (Value::Object(wanted), Value::Object(live)) => wanted.iter().all(|(key, value)| {
            live.get(key)
                .map_or_else(|| is_nothing(value), |live| lenient(value, live))
        }),
        (Value::Array(wanted), Value::Array(live)) => {
            wanted.len() == live.len() && wanted.iter().zip(live).all(|(wanted, live)| lenient(wanted, live))
        }
        (Value::String(wanted), Value::String(live)) => wanted.eq_ignore_ascii_case(live),
        _ => exact(wanted, live),
    }
}

fn text(value: &Value) -> Option<&str> {
    value.as_str()
}

fn version(value: &Value) -> Option<Version> {
    text(value).and_then(|text| text.parse().ok())
}

fn time(value: &Value) -> Option<Timestamp> {
    text(value).and_then(|text| text.parse().ok())
}

pub(super) fn fold_text(text: &str) -> String {
    text.to_ascii_lowercase()
}

fn folded(value: &Value) -> String {
    text(value).map_or_else(|| value.to_string(), fold_text)
}

fn location(value: &Value) -> String {
    folded(value).split_whitespace().collect()
}

fn cidr(text: &str) -> String {
    text.parse::<IpNet>()
        .or_else(|_| text.parse::<std::net::IpAddr>().map(IpNet::from))
        .map_or_else(|_| fold_text(text), |net| net.trunc().to_string())
}

fn set(value: &Value, normal: fn(&str) -> String) -> BTreeSet<String> {
    let items = value.as_array().map(Vec::as_slice).unwrap_or_default();
    items
        .iter()
        .map(|item| text(item).map_or_else(|| item.to_string().to_ascii_lowercase(), normal))
        .collect()
}

fn keys(value: &Value) -> BTreeSet<String> {
    value
        .as_object()
        .map(|map| map.keys().map(|key| fold_text(key)).collect())
        .unwrap_or_default()
}

/// Texts apart from the white space around them, lists item by item, objects by the members that are wanted.
fn trimmed(wanted: &Value, live: &Value) -> bool {
    match (wanted, live) {
        (Value::String(wanted), Value::String(live)) => wanted.trim() == live.trim(),
        (Value::Array(wanted), Value::Array(live)) => {
            wanted.len() == live.len() && wanted.iter().zip(live).all(|(wanted, live)| trimmed(wanted, live))
        }
        (Value::Object(wanted), Value::Object(live)) => wanted
            .iter()
            .all(|(key, value)| live.get(key).is_some_and(|live| trimmed(value, live))),
        _ => exact(wanted, live),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn casing_that_azure_changed_is_no_difference() {
        assert!(Compare::CaseInsensitive.same(&json!("standard"), Some(&json!("Standard"))));
        assert!(!Compare::CaseInsensitive.same(&json!("standard"), Some(&json!("basic"))));
    }

    #[test]
    fn a_display_name_of_a_region_is_the_region() {
        assert!(Compare::Location.same(&json!("East US"), Some(&json!("eastus"))));
    }

    #[test]
    fn what_azure_leaves_out_is_false_or_empty() {
        for nothing in [json!(false), json!([]), json!({}), json!({"enabled": false}), json!("")] {
            assert!(Compare::Exact.same(&nothing, None), "{nothing}");
        }
        assert!(!Compare::Exact.same(&json!(true), None));
        assert!(!Compare::Exact.same(&json!(0), None));
    }

    #[test]
    fn an_empty_label_or_tag_is_not_an_absent_one() {
        for map in [Compare::Keyed, Compare::Tags] {
            assert!(!map.same(&json!(""), None));
            assert!(map.same(&json!(""), Some(&json!(""))));
        }
    }

    #[test]
    fn an_identity_that_azure_does_not_have_is_a_difference_though_its_entry_is_empty() {
        assert!(!Compare::IdentityMap.same(&json!({"/identities/a": {}}), None));
        assert!(Compare::IdentityMap.same(&json!({}), None));
        let live = json!({"/Identities/A": {"clientId": "x"}});
        assert!(Compare::IdentityMap.same(&json!({"/identities/a": {}}), Some(&live)));
    }

    #[test]
    fn a_size_of_zero_is_whatever_azure_chose() {
        assert!(Compare::Size.same(&json!(0), Some(&json!(128))));
        assert!(!Compare::Size.same(&json!(64), Some(&json!(128))));
    }

    #[test]
    fn a_point_in_time_is_the_same_however_it_is_written() {
        assert!(Compare::Time.same(
            &json!("2026-09-01T00:00:00Z"),
            Some(&json!("2026-09-01T02:00:00.0+02:00"))
        ));
        assert!(!Compare::Time.same(&json!("2026-09-01T00:00:00Z"), Some(&json!("2026-09-01T01:00:00Z"))));
    }

    #[test]
    fn entries_that_azure_adds_to_a_list_are_no_difference() {
        let live = json!(["localhost", "konnectivity", "Example.com"]);
        assert!(Compare::Entries.same(&json!(["example.com"]), Some(&live)));
        assert!(!Compare::Entries.same(&json!(["example.org"]), Some(&live)));
    }

    #[test]
    fn order_does_not_matter_where_azure_reorders() {
        assert!(Compare::Set.same(&json!(["1", "2"]), Some(&json!(["2", "1"]))));
        assert!(!Compare::Set.same(&json!(["1"]), Some(&json!(["2", "1"]))));
    }

    #[test]
    fn groups_are_the_same_in_any_order_with_what_azure_adds_to_them() {
        let wanted = json!([{"name": "a", "identity": {"resourceId": "/X"}}, {"name": "b"}]);
        let live =
            json!([{"name": "b", "provisioningState": "Assigned"}, {"name": "A", "identity": {"resourceId": "/x"}}]);
        assert!(Compare::Parts.same(&wanted, Some(&live)));
        assert!(!Compare::Parts.same(&json!([{"name": "a"}]), Some(&live)));
        assert!(!Compare::Parts.same(&json!([{"name": "b"}, {"name": "b"}]), Some(&live)));
    }

    #[test]
    fn a_group_that_is_switched_off_is_as_good_as_gone() {
        let live = json!([{"mode": "External", "enabled": true}, {"mode": "Internal", "enabled": false}]);
        assert!(Compare::Parts.same(&json!([{"mode": "External", "enabled": true}]), Some(&live)));
        assert!(!Compare::Parts.same(&json!([]), Some(&live)));
    }

    #[test]
    fn a_lone_address_is_its_own_network() {
        assert!(Compare::CidrSet.same(&json!(["20.1.2.3"]), Some(&json!(["20.1.2.3/32"]))));
    }

    #[test]
    fn taints_of_others_are_left_alone() {
        let spot = "kubernetes.azure.com/scalesetpriority=spot:NoSchedule";
        assert!(Compare::Taints.same(&json!(["team=a:NoSchedule"]), Some(&json!([spot, "team=a:NoSchedule"]))));
        assert!(!Compare::Taints.same(&json!(["team=a:NoSchedule"]), Some(&json!([spot]))));
    }

    #[test]
    fn what_azure_adds_to_an_unknown_object_or_spells_otherwise_is_no_difference() {
        let live = json!({"mode": "ipvs", "enabled": true, "rules": [{"name": "a", "id": 1}]});
        let same = |wanted: Value| Compare::Lenient.same(&wanted, Some(&live));
        assert!(same(json!({"mode": "IPVS", "rules": [{"name": "A"}]})));
        assert!(!same(json!({"mode": "iptables"})));
        assert!(!same(json!({"rules": []})));
    }

    #[test]
    fn another_certificate_or_key_in_a_list_is_a_difference_and_white_space_is_none() {
        let same = |wanted: Value, live: Value| Compare::Trimmed.same(&wanted, Some(&live));
        assert!(same(json!(["a\n"]), json!(["a"])) && same(json!([{"keyData": "a"}]), json!([{"keyData": "a\n"}])));
        assert!(same(json!("a"), json!(" a ")));
        for live in [json!(["a"]), json!(["b", "a"]), json!([])] {
            assert!(!same(json!(["b"]), live.clone()), "{live}");
        }
        assert!(!same(json!([{"keyData": "b"}]), json!([{"keyData": "a"}])));
        assert!(!same(json!([]), json!(["a"])));
    }

    #[test]
    fn a_number_is_compared_by_value() {
        assert!(Compare::Exact.same(&json!(-1), Some(&json!(-1.0))));
    }
}
