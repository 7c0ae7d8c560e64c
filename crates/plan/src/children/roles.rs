//! The roles that are built into Azure and concern clusters. Their GUIDs are the same in every tenant (Learn:
//! role-based-access-control/built-in-roles).

/// The GUID of the built-in role with this name; names compare without regard to case.
pub fn built_in(name: &str) -> Option<&'static str> {
    let found = BUILT_IN.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
    found.map(|(_, guid)| *guid)
}

/// Pulling images from a registry.
pub const ACR_PULL: &str = "7f951dda-4ed3-4680-a7ca-43fe172d538d";
/// The same where the registry decides by repository: `AcrPull` means nothing there.
pub const REPOSITORY_READER: &str = "b93aa761-3e63-49ed-ac28-beffa264f7ac";

const BUILT_IN: &[(&str, &str)] = &[
    ("Owner", "8e3af657-a8ff-443c-a75c-2fe8c4bcb635"),
    ("Contributor", "b24988ac-6180-42a0-ab88-20f7382dd24c"),
    ("Reader", "acdd72a7-3385-48ef-bd42-f606fba81ae7"),
    (
        "Role Based Access Control Administrator",
        "f58310d9-a9f6-439a-9e8d-f62e7b41a168",
    ),
    ("AcrPull", ACR_PULL),
    ("Container Registry Repository Reader", REPOSITORY_READER),
    ("Network Contributor", "4d97b98b-1d4f-4787-a291-c67834d212e7"),
    ("Private DNS Zone Contributor", "b12aa53e-6015-4669-85d0-8515ebb3ae7f"),
    ("DNS Zone Contributor", "befefa01-2a29-4197-83a8-272ff33ce314"),
    ("Managed Identity Operator", "f1a07417-d97a-45cb-824c-7a7467783830"),
    ("Managed Identity Contributor", "e40ec5ca-96e0-45a2-b4ff-59039f2c2b59"),
    (
        "Azure Kubernetes Service Contributor Role",
        "ed7f3fbd-7b88-4dd4-9017-9adb7ce333f8",
    ),
    (
        "Azure Kubernetes Service Cluster Admin Role",
        "0ab0b1a8-8aac-4efd-b8c2-3ee1fb270be8",
    ),
    (
        "Azure Kubernetes Service Cluster User Role",
        "4abbcc35-e782-43d8-92c5-2d3f1bd2253f",
    ),
    (
        "Azure Kubernetes Service Cluster Monitoring User",
        "1afdec4b-e479-420e-99e7-f82237c7c5e6",
    ),
    (
        "Azure Kubernetes Service RBAC Reader",
        "7f6c6a51-bcf8-42ba-9220-52d62157d7db",
    ),
    (
        "Azure Kubernetes Service RBAC Writer",
        "a7ffa36f-339b-4b5c-8bdf-e2c188b2c0eb",
    ),
    (
        "Azure Kubernetes Service RBAC Admin",
        "3498e952-d568-435e-9b2c-8d77e338d7f7",
    ),
    (
        "Azure Kubernetes Service RBAC Cluster Admin",
        "b1ff04bb-8a4e-4dc4-8eb5-8693973ce19b",
    ),
    (
        "Azure Kubernetes Service Namespace Contributor",
        "289d8817-ee69-43f1-a0af-43a45505b488",
    ),
    (
        "Azure Kubernetes Service Namespace User",
        "c9f76ca8-b262-4b10-8ed2-09cf0948aa35",
    ),
    (
        "Azure Kubernetes Fleet Manager Contributor Role",
        "63bb64ad-9799-4770-b5c3-24ed299a07bf",
    ),
    (
        "Kubernetes Extension Contributor",
        "85cb6faf-e071-4c9b-8136-154b5a04f717",
    ),
    ("Key Vault Secrets User", "4633458b-17de-408a-b874-0445c86b69e6"),
    ("Key Vault Certificate User", "db79e9a7-68ee-4b58-9aeb-b90e7c24fcba"),
    ("Key Vault Crypto User", "12338af0-0e69-4776-bea7-57ae8d297424"),
    (
        "Key Vault Crypto Service Encryption User",
        "e147488a-f6f5-4113-8e2d-b22465e65bf6",
    ),
    ("Key Vault Contributor", "f25e0fa2-a7c8-4377-a976-54943a77a395"),
    ("Monitoring Metrics Publisher", "3913510d-42f4-4e42-8a64-420c390055eb"),
    ("Monitoring Reader", "43d0d8ad-25c7-4714-9337-8ba259a9fe05"),
    ("Monitoring Contributor", "749f88d5-cbae-40b8-bcfc-e573ddc772fa"),
    ("Monitoring Data Reader", "b0d8363b-8ddd-447d-831f-62ca05bff136"),
    ("Log Analytics Contributor", "92aaf0da-9dab-42b6-94a3-d43ce8d16293"),
    ("Log Analytics Reader", "73c42c96-874c-492b-b04d-ab87d138a893"),
    (
        "AppGw for Containers Configuration Manager",
        "fbc52c3f-28ad-4303-a892-8a056630b8f1",
    ),
    (
        "Disk Encryption Set Operator for Managed Disks",
        "136d308c-0937-4a49-9bd7-edfb42adbffc",
    ),
    ("Disk Snapshot Contributor", "7efff54f-a5b4-42b5-a1c5-5411624893ce"),
    (
        "Data Operator for Managed Disks",
        "959f8984-c045-4866-89c7-12bf9737be2e",
    ),
    ("Storage Blob Data Contributor", "ba92f5b4-2d11-453d-a403-e96b0029c9fe"),
    ("Storage Account Contributor", "17d1049b-9a84-46fb-8f53-869881c3d3ab"),
    ("Backup Contributor", "5e467623-bb1f-42f4-a55d-6e525e11384b"),
    (
        "EventGrid EventSubscription Contributor",
        "428e0ff0-5e57-4d9c-a221-2c70d0e0a443",
    ),
    ("Locks Contributor", "28bf596f-4eb7-45ce-b5bc-6cf482fec137"),
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn names_are_found_in_any_case_and_no_two_roles_share_a_guid() {
        assert_eq!(built_in("acrpull"), Some(ACR_PULL));
        assert_eq!(built_in("Head of Everything"), None);
        let guids: BTreeSet<_> = BUILT_IN.iter().map(|(_, guid)| *guid).collect();
        assert_eq!(guids.len(), BUILT_IN.len());
        assert!(guids.iter().all(|guid| uuid::Uuid::try_parse(guid).is_ok()));
    }
}
