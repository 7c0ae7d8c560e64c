//! No room: quotas, and sizes that the region cannot serve.

use super::Retry::{Capacity, User};
use super::{CodeEntry, row};

const OTHER_SIZE: &str = "Wait, or choose another VM size, zone or region.";

pub(super) const CODES: &[CodeEntry] = &[
    row(
        "QuotaExceeded",
        Capacity,
        "The subscription's quota in this region does not cover the request.",
        "Raise the quota that the message names, or ask for less; surge nodes count too.",
    ),
    row(
        "ErrCode_InsufficientVCPUQuota",
        Capacity,
        "The subscription's vCPU quota for this VM family and region is used up.",
        "Raise the quota of the family that the message names, or ask for less; surge nodes count too.",
    ),
    row(
        "ManagedClusterCountExceedsQuotaLimit",
        User,
        "The subscription has as many clusters in this region as it may have.",
        "Ask for a higher quota of managed clusters, or delete clusters that are not needed.",
    ),
    row(
        "SkuNotAvailable",
        Capacity,
        "The region has no room for this VM size, or the subscription may not use it there.",
        OTHER_SIZE,
    ),
    row(
        "VMSizeNotSupported",
        User,
        "The subscription cannot use this VM size in this region.",
        "Choose a size from `az vm list-skus --location REGION`.",
    ),
    row(
        "AllocationFailed",
        Capacity,
        "The region has no room for this VM size at the moment.",
        OTHER_SIZE,
    ),
    row(
        "ZonalAllocationFailed",
        Capacity,
        "The zone has no room for this VM size at the moment.",
        OTHER_SIZE,
    ),
    row(
        "OverconstrainedAllocationRequest",
        Capacity,
        "No place in the region satisfies all demands of the pool at once.",
        "Wait, or drop one of the demands: size, disk type, accelerated networking, proximity group.",
    ),
    row(
        "OverconstrainedZonalAllocationRequest",
        Capacity,
        "No place in the zone satisfies all demands of the pool at once.",
        "Wait, allow more zones, or drop one of the demands: size, disk type, accelerated networking, proximity group.",
    ),
    row(
        "AksCapacityHeavyUsage",
        Capacity,
        "AKS itself has no room for more clusters in this region at the moment.",
        "Wait, or choose another region.",
    ),
    row(
        "PublicIPCountLimitReached",
        User,
        "The subscription has as many public IP addresses in this region as it may have.",
        "Raise the quota, or release addresses that are not needed.",
    ),
    row(
        "AvailabilityZoneNotSupported",
        User,
        "The region does not offer the zone, or the VM size is not offered in it.",
        "Choose zones that `az vm list-skus --location REGION --zone` shows for the size.",
    ),
];
