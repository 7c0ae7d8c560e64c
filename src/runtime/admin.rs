//! The admin server: `/healthz`, `/readyz`, `/metrics`.

mod connections;

use std::io;
use std::sync::{Arc, PoisonError};
use std::thread;

use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use prometheus_client::encoding::text;
use tokio::net::TcpListener;
use tokio::runtime::Builder;
use tokio::sync::{Semaphore, oneshot};
use tokio_util::sync::{CancellationToken, DropGuard};

use self::connections::Limits;
use super::leader::Leadership;
use super::metrics::SharedRegistry;
use super::readiness::Readiness;

/// What the admin server shows.
#[derive(Clone, Debug)]
pub struct Admin {
    /// What the process waits for.
    pub readiness: Readiness,
    /// Who leads.
    pub leadership: Leadership,
    /// What is counted.
    pub registry: SharedRegistry,
}

/// The admin server on its thread, until this is dropped.
#[derive(Debug)]
pub struct Server {
    _stop: DropGuard,
    /// Never sent; closed when the thread ends.
    alive: oneshot::Receiver<()>,
}

impl Server {
    /// Returns when the server ended by itself.
    pub async fn ended(self) -> io::Error {
        let Self { _stop, alive } = self;
        // Either way there is no thread any more.
        drop(alive.await);
        io::Error::other("it stopped serving")
    }
}

impl Admin {
    /// Serves from a thread of its own: a probe asks whether the process is there, and gets its answer however busy the
    /// threads are that reconcile.
    ///
    /// # Errors
    /// The system gives no thread, or the listener can't be used.
    pub fn start(self, listener: std::net::TcpListener) -> io::Result<Server> {
        listener.set_nonblocking(true)?;
        let runtime = Builder::new_current_thread()
            .enable_all()
            .max_blocking_threads(1)
            .build()?;
        let listener = {
            let _inside = runtime.enter();
            TcpListener::from_std(listener)?
        };
        let stop = CancellationToken::new();
        let (stopped, _stop) = (stop.clone(), stop.drop_guard());
        let (thread_alive, alive) = oneshot::channel();
        let serving = move || {
            let _alive = thread_alive;
            runtime.block_on(stopped.run_until_cancelled(self.serve(listener)));
        };
        thread::Builder::new().name("admin".to_owned()).spawn(serving)?;
        Ok(Server { _stop, alive })
    }

    /// Serves for as long as the future is polled.
    async fn serve(self, listener: TcpListener) {
        connections::serve(listener, self.router(), Limits::DEFAULT).await;
    }

    fn router(self) -> Router {
        Router::new()
            .route("/healthz", get(|| async { "ok\n" }))
            .route("/readyz", get(readyz))
            .route("/metrics", get(metrics))
            .with_state(Arc::new(self))
    }
}

async fn readyz(State(admin): State<Arc<Admin>>) -> (StatusCode, String) {
    readiness_answer(&admin.readiness.waiting_for(), admin.leadership.is_leader())
}

/// A standby replica is ready: a rolling update must be able to replace the leader.
fn readiness_answer(waiting_for: &[String], leads: bool) -> (StatusCode, String) {
    if waiting_for.is_empty() {
        let role = if leads {
            "leading"
        } else {
            "standing by: another replica leads"
        };
        return (StatusCode::OK, format!("ok ({role})\n"));
    }
    let lines: String = waiting_for
        .iter()
        .map(|reason| format!("waiting for {reason}\n"))
        .collect();
    (StatusCode::SERVICE_UNAVAILABLE, lines)
}

/// Metrics are printed one at a time and beside the threads that answer: a flood of scrapes keeps no probe waiting.
static PRINTING: Semaphore = Semaphore::const_new(1);

async fn metrics(State(admin): State<Arc<Admin>>) -> Response {
    let turn = PRINTING.acquire().await;
    let printed = tokio::task::spawn_blocking(move || {
        // As long as it prints, whoever asked or hung up meanwhile.
        let _turn = turn;
        print(&admin.registry)
    });
    match printed.await {
        Ok(Some(body)) => ([(header::CONTENT_TYPE, OPEN_METRICS)], body).into_response(),
        Ok(None) | Err(_) => (StatusCode::INTERNAL_SERVER_ERROR, "the metrics could not be written\n").into_response(),
    }
}

fn print(registry: &SharedRegistry) -> Option<String> {
    let mut body = String::new();
    let registry = registry.lock().unwrap_or_else(PoisonError::into_inner);
    text::encode(&mut body, &registry).is_ok().then_some(body)
}

const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};
    use std::net::SocketAddr;
    use std::time::Duration;

    use super::*;

    #[test]
    fn readyz_names_everything_that_is_waited_for() {
        let readiness = Readiness::default();
        let crd = readiness.wait_for("CRD aksclusters.aks.armature.dev");
        let _list = readiness.wait_for("the first list of AksCluster objects");
        let (status, body) = readiness_answer(&readiness.waiting_for(), false);
        assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(
            body,
            "waiting for CRD aksclusters.aks.armature.dev\nwaiting for the first list of AksCluster objects\n"
        );
        crd.open();
        let (_, body) = readiness_answer(&readiness.waiting_for(), false);
        assert_eq!(body, "waiting for the first list of AksCluster objects\n");
    }

    #[test]
    fn a_standby_replica_is_ready() {
        let (status, body) = readiness_answer(&[], false);
        assert_eq!(
            (status, body.as_str()),
            (StatusCode::OK, "ok (standing by: another replica leads)\n")
        );
        assert_eq!(readiness_answer(&[], true).1, "ok (leading)\n");
    }

    fn admin(readiness: Readiness) -> Admin {
        Admin {
            readiness,
            leadership: Leadership::always(),
            registry: SharedRegistry::default(),
        }
    }

    #[tokio::test]
    async fn the_server_answers_all_three_questions() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let readiness = Readiness::default();
        let gate = readiness.wait_for("something");
        tokio::spawn(admin(readiness).serve(listener));
        let status = async |path: &str| reqwest::get(format!("http://{address}{path}")).await.unwrap().status();
        assert_eq!(status("/healthz").await, 200);
        assert_eq!(status("/readyz").await, 503);
        assert_eq!(status("/metrics").await, 200);
        gate.open();
        assert_eq!(status("/readyz").await, 200);
    }

    /// Asks without giving the thread of the runtime back.
    fn ask(address: SocketAddr, path: &str) -> String {
        let mut socket = std::net::TcpStream::connect(address).unwrap();
        socket.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        socket
            .write_all(format!("GET {path} HTTP/1.1\r\nhost: x\r\n\r\n").as_bytes())
            .unwrap();
        let mut told = String::new();
        socket.read_to_string(&mut told).expect("an answer");
        told
    }

    #[tokio::test]
    async fn probes_and_scrapes_are_answered_while_every_thread_that_reconciles_is_busy() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let server = admin(Readiness::default()).start(listener).unwrap();
        // The only thread of this runtime waits here.
        for path in ["/healthz", "/readyz", "/metrics"] {
            assert!(ask(address, path).starts_with("HTTP/1.1 200 "), "{path}");
        }
        drop(server);
    }

    #[tokio::test]
    async fn the_address_is_free_again_when_the_server_is_dropped() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let mut server = admin(Readiness::default()).start(listener).unwrap();
        let (_, never) = oneshot::channel();
        let alive = std::mem::replace(&mut server.alive, never);
        drop(server);
        assert!(alive.await.is_err(), "the thread ended");
    }
}
