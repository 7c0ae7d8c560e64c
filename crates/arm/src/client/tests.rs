use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use super::*;
use crate::error::ServiceError;
use crate::retry_after::RetryAfter;
use crate::testing::{Fake, cluster, ok};
use crate::wire::Response;

fn with_headers(status: u16, async_operation: Option<&str>, location: Option<&str>) -> Response {
    Response {
        status,
        body: None,
        async_operation: async_operation.map(OperationUrl::new),
        location: location.map(OperationUrl::new),
        retry_after: Some(RetryAfter::new(Duration::from_secs(7))),
    }
}

#[tokio::test]
async fn a_cluster_is_absent_only_when_azure_says_so_of_the_cluster() {
    for code in ["ResourceNotFound", "NotFound"] {
        assert_eq!(
            Fake::refusing(404, code).client().get_cluster(&cluster("a")).await,
            Ok(None),
            "{code}"
        );
    }
    for (status, code) in [
        (404, "ResourceGroupNotFound"),
        (404, "SubscriptionNotFound"),
        (404, "ParentResourceNotFound"),
        (404, "InvalidResourceType"),
        (404, ""),
        (403, "ResourceNotFound"),
        (500, "NotFound"),
    ] {
        let answer = Fake::refusing(status, code).client().get_cluster(&cluster("a")).await;
        assert_eq!(answer.unwrap_err().status(), Some(status), "{code}");
    }
}

#[tokio::test]
async fn an_empty_answer_is_no_absence() {
    let empty = Fake::new(|_| ok(200, Value::Null)).client();
    assert!(matches!(
        empty.get_cluster(&cluster("a")).await,
        Err(ArmError::Malformed { .. })
    ));
    assert!(matches!(
        empty.get_resource_group(cluster("a").group()).await,
        Err(ArmError::Malformed { .. })
    ));
}

#[tokio::test]
async fn a_deleted_resource_is_gone_however_azure_says_it() {
    let absent = Fake::new(|_| ok(204, Value::Null));
    assert_eq!(absent.client().delete_cluster(&cluster("a")).await, Ok(Deletion::Gone));
    assert_eq!(
        Fake::refusing(404, "ResourceNotFound")
            .client()
            .delete_cluster(&cluster("a"))
            .await,
        Ok(Deletion::Gone)
    );
    let groupless = Fake::refusing(404, "ResourceGroupNotFound").client();
    assert_eq!(groupless.delete_cluster(&cluster("a")).await, Ok(Deletion::Gone));
    let pool = cluster("a").pool("np1").unwrap();
    let orphaned = Fake::refusing(404, "ParentResourceNotFound").client();
    assert_eq!(orphaned.delete_pool(&pool, Priority::Delete).await, Ok(Deletion::Gone));
    assert_eq!(orphaned.get_pool(&pool, Priority::Delete).await, Ok(None));
    let refused = Fake::refusing(404, "SubscriptionNotFound")
        .client()
        .delete_pool(&pool, Priority::Delete)
        .await;
    assert!(refused.is_err());
}

#[tokio::test]
async fn a_missing_resource_group_is_none_and_a_missing_subscription_is_not() {
    let group = cluster("a").group().clone();
    assert_eq!(
        Fake::refusing(404, "ResourceGroupNotFound")
            .client()
            .get_resource_group(&group)
            .await,
        Ok(None)
    );
    assert!(
        Fake::refusing(404, "SubscriptionNotFound")
            .client()
            .get_resource_group(&group)
            .await
            .is_err()
    );
}

#[test]
fn the_operation_of_a_write_is_found_in_either_header() {
    let operation = |response| Accepted::from(response).operation.map(|url| url.as_str().to_owned());
    assert_eq!(operation(with_headers(201, Some("aao"), None)).as_deref(), Some("aao"));
    assert_eq!(operation(with_headers(200, Some("aao"), None)).as_deref(), Some("aao"));
    assert_eq!(
        operation(with_headers(202, Some("aao"), Some("location"))).as_deref(),
        Some("aao")
    );
    assert_eq!(
        operation(with_headers(202, None, Some("location"))).as_deref(),
        Some("location")
    );
    assert_eq!(operation(with_headers(201, None, Some("the resource itself"))), None);
    assert_eq!(operation(with_headers(200, None, None)), None);
}

#[tokio::test]
async fn an_operation_is_told_from_its_body_and_else_from_the_status() {
    let failed = json!({ "status": "Failed", "error": { "code": "SubnetIsFull", "message": "m" } });
    let running = |percent| OperationState::Running {
        percent,
        retry_after: None,
    };
    let cases = [
        (200, json!({ "name": "x", "status": "InProgress" }), running(None)),
        (
            200,
            json!({ "status": "Updating", "percentComplete": 41.7 }),
            running(Some(41)),
        ),
        (
            200,
            json!({ "status": "Canceling", "percentComplete": 1e9 }),
            running(Some(100)),
        ),
        (
            200,
            json!({ "status": "InProgress", "error": { "code": "NotLatestOperation" } }),
            running(None),
        ),
        (202, json!({ "status": "InProgress" }), running(None)),
        (202, Value::Null, running(None)),
        (200, json!({ "status": "Succeeded" }), OperationState::Succeeded),
        (
            200,
            json!({ "properties": { "provisioningState": "Succeeded" } }),
            OperationState::Succeeded,
        ),
        (
            200,
            json!({ "properties": { "provisioningState": "Updating" } }),
            running(None),
        ),
        (200, json!({ "kubeconfigs": [] }), OperationState::Succeeded),
        (204, Value::Null, OperationState::Succeeded),
        (
            200,
            json!({ "status": "Canceled", "error": { "code": "x" } }),
            OperationState::Canceled,
        ),
        (
            200,
            failed,
            OperationState::Failed(ServiceError {
                code: "SubnetIsFull".into(),
                message: "m".into(),
                ..ServiceError::default()
            }),
        ),
    ];
    for (status, body, expected) in cases {
        let azure = Fake::new({
            let body = body.clone();
            move |_| ok(status, body.clone())
        });
        let state = azure.client().operation_status(&OperationUrl::new("https://x/1")).await;
        assert_eq!(state, Ok(expected), "{status} {body}");
    }
}

#[tokio::test]
async fn an_unreadable_operation_is_no_failed_operation() {
    let url = OperationUrl::new("https://x/1");
    assert_eq!(
        Fake::refusing(404, "NotFound").client().operation_status(&url).await,
        Ok(OperationState::Unknown)
    );
    assert!(
        Fake::refusing(500, "InternalServerError")
            .client()
            .operation_status(&url)
            .await
            .is_err()
    );
}

#[tokio::test]
async fn a_list_is_followed_verbatim_to_its_last_page_and_may_have_empty_ones() {
    let azure = Fake::new(|request| match &request.target {
        Target::Path { .. } => ok(
            200,
            json!({ "value": [{ "id": "1" }], "nextLink": "https://h/p?$skipToken=a%2Fb&x" }),
        ),
        Target::Verbatim(url) if url == "https://h/p?$skipToken=a%2Fb&x" => {
            ok(200, json!({ "value": [], "nextLink": "https://h/p?2" }))
        }
        Target::Verbatim(_) => ok(200, json!({ "value": [{ "id": "2" }], "nextLink": "" })),
    });
    let scope = Scope::Subscription(cluster("a").subscription().clone());
    let clusters = azure.client().list_clusters(&scope).await.unwrap();
    assert_eq!(clusters, [json!({ "id": "1" }), json!({ "id": "2" })]);
    assert_eq!(azure.asked().len(), 3);
}

#[tokio::test]
async fn a_list_that_breaks_off_is_an_error_and_not_a_shorter_list() {
    let scope = Scope::ResourceGroup(cluster("a").group().clone());
    for page in [json!({}), json!({ "value": null }), json!([]), Value::Null] {
        let azure = Fake::new(move |_| ok(200, page.clone()));
        assert!(matches!(
            azure.client().list_clusters(&scope).await,
            Err(ArmError::Malformed { .. })
        ));
    }
}

#[tokio::test]
async fn a_list_without_an_end_is_an_error_and_costs_no_more_than_its_cap() {
    let next = |link: &dyn Fn(usize) -> Value| -> Vec<Value> { (0..2 * MAX_PAGES).map(link).collect() };
    let rows: [(&str, Vec<Value>, usize); 3] = [
        ("to itself", next(&|_| json!("https://h/again")), 2),
        (
            "round and round",
            next(&|page| json!(format!("https://h/{}", page % 3))),
            4,
        ),
        (
            "to ever new pages",
            next(&|page| json!(format!("https://h/{page}"))),
            MAX_PAGES,
        ),
    ];
    let scope = Scope::ResourceGroup(cluster("a").group().clone());
    for (what, links, most) in rows {
        let page = AtomicUsize::new(0);
        let azure = Fake::new(move |_| {
            let link = &links[page.fetch_add(1, Ordering::Relaxed)];
            ok(200, json!({ "value": [{ "id": "1" }], "nextLink": link }))
        });
        let listed = azure.client().list_clusters(&scope).await;
        assert!(matches!(listed, Err(ArmError::Malformed { .. })), "{what}: {listed:?}");
        assert_eq!(azure.asked().len(), most, "{what}");
    }
}

#[tokio::test]
async fn a_link_that_is_no_text_ends_a_list() {
    let scope = Scope::ResourceGroup(cluster("a").group().clone());
    for link in [json!(null), json!(7), json!({}), json!(["https://h/x"]), json!("")] {
        let azure = Fake::new(move |_| ok(200, json!({ "value": [null, 7], "nextLink": link })));
        let listed = azure.client().list_clusters(&scope).await;
        assert_eq!(
            listed,
            Ok(vec![Value::Null, json!(7)]),
            "what an item is, is for its reader to say"
        );
        assert_eq!(azure.asked().len(), 1);
    }
}

#[tokio::test]
async fn upgrades_are_read_with_their_previews() {
    let azure = Fake::new(|_| {
        ok(
            200,
            json!({ "properties": { "controlPlaneProfile": {
                "kubernetesVersion": "1.33.2",
                "upgrades": [{ "kubernetesVersion": "1.34.1" }, { "kubernetesVersion": "1.35.0", "isPreview": true }],
            } } }),
        )
    });
    let profile = azure
        .client()
        .upgrade_profile(&cluster("a"), Priority::Upgrade)
        .await
        .unwrap();
    let upgrade = |version: &str, preview| AvailableUpgrade {
        version: version.into(),
        preview,
    };
    assert_eq!(profile.current, "1.33.2");
    assert_eq!(profile.upgrades, [upgrade("1.34.1", false), upgrade("1.35.0", true)]);
    let nothing = Fake::new(|_| ok(200, json!({ "properties": {} })));
    assert!(
        nothing
            .client()
            .upgrade_profile(&cluster("a"), Priority::Upgrade)
            .await
            .is_err()
    );
}

#[tokio::test]
async fn calls_count_in_the_region_that_the_cluster_showed() {
    let azure = Fake::new(|_| ok(200, json!({ "location": "West Europe" })));
    let client = azure.client();
    let pool = cluster("a").pool("np1").unwrap();
    client.get_pool(&pool, Priority::Observe).await.unwrap();
    client.get_cluster(&cluster("A")).await.unwrap();
    client.get_pool(&pool, Priority::Observe).await.unwrap();
    let regions: Vec<_> = azure
        .asked()
        .into_iter()
        .map(|request| request.subject.unwrap().region)
        .collect();
    assert_eq!(regions, [None, None, Some("westeurope".into())]);
}

#[test]
fn an_operation_counts_in_the_subscription_and_region_of_its_url() {
    let url = "https://management.azure.com/subscriptions/11111111-2222-3333-4444-555555555555/providers/\
               Microsoft.ContainerService/locations/WestUS2/operations/x?api-version=2016-03-30";
    let subject = OperationUrl::new(url).subject().unwrap();
    assert_eq!(subject.region.as_deref(), Some("westus2"));
    assert_eq!(subject.subscription, *cluster("a").subscription());
    assert!(OperationUrl::new("not a url").subject().is_none());
}

#[test]
fn an_operation_url_is_stored_whole_and_shown_without_its_signature() {
    let url = OperationUrl::new("https://h/operations/1?t=1&c=certificate&s=signature&h=hash");
    assert_eq!(
        format!("{url} {url:?}"),
        "https://h/operations/1 OperationUrl(https://h/operations/1)"
    );
    let stored = serde_json::to_string(&url).unwrap();
    assert!(stored.contains("s=signature"));
    assert_eq!(serde_json::from_str::<OperationUrl>(&stored).unwrap(), url);
}

#[tokio::test]
async fn a_body_is_not_shown_in_debug_output() {
    let azure = Fake::new(|_| ok(200, json!({ "password": "s3cr3t" })));
    let body = json!({ "windowsProfile": { "adminPassword": "s3cr3t" } });
    azure
        .client()
        .put_cluster(&cluster("a"), &body, Precondition::None, Priority::Config)
        .await
        .unwrap();
    let shown = format!("{:?} {:?}", azure.asked(), ok(200, json!("s3cr3t")));
    assert!(shown.contains("PutCluster") && !shown.contains("s3cr3t"), "{shown}");
}
