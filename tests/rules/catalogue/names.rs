//! Names, tags and labels.

use serde_json::json;

use super::{Row, azure, bound, cel, row, test};
use crate::harness::Kind::{Cluster, Pool};

#[rustfmt::skip]
pub fn rows() -> Vec<Row> {
    vec![
        row("cluster-name", "1 to 63 letters, digits, hyphens and underscores, a letter or digit at both ends", "SPEC path parameter; CLI", [cel("azureName has"), cel("metadata.name becomes")]),
        row("cluster-name-fixed", "a cluster cannot be renamed", "ARM", [cel("spec.azureName is fixed: AKS cannot rename a cluster")]),
        row("pool-name", "a lower-case letter, then lower-case letters and digits, 12 at most on Linux and 6 on Windows", "SPEC; Learn: use-system-pools", [cel("a pool's name in Azure"), bound(Pool, json!({ "azureName": "a123456789012" }))]),
        row("pool-name-fixed", "a pool cannot be renamed", "ARM", [cel("spec.azureName is fixed: AKS cannot rename a pool")]),
        row("pool-name-reserved", "the name aksmanagedap belongs to AKS", "AKS release notes 2025-04-27", [cel("the pool name aksmanagedap")]),
        row("pool-cluster-fixed", "a pool cannot move to another cluster", "ARM", [cel("clusterRef.name is fixed")]),
        row("dns-prefix", "1 to 54 letters, digits and hyphens, a letter or digit at both ends", "CAPZ", [cel("dnsPrefix has")]),
        row("fqdn-subdomain", "1 to 54 letters, digits and hyphens, a letter or digit at both ends", "CLI", [cel("fqdnSubdomain has")]),
        row("one-dns-name", "exactly one of dnsPrefix and fqdnSubdomain", "CLI; azurerm", [cel("dnsPrefix and fqdnSubdomain exclude"), test("crates/plan/src/tests/creation.rs", "the_create_body_carries_the_mark_and_what_arm_has_no_default_for")]),
        row("fqdn-subdomain-zone", "fqdnSubdomain only on a private cluster with a zone of one's own", "CLI", [cel("fqdnSubdomain needs")]),
        row("node-group-length", "MC_GROUP_CLUSTER_REGION has 80 characters at most unless nodeResourceGroup is given", "Learn: troubleshooting", [cel("the default node resource group")]),
        row("node-group-name", "nodeResourceGroup has 80 characters at most and the form of a group's name", "ARM; Learn: troubleshooting", [cel("nodeResourceGroup has")]),
        row("group-name", "a resource group has 90 characters at most and no dot at the end", "ARM", [cel("resourceGroup has"), bound(Cluster, json!({ "resourceGroup": "g".repeat(91) }))]),
        row("linux-admin-name", "a letter, then letters, digits, - and _, 32 at most", "SPEC; Learn: virtual machines FAQ", [cel("adminUsername starts")]),
        row("reserved-words", "names of trademarks are refused in clusters and groups", "Learn: ReservedResourceName", [azure("ReservedResourceName")]),
        row("subnet-name-length", "names of group, network and subnet have 63 characters at most, because they become labels", "Learn: concepts-network-azure-cni-overlay", [cel("this has to be the resource id of a subnet")]),
        row("resource-ids", "an id is a whole Azure resource id, never empty", "ARM", [cel("this has to be an Azure resource id"), bound(Pool, json!({ "hostGroupID": "" }))]),
        row("subscription-guid", "a subscription is a GUID", "ARM", [cel("this has to be a GUID"), cel("subscriptionId is fixed")]),
        row("object-name", "what a manifest names in Kubernetes is a DNS subdomain, and a key has letters, digits, ., - and _", "Kubernetes: object names", [cel("this has to be the name of an object"), cel("this has to be a key of its data")]),
        row("group-fixed", "a cluster cannot move to another resource group", "ARM", [cel("resourceGroup is fixed")]),
        row("location-form", "location is the short name of a region", "ARM", [cel("location is Azure's")]),
        row("location-fixed", "a cluster cannot move to another region", "ARM", [cel("location is fixed"), test("crates/plan/src/tests/refusals.rs", "a_cluster_in_another_region_stops_everything")]),
        row("ssh-key-count", "one SSH key at most", "SPEC publicKeys", [bound(Cluster, json!({ "linuxProfile": { "adminUsername": "a", "ssh": { "publicKeys": [{ "keyData": "a" }, { "keyData": "b" }] } } }))]),
        row("label-prefix", "label keys that start with kubernetes.azure.com belong to AKS, except what it gives spot pools", "CAPZ; azurerm", [cel("label keys that start with"), cel("the label kubernetes.azure.com/scalesetpriority is")]),
        row("label-key", "a label key has 63 characters behind an optional DNS name of 253", "CLI validate_label", [cel("label keys are")]),
        row("label-value", "a label value has 63 characters at most", "CLI validate_label", [cel("label values are")]),
        row("taint-form", "a taint is key=value:Effect with one of three effects", "CLI validate_taint", [cel("this has to be a taint")]),
        row("tag-prefixes", "tags that start with aks-managed or k8s-azure belong to AKS", "Learn: use-tags", [cel("tag names that start with")]),
        row("tag-names", "a tag name has 1 to 512 characters without < > % & \\ ? /", "Learn: tag-resources", [cel("tag names have")]),
        row("tag-values", "a tag value has 256 characters at most, and a resource 50 tags", "Learn: tag-resources", [bound(Cluster, json!({ "tags": { "a": "x".repeat(257) } }))]),
    ]
}
