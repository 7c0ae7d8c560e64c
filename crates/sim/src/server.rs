//! Listeners around the world: the Azure side over http or TLS, the admin side over http.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{ConnectInfo, DefaultBodyLimit, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use serde_json::json;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::admin;
use crate::config::Config;
use crate::connection::{Peer, SwitchedListener};
use crate::dispatch::{self, Delivery};
use crate::reply::Reply;
use crate::tls;
use crate::wire::Request;
use crate::world::{UnknownRule, World};

/// Largest request body that ARM takes, bytes (Learn: request size 4 MB).
const LARGEST_BODY: usize = 4 * 1024 * 1024;

/// Why the simulator could not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// An address is taken or cannot be had.
    #[error("cannot listen on {address}: {source}; name a free address, or port 0")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// Why.
        source: io::Error,
    },
    /// The folder for the certificate cannot be written.
    #[error("cannot write to the state folder {path}: {source}; name another with --state-dir")]
    StateDir {
        /// The folder.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A certificate or key could not be made.
    #[error("cannot make a certificate or key: {0}; check --tls-name")]
    Certificate(#[from] rcgen::Error),
    /// The TLS library refuses the certificate.
    #[error("cannot set up TLS: {0}")]
    Tls(rustls::Error),
    /// A rule to switch off does not exist.
    #[error(transparent)]
    Rule(#[from] UnknownRule),
    /// The key for access tokens is of a form that cannot be published.
    #[error("cannot make a key for access tokens: it is not a P-256 key")]
    TokenKey,
}

/// The world, shared by all connections.
#[derive(Clone)]
pub struct Shared {
    world: Arc<Mutex<World>>,
}

impl Shared {
    /// Takes the lock. A handler that panicked left every value whole, so its poison is no reason to stop.
    pub fn lock(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A running simulator.
pub struct Simulator {
    shared: Shared,
    endpoint: String,
    admin: String,
    ca: Option<PathBuf>,
    /// A folder that nobody named: it goes when the simulator stops.
    own_folder: Option<PathBuf>,
    stop: CancellationToken,
    tasks: TaskTracker,
}

impl Simulator {
    /// Starts to listen. Needs a tokio runtime.
    ///
    /// # Errors
    /// [`StartError`].
    pub async fn start(config: Config) -> Result<Self, StartError> {
        let azure = bind(config.listen).await?;
        let admin_listener = bind(config.admin_listen).await?;
        let (azure_address, admin_address) = (
            address(&azure, config.listen)?,
            address(&admin_listener, config.admin_listen)?,
        );
        let own_folder = (config.tls && config.state_dir.is_none())
            .then(|| std::env::temp_dir().join(format!("armature-sim-{}", azure_address.port())));
        let folder = config.state_dir.as_ref().or(own_folder.as_ref()).filter(|_| config.tls);
        let tls = folder
            .map(|folder| tls::prepare(folder, &config.tls_names))
            .transpose()?;
        let scheme = if tls.is_some() { "https" } else { "http" };
        let shared = Shared {
            world: Arc::new(Mutex::new(World::new(config)?)),
        };
        let (stop, tasks) = (CancellationToken::new(), TaskTracker::new());

        let state = AzureSide {
            shared: shared.clone(),
            scheme,
            address: azure_address.to_string(),
        };
        let router = Router::new()
            .fallback(handle)
            .layer(DefaultBodyLimit::max(LARGEST_BODY))
            .with_state(state);
        let listener = SwitchedListener::new(azure, tls.as_ref().map(|tls| Arc::clone(&tls.server)), stop.clone());
        let service = router.into_make_service_with_connect_info::<Peer>();
        let stopped = stop.clone().cancelled_owned();
        tasks.spawn(async move {
            tokio::select! {
                result = axum::serve(listener, service) => log_end(result),
                () = stopped => {}
            }
        });

        let router = admin::router(shared.clone());
        let stopped = stop.clone().cancelled_owned();
        tasks.spawn(async move {
            tokio::select! {
                result = axum::serve(admin_listener, router) => log_end(result),
                () = stopped => {}
            }
        });
        tasks.close();
        Ok(Self {
            shared,
            endpoint: format!("{scheme}://{azure_address}"),
            admin: format!("http://{admin_address}"),
            ca: tls.map(|tls| tls.ca),
            own_folder,
            stop,
            tasks,
        })
    }

    /// URL of the Azure side, for ARM, Entra and managed identities alike.
    #[must_use]
    pub fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// URL of the admin side.
    #[must_use]
    pub fn admin(&self) -> &str {
        &self.admin
    }

    /// The certificate authority to trust, when TLS is on.
    #[must_use]
    pub fn ca(&self) -> Option<&PathBuf> {
        self.ca.as_ref()
    }

    /// The world, to look at or to change between requests.
    pub fn world(&self) -> MutexGuard<'_, World> {
        self.shared.lock()
    }

    /// The line that tells whoever started the simulator how to reach it: one JSON object.
    #[must_use]
    pub fn ready_line(&self) -> String {
        let world = self.shared.lock();
        json!({
            "endpoint": self.endpoint,
            "admin": self.admin,
            "ca": self.ca,
            "tenant": world.config.tenant,
            "subscription": world.config.subscriptions.first(),
            "clientId": world.config.client_id,
            "clientSecret": world.config.client_secret,
        })
        .to_string()
    }

    /// Stops listening. Connections to the Azure side that were kept open fail at their next use.
    pub async fn stop(self) {
        self.stop.cancel();
        self.tasks.wait().await;
        if let Some(folder) = &self.own_folder {
            // What is left behind is one certificate in the temporary folder.
            let _ = std::fs::remove_dir_all(folder);
        }
    }
}

async fn bind(address: SocketAddr) -> Result<TcpListener, StartError> {
    TcpListener::bind(address)
        .await
        .map_err(|source| StartError::Listen { address, source })
}

fn address(listener: &TcpListener, address: SocketAddr) -> Result<SocketAddr, StartError> {
    listener
        .local_addr()
        .map_err(|source| StartError::Listen { address, source })
}

fn log_end(result: io::Result<()>) {
    if let Err(error) = result {
        tracing::error!(%error, "a listener ended");
    }
}

#[derive(Clone)]
struct AzureSide {
    shared: Shared,
    scheme: &'static str,
    address: String,
}

async fn handle(
    State(state): State<AzureSide>,
    ConnectInfo(peer): ConnectInfo<Peer>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    // Clients may reach us by another name than the one we listen on; URLs in answers have to use theirs.
    let host = headers
        .get(header::HOST)
        .and_then(|host| host.to_str().ok())
        .unwrap_or(&state.address);
    let origin = format!("{}://{host}", state.scheme);
    let request = Request::new(method, &uri, headers, body, origin);
    let (reply, delivery) = dispatch::answer(&mut state.shared.lock(), &request);
    match delivery {
        Delivery::Normal => response(&reply, false),
        Delivery::Late(milliseconds) => {
            tokio::time::sleep(Duration::from_millis(milliseconds)).await;
            response(&reply, false)
        }
        Delivery::Truncated => response(&reply, true),
        Delivery::Reset => {
            peer.reset();
            StatusCode::SERVICE_UNAVAILABLE.into_response()
        }
    }
}

fn response(reply: &Reply, truncated: bool) -> Response {
    let mut response = match reply.payload() {
        None => Response::new(Body::empty()),
        Some((kind, bytes)) => {
            let length = bytes.len();
            let mut response = if truncated {
                // The promised length is the whole: the connection ends before it is reached.
                let half = Bytes::from(bytes).slice(..length / 2);
                let chunks = [Ok(half), Err(io::Error::from(io::ErrorKind::UnexpectedEof))];
                Response::new(Body::from_stream(futures::stream::iter(chunks)))
            } else {
                Response::new(Body::from(bytes))
            };
            response
                .headers_mut()
                .insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
            response
                .headers_mut()
                .insert(header::CONTENT_LENGTH, HeaderValue::from(length));
            response
        }
    };
    *response.status_mut() = StatusCode::from_u16(reply.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    for (name, value) in &reply.headers {
        // Messages can hold any letter of a client's request; a header field cannot.
        let (Ok(name), Ok(value)) = (HeaderName::from_bytes(name.as_bytes()), HeaderValue::from_str(value)) else {
            continue;
        };
        response.headers_mut().append(name, value);
    }
    response
}
