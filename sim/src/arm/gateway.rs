//! What ARM does with a request before and after the handler: sign-in, throttling, rights, api-version, header fields.

use jiff::Timestamp;

use super::calls::{Call, Target};
use super::ids::normal_location;
use super::route::NoRoute;
use super::{
    api_versions, cluster_put, clusters, credentials, delete, groups, lists, maintenance, operation_status, pool_put,
    pools, power, reads, subscriptions,
};
use crate::identity::tokens::{self, Claims};
use crate::operations::OperationError;
use crate::refusal::Refusal;
use crate::reply::Reply;
use crate::throttle::{Bucket, Kind};
use crate::wire::Request;
use crate::world::World;

/// What handlers know about a request besides what it names.
#[derive(Debug, Clone, Copy)]
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
    let cx = Context {
        request,
        claims: &claims,
        fails,
    };
    let mut remaining = None;
    let result = call
        .map_err(|reason| no_route(request, &reason))
        .and_then(|call| admit(world, &cx, call, &mut remaining).and_then(|()| run(world, &cx, call)));
    let mut reply = result.unwrap_or_else(|Stop(reply)| reply);
    if let Some((kind, left, global)) = remaining {
        let (own, all) = remaining_headers(kind);
        reply = reply.with(own, left.to_string()).with(all, global.to_string());
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
fn admit(
    world: &mut World,
    cx: &Context<'_>,
    call: &Call,
    remaining: &mut Option<(Kind, u32, u32)>,
) -> Result<(), Stop> {
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
    match &subscription {
        None => {
            take(
                world,
                &Bucket::Tenant {
                    principal,
                    kind: facts.kind,
                },
                facts.name,
            )?;
        }
        Some(subscription) => {
            let bucket = Bucket::Principal {
                subscription: subscription.clone(),
                principal,
                kind: facts.kind,
            };
            let own = take(world, &bucket, facts.name)?;
            let bucket = Bucket::Global {
                subscription: subscription.clone(),
                kind: facts.kind,
            };
            *remaining = Some((facts.kind, own, take(world, &bucket, facts.name)?));
        }
    }
    let scope = target.scope();
    if !facts.action.is_empty()
        && !world
            .directory
            .allows(&cx.claims.oid, facts.action, &scope, world.now())
    {
        let message = format!(
            "The client '{}' with object id '{}' does not have authorization to perform action '{}' over scope '{scope}' or the scope is invalid. If access was recently granted, please refresh your credentials.",
            cx.claims.appid, cx.claims.oid, facts.action
        );
        return Err(Refusal::gateway(403, "AuthorizationFailed", message).into());
    }
    api_versions::check(cx.request, call)?;
    if let Some(bucket) = provider_bucket(world, call) {
        take(world, &bucket, facts.name)?;
    }
    Ok(())
}

fn take(world: &mut World, bucket: &Bucket, call: &str) -> Result<u32, Stop> {
    if !world.settings.throttling {
        return Ok(u32::from(u16::MAX));
    }
    let now = world.now();
    world.throttle.take(bucket, now).map_err(|wait| {
        let wait = world.clock.retry_after(wait);
        Stop(Reply::from(throttled(bucket, call, wait)).with("retry-after", wait.to_string()))
    })
}

fn throttled(bucket: &Bucket, call: &str, wait: u64) -> Refusal {
    let gateway = |subscription: &str| {
        Refusal::gateway(
            429,
            "SubscriptionRequestsThrottled",
            format!(
                "Number of requests for subscription '{subscription}' and operation '{call}' exceeded the backend storage limit. Please try again after '{wait}' seconds."
            ),
        )
    };
    match bucket {
        Bucket::Principal { subscription, .. } | Bucket::Global { subscription, .. } => gateway(subscription),
        Bucket::Tenant { .. } => Refusal::gateway(429, "TooManyRequests", "The request is being throttled."),
        Bucket::ListSubscription { .. }
        | Bucket::ListGroup { .. }
        | Bucket::PutPool { .. }
        | Bucket::PutCluster { .. }
        | Bucket::GetCluster { .. }
        | Bucket::OperationStatus { .. }
        | Bucket::Other { .. } => Refusal::provider(
            429,
            "Throttled",
            format!(
                "The {call} request limit has been exceeded, please retry again in {wait} seconds. For more information, please visit aka.ms/aks/throttling"
            ),
        ),
    }
}

/// The bucket of AKS that a call takes from; none for calls that ARM answers itself.
fn provider_bucket(world: &World, call: &Call) -> Option<Bucket> {
    let lower = |text: &str| text.to_lowercase();
    match call {
        Call::ManagedClustersList(subscription) => {
            return Some(Bucket::ListSubscription {
                subscription: lower(subscription),
            });
        }
        Call::ManagedClustersListByResourceGroup(group) => {
            let (subscription, group) = (lower(&group.subscription), lower(&group.name));
            return Some(Bucket::ListGroup { subscription, group });
        }
        Call::ManagedClustersCreateOrUpdate(cluster) => {
            return Some(Bucket::PutCluster {
                cluster: cluster.key().to_string(),
            });
        }
        Call::ManagedClustersGet(cluster) => {
            return Some(Bucket::GetCluster {
                cluster: cluster.key().to_string(),
            });
        }
        Call::AgentPoolsCreateOrUpdate(pool) => {
            return Some(Bucket::PutPool {
                pool: format!("{}/{}", pool.cluster.key(), lower(&pool.name)),
            });
        }
        Call::OperationStatus { location, .. } | Call::OperationResult { location, .. } => {
            let (subscription, region) = (lower(&location.subscription), normal_location(&location.region));
            return Some(Bucket::OperationStatus { subscription, region });
        }
        _ => {}
    }
    match call.target() {
        Target::Location(location) => Some(Bucket::Other {
            subscription: lower(&location.subscription),
            region: normal_location(&location.region),
        }),
        Target::Cluster(cluster) => {
            // ARM itself answers for clusters that do not exist.
            let region = world.clusters.get(&cluster.key())?.region.clone();
            Some(Bucket::Other {
                subscription: lower(&cluster.group.subscription),
                region,
            })
        }
        Target::Tenant | Target::Subscription(_) | Target::Group(_) => None,
    }
}

fn run(world: &mut World, cx: &Context<'_>, call: &Call) -> Result<Reply, Stop> {
    let reply = match call {
        Call::TenantsList => Ok(subscriptions::tenants(world)),
        Call::SubscriptionsList => Ok(subscriptions::list(world, cx)),
        Call::SubscriptionsGet(id) => subscriptions::get(world, id),
        Call::SubscriptionsListLocations(id) => Ok(subscriptions::locations(id)),
        Call::ProvidersList(id) => Ok(subscriptions::providers(id)),
        Call::ProvidersGet {
            subscription,
            namespace,
        }
        | Call::ProvidersRegister {
            subscription,
            namespace,
        } => subscriptions::provider(subscription, namespace),
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
        Call::AgentPoolsList(cluster) => lists::pools(world, cluster),
        Call::AgentPoolsGet(pool) => pools::get(world, pool),
        Call::AgentPoolsCreateOrUpdate(pool) => pool_put::put(world, cx, pool),
        Call::AgentPoolsDelete(pool) => delete::pool(world, cx, pool),
        Call::AgentPoolsAbort(pool) => power::abort_pool(world, cx, pool),
        Call::AgentPoolsGetUpgradeProfile(pool) => reads::pool_upgrade_profile(world, pool),
        Call::AgentPoolsUpgradeNodeImage(pool) => pools::upgrade_node_image(world, cx, pool),
        Call::AgentPoolsGetAvailableVersions(cluster) => reads::available_pool_versions(world, cluster),
        Call::MaintenanceConfigurationsList(cluster) => maintenance::list(world, cluster),
        Call::MaintenanceConfigurationsGet(configuration) => maintenance::get(world, configuration),
        Call::MaintenanceConfigurationsCreateOrUpdate(configuration) => maintenance::put(world, cx, configuration),
        Call::MaintenanceConfigurationsDelete(configuration) => maintenance::delete(world, configuration),
        Call::OperationStatus { id, .. } => operation_status::status(world, cx, id),
        Call::OperationResult { id, .. } => operation_status::result(world, cx, id),
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

fn remaining_headers(kind: Kind) -> (&'static str, &'static str) {
    match kind {
        Kind::Read => (
            "x-ms-ratelimit-remaining-subscription-reads",
            "x-ms-ratelimit-remaining-subscription-global-reads",
        ),
        Kind::Write => (
            "x-ms-ratelimit-remaining-subscription-writes",
            "x-ms-ratelimit-remaining-subscription-global-writes",
        ),
        Kind::Delete => (
            "x-ms-ratelimit-remaining-subscription-deletes",
            "x-ms-ratelimit-remaining-subscription-global-deletes",
        ),
    }
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
