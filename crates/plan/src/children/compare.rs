//! Where the body of a child differs from what Azure has.

use std::collections::BTreeSet;

use serde_json::Value;

/// How a value is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rule {
    /// A text whose case Azure changes.
    AnyCase,
    /// An id of which only the last segment counts: Azure writes the rest in several ways.
    LastSegment,
    /// A list whose order Azure changes; its texts compare without regard to case.
    Set,
    /// A list of categories, each on or off: those that are off are left out as often as not.
    Switches,
    /// A text that is the same as none.
    NoneIs(&'static str),
    /// An object that is owned whole: a member that the manifest does not have is a difference.
    Whole,
    /// Write-only, or rewritten by Azure: never compared.
    Ignored,
}

/// The paths at which `live` is not what `wanted` asks for. What Azure has beside it is Azure's.
pub fn differences(wanted: &Value, live: &Value, rules: &[(&str, Rule)]) -> Vec<String> {
    let mut found = Vec::new();
    compare(&mut Vec::new(), wanted, live, rules, &mut found);
    found
}

fn compare(path: &mut Vec<String>, wanted: &Value, live: &Value, rules: &[(&str, Rule)], found: &mut Vec<String>) {
    let rule = rule_of(path, rules);
    match (rule, wanted, live) {
        (Some(Rule::Ignored), _, _) => {}
        (Some(Rule::Switches), Value::Array(wanted), Value::Array(live))
            if switched_on(wanted) == switched_on(live) => {}
        (Some(Rule::NoneIs(none)), wanted, live) if is_none(none, wanted) && is_none(none, live) => {}
        (Some(Rule::Set), Value::Array(wanted), Value::Array(live)) if folded(wanted) == folded(live) => {}
        (rule, Value::Object(members), Value::Object(others)) => {
            for (name, member) in members {
                path.push(name.clone());
                match others.get(name) {
                    Some(other) => compare(path, member, other, rules, found),
                    None if may_be_absent(rule_of(path, rules), member) => {}
                    None => found.push(path.join(".")),
                }
                path.pop();
            }
            let added = others.keys().filter(|name| !members.contains_key(*name));
            found.extend(
                added
                    .filter(|_| rule == Some(Rule::Whole))
                    .map(|name| format!("{}.{name}", path.join("."))),
            );
        }
        (None, Value::Array(wanted), Value::Array(live)) if wanted.len() == live.len() => {
            for (index, (wanted, live)) in wanted.iter().zip(live).enumerate() {
                path.push(index.to_string());
                compare(path, wanted, live, rules, found);
                path.pop();
            }
        }
        (rule, Value::String(wanted), Value::String(live)) if same_text(rule, wanted, live, path) => {}
        (_, Value::Number(wanted), Value::Number(live)) if wanted.as_f64() == live.as_f64() => {}
        (_, wanted, live) if wanted == live || (is_nothing(wanted) && is_nothing(live)) => {}
        _ => found.push(path.join(".")),
    }
}

fn may_be_absent(rule: Option<Rule>, wanted: &Value) -> bool {
    match rule {
        Some(Rule::Ignored) => true,
        Some(Rule::NoneIs(none)) => is_none(none, wanted),
        _ => is_nothing(wanted),
    }
}

fn is_none(none: &str, value: &Value) -> bool {
    is_nothing(value) || value.as_str() == Some(none)
}

/// What Azure leaves out of a body rather than writing it.
fn is_nothing(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => true,
        Value::String(text) => text.is_empty(),
        Value::Array(list) => list.is_empty(),
        Value::Object(map) => map.values().all(is_nothing),
        Value::Bool(true) | Value::Number(_) => false,
    }
}

fn same_text(rule: Option<Rule>, wanted: &str, live: &str, path: &[String]) -> bool {
    let is_location = path.last().is_some_and(|name| name == "location");
    let plain = |text: &str| text.replace(' ', "").to_ascii_lowercase();
    let last = |id: &str| id.rsplit('/').next().unwrap_or_default().to_ascii_lowercase();
    wanted == live
        || (rule == Some(Rule::LastSegment) && last(wanted) == last(live))
        || (is_location && plain(wanted) == plain(live))
        || ((rule == Some(Rule::AnyCase) || wanted.starts_with("/subscriptions/")) && wanted.eq_ignore_ascii_case(live))
}

fn rule_of(path: &[String], rules: &[(&str, Rule)]) -> Option<Rule> {
    let matches = |pattern: &str| {
        let mut parts = pattern.split('.');
        path.iter()
            .all(|name| parts.next().is_some_and(|part| part == "*" || part == name))
            && parts.next().is_none()
    };
    rules
        .iter()
        .find(|(pattern, _)| matches(pattern))
        .map(|(_, rule)| *rule)
}

fn switched_on(list: &[Value]) -> BTreeSet<String> {
    let on = list.iter().filter(|entry| entry["enabled"] == true);
    on.map(|entry| format!("{} {}", entry["categoryGroup"], entry["category"]).to_lowercase())
        .collect()
}

fn folded(list: &[Value]) -> BTreeSet<String> {
    list.iter().map(|value| value.to_string().to_lowercase()).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const RULES: &[(&str, Rule)] = &[
        ("properties.kind", Rule::AnyCase),
        ("properties.role", Rule::LastSegment),
        ("properties.roles", Rule::Set),
        ("properties.settings", Rule::Whole),
        ("properties.logs", Rule::Switches),
        ("properties.tables", Rule::NoneIs("shared")),
        ("properties.*.secret", Rule::Ignored),
    ];

    fn found(wanted: Value, live: Value) -> Vec<String> {
        differences(&json!({ "properties": wanted }), &json!({ "properties": live }), RULES)
    }

    #[test]
    fn what_azure_adds_is_no_difference_unless_the_object_is_owned_whole() {
        assert_eq!(found(json!({ "a": 1 }), json!({ "a": 1.0, "state": "on" })), [""; 0]);
        assert_eq!(
            found(
                json!({ "settings": { "a": "1" } }),
                json!({ "settings": { "a": "1", "b": "2" } })
            ),
            ["properties.settings.b"]
        );
    }

    #[test]
    fn a_missing_or_other_value_is_named_by_its_path() {
        assert_eq!(
            found(json!({ "a": { "b": true }, "c": "x" }), json!({ "a": {}, "c": "X" })),
            ["properties.a.b", "properties.c"]
        );
    }

    #[test]
    fn what_azure_leaves_out_rather_than_writing_it_is_the_same() {
        assert_eq!(
            found(json!({ "a": false, "b": [], "c": {} }), json!({ "b": null })),
            [""; 0]
        );
    }

    #[test]
    fn case_and_order_count_only_where_azure_keeps_them() {
        let id = "/subscriptions/S/resourceGroups/RG";
        let wanted = json!({ "kind": "Flux", "roles": ["B", "a"], "id": id, "location": "westeurope" });
        let live = json!({ "kind": "flux", "roles": ["a", "b"], "id": id.to_lowercase(), "location": "West Europe" });
        assert_eq!(found(wanted, live), [""; 0]);
        assert_eq!(found(json!({ "list": [1, 2] }), json!({ "list": [2, 1] })).len(), 2);
    }

    #[test]
    fn of_some_ids_only_the_last_segment_counts() {
        assert_eq!(
            found(
                json!({ "role": "/subscriptions/s/roles/A" }),
                json!({ "role": "/roles/a" })
            ),
            [""; 0]
        );
        assert_eq!(
            found(json!({ "role": "/roles/a" }), json!({ "role": "/roles/b" })),
            ["properties.role"]
        );
    }

    #[test]
    fn a_category_that_is_off_is_as_good_as_left_out() {
        let wanted = json!({ "logs": [{ "category": "audit", "enabled": true }] });
        let more = |on: bool| {
            json!({ "logs": [
                { "category": "scheduler", "enabled": on, "categoryGroup": null },
                { "category": "Audit", "enabled": true, "categoryGroup": null, "retentionPolicy": { "days": 0 } },
            ] })
        };
        assert_eq!(found(wanted.clone(), more(false)), [""; 0]);
        assert_eq!(found(wanted, more(true)), ["properties.logs"]);
    }

    #[test]
    fn none_may_be_shown_as_a_word() {
        let none = || json!({ "tables": null });
        assert_eq!(found(none(), json!({ "tables": "shared" })), [""; 0]);
        assert_eq!(found(none(), json!({})), [""; 0]);
        assert_eq!(found(json!({ "tables": "shared" }), json!({})), [""; 0]);
        assert_eq!(found(none(), json!({ "tables": "own" })), ["properties.tables"]);
        assert_eq!(found(json!({ "tables": "own" }), json!({})), ["properties.tables"]);
    }

    #[test]
    fn secrets_are_never_compared() {
        assert_eq!(
            found(json!({ "auth": { "secret": "a" } }), json!({ "auth": {} })),
            [""; 0]
        );
    }
}
