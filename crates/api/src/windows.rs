//! Windows nodes: their admin account, licence and group managed service accounts.

use kube::KubeSchema;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::SecretKeyRef;
use super::schema::field_speaks;

/// Settings of all Windows nodes.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct WindowsProfile {
    /// Name of the admin account, 1 to 20 characters, no dot at the end, none of the common names that Azure refuses
    /// (such as `admin`, `user` or `root`). Fixed at creation.
    // The list of names is ARM's (SPEC 2026-08-01 ManagedClusterWindowsProfile).
    #[schemars(length(min = 1, max = 20))]
    #[x_kube(validation = (
        r"!self.endsWith('.') && self.matches(r'^[^\\/\[\]:;|=,+*?<>@]+$')",
        r"windowsProfile.adminUsername may not end in a dot nor hold one of \ / [ ] : ; | = , + * ? < > @; correct it",
    ))]
    #[x_kube(validation = (
        "!(self.lowerAscii() in ['administrator', 'admin', 'user', 'user1', 'test', 'user2', 'test1', 'user3', 'admin1',
            '1', '123', 'a', 'actuser', 'adm', 'admin2', 'aspnet', 'backup', 'console', 'david', 'guest', 'john', 'owner',
            'root', 'server', 'sql', 'support', 'support_388945a0', 'sys', 'test2', 'test3', 'user4', 'user5'])",
        "windowsProfile.adminUsername is one of the common names that Azure refuses; choose another one",
    ))]
    pub admin_username: String,
    /// Where the password of the admin account is kept: 8 to 123 characters with three of lower case, upper case, digit
    /// and symbol. A change restarts the nodes of all Windows pools.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub admin_password: Option<SecretKeyRef>,
    /// `Windows_Server` uses licences of one's own (Azure Hybrid Benefit), `None` (Azure's default) does not. A change
    /// reimages all Windows pools.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub license_type: Option<LicenseType>,
    /// Installs the CSI proxy on Windows nodes. What a change does to running nodes is not documented.
    #[serde(rename = "enableCSIProxy", skip_serializing_if = "Option::is_none")]
    pub enable_csi_proxy: Option<bool>,
    /// Group managed service accounts for Windows containers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gmsa_profile: Option<GmsaProfile>,
}

/// Licence of Windows nodes.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, PartialEq, Eq, JsonSchema)]
#[schemars(transform = field_speaks)]
pub enum LicenseType {
    /// Azure's own.
    None,
    /// One's own.
    #[serde(rename = "Windows_Server")]
    WindowsServer,
}

/// Group managed service accounts for Windows containers.
#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq, KubeSchema)]
// az aks create --gmsa-dns-server: both or neither, and only with --enable-windows-gmsa.
#[x_kube(validation = (
    "(self.?dnsServer.orValue('') == '') == (self.?rootDomainName.orValue('') == '')",
    "windowsProfile.gmsaProfile.dnsServer and rootDomainName go together; set both, or leave both out to use the DNS server \
     of the virtual network",
))]
#[x_kube(validation = (
    "self.?enabled.orValue(false) || self.?dnsServer.orValue('') == ''",
    "windowsProfile.gmsaProfile.dnsServer is for service accounts that are on; set gmsaProfile.enabled to true, or remove it",
))]
#[serde(rename_all = "camelCase")]
pub struct GmsaProfile {
    /// Turns them on, which reimages all Windows pools; off, which reimages them if a DNS server was set.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub enabled: Option<bool>,
    /// Address of the domain's DNS server; empty where the virtual network has one. A change reimages all Windows
    /// pools; once set it cannot be emptied.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 253))]
    pub dns_server: Option<String>,
    /// Root domain, such as `corp.example.com`; goes with `dnsServer`. A change reimages all Windows pools; once set it
    /// cannot be emptied.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 253))]
    pub root_domain_name: Option<String>,
}
