//! Resources of all types in a subscription or a group, as ARM itself knows them.

use serde_json::{Value, json};

use super::gateway::Context;
use super::render;
use crate::refusal::Refusal;
use crate::reply::Reply;
use crate::resources::id::ResourceKey;
use crate::resources::resource_type::Home;
use crate::resources::scope::As;
use crate::resources::types;
use crate::world::World;

/// GET of all: clusters and what has a group and a location; `$filter` takes `resourceType eq '..'`, `name eq '..'`
/// and these joined by `and`.
///
/// # Errors
/// 404 for the group, 400 for another filter.
pub fn list(world: &World, cx: &Context<'_>, scope: &str) -> Result<Reply, Refusal> {
    world.region_of(scope, As::Resource)?;
    let filter = Filter::read(cx.request.query("$filter").unwrap_or_default())?;
    let here = ResourceKey::of(scope);
    let now = world.now();
    let clusters = world
        .clusters
        .values()
        .filter(|cluster| cluster.listed_from <= now)
        .map(render::cluster);
    let others = types::all()
        .filter(|kind| kind.home == Home::Group)
        .flat_map(|kind| world.resources.of_type(kind))
        .map(|(_, resource)| resource.render());
    let value: Vec<Value> = clusters
        .chain(others)
        .map(|body| summary(&body))
        .filter(|body| {
            let id = body.get("id").and_then(Value::as_str).unwrap_or_default();
            ResourceKey::of(id).is_within(&here) && filter.admits(body)
        })
        .collect();
    Ok(Reply::gateway(200, json!({"value": value})))
}

fn summary(body: &Value) -> Value {
    const SHOWN: [&str; 9] = [
        "id",
        "name",
        "type",
        "location",
        "tags",
        "sku",
        "kind",
        "identity",
        "managedBy",
    ];
    let there = SHOWN
        .iter()
        .filter_map(|member| body.get(member).map(|value| ((*member).to_owned(), value.clone())));
    Value::Object(there.collect())
}

#[derive(Debug, Default)]
struct Filter {
    kind: Option<String>,
    name: Option<String>,
}

impl Filter {
    fn read(text: &str) -> Result<Self, Refusal> {
        let mut filter = Self::default();
        for part in text.split(" and ").map(str::trim).filter(|part| !part.is_empty()) {
            match part.split_once(" eq ") {
                Some(("resourceType", value)) => filter.kind = Some(value.trim_matches('\'').to_owned()),
                Some(("name", value)) => filter.name = Some(value.trim_matches('\'').to_owned()),
                _ => {
                    let message = format!("Invalid $filter '{text}' specified in the query string.");
                    return Err(Refusal::gateway(400, "InvalidFilterInQueryString", message));
                }
            }
        }
        Ok(filter)
    }

    fn admits(&self, body: &Value) -> bool {
        let is = |wanted: &Option<String>, member: &str| {
            let found = body.get(member).and_then(Value::as_str).unwrap_or_default();
            wanted.as_ref().is_none_or(|wanted| wanted.eq_ignore_ascii_case(found))
        };
        is(&self.kind, "type") && is(&self.name, "name")
    }
}
