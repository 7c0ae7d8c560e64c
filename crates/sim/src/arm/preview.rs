//! What preview api-versions ask for beyond the stable ones.

use serde_json::Value;

use super::gateway::Context;
use crate::refusal::Refusal;
use crate::schema::{self, Definition, Dialect};
use crate::world::World;

impl Context<'_> {
    /// The dialect of the request's api-version.
    #[must_use]
    pub fn dialect(&self) -> Dialect {
        Dialect::of(self.request.query("api-version").unwrap_or_default())
    }
}

/// Checks a body against the description of the request's api-version, and that the subscription has registered the
/// preview features that it needs.
///
/// # Errors
/// 400 in AKS's words.
pub fn validate(
    world: &World,
    cx: &Context<'_>,
    subscription: &str,
    definition: Definition,
    sent: &Value,
) -> Result<(), Refusal> {
    schema::validate_request_in(cx.dialect(), definition, sent)?;
    match schema::features_used(definition, sent)
        .into_iter()
        .find(|feature| !world.has_feature(subscription, feature))
    {
        None => Ok(()),
        Some(feature) => Err(Refusal::provider(
            400,
            "BadRequest",
            format!(
                "Preview feature Microsoft.ContainerService/{feature} not registered. Please see https://aka.ms/aks/previews for how to register preview features."
            ),
        )),
    }
}
