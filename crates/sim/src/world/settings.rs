//! What can be changed while the simulator runs.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::config::Config;
use crate::rules::{self, Confidence};

/// Simulated seconds that the registration of a preview feature takes (Learn: "a few minutes").
const FEATURE_REGISTRATION: u32 = 300;

/// What can be changed while the simulator runs; a reset brings back the values of the start.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Settings {
    /// Simulated seconds until a new cluster appears in the subscription LIST.
    pub list_delay: u32,
    /// Simulated seconds until a new role assignment takes effect.
    pub role_propagation: u32,
    /// Simulated seconds until a preview feature that was asked for is registered.
    pub feature_registration: u32,
    /// Simulated seconds until a role assignment without `principalType` finds a new identity.
    pub principal_replication: u32,
    /// Simulated seconds that a write of a federated credential takes; meanwhile another one under the same identity
    /// is refused.
    pub credential_write: u32,
    /// Simulated seconds until a new Log Analytics workspace has the tables that data collection rules write to.
    pub workspace_tables: u32,
    /// Simulated seconds until a provider that was asked for is registered.
    pub provider_registration: u32,
    /// Simulated seconds until GET finds a new role assignment or diagnostic setting.
    pub child_delay: u32,
    /// Largest number of resources on one LIST page, at least 1.
    pub page_size: u32,
    /// Whether the identity of a cluster needs rights on what the cluster names, as far as it was made here.
    pub identity_rights: bool,
    /// Whether the token buckets of ARM and AKS apply.
    pub throttling: bool,
    /// Names of switched-off rules; only those resting on general knowledge can be.
    pub disabled_rules: BTreeSet<String>,
}

impl Settings {
    /// Looks for names that switch nothing off: unknown rules, and rules that have a source.
    ///
    /// # Errors
    /// The first such name.
    pub fn check(&self) -> Result<(), UnknownRule> {
        let switchable = |name: &str| {
            rules::rules().any(|rule| rule.name == name && rule.confidence == Confidence::GeneralKnowledge)
        };
        match self.disabled_rules.iter().find(|name| !switchable(name)) {
            None => Ok(()),
            Some(name) => Err(UnknownRule(name.clone())),
        }
    }
}

/// A rule that is to be switched off does not exist, or has a source and stays.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no rule called '{0}' can be switched off; GET /rules of the admin side lists those that can")]
pub struct UnknownRule(String);

impl From<&Config> for Settings {
    fn from(config: &Config) -> Self {
        Self {
            list_delay: config.list_delay,
            role_propagation: config.role_propagation,
            feature_registration: FEATURE_REGISTRATION,
            principal_replication: 0,
            identity_rights: true,
            credential_write: 0,
            workspace_tables: 0,
            provider_registration: 120,
            child_delay: 0,
            page_size: config.page_size,
            throttling: !config.no_throttling,
            disabled_rules: config.disabled_rules.iter().cloned().collect(),
        }
    }
}
