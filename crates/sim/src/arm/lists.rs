//! Lists: pages with an opaque `nextLink`, and the delay with which new clusters appear in a subscription's list.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use super::clusters;
use super::gateway::Context;
use super::ids::{ClusterKey, ClusterRef, GroupRef};
use super::render;
use crate::refusal::Refusal;
use crate::reply::Reply;
use crate::world::World;

/// Clusters of a subscription, or of one of its groups. Only the former leaves out clusters that are too new.
///
/// # Errors
/// 404 `ResourceGroupNotFound`; 400 for a `$skipToken` that the simulator did not make.
pub fn clusters(
    world: &World,
    cx: &Context<'_>,
    subscription: &str,
    group: Option<&GroupRef>,
) -> Result<Reply, Refusal> {
    if let Some(group) = group
        && world.group(group).is_none()
    {
        return Err(clusters::group_not_found(&group.name));
    }
    let after = match cx.request.query("$skipToken") {
        None => None,
        Some(token) => Some(decode(token)?),
    };
    let now = world.now();
    let subscription = subscription.to_lowercase();
    let group_name = group.map(|group| group.name.to_lowercase());
    let mut shown = world.clusters.iter().filter(|(key, cluster)| {
        key.subscription == subscription
            && group_name
                .as_ref()
                .map_or(cluster.listed_from <= now, |name| key.group == *name)
            && after
                .as_ref()
                .is_none_or(|after| (key.group.as_str(), key.name.as_str()) > (&after.0, &after.1))
    });
    let size = usize::try_from(world.settings.page_size.max(1)).unwrap_or(usize::MAX);
    let page: Vec<(&ClusterKey, Value)> = shown
        .by_ref()
        .take(size)
        .map(|(key, cluster)| (key, render::cluster(cluster)))
        .collect();
    let next = shown
        .next()
        .and_then(|_| page.last())
        .map(|(key, _)| next_link(cx, key));
    let mut body = json!({"value": page.into_iter().map(|(_, cluster)| cluster).collect::<Vec<_>>()});
    if let Some(next) = next {
        body["nextLink"] = json!(next);
    }
    Ok(Reply::provider(200, body))
}

/// Pools of a cluster, on one page: there are at most a hundred.
///
/// # Errors
/// 404.
pub fn pools(world: &World, cluster: &ClusterRef) -> Result<Reply, Refusal> {
    let cluster = clusters::find_parent(world, cluster, "agentPools")?;
    let value: Vec<Value> = cluster
        .pools
        .iter()
        .map(|pool| render::pool(&cluster.reference, pool))
        .collect();
    Ok(Reply::provider(200, json!({"value": value})))
}

fn next_link(cx: &Context<'_>, last: &ClusterKey) -> String {
    let token = URL_SAFE_NO_PAD.encode(format!("{}/{}", last.group, last.name));
    let version = cx.request.query("api-version").unwrap_or_default();
    format!(
        "{}{}?api-version={version}&%24skipToken={token}",
        cx.request.origin, cx.request.path
    )
}

fn decode(token: &str) -> Result<(String, String), Refusal> {
    let text = URL_SAFE_NO_PAD
        .decode(token)
        .ok()
        .and_then(|bytes| String::from_utf8(bytes).ok());
    text.as_deref()
        .and_then(|text| text.split_once('/'))
        .map(|(group, name)| (group.to_owned(), name.to_owned()))
        .ok_or_else(|| {
            let message = "The provided $skipToken is invalid: follow nextLink exactly as it was returned.";
            Refusal::gateway(400, "InvalidSkipToken", message)
        })
}
