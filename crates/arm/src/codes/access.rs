//! Sign-in and permissions. The AADSTS codes come from Microsoft Entra, the others from Azure Resource Manager.

use super::Retry::{Backoff, Propagation, Refresh, User};
use super::{CodeEntry, row};

/// What to do where the operator's own identity signs in: what it proves itself with is in no AzureIdentity. It comes from
/// the installation, and is read when the operator starts.
pub(super) const OF_THE_OPERATOR: &[(&str, &str)] = &[
    (
        "AADSTS7000222",
        "Create a new secret for the operator's application, put it into the Secret that the chart's `azure.clientSecret` names \
         (without the chart: AZURE_CLIENT_SECRET) and restart the operator.",
    ),
    (
        "AADSTS7000215",
        "Put the value of the secret, not its id, into the Secret that the chart's `azure.clientSecret` names (without the \
         chart: AZURE_CLIENT_SECRET) and restart the operator.",
    ),
    (
        "AADSTS700016",
        "Check the chart's `azure.clientId` and `azure.tenantId` (without the chart: AZURE_CLIENT_ID and AZURE_TENANT_ID); a new \
         application takes minutes to be known everywhere.",
    ),
    (
        "AADSTS90002",
        "Check the chart's `azure.tenantId` (without the chart: AZURE_TENANT_ID) and `azure.cloud`.",
    ),
    (
        "InvalidAuthenticationTokenTenant",
        "Set the chart's `azure.tenantId` (without the chart: AZURE_TENANT_ID) to the tenant of the subscription.",
    ),
];

pub(super) const CODES: &[CodeEntry] = &[
    row(
        "AuthorizationFailed",
        Propagation,
        "The identity lacks the permission that the message names.",
        "Give the identity a role with this action at this scope; a new role takes minutes to take effect.",
    ),
    row(
        "ResourceMissingPermissionError",
        Propagation,
        "The cluster's identity lacks a right on a resource that the cluster is put into.",
        "Give it the role by `roleAssignments` with `principal: cluster`; a new role takes minutes to take effect.",
    ),
    row(
        "CustomKubeletIdentityMissingPermissionError",
        Propagation,
        "The cluster's identity may not assign the kubelet identity.",
        "Give it `Managed Identity Operator` on the kubelet identity by `roleAssignments` with `principal: cluster`.",
    ),
    row(
        "RoleAssignmentExists",
        User,
        "The principal has the role at this scope already, by an assignment of another name.",
        "Nothing: the assignment that exists is used as it is.",
    ),
    row(
        "RoleAssignmentUpdateNotPermitted",
        User,
        "An assignment of this name gives something else.",
        "Delete the assignment that the message names, or the entry in `roleAssignments`.",
    ),
    row(
        "RoleAssignmentLimitExceeded",
        User,
        "The subscription holds as many role assignments as it can: 4,000.",
        "Delete assignments that nobody needs, such as those of identities that are gone.",
    ),
    row(
        "RoleDefinitionDoesNotExist",
        User,
        "There is no role with this GUID at this scope.",
        "Correct `role`; a custom role has to list the subscription in its assignable scopes.",
    ),
    row(
        "PrincipalNotFound",
        Propagation,
        "Microsoft Entra does not know the principal; a new one takes minutes to be known everywhere.",
        "Check the object id of the principal if it lasts.",
    ),
    row(
        "UnmatchedPrincipalType",
        User,
        "The principal is something else than the manifest says.",
        "Set `principalType` of the role assignment to what the message names.",
    ),
    row(
        "ConcurrentFederatedIdentityCredentialsWritesForSingleManagedIdentity",
        Backoff,
        "Somebody else writes a federated credential of the same identity.",
        "Nothing: it is tried again.",
    ),
    row(
        "ExtensionTypeRegistrationGetFailed",
        User,
        "There is no extension of this type in the region.",
        "Correct `extensionType`; `az k8s-extension extension-types list` has those of a cluster.",
    ),
    row(
        "ExtensionOperationFailed",
        User,
        "The extension could not be installed; the message tells what went wrong in the cluster.",
        "Put right what the message names, such as a setting or a node pool without room; it is tried again by itself.",
    ),
    row(
        "DenyAssignmentAuthorizationFailed",
        User,
        "A deny assignment forbids the operation, as in the node resource group of a cluster that locks it.",
        "Leave what the message names to AKS, or loosen the restriction of the node resource group.",
    ),
    row(
        "InvalidAuthenticationToken",
        Refresh,
        "Azure does not accept the token.",
        "Nothing at first: a new one is fetched; if it lasts, check the configured cloud and audience.",
    ),
    row(
        "ExpiredAuthenticationToken",
        Refresh,
        "The token is too old.",
        "Nothing: a new one is fetched; if it lasts, check the clock of the node.",
    ),
    row(
        "AuthenticationFailed",
        Refresh,
        "Azure cannot tell who is asking.",
        "Nothing at first: a new token is fetched; if it lasts, check the configured cloud and audience.",
    ),
    row(
        "InvalidAuthenticationTokenTenant",
        Refresh,
        "The token is from another tenant than the subscription.",
        "Set the tenant of the identity to that of the subscription.",
    ),
    row(
        "ServicePrincipalValidationClientError",
        User,
        "The cluster's service principal cannot sign in.",
        "Renew the secret of the cluster's service principal, or use a managed identity.",
    ),
    row(
        "AADSTS7000222",
        User,
        "The client secret has expired.",
        "Create a new secret for the application and put it into the Secret that the AzureIdentity names.",
    ),
    row(
        "AADSTS7000215",
        User,
        "The client secret is wrong.",
        "Put the value of the secret, not its id, into the Secret that the AzureIdentity names.",
    ),
    row(
        "AADSTS700016",
        Propagation,
        "The tenant has no application with this client id.",
        "Check the client id and the tenant id; a new application takes minutes to be known everywhere.",
    ),
    row(
        "AADSTS70021",
        Propagation,
        "No federated credential of the application matches the service account's token.",
        "Add a federated credential with this cluster's issuer and `system:serviceaccount:NAMESPACE:NAME` as subject.",
    ),
    row(
        "AADSTS700213",
        Propagation,
        "No federated credential of the application matches the service account's token.",
        "Add a federated credential with this cluster's issuer and `system:serviceaccount:NAMESPACE:NAME` as subject.",
    ),
    row(
        "AADSTS700212",
        User,
        "The audience of the service account's token does not match the federated credential.",
        "Use the audience `api://AzureADTokenExchange` in both.",
    ),
    row(
        "AADSTS700024",
        Propagation,
        "The service account's token has expired or is not valid yet.",
        "Check that the kubelet renews the projected token and that the clocks of node and Azure agree.",
    ),
    row(
        "AADSTS90002",
        User,
        "The tenant does not exist in this cloud.",
        "Check the tenant id and the configured cloud.",
    ),
    row(
        "AADSTS90033",
        Backoff,
        "Microsoft Entra is not available for a moment.",
        "Nothing: it is tried again.",
    ),
];
