//! Which identity a cluster signs in with, and whether it may.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::{Namespace, Secret};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::LabelSelector;
use kube::core::{Selector, SelectorExt};
use kube::runtime::reflector::ObjectRef;
use kube::{Api, ResourceExt};

use super::context::Context;
use super::failure::Ended;
use crate::api::{AksCluster, AllowedNamespaces, AzureIdentity, AzureIdentitySpec, ServicePrincipalSource};
use crate::arm::credential::{Credential, Secret as Kept};
use crate::arm::{ArmClient, Retry};
use crate::plan::change::Target;
use crate::runtime::connect::told;

/// The environment variable in which AKS's workload identity webhook names the projected token.
const TOKEN_FILE: &str = "AZURE_FEDERATED_TOKEN_FILE";
/// Where the webhook projects the token when the variable is not set.
const TOKEN_FILE_DEFAULT: &str = "/var/run/secrets/azure/tokens/azure-identity-token";

/// The client for this cluster.
///
/// # Errors
/// The identity does not exist, may not be used here, or lacks its Secret.
pub async fn client(context: &Context, cluster: &AksCluster) -> Result<ArmClient, Ended> {
    let credential = match &cluster.spec.identity_ref {
        None => own(context)?,
        Some(reference) => {
            let identity = context
                .identities
                .get(&ObjectRef::new(&reference.name))
                .ok_or_else(|| {
                    let unreadable = &context.caches.identities.unreadable;
                    let problem = match unreadable.get(&ObjectRef::new(&reference.name)) {
                        Some(identity) => format!("can't be read: {}", identity.problem),
                        None => "does not exist".to_owned(),
                    };
                    let message = format!(
                        "spec.identityRef names AzureIdentity {}, which {problem}",
                        reference.name
                    );
                    Ended::ours(
                        Target::Cluster,
                        "IdentityNotFound",
                        message,
                        "apply it or correct the name",
                        Retry::Propagation,
                    )
                })?;
            allowed(context, cluster, &identity).await?;
            credential(context, &identity).await?
        }
    };
    Ok(context.clients.client(&credential))
}

/// The credential of an identity.
///
/// # Errors
/// Its Secret is missing or lacks the key.
pub async fn credential(context: &Context, identity: &AzureIdentity) -> Result<Credential, Ended> {
    let AzureIdentitySpec {
        workload_identity,
        managed_identity,
        service_principal,
        allowed_namespaces: _,
        subscriptions: _,
        allow_preview: _,
        allowed_types: _,
    } = &identity.spec;
    match (workload_identity, managed_identity, service_principal) {
        (Some(source), _, _) => Ok(Credential::WorkloadIdentity {
            tenant_id: source.tenant_id.clone(),
            client_id: source.client_id.clone(),
            token_file: std::env::var_os(TOKEN_FILE).map_or_else(|| TOKEN_FILE_DEFAULT.into(), Into::into),
        }),
        (None, Some(source), _) => Ok(Credential::ManagedIdentity {
            client_id: source.client_id.clone(),
        }),
        (None, None, Some(source)) => service_principal_credential(context, source).await,
        (None, None, None) => Err(Ended::ours(
            Target::Cluster,
            "IdentityInvalid",
            format!("AzureIdentity {} names no way to sign in", identity.name_any()),
            "set one of workloadIdentity, managedIdentity and servicePrincipal in its spec",
            Retry::User,
        )),
    }
}

async fn service_principal_credential(context: &Context, source: &ServicePrincipalSource) -> Result<Credential, Ended> {
    let (namespace, name, key) = (
        &context.settings.operator_namespace,
        &source.secret_ref.name,
        &source.secret_ref.key,
    );
    let missing =
        |code: &str, what: String, next: &str| Ended::ours(Target::Cluster, code, what, next, Retry::Propagation);
    let secrets: Api<Secret> = Api::namespaced(context.client.clone(), namespace);
    let secret = secrets.get_opt(name).await.map_err(|error| {
        missing(
            "SecretUnreadable",
            format!("Secret {namespace}/{name} can't be read: {}", told(&error)),
            "check the operator's permissions",
        )
    })?;
    let secret = secret.ok_or_else(|| {
        missing(
            "SecretNotFound",
            format!("Secret {namespace}/{name} does not exist"),
            "create it in the operator's namespace",
        )
    })?;
    let value = secret
        .data
        .as_ref()
        .and_then(|data| data.get(key))
        .and_then(|value| std::str::from_utf8(&value.0).ok());
    let value = value.map(str::trim).filter(|value| !value.is_empty()).ok_or_else(|| {
        missing(
            "SecretKeyMissing",
            format!("Secret {namespace}/{name} has no text under the key {key}"),
            "add the key",
        )
    })?;
    Ok(Credential::ClientSecret {
        tenant_id: source.tenant_id.clone(),
        client_id: source.client_id.clone(),
        secret: Kept::new(value),
    })
}

/// Whether the identity of the cluster may use preview api-versions.
pub fn may_preview(context: &Context, cluster: &AksCluster) -> bool {
    match &cluster.spec.identity_ref {
        None => context.settings.allow_preview,
        Some(reference) => {
            let identity = context.identities.get(&ObjectRef::new(&reference.name));
            identity.is_some_and(|identity| identity.spec.allow_preview == Some(true))
        }
    }
}

/// Types that `children` of the cluster may have. The operator's own identity allows none: anybody may use it.
pub fn allowed_types(context: &Context, cluster: &AksCluster) -> Vec<String> {
    let reference = cluster.spec.identity_ref.as_ref();
    let identity = reference.and_then(|reference| context.identities.get(&ObjectRef::new(&reference.name)));
    identity
        .and_then(|identity| identity.spec.allowed_types.clone())
        .unwrap_or_default()
}

/// The operator's own way to sign in.
fn own(context: &Context) -> Result<Credential, Ended> {
    context.settings.credential.clone().ok_or_else(|| {
        Ended::ours(
            Target::Cluster,
            "IdentityRequired",
            "the operator has no identity of its own and spec.identityRef names none",
            "set spec.identityRef to an AzureIdentity",
            Retry::User,
        )
    })
}

/// Whether the identity of the cluster may be used in another subscription too, for what hangs on the cluster.
///
/// # Errors
/// The identity's manifest does not list the subscription.
pub fn covers(context: &Context, cluster: &AksCluster, subscription: &str) -> Result<(), Ended> {
    let reference = cluster.spec.identity_ref.as_ref();
    let Some(identity) = reference.and_then(|reference| context.identities.get(&ObjectRef::new(&reference.name)))
    else {
        return Ok(());
    };
    let mut allowed = identity.spec.subscriptions.iter();
    if allowed.any(|allowed| allowed.eq_ignore_ascii_case(subscription)) {
        return Ok(());
    }
    let message = format!(
        "AzureIdentity {} may not be used for subscription {subscription}",
        identity.name_any()
    );
    let next = "add the subscription to its spec.subscriptions or name a resource of another one";
    Err(Ended::ours(
        Target::Cluster,
        "IdentityNotAllowed",
        message,
        next,
        Retry::User,
    ))
}

/// Whether the identity may be used in this namespace and subscription.
async fn allowed(context: &Context, cluster: &AksCluster, identity: &AzureIdentity) -> Result<(), Ended> {
    let refused =
        |message: String, next: &str| Ended::ours(Target::Cluster, "IdentityNotAllowed", message, next, Retry::User);
    let (name, namespace) = (identity.name_any(), cluster.namespace().unwrap_or_default());
    let subscription = &cluster.spec.subscription_id;
    if !identity
        .spec
        .subscriptions
        .iter()
        .any(|allowed| allowed.eq_ignore_ascii_case(subscription))
    {
        let message = format!("AzureIdentity {name} may not be used for subscription {subscription}");
        return Err(refused(
            message,
            "add the subscription to its spec.subscriptions or use another identity",
        ));
    }
    let rules = identity.spec.allowed_namespaces.clone().unwrap_or_default();
    if !namespace_allowed(context, &namespace, &rules).await? {
        let message = format!("AzureIdentity {name} may not be used in namespace {namespace}");
        return Err(refused(
            message,
            "add the namespace to its spec.allowedNamespaces or use another identity",
        ));
    }
    Ok(())
}

async fn namespace_allowed(context: &Context, namespace: &str, rules: &AllowedNamespaces) -> Result<bool, Ended> {
    let AllowedNamespaces { all, names, selector } = rules;
    if *all == Some(true) || names.iter().flatten().any(|name| name == namespace) {
        return Ok(true);
    }
    let Some(selector) = selector else { return Ok(false) };
    let namespaces: Api<Namespace> = Api::all(context.client.clone());
    let found = namespaces.get(namespace).await.map_err(|error| {
        let message = format!("the labels of namespace {namespace} can't be read: {}", told(&error));
        Ended::ours(
            Target::Cluster,
            "NamespaceUnreadable",
            message,
            "check the operator's permissions",
            Retry::Backoff,
        )
    })?;
    Ok(selects(selector, found.labels()))
}

fn selects(selector: &LabelSelector, labels: &BTreeMap<String, String>) -> bool {
    Selector::try_from(selector.clone()).is_ok_and(|selector| selector.matches(labels))
}
