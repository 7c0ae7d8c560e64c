//! Logs: one line or one JSON object an event, on standard error.

use std::io::{self, IsTerminal};

use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::format::FmtSpan;

use super::settings::{LogFormat, LogSettings};

/// The log could not be set up.
#[derive(Debug, thiserror::Error)]
pub enum TelemetryError {
    /// The directives cannot be parsed.
    #[error("the log directives cannot be used: {0}")]
    Directives(#[from] tracing_subscriber::filter::ParseError),
    /// A log was set up before in this process.
    #[error("the log could not be set up: {0}")]
    AlreadySet(Box<dyn std::error::Error + Send + Sync>),
}

/// Sets up the log of this process. Values reach it as fields, never as a whole request or object, so that no token or
/// secret can; and the HTTP stacks below stay at `warn` unless the directives name them.
///
/// # Errors
/// When the directives cannot be parsed, or a log was set up before.
pub fn init(settings: &LogSettings) -> Result<(), TelemetryError> {
    let filter = EnvFilter::try_new(format!("{QUIET},{}", settings.directives))?;
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(io::stderr)
        .with_span_events(FmtSpan::NONE);
    match settings.format {
        LogFormat::Text => builder.with_ansi(io::stderr().is_terminal()).try_init(),
        LogFormat::Json => builder
            .json()
            .flatten_event(true)
            .with_current_span(true)
            .with_span_list(false)
            .try_init(),
    }
    .map_err(TelemetryError::AlreadySet)
}

/// Below `warn` these log whole requests with their headers; the user's own directives come later and win.
const QUIET: &str = "hyper=warn,hyper_util=warn,h2=warn,rustls=warn,reqwest=warn,tower=warn,azure_core=warn,azure_identity=warn,typespec_client_core=warn";
