//! Microsoft.Network: what a cluster is put into.

use super::resource_type::{Follow, Home, Pace, Patch, ResourceType, States};

const fn takes(follow: Follow) -> Pace {
    Pace::Operation {
        seconds: 10,
        follow,
        states: States::USUAL,
    }
}

const NETWORK: ResourceType = ResourceType {
    namespace: "Microsoft.Network",
    versions: &["2026-03-01", "2025-09-01", "2025-07-01"],
    put: takes(Follow::Status),
    delete: takes(Follow::StatusAndResult),
    busy: "AnotherOperationInProgress",
    patch: Patch::Tags,
    etag: Some("etag"),
    ..ResourceType::PLAIN
};

const DNS: ResourceType = ResourceType {
    versions: &["2024-06-01", "2020-06-01", "2020-01-01"],
    patch: Patch::Merge,
    ..NETWORK
};

/// Types of this provider (azure-mgmt-network 33.1.0, azure-mgmt-privatedns 2.0.0).
pub const TYPES: &[ResourceType] = &[
    ResourceType {
        path: "virtualNetworks",
        calls: "VirtualNetworks",
        ..NETWORK
    },
    ResourceType {
        path: "virtualNetworks/subnets",
        calls: "Subnets",
        home: Home::Parent,
        patch: Patch::None,
        ..NETWORK
    },
    ResourceType {
        path: "routeTables",
        calls: "RouteTables",
        ..NETWORK
    },
    ResourceType {
        path: "networkSecurityGroups",
        calls: "NetworkSecurityGroups",
        ..NETWORK
    },
    ResourceType {
        path: "publicIPAddresses",
        calls: "PublicIPAddresses",
        ..NETWORK
    },
    ResourceType {
        path: "publicIPPrefixes",
        calls: "PublicIPPrefixes",
        ..NETWORK
    },
    ResourceType {
        path: "natGateways",
        calls: "NatGateways",
        ..NETWORK
    },
    ResourceType {
        path: "privateDnsZones",
        calls: "PrivateZones",
        ..DNS
    },
    ResourceType {
        path: "privateDnsZones/virtualNetworkLinks",
        calls: "VirtualNetworkLinks",
        home: Home::Parent,
        ..DNS
    },
];
