//! A Kubernetes API to work against, known by its kubeconfig.

use std::path::{Path, PathBuf};
use std::process::Command;

use futures::future::try_join_all;
use k8s_openapi::api::core::v1::Namespace;
use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use kube::api::{Patch, PatchParams, PostParams};
use kube::config::{KubeConfigOptions, Kubeconfig};
use kube::runtime::conditions::is_crd_established;
use kube::runtime::wait::await_condition;
use kube::{Api, Client, Config, ResourceExt};

use crate::error::LabError;
use crate::programs;

/// The Kubernetes cluster that holds the manifests: where to reach it, as an administrator.
#[derive(Debug, Clone)]
pub struct ManagementCluster {
    kubeconfig: PathBuf,
}

impl ManagementCluster {
    /// The cluster of this kubeconfig file.
    #[must_use]
    pub fn from_kubeconfig(path: impl Into<PathBuf>) -> Self {
        Self {
            kubeconfig: path.into(),
        }
    }

    /// The kubeconfig file.
    #[must_use]
    pub fn kubeconfig(&self) -> &Path {
        &self.kubeconfig
    }

    /// An administrator's client on the current runtime, without hidden retries: a test sees each answer.
    ///
    /// # Errors
    /// When the kubeconfig cannot be used.
    pub async fn client(&self) -> Result<Client, LabError> {
        self.client_of(self.config().await?)
    }

    /// A client that acts as `user` in `groups` (impersonation), for tests of RBAC.
    ///
    /// # Errors
    /// When the kubeconfig cannot be used.
    pub async fn client_as(&self, user: &str, groups: &[&str]) -> Result<Client, LabError> {
        let mut config = self.config().await?;
        config.auth_info.impersonate = Some(user.to_owned());
        config.auth_info.impersonate_groups = Some(groups.iter().map(ToString::to_string).collect());
        self.client_of(config)
    }

    /// Makes a namespace with a name that nobody else has, beginning with `prefix`.
    ///
    /// # Errors
    /// When the API refuses it.
    pub async fn namespace(&self, prefix: &str) -> Result<String, LabError> {
        let mut namespace = Namespace::default();
        namespace.metadata.generate_name = Some(format!("{prefix}-"));
        let created = Api::<Namespace>::all(self.client().await?)
            .create(&PostParams::default(), &namespace)
            .await
            .map_err(LabError::kube(format!("making a namespace for {prefix}")))?;
        Ok(created.name_any())
    }

    /// Applies CRDs and waits until the API serves them. Tests may do so side by side.
    ///
    /// # Errors
    /// When the API refuses one.
    pub async fn install_crds(&self, crds: &[CustomResourceDefinition]) -> Result<(), LabError> {
        let api = &Api::<CustomResourceDefinition>::all(self.client().await?);
        let params = &PatchParams::apply("armature-lab").force();
        try_join_all(crds.iter().map(|crd| async move {
            let name = crd.name_any();
            api.patch(&name, params, &Patch::Apply(crd))
                .await
                .map_err(LabError::kube(format!("applying the CRD {name}")))?;
            await_condition(api.clone(), &name, is_crd_established())
                .await
                .map_err(|error| LabError::Io {
                    what: format!("waiting for the CRD {name} to be served"),
                    source: std::io::Error::other(error),
                })
        }))
        .await?;
        Ok(())
    }

    /// A `kubectl` command for this cluster, to be given its arguments.
    ///
    /// # Errors
    /// When kubectl has not been built.
    pub fn kubectl(&self) -> Result<Command, LabError> {
        let mut command = Command::new(programs::asset("kubectl")?);
        command.env("KUBECONFIG", &self.kubeconfig);
        // The discovery cache of a cluster that lives for minutes does not belong into the user's home.
        command.env("KUBECACHEDIR", self.kubeconfig.with_file_name("kubectl-cache"));
        Ok(command)
    }

    async fn config(&self) -> Result<Config, LabError> {
        let kubeconfig = Kubeconfig::read_from(&self.kubeconfig).map_err(|error| self.unusable(error))?;
        let mut config = Config::from_custom_kubeconfig(kubeconfig, &KubeConfigOptions::default())
            .await
            .map_err(|error| self.unusable(error))?;
        config.default_retry = false;
        Ok(config)
    }

    fn client_of(&self, config: Config) -> Result<Client, LabError> {
        Client::try_from(config).map_err(|error| self.unusable(error))
    }

    fn unusable(&self, error: impl std::error::Error + Send + Sync + 'static) -> LabError {
        LabError::Kubeconfig {
            path: self.kubeconfig.clone(),
            source: Box::new(error),
        }
    }
}
