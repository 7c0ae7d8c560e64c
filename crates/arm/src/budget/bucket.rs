//! Which quotas there are, how large, and which of them a call counts in.

use std::fmt;
use std::sync::Arc;

use crate::call::Call;
use crate::wire::Request;

/// A documented quota. AKS: DOC quotas-skus-regions (2026-08-03); Azure Resource Manager: LEARN
/// request-limits-and-throttling.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// LIST of clusters of a subscription.
    AksListSubscription,
    /// LIST of clusters of a resource group.
    AksListGroup,
    /// PUT of one cluster.
    AksPutCluster,
    /// PUT of one pool.
    AksPutPool,
    /// GET of one cluster.
    AksGetCluster,
    /// GET of operation states, per subscription and region.
    AksOperationStatus,
    /// Every other call to AKS, per subscription and region.
    AksOther,
    /// GET through Azure Resource Manager, per principal and subscription.
    ArmReads,
    /// PUT, PATCH and POST through Azure Resource Manager, per principal and subscription.
    ArmWrites,
    /// DELETE through Azure Resource Manager, per principal and subscription.
    ArmDeletes,
}

impl Kind {
    /// The name in metrics and messages.
    pub fn name(self) -> &'static str {
        match self {
            Self::AksListSubscription => "aks-list-subscription",
            Self::AksListGroup => "aks-list-group",
            Self::AksPutCluster => "aks-put-cluster",
            Self::AksPutPool => "aks-put-pool",
            Self::AksGetCluster => "aks-get-cluster",
            Self::AksOperationStatus => "aks-operation-status",
            Self::AksOther => "aks-other",
            Self::ArmReads => "arm-reads",
            Self::ArmWrites => "arm-writes",
            Self::ArmDeletes => "arm-deletes",
        }
    }

    /// The size of a full bucket, in calls.
    pub(super) fn capacity(self) -> f64 {
        match self {
            Self::AksListSubscription => 500.0,
            Self::AksListGroup | Self::AksGetCluster | Self::AksOther => 60.0,
            Self::AksPutCluster | Self::AksPutPool => 20.0,
            Self::AksOperationStatus | Self::ArmWrites | Self::ArmDeletes => 200.0,
            Self::ArmReads => 250.0,
        }
    }

    /// The calls that come back in a second.
    pub(super) fn refill(self) -> f64 {
        match self {
            Self::AksListSubscription | Self::AksListGroup | Self::AksGetCluster | Self::AksOther => 1.0,
            Self::AksPutCluster | Self::AksPutPool => 1.0 / 60.0,
            Self::AksOperationStatus => 2.0,
            Self::ArmReads => 25.0,
            Self::ArmWrites | Self::ArmDeletes => 10.0,
        }
    }

    /// Whether there is one bucket for each cluster, pool or group, too many to show one by one.
    pub(super) fn is_per_resource(self) -> bool {
        matches!(
            self,
            Self::AksListGroup | Self::AksPutCluster | Self::AksPutPool | Self::AksGetCluster
        )
    }

    fn is_aks(self) -> bool {
        !matches!(self, Self::ArmReads | Self::ArmWrites | Self::ArmDeletes)
    }
}

/// One bucket: a quota and what it is counted for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Bucket {
    /// The quota.
    pub kind: Kind,
    /// What it is counted for, in lower case: a resource id, subscription and region, or subscription and principal.
    pub scope: Arc<str>,
}

impl fmt::Display for Bucket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.kind.name(), self.scope)
    }
}

impl Bucket {
    /// The bucket of a quota for what it is counted for.
    pub fn new(kind: Kind, scope: &str) -> Self {
        Self {
            kind,
            scope: scope.to_lowercase().into(),
        }
    }

    /// The buckets that Azure counts a request in.
    pub(super) fn of(request: &Request, principal: &str) -> Vec<Self> {
        let Some(subject) = &request.subject else {
            return Vec::new();
        };
        let subscription = subject.subscription.as_str();
        let regional = |kind| match &subject.region {
            Some(region) => Self::new(kind, &format!("{subscription}/{region}")),
            None => Self::new(kind, subscription),
        };
        let own = |kind| match &subject.resource {
            Some(resource) => Self::new(kind, resource),
            None => Self::new(kind, subscription),
        };
        let aks = match request.call {
            Call::ListClustersInSubscription => Some(own(Kind::AksListSubscription)),
            Call::ListClustersInGroup => Some(own(Kind::AksListGroup)),
            Call::PutCluster => Some(own(Kind::AksPutCluster)),
            Call::PutPool => Some(own(Kind::AksPutPool)),
            Call::GetCluster => Some(own(Kind::AksGetCluster)),
            Call::OperationStatus => Some(regional(Kind::AksOperationStatus)),
            Call::PatchClusterTags
            | Call::DeleteCluster
            | Call::StartCluster
            | Call::StopCluster
            | Call::GetPool
            | Call::DeletePool
            | Call::UpgradeProfile => Some(regional(Kind::AksOther)),
            Call::GetResource | Call::ListResources | Call::PutResource | Call::DeleteResource | Call::PostAction => {
                subject.resource.as_ref().map(|_| regional(Kind::AksOther))
            }
            Call::GetResourceGroup | Call::PutResourceGroup => None,
        };
        let gateway = match request.call.method().as_str() {
            "GET" => Kind::ArmReads,
            "DELETE" => Kind::ArmDeletes,
            _ => Kind::ArmWrites,
        };
        aks.into_iter()
            .chain([Self::new(gateway, &format!("{subscription}/{principal}"))])
            .collect()
    }

    /// The bucket among those of a call that a 429 with this code came from. Azure Resource Manager's own codes close
    /// its bucket; `Throttled`, and anything from further down, closes the narrower one of AKS.
    pub(super) fn throttled<'a>(buckets: &'a [Self], code: &str) -> Option<&'a Self> {
        let by_gateway = ["SubscriptionRequestsThrottled", "TooManyRequests"]
            .iter()
            .any(|gateway| code.eq_ignore_ascii_case(gateway));
        buckets
            .iter()
            .find(|bucket| bucket.kind.is_aks() != by_gateway)
            .or_else(|| buckets.last())
    }
}
