//! Actions on a whole cluster besides start, stop and abort: rotation of keys, resets of profiles.

use serde_json::{Value, json};

use super::clusters;
use super::gateway::Context;
use super::ids::ClusterRef;
use super::judge::{Question, judge};
use super::render::{self, Pointers};
use crate::catalog::{self, DurationInput, Work};
use crate::operations::{Activity, NewOperation, Step, Subject};
use crate::refusal::Refusal;
use crate::reply::Reply;
use crate::rules::Operation;
use crate::schema::{self, Definition};
use crate::world::World;

/// POST rotateClusterCertificates: every kubeconfig of before is void afterwards, and every node is new.
///
/// # Errors
/// 404, 409 while another operation runs or the cluster is stopped.
pub fn rotate_certificates(world: &mut World, cx: &Context<'_>, cluster: &ClusterRef) -> Result<Reply, Refusal> {
    let act = Act {
        operation: Operation::RotateCertificates,
        activity: Activity::RotatingClusterCertificates,
        work: Work::Rotation,
        step: Some(Step::CertificatesRotated),
    };
    start(world, cx, cluster, &Value::Null, act)
}

/// POST rotateServiceAccountSigningKeys.
///
/// # Errors
/// 404, 409 while another operation runs or the cluster is stopped.
pub fn rotate_signing_keys(world: &mut World, cx: &Context<'_>, cluster: &ClusterRef) -> Result<Reply, Refusal> {
    let act = Act {
        operation: Operation::RotateSigningKeys,
        activity: Activity::Updating,
        work: Work::Rotation,
        step: None,
    };
    start(world, cx, cluster, &Value::Null, act)
}

/// POST resetServicePrincipalProfile: another application, or another secret of it.
///
/// # Errors
/// 404, 400 from the description and the rules, 409 while another operation runs or the cluster is stopped.
pub fn reset_service_principal(world: &mut World, cx: &Context<'_>, cluster: &ClusterRef) -> Result<Reply, Refusal> {
    let sent = cx.request.json_object()?;
    schema::validate_request(Definition::ServicePrincipalProfile, &sent)?;
    let act = Act {
        operation: Operation::ResetServicePrincipal,
        activity: Activity::Updating,
        work: Work::ClusterUpdate,
        step: None,
    };
    let reply = start(world, cx, cluster, &sent, act)?;
    if let Some(stored) = world.clusters.get_mut(&cluster.key()) {
        stored.body["properties"]["servicePrincipalProfile"] = json!({"clientId": sent["clientId"]});
    }
    Ok(reply)
}

/// POST resetAADProfile, of clusters with the legacy integration.
///
/// # Errors
/// 404, 400 from the description and the rules, 409 while another operation runs or the cluster is stopped.
pub fn reset_entra(world: &mut World, cx: &Context<'_>, cluster: &ClusterRef) -> Result<Reply, Refusal> {
    let mut sent = cx.request.json_object()?;
    schema::validate_request(Definition::EntraProfile, &sent)?;
    let act = Act {
        operation: Operation::ResetEntra,
        activity: Activity::Updating,
        work: Work::ClusterUpdate,
        step: None,
    };
    let reply = start(world, cx, cluster, &sent, act)?;
    schema::strip_secrets(Definition::EntraProfile, &mut sent);
    if let Some(stored) = world.clusters.get_mut(&cluster.key()) {
        stored.body["properties"]["aadProfile"] = sent;
    }
    Ok(reply)
}

struct Act {
    operation: Operation,
    activity: Activity,
    work: Work,
    step: Option<Step>,
}

fn start(
    world: &mut World,
    cx: &Context<'_>,
    reference: &ClusterRef,
    sent: &Value,
    act: Act,
) -> Result<Reply, Refusal> {
    let cluster = clusters::find(world, reference)?;
    world.cluster_is_free(cluster)?;
    let question = Question {
        operation: act.operation,
        name: &reference.name,
        sent,
        old: None,
        new: None,
    };
    judge(world, cluster, &question)?;
    let nodes = cluster
        .pools
        .iter()
        .map(|pool| super::rolling::count(&pool.properties))
        .sum();
    let (key, region) = (cluster.reference.key(), cluster.region.clone());
    let seed = format!("{key}/{}", world.now());
    let duration = catalog::duration(
        act.work,
        &DurationInput {
            nodes,
            surge: 1,
            soak_minutes: 0,
            windows: false,
            extras: 0,
            seed: &seed,
        },
    );
    let id = world.start_operation(NewOperation {
        subject: Subject::Cluster(key),
        activity: act.activity,
        subscription: reference.group.subscription.clone(),
        region,
        steps: act.step.map(|step| (duration, step)).into_iter().collect(),
        duration,
        fails: cx.fails.cloned(),
    });
    Ok(render::follow(
        world,
        cx,
        &id,
        Pointers::StatusResultAndWait,
        Reply::empty(202),
    ))
}
