//! The chart's admission policy that warns of retired settings, as text.

use std::fmt::Write;

use super::table::{CLUSTER, POOL, Retirement, When};

/// How the file is written anew.
const HEADER: &str = "\
# Warns at apply of settings that AKS retires; nothing is refused. Made from the table in
# crates/plan/src/retirements/table.rs: `make warnings` writes this file anew, and a test holds it against the table.
# The file has no template in it: `kubectl apply -f` takes it as it is.
";

/// The whole file.
pub fn text() -> String {
    let mut text = HEADER.to_owned();
    for (name, resource, rows) in [
        ("armature-retired-cluster-settings", "aksclusters", CLUSTER),
        ("armature-retired-pool-settings", "aksnodepools", POOL),
    ] {
        if resource != "aksclusters" {
            text.push_str("---\n");
        }
        policy(&mut text, name, resource, rows);
    }
    text
}

fn policy(text: &mut String, name: &str, resource: &str, rows: &[Retirement]) {
    write!(
        text,
        "\
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata:
  name: {name}
spec:
  failurePolicy: Ignore
  matchConstraints:
    resourceRules:
      - apiGroups: [aks.armature.dev]
        apiVersions: [\"*\"]
        operations: [CREATE, UPDATE]
        resources: [{resource}]
  # What leaves the settings as they are, such as a finalizer of the operator's, is no reason to warn again.
  matchConditions:
    - name: settings-change
      expression: request.operation == \"CREATE\" || object.?spec != oldObject.?spec
  validations:
"
    )
    .unwrap();
    for row in rows {
        write!(
            text,
            "    - expression: {}\n      message: {}\n",
            quoted(&format!("!({})", cel(&row.applies))),
            quoted(&message(row))
        )
        .unwrap();
    }
    write!(
        text,
        "\
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicyBinding
metadata:
  name: {name}
spec:
  policyName: {name}
  validationActions: [Warn]
"
    )
    .unwrap();
}

/// A text in single quotes, as YAML has it.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// The same on every day: a policy knows no time.
fn message(row: &Retirement) -> String {
    let dates = match (row.ends, row.removed) {
        (None, _) => "is a legacy setting".to_owned(),
        (Some(ends), None) => format!("is retired by AKS (end of support {ends})"),
        (Some(ends), Some(removed)) => format!("is retired by AKS (end of support {ends}, removal {removed})"),
    };
    format!("{} {dates}: {}", row.what, row.go_to)
}

fn cel(when: &When) -> String {
    match when {
        When::Is(path, values) => {
            let values: Vec<String> = values.iter().map(|value| format!("\"{value}\"")).collect();
            format!("{}.orValue(\"\") in [{}]", optional(path), values.join(", "))
        }
        When::On(path) => format!("{}.orValue(false)", optional(path)),
        When::Given(path) => format!("{}.hasValue()", optional(path)),
        When::Has(path, entry) => format!("\"{entry}\" in {}.orValue([])", optional(path)),
        When::Tagged(name) => format!("\"{name}\" in {}.orValue({{}})", optional("tags")),
        When::Without(one, other) => format!("{} && !({})", cel(one), cel(other)),
    }
}

fn optional(path: &str) -> String {
    path.split('.')
        .fold("object.?spec".to_owned(), |text, part| text + ".?" + part)
}
