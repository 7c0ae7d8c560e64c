//! From method and path to a call with everything it names; segments compare case-insensitively.

use axum::http::Method;

use super::calls::{Call, LocationRef};
use super::children::kinds::{ChildCall, ChildKind};
use super::features::FeatureCall;
use super::ids::{ChildRef, ClusterRef, GroupRef};
use super::machines::MachineRef;
use crate::resources::call::ResourceCall;
use crate::resources::id::Named;

/// Why no call fits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NoRoute {
    /// The path is of no resource that the simulator has.
    UnknownPath,
    /// The resource type exists, but not in this simulator.
    UnknownType {
        /// Provider, for example `Microsoft.Compute`.
        namespace: String,
        /// Type below it.
        kind: String,
    },
    /// The resource is known, the method is not for it.
    WrongMethod,
}

impl Call {
    /// Finds the call.
    ///
    /// # Errors
    /// [`NoRoute`] when the simulator has no such call.
    pub fn parse(method: &Method, path: &str) -> Result<Self, NoRoute> {
        if let Some(call) = ResourceCall::parse(method, path) {
            return call.map(Self::Resource);
        }
        let segments: Vec<&str> = path.split('/').filter(|segment| !segment.is_empty()).collect();
        let fixed: Vec<String> = segments.iter().map(|segment| segment.to_lowercase()).collect();
        let fixed: Vec<&str> = fixed.iter().map(String::as_str).collect();
        let own = |index: usize| segments[index].to_owned();
        let group = || GroupRef {
            subscription: own(1),
            name: own(3),
        };
        match fixed.as_slice() {
            ["tenants"] => only(method, &Method::GET, Self::TenantsList),
            ["subscriptions"] => only(method, &Method::GET, Self::SubscriptionsList),
            ["subscriptions", _] => only(method, &Method::GET, Self::SubscriptionsGet(own(1))),
            ["subscriptions", _, "locations"] => only(method, &Method::GET, Self::SubscriptionsListLocations(own(1))),
            ["subscriptions", _, "providers"] => only(method, &Method::GET, Self::ProvidersList(own(1))),
            ["subscriptions", _, "providers", _] => only(
                method,
                &Method::GET,
                Self::ProvidersGet {
                    subscription: own(1),
                    namespace: own(3),
                },
            ),
            ["subscriptions", _, "providers", _, "register"] => only(
                method,
                &Method::POST,
                Self::ProvidersRegister {
                    subscription: own(1),
                    namespace: own(3),
                },
            ),
            ["subscriptions", _, "providers", "microsoft.features", rest @ ..] => {
                FeatureCall::parse(method, own(1), rest, &segments[4..]).map(Self::Feature)
            }
            ["subscriptions", _, "operationresults", _] => only(
                method,
                &Method::GET,
                Self::GroupOperationResult {
                    subscription: own(1),
                    id: own(3),
                },
            ),
            ["subscriptions", _, "resources"] => only(method, &Method::GET, Self::ResourcesList(own(1))),
            ["subscriptions", _, "resourcegroups", _, "resources"] => {
                only(method, &Method::GET, Self::ResourcesListByResourceGroup(group()))
            }
            ["subscriptions", _, "resourcegroups"] => only(method, &Method::GET, Self::ResourceGroupsList(own(1))),
            ["subscriptions", _, "resourcegroups", _] => match *method {
                Method::GET => Ok(Self::ResourceGroupsGet(group())),
                Method::HEAD => Ok(Self::ResourceGroupsCheckExistence(group())),
                Method::PUT => Ok(Self::ResourceGroupsCreateOrUpdate(group())),
                Method::PATCH => Ok(Self::ResourceGroupsUpdate(group())),
                Method::DELETE => Ok(Self::ResourceGroupsDelete(group())),
                _ => Err(NoRoute::WrongMethod),
            },
            [
                "subscriptions",
                _,
                "providers",
                "microsoft.containerservice",
                "managedclusters",
            ] => only(method, &Method::GET, Self::ManagedClustersList(own(1))),
            [
                "subscriptions",
                _,
                "providers",
                "microsoft.containerservice",
                "locations",
                _,
                rest @ ..,
            ] => {
                let location = LocationRef {
                    subscription: own(1),
                    region: own(5),
                };
                Self::in_location(method, location, rest, &segments)
            }
            [
                "subscriptions",
                _,
                "resourcegroups",
                _,
                "providers",
                "microsoft.containerservice",
                "managedclusters",
            ] => only(method, &Method::GET, Self::ManagedClustersListByResourceGroup(group())),
            [
                "subscriptions",
                _,
                "resourcegroups",
                _,
                "providers",
                "microsoft.containerservice",
                "managedclusters",
                _,
                rest @ ..,
            ] => {
                let cluster = ClusterRef {
                    group: group(),
                    name: own(7),
                };
                match rest {
                    ["providers", ..] => Err(unknown(path)),
                    _ => Self::on_cluster(method, cluster, rest, segments.get(9).copied()),
                }
            }
            _ => Err(unknown(path)),
        }
    }

    fn in_location(method: &Method, location: LocationRef, rest: &[&str], own: &[&str]) -> Result<Self, NoRoute> {
        let id = own.get(7).map(|id| (*id).to_owned()).unwrap_or_default();
        match rest {
            ["kubernetesversions"] => only(
                method,
                &Method::GET,
                Self::ManagedClustersListKubernetesVersions(location),
            ),
            ["trustedaccessroles"] => only(method, &Method::GET, Self::TrustedAccessRolesList(location)),
            ["operations", _] => only(method, &Method::GET, Self::OperationStatus { location, id }),
            ["operationresults", _] => only(method, &Method::GET, Self::OperationResult { location, id }),
            _ => Err(NoRoute::UnknownPath),
        }
    }

    fn on_cluster(method: &Method, cluster: ClusterRef, rest: &[&str], name: Option<&str>) -> Result<Self, NoRoute> {
        let child = |cluster| ChildRef {
            cluster,
            name: name.unwrap_or_default().to_owned(),
        };
        match rest {
            [] => match *method {
                Method::GET => Ok(Self::ManagedClustersGet(cluster)),
                Method::PUT => Ok(Self::ManagedClustersCreateOrUpdate(cluster)),
                Method::PATCH => Ok(Self::ManagedClustersUpdateTags(cluster)),
                Method::DELETE => Ok(Self::ManagedClustersDelete(cluster)),
                _ => Err(NoRoute::WrongMethod),
            },
            ["start"] => only(method, &Method::POST, Self::ManagedClustersStart(cluster)),
            ["stop"] => only(method, &Method::POST, Self::ManagedClustersStop(cluster)),
            ["abort"] => only(method, &Method::POST, Self::ManagedClustersAbort(cluster)),
            ["upgradeprofiles", "default"] => {
                only(method, &Method::GET, Self::ManagedClustersGetUpgradeProfile(cluster))
            }
            ["availableagentpoolversions"] => only(method, &Method::GET, Self::AgentPoolsGetAvailableVersions(cluster)),
            ["listclusterusercredential"] => {
                only(method, &Method::POST, Self::ManagedClustersListUserCredentials(cluster))
            }
            ["listclusteradmincredential"] => only(
                method,
                &Method::POST,
                Self::ManagedClustersListAdminCredentials(cluster),
            ),
            ["listclustermonitoringusercredential"] => only(
                method,
                &Method::POST,
                Self::ManagedClustersListMonitoringCredentials(cluster),
            ),
            ["agentpools"] => only(method, &Method::GET, Self::AgentPoolsList(cluster)),
            ["agentpools", _] => match *method {
                Method::GET => Ok(Self::AgentPoolsGet(child(cluster))),
                Method::PUT => Ok(Self::AgentPoolsCreateOrUpdate(child(cluster))),
                Method::DELETE => Ok(Self::AgentPoolsDelete(child(cluster))),
                _ => Err(NoRoute::WrongMethod),
            },
            ["agentpools", _, "abort"] => only(method, &Method::POST, Self::AgentPoolsAbort(child(cluster))),
            ["agentpools", _, "upgradenodeimageversion"] => {
                only(method, &Method::POST, Self::AgentPoolsUpgradeNodeImage(child(cluster)))
            }
            ["agentpools", _, "upgradeprofiles", "default"] => {
                only(method, &Method::GET, Self::AgentPoolsGetUpgradeProfile(child(cluster)))
            }
            ["agentpools", _, "deletemachines"] => {
                only(method, &Method::POST, Self::AgentPoolsDeleteMachines(child(cluster)))
            }
            ["agentpools", _, "machines"] => only(method, &Method::GET, Self::MachinesList(child(cluster))),
            ["agentpools", _, "machines", machine] => {
                let machine = MachineRef {
                    pool: child(cluster),
                    name: (*machine).to_owned(),
                };
                only(method, &Method::GET, Self::MachinesGet(machine))
            }
            ["runcommand"] => only(method, &Method::POST, Self::ManagedClustersRunCommand(cluster)),
            ["commandresults", _] => only(
                method,
                &Method::GET,
                Self::ManagedClustersGetCommandResult(child(cluster)),
            ),
            ["rotateclustercertificates"] => only(
                method,
                &Method::POST,
                Self::ManagedClustersRotateClusterCertificates(cluster),
            ),
            ["rotateserviceaccountsigningkeys"] => only(
                method,
                &Method::POST,
                Self::ManagedClustersRotateServiceAccountSigningKeys(cluster),
            ),
            ["resetserviceprincipalprofile"] => only(
                method,
                &Method::POST,
                Self::ManagedClustersResetServicePrincipalProfile(cluster),
            ),
            ["resetaadprofile"] => only(method, &Method::POST, Self::ManagedClustersResetAadProfile(cluster)),
            ["privatelinkresources"] => only(method, &Method::GET, Self::PrivateLinkResourcesList(cluster)),
            [segment, rest @ ..] => match ChildKind::at(segment) {
                Some(kind) => ChildCall::parse(method, kind, cluster, rest, name).map(Self::Child),
                None => Err(NoRoute::UnknownPath),
            },
        }
    }
}

/// What a path without a call names.
fn unknown(path: &str) -> NoRoute {
    match Named::parse(path) {
        None => NoRoute::UnknownPath,
        Some(Named::One(id)) => NoRoute::UnknownType {
            kind: id.kind(),
            namespace: id.namespace,
        },
        Some(Named::Below { namespace, kind, .. }) => NoRoute::UnknownType { namespace, kind },
    }
}

fn only(method: &Method, wanted: &Method, call: Call) -> Result<Call, NoRoute> {
    if method == wanted {
        Ok(call)
    } else {
        Err(NoRoute::WrongMethod)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CLUSTER: &str = "/subscriptions/S/resourceGroups/RG/providers/Microsoft.ContainerService/managedClusters/C";

    fn name(method: &Method, path: &str) -> String {
        Call::parse(method, path).unwrap().facts().name.into_owned()
    }

    #[test]
    fn fixed_segments_ignore_case_and_names_keep_theirs() {
        let path = "/Subscriptions/S/RESOURCEGROUPS/Rg/providers/microsoft.containerservice/MANAGEDCLUSTERS/MyC/agentpools/Np1";
        let Ok(Call::AgentPoolsGet(pool)) = Call::parse(&Method::GET, path) else {
            panic!("no pool")
        };
        assert_eq!(
            (
                pool.cluster.group.name.as_str(),
                pool.cluster.name.as_str(),
                pool.name.as_str()
            ),
            ("Rg", "MyC", "Np1")
        );
    }

    #[test]
    fn method_and_path_decide_the_call() {
        assert_eq!(name(&Method::PUT, CLUSTER), "ManagedClusters_CreateOrUpdate");
        assert_eq!(
            name(&Method::POST, &format!("{CLUSTER}/listClusterUserCredential")),
            "ManagedClusters_ListClusterUserCredentials"
        );
        assert_eq!(
            name(&Method::GET, &format!("{CLUSTER}/agentPools/a/upgradeProfiles/default")),
            "AgentPools_GetUpgradeProfile"
        );
        assert_eq!(
            name(&Method::HEAD, "/subscriptions/S/resourcegroups/RG"),
            "ResourceGroups_CheckExistence"
        );
    }

    #[test]
    fn an_operation_is_found_by_its_id() {
        let path = "/subscriptions/S/providers/Microsoft.ContainerService/locations/westeurope/operations/ID";
        let Ok(Call::OperationStatus { location, id }) = Call::parse(&Method::GET, path) else {
            panic!("no operation")
        };
        assert_eq!((location.region.as_str(), id.as_str()), ("westeurope", "ID"));
    }

    #[test]
    fn what_the_simulator_does_not_have_is_told_apart() {
        let vm = "/subscriptions/S/resourceGroups/RG/providers/Microsoft.Compute/virtualMachines/V";
        assert!(
            matches!(Call::parse(&Method::GET, vm), Err(NoRoute::UnknownType { namespace, .. }) if namespace == "Microsoft.Compute")
        );
        assert_eq!(Call::parse(&Method::POST, CLUSTER), Err(NoRoute::WrongMethod));
        assert_eq!(Call::parse(&Method::GET, "/nowhere"), Err(NoRoute::UnknownPath));
    }
}
