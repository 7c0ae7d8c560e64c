//! `armature status`: what each cluster and pool is, what it does and what it waits for. Reads only the objects.

mod fleet;
mod health;
mod live;
mod notes;
mod parts;
mod table;
mod until;
mod version;

use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use clap::{Args, ValueEnum};
use jiff::{SignedDuration, Timestamp};
use kube::api::ListParams;
use kube::{Api, Client, ResourceExt};

use self::fleet::{Fleet, fleet};
use self::until::Until;
use super::paint::Canvas;
use super::{CliError, called, print};
use crate::reconcile::guard::{Guarded, Parts};
use crate::runtime::connect::KubeArgs;
use armature_api::{AksCluster, AksNodePool};

/// Arguments of `armature status`.
#[derive(Args, Clone, Debug)]
pub struct StatusArgs {
    /// Show this cluster and its pools only, with what hangs on it
    #[arg(value_name = "NAME")]
    pub name: Option<String>,

    /// Namespace [default: the one of the kubeconfig's context]
    #[arg(short, long, value_name = "NAMESPACE")]
    pub namespace: Option<String>,

    /// All namespaces
    #[arg(short = 'A', long, conflicts_with = "namespace")]
    pub all_namespaces: bool,

    /// Keep showing: redraws on a terminal, prints a line per change elsewhere
    #[arg(short, long)]
    pub watch: bool,

    /// Wait until all that is shown is ready, complete with what hangs on it, or gone; exits 1 when that cannot be reached
    #[arg(long, value_enum, value_name = "STATE")]
    pub until: Option<Until>,

    /// Give up waiting after this time and exit 1
    #[arg(long, value_parser = duration, value_name = "DURATION")]
    pub timeout: Option<Duration>,

    /// Output format
    #[arg(short, long, value_enum, default_value_t = Output::Table, value_name = "FORMAT", conflicts_with = "watch")]
    pub output: Output,

    /// Which management cluster.
    #[command(flatten)]
    pub kube: KubeArgs,
}

/// How the fleet is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Output {
    /// For people
    Table,
    /// A JSON array of objects
    Json,
}

/// Shows the fleet; exit code 1 means that the state waited for was not reached.
///
/// # Errors
/// When the management cluster cannot be asked or the output cannot be written.
pub(super) async fn run(args: StatusArgs) -> Result<ExitCode, CliError> {
    let client = args.kube.connect().await?;
    let scope = Scope::new(&args, &client);
    if args.watch || args.until.is_some() {
        return live::follow(client, &scope, &args).await;
    }
    let fleet = scope.read(client).await?;
    show(&fleet, &scope, args.output)?;
    // Asked for by name, an object that is not there is an error, as with kubectl.
    let missing = args.name.is_some() && fleet.rows.is_empty();
    Ok(if missing { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

/// Which objects are meant.
struct Scope {
    /// `None`: all namespaces.
    namespace: Option<String>,
    name: Option<String>,
}

impl Scope {
    fn new(args: &StatusArgs, client: &Client) -> Self {
        let namespace = args
            .namespace
            .clone()
            .unwrap_or_else(|| client.default_namespace().to_owned());
        Self {
            namespace: (!args.all_namespaces).then_some(namespace),
            name: args.name.clone(),
        }
    }

    fn apis(&self, client: Client) -> (Api<Guarded<AksCluster>>, Api<Guarded<AksNodePool>>) {
        match &self.namespace {
            Some(namespace) => (
                Api::namespaced(client.clone(), namespace),
                Api::namespaced(client, namespace),
            ),
            None => (Api::all(client.clone()), Api::all(client)),
        }
    }

    async fn read(&self, client: Client) -> Result<Fleet, CliError> {
        let (clusters, pools) = self.apis(client);
        let parameters = ListParams::default();
        let (clusters, pools) = called("list AksCluster and AksNodePool objects", async {
            futures::try_join!(clusters.list(&parameters), pools.list(&parameters))
        })
        .await?;
        let (clusters, pools) = (readable(clusters.items), readable(pools.items));
        Ok(fleet(&clusters, &pools, self.name.as_deref()))
    }

    /// Where nothing was found.
    fn empty(&self) -> String {
        let place = match &self.namespace {
            Some(namespace) => format!("namespace {namespace}"),
            None => "any namespace".to_owned(),
        };
        match &self.name {
            Some(name) => format!("no AksCluster {name} in {place}, and no AksNodePool that names it"),
            None => format!("no AksCluster or AksNodePool in {place}"),
        }
    }
}

/// The objects that can be read; the others are named on standard error.
fn readable<K: Parts>(objects: Vec<Guarded<K>>) -> Vec<Arc<K>> {
    let one = |object| match object {
        Guarded::Readable(object) => Some(Arc::new(object)),
        Guarded::Unreadable(object) => {
            let namespace = object.namespace().unwrap_or_default();
            eprintln!("{} {namespace}/{}: {}", K::kind(&()), object.name_any(), object.told());
            None
        }
    };
    objects.into_iter().filter_map(one).collect()
}

fn show(fleet: &Fleet, scope: &Scope, output: Output) -> Result<(), CliError> {
    if output == Output::Json {
        let json = serde_json::to_string_pretty(&fleet.rows).map_err(CliError::Encode)?;
        return print(&format!("{json}\n"));
    }
    if fleet.rows.is_empty() {
        eprintln!("{}", scope.empty());
        return Ok(());
    }
    let canvas = Canvas::stdout();
    let lines = table::picture(fleet, canvas, Timestamp::now());
    print(&lines.iter().map(|line| line.render(canvas) + "\n").collect::<String>())
}

fn duration(text: &str) -> Result<Duration, String> {
    let parsed = text
        .parse::<SignedDuration>()
        .ok()
        .and_then(|duration| Duration::try_from(duration).ok());
    parsed.ok_or_else(|| "give a duration such as 90s or 10m".to_owned())
}
