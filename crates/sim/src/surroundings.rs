//! What surrounds clusters and does not come from calls of ARM: how full a subnet is, quota, restricted sizes, the
//! registration of providers, policies. The admin side sets it.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::clock::shift;
use crate::policies::Policy;
use crate::resources::id::ResourceKey;
use crate::world::World;

/// Addresses in use in a subnet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Used {
    /// So many, whatever is in it.
    Addresses(u64),
    /// The service does not say: usages are -1.
    Unknown,
}

/// A row of compute or network usages that differs from the usual.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quota {
    /// The limit.
    pub limit: i64,
    /// What is in use besides the clusters of the simulator.
    pub used: i64,
}

/// A size that a subscription may not use.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Restriction {
    /// For example `Standard_D4s_v5`.
    pub size: String,
    /// Region.
    pub location: String,
    /// Zones that are barred; the whole region when empty.
    #[serde(default)]
    pub zones: Vec<String>,
    /// `NotAvailableForSubscription` or `QuotaId`.
    #[serde(default = "not_available")]
    pub reason_code: String,
}

fn not_available() -> String {
    "NotAvailableForSubscription".to_owned()
}

/// Whether a provider can be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Registration {
    /// No.
    NotRegistered,
    /// Not yet; from this time on, or never.
    Registering(Option<Timestamp>),
    /// Yes.
    Registered,
}

/// All of it.
#[derive(Debug, Default)]
pub struct Surroundings {
    /// Addresses in use, by subnet, where the admin side has said so.
    pub subnet_use: BTreeMap<ResourceKey, Used>,
    /// Quotas by region and lower-cased name.
    pub quotas: BTreeMap<(String, String), Quota>,
    /// Restricted sizes.
    pub restrictions: Vec<Restriction>,
    /// Registrations by lower-cased namespace; Registered when absent.
    pub registrations: BTreeMap<String, Registration>,
    /// Policies.
    pub policies: Vec<Policy>,
}

impl World {
    /// Whether a provider is registered now.
    #[must_use]
    pub fn registration(&self, namespace: &str) -> Registration {
        let found = self.surroundings.registrations.get(&namespace.to_lowercase()).copied();
        match found.unwrap_or(Registration::Registered) {
            Registration::Registering(Some(until)) if until <= self.now() => Registration::Registered,
            other => other,
        }
    }

    /// Asks for a provider's registration, which takes its time; one that is stuck stays so.
    pub fn register(&mut self, namespace: &str) {
        if self.registration(namespace) == Registration::NotRegistered {
            let delay = SignedDuration::from_secs(i64::from(self.settings.provider_registration));
            let registering = Registration::Registering(Some(shift(self.now(), delay)));
            let registrations = &mut self.surroundings.registrations;
            registrations.insert(namespace.to_lowercase(), registering);
        }
    }
}

impl Registration {
    /// `registrationState`.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::NotRegistered => "NotRegistered",
            Self::Registering(_) => "Registering",
            Self::Registered => "Registered",
        }
    }
}
