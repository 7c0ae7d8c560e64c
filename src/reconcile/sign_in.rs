//! Which identity a cluster signs in with, and whether it may.

use std::collections::BTreeMap;
use std::sync::Arc;

use k8s_openapi::api::core::v1::{Namespace, Secret};
use kube::runtime::reflector::ObjectRef;
use kube::{Api, ResourceExt};

use super::context::Context;
use super::failure::Ended;
use super::object_name::ObjectName;
use super::secrets::MAX_VALUE;
use crate::runtime::connect::told;
use crate::runtime::settings::OwnIdentity;
use armature_api::{AksCluster, AllowedNamespaces, AzureIdentity, AzureIdentitySpec, ServicePrincipalSource};
use armature_arm::credential::{Credential, Secret as Kept};
use armature_arm::{ArmClient, ResourceId, Retry};
use armature_plan::change::Target;
use armature_plan::live::LiveCluster;
use armature_plan::serves::{NodeGroup, NotServed, Reach, Role, Serves, Whose};

/// The code of a use that an identity does not allow.
pub const NOT_ALLOWED: &str = "IdentityNotAllowed";

/// The environment variable in which AKS's workload identity webhook names the projected token.
const TOKEN_FILE: &str = "AZURE_FEDERATED_TOKEN_FILE";
/// Where the webhook projects the token when the variable is not set.
const TOKEN_FILE_DEFAULT: &str = "/var/run/secrets/azure/tokens/azure-identity-token";

/// The client for this cluster.
///
/// # Errors
/// The identity does not exist, may not be used here, or lacks its Secret.
pub async fn client(context: &Context, cluster: &AksCluster) -> Result<ArmClient, Ended> {
    let identity = named(context, cluster)?;
    let serves = serves(context, identity.as_deref())?;
    allowed(context, cluster, &serves).await?;
    let credential = match &identity {
        None => own(context)?,
        Some(identity) => credential(context, identity).await?,
    };
    Ok(context.clients.client(&credential))
}

/// The identity that the cluster names; `None` for the operator's own.
fn named(context: &Context, cluster: &AksCluster) -> Result<Option<Arc<AzureIdentity>>, Ended> {
    let Some(reference) = &cluster.spec.identity_ref else {
        return Ok(None);
    };
    let found = context.identities.get(&ObjectRef::new(&reference.name));
    found.map(Some).ok_or_else(|| {
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
    })
}

/// What an identity may be used for; `None` stands for the operator's own, which there has to be.
fn serves<'a>(context: &'a Context, identity: Option<&'a AzureIdentity>) -> Result<Serves<'a>, Ended> {
    let Some(identity) = identity else {
        own(context)?;
        let OwnIdentity {
            namespaces,
            subscriptions,
            resource_groups,
        } = &context.settings.own_identity;
        return Ok(Serves {
            identity: Whose::Own,
            namespaces,
            subscriptions: subscriptions.as_deref(),
            resource_groups: resource_groups.as_deref(),
        });
    };
    Ok(Serves {
        identity: Whose::Named(identity.metadata.name.as_deref().unwrap_or_default()),
        namespaces: identity.spec.allowed_namespaces.as_ref().unwrap_or(&NOBODY),
        subscriptions: Some(&identity.spec.subscriptions),
        resource_groups: identity.spec.resource_groups.as_deref(),
    })
}

/// What an identity that names no namespaces allows.
static NOBODY: AllowedNamespaces = AllowedNamespaces {
    all: None,
    names: None,
    selector: None,
};

/// Whether the identity may be used for a resource that hangs on the cluster, or that such a one needs to be read for:
/// it may be in another subscription or resource group. `role` is [`Role::Child`] or [`Role::Read`].
///
/// # Errors
/// The identity does not reach it.
pub fn reaches(
    context: &Context,
    cluster: &AksCluster,
    live: Option<&LiveCluster>,
    id: &ResourceId,
    role: Role,
) -> Result<(), Ended> {
    let identity = named(context, cluster)?;
    let serves = serves(context, identity.as_deref())?;
    let reach = Reach {
        subscription: id.subscription().as_str(),
        resource_group: id.resource_group(),
        role,
        node_group: node_group(cluster, live),
    };
    serves.resource(&reach).map_err(not_served)
}

/// Whether the identity may be used for the cluster.
async fn allowed(context: &Context, cluster: &AksCluster, serves: &Serves<'_>) -> Result<(), Ended> {
    let namespace = cluster.namespace().unwrap_or_default();
    let labels = if serves.needs_labels(&namespace) {
        labels(context, &namespace).await?
    } else {
        BTreeMap::new()
    };
    let reach = Reach {
        subscription: &cluster.spec.subscription_id,
        resource_group: Some(&cluster.spec.resource_group),
        role: Role::Cluster,
        node_group: node_group(cluster, None),
    };
    serves
        .namespace(&namespace, &labels)
        .and_then(|()| serves.resource(&reach))
        .map_err(not_served)
}

fn node_group<'a>(cluster: &'a AksCluster, live: Option<&'a LiveCluster>) -> NodeGroup<'a> {
    NodeGroup {
        subscription: &cluster.spec.subscription_id,
        name: live.and_then(|live| live.body.pointer("/properties/nodeResourceGroup")?.as_str()),
    }
}

fn not_served(NotServed { message, next_step }: NotServed) -> Ended {
    Ended::ours(Target::Cluster, NOT_ALLOWED, message, &next_step, Retry::User)
}

async fn labels(context: &Context, namespace: &str) -> Result<BTreeMap<String, String>, Ended> {
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
    Ok(found.labels().clone())
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
        resource_groups: _,
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
    let name = ObjectName::parse(name).map_err(|error| {
        let next = "correct servicePrincipal.secretRef.name of the AzureIdentity";
        missing("SecretNotFound", format!("the Secret is misnamed: {error}"), next)
    })?;
    let secrets: Api<Secret> = Api::namespaced(context.client.clone(), namespace);
    let secret = secrets.get_opt(&name).await.map_err(|error| {
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
    if value.len() > MAX_VALUE {
        return Err(missing(
            "SecretTooLarge",
            format!("what Secret {namespace}/{name} holds under the key {key} is larger than 64 KiB"),
            "store only the client secret under the key",
        ));
    }
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

/// Types that `children` of the cluster may have. The operator's own identity allows none: several teams may share it.
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
