//! What the operator was told at start: command line and environment, parsed once into values that cannot be wrong.

use std::net::SocketAddr;
use std::str::FromStr;
use std::time::Duration;

use clap::ValueEnum;

use armature_api::AllowedNamespaces;
use armature_arm::{ClusterId, Credential};

/// Everything the operator was told at start, checked.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Where the installation id comes from.
    pub installation: InstallationSource,
    /// Watch this namespace only; `None` watches all of them.
    pub watch_namespace: Option<String>,
    /// The operator's own namespace: it holds the leader lease and the Secrets that an `AzureIdentity` names.
    pub operator_namespace: String,
    /// The Secret in the operator's namespace with the key for fingerprints of secrets; made when it is first needed.
    pub fingerprint_key_secret: String,
    /// The Azure cloud the operator talks to, and whom it trusts there.
    pub azure: armature_arm::Settings,
    /// How the operator signs in for clusters that name no `AzureIdentity`; `None`: every cluster has to name one.
    pub credential: Option<Credential>,
    /// What the operator's own identity may be used for.
    pub own_identity: OwnIdentity,
    /// Whether clusters that the operator's own identity signs in for may use preview api-versions.
    pub allow_preview: bool,
    /// How often things are looked at, and how long things are waited for.
    pub timing: Timing,
    /// How many clusters are reconciled at the same time, at least 1.
    pub concurrency: u16,
    /// Where `/healthz`, `/readyz` and `/metrics` are served.
    pub admin_address: SocketAddr,
    /// Leader election; `None` when this is the only replica there will ever be.
    pub leader_election: Option<LeaderElection>,
    /// The AKS cluster the operator itself runs on: never stopped, deleted or stripped.
    pub own_cluster: Option<ClusterId>,
    /// What is logged, and how.
    pub log: LogSettings,
}

/// What the operator's own identity may be used for: by clusters that name no `AzureIdentity`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct OwnIdentity {
    /// The namespaces whose objects may use it; none by default.
    pub namespaces: AllowedNamespaces,
    /// The subscriptions it may be used in; `None` for any.
    pub subscriptions: Option<Vec<String>>,
    /// The resource groups it may be used in, by name; `None` for any.
    pub resource_groups: Option<Vec<String>>,
}

impl OwnIdentity {
    /// Whether no namespace may use it.
    pub fn serves_nobody(&self) -> bool {
        let AllowedNamespaces { all, names, selector } = &self.namespaces;
        *all != Some(true) && names.iter().all(Vec::is_empty) && selector.is_none()
    }
}

/// The name of this installation in the ownership tag: a lower-case DNS label of at most 63 characters.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct InstallationId(String);

impl InstallationId {
    /// The id as it stands in the ownership tag.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// A short id from the UID of a namespace: its first twelve hexadecimal digits, all of them random in a version 4
    /// UUID. `None` when the UID is not one.
    pub fn from_uid(uid: &str) -> Option<Self> {
        let digits: String = uid.chars().filter(char::is_ascii_hexdigit).take(12).collect();
        (digits.len() == 12).then(|| Self(digits.to_ascii_lowercase()))
    }
}

impl std::fmt::Display for InstallationId {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// Where the installation id comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum InstallationSource {
    /// Given by the user; survives a rebuilt management cluster.
    Named(InstallationId),
    /// Derived from the UID of the management cluster's `kube-system` namespace.
    ManagementCluster,
}

/// How often things are looked at, and how long things are waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timing {
    /// Between two LISTs of the managed clusters of a subscription; default 30 s.
    pub list_interval: Duration,
    /// Between two looks at a running operation; default 15 s.
    pub operation_poll_interval: Duration,
    /// How long the set of pools has to be quiet before a cluster is created; default 10 s.
    pub pool_quiet_period: Duration,
    /// How long a deleted pool waits for its cluster's own deletion before Azure is asked; default 15 s.
    pub pool_delete_grace: Duration,
}

/// What is logged, and how.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogSettings {
    /// The format of a line.
    pub format: LogFormat,
    /// Directives in the syntax of `RUST_LOG`.
    pub directives: String,
}

/// The format of a log line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// For people
    Text,
    /// One JSON object a line
    Json,
}

/// Leader election among the replicas.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeaderElection {
    /// The Lease object in the operator's namespace.
    pub lease_name: String,
    /// This replica's name in the lease: the pod's name, else the host's.
    pub identity: String,
    /// How long a leader that went silent keeps the lease.
    pub lease_duration: Duration,
}

/// The id is not usable in an ownership tag.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error(
    "the installation id \"{0}\" is not usable: take 1 to 63 lower-case letters, digits and dashes, starting and ending with a letter or digit"
)]
pub struct InvalidInstallationId(String);

impl FromStr for InstallationId {
    type Err = InvalidInstallationId;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let usable = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        let valid = (1..=63).contains(&text.len())
            && text.bytes().all(usable)
            && !text.starts_with('-')
            && !text.ends_with('-');
        valid
            .then(|| Self(text.to_owned()))
            .ok_or_else(|| InvalidInstallationId(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_installation_id_fits_a_label() {
        for good in ["a", "prod", "prod-weu-1", "0f3b", &"a".repeat(63)] {
            assert_eq!(good.parse::<InstallationId>().unwrap().as_str(), good);
        }
        for bad in ["", "-a", "a-", "Prod", "a/b", "a b", "ä", &"a".repeat(64)] {
            assert!(bad.parse::<InstallationId>().is_err(), "{bad}");
        }
    }

    #[test]
    fn the_id_of_a_management_cluster_is_short_and_stable() {
        let id = InstallationId::from_uid("8C1D0b3e-55aa-4f0e-9c1d-0123456789ab").unwrap();
        assert_eq!(id.as_str(), "8c1d0b3e55aa");
        assert_eq!(id.as_str().parse::<InstallationId>().unwrap(), id);
        assert_eq!(InstallationId::from_uid("short"), None);
    }
}
