//! Microsoft.Chaos/targets: what Chaos Studio may disturb (azure-mgmt-chaos 2.0.0).

use super::resource_type::{Home, NameRule, ResourceType};
use crate::refusal::Refusal;

/// Types of this provider.
pub const TYPES: &[ResourceType] = &[ResourceType {
    namespace: "Microsoft.Chaos",
    path: "targets",
    calls: "Targets",
    versions: &["2025-01-01", "2024-01-01", "2023-11-01"],
    home: Home::Extension,
    name: Some(NameRule {
        holds: |name| {
            let legal = |letter: char| letter.is_ascii_alphanumeric() || "_-.".contains(letter);
            !name.is_empty() && name.chars().all(legal)
        },
        refuse: |name| bad(format!("The target name '{name}' has to match ^[a-zA-Z0-9_\\-\\.]+$.")),
    }),
    check: |_, write| match write.sent.get("properties") {
        Some(properties) if properties.is_object() => Ok(()),
        _ => Err(bad("The target has to have properties.")),
    },
    ..ResourceType::PLAIN
}];

fn bad(message: impl Into<String>) -> Refusal {
    Refusal::service(400, "BadRequest", message)
}
