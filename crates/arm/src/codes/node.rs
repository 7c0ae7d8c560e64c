//! Nodes that do not come up.

use super::Retry::Backoff;
use super::{CodeEntry, row};

const EGRESS: &str =
    "Allow the outbound addresses that AKS needs (firewall, proxy, route table, DNS); the operation is then resumed.";

pub(super) const CODES: &[CodeEntry] = &[
    row(
        "VMExtensionProvisioningTimeout",
        Backoff,
        "A node did not finish setting itself up in time.",
        EGRESS,
    ),
    row(
        "VMExtensionError_OutboundConnFail",
        Backoff,
        "A new node cannot reach the internet addresses it needs.",
        EGRESS,
    ),
    row(
        "VMExtensionError_K8SAPIServerConnFail",
        Backoff,
        "A new node cannot reach the cluster's API server.",
        "Check network rules between the nodes and the API server, and its authorized IP ranges.",
    ),
    row(
        "VMExtensionError_K8SAPIServerDNSLookupFail",
        Backoff,
        "A new node cannot resolve the name of the cluster's API server.",
        "Check the DNS servers of the virtual network and the link of the private DNS zone.",
    ),
    row(
        "VMExtensionError_CniDownloadTimeout",
        Backoff,
        "A new node could not download the network plugin.",
        EGRESS,
    ),
    row(
        "VMExtensionError_K8sDownloadTimeout",
        Backoff,
        "A new node could not download Kubernetes.",
        EGRESS,
    ),
    row(
        "VMExtensionError_VHDFileNotFound",
        Backoff,
        "A file is missing in the node image.",
        "Nothing at first; if it lasts, ask Azure support.",
    ),
];
