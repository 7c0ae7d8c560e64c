//! Windows, versions, upgrades, starts and stops, maintenance, order of operations.

use serde_json::json;

use super::{Row, azure, bound, cel, plan, row, test};
use crate::harness::Kind::Cluster;

#[rustfmt::skip]
pub fn rows() -> Vec<Row> {
    vec![
        row("windows-profile", "Windows pools need the cluster's windowsProfile, given at creation", "Learn: create-node-pools", [plan("WindowsNeedsProfile")]),
        row("windows-network", "Windows pools need networkPlugin azure without Cilium", "Learn: create-node-pools", [plan("WindowsNeedsAzureNetwork"), plan("CiliumHasWindowsPools"), cel("windowsProfile needs networkProfile.networkPlugin azure")]),
        row("windows-npm", "Azure's policy engine left Windows on 2026-09-30", "Learn: use-network-policies", [plan("WindowsNetworkPolicyRetired"), plan("RetiredPolicyHasWindowsPools")]),
        row("windows-admin-name", "no dot at the end, none of the denied names and characters", "SPEC adminUsername", [cel("windowsProfile.adminUsername may not"), cel("windowsProfile.adminUsername is one of"), bound(Cluster, json!({ "windowsProfile": { "adminUsername": "a".repeat(21) } }))]),
        row("windows-admin-fixed", "the name of the Windows administrator is fixed", "azurerm", [cel("windowsProfile.adminUsername is fixed")]),
        row("windows-gmsa-pair", "gmsaProfile has server and domain, or neither", "SPEC gmsaProfile", [cel("windowsProfile.gmsaProfile.dnsServer and rootDomainName")]),
        row("windows-gmsa-on", "dnsServer needs gmsaProfile.enabled", "SPEC gmsaProfile", [cel("windowsProfile.gmsaProfile.dnsServer is for")]),
        row("windows-gmsa-kept", "gmsaProfile is not emptied", "azurerm", [cel("windowsProfile.gmsaProfile.dnsServer cannot"), cel("windowsProfile.gmsaProfile.rootDomainName cannot")]),

        row("version-form", "a version is 1.33 or 1.33.4, with or without v", "SPEC; CLI", [cel("this has to be a Kubernetes version")]),
        row("version-alias", "an alias is met by every patch of its minor", "SPEC kubernetesVersion", [test("crates/plan/src/version.rs", "an_alias_is_met_by_every_patch_of_its_minor_and_later")]),
        row("version-never-down", "versions never go down", "Learn: supported-kubernetes-versions", [test("crates/plan/src/tests/properties.rs", "versions_only_rise_one_minor_at_a_time_and_inside_the_skew"), test("crates/plan/src/tests/upgrades.rs", "a_version_is_a_floor")]),
        row("version-one-minor", "one minor at a time", "Learn: supported-kubernetes-versions", [test("crates/plan/src/tests/upgrades.rs", "every_minor_between_is_a_hop_of_its_own")]),
        row("version-lts-skip", "between long-term versions minors may be skipped if Azure offers it", "Learn: long-term-support", [test("crates/plan/src/tests/upgrades.rs", "a_long_term_version_that_azure_offers_is_reached_in_one_hop_but_never_past_the_skew")]),
        row("version-offered", "only what Azure offers", "Learn: supported-kubernetes-versions", [test("crates/plan/src/tests/upgrades.rs", "a_version_that_azure_does_not_offer_is_refused_before_anything_is_written")]),
        row("skew-below", "a pool is not newer than its control plane", "Learn: supported-kubernetes-versions", [test("crates/plan/src/tests/upgrades.rs", "a_pool_is_never_newer_than_the_control_plane")]),
        row("skew-three", "a pool trails by three minors at most", "Learn: supported-kubernetes-versions", [test("crates/plan/src/tests/upgrades.rs", "a_pool_that_goes_its_own_way_stops_the_climb_before_the_skew_breaks")]),
        row("create-one-version", "pools made with a cluster have its version", "REC", [test("crates/plan/src/tests/creation.rs", "a_pool_that_trails_on_purpose_is_made_after_the_cluster_at_its_own_version")]),
        row("upgrade-pools-unchanged", "an upgrade of the control plane leaves the pools' versions as they are", "NotAllAgentPoolOrchestratorVersionSpecifiedAndUnchanged", [test("crates/plan/src/body/tests.rs", "a_control_plane_goes_up_without_the_pools")]),
        row("upgrade-with-channel", "with an upgrade channel control plane and pools go together", "Learn: auto-upgrade-cluster", [test("crates/plan/src/tests/upgrades.rs", "a_cluster_that_upgrades_itself_goes_up_as_a_whole")]),
        row("upgrade-without-scaling", "a version and a count do not change in one call", "Learn: upgrade errors", [test("crates/plan/src/tests/upgrades.rs", "the_control_plane_goes_first_and_the_pools_follow_one_by_one"), azure("OperationNotAllowed")]),
        row("upgrade-deprecated-apis", "use of removed APIs blocks a minor upgrade", "Learn: stop-cluster-upgrade-api-breaking-changes", [azure("UpgradeBlockedOnDeprecatedAPIUsage")]),
        row("upgrade-force-until", "forceUpgrade needs an end", "SPEC overrideSettings", [cel("upgradeSettings.overrideSettings.forceUpgrade")]),
        row("upgrade-pdb", "a budget that allows no disruption blocks upgrades", "Learn: UnsatisfiablePDB", [azure("UnsatisfiablePDB")]),
        row("upgrade-resume", "a failed upgrade is resumed by the same version", "Learn: upgrade errors", [test("crates/plan/src/tests/upgrades.rs", "an_upgrade_that_failed_is_sent_again_and_takes_the_place_of_a_repeat")]),
        row("rollback-image", "a rollback names an image the pool ran, once", "Learn: roll-back-node-pool-version", [cel("this has to be a node image"), test("crates/plan/src/tests/images.rs", "an_edit_rolls_the_pool_back_once")]),
        row("rollback-channel", "a rollback needs upgradeChannel none", "Learn: roll-back-node-pool-version", [plan("RollbackNeedsChannelNone")]),
        row("rollback-stays", "nothing upgrades the pool behind a rollback", "Learn: roll-back-node-pool-version", [test("crates/plan/src/tests/images.rs", "a_rollback_takes_the_version_down_with_the_image_and_the_pool_stays_there")]),
        row("channel-node-image", "upgradeChannel node-image goes with nodeOSUpgradeChannel NodeImage", "Learn: auto-upgrade-cluster; azurerm", [cel("autoUpgradeProfile.upgradeChannel node-image")]),
        row("one-operation", "one operation of a cluster at a time, beside each other only for different pools", "Learn: troubleshooting", [test("crates/plan/src/tests/queue.rs", "a_step_of_the_cluster_waits_for_every_pool_and_every_pool_for_it"), test("crates/plan/src/tests/queue.rs", "quiet_steps_of_different_pools_run_beside_each_other")]),

        row("tier-lts", "long-term support needs the tier Premium", "CLI; Learn: long-term-support", [cel("supportPlan AKSLongTermSupport needs")]),
        row("tier-lts-left", "long-term support is left only on a version with community support", "Learn: long-term-support", [azure("BadRequest")]),
        row("tier-cost-analysis", "cost analysis needs the tier Standard or Premium", "Learn: cost-analysis; azurerm", [cel("metricsProfile.costAnalysis needs")]),
        row("automatic-tier", "Automatic has the tier Standard", "Learn: aks-automatic", [cel("sku.name Automatic has the tier")]),
        row("automatic-channels", "Automatic has the channels stable and NodeImage", "Learn: aks-automatic", [cel("sku.name Automatic has the upgradeChannel")]),
        row("automatic-one-way", "Base does not become Automatic", "Learn: aks-automatic-sku-migration", [cel("sku.name cannot")]),

        row("stop-cluster-provisioning", "a cluster or pool with node auto provisioning cannot be stopped", "Learn: start-stop-cluster, start-stop-nodepools", [plan("NodesProvisionedByAzure"), cel("a cluster whose nodeProvisioningProfile.mode is Auto")]),
        row("stop-cluster-scale-sets", "a cluster can be stopped with scale sets only", "Learn: start-stop-cluster", [plan("StopNeedsScaleSets")]),
        row("stopped-accepts-nothing", "a stopped cluster accepts only start and delete", "Learn: start-stop-cluster", [test("crates/plan/src/tests/resume.rs", "a_stopped_cluster_accepts_nothing_but_its_start")]),
        row("stop-pool-at-create", "a pool is made running and stopped later", "Learn: start-stop-nodepools", [test("crates/plan/src/tests/creation.rs", "a_cluster_meant_to_be_stopped_is_created_and_then_stopped")]),

        row("maintenance-names", "maintenance configurations have three names", "CLI", [cel("maintenanceConfigurations has the entries")]),
        row("maintenance-default", "the default configuration is weekly with interval 1", "Learn: planned-maintenance", [cel("maintenanceConfigurations.default takes")]),
        row("maintenance-one-schedule", "a schedule is one of four", "SPEC Schedule", [cel("a schedule is exactly one")]),
        row("maintenance-start-time", "startTime is HH:MM", "SPEC startTime", [cel("startTime is")]),
        row("maintenance-start-date", "startDate is YYYY-MM-DD", "SPEC startDate", [cel("startDate is")]),
        row("maintenance-offset", "utcOffset is +HH:MM or -HH:MM", "SPEC utcOffset", [cel("utcOffset is")]),
        row("maintenance-spans", "a span of days is in order", "SPEC notAllowedDates", [cel("the end of a span of days")]),
        row("maintenance-duration", "durationHours is 4 to 24", "SPEC durationHours", [bound(Cluster, json!({ "maintenanceConfigurations": { "aksManagedAutoUpgradeSchedule": { "maintenanceWindow": { "durationHours": 3, "startTime": "02:00", "schedule": { "daily": { "intervalDays": 1 } } } } } }))]),
        row("maintenance-intervals", "intervals are 1 to 7 days, 1 to 4 weeks, 1 to 6 months", "SPEC Schedule", [bound(Cluster, json!({ "maintenanceConfigurations": { "aksManagedAutoUpgradeSchedule": { "maintenanceWindow": { "durationHours": 4, "startTime": "02:00", "schedule": { "daily": { "intervalDays": 8 } } } } } }))]),

        row("order-create", "the create names its first pools and never replaces what is there", "REC", [test("crates/plan/src/tests/creation.rs", "a_cluster_is_created_with_all_its_pools_and_then_nothing_is_left")]),
        row("order-pools-apart", "later pools go by their own calls; a cluster PUT leaves them out", "REC", [test("crates/plan/src/body/tests.rs", "an_update_is_the_live_body_plus_the_changes_and_nothing_else")]),
        row("order-read-modify-write", "a write is what Azure has plus its changes, without what only Azure writes", "azure-rest-api-specs#27373", [test("crates/plan/src/tests/properties.rs", "a_write_touches_nothing_but_its_changes"), test("crates/plan/src/body/tests.rs", "a_pool_update_never_starts_stops_or_rolls_back")]),
        row("order-delete", "a cluster goes with its pools in one call", "REC", [test("crates/plan/src/tests/deletion.rs", "a_prune_of_pools_and_cluster_sends_one_delete")]),
    ]
}
