//! The output of a command, in a ConfigMap that belongs to the cluster object.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::ConfigMap;
use kube::api::{ObjectMeta, Patch, PatchParams};
use kube::{Api, Resource};
use serde_json::Value;
use tracing::warn;

use crate::reconcile::object_name::ObjectName;
use crate::reconcile::pass::Pass;
use crate::runtime::connect::told;
use armature_api::FIELD_MANAGER;
use armature_arm::CUT;

/// What is kept of the logs; Kubernetes takes 1 MiB in all.
const MAX_LOGS: usize = 256 * 1024;

/// Keeps the output where the manifest says, and says so in the line of the action.
pub async fn keep(pass: &mut Pass<'_>, name: &str, result: Option<&Value>) {
    let actions = pass.objects.cluster.spec.actions.as_ref();
    let run = actions
        .and_then(|actions| actions.get(name))
        .and_then(|action| action.run_command.as_ref());
    let target = run.and_then(|run| run.output_config_map.clone());
    let (Some(target), Some(result)) = (target, result) else {
        return;
    };
    let logs = result.pointer("/properties/logs").and_then(Value::as_str);
    let cut = logs.and_then(cut);
    match store(pass, &target, data(result)).await {
        Err(problem) => {
            warn!(action = name, "{problem}");
            note(pass, name, &format!("its output was not kept: {problem}"));
        }
        Ok(()) => cut.iter().for_each(|cut| note(pass, name, cut)),
    }
}

/// Adds a clause to what the line of the action says.
fn note(pass: &mut Pass<'_>, name: &str, clause: &str) {
    if let Some(line) = pass.actions.get_mut(name) {
        let message = line.message.take().unwrap_or_default();
        line.message = Some(format!("{message}; {clause}"));
    }
}

/// The end of long logs says more than their start.
fn data(result: &Value) -> BTreeMap<String, String> {
    let member = |name: &str| result.pointer(&format!("/properties/{name}"));
    let text = |name: &str| member(name).and_then(Value::as_str).map(str::to_owned);
    let logs = text("logs").map(|logs| match cut(&logs) {
        Some(cut) => format!("[{cut}]\n{}", tail(&logs)),
        None => logs,
    });
    let exit_code = member("exitCode").and_then(Value::as_i64).map(|code| code.to_string());
    [
        ("logs", logs),
        ("exitCode", exit_code),
        ("startedAt", text("startedAt")),
        ("finishedAt", text("finishedAt")),
        ("reason", text("reason")),
    ]
    .into_iter()
    .filter_map(|(name, value)| Some((name.to_owned(), value?)))
    .collect()
}

/// What is said of logs that are too long to be kept.
fn cut(logs: &str) -> Option<String> {
    let is_cut = logs.starts_with(CUT) || logs.len() > MAX_LOGS;
    is_cut.then(|| format!("only the last {} KiB of its output are kept", MAX_LOGS / 1024))
}

fn tail(logs: &str) -> &str {
    let logs = logs.strip_prefix(CUT).unwrap_or(logs);
    let start = logs.len().saturating_sub(MAX_LOGS);
    let start = (start..logs.len()).find(|at| logs.is_char_boundary(*at)).unwrap_or(0);
    &logs[start..]
}

async fn store(pass: &Pass<'_>, name: &str, data: BTreeMap<String, String>) -> Result<(), String> {
    let name = ObjectName::parse(name).map_err(|error| error.to_string())?;
    let cluster = &pass.objects.cluster;
    let namespace = cluster.metadata.namespace.clone().unwrap_or_default();
    let maps: Api<ConfigMap> = Api::namespaced(pass.context.client.clone(), &namespace);
    let failed = |error: kube::Error| format!("ConfigMap {namespace}/{name} can't be written: {}", told(&error));
    let owner = cluster.controller_owner_ref(&());
    let is_ours = |map: &ConfigMap| {
        let owners = map.metadata.owner_references.iter().flatten();
        owners
            .map(|owner| &owner.uid)
            .any(|uid| Some(uid) == cluster.metadata.uid.as_ref())
    };
    if maps
        .get_opt(&name)
        .await
        .map_err(failed)?
        .is_some_and(|map| !is_ours(&map))
    {
        return Err(format!(
            "ConfigMap {namespace}/{name} exists and is not this cluster's; name another one"
        ));
    }
    let map = ConfigMap {
        metadata: ObjectMeta {
            name: Some(name.to_string()),
            owner_references: owner.map(|owner| vec![owner]),
            ..ObjectMeta::default()
        },
        data: Some(data),
        ..ConfigMap::default()
    };
    let params = PatchParams::apply(FIELD_MANAGER).force();
    maps.patch(&name, &params, &Patch::Apply(&map))
        .await
        .map(drop)
        .map_err(failed)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_end_of_long_logs_is_kept_from_a_whole_character_on() {
        let logs = format!("{}end", "ä".repeat(MAX_LOGS / 2));
        let kept = tail(&logs);
        assert!(kept.len() <= MAX_LOGS && kept.ends_with("end"));
        assert_eq!(tail("short"), "short");
    }

    #[test]
    fn logs_that_lost_their_start_say_so() {
        let kept = |logs: &str| data(&json!({ "properties": { "logs": logs } }))["logs"].clone();
        let long = kept(&"x".repeat(2 * MAX_LOGS));
        let (first, rest) = long.split_once('\n').unwrap();
        assert_eq!(first, "[only the last 256 KiB of its output are kept]");
        assert_eq!(rest.len(), MAX_LOGS);
        let cut_before = kept(&format!("{CUT}end"));
        assert_eq!(cut_before, "[only the last 256 KiB of its output are kept]\nend");
        assert_eq!(kept(&"x".repeat(MAX_LOGS)).len(), MAX_LOGS);
    }

    #[test]
    fn the_result_of_a_command_becomes_text() {
        let result = json!({ "properties": { "exitCode": 3, "logs": "out", "startedAt": "2026-11-21T10:00:00Z" } });
        let data = data(&result);
        assert_eq!(
            (data["exitCode"].as_str(), data["logs"].as_str(), data.len()),
            ("3", "out", 3)
        );
    }
}
