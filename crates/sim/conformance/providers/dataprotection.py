"""Microsoft.DataProtection: vaults, policies, and what a backup misses."""

from azure.core.exceptions import HttpResponseError
from azure.mgmt.dataprotection import DataProtectionMgmtClient
from azure.mgmt.dataprotection import models

from harness import REGION

GROUP = CLUSTER = "backups"
DATASOURCE = "Microsoft.ContainerService/managedClusters"


def run(h):
    cluster = h.cluster(CLUSTER)
    client = h.client(DataProtectionMgmtClient)
    wanted = models.BackupVaultResource(
        location=REGION,
        identity=models.DppIdentityDetails(type="SystemAssigned"),
        properties=models.BackupVault(
            storage_settings=[models.StorageSetting(datastore_type="VaultStore", type="LocallyRedundant")]
        ),
    )
    vault = client.backup_vaults.begin_create_or_update(GROUP, "vault", wanted).result()
    h.check("a vault has an identity", vault.identity.principal_id)
    policy = client.backup_policies.create_or_update(GROUP, "vault", "hourly", daily())
    h.equal("a policy", policy.properties.datasource_types, [DATASOURCE])
    source = {
        "resource_id": cluster,
        "resource_name": CLUSTER,
        "resource_type": DATASOURCE,
        "resource_location": REGION,
        "datasource_type": DATASOURCE,
        "resource_uri": cluster,
    }
    instance = models.BackupInstance(
        object_type="BackupInstance",
        friendly_name=CLUSTER,
        validation_type="ShallowValidation",
        data_source_info=models.Datasource(object_type="Datasource", **source),
        policy_info=models.PolicyInfo(policy_id=policy.id),
    )
    validate = client.backup_instances.begin_validate_for_backup(
        GROUP, "vault", models.ValidateForBackupRequest(backup_instance=instance)
    )
    try:
        validate.result()
        h.check("a vault without rights is told so", False)
    except HttpResponseError as error:
        h.equal("a vault without rights is told so", error.error.code, "KubernetesBackupListExtensionsError")
    h.equal("it is listed", [one.name for one in client.backup_policies.list(GROUP, "vault")], ["hourly"])
    client.backup_policies.delete(GROUP, "vault", "hourly")
    client.backup_vaults.begin_delete(GROUP, "vault").result()
    h.refused("what is gone", "ResourceNotFound", lambda: client.backup_vaults.get(GROUP, "vault"), 404)


def daily():
    store = models.DataStoreInfoBase(data_store_type="OperationalStore", object_type="DataStoreInfoBase")
    backup = models.AzureBackupRule(
        name="BackupHourly",
        data_store=store,
        backup_parameters=models.AzureBackupParams(backup_type="Incremental"),
        trigger=models.ScheduleBasedTriggerContext(
            schedule=models.BackupSchedule(repeating_time_intervals=["R/2026-01-01T02:30:00+00:00/PT4H"]),
            tagging_criteria=[
                models.TaggingCriteria(
                    is_default=True, tagging_priority=99, tag_info=models.RetentionTag(tag_name="Default")
                )
            ],
        ),
    )
    retention = models.AzureRetentionRule(
        name="Default",
        is_default=True,
        lifecycles=[
            models.SourceLifeCycle(
                delete_after=models.AbsoluteDeleteOption(duration="P7D"), source_data_store=store
            )
        ],
    )
    return models.BaseBackupPolicyResource(
        properties=models.BackupPolicy(datasource_types=[DATASOURCE], policy_rules=[backup, retention])
    )
