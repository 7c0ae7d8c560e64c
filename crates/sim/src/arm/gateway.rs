//! What ARM does with a request before and after the handler: sign-in, throttling, rights, api-version, header fields.

use jiff::Timestamp;

use super::calls::Call;
use super::limits::{self, Remaining};
use super::route::NoRoute;
use super::{
    actions, api_versions, children, cluster_put, clusters, credentials, delete, features, groups, linked, lists,
    machines, operation_status, pool_put, pools, power, providers, reads, resources_list, run_command, subscriptions,
};
use crate::identity::tokens::{self, Claims};
use crate::operations::OperationError;
use crate::policies;
use crate::refusal::Refusal;
use crate::reply::{Body, Reply};
use crate::resources::authorization::locks;
use crate::resources::handlers;
use crate::schema::{self, Dialect};
use crate::wire::Request;
use crate::world::World;

/// What handlers know about a request besides what it names.
#[derive(Clone, Copy)]
pub struct Context<'a> {
    /// The request.
    pub request: &'a Request,
    /// The caller.
    pub claims: &'a Claims,
    /// How the operation that it starts is to fail, if a fault was ordered.
    pub fails: Option<&'a OperationError>,
}

/// The caller of a request whose token was good, and the answer.
pub struct Handled {
    /// Object id.
    pub principal: Option<String>,
    /// Answer.
    pub reply: Reply,
}

/// Answers a request on the ARM side.
pub fn handle(
    world: &mut World,
    request: &Request,
    call: Result<&Call, NoRoute>,
    fails: Option<&OperationError>,
) -> Handled {
    let audiences = tokens::audiences(&request.origin);
    let tenant = world.directory.tenant().to_owned();
    let checked = world
        .token_key
        .check(request.header("authorization"), &tenant, &audiences, Timestamp::now());
    let claims = match checked {
        Ok(claims) => claims,
        Err(refusal) => {
            let challenge = format!(
                "Bearer authorization_uri=\"{}/{tenant}\", error=\"invalid_token\", error_description=\"{}\"",
                request.origin, refusal.message
            );
            let reply = Reply::from(refusal).with("www-authenticate", challenge);
            return Handled {
                principal: None,
                reply: dress(world, reply),
            };
        }
    };
    let changed = policies::modified(world, request);
    let request = changed.as_ref().unwrap_or(request);
    let cx = Context {
        request,
        claims: &claims,
        fails,
    };
    let mut remaining = None;
    let known = call.is_ok();
    let result = call
        .map_err(|reason| no_route(request, &reason))
        .and_then(|call| admit(world, &cx, call, &mut remaining).and_then(|()| run(world, &cx, call)));
    let mut reply = result.unwrap_or_else(|Stop(reply)| reply);
    if known && cx.dialect() == Dialect::Stable && reply.status < 300 {
        let (method, status) = (request.method.as_str(), reply.status);
        if let Body::Provider(body) | Body::Gateway(body) = &mut reply.body {
            schema::strip_preview(method, &request.path, status, body);
        }
    }
    if let Some(remaining) = remaining {
        reply = remaining.show(reply);
    }
    Handled {
        principal: Some(claims.oid),
        reply: dress(world, reply),
    }
}

/// The answer to a request that did not reach its handler's good end.
struct Stop(Reply);

impl From<Refusal> for Stop {
    fn from(refusal: Refusal) -> Self {
        Self(Reply::from(refusal))
    }
}

/// The gateway's checks, in its order; the rights come before AKS sees (and counts) the call.
fn admit(world: &mut World, cx: &Context<'_>, call: &Call, remaining: &mut Option<Remaining>) -> Result<(), Stop> {
    let facts = call.facts();
    let target = call.target();
    let principal = cx.claims.oid.to_lowercase();
    let subscription = target.subscription().map(str::to_lowercase);
    if let Some(id) = target.subscription()
        && !world.subscriptions.contains_key(&id.to_lowercase())
    {
        let message = format!("The subscription '{id}' could not be found.");
        return Err(Refusal::gateway(404, "SubscriptionNotFound", message).into());
    }
    *remaining = limits::gateway(world, subscription.as_deref(), &principal, &facts).map_err(Stop)?;
    let scope = target.scope();
    if !facts.action.is_empty()
        && !world
            .directory
            .allows(&cx.claims.oid, &facts.action, &scope, world.now())
    {
        let message = format!(
            "The client '{}' with object id '{}' does not have authorization to perform action '{}' over scope '{scope}' or the scope is invalid. If access was recently granted, please refresh your credentials.",
            cx.claims.appid, cx.claims.oid, facts.action
        );
        return Err(Refusal::gateway(403, "AuthorizationFailed", message).into());
    }
    api_versions::check(cx.request, call)?;
    providers::check(world, cx.request, &facts.action)?;
    locks::check(world, cx.request, &facts.action)?;
    policies::check(world, cx.request)?;
    linked::check(world, cx, call)?;
    limits::provider(world, call).map_err(Stop)
}

fn run(world: &mut World, cx: &Context<'_>, call: &Call) -> Result<Reply, Stop> {
    let reply = match call {
        Call::TenantsList => Ok(subscriptions::tenants(world)),
        Call::SubscriptionsList => Ok(subscriptions::list(world, cx)),
        Call::SubscriptionsGet(id) => subscriptions::get(world, id),
        Call::SubscriptionsListLocations(id) => Ok(subscriptions::locations(id)),
        Call::ProvidersList(id) => Ok(providers::list(world, id)),
        Call::ProvidersGet {
            subscription,
            namespace,
        } => providers::get(world, subscription, namespace),
        Call::ProvidersRegister {
            subscription,
            namespace,
        } => providers::register(world, subscription, namespace),
        Call::ResourcesList(id) => resources_list::list(world, cx, &format!("/subscriptions/{id}")),
        Call::ResourcesListByResourceGroup(group) => resources_list::list(world, cx, &group.id()),
        Call::Feature(call) => features::answer(world, call),
        Call::ResourceGroupsList(subscription) => Ok(groups::list(world, subscription)),
        Call::ResourceGroupsGet(group) => groups::get(world, group),
        Call::ResourceGroupsCheckExistence(group) => Ok(groups::exists(world, group)),
        Call::ResourceGroupsCreateOrUpdate(group) => groups::put(world, cx, group),
        Call::ResourceGroupsUpdate(group) => groups::patch(world, cx, group),
        Call::ResourceGroupsDelete(group) => delete::group(world, cx, group),
        Call::GroupOperationResult { id, .. } => operation_status::group_result(world, cx, id),
        Call::ManagedClustersList(subscription) => lists::clusters(world, cx, subscription, None),
        Call::ManagedClustersListByResourceGroup(group) => lists::clusters(world, cx, &group.subscription, Some(group)),
        Call::ManagedClustersGet(cluster) => clusters::get(world, cluster),
        Call::ManagedClustersCreateOrUpdate(cluster) => cluster_put::put(world, cx, cluster),
        Call::ManagedClustersUpdateTags(cluster) => clusters::patch_tags(world, cx, cluster),
        Call::ManagedClustersDelete(cluster) => delete::cluster(world, cx, cluster),
        Call::ManagedClustersStart(cluster) => power::start(world, cx, cluster),
        Call::ManagedClustersStop(cluster) => power::stop(world, cx, cluster),
        Call::ManagedClustersAbort(cluster) => power::abort_cluster(world, cx, cluster),
        Call::ManagedClustersGetUpgradeProfile(cluster) => reads::cluster_upgrade_profile(world, cluster),
        Call::ManagedClustersListUserCredentials(cluster) => credentials::user(world, cx, cluster),
        Call::ManagedClustersListAdminCredentials(cluster) => credentials::admin(world, cluster),
        Call::ManagedClustersListMonitoringCredentials(cluster) => credentials::monitoring(world, cluster),
        Call::ManagedClustersListKubernetesVersions(location) => reads::kubernetes_versions(world, location),
        Call::TrustedAccessRolesList(location) => reads::trusted_access_roles(location),
        Call::PrivateLinkResourcesList(cluster) => reads::private_link_resources(world, cluster),
        Call::AgentPoolsList(cluster) => lists::pools(world, cluster),
        Call::AgentPoolsGet(pool) => pools::get(world, pool),
        Call::AgentPoolsCreateOrUpdate(pool) => pool_put::put(world, cx, pool),
        Call::AgentPoolsDelete(pool) => delete::pool(world, cx, pool),
        Call::AgentPoolsAbort(pool) => power::abort_pool(world, cx, pool),
        Call::AgentPoolsGetUpgradeProfile(pool) => reads::pool_upgrade_profile(world, pool),
        Call::AgentPoolsUpgradeNodeImage(pool) => pools::upgrade_node_image(world, cx, pool),
        Call::AgentPoolsGetAvailableVersions(cluster) => reads::available_pool_versions(world, cluster),
        Call::AgentPoolsDeleteMachines(pool) => machines::delete(world, cx, pool),
        Call::MachinesList(pool) => machines::list(world, pool),
        Call::MachinesGet(machine) => machines::get(world, machine),
        Call::ManagedClustersRunCommand(cluster) => run_command::run(world, cx, cluster),
        Call::ManagedClustersGetCommandResult(command) => run_command::result(world, cx, command),
        Call::ManagedClustersRotateClusterCertificates(cluster) => actions::rotate_certificates(world, cx, cluster),
        Call::ManagedClustersRotateServiceAccountSigningKeys(cluster) => {
            actions::rotate_signing_keys(world, cx, cluster)
        }
        Call::ManagedClustersResetServicePrincipalProfile(cluster) => {
            actions::reset_service_principal(world, cx, cluster)
        }
        Call::ManagedClustersResetAadProfile(cluster) => actions::reset_entra(world, cx, cluster),
        Call::Child(call) => children::answer(world, cx, call),
        Call::OperationStatus { id, .. } => operation_status::status(world, cx, id),
        Call::OperationResult { id, .. } => operation_status::result(world, cx, id),
        Call::Resource(call) => handlers::run(world, cx, call),
    };
    Ok(reply?)
}

fn no_route(request: &Request, reason: &NoRoute) -> Stop {
    let refusal = match reason {
        NoRoute::UnknownPath => Refusal::gateway(
            404,
            "InvalidResourceType",
            format!("The resource type could not be found for the path '{}'.", request.path),
        ),
        NoRoute::UnknownType { namespace, kind } => Refusal::gateway(
            404,
            "InvalidResourceType",
            format!(
                "The resource type '{kind}' could not be found in the namespace '{namespace}': this simulator does not have it."
            ),
        ),
        NoRoute::WrongMethod => Refusal::gateway(
            405,
            "HttpMethodNotAllowed",
            format!(
                "The HTTP method '{}' is not supported at scope '{}'.",
                request.method, request.path
            ),
        ),
    };
    refusal.into()
}

/// Header fields of every answer of ARM (wire recordings).
fn dress(world: &mut World, reply: Reply) -> Reply {
    let request_id = world.ids.guid();
    let routing = format!("SIMULATOR:{}:{request_id}", world.now().strftime("%Y%m%dT%H%M%SZ"));
    reply
        .with("cache-control", "no-cache")
        .with("pragma", "no-cache")
        .with("expires", "-1")
        .with("strict-transport-security", "max-age=31536000; includeSubDomains")
        .with("x-content-type-options", "nosniff")
        .with("x-ms-request-id", request_id.clone())
        .with("x-ms-correlation-request-id", request_id)
        .with("x-ms-routing-request-id", routing)
}
