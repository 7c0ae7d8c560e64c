//! What has to be known before the first reconcile: that the CRDs are there, and the name of this installation.

use std::time::Duration;

use futures::future::join_all;
use k8s_openapi::api::core::v1::Namespace;
use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use kube::runtime::conditions::is_crd_established;
use kube::runtime::wait::Condition;
use kube::{Api, Client, CustomResourceExt};
use tokio::time::sleep;
use tracing::{info, warn};

use crate::runtime::connect::told;
use crate::runtime::readiness::{Gate, Readiness};
use crate::runtime::settings::{InstallationId, InstallationSource};
use armature_api::{AksCluster, AksNodePool, AzureIdentity};

/// Between two looks; somebody is installing the chart right now.
const PAUSE: Duration = Duration::from_secs(2);

/// Returns when the API server serves all the CRDs. Until then `/readyz` names the missing ones: a pod that waits and says
/// why is more use than one that restarts.
pub(super) async fn crds(client: &Client, readiness: &Readiness) {
    let api = Api::<CustomResourceDefinition>::all(client.clone());
    let names = [
        AksCluster::crd_name(),
        AksNodePool::crd_name(),
        AzureIdentity::crd_name(),
    ];
    join_all(names.map(|name| crd(&api, name, readiness.wait_for(format!("CRD {name}"))))).await;
}

async fn crd(api: &Api<CustomResourceDefinition>, name: &'static str, gate: Gate) {
    let mut reported = None;
    loop {
        let problem = match api.get_opt(name).await {
            Ok(crd) if is_crd_established().matches_object(crd.as_ref()) => return gate.open(),
            Ok(Some(_)) => "not established yet".to_owned(),
            Ok(None) => "not installed".to_owned(),
            Err(error) => told(&error),
        };
        gate.explain(format!("CRD {name} ({problem})"));
        if reported.as_ref() != Some(&problem) {
            warn!(
                crd = name,
                problem, "waiting for a CRD; install the chart's CRDs, or run armature crds"
            );
            reported = Some(problem);
        }
        sleep(PAUSE).await;
    }
}

/// The name of this installation; asks the management cluster for it when the user gave none.
pub(super) async fn installation(
    client: &Client,
    source: &InstallationSource,
    readiness: &Readiness,
) -> InstallationId {
    match source {
        InstallationSource::Named(id) => id.clone(),
        InstallationSource::ManagementCluster => {
            let gate = readiness.wait_for("the UID of the kube-system namespace, for the installation id");
            let id = management_cluster(&Api::all(client.clone()), &gate).await;
            gate.open();
            info!(installation = %id, "the installation id comes from this management cluster; --installation-id keeps one across a rebuild");
            id
        }
    }
}

async fn management_cluster(api: &Api<Namespace>, gate: &Gate) -> InstallationId {
    loop {
        let problem = match api.get_metadata("kube-system").await {
            Ok(namespace) => match namespace.metadata.uid.as_deref().and_then(InstallationId::from_uid) {
                Some(id) => return id,
                None => "the namespace has no usable UID".to_owned(),
            },
            Err(error) => told(&error),
        };
        gate.explain(format!(
            "the UID of the kube-system namespace, for the installation id ({problem})"
        ));
        warn!(problem, "the installation id is not known yet");
        sleep(PAUSE).await;
    }
}
