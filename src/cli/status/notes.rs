//! What is said below the table about objects that are not fine: pending plans, and errors with the way out.

use jiff::Timestamp;

use super::fleet::Row;
use super::health::Health;
use super::table::age;
use crate::api::{LastError, PlanStatus, PlannedStep};
use crate::cli::paint::{Canvas, Line, Tone, wrap};

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

fn plan_lines(lines: &mut Vec<Line>, object: &str, plan: &PlanStatus) {
    let count = if plan.steps.is_empty() {
        counted(plan.changes.len(), "difference")
    } else {
        counted(plan.steps.len(), "step")
    };
    lines.push(
        Line::new(object, Tone::Head)
            .with(format!("  plan {}", plan.hash), Tone::Plain)
            .with(format!("  {count}"), Tone::Faint),
    );
    let shown = plan.steps.iter().take(STEPS).enumerate();
    lines.extend(shown.map(|(index, step)| step_line(index + 1, step)));
    if plan.steps.is_empty() {
        for change in plan.changes.iter().take(STEPS) {
            let value = |value: &Option<String>| value.clone().unwrap_or_else(|| "nothing".to_owned());
            let line = Line::new(format!("  {} {}", change.target, change.path), Tone::Plain).with(
                format!("  {} → {}", value(&change.from), value(&change.to)),
                Tone::Plain,
            );
            lines.push(held(line, change.held.as_deref()));
        }
    }
    let listed = if plan.steps.is_empty() {
        plan.changes.len()
    } else {
        plan.steps.len()
    };
    if listed > STEPS {
        lines.push(Line::new(format!("  and {} more", listed - STEPS), Tone::Faint));
    }
}

fn step_line(number: usize, step: &PlannedStep) -> Line {
    let line = Line::new(format!("  {number}. {}", step.description), Tone::Plain);
    let line = if step.effect.is_empty() {
        line
    } else {
        line.with(format!("  [{}]", step.effect), Tone::Faint)
    };
    held(line, step.held.as_deref())
}

fn held(line: Line, reason: Option<&str>) -> Line {
    match reason {
        Some(reason) => line.with(format!("  held: {reason}"), Tone::Busy),
        None => line,
    }
}

fn counted(count: usize, noun: &str) -> String {
    if count == 1 {
        format!("1 {noun}")
    } else {
        format!("{count} {noun}s")
    }
}
