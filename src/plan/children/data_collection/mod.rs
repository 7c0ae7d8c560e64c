//! Data collection: what `az aks` sets up for Container insights and managed Prometheus (azure-cli 2.91, acs module), as
//! resources of one entry each. Their names end alike, and what is named later in the alphabet rests on what is named
//! before it: `dce` endpoint, `dcr` rule, `dcra` association, `recordings` groups of recording rules.

mod agents;
mod container_insights;
mod managed_prometheus;
mod unfed;

use serde_json::{Value, json};

use super::{Child, Draft, Hindrance, Kind, Leaves, Needs, Rule, View, key, place};

pub(super) static KIND: Kind = Kind {
    field: "dataCollection",
    // Azure leaves all of it behind.
    leaves: Leaves::BeforeCluster,
    compare: &[
        ("properties.description", Rule::Ignored),
        ("properties.dataFlows.*.streams", Rule::Set),
        ("properties.dataSources.*.*.streams", Rule::Set),
        ("properties.dataSources.*.*.facilityNames", Rule::Set),
        ("properties.dataSources.*.*.logLevels", Rule::Set),
        (
            "properties.dataSources.extensions.*.extensionSettings.dataCollectionSettings.namespaces",
            Rule::Set,
        ),
        (
            "properties.dataSources.extensions.*.extensionSettings.dataCollectionSettings.streams",
            Rule::Set,
        ),
        // Other clients leave it out.
        (
            "properties.dataSources.extensions.*.extensionSettings.dataCollectionSettings.namespaceFilteringMode",
            Rule::NoneIs("Off"),
        ),
        ("properties.scopes", Rule::Set),
    ],
    drafts,
    // They are in the group of the cluster and named after it, as `az aks` does.
    is_named_after: |cluster, _, id| {
        place::group(id).eq_ignore_ascii_case(place::group(cluster))
            && place::type_of(id).is_some_and(|type_| NAMED_AFTER_CLUSTER.contains(&&*type_))
    },
    actions: &[
        "Microsoft.AlertsManagement/alertRuleRecommendations/read",
        "Microsoft.AlertsManagement/prometheusRuleGroups/delete",
        "Microsoft.AlertsManagement/prometheusRuleGroups/read",
        "Microsoft.AlertsManagement/prometheusRuleGroups/write",
        "Microsoft.Insights/dataCollectionEndpoints/delete",
        "Microsoft.Insights/dataCollectionEndpoints/read",
        "Microsoft.Insights/dataCollectionEndpoints/write",
        "Microsoft.Insights/dataCollectionRuleAssociations/delete",
        "Microsoft.Insights/dataCollectionRuleAssociations/read",
        "Microsoft.Insights/dataCollectionRuleAssociations/write",
        "Microsoft.Insights/dataCollectionRules/delete",
        "Microsoft.Insights/dataCollectionRules/read",
        "Microsoft.Insights/dataCollectionRules/write",
        "Microsoft.Monitor/accounts/read",
        "Microsoft.OperationalInsights/workspaces/read",
    ],
    ..Kind::PLAIN
};

/// What is named after region and cluster.
const NAMED_AFTER_CLUSTER: [&str; 3] = [
    "microsoft.alertsmanagement/prometheusrulegroups",
    "microsoft.insights/datacollectionendpoints",
    "microsoft.insights/datacollectionrules",
];

/// API version of rules, endpoints and associations.
const API_VERSION: &str = "2023-03-11";
/// Names of the associations, the same for every client of Azure's.
const INSIGHTS_ASSOCIATION: &str = "ContainerInsightsExtension";
const METRICS_ASSOCIATION: &str = "ContainerInsightsMetricsExtension";

fn drafts(view: &View<'_>) -> Vec<Draft> {
    let wanted = view.spec.data_collection.as_ref();
    let insights = wanted.and_then(|wanted| wanted.container_insights.as_ref());
    let metrics = wanted.and_then(|wanted| wanted.managed_prometheus.as_ref());
    let mut drafts = Vec::new();
    match insights {
        Some(insights) => drafts.extend(container_insights::drafts(view, insights)),
        None => drafts.extend(unfed::container_insights(view)),
    }
    match metrics {
        Some(metrics) => drafts.extend(managed_prometheus::drafts(view, metrics)),
        None => drafts.extend(unfed::managed_prometheus(view)),
    }
    drafts
}

/// The parts of one entry: names, places and ids.
struct Parts<'a> {
    cluster: &'a str,
    /// The entry, first part of the names in status.
    entry: &'static str,
    /// Region of the workspace, where all but the association is.
    region: Result<String, Hindrance>,
}

impl Parts<'_> {
    fn key(&self, part: &str) -> String {
        key(&KIND, &self.name(part))
    }

    fn name(&self, part: &str) -> String {
        format!("{}/{part}", self.entry)
    }

    /// The id of a resource in the cluster's group, named after region and cluster.
    fn id(&self, kind: &str, prefix: &str, longest: usize) -> Result<String, Hindrance> {
        let region = self.region.clone()?;
        let name = format!("{prefix}-{region}-{}", place::name(self.cluster));
        let name = place::fitted(&name, longest, self.cluster);
        Ok(format!("{}/providers/{kind}/{name}", place::group(self.cluster)))
    }

    fn endpoint_id(&self, prefix: &str, longest: usize) -> Result<String, Hindrance> {
        self.id("Microsoft.Insights/dataCollectionEndpoints", prefix, longest)
    }

    fn rule_id(&self, prefix: &str) -> Result<String, Hindrance> {
        self.id("Microsoft.Insights/dataCollectionRules", prefix, 64)
    }

    /// A resource in the workspace's region. `entry` is what of the manifest it depends on.
    fn regional(
        &self,
        id: Result<String, Hindrance>,
        entry: Value,
        properties: impl FnOnce() -> Result<Value, Hindrance>,
    ) -> Result<Child, Hindrance> {
        let body = json!({ "location": self.region.clone()?, "kind": "Linux", "properties": properties()? });
        Ok(child(id?, entry, body))
    }

    fn endpoint(&self, id: Result<String, Hindrance>) -> Draft {
        let properties = || Ok(json!({ "networkAcls": { "publicNetworkAccess": "Enabled" } }));
        Draft::new(
            self.name("dce"),
            Needs::Cluster,
            self.regional(id, json!({}), properties),
        )
    }

    /// Ties the cluster to a rule once that is there.
    fn association(&self, name: &str, rule: Result<String, Hindrance>, description: &str) -> Draft {
        let association = rule.map(|rule| {
            let id = format!(
                "{}/providers/Microsoft.Insights/dataCollectionRuleAssociations/{name}",
                self.cluster
            );
            let body = json!({ "properties": { "dataCollectionRuleId": rule, "description": description } });
            child(id, json!({ "dataCollectionRuleId": rule }), body)
        });
        Draft::new(self.name("dcra"), Needs::Cluster, association).after(vec![self.key("dcr")])
    }
}

fn child(id: String, entry: Value, body: Value) -> Child {
    Child {
        id,
        api_version: API_VERSION.into(),
        entry,
        body,
        secrets: Vec::new(),
    }
}

#[cfg(test)]
mod tests;
