//! What the table of fields says about a field: what a change does, where that is known from, how the value is unset.

use armature::plan::effect::{Effect, EffectRule};
use armature::plan::fields::{Clear, Field};

/// The table of a kind.
pub type Table = &'static [Field];

/// The sentence about a field, if it has a row.
pub fn change(table: Table, path: &str) -> Option<String> {
    let row = table
        .iter()
        .find(|row| row.path == path || row.path.strip_prefix("properties.") == Some(path))?;
    let effect = match row.effect {
        EffectRule::Always(effect) => said(effect),
        EffectRule::ByValue(_) => "depends on the values; the plan says it",
    };
    let source = match row.source {
        "" => String::new(),
        source => format!(" ({})", cited(source)),
    };
    let unset = match row.clear {
        Clear::Never => "; can't be unset".to_owned(),
        Clear::Write(value) => format!("; unset: `{value}`"),
        Clear::Empty => "; unset: an empty value".to_owned(),
        Clear::Unknown => String::new(),
    };
    Some(format!("{effect}{source}{unset}"))
}

fn said(effect: Effect) -> &'static str {
    match effect {
        Effect::InPlace => "in place",
        effect => effect.sentence(),
    }
}

/// Articles of AKS's documentation are linked; `docs/sources.md` explains the other forms.
fn cited(source: &str) -> String {
    let is_article = |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit() || "-/".contains(letter);
    if source.chars().all(is_article) && source.contains('-') {
        format!("[{source}](https://learn.microsoft.com/azure/aks/{source})")
    } else {
        source.replace('|', "\\|")
    }
}
