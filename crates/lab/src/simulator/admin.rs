//! The admin side of the simulator: what the world does to it, and what it has seen.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use reqwest::Method;
use serde::de::{DeserializeOwned, IgnoredAny};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::error::LabError;
use crate::simulator::fault::Injection;

/// A client of the simulator's admin side. Ids of resources are ARM ids.
#[derive(Debug, Clone)]
pub struct Admin {
    base: String,
}

/// How far simulated time and its operations are.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ClockState {
    /// Simulated time.
    pub now: Timestamp,
    /// Operations that have not ended.
    pub running_operations: usize,
}

/// Which requests of the log are asked for; every condition given has to hold.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Requests {
    /// HTTP method.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub method: Option<String>,
    /// Kind of call, for example `ManagedClusters_CreateOrUpdate`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub call: Option<String>,
    /// Part of the path, in any case.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// Only requests with a higher number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<u64>,
    /// Only calls that are not GET or HEAD when true, only those when false.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub writes: Option<bool>,
    /// With the bodies that were sent.
    pub bodies: bool,
}

/// One request that the simulator has answered.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LoggedRequest {
    /// Running number, from 1.
    pub number: u64,
    /// Simulated time.
    pub time: Timestamp,
    /// HTTP method.
    pub method: String,
    /// Path and query without signatures.
    pub path: String,
    /// Kind of call; `Unknown` when no route fits.
    pub call: String,
    /// Status answered; 0 when the connection was cut.
    pub status: u16,
    /// Error code answered.
    pub code: Option<String>,
    /// `If-Match` as sent.
    pub if_match: Option<String>,
    /// JSON body as sent, secrets blanked; only when asked for.
    pub body: Option<Value>,
    /// Whether a fault was injected.
    pub fault: bool,
}

/// Clusters to make at once, all `Succeeded`.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Seed {
    /// How many clusters, called `{prefix}{number}` from `0001`.
    pub clusters: u32,
    /// Pools of each; the first is the system pool.
    pub pools: u32,
    /// Made when it does not exist.
    pub resource_group: String,
    /// Region.
    pub location: String,
    /// Beginning of the names.
    pub prefix: String,
    /// `{name}` in a value becomes the cluster's name.
    pub tags: BTreeMap<String, String>,
    /// Tags of each pool; `{name}` becomes the cluster's name and `{pool}` the pool's.
    pub pool_tags: BTreeMap<String, String>,
    /// Laid over each cluster's ARM body.
    pub cluster: Value,
    /// Laid over each pool's `properties`.
    pub pool: Value,
}

impl Default for Seed {
    /// One cluster `seed-0001` with one pool in the resource group `seed` in `westeurope`.
    fn default() -> Self {
        Self {
            clusters: 1,
            pools: 1,
            resource_group: "seed".to_owned(),
            location: "westeurope".to_owned(),
            prefix: "seed-".to_owned(),
            tags: BTreeMap::new(),
            pool_tags: BTreeMap::new(),
            cluster: json!({}),
            pool: json!({}),
        }
    }
}

/// A built-in role of Azure, as far as the simulator knows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub enum Role {
    /// Everything.
    Owner,
    /// Everything but role assignments.
    Contributor,
    /// Reads only.
    Reader,
    /// Clusters and pools, but no resource groups.
    AksContributor,
    /// The user kubeconfig and GET of the cluster.
    AksClusterUser,
}

/// Every method fails when the simulator is gone, or says that the request makes no sense.
impl Admin {
    pub(crate) fn new(base: String) -> Self {
        Self { base }
    }

    /// Forgets everything and starts anew, faults, log and settings included.
    pub async fn reset(&self) -> Result<(), LabError> {
        self.post("/reset", json!({})).await
    }

    /// Changes settings: `listDelay`, `rolePropagation`, `pageSize`, `throttling`, `disabledRules`.
    pub async fn change_settings(&self, settings: Value) -> Result<(), LabError> {
        self.call::<IgnoredAny>(Method::PATCH, "/settings", Some(settings))
            .await
            .map(drop)
    }

    /// Simulated time.
    pub async fn clock(&self) -> Result<ClockState, LabError> {
        self.call(Method::GET, "/clock", None).await
    }

    /// Moves simulated time forward, on a manual or a running clock.
    pub async fn advance(&self, by: SignedDuration) -> Result<ClockState, LabError> {
        self.call(Method::POST, "/clock/advance", Some(json!({ "by": by })))
            .await
    }

    /// Moves simulated time forward to the end of every operation that runs.
    pub async fn advance_until_idle(&self) -> Result<ClockState, LabError> {
        self.call(Method::POST, "/clock/advance-until-idle", None).await
    }

    /// Orders a fault; the number takes it back.
    pub async fn inject(&self, injection: &Injection) -> Result<u64, LabError> {
        #[derive(Deserialize)]
        struct Ordered {
            id: u64,
        }
        let ordered: Ordered = self.call(Method::POST, "/faults", Some(json!(injection))).await?;
        Ok(ordered.id)
    }

    /// Takes a fault back.
    pub async fn remove_fault(&self, id: u64) -> Result<(), LabError> {
        self.call::<IgnoredAny>(Method::DELETE, &format!("/faults/{id}"), None)
            .await
            .map(drop)
    }

    /// Takes all faults back.
    pub async fn clear_faults(&self) -> Result<(), LabError> {
        self.call::<IgnoredAny>(Method::DELETE, "/faults", None).await.map(drop)
    }

    /// How many of the ordered faults can still happen.
    pub async fn faults_left(&self) -> Result<usize, LabError> {
        let left: Vec<IgnoredAny> = self.call(Method::GET, "/faults", None).await?;
        Ok(left.len())
    }

    /// The requests that fit, oldest first.
    pub async fn requests(&self, which: &Requests) -> Result<Vec<LoggedRequest>, LabError> {
        let mut path = "/requests?".to_owned();
        if let Value::Object(conditions) = json!(which) {
            let mut query = url::form_urlencoded::Serializer::new(String::new());
            for (name, value) in conditions {
                let text = value.as_str().map_or_else(|| value.to_string(), ToOwned::to_owned);
                query.append_pair(&name, &text);
            }
            path.push_str(&query.finish());
        }
        self.call(Method::GET, &path, None).await
    }

    /// Forgets the requests and counters so far.
    pub async fn clear_requests(&self) -> Result<(), LabError> {
        self.call::<IgnoredAny>(Method::DELETE, "/requests", None)
            .await
            .map(drop)
    }

    /// How often each kind of call was answered with each status.
    pub async fn counters(&self) -> Result<BTreeMap<String, BTreeMap<u16, u64>>, LabError> {
        self.call(Method::GET, "/counters", None).await
    }

    /// Makes clusters and returns their ids.
    pub async fn seed(&self, seed: &Seed) -> Result<Vec<String>, LabError> {
        #[derive(Deserialize)]
        struct Seeded {
            ids: Vec<String>,
        }
        let seeded: Seeded = self.call(Method::POST, "/seed", Some(json!(seed))).await?;
        Ok(seeded.ids)
    }

    /// Changes a cluster or pool at once, as somebody in the portal would (RFC 7396 on what GET shows).
    pub async fn edit(&self, id: &str, merge_patch: Value) -> Result<(), LabError> {
        let body = json!({ "id": id, "mergePatch": merge_patch });
        self.call::<IgnoredAny>(Method::PATCH, "/resource", Some(body))
            .await
            .map(drop)
    }

    /// Gives a pool another number of nodes, as the cluster autoscaler does.
    pub async fn autoscale(&self, pool: &str, count: u32) -> Result<(), LabError> {
        self.post("/autoscaler", json!({ "id": pool, "count": count })).await
    }

    /// Starts an upgrade that nobody asked for: of a cluster to a version, or of a pool to the newest node image.
    pub async fn auto_upgrade(&self, id: &str, version: Option<&str>) -> Result<(), LabError> {
        self.post("/auto-upgrade", json!({ "id": id, "kubernetesVersion": version }))
            .await
    }

    /// Adds tags to all clusters in scope, as Azure Policy does.
    pub async fn policy(&self, scope: &str, tags: &BTreeMap<String, String>) -> Result<(), LabError> {
        self.post("/policy", json!({ "scope": scope, "tags": tags })).await
    }

    /// Lets somebody's private endpoint ask for the API server of a private cluster.
    pub async fn connect(&self, cluster: &str, connection: &str, endpoint: &str) -> Result<(), LabError> {
        let body = json!({ "id": cluster, "name": connection, "privateEndpoint": endpoint });
        self.post("/private-endpoint-connections", body).await
    }

    /// Makes a Kubernetes namespace inside a cluster, as somebody with kubectl would.
    pub async fn add_namespace(&self, cluster: &str, name: &str) -> Result<(), LabError> {
        self.post("/namespaces", json!({ "id": cluster, "name": name })).await
    }

    /// Says what the next command in a cluster prints.
    pub async fn add_output(&self, cluster: &str, logs: &str) -> Result<(), LabError> {
        let body = json!({ "id": cluster, "output": { "logs": logs, "seconds": 5 } });
        self.post("/run-command-outputs", body).await
    }

    /// Makes an application that can sign in with a secret and may do nothing yet.
    pub async fn add_principal(&self, client_id: &str, secret: &str) -> Result<(), LabError> {
        self.post("/principals", json!({ "clientId": client_id, "secret": secret }))
            .await
    }

    /// Lets an application sign in with tokens of another issuer, as workload identity does.
    pub async fn trust(&self, client_id: &str, issuer: &str, subject: &str) -> Result<(), LabError> {
        let path = format!("/principals/{client_id}/federated-credentials");
        self.post(&path, json!({ "issuer": issuer, "subject": subject })).await
    }

    /// Gives a principal a role at a scope and below (`/` is everywhere).
    pub async fn assign(&self, principal: &str, role: Role, scope: &str) -> Result<(), LabError> {
        self.post(
            "/role-assignments",
            json!({ "principal": principal, "role": role, "scope": scope }),
        )
        .await
    }

    /// Takes all roles of a principal away.
    pub async fn unassign(&self, principal: &str) -> Result<(), LabError> {
        let path = format!("/role-assignments?principal={principal}");
        self.call::<IgnoredAny>(Method::DELETE, &path, None).await.map(drop)
    }

    async fn post(&self, path: &str, body: Value) -> Result<(), LabError> {
        self.call::<IgnoredAny>(Method::POST, path, Some(body)).await.map(drop)
    }

    async fn call<T: DeserializeOwned>(&self, method: Method, path: &str, body: Option<Value>) -> Result<T, LabError> {
        let failed = |source| LabError::Admin {
            path: path.to_owned(),
            source: Box::new(source),
        };
        // A client for each call: a pooled connection belongs to the runtime of the test that opened it.
        let mut request = reqwest::Client::new().request(method, format!("{}{path}", self.base));
        if let Some(body) = body {
            request = request.json(&body);
        }
        let answer = request.send().await.map_err(failed)?;
        let status = answer.status();
        let text = answer.text().await.map_err(failed)?;
        let refused = |body: String| LabError::AdminRefused {
            path: path.to_owned(),
            status: status.as_u16(),
            body,
        };
        if !status.is_success() {
            return Err(refused(text));
        }
        serde_json::from_str(&text).map_err(|error| refused(format!("{error} in {text}")))
    }
}
