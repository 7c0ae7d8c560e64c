//! Flux configurations (fluxConfigurations-2025-04-01; Learn: gitops-flux2-parameters).

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::{Value, json};

use super::{
    Child, Condition, Draft, Encoding, Hindrance, Kind, Needs, Rule, SecretUse, View, extensions, place, provisioning,
};
use armature_api::{FluxConfiguration, SecretKeyRef};

pub(super) static KIND: Kind = Kind {
    field: "fluxConfigurations",
    compare: &[
        ("properties.scope", Rule::AnyCase),
        ("properties.sourceKind", Rule::AnyCase),
        ("properties.kustomizations", Rule::Whole),
    ],
    drafts,
    condition,
    outputs,
    note,
    good_for,
    actions: &[
        "Microsoft.KubernetesConfiguration/fluxConfigurations/read",
        "Microsoft.KubernetesConfiguration/fluxConfigurations/write",
        "Microsoft.KubernetesConfiguration/fluxConfigurations/delete",
        "Microsoft.KubernetesConfiguration/fluxConfigurations/operations/read",
    ],
    ..Kind::PLAIN
};

const API_VERSION: &str = "2025-04-01";
/// The extension that does the work.
const FLUX: &str = "microsoft.flux";

/// Sources with Azure's word for each.
const SOURCES: [(&str, &str); 4] = [
    ("gitRepository", "GitRepository"),
    ("bucket", "Bucket"),
    ("azureBlob", "AzureBlob"),
    ("ociRepository", "OCIRepository"),
];

/// Secrets that stand in the place where Azure wants the value. It takes them as they are.
const PLACES: [&[&str]; 4] = [
    &["bucket", "accessKey"],
    &["azureBlob", "accountKey"],
    &["azureBlob", "sasToken"],
    &["azureBlob", "servicePrincipal", "clientSecret"],
];

fn drafts(view: &View<'_>) -> Vec<Draft> {
    let installed = view.spec.extensions.iter().flatten();
    let flux: Vec<String> = installed
        .filter(|(_, extension)| extension.extension_type.eq_ignore_ascii_case(FLUX))
        .map(|(name, _)| super::key(&extensions::KIND, name))
        .collect();
    let configurations = view.spec.flux_configurations.iter().flatten();
    configurations
        .map(|(name, configuration)| {
            Draft::new(name, Needs::RunningCluster, child(view, name, configuration)).after(flux.clone())
        })
        .collect()
}

fn child(view: &View<'_>, name: &str, configuration: &FluxConfiguration) -> Result<Child, Hindrance> {
    if let Some(problem) = unordered(configuration) {
        let field = format!("spec.fluxConfigurations.{name}.kustomizations");
        return Err(Hindrance::Invalid { field, problem });
    }
    let entry = serde_json::to_value(configuration)?;
    let mut properties = entry.clone();
    let mut secrets = Vec::new();
    for place in PLACES {
        if let Some(reference) = take(&mut properties, place)? {
            secrets.push(secret(place, reference, Encoding::Plain));
        }
    }
    for (setting, reference) in configuration.configuration_protected_settings.iter().flatten() {
        let place = ["configurationProtectedSettings", setting];
        secrets.push(secret(&place, reference.clone(), Encoding::Base64));
    }
    if let Some(properties) = properties.as_object_mut() {
        properties.remove("configurationProtectedSettings");
        let kind = SOURCES.iter().find(|(member, _)| properties.contains_key(*member));
        properties.extend(kind.map(|(_, kind)| ("sourceKind".to_owned(), json!(kind))));
    }
    Ok(Child {
        id: place::at(
            view.cluster,
            "providers/Microsoft.KubernetesConfiguration/fluxConfigurations",
            name,
        )?,
        api_version: API_VERSION.into(),
        body: json!({ "properties": properties }),
        entry,
        secrets,
    })
}

/// Why kustomizations can't be applied one after the other. At admission the rule would cost more than an API server allows.
fn unordered(configuration: &FluxConfiguration) -> Option<String> {
    let all = configuration.kustomizations.as_ref()?;
    let depends_on = |name: &String| {
        all.get(name)
            .and_then(|one| one.depends_on.as_deref())
            .unwrap_or_default()
    };
    let missing = |name: &String| depends_on(name).iter().find(|other| !all.contains_key(*other));
    if let Some((name, other)) = all.keys().find_map(|name| Some((name, missing(name)?))) {
        return Some(format!(
            "{name} depends on {other}, which is not there; correct the name, or add it"
        ));
    }
    let mut waiting: Vec<&String> = all.keys().collect();
    loop {
        let before = waiting.len();
        let still: Vec<&String> = waiting.clone();
        waiting.retain(|name| depends_on(name).iter().any(|other| still.contains(&other)));
        match waiting.first() {
            Some(first) if waiting.len() == before => {
                return Some(format!(
                    "{first} is never applied, because dependsOn goes in a circle; break it"
                ));
            }
            Some(_) => (),
            None => return None,
        }
    }
}

fn secret(place: &[&str], reference: SecretKeyRef, encoding: Encoding) -> SecretUse {
    let path = ["properties"].iter().chain(place);
    SecretUse {
        path: path.map(|name| (*name).to_owned()).collect(),
        reference,
        encoding,
    }
}

/// Takes the reference to a Secret out of the place where the value goes.
fn take(properties: &mut Value, place: &[&str]) -> Result<Option<SecretKeyRef>, Hindrance> {
    let Some((last, above)) = place.split_last() else {
        return Ok(None);
    };
    let holder = above.iter().try_fold(properties, |value, name| value.get_mut(*name));
    let taken = holder
        .and_then(Value::as_object_mut)
        .and_then(|holder| holder.remove(*last));
    Ok(taken.map(serde_json::from_value).transpose()?)
}

fn text<'a>(body: &'a Value, name: &str) -> Option<&'a str> {
    let text = body.get("properties")?.get(name)?.as_str();
    text.filter(|text| !text.is_empty())
}

fn condition(body: &Value) -> Condition {
    match (provisioning(body), text(body, "errorMessage")) {
        (Condition::Broken { code, .. }, Some(message)) => Condition::Broken {
            code,
            message: message.to_owned(),
        },
        (condition, _) => condition,
    }
}

fn outputs(body: &Value) -> BTreeMap<String, String> {
    let named = [COMPLIANCE, "sourceSyncedCommitId", "repositoryPublicKey"];
    let known = named.into_iter().filter_map(|name| Some((name, text(body, name)?)));
    known.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

const COMPLIANCE: &str = "complianceState";

/// Azure took the configuration; what Flux can't fetch or apply is for those whose content it is.
fn note(body: &Value) -> Option<String> {
    let state = text(body, COMPLIANCE).filter(|state| is_out_of_line(state))?;
    let of = |status: &Value| {
        let conditions = status["statusConditions"].as_array()?;
        let failed = conditions.iter().find(|condition| condition["status"] == "False")?;
        let (kind, name) = (status["kind"].as_str()?, status["name"].as_str()?);
        Some(format!("{kind} {name}: {}", failed["message"].as_str()?))
    };
    let statuses = body.pointer("/properties/statuses").and_then(Value::as_array);
    let why = statuses.and_then(|statuses| statuses.iter().find_map(of));
    Some(match why.as_deref().or(text(body, "errorMessage")) {
        Some(why) => format!("Flux reports {state}: {why}"),
        None => format!("Flux reports {state}"),
    })
}

fn is_out_of_line(state: &str) -> bool {
    state.replace('-', "").eq_ignore_ascii_case("NonCompliant")
}

/// Flux takes minutes to apply something for the first time, and somebody works on what it can't apply.
fn good_for(outputs: &BTreeMap<String, String>) -> Option<Duration> {
    match outputs.get(COMPLIANCE)?.as_str() {
        "Pending" => Some(Duration::from_secs(60)),
        state if is_out_of_line(state) => Some(Duration::from_secs(600)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::children::{Intent, Reads};
    use armature_api::AksClusterSpec;

    fn draft(fields: Value) -> Draft {
        let mut spec = json!({ "subscriptionId": "s", "resourceGroup": "g", "location": "l" });
        spec["fluxConfigurations"] = json!({ "apps": fields });
        spec["extensions"] = json!({ "gitops": { "extensionType": "Microsoft.Flux" } });
        let spec: AksClusterSpec = serde_json::from_value(spec).unwrap();
        let view = View {
            spec: &spec,
            cluster: "/c",
            live: None,
            reads: &Reads::default(),
            allowed_types: &[],
            intent: Intent::default(),
        };
        drafts(&view).remove(0)
    }

    #[test]
    fn references_to_secrets_never_stand_in_the_body() {
        let reference = json!({ "name": "blob", "key": "secret" });
        let draft = draft(json!({
            "azureBlob": { "url": "https://a", "containerName": "c", "servicePrincipal":
                { "clientId": "i", "tenantId": "t", "clientSecret": reference } },
            "configurationProtectedSettings": { "httpsKey": reference },
        }));
        let child = draft.child.unwrap();
        assert!(!child.body.to_string().contains("blob\""), "{}", child.body);
        assert_eq!(child.body["properties"]["sourceKind"], "AzureBlob");
        let places: Vec<(String, Encoding)> = child
            .secrets
            .iter()
            .map(|secret| (secret.path.join("."), secret.encoding))
            .collect();
        assert_eq!(
            places,
            [
                (
                    "properties.azureBlob.servicePrincipal.clientSecret".to_owned(),
                    Encoding::Plain
                ),
                (
                    "properties.configurationProtectedSettings.httpsKey".to_owned(),
                    Encoding::Base64
                )
            ]
        );
    }

    #[test]
    fn kustomizations_depend_on_what_is_there_and_never_in_a_circle() {
        let problem = |kustomizations: Value| {
            let git = json!({ "url": "https://git/x" });
            match draft(json!({ "gitRepository": git, "kustomizations": kustomizations })).child {
                Ok(_) => None,
                Err(Hindrance::Invalid { problem, .. }) => Some(problem),
                Err(other) => panic!("{other:?}"),
            }
        };
        let on = |other: &str| json!({ "dependsOn": [other] });
        assert_eq!(problem(json!({ "a": on("b"), "b": on("c"), "c": {} })), None);
        let said = problem(json!({ "a": on("b") })).unwrap();
        assert!(said.contains("a depends on b, which is not there"), "{said}");
        for circle in [json!({ "a": on("a") }), json!({ "a": on("b"), "b": on("a"), "c": {} })] {
            assert!(problem(circle).unwrap().starts_with("a is never applied"));
        }
    }

    #[test]
    fn it_waits_for_the_extension_where_the_manifest_has_it() {
        let draft = draft(json!({ "gitRepository": { "url": "https://git/x" } }));
        assert_eq!(draft.after, ["extensions/gitops"]);
    }

    #[test]
    fn what_flux_cannot_apply_is_told_and_no_failure() {
        let body = json!({ "properties": {
            "provisioningState": "Succeeded",
            "complianceState": "Non-Compliant",
            "statuses": [{ "kind": "Kustomization", "name": "apps", "statusConditions":
                [{ "type": "Ready", "status": "False", "message": "no such path" }] }],
        } });
        assert_eq!(condition(&body), Condition::Settled);
        assert_eq!(
            note(&body).as_deref(),
            Some("Flux reports Non-Compliant: Kustomization apps: no such path")
        );
        assert_eq!(good_for(&outputs(&body)), Some(Duration::from_secs(600)));
    }
}
