//! The table of types.

use super::resource_type::{Pace, ResourceType};
use super::{
    authorization, chaos, compute, data_protection, event_grid, fleet, kubernetes_configuration, managed_identity,
    monitor, network, policy, references, snapshot,
};

/// Types by provider.
const PROVIDERS: &[&[ResourceType]] = &[
    authorization::TYPES,
    managed_identity::TYPES,
    kubernetes_configuration::TYPES,
    monitor::TYPES,
    fleet::TYPES,
    snapshot::TYPES,
    event_grid::TYPES,
    data_protection::TYPES,
    network::TYPES,
    compute::TYPES,
    references::TYPES,
    policy::TYPES,
    chaos::TYPES,
];

/// Every type.
pub fn all() -> impl Iterator<Item = &'static ResourceType> {
    PROVIDERS.iter().copied().flatten()
}

/// The type called `namespace/path`, in any casing.
#[must_use]
pub fn find(namespace: &str, path: &str) -> Option<&'static ResourceType> {
    all().find(|kind| kind.namespace.eq_ignore_ascii_case(namespace) && kind.path.eq_ignore_ascii_case(path))
}

/// Some type of a provider that has long-running operations.
#[must_use]
pub fn with_operations(namespace: &str) -> Option<&'static ResourceType> {
    all().find(|kind| {
        kind.namespace.eq_ignore_ascii_case(namespace) && (kind.put != Pace::AtOnce || kind.delete != Pace::AtOnce)
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::super::resource_type::Home;
    use super::*;

    #[test]
    fn every_entry_names_what_it_is_and_is_there_once() {
        let mut seen = BTreeSet::new();
        for kind in all() {
            assert!(seen.insert(kind.full().to_lowercase()), "{kind:?} is there twice");
            assert!(
                !kind.namespace.is_empty() && !kind.path.is_empty() && !kind.calls.is_empty(),
                "{kind:?}"
            );
            assert!(!kind.versions.is_empty(), "{kind:?} is served in no version");
            let nested = kind.path.contains('/');
            assert_eq!(nested, kind.home == Home::Parent, "{kind:?}");
        }
    }

    #[test]
    fn a_type_is_found_in_any_casing() {
        assert_eq!(
            find("microsoft.containerservice", "FLEETS/members").unwrap().calls,
            "FleetMembers"
        );
        assert!(find("Microsoft.ContainerService", "managedClusters").is_none());
    }
}
