//! What is said below the table about objects that are not fine: pending plans, and errors with the way out.

use jiff::Timestamp;

use super::fleet::Row;
use super::health::Health;
use super::table::age;
use crate::cli::paint::{Canvas, Line, Tone, wrap};
use armature_api::{LastError, PlanStatus, PlannedChange, PlannedStep};

/// Steps of one plan that are shown; the object's status has them all.
const STEPS: usize = 6;
/// Objects that are spoken about; a fleet in trouble must not push its own table off the screen.
const OBJECTS: usize = 8;
/// Where there is no screen to say how long a line may be.
const WIDTH: usize = 120;

/// What is said about one object.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Note {
    object: String,
    plan: Option<PlanStatus>,
    error: Option<LastError>,
}

impl Note {
    /// What there is to say about the object of `row`; nothing about one that is as its manifest says.
    pub(super) fn of(row: &Row, plan: Option<&PlanStatus>, error: Option<&LastError>) -> Option<Self> {
        let plan = plan
            .filter(|plan| !plan.steps.is_empty() || !plan.changes.is_empty())
            .cloned();
        let error = error.filter(|_| row.health != Health::Ready).cloned();
        (plan.is_some() || error.is_some()).then(|| Self {
            object: row.key(),
            plan,
            error,
        })
    }
}

/// The lines below the table.
pub(super) fn lines(notes: &[Note], canvas: Canvas, now: Timestamp) -> Vec<Line> {
    let width = canvas.width.unwrap_or(WIDTH);
    let mut lines = Vec::new();
    for note in notes.iter().take(OBJECTS) {
        lines.push(Line::default());
        if let Some(error) = &note.error {
            error_lines(&mut lines, &note.object, error, width, now);
        }
        if let Some(plan) = &note.plan {
            plan_lines(&mut lines, &note.object, plan);
        }
    }
    if notes.len() > OBJECTS {
        lines.push(Line::default());
        let more = notes.len() - OBJECTS;
        lines.push(Line::new(
            format!("{more} more with a plan or an error; armature status NAME shows one"),
            Tone::Faint,
        ));
    }
    lines
}

fn error_lines(lines: &mut Vec<Line>, object: &str, error: &LastError, width: usize, now: Timestamp) {
    let ago = age(error.at, now);
    let times = if error.count > 1 {
        format!(", {} times", error.count)
    } else {
        String::new()
    };
    lines.push(
        Line::new(object, Tone::Head)
            .with(format!("  {}", error.code), Tone::Bad)
            .with(format!("  {ago} ago{times}"), Tone::Faint),
    );
    let room = width.saturating_sub(8).max(20);
    let told = wrap(&error.message, room);
    lines.extend(told.into_iter().map(|text| Line::new(format!("  {text}"), Tone::Plain)));
    for (index, text) in wrap(&error.next_step, room).into_iter().enumerate() {
        let label = if index == 0 { "  Next: " } else { "        " };
        lines.push(Line::new(label, Tone::Head).with(text, Tone::Plain));
    }
}

/// The steps of the plan; where it has none, everything being held or only reported, its differences.
fn plan_lines(lines: &mut Vec<Line>, object: &str, plan: &PlanStatus) {
    let (entries, noun): (Vec<_>, _) = if plan.steps.is_empty() {
        (plan.changes.iter().map(change_line).collect(), "difference")
    } else {
        (
            plan.steps
                .iter()
                .enumerate()
                .map(|(index, step)| step_line(index + 1, step))
                .collect(),
            "step",
        )
    };
    let heading = Line::new(object, Tone::Head).with(format!("  plan {}", plan.hash), Tone::Plain);
    lines.push(heading.with(format!("  {}", counted(entries.len(), noun)), Tone::Faint));
    let hidden = entries.len().saturating_sub(STEPS);
    for (line, held) in entries.into_iter().take(STEPS) {
        lines.push(line);
        lines.extend(held.map(|reason| Line::new(format!("     held: {reason}"), Tone::Busy)));
    }
    if hidden > 0 {
        lines.push(Line::new(format!("  and {hidden} more"), Tone::Faint));
    }
}

fn step_line(number: usize, step: &PlannedStep) -> (Line, Option<&str>) {
    let line = Line::new(format!("  {number}. {}", step.description), Tone::Plain);
    (line.with(effect(&step.effect), Tone::Faint), step.held.as_deref())
}

fn change_line(change: &PlannedChange) -> (Line, Option<&str>) {
    let value = |value: &Option<String>| value.clone().unwrap_or_else(|| "nothing".to_owned());
    let line = Line::new(format!("  - {} {}: ", change.target, change.path), Tone::Plain)
        .with(format!("{} → {}", value(&change.from), value(&change.to)), Tone::Plain)
        .with(effect(change.list.as_deref().unwrap_or_default()), Tone::Busy)
        .with(effect(&change.effect), Tone::Faint);
    (line, change.held.as_deref())
}

fn effect(name: &str) -> String {
    if name.is_empty() {
        String::new()
    } else {
        format!("  [{name}]")
    }
}

fn counted(count: usize, noun: &str) -> String {
    if count == 1 {
        format!("1 {noun}")
    } else {
        format!("{count} {noun}s")
    }
}
