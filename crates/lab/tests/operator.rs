//! The operator as a process: it can be killed at any point, started again as it was, and asked to end.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::time::Duration;

use armature_lab::{OperatorProcess, SimOptions, Simulator, shared};

/// Waits until the operator serves its HTTP side, which it does before it has all it needs.
async fn alive(operator: &mut OperatorProcess) {
    let url = format!("{}/healthz", operator.admin());
    let probe = async || {
        reqwest::get(&url)
            .await
            .ok()
            .filter(|answer| answer.status().is_success())
    };
    operator
        .process()
        .wait_until(Duration::from_secs(60), probe)
        .await
        .unwrap();
}

#[tokio::test]
async fn a_killed_operator_starts_again_as_it_was_and_ends_when_asked() {
    let cluster = shared().await.unwrap();
    let namespace = cluster.namespace("operator").await.unwrap();
    let simulator = Simulator::start(&SimOptions::default()).await.unwrap();
    let arguments = [
        format!("--namespace={namespace}"),
        format!("--operator-namespace={namespace}"),
        format!("--own-identity-namespaces={namespace}"),
        "--no-leader-elect".to_owned(),
    ];
    let mut operator = OperatorProcess::start(&cluster, arguments, simulator.access().operator_environment()).unwrap();
    alive(&mut operator).await;
    let (first, address) = (operator.process().id(), operator.admin());

    operator.kill();
    assert!(operator.process().ended().unwrap().is_some());
    operator.restart().unwrap();
    alive(&mut operator).await;
    assert_ne!(operator.process().id(), first);
    assert_eq!(operator.admin(), address);

    let status = operator.stop().await.unwrap().expect("it ends by itself");
    assert!(status.success(), "{status}: {}", operator.process().log_tail());
    assert_eq!(simulator.mismatches(), Vec::<String>::new());
}
