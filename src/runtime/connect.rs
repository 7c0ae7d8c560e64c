//! The connection to the management cluster.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use kube::client::ClientBuilder;
use kube::config::{KubeConfigOptions, Kubeconfig, KubeconfigError};
use kube::{Client, Config};

use super::deadline::{Deadline, late};

/// Which management cluster; by default what kubectl would use, or the cluster the process runs in.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Management cluster")]
pub struct KubeArgs {
    /// Kubeconfig file [default: $KUBECONFIG, ~/.kube/config, or the service account of the pod]
    #[arg(long, value_name = "FILE")]
    pub kubeconfig: Option<PathBuf>,

    /// Context of the kubeconfig [default: its current context]
    #[arg(long, value_name = "NAME")]
    pub context: Option<String>,
}

/// The management cluster cannot be named or reached.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// A kubeconfig was asked for and cannot be used.
    #[error("the kubeconfig cannot be used: {0}; check --kubeconfig and --context")]
    Kubeconfig(#[from] KubeconfigError),
    /// Neither a kubeconfig nor a service account is there.
    #[error("no management cluster is configured: {0}; give --kubeconfig, set KUBECONFIG, or run in a pod")]
    Infer(#[from] kube::config::InferConfigError),
    /// The configuration is there but no client comes out of it.
    #[error("no client for the management cluster could be made: {0}; check its certificates and credentials")]
    Client(#[from] kube::Error),
}

/// Opening a connection to an API server on the same continent takes well under a second.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// How long one call may take, from its request to the end of its answer; a page of a LIST is a few megabytes.
const DEADLINE: Duration = Duration::from_secs(20);

impl KubeArgs {
    /// A client for the cluster that the arguments name. Each of its calls ends in time, and it never retries by itself:
    /// a reconcile decides that.
    ///
    /// # Errors
    /// When the kubeconfig, the context or its credentials cannot be used. The API server is not called yet.
    pub async fn connect(&self) -> Result<Client, ConnectError> {
        Ok(client(self.config().await?, DEADLINE)?)
    }

    async fn config(&self) -> Result<Config, ConnectError> {
        if self.kubeconfig.is_none() && self.context.is_none() {
            return Ok(Config::infer().await?);
        }
        let options = KubeConfigOptions {
            context: self.context.clone(),
            ..KubeConfigOptions::default()
        };
        let kubeconfig = match &self.kubeconfig {
            Some(path) => Kubeconfig::read_from(path)?,
            None => Kubeconfig::read()?,
        };
        Ok(Config::from_custom_kubeconfig(kubeconfig, &options).await?)
    }
}

/// The one way to make a client of the management cluster: `deadline` is for each call.
pub(super) fn client(mut config: Config, deadline: Duration) -> Result<Client, kube::Error> {
    config.default_retry = false;
    config.connect_timeout = Some(CONNECT_TIMEOUT.min(deadline));
    Ok(ClientBuilder::try_from(config)?.with_layer(&Deadline(deadline)).build())
}

/// What a failed call to the management cluster says, in one line: the API server's own message, without the dump of the
/// whole answer that the client library adds.
pub fn told(error: &kube::Error) -> String {
    if let Some(late) = late(error) {
        return late.to_string();
    }
    match error {
        kube::Error::Api(status) if status.message.trim().is_empty() => format!("HTTP status {}", status.code),
        kube::Error::Api(status) => status.message.trim().to_owned(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use kube::core::Status;

    use super::*;

    #[test]
    fn the_api_servers_words_are_repeated_and_nothing_else() {
        let refusal = Status::failure("leases is forbidden", "Forbidden").with_code(403);
        assert_eq!(told(&kube::Error::Api(Box::new(refusal))), "leases is forbidden");
        let silent = Status::failure(" ", "").with_code(502);
        assert_eq!(told(&kube::Error::Api(Box::new(silent))), "HTTP status 502");
    }
}
