"""Azure Monitor: workspaces, diagnostic settings, data collection, rule groups."""

from azure.mgmt.loganalytics import LogAnalyticsManagementClient
from azure.mgmt.loganalytics import models as analytics
from azure.mgmt.monitor import MonitorManagementClient
from azure.mgmt.monitor.v2021_05_01_preview import models as settings
from azure.mgmt.monitor.v2022_06_01 import models as collection
from azure.mgmt.monitorworkspaces import MonitorWorkspacesMgmtClient
from azure.mgmt.monitorworkspaces import models as accounts
from azure.mgmt.prometheusrulegroups import PrometheusRuleGroupsMgmtClient
from azure.mgmt.prometheusrulegroups import models as rules

from harness import REGION

GROUP = CLUSTER = "observed"


def run(h):
    cluster = h.cluster(CLUSTER)
    workspaces = h.client(LogAnalyticsManagementClient).workspaces
    logs = workspaces.begin_create_or_update(GROUP, "logs", analytics.Workspace(location=REGION)).result()
    h.check("a Log Analytics workspace", logs.customer_id)
    diagnostics(h, cluster, logs.id)
    data_collection(h, cluster, logs.id)
    prometheus(h, cluster)


def diagnostics(h, cluster, workspace):
    client = h.client(MonitorManagementClient, api_version="2021-05-01-preview")
    diagnostic = client.diagnostic_settings
    found = {one.name: one.category_type for one in client.diagnostic_settings_category.list(cluster)}
    h.equal("what a cluster emits", (found["kube-audit"], found["AllMetrics"]), ("Logs", "Metrics"))

    def setting(category):
        log = settings.LogSettings(category=category, enabled=True)
        return settings.DiagnosticSettingsResource(workspace_id=workspace, logs=[log])

    made = diagnostic.create_or_update(cluster, "audit", setting("kube-audit"))
    h.equal("a diagnostic setting", [log.category for log in made.logs if log.enabled], ["kube-audit"])
    again = lambda: diagnostic.create_or_update(cluster, "again", setting("kube-audit"))
    h.refused("the same sink again", "Conflict", again, 409)
    unknown = lambda: diagnostic.create_or_update(cluster, "x", setting("kube-proxy"))
    h.refused("an unknown category", "BadRequest", unknown, 400)
    h.equal("it is listed", [one.name for one in diagnostic.list(cluster)], ["audit"])
    diagnostic.delete(cluster, "audit")


def data_collection(h, cluster, workspace):
    client = h.client(MonitorManagementClient, api_version="2022-06-01")
    stream = "Microsoft-ContainerInsights-Group-Default"
    rule = collection.DataCollectionRuleResource(
        location=REGION,
        kind="Linux",
        destinations=collection.DataCollectionRuleDestinations(
            log_analytics=[collection.LogAnalyticsDestination(name="la", workspace_resource_id=workspace)]
        ),
        data_flows=[collection.DataFlow(streams=[stream], destinations=["la"])],
    )
    made = client.data_collection_rules.create(GROUP, "MSCI-observed", rule)
    h.check("a data collection rule", made.immutable_id.startswith("dcr-"))
    tie = collection.DataCollectionRuleAssociationProxyOnlyResource(data_collection_rule_id=made.id)
    ties = client.data_collection_rule_associations
    h.equal("ties a cluster", ties.create(cluster, "ContainerInsights", tie).data_collection_rule_id, made.id)
    h.equal("both ways", [one.name for one in ties.list_by_rule(GROUP, "MSCI-observed")], ["ContainerInsights"])
    h.refused("it stays", "Conflict", lambda: client.data_collection_rules.delete(GROUP, "MSCI-observed"), 409)
    ties.delete(cluster, "ContainerInsights")
    client.data_collection_rules.delete(GROUP, "MSCI-observed")


def prometheus(h, cluster):
    workspaces = h.client(MonitorWorkspacesMgmtClient).azure_monitor_workspaces
    wanted = accounts.AzureMonitorWorkspaceResource(location=REGION)
    account = workspaces.create_or_update(GROUP, "metrics", wanted)
    h.check("an Azure Monitor workspace", account.properties.metrics.prometheus_query_endpoint)
    groups = h.client(PrometheusRuleGroupsMgmtClient).prometheus_rule_groups

    def group(expression):
        rule = rules.PrometheusRule(record="a:b", expression=expression)
        properties = rules.PrometheusRuleGroupProperties(scopes=[account.id, cluster], rules=[rule])
        return rules.PrometheusRuleGroupResource(location=REGION, properties=properties)

    made = groups.create_or_update(GROUP, "rules", group("sum(up)"))
    h.equal("a rule group", made.properties.rules[0].record, "a:b")
    h.refused("half an expression", "BadRequest", lambda: groups.create_or_update(GROUP, "x", group("sum(up")), 400)
    groups.delete(GROUP, "rules")
    workspaces.begin_delete(GROUP, "metrics").result()
    h.refused("what is gone", "ResourceNotFound", lambda: workspaces.get(GROUP, "metrics"), 404)
