//! Groups of Prometheus rules. Bodies and ranges: azure-mgmt-prometheusrulegroups 1.0.0.

use jiff::{SignedDuration, Span};
use serde_json::{Value, json};

use super::super::resource_type::{NameRule, Patch, ResourceType, Write};
use super::destination_exists;
use crate::refusal::Refusal;
use crate::schema::Definition;
use crate::world::World;

/// Rules in a group, actions of an alert.
const RULES: usize = 20;
const ACTIONS: usize = 5;

/// The type.
pub const TYPE: ResourceType = ResourceType {
    namespace: "Microsoft.AlertsManagement",
    path: "prometheusRuleGroups",
    calls: "PrometheusRuleGroups",
    body: Some(Definition::PrometheusRuleGroup),
    versions: &["2023-03-01", "2021-07-22-preview"],
    patch: Patch::Merge,
    name: Some(NameRule {
        holds: |name| {
            (1..=260).contains(&name.len())
                && !name.contains([':', '@', '/', '#', '{', '}', '%', '&', '+', '*', '<', '>', '?'])
        },
        refuse: |name| bad(format!("The rule group name '{name}' is not valid.")),
    }),
    check,
    complete: |_, _, body| {
        for (member, value) in [("enabled", json!(true)), ("interval", json!("PT1M"))] {
            if body["properties"].get(member).is_none() {
                body["properties"][member] = value;
            }
        }
    },
    ..ResourceType::PLAIN
};

fn bad(message: impl Into<String>) -> Refusal {
    Refusal::service(400, "BadRequest", message)
}

fn check(world: &World, write: &Write<'_>) -> Result<(), Refusal> {
    let list = |member: &str| {
        write
            .property(member)
            .and_then(Value::as_array)
            .cloned()
            .unwrap_or_default()
    };
    let (scopes, rules) = (list("scopes"), list("rules"));
    let Some(workspace) = scopes.first().and_then(Value::as_str) else {
        return Err(bad(
            "A rule group needs the id of an Azure Monitor workspace in scopes.",
        ));
    };
    destination_exists(world, workspace, "BadRequest")?;
    write.linked(world, "Microsoft.Monitor/accounts/read", workspace)?;
    let region = world
        .resources
        .by_id(workspace)
        .and_then(|workspace| workspace.body.get("location"))
        .and_then(Value::as_str);
    if region.is_some_and(|region| region != write.region) {
        return Err(bad(
            "The location of a rule group has to be that of its Azure Monitor workspace.",
        ));
    }
    if let Some(interval) = write.text("interval")
        && !interval_fits(interval)
    {
        return Err(bad(format!("The interval '{interval}' is not between PT1M and PT15M.")));
    }
    if !(1..=RULES).contains(&rules.len()) {
        return Err(bad(format!(
            "A rule group has 1 to {RULES} rules, not {}.",
            rules.len()
        )));
    }
    rules.iter().try_for_each(check_rule)
}

fn interval_fits(text: &str) -> bool {
    let span = text.parse::<Span>().ok();
    let duration = span.and_then(|span| SignedDuration::try_from(span).ok());
    duration.is_some_and(|interval| (SignedDuration::from_mins(1)..=SignedDuration::from_mins(15)).contains(&interval))
}

fn check_rule(rule: &Value) -> Result<(), Refusal> {
    let text = |member: &str| rule.get(member).and_then(Value::as_str).filter(|text| !text.is_empty());
    if text("record").is_some() == text("alert").is_some() {
        return Err(bad("A rule is either a recording rule or an alert."));
    }
    let expression = text("expression").unwrap_or_default();
    if !is_balanced(expression) {
        // General knowledge: the service parses the expression.
        return Err(bad(format!("The expression '{expression}' is not valid PromQL.")));
    }
    let severity = rule.get("severity").and_then(Value::as_i64);
    if severity.is_some_and(|severity| !(0..=4).contains(&severity)) {
        return Err(bad("The severity of an alert is 0 to 4."));
    }
    let actions = rule.get("actions").and_then(Value::as_array).map_or(0, Vec::len);
    if actions > ACTIONS {
        return Err(bad(format!("An alert has at most {ACTIONS} actions.")));
    }
    Ok(())
}

/// Far from a parser: whether there is something, and every bracket is closed.
fn is_balanced(expression: &str) -> bool {
    let mut open = Vec::new();
    let mut quote = None;
    for letter in expression.chars() {
        match (quote, letter) {
            (Some(mark), _) if mark == letter => quote = None,
            (Some(_), _) => {}
            (None, '"' | '\'' | '`') => quote = Some(letter),
            (None, '(' | '[' | '{') => open.push(letter),
            (None, ')' | ']' | '}') => {
                let wanted = match letter {
                    ')' => '(',
                    ']' => '[',
                    _ => '{',
                };
                if open.pop() != Some(wanted) {
                    return false;
                }
            }
            _ => {}
        }
    }
    open.is_empty() && quote.is_none() && !expression.trim().is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_expression_has_closed_brackets() {
        assert!(is_balanced("sum(rate(up{job=\"a)\"}[5m])) by (cluster)"));
        for broken in ["", "sum(up", "up)", "up{a=\"b}", "up[5m)"] {
            assert!(!is_balanced(broken), "{broken}");
        }
    }

    #[test]
    fn an_interval_is_between_one_and_fifteen_minutes() {
        assert!(interval_fits("PT1M") && interval_fits("PT15M") && interval_fits("PT90S"));
        assert!(!interval_fits("PT30S") && !interval_fits("PT1H") && !interval_fits("1m ago"));
    }
}
