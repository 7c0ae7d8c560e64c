//! Azure as somebody beside the operator sees it: a person with full rights and the plain REST API.

use armature_lab::SimAccess;
use reqwest::{Certificate, Client, Method, Response, StatusCode};
use serde_json::{Value, json};

use crate::world::{GROUP, watch_log};

/// The API version that the stories read with (SPEC: stable).
const API_VERSION: &str = "2026-08-01";

/// A signed-in client.
pub struct Azure {
    client: Client,
    endpoint: String,
    subscription: String,
    token: String,
}

impl Azure {
    /// Signs in as the application that may do everything.
    pub async fn sign_in(access: &SimAccess) -> Self {
        let mut builder = Client::builder();
        if let Some(ca) = &access.ca {
            let authority = Certificate::from_pem(&std::fs::read(ca).unwrap()).unwrap();
            builder = builder.tls_certs_only([authority]);
        }
        let client = builder.build().unwrap();
        let scope = format!("{}/.default", access.endpoint);
        let form = [
            ("grant_type", "client_credentials"),
            ("client_id", &access.client_id),
            ("client_secret", &access.client_secret),
            ("scope", &scope),
        ];
        let body = url::form_urlencoded::Serializer::new(String::new())
            .extend_pairs(form)
            .finish();
        let answer = client
            .post(format!("{}/{}/oauth2/v2.0/token", access.endpoint, access.tenant))
            .header("content-type", "application/x-www-form-urlencoded")
            .body(body)
            .send()
            .await
            .unwrap();
        let answer: Value = answer.json().await.unwrap();
        Self {
            client,
            endpoint: access.endpoint.clone(),
            subscription: access.subscription.clone(),
            token: answer["access_token"].as_str().unwrap().to_owned(),
        }
    }

    /// The id of a cluster of the stories.
    pub fn cluster_id(&self, cluster: &str) -> String {
        format!(
            "/subscriptions/{}/resourceGroups/{GROUP}/providers/Microsoft.ContainerService/managedClusters/{cluster}",
            self.subscription
        )
    }

    /// The id of a pool of the stories.
    pub fn pool_id(&self, cluster: &str, pool: &str) -> String {
        format!("{}/agentPools/{pool}", self.cluster_id(cluster))
    }

    /// The id of a resource in the group of the stories, from its type and name.
    pub fn in_group(&self, type_and_name: &str) -> String {
        format!(
            "/subscriptions/{}/resourceGroups/{GROUP}/providers/{type_and_name}",
            self.subscription
        )
    }

    /// Makes a user-assigned identity; its id.
    pub async fn make_identity(&self, name: &str) -> String {
        let id = self.in_group(&format!("Microsoft.ManagedIdentity/userAssignedIdentities/{name}"));
        let body = json!({ "location": "westeurope" });
        self.make(&id, "2024-11-30", body).await;
        id
    }

    /// The scope of the whole subscription.
    pub fn subscription_scope(&self) -> String {
        format!("/subscriptions/{}", self.subscription)
    }

    /// A cluster as Azure shows it, or `None`.
    pub async fn cluster(&self, cluster: &str) -> Option<Value> {
        self.get(&self.cluster_id(cluster)).await
    }

    /// A pool as Azure shows it, or `None`.
    pub async fn pool(&self, cluster: &str, pool: &str) -> Option<Value> {
        self.get(&self.pool_id(cluster, pool)).await
    }

    /// Another resource as Azure shows it, or `None`.
    pub async fn resource(&self, id: &str, api_version: &str) -> Option<Value> {
        self.get_with(id, api_version).await
    }

    /// The names of all clusters of the resource group.
    pub async fn cluster_names(&self) -> Vec<String> {
        let list = self.get(self.cluster_id("").trim_end_matches('/')).await.unwrap();
        let items = list["value"].as_array().unwrap().iter();
        items.map(|item| item["name"].as_str().unwrap().to_owned()).collect()
    }

    /// Makes a resource group in the region of the stories.
    pub async fn make_group(&self, group: &str) {
        let path = format!("/subscriptions/{}/resourceGroups/{group}", self.subscription);
        let answer = self
            .call(
                Method::PUT,
                &path,
                API_VERSION,
                Some(json!({ "location": "westeurope" })),
            )
            .await;
        assert!(answer.status().is_success());
    }

    /// Sends a write, as another tool would, and expects Azure to take it.
    pub async fn write(&self, method: Method, path: &str, body: Option<Value>) {
        self.write_with(method, path, API_VERSION, body).await;
    }

    /// The same with the API version of another provider.
    pub async fn write_with(&self, method: Method, path: &str, api_version: &str, body: Option<Value>) {
        let answer = self.call(method, path, api_version, body).await;
        let status = answer.status();
        assert!(
            status.is_success(),
            "{path}: {status}: {}",
            answer.text().await.unwrap()
        );
    }

    /// Makes a resource, as another tool would, and waits until Azure is done with it.
    pub async fn make(&self, id: &str, api_version: &str, body: Value) {
        self.write_with(Method::PUT, id, api_version, Some(body)).await;
        let done = async || {
            let resource = self.resource(id, api_version).await;
            resource.is_some_and(|resource| {
                matches!(
                    resource["properties"]["provisioningState"].as_str(),
                    None | Some("Succeeded")
                )
            })
        };
        watch_log(id, done).await;
    }

    async fn get(&self, path: &str) -> Option<Value> {
        self.get_with(path, API_VERSION).await
    }

    async fn get_with(&self, path: &str, api_version: &str) -> Option<Value> {
        let answer = self.call(Method::GET, path, api_version, None).await;
        match answer.status() {
            StatusCode::NOT_FOUND => None,
            status => {
                assert!(status.is_success(), "{path}: {status}");
                Some(answer.json().await.unwrap())
            }
        }
    }

    async fn call(&self, method: Method, path: &str, api_version: &str, body: Option<Value>) -> Response {
        let url = format!("{}{path}?api-version={api_version}", self.endpoint);
        let mut request = self.client.request(method, url).bearer_auth(&self.token);
        if let Some(body) = body {
            request = request.json(&body);
        }
        request.send().await.unwrap()
    }
}
