//! Connections that a handler can cut: the listener behind http and TLS, with a reset switch per connection.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::extract::connect_info::Connected;
use axum::serve::{IncomingStream, Listener};
use rustls::ServerConfig;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;
use tokio_util::sync::CancellationToken;

/// Handshakes that are done and wait for the server to take them.
const ACCEPT_QUEUE: usize = 64;

/// The client's end of one connection, as handlers see it.
#[derive(Debug, Clone)]
pub struct Peer {
    reset: Arc<AtomicBool>,
}

impl Peer {
    fn new() -> Self {
        Self {
            reset: Arc::new(AtomicBool::new(false)),
        }
    }

    /// Makes the connection fail from its next write on; the client sees a TCP reset.
    pub fn reset(&self) {
        self.reset.store(true, Ordering::Relaxed);
    }
}

impl Connected<IncomingStream<'_, SwitchedListener>> for Peer {
    fn connect_info(stream: IncomingStream<'_, SwitchedListener>) -> Self {
        stream.remote_addr().clone()
    }
}

/// Takes connections, plain or over TLS. Handshakes run beside each other: a client that never finishes its own holds
/// up nobody.
pub struct SwitchedListener {
    ready: mpsc::Receiver<(Connection, Peer)>,
}

impl SwitchedListener {
    /// Starts to accept on `listener`; with `tls`, each connection begins with a handshake. After `stop` every
    /// connection fails, also those that were kept open.
    #[must_use]
    pub fn new(listener: TcpListener, tls: Option<Arc<ServerConfig>>, stop: CancellationToken) -> Self {
        let (send, ready) = mpsc::channel(ACCEPT_QUEUE);
        tokio::spawn(accept_all(listener, tls.map(TlsAcceptor::from), send, stop));
        Self { ready }
    }
}

async fn accept_all(
    listener: TcpListener,
    tls: Option<TlsAcceptor>,
    send: mpsc::Sender<(Connection, Peer)>,
    stop: CancellationToken,
) {
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = send.closed() => return,
            () = stop.cancelled() => return,
        };
        let stream = match accepted {
            Ok((stream, _address)) => stream,
            Err(error) => {
                tracing::warn!(%error, "a connection could not be accepted");
                tokio::time::sleep(Duration::from_millis(50)).await;
                continue;
            }
        };
        tokio::spawn(prepare(stream, tls.clone(), send.clone(), stop.clone()));
    }
}

async fn prepare(
    stream: TcpStream,
    tls: Option<TlsAcceptor>,
    send: mpsc::Sender<(Connection, Peer)>,
    stop: CancellationToken,
) {
    // Without it a small answer waits for the client's delayed acknowledgement.
    let _ = stream.set_nodelay(true);
    let peer = Peer::new();
    let stream = Switched {
        stream,
        reset: peer.reset.clone(),
        stop,
    };
    let connection = match tls {
        None => Connection::Plain(stream),
        Some(acceptor) => match acceptor.accept(stream).await {
            Ok(stream) => Connection::Tls(Box::new(stream)),
            Err(error) => {
                tracing::debug!(%error, "a TLS handshake failed");
                return;
            }
        },
    };
    // The receiver is gone only while the server stops.
    let _ = send.send((connection, peer)).await;
}

impl Listener for SwitchedListener {
    type Io = Connection;
    type Addr = Peer;

    async fn accept(&mut self) -> (Connection, Peer) {
        match self.ready.recv().await {
            Some(connection) => connection,
            None => std::future::pending().await,
        }
    }

    fn local_addr(&self) -> io::Result<Peer> {
        Ok(Peer::new())
    }
}

/// A TCP stream that fails once its switch is set or the server stops.
pub struct Switched {
    stream: TcpStream,
    reset: Arc<AtomicBool>,
    stop: CancellationToken,
}

impl Switched {
    fn cut(&self) -> Option<io::Error> {
        (self.reset.load(Ordering::Relaxed) || self.stop.is_cancelled()).then(|| {
            // With no linger the kernel answers with RST instead of an orderly end.
            let _ = self.stream.set_zero_linger();
            io::Error::from(io::ErrorKind::ConnectionReset)
        })
    }
}

impl AsyncRead for Switched {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        match self.cut() {
            Some(error) => Poll::Ready(Err(error)),
            None => Pin::new(&mut self.stream).poll_read(cx, buf),
        }
    }
}

impl AsyncWrite for Switched {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        match self.cut() {
            Some(error) => Poll::Ready(Err(error)),
            None => Pin::new(&mut self.stream).poll_write(cx, buf),
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.cut() {
            Some(error) => Poll::Ready(Err(error)),
            None => Pin::new(&mut self.stream).poll_flush(cx),
        }
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.cut() {
            Some(error) => Poll::Ready(Err(error)),
            None => Pin::new(&mut self.stream).poll_shutdown(cx),
        }
    }
}

/// One connection to the Azure side.
pub enum Connection {
    /// Plain http.
    Plain(Switched),
    /// TLS.
    Tls(Box<TlsStream<Switched>>),
}

impl AsyncRead for Connection {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_read(cx, buf),
            Self::Tls(stream) => Pin::new(stream).poll_read(cx, buf),
        }
    }
}

impl AsyncWrite for Connection {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_write(cx, buf),
            Self::Tls(stream) => Pin::new(stream).poll_write(cx, buf),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_flush(cx),
            Self::Tls(stream) => Pin::new(stream).poll_flush(cx),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_shutdown(cx),
            Self::Tls(stream) => Pin::new(stream).poll_shutdown(cx),
        }
    }
}
