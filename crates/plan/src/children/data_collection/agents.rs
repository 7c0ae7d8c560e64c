//! The agents in a cluster that collect data, and whether they are on.

use serde_json::Value;

use crate::children::{Hindrance, View};
use armature_api::AksClusterSpec;

const ADDON: &str = "addonProfiles.omsagent";
const INSIGHTS: &str = "azureMonitorProfile.containerInsights";
const METRICS: &str = "azureMonitorProfile.metrics";

/// The agent of Container insights that the manifest turns on, if it works by data collection rules: with a key of the
/// workspace, its old way, the add-on takes none.
pub(super) fn insights_wanted(spec: &AksClusterSpec) -> Option<&'static str> {
    if profile_insights(spec) == Some(true) {
        return Some(INSIGHTS);
    }
    let addon = spec.addon_profiles.as_ref()?.get("omsagent")?;
    let signs_in = addon.config.as_ref()?.get("useAADAuth")?;
    (addon.enabled && signs_in.eq_ignore_ascii_case("true")).then_some(ADDON)
}

/// The same for managed Prometheus.
pub(super) fn metrics_wanted(spec: &AksClusterSpec) -> Option<&'static str> {
    (profile_metrics(spec) == Some(true)).then_some(METRICS)
}

/// Without its agent a rule would do nothing.
///
/// # Errors
/// [`Hindrance::NotYet`] while no agent of Container insights is on, by the manifest or, where it says nothing, in Azure.
pub(super) fn insights_on(view: &View<'_>) -> Result<(), Hindrance> {
    let addon = view
        .spec
        .addon_profiles
        .as_ref()
        .and_then(|addons| addons.get("omsagent"));
    let on = is_on(
        addon.map(|addon| addon.enabled),
        view,
        "/properties/addonProfiles/omsagent/enabled",
    ) || is_on(
        profile_insights(view.spec),
        view,
        "/properties/azureMonitorProfile/containerInsights/enabled",
    );
    needs(on, &format!("{INSIGHTS} or {ADDON}"))
}

/// The same for managed Prometheus. The manifest's word is enough: the association has to be there before the collector
/// for the control plane starts.
///
/// # Errors
/// [`Hindrance::NotYet`] while its agent is off.
pub(super) fn metrics_on(view: &View<'_>) -> Result<(), Hindrance> {
    let on = is_on(
        profile_metrics(view.spec),
        view,
        "/properties/azureMonitorProfile/metrics/enabled",
    );
    needs(on, METRICS)
}

fn profile_insights(spec: &AksClusterSpec) -> Option<bool> {
    spec.azure_monitor_profile
        .as_ref()?
        .container_insights
        .as_ref()?
        .enabled
}

fn profile_metrics(spec: &AksClusterSpec) -> Option<bool> {
    let metrics = spec.azure_monitor_profile.as_ref()?.metrics.as_ref()?;
    Some(metrics.enabled)
}

fn is_on(wanted: Option<bool>, view: &View<'_>, live: &str) -> bool {
    let live = || {
        view.live
            .and_then(|cluster| cluster.body.pointer(live))
            .and_then(Value::as_bool)
    };
    wanted.or_else(live).unwrap_or_default()
}

fn needs(on: bool, agent: &str) -> Result<(), Hindrance> {
    match on {
        true => Ok(()),
        false => Err(Hindrance::NotYet(format!("{agent} to be enabled"))),
    }
}
