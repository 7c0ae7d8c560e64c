//! Where our schema differs from ARM's on purpose, each with its reason. An entry that no check needs any more is a fault.

use std::cell::RefCell;
use std::collections::BTreeSet;

use armature_api::CLUSTER_SECRETS;

/// A path and why it is an exception.
type Exception = (&'static str, &'static str);

/// Properties of ARM without a field.
const LEFT_OUT: &[Exception] = &[
    (
        "cluster.agentPoolProfiles",
        "pools are objects of their own, AksNodePool",
    ),
    ("cluster.kind", "picks a view in Azure's portal and nothing else"),
    (
        "cluster.identity.userAssignedIdentities",
        "userAssignedIdentityId stands for its one key",
    ),
    (
        "cluster.identity.delegatedResources",
        "for Azure's own services only (SPEC: internal use)",
    ),
    (
        "cluster.privateLinkResources",
        "AKS fills it in with the endpoints it has made",
    ),
    (
        "pool.virtualMachineNodesStatus",
        "reported, though not marked read-only",
    ),
];

/// Fields that ARM has not, or has in another shape.
const OWN_SHAPES: &[Exception] = &[
    (
        "cluster.identity.userAssignedIdentityId",
        "stands for the one key of ARM's map userAssignedIdentities",
    ),
    (
        "cluster.powerState",
        "read-only in ARM's body; start and stop are calls of their own",
    ),
];

/// Strings of ARM for which only some values make sense.
const NARROWED: &[Exception] = &[
    (
        "cluster.identity.type",
        "None stands for a service principal, for which identity is left out",
    ),
    (
        "pool.kubeletConfig.cpuManagerPolicy",
        "Learn: custom-node-configuration lists the values",
    ),
    (
        "pool.kubeletConfig.topologyManagerPolicy",
        "Learn: custom-node-configuration lists the values",
    ),
    (
        "pool.linuxOSConfig.transparentHugePageEnabled",
        "Learn: custom-node-configuration lists the values",
    ),
    (
        "pool.linuxOSConfig.transparentHugePageDefrag",
        "Learn: custom-node-configuration lists the values",
    ),
];

/// Texts whose form ARM gives as a pattern that a rule of ours contains.
const PATTERNS: &[Exception] = &[
    (
        "cluster.linuxProfile.adminUsername",
        "the same pattern, and 32 characters",
    ),
    (
        "cluster.networkProfile.podCidr",
        "isCIDR, of IPv4, from the network address",
    ),
    (
        "cluster.networkProfile.serviceCidr",
        "isCIDR, of IPv4, from the network address",
    ),
    ("cluster.networkProfile.dnsServiceIP", "isIP, of IPv4"),
    (
        "cluster.serviceMeshProfile.istio.components.egressGateways[].name",
        "the same pattern, from end to end",
    ),
];

/// What an exception is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum About {
    /// A property without a field.
    LeftOut,
    /// A field without a property, or with another type.
    OwnShape,
    /// Fewer values.
    Narrowed,
    /// A pattern.
    Pattern,
}

impl About {
    const ALL: [Self; 4] = [Self::LeftOut, Self::OwnShape, Self::Narrowed, Self::Pattern];

    fn list(self) -> Vec<Exception> {
        match self {
            Self::LeftOut => LEFT_OUT.to_vec(),
            Self::OwnShape => OWN_SHAPES.iter().copied().chain(secrets()).collect(),
            Self::Narrowed => NARROWED.to_vec(),
            Self::Pattern => PATTERNS.to_vec(),
        }
    }
}

/// What ARM takes as text and never returns.
fn secrets() -> impl Iterator<Item = Exception> {
    const REASON: &str = "a secret, so the manifest refers to one";
    CLUSTER_SECRETS.iter().map(|path| {
        let path = path.strip_prefix("properties.").unwrap();
        (&*Box::leak(format!("cluster.{path}").into_boxed_str()), REASON)
    })
}

/// The exceptions, and which of them were needed so far.
#[derive(Default)]
pub struct Exceptions {
    needed: RefCell<BTreeSet<(About, &'static str)>>,
}

impl Exceptions {
    /// Whether the path, or a group around it, is an exception; it then counts as needed.
    pub fn allow(&self, about: About, path: &str) -> bool {
        let listed = about.list().into_iter().find(|(listed, _)| {
            path.strip_prefix(listed)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
        });
        if let Some((listed, _)) = listed {
            self.needed.borrow_mut().insert((about, listed));
        }
        listed.is_some()
    }

    /// Those that nothing needed.
    pub fn idle(&self) -> Vec<String> {
        let needed = self.needed.borrow();
        let all = About::ALL.into_iter().flat_map(|about| {
            about
                .list()
                .into_iter()
                .map(move |(path, reason)| (about, path, reason))
        });
        all.filter(|(about, path, _)| !needed.contains(&(*about, *path)))
            .map(|(about, path, reason)| format!("{about:?} {path} ({reason})"))
            .collect()
    }
}
