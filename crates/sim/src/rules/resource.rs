//! Rules of ARM itself, the same for every kind of resource. The location is checked where the request is routed.

use serde_json::Value;

use super::request::{Operation, Request, properties};
use super::words::require;
use super::{Rule, documented, general_knowledge};
use crate::defaults::json::{list, text};
use crate::refusal::Refusal;

pub(super) const RULES: &[Rule] = &[
    documented(
        "provisioning-state-read-only",
        &[Operation::PutCluster, Operation::PutPool],
        "ARM RPC: a provisioningState that differs from the service's is a 400",
        provisioning_state,
    ),
    general_knowledge(
        "tag-limits",
        &[Operation::PutCluster, Operation::PatchCluster],
        "Learn: tag-resources, 50 tags with names up to 512 and values up to 256 characters",
        tag_limits,
    ),
];

fn provisioning_state(request: &Request<'_>) -> Result<(), Refusal> {
    let Some(old) = request.old else { return Ok(()) };
    compare_state(properties(request.sent), properties(old))?;
    for sent in list(request.sent, "/properties/agentPoolProfiles") {
        let stored = request
            .pools
            .iter()
            .find(|pool| text(pool, "/name") == text(sent, "/name"));
        if let Some(stored) = stored {
            compare_state(sent, properties(stored))?;
        }
    }
    Ok(())
}

fn compare_state(sent: &Value, stored: &Value) -> Result<(), Refusal> {
    let (Some(sent), Some(stored)) = (text(sent, "/provisioningState"), text(stored, "/provisioningState")) else {
        return Ok(());
    };
    require(sent.eq_ignore_ascii_case(stored), || {
        Refusal::provider(
            400,
            "InvalidParameter",
            format!(
                "The value of parameter provisioningState is invalid: it is '{stored}' and cannot be set to '{sent}'."
            ),
        )
        .on("properties.provisioningState")
    })
}

fn tag_limits(request: &Request<'_>) -> Result<(), Refusal> {
    let Some(tags) = request.sent.get("tags").and_then(Value::as_object) else {
        return Ok(());
    };
    require(tags.len() <= 50, || {
        Refusal::gateway(
            400,
            "TooManyTags",
            format!("The resource has {} tags; at most 50 are allowed.", tags.len()),
        )
    })?;
    for (name, value) in tags {
        let value = value.as_str().unwrap_or_default();
        require(name.chars().count() <= 512 && value.chars().count() <= 256, || {
            Refusal::gateway(
                400,
                "InvalidTagNameOrValue",
                format!("The tag '{name}' is too long: names have up to 512 characters and values up to 256."),
            )
        })?;
        require(!name.contains(['<', '>', '%', '&', '\\', '?', '/']), || {
            Refusal::gateway(
                400,
                "InvalidTagNameCharacters",
                format!("The tag name '{name}' has reserved characters; '<,>,%,&,\\,?,/' are not allowed."),
            )
        })?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::fixture::World;

    #[test]
    fn provisioning_state_may_be_echoed_and_not_set() {
        let state = |state: &str| World::new().put_cluster(json!({"properties": {"provisioningState": state}}));
        state("Succeeded").accepted();
        state("Failed").refused_by("provisioning-state-read-only");
    }

    #[test]
    fn tag_limits() {
        let tags = |count: usize| {
            let tags: serde_json::Map<_, _> = (0..count).map(|n| (format!("t{n}"), json!("x"))).collect();
            World::new().put_cluster(json!({"tags": tags}))
        };
        tags(50).accepted();
        tags(51).refused_by("tag-limits");
        World::new()
            .put_cluster(json!({"tags": {"a": "x".repeat(257)}}))
            .refused_by("tag-limits");
        World::new()
            .put_cluster(json!({"tags": {"a/b": "x"}}))
            .refused_by("tag-limits");
    }
}
