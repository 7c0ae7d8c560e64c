//! Microsoft.ManagedIdentity: identities that sign in, and the tokens of other issuers that they trust.
//!
//! Codes and messages: Learn (workload identity federation for managed identities), bicep-registry-modules#1447,
//! bicep-types-az#2029, istio-aks-example#6.

use jiff::SignedDuration;
use serde_json::{Value, json};

use super::id::{ResourceId, ResourceKey};
use super::resource_type::{Home, NameRule, Patch, ResourceType, Write};
use super::store::Resource;
use crate::arm::gateway::Context;
use crate::clock::shift;
use crate::identity::directory::{FederatedCredential, Principal};
use crate::refusal::Refusal;
use crate::schema::Definition;
use crate::world::World;

const NAMESPACE: &str = "Microsoft.ManagedIdentity";
const VERSIONS: &[&str] = &["2024-11-30", "2023-01-31", "2018-11-30"];

/// Credentials that an identity holds at most.
const CREDENTIALS: usize = 20;

/// Characters of an issuer, a subject or an audience.
const LONGEST: usize = 600;

/// Types of this provider (azure-mgmt-msi 7.1.0).
pub const TYPES: &[ResourceType] = &[IDENTITY, CREDENTIAL];

const IDENTITY: ResourceType = ResourceType {
    namespace: NAMESPACE,
    path: "userAssignedIdentities",
    calls: "UserAssignedIdentities",
    body: Some(Definition::UserAssignedIdentity),
    versions: VERSIONS,
    patch: Patch::Merge,
    name: Some(NameRule {
        // General knowledge: Learn, naming rules.
        holds: |name| {
            let legal = |letter: char| letter.is_ascii_alphanumeric() || "-_".contains(letter);
            (3..=128).contains(&name.len()) && name.chars().all(legal)
        },
        refuse: |name| {
            let message = format!(
                "The resource name '{name}' is invalid: 3 to 128 letters, digits, hyphens and underscores are allowed."
            );
            Refusal::service(400, "BadRequest", message)
        },
    }),
    complete: complete_identity,
    applied: identity_applied,
    removed: |world, resource| {
        world
            .directory
            .remove_principal(resource.text("clientId").unwrap_or_default());
    },
    ..ResourceType::PLAIN
};

const CREDENTIAL: ResourceType = ResourceType {
    namespace: NAMESPACE,
    path: "userAssignedIdentities/federatedIdentityCredentials",
    calls: "FederatedIdentityCredentials",
    body: Some(Definition::FederatedIdentityCredential),
    versions: VERSIONS,
    home: Home::Parent,
    name: Some(NameRule {
        // `^[a-zA-Z0-9][a-zA-Z0-9-_]{2,119}$` (azure-mgmt-msi 7.1.0).
        holds: |name| {
            let legal = |letter: char| letter.is_ascii_alphanumeric() || "-_".contains(letter);
            (3..=120).contains(&name.len())
                && name.starts_with(|first: char| first.is_ascii_alphanumeric())
                && name.chars().all(legal)
        },
        refuse: |name| {
            let message = format!(
                "The Federated Identity Credential name '{name}' is invalid: it has to match ^[a-zA-Z0-9][a-zA-Z0-9-_]{{2,119}}$."
            );
            Refusal::service(400, "BadRequest", message)
        },
    }),
    check: check_credential,
    applied: |world, key| {
        note_write(world, key);
        trust_anew(world, key);
    },
    keep: |world, resource, _: &Context<'_>| serial(world, &resource.id),
    removed: |world, resource| {
        note_write(world, &resource.id.key());
        trust_anew(world, &resource.id.key());
    },
    ..ResourceType::PLAIN
};

/// A new identity gets ids that never come back; they stay until it is deleted.
fn complete_identity(world: &mut World, write: &Write<'_>, body: &mut Value) {
    let properties = &mut body["properties"];
    for member in ["principalId", "clientId"] {
        properties[member] = match write.stored(member) {
            Some(known) => known.clone(),
            None => json!(world.ids.guid()),
        };
    }
    properties["tenantId"] = json!(world.directory.tenant());
}

fn identity_applied(world: &mut World, key: &ResourceKey) {
    let Some(resource) = world.resources.get(key) else {
        return;
    };
    let client_id = resource.text("clientId").unwrap_or_default().to_owned();
    if world.directory.by_client_id(&client_id).is_some() {
        return;
    }
    let object_id = resource.text("principalId").unwrap_or_default().to_owned();
    let mut principal = Principal::managed_identity(client_id, object_id, resource.id.to_string());
    let delay = SignedDuration::from_secs(i64::from(world.settings.principal_replication));
    principal.replicated_from = Some(shift(world.now(), delay));
    world.directory.put_principal(principal);
}

fn check_credential(world: &World, write: &Write<'_>) -> Result<(), Refusal> {
    let bad = |message: String| Err(Refusal::service(400, "BadRequest", message));
    let name = write.id.name();
    if write
        .sent
        .get("properties")
        .and_then(Value::as_object)
        .is_none_or(|all| all.is_empty())
    {
        return bad(format!(
            "The Federated Identity Credential '{name}' has empty properties."
        ));
    }
    let audiences = write.property("audiences").and_then(Value::as_array);
    let (Some(issuer), Some(subject), Some(audiences)) = (write.text("issuer"), write.text("subject"), audiences)
    else {
        return bad(
            "The request format was unexpected. Federated Identity Credential must specify 'issuer', 'subject' and 'audience'."
                .to_owned(),
        );
    };
    let [audience] = audiences.as_slice() else {
        return bad("Federated identity credentials must have exactly one audience.".to_owned());
    };
    let audience = audience.as_str().unwrap_or_default();
    for (member, value) in [("issuer", issuer), ("subject", subject), ("audience", audience)] {
        if value.is_empty() || value.chars().count() > LONGEST {
            return bad(format!(
                "The {member} of a Federated Identity Credential has 1 to {LONGEST} characters."
            ));
        }
    }
    serial(world, write.id)?;
    let own = write.id.key();
    let siblings = siblings(world, write.id);
    let others = siblings.iter().filter(|(key, _)| **key != own);
    if others
        .clone()
        .any(|(_, other)| other.text("issuer") == Some(issuer) && other.text("subject") == Some(subject))
    {
        return bad("Issuer and subject combination already exists for this Managed Identity.".to_owned());
    }
    if others.count() >= CREDENTIALS {
        return bad(format!(
            "Too many Federated Identity Credentials: a Managed Identity can have at most {CREDENTIALS}."
        ));
    }
    Ok(())
}

fn siblings<'a>(world: &'a World, credential: &ResourceId) -> Vec<(&'a ResourceKey, &'a Resource)> {
    let identity = credential.parent().map(|identity| identity.key());
    let all = world.resources.of_type(&CREDENTIAL);
    all.filter(|(_, other)| other.id.parent().map(|parent| parent.key()) == identity)
        .collect()
}

/// Writes under one identity have to follow each other; how long one takes is the setting `credentialWrite`.
fn serial(world: &World, credential: &ResourceId) -> Result<(), Refusal> {
    let Some(identity) = credential.parent() else {
        return Ok(());
    };
    let window = SignedDuration::from_secs(i64::from(world.settings.credential_write));
    let busy = world
        .credential_writes
        .get(&identity.key())
        .is_some_and(|last| shift(*last, window) > world.now());
    if !busy {
        return Ok(());
    }
    let message = format!(
        "Too many Federated Identity Credentials are written concurrently for the managed identity '{identity}'. Concurrent Federated Identity Credentials writes under the same managed identity are not supported."
    );
    let code = "ConcurrentFederatedIdentityCredentialsWritesForSingleManagedIdentity";
    Err(Refusal::service(409, code, message))
}

fn note_write(world: &mut World, credential: &ResourceKey) {
    if let Some(identity) = ResourceId::parse(credential.as_str()).and_then(|id| id.parent()) {
        let now = world.now();
        world.credential_writes.insert(identity.key(), now);
    }
}

/// The identity trusts what its credentials say, and nothing else.
fn trust_anew(world: &mut World, credential: &ResourceKey) {
    let Some(id) = ResourceId::parse(credential.as_str()) else {
        return;
    };
    let trusts: Vec<FederatedCredential> = siblings(world, &id)
        .into_iter()
        .map(|(_, credential)| FederatedCredential {
            issuer: credential.text("issuer").unwrap_or_default().to_owned(),
            subject: credential.text("subject").unwrap_or_default().to_owned(),
            audience: credential
                .property("audiences")
                .and_then(|audiences| audiences.get(0))
                .and_then(Value::as_str)
                .unwrap_or_default()
                .to_owned(),
        })
        .collect();
    let identity = id.parent().and_then(|identity| world.resources.get(&identity.key()));
    let client_id = identity
        .and_then(|identity| identity.text("clientId"))
        .map(str::to_owned);
    if let Some(principal) = client_id.and_then(|client_id| world.directory.by_client_id_mut(&client_id)) {
        principal.federated_credentials = trusts;
    }
}
