//! Documents by which clients find their way: cloud metadata, OpenID configuration, instance discovery.

use serde_json::{Value, json};

/// Body of GET `/metadata/endpoints`: every address is the simulator's own, whatever service it names.
/// The Azure CLI and Terraform's azurerm stop when one of these members is missing.
#[must_use]
pub fn cloud(origin: &str) -> Value {
    json!({
        "name": "ArmatureSimulator",
        "portal": origin,
        "authentication": {
            "loginEndpoint": origin,
            "audiences": [origin, "https://management.azure.com/", "https://management.core.windows.net/"],
            "tenant": "common",
            "identityProvider": "AAD",
        },
        "resourceManager": origin,
        "graph": origin,
        "graphAudience": origin,
        "microsoftGraphResourceId": format!("{origin}/"),
        "batch": origin,
        "media": origin,
        "gallery": origin,
        "vmImageAliasDoc": format!("{origin}/aliases.json"),
        "sqlManagement": origin,
        "activeDirectoryDataLake": origin,
        "logAnalyticsResourceId": origin,
        "appInsightsResourceId": origin,
        "appInsightsTelemetryChannelResourceId": origin,
        "attestationResourceId": origin,
        "synapseAnalyticsResourceId": origin,
        "ossrDbmsResourceId": origin,
        "suffixes": {
            "acrLoginServer": "azurecr.io",
            "attestationEndpoint": "attest.azure.net",
            "azureDataLakeAnalyticsCatalogAndJob": "azuredatalakeanalytics.net",
            "azureDataLakeStoreFileSystem": "azuredatalakestore.net",
            "azureFrontDoorEndpointSuffix": "azurefd.net",
            "keyVaultDns": "vault.azure.net",
            "mariadbServerEndpoint": "mariadb.database.azure.com",
            "mhsmDns": "managedhsm.azure.net",
            "mysqlServerEndpoint": "mysql.database.azure.com",
            "postgresqlServerEndpoint": "postgres.database.azure.com",
            "sqlServerHostname": "database.windows.net",
            "storage": "core.windows.net",
            "storageSyncEndpointSuffix": "afs.azure.net",
            "synapseAnalytics": "dev.azuresynapse.net",
        },
    })
}

/// Body of GET `/{tenant}/v2.0/.well-known/openid-configuration`.
#[must_use]
pub fn openid_configuration(origin: &str, tenant: &str) -> Value {
    json!({
        "issuer": format!("{origin}/{tenant}/v2.0"),
        "authorization_endpoint": format!("{origin}/{tenant}/oauth2/v2.0/authorize"),
        "token_endpoint": format!("{origin}/{tenant}/oauth2/v2.0/token"),
        "device_authorization_endpoint": format!("{origin}/{tenant}/oauth2/v2.0/devicecode"),
        "jwks_uri": format!("{origin}/{tenant}/discovery/v2.0/keys"),
        "token_endpoint_auth_methods_supported": ["client_secret_post", "private_key_jwt"],
        "response_types_supported": ["code"],
        "subject_types_supported": ["pairwise"],
        "id_token_signing_alg_values_supported": ["ES256"],
        "scopes_supported": ["openid"],
        "claims_supported": ["aud", "iss", "iat", "exp", "oid", "sub", "tid"],
        "tenant_region_scope": null,
    })
}

/// Body of GET `/common/discovery/instance`, which MSAL asks about an authority that it does not know.
#[must_use]
pub fn instance_discovery(origin: &str, tenant: &str) -> Value {
    let host = origin.split_once("://").map_or(origin, |(_, host)| host);
    json!({
        "tenant_discovery_endpoint": format!("{origin}/{tenant}/v2.0/.well-known/openid-configuration"),
        "api-version": "1.1",
        "metadata": [{"preferred_network": host, "preferred_cache": host, "aliases": [host]}],
    })
}
