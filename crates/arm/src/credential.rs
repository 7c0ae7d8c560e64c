//! How to sign in: values, compared and hashed whole, so that a changed secret is another credential.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use azure_core::cloud::{CloudConfiguration, CustomConfiguration};
use azure_core::credentials::TokenCredential;
use azure_core::http::{ClientOptions, ExponentialRetryOptions, HttpClient, RetryOptions, Transport};
use azure_core::time::Duration;
use azure_identity::{
    ClientAssertionCredentialOptions, ClientSecretCredential, ClientSecretCredentialOptions, ManagedIdentityCredential,
    ManagedIdentityCredentialOptions, UserAssignedId, WorkloadIdentityCredential, WorkloadIdentityCredentialOptions,
};

use super::bounded::Bounded;
use super::cloud::Cloud;

/// A text that is never shown.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Secret(String);

impl Secret {
    /// Keeps a secret.
    pub fn new(secret: impl Into<String>) -> Self {
        Self(secret.into())
    }

    /// The secret itself. Not for logs.
    pub(super) fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

/// How an identity proves itself.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Credential {
    /// A Kubernetes service account token, exchanged for an Entra token.
    WorkloadIdentity {
        /// The tenant.
        tenant_id: String,
        /// The application or user-assigned identity.
        client_id: String,
        /// The projected token, audience `api://AzureADTokenExchange`. It is read again at least every ten minutes.
        token_file: PathBuf,
    },
    /// The managed identity of the machine, from its metadata service (or from `IDENTITY_ENDPOINT`, where set).
    ManagedIdentity {
        /// The client id of a user-assigned identity; `None` is the system-assigned one.
        client_id: Option<String>,
    },
    /// A service principal with a client secret.
    ClientSecret {
        /// The tenant.
        tenant_id: String,
        /// The application.
        client_id: String,
        /// The secret's value.
        secret: Secret,
    },
}

impl Credential {
    /// Who this is, whatever it proves itself with: Azure Resource Manager counts its quotas by principal.
    pub fn principal(&self) -> &str {
        match self {
            Self::WorkloadIdentity { client_id, .. } | Self::ClientSecret { client_id, .. } => client_id,
            Self::ManagedIdentity { client_id } => client_id.as_deref().unwrap_or("system-assigned"),
        }
    }

    /// The secret text that no message may repeat.
    pub(super) fn secret(&self) -> Option<&str> {
        match self {
            Self::ClientSecret { secret, .. } => Some(secret.expose()),
            Self::WorkloadIdentity { .. } | Self::ManagedIdentity { .. } => None,
        }
    }

    /// A source of tokens. Reads the token file of a workload identity once, which fails when there is none.
    pub(super) fn sign_in(
        &self,
        cloud: &Cloud,
        transports: &Transports,
    ) -> azure_core::Result<Arc<dyn TokenCredential>> {
        match self {
            Self::WorkloadIdentity {
                tenant_id,
                client_id,
                token_file,
            } => {
                let options = WorkloadIdentityCredentialOptions {
                    credential_options: ClientAssertionCredentialOptions {
                        client_options: client_options(cloud, &transports.entra),
                    },
                    client_id: Some(client_id.clone()),
                    tenant_id: Some(tenant_id.clone()),
                    token_file_path: Some(token_file.clone()),
                };
                WorkloadIdentityCredential::new(Some(options)).map(|credential| credential as Arc<dyn TokenCredential>)
            }
            Self::ManagedIdentity { client_id } => {
                let options = ManagedIdentityCredentialOptions {
                    user_assigned_id: client_id.clone().map(UserAssignedId::ClientId),
                    client_options: client_options(cloud, &transports.machine),
                };
                ManagedIdentityCredential::new(Some(options)).map(|credential| credential as Arc<dyn TokenCredential>)
            }
            Self::ClientSecret {
                tenant_id,
                client_id,
                secret,
            } => {
                let options = ClientSecretCredentialOptions {
                    client_options: client_options(cloud, &transports.entra),
                };
                let secret = azure_core::credentials::Secret::new(secret.expose().to_owned());
                ClientSecretCredential::new(tenant_id, client_id.clone(), secret, Some(options))
                    .map(|credential| credential as Arc<dyn TokenCredential>)
            }
        }
    }
}

/// The connections that tokens come over.
#[derive(Debug, Clone)]
pub(super) struct Transports {
    /// To Microsoft Entra, by way of a proxy where the environment names one.
    pub(super) entra: Arc<dyn HttpClient>,
    /// To the metadata service of this machine, never by way of a proxy: it would answer with its own identity.
    pub(super) machine: Arc<dyn HttpClient>,
}

fn client_options(cloud: &Cloud, client: &Arc<dyn HttpClient>) -> ClientOptions {
    let mut custom = CustomConfiguration::default();
    custom.authority_host = cloud.authority.to_string();
    // One quick repeat bridges a dropped connection; the reconciler does the rest, where everyone can see it.
    let retry = ExponentialRetryOptions {
        max_retries: 1,
        max_total_elapsed: Duration::seconds(5),
        max_delay: Duration::seconds(1),
        ..ExponentialRetryOptions::default()
    };
    ClientOptions {
        retry: RetryOptions::exponential(retry),
        transport: Some(Transport::new(Arc::new(Bounded(Arc::clone(client))))),
        cloud: Some(Arc::new(CloudConfiguration::Custom(custom))),
        ..ClientOptions::default()
    }
}
