//! What hangs on a cluster and what runs on it once: a section each below the table, for a cluster asked for by name. Pure.

use jiff::Timestamp;
use serde::Serialize;

use super::table::age;
use crate::cli::paint::{Canvas, Line, Tone, wrap};
use armature_api::{ActionState, ActionStatus, ChildState, ChildStatus, LastError};

/// Where there is no screen to say how long a line may be.
const WIDTH: usize = 120;

/// A child or an action of a cluster; also the JSON that `-o json` prints.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Part {
    /// Its key in status, such as `diagnosticSettings/audit`, or the name of an action.
    pub(super) name: String,
    pub(super) state: State,
    /// What it waits for, what differs, or what is wrong with it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) message: Option<String>,
    /// What to do about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) next_step: Option<String>,
    /// Azure's code, or Armature's own, of what is wrong.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) code: Option<String>,
    /// When Azure was last asked about a child, or when an action ended or was sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) at: Option<Timestamp>,
}

/// How a part is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub(super) enum State {
    /// A child.
    Child(ChildState),
    /// An action.
    Action(ActionState),
}

impl State {
    fn word(self) -> String {
        match self {
            Self::Child(state) => format!("{state:?}"),
            Self::Action(state) => format!("{state:?}"),
        }
    }

    fn mark(self) -> (&'static str, Tone) {
        match self {
            Self::Child(ChildState::Ready) | Self::Action(ActionState::Succeeded) => ("✓", Tone::Good),
            Self::Child(ChildState::Failed) | Self::Action(ActionState::Failed | ActionState::Unknown) => {
                ("✗", Tone::Bad)
            }
            Self::Child(ChildState::Held | ChildState::Suspended) => ("!", Tone::Busy),
            Self::Child(ChildState::Pending | ChildState::Waiting) | Self::Action(ActionState::Waiting) => {
                ("·", Tone::Faint)
            }
            Self::Child(ChildState::Applying | ChildState::InProgress | ChildState::Deleting)
            | Self::Action(ActionState::Started | ActionState::Running) => ("↻", Tone::Busy),
        }
    }

    /// What `at` is the time of.
    fn deed(self) -> &'static str {
        match self {
            Self::Child(_) => "checked",
            Self::Action(state) if state.is_final() => "ended",
            Self::Action(_) => "sent",
        }
    }
}

impl Part {
    /// A child by its key in status.
    pub(super) fn child(key: &str, line: &ChildStatus) -> Self {
        let failure = line.error.as_ref().filter(|_| line.state == ChildState::Failed);
        Self::new(
            key,
            State::Child(line.state),
            line.message.as_ref(),
            failure,
            line.last_checked,
        )
    }

    /// An action by its name.
    pub(super) fn action(name: &str, line: &ActionStatus) -> Self {
        let at = line.finished_at.or(line.started_at);
        let part = Self::new(
            name,
            State::Action(line.state),
            line.message.as_ref(),
            line.error.as_ref(),
            at,
        );
        let message = match (part.message, line.exit_code.filter(|code| *code != 0)) {
            (None, Some(code)) => Some(format!("exit code {code}")),
            (message, _) => message,
        };
        Self { message, ..part }
    }

    /// The message of a failure has its next step in it; the failure has both apart.
    fn new(
        name: &str,
        state: State,
        message: Option<&String>,
        failure: Option<&LastError>,
        at: Option<Timestamp>,
    ) -> Self {
        let next_step = failure.map(|failure| failure.next_step.clone());
        Self {
            name: name.to_owned(),
            state,
            message: failure.map(|failure| &failure.message).or(message).cloned(),
            next_step: next_step.filter(|next| !next.is_empty()),
            code: failure.map(|failure| failure.code.clone()),
            at,
        }
    }

    /// Whether nothing is left to be done about it.
    pub(super) fn is_fine(&self) -> bool {
        self.state.mark().1 == Tone::Good
    }
}

/// A section of parts of `object`: a heading that counts those that are fine, then a line for each, what there is to say
/// about it below. Nothing without parts.
pub(super) fn section(object: &str, title: &str, parts: &[Part], canvas: Canvas, now: Timestamp) -> Vec<Line> {
    let Some(longest) = parts.iter().map(|part| part.name.chars().count()).max() else {
        return Vec::new();
    };
    let fine = parts.iter().filter(|part| part.is_fine()).count();
    let heading = Line::new(object, Tone::Head).with(format!("  {title}"), Tone::Plain);
    let mut lines = vec![
        Line::default(),
        heading.with(format!("  {fine} of {}", parts.len()), Tone::Faint),
    ];
    for part in parts {
        let (mark, tone) = part.state.mark();
        let name = Line::new(format!("  {mark} "), tone)
            .with(&part.name, Tone::Plain)
            .padded(longest + 6);
        lines.push(name.with(part.state.word(), tone).with(part.when(now), Tone::Faint));
        lines.extend(part.story(canvas));
    }
    lines
}

/// What is worth knowing about `object`, below a heading. Nothing without advice.
pub(super) fn advice(object: &str, advice: &[String], canvas: Canvas) -> Vec<Line> {
    if advice.is_empty() {
        return Vec::new();
    }
    let room = canvas.width.unwrap_or(WIDTH).saturating_sub(12).max(20);
    let heading = Line::new(object, Tone::Head).with("  advice", Tone::Plain);
    let mut lines = vec![Line::default(), heading];
    for text in advice {
        for (index, text) in wrap(text, room).into_iter().enumerate() {
            let mark = if index == 0 { "  · " } else { "    " };
            lines.push(Line::new(mark, Tone::Faint).with(text, Tone::Plain));
        }
    }
    lines
}

impl Part {
    /// `  checked 2h ago, Conflict`.
    fn when(&self, now: Timestamp) -> String {
        let at = self.at.map(|at| format!("{} {} ago", self.state.deed(), age(at, now)));
        let facts: Vec<String> = at.into_iter().chain(self.code.clone()).collect();
        if facts.is_empty() {
            String::new()
        } else {
            format!("  {}", facts.join(", "))
        }
    }

    fn story(&self, canvas: Canvas) -> Vec<Line> {
        let room = canvas.width.unwrap_or(WIDTH).saturating_sub(12).max(20);
        let told = wrap(self.message.as_deref().unwrap_or_default(), room);
        let next = wrap(self.next_step.as_deref().unwrap_or_default(), room);
        let told = told
            .into_iter()
            .map(|text| Line::new(format!("      {text}"), Tone::Plain));
        let next = next.into_iter().enumerate().map(|(index, text)| {
            let label = if index == 0 { "      Next: " } else { "            " };
            Line::new(label, Tone::Head).with(text, Tone::Plain)
        });
        told.chain(next).collect()
    }
}
