//! Preview features over the wire.

use crate::support::Sim;

fn path(sim: &Sim, rest: &str) -> String {
    let subscription = sim.subscription();
    format!("/subscriptions/{subscription}/providers/Microsoft.Features/{rest}")
}

#[tokio::test]
async fn a_feature_is_registered_a_few_minutes_after_it_was_asked_for() {
    let sim = Sim::start().await;
    let feature = path(
        &sim,
        "providers/microsoft.containerservice/features/nodeinitializationtaintspreview",
    );
    let state = |answer: crate::support::Answer| answer.body["properties"]["state"].clone();
    let before = sim.get(&feature).await.expect(200);
    assert_eq!(
        before.body["name"],
        "Microsoft.ContainerService/NodeInitializationTaintsPreview"
    );
    assert_eq!(state(before), "NotRegistered");
    let register = format!("{feature}/register");
    assert_eq!(state(sim.post(&register).await.expect(200)), "Registering");
    sim.minutes(4);
    // Asking again does not begin anew.
    sim.post(&register).await.expect(200);
    sim.minutes(1);
    assert_eq!(state(sim.get(&feature).await.expect(200)), "Registered");
    let twin = path(
        &sim,
        "featureProviders/Microsoft.ContainerService/subscriptionFeatureRegistrations/NodeInitializationTaintsPreview",
    );
    assert_eq!(state(sim.get(&twin).await.expect(200)), "Registered");
    sim.post(&format!("{feature}/unregister")).await.expect(200);
    assert_eq!(state(sim.get(&feature).await.expect(200)), "Unregistering");
    sim.minutes(5);
    assert_eq!(state(sim.get(&feature).await.expect(200)), "Unregistered");
}

#[tokio::test]
async fn a_feature_that_does_not_exist_is_not_found() {
    let sim = Sim::start().await;
    let list = path(&sim, "providers/Microsoft.ContainerService/features");
    let all = sim.get(&list).await.expect(200);
    assert!(all.body["value"].as_array().is_some_and(|list| list.len() > 3));
    let absent = sim.post(&format!("{list}/StartStopPreview/register")).await.expect(404);
    assert_eq!(absent.code(), "FeatureNotFound");
}
