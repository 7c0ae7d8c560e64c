//! What the table of fields says about a field: what a change does, where that is known from, how the value is unset.

use armature_plan::change::Target;
use armature_plan::effect::{Effect, EffectRule, OneWay};
use armature_plan::fields::{Clear, Field, Plain};

/// The table of a kind.
pub type Table = &'static [Field];

/// The sentence about a field, if it has a row.
pub fn change(table: Table, path: &str) -> Option<String> {
    let row = table.iter().find(|row| is_of(row, path))?;
    // Only a cluster has a place.
    let target = if table.iter().any(|row| row.path == "location") {
        Target::Cluster
    } else {
        Target::Pool(String::new())
    };
    let effect = match row.effect {
        EffectRule::Always(effect) => said(effect, &target),
        EffectRule::ByValue(_) => "depends on the values; the plan says it",
    };
    let source = match row.source {
        "" => String::new(),
        source => format!(" ({})", cited(source)),
    };
    let unset = match row.clear {
        Clear::Never => "; can't be unset".to_owned(),
        Clear::Write(Plain::Text("")) => "; unset: an empty text".to_owned(),
        Clear::Write(value) => format!("; unset: `{value}`"),
        Clear::Empty => "; unset: an empty value".to_owned(),
        Clear::SwitchOff => "; unset: `enabled: false`".to_owned(),
        Clear::Members(_) => "; unset: Azure's defaults".to_owned(),
        Clear::Unknown => String::new(),
    };
    let back = match row.one_way {
        OneWay::No => "",
        OneWay::Always => "; no way back",
        OneWay::ByValue(_) => "; no way back from some values",
    };
    Some(format!("{effect}{source}{back}{unset}"))
}

/// Where a manifest has another name than ARM: ids as keys of a map don't merge.
const OTHER_NAMES: [(&str, &str); 1] = [("identity.userAssignedIdentityId", "identity.userAssignedIdentities")];

/// Whether a row is about the field at this path, in which `NAME` stands for a key.
pub fn is_of(row: &Field, path: &str) -> bool {
    let other = OTHER_NAMES.iter().find(|(own, _)| *own == path);
    let path = other.map_or(path, |(_, name)| name);
    let mut names = row.path.strip_prefix("properties.").unwrap_or(row.path).split('.');
    path.split('.').all(|part| {
        let name = names.next();
        name == Some(part) || (part == "NAME" && name.is_some())
    }) && names.next().is_none()
}

fn said(effect: Effect, target: &Target) -> &'static str {
    match effect {
        Effect::InPlace => "in place",
        effect => effect.of(target),
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
