//! The lab's client of the admin side and the simulator agree.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::collections::BTreeMap;

use armature_lab::simulator::admin::{Requests, Role, Seed};
use armature_lab::simulator::fault::{Fault, Injection};
use armature_lab::{LabError, SimClock, SimOptions, Simulator};
use jiff::SignedDuration;
use serde_json::{Value, json};

/// A simulator on a manual clock without TLS, and a signed-in client of its Azure side.
struct Azure {
    simulator: Simulator,
    client: reqwest::Client,
    token: String,
}

/// Every answer has to be what the API descriptions say.
impl Drop for Azure {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            assert_eq!(self.simulator.mismatches(), Vec::<String>::new());
        }
    }
}

impl Azure {
    async fn start() -> Self {
        let options = SimOptions {
            clock: SimClock::Manual,
            tls: false,
            ..SimOptions::default()
        };
        let simulator = Simulator::start(&options).await.unwrap();
        let client = reqwest::Client::new();
        let access = simulator.access();
        let form = url::form_urlencoded::Serializer::new(String::new())
            .append_pair("grant_type", "client_credentials")
            .append_pair("client_id", &access.client_id)
            .append_pair("client_secret", &access.client_secret)
            .append_pair("scope", "https://management.azure.com/.default")
            .finish();
        let answer = client
            .post(format!("{}/{}/oauth2/v2.0/token", access.endpoint, access.tenant))
            .header("content-type", "application/x-www-form-urlencoded")
            .body(form)
            .send()
            .await
            .unwrap();
        let answer: Value = answer.json().await.unwrap();
        let token = answer["access_token"]
            .as_str()
            .unwrap_or_else(|| panic!("{answer}"))
            .to_owned();
        Self {
            simulator,
            client,
            token,
        }
    }

    async fn get(&self, id: &str) -> (u16, Value) {
        let url = format!("{}{id}?api-version=2026-08-01", self.simulator.access().endpoint);
        let answer = self.client.get(url).bearer_auth(&self.token).send().await.unwrap();
        (answer.status().as_u16(), answer.json().await.unwrap())
    }
}

/// Whoever ends a test with [`Azure`] would hear of it: the guard is the one that stories have.
#[tokio::test]
async fn an_answer_that_differs_from_the_descriptions_fails_the_test() {
    let azure = Azure::start().await;
    let clusters = azure.simulator.admin().seed(&Seed::default()).await.unwrap();
    let id = &clusters[0];
    azure.get(id).await;
    assert_eq!(azure.simulator.mismatches(), Vec::<String>::new());
    let wrong = json!({ "properties": { "dnsPrefix": 5 } });
    azure.simulator.admin().edit(id, wrong).await.unwrap();
    azure.get(id).await;
    let found = azure.simulator.mismatches();
    assert!(found.len() == 1 && found[0].contains("dnsPrefix"), "{found:?}");
    let end = std::panic::AssertUnwindSafe(|| drop(azure));
    assert!(std::panic::catch_unwind(end).is_err());
}

#[tokio::test]
async fn the_world_acts_on_a_seeded_cluster() {
    let azure = Azure::start().await;
    let admin = azure.simulator.admin();
    let seed = Seed {
        tags: BTreeMap::from([("owner".to_owned(), "{name}".to_owned())]),
        pools: 2,
        ..Seed::default()
    };
    let ids = admin.seed(&seed).await.unwrap();
    let [cluster] = &ids[..] else { panic!("{ids:?}") };
    let pool = format!("{cluster}/agentPools/pool2");

    admin
        .edit(cluster, json!({ "tags": { "edited": "yes" } }))
        .await
        .unwrap();
    admin
        .policy(cluster, &BTreeMap::from([("cost".to_owned(), "42".to_owned())]))
        .await
        .unwrap();
    admin.autoscale(&pool, 7).await.unwrap();

    let (status, body) = azure.get(cluster).await;
    assert_eq!(status, 200, "{body}");
    assert_eq!(
        body["tags"],
        json!({ "owner": "seed-0001", "edited": "yes", "cost": "42" })
    );
    let (_, body) = azure.get(&pool).await;
    assert_eq!(body["properties"]["count"], 7);
}

#[tokio::test]
async fn time_stands_still_until_it_is_moved() {
    let azure = Azure::start().await;
    let admin = azure.simulator.admin();
    let ids = admin
        .seed(&Seed {
            pools: 2,
            ..Seed::default()
        })
        .await
        .unwrap();
    let before = admin.clock().await.unwrap();
    assert_eq!(before.running_operations, 0);
    admin
        .auto_upgrade(&format!("{}/agentPools/pool2", ids[0]), None)
        .await
        .unwrap();
    assert_eq!(admin.clock().await.unwrap().running_operations, 1);

    let step = SignedDuration::from_secs(1);
    assert_eq!(admin.advance(step).await.unwrap().now, before.now + step);
    let after = admin.advance_until_idle().await.unwrap();
    assert_eq!(after.running_operations, 0);
    assert!(after.now > before.now + step);
}

#[tokio::test]
async fn a_fault_strikes_as_often_as_ordered_and_is_in_the_log() {
    let azure = Azure::start().await;
    let admin = azure.simulator.admin();
    let ids = admin.seed(&Seed::default()).await.unwrap();
    admin.clear_requests().await.unwrap();
    let busy = Injection::new(Fault::throttle(30))
        .method("GET")
        .path("/managedClusters/")
        .times(1);
    admin.inject(&busy).await.unwrap();

    assert_eq!(azure.get(&ids[0]).await.0, 429);
    assert_eq!(admin.faults_left().await.unwrap(), 0);
    assert_eq!(azure.get(&ids[0]).await.0, 200);

    let which = Requests {
        call: Some("ManagedClusters_Get".to_owned()),
        writes: Some(false),
        ..Requests::default()
    };
    let log = admin.requests(&which).await.unwrap();
    assert_eq!(
        log.iter()
            .map(|request| (request.status, request.fault))
            .collect::<Vec<_>>(),
        [(429, true), (200, false)]
    );
    let counted = admin.counters().await.unwrap();
    assert_eq!(counted["ManagedClusters_Get"], BTreeMap::from([(200, 1), (429, 1)]));
}

#[tokio::test]
async fn every_kind_of_fault_can_be_ordered_and_taken_back() {
    let azure = Azure::start().await;
    let admin = azure.simulator.admin();
    let faults = [
        Fault::refuse(409, "OperationNotAllowed", "busy"),
        Fault::throttle(5),
        Fault::ConnectionReset { after: true },
        Fault::Delay { milliseconds: 5 },
        Fault::TruncatedBody {},
        Fault::alter_body(json!([{ "op": "remove", "path": "/value" }])),
        Fault::alter_header("location", None),
        Fault::operation_fails("QuotaExceeded", "no cores"),
    ];
    let mut numbers = Vec::new();
    for fault in &faults {
        numbers.push(
            admin
                .inject(&Injection::new(fault.clone()).call("Nothing"))
                .await
                .unwrap(),
        );
    }
    admin.remove_fault(numbers[0]).await.unwrap();
    assert_eq!(admin.faults_left().await.unwrap(), faults.len() - 1);
    admin.clear_faults().await.unwrap();
    assert_eq!(admin.faults_left().await.unwrap(), 0);
}

#[tokio::test]
async fn rights_can_be_taken_and_given_and_a_reset_forgets_it_all() {
    let azure = Azure::start().await;
    let admin = azure.simulator.admin();
    let ids = admin.seed(&Seed::default()).await.unwrap();
    let client_id = azure.simulator.access().client_id.clone();
    admin.unassign(&client_id).await.unwrap();
    assert_eq!(azure.get(&ids[0]).await.0, 403);
    admin.assign(&client_id, Role::Reader, "/").await.unwrap();
    assert_eq!(azure.get(&ids[0]).await.0, 200);

    let other = "44444444-4444-4444-8444-444444444444";
    admin.add_principal(other, "hush").await.unwrap();
    admin
        .trust(other, "https://issuer.example", "system:serviceaccount:a:b")
        .await
        .unwrap();
    admin
        .change_settings(json!({ "throttling": false, "listDelay": 0 }))
        .await
        .unwrap();
    admin.reset().await.unwrap();
    assert_eq!(azure.get(&ids[0]).await.0, 404);
}

#[tokio::test]
async fn what_the_admin_side_refuses_is_told() {
    let azure = Azure::start().await;
    let error = azure
        .simulator
        .admin()
        .edit("/subscriptions/x", json!({}))
        .await
        .unwrap_err();
    assert!(matches!(error, LabError::AdminRefused { status: 400, .. }), "{error}");
}

#[tokio::test]
async fn a_bad_argument_is_reported_with_what_the_simulator_says() {
    let options = SimOptions {
        arguments: vec!["--no-such-flag".to_owned()],
        ..SimOptions::default()
    };
    let error = Simulator::start(&options).await.unwrap_err();
    let LabError::Died { log, tail, .. } = error else {
        panic!("{error}")
    };
    assert!(tail.contains("--no-such-flag"), "{tail}");
    std::fs::remove_dir_all(log.parent().unwrap()).unwrap();
}
