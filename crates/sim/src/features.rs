//! Preview features (`Microsoft.Features`): which a subscription has registered, and since when.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use crate::clock::shift;
use crate::world::World;

/// A preview feature that a subscription can register.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Feature {
    /// Resource provider, `Microsoft.ContainerService`.
    pub namespace: &'static str,
    /// Name below it.
    pub name: &'static str,
}

const fn aks(name: &'static str) -> Feature {
    Feature {
        namespace: "Microsoft.ContainerService",
        name,
    }
}

/// Features that exist, by the AKS documentation of each preview (Learn, `az feature register`).
pub const FEATURES: &[Feature] = &[
    aks("AKS-AddonAutoscalingPreview"),
    aks("EnableImageIntegrityPreview"),
    aks("EnableNamespaceResourcesPreview"),
    aks("KubeProxyConfigurationPreview"),
    aks("KubeletDefaultSeccompProfilePreview"),
    aks("NodeInitializationTaintsPreview"),
    aks("NodeRestrictionPreview"),
];

/// The feature of this name, in any casing.
#[must_use]
pub fn find(namespace: &str, name: &str) -> Option<Feature> {
    FEATURES
        .iter()
        .copied()
        .find(|known| known.namespace.eq_ignore_ascii_case(namespace) && known.name.eq_ignore_ascii_case(name))
}

/// `properties.state` of a feature in a subscription, as far as features that need no approval have them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// Nobody asked for it.
    NotRegistered,
    /// Asked for, not there yet.
    Registering,
    /// Usable.
    Registered,
    /// Given back, still usable.
    Unregistering,
    /// Given back.
    Unregistered,
}

impl State {
    /// The word on the wire.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::NotRegistered => "NotRegistered",
            Self::Registering => "Registering",
            Self::Registered => "Registered",
            Self::Unregistering => "Unregistering",
            Self::Unregistered => "Unregistered",
        }
    }
}

/// The last wish of a subscription, and the simulated time from which it holds.
#[derive(Debug, Clone, Copy)]
struct Wish {
    registered: bool,
    holds_from: Timestamp,
}

/// What every subscription has asked for.
#[derive(Debug, Default)]
pub struct Registrations(BTreeMap<(String, &'static str), Wish>);

impl Registrations {
    /// State of a feature in a subscription at `now`.
    #[must_use]
    pub fn state(&self, subscription: &str, feature: Feature, now: Timestamp) -> State {
        let wish = self.0.get(&(subscription.to_lowercase(), feature.name));
        match wish {
            None => State::NotRegistered,
            Some(wish) => match (wish.registered, wish.holds_from <= now) {
                (true, false) => State::Registering,
                (true, true) => State::Registered,
                (false, false) => State::Unregistering,
                (false, true) => State::Unregistered,
            },
        }
    }
}

impl World {
    /// State of a feature in a subscription.
    #[must_use]
    pub fn feature_state(&self, subscription: &str, feature: Feature) -> State {
        self.features.state(subscription, feature, self.now())
    }

    /// Whether a subscription may use a feature of AKS: while it is registered, and until it has been given back.
    #[must_use]
    pub fn has_feature(&self, subscription: &str, name: &str) -> bool {
        find("Microsoft.ContainerService", name).is_some_and(|feature| {
            matches!(
                self.feature_state(subscription, feature),
                State::Registered | State::Unregistering
            )
        })
    }

    /// Registers a feature or gives it back, after the delay of the settings. Asking again changes nothing.
    pub fn wish_feature(&mut self, subscription: &str, feature: Feature, registered: bool) {
        let state = self.feature_state(subscription, feature);
        let already = match state {
            State::Registering | State::Registered => registered,
            State::NotRegistered | State::Unregistering | State::Unregistered => !registered,
        };
        if already {
            return;
        }
        let delay = SignedDuration::from_secs(i64::from(self.settings.feature_registration));
        let wish = Wish {
            registered,
            holds_from: shift(self.now(), delay),
        };
        self.features
            .0
            .insert((subscription.to_lowercase(), feature.name), wish);
    }
}
