//! From arguments to settings: checked together, files read, ids and endpoints parsed.

use std::ffi::OsString;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::path::{Path, PathBuf};

use tracing_subscriber::EnvFilter;

use super::{ALL_NAMESPACES, CLIENT_SECRET_VARIABLE, CloudName, CredentialName, RunArgs};
use crate::runtime::settings::{InstallationSource, LeaderElection, LogSettings, OwnIdentity, Settings, Timing};
use armature_api::AllowedNamespaces;
use armature_arm::{Cloud, ClusterId, Credential, Endpoint, InvalidEndpoint, Secret};

/// The arguments do not go together, or a file they name cannot be used.
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
    /// An endpoint is not one that a token may be sent to. It is not repeated, because it may hold a password.
    #[error("{option} is not usable: {problem}; an example is https://management.azure.com")]
    Endpoint {
        /// The option.
        option: &'static str,
        /// What is wrong.
        problem: &'static str,
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
    #[error("--own-cluster-id: {0}; az aks show --query id prints it")]
    OwnCluster(#[from] armature_arm::InvalidId),
    /// The log directives cannot be parsed.
    #[error("--log-level \"{directives}\" cannot be used: {problem}; examples are info and warn,armature=debug")]
    LogLevel {
        /// What was given.
        directives: String,
        /// What the parser said.
        problem: String,
    },
}

const ARM_ENDPOINT: &str = "--arm-endpoint";
const AUTHORITY_HOST: &str = "--authority-host";
const TENANT: &str = "--tenant-id (AZURE_TENANT_ID)";
const CLIENT: &str = "--client-id (AZURE_CLIENT_ID)";
const TOKEN_FILE: &str = "--federated-token-file (AZURE_FEDERATED_TOKEN_FILE)";
const SECRET: &str = "AZURE_CLIENT_SECRET or --client-secret-file (AZURE_CLIENT_SECRET_FILE)";

impl RunArgs {
    /// Checks the arguments together, reads the files they name, and takes the client secret and the host's name from
    /// `environment`.
    ///
    /// # Errors
    /// One sentence that names the option and what to give instead.
    pub fn into_settings(self, environment: impl Fn(&str) -> Option<OsString>) -> Result<Settings, SettingsError> {
        let azure = armature_arm::Settings {
            extra_root_certificates: self.extra_roots()?,
            ..armature_arm::Settings::new(self.cloud()?)
        };
        let credential = self.credential(&environment)?;
        let leader_election = self.leader_election(&environment);
        let log = self.log()?;
        let own_identity = self.own_identity();
        let own_cluster = self.own_cluster_id.as_deref().map(ClusterId::parse).transpose()?;
        Ok(Settings {
            installation: self
                .installation_id
                .map_or(InstallationSource::ManagementCluster, InstallationSource::Named),
            watch_namespace: self.namespace,
            operator_namespace: self.operator_namespace,
            fingerprint_key_secret: self.fingerprint_key_secret,
            azure,
            credential,
            own_identity,
            allow_preview: self.allow_preview,
            timing: Timing {
                list_interval: self.list_interval,
                operation_poll_interval: self.operation_poll_interval,
                pool_quiet_period: self.pool_quiet_period,
                pool_delete_grace: self.pool_delete_grace,
            },
            concurrency: self.concurrency,
            admin_address: self.admin_address,
            leader_election,
            own_cluster,
            log,
        })
    }

    fn cloud(&self) -> Result<Cloud, SettingsError> {
        let fixed = match self.cloud {
            CloudName::Custom => return self.custom_cloud(),
            CloudName::Public => Cloud::public(),
            CloudName::UsGovernment => Cloud::us_government(),
            CloudName::China => Cloud::china(),
        };
        let given = [
            (ARM_ENDPOINT, self.arm_endpoint.is_some()),
            (AUTHORITY_HOST, self.authority_host.is_some()),
            ("--audience", self.audience.is_some()),
        ];
        match given.into_iter().find(|(_, given)| *given) {
            Some((option, _)) => Err(SettingsError::FixedByCloud { option }),
            None => fixed.map_err(|error| unusable("--cloud", &error)),
        }
    }

    fn custom_cloud(&self) -> Result<Cloud, SettingsError> {
        let needs = |missing| SettingsError::Missing {
            missing,
            demanded_by: "--cloud custom",
        };
        let arm_endpoint = self
            .arm_endpoint
            .as_deref()
            .ok_or(needs("--arm-endpoint (ARMATURE_ARM_ENDPOINT)"))?;
        let authority = self
            .authority_host
            .as_deref()
            .ok_or(needs("--authority-host (ARMATURE_AUTHORITY_HOST)"))?;
        Endpoint::parse(arm_endpoint).map_err(|error| unusable(ARM_ENDPOINT, &error))?;
        Cloud::custom(
            arm_endpoint,
            authority,
            self.audience.as_deref().unwrap_or(arm_endpoint),
        )
        .map_err(|error| unusable(AUTHORITY_HOST, &error))
    }

    fn extra_roots(&self) -> Result<Option<Vec<u8>>, SettingsError> {
        const OPTION: &str = "--ca-file";
        let Some(path) = &self.ca_file else { return Ok(None) };
        let pem = std::fs::read(path).map_err(|error| SettingsError::File {
            option: OPTION,
            path: path.clone(),
            error,
        })?;
        let usable = reqwest::Certificate::from_pem_bundle(&pem).is_ok_and(|certificates| !certificates.is_empty());
        if usable {
            return Ok(Some(pem));
        }
        let problem = "holds no PEM certificate (a block between BEGIN CERTIFICATE and END CERTIFICATE)";
        Err(SettingsError::Content {
            option: OPTION,
            path: path.clone(),
            problem,
        })
    }

    fn credential(&self, environment: impl Fn(&str) -> Option<OsString>) -> Result<Option<Credential>, SettingsError> {
        let needs = |demanded_by| move |missing| SettingsError::Missing { missing, demanded_by };
        let credential = match self.credential {
            CredentialName::None => return Ok(None),
            CredentialName::ManagedIdentity => Credential::ManagedIdentity {
                client_id: self.client_id.clone(),
            },
            CredentialName::WorkloadIdentity => {
                let needs = needs("--credential workload-identity");
                Credential::WorkloadIdentity {
                    tenant_id: self.tenant_id.clone().ok_or_else(|| needs(TENANT))?,
                    client_id: self.client_id.clone().ok_or_else(|| needs(CLIENT))?,
                    token_file: self.federated_token_file.clone().ok_or_else(|| needs(TOKEN_FILE))?,
                }
            }
            CredentialName::ClientSecret => {
                let needs = needs("--credential client-secret");
                Credential::ClientSecret {
                    tenant_id: self.tenant_id.clone().ok_or_else(|| needs(TENANT))?,
                    client_id: self.client_id.clone().ok_or_else(|| needs(CLIENT))?,
                    secret: self.client_secret(environment)?.ok_or_else(|| needs(SECRET))?,
                }
            }
        };
        Ok(Some(credential))
    }

    /// An empty list of namespaces is nobody; of the others it is no restriction.
    fn own_identity(&self) -> OwnIdentity {
        let (all, names) = self
            .own_identity_namespaces
            .iter()
            .cloned()
            .partition::<Vec<_>, _>(|name| name == ALL_NAMESPACES);
        let restriction = |list: &Vec<String>| (!list.is_empty()).then(|| list.clone());
        OwnIdentity {
            namespaces: AllowedNamespaces {
                all: Some(!all.is_empty()),
                names: Some(names),
                selector: None,
            },
            subscriptions: restriction(&self.own_identity_subscriptions),
            resource_groups: restriction(&self.own_identity_resource_groups),
        }
    }

    fn client_secret(&self, environment: impl Fn(&str) -> Option<OsString>) -> Result<Option<Secret>, SettingsError> {
        let value = environment(CLIENT_SECRET_VARIABLE).filter(|value| !value.is_empty());
        match (value, &self.client_secret_file) {
            (Some(_), Some(_)) => Err(SettingsError::TwoSecrets),
            (Some(value), None) => Ok(Some(Secret::new(value.to_string_lossy()))),
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
        let directives = self.log_level.clone();
        match EnvFilter::try_new(&directives) {
            Ok(_) => Ok(LogSettings {
                format: self.log_format,
                directives,
            }),
            Err(error) => Err(SettingsError::LogLevel {
                directives,
                problem: error.to_string(),
            }),
        }
    }
}

fn unusable(option: &'static str, error: &InvalidEndpoint) -> SettingsError {
    let problem = match error {
        InvalidEndpoint::Shape(_) => "a URL with a scheme and a host is expected",
        InvalidEndpoint::Excess(_) => "scheme, host and port are expected, without user, path, query or fragment",
        InvalidEndpoint::Plain(_) => "https is required, because secrets go there",
    };
    SettingsError::Endpoint { option, problem }
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
        secret => Ok(Secret::new(secret)),
    }
}

/// Two processes on one host must not share a name in the lease; the hasher's keys are the standard library's randomness.
pub(super) fn random_suffix() -> String {
    let random = RandomState::new().build_hasher().finish();
    format!("{:08x}", random >> 32)
}
