//! Web Push end to end: real requests to a push service that decrypts what it gets, in the words
//! of four services; and endpoints that nobody may be talked into pushing to.

#![cfg(feature = "webpush")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test fails by panicking, and says what it skips"
)]

use std::io::Write as _;
use std::net::IpAddr;
use std::process::{Command, Stdio};
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use toml::Table;
use zpns::http::{Connector, Resolver};
use zpns::{
    Config, ErrorKind, Notification, Outcome, PushProvider, Rejection, Resources, Router, Target,
    TokenAction,
};
use zpns_simulator::Simulator;
use zpns_simulator::webpush::{Service, Subscriber};

const SERVICES: [Service; 4] = [
    Service::Mozilla,
    Service::Google,
    Service::Apple,
    Service::Microsoft,
];

async fn simulator() -> Simulator {
    Simulator::builder()
        .vendors(["webpush"])
        .start()
        .await
        .unwrap()
}

/// A provider from the simulator's config, with these keys instead.
fn provider(simulator: &Simulator, keys: Table, connector: Connector) -> Arc<dyn PushProvider> {
    let mut config: Table = simulator.config_toml().unwrap().parse().unwrap();
    let section = config["providers"]["webpush"].as_table_mut().unwrap();
    section.extend(keys);
    let text = toml::to_string(&config).unwrap();
    let section = Config::parse(&text, "webpush.toml")
        .unwrap()
        .providers
        .remove(0);
    section.build(Resources::new(Arc::new(connector))).unwrap()
}

fn router(simulator: &Simulator, keys: Table) -> Router {
    let provider = provider(simulator, keys, Connector::new());
    let resources = Resources::new(Arc::new(Connector::new()));
    Router::builder(resources).provider(provider).build()
}

async fn push(router: &Router, message: &Notification, token: &str) -> Outcome {
    let report = router.send(message, [Target::new("webpush", token)]).await;
    report.into_outcomes().remove(0)
}

fn hello() -> Notification {
    Notification::alert("Alice", "Lunch? 🍜").with_payload(r#"{"chat":7}"#)
}

#[track_caller]
fn rejected(outcome: Outcome) -> Rejection {
    match outcome {
        Outcome::Rejected(rejection) => rejection,
        other => panic!("not rejected: {other:?}"),
    }
}

fn hosts(listed: &[&str]) -> Table {
    let listed = listed.iter().map(|host| toml::Value::from(*host));
    Table::from_iter([("allow_hosts".to_owned(), listed.collect::<Vec<_>>().into())])
}

#[tokio::test]
async fn every_browser_reads_its_own_push_with_keys_of_its_own() {
    let simulator = simulator().await;
    let known = simulator.webpush().unwrap();
    let router = router(&simulator, Table::new());
    for service in SERVICES {
        let browser = Subscriber::generate()
            .unwrap()
            .bound_to(known.vapid_public_key.clone());
        let token = known.subscribe(service.path("fresh"), browser);
        simulator.clear();
        let outcome = push(&router, &hello(), &token).await;
        assert!(outcome.is_accepted(), "{service:?}: {outcome:?}");
        let received = &simulator.received("webpush")[0];
        let read: Value = serde_json::from_slice(received.plaintext.as_ref().unwrap()).unwrap();
        assert_eq!(read["notification"]["title"], "Alice");
        assert_eq!(read["notification"]["body"], "Lunch? 🍜");
        assert_eq!(read["notification"]["data"]["payload"], r#"{"chat":7}"#);
    }
}

/// What a decryptor that is not ours reads, and its name; none without `node`.
fn read_by_another(body: &[u8], browser: &Subscriber) -> Option<(String, String)> {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/peers/decrypt.cjs");
    let mut node = Command::new("node")
        .arg(script)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .ok()?;
    let input = json!({
        "body": URL_SAFE_NO_PAD.encode(body),
        "private_key": browser.private_key,
        "auth": browser.auth,
    });
    let mut stdin = node.stdin.take().unwrap();
    stdin.write_all(input.to_string().as_bytes()).unwrap();
    drop(stdin);
    let output = node.wait_with_output().unwrap();
    assert!(output.status.success(), "{output:?}");
    let read: Value = serde_json::from_slice(&output.stdout).unwrap();
    let text = |name: &str| read[name].as_str().unwrap().to_owned();
    Some((text("by"), text("text")))
}

#[tokio::test]
async fn a_decryptor_that_is_not_ours_reads_what_was_pushed() {
    let simulator = simulator().await;
    let known = simulator.webpush().unwrap();
    let router = router(&simulator, Table::new());
    for payload in ["", r#"{"chat":7}"#, &"long ".repeat(600)] {
        let browser = Subscriber::generate().unwrap();
        let token = known.subscribe(Service::Mozilla.path("read"), browser.clone());
        simulator.clear();
        let message = Notification::alert("Alice", "Lunch? 🍜").with_payload(payload);
        let outcome = push(&router, &message, &token).await;
        assert!(outcome.is_accepted(), "{outcome:?}");
        let received = simulator.received("webpush").remove(0);
        let Some((by, text)) = read_by_another(&received.body, &browser) else {
            println!("skipped: there is no `node` on this machine");
            return;
        };
        assert_eq!(text.as_bytes(), received.plaintext.unwrap(), "{by}");
        let read: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(read["notification"]["title"], "Alice", "{by}");
    }
}

#[tokio::test]
async fn the_dead_and_those_of_another_key_are_dropped_in_every_dialect() {
    let simulator = simulator().await;
    let known = simulator.webpush().unwrap();
    for service in SERVICES {
        let router = router(&simulator, Table::new());
        let dead = known.subscription(service.path("dead1"));
        let gone = rejected(push(&router, &hello(), &dead).await);
        assert_eq!(gone.kind, ErrorKind::TokenInvalid, "{service:?}");
        assert_eq!(gone.token, TokenAction::Drop { since: None });

        if service == Service::Microsoft {
            // Says so in no words that are documented.
            continue;
        }
        let other = Subscriber::generate().unwrap();
        let strange = Subscriber::default().bound_to(other.p256dh);
        let token = known.subscribe(service.path("strange"), strange);
        let mismatched = rejected(push(&router, &hello(), &token).await);
        assert_eq!(mismatched.kind, ErrorKind::TokenMismatch, "{service:?}");
        assert_eq!(mismatched.token, TokenAction::Drop { since: None });
    }
}

#[tokio::test]
async fn this_machine_is_pushed_to_only_if_the_config_names_it() {
    let simulator = simulator().await;
    let origin = simulator.origin("webpush").to_owned();
    let token = simulator.tokens("webpush").live.remove(0);
    let named = router(&simulator, Table::new());
    assert!(push(&named, &hello(), &token).await.is_accepted());
    simulator.clear();

    let any = router(&simulator, hosts(&["*", "push.internal"]));
    let others = router(&simulator, hosts(&["*.push.apple.com"]));
    let port = origin.rsplit_once(':').unwrap().1;
    for host in [
        "127.0.0.1",
        "localhost",
        "2130706433",
        "0x7f.1",
        "[::1]",
        "127.0.0.1.",
    ] {
        let token = token.replace(&origin, &format!("https://{host}:{port}"));
        for router in [&any, &others] {
            let refused = rejected(push(router, &hello(), &token).await);
            let kinds = [ErrorKind::Suppressed, ErrorKind::TokenInvalid];
            assert!(kinds.contains(&refused.kind), "{host}: {refused:?}");
            assert_eq!(refused.token, TokenAction::Keep, "{host}");
        }
    }
    assert!(simulator.received("webpush").is_empty());
    assert_eq!(simulator.counters("webpush").connections_opened, 0);
}

/// Says that every name is this machine's.
#[derive(Debug)]
struct Rebound;

#[async_trait::async_trait]
impl Resolver for Rebound {
    async fn resolve(&self, _host: &str) -> std::io::Result<Vec<IpAddr>> {
        Ok(vec![[127, 0, 0, 1].into()])
    }
}

#[tokio::test]
async fn a_public_name_that_leads_to_this_machine_is_not_connected_to() {
    let simulator = simulator().await;
    // The port of every public host; only what is listed by name goes to another one.
    let connector = || Connector::new().with_resolver(Arc::new(Rebound));
    let provider = provider(&simulator, hosts(&["*"]), connector());
    let resources = Resources::new(Arc::new(connector()));
    let router = Router::builder(resources).provider(provider).build();
    let keys = json!({
        "p256dh": Subscriber::default().p256dh,
        "auth": Subscriber::default().auth,
    });
    let token = json!({"endpoint": "https://rebinding.example/push/1", "keys": keys});
    let refused = rejected(push(&router, &hello(), &token.to_string()).await);
    assert_eq!(refused.kind, ErrorKind::Suppressed, "{refused:?}");
    assert!(refused.reason.contains("no address"), "{refused:?}");
}
