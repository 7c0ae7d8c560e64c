//! Subnets, addresses, DNS and load balancers.

use super::Retry::{Propagation, User};
use super::{CodeEntry, row};

pub(super) const CODES: &[CodeEntry] = &[
    row(
        "SubnetIsFull",
        User,
        "The subnet has too few free addresses for the nodes.",
        "Use a larger subnet, or ask for fewer nodes or pods per node.",
    ),
    row(
        "InsufficientSubnetSize",
        User,
        "The subnet is too small for the addresses that the pool reserves, surge nodes included.",
        "Use a larger subnet, or lower `maxPods` or the counts.",
    ),
    row(
        "SubnetIsDelegated",
        User,
        "The subnet is delegated to another service.",
        "Use a subnet without delegation.",
    ),
    row(
        "SubnetWithExternalResourcesCannotBeUsedByOtherResources",
        User,
        "The subnet is reserved for a service that does not share it.",
        "Use another subnet.",
    ),
    row(
        "VirtualNetworkNotInSucceededState",
        User,
        "The virtual network's last update failed or has not ended.",
        "Repair the virtual network: an update without a change often does.",
    ),
    row(
        "ServiceCidrOverlapExistingSubnetsCidr",
        User,
        "The service CIDR overlaps a subnet of the virtual network.",
        "Choose a service CIDR that no connected network uses; it is fixed when the cluster is created.",
    ),
    row(
        "DnsServiceIpOutOfServiceCidr",
        User,
        "The DNS service IP is not inside the service CIDR.",
        "Choose an address inside the service CIDR, but not its first.",
    ),
    row(
        "InvalidLoadbalancerProfileAllocatedOutboundPorts",
        User,
        "The outbound IP addresses do not have enough ports for every node.",
        "Add outbound addresses or lower `allocatedOutboundPorts`, a multiple of 8.",
    ),
    row(
        "CustomPrivateDNSZoneMissingPermissionError",
        User,
        "The cluster's identity may not write to the private DNS zone.",
        "Give it the role Private DNS Zone Contributor on the zone.",
    ),
    row(
        "CreateOrUpdateVirtualNetworkLinkFailed",
        User,
        "The private DNS zone could not be linked to the virtual network.",
        "See whether another zone of the same name is linked, and whether the identity may write to both.",
    ),
    row(
        "LinkedAuthorizationFailed",
        Propagation,
        "The identity may not use a resource that the request refers to, often a subnet.",
        "Give the identity the action that the message names on that resource; a new role takes minutes to take effect.",
    ),
];
