//! Everything that runs behind the demo: control plane, simulated Azure, operator.

use std::path::{Path, PathBuf};
use std::process::Command;

use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;

use super::checklist::Checklist;
use super::command::output;
use super::manifests::Manifests;
use crate::control_plane::{ControlPlane, Options};
use crate::error::LabError;
use crate::management_cluster::ManagementCluster;
use crate::operator::{self, OperatorProcess};
use crate::programs;
use crate::simulator::{SimClock, SimOptions, Simulator};

/// Pauses of the operator that suit an Azure in which a minute passes each second. Only one replica will ever run.
const OPERATOR_ARGUMENTS: [&str; 7] = [
    "--installation-id=demo",
    "--operator-namespace=default",
    "--no-leader-elect",
    "--list-interval=2s",
    "--operation-poll-interval=1s",
    "--pool-quiet-period=3s",
    "--pool-delete-grace=3s",
];

/// What the chart installs beside CRDs and operator: protected objects cannot be deleted by mistake.
const ADMISSION_POLICIES: [&str; 2] = [
    include_str!("../../../../charts/armature/files/admission-policy.yaml"),
    include_str!("../../../../charts/armature/files/retirement-warnings.yaml"),
];

/// What runs. All of it ends with this value, and with this process however that ends.
#[derive(Debug)]
pub(super) struct Stage {
    // Dropped in this order: whoever calls before whom it calls.
    pub(super) operator: OperatorProcess,
    pub(super) simulator: Simulator,
    pub(super) control_plane: ControlPlane,
    /// A file to be sourced by a shell that wants to look around.
    pub(super) environment: PathBuf,
}

impl Stage {
    /// Starts everything on free ports; the manifests are not applied yet.
    pub(super) async fn start(checklist: Checklist, time_scale: u16, manifests: &Manifests) -> Result<Self, LabError> {
        let (control_plane, _) = checklist
            .step(
                "starting etcd, kube-apiserver and kube-controller-manager",
                |(_, version)| format!("Kubernetes {version}: etcd, API server, controller manager"),
                async {
                    let control_plane = ControlPlane::start(Options::default()).await?;
                    let version = server_version(control_plane.cluster()).await?;
                    Ok((control_plane, version))
                },
            )
            .await?;
        let cluster = control_plane.cluster();
        let options = SimOptions {
            clock: SimClock::Scaled(f64::from(time_scale)),
            arguments: subscriptions(manifests),
            ..SimOptions::default()
        };
        let simulator = checklist
            .step(
                "starting the simulated Azure",
                |simulator: &Simulator| format!("Simulated Azure at {}", simulator.access().endpoint),
                Simulator::start(&options),
            )
            .await?;
        let program = operator::program()?;
        checklist
            .step(
                "installing the CRDs",
                |count| format!("{count} CRDs and the chart's admission policies"),
                install(cluster, &program),
            )
            .await?;
        let operator = checklist
            .step(
                "starting the operator",
                |_| "Operator: armature run".to_owned(),
                async {
                    let access = simulator.access();
                    let served = format!("--own-identity-namespaces={}", manifests.namespaces.join(","));
                    let arguments = OPERATOR_ARGUMENTS.map(str::to_owned).into_iter().chain([served]);
                    let mut operator = OperatorProcess::start(cluster, arguments, access.operator_environment())?;
                    operator.ready().await?;
                    Ok(operator)
                },
            )
            .await?;
        let environment = control_plane
            .sandbox()
            .write("env", &environment(cluster, &program, &simulator, manifests)?)?;
        Ok(Self {
            operator,
            simulator,
            control_plane,
            environment,
        })
    }

    /// Fails when something has ended that should run.
    pub(super) fn check(&mut self) -> Result<(), LabError> {
        self.operator.process().check()?;
        self.simulator.process().check()
    }
}

async fn server_version(cluster: &ManagementCluster) -> Result<String, LabError> {
    let client = cluster.client().await?;
    let info = client
        .apiserver_version()
        .await
        .map_err(LabError::kube("asking for the version of Kubernetes"))?;
    Ok(info.git_version)
}

fn subscriptions(manifests: &Manifests) -> Vec<String> {
    let flag = |id| format!("--subscription={id}");
    manifests.subscriptions.iter().map(flag).collect()
}

/// Installs what the operator needs in the management cluster; how many CRDs these are.
async fn install(cluster: &ManagementCluster, program: &Path) -> Result<usize, LabError> {
    let mut command = Command::new(program);
    command.arg("crds");
    let text = output("armature crds", command, "").await?;
    let crds: Vec<CustomResourceDefinition> =
        serde_saphyr::from_multiple(&text).map_err(|error| LabError::Manifests {
            path: "armature crds".into(),
            problem: error.to_string(),
        })?;
    cluster.install_crds(&crds).await?;
    for policy in ADMISSION_POLICIES {
        let mut command = cluster.kubectl()?;
        command.args(["apply", "-f", "-"]);
        output("kubectl apply of an admission policy", command, policy).await?;
    }
    Ok(crds.len())
}

/// What a shell needs to call kubectl and armature, and to reach into the simulated Azure.
fn environment(
    cluster: &ManagementCluster,
    program: &Path,
    simulator: &Simulator,
    manifests: &Manifests,
) -> Result<String, LabError> {
    let kubectl = programs::asset("kubectl")?;
    let folder = |program: &Path| program.parent().unwrap_or(Path::new("/")).to_path_buf();
    let kubeconfig = cluster.kubeconfig();
    let values = [
        ("KUBECONFIG", kubeconfig.display().to_string()),
        (
            "KUBECACHEDIR",
            kubeconfig.with_file_name("kubectl-cache").display().to_string(),
        ),
        ("SIMULATOR", simulator.access().admin.clone()),
        ("CLUSTER_ID", manifests.cluster.id.clone()),
    ];
    let exports: String = values
        .iter()
        .map(|(name, value)| format!("export {name}={}\n", quoted(value)))
        .collect();
    let path = [folder(&kubectl), folder(program)].map(|folder| quoted(&folder.display().to_string()));
    Ok(format!("{exports}export PATH={}:\"$PATH\"\n", path.join(":")))
}

/// A word for a POSIX shell, whatever is in it.
pub(super) fn quoted(word: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/._-:=@%+,".contains(&byte);
    if !word.is_empty() && word.bytes().all(plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shell_reads_back_what_was_quoted() {
        for word in ["/tmp/a-b_1.yaml", "", "two words", "it's", "$HOME `x` \"y\""] {
            let script = format!("printf %s {}", quoted(word));
            let output = Command::new("/bin/sh").args(["-c", &script]).output().unwrap();
            assert_eq!(String::from_utf8(output.stdout).unwrap(), word);
        }
        assert_eq!(quoted("/tmp/a-b_1.yaml"), "/tmp/a-b_1.yaml");
    }
}
