//! Rules about rights, workload identity, extensions and Flux.

use serde_json::{Value, json};

use crate::harness::Kind::Cluster;
use crate::harness::{Case, GUID, case, id};

pub fn cases() -> Vec<Case> {
    [rights(), credentials(), extensions(), flux()]
        .into_iter()
        .flatten()
        .collect()
}

fn assignment(field: &str, value: &str) -> Value {
    let mut assignment = json!({ "principal": "cluster", "role": "Reader", "scope": "cluster" });
    assignment[field] = json!(value);
    json!({ "roleAssignments": { "a": assignment } })
}

fn rights() -> Vec<Case> {
    let entry =
        |name: &str| json!({ "roleAssignments": { name: { "principal": GUID, "role": GUID, "scope": "cluster" } } });
    let registry = |name: &str, type_: &str| json!({ "attachRegistries": { name: { "registryId": id(type_) } } });
    const REGISTRY: &str = "Microsoft.ContainerRegistry/registries/shared";
    vec![
        case(
            Cluster,
            "the names in roleAssignments",
            entry("subnet.nodes"),
            entry("a/b"),
        ),
        case(
            Cluster,
            "principal is cluster, kubelet",
            assignment(
                "principal",
                &id("Microsoft.ManagedIdentity/userAssignedIdentities/shop"),
            ),
            assignment("principal", ""),
        ),
        case(
            Cluster,
            "role is the name of a role",
            assignment(
                "role",
                &format!("/providers/Microsoft.Authorization/roleDefinitions/{GUID}"),
            ),
            assignment("role", "/providers/Microsoft.Authorization/roleDefinitions/Reader"),
        ),
        case(
            Cluster,
            "scope is cluster, namespace/NAME",
            assignment("scope", "namespace/shop"),
            assignment("scope", "shop"),
        ),
        case(
            Cluster,
            "scope is cluster, namespace/NAME",
            assignment("scope", &id("Microsoft.Network/virtualNetworks/hub/subnets/nodes")),
            assignment(
                "scope",
                &format!("/subscriptions/{GUID}/resourceGroups//providers/Microsoft.Network/virtualNetworks/hub"),
            ),
        ),
        case(
            Cluster,
            "the names in attachRegistries",
            registry("shared", REGISTRY),
            registry("-shared", REGISTRY),
        ),
        case(
            Cluster,
            "registryId is",
            registry("shared", REGISTRY),
            registry("shared", "Microsoft.Storage/storageAccounts/shared"),
        ),
    ]
}

fn credential(field: &str, value: Value) -> Value {
    let mut credential = json!({
        "identityId": id("Microsoft.ManagedIdentity/userAssignedIdentities/shop"),
        "namespace": "shop",
        "serviceAccount": "api",
    });
    credential[field] = value;
    json!({ "federatedCredentials": { "api": credential } })
}

fn credentials() -> Vec<Case> {
    let named = |name: &str| {
        let entry = credential("namespace", json!("shop"))["federatedCredentials"]["api"].clone();
        json!({ "federatedCredentials": { name: entry } })
    };
    vec![
        case(Cluster, "the names in federatedCredentials", named("api"), named("a b")),
        case(
            Cluster,
            "identityId is",
            credential("namespace", json!("shop")),
            credential("identityId", json!(id("Microsoft.ManagedIdentity/identities/shop"))),
        ),
        case(
            Cluster,
            "namespace is the name of a namespace",
            credential("namespace", json!("shop-1")),
            credential("namespace", json!("Shop")),
        ),
        case(
            Cluster,
            "serviceAccount is",
            credential("serviceAccount", json!("api.v1")),
            credential("serviceAccount", json!("system:serviceaccount:shop:api")),
        ),
        case(
            Cluster,
            "name has 3 to 120",
            credential("name", json!("shop-api")),
            credential("name", json!("shop.api")),
        ),
    ]
}

fn extension(fields: Value) -> Value {
    let mut extension = json!({ "extensionType": "microsoft.flux" });
    for (name, value) in fields.as_object().unwrap() {
        extension[name] = value.clone();
    }
    json!({ "extensions": { "flux": extension } })
}

fn extensions() -> Vec<Case> {
    let named = |name: &str| json!({ "extensions": { name: { "extensionType": "microsoft.flux" } } });
    let identity = |fields: Value| extension(json!({ "aksAssignedIdentity": fields }));
    vec![
        case(Cluster, "the names in extensions", named("flux"), named("Flux_")),
        case(
            Cluster,
            "extensionType is",
            extension(json!({ "extensionType": "Microsoft.DataProtection.Kubernetes" })),
            extension(json!({ "extensionType": "flux" })),
        ),
        case(
            Cluster,
            "version pins",
            extension(json!({ "version": "1.18.2", "autoUpgradeMinorVersion": false })),
            extension(json!({ "version": "1.18.2", "autoUpgradeMinorVersion": true })),
        ),
        case(
            Cluster,
            "the scope of an extension",
            extension(json!({ "scope": { "cluster": { "releaseNamespace": "flux-system" } } })),
            extension(json!({ "scope": {} })),
        ),
        case(
            Cluster,
            "aksAssignedIdentity of type UserAssigned",
            identity(json!({ "type": "Workload" })),
            identity(json!({ "type": "UserAssigned" })),
        ),
    ]
}

fn flux() -> Vec<Case> {
    let named = |name: &str, fields: Value| json!({ "fluxConfigurations": { name: fields } });
    let source = |source: &str, fields: Value| named("apps", json!({ source: fields }));
    let git = |url: &str| source("gitRepository", json!({ "url": url }));
    let bucket = |url: &str| source("bucket", json!({ "url": url, "bucketName": "b" }));
    let blob = |url: &str| source("azureBlob", json!({ "url": url, "containerName": "c" }));
    let oci = |url: &str| source("ociRepository", json!({ "url": url }));
    vec![
        case(
            Cluster,
            "the names in fluxConfigurations",
            git("https://git.example.com/x"),
            named(
                "Apps",
                json!({ "gitRepository": { "url": "https://git.example.com/x" } }),
            ),
        ),
        case(
            Cluster,
            "a Flux configuration has exactly one source",
            git("git@git.example.com:x"),
            named("apps", json!({})),
        ),
        case(
            Cluster,
            "the url of a Git repository",
            git("ssh://git@git.example.com/x"),
            git("https://user:password@git.example.com/x"),
        ),
        case(
            Cluster,
            "the url of a bucket",
            bucket("https://s3.example.com"),
            bucket("s3.example.com"),
        ),
        case(
            Cluster,
            "the url of a storage account",
            blob("https://account.blob.core.windows.net"),
            blob("https://account.blob.core.windows.net/c?sig=x"),
        ),
        case(
            Cluster,
            "the url of an OCI repository",
            oci("oci://registry.azurecr.io/shop"),
            oci("registry.azurecr.io/shop"),
        ),
    ]
}
