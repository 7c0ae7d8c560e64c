use super::*;
use crate::children::{Intent, Read, Reads, differences};
use crate::live::LiveCluster;
use armature_api::AksClusterSpec;

const CLUSTER: &str = "/subscriptions/s/resourceGroups/fleet/providers/Microsoft.ContainerService/managedClusters/shop";
const LOGS: &str = "/subscriptions/s/resourceGroups/shared/providers/Microsoft.OperationalInsights/workspaces/logs";
const METRICS: &str = "/subscriptions/s/resourceGroups/shared/providers/Microsoft.Monitor/accounts/metrics";
const INSIGHTS_DCR: &str =
    "/subscriptions/s/resourceGroups/fleet/providers/Microsoft.Insights/dataCollectionRules/MSCI-westus-shop";

/// What the workspaces show: one in a region that Azure writes with a space.
fn workspaces() -> Reads {
    let mut reads = Reads::default();
    let logs = Read::resource(LOGS, "2025-07-01");
    reads.keep(&logs, Some(json!({ "location": "West US" })));
    let metrics = Read::resource(METRICS, "2025-10-03");
    reads.keep(&metrics, Some(json!({ "location": "westeurope" })));
    reads
}

fn keep_list(reads: &mut Reads, hindrance: Hindrance, list: Value) {
    let (Hindrance::Look(read) | Hindrance::Ask(read)) = hindrance else {
        panic!("{hindrance:?}");
    };
    reads.keep(&read, Some(list));
}

fn on(spec: Value, reads: &Reads) -> Vec<Draft> {
    let spec: AksClusterSpec = serde_json::from_value(spec).unwrap();
    let live = LiveCluster::new(json!({ "id": CLUSTER, "name": "shop", "properties": {} }));
    let view = View {
        spec: &spec,
        cluster: CLUSTER,
        live: Some(&live),
        reads,
        intent: Intent::default(),
        allowed_types: &[],
    };
    (KIND.drafts)(&view)
}

fn spec(fields: Value) -> Value {
    let mut spec = json!({ "subscriptionId": "s", "resourceGroup": "fleet", "location": "westeurope" });
    for (name, value) in fields.as_object().unwrap() {
        spec[name] = value.clone();
    }
    spec
}

fn insights(fields: Value) -> Value {
    let mut entry = fields;
    entry["workspaceId"] = json!(LOGS);
    spec(json!({
        "addonProfiles": { "omsagent": { "enabled": true, "config": { "useAADAuth": "true" } } },
        "dataCollection": { "containerInsights": entry },
    }))
}

fn prometheus(fields: Value) -> Value {
    let mut entry = fields;
    entry["workspaceId"] = json!(METRICS);
    spec(json!({
        "azureMonitorProfile": { "metrics": { "enabled": true } },
        "dataCollection": { "managedPrometheus": entry },
    }))
}

fn names(drafts: &[Draft]) -> Vec<&str> {
    drafts.iter().map(|draft| draft.name.as_str()).collect()
}

fn body<'a>(drafts: &'a [Draft], name: &str) -> &'a Value {
    let draft = drafts.iter().find(|draft| draft.name == name).unwrap();
    &draft.child.as_ref().unwrap().body
}

#[test]
fn container_insights_is_a_rule_in_the_workspaces_region_and_an_association() {
    let drafts = on(insights(json!({})), &workspaces());
    assert_eq!(names(&drafts), ["containerInsights/dcr", "containerInsights/dcra"]);
    let rule = drafts[0].child.as_ref().unwrap();
    assert_eq!(rule.id, INSIGHTS_DCR);
    assert_eq!(rule.body["location"], "westus");
    let source = &rule.body["properties"]["dataSources"]["extensions"][0];
    assert_eq!(source["streams"], json!(["Microsoft-ContainerInsights-Group-Default"]));
    assert_eq!(
        source["extensionSettings"]["dataCollectionSettings"],
        json!({ "enableContainerLogV2": true, "namespaceFilteringMode": "Off" })
    );
    let association = body(&drafts, "containerInsights/dcra");
    assert_eq!(association["properties"]["dataCollectionRuleId"], INSIGHTS_DCR);
    assert_eq!(drafts[1].after, ["dataCollection/containerInsights/dcr"]);
}

#[test]
fn high_log_scale_takes_an_endpoint_and_the_other_stream() {
    let entry = json!({ "enableHighLogScaleMode": true, "streams": ["Microsoft-ContainerLogV2", "Microsoft-Perf"] });
    let drafts = on(insights(entry), &workspaces());
    assert_eq!(
        names(&drafts),
        [
            "containerInsights/dce",
            "containerInsights/dcr",
            "containerInsights/dcra"
        ]
    );
    let rule = body(&drafts, "containerInsights/dcr");
    let flow = &rule["properties"]["dataFlows"][0]["streams"];
    assert_eq!(flow, &json!(["Microsoft-ContainerLogV2-HighScale", "Microsoft-Perf"]));
    let endpoint = drafts[0].child.as_ref().unwrap();
    assert_eq!(rule["properties"]["dataCollectionEndpointId"], endpoint.id.as_str());
}

#[test]
fn syslog_is_a_source_and_a_flow_of_its_own() {
    let drafts = on(
        insights(json!({ "syslog": { "logLevels": ["Error", "Alert"] } })),
        &workspaces(),
    );
    let rule = body(&drafts, "containerInsights/dcr");
    let source = &rule["properties"]["dataSources"]["syslog"][0];
    assert_eq!(source["logLevels"], json!(["Error", "Alert"]));
    assert_eq!(source["facilityNames"].as_array().unwrap().len(), 20);
    assert_eq!(
        rule["properties"]["dataFlows"][1]["streams"],
        json!(["Microsoft-Syslog"])
    );
}

#[test]
fn lists_that_azure_reorders_are_no_difference_and_a_dropped_filter_is_one() {
    let wanted = on(
        insights(json!({ "namespaceFilteringMode": "Exclude", "namespaces": ["a", "b"] })),
        &workspaces(),
    );
    let wanted = body(&wanted, "containerInsights/dcr");
    let settings = "/properties/dataSources/extensions/0/extensionSettings/dataCollectionSettings";
    let mut live = wanted.clone();
    live.pointer_mut(settings).unwrap()["namespaces"] = json!(["b", "a"]);
    live["properties"]["immutableId"] = json!("dcr-1");
    assert_eq!(differences(wanted, &live, KIND.compare), [""; 0]);

    let plain = on(insights(json!({})), &workspaces());
    let plain = body(&plain, "containerInsights/dcr");
    assert_eq!(differences(plain, &live, KIND.compare).len(), 1);
    live.pointer_mut(settings)
        .unwrap()
        .as_object_mut()
        .unwrap()
        .remove("namespaceFilteringMode");
    assert_eq!(differences(plain, &live, KIND.compare), [""; 0]);
}

#[test]
fn a_rule_waits_for_its_workspace_and_for_its_agent() {
    let mut reads = Reads::default();
    assert!(matches!(
        on(insights(json!({})), &reads)[0].child,
        Err(Hindrance::Look(_))
    ));
    reads.keep(&Read::resource(LOGS, "2025-07-01"), None);
    let waits = |drafts: Vec<Draft>, word: &str| match &drafts[0].child {
        Err(Hindrance::NotYet(what)) => assert!(what.contains(word), "{what}"),
        other => panic!("{other:?}"),
    };
    waits(on(insights(json!({})), &reads), "workspaces/logs to exist");
    let mut off = insights(json!({}));
    off["addonProfiles"]["omsagent"]["enabled"] = json!(false);
    waits(on(off, &workspaces()), "omsagent to be enabled");
}

/// As `alertRuleRecommendations` of a workspace shows them.
fn recommendation(name: &str, rule: Value) -> Value {
    json!({ "name": name, "properties": {
        "alertRuleType": "microsoft.alertsmanagement/prometheusrulegroups",
        "rulesArmTemplate": { "resources": [{
            "type": "Microsoft.AlertsManagement/prometheusRuleGroups",
            "properties": { "rules": [rule] },
        }] },
    } })
}

#[test]
fn recording_rules_are_those_that_the_workspace_recommends_for_the_nodes() {
    let mut reads = workspaces();
    let drafts = on(prometheus(json!({})), &reads);
    let open = drafts.last().unwrap();
    assert_eq!(open.name, "managedPrometheus/recordings");
    let record = || json!({ "record": "a:b", "expression": "up" });
    let list = json!([
        recommendation("KubernetesRecordingRulesRuleGroup", record()),
        recommendation("NodeRecordingRulesRuleGroup-Win-", record()),
        recommendation("UXRecordingRulesRuleGroup - ", record()),
        recommendation("Alerts", json!({ "alert": "Down", "expression": "up == 0" })),
        { "name": "other", "properties": { "alertRuleType": "Microsoft.Insights/metricAlerts" } },
    ]);
    keep_list(&mut reads, open.child.clone().unwrap_err(), list);

    let drafts = on(prometheus(json!({})), &reads);
    assert_eq!(
        names(&drafts)[3..],
        [
            "managedPrometheus/recordings/KubernetesRecordingRulesRuleGroup",
            "managedPrometheus/recordings/UXRecordingRulesRuleGroup"
        ]
    );
    let group = drafts[3].child.as_ref().unwrap();
    assert!(
        group.id.ends_with("/KubernetesRecordingRulesRuleGroup-shop"),
        "{}",
        group.id
    );
    assert_eq!(group.body["properties"]["scopes"], json!([METRICS, CLUSTER]));
    assert_eq!(group.body["properties"]["rules"], json!([record()]));

    let all = on(prometheus(json!({ "recordingRules": "LinuxAndWindows" })), &reads);
    assert_eq!(all.len(), 6);
    let none = on(prometheus(json!({ "recordingRules": "None" })), &reads);
    assert_eq!(
        names(&none),
        [
            "managedPrometheus/dce",
            "managedPrometheus/dcr",
            "managedPrometheus/dcra"
        ]
    );
}

#[test]
fn an_agent_that_nobody_feeds_is_told_unless_an_association_may_be_its_own() {
    let wanted = || spec(json!({ "azureMonitorProfile": { "metrics": { "enabled": true } } }));
    let mut reads = Reads::default();
    let open = on(wanted(), &reads).remove(0);
    assert_eq!(open.name, "managedPrometheus");
    let Err(Hindrance::Ask(ask)) = open.child else {
        panic!("{open:?}");
    };
    let other = json!([{ "name": "ContainerInsightsExtension" }]);
    reads.keep(&ask, Some(other));
    assert!(matches!(
        on(wanted(), &reads)[0].child,
        Err(Hindrance::Pointless { .. })
    ));
    let by_policy = json!([{ "name": "MyAssociation" }]);
    reads.keep(&ask, Some(by_policy));
    assert_eq!(on(wanted(), &reads), []);
    reads.keep(&ask, Some(Value::Null));
    assert_eq!(on(wanted(), &reads), [], "who may not look knows nothing");
}

#[test]
fn the_old_way_of_container_insights_takes_no_rule() {
    let spec = spec(json!({ "addonProfiles": { "omsagent": { "enabled": true } } }));
    assert_eq!(on(spec, &Reads::default()), []);
}
