//! The table. Dates are last days; a month without a day means its last one. Sources are release notes of Azure/AKS and
//! articles of Azure's documentation, as `docs/sources.md` explains.

use jiff::civil::{Date, date};

use crate::layers::Body;

/// Something that AKS retires.
pub struct Retirement {
    /// Field and value as users write them.
    pub what: &'static str,
    /// Which settings are meant.
    pub applies: When,
    /// The last day of support; `None` for what is merely old.
    pub ends: Option<Date>,
    /// The day from which it does not work any more, where one is announced.
    pub removed: Option<Date>,
    /// What to use in its place, as an order.
    pub go_to: &'static str,
}

/// A condition on the settings of a cluster or pool. It is data because the admission policy needs it as CEL.
pub enum When {
    /// The text at the path is one of these.
    Is(&'static str, &'static [&'static str]),
    /// The flag at the path is on.
    On(&'static str),
    /// There is a value at the path.
    Given(&'static str),
    /// The list at the path has this entry.
    Has(&'static str, &'static str),
    /// There is a tag of this name.
    Tagged(&'static str),
    /// The first holds, the second does not.
    Without(&'static When, &'static When),
}

impl When {
    /// Whether it holds of these settings.
    pub fn holds(&self, body: &Body<'_>) -> bool {
        match self {
            Self::Is(path, values) => values.iter().any(|value| body.is(path, value)),
            Self::On(path) => body.flag(path),
            Self::Given(path) => body.get(path).is_some(),
            Self::Has(path, entry) => body.list(path).iter().any(|found| found.as_str() == Some(entry)),
            Self::Tagged(name) => body.has_tag(name),
            Self::Without(one, other) => one.holds(body) && !other.holds(body),
        }
    }
}

const fn row(
    what: &'static str,
    applies: When,
    ends: Option<Date>,
    removed: Option<Date>,
    go_to: &'static str,
) -> Retirement {
    Retirement {
        what,
        applies,
        ends,
        removed,
        go_to,
    }
}

/// Settings of clusters.
pub const CLUSTER: &[Retirement] = &[
    // configure-kubenet.
    row(
        "networkProfile.networkPlugin kubenet",
        When::Is("networkProfile.networkPlugin", &["kubenet"]),
        Some(date(2028, 3, 31)),
        None,
        "use networkPlugin azure with networkPluginMode overlay",
    ),
    // use-network-policies. On Windows nodes it ended earlier: see the rule WindowsNetworkPolicyRetired.
    row(
        "networkProfile.networkPolicy azure",
        When::Is("networkProfile.networkPolicy", &["azure"]),
        Some(date(2028, 9, 30)),
        None,
        "use networkDataplane cilium with networkPolicy cilium",
    ),
    // upgrade-basic-load-balancer-on-aks; creation was blocked on 2025-03-31 already.
    row(
        "networkProfile.loadBalancerSku basic",
        When::Is("networkProfile.loadBalancerSku", &["basic"]),
        Some(date(2025, 9, 30)),
        None,
        "use loadBalancerSku standard",
    ),
    // AKS release notes: clusters were moved on by AKS from that day.
    row(
        "aadProfile with clientAppID and serverAppID (legacy Entra integration)",
        When::Given("aadProfile.serverAppID"),
        Some(date(2023, 12, 1)),
        None,
        "set aadProfile.managed to true and remove the applications",
    ),
    // use-managed-identity.
    row(
        "servicePrincipalProfile",
        When::Without(
            &When::Given("servicePrincipalProfile.clientId"),
            &When::Is("servicePrincipalProfile.clientId", &["msi"]),
        ),
        None,
        None,
        "use a managed identity (identity), whose secrets do not run out",
    ),
    // use-azure-ad-pod-identity.
    row(
        "podIdentityProfile",
        When::On("podIdentityProfile.enabled"),
        Some(date(2025, 9, 30)),
        None,
        "use workload identity (oidcIssuerProfile and securityProfile.workloadIdentity)",
    ),
    // http-application-routing.
    row(
        "addonProfiles.httpApplicationRouting",
        When::On("addonProfiles.httpApplicationRouting.enabled"),
        Some(date(2025, 3, 3)),
        None,
        "use application routing (ingressProfile.webAppRouting)",
    ),
    // open-service-mesh-istio-migration-guidance.
    row(
        "addonProfiles.openServiceMesh",
        When::On("addonProfiles.openServiceMesh.enabled"),
        Some(date(2027, 9, 30)),
        None,
        "use the Istio add-on (serviceMeshProfile)",
    ),
    // AKS release notes 2026-04-28: Microsoft patches until then what upstream no longer maintains.
    row(
        "ingressProfile.webAppRouting with NGINX",
        When::Without(
            &When::On("ingressProfile.webAppRouting.enabled"),
            &When::Is(
                "ingressProfile.webAppRouting.nginx.defaultIngressControllerType",
                &["None"],
            ),
        ),
        Some(date(2026, 11, 30)),
        None,
        "use Gateway API with application routing or Application Gateway for Containers, and set \
         ingressProfile.webAppRouting.nginx.defaultIngressControllerType to None",
    ),
    // container-insights-authentication.
    row(
        "addonProfiles.omsagent without useAADAuth (legacy authentication of Container insights)",
        When::Without(
            &When::On("addonProfiles.omsagent.enabled"),
            &When::Is("addonProfiles.omsagent.config.useAADAuth", &["true"]),
        ),
        Some(date(2026, 9, 30)),
        None,
        "set addonProfiles.omsagent.config.useAADAuth to \"true\"",
    ),
    // auto-upgrade-cluster.
    row(
        "autoUpgradeProfile.upgradeChannel node-image",
        When::Is("autoUpgradeProfile.upgradeChannel", &["node-image"]),
        None,
        None,
        "use nodeOSUpgradeChannel NodeImage with upgradeChannel none",
    ),
    // istio-support-policy.
    row(
        "serviceMeshProfile.istio.revisions asm-1-27",
        When::Has("serviceMeshProfile.istio.revisions", "asm-1-27"),
        Some(date(2026, 5, 31)),
        None,
        "add the next revision and move the workloads to it",
    ),
    // AKS release notes.
    row(
        "the tag aks-disable-kubelet-serving-certificate-rotation",
        When::Tagged("aks-disable-kubelet-serving-certificate-rotation"),
        Some(date(2027, 4, 1)),
        None,
        "remove the tag",
    ),
];

/// Settings of pools.
pub const POOL: &[Retirement] = &[
    // availability-sets-on-aks: from 2026-09-30 on AKS migrates them on its own schedule.
    row(
        "type AvailabilitySet",
        When::Is("type", &["AvailabilitySet"]),
        Some(date(2025, 9, 30)),
        Some(date(2026, 9, 30)),
        "use type VirtualMachines or VirtualMachineScaleSets",
    ),
    // upgrade-os-version, here and below.
    row(
        "osSKU Windows2019",
        When::Is("osSKU", &["Windows2019"]),
        Some(date(2026, 3, 1)),
        Some(date(2027, 4, 1)),
        "use Windows2022 or Windows2025 in a new pool",
    ),
    row(
        "osSKU Windows2022",
        When::Is("osSKU", &["Windows2022"]),
        Some(date(2028, 6, 30)),
        Some(date(2029, 6, 30)),
        "use Windows2025 in a new pool",
    ),
    row(
        "osSKU Ubuntu2204",
        When::Is("osSKU", &["Ubuntu2204"]),
        Some(date(2027, 6, 30)),
        Some(date(2028, 4, 30)),
        "use Ubuntu or Ubuntu2404",
    ),
    row(
        "osSKU CBLMariner (Azure Linux 2.0)",
        When::Is("osSKU", &["CBLMariner"]),
        Some(date(2025, 11, 30)),
        Some(date(2026, 3, 31)),
        "use AzureLinux or AzureLinux3",
    ),
    // AKS release notes.
    row(
        "workloadRuntime WasmWasi",
        When::Is("workloadRuntime", &["WasmWasi"]),
        Some(date(2025, 5, 5)),
        None,
        "use OCIContainer with a runtime class of your own",
    ),
    // use-nvidia-gpu.
    row(
        "the tag skip-gpu-driver-install",
        When::Tagged("skip-gpu-driver-install"),
        Some(date(2025, 8, 14)),
        None,
        "set gpuProfile.driver to None in a new pool",
    ),
    // AKS release notes.
    row(
        "the tag aks-disable-kubelet-serving-certificate-rotation",
        When::Tagged("aks-disable-kubelet-serving-certificate-rotation"),
        Some(date(2027, 4, 1)),
        None,
        "remove the tag",
    ),
];
