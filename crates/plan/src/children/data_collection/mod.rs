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
    is_named_after: |cluster, _, id| {
        let fixed = place::type_of(id).map_or(&[][..], |type_| Named::heads(&type_));
        place::is_named_after(cluster, id, fixed)
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

/// What is in the group of the cluster and named after it, as `az aks` does. No two heads of a type can be taken for each
/// other, so that a name that stays as it is has one reading.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Named {
    InsightsEndpoint,
    InsightsRule,
    MetricsEndpoint,
    MetricsRule,
    RuleGroup,
}

impl Named {
    fn type_(self) -> &'static str {
        match self {
            Self::InsightsEndpoint | Self::MetricsEndpoint => "Microsoft.Insights/dataCollectionEndpoints",
            Self::InsightsRule | Self::MetricsRule => "Microsoft.Insights/dataCollectionRules",
            Self::RuleGroup => "Microsoft.AlertsManagement/prometheusRuleGroups",
        }
    }

    fn fixed(self) -> &'static str {
        match self {
            Self::InsightsEndpoint => "MSCI-ingest-",
            Self::InsightsRule => "MSCI-",
            Self::MetricsEndpoint | Self::MetricsRule => "MSProm-",
            Self::RuleGroup => "",
        }
    }

    /// How many characters its name has at most (azure-cli 2.91, acs module).
    fn longest(self) -> usize {
        match self {
            Self::InsightsEndpoint => 43,
            Self::MetricsEndpoint => 44,
            Self::InsightsRule | Self::MetricsRule => 64,
            Self::RuleGroup => 260,
        }
    }

    /// How names of a type, in lower case, begin.
    fn heads(type_: &str) -> &'static [&'static str] {
        match type_ {
            "microsoft.alertsmanagement/prometheusrulegroups" => &[""],
            "microsoft.insights/datacollectionendpoints" => &["MSCI-ingest-", "MSProm-"],
            "microsoft.insights/datacollectionrules" => &["MSCI-", "MSProm-"],
            _ => &[],
        }
    }

    /// Its id, where `part` tells those of one cluster apart: a region, or the name of a group of rules.
    fn id(self, part: &str, cluster: &str) -> String {
        let fixed = self.fixed();
        let name = place::named(place::Head { fixed, part }, self.longest(), cluster);
        format!("{}/providers/{}/{name}", place::group(cluster), self.type_())
    }
}

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

    /// The id of a resource that is named after region and cluster.
    fn id(&self, named: Named) -> Result<String, Hindrance> {
        Ok(named.id(&self.region.clone()?, self.cluster))
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

/// Ids of each sort that a cluster comes to.
#[cfg(test)]
pub(super) fn made(cluster: &str) -> Vec<String> {
    let regional = [
        Named::InsightsEndpoint,
        Named::InsightsRule,
        Named::MetricsEndpoint,
        Named::MetricsRule,
    ];
    let regions = ["westeurope", "germanywestcentral"];
    let regional = regional
        .iter()
        .flat_map(|named| regions.map(|region| named.id(region, cluster)));
    let groups = [
        "UXRecordingRulesRuleGroup",
        "UXRecordingRulesRuleGroup-Win",
        "Node.Rules",
    ];
    let groups = groups.map(|group| Named::RuleGroup.id(group, cluster));
    regional.chain(groups).collect()
}

#[cfg(test)]
mod tests;
