//! What Azure has, read from ARM bodies without trusting their shape.

use serde_json::{Map, Value};

use super::owner::OWNER_TAG;
use super::path::Path;
use super::version::Version;
use armature_azure::Terminal;

/// A provisioning state, as far as it decides anything. AKS adds states without notice, and ARM asks clients to take
/// every unknown one as "in progress".
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ProvisioningState {
    /// The last operation ended well.
    Succeeded,
    /// The last operation failed; AKS keeps its goal and a new PUT resumes it.
    Failed,
    /// The last operation was aborted.
    Canceled,
    /// AKS is working: the state as Azure names it, for people.
    Busy(String),
}

impl ProvisioningState {
    /// Reads the word of any resource; a resource without one is settled.
    pub fn parse(text: Option<&str>) -> Self {
        let word = text.unwrap_or(Terminal::Succeeded.as_str());
        match Terminal::read(word) {
            Some(Terminal::Succeeded) => Self::Succeeded,
            Some(Terminal::Failed) => Self::Failed,
            Some(Terminal::Canceled) => Self::Canceled,
            None => Self::Busy(word.to_owned()),
        }
    }

    /// Whether the last operation ended without reaching its goal.
    pub fn is_broken(&self) -> bool {
        matches!(self, Self::Failed | Self::Canceled)
    }

    /// Whether AKS is deleting the resource.
    pub fn is_deleting(&self) -> bool {
        self.busy().is_some_and(|name| name.eq_ignore_ascii_case("Deleting"))
    }

    /// The name of the work AKS is doing, if it is.
    pub fn busy(&self) -> Option<&str> {
        match self {
            Self::Busy(name) => Some(name),
            _ => None,
        }
    }
}

/// A cluster as a GET or a LIST returned it.
#[derive(Debug, Clone, PartialEq)]
pub struct LiveCluster {
    /// The ARM body.
    pub body: Value,
    /// The pools of the body.
    pub pools: Vec<LivePool>,
}

/// A pool, in the shape of the agent pool API: settings below `properties`.
#[derive(Debug, Clone, PartialEq)]
pub struct LivePool {
    /// The name in Azure.
    pub name: String,
    /// The ARM body.
    pub body: Value,
}

impl LiveCluster {
    /// Takes a body apart. Whatever is missing or has another shape reads as absent.
    pub fn new(body: Value) -> Self {
        let profiles = Path::new("properties.agentPoolProfiles")
            .get(&body)
            .and_then(Value::as_array);
        let pools = profiles
            .map(Vec::as_slice)
            .unwrap_or_default()
            .iter()
            .filter_map(LivePool::from_profile)
            .collect();
        Self { body, pools }
    }

    fn text(&self, path: &str) -> Option<&str> {
        Path::look_up(path, &self.body).and_then(Value::as_str)
    }

    /// The resource id, as Azure spells it.
    pub fn id(&self) -> Option<&str> {
        self.text("id")
    }

    /// The state of the last operation on the cluster itself.
    pub fn provisioning_state(&self) -> ProvisioningState {
        ProvisioningState::parse(self.text("properties.provisioningState"))
    }

    /// Whether the cluster is stopped.
    pub fn is_stopped(&self) -> bool {
        self.text("properties.powerState.code")
            .is_some_and(|code| code.eq_ignore_ascii_case("Stopped"))
    }

    /// Whether people sign in with Entra, in the integration that AKS manages.
    pub fn signs_in_with_entra(&self) -> bool {
        let managed = Path::new("properties.aadProfile.managed").get(&self.body);
        managed.and_then(Value::as_bool).unwrap_or(false)
    }

    /// The version the control plane runs.
    pub fn running_version(&self) -> Option<Version> {
        let text = self
            .text("properties.currentKubernetesVersion")
            .or(self.text("properties.kubernetesVersion"));
        text.and_then(|text| text.parse().ok())
    }

    /// The version the control plane is meant to reach: after a failed upgrade it differs from the running one.
    pub fn goal_version(&self) -> Option<Version> {
        self.text("properties.kubernetesVersion")
            .and_then(|text| text.parse().ok())
    }

    /// Whether AKS upgrades on its own, which rules out upgrading the control plane alone.
    pub fn upgrades_itself(&self) -> bool {
        self.text("properties.autoUpgradeProfile.upgradeChannel")
            .is_some_and(|channel| !channel.is_empty() && !channel.eq_ignore_ascii_case("none"))
    }

    /// The value of the ownership tag.
    pub fn owner(&self) -> Option<&str> {
        owner_tag(self.body.get("tags"))
    }

    /// The pool with this name.
    pub fn pool(&self, name: &str) -> Option<&LivePool> {
        self.pools.iter().find(|pool| pool.name.eq_ignore_ascii_case(name))
    }

    /// Whether `pool` is the one System pool that stays: AKS never lets it go or become a User pool.
    pub fn is_last_system_pool(&self, pool: &LivePool) -> bool {
        let stays = |other: &&LivePool| other.is_system() && !other.provisioning_state().is_deleting();
        pool.is_system() && !self.pools.iter().filter(stays).any(|other| other.name != pool.name)
    }

    /// What AKS says about why the last operation failed: code and message.
    pub fn provisioning_error(&self) -> Option<(&str, &str)> {
        provisioning_error(&self.body)
    }
}

impl LivePool {
    /// A pool from an entry of a cluster's `agentPoolProfiles`.
    fn from_profile(profile: &Value) -> Option<Self> {
        let name = profile.get("name")?.as_str()?.to_owned();
        let properties: Map<String, Value> = profile
            .as_object()?
            .iter()
            .filter(|(key, _)| *key != "name")
            .map(|(key, value)| (key.clone(), value.clone()))
            .collect();
        let mut body = Map::new();
        body.insert("properties".to_owned(), Value::Object(properties));
        Some(Self {
            name,
            body: Value::Object(body),
        })
    }

    /// A pool from the agent pool API.
    pub fn new(name: &str, body: Value) -> Self {
        Self {
            name: name.to_owned(),
            body,
        }
    }

    fn value(&self, property: &str) -> Option<&Value> {
        let value = self.body.get("properties")?.get(property)?;
        Some(value).filter(|value| !value.is_null())
    }

    fn text(&self, property: &str) -> Option<&str> {
        self.value(property).and_then(Value::as_str)
    }

    /// The state of the last operation on this pool.
    pub fn provisioning_state(&self) -> ProvisioningState {
        ProvisioningState::parse(self.text("provisioningState"))
    }

    /// The version the nodes run.
    pub fn running_version(&self) -> Option<Version> {
        let text = self
            .text("currentOrchestratorVersion")
            .or(self.text("orchestratorVersion"));
        text.and_then(|text| text.parse().ok())
    }

    /// The version the nodes are meant to reach.
    pub fn goal_version(&self) -> Option<Version> {
        self.text("orchestratorVersion").and_then(|text| text.parse().ok())
    }

    /// Whether the autoscaler owns the count.
    pub fn is_autoscaled(&self) -> bool {
        self.value("enableAutoScaling")
            .and_then(Value::as_bool)
            .unwrap_or(false)
    }

    /// Whether AKS runs its own components here.
    pub fn is_system(&self) -> bool {
        self.text("mode")
            .is_some_and(|mode| mode.eq_ignore_ascii_case("System"))
    }

    /// The number of nodes.
    pub fn count(&self) -> Option<i64> {
        self.value("count").and_then(Value::as_i64)
    }

    /// The value of the ownership tag.
    pub fn owner(&self) -> Option<&str> {
        owner_tag(self.value("tags"))
    }

    /// What AKS says about why the last operation failed: code and message.
    pub fn provisioning_error(&self) -> Option<(&str, &str)> {
        provisioning_error(&self.body)
    }
}

/// Tag names are case-insensitive in Azure.
fn owner_tag(tags: Option<&Value>) -> Option<&str> {
    let tags = tags?.as_object()?;
    tags.iter()
        .find(|(key, _)| key.eq_ignore_ascii_case(OWNER_TAG))
        .and_then(|(_, value)| value.as_str())
}

fn provisioning_error(body: &Value) -> Option<(&str, &str)> {
    let error = Path::new("properties.status.provisioningError").get(body)?;
    Some((
        error.get("code")?.as_str()?,
        error.get("message").and_then(Value::as_str).unwrap_or_default(),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn an_unknown_state_is_work_in_progress() {
        let live = LiveCluster::new(json!({"properties": {"provisioningState": "ReconcilingSomething"}}));
        assert_eq!(live.provisioning_state().busy(), Some("ReconcilingSomething"));
    }

    #[test]
    fn a_body_of_any_shape_is_read_without_failing() {
        for body in [
            json!(null),
            json!([]),
            json!({"properties": 3}),
            json!({"properties": {"agentPoolProfiles": [1, {}]}}),
        ] {
            let live = LiveCluster::new(body);
            assert!(live.pools.is_empty());
            assert_eq!(live.running_version(), None);
        }
    }

    #[test]
    fn a_profile_reads_like_the_pool_itself() {
        let live = LiveCluster::new(
            json!({"properties": {"agentPoolProfiles": [{"name": "sys", "mode": "system", "count": 3}]}}),
        );
        let pool = live.pool("SYS").unwrap();
        assert!(pool.is_system());
        assert_eq!(pool.body, json!({"properties": {"mode": "system", "count": 3}}));
    }

    #[test]
    fn the_owner_is_found_whatever_the_case_of_the_tag() {
        assert_eq!(
            LiveCluster::new(json!({"tags": {"Armature-Owner": "a/b/c"}})).owner(),
            Some("a/b/c")
        );
    }
}
