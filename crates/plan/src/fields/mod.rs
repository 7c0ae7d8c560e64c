//! One row per managed path: how it is compared, what changing it disturbs, where that is known from, how it is unset.
//!
//! The diff, the plan, the documentation and the coverage tests all read this table and nothing else.

pub mod cluster;
pub mod pool;
mod transitions;

use std::fmt;

use serde_json::{Value, json};

use super::compare::Compare;
use super::effect::{Effect, EffectRule, OneWay, Transition};

/// One managed path.
#[derive(Debug, Clone, Copy)]
pub struct Field {
    /// The path in the ARM body, with dots.
    pub path: &'static str,
    /// How the wanted and the live value are compared.
    pub compare: Compare,
    /// What Azure means when it leaves the field out; empty where that is false, empty or unset.
    pub absent: &'static str,
    /// What a change disturbs.
    pub effect: EffectRule,
    /// Where the effect is documented: an article of Azure's documentation, a release note, or a client that relies on it.
    pub source: &'static str,
    /// How the value is unset.
    pub clear: Clear,
    /// Whether a change can be taken back.
    pub one_way: OneWay,
}

/// How a value is unset in Azure, where leaving a field out of a PUT keeps what is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Clear {
    /// It can't be unset.
    Never,
    /// By writing the value named.
    Write(Plain),
    /// By writing an empty list or map.
    Empty,
    /// By `enabled: false` in every entry of a list or map: Azure lets none go.
    SwitchOff,
    /// Member by member, by the default that Azure would fill in.
    Members(&'static [(&'static str, Plain)]),
    /// No source says.
    Unknown,
}

/// A value that a table can hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Plain {
    /// A text or an enum.
    Text(&'static str),
    /// A whole number.
    Number(u32),
    /// On or off.
    Flag(bool),
}

impl Plain {
    /// The same for a body.
    pub fn value(self) -> Value {
        match self {
            Self::Text(text) => json!(text),
            Self::Number(number) => json!(number),
            Self::Flag(flag) => json!(flag),
        }
    }
}

impl fmt::Display for Plain {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => write!(formatter, "{text}"),
            Self::Number(number) => write!(formatter, "{number}"),
            Self::Flag(flag) => write!(formatter, "{flag}"),
        }
    }
}

impl Clear {
    const FALSE: Self = Self::Write(Plain::Flag(false));

    const fn text(text: &'static str) -> Self {
        Self::Write(Plain::Text(text))
    }

    const fn number(number: u32) -> Self {
        Self::Write(Plain::Number(number))
    }
}

impl Field {
    const fn new(path: &'static str, compare: Compare, effect: EffectRule, source: &'static str, clear: Clear) -> Self {
        Self {
            path,
            compare,
            absent: "",
            effect,
            source,
            clear,
            one_way: OneWay::No,
        }
    }

    const fn one_way(self) -> Self {
        Self {
            one_way: OneWay::Always,
            ..self
        }
    }

    const fn one_way_if(self, decide: fn(&Transition<'_>) -> bool) -> Self {
        Self {
            one_way: OneWay::ByValue(decide),
            ..self
        }
    }

    const fn absent(self, absent: &'static str) -> Self {
        Self { absent, ..self }
    }
}

/// One table from the tables of its topics.
const fn join<const LENGTH: usize>(parts: &[&[Field]]) -> [Field; LENGTH] {
    let mut all = [parts[0][0]; LENGTH];
    let (mut part, mut row, mut next) = (0, 0, 0);
    while part < parts.len() {
        while row < parts[part].len() {
            all[next] = parts[part][row];
            row += 1;
            next += 1;
        }
        part += 1;
        row = 0;
    }
    all
}

const fn always(effect: Effect) -> EffectRule {
    EffectRule::Always(effect)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;
    use std::io::Write;

    #[test]
    fn every_path_has_one_row_with_a_source() {
        for table in [cluster::FIELDS, pool::FIELDS] {
            let mut seen = BTreeSet::new();
            for field in table {
                assert!(seen.insert(field.path), "{} twice", field.path);
                let unknown = matches!(field.effect, EffectRule::Always(Effect::Unknown));
                assert!(
                    unknown || !field.source.is_empty(),
                    "{} has an effect without a source",
                    field.path
                );
            }
        }
    }

    /// Whether a change of this row can have an effect that no source names, as far as samples of changes show.
    fn can_be_unknown(field: &Field) -> bool {
        let live = json!({ "properties": { "serviceMeshProfile": { "mode": "Istio" } } });
        let values = [
            None,
            Some(json!("")),
            Some(json!("a")),
            Some(json!("b")),
            Some(json!(true)),
            Some(json!([])),
            Some(json!(["a"])),
        ];
        let mut changes = values.iter().flat_map(|from| values.iter().map(move |to| (from, to)));
        changes.any(|(from, to)| {
            let transition = Transition {
                from: from.as_ref(),
                to: to.as_ref(),
                live: &live,
                kubernetes: None,
            };
            field.effect.of(&transition) == Effect::Unknown
        })
    }

    #[test]
    fn at_most_one_row_in_twenty_can_be_unknown() {
        let rows: Vec<&Field> = cluster::FIELDS.iter().chain(pool::FIELDS).collect();
        let unknown: Vec<&str> = rows
            .iter()
            .filter(|field| can_be_unknown(field))
            .map(|field| field.path)
            .collect();
        // Past the capture of test output: this is for everybody who runs the tests.
        writeln!(
            std::io::stderr(),
            "effects that can be Unknown {} / rows {}: {}",
            unknown.len(),
            rows.len(),
            unknown.join(", ")
        )
        .unwrap();
        assert!(
            unknown.contains(&"properties.enableFIPS"),
            "the samples find what is there"
        );
        assert!(unknown.len() * 20 <= rows.len(), "{unknown:?}");
    }
}
