//! Actions: which one runs next, and what is sent for it.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::change::Target;
use super::desired::DesiredPool;
use super::live::LiveCluster;
use super::owner::Ownership;
use armature_api::{Abort, Action, ActionState, ActionStatus, DeleteMachines, OnPool, RunCommand};

/// What is sent for an action: `POST {cluster}/{path}`.
#[derive(Debug, Clone, PartialEq)]
pub struct Call<'a> {
    /// The part of the path between cluster and action, such as `/agentPools/apps`; empty for the cluster.
    pub resource: String,
    /// The action as ARM names it.
    pub action: &'static str,
    /// The body, where the action takes one, without secrets and files.
    pub body: Option<Value>,
    /// What the body gets besides.
    pub extra: Extra<'a>,
    /// Whether it waits for the end of other work. Only an abort does not.
    pub needs_idle: bool,
}

/// What is put into the body of an action when it is sent.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Extra<'a> {
    /// Nothing.
    None,
    /// The files of a command.
    Files(&'a RunCommand),
    /// The secret of a service principal.
    Secret(&'a armature_api::SecretKeyRef),
}

/// What is sent for the action (SPEC 2026-08-01).
pub fn call(action: &Action) -> Option<Call<'_>> {
    let Action {
        key: _,
        run_command,
        rotate_cluster_certificates,
        rotate_service_account_signing_keys,
        reset_service_principal_profile,
        abort,
        upgrade_node_image_version,
        delete_machines,
    } = action;
    let on_cluster = |action: &'static str| Call {
        resource: String::new(),
        action,
        body: None,
        extra: Extra::None,
        needs_idle: true,
    };
    let on_pool = |pool: &str, action: &'static str| Call {
        resource: format!("/agentPools/{}", pool.to_ascii_lowercase()),
        ..on_cluster(action)
    };
    if let Some(run) = run_command {
        return Some(Call {
            body: Some(json!({ "command": run.command })),
            extra: Extra::Files(run),
            ..on_cluster("runCommand")
        });
    }
    if rotate_cluster_certificates.is_some() {
        return Some(on_cluster("rotateClusterCertificates"));
    }
    if rotate_service_account_signing_keys.is_some() {
        return Some(on_cluster("rotateServiceAccountSigningKeys"));
    }
    if let Some(reset) = reset_service_principal_profile {
        return Some(Call {
            body: Some(json!({ "clientId": reset.client_id })),
            extra: Extra::Secret(&reset.secret),
            ..on_cluster("resetServicePrincipalProfile")
        });
    }
    if let Some(Abort { pool }) = abort {
        let call = pool
            .as_deref()
            .map_or_else(|| on_cluster("abort"), |pool| on_pool(pool, "abort"));
        return Some(Call {
            needs_idle: false,
            ..call
        });
    }
    if let Some(OnPool { pool }) = upgrade_node_image_version {
        return Some(on_pool(pool, "upgradeNodeImageVersion"));
    }
    delete_machines.as_ref().map(|DeleteMachines { pool, machines }| Call {
        body: Some(json!({ "machineNames": machines })),
        ..on_pool(pool, "deleteMachines")
    })
}

/// Why an action has nothing to do with the pool that it names, if that is so: what somebody else made is somebody else's,
/// also below a cluster of ours. What shows the cluster may not show the pool yet, so a manifest has to describe it.
pub fn not_ours(call: &Call<'_>, live: &LiveCluster, pools: &[DesiredPool]) -> Option<String> {
    let name = call.resource.strip_prefix("/agentPools/")?;
    let is_ours = |desired: &DesiredPool| {
        let pool = live.pool(name);
        pool.is_none_or(|pool| matches!(Ownership::of(pool.owner(), &desired.mark), Ownership::Ours { .. }))
    };
    let desired = pools.iter().find(|desired| desired.name.eq_ignore_ascii_case(name));
    (!desired.is_some_and(is_ours)).then(|| {
        format!("pool {name} is not one that an AksNodePool of this cluster manages; name one that is, or adopt it")
    })
}

/// The actions that may be tried now, in this order, until one is sent: those that have not been sent for their key, by
/// name, unless one still runs. Aborts go before all others and wait for none: what they wait for, or one of them, may be
/// what is to end.
pub fn turns<'a>(
    wanted: &'a BTreeMap<String, Action>,
    lines: &BTreeMap<String, ActionStatus>,
) -> Vec<(&'a String, &'a Action)> {
    let unsent = wanted
        .iter()
        .filter(|(name, action)| is_unsent(lines.get(*name), action));
    let (aborts, others): (Vec<_>, Vec<_>) = unsent.partition(|(_, action)| action.abort.is_some());
    let others = others.into_iter().filter(|_| running(lines).is_none());
    aborts.into_iter().chain(others).collect()
}

/// The action that runs.
pub fn running(lines: &BTreeMap<String, ActionStatus>) -> Option<&String> {
    lines.iter().find(|(_, line)| runs(line)).map(|(name, _)| name)
}

fn runs(line: &ActionStatus) -> bool {
    matches!(line.state, ActionState::Started | ActionState::Running)
}

fn is_unsent(line: Option<&ActionStatus>, action: &Action) -> bool {
    line.filter(|line| line.key == action.key)
        .is_none_or(|line| line.state == ActionState::Waiting)
}

/// The lines of what was not tried because `ahead` comes first, so that each action says how far it is. What was tried
/// tells its own story.
pub fn queue(
    lines: &mut BTreeMap<String, ActionStatus>,
    wanted: &BTreeMap<String, Action>,
    tried: &BTreeSet<String>,
    ahead: &str,
) {
    for (name, action) in wanted.iter().filter(|(name, _)| !tried.contains(*name)) {
        let waits = is_unsent(lines.get(name), action) && !lines.get(name).is_some_and(runs);
        if waits && name != ahead {
            let line = ActionStatus {
                key: action.key.clone(),
                message: Some(format!("waits for its turn; the action {ahead} is before it")),
                ..ActionStatus::default()
            };
            lines.insert(name.clone(), line);
        }
    }
}

/// What the manifest's aborts ended or are ending, and the name of each: the first by name where there are several. One
/// that nobody can tell about counts, one that is still to be sent or that Azure refused does not.
pub fn aborted(wanted: &BTreeMap<String, Action>, lines: &BTreeMap<String, ActionStatus>) -> BTreeMap<Target, String> {
    let went = |name: &String, action: &Action| {
        let line = lines.get(name).filter(|line| line.key == action.key);
        line.is_some_and(|line| match line.state {
            ActionState::Started | ActionState::Running | ActionState::Succeeded | ActionState::Unknown => true,
            ActionState::Waiting | ActionState::Failed => false,
        })
    };
    let mut aborted = BTreeMap::new();
    for (name, action) in wanted.iter().filter(|(name, action)| went(name, action)) {
        if let Some(Abort { pool }) = &action.abort {
            let pool = pool.as_ref().map(|pool| Target::Pool(pool.to_ascii_lowercase()));
            aborted
                .entry(pool.unwrap_or(Target::Cluster))
                .or_insert_with(|| name.clone());
        }
    }
    aborted
}

/// The lines as they have to be before anything is sent: those of actions that left the manifest go unless they still
/// run; what was about to be sent when an earlier process ended is unknown.
pub fn settle(
    lines: &mut BTreeMap<String, ActionStatus>,
    wanted: Option<&BTreeMap<String, Action>>,
    is_running: impl Fn(&str) -> bool,
) {
    lines.retain(|name, _| is_running(name) || wanted.is_some_and(|wanted| wanted.contains_key(name)));
    for (name, line) in lines {
        if matches!(line.state, ActionState::Started | ActionState::Running) && !is_running(name) {
            line.state = ActionState::Unknown;
            line.message =
                Some("Armature ended while it was sent, and whether Azure ran it is unknown; look at the cluster, and set a new key to run it again".to_owned());
        }
    }
}

/// The lines of a cluster that this object meets for the first time and that is there already: the object may be a copy,
/// restored or applied anew, of one whose actions ran long ago.
pub fn met(wanted: &BTreeMap<String, Action>) -> BTreeMap<String, ActionStatus> {
    unknown(
        wanted,
        "the cluster is older than this object, so it may have run before; set a new key to run it",
    )
}

/// The lines of actions of which status proves nothing: somebody changed it, or the key that signs it is another one.
pub fn doubted(wanted: &BTreeMap<String, Action>) -> BTreeMap<String, ActionStatus> {
    unknown(
        wanted,
        "status carries no valid proof, so it may have run before; set a new key to run it",
    )
}

fn unknown(wanted: &BTreeMap<String, Action>, why: &str) -> BTreeMap<String, ActionStatus> {
    let unknown = |action: &Action| ActionStatus {
        key: action.key.clone(),
        state: ActionState::Unknown,
        message: Some(why.to_owned()),
        ..ActionStatus::default()
    };
    wanted
        .iter()
        .map(|(name, action)| (name.clone(), unknown(action)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use armature_api::{NoParameters, SecretKeyRef};

    fn action(key: &str) -> Action {
        Action {
            key: key.to_owned(),
            rotate_cluster_certificates: Some(NoParameters {}),
            ..Action::default()
        }
    }

    fn wanted(all: &[(&str, &str)]) -> BTreeMap<String, Action> {
        all.iter()
            .map(|(name, key)| ((*name).to_owned(), action(key)))
            .collect()
    }

    fn lines(all: &[(&str, &str, ActionState)]) -> BTreeMap<String, ActionStatus> {
        let line = |key: &str, state| ActionStatus {
            key: key.to_owned(),
            state,
            ..ActionStatus::default()
        };
        all.iter()
            .map(|(name, key, state)| ((*name).to_owned(), line(key, *state)))
            .collect()
    }

    fn next_of(all: &[(&str, &str)], status: &[(&str, &str, ActionState)]) -> Option<String> {
        first(&wanted(all), &lines(status))
    }

    fn first(wanted: &BTreeMap<String, Action>, lines: &BTreeMap<String, ActionStatus>) -> Option<String> {
        turns(wanted, lines).first().map(|(name, _)| (*name).clone())
    }

    #[test]
    fn an_action_runs_once_for_each_key_and_whatever_came_of_it() {
        use ActionState::{Failed, Succeeded, Unknown, Waiting};
        for state in [Succeeded, Failed, Unknown] {
            assert_eq!(next_of(&[("a", "1")], &[("a", "1", state)]), None, "{state:?}");
            assert_eq!(next_of(&[("a", "2")], &[("a", "1", state)]).as_deref(), Some("a"));
        }
        assert_eq!(next_of(&[("a", "1")], &[("a", "1", Waiting)]).as_deref(), Some("a"));
    }

    #[test]
    fn actions_run_one_at_a_time_in_the_order_of_their_names() {
        let both = [("b", "1"), ("a", "1")];
        assert_eq!(next_of(&both, &[]).as_deref(), Some("a"));
        assert_eq!(next_of(&both, &[("a", "1", ActionState::Running)]), None);
        assert_eq!(next_of(&both, &[("a", "1", ActionState::Failed)]).as_deref(), Some("b"));
    }

    #[test]
    fn an_abort_waits_for_no_other_action() {
        let mut all = wanted(&[("a", "1"), ("stop", "1")]);
        let abort = all.get_mut("stop").unwrap();
        abort.rotate_cluster_certificates = None;
        abort.abort = Some(Abort::default());
        for state in [ActionState::Waiting, ActionState::Started, ActionState::Running] {
            let next = first(&all, &lines(&[("a", "1", state)]));
            assert_eq!(next.as_deref(), Some("stop"), "{state:?}");
        }
        let sent = lines(&[("a", "1", ActionState::Waiting), ("stop", "1", ActionState::Succeeded)]);
        assert_eq!(first(&all, &sent).as_deref(), Some("a"));
    }

    #[test]
    fn what_was_aborted_is_so_until_the_action_goes_or_gets_another_key() {
        use ActionState::{Failed, Running, Started, Succeeded, Unknown, Waiting};
        let abort = |pool: Option<&str>| Action {
            key: "1".to_owned(),
            abort: Some(Abort {
                pool: pool.map(str::to_owned),
            }),
            ..Action::default()
        };
        let wanted = BTreeMap::from([
            ("other".to_owned(), action("1")),
            ("pool".to_owned(), abort(Some("Apps"))),
            ("stop".to_owned(), abort(None)),
        ]);
        let of = |stop| {
            let lines = lines(&[("other", "1", Succeeded), ("pool", "2", Succeeded), ("stop", "1", stop)]);
            aborted(&wanted, &lines).into_iter().collect::<Vec<_>>()
        };
        for state in [Started, Running, Succeeded, Unknown] {
            assert_eq!(of(state), [(Target::Cluster, "stop".to_owned())], "{state:?}");
        }
        for state in [Waiting, Failed] {
            assert_eq!(of(state), [], "{state:?}");
        }
        let pool = aborted(&wanted, &lines(&[("pool", "1", Succeeded)]));
        assert_eq!(
            pool,
            BTreeMap::from([(Target::Pool("apps".to_owned()), "pool".to_owned())])
        );
    }

    #[test]
    fn an_action_that_waits_for_its_turn_says_so() {
        let all = wanted(&[("a", "1"), ("b", "1"), ("c", "2")]);
        let told = |mut status: BTreeMap<String, ActionStatus>, tried: &[&str], ahead: &str| {
            let tried = tried.iter().map(|name| (*name).to_owned()).collect();
            queue(&mut status, &all, &tried, ahead);
            let messages = status
                .into_iter()
                .filter_map(|(name, line)| Some((name, line.message?)));
            messages
                .map(|(name, message)| format!("{name}: {message}"))
                .collect::<Vec<_>>()
        };
        let after = |ahead: &str, name: &str| format!("{name}: waits for its turn; the action {ahead} is before it");
        assert_eq!(told(lines(&[]), &["a"], "a"), [after("a", "b"), after("a", "c")]);
        assert_eq!(told(lines(&[]), &["a", "b"], "b"), [after("b", "c")]);
        let c_is_over = lines(&[("b", "1", ActionState::Running), ("c", "2", ActionState::Failed)]);
        assert_eq!(told(c_is_over, &[], "b"), [after("b", "a")]);
        let c_has_a_new_key = lines(&[("b", "1", ActionState::Running), ("c", "1", ActionState::Failed)]);
        assert_eq!(told(c_has_a_new_key, &[], "b"), [after("b", "a"), after("b", "c")]);
    }

    #[test]
    fn what_can_not_start_does_not_keep_the_next_from_its_turn() {
        let all = wanted(&[("a", "1"), ("b", "1"), ("c", "1")]);
        let names = |status: &[(&str, &str, ActionState)]| {
            let status = lines(status);
            let turns = turns(&all, &status);
            turns.into_iter().map(|(name, _)| name.clone()).collect::<Vec<_>>()
        };
        assert_eq!(names(&[("a", "1", ActionState::Waiting)]), ["a", "b", "c"]);
        assert_eq!(names(&[("b", "1", ActionState::Running)]), [""; 0]);
    }

    #[test]
    fn what_was_being_sent_when_the_process_ended_is_unknown_and_what_runs_is_not() {
        let mut status = lines(&[("a", "1", ActionState::Started), ("b", "1", ActionState::Running)]);
        settle(&mut status, Some(&wanted(&[("a", "1"), ("b", "1")])), |name| {
            name == "b"
        });
        assert_eq!(status["a"].state, ActionState::Unknown);
        assert_eq!(status["b"].state, ActionState::Running);
    }

    #[test]
    fn the_line_of_an_action_that_left_the_manifest_goes_when_it_is_over() {
        let mut status = lines(&[("a", "1", ActionState::Succeeded), ("b", "1", ActionState::Running)]);
        settle(&mut status, None, |name| name == "b");
        assert_eq!(status.keys().collect::<Vec<_>>(), ["b"]);
    }

    #[test]
    fn an_object_that_meets_an_older_cluster_runs_nothing() {
        let wanted = wanted(&[("a", "1")]);
        assert_eq!(turns(&wanted, &met(&wanted)), []);
    }

    #[test]
    fn every_action_is_sent_to_its_own_place() {
        let path = |action: Action| call(&action).map(|call| format!("{}/{}", call.resource, call.action));
        let pool = || OnPool {
            pool: "Apps".to_owned(),
        };
        let upgrade = Action {
            upgrade_node_image_version: Some(pool()),
            ..Action::default()
        };
        assert_eq!(
            path(upgrade).as_deref(),
            Some("/agentPools/apps/upgradeNodeImageVersion")
        );
        assert_eq!(path(action("1")).as_deref(), Some("/rotateClusterCertificates"));
        let abort = |pool: Option<&str>| Action {
            abort: Some(Abort {
                pool: pool.map(str::to_owned),
            }),
            ..Action::default()
        };
        assert_eq!(path(abort(None)).as_deref(), Some("/abort"));
        assert_eq!(path(abort(Some("apps"))).as_deref(), Some("/agentPools/apps/abort"));
        assert!(!call(&abort(None)).unwrap().needs_idle);
        let reset = Action {
            reset_service_principal_profile: Some(armature_api::ResetServicePrincipalProfile {
                client_id: "c".to_owned(),
                secret: SecretKeyRef {
                    name: "s".to_owned(),
                    key: "k".to_owned(),
                },
            }),
            ..Action::default()
        };
        let reset = call(&reset)
            .map(|call| (call.body, matches!(call.extra, Extra::Secret(_))))
            .unwrap();
        assert_eq!(reset, (Some(json!({ "clientId": "c" })), true));
        assert_eq!(call(&Action::default()), None);
    }
}
