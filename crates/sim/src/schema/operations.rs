//! The calls of a description: which answers each one may give.

use std::collections::BTreeMap;

use serde_json::Value;

use super::document::{DocumentError, Schema};

/// One call.
#[derive(Debug)]
pub(super) struct Operation {
    /// Lower-cased method.
    method: String,
    /// Lower-cased segments of the path; `None` stands for any name.
    segments: Vec<Option<String>>,
    /// Body by status; `None` for an answer without one. 0 stands for every other status.
    responses: BTreeMap<u16, Option<Schema>>,
}

/// What the description says about an answer.
#[derive(Debug, Clone, Copy)]
pub(super) enum Described<'a> {
    /// There is no answer with this status.
    Unknown,
    /// It has no body.
    Empty,
    /// It has this body.
    Body(&'a Schema),
}

impl Operation {
    /// Every call of a description; none when it has no paths.
    ///
    /// # Errors
    /// [`DocumentError`] for a body that cannot be read.
    pub(super) fn parse_all(root: &Value) -> Result<Vec<Self>, DocumentError> {
        let mut all = Vec::new();
        for (path, methods) in root.get("paths").and_then(Value::as_object).into_iter().flatten() {
            for (method, node) in methods.as_object().into_iter().flatten() {
                all.push(Self::parse(path, method, node)?);
            }
        }
        Ok(all)
    }

    fn parse(path: &str, method: &str, node: &Value) -> Result<Self, DocumentError> {
        let segment = |segment: &str| (!segment.starts_with('{')).then(|| segment.to_lowercase());
        let mut responses = BTreeMap::new();
        for (status, response) in node.get("responses").and_then(Value::as_object).into_iter().flatten() {
            let schema = response.get("schema").map(Schema::parse).transpose()?;
            responses.insert(status.parse().unwrap_or(0), schema);
        }
        Ok(Self {
            method: method.to_lowercase(),
            segments: split(path).map(segment).collect(),
            responses,
        })
    }

    /// Whether a request is this call.
    pub(super) fn is(&self, method: &str, path: &str) -> bool {
        let mut own = self.segments.iter();
        let same = split(path).all(|segment| match own.next() {
            Some(Some(fixed)) => fixed.eq_ignore_ascii_case(segment),
            Some(None) => true,
            None => false,
        });
        same && own.next().is_none() && self.method.eq_ignore_ascii_case(method)
    }

    /// What an answer with this status has to be.
    pub(super) fn response(&self, status: u16) -> Described<'_> {
        let fallback = if status >= 400 { self.responses.get(&0) } else { None };
        match self.responses.get(&status).or(fallback) {
            None => Described::Unknown,
            Some(None) => Described::Empty,
            Some(Some(schema)) => Described::Body(schema),
        }
    }
}

fn split(path: &str) -> impl Iterator<Item = &str> {
    path.split('/').filter(|segment| !segment.is_empty())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_call_is_found_by_its_path_in_any_casing_and_knows_its_answers() {
        let root = json!({"paths": {"/subscriptions/{s}/providers/Microsoft.X/things": {"get": {"responses": {
            "200": {"schema": {"type": "string"}}, "204": {}, "default": {"schema": {"type": "object"}}}}}}});
        let all = Operation::parse_all(&root).unwrap();
        let call = &all[0];
        assert!(call.is("GET", "/Subscriptions/1/providers/microsoft.x/THINGS"));
        assert!(!call.is("GET", "/subscriptions/1/providers/microsoft.x/things/a"));
        assert!(!call.is("PUT", "/subscriptions/1/providers/microsoft.x/things"));
        assert!(matches!(call.response(200), Described::Body(_)));
        assert!(matches!(call.response(204), Described::Empty));
        assert!(matches!(call.response(202), Described::Unknown));
        assert!(matches!(call.response(409), Described::Body(_)));
    }
}
