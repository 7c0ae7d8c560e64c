//! Connections to the admin server: how many there may be, how long one may last, and how much it may send. Anybody in
//! the cluster may open some, and the probes of the kubelet have to get through.

use std::collections::VecDeque;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::Router;
use hyper::server::conn::http1;
use hyper::service::{Service, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio_util::task::AbortOnDropHandle;
use tracing::warn;

/// What a connection may take.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// How many there are at most; a further one takes the place of the oldest that asks nothing.
    pub connections: usize,
    /// How long it may take to say what it asks for.
    pub header_time: Duration,
    /// How long it may last in all, the answer included.
    pub lifetime: Duration,
}

impl Limits {
    /// A probe has one second, a scrape ten.
    pub const DEFAULT: Self = Self {
        connections: 64,
        header_time: Duration::from_secs(3),
        lifetime: Duration::from_secs(15),
    };
}

/// What a request line and its headers may have together.
const MAX_HEADERS_SIZE: usize = 16 * 1024;
/// How many headers there may be.
const MAX_HEADERS: usize = 64;
/// The system has no more connections to give: some have to end first.
const PAUSE: Duration = Duration::from_millis(100);

/// Answers connections for as long as the future is polled.
pub async fn serve(listener: TcpListener, router: Router, limits: Limits) {
    let mut open = Open {
        most: limits.connections,
        connections: VecDeque::new(),
    };
    loop {
        match listener.accept().await {
            Ok((socket, _)) => {
                open.make_room();
                let answering = Arc::new(AtomicBool::new(false));
                let connection = answer(socket, router.clone(), limits, Arc::clone(&answering));
                open.connections.push_back(Connection {
                    answering,
                    task: AbortOnDropHandle::new(tokio::spawn(connection)),
                });
            }
            Err(error) if is_of_the_other_side(&error) => {}
            Err(error) => {
                warn!(%error, "the admin server can't take a connection");
                open.drop_oldest();
                tokio::time::sleep(PAUSE).await;
            }
        }
    }
}

fn is_of_the_other_side(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset)
}

struct Connection {
    answering: Arc<AtomicBool>,
    task: AbortOnDropHandle<()>,
}

/// The connections in the order in which they came.
struct Open {
    most: usize,
    connections: VecDeque<Connection>,
}

impl Open {
    fn make_room(&mut self) {
        self.connections.retain(|connection| !connection.task.is_finished());
        while self.connections.len() >= self.most.max(1) {
            self.drop_oldest();
        }
    }

    /// Ends the oldest that is not being answered, or the oldest of all.
    fn drop_oldest(&mut self) {
        let idle = |connection: &Connection| !connection.answering.load(Ordering::Relaxed);
        let oldest = self.connections.iter().position(idle).unwrap_or(0);
        self.connections.remove(oldest);
    }
}

/// One request, and the end: a connection that stays would be one that others have to wait for.
async fn answer(socket: TcpStream, router: Router, limits: Limits, answering: Arc<AtomicBool>) {
    let router = TowerToHyperService::new(router);
    let service = service_fn(|request| {
        answering.store(true, Ordering::Relaxed);
        let (answer, answering) = (router.call(request), Arc::clone(&answering));
        async move {
            let answer = answer.await;
            answering.store(false, Ordering::Relaxed);
            answer
        }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.header_time)
        .keep_alive(false)
        .max_buf_size(MAX_HEADERS_SIZE)
        .max_headers(MAX_HEADERS)
        .serve_connection(TokioIo::new(socket), service);
    // How it ended is the other side's matter.
    drop(tokio::time::timeout(limits.lifetime, connection).await);
}

#[cfg(test)]
mod tests {
    use axum::routing::get;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::ToSocketAddrs;

    use super::*;

    const QUICK: Limits = Limits {
        connections: 4,
        header_time: Duration::from_millis(200),
        lifetime: Duration::from_secs(20),
    };

    async fn start(limits: Limits, router: Router) -> std::net::SocketAddr {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(serve(listener, router, limits));
        address
    }

    fn healthz() -> Router {
        Router::new().route("/healthz", get(|| async { "ok\n" }))
    }

    async fn connect(address: impl ToSocketAddrs) -> TcpStream {
        TcpStream::connect(address).await.unwrap()
    }

    /// Everything that comes until the other side ends the connection.
    async fn rest(socket: &mut TcpStream) -> String {
        let mut told = Vec::new();
        // A reset is an end, too.
        let _ = socket.read_to_end(&mut told).await;
        String::from_utf8_lossy(&told).into_owned()
    }

    async fn ask(address: std::net::SocketAddr) -> String {
        let mut socket = connect(address).await;
        socket
            .write_all(b"GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n")
            .await
            .unwrap();
        rest(&mut socket).await
    }

    #[tokio::test]
    async fn a_thousand_connections_that_say_nothing_keep_no_probe_from_its_answer() {
        let patient = Limits {
            header_time: Duration::from_secs(3600),
            lifetime: Duration::from_secs(3600),
            ..Limits::DEFAULT
        };
        let address = start(patient, healthz()).await;
        let mut idle = Vec::new();
        for _ in 0..1000 {
            idle.push(connect(address).await);
        }
        assert!(ask(address).await.ends_with("ok\n"));
        // Most of them were ended for those that came later.
        assert_eq!(rest(&mut idle[0]).await, "");
    }

    #[tokio::test]
    async fn a_connection_has_little_time_to_say_what_it_wants() {
        let address = start(QUICK, healthz()).await;
        for start in ["", "GET /hea", "GET /healthz HTTP/1.1\r\nhost: x\r\n"] {
            let mut socket = connect(address).await;
            socket.write_all(start.as_bytes()).await.unwrap();
            assert!(!rest(&mut socket).await.contains("ok\n"), "{start}");
        }
    }

    #[tokio::test]
    async fn a_request_is_small() {
        let address = start(QUICK, healthz()).await;
        let many = (0..200).map(|n| format!("x-{n}: y\r\n")).collect::<String>();
        for headers in [format!("x: {}\r\n", "y".repeat(64 * 1024)), many] {
            let mut socket = connect(address).await;
            let request = format!("GET /healthz HTTP/1.1\r\nhost: x\r\n{headers}\r\n");
            let _ = socket.write_all(request.as_bytes()).await;
            let told = rest(&mut socket).await;
            assert!(!told.contains("ok\n"), "{told}");
        }
    }

    #[tokio::test]
    async fn a_connection_is_over_after_its_answer_and_after_its_time() {
        let address = start(QUICK, healthz()).await;
        let told = ask(address).await;
        assert!(told.contains("connection: close"), "{told}");
        let short = Limits {
            lifetime: Duration::from_millis(50),
            ..QUICK
        };
        let never = Router::new().route("/healthz", get(std::future::pending::<&'static str>));
        let address = start(short, never).await;
        assert_eq!(ask(address).await, "");
    }

    #[tokio::test]
    async fn who_is_being_answered_is_not_ended_for_who_says_nothing() {
        let gate = Arc::new(tokio::sync::Semaphore::new(0));
        let (asked, waits) = (Arc::new(tokio::sync::Notify::new()), Arc::clone(&gate));
        let noted = Arc::clone(&asked);
        let slow = move || {
            let (noted, waits) = (Arc::clone(&noted), Arc::clone(&waits));
            async move {
                noted.notify_one();
                drop(waits.acquire().await);
                "ok\n"
            }
        };
        let patient = Limits {
            header_time: Duration::from_secs(3600),
            ..QUICK
        };
        let address = start(patient, Router::new().route("/healthz", get(slow))).await;
        let answer = tokio::spawn(ask(address));
        asked.notified().await;
        let mut idle = Vec::new();
        for _ in 0..20 {
            idle.push(connect(address).await);
        }
        // The first of them was ended, so all have been taken in or will be.
        assert_eq!(rest(&mut idle[0]).await, "");
        gate.add_permits(1);
        assert!(answer.await.unwrap().ends_with("ok\n"));
    }
}
