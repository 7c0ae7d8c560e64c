//! Agents that are on while nothing says where their data goes: Azure takes that without a word, and no data arrives.

use serde_json::Value;

use super::{API_VERSION, INSIGHTS_ASSOCIATION, METRICS_ASSOCIATION, agents};
use crate::children::{Draft, Hindrance, Needs, View};

/// Ties a cluster to an endpoint for its agents' settings, not to a rule.
const ENDPOINT_ASSOCIATION: &str = "configurationAccessEndpoint";

/// The agents of Container insights.
pub(super) fn container_insights(view: &View<'_>) -> Option<Draft> {
    let agent = agents::insights_wanted(view.spec)?;
    unfed(view, "containerInsights", METRICS_ASSOCIATION, agent)
}

/// The agent of managed Prometheus. Its collector for the control plane does not even start.
pub(super) fn managed_prometheus(view: &View<'_>) -> Option<Draft> {
    let agent = agents::metrics_wanted(view.spec)?;
    unfed(view, "managedPrometheus", INSIGHTS_ASSOCIATION, agent)
}

/// A line for the entry that is not there, unless the cluster is tied to a rule that may be meant for this agent.
fn unfed(view: &View<'_>, entry: &str, of_the_other: &str, agent: &str) -> Option<Draft> {
    view.live?;
    let list = format!(
        "{}/providers/Microsoft.Insights/dataCollectionRuleAssociations",
        view.cluster
    );
    let hindrance = match view.ask_list(&list, API_VERSION) {
        Err(hindrance) => hindrance,
        Ok(associations) => {
            let is_other = |association: &Value| {
                let name = association["name"].as_str().unwrap_or_default();
                [of_the_other, ENDPOINT_ASSOCIATION]
                    .iter()
                    .any(|other| name.eq_ignore_ascii_case(other))
            };
            // Who may not look knows nothing.
            if associations?.iter().any(|association| !is_other(association)) {
                return None;
            }
            Hindrance::Pointless {
                code: "NoDataCollectionRule",
                problem: format!(
                    "{agent} is enabled and no data collection rule is associated with the cluster: no data arrives"
                ),
            }
        }
    };
    Some(Draft::new(entry, Needs::Cluster, Err(hindrance)))
}
