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

/// Commands to copy, each with what it shows.
pub(super) fn text(scene: &Scene<'_>) -> String {
    let Scene {
        environment,
        kubeconfig,
        operator_log,
        manifests,
        cluster,
    } = scene;
    let path = |path: &Path| quoted(&path.display().to_string());
    let (environment, manifests) = (path(environment), path(manifests));
    let name = named(cluster);
    let patch = |what: &str, spec: &str| format!("kubectl patch {what} --type=merge -p '{{\"spec\":{spec}}}'");
    let portal =
        r#"curl -X PATCH $SIMULATOR/resource -d '{"id":"'$CLUSTER_ID'","mergePatch":{"tags":{"env":"oops"}}}'"#;

    let mut tries = vec![
        (
            "look around",
            vec![
                "kubectl get aks,akspool --all-namespaces".to_owned(),
                format!("kubectl describe {name}"),
            ],
        ),
        (
            "edit a tag: one small write, no node is touched",
            vec![patch(&name, r#"{"tags":{"team":"payments"}}"#)],
        ),
    ];
    if let Some(next) = cluster.version.as_deref().and_then(next_minor) {
        let command = patch(&name, &format!(r#"{{"kubernetesVersion":"{next}"}}"#));
        tries.push((
            "bump the version: the control plane first, then the pools",
            vec![command],
        ));
    }
    tries.extend([
        (
            "change the tag in Azure behind Git's back: it is put right",
            vec![portal.to_owned()],
        ),
        (
            "see every call that Azure was sent",
            vec!["curl $SIMULATOR/requests".to_owned()],
        ),
        (
            "delete it, in Azure too: allow it first",
            vec![
                patch(&format!("-f {manifests}"), r#"{"deletionProtection":false}"#),
                format!("kubectl delete -f {manifests}"),
            ],
        ),
    ]);
    let mut text =
        format!("What to try next, in another terminal:\n\n  . {environment}    # kubectl, armature, KUBECONFIG\n");
    for (what, commands) in tries {
        text.push_str(&format!("\n  # {what}\n"));
        for command in commands {
            text.push_str(&format!("  {command}\n"));
        }
    }
    text.push_str(&format!(
        "\nkubeconfig    {}\noperator log  {}\n\nCtrl-C ends the demo and everything it started.\n",
        kubeconfig.display(),
        operator_log.display()
    ));
    text
}

fn named(cluster: &ClusterManifest) -> String {
    match &cluster.namespace {
        Some(namespace) => format!("aks {} -n {namespace}", cluster.name),
        None => format!("aks {}", cluster.name),
    }
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
