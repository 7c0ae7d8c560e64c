//! The command line and environment of `armature run`, and how they become [`Settings`].

use std::ffi::OsString;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use azure_core::credentials::Secret;
use clap::{Args, ValueEnum};
use jiff::SignedDuration;
use tracing_subscriber::EnvFilter;
use url::Url;

use super::settings::{
    CloudChoice, CloudSettings, InstallationId, InstallationSource, LeaderElection, LogFormat, LogSettings,
    OperatorCredential, Settings, Timing,
};

/// The Secret of a service principal comes from here, never from the command line, where every process could read it.
pub const CLIENT_SECRET_VARIABLE: &str = "AZURE_CLIENT_SECRET";

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

    /// Azure resource id of the AKS cluster the operator runs on; it is never stopped, deleted or stripped
    #[arg(long, env = "ARMATURE_OWN_CLUSTER_ID", value_name = "ID")]
    pub own_cluster_id: Option<String>,

    /// Azure cloud
    #[arg(long, env = "ARMATURE_CLOUD", value_enum, default_value_t = CloudName::Public, help_heading = "Azure")]
    pub cloud: CloudName,

    /// Resource Manager endpoint of a custom cloud
    #[arg(long, env = "ARMATURE_ARM_ENDPOINT", value_name = "URL", help_heading = "Azure")]
    pub arm_endpoint: Option<Url>,

    /// Sign-in endpoint of a custom cloud
    #[arg(long, env = "ARMATURE_AUTHORITY_HOST", value_name = "URL", help_heading = "Azure")]
    pub authority_host: Option<Url>,

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

    /// What to log: a level, or directives such as info,armature::arm=debug
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

/// The arguments do not go together, or a file they name cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    /// An option that another one demands is missing.
    #[error("{demanded_by} needs {missing}: set it by flag or by environment variable")]
    Missing {
        /// What is missing, flag and environment variable.
        missing: &'static str,
        /// The option that asks for it.
        demanded_by: &'static str,
    },
    /// An option was given that the chosen cloud fixes.
    #[error(
        "{option} only goes with --cloud custom: the other clouds have fixed endpoints; leave it out or choose custom"
    )]
    FixedByCloud {
        /// The option.
        option: &'static str,
    },
    /// An endpoint is not one that a token may be sent to.
    #[error(
        "{option} \"{url}\" is not usable: give an http or https URL with a host and without user, query or fragment"
    )]
    Endpoint {
        /// The option.
        option: &'static str,
        /// The URL, without a password.
        url: String,
    },
    /// The secret was given in two places.
    #[error("the client secret is given twice: set AZURE_CLIENT_SECRET or AZURE_CLIENT_SECRET_FILE, not both")]
    TwoSecrets,
    /// A file could not be read.
    #[error("{option} {}: {error}", path.display())]
    File {
        /// The option that names the file.
        option: &'static str,
        /// The file.
        path: PathBuf,
        /// What the system said.
        error: std::io::Error,
    },
    /// A file does not hold what it should.
    #[error("{option} {}: {problem}", path.display())]
    Content {
        /// The option that names the file.
        option: &'static str,
        /// The file.
        path: PathBuf,
        /// What is wrong.
        problem: &'static str,
    },
    /// Not the id of a managed cluster.
    #[error(
        "--own-cluster-id \"{0}\" is not the id of an AKS cluster: it looks like /subscriptions/GUID/resourceGroups/NAME/providers/Microsoft.ContainerService/managedClusters/NAME"
    )]
    OwnCluster(String),
    /// The log directives cannot be parsed.
    #[error("--log-level \"{directives}\" cannot be used: {problem}; examples are info and warn,armature=debug")]
    LogLevel {
        /// What was given.
        directives: String,
        /// What the parser said.
        problem: String,
    },
}

impl RunArgs {
    /// Checks the arguments together, reads the files they name, and takes the client secret from `environment`.
    ///
    /// # Errors
    /// One sentence that names the option and what to give instead.
    pub fn into_settings(self, environment: impl Fn(&str) -> Option<OsString>) -> Result<Settings, SettingsError> {
        let cloud = CloudSettings {
            cloud: self.cloud()?,
            extra_roots_pem: self.extra_roots()?,
        };
        let credential = self.credential(&environment)?;
        let leader_election = self.leader_election(&environment);
        let log = self.log()?;
        Ok(Settings {
            installation: self
                .installation_id
                .map_or(InstallationSource::ManagementCluster, InstallationSource::Named),
            watch_namespace: self.namespace,
            operator_namespace: self.operator_namespace,
            cloud,
            credential,
            timing: Timing {
                list_interval: self.list_interval,
                operation_poll_interval: self.operation_poll_interval,
                pool_quiet_period: self.pool_quiet_period,
                pool_delete_grace: self.pool_delete_grace,
            },
            concurrency: self.concurrency,
            admin_address: self.admin_address,
            leader_election,
            own_cluster_id: self.own_cluster_id.map(own_cluster).transpose()?,
            log,
        })
    }

    fn cloud(&self) -> Result<CloudChoice, SettingsError> {
        let fixed = match self.cloud {
            CloudName::Custom => return self.custom_cloud(),
            CloudName::Public => CloudChoice::Public,
            CloudName::UsGovernment => CloudChoice::UsGovernment,
            CloudName::China => CloudChoice::China,
        };
        let given = [
            ("--arm-endpoint", self.arm_endpoint.is_some()),
            ("--authority-host", self.authority_host.is_some()),
            ("--audience", self.audience.is_some()),
        ];
        match given.into_iter().find(|(_, given)| *given) {
            Some((option, _)) => Err(SettingsError::FixedByCloud { option }),
            None => Ok(fixed),
        }
    }

    fn custom_cloud(&self) -> Result<CloudChoice, SettingsError> {
        let needs = |missing| SettingsError::Missing {
            missing,
            demanded_by: "--cloud custom",
        };
        let arm_endpoint = self
            .arm_endpoint
            .clone()
            .ok_or(needs("--arm-endpoint (ARMATURE_ARM_ENDPOINT)"))?;
        let authority_host = self
            .authority_host
            .clone()
            .ok_or(needs("--authority-host (ARMATURE_AUTHORITY_HOST)"))?;
        let audience = match &self.audience {
            Some(audience) => audience.clone(),
            None => arm_endpoint.as_str().trim_end_matches('/').to_owned(),
        };
        Ok(CloudChoice::Custom {
            arm_endpoint: endpoint("--arm-endpoint", arm_endpoint)?,
            authority_host: endpoint("--authority-host", authority_host)?,
            audience,
        })
    }

    fn extra_roots(&self) -> Result<Option<Vec<u8>>, SettingsError> {
        const OPTION: &str = "--ca-file";
        let Some(path) = &self.ca_file else { return Ok(None) };
        let pem = std::fs::read(path).map_err(|error| SettingsError::File {
            option: OPTION,
            path: path.clone(),
            error,
        })?;
        let marker = b"-----BEGIN CERTIFICATE-----";
        if pem.windows(marker.len()).any(|window| window == marker) {
            Ok(Some(pem))
        } else {
            let problem = "holds no PEM certificate (a line with BEGIN CERTIFICATE)";
            Err(SettingsError::Content {
                option: OPTION,
                path: path.clone(),
                problem,
            })
        }
    }

    fn credential(&self, environment: impl Fn(&str) -> Option<OsString>) -> Result<OperatorCredential, SettingsError> {
        let needs = |demanded_by| move |missing| SettingsError::Missing { missing, demanded_by };
        match self.credential {
            CredentialName::None => Ok(OperatorCredential::None),
            CredentialName::ManagedIdentity => Ok(OperatorCredential::ManagedIdentity {
                client_id: self.client_id.clone(),
            }),
            CredentialName::WorkloadIdentity => {
                let needs = needs("--credential workload-identity");
                Ok(OperatorCredential::WorkloadIdentity {
                    tenant_id: self.tenant_id.clone().ok_or_else(|| needs(TENANT))?,
                    client_id: self.client_id.clone().ok_or_else(|| needs(CLIENT))?,
                    token_file: self.federated_token_file.clone().ok_or_else(|| needs(TOKEN_FILE))?,
                })
            }
            CredentialName::ClientSecret => {
                let needs = needs("--credential client-secret");
                Ok(OperatorCredential::ClientSecret {
                    tenant_id: self.tenant_id.clone().ok_or_else(|| needs(TENANT))?,
                    client_id: self.client_id.clone().ok_or_else(|| needs(CLIENT))?,
                    secret: self.client_secret(environment)?.ok_or_else(|| needs(SECRET))?,
                })
            }
        }
    }

    fn client_secret(&self, environment: impl Fn(&str) -> Option<OsString>) -> Result<Option<Secret>, SettingsError> {
        let value = environment(CLIENT_SECRET_VARIABLE).filter(|value| !value.is_empty());
        match (value, &self.client_secret_file) {
            (Some(_), Some(_)) => Err(SettingsError::TwoSecrets),
            (Some(value), None) => Ok(Some(Secret::new(value.to_string_lossy().into_owned()))),
            (None, Some(path)) => secret_file(path).map(Some),
            (None, None) => Ok(None),
        }
    }

    fn leader_election(&self, environment: impl Fn(&str) -> Option<OsString>) -> Option<LeaderElection> {
        if !self.leader_elect || self.no_leader_elect {
            return None;
        }
        let identity = self.replica_name.clone().unwrap_or_else(|| {
            let host = environment("HOSTNAME").map(|host| host.to_string_lossy().into_owned());
            format!("{}-{}", host.as_deref().unwrap_or("armature"), random_suffix())
        });
        Some(LeaderElection {
            lease_name: "armature-leader".to_owned(),
            identity,
            lease_duration: self.lease_duration,
        })
    }

    fn log(&self) -> Result<LogSettings, SettingsError> {
        match EnvFilter::try_new(&self.log_level) {
            Ok(_) => Ok(LogSettings {
                format: self.log_format,
                directives: self.log_level.clone(),
            }),
            Err(error) => Err(SettingsError::LogLevel {
                directives: self.log_level.clone(),
                problem: error.to_string(),
            }),
        }
    }
}

const TENANT: &str = "--tenant-id (AZURE_TENANT_ID)";
const CLIENT: &str = "--client-id (AZURE_CLIENT_ID)";
const TOKEN_FILE: &str = "--federated-token-file (AZURE_FEDERATED_TOKEN_FILE)";
const SECRET: &str = "AZURE_CLIENT_SECRET or --client-secret-file (AZURE_CLIENT_SECRET_FILE)";

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

fn endpoint(option: &'static str, url: Url) -> Result<Url, SettingsError> {
    let bare =
        url.username().is_empty() && url.password().is_none() && url.query().is_none() && url.fragment().is_none();
    if matches!(url.scheme(), "http" | "https") && url.has_host() && bare {
        return Ok(url);
    }
    let mut shown = url;
    // A URL that cannot hold a password has none to hide.
    let _ = shown.set_password(None);
    shown.set_query(None);
    Err(SettingsError::Endpoint {
        option,
        url: shown.to_string(),
    })
}

fn secret_file(path: &Path) -> Result<Secret, SettingsError> {
    const OPTION: &str = "--client-secret-file";
    let text = std::fs::read_to_string(path).map_err(|error| SettingsError::File {
        option: OPTION,
        path: path.to_owned(),
        error,
    })?;
    // Editors and `echo` end files with a newline; no client secret has white space at its ends.
    match text.trim() {
        "" => Err(SettingsError::Content {
            option: OPTION,
            path: path.to_owned(),
            problem: "is empty",
        }),
        secret => Ok(Secret::new(secret.to_owned())),
    }
}

fn own_cluster(id: String) -> Result<String, SettingsError> {
    let parts: Vec<&str> = id.split('/').collect();
    let fixed = |index: usize, word: &str| parts.get(index).is_some_and(|part| part.eq_ignore_ascii_case(word));
    let shaped = parts.len() == 9
        && parts[0].is_empty()
        && fixed(1, "subscriptions")
        && fixed(3, "resourceGroups")
        && fixed(5, "providers")
        && fixed(6, "Microsoft.ContainerService")
        && fixed(7, "managedClusters")
        && [2, 4, 8].into_iter().all(|index| !parts[index].is_empty());
    if shaped {
        Ok(id)
    } else {
        Err(SettingsError::OwnCluster(id))
    }
}

/// Two processes on one host must not share a name in the lease; the hasher's keys are the standard library's randomness.
fn random_suffix() -> String {
    use std::hash::{BuildHasher, Hasher};
    let random = std::hash::RandomState::new().build_hasher().finish();
    format!("{:08x}", random >> 32)
}

#[cfg(test)]
mod tests;
