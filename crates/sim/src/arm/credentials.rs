//! Kubeconfigs. They lead nowhere and open nothing: no cluster stands behind the simulator.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::clusters;
use super::gateway::Context;
use super::ids::ClusterRef;
use super::judge::{Question, judge};
use crate::refusal::Refusal;
use crate::reply::Reply;
use crate::rules::Operation;
use crate::world::{Cluster, World};

/// Application of AKS's Entra server, the same in every tenant (Learn: kubelogin).
const AKS_SERVER_APPLICATION: &str = "6dae42f8-4368-4678-94ff-3960e28e3630";

/// POST listClusterUserCredential: through Entra when the cluster uses it, else with a static token.
///
/// # Errors
/// 404; 400 for an unknown `format`.
pub fn user(world: &World, cx: &Context<'_>, cluster: &ClusterRef) -> Result<Reply, Refusal> {
    let cluster = clusters::find(world, cluster)?;
    let format = cx.request.query("format").unwrap_or("azure");
    if !["azure", "exec"].iter().any(|known| known.eq_ignore_ascii_case(format)) {
        let message = format!("The value of parameter format is invalid: '{format}' is none of azure, exec.");
        return Err(Refusal::provider(400, "InvalidParameter", message));
    }
    let entra = cluster.body["properties"]["aadProfile"].is_object();
    let user = if entra {
        entra_user(world, format)
    } else {
        static_user()
    };
    Ok(reply(
        "clusterUser",
        cluster,
        "clusterUser",
        user,
        cx.request.query("server-fqdn"),
    ))
}

/// POST listCredential of a managed namespace: the user's kubeconfig with the namespace in its context.
#[must_use]
pub fn namespace(world: &World, cluster: &Cluster, namespace: &str) -> Reply {
    let entra = cluster.body["properties"]["aadProfile"].is_object();
    let user = if entra {
        entra_user(world, "exec")
    } else {
        static_user()
    };
    kubeconfig("namespaceUser", cluster, "namespaceUser", user, None, Some(namespace))
}

/// POST listClusterAdminCredential.
///
/// # Errors
/// 404; 400 when local accounts are disabled.
pub fn admin(world: &World, reference: &ClusterRef) -> Result<Reply, Refusal> {
    let cluster = local_accounts(world, reference)?;
    Ok(reply("clusterAdmin", cluster, "clusterAdmin", static_user(), None))
}

/// POST listClusterMonitoringUserCredential.
///
/// # Errors
/// 404; 400 when local accounts are disabled.
pub fn monitoring(world: &World, reference: &ClusterRef) -> Result<Reply, Refusal> {
    let cluster = local_accounts(world, reference)?;
    Ok(reply(
        "clusterMonitoringUser",
        cluster,
        "clusterMonitoringUser",
        static_user(),
        None,
    ))
}

fn local_accounts<'a>(world: &'a World, reference: &ClusterRef) -> Result<&'a Cluster, Refusal> {
    let cluster = clusters::find(world, reference)?;
    let question = Question {
        operation: Operation::ListAdminCredential,
        name: &reference.name,
        sent: &Value::Null,
        old: None,
        new: None,
    };
    judge(world, cluster, &question)?;
    Ok(cluster)
}

fn static_user() -> Value {
    json!({
        "client-certificate-data": STANDARD.encode("simulated certificate"),
        "client-key-data": STANDARD.encode("simulated key"),
        "token": "simulated-token",
    })
}

fn entra_user(world: &World, format: &str) -> Value {
    let tenant = world.directory.tenant();
    if format.eq_ignore_ascii_case("azure") {
        return json!({"auth-provider": {"name": "azure", "config": {
            "apiserver-id": AKS_SERVER_APPLICATION, "environment": "AzurePublicCloud", "tenant-id": tenant,
        }}});
    }
    json!({"exec": {
        "apiVersion": "client.authentication.k8s.io/v1beta1",
        "command": "kubelogin",
        "args": ["get-token", "--environment", "AzurePublicCloud", "--server-id", AKS_SERVER_APPLICATION,
                 "--tenant-id", tenant, "--login", "devicecode"],
        "interactiveMode": "IfAvailable",
        "provideClusterInfo": false,
    }})
}

/// A kubeconfig is YAML, and JSON is YAML.
fn reply(name: &str, cluster: &Cluster, user_name: &str, user: Value, server: Option<&str>) -> Reply {
    kubeconfig(name, cluster, user_name, user, server, None)
}

fn kubeconfig(
    name: &str,
    cluster: &Cluster,
    user_name: &str,
    user: Value,
    server: Option<&str>,
    namespace: Option<&str>,
) -> Reply {
    let properties = &cluster.body["properties"];
    let host = server
        .or_else(|| properties["fqdn"].as_str())
        .or_else(|| properties["privateFQDN"].as_str());
    let (cluster_name, host) = (&cluster.reference.name, host.unwrap_or_default());
    let user_name = format!("{user_name}_{}_{cluster_name}", cluster.reference.group.name);
    let mut context = json!({"cluster": cluster_name, "user": user_name});
    if let Some(namespace) = namespace {
        context["namespace"] = json!(namespace);
    }
    let config = json!({
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": cluster_name, "cluster": {
            "certificate-authority-data": STANDARD.encode(format!("simulated authority {}", cluster.rotations)),
            "server": format!("https://{host}:443"),
        }}],
        "contexts": [{"name": cluster_name, "context": context}],
        "current-context": cluster_name,
        "users": [{"name": user_name, "user": user}],
        "preferences": {},
    });
    Reply::provider(
        200,
        json!({"kubeconfigs": [{"name": name, "value": STANDARD.encode(config.to_string())}]}),
    )
}
