//! Every operation the client can perform, by name.

use reqwest::Method;

/// One operation of Azure Resource Manager. It is the metric label, the log field and what selects the token buckets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Call {
    /// `GET` of a managed cluster.
    GetCluster,
    /// `GET` of the managed clusters of a subscription, one page.
    ListClustersInSubscription,
    /// `GET` of the managed clusters of a resource group, one page.
    ListClustersInGroup,
    /// `PUT` of a managed cluster.
    PutCluster,
    /// `PATCH` of a managed cluster's tags; the map is replaced whole.
    PatchClusterTags,
    /// `DELETE` of a managed cluster.
    DeleteCluster,
    /// `POST .../start`.
    StartCluster,
    /// `POST .../stop`.
    StopCluster,
    /// `GET` of an agent pool.
    GetPool,
    /// `PUT` of an agent pool.
    PutPool,
    /// `DELETE` of an agent pool.
    DeletePool,
    /// `GET .../upgradeProfiles/default` of a cluster.
    UpgradeProfile,
    /// `GET` of a resource group.
    GetResourceGroup,
    /// `PUT` of a resource group.
    PutResourceGroup,
    /// `GET` of the status of a long-running operation.
    OperationStatus,
    /// `GET` of a resource of any other type.
    GetResource,
    /// `GET` of a list of resources of any other type, one page.
    ListResources,
    /// `PUT` of a resource of any other type.
    PutResource,
    /// `DELETE` of a resource of any other type.
    DeleteResource,
    /// `POST` of an action of a resource.
    PostAction,
}

impl Call {
    /// The name in metrics and logs: `GetCluster`, `PutPool`, ...
    pub fn name(self) -> &'static str {
        match self {
            Self::GetCluster => "GetCluster",
            Self::ListClustersInSubscription => "ListClustersInSubscription",
            Self::ListClustersInGroup => "ListClustersInGroup",
            Self::PutCluster => "PutCluster",
            Self::PatchClusterTags => "PatchClusterTags",
            Self::DeleteCluster => "DeleteCluster",
            Self::StartCluster => "StartCluster",
            Self::StopCluster => "StopCluster",
            Self::GetPool => "GetPool",
            Self::PutPool => "PutPool",
            Self::DeletePool => "DeletePool",
            Self::UpgradeProfile => "UpgradeProfile",
            Self::GetResourceGroup => "GetResourceGroup",
            Self::PutResourceGroup => "PutResourceGroup",
            Self::OperationStatus => "OperationStatus",
            Self::GetResource => "GetResource",
            Self::ListResources => "ListResources",
            Self::PutResource => "PutResource",
            Self::DeleteResource => "DeleteResource",
            Self::PostAction => "PostAction",
        }
    }

    /// What the call does, for an error sentence: "reading", "creating or updating", ...
    pub fn verb(self) -> &'static str {
        match self {
            Self::GetCluster | Self::GetPool | Self::GetResourceGroup | Self::GetResource => "reading",
            Self::ListClustersInSubscription | Self::ListClustersInGroup => "listing the clusters of",
            Self::ListResources => "listing",
            Self::PutCluster | Self::PutPool | Self::PutResourceGroup | Self::PutResource => "creating or updating",
            Self::PatchClusterTags => "setting the tags of",
            Self::DeleteCluster | Self::DeletePool | Self::DeleteResource => "deleting",
            Self::PostAction => "running",
            Self::StartCluster => "starting",
            Self::StopCluster => "stopping",
            Self::UpgradeProfile => "reading the upgrades offered to",
            Self::OperationStatus => "asking for the state of operation",
        }
    }

    /// The HTTP method.
    pub fn method(self) -> Method {
        match self {
            Self::GetCluster
            | Self::ListClustersInSubscription
            | Self::ListClustersInGroup
            | Self::GetPool
            | Self::UpgradeProfile
            | Self::GetResourceGroup
            | Self::GetResource
            | Self::ListResources
            | Self::OperationStatus => Method::GET,
            Self::PutCluster | Self::PutPool | Self::PutResourceGroup | Self::PutResource => Method::PUT,
            Self::PatchClusterTags => Method::PATCH,
            Self::DeleteCluster | Self::DeletePool | Self::DeleteResource => Method::DELETE,
            Self::StartCluster | Self::StopCluster | Self::PostAction => Method::POST,
        }
    }
}

impl Call {
    /// Whether somebody waits for one small answer that asks nothing of Azure but to look: it is there in a second or two,
    /// or something hangs. The clusters of a subscription are many, and only the observer waits for them.
    pub fn is_quick(self) -> bool {
        match self {
            Self::GetCluster
            | Self::GetPool
            | Self::UpgradeProfile
            | Self::GetResourceGroup
            | Self::GetResource
            | Self::ListResources
            | Self::OperationStatus => true,
            Self::ListClustersInSubscription
            | Self::ListClustersInGroup
            | Self::PutCluster
            | Self::PatchClusterTags
            | Self::DeleteCluster
            | Self::StartCluster
            | Self::StopCluster
            | Self::PutPool
            | Self::DeletePool
            | Self::PutResourceGroup
            | Self::PutResource
            | Self::DeleteResource
            | Self::PostAction => false,
        }
    }
}

/// What a call is for. When several wait for the same tokens, the smaller goes first; equals go by arrival.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Priority {
    /// Deleting what the user deleted.
    Delete,
    /// Bringing a failed resource back.
    Repair,
    /// Creating a resource.
    Create,
    /// Raising a version.
    Upgrade,
    /// Applying an edit of the spec.
    Config,
    /// Putting back what somebody else changed.
    Drift,
    /// Looking.
    Observe,
}
