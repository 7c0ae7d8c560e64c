//! Sign-in and permissions. The AADSTS codes come from Microsoft Entra, the others from Azure Resource Manager.

use super::Retry::{Backoff, Propagation, Refresh, User};
use super::{CodeEntry, row};

pub(super) const CODES: &[CodeEntry] = &[
    row(
        "AuthorizationFailed",
        Propagation,
        "The identity lacks the permission that the message names.",
        "Give the identity a role with this action at this scope; a new role takes minutes to take effect.",
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
