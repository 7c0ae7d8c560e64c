//! What stories look at: conditions of objects and lines of Azure's request log.

use armature_api::{AksCluster, AksNodePool};
use armature_lab::OperatorProcess;
use armature_lab::simulator::admin::{LoggedRequest, Requests};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition;
use kube::ResourceExt;

/// An object with conditions.
pub trait Conditioned: ResourceExt {
    /// The conditions, and the generation that was observed.
    fn seen(&self) -> Option<(&[Condition], Option<i64>)>;
}

impl Conditioned for AksCluster {
    fn seen(&self) -> Option<(&[Condition], Option<i64>)> {
        let status = self.status.as_ref()?;
        Some((&status.conditions, status.observed_generation))
    }
}

impl Conditioned for AksNodePool {
    fn seen(&self) -> Option<(&[Condition], Option<i64>)> {
        let status = self.status.as_ref()?;
        Some((&status.conditions, status.observed_generation))
    }
}

/// The condition of this type, if it speaks about the present generation.
pub fn condition<'a>(object: &'a impl Conditioned, type_: &str) -> Option<&'a Condition> {
    let (conditions, _) = object.seen()?;
    conditions
        .iter()
        .find(|condition| condition.type_ == type_)
        .filter(|condition| condition.observed_generation == object.meta().generation)
}

/// Whether the condition of this type has this status at the present generation.
pub fn is(object: &impl Conditioned, type_: &str, status: &str) -> bool {
    condition(object, type_).is_some_and(|condition| condition.status == status)
}

/// Whether the condition of this type has this reason at the present generation.
pub fn has_reason(object: &impl Conditioned, type_: &str, reason: &str) -> bool {
    condition(object, type_).is_some_and(|condition| condition.reason == reason)
}

/// Whether kstatus calls the object current: ready, observed at its present generation, with nothing going on.
pub fn is_ready(object: &impl Conditioned) -> bool {
    let observed = object.seen().and_then(|(_, observed)| observed);
    is(object, "Ready", "True")
        && observed == object.meta().generation
        && condition(object, "Reconciling").is_none()
        && condition(object, "Stalled").is_none()
}

/// The message of the condition of this type.
pub fn message<'a>(object: &'a impl Conditioned, type_: &str) -> &'a str {
    condition(object, type_).map_or("", |condition| condition.message.as_str())
}

/// A request in short: its method and what it is about, as in `PUT shop`, `PUT shop/system`, `POST shop:stop` and, for
/// what hangs on a cluster, `PUT shop extensions/flux`.
pub fn brief(request: &LoggedRequest) -> String {
    let path = request.path.split('?').next().unwrap_or_default();
    let parts: Vec<&str> = path.split('/').collect();
    let after = |word: &str| {
        let at = parts.iter().position(|part| part.eq_ignore_ascii_case(word))?;
        parts.get(at + 1).copied()
    };
    let cluster = after("managedClusters").unwrap_or(path);
    let method = &request.method;
    let child = parts
        .iter()
        .position(|part| *part == cluster)
        .map(|at| &parts[at + 1..]);
    if let Some([.., kind, name]) = child.filter(|_| method != "POST" && after("agentPools").is_none()) {
        return format!("{method} {cluster} {kind}/{name}");
    }
    match (after("agentPools"), request.method.as_str()) {
        (Some(pool), _) => format!("{method} {cluster}/{pool}"),
        (None, "POST") => format!("{method} {cluster}:{}", parts.last().copied().unwrap_or_default()),
        (None, _) => format!("{method} {cluster}"),
    }
}

/// Requests with this method about `subject`, as in `shop` and `shop/system`.
pub fn call(method: &str, subject: &str) -> Requests {
    let path = subject.replacen('/', "/agentPools/", 1);
    Requests {
        method: Some(method.to_owned()),
        path: Some(format!("/managedClusters/{path}?")),
        ..Requests::default()
    }
}

/// How often an operator wrote clusters and pools. Identities belong to no namespace: every operator beside this one writes
/// them, too.
pub async fn kube_writes(operator: &OperatorProcess) -> f64 {
    metric(operator, "armature_kube_writes_total{kind=\"Aks").await
}

/// The sum over all series of a metric, as the operator tells it.
pub async fn metric(operator: &OperatorProcess, name: &str) -> f64 {
    let text = reqwest::get(format!("{}/metrics", operator.admin())).await.unwrap();
    let text = text.text().await.unwrap();
    let series = text.lines().filter(|line| line.starts_with(name));
    series
        .map(|line| line.rsplit(' ').next().unwrap().parse::<f64>().unwrap())
        .sum()
}
