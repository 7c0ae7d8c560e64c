//! From the manifest to drafts, reading what they turn out to need.

use serde_json::Value;
use tokio::time::Instant;

use super::{act, checked_read};
use crate::reconcile::pass::Pass;
use crate::reconcile::sign_in;
use armature_arm::{ArmClient, Priority};
use armature_plan::Plan;
use armature_plan::change::Target;
use armature_plan::children::{self, Draft, Hindrance, Intent, KINDS, Kind, Read, What};

/// A draft may need what another read told, so drafts are made anew after each round of reads. No kind needs more.
const ROUNDS: u32 = 4;

/// The drafts of all kinds, with everything read that can be.
pub async fn drafts(pass: &mut Pass<'_>, arm: &ArmClient, plan: &Plan) -> Vec<(&'static Kind, Draft)> {
    pass.memory.children.expire_reads(Instant::now());
    let intent = Intent::of(&plan.away);
    for _ in 0..ROUNDS {
        let drafts = all(pass, intent);
        let open: Vec<(String, Read, bool)> = drafts.iter().filter_map(|(kind, draft)| open(kind, draft)).collect();
        if open.is_empty() {
            return drafts;
        }
        for (key, read, matters) in open {
            if pass.memory.children.reads.has(&read) || !may_read(pass, &key) {
                continue;
            }
            look(pass, arm, &key, read, matters).await;
        }
    }
    all(pass, intent)
}

/// The drafts of all kinds, with what is known.
pub fn all(pass: &Pass<'_>, intent: Intent<'_>) -> Vec<(&'static Kind, Draft)> {
    let types = sign_in::allowed_types(pass.context, &pass.objects.cluster);
    let view = pass.view(&pass.memory.children.reads, intent, &types);
    let drafts = |kind: &'static Kind| (kind.drafts)(&view).into_iter().map(move |draft| (kind, draft));
    KINDS.iter().copied().flat_map(drafts).collect()
}

/// What is still to be read for a draft, and whether it comes to nothing without.
fn open(kind: &Kind, draft: &Draft) -> Option<(String, Read, bool)> {
    let (read, matters) = match &draft.child {
        Err(Hindrance::Look(read)) => (read, true),
        Err(Hindrance::Ask(read)) => (read, false),
        _ => return None,
    };
    Some((children::key(kind, &draft.name), read.clone(), matters))
}

fn may_read(pass: &Pass<'_>, key: &str) -> bool {
    let resting = pass.memory.children.rests.resting(Instant::now());
    !resting.contains(&Target::Child(key.to_owned()))
}

async fn look(pass: &mut Pass<'_>, arm: &ArmClient, key: &str, read: Read, matters: bool) {
    let id = match checked_read(pass, &read.id) {
        Ok(id) => id,
        Err(ended) => return act::fail(pass, key, ended),
    };
    let most = children::kind_of(key).and_then(|kind| kind.rereads);
    let answer = match &read.what {
        What::Resource => arm.get_resource(&id, read.api_version, Priority::Config).await,
        What::List { filter } => {
            let list = arm.list_resources(&id, read.api_version, filter.as_deref(), Priority::Config);
            list.await.map(|list| list.map(Value::Array))
        }
    };
    match answer {
        Ok(body) => {
            let memory = &mut pass.memory.children;
            memory.reads.keep(&read, body.clone());
            // An empty list, too, is something that is missing.
            let exists = body.is_some_and(|body| body.as_array().is_none_or(|list| !list.is_empty()));
            memory.keep_read(read, exists, most, Instant::now());
        }
        Err(_) if !matters => {
            let memory = &mut pass.memory.children;
            memory.reads.keep(&read, Some(Value::Null));
            memory.keep_read(read, true, most, Instant::now());
        }
        Err(error) => act::refused(pass, key, &error),
    }
}
