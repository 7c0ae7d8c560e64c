//! Cases and how they are put to the API server.

use armature_api::crds::crds;
use armature_api::{AksCluster, AksNodePool, AzureIdentity};
use armature_lab::{ManagementCluster, shared};
use kube::api::{DynamicObject, PostParams};
use kube::core::Status;
use kube::discovery::ApiResource;
use kube::{Api, Client};
use serde_json::{Value, json};

pub const SUBSCRIPTION: &str = "11111111-2222-3333-4444-555555555555";
pub const GUID: &str = "aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee";

/// The id of a resource in some group.
pub fn id(type_and_name: &str) -> String {
    format!("/subscriptions/{SUBSCRIPTION}/resourceGroups/shared/providers/{type_and_name}")
}

/// The kinds, each with the smallest spec that it accepts.
#[derive(Debug, Clone, Copy)]
pub enum Kind {
    Cluster,
    Pool,
    Identity,
}

impl Kind {
    fn smallest_spec(self) -> Value {
        match self {
            Self::Cluster => {
                json!({ "subscriptionId": SUBSCRIPTION, "resourceGroup": "platform", "location": "westeurope" })
            }
            Self::Pool => json!({ "clusterRef": { "name": "prod" } }),
            Self::Identity => json!({ "managedIdentity": {}, "subscriptions": [SUBSCRIPTION] }),
        }
    }

    fn resource(self) -> ApiResource {
        match self {
            Self::Cluster => ApiResource::erase::<AksCluster>(&()),
            Self::Pool => ApiResource::erase::<AksNodePool>(&()),
            Self::Identity => ApiResource::erase::<AzureIdentity>(&()),
        }
    }

    pub fn api(self, client: Client, namespace: &str) -> Api<DynamicObject> {
        match self {
            Self::Identity => Api::all_with(client, &self.resource()),
            Self::Cluster | Self::Pool => Api::namespaced_with(client, namespace, &self.resource()),
        }
    }

    /// An object with the smallest spec and these fields on top; a null takes a field away, or the whole spec.
    pub fn object(self, name: &str, fields: &Value) -> DynamicObject {
        if fields.is_null() {
            return DynamicObject::new(name, &self.resource());
        }
        let mut spec = self.smallest_spec();
        let spec_fields = spec.as_object_mut().unwrap();
        for (name, value) in fields.as_object().unwrap() {
            match value {
                Value::Null => drop(spec_fields.remove(name)),
                value => drop(spec_fields.insert(name.clone(), value.clone())),
            }
        }
        DynamicObject::new(name, &self.resource()).data(json!({ "spec": spec }))
    }
}

/// One rule: spec fields it lets through, and spec fields it refuses.
pub struct Case {
    kind: Kind,
    /// How the rule's message starts.
    pub says: String,
    accepted: (&'static str, Value),
    refused: (&'static str, Value),
}

/// A rule about the spec.
pub fn case(kind: Kind, says: &str, accepted: Value, refused: Value) -> Case {
    named(kind, says, ("prod", accepted), ("prod", refused))
}

/// A rule that looks at the object's name too.
pub fn named(kind: Kind, says: &str, accepted: (&'static str, Value), refused: (&'static str, Value)) -> Case {
    Case {
        kind,
        says: says.to_owned(),
        accepted,
        refused,
    }
}

/// The management cluster with our CRDs.
pub async fn management_cluster() -> ManagementCluster {
    let cluster = shared().await.unwrap();
    cluster.install_crds(&crds()).await.unwrap();
    cluster
}

/// Puts all cases to the API server and fails with everything that came out otherwise.
pub async fn check(cases: Vec<Case>) {
    let cluster = management_cluster().await;
    let (client, namespace) = (
        cluster.client().await.unwrap(),
        cluster.namespace("rules").await.unwrap(),
    );
    let dry_run = PostParams {
        dry_run: true,
        ..PostParams::default()
    };
    let mut faults = Vec::new();
    for Case {
        kind,
        says,
        accepted,
        refused,
    } in cases
    {
        let api = kind.api(client.clone(), &namespace);
        if let Err(error) = api.create(&dry_run, &kind.object(accepted.0, &accepted.1)).await {
            faults.push(format!("{says}: {} is refused: {error}", accepted.1));
        }
        let answer = api.create(&dry_run, &kind.object(refused.0, &refused.1)).await;
        faults.extend(fault_of_refusal(&says, &refused.1, answer.map(drop)));
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

/// What is wrong with the answer to a manifest that this rule, and no other, has to refuse.
pub fn fault_of_refusal(says: &str, refused: &Value, answer: Result<(), kube::Error>) -> Option<String> {
    match answer {
        Err(kube::Error::Api(status)) if causes(&status) == 1 && status.message.contains(says) => None,
        Err(error) => Some(format!("{says}: {refused} is refused otherwise: {error}")),
        Ok(()) => Some(format!("{says}: {refused} is accepted")),
    }
}

fn causes(status: &Status) -> usize {
    status.details.as_ref().map_or(0, |details| details.causes.len())
}
