//! Connections, streams, files, and the life of a simulator.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod support;

use std::time::Duration;

use serde_json::Value;
use support::apns::{Push, connect, credentials, token};
use support::{Client, connect_tls, fcm, http1, tls};
use zpns_simulator::faults::{Fault, Rule};
use zpns_simulator::{Error, FaultScript, Simulator};

#[tokio::test]
async fn apns_refuses_everything_but_http2() {
    let sim = Simulator::start().await.unwrap();
    let config = tls(&sim.ca_pem(), None, &["http/1.1"]);
    assert!(
        connect_tls(sim.origin("apns"), config).await.is_err(),
        "no common protocol"
    );
    let stream = connect_tls(sim.origin("apns"), tls(&sim.ca_pem(), None, &[]))
        .await
        .unwrap();
    let sent = http1(stream, "/3/device/a", &[]).await;
    assert!(sent.is_err(), "a client without ALPN is turned away");
    assert_eq!(sim.counters("apns").connections_opened, 0);
}

#[tokio::test]
async fn fcm_speaks_http1_too_for_any_host() {
    let sim = Simulator::start().await.unwrap();
    let origin = sim.origin("fcm");
    let path = format!(
        "/v1/projects/{}/messages:send",
        fcm::credentials(&sim).project_id
    );
    let connect = async || {
        connect_tls(origin, tls(&sim.ca_pem(), None, &["http/1.1"]))
            .await
            .unwrap()
    };
    let (status, body) = http1(connect().await, &path, &[]).await.unwrap();
    assert_eq!(status, 401);
    let body: Value = serde_json::from_slice(&body).unwrap();
    assert_eq!(body["error"]["details"][0]["reason"], "CREDENTIALS_MISSING");
    let received = &sim.received("fcm")[0];
    assert_eq!(received.header("host"), Some("fcm.googleapis.com"));

    for text in [
        r#"{ fault = { kind = "reset" } }"#,
        r#"{ fault = { kind = "reset", after_headers = true } }"#,
        r#"{ fault = { kind = "goaway" } }"#,
    ] {
        let script = FaultScript::parse(&format!("rules = [{text}]")).unwrap();
        sim.set_faults(script).unwrap();
        assert!(http1(connect().await, &path, &[]).await.is_err(), "{text}");
    }
    let drip = Rule::new(Fault::drip(Duration::from_millis(1)));
    sim.set_faults(FaultScript::new().rule(drip)).unwrap();
    let (status, dripped) = http1(connect().await, &path, &[]).await.unwrap();
    assert_eq!(status, 401);
    let dripped: Value = serde_json::from_slice(&dripped).unwrap();
    assert_eq!(dripped, body);
    sim.set_faults(FaultScript::new().rule(Rule::new(Fault::stall())))
        .unwrap();
    let stalled = http1(connect().await, &path, &[]);
    assert!(
        support::within(Duration::from_millis(50), stalled)
            .await
            .is_none()
    );
    sim.clear_faults();
    assert_eq!(http1(connect().await, &path, &[]).await.unwrap().0, 401);
}

#[tokio::test]
async fn one_stream_until_the_first_valid_token() {
    let sim = Simulator::builder()
        .stream_limit_until_auth(true)
        .start()
        .await
        .unwrap();
    let client = connect(&sim).await;
    let push = Push::new(&sim, &token(&sim));
    let limit = || client.send.current_max_send_streams();
    support::eventually("the first SETTINGS arrive", || limit() == 1).await;
    assert_eq!(
        push.clone()
            .without("authorization")
            .send(&client)
            .await
            .status,
        403
    );
    assert_eq!(limit(), 1);
    assert_eq!(push.send(&client).await.status, 200);
    support::eventually("the limit rises", || limit() == 500).await;
}

#[tokio::test]
async fn the_limit_falls_after_a_refusal_and_rises_after_a_success() {
    let sim = Simulator::builder()
        .stream_limit_after_error(true)
        .start()
        .await
        .unwrap();
    let client = connect(&sim).await;
    let push = Push::new(&sim, &token(&sim));
    let limit = || client.send.current_max_send_streams();
    push.clone().to("abcd").send(&client).await;
    support::eventually("the limit falls", || limit() == 1).await;
    push.send(&client).await;
    support::eventually("the limit rises", || limit() == 500).await;
    push.to(&sim.tokens("apns").dead[0]).send(&client).await;
    assert_eq!(limit(), 500, "a dead device is no error");
}

#[tokio::test]
async fn a_stream_over_the_limit_is_refused() {
    let sim = Simulator::builder()
        .stream_limit(2)
        .faults(FaultScript::new().rule(Rule::new(Fault::stall()).count(2)))
        .start()
        .await
        .unwrap();
    // A client that ignores SETTINGS: it opens its streams before it has read any.
    let config = tls(&sim.ca_pem(), None, &["h2"]);
    let stream = connect_tls(sim.origin("apns"), config).await.unwrap();
    let (send, connection) = h2::client::Builder::new()
        .initial_max_send_streams(10)
        .handshake(stream)
        .await
        .unwrap();
    let push = Push::new(&sim, &token(&sim));
    let idle = tokio::spawn(std::future::pending());
    let client = Client::over(send, sim.origin("apns"), idle);
    let mut responses = Vec::new();
    for _ in 0..3 {
        responses.push(push.start(&client).await.unwrap());
    }
    tokio::spawn(connection);
    let error = support::finish(responses.pop().unwrap()).await.unwrap_err();
    assert_eq!(error.reason(), Some(h2::Reason::REFUSED_STREAM));
    assert_eq!(sim.counters("apns").refused_streams, 1);
    support::eventually("the others arrive", || sim.counters("apns").pushes == 2).await;
    drop(responses);
    support::eventually("they are cancelled", || {
        sim.counters("apns").resets_seen == 2
    })
    .await;
    assert_eq!(
        push.send(&client).await.status,
        200,
        "cancelled streams no longer count"
    );
}

#[tokio::test]
async fn hundreds_of_connections_are_served_at_once() {
    let sim = Simulator::builder()
        .vendors(["apns"])
        .start()
        .await
        .unwrap();
    let push = Push::new(&sim, &token(&sim));
    let mut clients = Vec::new();
    for _ in 0..300 {
        clients.push(connect(&sim).await);
    }
    for client in &clients {
        assert_eq!(push.send(client).await.status, 200);
    }
    let counters = sim.counters("apns");
    assert_eq!(
        (counters.connections, counters.peak_connections),
        (300, 300)
    );
    sim.clear();
    assert_eq!(sim.counters("apns").connections, 300);
    assert_eq!(sim.received("apns").len(), 0);
}

#[tokio::test]
async fn the_log_keeps_the_newest() {
    let sim = Simulator::builder().keep_received(3).start().await.unwrap();
    let client = connect(&sim).await;
    let push = Push::new(&sim, &token(&sim));
    for _ in 0..5 {
        push.send(&client).await;
    }
    let streams: Vec<_> = sim
        .received("apns")
        .iter()
        .map(|received| received.stream)
        .collect();
    assert_eq!(streams, [3, 4, 5]);
    assert_eq!(sim.counters("apns").pushes, 5);
}

#[tokio::test]
async fn the_configuration_leads_here() {
    let sim = Simulator::builder().sandbox(true).start().await.unwrap();
    let folder = sim.ca_path().unwrap().parent().unwrap().to_owned();
    let path = folder.join("zpns.toml");
    sim.write_config(&path).unwrap();
    sim.write_tokens(folder.join("tokens.json")).unwrap();
    let config: toml::Table = std::fs::read_to_string(&path).unwrap().parse().unwrap();
    let text = |provider: &str, key: &str| {
        config["providers"][provider][key]
            .as_str()
            .unwrap()
            .to_owned()
    };
    for provider in ["apns", "fcm"] {
        assert_eq!(text(provider, "vendor"), provider);
        assert_eq!(text(provider, "endpoint"), sim.origin(provider));
        let ca = std::fs::read_to_string(text(provider, "ca_path")).unwrap();
        assert_eq!(ca, sim.ca_pem());
    }
    let own = credentials(&sim);
    assert_eq!(text("apns", "key_pem"), own.key_pem);
    assert_eq!(text("apns", "topic"), own.topic);
    assert_eq!(
        (text("apns", "team_id"), text("apns", "key_id")),
        (own.team_id.clone(), own.key_id.clone())
    );
    assert_eq!(text("apns", "environment"), "sandbox");
    assert_eq!(
        text("fcm", "token_endpoint"),
        format!("{}/token", sim.origin("fcm"))
    );
    let account: Value = serde_json::from_str(&text("fcm", "service_account_json")).unwrap();
    assert_eq!(account["project_id"], text("fcm", "project_id"));

    let tokens: Value =
        serde_json::from_str(&std::fs::read_to_string(folder.join("tokens.json")).unwrap())
            .unwrap();
    assert_eq!(tokens["apns"]["live"][0], sim.tokens("apns").live[0]);
    assert_eq!(tokens["fcm"]["muted"], serde_json::json!([]));
    assert!(tokens["fcm"]["flaky"].as_array().unwrap().len() > 1);
    sim.shutdown().await;
    assert!(
        !folder.exists(),
        "the temporary folder goes with the simulator"
    );
}

#[tokio::test]
async fn a_seed_gives_the_same_tokens() {
    let start = async |seed| {
        let sim = Simulator::builder().seed(seed).start().await.unwrap();
        // A subscription names its origin, and so the port that was free.
        sim.tokens_json().replace(sim.origin("webpush"), "")
    };
    let one = start(1).await;
    assert_eq!(start(1).await, one);
    assert_ne!(start(2).await, one);
}

#[tokio::test]
async fn a_shutdown_drops_connections_and_frees_the_port() {
    let sim = Simulator::start().await.unwrap();
    let client = connect(&sim).await;
    let push = Push::new(&sim, &token(&sim));
    assert_eq!(push.send(&client).await.status, 200);
    let address = sim
        .origin("apns")
        .strip_prefix("https://")
        .unwrap()
        .to_owned();
    sim.shutdown().await;
    assert!(push.try_send(&client).await.is_err());
    assert!(tokio::net::TcpStream::connect(address).await.is_err());
}

#[tokio::test]
async fn an_unknown_vendor_is_an_error_that_lists_the_known() {
    let error = Simulator::builder()
        .vendors(["apple"])
        .start()
        .await
        .unwrap_err();
    assert!(matches!(&error, Error::UnknownVendor { .. }));
    assert!(error.to_string().contains("apns, fcm"), "{error}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn thousands_of_pushes_take_no_time() {
    let sim = Simulator::builder().keep_received(0).start().await.unwrap();
    let pushes: u64 = std::env::var("ZPNS_PUSHES")
        .ok()
        .map_or(4_000, |n| n.parse().unwrap());
    let push = Push::new(&sim, &token(&sim));
    let mut tasks = Vec::new();
    for _ in 0..4 {
        let client = connect(&sim).await;
        for _ in 0..50 {
            let (client, push) = (client.clone(), push.clone());
            tasks.push(tokio::spawn(async move {
                for _ in 0..pushes / 200 {
                    assert_eq!(push.send(&client).await.status, 200);
                }
            }));
        }
    }
    for task in tasks {
        task.await.unwrap();
    }
    assert_eq!(sim.counters("apns").accepted, pushes);
}
