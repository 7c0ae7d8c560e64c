//! Schemas of strings and maps that many fields share. They exist for the CRD only: the fields themselves are plain
//! strings and maps, and name one of these types in `#[schemars(with = ...)]`.

use std::borrow::Cow;

use litemap::LiteMap;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize, Serializer};

/// Texts by key, as tags and labels are. A sorted list: the first entry of a B-tree takes half a KiB, in every object that
/// the operator keeps in memory.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct TextMap(LiteMap<String, String>);

impl Serialize for TextMap {
    /// Always as a map: the list's own form of an empty map is `[]`, which ARM refuses.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter())
    }
}

/// Defines a string schema with its greatest length and the one CEL rule it has to pass.
macro_rules! checked_string {
    ($(#[$doc:meta])* $name:ident, $max_length:literal, $rule:literal, $message:literal) => {
        $(#[$doc])*
        pub(super) struct $name;

        impl JsonSchema for $name {
            fn inline_schema() -> bool {
                true
            }

            fn schema_name() -> Cow<'static, str> {
                stringify!($name).into()
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!({
                    "type": "string",
                    "maxLength": $max_length,
                    "x-kubernetes-validations": [{ "rule": $rule, "message": $message }],
                })
            }
        }
    };
}

checked_string!(
    /// A GUID in lower case: subscriptions are compared as text.
    Guid,
    36,
    r"self.matches('^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$')",
    "this has to be a GUID in lower case"
);

checked_string!(
    /// The name of a resource group.
    GroupName,
    90,
    "self.matches('^[A-Za-z0-9._()-]*[A-Za-z0-9_()-]$')",
    "this has to be the name of a resource group, not an id"
);

checked_string!(
    /// The name of a pool.
    PoolName,
    12,
    "self.matches('^[A-Za-z][A-Za-z0-9]*$')",
    "this has to be the name of a pool in Azure: letters and digits"
);

checked_string!(
    /// The name of an object in Kubernetes.
    ObjectName,
    253,
    "!format.dns1123Subdomain().validate(self).hasValue()",
    "this has to be the name of an object: small letters, digits, . and -"
);

checked_string!(
    /// A key in the data of a Secret or ConfigMap.
    DataKey,
    253,
    "self.matches('^[A-Za-z0-9._-]+$')",
    "this has to be a key of its data: letters, digits, ., - and _"
);

checked_string!(
    /// The id of an Azure resource inside a resource group.
    ResourceId,
    1024,
    r"self.matches(r'(?i)^/subscriptions/[^/?#%\s]+/resourceGroups/[^/?#%\s]+/providers(/[^/?#%\s]+){3,}$')",
    "this has to be an Azure resource id; copy it from the resource's properties"
);

checked_string!(
    /// The type of an Azure resource, with the types of what it is part of.
    ResourceType,
    256,
    r"self.matches(r'^[A-Za-z0-9]+(\.[A-Za-z0-9]+)+(/[A-Za-z0-9]+)+$')",
    "this has to be the type of an Azure resource, such as Microsoft.Chaos/targets"
);

checked_string!(
    /// The id of a subnet. Nodes carry network, subnet and group as labels, hence 63 characters for each name
    /// (Learn: concepts-network-azure-cni-overlay).
    SubnetId,
    512,
    r"self.matches(r'(?i)^/subscriptions/[^/?#%\s]+/resourceGroups/[^/?#%\s]{1,63}/providers/Microsoft.Network/virtualNetworks/[^/?#%\s]{1,63}/subnets/[^/?#%\s]{1,63}$')",
    "this has to be the resource id of a subnet, and the names of resource group, network and subnet may have 63 \
     characters at most, because nodes carry them as labels"
);

checked_string!(
    /// The id of a user-assigned identity.
    UserAssignedIdentityId,
    512,
    r"self.matches(r'(?i)^/subscriptions/[^/?#%\s]+/resourceGroups/[^/?#%\s]+/providers/Microsoft.ManagedIdentity/userAssignedIdentities/[^/?#%\s]+$')",
    "this has to be the resource id of a user-assigned identity, /subscriptions/ID/resourceGroups/GROUP/providers/\
     Microsoft.ManagedIdentity/userAssignedIdentities/NAME; copy it from the identity's properties"
);

checked_string!(
    /// A role that a resource type has in clusters.
    TrustedRole,
    200,
    "self.matches('^[A-Za-z.]+/[A-Za-z]+/[A-Za-z0-9-]+$')",
    "this has to be a trusted access role TYPE/ROLE such as Microsoft.DataProtection/backupVaults/backup-operator"
);

checked_string!(
    /// A type of events of AKS.
    EventType,
    128,
    r"self.matches(r'^Microsoft\.ContainerService\.[A-Za-z]+$')",
    "this has to be a type of events of AKS, such as Microsoft.ContainerService.NodePoolRollingFailed"
);

checked_string!(
    /// A quantity of Kubernetes.
    Quantity,
    32,
    "isQuantity(self)",
    "this has to be a Kubernetes quantity in quotes, such as \"500m\", \"4\" or \"8Gi\""
);

checked_string!(
    /// A Kubernetes version with or without patch. The `v` is allowed because substitution tools strip quotes.
    KubernetesVersion,
    32,
    r"self.matches(r'^v?[0-9]+\.[0-9]+(\.[0-9]+)?$')",
    "this has to be a Kubernetes version such as 1.33 or v1.33.4"
);

checked_string!(
    /// An IPv4 or IPv6 range.
    Cidr,
    64,
    "isCIDR(self) && cidr(self) == cidr(self).masked()",
    "this has to be an IP range such as 10.0.0.0/16 that starts at its network address"
);

checked_string!(
    /// An IPv4 range.
    Ipv4Cidr,
    18,
    "isCIDR(self) && cidr(self).ip().family() == 4 && cidr(self) == cidr(self).masked()",
    "this has to be an IPv4 range such as 10.0.0.0/16 that starts at its network address; IPv6 ranges go into the \
     list of the same name"
);

checked_string!(
    /// An entry of the API server's firewall.
    AuthorizedRange,
    18,
    "(isIP(self) && ip(self).family() == 4) || (isCIDR(self) && cidr(self).ip().family() == 4)",
    "this has to be an IPv4 address or range, such as 203.0.113.7 or 203.0.113.0/24"
);

checked_string!(
    /// A duration of the cluster autoscaler.
    AutoscalerDuration,
    16,
    "self.matches('^[0-9]+[smh]$')",
    "this has to be a whole number and s, m or h, such as 10m"
);

checked_string!(
    /// A whole number as a string, as the cluster autoscaler takes it.
    WholeNumber,
    9,
    "self.matches('^[0-9]+$')",
    "this has to be a whole number in quotes, such as \"10\""
);

checked_string!(
    /// `"true"` or `"false"`, as the cluster autoscaler takes it.
    TrueOrFalse,
    5,
    "self in ['true', 'false']",
    "this has to be \"true\" or \"false\", in quotes"
);

checked_string!(
    /// A number or percentage of nodes.
    NodeAmount,
    8,
    "self.matches('^([0-9]+|([0-9]|[1-9][0-9]|100)%)$')",
    "this has to be a number of nodes or a percentage up to 100%, in quotes, such as \"1\" or \"33%\""
);

checked_string!(
    /// A virtual machine size. An unset substitution variable or a display name is no size.
    VmSize,
    64,
    "self.matches('^[A-Za-z]+_[A-Za-z0-9_-]+$')",
    "this has to be a virtual machine size such as Standard_D4s_v5; `az vm list-skus` lists those of a region"
);

checked_string!(
    /// A node image as `status.nodeImageVersion` shows it.
    NodeImageVersion,
    128,
    r"self.matches(r'^AKS[A-Za-z0-9]+-[A-Za-z0-9.-]+$')",
    "this has to be a node image such as AKSUbuntu-2404gen2containerd-202609.15.0; copy one the pool has run from \
     status.nodeImageVersion or the pool's upgrade profile"
);

checked_string!(
    /// A taint as AKS takes it (`az aks nodepool add --node-taints`).
    Taint,
    400,
    r"self.matches(r'^[a-zA-Z0-9][a-zA-Z0-9_./-]{0,252}=[a-zA-Z0-9][a-zA-Z0-9_.-]{0,62}:(NoSchedule|PreferNoSchedule|NoExecute)$')",
    "this has to be a taint key=value:Effect with the effect NoSchedule, PreferNoSchedule or NoExecute; AKS wants a value"
);

checked_string!(
    /// A proxy URL without credentials: AKS does not support them (Learn: http-proxy), and specs are no place for
    /// secrets.
    ProxyUrl,
    2048,
    r"self.matches(r'^https?://[^@\s]+$')",
    "this has to be a proxy URL such as http://proxy.example.com:3128 without user and password, which AKS does not \
     support"
);

checked_string!(
    /// The id of a Log Analytics workspace.
    LogAnalyticsWorkspaceId,
    512,
    r"self.matches(r'(?i)^/subscriptions/[^/?#%\s]+/resourceGroups/[^/?#%\s]+/providers/Microsoft.OperationalInsights/workspaces/[^/?#%\s]+$')",
    "this has to be the resource id of a Log Analytics workspace, /subscriptions/ID/resourceGroups/GROUP/providers/\
     Microsoft.OperationalInsights/workspaces/NAME"
);

checked_string!(
    /// The id of an Azure Monitor workspace.
    MonitorWorkspaceId,
    512,
    r"self.matches(r'(?i)^/subscriptions/[^/?#%\s]+/resourceGroups/[^/?#%\s]+/providers/Microsoft.Monitor/accounts/[^/?#%\s]+$')",
    "this has to be the resource id of an Azure Monitor workspace, /subscriptions/ID/resourceGroups/GROUP/providers/\
     Microsoft.Monitor/accounts/NAME"
);

checked_string!(
    /// The id of a backup vault.
    BackupVaultId,
    512,
    r"self.matches(r'(?i)^/subscriptions/[^/?#%\s]+/resourceGroups/[^/?#%\s]+/providers/Microsoft.DataProtection/backupVaults/[^/?#%\s]+$')",
    "this has to be the resource id of a backup vault, /subscriptions/ID/resourceGroups/GROUP/providers/\
     Microsoft.DataProtection/backupVaults/NAME"
);

checked_string!(
    /// The id of a policy of a backup vault.
    BackupPolicyId,
    1024,
    r"self.matches(r'(?i)^/subscriptions(/[^/?#%\s]+)+/providers/Microsoft.DataProtection/backupVaults/[^/?#%\s]+/backupPolicies/[^/?#%\s]+$')",
    "this has to be the resource id of a backup policy, which ends in backupVaults/VAULT/backupPolicies/NAME"
);

checked_string!(
    /// The name of a namespace in a cluster.
    NamespaceName,
    63,
    "self.matches('^[a-z0-9]([a-z0-9-]*[a-z0-9])?$')",
    "this has to be the name of a namespace: up to 63 lower-case letters, digits and hyphens"
);

checked_string!(
    /// A stream of Container insights.
    StreamName,
    128,
    "self.matches('^Microsoft-[A-Za-z0-9-]+$')",
    "this has to be the name of a stream, such as Microsoft-ContainerLogV2"
);

/// Drops the description that an enum has of its own. In a CRD it would stand in the place of what the field says, which
/// tells more: default, unit and whether the value can change.
pub(super) fn field_speaks(schema: &mut Schema) {
    schema.remove("description");
}

/// Azure tags: at most 48, because AKS adds its own to the 50 that Azure allows; names up to 512 and values up to 256
/// characters (Learn: tag-resources).
pub(super) struct Tags;

impl JsonSchema for Tags {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Tags".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "object",
            "maxProperties": 48,
            "additionalProperties": { "type": "string", "maxLength": 256 },
            "x-kubernetes-validations": [
                {
                    "rule": "self.all(name, !name.matches('^(?i)(aks-managed|k8s-azure)'))",
                    "message": "tag names that start with aks-managed or k8s-azure belong to AKS; choose other names",
                },
                {
                    "rule": "self.all(name, !name.matches('^(?i)armature-owner$'))",
                    "message": "the tag armature-owner marks who owns the resource and is written by Armature; remove it",
                },
                {
                    "rule": r"self.all(name, size(name) <= 512 && name.matches(r'^[^<>%&\\?/\pC]+$') && !self[name].matches(r'\pC'))",
                    "message": r"tag names have 1 to 512 characters without < > % & \ ? /, and neither they nor values have characters that do not show; correct them",
                },
            ],
        })
    }
}

/// Labels of nodes.
pub(super) struct NodeLabels;

impl JsonSchema for NodeLabels {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "NodeLabels".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "object",
            "maxProperties": 100,
            "additionalProperties": { "type": "string", "maxLength": 63 },
            "x-kubernetes-validations": [
                {
                    "rule": "self.all(key, !key.startsWith('kubernetes.azure.com')
                        || (key == 'kubernetes.azure.com/scalesetpriority' && self[key] == 'spot'))",
                    "message": "label keys that start with kubernetes.azure.com belong to AKS, except \
                                kubernetes.azure.com/scalesetpriority: spot on spot pools; choose other keys",
                },
                {
                    "rule": "self.all(key, !format.qualifiedName().validate(key).hasValue())",
                    "message": "label keys are an optional DNS name of up to 253 characters and a slash, then a name of up to \
                                63 letters, digits, -, _ and . with a letter or digit at both ends",
                },
                {
                    "rule": "self.all(key, !format.labelValue().validate(self[key]).hasValue())",
                    "message": "label values are empty or up to 63 letters, digits, -, _ and . with a letter or digit at \
                                both ends",
                },
            ],
        })
    }
}

/// Labels of a namespace.
pub(super) struct NamespaceLabels;

impl JsonSchema for NamespaceLabels {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "NamespaceLabels".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "object",
            "maxProperties": 32,
            "additionalProperties": { "type": "string", "maxLength": 63 },
            "x-kubernetes-validations": [{
                "rule": "self.all(key, !format.qualifiedName().validate(key).hasValue()
                    && !format.labelValue().validate(self[key]).hasValue())",
                "message": "labels are Kubernetes labels: keys NAME or DOMAIN/NAME, values up to 63 letters, digits, -, _ \
                            and .; correct them",
            }],
        })
    }
}

/// Categories of logs, on or off.
pub(super) struct CategorySwitches;

impl JsonSchema for CategorySwitches {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "CategorySwitches".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "object",
            "maxProperties": 32,
            "additionalProperties": { "type": "boolean" },
            "x-kubernetes-validations": [{
                "rule": "self.all(name, name.matches('^[A-Za-z0-9-]{1,64}$'))",
                "message": "log categories have names such as kube-audit-admin; `az monitor diagnostic-settings categories \
                            list` has those of a cluster",
            }],
        })
    }
}
