//! One [`ArmClient`] for each identity.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use reqwest::Certificate;
use tokio::time::Instant;

use super::budget::{Budget, Budgeted};
use super::client::{AKS_API_VERSION, ArmClient};
use super::cloud::Cloud;
use super::credential::{Credential, Transports};
use super::http::{DEADLINE, HttpArm};
use super::metrics::{ArmMetrics, Metered};
use super::token::Tokens;

/// A client that nobody asked for in this time is dropped with its token: its identity or secret is gone.
const FORGET_AFTER: Duration = Duration::from_secs(3600);

/// Why no connections can be made.
#[derive(Debug, thiserror::Error)]
pub enum SetupError {
    /// The extra root certificates are not PEM certificates.
    #[error("the extra root certificates cannot be read: {0}; a PEM file with CERTIFICATE blocks is expected")]
    Certificates(reqwest::Error),
    /// The extra root certificates hold none.
    #[error("the extra root certificates hold no certificate; a PEM file with CERTIFICATE blocks is expected")]
    NoCertificates,
    /// The TLS stack has no usable trust store.
    #[error("the HTTPS client cannot be set up: {0}; check the trust store of the system")]
    Tls(reqwest::Error),
}

/// What all clients have in common.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Which Azure.
    pub cloud: Cloud,
    /// The api-version for Microsoft.ContainerService.
    pub aks_api_version: String,
    /// PEM certificates to trust beside those of the system, for Azure Resource Manager and for sign-in.
    pub extra_root_certificates: Option<Vec<u8>>,
    /// How long one call may take in all, or three quick reads.
    pub deadline: Duration,
}

impl Settings {
    /// The defaults for a cloud: [`AKS_API_VERSION`], the trust store of the system, [`DEADLINE`].
    pub fn new(cloud: Cloud) -> Self {
        let aks_api_version = AKS_API_VERSION.to_owned();
        Self {
            cloud,
            aks_api_version,
            extra_root_certificates: None,
            deadline: DEADLINE,
        }
    }
}

/// Makes and keeps one client for each credential. All share connections and budget, none shares a token.
pub struct Clients {
    settings: Settings,
    arm: reqwest::Client,
    transports: Transports,
    budget: Budget,
    metrics: ArmMetrics,
    made: Mutex<HashMap<Credential, Kept>>,
}

struct Kept {
    client: ArmClient,
    asked: Instant,
}

impl fmt::Debug for Clients {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Clients")
            .field("settings", &self.settings)
            .finish_non_exhaustive()
    }
}

impl Clients {
    /// Sets up the connections; nothing is sent yet.
    ///
    /// # Errors
    /// [`SetupError`] when the certificates or the system's trust store cannot be used.
    pub fn new(settings: Settings, budget: Budget, metrics: ArmMetrics) -> Result<Self, SetupError> {
        let roots = match &settings.extra_root_certificates {
            Some(pem) => certificates(pem)?,
            None => Vec::new(),
        };
        let builder = || {
            reqwest::Client::builder()
                .user_agent(concat!("armature/", env!("CARGO_PKG_VERSION")))
                .redirect(reqwest::redirect::Policy::none())
                .retry(reqwest::retry::never())
                .connect_timeout(Duration::from_secs(10))
                .tls_certs_merge(roots.clone())
        };
        let arm = builder().build().map_err(SetupError::Tls)?;
        let machine = builder().no_proxy().build().map_err(SetupError::Tls)?;
        let transports = Transports {
            entra: Arc::new(arm.clone()),
            machine: Arc::new(machine),
        };
        Ok(Self {
            settings,
            arm,
            transports,
            budget,
            metrics,
            made: Mutex::default(),
        })
    }

    /// The client of an identity. Signing in happens with its first call.
    pub fn client(&self, credential: &Credential) -> ArmClient {
        let now = Instant::now();
        let mut made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        made.retain(|_, kept| now.duration_since(kept.asked) < FORGET_AFTER);
        let kept = made.entry(credential.clone()).or_insert_with(|| Kept {
            client: self.make(credential.clone()),
            asked: now,
        });
        kept.asked = now;
        kept.client.clone()
    }

    fn make(&self, credential: Credential) -> ArmClient {
        let principal = credential.principal().to_owned();
        let Settings {
            cloud,
            aks_api_version,
            extra_root_certificates: _,
            deadline,
        } = &self.settings;
        let tokens = Arc::new(Tokens::new(credential, cloud.clone(), self.transports.clone()));
        let http = HttpArm::new(self.arm.clone(), cloud.arm_endpoint.clone(), tokens, *deadline);
        let metered = Metered::new(http, self.metrics.clone());
        let budgeted = Budgeted::new(metered, self.budget.clone(), principal, self.metrics.clone());
        ArmClient::new(Arc::new(budgeted), aks_api_version)
    }
}

/// An empty or foreign file is an error: trusting fewer authorities than asked for would show much later.
fn certificates(pem: &[u8]) -> Result<Vec<Certificate>, SetupError> {
    let roots = Certificate::from_pem_bundle(pem).map_err(SetupError::Certificates)?;
    if roots.is_empty() {
        Err(SetupError::NoCertificates)
    } else {
        Ok(roots)
    }
}

#[cfg(test)]
mod tests {
    use azure_core::http::{Method, Request, StatusCode};
    use prometheus_client::registry::Registry;
    use url::Url;

    use super::*;
    use crate::credential::Secret;
    use crate::testing::{Server, answer};

    fn settings(pem: Option<&str>) -> Settings {
        let extra_root_certificates = pem.map(|pem| pem.as_bytes().to_vec());
        Settings {
            extra_root_certificates,
            ..Settings::new(Cloud::public().unwrap())
        }
    }

    fn clients(pem: Option<&str>) -> Result<Clients, SetupError> {
        let budget = Budget::new();
        let metrics = ArmMetrics::register(&mut Registry::default());
        Clients::new(settings(pem), budget, metrics)
    }

    fn secret(value: &str) -> Credential {
        Credential::ClientSecret {
            tenant_id: "t".into(),
            client_id: "c".into(),
            secret: Secret::new(value),
        }
    }

    #[tokio::test(start_paused = true)]
    async fn one_credential_has_one_client_and_a_changed_secret_another() {
        let clients = clients(None).unwrap();
        let first = clients.client(&secret("s3cr3t-1"));
        assert!(first.is(&clients.client(&secret("s3cr3t-1"))));
        assert!(!first.is(&clients.client(&secret("s3cr3t-2"))));
        assert!(!format!("{clients:?}").contains("s3cr3t"));
    }

    #[tokio::test]
    async fn a_redirect_is_followed_neither_by_azure_resource_manager_nor_on_the_way_to_a_token() {
        let elsewhere = Server::start(vec![answer("200 OK", &[], "{}"); 64]);
        for status in [301, 302, 303, 307, 308] {
            let location = format!("{}/token", elsewhere.endpoint);
            let moved = answer(&format!("{status} Moved"), &[("location", location.as_str())], "");
            let azure = Server::start(vec![moved; 3]);
            let endpoint = Url::parse(&azure.endpoint).unwrap();
            let Clients { arm, transports, .. } = clients(None).unwrap();
            let Transports { entra, machine } = transports;
            for transport in [entra, machine] {
                let mut request = Request::new(endpoint.clone(), Method::Post);
                request.insert_header("authorization", "s3cr3t");
                request.set_body("client_secret=s3cr3t");
                let answer = transport.execute_request(&request).await.unwrap();
                assert_eq!(answer.status(), StatusCode::from(status));
            }
            let answer = arm
                .post(endpoint)
                .bearer_auth("s3cr3t")
                .body("s3cr3t")
                .send()
                .await
                .unwrap();
            assert_eq!(answer.status().as_u16(), status);
            assert_eq!(azure.requests().len(), 3);
        }
        assert_eq!(elsewhere.requests(), Vec::<String>::new());
    }

    #[tokio::test(start_paused = true)]
    async fn a_client_that_nobody_asks_for_is_forgotten() {
        let clients = clients(None).unwrap();
        let first = clients.client(&secret("s3cr3t-1"));
        for _ in 0..3 {
            tokio::time::advance(FORGET_AFTER / 2).await;
            assert!(first.is(&clients.client(&secret("s3cr3t-1"))), "it is in use");
        }
        tokio::time::advance(FORGET_AFTER).await;
        clients.client(&secret("s3cr3t-2"));
        assert_eq!(clients.made.lock().unwrap().len(), 1);
    }

    #[test]
    fn extra_root_certificates_must_be_certificates() {
        let pem = include_str!("testing/root.pem");
        assert!(clients(Some(pem)).is_ok());
        assert!(matches!(clients(Some("")), Err(SetupError::NoCertificates)));
        assert!(matches!(clients(Some("not PEM")), Err(SetupError::NoCertificates)));
        let broken = pem.replace("MII", "AAA");
        assert!(clients(Some(&broken)).is_err());
    }
}
