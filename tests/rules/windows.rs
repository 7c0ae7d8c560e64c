//! Rules about Windows nodes.

use serde_json::{Value, json};

use crate::harness::Kind::Cluster;
use crate::harness::{Case, case};

pub fn cases() -> Vec<Case> {
    [account(), service_accounts()].into_iter().flatten().collect()
}

fn windows(says: &str, accepted: Value, refused: Value) -> Case {
    let profile = |fields: Value| {
        let mut profile = json!({ "adminUsername": "azure" });
        profile
            .as_object_mut()
            .unwrap()
            .extend(fields.as_object().unwrap().clone());
        json!({ "windowsProfile": profile })
    };
    case(Cluster, says, profile(accepted), profile(refused))
}

fn account() -> Vec<Case> {
    let password = |name: &str, key: &str| json!({ "adminPassword": { "name": name, "key": key } });
    vec![
        windows(
            "windowsProfile.adminUsername may not",
            json!({ "adminUsername": "azure.user" }),
            json!({ "adminUsername": "azure." }),
        ),
        windows(
            "windowsProfile.adminUsername may not",
            json!({ "adminUsername": "azure_user" }),
            json!({ "adminUsername": "domain\\azure" }),
        ),
        windows(
            "windowsProfile.adminUsername is one",
            json!({ "adminUsername": "rooty" }),
            json!({ "adminUsername": "Root" }),
        ),
        windows(
            "name is the name of a Secret",
            password("windows", "k"),
            password("Windows", "k"),
        ),
        windows(
            "key is a key of the Secret's data",
            password("windows", "a.b"),
            password("windows", "a b"),
        ),
        case(
            Cluster,
            "windowsProfile needs networkProfile",
            json!({ "windowsProfile": { "adminUsername": "azure" }, "networkProfile": { "networkPlugin": "azure" } }),
            json!({ "windowsProfile": { "adminUsername": "azure" }, "networkProfile": { "networkPlugin": "kubenet" } }),
        ),
    ]
}

fn service_accounts() -> Vec<Case> {
    let domain = |enabled: bool| json!({ "gmsaProfile": { "enabled": enabled, "dnsServer": "10.0.0.4", "rootDomainName": "corp.example.com" } });
    vec![
        windows(
            "windowsProfile.gmsaProfile.dnsServer and rootDomainName",
            json!({ "gmsaProfile": { "enabled": true, "dnsServer": "", "rootDomainName": "" } }),
            json!({ "gmsaProfile": { "enabled": true, "dnsServer": "10.0.0.4" } }),
        ),
        windows(
            "windowsProfile.gmsaProfile.dnsServer is for",
            domain(true),
            domain(false),
        ),
    ]
}
