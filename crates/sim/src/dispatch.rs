//! The way of every request: time settles, a fault may strike, ARM or Entra answers, the log remembers.

use std::borrow::Cow;

use axum::http::Method;
use jiff::Timestamp;

use crate::arm::calls::Call;
use crate::arm::gateway;
use crate::faults::{Fault, repeating};
use crate::identity::metadata::{self, Style};
use crate::identity::{endpoints, signin};
use crate::log::{Entry, loggable};
use crate::operations::OperationError;
use crate::refusal::Refusal;
use crate::reply::Reply;
use crate::wire::Request;
use crate::world::World;

/// What the connection does to an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Delivery {
    /// It arrives.
    Normal,
    /// It arrives after this many real milliseconds.
    Late(u64),
    /// Only half of its body arrives.
    Truncated,
    /// The connection is reset instead.
    Reset,
}

/// Calls on Entra's and the metadata service's side.
#[derive(Debug, Clone, PartialEq, Eq)]
enum SignIn {
    CloudMetadata,
    InstanceDiscovery,
    OpenIdConfiguration(String),
    Keys,
    Token(String),
    ManagedIdentity(Style),
}

impl SignIn {
    fn parse(method: &Method, path: &str) -> Option<Self> {
        let segments: Vec<&str> = path.split('/').filter(|segment| !segment.is_empty()).collect();
        let get = method == Method::GET;
        match segments.as_slice() {
            ["metadata", "endpoints"] if get => Some(Self::CloudMetadata),
            ["metadata", "identity", "oauth2", "token"] if get => Some(Self::ManagedIdentity(Style::VirtualMachine)),
            ["msi", "token"] if get => Some(Self::ManagedIdentity(Style::AppService)),
            ["common", "discovery", "instance"] if get => Some(Self::InstanceDiscovery),
            [tenant, "v2.0", ".well-known", "openid-configuration"] if get => {
                Some(Self::OpenIdConfiguration((*tenant).to_owned()))
            }
            [_, "discovery", "v2.0", "keys"] if get => Some(Self::Keys),
            [tenant, "oauth2", "v2.0", "token"] if method == Method::POST => Some(Self::Token((*tenant).to_owned())),
            _ => None,
        }
    }

    fn name(&self) -> &'static str {
        match self {
            Self::CloudMetadata => "Metadata_Endpoints",
            Self::InstanceDiscovery => "Entra_InstanceDiscovery",
            Self::OpenIdConfiguration(_) => "Entra_OpenIdConfiguration",
            Self::Keys => "Entra_Keys",
            Self::Token(_) => "Entra_Token",
            Self::ManagedIdentity(_) => "ManagedIdentity_Token",
        }
    }

    fn answer(&self, world: &mut World, request: &Request) -> Reply {
        // Tokens live in real time.
        let now = Timestamp::now();
        let origin = &request.origin;
        match self {
            Self::CloudMetadata => Reply::gateway(200, endpoints::cloud(origin)),
            Self::InstanceDiscovery => {
                Reply::gateway(200, endpoints::instance_discovery(origin, world.directory.tenant()))
            }
            Self::OpenIdConfiguration(tenant) => Reply::gateway(200, endpoints::openid_configuration(origin, tenant)),
            Self::Keys => Reply::gateway(200, world.token_key.key_set()),
            Self::Token(tenant) => {
                let trace = world.ids.guid();
                signin::token(&world.directory, &world.token_key, tenant, request, now, &trace)
            }
            Self::ManagedIdentity(style) => metadata::token(&world.directory, &world.token_key, *style, request, now),
        }
    }
}

/// Answers one request and says how the answer is delivered.
pub fn answer(world: &mut World, request: &Request) -> (Reply, Delivery) {
    world.settle();
    let sign_in = SignIn::parse(&request.method, &request.path);
    let call = Call::parse(&request.method, &request.path);
    let (name, starts_operation) = match (&sign_in, &call) {
        (Some(sign_in), _) => (sign_in.name().into(), false),
        (None, Ok(call)) => {
            let facts = call.facts();
            (facts.name, facts.starts_operation)
        }
        (None, Err(_)) => (Cow::Borrowed("Unknown"), false),
    };
    let fault = world
        .faults
        .strike(request.method.as_str(), &request.path, &name, starts_operation);
    let delivery = match &fault {
        None | Some(Fault::Refuse { .. } | Fault::OperationFails { .. } | Fault::Alter { .. }) => Delivery::Normal,
        Some(Fault::Delay { milliseconds }) => Delivery::Late(*milliseconds),
        Some(Fault::TruncatedBody {}) => Delivery::Truncated,
        Some(Fault::ConnectionReset { .. }) => Delivery::Reset,
    };
    let (principal, reply) = match &fault {
        Some(Fault::Refuse {
            status,
            code,
            message,
            retry_after,
            gateway,
        }) => {
            let message = repeating(message, &request.body, request.header("authorization"));
            (None, refuse(*status, code, &message, *retry_after, *gateway))
        }
        Some(Fault::ConnectionReset { after: false }) => (None, Reply::empty(503)),
        _ => {
            let fails = match &fault {
                Some(Fault::OperationFails { code, message }) => Some(OperationError {
                    code: code.clone(),
                    message: repeating(message, &request.body, request.header("authorization")),
                }),
                _ => None,
            };
            match &sign_in {
                Some(sign_in) => (None, sign_in.answer(world, request)),
                None => {
                    let call = call.as_ref().map_err(Clone::clone);
                    let handled = gateway::handle(world, request, call, fails.as_ref());
                    (handled.principal, handled.reply)
                }
            }
        }
    };
    if let (Delivery::Normal | Delivery::Late(_), None, Ok(call)) = (delivery, &sign_in, &call) {
        world.conformance.check(request, call, &reply);
    }
    let reply = match &fault {
        Some(Fault::Alter { body, headers }) => reply.altered(body, headers),
        _ => reply,
    };
    let status = if delivery == Delivery::Reset { 0 } else { reply.status };
    let entry = entry(world, request, &name, status, &reply, principal, fault.is_some());
    tracing::debug!(method = %entry.method, path = %entry.path, call = %name, status, code = entry.code, "answered");
    world.log.record(entry);
    (reply, delivery)
}

fn refuse(status: u16, code: &str, message: &str, retry_after: Option<u64>, gateway: bool) -> Reply {
    let mut refusal = if gateway {
        Refusal::gateway(status, "", message)
    } else {
        Refusal::provider(status, "", message)
    };
    refusal.code = code.to_owned().into();
    let reply = Reply::from(refusal);
    match retry_after {
        Some(seconds) => reply.with("retry-after", seconds.to_string()),
        None => reply,
    }
}

fn entry(
    world: &World,
    request: &Request,
    call: &str,
    status: u16,
    reply: &Reply,
    principal: Option<String>,
    fault: bool,
) -> Entry {
    let body = reply.json();
    let code = body
        .get("error")
        .map_or_else(|| body.get("code"), |error| error.get("code").or(Some(error)));
    let failed = reply.status >= 400;
    Entry {
        number: 0,
        time: world.now(),
        real_time: Timestamp::now(),
        method: request.method.to_string(),
        path: logged_path(request),
        call: call.to_owned(),
        status,
        code: code
            .filter(|_| failed)
            .and_then(|code| code.as_str())
            .map(str::to_owned),
        principal,
        if_match: request.header("if-match").map(str::to_owned),
        if_none_match: request.header("if-none-match").map(str::to_owned),
        has_body: !request.body.is_empty(),
        body: loggable(&request.body),
        fault,
    }
}

/// Path and query, without the two kilobytes of an operation's signature.
fn logged_path(request: &Request) -> String {
    let shown = request
        .query
        .iter()
        .filter(|(name, _)| !["t", "c", "s", "h"].contains(&name.as_str()));
    let query: Vec<String> = shown.map(|(name, value)| format!("{name}={value}")).collect();
    if query.is_empty() {
        request.path.clone()
    } else {
        format!("{}?{}", request.path, query.join("&"))
    }
}
