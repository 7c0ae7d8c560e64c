//! Where a token goes: to the configured endpoint, whatever an answer says.

use std::net::{Ipv4Addr, TcpListener};

use super::*;
use armature_azure::ResourceId;
use armature_azure::id::SubscriptionId;

/// Enough answers for every call of a test.
const MANY: usize = 400;

/// Azure, and two neighbours that differ from it in nothing but the port or the address. What they hear is a leak.
struct Network {
    azure: Server,
    other_port: Server,
    other_host: Server,
}

impl Network {
    /// Azure answers everything with what `azure` makes of the addresses of Azure and of the neighbours.
    fn new(azure: impl FnOnce(&[String; 3]) -> Vec<String>) -> Self {
        let (listener, same_port) = loop {
            let listener = TcpListener::bind("127.0.0.1:0").unwrap();
            let port = listener.local_addr().unwrap().port();
            if let Ok(same_port) = TcpListener::bind((Ipv4Addr::new(127, 0, 0, 2), port)) {
                break (listener, same_port);
            }
        };
        let neighbour = TcpListener::bind("127.0.0.1:0").unwrap();
        let hosts = [&listener, &neighbour, &same_port].map(|listener| listener.local_addr().unwrap().to_string());
        let welcome = || vec![answer("200 OK", &[], r#"{"value":[],"status":"Succeeded"}"#); MANY];
        Self {
            azure: Server::on(listener, azure(&hosts)),
            other_port: Server::on(neighbour, welcome()),
            other_host: Server::on(same_port, welcome()),
        }
    }

    /// The hosts with their ports, Azure's first.
    fn hosts(&self) -> [&str; 3] {
        [&self.azure, &self.other_port, &self.other_host].map(|server| server.endpoint.strip_prefix("http://").unwrap())
    }

    fn leaks(&self) -> Vec<String> {
        [self.other_port.requests(), self.other_host.requests()].concat()
    }
}

/// Ways to write a URL that points at `elsewhere`, some of which look like one of `azure`.
fn astray(azure: &str, elsewhere: &str) -> Vec<String> {
    let (host, port) = elsewhere.split_once(':').unwrap();
    let last = host.rsplit('.').next().unwrap();
    vec![
        format!("http://{elsewhere}/x"),
        format!("HTTP://{elsewhere}/x"),
        format!("https://{elsewhere}/x"),
        format!("http://{azure}@{elsewhere}/x"),
        format!("http://{azure}:secret@{elsewhere}/x"),
        format!("http://{azure}%2f@{elsewhere}/x"),
        format!("http://{azure}%00@{elsewhere}/x"),
        format!("http:\\\\{elsewhere}\\x"),
        format!("http:/{elsewhere}/x"),
        format!("http:{elsewhere}/x"),
        format!("http:///{elsewhere}/x"),
        format!("http://\t{host}\n:{port}/x"),
        format!("ht\ntp://{elsewhere}/x"),
        format!(" \u{1}http://{elsewhere}/x "),
        format!("http://{elsewhere}\\@{azure}/x"),
        format!("http://{elsewhere}#@{azure}/x"),
        format!("http://{elsewhere}?@{azure}/x"),
        format!("http://{elsewhere}/{azure}/x"),
        format!("http://0x7f.0.0.{last}:{port}/x"),
        format!("http://0177.0.0.{last}:{port}/x"),
        format!("http://213070643{}:{port}/x", last.parse::<u8>().unwrap() + 2),
        format!("http://127.{last}:{port}/x"),
        format!("http://127\u{3002}0\u{3002}0\u{ff0e}{last}:{port}/x"),
        format!("http://\u{ff11}27.0.0.{last}:{port}/x"),
        format!("http://[::ffff:127.0.0.{last}]:{port}/x"),
        format!("http://localhost:{port}/x"),
        format!("//{elsewhere}/x"),
        format!("\\\\{elsewhere}\\x"),
        format!("{elsewhere}/x"),
        "/x".to_owned(),
        String::new(),
        format!("https://{azure}/x"),
        format!("http://user@{azure}/x"),
        format!("http://:secret@{azure}/x"),
        format!("blob:http://{azure}/x"),
        format!("ws://{azure}/x"),
        format!("file://{azure}/x"),
        format!("data:,http://{azure}/x"),
    ]
}

/// The calls that follow a URL of Azure's: the question about an operation, and the further pages of either LIST.
async fn follow(network: &Network, url: &str) -> [Result<(), ArmError>; 3] {
    let client = network.azure.client();
    let asked = client.operation_status(&OperationUrl::new(url)).await.map(drop);
    let subscription: SubscriptionId = cluster("a").subscription().clone();
    let clusters = client.list_clusters(&Scope::Subscription(subscription)).await.map(drop);
    let id = ResourceId::parse(&format!("{}/maintenanceConfigurations", cluster("a"))).unwrap();
    let resources = client.list_resources(&id, "2026-08-01", None, Priority::Observe).await;
    [asked, clusters, resources.map(drop)]
}

#[tokio::test]
async fn a_token_goes_to_no_other_host_however_its_url_is_written() {
    for neighbour in [1, 2] {
        for spelling in 0.. {
            let page = |hosts: &[String; 3]| {
                let link = astray(&hosts[0], &hosts[neighbour]).into_iter().nth(spelling);
                let page = json!({ "value": [], "nextLink": link }).to_string();
                vec![answer("200 OK", &[], &page); 2]
            };
            let network = Network::new(page);
            let hosts = network.hosts();
            let Some(url) = astray(hosts[0], hosts[neighbour]).into_iter().nth(spelling) else {
                break;
            };
            let outcomes = follow(&network, &url).await;
            assert_eq!(network.leaks(), Vec::<String>::new(), "{url:?}");
            // A page without a link is the last one.
            let followed = outcomes.iter().take(if url.is_empty() { 1 } else { 3 });
            for outcome in followed {
                assert!(
                    matches!(outcome, Err(ArmError::HostRefused { .. })),
                    "{url:?}: {outcome:?}"
                );
            }
            assert!(
                network.azure.requests().len() <= 2,
                "only the first pages were asked for: {url:?}"
            );
        }
    }
}

#[tokio::test]
async fn what_only_looks_astray_is_asked_of_azure_itself() {
    let network = Network::new(|_| vec![answer("200 OK", &[], r#"{"status":"Succeeded"}"#); MANY]);
    let [azure, elsewhere, _] = network.hosts();
    let urls = [
        format!("http://{azure}\\@{elsewhere}/x"),
        format!("http://{azure}/@{elsewhere}/x"),
        format!("http://{azure}?@{elsewhere}/x"),
        format!("http://{azure}/?next=http://{elsewhere}/x"),
        format!("http://{azure}/..//{elsewhere}/x"),
        format!("http://{azure}//{elsewhere}/x"),
        format!("HTTP://{azure}/x"),
    ];
    for (count, url) in urls.iter().enumerate() {
        let asked = network.azure.client().operation_status(&OperationUrl::new(url)).await;
        assert_eq!(asked, Ok(OperationState::Succeeded), "{url}");
        assert_eq!(network.azure.requests().len(), count + 1, "{url}");
    }
    assert_eq!(network.leaks(), Vec::<String>::new());
}

#[tokio::test]
async fn no_redirect_of_any_call_is_followed_and_none_is_a_success() {
    const REDIRECTS: [&str; 7] = ["300", "301", "302", "303", "304", "307", "308"];
    for status in REDIRECTS {
        for to in [
            "http://{port}/x",
            "http://{host}/x",
            "https://{azure}/x",
            "http://{azure}/x",
            "//{host}/x",
            "/x",
        ] {
            let network = Network::new(|[azure, port, host]| {
                let to = to
                    .replace("{azure}", azure)
                    .replace("{port}", port)
                    .replace("{host}", host);
                let refresh = format!("0; url={to}");
                let headers = [("location", to.as_str()), ("refresh", refresh.as_str())];
                vec![answer(&format!("{status} Moved"), &headers, ""); MANY]
            });
            let client = network.azure.client();
            let id = ResourceId::parse(&cluster("a").to_string()).unwrap();
            let outcomes = [
                client.get_cluster(&cluster("a")).await.map(drop),
                put(&client, Precondition::None).await,
                client.delete_cluster(&cluster("a")).await.map(drop),
                client.stop_cluster(&cluster("a"), Priority::Config).await.map(drop),
                client.delete_resource(&id, "1").await.map(drop),
                client.list_resources(&id, "1", None, Priority::Observe).await.map(drop),
            ];
            for outcome in &outcomes {
                assert!(
                    matches!(outcome, Err(ArmError::Malformed { .. })),
                    "{status} {to}: {outcome:?}"
                );
            }
            assert_eq!(network.leaks(), Vec::<String>::new(), "{status} {to}");
            assert_eq!(network.azure.requests().len(), outcomes.len(), "{status} {to}");
        }
    }
}
