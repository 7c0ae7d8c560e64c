//! `armature run`: the operator as one process, put together from its parts.

mod start;

use std::net::{SocketAddr, TcpListener};
use std::sync::Mutex;
use std::time::Duration;

use kube::Client;
use prometheus_client::registry::Registry;
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use crate::reconcile::{self, Deps};
use crate::runtime::admin::Admin;
use crate::runtime::leader::{Election, Leadership};
use crate::runtime::metrics::{Metrics, SharedRegistry};
use crate::runtime::process;
use crate::runtime::readiness::Readiness;
use crate::runtime::settings::Settings;

/// Why the operator ended although nobody asked it to.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The admin address cannot be used.
    #[error("the admin server cannot listen on {address}: {error}; choose another --admin-address")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// What the system said.
        error: std::io::Error,
    },
    /// The admin server broke.
    #[error("the admin server ended: {0}; the process has to be started again")]
    Admin(std::io::Error),
    /// Another replica may write now.
    #[error("the leader lease is lost: this process ends at once, so that it never writes beside the next leader")]
    LeadershipLost,
    /// The controllers ended although nobody asked them to.
    #[error("the controllers ended by themselves; the process has to be started again")]
    ControllersEnded,
}

/// Below the 30 s that Kubernetes gives a pod to end, so that the lease can still be given back.
const DRAIN: Duration = Duration::from_secs(20);

/// Runs the operator until `shutdown` is cancelled: waits for what it needs, competes for the lease, reconciles.
///
/// # Errors
/// When the process cannot do its work any longer. It has to exit then, and be started again by whoever started it.
pub async fn run(settings: Settings, client: Client, shutdown: CancellationToken) -> Result<(), RunError> {
    let readiness = Readiness::default();
    let (leadership, election) = match settings.leader_election.clone() {
        Some(election) => {
            let (leadership, task) = Election::start(client.clone(), &settings.operator_namespace, election);
            (leadership, Some(task))
        }
        None => (Leadership::always(), None),
    };
    let mut registry = Registry::default();
    let metrics = Metrics::register(&mut registry);
    process::register(&mut registry, leadership.clone());
    let registry: SharedRegistry = SharedRegistry::new(Mutex::new(registry));

    let admin = Admin {
        readiness: readiness.clone(),
        leadership: leadership.clone(),
        registry: registry.clone(),
    };
    let server = serve(admin, settings.admin_address)?;

    let work = async {
        let prepared = async {
            start::crds(&client, &readiness).await;
            start::installation(&client, &settings.installation, &readiness).await
        };
        let Some(installation) = shutdown.run_until_cancelled(prepared).await else {
            return;
        };
        info!(%installation, "starting to reconcile");
        if settings.credential.is_some() && settings.own_identity.serves_nobody() {
            warn!(
                "the operator's own identity serves no namespace: clusters have to name an AzureIdentity in \
                 spec.identityRef, or --own-identity-namespaces (chart: azure.namespaces) has to name theirs"
            );
        }
        let deps = Deps {
            client: client.clone(),
            settings,
            installation,
            leadership: leadership.clone(),
            readiness: readiness.clone(),
            metrics,
            registry,
            shutdown: shutdown.clone(),
        };
        reconcile::run(deps).await;
    };
    let ended = tokio::select! {
        () = work => if shutdown.is_cancelled() { Ok(()) } else { Err(RunError::ControllersEnded) },
        // It never ends.
        () = readiness.tell() => Err(RunError::ControllersEnded),
        () = leadership.lost() => Err(RunError::LeadershipLost),
        error = server => Err(RunError::Admin(error)),
        () = drained(&shutdown) => Ok(()),
    };
    if let (Ok(()), Some(election)) = (&ended, election) {
        election.release().await;
    }
    ended
}

/// Binds the admin address now, so that a taken port is an error at start; the future ends only when the server breaks,
/// and goes on answering probes while the controllers drain.
fn serve(admin: Admin, address: SocketAddr) -> Result<impl Future<Output = std::io::Error>, RunError> {
    let listener = TcpListener::bind(address).map_err(|error| RunError::Listen { address, error })?;
    Ok(admin.start(listener).map_err(RunError::Admin)?.ended())
}

/// Returns when the controllers had their time to end.
async fn drained(shutdown: &CancellationToken) {
    shutdown.cancelled().await;
    tokio::time::sleep(DRAIN).await;
    warn!("some reconciles did not end in time; they are taken up again after the next start");
}

#[cfg(test)]
mod tests {
    use clap::Parser;
    use kube::Config;

    use super::*;
    use crate::runtime::args::RunArgs;

    #[derive(Parser)]
    struct Command {
        #[command(flatten)]
        run: RunArgs,
    }

    /// Settings for a process of its own on `address`, without any identity.
    fn settings(address: SocketAddr) -> Settings {
        let address = address.to_string();
        let arguments = [
            "armature",
            "--credential",
            "none",
            "--no-leader-elect",
            "--admin-address",
            &address,
        ];
        Command::parse_from(arguments).run.into_settings(|_| None).unwrap()
    }

    /// A client of an API server that is not there.
    fn nowhere() -> Client {
        Client::try_from(Config::new("http://127.0.0.1:9".parse().unwrap())).unwrap()
    }

    #[tokio::test]
    async fn a_taken_admin_address_is_an_error_at_start() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let settings = settings(listener.local_addr().unwrap());
        let error = run(settings, nowhere(), CancellationToken::new()).await.unwrap_err();
        assert!(matches!(error, RunError::Listen { .. }), "{error}");
    }

    #[tokio::test]
    async fn a_process_that_still_waits_for_its_crds_ends_at_once_when_asked() {
        let settings = settings(SocketAddr::from(([127, 0, 0, 1], 0)));
        let shutdown = CancellationToken::new();
        let process = run(settings, nowhere(), shutdown.clone());
        shutdown.cancel();
        tokio::time::timeout(DRAIN / 2, process)
            .await
            .expect("it does not wait for the drain")
            .unwrap();
    }
}
