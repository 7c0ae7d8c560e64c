//! Role assignments, definitions and the caller's own rights over ARM.

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Answer, Sim};

const VERSION: &str = "2022-04-01";
const ACR_PULL: &str = "7f951dda-4ed3-4680-a7ca-43fe172d538d";
const READER: &str = "acdd72a7-3385-48ef-bd42-f606fba81ae7";
const PRINCIPAL: &str = "aaaaaaaa-1111-4111-8111-111111111111";
const FIRST: &str = "10000000-0000-4000-8000-000000000001";
const SECOND: &str = "20000000-0000-4000-8000-000000000002";

fn scope(sim: &Sim) -> String {
    format!("/subscriptions/{}/resourceGroups/rg", sim.subscription())
}

fn assignment(scope: &str, name: &str) -> String {
    format!("{scope}/providers/Microsoft.Authorization/roleAssignments/{name}")
}

fn body(sim: &Sim, role: &str, principal: &str) -> Value {
    let definition = format!(
        "/subscriptions/{}/providers/Microsoft.Authorization/roleDefinitions/{role}",
        sim.subscription()
    );
    json!({"properties": {"roleDefinitionId": definition, "principalId": principal, "principalType": "ServicePrincipal"}})
}

async fn put(sim: &Sim, name: &str, body: Value) -> Answer {
    sim.call(Method::PUT, &assignment(&scope(sim), name), VERSION, Some(body))
        .await
}

#[tokio::test]
async fn an_assignment_is_made_once_and_shows_its_nulls() {
    let sim = Sim::start().await;
    sim.group().await;
    let made = put(&sim, FIRST, body(&sim, ACR_PULL, PRINCIPAL)).await.expect(201);
    let properties = &made.body["properties"];
    assert_eq!(properties["scope"], scope(&sim));
    assert!(properties["condition"].is_null() && properties.get("condition").is_some());
    assert!(properties["createdOn"].is_string());
    put(&sim, FIRST, body(&sim, ACR_PULL, PRINCIPAL)).await.expect(200);
    let path = assignment(&scope(&sim), FIRST);
    let deleted = sim.call(Method::DELETE, &path, VERSION, None).await.expect(200);
    assert_eq!(deleted.body["name"], FIRST);
    sim.call(Method::DELETE, &path, VERSION, None).await.expect(204);
    let gone = sim.call(Method::GET, &path, VERSION, None).await.expect(404);
    assert_eq!(gone.code(), "RoleAssignmentNotFound");
    assert_eq!(gone.header("x-ms-failure-cause"), None);
}

#[tokio::test]
async fn the_same_under_another_name_is_told_with_an_undashed_id() {
    let sim = Sim::start().await;
    sim.group().await;
    put(&sim, FIRST, body(&sim, ACR_PULL, PRINCIPAL)).await.expect(201);
    let refused = put(&sim, SECOND, body(&sim, ACR_PULL, PRINCIPAL)).await.expect(409);
    assert_eq!(refused.code(), "RoleAssignmentExists");
    let message = refused.body["error"]["message"].as_str().unwrap();
    assert!(
        message.ends_with(&format!("is {}.", FIRST.replace('-', ""))),
        "{message}"
    );
}

#[tokio::test]
async fn a_name_is_not_used_for_anything_else() {
    let sim = Sim::start().await;
    sim.group().await;
    put(&sim, FIRST, body(&sim, ACR_PULL, PRINCIPAL)).await.expect(201);
    let subscription = assignment(&format!("/subscriptions/{}", sim.subscription()), FIRST);
    for refused in [
        put(&sim, FIRST, body(&sim, READER, PRINCIPAL)).await,
        put(&sim, FIRST, body(&sim, ACR_PULL, SECOND)).await,
        sim.call(
            Method::PUT,
            &subscription,
            VERSION,
            Some(body(&sim, ACR_PULL, PRINCIPAL)),
        )
        .await,
    ] {
        assert_eq!(refused.expect(400).code(), "RoleAssignmentUpdateNotPermitted");
    }
}

#[tokio::test]
async fn nonsense_is_refused() {
    let sim = Sim::start().await;
    sim.group().await;
    let code = |answer: Answer| answer.expect(400).code().to_owned();
    assert_eq!(
        code(put(&sim, "reader", body(&sim, READER, PRINCIPAL)).await),
        "InvalidRoleAssignmentId"
    );
    assert_eq!(
        code(put(&sim, FIRST, body(&sim, SECOND, PRINCIPAL)).await),
        "RoleDefinitionDoesNotExist"
    );
    assert_eq!(
        code(put(&sim, FIRST, body(&sim, READER, "me")).await),
        "InvalidPrincipalId"
    );
    assert_eq!(
        code(put(&sim, FIRST, json!({"properties": {}})).await),
        "InvalidRequestContent"
    );
}

#[tokio::test]
async fn without_its_type_a_new_principal_is_not_found() {
    let sim = Sim::start().await;
    sim.group().await;
    sim.set(json!({"principalReplication": 120})).await;
    let identity = sim.in_group("Microsoft.ManagedIdentity/userAssignedIdentities/app");
    let made = sim
        .call(
            Method::PUT,
            &identity,
            "2024-11-30",
            Some(json!({"location": "westeurope"})),
        )
        .await;
    let principal = made.expect(201).body["properties"]["principalId"]
        .as_str()
        .unwrap()
        .to_owned();
    let mut untyped = body(&sim, READER, &principal);
    untyped["properties"].as_object_mut().unwrap().remove("principalType");
    assert_eq!(
        put(&sim, FIRST, untyped.clone()).await.expect(400).code(),
        "PrincipalNotFound"
    );
    put(&sim, SECOND, body(&sim, ACR_PULL, &principal)).await.expect(201);
    sim.minutes(2);
    put(&sim, FIRST, untyped).await.expect(201);
}

#[tokio::test]
async fn a_new_assignment_may_be_invisible_at_first() {
    let sim = Sim::start().await;
    sim.group().await;
    sim.set(json!({"childDelay": 30})).await;
    put(&sim, FIRST, body(&sim, READER, PRINCIPAL)).await.expect(201);
    let path = assignment(&scope(&sim), FIRST);
    sim.call(Method::GET, &path, VERSION, None).await.expect(404);
    sim.minutes(1);
    sim.call(Method::GET, &path, VERSION, None).await.expect(200);
}

#[tokio::test]
async fn lists_show_what_is_around_a_scope_and_filters_narrow_them() {
    let sim = Sim::start().await;
    sim.group().await;
    let subscription = format!("/subscriptions/{}", sim.subscription());
    put(&sim, FIRST, body(&sim, READER, PRINCIPAL)).await.expect(201);
    let above = assignment(&subscription, SECOND);
    sim.call(Method::PUT, &above, VERSION, Some(body(&sim, ACR_PULL, PRINCIPAL)))
        .await
        .expect(201);
    let count = async |scope: &str, filter: &str| {
        let path = format!("{scope}/providers/Microsoft.Authorization/roleAssignments?$filter={filter}");
        let list = sim.call(Method::GET, &path, VERSION, None).await.expect(200);
        list.body["value"].as_array().unwrap().len()
    };
    assert_eq!(count(&scope(&sim), "").await, 2);
    assert_eq!(count(&subscription, "").await, 2);
    assert_eq!(count(&subscription, "atScope()").await, 1);
    assert_eq!(
        count(&subscription, &format!("principalId%20eq%20'{PRINCIPAL}'")).await,
        2
    );
    assert_eq!(count(&subscription, &format!("principalId%20eq%20'{SECOND}'")).await, 0);
}

#[tokio::test]
async fn an_assignment_takes_effect_after_its_propagation_and_ends_with_its_deletion() {
    let mut sim = Sim::start().await;
    sim.group().await;
    sim.set(json!({"rolePropagation": 300})).await;
    let owner = sim.token.clone();
    let principal = sim.become_principal("app", &[]).await;
    let group = scope(&sim);
    let mine = sim.token.clone();
    sim.token = owner.clone();
    put(&sim, FIRST, body(&sim, READER, &principal)).await.expect(201);
    sim.token = mine.clone();
    assert_eq!(sim.get(&group).await.expect(403).code(), "AuthorizationFailed");
    sim.minutes(5);
    sim.get(&group).await.expect(200);
    sim.token = owner;
    sim.call(Method::DELETE, &assignment(&group, FIRST), VERSION, None)
        .await
        .expect(200);
    sim.token = mine;
    sim.get(&group).await.expect(403);
}

#[tokio::test]
async fn a_condition_lets_its_holder_pass_on_only_what_it_names() {
    let mut sim = Sim::start().await;
    sim.group().await;
    let owner = sim.token.clone();
    let principal = sim.become_principal("operator", &[]).await;
    let mine = std::mem::replace(&mut sim.token, owner);
    let mut administrator = body(&sim, "f58310d9-a9f6-439a-9e8d-f62e7b41a168", &principal);
    administrator["properties"]["condition"] = json!(format!(
        "((!(ActionMatches{{'Microsoft.Authorization/roleAssignments/write'}})) OR \
         (@Request[Microsoft.Authorization/roleAssignments:RoleDefinitionId] ForAnyOfAnyValues:GuidEquals {{{ACR_PULL}}}))"
    ));
    assert_eq!(
        put(&sim, FIRST, administrator.clone()).await.expect(400).code(),
        "InvalidConditionVersion"
    );
    administrator["properties"]["conditionVersion"] = json!("2.0");
    put(&sim, FIRST, administrator).await.expect(201);
    sim.token = mine;
    put(&sim, SECOND, body(&sim, ACR_PULL, PRINCIPAL)).await.expect(201);
    let name = "30000000-0000-4000-8000-000000000003";
    let refused = put(&sim, name, body(&sim, READER, PRINCIPAL)).await.expect(403);
    assert!(
        refused.text.contains("ABAC condition not fulfilled"),
        "{}",
        refused.text
    );
}

#[tokio::test]
async fn assignments_at_a_cluster_go_with_it() {
    let sim = Sim::start().await;
    sim.ready_cluster("c").await;
    let path = assignment(&sim.cluster("c"), FIRST);
    sim.call(Method::PUT, &path, VERSION, Some(body(&sim, READER, PRINCIPAL)))
        .await
        .expect(201);
    sim.delete(&sim.cluster("c")).await.expect(202);
    sim.minutes(30);
    sim.ready_cluster("c").await;
    sim.call(Method::GET, &path, VERSION, None).await.expect(404);
}

#[tokio::test]
async fn a_role_is_found_by_name_and_by_guid_at_every_scope() {
    let sim = Sim::start().await;
    sim.group().await;
    let all = format!("{}/providers/Microsoft.Authorization/roleDefinitions", scope(&sim));
    let found = sim
        .call(
            Method::GET,
            &format!("{all}?$filter=roleName%20eq%20'AcrPull'"),
            VERSION,
            None,
        )
        .await;
    let found = found.expect(200).body;
    assert_eq!(
        (found["value"].as_array().unwrap().len(), &found["value"][0]["name"]),
        (1, &json!(ACR_PULL))
    );
    let one = sim
        .call(Method::GET, &format!("{all}/{ACR_PULL}"), VERSION, None)
        .await
        .expect(200)
        .body;
    assert_eq!(
        one["properties"]["permissions"][0]["actions"][0],
        "Microsoft.ContainerRegistry/registries/pull/read"
    );
    let built_in = format!("/providers/Microsoft.Authorization/roleDefinitions/{ACR_PULL}");
    sim.call(Method::DELETE, &built_in, VERSION, None).await.expect(400);
}

#[tokio::test]
async fn a_role_of_ones_own_gives_what_it_lists() {
    let mut sim = Sim::start().await;
    sim.group().await;
    let subscription = format!("/subscriptions/{}", sim.subscription());
    let role = json!({"properties": {
        "roleName": "Groups", "assignableScopes": [subscription],
        "permissions": [{"actions": ["Microsoft.Resources/subscriptions/resourceGroups/*"],
            "notActions": ["Microsoft.Resources/subscriptions/resourceGroups/delete"]}],
    }});
    let path = format!("{subscription}/providers/Microsoft.Authorization/roleDefinitions/{SECOND}");
    sim.call(Method::PUT, &path, VERSION, Some(role)).await.expect(201);
    let owner = sim.token.clone();
    let principal = sim.become_principal("app", &[]).await;
    let mine = std::mem::replace(&mut sim.token, owner);
    put(&sim, FIRST, body(&sim, SECOND, &principal)).await.expect(201);
    sim.token = mine;
    sim.get(&scope(&sim)).await.expect(200);
    sim.delete(&scope(&sim)).await.expect(403);
    let rights = format!("{}/providers/Microsoft.Authorization/permissions", scope(&sim));
    assert_eq!(
        sim.call(Method::GET, &rights, VERSION, None).await.status,
        403,
        "the right to read them is one too"
    );
}

#[tokio::test]
async fn permissions_are_the_callers_own_one_entry_an_assignment() {
    let mut sim = Sim::start().await;
    sim.group().await;
    sim.become_principal("app", &["Reader", "AcrPull"]).await;
    let rights = format!("{}/providers/Microsoft.Authorization/permissions", scope(&sim));
    let rights = sim.call(Method::GET, &rights, VERSION, None).await.expect(200).body;
    let actions: Vec<&Value> = rights["value"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| &one["actions"][0])
        .collect();
    assert_eq!(
        actions,
        [
            &json!("*/read"),
            &json!("Microsoft.ContainerRegistry/registries/pull/read")
        ]
    );
}
