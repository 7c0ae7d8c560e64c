//! Commands run inside a cluster. Nothing runs: the admin side says what the next one answers.

use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use serde_json::{Value, json};

use super::clusters;
use super::gateway::Context;
use super::ids::ChildRef;
use super::ids::ClusterRef;
use super::judge::{Question, judge};
use super::render;
use crate::clock::shift;
use crate::refusal::Refusal;
use crate::reply::Reply;
use crate::rules::Operation;
use crate::schema::{self, Definition};
use crate::world::World;

/// What a command answers.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Output {
    /// Exit code of the command.
    pub exit_code: i32,
    /// What it printed.
    pub logs: String,
    /// Why it could not be run; it has neither exit code nor logs then.
    pub reason: Option<String>,
    /// Simulated seconds that it takes.
    pub seconds: u32,
}

impl Default for Output {
    fn default() -> Self {
        Self {
            exit_code: 0,
            logs: String::new(),
            reason: None,
            seconds: 15,
        }
    }
}

/// A command that was accepted.
#[derive(Debug, Clone)]
pub struct Command {
    /// When.
    pub started: Timestamp,
    /// When it ends.
    pub ends: Timestamp,
    /// How.
    pub output: Output,
}

/// POST runCommand: 202 with the place of the result.
///
/// # Errors
/// 404, 400 from the description and the rules, 409 on a stopped cluster.
pub fn run(world: &mut World, cx: &Context<'_>, reference: &ClusterRef) -> Result<Reply, Refusal> {
    let sent = cx.request.json_object()?;
    schema::validate_request(Definition::RunCommandRequest, &sent)?;
    let cluster = clusters::find(world, reference)?;
    world.no_deletion(cluster)?;
    let question = Question {
        operation: Operation::RunCommand,
        name: &reference.name,
        sent: &sent,
        old: None,
        new: None,
    };
    judge(world, cluster, &question)?;
    let key = cluster.reference.key();
    // 32 hexadecimal digits, without dashes (azure-cli, test_aks_run_command).
    let id = world.ids.guid().replace('-', "");
    let started = world.now();
    let failed = cx.fails.map(|error| Output {
        reason: Some(error.message.clone()),
        ..Output::default()
    });
    if let Some(cluster) = world.clusters.get_mut(&key) {
        let ordered = cluster.outputs.pop_front();
        let output = failed.or(ordered).unwrap_or_default();
        let ends = shift(started, SignedDuration::from_secs(i64::from(output.seconds)));
        cluster.commands.insert(id.clone(), Command { started, ends, output });
    }
    Ok(pointed(world, cx, reference, &id))
}

/// 202 with the place of the result.
fn pointed(world: &World, cx: &Context<'_>, reference: &ClusterRef, id: &str) -> Reply {
    let version = cx.request.query("api-version").unwrap_or_default();
    let location = format!(
        "{}{}/commandResults/{id}?api-version={version}",
        cx.request.origin,
        reference.id()
    );
    Reply::empty(202)
        .with("location", location)
        .with("retry-after", render::poll_wait(world).to_string())
}

/// GET of a result: 202 while the command runs, then 200, however the command ended.
///
/// # Errors
/// 404.
pub fn result(world: &World, cx: &Context<'_>, reference: &ChildRef) -> Result<Reply, Refusal> {
    let cluster = clusters::find_parent(world, &reference.cluster, "commandResults")?;
    let command = cluster.commands.get(&reference.name.to_lowercase()).ok_or_else(|| {
        Refusal::provider(
            404,
            "NotFound",
            format!("Could not find the command '{}'.", reference.name),
        )
    })?;
    if command.ends > world.now() {
        return Ok(pointed(world, cx, &reference.cluster, &reference.name));
    }
    Ok(Reply::provider(200, body(&cluster.reference, &reference.name, command)))
}

/// SPEC examples RunCommandResultSucceed and RunCommandResultFailed: lower-case states.
fn body(cluster: &ClusterRef, id: &str, command: &Command) -> Value {
    let Command { started, ends, output } = command;
    let mut properties = json!({"startedAt": started, "finishedAt": ends});
    match &output.reason {
        Some(reason) => {
            properties["provisioningState"] = json!("failed");
            properties["reason"] = json!(reason);
        }
        None => {
            properties["provisioningState"] = json!("succeeded");
            properties["exitCode"] = json!(output.exit_code);
            properties["logs"] = json!(output.logs);
        }
    }
    json!({"id": format!("{}/commandResults/{id}", cluster.id()), "properties": properties})
}
