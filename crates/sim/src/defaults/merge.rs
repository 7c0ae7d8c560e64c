//! PUT semantics of AKS: what is left out keeps its value.

use serde_json::{Map, Value, json};

use super::json::{flag, is, list, present, remove, set, text};
use crate::schema::{Definition, strip_read_only, strip_secrets};

/// Maps that are replaced whole (Learn: use-labels, use-tags; identities: the CLI swaps the single one).
const WHOLE: &[&str] = &["tags", "nodeLabels", "userAssignedIdentities", "config", "podLabels"];
/// Texts that the Azure CLI sends empty when it means to leave the choice to AKS.
const EMPTY_IS_ABSENT: &[&str] = &["kubernetesVersion", "orchestratorVersion", "vmSize"];
const LOAD_BALANCER: &str = "/properties/networkProfile/loadBalancerProfile";
/// Ways to give a load balancer its outbound addresses; one at a time.
const OUTBOUND_GROUPS: [&str; 3] = ["managedOutboundIPs", "outboundIPs", "outboundIPPrefixes"];
/// Single addresses ranges and the lists that mirror them.
const MIRRORS: [(&str, &str); 2] = [("podCidr", "podCidrs"), ("serviceCidr", "serviceCidrs")];

/// What is stored after a PUT of `sent` over `stored`: a property left out or null keeps its value, lists, tags,
/// `nodeLabels` and `nodeTaints` are replaced whole, keys of `addonProfiles` stay (CAPZ#3654, specs#27373).
///
/// Read-only properties of `sent` are ignored, secrets are not kept. `agentPoolProfiles` is left out of the result:
/// pools are resources of their own. Other children of a cluster, and snapshots, are replaced whole.
#[must_use]
pub fn merge(definition: Definition, stored: Option<&Value>, sent: &Value) -> Value {
    let mut body = sent.clone();
    strip_read_only(definition, &mut body);
    strip_secrets(definition, &mut body);
    remove(&mut body, "/properties/agentPoolProfiles");
    let Some(stored) = stored else { return body };
    // The owner of a private endpoint connection sends the decision alone; the endpoint stays.
    let kept = [
        Definition::ManagedCluster,
        Definition::AgentPool,
        Definition::PrivateEndpointConnection,
    ];
    if !kept.contains(&definition) {
        return replaced(stored, &body);
    }
    let mut merged = stored.clone();
    overlay(&mut merged, &body);
    match definition {
        Definition::ManagedCluster => settle_cluster(&mut merged, stored, &body),
        Definition::AgentPool => settle_pool(&mut merged, "/properties", &body),
        _ => {}
    }
    merged
}

/// ARM's own contract for PUT: everything that can be written is replaced, what is left out is gone.
fn replaced(stored: &Value, body: &Value) -> Value {
    let mut merged = stored.clone();
    for (member, empty) in [("properties", Some(json!({}))), ("tags", None), ("location", None)] {
        match body.get(member).cloned().or(empty) {
            Some(value) => set(&mut merged, &format!("/{member}"), value),
            None => remove(&mut merged, &format!("/{member}")),
        }
    }
    merged
}

/// Pools after a cluster PUT, in resource form (`name`, `properties`): `stored` with the entries of the body's
/// `agentPoolProfiles` merged in by name, new names appended. A body without the list keeps them all.
///
/// An entry without `orchestratorVersion` takes the version of `cluster`, the merged cluster: that is how a harmless
/// looking PUT rolls pools (terraform-provider-azurerm#17244).
#[must_use]
pub fn merge_pools(stored: &[Value], sent: &Value, cluster: &Value) -> Vec<Value> {
    let mut body = sent.clone();
    strip_read_only(Definition::ManagedCluster, &mut body);
    let mut pools = stored.to_vec();
    for entry in list(&body, "/properties/agentPoolProfiles") {
        let Some(name) = text(entry, "/name") else { continue };
        let mut properties = entry.clone();
        remove(&mut properties, "/name");
        if present(&properties, "/orchestratorVersion").is_none()
            && let Some(version) = text(cluster, "/properties/kubernetesVersion")
        {
            set(&mut properties, "/orchestratorVersion", version);
        }
        match pools.iter_mut().find(|pool| is(pool, "/name", name)) {
            Some(pool) => {
                if let Some(target) = pool.get_mut("properties") {
                    overlay(target, &properties);
                }
                settle_pool(pool, "/properties", &json!({"properties": properties}));
            }
            None => pools.push(json!({"name": name, "properties": properties})),
        }
    }
    pools
}

/// Lays `sent` over `target`: objects by member, everything else replaced.
fn overlay(target: &mut Value, sent: &Value) {
    let (Value::Object(target), Value::Object(sent)) = (target, sent) else {
        return;
    };
    for (key, value) in sent.iter().filter(|(key, value)| !is_absent(key, value)) {
        match target.get_mut(key) {
            Some(there) if replaces(key, there, value) => *there = value.clone(),
            Some(there) => overlay(there, value),
            None => {
                target.insert(key.clone(), value.clone());
            }
        }
    }
}

fn is_absent(key: &str, value: &Value) -> bool {
    value.is_null() || (value.as_str() == Some("") && EMPTY_IS_ABSENT.contains(&key))
}

fn replaces(key: &str, there: &Value, value: &Value) -> bool {
    // An empty autoscaler profile resets it to its defaults (azure-cli, managed_cluster_decorator).
    let reset = key == "autoScalerProfile" && value.as_object().is_some_and(Map::is_empty);
    reset || WHOLE.contains(&key) || !there.is_object() || !value.is_object()
}

/// Removes stored values that the request supersedes.
fn settle_cluster(merged: &mut Value, stored: &Value, sent: &Value) {
    if let Some(sent_groups) = sent.pointer(LOAD_BALANCER)
        && OUTBOUND_GROUPS.iter().any(|group| sent_groups.get(group).is_some())
    {
        for group in OUTBOUND_GROUPS
            .iter()
            .filter(|group| sent_groups.get(**group).is_none())
        {
            remove(merged, &format!("{LOAD_BALANCER}/{group}"));
        }
    }
    let outbound = "/properties/networkProfile/outboundType";
    if text(merged, outbound) != text(stored, outbound) && sent.pointer(LOAD_BALANCER).is_none() {
        remove(merged, LOAD_BALANCER);
    }
    for (single, plural) in MIRRORS {
        let [single, plural] = [single, plural].map(|name| format!("/properties/networkProfile/{name}"));
        if merged.pointer(&single) != stored.pointer(&single) {
            remove(merged, &plural);
        } else if merged.pointer(&plural) != stored.pointer(&plural) {
            remove(merged, &single);
        }
    }
    if !is(merged, "/identity/type", "UserAssigned") {
        remove(merged, "/identity/userAssignedIdentities");
    }
}

/// A pool without autoscaling has no limits, whatever was stored (azurerm sends null for them).
fn settle_pool(pool: &mut Value, at: &str, sent: &Value) {
    if flag(pool, &format!("{at}/enableAutoScaling")) {
        return;
    }
    for limit in ["minCount", "maxCount"] {
        if sent.pointer(&format!("/properties/{limit}")).is_none() {
            remove(pool, &format!("{at}/{limit}"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cluster(stored: Value, sent: Value) -> Value {
        merge(Definition::ManagedCluster, Some(&stored), &sent)
    }

    #[test]
    fn a_property_left_out_or_null_keeps_its_value() {
        let stored =
            json!({"properties": {"dnsPrefix": "a", "networkProfile": {"networkPlugin": "azure", "podCidr": "x"}}});
        let sent = json!({"properties": {"dnsPrefix": null, "networkProfile": {"networkPolicy": "cilium"}}});
        let merged = cluster(stored, sent);
        assert_eq!(
            merged["properties"],
            json!({"dnsPrefix": "a",
                "networkProfile": {"networkPlugin": "azure", "podCidr": "x", "networkPolicy": "cilium"}})
        );
    }

    #[test]
    fn an_empty_version_keeps_the_stored_one() {
        let stored = json!({"properties": {"kubernetesVersion": "1.35", "fqdnSubdomain": "a"}});
        let merged = cluster(
            stored,
            json!({"properties": {"kubernetesVersion": "", "fqdnSubdomain": ""}}),
        );
        assert_eq!(
            merged["properties"],
            json!({"kubernetesVersion": "1.35", "fqdnSubdomain": ""})
        );
    }

    #[test]
    fn tags_are_replaced_whole_and_left_out_tags_stay() {
        let stored = json!({"tags": {"a": "1", "b": "2"}});
        assert_eq!(
            cluster(stored.clone(), json!({"tags": {"c": "3"}}))["tags"],
            json!({"c": "3"})
        );
        assert_eq!(cluster(stored.clone(), json!({"tags": {}}))["tags"], json!({}));
        assert_eq!(cluster(stored, json!({}))["tags"], json!({"a": "1", "b": "2"}));
    }

    #[test]
    fn node_labels_and_taints_are_replaced_whole() {
        let stored = json!({"properties": {"nodeLabels": {"a": "1"}, "nodeTaints": ["a=b:NoSchedule"]}});
        let sent = json!({"properties": {"nodeLabels": {"b": "2"}, "nodeTaints": []}});
        let merged = merge(Definition::AgentPool, Some(&stored), &sent);
        assert_eq!(
            merged["properties"],
            json!({"nodeLabels": {"b": "2"}, "nodeTaints": []})
        );
    }

    #[test]
    fn a_key_of_addon_profiles_stays() {
        let stored = json!({"properties": {"addonProfiles": {"azurepolicy": {"enabled": true}}}});
        let sent = json!({"properties": {"addonProfiles": {"omsagent": {"enabled": false}}}});
        assert_eq!(
            cluster(stored, sent)["properties"]["addonProfiles"],
            json!({"azurepolicy": {"enabled": true}, "omsagent": {"enabled": false}})
        );
    }

    #[test]
    fn read_only_values_secrets_and_pools_are_not_taken_over() {
        let sent = json!({"eTag": "mine", "properties": {"fqdn": "mine", "agentPoolProfiles": [{"name": "a"}],
            "windowsProfile": {"adminUsername": "a", "adminPassword": "secret"}}});
        let merged = merge(Definition::ManagedCluster, None, &sent);
        assert_eq!(
            merged,
            json!({"properties": {"windowsProfile": {"adminUsername": "a"}}})
        );
    }

    #[test]
    fn an_empty_autoscaler_profile_resets_it() {
        let stored = json!({"properties": {"autoScalerProfile": {"expander": "random"}}});
        let merged = cluster(stored, json!({"properties": {"autoScalerProfile": {}}}));
        assert_eq!(merged["properties"]["autoScalerProfile"], json!({}));
    }

    #[test]
    fn own_outbound_addresses_replace_managed_ones() {
        let profile = |inner: Value| json!({"properties": {"networkProfile": {"loadBalancerProfile": inner}}});
        let merged = cluster(
            profile(json!({"managedOutboundIPs": {"count": 2}, "allocatedOutboundPorts": 8})),
            profile(json!({"outboundIPs": {"publicIPs": [{"id": "/x"}]}})),
        );
        assert_eq!(
            merged,
            profile(json!({"outboundIPs": {"publicIPs": [{"id": "/x"}]}, "allocatedOutboundPorts": 8}))
        );
    }

    #[test]
    fn switching_autoscaling_off_drops_its_limits() {
        let stored = json!({"properties": {"enableAutoScaling": true, "minCount": 1, "maxCount": 3, "count": 2}});
        let sent = json!({"properties": {"enableAutoScaling": false, "minCount": null, "maxCount": null}});
        let merged = merge(Definition::AgentPool, Some(&stored), &sent);
        assert_eq!(merged["properties"], json!({"enableAutoScaling": false, "count": 2}));
    }

    #[test]
    fn a_maintenance_configuration_is_replaced_whole() {
        let stored = json!({"name": "default", "properties": {"timeInWeek": []}});
        let sent = json!({"properties": {"maintenanceWindow": {"durationHours": 4}}});
        let merged = merge(Definition::MaintenanceConfiguration, Some(&stored), &sent);
        assert_eq!(
            merged,
            json!({"name": "default", "properties": {"maintenanceWindow": {"durationHours": 4}}})
        );
    }

    #[test]
    fn a_cluster_put_without_pools_keeps_them() {
        let stored = [json!({"name": "a", "properties": {"count": 1}})];
        assert_eq!(merge_pools(&stored, &json!({"properties": {}}), &json!({})), stored);
    }

    #[test]
    fn a_cluster_put_merges_pools_by_name_and_appends_new_ones() {
        let stored = [json!({"name": "a", "properties": {"count": 1, "vmSize": "x", "orchestratorVersion": "1.35"}})];
        let sent = json!({"properties": {"agentPoolProfiles": [
            {"name": "a", "count": 2, "orchestratorVersion": "1.35"}, {"name": "b", "count": 3}]}});
        let cluster = json!({"properties": {"kubernetesVersion": "1.36"}});
        assert_eq!(
            merge_pools(&stored, &sent, &cluster),
            [
                json!({"name": "a", "properties": {"count": 2, "vmSize": "x", "orchestratorVersion": "1.35"}}),
                json!({"name": "b", "properties": {"count": 3, "orchestratorVersion": "1.36"}}),
            ]
        );
    }

    #[test]
    fn a_pool_entry_without_a_version_follows_the_cluster() {
        let stored = [json!({"name": "a", "properties": {"orchestratorVersion": "1.35.2"}})];
        let sent = json!({"properties": {"agentPoolProfiles": [{"name": "a", "orchestratorVersion": null}]}});
        let pools = merge_pools(&stored, &sent, &json!({"properties": {"kubernetesVersion": "1.36.4"}}));
        assert_eq!(pools[0]["properties"]["orchestratorVersion"], "1.36.4");
    }
}
