//! The lines that tell what has started and how long it took.

use std::io::{IsTerminal, Write};
use std::time::Instant;

use crate::error::LabError;

/// Columns of what is said before the time.
const WIDTH: usize = 58;

/// Prints a line for each thing that is done; on a terminal also while it is being done.
#[derive(Debug, Clone, Copy)]
pub(super) struct Checklist {
    screen: bool,
    color: bool,
}

impl Checklist {
    /// For standard output as it is.
    pub(super) fn stdout() -> Self {
        let screen = std::io::stdout().is_terminal();
        let set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
        let dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
        Self {
            screen: screen && !dumb,
            color: screen && !dumb && !set("NO_COLOR"),
        }
    }

    /// Does `work` and ticks it off under what `name` makes of its result.
    pub(super) async fn step<T>(
        self,
        doing: &str,
        name: impl FnOnce(&T) -> String,
        work: impl Future<Output = Result<T, LabError>>,
    ) -> Result<T, LabError> {
        if self.screen {
            print(&format!("  … {doing}"));
        }
        let started = Instant::now();
        let result = work.await;
        // Without a result the line makes place for the error.
        let over = if self.screen { "\r\x1b[K" } else { "" };
        let line = match &result {
            Ok(value) => format!("{over}{}\n", self.line(&name(value), started.elapsed().as_secs_f64())),
            Err(_) => over.to_owned(),
        };
        print(&line);
        result
    }

    /// A line that is set off from the one before.
    pub(super) fn head(self, text: &str) {
        let (on, off) = if self.color { ("\x1b[1m", "\x1b[0m") } else { ("", "") };
        print(&format!("\n{on}{text}{off}\n"));
    }

    fn line(self, name: &str, seconds: f64) -> String {
        let (on, off) = if self.color { ("\x1b[32m", "\x1b[0m") } else { ("", "") };
        format!("  {on}✓{off} {name:<WIDTH$} {seconds:>5.1} s")
    }
}

/// Writes to standard output at once.
pub(super) fn print(text: &str) {
    // Nobody reads a closed output; the demo itself goes on until it is told to end.
    let mut output = std::io::stdout().lock();
    let _ = output.write_all(text.as_bytes()).and_then(|()| output.flush());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_gets_plain_lines_and_a_terminal_colors() {
        let plain = Checklist {
            screen: false,
            color: false,
        };
        assert_eq!(plain.line("Operator", 1.25), format!("  ✓ {:<58}   1.2 s", "Operator"));
        let color = Checklist {
            screen: true,
            color: true,
        };
        assert!(color.line("Operator", 1.25).starts_with("  \x1b[32m✓\x1b[0m Operator "));
    }
}
