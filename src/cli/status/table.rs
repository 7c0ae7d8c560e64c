//! From rows to lines: the table of the fleet. Pure.

use jiff::Timestamp;

use super::fleet::{Fleet, Kind, Row};
use super::health::Health;
use super::{notes, parts};
use crate::cli::paint::{Canvas, Line, Tone};

/// The whole picture: the table, and below it what is to be said about objects that are not fine; for a cluster asked for
/// by name, what hangs on it and runs on it too.
pub(super) fn picture(fleet: &Fleet, canvas: Canvas, now: Timestamp) -> Vec<Line> {
    let mut lines = table(fleet, canvas, now);
    lines.extend(notes::lines(&fleet.notes, canvas, now));
    for row in fleet.rows.iter().filter(|_| fleet.detailed) {
        for (title, parts) in [("children", &row.children), ("actions", &row.actions)] {
            lines.extend(parts::section(&row.key(), title, parts, canvas, now));
        }
        lines.extend(parts::advice(&row.key(), &row.advice, canvas));
    }
    lines
}

const HEADINGS: [&str; 5] = ["OBJECT", "READY", "VERSION", "STEP", "AGE"];
/// Between two columns.
const GAP: usize = 2;
/// A sentence needs this much room; on a narrower screen it gets a line of its own.
const STORY: usize = 40;

/// One line of a table in a file; there is no screen to cut it.
const CELL: usize = 100;

/// A sentence in a cell of the table: whole for one cluster, the start of it where there are many.
fn cell(text: &str, detailed: bool) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if detailed || line.chars().count() <= CELL {
        return line;
    }
    let start: String = line.chars().take(CELL - 1).collect();
    format!("{}…", start.trim_end())
}

fn table(fleet: &Fleet, canvas: Canvas, now: Timestamp) -> Vec<Line> {
    let rows = &fleet.rows;
    let namespaced = rows.iter().any(|row| row.namespace != rows[0].namespace);
    let facts: Vec<[Line; 5]> = rows
        .iter()
        .enumerate()
        .map(|(index, row)| facts(row, rows.get(index + 1), namespaced, now))
        .collect();
    let widths = facts.iter().fold(HEADINGS.map(str::len), |widths, cells| {
        std::array::from_fn(|column| cells[column].width().max(widths[column]))
    });
    let room = canvas.width.map_or(usize::MAX, |width| {
        width.saturating_sub(widths.iter().map(|width| width + GAP).sum())
    });
    let placed = |cells: [Line; 5]| {
        let cells = cells.into_iter().zip(widths);
        cells.fold(Line::default(), |line, (cell, width)| {
            line.joined(cell.padded(width + GAP))
        })
    };
    let heading = placed(HEADINGS.map(|heading| Line::new(heading, Tone::Faint)));
    let mut lines = vec![if room < STORY {
        heading
    } else {
        heading.with("DOING", Tone::Faint)
    }];
    for (row, facts) in rows.iter().zip(facts) {
        let tone = if row.activity.is_empty() {
            Tone::Faint
        } else {
            Tone::Plain
        };
        let line = placed(facts);
        if room >= STORY {
            lines.push(line.with(cell(row.story(), fleet.detailed || canvas.width.is_some()), tone));
            continue;
        }
        lines.push(line);
        if !row.activity.is_empty() {
            lines.push(Line::new("    ", Tone::Plain).with(&row.activity, tone));
        }
    }
    lines
}

fn facts(row: &Row, next: Option<&Row>, namespaced: bool, now: Timestamp) -> [Line; 5] {
    let step = row
        .step
        .map_or_else(String::new, |step| format!("{}/{}", step.number, step.total));
    [
        object(row, next, namespaced),
        ready(row),
        Line::new(
            row.version.text(),
            if row.version.target.is_some() {
                Tone::Busy
            } else {
                Tone::Plain
            },
        ),
        Line::new(step, Tone::Plain),
        Line::new(
            row.created.map_or_else(String::new, |created| age(created, now)),
            Tone::Faint,
        ),
    ]
}

/// Pools hang below their cluster like the files of a folder; one whose cluster does not exist stands alone.
fn object(row: &Row, next: Option<&Row>, namespaced: bool) -> Line {
    let name = if namespaced && (row.cluster.is_none() || row.cluster_missing) {
        row.key()
    } else {
        row.name.clone()
    };
    let Some(cluster) = &row.cluster else {
        return Line::new(name, Tone::Head);
    };
    if row.cluster_missing {
        return Line::new(name, Tone::Plain).with(format!(" (of {cluster})"), Tone::Faint);
    }
    let last = next.is_none_or(|next| (&next.namespace, &next.cluster) != (&row.namespace, &row.cluster));
    Line::new(if last { "└ " } else { "├ " }, Tone::Faint).with(name, Tone::Plain)
}

fn ready(row: &Row) -> Line {
    let (mark, tone, word) = match row.health {
        Health::New => ("·", Tone::Faint, "New"),
        Health::Ready => ("✓", Tone::Good, "Ready"),
        Health::Progressing => ("↻", Tone::Busy, "Progressing"),
        Health::NotReady => ("!", Tone::Bad, "NotReady"),
        Health::Stalled => ("✗", Tone::Bad, "Stalled"),
        Health::Deleting => ("↻", Tone::Busy, "Deleting"),
    };
    // Ready needs no reason, and a reason says more than the word for everything else.
    let word = if row.health == Health::Ready {
        word
    } else {
        row.reason.as_deref().unwrap_or(word)
    };
    Line::new(format!("{mark} {word}"), tone)
}

/// One row as one line of its own, for a log: `prod/weu: ↻ Progressing, 1.33.5 → 1.34, step 2/5: ...`.
pub(super) fn sentence(row: &Row) -> String {
    let kind = match row.kind {
        Kind::AksCluster => "cluster",
        Kind::AksNodePool => "pool",
    };
    let step = row
        .step
        .map_or_else(String::new, |step| format!(", step {}/{}", step.number, step.total));
    let story = if row.story().is_empty() {
        String::new()
    } else {
        format!(": {}", row.story())
    };
    let state = ready(row).render(Canvas::FILE);
    let line = format!("{kind} {}: {state}, {}{step}{story}", row.key(), row.version.text());
    Line::new(line, Tone::Plain).render(Canvas::FILE)
}

/// How long ago, as short as kubectl says it: `45s`, `3m12s`, `45m`, `5h`, `12d`.
pub(super) fn age(since: Timestamp, now: Timestamp) -> String {
    let seconds = now.duration_since(since).as_secs().max(0);
    let (minutes, hours, days) = (seconds / 60, seconds / 3600, seconds / 86_400);
    match seconds {
        0..120 => format!("{seconds}s"),
        120..600 if seconds % 60 != 0 => format!("{minutes}m{}s", seconds % 60),
        120..7200 => format!("{minutes}m"),
        7200..172_800 => format!("{hours}h"),
        _ => format!("{days}d"),
    }
}

#[cfg(test)]
mod tests;
