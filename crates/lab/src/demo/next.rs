//! What a user can try while the demo stays up. Pure.

use std::path::Path;

use super::manifests::ClusterManifest;
use super::stage::quoted;

/// What the text speaks about.
pub(super) struct Scene<'a> {
    pub(super) environment: &'a Path,
    pub(super) kubeconfig: &'a Path,
    pub(super) operator_log: &'a Path,
    pub(super) manifests: &'a Path,
    pub(super) cluster: &'a ClusterManifest,
}

/// Commands to copy, each with what it shows, and where more is to be seen.
pub(super) fn text(scene: &Scene<'_>) -> String {
    let Scene {
        environment,
        kubeconfig,
        operator_log,
        manifests,
        cluster,
    } = scene;
    let mut text = String::new();
    for Try { shows, commands } in tries(environment, manifests, cluster) {
        text.push_str(&format!("  # {shows}\n"));
        for command in commands {
            text.push_str(&format!("  {command}\n"));
        }
        text.push('\n');
    }
    text.push_str(&format!("kubeconfig    {}\n", kubeconfig.display()));
    text.push_str(&format!("operator log  {}\n", operator_log.display()));
    text
}

/// Something to try.
struct Try {
    shows: &'static str,
    commands: Vec<String>,
}

fn tries(environment: &Path, manifests: &Path, cluster: &ClusterManifest) -> Vec<Try> {
    let word = |path: &Path| quoted(&path.display().to_string());
    let (environment, manifests) = (word(environment), word(manifests));
    let name = match &cluster.namespace {
        Some(namespace) => format!("aks {} -n {namespace}", cluster.name),
        None => format!("aks {}", cluster.name),
    };
    let patch = |what: &str, spec: &str| format!("kubectl patch {what} --type=merge -p '{{\"spec\":{spec}}}'");
    let version = cluster.version.as_deref().and_then(next_minor);
    let ours = [
        Some(Try {
            shows: "kubectl, armature and their kubeconfig, in this shell only",
            commands: vec![format!(". {environment}")],
        }),
        Some(Try {
            shows: "look around",
            commands: vec![
                "kubectl get aks,akspool --all-namespaces".to_owned(),
                format!("kubectl describe {name}"),
            ],
        }),
        Some(Try {
            shows: "edit a tag: one small write, no node is touched",
            commands: vec![patch(&name, r#"{"tags":{"team":"payments"}}"#)],
        }),
        version.map(|version| Try {
            shows: "bump the version: the control plane first, then the pools",
            commands: vec![patch(&name, &format!(r#"{{"kubernetesVersion":"{version}"}}"#))],
        }),
        // A tag that no manifest speaks of would stay as it is.
        cluster.tag.as_deref().map(|tag| Try {
            shows: "change a tag in Azure behind Git's back: it is put right",
            commands: vec![format!(
                r#"curl -X PATCH $SIMULATOR/resource -d '{{"id":"'$CLUSTER_ID'","mergePatch":{{"tags":{{"{tag}":"oops"}}}}}}'"#
            )],
        }),
        Some(Try {
            shows: "see every call that Azure was sent",
            commands: vec!["curl $SIMULATOR/requests".to_owned()],
        }),
        Some(Try {
            shows: "delete the cluster by mistake: refused",
            commands: vec![format!("kubectl delete {name}")],
        }),
        Some(Try {
            shows: "delete it on purpose, in Azure too",
            commands: vec![
                patch(&format!("-f {manifests}"), r#"{"deletionProtection":false}"#),
                format!("kubectl delete -f {manifests}"),
            ],
        }),
    ];
    ours.into_iter().flatten().collect()
}

/// `1.36` for `1.35` and for `v1.35.2`.
fn next_minor(version: &str) -> Option<String> {
    let mut numbers = version.strip_prefix('v').unwrap_or(version).split('.');
    let (major, minor) = (numbers.next()?, numbers.next()?);
    let next = minor.parse::<u32>().ok()?.checked_add(1)?;
    Some(format!("{major}.{next}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_version_is_one_minor_up() {
        assert_eq!(next_minor("1.35").as_deref(), Some("1.36"));
        assert_eq!(next_minor("v1.9.4").as_deref(), Some("1.10"));
        assert_eq!(next_minor("latest"), None);
    }

    #[test]
    fn commands_name_the_cluster_of_the_manifests() {
        let cluster = |namespace: Option<&str>, version: Option<&str>| ClusterManifest {
            namespace: namespace.map(ToOwned::to_owned),
            name: "prod".into(),
            id: "/subscriptions/s".into(),
            version: version.map(ToOwned::to_owned),
            tag: version.map(|_| "env".to_owned()),
        };
        let told = |cluster: &ClusterManifest| {
            text(&Scene {
                environment: Path::new("/tmp/env"),
                kubeconfig: Path::new("/tmp/kubeconfig"),
                operator_log: Path::new("/tmp/log"),
                manifests: Path::new("/my repo/quickstart"),
                cluster,
            })
        };
        let plain = told(&cluster(None, Some("1.35")));
        assert!(plain.contains(r#"kubectl patch aks prod --type=merge -p '{"spec":{"kubernetesVersion":"1.36"}}'"#));
        assert!(plain.contains("kubectl delete -f '/my repo/quickstart'"));
        let other = told(&cluster(Some("fleet"), None));
        assert!(other.contains("kubectl describe aks prod -n fleet\n"));
        assert!(
            !other.contains("kubernetesVersion"),
            "without a version there is none to raise: {other}"
        );
    }
}
