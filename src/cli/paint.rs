//! Text for a terminal: colors only where they are wanted, lines never wider than the screen.

use std::io::IsTerminal;

/// What a piece of text says about what it names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    /// Nothing in particular.
    Plain,
    /// A heading.
    Head,
    /// Worth less attention.
    Faint,
    /// Fine.
    Good,
    /// On its way.
    Busy,
    /// Wants a person.
    Bad,
}

impl Tone {
    /// The parameters of ANSI's "select graphic rendition"; only the eight colors every terminal has.
    fn code(self) -> Option<&'static str> {
        match self {
            Self::Plain => None,
            Self::Head => Some("1"),
            Self::Faint => Some("2"),
            Self::Good => Some("32"),
            Self::Busy => Some("33"),
            Self::Bad => Some("31"),
        }
    }
}

/// Where text goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Canvas {
    /// Whether colors are shown.
    pub color: bool,
    /// Columns of the screen; `None` when lines may have any length.
    pub width: Option<usize>,
    /// Lines of the screen; `None` when there may be any number.
    pub height: Option<usize>,
}

impl Canvas {
    /// A file or a pipe.
    pub const FILE: Self = Self {
        color: false,
        width: None,
        height: None,
    };

    /// Standard output as it is: a terminal with its size, or a file. `NO_COLOR` (<https://no-color.org>) and `TERM=dumb`
    /// turn colors off.
    pub fn stdout() -> Self {
        if !std::io::stdout().is_terminal() {
            return Self::FILE;
        }
        let set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
        let dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
        let size = terminal_size::terminal_size();
        Self {
            color: !set("NO_COLOR") && !dumb,
            width: size.map(|(width, _)| usize::from(width.0)),
            height: size.map(|(_, height)| usize::from(height.0)),
        }
    }

    /// Whether a person is watching, so that a frame may be drawn over.
    pub fn is_screen(self) -> bool {
        self.height.is_some()
    }
}

/// One line: pieces of text, each with its tone.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Line(Vec<(String, Tone)>);

impl Line {
    /// A line of one piece.
    pub fn new(text: impl Into<String>, tone: Tone) -> Self {
        Self::default().with(text, tone)
    }

    /// The line with a piece behind it. Control characters become spaces: the text may come from anywhere.
    pub fn with(mut self, text: impl Into<String>, tone: Tone) -> Self {
        let text: String = text.into();
        self.0.push((
            text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect(),
            tone,
        ));
        self
    }

    /// The line with blanks behind it until it has `width` columns.
    pub fn padded(self, width: usize) -> Self {
        let missing = width.saturating_sub(self.width());
        if missing == 0 {
            self
        } else {
            self.with(" ".repeat(missing), Tone::Plain)
        }
    }

    /// The line with all pieces of another one behind it.
    pub fn joined(mut self, other: Self) -> Self {
        self.0.extend(other.0);
        self
    }

    /// Columns the line takes. Every character counts as one: names, versions and Azure's messages are of that kind.
    pub fn width(&self) -> usize {
        self.0.iter().map(|(text, _)| text.chars().count()).sum()
    }

    /// The line as it is written: cut to the canvas, blanks at its end left out.
    pub fn render(&self, canvas: Canvas) -> String {
        let mut room = canvas.width.unwrap_or(usize::MAX);
        let cut = self.width() > room;
        if cut {
            room = room.saturating_sub(1);
        }
        let mut rendered = String::new();
        for (text, tone) in &self.0 {
            let part: String = text.chars().take(room).collect();
            room -= part.chars().count();
            match tone.code().filter(|_| canvas.color && !part.trim().is_empty()) {
                Some(code) => rendered.push_str(&format!("\x1b[{code}m{part}\x1b[0m")),
                None => rendered.push_str(&part),
            }
        }
        rendered.truncate(rendered.trim_end().len());
        if cut {
            rendered.push('…');
        }
        rendered
    }
}

/// Breaks a text at its blanks into lines of at most `width` columns; a longer word stays whole.
pub fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= width => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    fn screen(width: usize) -> Canvas {
        Canvas {
            color: true,
            width: Some(width),
            height: Some(24),
        }
    }

    #[test]
    fn a_file_gets_neither_colors_nor_cuts() {
        let line = Line::new("ready", Tone::Good)
            .padded(8)
            .with("a long story", Tone::Faint)
            .padded(40);
        assert_eq!(line.render(Canvas::FILE), "ready   a long story");
    }

    #[test]
    fn a_line_is_never_wider_than_the_screen() {
        let line = Line::new("prod", Tone::Plain).with("  Upgrading", Tone::Busy);
        assert_eq!(line.render(screen(20)), "prod\x1b[33m  Upgrading\x1b[0m");
        assert_eq!(line.render(screen(10)), "prod\x1b[33m  Upg\x1b[0m…");
        assert_eq!(line.render(screen(1)), "…");
    }

    #[test]
    fn control_characters_never_reach_the_terminal() {
        assert_eq!(Line::new("a\x1b[2Jb\nc", Tone::Plain).render(Canvas::FILE), "a [2Jb c");
    }

    #[test]
    fn text_is_broken_at_blanks() {
        assert_eq!(wrap("one two three", 7), ["one two", "three"]);
        assert_eq!(
            wrap("incomprehensibilities are long", 10),
            ["incomprehensibilities", "are long"]
        );
        assert!(wrap("  ", 10).is_empty());
    }
}
