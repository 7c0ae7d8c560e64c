//! Identities of stories: `AzureIdentity` objects, the Secrets that they name, and who they are in Azure.

use std::ffi::OsString;

use armature_api::AzureIdentity;
use armature_lab::OperatorProcess;
use armature_lab::simulator::admin::Role;
use k8s_openapi::api::core::v1::Secret;
use kube::Api;
use kube::api::{Patch, PatchParams};
use serde_json::{Value, json};

use crate::world::World;

/// The client id of the application that stories make.
pub const APPLICATION: &str = "aaaaaaaa-0000-4000-8000-00000000000a";
/// Its secret.
pub const SECRET: &str = "the-secret-of-the-application";

impl World {
    /// All identities: they belong to no namespace.
    pub fn identities(&self) -> Api<AzureIdentity> {
        Api::all(self.client.clone())
    }

    /// Applies an identity that may be used in this namespace and subscription, with these fields on top. It has the
    /// name of the namespace, because the control plane is shared.
    pub async fn identity(&self, fields: Value) -> String {
        let mut spec = json!({
            "allowedNamespaces": { "names": [self.namespace] },
            "subscriptions": [self.simulator.access().subscription],
        });
        for (name, value) in fields.as_object().unwrap() {
            spec[name] = value.clone();
        }
        let manifest = json!({
            "apiVersion": "aks.armature.dev/v1alpha1",
            "kind": "AzureIdentity",
            "metadata": { "name": self.namespace },
            "spec": spec,
        });
        let params = PatchParams::apply("stories").force();
        self.identities()
            .patch(&self.namespace, &params, &Patch::Apply(manifest))
            .await
            .unwrap();
        self.namespace.clone()
    }

    /// The part of an identity that names the application and the Secret `application`.
    pub fn service_principal(&self) -> Value {
        json!({ "servicePrincipal": {
            "clientId": APPLICATION,
            "tenantId": self.simulator.access().tenant,
            "secretRef": { "name": "application" },
        } })
    }

    /// Applies the Secret `application` in the operator's namespace with one key.
    pub async fn secret(&self, key: &str, value: &str) {
        let manifest = json!({
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": { "name": "application" },
            "stringData": { key: value },
        });
        let secrets: Api<Secret> = Api::namespaced(self.client.clone(), &self.namespace);
        let params = PatchParams::apply("stories").force();
        secrets
            .patch("application", &params, &Patch::Apply(manifest))
            .await
            .unwrap();
    }

    /// Makes the application in Azure, without any right.
    pub async fn make_application(&self) {
        self.admin().add_principal(APPLICATION, SECRET).await.unwrap();
    }

    /// Lets the application do everything but give rights.
    pub async fn grant_application(&self) {
        let scope = self.azure.subscription_scope();
        self.admin()
            .assign(APPLICATION, Role::Contributor, &scope)
            .await
            .unwrap();
    }

    /// An operator without an identity of its own, with further environment variables.
    pub fn operator_without_identity(&self, variables: &[(&'static str, OsString)]) -> OperatorProcess {
        let kept = [
            "ARMATURE_CLOUD",
            "ARMATURE_ARM_ENDPOINT",
            "ARMATURE_AUTHORITY_HOST",
            "ARMATURE_CA_FILE",
        ];
        let mut environment = self.simulator.access().operator_environment();
        environment.retain(|(name, _)| kept.contains(name));
        environment.push(("ARMATURE_CREDENTIAL", "none".into()));
        environment.extend(variables.iter().cloned());
        self.operator_in(&["--no-leader-elect"], environment)
    }

    /// Applies a cluster that signs in with the identity of this namespace, and its System pool `system`.
    pub async fn apply_with_identity(&self, name: &str) {
        let identity = json!({ "identityRef": { "name": self.namespace } });
        self.apply(&self.cluster(name, identity)).await;
        self.apply(&self.system_pool("system", name)).await;
    }
}
