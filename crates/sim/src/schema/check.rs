//! Walks a body beside its schema and reports the places where they part.

use std::fmt;

use serde_json::Value;

use super::document::{Document, Format, Kind, Schema};

/// Which way a body travels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Direction {
    /// Client to service: null is absence, read-only properties are not looked at.
    Request,
    /// Service to client: secrets must not appear.
    Response,
}

impl Direction {
    /// Whether a member is there at all: in a request null means absence (SPEC: the models are pointers).
    fn counts(self, value: &Value) -> bool {
        !(self == Self::Request && value.is_null())
    }
}

/// One place where a body and its schema part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Deviation {
    /// Dotted path from the root of the body.
    pub(super) path: String,
    /// What is wrong there.
    pub(super) fault: Fault,
}

/// What can be wrong at one place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Fault {
    /// Another JSON type than the description's.
    WrongType {
        /// JSON type found, in Go's word.
        found: &'static str,
        /// Type wanted, in Go's word.
        wanted: &'static str,
    },
    /// A property that the description does not have.
    Unknown {
        /// Its last path segment.
        name: String,
    },
    /// A required property is missing.
    Missing,
    /// A number outside its range.
    OutOfRange {
        /// What was found.
        value: i64,
        /// Smallest allowed.
        minimum: i64,
        /// Largest allowed.
        maximum: i64,
    },
    /// A text that is none of the allowed ones.
    NotAllowed {
        /// What was found.
        value: String,
        /// The allowed texts.
        allowed: Vec<String>,
    },
    /// A text that does not have the required form.
    Malformed {
        /// What was found.
        value: String,
        /// The form, a pattern or a format's name.
        form: String,
    },
    /// A list that is too long or repeats an entry.
    BadList(&'static str),
    /// A secret in an answer.
    SecretReturned,
}

impl fmt::Display for Deviation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {:?}", self.path, self.fault)
    }
}

/// Every deviation of `body` from `schema`, in document order.
pub(super) fn deviations(document: &Document, schema: &Schema, body: &Value, direction: Direction) -> Vec<Deviation> {
    let mut walk = Walk {
        document,
        direction,
        found: Vec::new(),
    };
    walk.value(schema, body, "");
    walk.found
}

struct Walk<'a> {
    document: &'a Document,
    direction: Direction,
    found: Vec<Deviation>,
}

impl Walk<'_> {
    fn report(&mut self, path: &str, fault: Fault) {
        self.found.push(Deviation {
            path: path.to_owned(),
            fault,
        });
    }

    fn value(&mut self, schema: &Schema, value: &Value, path: &str) {
        let Some(schema) = self.document.resolve(schema) else {
            return;
        };
        match (&schema.kind, value) {
            (Kind::Any, _) => {}
            (Kind::Object { .. }, Value::Object(_)) => self.object(schema, value, path),
            (Kind::Map(values), Value::Object(map)) => {
                let direction = self.direction;
                for (key, entry) in map.iter().filter(|(_, entry)| direction.counts(entry)) {
                    self.value(values, entry, &join(path, key));
                }
            }
            (
                Kind::Array {
                    items,
                    max_items,
                    unique,
                },
                Value::Array(list),
            ) => {
                self.list(list, *max_items, *unique, path);
                for (index, entry) in list.iter().enumerate() {
                    self.value(items, entry, &format!("{path}[{index}]"));
                }
            }
            (
                Kind::Text {
                    pattern,
                    allowed,
                    format,
                },
                Value::String(text),
            ) => {
                // azurerm sends an empty text for an enum that is not set, and AKS takes it as absent.
                let unset = text.is_empty() && self.direction == Direction::Request;
                let known =
                    allowed.is_empty() || unset || allowed.iter().any(|option| option.eq_ignore_ascii_case(text));
                if !known {
                    self.report(
                        path,
                        Fault::NotAllowed {
                            value: text.clone(),
                            allowed: allowed.clone(),
                        },
                    );
                } else if pattern.as_ref().is_some_and(|pattern| !pattern.is_match(text)) {
                    let form = pattern.as_ref().map(ToString::to_string).unwrap_or_default();
                    self.report(
                        path,
                        Fault::Malformed {
                            value: text.clone(),
                            form,
                        },
                    );
                } else if let Some(form) = broken_format(*format, text) {
                    self.report(
                        path,
                        Fault::Malformed {
                            value: text.clone(),
                            form: form.to_owned(),
                        },
                    );
                }
            }
            (Kind::Integer { minimum, maximum }, Value::Number(number)) => {
                self.integer(number.as_i64(), *minimum, *maximum, path);
            }
            (Kind::Number, Value::Number(_)) | (Kind::Boolean, Value::Bool(_)) => {}
            (kind, value) => self.report(
                path,
                Fault::WrongType {
                    found: go_value(value),
                    wanted: go_type(kind),
                },
            ),
        }
    }

    fn object(&mut self, schema: &Schema, object: &Value, path: &str) {
        let Value::Object(members) = object else { return };
        let direction = self.direction;
        for (name, member) in members.iter().filter(|(_, member)| direction.counts(member)) {
            let at = join(path, name);
            match self.document.property(schema, name) {
                None => self.report(&at, Fault::Unknown { name: name.clone() }),
                Some(property) if property.read_only && direction == Direction::Request => {}
                Some(property) if property.secret && direction == Direction::Response => {
                    self.report(&at, Fault::SecretReturned);
                }
                Some(property) => self.value(property, member, &at),
            }
        }
        for name in self.document.required(schema) {
            let present = members.get(name).is_some_and(|member| !member.is_null());
            let ignored = self.direction == Direction::Request
                && self
                    .document
                    .property(schema, name)
                    .is_some_and(|property| property.read_only);
            if !present && !ignored {
                self.report(&join(path, name), Fault::Missing);
            }
        }
    }

    fn list(&mut self, list: &[Value], max_items: Option<u64>, unique: bool, path: &str) {
        if max_items.is_some_and(|limit| u64::try_from(list.len()).is_ok_and(|length| length > limit)) {
            self.report(path, Fault::BadList("has too many entries"));
        }
        if unique
            && list
                .iter()
                .enumerate()
                .any(|(index, entry)| list[..index].contains(entry))
        {
            self.report(path, Fault::BadList("repeats an entry"));
        }
    }

    fn integer(&mut self, value: Option<i64>, minimum: Option<i64>, maximum: Option<i64>, path: &str) {
        let (minimum, maximum) = (minimum.unwrap_or(i64::MIN), maximum.unwrap_or(i64::MAX));
        match value {
            None => self.report(
                path,
                Fault::WrongType {
                    found: "number",
                    wanted: "int32",
                },
            ),
            Some(value) if !(minimum..=maximum).contains(&value) => {
                self.report(
                    path,
                    Fault::OutOfRange {
                        value,
                        minimum,
                        maximum,
                    },
                );
            }
            Some(_) => {}
        }
    }
}

fn join(path: &str, name: &str) -> String {
    if path.is_empty() {
        name.to_owned()
    } else {
        format!("{path}.{name}")
    }
}

fn broken_format(format: Format, text: &str) -> Option<&'static str> {
    let (holds, name) = match format {
        Format::Plain => (true, ""),
        Format::DateTime => (text.parse::<jiff::Timestamp>().is_ok(), "date-time"),
        Format::Date => (text.len() == 10 && text.parse::<jiff::civil::Date>().is_ok(), "date"),
        Format::Byte => (is_base64(text), "base64"),
    };
    (!holds).then_some(name)
}

fn is_base64(text: &str) -> bool {
    let body = text.trim_end_matches('=');
    text.len().is_multiple_of(4)
        && text.len() - body.len() <= 2
        && body
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'+' || byte == b'/')
}

fn go_value(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "bool",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

fn go_type(kind: &Kind) -> &'static str {
    match kind {
        Kind::Object { .. } | Kind::Reference(_) => "struct",
        Kind::Map(_) => "map[string]string",
        Kind::Array { .. } => "slice",
        Kind::Text { .. } => "string",
        Kind::Integer { .. } => "int32",
        Kind::Number => "float64",
        Kind::Boolean => "bool",
        Kind::Any => "interface {}",
    }
}
