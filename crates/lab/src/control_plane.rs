//! A real control plane: etcd, kube-apiserver and, unless it is left out, kube-controller-manager.

use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use k8s_openapi::api::core::v1::ServiceAccount;
use kube::Api;
use serde_json::json;
use tokio::sync::OnceCell;

use crate::error::LabError;
use crate::management_cluster::ManagementCluster;
use crate::pki::Pki;
use crate::process::Process;
use crate::programs;
use crate::sandbox::Sandbox;

/// Names the kubeconfig of a control plane that many test binaries share.
pub const KUBECONFIG_VARIABLE: &str = "ARMATURE_LAB_KUBECONFIG";

/// Far more than the few seconds it takes: the machine may be compiling at the same time.
const READY_LIMIT: Duration = Duration::from_secs(90);

/// A free port can be taken by somebody else before its process binds it.
const ATTEMPTS: u32 = 5;

/// Controllers that the operator's life depends on; those for pods and nodes would only cost time.
const CONTROLLERS: &str = "namespace-controller,garbage-collector-controller,serviceaccount-controller,\
                           serviceaccount-token-controller,clusterrole-aggregation-controller";

/// What to start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Options {
    /// Start kube-controller-manager: without it namespaces stay `Terminating` and nothing is garbage collected.
    pub controllers: bool,
}

impl Default for Options {
    /// All three processes.
    fn default() -> Self {
        Self { controllers: true }
    }
}

/// A running control plane. It ends with this value, and with this process however that ends.
#[derive(Debug)]
pub struct ControlPlane {
    cluster: ManagementCluster,
    // Dropped in this order: clients before servers, so that their logs do not fill with refused connections.
    controller_manager: Option<Process>,
    api_server: Process,
    etcd: Process,
    sandbox: Sandbox,
}

impl ControlPlane {
    /// Starts one on free ports of the loopback interface and returns when it is ready.
    ///
    /// # Errors
    /// When a binary is missing, or a process ends or is not ready within 90 s; the error shows the end of its log.
    pub async fn start(options: Options) -> Result<Self, LabError> {
        let mut attempt = 1;
        loop {
            match Self::start_once(options).await {
                Err(error) if error.is_port_taken() && attempt < ATTEMPTS => attempt += 1,
                result => return result,
            }
        }
    }

    /// The cluster that it serves.
    #[must_use]
    pub fn cluster(&self) -> &ManagementCluster {
        &self.cluster
    }

    /// The processes with their ids: etcd, kube-apiserver, kube-controller-manager.
    #[must_use]
    pub fn processes(&self) -> Vec<(&str, u32)> {
        [
            Some(&self.etcd),
            Some(&self.api_server),
            self.controller_manager.as_ref(),
        ]
        .into_iter()
        .flatten()
        .map(|process| (process.name(), process.id()))
        .collect()
    }

    /// The folder and the guard of its processes, for others that are to end with it.
    #[must_use]
    pub fn sandbox(&self) -> &Sandbox {
        &self.sandbox
    }

    async fn start_once(options: Options) -> Result<Self, LabError> {
        let sandbox = Sandbox::new("control-plane")?;
        let [client_port, peer_port, api_port] = free_ports()?;
        let files = Files::write(&sandbox, &Pki::generate()?, api_port)?;
        let cluster = ManagementCluster::from_kubeconfig(&files.kubeconfig);

        // kube-apiserver waits for etcd by itself, so the two start side by side.
        let mut etcd = sandbox.spawn("etcd", etcd(sandbox.path(), client_port, peer_port)?)?;
        let mut api_server = sandbox.spawn("kube-apiserver", api_server(&files, client_port, api_port)?)?;
        let client = cluster.client().await?;
        let ready = async || {
            let request = http::Request::get("/readyz").body(Vec::new()).ok()?;
            client.request_text(request).await.ok()
        };
        if let Err(error) = api_server.wait_until(READY_LIMIT, ready).await {
            // Without etcd kube-apiserver only says that it cannot connect.
            etcd.check()?;
            return Err(error);
        }

        let mut controller_manager = if options.controllers {
            Some(sandbox.spawn("kube-controller-manager", controller_manager(&files)?)?)
        } else {
            None
        };
        if let Some(process) = &mut controller_manager {
            let accounts = Api::<ServiceAccount>::namespaced(client, "default");
            process
                .wait_until(READY_LIMIT, async || accounts.get_opt("default").await.ok().flatten())
                .await?;
        }
        Ok(Self {
            cluster,
            controller_manager,
            api_server,
            etcd,
            sandbox,
        })
    }
}

/// The control plane that all tests of a run share: the one that `armature-lab with-control-plane` started, else one
/// for this process, started by whoever asks first.
///
/// # Errors
/// As [`ControlPlane::start`].
pub async fn shared() -> Result<ManagementCluster, LabError> {
    static OWN: OnceCell<ControlPlane> = OnceCell::const_new();
    if let Some(path) = std::env::var_os(KUBECONFIG_VARIABLE) {
        return Ok(ManagementCluster::from_kubeconfig(path));
    }
    let own = OWN.get_or_try_init(|| ControlPlane::start(Options::default())).await?;
    Ok(own.cluster().clone())
}

/// Different ports that are free at this moment.
pub(crate) fn free_ports<const N: usize>() -> Result<[u16; N], LabError> {
    let failed = || LabError::io("finding a free port on 127.0.0.1");
    // All are held until the last is found: that makes them different.
    let mut held = Vec::with_capacity(N);
    let mut ports = [0; N];
    for port in &mut ports {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).map_err(failed())?;
        *port = listener.local_addr().map_err(failed())?.port();
        held.push(listener);
    }
    Ok(ports)
}

/// Paths of the files that the processes read.
struct Files {
    kubeconfig: PathBuf,
    authority: PathBuf,
    server_certificate: PathBuf,
    server_key: PathBuf,
    service_accounts_public: PathBuf,
    service_accounts_private: PathBuf,
}

impl Files {
    fn write(sandbox: &Sandbox, pki: &Pki, api_port: u16) -> Result<Self, LabError> {
        Ok(Self {
            kubeconfig: sandbox.write("kubeconfig", &kubeconfig(pki, api_port))?,
            authority: sandbox.write("ca.crt", &pki.authority)?,
            server_certificate: sandbox.write("kube-apiserver.crt", &pki.server.certificate)?,
            server_key: sandbox.write("kube-apiserver.key", &pki.server.key)?,
            service_accounts_public: sandbox.write("service-accounts.pub", &pki.service_accounts.public)?,
            service_accounts_private: sandbox.write("service-accounts.key", &pki.service_accounts.private)?,
        })
    }
}

/// A kubeconfig that carries its certificates, so that it can be copied. JSON is YAML too.
fn kubeconfig(pki: &Pki, api_port: u16) -> String {
    let name = "armature-lab";
    let encode = |pem: &str| STANDARD.encode(pem);
    let config = json!({
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{ "name": name, "cluster": {
            "server": format!("https://127.0.0.1:{api_port}"),
            "certificate-authority-data": encode(&pki.authority),
        } }],
        "users": [{ "name": name, "user": {
            "client-certificate-data": encode(&pki.admin.certificate),
            "client-key-data": encode(&pki.admin.key),
        } }],
        "contexts": [{ "name": name, "context": { "cluster": name, "user": name } }],
        "current-context": name,
    });
    format!("{config:#}\n")
}

fn etcd(folder: &Path, client_port: u16, peer_port: u16) -> Result<Command, LabError> {
    let mut command = Command::new(programs::asset("etcd")?);
    command
        .arg(flag("data-dir", folder.join("etcd").display()))
        .arg(format!("--listen-client-urls=http://127.0.0.1:{client_port}"))
        .arg(format!("--advertise-client-urls=http://127.0.0.1:{client_port}"))
        .arg(format!("--listen-peer-urls=http://127.0.0.1:{peer_port}"))
        // Nothing has to survive a crash of the machine.
        .arg("--unsafe-no-fsync=true")
        .arg("--log-level=warn");
    Ok(command)
}

fn api_server(files: &Files, etcd_port: u16, api_port: u16) -> Result<Command, LabError> {
    let mut command = Command::new(programs::asset("kube-apiserver")?);
    command
        .arg(format!("--etcd-servers=http://127.0.0.1:{etcd_port}"))
        .args(["--bind-address=127.0.0.1", "--advertise-address=127.0.0.1"])
        .arg(flag("secure-port", api_port))
        .arg(flag("tls-cert-file", files.server_certificate.display()))
        .arg(flag("tls-private-key-file", files.server_key.display()))
        .arg(flag("client-ca-file", files.authority.display()))
        .arg("--service-cluster-ip-range=10.0.0.0/24")
        .arg(format!("--service-account-issuer=https://127.0.0.1:{api_port}/"))
        .arg(flag(
            "service-account-key-file",
            files.service_accounts_public.display(),
        ))
        .arg(flag(
            "service-account-signing-key-file",
            files.service_accounts_private.display(),
        ))
        .arg("--authorization-mode=RBAC")
        // Pods are never run, so none needs a service account.
        .args(["--disable-admission-plugins=ServiceAccount", "--allow-privileged=true"]);
    Ok(command)
}

fn controller_manager(files: &Files) -> Result<Command, LabError> {
    let mut command = Command::new(programs::asset("kube-controller-manager")?);
    command
        .arg(flag("kubeconfig", files.kubeconfig.display()))
        .args(["--leader-elect=false", "--secure-port=0"])
        .arg(flag(
            "service-account-private-key-file",
            files.service_accounts_private.display(),
        ))
        .arg(flag("root-ca-file", files.authority.display()))
        .arg(flag("controllers", CONTROLLERS))
        // Its ordinary limits would make every deleted namespace of a test run wait for the others.
        .args([
            "--kube-api-qps=500",
            "--kube-api-burst=1000",
            "--concurrent-namespace-syncs=20",
        ]);
    Ok(command)
}

fn flag(name: &str, value: impl std::fmt::Display) -> String {
    format!("--{name}={value}")
}
