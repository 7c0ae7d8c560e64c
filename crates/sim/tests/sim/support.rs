//! A simulator with a manual clock, and a client that is signed in.

use armature_sim::config::Config;
use armature_sim::server::Simulator;
use jiff::SignedDuration;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use reqwest::{Client, Method};
use serde_json::{Value, json};

pub const VERSION: &str = "2026-08-01";
pub const GROUP: &str = "rg";

/// One answer.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub text: String,
    pub body: Value,
}

impl Answer {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    /// The error code, whichever shape the body has.
    pub fn code(&self) -> &str {
        self.body["error"]["code"]
            .as_str()
            .or(self.body["code"].as_str())
            .unwrap_or_default()
    }

    pub fn state(&self) -> &str {
        self.body["properties"]["provisioningState"]
            .as_str()
            .unwrap_or_default()
    }

    /// Insists on a status.
    #[track_caller]
    pub fn expect(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{}", self.text);
        self
    }
}

/// A running simulator and a token of the principal that owns everything.
pub struct Sim {
    pub simulator: Simulator,
    pub http: Client,
    pub token: String,
}

/// What tests start from: a manual clock at a fixed time, with a time scale of one so that `Retry-After` is simulated
/// seconds.
pub fn config() -> Config {
    Config {
        manual_clock: true,
        time_scale: 1.0,
        start_time: Some("2026-11-01T08:00:00Z".parse().unwrap()),
        ..Config::default()
    }
}

/// No answer of any test may differ from the API descriptions.
impl Drop for Sim {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            let world = self.simulator.world();
            assert_eq!(world.conformance.mismatches, 0, "{:#?}", world.conformance.first);
        }
    }
}

impl Sim {
    pub async fn start() -> Self {
        Self::with(config()).await
    }

    pub async fn with(config: Config) -> Self {
        let simulator = Simulator::start(config).await.unwrap();
        let mut sim = Self {
            simulator,
            http: Client::new(),
            token: String::new(),
        };
        let (id, secret) = {
            let world = sim.simulator.world();
            (world.config.client_id.clone(), world.config.client_secret.clone())
        };
        sim.token = sim.sign_in(&id, &[("client_secret", &secret)]).await.expect(200).body["access_token"]
            .as_str()
            .unwrap()
            .to_owned();
        sim
    }

    /// Asks Entra for a token.
    pub async fn sign_in(&self, client_id: &str, more: &[(&str, &str)]) -> Answer {
        let tenant = self.simulator.world().config.tenant.clone();
        self.sign_in_at(&tenant, client_id, more).await
    }

    pub async fn sign_in_at(&self, tenant: &str, client_id: &str, more: &[(&str, &str)]) -> Answer {
        let mut form = vec![
            ("grant_type", "client_credentials"),
            ("client_id", client_id),
            ("scope", "https://management.azure.com/.default"),
        ];
        form.extend_from_slice(more);
        let body = url::form_urlencoded::Serializer::new(String::new())
            .extend_pairs(form)
            .finish();
        let url = format!("{}/{tenant}/oauth2/v2.0/token", self.simulator.endpoint());
        let request = self
            .http
            .post(url)
            .header("content-type", "application/x-www-form-urlencoded")
            .body(body);
        answer(request.send().await.unwrap()).await
    }

    /// Moves simulated time.
    pub fn minutes(&self, minutes: i64) {
        self.simulator.world().advance(SignedDuration::from_mins(minutes));
    }

    pub fn subscription(&self) -> String {
        self.simulator.world().config.subscriptions[0].clone()
    }

    /// Path of a cluster.
    pub fn cluster(&self, name: &str) -> String {
        let subscription = self.subscription();
        format!(
            "/subscriptions/{subscription}/resourceGroups/{GROUP}/providers/Microsoft.ContainerService/managedClusters/{name}"
        )
    }

    /// Path of a pool of the cluster `c`.
    pub fn pool(&self, name: &str) -> String {
        format!("{}/agentPools/{name}", self.cluster("c"))
    }

    /// Path of a resource in the group of the tests: provider, type and name.
    pub fn in_group(&self, rest: &str) -> String {
        format!(
            "/subscriptions/{}/resourceGroups/{GROUP}/providers/{rest}",
            self.subscription()
        )
    }

    /// Path of an extension of the cluster `c`: provider, type and name.
    pub fn on_cluster(&self, rest: &str) -> String {
        format!("{}/providers/{rest}", self.cluster("c"))
    }

    /// Sends a request with an api-version of its own.
    pub async fn call(&self, method: Method, path: &str, version: &str, body: Option<Value>) -> Answer {
        let mark = if path.contains('?') { '&' } else { '?' };
        let url = format!("{}{path}{mark}api-version={version}", self.simulator.endpoint());
        self.send(method, &url, &[], body).await
    }

    /// A data collection rule `rule` without any flow, and the body of an association with it.
    pub async fn data_collection_rule(&self) -> Value {
        let rule = self.in_group("Microsoft.Insights/dataCollectionRules/rule");
        let body = json!({"location": "westeurope", "properties": {}});
        self.call(Method::PUT, &rule, "2023-03-11", Some(body))
            .await
            .expect(201);
        json!({"properties": {"dataCollectionRuleId": rule}})
    }

    /// Changes settings of the simulator.
    pub async fn set(&self, settings: Value) {
        self.admin(Method::PATCH, "/settings", settings).await.expect(200);
    }

    /// Goes on as a principal of its own, which has `roles` everywhere; answers with its object id.
    pub async fn become_principal(&mut self, client_id: &str, roles: &[&str]) -> String {
        let body = json!({"clientId": client_id, "secret": "s"});
        let made = self.admin(Method::POST, "/principals", body).await.expect(200);
        for role in roles {
            let body = json!({"principal": client_id, "role": role, "scope": "/"});
            self.admin(Method::POST, "/role-assignments", body).await.expect(200);
        }
        let token = self.sign_in(client_id, &[("client_secret", "s")]).await.expect(200);
        self.token = token.body["access_token"].as_str().unwrap().to_owned();
        made.body["objectId"].as_str().unwrap().to_owned()
    }

    /// Sends a request; `path` may be a whole URL, which then goes out as it is.
    pub async fn send(&self, method: Method, path: &str, headers: &[(&str, &str)], body: Option<Value>) -> Answer {
        self.try_send(method, path, headers, body).await.unwrap()
    }

    pub async fn try_send(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<Value>,
    ) -> reqwest::Result<Answer> {
        let url = if path.starts_with("http") {
            path.to_owned()
        } else {
            let mark = if path.contains('?') { '&' } else { '?' };
            format!("{}{path}{mark}api-version={VERSION}", self.simulator.endpoint())
        };
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.insert(
                HeaderName::try_from(*name).unwrap(),
                HeaderValue::from_str(value).unwrap(),
            );
        }
        let mut request = self.http.request(method, url).bearer_auth(&self.token).headers(map);
        if let Some(body) = body {
            request = request.json(&body);
        }
        let response = request.send().await?;
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let text = response.text().await?;
        let body = serde_json::from_str(&text).unwrap_or(Value::Null);
        Ok(Answer {
            status,
            headers,
            text,
            body,
        })
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.send(Method::GET, path, &[], None).await
    }

    pub async fn put(&self, path: &str, body: Value) -> Answer {
        self.send(Method::PUT, path, &[], Some(body)).await
    }

    pub async fn patch(&self, path: &str, body: Value) -> Answer {
        self.send(Method::PATCH, path, &[], Some(body)).await
    }

    pub async fn post(&self, path: &str) -> Answer {
        self.send(Method::POST, path, &[], None).await
    }

    pub async fn delete(&self, path: &str) -> Answer {
        self.send(Method::DELETE, path, &[], None).await
    }

    /// The resource group in which all clusters of the tests are.
    pub async fn group(&self) {
        let path = format!("/subscriptions/{}/resourceGroups/{GROUP}", self.subscription());
        self.put(&path, json!({"location": "westeurope"})).await;
    }

    /// A cluster that is ready.
    pub async fn ready_cluster(&self, name: &str) -> Value {
        self.group().await;
        self.put(&self.cluster(name), cluster_body()).await.expect(201);
        self.minutes(30);
        let cluster = self.get(&self.cluster(name)).await.expect(200);
        assert_eq!(cluster.state(), "Succeeded");
        cluster.body
    }

    /// A user pool of the cluster `c` that is ready.
    pub async fn ready_pool(&self, name: &str) {
        self.put(&self.pool(name), pool_body()).await.expect(201);
        self.minutes(30);
    }

    /// A request to the admin side.
    pub async fn admin(&self, method: Method, path: &str, body: Value) -> Answer {
        let url = format!("{}{path}", self.simulator.admin());
        answer(self.http.request(method, url).json(&body).send().await.unwrap()).await
    }

    /// Orders a fault.
    pub async fn fault(&self, injection: Value) {
        self.admin(Method::POST, "/faults", injection).await.expect(200);
    }
}

async fn answer(response: reqwest::Response) -> Answer {
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    let text = response.text().await.unwrap();
    let body = serde_json::from_str(&text).unwrap_or(Value::Null);
    Answer {
        status,
        headers,
        text,
        body,
    }
}

/// A small cluster on 1.35.
pub fn cluster_body() -> Value {
    json!({
        "location": "westeurope",
        "tags": {"team": "a"},
        "identity": {"type": "SystemAssigned"},
        "properties": {
            "dnsPrefix": "test",
            "kubernetesVersion": "1.35.8",
            "networkProfile": {"networkPlugin": "azure", "networkPluginMode": "overlay"},
            "autoUpgradeProfile": {"upgradeChannel": "none"},
            "agentPoolProfiles": [
                {"name": "system", "mode": "System", "count": 1, "vmSize": "Standard_D4s_v5"},
            ],
        },
    })
}

/// A small user pool.
pub fn pool_body() -> Value {
    json!({"properties": {"mode": "User", "count": 1, "vmSize": "Standard_D4s_v5"}})
}

/// The same body with one more property below `properties`.
pub fn with(mut body: Value, property: &str, value: Value) -> Value {
    body["properties"][property] = value;
    body
}
