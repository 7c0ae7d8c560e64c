//! `armature release`: lets an object go and leaves Azure alone.

use std::process::ExitCode;

use clap::Args;
use jiff::Timestamp;
use kube::api::{ListParams, Patch, PatchParams};
use kube::{Api, Client, Resource, ResourceExt};
use serde_json::json;

use super::{CliError, called, print};
use crate::reconcile::guard::{Guarded, Parts, is_invalid};
use crate::runtime::connect::KubeArgs;
use armature_api::{AksCluster, AksNodePool, FIELD_MANAGER, RELEASE_ANNOTATION};

/// Arguments of `armature release`.
#[derive(Args, Clone, Debug)]
pub struct ReleaseArgs {
    /// Name of the AksCluster, or with --pool of the AksNodePool
    #[arg(value_name = "NAME")]
    pub name: String,

    /// NAME is an AksNodePool
    #[arg(long)]
    pub pool: bool,

    /// Namespace [default: the one of the kubeconfig's context]
    #[arg(short, long, value_name = "NAMESPACE")]
    pub namespace: Option<String>,

    /// Say what would happen and change nothing
    #[arg(long)]
    pub dry_run: bool,

    /// Which management cluster.
    #[command(flatten)]
    pub kube: KubeArgs,
}

/// Sets the release annotation on the object.
///
/// # Errors
/// When there is no such object, or the management cluster cannot be asked.
pub(super) async fn run(args: ReleaseArgs) -> Result<ExitCode, CliError> {
    let client = args.kube.connect().await?;
    let namespace = args
        .namespace
        .clone()
        .unwrap_or_else(|| client.default_namespace().to_owned());
    let text = if args.pool {
        release::<AksNodePool>(client, &namespace, &args).await?
    } else {
        release::<AksCluster>(client, &namespace, &args).await?
    };
    print(&text)?;
    Ok(ExitCode::SUCCESS)
}

/// What releasing needs to know about a kind.
trait Releasable: Parts<Scope = kube::core::NamespaceResourceScope> {
    /// The kind's name.
    const KIND: &'static str;

    /// The Azure resource the object stands for, once there is one.
    fn resource_id(&self) -> Option<&str>;
}

impl Releasable for AksCluster {
    const KIND: &'static str = "AksCluster";

    fn resource_id(&self) -> Option<&str> {
        self.status.as_ref()?.resource_id.as_deref()
    }
}

impl Releasable for AksNodePool {
    const KIND: &'static str = "AksNodePool";

    fn resource_id(&self) -> Option<&str> {
        self.status.as_ref()?.resource_id.as_deref()
    }
}

async fn release<K: Releasable>(client: Client, namespace: &str, args: &ReleaseArgs) -> Result<String, CliError> {
    let api = Api::<Guarded<K>>::namespaced(client, namespace);
    let name = &args.name;
    let Some(object) = called("read the object", api.get_opt(name)).await? else {
        let others = called("list the objects", api.list_metadata(&ListParams::default())).await?;
        let others: Vec<String> = others.items.iter().map(ResourceExt::name_any).collect();
        return Err(CliError::NotFound {
            message: not_found(K::KIND, name, namespace, &others),
        });
    };
    let story = story(K::KIND, &object);
    if args.dry_run {
        return Ok(format!("{story}\nNothing was changed (--dry-run).\n"));
    }
    let mut patch = json!({ "metadata": { "annotations": { RELEASE_ANNOTATION: Timestamp::now().strftime("%FT%TZ").to_string() } } });
    let parameters = PatchParams {
        field_manager: Some(FIELD_MANAGER.to_owned()),
        ..PatchParams::default()
    };
    let set = async {
        let without = match &object {
            Guarded::Unreadable(object) => object.spoiled.without(),
            Guarded::Readable(_) => None,
        };
        let answer = api.patch_metadata(name, &parameters, &Patch::Merge(&patch)).await;
        match (answer, without) {
            // Rules at admission fail on a field of a foreign type, also where it stays as it is.
            (Err(error), Some(without)) if is_invalid(&error) => {
                patch["spec"] = without;
                api.patch_metadata(name, &parameters, &Patch::Merge(&patch)).await
            }
            (answer, _) => answer,
        }
    };
    called("annotate the object", set).await?;
    Ok(format!(
        "{story}\nReleased: {RELEASE_ANNOTATION} is set on {} {namespace}/{name}.\n",
        K::KIND
    ))
}

/// What releasing this object does.
fn story<K: Releasable>(kind: &str, object: &Guarded<K>) -> String {
    let name = object.name_any();
    let resource_id = match object {
        Guarded::Readable(object) => object.resource_id(),
        Guarded::Unreadable(object) => object.salvage.resource_id.as_deref(),
    };
    let azure = resource_id.unwrap_or("whatever exists in Azure for it");
    if object.meta().deletion_timestamp.is_some() {
        return format!(
            "{kind} {name} is being deleted: its finalizer is removed and the object goes.\n{azure} stays as it is, goes on costing money, and is no longer managed."
        );
    }
    format!(
        "{kind} {name} is not being deleted: until it is, Armature goes on managing it.\nFrom its deletion on, {azure} stays as it is, goes on costing money, and is no longer managed."
    )
}

fn not_found(kind: &str, name: &str, namespace: &str, others: &[String]) -> String {
    const SHOWN: usize = 10;
    let there = match others {
        [] => "there is none".to_owned(),
        _ => {
            let more = if others.len() > SHOWN { ", ..." } else { "" };
            format!(
                "there is {}{more}",
                others.iter().take(SHOWN).cloned().collect::<Vec<_>>().join(", ")
            )
        }
    };
    format!("no {kind} {name} in namespace {namespace}: {there}; choose one of these, or another namespace with -n")
}

#[cfg(test)]
mod tests {
    use kube::api::ObjectMeta;

    use super::*;
    use armature_api::{AksClusterSpec, AksClusterStatus};

    #[test]
    fn an_unknown_name_is_answered_with_the_known_ones() {
        let message = not_found("AksCluster", "weu", "prod", &["neu".into(), "sdc".into()]);
        assert_eq!(
            message,
            "no AksCluster weu in namespace prod: there is neu, sdc; choose one of these, or another namespace with -n"
        );
        assert!(not_found("AksNodePool", "a", "b", &[]).contains("there is none"));
    }

    #[test]
    fn releasing_says_what_stays_in_azure() {
        let mut cluster = AksCluster {
            metadata: ObjectMeta {
                name: Some("weu".into()),
                ..ObjectMeta::default()
            },
            spec: AksClusterSpec::default(),
            status: Some(AksClusterStatus {
                resource_id: Some("/subscriptions/x".into()),
                ..Default::default()
            }),
        };
        let text = story("AksCluster", &Guarded::Readable(cluster.clone()));
        assert!(text.starts_with("AksCluster weu is not being deleted"), "{text}");
        assert!(
            text.contains("From its deletion on, /subscriptions/x stays as it is"),
            "{text}"
        );
        cluster.metadata.deletion_timestamp = Some(k8s_openapi::apimachinery::pkg::apis::meta::v1::Time(
            Timestamp::UNIX_EPOCH,
        ));
        assert!(story("AksCluster", &Guarded::Readable(cluster)).contains("its finalizer is removed"));
    }
}
