//! Preview features: how they stand in the subscription of a cluster, asked before a write that needs them.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde_json::Value;
use tokio::time::Instant;
use tracing::warn;

use super::failure::Ended;
use super::pass::Pass;
use armature_arm::{ArmClient, ArmError, Priority, ResourceId, Retry};
use armature_plan::change::Target;
use armature_plan::preview::{Refusals, Registration, refused_feature};
use armature_plan::segment::Segment;
use armature_plan::step::Step;

/// The api-version of Microsoft.Features (azure-mgmt-resource-features 1.0.0).
const API_VERSION: &str = "2021-07-01";
/// A feature that is registered rarely goes away again.
const REGISTERED_FOR: Duration = Duration::from_secs(3600);
/// One that is not is on its way perhaps: registering takes some minutes (Learn: preview-features).
const MISSING_FOR: Duration = Duration::from_secs(240);

/// What is known of features, until it is too old.
#[derive(Debug, Default)]
pub struct Features {
    known: BTreeMap<String, (Registration, Instant)>,
    refused: Refusals,
    /// What the manifests asked for when they were noted.
    asked: u64,
}

impl Features {
    /// The features that Azure missed when it refused a write.
    pub fn refused(&self) -> Refusals {
        self.refused.clone()
    }

    /// Notes what the manifests ask for now: with another one a write is another write, and nobody knows that it is refused.
    pub fn asked(&mut self, asked: u64) {
        if self.asked != asked {
            self.asked = asked;
            self.refused.clear();
        }
    }

    /// Forgets what it knows, because somebody asked for a fresh look.
    pub fn forget(&mut self) {
        self.known.clear();
    }

    fn known(&self, feature: &str) -> Option<Registration> {
        let (registration, until) = self.known.get(feature)?;
        (Instant::now() < *until).then(|| registration.clone())
    }

    fn learn(&mut self, feature: &str, registration: &Registration) {
        let lasts = match registration {
            Registration::Registered => REGISTERED_FOR,
            Registration::Missing(_) | Registration::Hidden => MISSING_FOR,
        };
        if *registration == Registration::Registered {
            self.refused.retain(|_, refused| refused != feature);
        }
        let until = Instant::now() + lasts;
        self.known.insert(feature.to_owned(), (registration.clone(), until));
    }
}

/// How these features stand.
///
/// # Errors
/// Azure could not be asked.
pub async fn registrations(
    pass: &mut Pass<'_>,
    arm: &ArmClient,
    features: BTreeSet<String>,
) -> Result<BTreeMap<String, Registration>, Ended> {
    let mut found = BTreeMap::new();
    for feature in features {
        let registration = match pass.memory.features.known(&feature) {
            Some(known) => known,
            None => {
                let asked = ask(pass, arm, &feature).await?;
                pass.memory.features.learn(&feature, &asked);
                asked
            }
        };
        found.insert(feature, registration);
    }
    Ok(found)
}

async fn ask(pass: &Pass<'_>, arm: &ArmClient, feature: &str) -> Result<Registration, Ended> {
    let invalid = |problem: String| {
        let next = "correct spec.previewFeatures";
        Ended::ours(Target::Cluster, "InvalidSpec", problem, next, Retry::User)
    };
    let feature = Segment::parse(feature).map_err(|error| invalid(error.to_string()))?;
    let id = format!(
        "/subscriptions/{}/providers/Microsoft.Features/providers/Microsoft.ContainerService/features/{feature}",
        pass.id.subscription().as_str()
    );
    let id = ResourceId::parse(&id).map_err(|error| invalid(error.to_string()))?;
    match arm.get_resource(&id, API_VERSION, Priority::Config).await {
        Ok(body) => Ok(registration(body.as_ref())),
        // Azure itself will say when a write needs it.
        Err(error) if error.status() == Some(403) => Ok(Registration::Hidden),
        Err(error) => Err(pass.call_failed(Target::Cluster, &error)),
    }
}

fn registration(body: Option<&Value>) -> Registration {
    let state = body
        .and_then(|body| body.pointer("/properties/state"))
        .and_then(Value::as_str);
    match state {
        Some(state) if state.eq_ignore_ascii_case("Registered") => Registration::Registered,
        Some(state) => Registration::Missing(state.to_owned()),
        None => Registration::Missing("unknown to Azure".to_owned()),
    }
}

/// Notes that Azure refused a write for want of a feature: until that is registered it is not sent again. Returns whether
/// that was so.
pub fn note_refusal(pass: &mut Pass<'_>, step: &Step, error: &ArmError) -> bool {
    let message = error.to_string();
    let Some(feature) = refused_feature(&message) else {
        return false;
    };
    warn!(cluster = %pass.id, step = step.name(), feature, "Azure misses a preview feature");
    let features = &mut pass.memory.features;
    features.learn(feature, &Registration::Missing("not registered".to_owned()));
    features
        .refused
        .insert((step.target(), step.name()), feature.to_owned());
    true
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn only_registered_is_registered() {
        let of = |state: &str| registration(Some(&json!({ "properties": { "state": state } })));
        assert_eq!(of("Registered"), Registration::Registered);
        assert_eq!(of("Registering"), Registration::Missing("Registering".to_owned()));
        assert!(matches!(registration(None), Registration::Missing(_)));
    }

    #[tokio::test(start_paused = true)]
    async fn a_missing_feature_is_asked_for_again_within_minutes() {
        let mut features = Features::default();
        features.learn("X", &Registration::Missing("Registering".to_owned()));
        assert!(features.known("X").is_some());
        tokio::time::advance(MISSING_FOR).await;
        assert_eq!(features.known("X"), None);
    }

    fn refused() -> Features {
        let refused = ((Target::Cluster, Step::ResumeCluster.name()), "X".to_owned());
        Features {
            refused: Refusals::from([refused]),
            ..Features::default()
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_refusal_is_over_once_the_feature_is_registered() {
        let mut features = refused();
        features.learn("X", &Registration::Missing("Registering".to_owned()));
        assert_eq!(features.refused().len(), 1);
        features.learn("X", &Registration::Registered);
        assert!(features.refused().is_empty());
    }

    #[test]
    fn a_refusal_is_over_with_another_manifest() {
        let mut features = refused();
        features.asked(0);
        assert_eq!(features.refused().len(), 1, "it is the same manifest");
        features.asked(1);
        assert!(features.refused().is_empty());
    }
}
