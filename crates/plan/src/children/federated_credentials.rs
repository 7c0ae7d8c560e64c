//! Federated credentials on user-assigned identities (azure-mgmt-msi 7.1.0; Learn: workload-identity-federation).

use serde_json::{Value, json};

use super::{Child, Draft, Hindrance, Kind, Leaves, Needs, View, place};
use crate::digest;
use armature_api::FederatedCredential;

pub(super) static KIND: Kind = Kind {
    field: "federatedCredentials",
    // Workloads sign in to the end.
    leaves: Leaves::AfterCluster,
    drafts,
    // Azure refuses writes under one identity that overlap.
    shares: |id| {
        id.rsplit_once("/federatedIdentityCredentials/")
            .map(|(identity, _)| identity.to_owned())
    },
    is_named_after: |cluster, name, id| place::name(id).eq_ignore_ascii_case(&own_name(cluster, name)),
    actions: &[
        "Microsoft.ManagedIdentity/userAssignedIdentities/federatedIdentityCredentials/read",
        "Microsoft.ManagedIdentity/userAssignedIdentities/federatedIdentityCredentials/write",
        "Microsoft.ManagedIdentity/userAssignedIdentities/federatedIdentityCredentials/delete",
    ],
    ..Kind::PLAIN
};

const API_VERSION: &str = "2024-11-30";
const TYPE: &str = "federatedIdentityCredentials";
/// The only audience that Entra takes from AKS.
const AUDIENCE: &str = "api://AzureADTokenExchange";
/// How many credentials an identity holds.
const MOST: usize = 20;

fn drafts(view: &View<'_>) -> Vec<Draft> {
    let credentials = view.spec.federated_credentials.iter().flatten();
    credentials
        .map(|(name, credential)| Draft::new(name, Needs::Cluster, child(view, name, credential)))
        .collect()
}

fn child(view: &View<'_>, name: &str, entry: &FederatedCredential) -> Result<Child, Hindrance> {
    let FederatedCredential {
        identity_id,
        namespace,
        service_account,
        name: given,
    } = entry;
    let issuer = view.live_text(
        "/properties/oidcIssuerProfile/issuerURL",
        "the cluster's issuer; oidcIssuerProfile.enabled turns it on",
    )?;
    let wanted = Wanted {
        name: given.clone().unwrap_or_else(|| own_name(view.cluster, name)),
        subject: format!("system:serviceaccount:{namespace}:{service_account}"),
        issuer,
    };
    let identity_id = identity_id.trim_end_matches('/');
    let existing = view.list(&format!("{identity_id}/{TYPE}"), API_VERSION, None)?;
    let name = wanted.name_among(existing).ok_or_else(|| Hindrance::Invalid {
        field: format!("spec.federatedCredentials.{name}.identityId"),
        problem: format!(
            "the identity holds {MOST} federated credentials, which is the most; remove those of clusters that are gone, \
             or use another identity"
        ),
    })?;
    let Wanted { issuer, subject, .. } = wanted;
    Ok(Child {
        id: place::at(identity_id, TYPE, &name)?,
        api_version: API_VERSION.into(),
        body: json!({ "properties": { "issuer": issuer, "subject": subject, "audiences": [AUDIENCE] } }),
        entry: serde_json::to_value(entry)?,
        secrets: Vec::new(),
    })
}

/// The same cluster comes to the same name whoever manages it, also when it is made anew with another issuer; no other one
/// does, which makes it a proof of whose it is. Azure takes 120 characters.
pub(super) fn own_name(cluster: &str, name: &str) -> String {
    format!(
        "armature-{}",
        digest::proof(&json!([cluster.to_ascii_lowercase(), name]))
    )
}

/// A credential that is to be there.
struct Wanted {
    name: String,
    issuer: String,
    subject: String,
}

impl Wanted {
    /// The name that it has or gets: Azure takes issuer and subject only once below an identity, so where somebody else
    /// has made it, that one does. `None` when the identity is full.
    fn name_among(&self, existing: &[Value]) -> Option<String> {
        let name_of = |credential: &Value| credential["name"].as_str().unwrap_or_default().to_owned();
        let text = |credential: &Value, pointer: &str| {
            credential.pointer(pointer).and_then(Value::as_str)
                == Some(&*match pointer {
                    "/properties/issuer" => self.issuer.clone(),
                    _ => self.subject.clone(),
                })
        };
        if existing
            .iter()
            .any(|credential| name_of(credential).eq_ignore_ascii_case(&self.name))
        {
            return Some(self.name.clone());
        }
        let same =
            |credential: &&Value| text(credential, "/properties/issuer") && text(credential, "/properties/subject");
        match existing.iter().find(same) {
            Some(other) => Some(name_of(other)),
            None => (existing.len() < MOST).then(|| self.name.clone()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn credential(name: &str, subject: &str) -> Value {
        json!({ "name": name, "properties": { "issuer": "https://issuer/", "subject": subject } })
    }

    fn name_among(existing: &[Value]) -> Option<String> {
        let wanted = Wanted {
            name: "ours".to_owned(),
            issuer: "https://issuer/".to_owned(),
            subject: "s".to_owned(),
        };
        wanted.name_among(existing)
    }

    #[test]
    fn one_of_the_same_issuer_and_subject_does_whatever_its_name() {
        assert_eq!(name_among(&[]).as_deref(), Some("ours"));
        assert_eq!(name_among(&[credential("theirs", "s")]).as_deref(), Some("theirs"));
        assert_eq!(name_among(&[credential("theirs", "t")]).as_deref(), Some("ours"));
    }

    #[test]
    fn a_full_identity_takes_no_other_one() {
        let mut all: Vec<Value> = (0..MOST)
            .map(|n| credential(&format!("c{n}"), &format!("s{n}")))
            .collect();
        assert_eq!(name_among(&all), None);
        all[0] = credential("OURS", "other");
        assert_eq!(name_among(&all).as_deref(), Some("ours"), "it is changed in place");
    }
}
