//! The command line and environment of `armature run`, and how they become [`Settings`](super::settings::Settings).

mod resolve;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueEnum};
use jiff::SignedDuration;

pub use self::resolve::SettingsError;
use super::settings::{InstallationId, LogFormat};
use armature_arm::{ResourceGroupId, SubscriptionId};

/// The Secret of a service principal comes from here, never from the command line, where every process could read it.
pub const CLIENT_SECRET_VARIABLE: &str = "AZURE_CLIENT_SECRET";

/// Stands for all namespaces where namespaces are listed.
const ALL_NAMESPACES: &str = "*";

/// Arguments of `armature run`. Each has an environment variable, so that a Deployment can set it either way.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Installation")]
pub struct RunArgs {
    /// Name of this installation in the ownership tag of every cluster it creates.
    ///
    /// Choose one and keep it: a management cluster rebuilt from Git finds its clusters by this name. Lower-case
    /// letters, digits and dashes, at most 63. Default: derived from the UID of the kube-system namespace, which a
    /// rebuilt management cluster does not keep.
    #[arg(long, env = "ARMATURE_INSTALLATION_ID", value_name = "NAME")]
    pub installation_id: Option<InstallationId>,

    /// Watch this namespace only [default: all namespaces]
    #[arg(long, env = "ARMATURE_NAMESPACE", value_name = "NAMESPACE")]
    pub namespace: Option<String>,

    /// Namespace the operator runs in; holds its lease and the Secrets that AzureIdentity objects name
    #[arg(
        long,
        env = "POD_NAMESPACE",
        default_value = "armature-system",
        value_name = "NAMESPACE"
    )]
    pub operator_namespace: String,

    /// Secret in the operator's namespace with the key by which it tells secrets apart; made when it is first needed
    #[arg(
        long,
        env = "ARMATURE_FINGERPRINT_KEY_SECRET",
        default_value = "armature-fingerprint-key",
        value_name = "NAME"
    )]
    pub fingerprint_key_secret: String,

    /// Azure resource id of the AKS cluster the operator runs on; it is never stopped, deleted or stripped
    #[arg(long, env = "ARMATURE_OWN_CLUSTER_ID", value_name = "ID")]
    pub own_cluster_id: Option<String>,

    /// Azure cloud
    #[arg(long, env = "ARMATURE_CLOUD", value_enum, default_value_t = CloudName::Public, help_heading = "Azure")]
    pub cloud: CloudName,

    /// Resource Manager endpoint of a custom cloud
    #[arg(long, env = "ARMATURE_ARM_ENDPOINT", value_name = "URL", help_heading = "Azure")]
    pub arm_endpoint: Option<String>,

    /// Sign-in endpoint of a custom cloud
    #[arg(long, env = "ARMATURE_AUTHORITY_HOST", value_name = "URL", help_heading = "Azure")]
    pub authority_host: Option<String>,

    /// Audience of the tokens in a custom cloud [default: the Resource Manager endpoint]
    #[arg(long, env = "ARMATURE_AUDIENCE", value_name = "AUDIENCE", help_heading = "Azure")]
    pub audience: Option<String>,

    /// PEM file of certificates to trust for Resource Manager and sign-in, beside the system's
    #[arg(long, env = "ARMATURE_CA_FILE", value_name = "FILE", help_heading = "Azure")]
    pub ca_file: Option<PathBuf>,

    /// How the operator signs in for clusters that name no AzureIdentity
    ///
    /// A service principal's secret is read from AZURE_CLIENT_SECRET or from --client-secret-file.
    #[arg(
        long,
        env = "ARMATURE_CREDENTIAL",
        value_enum,
        default_value_t = CredentialName::WorkloadIdentity,
        help_heading = "Azure"
    )]
    pub credential: CredentialName,

    /// Namespaces whose objects may use the operator's own identity, or * for all [default: none]
    ///
    /// A cluster that names no AzureIdentity uses the operator's own, if its namespace is one of these.
    #[arg(
        long,
        env = "ARMATURE_OWN_IDENTITY_NAMESPACES",
        value_delimiter = ',',
        value_parser = namespace,
        value_name = "NAMESPACE",
        help_heading = "Azure"
    )]
    pub own_identity_namespaces: Vec<String>,

    /// Subscriptions that the operator's own identity may be used in [default: any]
    #[arg(
        long,
        env = "ARMATURE_OWN_IDENTITY_SUBSCRIPTIONS",
        value_delimiter = ',',
        value_parser = subscription,
        value_name = "GUID",
        help_heading = "Azure"
    )]
    pub own_identity_subscriptions: Vec<String>,

    /// Resource groups that the operator's own identity may be used in, by name [default: any]
    ///
    /// Those of clusters, and those of what hangs on them elsewhere. The groups that AKS makes for nodes belong to their
    /// clusters.
    #[arg(
        long,
        env = "ARMATURE_OWN_IDENTITY_RESOURCE_GROUPS",
        value_delimiter = ',',
        value_parser = resource_group,
        value_name = "NAME",
        help_heading = "Azure"
    )]
    pub own_identity_resource_groups: Vec<String>,

    /// Let clusters use preview api-versions with the operator's own identity
    #[arg(
        long,
        env = "ARMATURE_ALLOW_PREVIEW",
        default_value_t = false,
        num_args = 0..=1,
        default_missing_value = "true",
        action = clap::ArgAction::Set,
        value_name = "BOOL",
        help_heading = "Azure"
    )]
    pub allow_preview: bool,

    /// Entra tenant of the operator's identity
    #[arg(long, env = "AZURE_TENANT_ID", value_name = "GUID", help_heading = "Azure")]
    pub tenant_id: Option<String>,

    /// Client id of the operator's identity
    #[arg(long, env = "AZURE_CLIENT_ID", value_name = "GUID", help_heading = "Azure")]
    pub client_id: Option<String>,

    /// Projected service account token for workload identity
    #[arg(
        long,
        env = "AZURE_FEDERATED_TOKEN_FILE",
        value_name = "FILE",
        help_heading = "Azure"
    )]
    pub federated_token_file: Option<PathBuf>,

    /// File with the service principal's secret; read at start
    #[arg(long, env = "AZURE_CLIENT_SECRET_FILE", value_name = "FILE", help_heading = "Azure")]
    pub client_secret_file: Option<PathBuf>,

    /// Pause between two LISTs of a subscription's clusters (100ms to 1h)
    #[arg(
        long,
        env = "ARMATURE_LIST_INTERVAL",
        default_value = "30s",
        value_parser = bounded::<100, 3_600_000>,
        value_name = "DURATION",
        help_heading = "Timing"
    )]
    pub list_interval: Duration,

    /// Pause between two looks at a running Azure operation (100ms to 10m)
    #[arg(
        long,
        env = "ARMATURE_OPERATION_POLL_INTERVAL",
        default_value = "15s",
        value_parser = bounded::<100, 600_000>,
        value_name = "DURATION",
        help_heading = "Timing"
    )]
    pub operation_poll_interval: Duration,

    /// How long the set of pools must stay unchanged before a cluster is created (0s to 10m)
    #[arg(
        long,
        env = "ARMATURE_POOL_QUIET_PERIOD",
        default_value = "10s",
        value_parser = bounded::<0, 600_000>,
        value_name = "DURATION",
        help_heading = "Timing"
    )]
    pub pool_quiet_period: Duration,

    /// How long a deleted pool waits for the deletion of its cluster before Azure is asked (0s to 10m)
    #[arg(
        long,
        env = "ARMATURE_POOL_DELETE_GRACE",
        default_value = "15s",
        value_parser = bounded::<0, 600_000>,
        value_name = "DURATION",
        help_heading = "Timing"
    )]
    pub pool_delete_grace: Duration,

    /// Clusters reconciled at the same time
    ///
    /// A namespace gets no more of these slots than it leaves free, a subscription no more than twice as many: alone half
    /// and two thirds of all. So calls to Azure that hang for one team leave room for the others.
    #[arg(
        long,
        env = "ARMATURE_CONCURRENCY",
        default_value_t = 32,
        value_parser = clap::value_parser!(u16).range(1..=1024),
        value_name = "NUMBER",
        help_heading = "Process"
    )]
    pub concurrency: u16,

    /// Where /healthz, /readyz and /metrics are served
    #[arg(
        long,
        env = "ARMATURE_ADMIN_ADDRESS",
        default_value = "0.0.0.0:8080",
        value_name = "ADDRESS",
        help_heading = "Process"
    )]
    pub admin_address: SocketAddr,

    /// Let one replica lead and the others stand by; turn off only where there can never be a second replica
    #[arg(
        long,
        env = "ARMATURE_LEADER_ELECT",
        default_value_t = true,
        num_args = 0..=1,
        default_missing_value = "true",
        action = clap::ArgAction::Set,
        overrides_with = "no_leader_elect",
        value_name = "BOOL",
        help_heading = "Process"
    )]
    pub leader_elect: bool,

    /// Short for --leader-elect=false
    #[arg(long, overrides_with = "leader_elect", help_heading = "Process")]
    pub no_leader_elect: bool,

    /// How long a leader that went silent keeps its lease (2s to 5m)
    #[arg(
        long,
        env = "ARMATURE_LEASE_DURATION",
        default_value = "15s",
        value_parser = bounded::<2_000, 300_000>,
        value_name = "DURATION",
        help_heading = "Process"
    )]
    pub lease_duration: Duration,

    /// Name of this replica in the lease [default: the host's name and a random suffix]
    #[arg(long, env = "POD_NAME", value_name = "NAME", help_heading = "Process")]
    pub replica_name: Option<String>,

    /// Log format
    #[arg(long, env = "ARMATURE_LOG_FORMAT", value_enum, default_value_t = LogFormat::Text, help_heading = "Process")]
    pub log_format: LogFormat,

    /// What to log: a level, or directives such as info,armature_arm=debug
    #[arg(
        long,
        env = "RUST_LOG",
        default_value = "info",
        value_name = "DIRECTIVES",
        help_heading = "Process"
    )]
    pub log_level: String,
}

/// Azure clouds by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum CloudName {
    /// The public cloud
    Public,
    /// Azure US Government
    UsGovernment,
    /// Azure operated by 21Vianet in China
    China,
    /// Any other; takes --arm-endpoint and --authority-host
    Custom,
}

/// Kinds of credential by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum CredentialName {
    /// A projected service account token (AZURE_TENANT_ID, AZURE_CLIENT_ID, AZURE_FEDERATED_TOKEN_FILE)
    WorkloadIdentity,
    /// The machine's identity (AZURE_CLIENT_ID picks a user-assigned one)
    ManagedIdentity,
    /// A service principal (AZURE_TENANT_ID, AZURE_CLIENT_ID, AZURE_CLIENT_SECRET or AZURE_CLIENT_SECRET_FILE)
    ClientSecret,
    /// None of its own: every cluster names an AzureIdentity
    None,
}

/// Parses `30s`, `2m30s`, `1h` or `PT30S` and refuses what lies outside `MIN..=MAX` milliseconds.
fn bounded<const MIN: u64, const MAX: u64>(text: &str) -> Result<Duration, String> {
    let parsed: SignedDuration = text
        .parse()
        .map_err(|_| "give a duration such as 30s, 2m30s or 1h".to_owned())?;
    let (least, most) = (Duration::from_millis(MIN), Duration::from_millis(MAX));
    match Duration::try_from(parsed) {
        Ok(duration) if (least..=most).contains(&duration) => Ok(duration),
        _ => Err(format!("give a duration from {least:?} to {most:?}")),
    }
}

/// `*` stands for all namespaces.
fn namespace(text: &str) -> Result<String, String> {
    let usable = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    let is_name =
        (1..=63).contains(&text.len()) && text.bytes().all(usable) && !text.starts_with('-') && !text.ends_with('-');
    if is_name || text == ALL_NAMESPACES {
        Ok(text.to_owned())
    } else {
        Err("give the name of a namespace, or * for all".to_owned())
    }
}

fn subscription(text: &str) -> Result<String, String> {
    let id = SubscriptionId::parse(text).map_err(|error| error.to_string())?;
    Ok(id.as_str().to_owned())
}

fn resource_group(text: &str) -> Result<String, String> {
    let name = ResourceGroupId::parse_name(text).map_err(|error| error.to_string())?;
    Ok(name.as_str().to_owned())
}

#[cfg(test)]
mod tests;
