//! `armature explain`: what an error code of Azure's or a reason of Armature's own means, and the way out.

use std::process::ExitCode;

use clap::Args;
use serde::Serialize;

use super::paint::{Canvas, Line, Tone, wrap};
use super::status::Output;
use super::{CliError, print, reasons};
use armature_arm::codes::{self, CodeEntry, Retry};

/// Arguments of `armature explain`.
#[derive(Args, Clone, Debug)]
pub struct ExplainArgs {
    /// A code as a condition, an event or Azure shows it; any casing [default: list all codes]
    #[arg(value_name = "CODE")]
    pub code: Option<String>,

    /// Output format
    #[arg(short, long, value_enum, default_value_t = Output::Table, value_name = "FORMAT")]
    pub output: Output,
}

/// Explains one code, or lists all.
///
/// # Errors
/// [`CliError::NotFound`] with similar codes when the code is not in the table.
pub(super) fn run(args: &ExplainArgs) -> Result<ExitCode, CliError> {
    let found: Vec<CodeEntry> = match &args.code {
        Some(code) => vec![explain(code.trim()).ok_or_else(|| unknown(code.trim()))?],
        None => entries().collect(),
    };
    let text = match (args.output, args.code.is_some()) {
        (Output::Json, true) => json(&found.first().map(Explanation::of))?,
        (Output::Json, false) => json(&found.iter().map(Explanation::of).collect::<Vec<_>>())?,
        (Output::Table, true) => found.iter().map(|entry| page(entry, Canvas::stdout())).collect(),
        (Output::Table, false) => list(&found, Canvas::stdout()),
    };
    print(&text)?;
    Ok(ExitCode::SUCCESS)
}

/// Codes of Azure's and reasons of Armature's own.
fn entries() -> impl Iterator<Item = CodeEntry> {
    codes::entries().copied().chain(reasons::entries())
}

fn explain(code: &str) -> Option<CodeEntry> {
    entries().find(|entry| entry.code.eq_ignore_ascii_case(code))
}

/// The JSON form of one code.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Explanation {
    code: &'static str,
    armature_does: &'static str,
    cause: &'static str,
    next_step: String,
}

impl Explanation {
    fn of(entry: &CodeEntry) -> Self {
        let CodeEntry {
            code,
            retry,
            cause,
            next_step: _,
        } = *entry;
        Self {
            code,
            armature_does: armature_does(retry),
            cause,
            next_step: next_step(entry),
        }
    }
}

/// What to do next; both ways where it depends on whose credential it is.
fn next_step(entry: &CodeEntry) -> String {
    match codes::operators_next_step(entry.code) {
        Some(own) => format!("{} Where the operator's own identity signs in: {own}", entry.next_step),
        None => entry.next_step.to_owned(),
    }
}

fn json(value: &impl Serialize) -> Result<String, CliError> {
    Ok(serde_json::to_string_pretty(value).map_err(CliError::Encode)? + "\n")
}

/// What the operator does by itself.
fn armature_does(retry: Retry) -> &'static str {
    match retry {
        Retry::Backoff => "tries again with growing pauses",
        Retry::WaitForOperation => "waits for the running operation, then tries again",
        Retry::After(_) => "tries again with growing pauses, none shorter than the time that Azure named",
        Retry::Capacity => "tries again slowly, because room may come free",
        Retry::Propagation => "tries again slowly for some minutes, because permissions take time to spread",
        Retry::Refresh => "signs in again or reads the resource again, and decides anew",
        Retry::User => "waits for a change of the manifest or of Azure",
    }
}

fn page(entry: &CodeEntry, canvas: Canvas) -> String {
    const LABEL: usize = 10;
    let room = canvas.width.unwrap_or(100).saturating_sub(LABEL).max(20);
    let next_step = next_step(entry);
    let mut lines = vec![Line::new(entry.code, Tone::Head)];
    for (label, text) in [
        ("Cause", entry.cause),
        ("Armature", armature_does(entry.retry)),
        ("Next step", next_step.as_str()),
    ] {
        for (index, part) in wrap(text, room).into_iter().enumerate() {
            let label = if index == 0 { label } else { "" };
            lines.push(Line::new(label, Tone::Faint).padded(LABEL).with(part, Tone::Plain));
        }
    }
    lines.iter().map(|line| line.render(canvas) + "\n").collect()
}

fn list(found: &[CodeEntry], canvas: Canvas) -> String {
    let width = found.iter().map(|entry| entry.code.len()).max().unwrap_or(0) + 2;
    let mut sorted = found.to_vec();
    sorted.sort_by_key(|entry| entry.code.to_ascii_lowercase());
    let line = |entry: &CodeEntry| {
        Line::new(entry.code, Tone::Head)
            .padded(width)
            .with(entry.cause, Tone::Plain)
    };
    sorted.iter().map(|entry| line(entry).render(canvas) + "\n").collect()
}

fn unknown(code: &str) -> CliError {
    let near = near_matches(code);
    let advice = if near.is_empty() {
        // What is not in the table says of itself what it is, such as Progressing.
        "a reason of Armature's own says what to do in the message beside it; armature explain lists all known codes"
            .to_owned()
    } else {
        format!(
            "did you mean {}? armature explain lists all known codes",
            near.join(", ")
        )
    };
    CliError::NotFound {
        message: format!("no code \"{code}\" is known: {advice}"),
    }
}

/// Up to five codes that contain what was typed, or that differ from it by a few typing errors.
fn near_matches(code: &str) -> Vec<&'static str> {
    let typed = code.to_ascii_lowercase();
    let mut ranked: Vec<(usize, &'static str)> = entries()
        .filter_map(|entry| {
            let known = entry.code.to_ascii_lowercase();
            let contained = typed.len() >= 4 && (known.contains(&typed) || typed.contains(&known));
            let distance = if contained { 0 } else { distance(&typed, &known) };
            (distance <= typed.len() / 3).then_some((distance, entry.code))
        })
        .collect();
    ranked.sort_unstable();
    ranked.into_iter().take(5).map(|(_, code)| code).collect()
}

/// Levenshtein's distance.
fn distance(one: &str, other: &str) -> usize {
    let other: Vec<char> = other.chars().collect();
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (line, have) in one.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = line + 1;
        for (column, want) in other.iter().enumerate() {
            let replaced = diagonal + usize::from(have != *want);
            diagonal = row[column + 1];
            row[column + 1] = replaced.min(diagonal + 1).min(row[column] + 1);
        }
    }
    row[other.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_distance_counts_typing_errors() {
        assert_eq!(distance("quota", "quota"), 0);
        assert_eq!(distance("qouta", "quota"), 2);
        assert_eq!(distance("", "abc"), 3);
        assert_eq!(distance("kitten", "sitting"), 3);
    }

    #[test]
    fn a_mistyped_code_finds_its_neighbors() {
        assert!(near_matches("QuotaExceded").contains(&"QuotaExceeded"));
        assert!(near_matches("xyzzy").is_empty());
        assert!(near_matches("").is_empty());
    }

    #[test]
    fn every_code_has_a_page() {
        for entry in entries() {
            let page = page(&entry, Canvas::FILE);
            assert!(page.starts_with(entry.code) && page.contains("Next step"), "{page}");
        }
    }

    #[test]
    fn a_page_has_its_labels_in_one_column() {
        let entry = CodeEntry {
            code: "QuotaExceeded",
            retry: Retry::Capacity,
            cause: "The subscription has no cores left.",
            next_step: "Ask for more cores.",
        };
        assert_eq!(
            page(&entry, Canvas::FILE),
            "QuotaExceeded\nCause     The subscription has no cores left.\nArmature  tries again slowly, because room may come free\nNext step Ask for more cores.\n"
        );
    }
}
