//! What the reasons of Armature's own mean, for those who read them in status: the counterpart of the codes of Azure's.

use armature_arm::codes::Retry::{Backoff, Refresh, User, WaitForOperation};
use armature_arm::codes::{CodeEntry, row};
use armature_plan::compatibility;

/// The reasons that stand for one thing each.
const REASONS: &[CodeEntry] = &[
    row(
        "Aborted",
        User,
        "An action of the manifest aborted the work, and nothing goes on by itself after that.",
        "Set the manifest to what you want, then take the action out of it.",
    ),
    row(
        "AdoptionRefused",
        User,
        "Azure has a cluster or pool of this name that Armature did not make, and the manifest does not allow it to be taken over.",
        "Set `spec.adoptionPolicy` to `AfterPlan` to see what taking it over would change, or choose another name.",
    ),
    row(
        "AnswerNotUnderstood",
        Backoff,
        "What came back is no answer of Azure's.",
        "Check what stands between the operator and Azure, such as a proxy that changes answers.",
    ),
    row(
        "AnswerTooLarge",
        User,
        "What came back is larger than any answer of Azure's.",
        "Check what stands between the operator and Azure, such as a proxy that changes answers.",
    ),
    row(
        "AwaitingApproval",
        User,
        "Taking over a cluster or pool waits until somebody approves exactly that.",
        "Read `status.plan`, then set the annotation that the message names.",
    ),
    row(
        "AzureBusy",
        WaitForOperation,
        "Azure works on the cluster or a pool, and takes nothing else meanwhile.",
        "Wait: it goes on by itself when Azure is done.",
    ),
    row(
        "AzureError",
        Backoff,
        "Azure refused or failed without a code that says why.",
        "Read the message; it is tried again after growing pauses.",
    ),
    row(
        "AzureUnreachable",
        Backoff,
        "No connection to Azure came about, or it broke.",
        "Check the way from the operator to Azure: name resolution, proxy, firewall, trusted certificates.",
    ),
    row(
        "ChildFailed",
        Backoff,
        "Something that hangs on the cluster could not be made, changed or deleted; the cluster itself is fine.",
        "Run `armature status NAME`: it shows which child it is, why, and what to do; the line of the child has a code of its own.",
    ),
    row(
        "ChildHeld",
        User,
        "Something that hangs on the cluster is not as the manifest says, and a policy keeps Armature from writing it.",
        "Read the line of the child in `status.children`: it names the policy, which you lift, or the value, which you put into the manifest.",
    ),
    row(
        "ChildKept",
        User,
        "Something that hung on the cluster left the manifest and stays in Azure: another cluster needs it, or nothing proves that Armature made it.",
        "Read the event: it names the cluster or the resource, which you delete in Azure when nobody needs it.",
    ),
    row(
        "ChildReplaced",
        User,
        "Something that hung on the cluster was deleted in Azure and made anew by somebody else: it is theirs, and Armature changes or deletes it no more.",
        "Read the event: it names the resource. To take it over, keep its entry and approve the adoption; else delete it in Azure when nobody needs it.",
    ),
    row(
        "ChildrenFirst",
        WaitForOperation,
        "What hangs on the cluster has to be there before the step, or gone.",
        "Read `status.children`: it tells how far that is, and what went wrong if it does not get further.",
    ),
    row(
        "ClusterNotFound",
        User,
        "There is no `AksCluster` of the name that the pool gives, in its namespace.",
        "Apply it, or correct `spec.clusterRef.name`.",
    ),
    row(
        "ClusterStopped",
        User,
        "A stopped cluster accepts nothing but a start or its deletion.",
        "Set `spec.powerState.code` to `Running`.",
    ),
    row(
        "ClusterUnreadable",
        User,
        "The `AksCluster` of the pool is there and can't be read, so nothing is done for its pools.",
        "Correct the field that the events of the `AksCluster` name.",
    ),
    row(
        "ClusterVanished",
        User,
        "The cluster existed and Azure no longer has it; Armature never makes one a second time by itself.",
        "Delete the object, after `armature release NAME` where it is protected, and apply it again.",
    ),
    row(
        "ConflictingManager",
        User,
        "The tag `armature-owner` says that the cluster belongs to another installation.",
        "Delete this object, or release the cluster there and remove the tag.",
    ),
    row(
        "DeletionBlocked",
        User,
        "The object is protected against deletion, or what would delete its cluster may not.",
        "Read the message; `deletionProtection: false` allows the deletion, and `armature release NAME` lets the object go and keeps the cluster.",
    ),
    row(
        "DependencyNotReady",
        WaitForOperation,
        "The cluster of the pool is not in order, so nothing is done to the pool.",
        "Read the conditions of the `AksCluster`.",
    ),
    row(
        "DriftReported",
        User,
        "A value was changed in Azure, and `spec.driftPolicy` is `Report`.",
        "Put the value of Azure into the manifest, or remove `driftPolicy` to have it put right.",
    ),
    row(
        "DuplicatePool",
        User,
        "Two objects describe the same pool of a cluster.",
        "Give one of them another `spec.azureName`, or delete it.",
    ),
    row(
        "FeatureNotRegistered",
        User,
        "The manifest needs a preview feature that the subscription does not have.",
        "Run the command in the message that registers it.",
    ),
    row(
        "FingerprintKeyUnavailable",
        User,
        "The operator can't read or make its own Secret, which holds the key that signs status and tells secrets apart: nothing that status says about operations is believed, and nothing is written to Azure, until it can.",
        "Check it and the operator's rights in its namespace: to create Secrets, and to get this one, as the chart has it.",
    ),
    row(
        "ForbiddenChange",
        User,
        "Azure does not change this on an existing cluster.",
        "Set it back, or make a new cluster.",
    ),
    row(
        "HostRefused",
        User,
        "An address does not belong to the configured cloud, so no token was sent there.",
        "Check that the configured cloud is the one that the subscription is in.",
    ),
    row(
        "IdentityInvalid",
        User,
        "The `AzureIdentity` can't be used as it is written.",
        "Correct what the message names.",
    ),
    row(
        "IdentityNotAllowed",
        User,
        "The identity does not serve this namespace, subscription or resource group: the operator's own, or the `AzureIdentity` that is named.",
        "Let whoever owns the identity allow it (of the operator's own: the chart's `azure.namespaces`, `azure.subscriptions` and `azure.resourceGroups`), or name another one in `spec.identityRef`. An object that goes away can be released with `armature release`.",
    ),
    row(
        "IdentityNotFound",
        User,
        "There is no `AzureIdentity` of the name in `spec.identityRef`.",
        "Apply it, or correct the name; it goes on by itself.",
    ),
    row(
        "IdentityRequired",
        User,
        "The operator has no identity of its own for clusters that name none.",
        "Name an `AzureIdentity` in `spec.identityRef`.",
    ),
    row(
        "InvalidSpec",
        User,
        "The manifest says something that can't be, and admission could not see it.",
        "Correct the field that the message names.",
    ),
    row(
        "InventoryLost",
        User,
        "Status says that Armature made children, and the ConfigMaps `armature-inventory-*` of the operator's namespace do not: they were lost, or somebody put an older status back. These children count as somebody else's, and are not deleted.",
        "If the ConfigMaps were lost, put them back from a backup and restart the operator; without one, delete what nobody needs any more in Azure by hand.",
    ),
    row(
        "InventoryUnavailable",
        User,
        "The operator can't read or write the ConfigMaps `armature-inventory-*` of its namespace, which record what it made: nothing is written to Azure until it can.",
        "Check them (an immutable or full one takes nothing more; an entry that can't be read is named) and the operator's rights in its namespace: to create ConfigMaps, and to get and patch these, as the chart has it.",
    ),
    row(
        "LastSystemPool",
        User,
        "AKS keeps at least one System pool.",
        "Add another System pool first, or delete the cluster.",
    ),
    row(
        "LocationMismatch",
        User,
        "The cluster in Azure is in another region than the manifest says; a cluster never moves.",
        "Set `spec.location` back, or use another name for a new cluster.",
    ),
    row(
        "LockFirst",
        WaitForOperation,
        "A lock of the manifest is lifted before the step and put back afterwards.",
        "Nothing: both are steps of the plan.",
    ),
    row(
        "NeverCleared",
        User,
        "`spec.clear` names a property that has no way back to unset.",
        "Take it out of `spec.clear`, and set the value you want instead.",
    ),
    row(
        "NotConverging",
        User,
        "Azure accepted a value and kept its own; written again, that would go on for ever.",
        "Set the manifest to the value that Azure keeps, which `status.plan` or the line of the child shows.",
    ),
    row(
        "Observe",
        User,
        "`spec.managementPolicy` is `Observe`, so nothing is written to Azure.",
        "Read `status.plan`, and remove `managementPolicy` to have it done.",
    ),
    row(
        "OperationFailed",
        Backoff,
        "An operation that Azure accepted failed without a code.",
        "Read the message, and the activity log of the resource in Azure.",
    ),
    row(
        "OperationLost",
        Backoff,
        "Azure can't be asked any more how an operation of its went, because the URL is too old, refused or not of this cloud; or it goes on saying that it runs, while what it is about shows no work.",
        "Nothing: what it was about is looked at afresh; an action stays `Unknown`, and runs again under a new key.",
    ),
    row(
        "OwnCluster",
        User,
        "It is the cluster that Armature runs on, which it never stops or deletes.",
        "Use another management cluster or the Azure portal for that.",
    ),
    row(
        "PoolAheadOfControlPlane",
        User,
        "A pool asks for a newer Kubernetes than its control plane is meant to run.",
        "Raise `spec.kubernetesVersion` of the cluster first.",
    ),
    row(
        "PoolStalled",
        User,
        "A node pool of the cluster needs a user.",
        "Read the conditions of the `AksNodePool` that the message names.",
    ),
    row(
        "PreviewNotAllowed",
        User,
        "The manifest asks for a preview api-version, and the identity may not use previews.",
        "Allow it as the message says, or use a stable api-version.",
    ),
    row(
        "ReconcilePanicked",
        Backoff,
        "A fault in Armature ended the work on this object; all others go on.",
        "Report what the operator's log says about it; a change of the manifest is looked at at once, everything else after the pause that the event names.",
    ),
    row(
        "ReplacementRequired",
        User,
        "Azure does not change this on an existing pool.",
        "Set it back, or add a new pool with the new value and delete this one.",
    ),
    row(
        "RequestBudget",
        Backoff,
        "The operator's share of Azure's request quota is used up.",
        "Nothing: it is tried again when the quota has refilled.",
    ),
    row(
        "ResourceGroupMissing",
        User,
        "The resource group of the cluster does not exist.",
        "Create it, or set `spec.resourceGroupPolicy` to `Create`.",
    ),
    row(
        "ResumeExhausted",
        User,
        "An operation failed, and resuming it did not help or can't.",
        "Mend the cause, then edit the manifest or request a reconcile.",
    ),
    row(
        "RetryLater",
        Backoff,
        "The step failed a moment ago.",
        "Read `status.lastError`; it is tried again by itself.",
    ),
    row(
        "SecretKeyMissing",
        User,
        "The Secret that the manifest names does not have the key.",
        "Add the key to the Secret, or correct the name of the key.",
    ),
    row(
        "SecretNotFound",
        User,
        "The Secret that the manifest names does not exist.",
        "Apply it in the namespace of the cluster; it goes on by itself.",
    ),
    row(
        "PoolDeleteGrace",
        WaitForOperation,
        "The object of a pool was deleted a moment ago: its cluster may follow, and then the pool goes with it.",
        "Wait some seconds: the pool is deleted by itself when the cluster stays.",
    ),
    row(
        "PoolSetSettling",
        WaitForOperation,
        "The pools of a new cluster are still being applied: it is made with all of them when nothing has changed for some seconds.",
        "Wait some seconds.",
    ),
    row(
        "ProgressingWithRetry",
        Backoff,
        "Something failed that passes by itself, such as capacity or permissions that spread.",
        "Read `status.lastError`: it is tried again after growing pauses.",
    ),
    row(
        "RetiredSetting",
        User,
        "AKS no longer supports the setting, so nothing new is made with it.",
        "Take what the message names.",
    ),
    row(
        "SecretNotText",
        User,
        "The value in the Secret is no text.",
        "Store the value as UTF-8 text.",
    ),
    row(
        "SecretRefused",
        User,
        "Azure does not take a value like the one in the Secret.",
        "Store a value that keeps the rule in the message.",
    ),
    row(
        "SecretTooLarge",
        User,
        "A value in a Secret is larger than 64 KiB, or those that a cluster names are larger than 256 KiB together.",
        "Store only the value itself under the key; name the Secrets that the cluster needs.",
    ),
    row(
        "SecretUnreadable",
        User,
        "The operator may not read the Secret that the manifest names.",
        "Give it the right, with the chart value `secrets.namespaces`.",
    ),
    row(
        "SignInFailed",
        Backoff,
        "Entra gave no token for the identity.",
        "Check the `AzureIdentity`: tenant, client id, and what it proves itself with.",
    ),
    row(
        "SkewTooWide",
        User,
        "An upgrade would leave a pool more than three minor versions behind.",
        "Raise `spec.orchestratorVersion` of the pool, or set its `spec.versionPolicy` to `Follow`.",
    ),
    row(
        "Stalled",
        User,
        "Nothing goes on before somebody acts.",
        "Read the reason and the message of the condition: `armature explain REASON` tells more.",
    ),
    row(
        "Unreadable",
        User,
        "The object is not as its definition says, or beyond what is read: too long, nested too deeply, stored under another definition.",
        "Correct the field that the message names, or let the object go with `armature release` and delete it; Azure is left alone.",
    ),
    row(
        "VersionNotOffered",
        User,
        "Azure does not offer this version to the cluster from where it is.",
        "Take one of the versions in the message.",
    ),
    row(
        "StepOutdated",
        Refresh,
        "Azure changed between the plan and the call, so nothing was sent.",
        "Nothing: it is looked at afresh and planned anew.",
    ),
    row(
        "WaitingForSystemPool",
        User,
        "A cluster is made together with its first System pool.",
        "Apply an `AksNodePool` with mode `System` that names the cluster.",
    ),
];

/// All reasons of Armature's own that somebody may want explained.
pub fn entries() -> impl Iterator<Item = CodeEntry> {
    REASONS.iter().copied().chain(compatibility::reasons().map(rule))
}

/// A rule between settings, or between objects. Its message has both sides of it.
const fn rule(reason: &'static str) -> CodeEntry {
    row(
        reason,
        User,
        "Settings that the manifest combines, or a change that it asks for, do not go together in AKS.",
        "Change what the message names; what does not depend on it goes on.",
    )
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use armature_arm::codes::explain;
    use armature_plan::Hold;
    use armature_plan::change::Target;
    use armature_plan::children::decide::NOT_CONVERGING;

    #[test]
    fn a_reason_has_one_row_and_is_no_code_of_azures() {
        let mut seen = BTreeSet::new();
        for entry in REASONS {
            assert!(seen.insert(entry.code), "{} stands in the table twice", entry.code);
            assert_eq!(explain(entry.code), None, "{}", entry.code);
            for text in [entry.cause, entry.next_step] {
                assert!(text.ends_with('.'), "{}: {text}", entry.code);
            }
        }
    }

    #[test]
    fn every_reason_that_is_told_or_documented_is_explained() {
        let told = [
            include_str!("../../crates/plan/src/gate.rs"),
            include_str!("../../crates/plan/src/blocker.rs"),
            include_str!("../reconcile/failure.rs"),
        ];
        let arms = told.iter().flat_map(|source| source.lines());
        let told = arms.filter_map(|line| line.split_once("=> \"")?.1.split_once('"').map(|(reason, _)| reason));
        let table = include_str!("../../docs/troubleshooting.md").lines();
        let documented = table
            .filter_map(|line| line.strip_prefix("| ")?.split_once(" | "))
            .flat_map(|(symptom, _)| symptom.split('`').skip(1).step_by(2))
            .map(|code| code.rsplit(": ").next().unwrap_or(code));
        let is_reason = |text: &&str| {
            let words = text.chars().filter(char::is_ascii_uppercase).count();
            words > 0
                && text.starts_with(|first: char| first.is_ascii_uppercase())
                && text.chars().all(|letter| letter.is_ascii_alphanumeric())
        };
        const FIELDS: [&str; 5] = ["Ready", "Held", "Unknown", "InSync", "False"];
        let unknown: BTreeSet<&str> = told
            .chain(documented)
            .filter(is_reason)
            .filter(|reason| !FIELDS.contains(reason) && explain(reason).is_none())
            .filter(|reason| !entries().any(|entry| entry.code == *reason))
            .collect();
        assert!(unknown.is_empty(), "{unknown:?}");
    }

    #[test]
    fn reasons_that_ask_for_a_user_are_explained() {
        let hash = String::new;
        let (children, locks) = (hash(), hash());
        let holds = [
            Hold::Observe,
            Hold::DriftReported,
            Hold::AwaitingApproval {
                target: Target::Cluster,
                hash: hash(),
            },
            Hold::ClusterStopped,
            Hold::ChildrenFirst {
                children,
                leaving: true,
            },
            Hold::LockFirst { locks },
            Hold::RetryLater,
        ];
        let holds = holds.iter().map(Hold::reason);
        for reason in holds
            .chain(compatibility::reasons())
            .chain([NOT_CONVERGING, "ChildFailed", "ChildHeld"])
        {
            assert!(entries().any(|entry| entry.code == reason), "{reason}");
        }
    }
}
