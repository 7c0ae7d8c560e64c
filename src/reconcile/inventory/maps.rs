//! The ConfigMaps that inventories are kept in.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::ConfigMap;
use kube::api::{ObjectMeta, Patch, PatchParams, PostParams};
use kube::{Api, Client, Error};
use serde_json::json;

use armature_api::FIELD_MANAGER;

/// The data of a ConfigMap.
pub type Data = BTreeMap<String, String>;

/// Those of one namespace.
pub struct Maps(Api<ConfigMap>);

impl Maps {
    /// Those of this namespace.
    pub fn of(client: &Client, namespace: &str) -> Self {
        Self(Api::namespaced(client.clone(), namespace))
    }

    /// What one holds, once it was tried whether it can be written.
    pub async fn read(&self, name: &str) -> Result<Data, Error> {
        let map = self.0.get_opt(name).await?;
        self.trial(name).await?;
        Ok(map.and_then(|map| map.data).unwrap_or_default())
    }

    /// Whether one could be written. What would change nothing is taken of one that can't be changed, too.
    pub async fn trial(&self, name: &str) -> Result<(), Error> {
        let trial = Patch::Merge(json!({ "data": { "trial": "" } }));
        match self.0.patch(name, &params(true), &trial).await {
            Err(Error::Api(status)) if status.is_not_found() => self.create(name, Data::new(), true).await,
            answer => answer.map(drop),
        }
    }

    /// Writes one entry, or takes it out; should somebody have deleted the ConfigMap, `all` of it is written anew.
    pub async fn write(
        &self,
        name: &str,
        key: &str,
        value: Option<&str>,
        all: impl FnOnce() -> Data,
    ) -> Result<(), Error> {
        let patch = Patch::Merge(json!({ "data": { key: value } }));
        match self.0.patch(name, &params(false), &patch).await {
            Err(Error::Api(status)) if status.is_not_found() => {}
            answer => return answer.map(drop),
        }
        let mut all = all();
        match value {
            Some(value) => drop(all.insert(key.to_owned(), value.to_owned())),
            None => drop(all.remove(key)),
        }
        self.create(name, all, false).await
    }

    async fn create(&self, name: &str, data: Data, dry_run: bool) -> Result<(), Error> {
        let params = PostParams {
            dry_run,
            field_manager: Some(FIELD_MANAGER.to_owned()),
        };
        let map = ConfigMap {
            metadata: ObjectMeta {
                name: Some(name.to_owned()),
                labels: Some([("app.kubernetes.io/managed-by".to_owned(), FIELD_MANAGER.to_owned())].into()),
                ..ObjectMeta::default()
            },
            data: Some(data),
            ..ConfigMap::default()
        };
        self.0.create(&params, &map).await.map(drop)
    }
}

fn params(dry_run: bool) -> PatchParams {
    PatchParams {
        dry_run,
        field_manager: Some(FIELD_MANAGER.to_owned()),
        ..PatchParams::default()
    }
}
