//! `armature status --watch` and `--until`: follows the objects and shows what changes.

use std::collections::BTreeMap;
use std::pin::pin;
use std::process::ExitCode;
use std::time::Duration;

use futures::{Stream, StreamExt, future, stream};
use jiff::Timestamp;
use kube::runtime::reflector::{self, Store};
use kube::runtime::{WatchStreamExt, watcher};
use kube::{Api, Client, Resource};
use tokio::time::{Instant, MissedTickBehavior, interval, sleep_until};

use super::fleet::{Fleet, fleet};
use super::until::Waiting;
use super::{Output, Scope, StatusArgs, show, table};
use crate::cli::paint::{Canvas, Line, Tone};
use crate::cli::{CliError, print};
use crate::reconcile::guard::{Guarded, Parts};
use crate::runtime::connect::told;

/// Changes arrive in bursts; a person follows four pictures a second.
const FRAME: Duration = Duration::from_millis(250);

/// Follows the objects until what the arguments wait for has come, or for ever.
pub(super) async fn follow(client: Client, scope: &Scope, args: &StatusArgs) -> Result<ExitCode, CliError> {
    // A watch hides a refusal behind its retries; a first read tells it at once.
    scope.read(client.clone()).await?;
    let (clusters, pools) = scope.apis(client);
    let (clusters, cluster_changes) = watched(clusters);
    let (pools, pool_changes) = watched(pools);
    let mut changes = pin!(stream::select(cluster_changes, pool_changes));
    let mut frames = interval(FRAME);
    frames.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut display = Display::new(args);
    let mut trouble = None;
    let give_up = async {
        match args.timeout {
            Some(timeout) => sleep_until(Instant::now() + timeout).await,
            None => std::future::pending().await,
        }
    };
    let mut give_up = pin!(give_up);
    let mut last = Waiting::For("the first list".to_owned());
    loop {
        tokio::select! {
            Some(change) = changes.next() => trouble = change.err(),
            () = &mut give_up => {
                display.finish(None, scope)?;
                let Waiting::For(missing) = last else { return Ok(ExitCode::FAILURE) };
                eprintln!("gave up: still waiting for {missing}");
                return Ok(ExitCode::FAILURE);
            }
            _ = frames.tick() => {
                if !(complete(&clusters).await && complete(&pools).await) {
                    continue;
                }
                let fleet = fleet(&clusters.state(), &pools.state(), scope.name.as_deref());
                display.draw(&fleet, scope, trouble.as_deref())?;
                last = args.until.map_or(Waiting::For(String::new()), |until| until.judge(&fleet));
                match &last {
                    Waiting::For(_) => {}
                    Waiting::Over => {
                        display.finish(Some(&fleet), scope)?;
                        return Ok(ExitCode::SUCCESS);
                    }
                    Waiting::Vain(reason) => {
                        display.finish(Some(&fleet), scope)?;
                        eprintln!("{reason}");
                        return Ok(ExitCode::FAILURE);
                    }
                }
            }
        }
    }
}

/// What is wrong with a watch; the words of the API server where it said any.
fn trouble(error: &watcher::Error) -> String {
    match error {
        watcher::Error::InitialListFailed(error)
        | watcher::Error::WatchStartFailed(error)
        | watcher::Error::WatchFailed(error) => told(error),
        other => other.to_string(),
    }
}

/// A store that follows the API, and the stream that drives it: `Err` is what is wrong with the connection.
fn watched<K: Parts>(api: Api<Guarded<K>>) -> (Store<K>, impl Stream<Item = Result<(), String>>) {
    let (store, writer) = reflector::store();
    let events = watcher(api, watcher::Config::default())
        .default_backoff()
        .filter_map(|event| future::ready(event.map(readable).transpose()))
        .reflect(writer);
    (
        store,
        events.map(|event| event.map(|_| ()).map_err(|error| trouble(&error))),
    )
}

/// The event, where it is about an object that can be read. The first read has named the others.
fn readable<K>(event: watcher::Event<Guarded<K>>) -> Option<watcher::Event<K>> {
    match event {
        watcher::Event::Apply(Guarded::Readable(object)) => Some(watcher::Event::Apply(object)),
        watcher::Event::Delete(Guarded::Readable(object)) => Some(watcher::Event::Delete(object)),
        watcher::Event::InitApply(Guarded::Readable(object)) => Some(watcher::Event::InitApply(object)),
        watcher::Event::Apply(Guarded::Unreadable(_))
        | watcher::Event::Delete(Guarded::Unreadable(_))
        | watcher::Event::InitApply(Guarded::Unreadable(_)) => None,
        watcher::Event::Init => Some(watcher::Event::Init),
        watcher::Event::InitDone => Some(watcher::Event::InitDone),
    }
}

/// Whether the first list is complete, without waiting for it.
async fn complete<K>(store: &Store<K>) -> bool
where
    K: Resource<DynamicType = ()> + Clone + 'static,
{
    tokio::select! {
        biased;
        ready = store.wait_until_ready() => ready.is_ok(),
        () = std::future::ready(()) => false,
    }
}

/// What is on the screen, or was printed last.
enum Display {
    /// A person watches: the picture is drawn over the one before.
    Screen { drawn: Vec<String> },
    /// A log: one line per object that changed.
    Log { told: BTreeMap<String, String> },
    /// Only the end is of interest.
    Silent(Output),
}

impl Display {
    fn new(args: &StatusArgs) -> Self {
        match args.output {
            Output::Json => Self::Silent(Output::Json),
            Output::Table if Canvas::stdout().is_screen() => Self::Screen { drawn: Vec::new() },
            Output::Table => Self::Log { told: BTreeMap::new() },
        }
    }

    fn draw(&mut self, fleet: &Fleet, scope: &Scope, trouble: Option<&str>) -> Result<(), CliError> {
        match self {
            Self::Screen { drawn } => {
                // Asked each time: a window changes its size.
                let canvas = Canvas::stdout();
                let frame = frame(fleet, scope, trouble, canvas, Timestamp::now());
                if frame != *drawn {
                    print(&redraw(drawn, &frame))?;
                    *drawn = frame;
                }
                Ok(())
            }
            Self::Log { told } => {
                let lines = news(told, fleet);
                let time = Timestamp::now().strftime("%H:%M:%SZ").to_string();
                print(&lines.iter().map(|line| format!("{time} {line}\n")).collect::<String>())
            }
            Self::Silent(_) => Ok(()),
        }
    }

    fn finish(&self, fleet: Option<&Fleet>, scope: &Scope) -> Result<(), CliError> {
        match (self, fleet) {
            (Self::Silent(output), Some(fleet)) => show(fleet, scope, *output),
            _ => Ok(()),
        }
    }
}

/// The lines of one picture, no more than the screen has.
fn frame(fleet: &Fleet, scope: &Scope, trouble: Option<&str>, canvas: Canvas, now: Timestamp) -> Vec<String> {
    let mut lines = if fleet.rows.is_empty() {
        vec![Line::new(scope.empty(), Tone::Faint)]
    } else {
        table::picture(fleet, canvas, now)
    };
    if let Some(trouble) = trouble {
        lines.push(Line::default());
        lines.push(Line::new(
            format!("the management cluster does not answer: {trouble}"),
            Tone::Bad,
        ));
    }
    // The cursor rests below the last line, so one line stays free.
    let room = canvas.height.unwrap_or(usize::MAX).saturating_sub(1).max(1);
    if lines.len() > room {
        let hidden = lines.len() - room + 1;
        lines.truncate(room - 1);
        lines.push(Line::new(
            format!("{hidden} more lines; a taller window shows them"),
            Tone::Faint,
        ));
    }
    lines.iter().map(|line| line.render(canvas)).collect()
}

/// What turns the picture on the screen into the next one: to its first line, each line over the old one, the rest erased.
fn redraw(drawn: &[String], frame: &[String]) -> String {
    let up = if drawn.is_empty() {
        String::new()
    } else {
        format!("\x1b[{}F", drawn.len())
    };
    let lines: String = frame.iter().map(|line| format!("{line}\x1b[K\n")).collect();
    format!("{up}{lines}\x1b[J")
}

/// A line for each object that is new, has changed or is gone since the last call.
fn news(told: &mut BTreeMap<String, String>, fleet: &Fleet) -> Vec<String> {
    let rows = fleet
        .rows
        .iter()
        .map(|row| (format!("{:?} {}", row.kind, row.key()), table::sentence(row)));
    let current: BTreeMap<String, String> = rows.collect();
    let changed = current
        .iter()
        .filter(|(key, line)| told.get(*key) != Some(*line))
        .map(|(_, line)| line.clone());
    let gone = told
        .keys()
        .filter(|key| !current.contains_key(*key))
        .map(|key| format!("{key}: gone"));
    let lines = changed.chain(gone).collect();
    *told = current;
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_is_drawn_over_the_one_before() {
        let (one, two) = (vec!["a".to_owned(), "b".to_owned()], vec!["c".to_owned()]);
        assert_eq!(redraw(&[], &one), "a\x1b[K\nb\x1b[K\n\x1b[J");
        assert_eq!(redraw(&one, &two), "\x1b[2Fc\x1b[K\n\x1b[J");
    }
}
