//! Logs: one line or one JSON object an event, on standard error.

use std::borrow::Cow;
use std::io::{self, IsTerminal, Write};
use std::panic::PanicHookInfo;

use tracing::level_filters::LevelFilter;
use tracing::{Subscriber, error};
use tracing_subscriber::filter::Targets;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::fmt::format::FmtSpan;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer};

use super::settings::{LogFormat, LogSettings};
use armature_arm::mask_tokens;

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
/// secret can; and the HTTP stacks below say little, whatever the directives say.
///
/// # Errors
/// When the directives cannot be parsed, or a log was set up before.
pub fn init(settings: &LogSettings) -> Result<(), TelemetryError> {
    let filter = EnvFilter::try_new(&settings.directives)?;
    let lines = lines(settings.format, io::stderr().is_terminal(), || Masked(io::stderr()));
    tracing_subscriber::registry()
        .with(lines.with_filter(caps()))
        .with(filter)
        .try_init()
        .map_err(|error| TelemetryError::AlreadySet(error.into()))?;
    std::panic::set_hook(Box::new(panicked));
    Ok(())
}

fn lines<S, W>(format: LogFormat, colors: bool, writer: W) -> Box<dyn Layer<S> + Send + Sync>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    let layer = tracing_subscriber::fmt::layer()
        .with_writer(writer)
        .with_span_events(FmtSpan::NONE);
    match format {
        LogFormat::Text => layer.with_ansi(colors).boxed(),
        LogFormat::Json => layer
            .json()
            .flatten_event(true)
            .with_current_span(true)
            .with_span_list(false)
            .boxed(),
    }
}

/// The most that the HTTP stacks may say. Below these levels they log requests and answers with headers and bodies; the
/// client of Kubernetes shows an answer that it can't read, which may be a Secret, as a warning.
fn caps() -> Targets {
    const WARN: &[&str] = &["hyper", "hyper_util", "h2", "rustls", "reqwest", "tower", "tower_http"];
    const ERROR: &[&str] = &[
        "kube_client",
        "azure_core",
        "azure_identity",
        "typespec",
        "typespec_client_core",
    ];
    let warn = WARN.iter().map(|target| (*target, LevelFilter::WARN));
    let error = ERROR.iter().map(|target| (*target, LevelFilter::ERROR));
    Targets::new()
        .with_default(LevelFilter::TRACE)
        .with_targets(warn.chain(error))
}

/// Writes lines without what looks like a token.
struct Masked<W>(W);

impl<W: Write> Write for Masked<W> {
    /// Each line comes whole.
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        match std::str::from_utf8(line).map(mask_tokens) {
            Ok(Cow::Owned(masked)) => self.0.write_all(masked.as_bytes())?,
            Ok(Cow::Borrowed(_)) | Err(_) => self.0.write_all(line)?,
        }
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

/// A panic is a line of the log like any other. Its message is told by whoever contains it, without the secrets that it
/// knows of: it may be about anything.
fn panicked(panic: &PanicHookInfo<'_>) {
    let location = panic.location().map(ToString::to_string).unwrap_or_default();
    error!(
        location,
        "a fault in Armature: please report it with the lines around this one"
    );
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::*;

    #[derive(Clone, Default)]
    struct Kept(Arc<Mutex<Vec<u8>>>);

    impl Write for Kept {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn logged(directives: &str, events: impl FnOnce()) -> String {
        let kept = Kept::default();
        let writer = kept.clone();
        let lines = lines(LogFormat::Json, false, move || Masked(writer.clone()));
        let subscriber = tracing_subscriber::registry()
            .with(lines.with_filter(caps()))
            .with(EnvFilter::try_new(directives).unwrap());
        tracing::subscriber::with_default(subscriber, events);
        let bytes = kept.0.lock().unwrap().clone();
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn no_directive_makes_the_http_stacks_log_what_they_carry() {
        let events = || {
            tracing::trace!(target: "hyper::proto::h1", "carried");
            tracing::debug!(target: "h2::codec", "carried");
            tracing::debug!(target: "reqwest::connect", "carried");
            tracing::warn!(target: "kube_client::client", "carried");
            tracing::debug!(target: "typespec_client_core::http::policies", "carried");
            tracing::trace!(target: "armature_arm::client", "our own");
            tracing::warn!(target: "hyper::proto::h1", "trouble");
        };
        let all = "trace,hyper=trace,h2=trace,reqwest=trace,kube_client=trace,typespec_client_core=trace";
        for directives in ["trace", all] {
            let log = logged(directives, events);
            assert!(!log.contains("carried"), "{log}");
            assert!(log.contains("our own") && log.contains("trouble"), "{log}");
        }
    }

    #[test]
    fn a_line_has_no_token() {
        let log = logged("info", || {
            tracing::info!(header = "Bearer eyJhbGciOiJub25lIn0.eyJzdWIiOiJ4In0.c2ln", "sent");
        });
        assert!(log.contains("Bearer (secret)") && !log.contains("eyJ"), "{log}");
    }
}
