//! What Git asks for, parsed once: settings as types, the rest as the ARM body it amounts to.

use jiff::Timestamp;
use kube::ResourceExt;
use serde_json::{Map, Value, json};

use armature_api::{
    APPROVE_PLAN_ANNOTATION, AdoptionPolicy, AksCluster, AksClusterSpec, AksNodePool, AksNodePoolSpec, CLUSTER_SECRETS,
    CLUSTER_SETTINGS, DeletionPolicy, DriftPolicy, ManagementPolicy, POOL_SETTINGS, PowerStateCode, RELEASE_ANNOTATION,
    ResourceGroupPolicy, VersionPolicy,
};

use super::applied::Applied;
use super::blocker::Blocker;
use super::change::Target;
use super::fields;
use super::overrides::{Overrides, Unusable};
use super::owner::Mark;
use super::secret::{SecretField, take_references};
use super::version::Version;

/// An `AksCluster` as the planner sees it.
#[derive(Debug, Clone, PartialEq)]
pub struct DesiredCluster {
    /// The name of the object.
    pub object: String,
    /// The name in Azure.
    pub azure_name: String,
    /// Our mark on the Azure resource.
    pub mark: Mark,
    /// The resource group it lives in.
    pub resource_group: String,
    /// What Armature may do.
    pub policies: Policies,
    /// The ARM body the manifest amounts to.
    pub body: Value,
    /// The fields that name Secrets; the body holds neither their values nor the names.
    pub secrets: Vec<SecretField>,
    /// What the manifest says beyond its fields; the body has it.
    pub overrides: Overrides,
    /// The api-version it is to be spoken to in, where that is not the usual one.
    pub api_version: Option<String>,
    /// Preview features that have to be registered before overrides are written.
    pub preview_features: Vec<String>,
    /// The subscription it lives in.
    pub subscription: String,
    /// The `AzureIdentity` to sign in with; `None` for the operator's own.
    pub identity: Option<String>,
    /// The floor under the control plane's version.
    pub version: Option<Version>,
    /// Whether the manifest wants it stopped or running, if it says so.
    pub power: Option<PowerStateCode>,
    /// What became of it so far.
    pub life: Life,
}

/// An `AksNodePool` as the planner sees it.
#[derive(Debug, Clone, PartialEq)]
pub struct DesiredPool {
    /// The name of the object.
    pub object: String,
    /// The name in Azure.
    pub name: String,
    /// Our mark on the Azure resource.
    pub mark: Mark,
    /// When the object was made: the older of two objects for one pool goes first.
    pub created_at: Option<Timestamp>,
    /// How it follows the version of its cluster.
    pub version_policy: VersionPolicy,
    /// The floor under its version.
    pub version: Option<Version>,
    /// Whether Armature may only look: the pool's own word, or the cluster's.
    pub observe: bool,
    /// The ARM body the manifest amounts to.
    pub body: Value,
    /// What the manifest says beyond its fields; the body has it.
    pub overrides: Overrides,
    /// What becomes of the Azure resource when the object goes.
    pub deletion: Deletion,
    /// What became of it so far.
    pub life: Life,
}

/// What Armature may do with a cluster.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Policies {
    /// Write or only look.
    pub management: ManagementPolicy,
    /// What to do about values changed in Azure.
    pub drift: DriftPolicy,
    /// What to do about a cluster that was there before.
    pub adoption: AdoptionPolicy,
    /// Whether a missing resource group is made.
    pub resource_group: ResourceGroupPolicy,
    /// What becomes of the Azure resource when the object goes.
    pub deletion: Deletion,
}

/// What becomes of the Azure resource when the object goes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Deletion {
    /// What the manifest says; absent, what we made is deleted and what we adopted stays.
    pub policy: Option<DeletionPolicy>,
    /// Whether deleting is refused until someone lifts the protection.
    pub protected: bool,
}

/// What became of an object so far, from its metadata and status.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Life {
    /// Since when the object is going away.
    pub deleting_since: Option<Timestamp>,
    /// Whether someone asked to let it go and leave Azure alone.
    pub released: bool,
    /// The hashes of what someone approved, separated by commas.
    pub approved_plan: Option<String>,
    /// Whether Azure has had the resource.
    pub once_existed: bool,
    /// What Azure confirmed.
    pub applied: Applied,
    /// Whether status says more than it proves: then nothing is on record, and no difference passes for an edit.
    pub unproven: bool,
    /// How often a failed operation was resumed.
    pub resume_attempts: u32,
}

/// The keys of a cluster that stand beside `properties` in ARM.
const TOP_LEVEL: &[&str] = &["location", "extendedLocation", "tags", "sku", "identity"];

impl DesiredCluster {
    /// Reads the object, for this installation.
    ///
    /// # Errors
    /// A [`Blocker::InvalidSpec`] that names the field.
    pub fn read(cluster: &AksCluster, installation: &str) -> Result<Self, Blocker> {
        let spec = &cluster.spec;
        let status = cluster.status.clone().unwrap_or_default();
        let invalid = |field: &str, problem: String| Blocker::InvalidSpec {
            target: Target::Cluster,
            field: field.to_owned(),
            problem,
        };
        let asked = match AskedOfCluster::read(spec) {
            Ok(asked) => asked,
            // What is asked of a cluster that goes is nobody's concern any more.
            Err(_) if cluster.metadata.deletion_timestamp.is_some() => AskedOfCluster::nothing(),
            Err(Unusable { field, problem }) => return Err(invalid(&field, problem)),
        };
        let AskedOfCluster {
            body,
            secrets,
            overrides,
            version,
        } = asked;
        let applied = Applied::from_status(&status.applied).beside(&body, TOP_LEVEL);
        Ok(Self {
            object: cluster.name_any(),
            azure_name: spec.azure_name.clone().unwrap_or_else(|| cluster.name_any()),
            mark: mark(installation, cluster),
            resource_group: spec.resource_group.clone(),
            policies: Policies {
                management: spec.management_policy.unwrap_or_default(),
                drift: spec.drift_policy.unwrap_or_default(),
                adoption: spec.adoption_policy.unwrap_or_default(),
                resource_group: spec.resource_group_policy.unwrap_or_default(),
                deletion: Deletion {
                    policy: spec.deletion_policy,
                    protected: spec.deletion_protection.unwrap_or(true),
                },
            },
            body,
            secrets,
            overrides,
            api_version: spec.arm_api_version.clone(),
            preview_features: spec.preview_features.clone().unwrap_or_default(),
            subscription: spec.subscription_id.clone(),
            identity: spec.identity_ref.as_ref().map(|reference| reference.name.clone()),
            version,
            power: spec.power_state.as_ref().and_then(|state| state.code),
            life: Life {
                once_existed: status.resource_id.is_some(),
                applied,
                resume_attempts: attempts(status.resume_attempts),
                ..life(cluster)
            },
        })
    }
}

/// What a manifest asks of Azure for a cluster.
struct AskedOfCluster {
    body: Value,
    secrets: Vec<SecretField>,
    overrides: Overrides,
    version: Option<Version>,
}

impl AskedOfCluster {
    fn nothing() -> Self {
        Self {
            body: json!({ "properties": {} }),
            secrets: Vec::new(),
            overrides: Overrides::default(),
            version: None,
        }
    }

    fn read(spec: &AksClusterSpec) -> Result<Self, Unusable> {
        let mut body = cluster_body(spec).map_err(of_spec)?;
        let secrets = take_references(&mut body, CLUSTER_SECRETS).map_err(of_spec)?;
        let overrides = Overrides::read(
            spec.overrides.as_deref().unwrap_or_default(),
            spec.clear.as_deref().unwrap_or_default(),
            fields::cluster::FIELDS,
            TOP_LEVEL,
            &mut body,
        )?;
        let version = version("spec.kubernetesVersion", spec.kubernetes_version.as_deref())?;
        Ok(Self {
            body,
            secrets,
            overrides,
            version,
        })
    }
}

/// What a manifest asks of Azure for a pool.
struct AskedOfPool {
    body: Value,
    overrides: Overrides,
    version: Option<Version>,
}

impl AskedOfPool {
    fn nothing() -> Self {
        Self {
            body: json!({ "properties": {} }),
            overrides: Overrides::default(),
            version: None,
        }
    }

    fn read(spec: &AksNodePoolSpec) -> Result<Self, Unusable> {
        let mut body = pool_body(spec).map_err(of_spec)?;
        let overrides = Overrides::read(
            spec.overrides.as_deref().unwrap_or_default(),
            spec.clear.as_deref().unwrap_or_default(),
            fields::pool::FIELDS,
            &[],
            &mut body,
        )?;
        let version = version("spec.orchestratorVersion", spec.orchestrator_version.as_deref())?;
        Ok(Self {
            body,
            overrides,
            version,
        })
    }
}

fn of_spec(error: impl std::fmt::Display) -> Unusable {
    Unusable {
        field: "spec".to_owned(),
        problem: error.to_string(),
    }
}

fn version(field: &str, text: Option<&str>) -> Result<Option<Version>, Unusable> {
    let parsed = text.map(str::parse::<Version>).transpose();
    parsed.map_err(|error| Unusable {
        field: field.to_owned(),
        problem: error.to_string(),
    })
}

impl DesiredPool {
    /// Reads the object, for this installation; `cluster` decides where the pool doesn't say.
    ///
    /// # Errors
    /// A [`Blocker::InvalidSpec`] that names the field.
    pub fn read(pool: &AksNodePool, cluster: ManagementPolicy, installation: &str) -> Result<Self, Blocker> {
        let spec = &pool.spec;
        let status = pool.status.clone().unwrap_or_default();
        let name = azure_name(pool);
        let invalid = |field: &str, problem: String| Blocker::InvalidSpec {
            target: Target::Pool(name.clone()),
            field: field.to_owned(),
            problem,
        };
        let asked = match AskedOfPool::read(spec) {
            Ok(asked) => asked,
            // What is asked of a pool that goes is nobody's concern any more.
            Err(_) if pool.metadata.deletion_timestamp.is_some() => AskedOfPool::nothing(),
            Err(Unusable { field, problem }) => return Err(invalid(&field, problem)),
        };
        let AskedOfPool {
            body,
            overrides,
            version,
        } = asked;
        let applied = Applied::from_status(&status.applied).beside(&body, &[]);
        Ok(Self {
            object: pool.name_any(),
            mark: mark(installation, pool),
            created_at: pool.creation_timestamp().map(|time| time.0),
            version_policy: spec.version_policy.unwrap_or_default(),
            version,
            observe: spec.management_policy.unwrap_or(cluster) == ManagementPolicy::Observe,
            body,
            overrides,
            deletion: Deletion {
                policy: spec.deletion_policy,
                protected: spec.deletion_protection.unwrap_or(true),
            },
            life: Life {
                once_existed: status.resource_id.is_some(),
                applied,
                resume_attempts: attempts(status.resume_attempts),
                ..life(pool)
            },
            name,
        })
    }

    /// Whether the manifest makes it a System pool.
    pub fn is_system(&self) -> bool {
        self.body.pointer("/properties/mode").and_then(Value::as_str) == Some("System")
    }

    /// Whether the object is going away.
    pub fn is_going(&self) -> bool {
        self.life.deleting_since.is_some()
    }
}

impl Life {
    /// Status proves nothing of what it records.
    pub fn disbelieve(&mut self) {
        self.applied = Applied::NONE;
        self.unproven = true;
    }

    /// Whether someone approved what has this hash.
    pub fn approves(&self, hash: &str) -> bool {
        let approved = self.approved_plan.as_deref().unwrap_or_default();
        approved.split(',').any(|approved| approved.trim() == hash)
    }

    /// Whether status says that a resource of this name was ours. That is a hint for what to tell; whose a resource is,
    /// its mark in Azure says.
    pub fn has_records(&self) -> bool {
        !self.applied.is_empty()
    }
}

impl Deletion {
    /// What becomes of a resource that was or was not adopted.
    pub fn outcome(self, adopted: bool) -> DeletionPolicy {
        self.policy.unwrap_or(if adopted {
            DeletionPolicy::Orphan
        } else {
            DeletionPolicy::Delete
        })
    }
}

/// The name of a pool in Azure.
pub fn azure_name(pool: &AksNodePool) -> String {
    pool.spec
        .azure_name
        .clone()
        .unwrap_or_else(|| pool.name_any())
        .to_ascii_lowercase()
}

fn mark(installation: &str, object: &impl ResourceExt) -> Mark {
    Mark {
        installation: installation.to_owned(),
        namespace: object.namespace().unwrap_or_default(),
        name: object.name_any(),
        adopted: false,
    }
}

fn life(object: &impl ResourceExt) -> Life {
    let annotation = |name: &str| {
        object
            .annotations()
            .get(name)
            .filter(|value| !value.is_empty())
            .cloned()
    };
    Life {
        deleting_since: object.meta().deletion_timestamp.as_ref().map(|time| time.0),
        released: annotation(RELEASE_ANNOTATION).is_some(),
        approved_plan: annotation(APPROVE_PLAN_ANNOTATION),
        ..Life::default()
    }
}

fn attempts(stored: Option<i64>) -> u32 {
    stored.and_then(|count| u32::try_from(count).ok()).unwrap_or_default()
}

/// The ARM body of a cluster manifest.
fn cluster_body(spec: &AksClusterSpec) -> serde_json::Result<Value> {
    let mut body = Map::new();
    let mut properties = Map::new();
    for (key, value) in azure_fields(serde_json::to_value(spec)?, CLUSTER_SETTINGS) {
        let value = if key == "identity" { identity(value) } else { value };
        if TOP_LEVEL.contains(&key.as_str()) {
            body.insert(key, value)
        } else {
            properties.insert(key, value)
        };
    }
    body.insert("properties".to_owned(), Value::Object(properties));
    Ok(Value::Object(body))
}

/// The ARM body of a pool manifest.
fn pool_body(spec: &AksNodePoolSpec) -> serde_json::Result<Value> {
    let properties: Map<String, Value> = azure_fields(serde_json::to_value(spec)?, POOL_SETTINGS).collect();
    Ok(json!({ "properties": properties }))
}

fn azure_fields(spec: Value, settings: &'static [&'static str]) -> impl Iterator<Item = (String, Value)> {
    let fields = if let Value::Object(fields) = spec {
        fields
    } else {
        Map::new()
    };
    fields
        .into_iter()
        .filter(|(key, value)| !settings.contains(&key.as_str()) && !value.is_null())
}

/// ARM keys the user assigned identity by its resource id, which an overlay can't merge; the manifest names it plainly.
fn identity(mut identity: Value) -> Value {
    if let Value::Object(fields) = &mut identity
        && let Some(Value::String(id)) = fields.remove("userAssignedIdentityId")
    {
        fields.insert("userAssignedIdentities".to_owned(), json!({ id: {} }));
    }
    identity
}
