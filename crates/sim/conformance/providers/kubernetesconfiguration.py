"""Microsoft.KubernetesConfiguration: extensions and Flux configurations."""

from azure.mgmt.kubernetesconfiguration.extensions import KubernetesConfigurationExtensionsMgmtClient
from azure.mgmt.kubernetesconfiguration.extensions import models as extending
from azure.mgmt.kubernetesconfiguration.fluxconfigurations import KubernetesConfigurationFluxConfigurationsMgmtClient
from azure.mgmt.kubernetesconfiguration.fluxconfigurations import models as flux

GROUP = CLUSTER = "gitops"
ON = (GROUP, "Microsoft.ContainerService", "managedClusters", CLUSTER)


def run(h):
    h.cluster(CLUSTER)
    extensions = h.client(KubernetesConfigurationExtensionsMgmtClient).extensions
    configurations = h.client(KubernetesConfigurationFluxConfigurationsMgmtClient).flux_configurations
    unknown = extending.Extension(properties=extending.ExtensionProperties(extension_type="microsoft.unheard"))
    refused = lambda: extensions.begin_create(*ON, "unheard", unknown)
    h.refused("an unknown extension type", "ExtensionTypeRegistrationGetFailed", refused, 400)
    wanted = extending.Extension(
        properties=extending.ExtensionProperties(
            extension_type="microsoft.flux",
            configuration_protected_settings={"password": "hidden"},
        )
    )
    made = extensions.begin_create(*ON, "flux", wanted).result()
    h.equal("an extension", made.properties.provisioning_state, "Succeeded")
    h.check("it says what it runs", made.properties.current_version and made.properties.release_train == "Stable")
    h.equal("its secrets stay", made.properties.configuration_protected_settings, None)
    h.check("it has an identity", made.properties.aks_assigned_identity.principal_id)

    def configuration(url):
        return flux.FluxConfiguration(
            properties=flux.FluxConfigurationProperties(
                namespace="apps",
                source_kind="GitRepository",
                git_repository=flux.GitRepositoryDefinition(
                    url=url, repository_ref=flux.RepositoryRefDefinition(branch="main")
                ),
                kustomizations={"apps": flux.KustomizationDefinition(path="./apps")},
            )
        )

    put = lambda url: configurations.begin_create_or_update(*ON, "apps", configuration(url))
    h.refused("a url without a scheme", "ValidationFailed", lambda: put("example.com/r.git"), 400)
    made = put("https://example.com/r.git").result()
    h.equal("a configuration complies", made.properties.compliance_state, "Compliant")
    h.equal("each kustomization has a status", [one.name for one in made.properties.statuses], ["apps", "apps-apps"])
    broken = put("https://git.invalid/r.git").result()
    h.equal("what cannot be fetched does not comply", broken.properties.compliance_state, "Non-Compliant")
    h.equal("it is listed", [one.name for one in configurations.list(*ON)], ["apps"])
    configurations.begin_delete(*ON, "apps").result()
    gone = lambda: configurations.get(*ON, "apps")
    h.refused("what is gone", "ResourceNotFound", gone, 404)
    extensions.begin_delete(*ON, "flux").result()
    h.equal("no extension is left", list(extensions.list(*ON)), [])
