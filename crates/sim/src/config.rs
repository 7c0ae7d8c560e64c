//! What a simulator starts with: the same values from the command line and from Rust tests.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::Parser;
use jiff::Timestamp;

/// The subscription that exists when none is named.
pub const DEFAULT_SUBSCRIPTION: &str = "11111111-1111-4111-8111-111111111111";
/// The Entra tenant that exists when none is named.
pub const DEFAULT_TENANT: &str = "22222222-2222-4222-8222-222222222222";
/// The application that may do everything when none is named.
pub const DEFAULT_CLIENT_ID: &str = "33333333-3333-4333-8333-333333333333";
/// The secret of that application. It opens nothing but this simulator.
pub const DEFAULT_CLIENT_SECRET: &str = "armature-simulator";

/// A stateful simulator of Azure Resource Manager, Entra and AKS. Prints one JSON line when it is ready.
///
/// Not `Debug`: it holds the secrets that clients sign in with.
#[derive(Clone, Parser)]
#[command(name = "armature-sim", version, max_term_width = 100)]
pub struct Config {
    /// Address of the Azure side; port 0 takes a free one.
    #[arg(long, default_value = "127.0.0.1:0", env = "ARMATURE_SIM_LISTEN")]
    pub listen: SocketAddr,

    /// Address of the admin side (no sign-in: keep it on loopback); port 0 takes a free one.
    #[arg(long, default_value = "127.0.0.1:0", env = "ARMATURE_SIM_ADMIN_LISTEN")]
    pub admin_listen: SocketAddr,

    /// Serve the Azure side over TLS with a certificate authority of its own.
    #[arg(long)]
    pub tls: bool,

    /// Further DNS names or IP addresses that the TLS certificate is valid for, besides 127.0.0.1 and localhost.
    #[arg(long = "tls-name", value_name = "NAME")]
    pub tls_names: Vec<String>,

    /// Folder that receives ca.pem; a new one in the temporary folder when absent.
    #[arg(long, value_name = "DIR")]
    pub state_dir: Option<PathBuf>,

    /// Simulated seconds per real second.
    #[arg(long, default_value_t = 60.0, value_name = "N")]
    pub time_scale: f64,

    /// Let simulated time stand still until the admin side advances it; the time scale then only shortens Retry-After.
    #[arg(long)]
    pub manual_clock: bool,

    /// Simulated time at the start, RFC 3339; now when absent.
    #[arg(long, value_name = "TIME")]
    pub start_time: Option<Timestamp>,

    /// A subscription that exists; may be repeated.
    #[arg(long = "subscription", value_name = "ID", default_values_t = [DEFAULT_SUBSCRIPTION.to_owned()])]
    pub subscriptions: Vec<String>,

    /// The Entra tenant.
    #[arg(long, value_name = "ID", default_value = DEFAULT_TENANT)]
    pub tenant: String,

    /// The application that owns every subscription.
    #[arg(long, value_name = "ID", default_value = DEFAULT_CLIENT_ID)]
    pub client_id: String,

    /// The secret of that application.
    #[arg(long, value_name = "SECRET", default_value = DEFAULT_CLIENT_SECRET, hide_default_value = true)]
    pub client_secret: String,

    /// Switch off a rule that rests on general knowledge only; may be repeated.
    #[arg(long = "disable-rule", value_name = "NAME")]
    pub disabled_rules: Vec<String>,

    /// Simulated seconds until a new cluster appears in the subscription LIST (azure-rest-api-specs#28600).
    #[arg(long, default_value_t = 900, value_name = "SECONDS")]
    pub list_delay: u32,

    /// Simulated seconds until a role assignment made through the admin side takes effect.
    #[arg(long, default_value_t = 0, value_name = "SECONDS")]
    pub role_propagation: u32,

    /// Largest number of resources on one LIST page.
    #[arg(long, default_value_t = 100, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub page_size: u32,

    /// Answer every request however many come: no 429 except from faults.
    #[arg(long)]
    pub no_throttling: bool,

    /// What to log, in the form of tracing's EnvFilter.
    #[arg(long, env = "ARMATURE_SIM_LOG", default_value = "info", value_name = "FILTER")]
    pub log: String,
}

impl Default for Config {
    /// What the command line gives without any argument (environment variables apart).
    fn default() -> Self {
        Self::parse_from(["armature-sim"])
    }
}
