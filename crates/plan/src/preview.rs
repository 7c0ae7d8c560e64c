//! Previews: whether a cluster may use one, and whether the subscription has registered the features it takes.

use std::collections::{BTreeMap, BTreeSet};

use super::blocker::Blocker;
use super::change::{Change, Source, Target};
use super::path::Path;
use super::step::Step;
use super::{Input, Plan, Planned};

/// What is known about previews when a decision is made.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Previews {
    /// Whether the identity of the cluster may use preview api-versions.
    pub allowed: bool,
    /// How features of Microsoft.ContainerService stand in the subscription, as far as anybody asked.
    pub features: BTreeMap<String, Registration>,
    /// The feature that Azure missed when it refused a write.
    pub refused: Refusals,
}

/// Features that Azure missed when it refused a write, by what the write was about and the name of its step: that a change
/// was refused keeps nobody from deleting.
pub type Refusals = BTreeMap<(Target, &'static str), String>;

/// How a feature stands in a subscription.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Registration {
    /// It may be used.
    Registered,
    /// It may not; the state as Azure names it.
    Missing(String),
    /// Nobody may look: Azure will say when a write needs it.
    Hidden,
}

/// Properties whose feature is documented: path, feature, article of Azure's documentation.
type Known = (&'static str, &'static str, &'static str);

const OF_CLUSTERS: &[Known] = &[
    (
        "properties.networkProfile.kubeProxyConfig",
        "KubeProxyConfigurationPreview",
        "configure-kube-proxy",
    ),
    (
        "properties.networkProfile.podLinkLocalAccess",
        "IMDSRestrictionPreview",
        "imds-restriction",
    ),
    (
        "properties.workloadAutoScalerProfile.verticalPodAutoscaler.addonAutoscaling",
        "AKS-AddonAutoscalingPreview",
        "optimized-addon-scaling",
    ),
    (
        "properties.securityProfile.imageIntegrity",
        "EnableImageIntegrityPreview",
        "image-integrity",
    ),
];

const OF_POOLS: &[Known] = &[
    (
        "properties.nodeInitializationTaints",
        "NodeInitializationTaintsPreview",
        "use-node-taints",
    ),
    (
        "properties.kubeletConfig.seccompDefault",
        "KubeletDefaultSeccompProfilePreview",
        "secure-container-access",
    ),
];

/// Whether an api-version is a preview.
pub fn is_preview(api_version: &str) -> bool {
    api_version.ends_with("-preview")
}

/// A cluster that asks for a preview its identity may not use. Nothing is compared then: the stable api-version does not
/// show what the manifest may be about.
pub fn not_allowed(input: &Input<'_>) -> Option<Blocker> {
    let version = input.cluster.api_version.as_ref()?;
    (is_preview(version) && !input.facts.previews.allowed).then(|| Blocker::PreviewNotAllowed {
        version: version.clone(),
        identity: input.cluster.identity.clone(),
    })
}

/// The features that have to be registered before any step that may start.
pub fn needed(input: &Input<'_>, plan: &Plan) -> BTreeSet<String> {
    let open = plan.steps.iter().filter(|planned| planned.is_open());
    let features = |planned: &Planned| {
        let missed = input.facts.previews.missed(&planned.step).map(str::to_owned);
        features_of(&planned.step, input).into_iter().chain(missed)
    };
    open.flat_map(features).collect()
}

impl Previews {
    /// The feature that Azure missed when it refused such a step.
    fn missed(&self, step: &Step) -> Option<&str> {
        self.refused.get(&(step.target(), step.name())).map(String::as_str)
    }
}

/// What stands against a step that Azure refused for want of a feature, whatever kind of step that is, for as long as the
/// feature is not registered.
pub fn refusal(step: &Step, input: &Input<'_>) -> Option<Blocker> {
    blocker(step, input.facts.previews.missed(step)?, input)
}

/// Takes out what needs a feature that is not registered, and names the feature; the rest goes on.
pub fn hold_back(input: &Input<'_>, plan: &mut Plan) {
    for planned in std::mem::take(&mut plan.steps) {
        let missing = missing(&planned.step, input);
        if missing.is_empty() {
            plan.steps.push(planned);
            continue;
        }
        plan.blockers.extend(missing);
        if matches!(planned.step, Step::CreateCluster { .. }) {
            // What follows stands on it.
            return plan.steps.clear();
        }
        let others: Vec<Change> = planned
            .step
            .changes()
            .iter()
            .filter(|change| !is_override(change))
            .cloned()
            .collect();
        if !others.is_empty() {
            plan.steps.push(Planned {
                step: planned.step.with_changes(others),
                hold: planned.hold,
            });
        }
    }
    plan.blockers.dedup();
}

fn missing(step: &Step, input: &Input<'_>) -> Vec<Blocker> {
    let features = features_of(step, input).into_iter();
    features.filter_map(|feature| blocker(step, &feature, input)).collect()
}

/// Names a feature that the step takes, if it is known not to be registered.
fn blocker(step: &Step, feature: &str, input: &Input<'_>) -> Option<Blocker> {
    match input.facts.previews.features.get(feature)? {
        Registration::Missing(state) => Some(Blocker::FeatureNotRegistered {
            target: step.target(),
            state: state.clone(),
            feature: feature.to_owned(),
            subscription: input.cluster.subscription.clone(),
        }),
        Registration::Registered | Registration::Hidden => None,
    }
}

fn is_override(change: &Change) -> bool {
    change.source == Source::Override
}

/// The features that a step takes: those the manifest names and those of the properties it sets, where it sets any by
/// overrides.
fn features_of(step: &Step, input: &Input<'_>) -> BTreeSet<String> {
    let pool = |name: &String| input.pools.iter().find(|pool| pool.name == *name);
    let paths: Vec<&Path> = match step {
        Step::CreateCluster { pools } => {
            let pools = pools.iter().filter_map(pool).flat_map(|pool| pool.overrides.set());
            input.cluster.overrides.set().chain(pools).collect()
        }
        Step::CreatePool { pool: name, .. } => {
            let pool = pool(name).into_iter();
            pool.flat_map(|pool| pool.overrides.set()).collect()
        }
        Step::UpdateCluster { changes } | Step::UpdatePool { changes, .. } => {
            let overridden = changes.iter().filter(|change| is_override(change));
            overridden.map(|change| &change.path).collect()
        }
        _ => return BTreeSet::new(),
    };
    let known = OF_CLUSTERS.iter().chain(OF_POOLS);
    let of_path = known
        .filter(|(path, _, _)| paths.iter().any(|set| set.starts_with(path)))
        .map(|(_, feature, _)| (*feature).to_owned());
    let named = input.cluster.preview_features.iter().filter(|_| !paths.is_empty());
    of_path.chain(named.cloned()).collect()
}

/// The feature that Azure missed, from the message of a refusal: "Preview feature Microsoft.ContainerService/NAME not
/// registered." (Learn: the articles of previews; REST: "Feature Microsoft.ContainerService/NAME is not enabled").
pub fn refused_feature(message: &str) -> Option<&str> {
    let (_, rest) = message.split_once("eature Microsoft.ContainerService/")?;
    let end = rest.find(|character: char| !(character.is_ascii_alphanumeric() || matches!(character, '-' | '_')))?;
    let (name, verdict) = rest.split_at(end);
    let verdict = verdict.trim_start();
    let says_no = ["not registered", "is not registered", "is not enabled"];
    (!name.is_empty() && says_no.iter().any(|no| verdict.starts_with(no))).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_feature_is_read_from_azures_refusal() {
        assert_eq!(
            refused_feature("Preview feature Microsoft.ContainerService/KubeProxyConfigurationPreview not registered."),
            Some("KubeProxyConfigurationPreview")
        );
        assert_eq!(
            refused_feature(
                "Feature Microsoft.ContainerService/AKS-X is not enabled. Please see https://aka.ms/aks/previews"
            ),
            Some("AKS-X")
        );
        assert_eq!(
            refused_feature("Feature Microsoft.ContainerService/X is registered."),
            None
        );
        assert_eq!(
            refused_feature("The value of parameter networkProfile is invalid"),
            None
        );
    }

    #[test]
    fn every_known_feature_has_a_source_and_no_field_of_its_own() {
        for (path, feature, source) in OF_CLUSTERS.iter().chain(OF_POOLS) {
            assert!(!feature.is_empty() && !source.is_empty(), "{path}");
            let rows = super::super::fields::cluster::FIELDS
                .iter()
                .chain(super::super::fields::pool::FIELDS);
            assert!(rows.clone().all(|field| field.path != *path), "{path} is stable by now");
        }
    }
}
