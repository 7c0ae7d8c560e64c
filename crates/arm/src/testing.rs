//! Stand-ins for Azure in the tests of this module.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use azure_core::credentials::{AccessToken, TokenCredential, TokenRequestOptions};
use azure_core::time::OffsetDateTime;
use futures::FutureExt;
use futures::future::BoxFuture;
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use super::client::{AKS_API_VERSION, ArmClient};
use super::cloud::{Cloud, Endpoint};
use super::credential::{Credential, Transports};
use super::error::{ArmError, ServiceError};
use super::http::HttpArm;
use super::token::Tokens;
use super::wire::{Arm, Request, Response};
use armature_azure::id::ClusterId;

pub(super) const SUBSCRIPTION: &str = "11111111-2222-3333-4444-555555555555";

pub(super) fn cluster(name: &str) -> ClusterId {
    format!(
        "/subscriptions/{SUBSCRIPTION}/resourceGroups/rg/providers/Microsoft.ContainerService/managedClusters/{name}"
    )
    .parse()
    .unwrap()
}

pub(super) fn ok(status: u16, body: Value) -> Result<Response, ArmError> {
    let body = Some(body).filter(|body| !body.is_null());
    Ok(Response {
        status,
        body,
        async_operation: None,
        location: None,
        retry_after: None,
    })
}

type Answer = dyn Fn(&Request) -> Result<Response, ArmError> + Send + Sync;

/// Answers from a function and remembers what was asked.
#[derive(Clone)]
pub(super) struct Fake {
    answer: Arc<Answer>,
    hangs: bool,
    asked: Arc<Mutex<Vec<Request>>>,
}

impl Fake {
    /// Takes calls and never answers.
    pub(super) fn hanging() -> Self {
        Self {
            hangs: true,
            ..Self::new(|_| ok(200, Value::Null))
        }
    }

    pub(super) fn new(answer: impl Fn(&Request) -> Result<Response, ArmError> + Send + Sync + 'static) -> Self {
        Self {
            answer: Arc::new(answer),
            hangs: false,
            asked: Arc::default(),
        }
    }

    pub(super) fn refusing(status: u16, code: &'static str) -> Self {
        Self::new(move |request| {
            let error = Box::new(ServiceError {
                code: code.to_owned(),
                ..ServiceError::default()
            });
            Err(ArmError::Service {
                at: request.site(),
                status,
                retry_after: None,
                error,
            })
        })
    }

    pub(super) fn client(&self) -> ArmClient {
        ArmClient::new(Arc::new(self.clone()), AKS_API_VERSION)
    }

    pub(super) fn asked(&self) -> Vec<Request> {
        self.asked.lock().unwrap().clone()
    }
}

impl Arm for Fake {
    fn send(&self, request: Request) -> BoxFuture<'_, Result<Response, ArmError>> {
        let answer = (self.answer)(&request);
        self.asked.lock().unwrap().push(request);
        if self.hangs {
            return std::future::pending().boxed();
        }
        async move { answer }.boxed()
    }
}

/// Hands out `token-1`, `token-2`, ... one for each time it is asked.
#[derive(Debug, Default)]
pub(super) struct CountingTokens(Mutex<u32>);

impl TokenCredential for CountingTokens {
    fn get_token<'a, 'b, 'c, 'd, 'e>(
        &'a self,
        _: &'b [&'c str],
        _: Option<TokenRequestOptions<'d>>,
    ) -> std::pin::Pin<Box<dyn Future<Output = azure_core::Result<AccessToken>> + Send + 'e>>
    where
        'a: 'e,
        'b: 'e,
        'c: 'e,
        'd: 'e,
        Self: 'e,
    {
        let mut count = self.0.lock().unwrap();
        *count += 1;
        let token = AccessToken::new(format!("token-{count}"), OffsetDateTime::now_utc());
        Box::pin(async move { Ok(token) })
    }
}

/// A server that answers each connection with the next text, as it is, and closes it.
pub(super) struct Server {
    pub(super) endpoint: String,
    requests: Arc<Mutex<Vec<String>>>,
}

impl Server {
    pub(super) fn start(answers: Vec<impl Into<Vec<u8>>>) -> Self {
        Self::on(std::net::TcpListener::bind("127.0.0.1:0").unwrap(), answers)
    }

    /// On a listener whose address the answers had to know.
    pub(super) fn on(listener: std::net::TcpListener, answers: Vec<impl Into<Vec<u8>>>) -> Self {
        listener.set_nonblocking(true).unwrap();
        let listener = TcpListener::from_std(listener).unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let requests = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&requests);
        let mut answers: VecDeque<Vec<u8>> = answers.into_iter().map(Into::into).collect();
        tokio::spawn(async move {
            while let Ok((mut connection, _)) = listener.accept().await {
                let request = read_request(&mut connection).await;
                seen.lock().unwrap().push(request);
                let Some(answer) = answers.pop_front() else { return };
                // The client may hang up in the middle of an oversized answer.
                let _ = connection.write_all(&answer).await;
                let _ = connection.shutdown().await;
            }
        });
        Self { endpoint, requests }
    }

    pub(super) fn requests(&self) -> Vec<String> {
        self.requests.lock().unwrap().clone()
    }

    pub(super) fn client(&self) -> ArmClient {
        http_client(&self.endpoint, Duration::from_secs(10))
    }
}

/// A server whose answers have a beginning and no end: it repeats a piece until the client hangs up, up to a gigabyte.
pub(super) struct Endless {
    pub(super) endpoint: String,
    sent: Arc<AtomicUsize>,
}

impl Endless {
    /// With a pause after each piece, which a client has to wait for.
    pub(super) fn start(beginning: &str, piece: &str, pause: Duration) -> Self {
        const GIGABYTE: usize = 1 << 30;
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let listener = TcpListener::from_std(listener).unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let sent = Arc::<AtomicUsize>::default();
        let counted = Arc::clone(&sent);
        let (beginning, piece) = (beginning.to_owned(), piece.to_owned());
        tokio::spawn(async move {
            while let Ok((mut connection, _)) = listener.accept().await {
                read_request(&mut connection).await;
                let mut next = &beginning;
                while connection.write_all(next.as_bytes()).await.is_ok()
                    && counted.fetch_add(next.len(), Ordering::Relaxed) < GIGABYTE
                {
                    next = &piece;
                    if !pause.is_zero() {
                        tokio::time::sleep(pause).await;
                    }
                }
            }
        });
        Self { endpoint, sent }
    }

    /// How many bytes went out, those that wait in the buffers of the connection included.
    pub(super) fn sent(&self) -> usize {
        self.sent.load(Ordering::Relaxed)
    }
}

/// A client over real HTTP with made-up tokens.
pub(super) fn http_client(endpoint: &str, deadline: Duration) -> ArmClient {
    let plain = reqwest::Client::builder()
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .retry(reqwest::retry::never())
        .build()
        .unwrap();
    let transports = Transports {
        entra: Arc::new(plain.clone()),
        machine: Arc::new(plain.clone()),
    };
    let credential = Credential::ManagedIdentity { client_id: None };
    let tokens = Tokens::new(credential, Cloud::public().unwrap(), transports);
    tokens.replace(Arc::<CountingTokens>::default());
    let http = HttpArm::new(plain, Endpoint::parse(endpoint).unwrap(), Arc::new(tokens), deadline);
    ArmClient::new(Arc::new(http), AKS_API_VERSION)
}

async fn read_request(connection: &mut TcpStream) -> String {
    let mut read = Vec::new();
    loop {
        let text = String::from_utf8_lossy(&read).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head.to_ascii_lowercase().lines().find_map(|line| {
                line.strip_prefix("content-length:")
                    .and_then(|length| length.trim().parse::<usize>().ok())
            });
            if body.len() >= length.unwrap_or(0) {
                return text;
            }
        }
        match connection.read_buf(&mut read).await {
            Ok(0) | Err(_) => return text,
            Ok(_) => {}
        }
    }
}

/// A complete answer with a JSON body.
pub(super) fn answer(status: &str, headers: &[(&str, &str)], body: &str) -> String {
    let headers: String = headers
        .iter()
        .map(|(name, value)| format!("{name}: {value}\r\n"))
        .collect();
    let length = body.len();
    format!("HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n{headers}\r\n{body}")
}
