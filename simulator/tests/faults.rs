//! Every kind of fault, as a client lives through it.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod support;

use std::time::Duration;

use support::apns::{Push, connect, own_key, token, token_at};
use support::{Client, fcm, finish, now, tls};
use zpns_simulator::faults::{Fault, GoAwayMode, Rule, Target};
use zpns_simulator::{FaultScript, Simulator, Verdict};

/// Waits for many answers at once.
async fn join_all<T: Send + 'static>(
    futures: impl IntoIterator<Item = impl Future<Output = T> + Send + 'static>,
) -> Vec<T> {
    let tasks: Vec<_> = futures.into_iter().map(tokio::spawn).collect();
    let mut results = Vec::new();
    for task in tasks {
        results.push(task.await.unwrap());
    }
    results
}

async fn start(rule: Rule) -> (Simulator, Client, Push) {
    let sim = Simulator::builder()
        .vendors(["apns", "fcm"])
        .faults(FaultScript::new().rule(rule))
        .start()
        .await
        .unwrap();
    let client = connect(&sim).await;
    let push = Push::new(&sim, &token(&sim));
    (sim, client, push)
}

fn parsed(text: &str) -> Rule {
    FaultScript::parse(&format!("rules = [{text}]"))
        .unwrap()
        .rules
        .remove(0)
}

#[tokio::test]
async fn a_status_comes_in_the_vendors_body_and_counts_exactly() {
    let fault = "{ provider = \"apns\", after = 1, count = 2, fault = { kind = \"status\", status = 503, retry_after = 7 } }";
    let (sim, client, push) = start(parsed(fault)).await;
    assert_eq!(push.send(&client).await.status, 200);
    for _ in 0..2 {
        let reply = push.send(&client).await;
        assert_eq!(reply.reason(), (503, "ServiceUnavailable".to_owned()));
        assert_eq!(reply.header("retry-after"), Some("7"));
    }
    assert_eq!(push.send(&client).await.status, 200);
    assert_eq!(
        sim.received("apns")[1].verdict,
        Verdict::Fault { fault: "status" }
    );

    let gone = FaultScript::new().rule(Rule::new(Fault::status(410)).count(1));
    sim.set_faults(gone).unwrap();
    assert!(push.send(&client).await.json()["timestamp"].is_u64());
    let unknown = FaultScript::new().rule(Rule::new(Fault::code(400, "NewReason")).count(1));
    sim.set_faults(unknown).unwrap();
    assert_eq!(push.send(&client).await.reason().1, "NewReason");

    let quota = Rule::new(Fault::code(429, "QUOTA_EXCEEDED")).provider("fcm");
    sim.set_faults(FaultScript::new().rule(quota)).unwrap();
    let client = fcm::connect(&sim).await;
    let bearer = fcm::bearer(&sim, &client).await;
    let reply = fcm::send(&sim, &client, &bearer, &fcm::message(&sim)).await;
    assert_eq!(reply.status, 429);
    let error = &reply.json()["error"];
    assert_eq!(error["status"], "RESOURCE_EXHAUSTED");
    assert_eq!(error["details"][0]["errorCode"], "QUOTA_EXCEEDED");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_count_is_exact_when_many_come_at_once() {
    let (sim, client, push) = start(Rule::new(Fault::status(500)).count(37)).await;
    let sends = (0..200).map(|_| {
        let (client, push) = (client.clone(), push.clone());
        async move { push.send(&client).await.status.as_u16() }
    });
    let statuses = join_all(sends).await;
    assert_eq!(statuses.iter().filter(|status| **status == 500).count(), 37);
    assert_eq!(sim.counters("apns").accepted, 163);
}

#[tokio::test]
async fn a_share_repeats_with_the_seed() {
    let script = r#"
        seed = 5
        rules = [{ share = 0.25, fault = { kind = "status", status = 500 } }]
    "#;
    let (sim, client, push) = start(Rule::new(Fault::stall())).await;
    let mut runs = Vec::new();
    for _ in 0..2 {
        sim.set_faults(FaultScript::parse(script).unwrap()).unwrap();
        let mut run = Vec::new();
        for _ in 0..100 {
            run.push(push.send(&client).await.status == 500);
        }
        runs.push(run);
    }
    assert_eq!(runs[0], runs[1]);
    let hits = runs[0].iter().filter(|hit| **hit).count();
    assert!((15..=35).contains(&hits), "{hits}");
}

#[tokio::test]
async fn a_rule_can_be_for_one_token() {
    let (sim, client, push) = start(Rule::new(Fault::stall())).await;
    let live = sim.tokens("apns").live;
    let rule = Rule::new(Fault::status(500)).token(live[1].clone());
    sim.set_faults(FaultScript::new().rule(rule)).unwrap();
    assert_eq!(push.clone().to(&live[0]).send(&client).await.status, 200);
    assert_eq!(push.clone().to(&live[1]).send(&client).await.status, 500);
    let rule = Rule::new(Fault::status(500)).token_prefix("beef");
    sim.set_faults(FaultScript::new().rule(rule)).unwrap();
    assert_eq!(push.clone().to(&live[1]).send(&client).await.status, 200);
    let beef = format!("beef{}", "0".repeat(60));
    assert_eq!(push.to(&beef).send(&client).await.status, 500);
}

#[tokio::test]
async fn a_flaky_target_fails_as_often_as_the_script_says_and_no_other_does() {
    let (sim, client, push) = start(Rule::new(Fault::stall())).await;
    let live = sim.tokens("apns").live;
    let rule = Rule::new(Fault::Flaky {}).token(live[1].clone()).count(2);
    sim.set_faults(FaultScript::new().rule(rule)).unwrap();
    let mut statuses = Vec::new();
    for token in [&live[1], &live[0], &live[1], &live[1]] {
        statuses.push(push.clone().to(token).send(&client).await.status.as_u16());
    }
    assert_eq!(statuses, [503, 200, 503, 200]);
}

#[tokio::test]
async fn a_dripping_answer_is_whole_in_the_end_and_its_push_was_acted_on() {
    let (sim, client, push) = start(Rule::new(Fault::drip(Duration::from_millis(1)))).await;
    assert_eq!(push.send(&client).await.status, 200);
    let received = sim.received("apns").remove(0);
    assert!(matches!(
        received.verdict,
        Verdict::AcceptedThenFault { fault: "drip", .. }
    ));
    let dead = &sim.tokens("apns").dead[0];
    let reply = push.to(dead).send(&client).await;
    assert_eq!(reply.reason(), (410, "Unregistered".to_owned()));
}

#[tokio::test]
#[allow(clippy::disallowed_methods, reason = "a client's own clock")]
async fn a_delay_is_real_and_the_push_goes_on() {
    let (sim, client, push) = start(Rule::new(Fault::delay(Duration::from_millis(30)))).await;
    let before = std::time::Instant::now();
    assert_eq!(push.send(&client).await.status, 200);
    assert!(before.elapsed() >= Duration::from_millis(30));
    assert_eq!(sim.counters("apns").accepted, 1);
}

#[tokio::test]
async fn a_reset_takes_the_stream_and_leaves_the_connection() {
    let (sim, client, push) = start(Rule::new(Fault::reset()).count(1)).await;
    let error = push.try_send(&client).await.unwrap_err();
    assert_eq!(error.reason(), Some(h2::Reason::INTERNAL_ERROR));
    assert_eq!(push.send(&client).await.status, 200);
    assert_eq!(sim.counters("apns").accepted, 1);

    let processed =
        parsed(r#"{ count = 1, fault = { kind = "reset", processed = true, code = 8 } }"#);
    sim.set_faults(FaultScript::new().rule(processed)).unwrap();
    let error = push.try_send(&client).await.unwrap_err();
    assert_eq!(error.reason(), Some(h2::Reason::CANCEL));
    assert_eq!(sim.counters("apns").accepted, 2, "nobody told the client");

    let partial = parsed(r#"{ count = 1, fault = { kind = "reset", after_headers = true } }"#);
    sim.set_faults(FaultScript::new().rule(partial)).unwrap();
    let response = push.start(&client).await.unwrap();
    let (head, mut body) = response.await.unwrap().into_parts();
    assert_eq!(head.status, 200);
    // The client may learn of the reset before it reads the piece of the body in front of it.
    let error = loop {
        match body.data().await.unwrap() {
            Ok(chunk) => assert_eq!(chunk, "{"),
            Err(error) => break error,
        }
    };
    assert!(error.is_reset());
    assert_eq!(sim.counters("apns").accepted, 3);

    let drop = parsed(r#"{ count = 1, fault = { kind = "reset", connection = true } }"#);
    sim.set_faults(FaultScript::new().rule(drop)).unwrap();
    assert!(push.try_send(&client).await.is_err());
    assert!(
        push.try_send(&client).await.is_err(),
        "the connection is gone"
    );
    assert_eq!(sim.counters("apns").accepted, 3);
}

#[tokio::test]
async fn a_graceful_goaway_excludes_the_stream_and_lets_earlier_ones_finish() {
    let rule = Rule::new(Fault::goaway(GoAwayMode::Graceful))
        .after(1)
        .count(1);
    let (sim, client, push) = start(rule).await;
    let slow = push.clone().to(&"ab".repeat(32));
    let delay = Rule::new(Fault::delay(Duration::from_millis(60))).token("ab".repeat(32));
    let script = FaultScript::new()
        .rule(delay)
        .rule(Rule::new(Fault::goaway(GoAwayMode::Graceful)).token("cd".repeat(32)));
    sim.set_faults(script).unwrap();
    assert_eq!(push.send(&client).await.status, 200);
    let early = slow.start(&client).await.unwrap();
    let late = push
        .clone()
        .to(&"cd".repeat(32))
        .start(&client)
        .await
        .unwrap();
    let error = finish(late).await.unwrap_err();
    assert!(error.is_go_away() && error.is_remote(), "{error:?}");
    assert!(error.to_string().contains("Shutdown"), "{error}");
    assert_eq!(
        finish(early).await.unwrap().status,
        200,
        "it was in flight before"
    );
    assert!(push.try_send(&client).await.is_err());
    drop(client);
    support::eventually("the connection closes", || {
        sim.counters("apns").connections == 0
    })
    .await;
    assert_eq!(sim.counters("apns").accepted, 2);
    let again = connect(&sim).await;
    assert_eq!(push.send(&again).await.status, 200);
}

#[tokio::test]
async fn an_abrupt_goaway_leaves_everything_open() {
    for (mode, accepted) in [(GoAwayMode::Abrupt, 0), (GoAwayMode::AbruptProcessed, 1)] {
        let (sim, client, push) = start(Rule::new(Fault::goaway(mode)).count(1)).await;
        assert!(push.try_send(&client).await.is_err());
        assert_eq!(sim.counters("apns").accepted, accepted);
    }
}

#[tokio::test]
async fn a_stream_limit_changes_on_the_way() {
    let rule =
        parsed(r#"{ provider = "apns", count = 1, fault = { kind = "stream_limit", limit = 3 } }"#);
    let (sim, client, push) = start(rule).await;
    assert_eq!(push.send(&client).await.status, 200);
    let limit = || client.send.current_max_send_streams();
    support::eventually("the client reads the new limit", || limit() == 3).await;
    let rule = parsed(r#"{ count = 1, fault = { kind = "stream_limit", limit = 700 } }"#);
    sim.set_faults(FaultScript::new().rule(rule)).unwrap();
    assert_eq!(push.send(&client).await.status, 200);
    support::eventually("the client reads the raised limit", || limit() == 700).await;
    assert_eq!(push.send(&client).await.status, 200);
}

#[tokio::test]
async fn an_expired_token_stays_expired_and_a_fresh_one_works() {
    let (sim, client, push) = start(Rule::new(Fault::ExpiredAuth {}).count(1)).await;
    let expired = (403, "ExpiredProviderToken".to_owned());
    assert_eq!(push.send(&client).await.reason(), expired);
    assert_eq!(push.send(&client).await.reason(), expired);
    assert_eq!(push.send(&connect(&sim).await).await.reason(), expired);
    let fresh = Push::new(&sim, &token_at(&own_key(&sim), now()));
    assert_eq!(
        fresh.send(&client).await.status,
        200,
        "the 20-minute rule does not stand in the way"
    );

    let rule = Rule::new(Fault::ExpiredAuth {}).count(1);
    sim.set_faults(FaultScript::new().rule(rule)).unwrap();
    let client = fcm::connect(&sim).await;
    let bearer = fcm::bearer(&sim, &client).await;
    for _ in 0..2 {
        let reply = fcm::send(&sim, &client, &bearer, &fcm::message(&sim)).await;
        assert_eq!(reply.status, 401);
        assert_eq!(
            reply.json()["error"]["details"][0]["reason"],
            "ACCESS_TOKEN_EXPIRED"
        );
    }
    let bearer = fcm::bearer(&sim, &client).await;
    assert_eq!(
        fcm::send(&sim, &client, &bearer, &fcm::message(&sim))
            .await
            .status,
        200
    );
}

#[tokio::test]
async fn a_malformed_body_cannot_be_read() {
    let (sim, client, push) = start(Rule::new(Fault::MalformedBody {
        status: None,
        body: None,
    }))
    .await;
    let reply = push.send(&client).await;
    assert_eq!(reply.status, 200);
    assert!(serde_json::from_slice::<serde_json::Value>(&reply.body).is_err());
    assert_eq!(sim.counters("apns").accepted, 1);
    let rule = parsed(r#"{ fault = { kind = "malformed_body", status = 400, body = "" } }"#);
    sim.set_faults(FaultScript::new().rule(rule)).unwrap();
    let reply = push.send(&client).await;
    assert_eq!((reply.status.as_u16(), reply.body.len()), (400, 0));
    assert_eq!(sim.counters("apns").accepted, 1);
}

#[tokio::test]
async fn a_stalled_request_ends_when_the_client_gives_up() {
    let (sim, client, push) = start(Rule::new(Fault::stall()).count(1)).await;
    let response = push.start(&client).await.unwrap();
    support::eventually("the push arrives", || sim.counters("apns").pushes == 1).await;
    drop(response);
    support::eventually("the reset is counted", || {
        sim.counters("apns").resets_seen == 1
    })
    .await;
    assert_eq!(
        push.send(&client).await.status,
        200,
        "the connection goes on"
    );
    assert_eq!(sim.counters("apns").accepted, 1);
}

#[tokio::test]
async fn a_frozen_connection_answers_no_ping() {
    let rule = parsed(r#"{ count = 1, fault = { kind = "stall", connection = true } }"#);
    let (sim, _, push) = start(rule).await;
    let config = tls(&sim.ca_pem(), None, &["h2"]);
    let stream = support::connect_tls(sim.origin("apns"), config)
        .await
        .unwrap();
    let (send, mut connection) = h2::client::handshake(stream).await.unwrap();
    let mut ping = connection.ping_pong().unwrap();
    let driver = tokio::spawn(connection);
    let client = Client::over(send, sim.origin("apns"), driver);
    ping.ping(h2::Ping::opaque()).await.unwrap();
    let response = push.start(&client).await.unwrap();
    support::eventually("the push arrives", || sim.counters("apns").pushes == 1).await;
    let silent = async {
        let _ = ping.ping(h2::Ping::opaque()).await;
    };
    assert!(
        support::within(Duration::from_millis(100), silent)
            .await
            .is_none()
    );
    drop(response);
    assert_eq!(push.send(&connect(&sim).await).await.status, 200);
}

#[tokio::test]
async fn a_proxy_answers_in_html() {
    let (_sim, client, push) = start(Rule::new(Fault::Html { status: 502 })).await;
    let reply = push.send(&client).await;
    assert_eq!(reply.status, 502);
    assert_eq!(
        reply.header("content-type"),
        Some("text/html; charset=UTF-8")
    );
    assert!(reply.body.starts_with(b"<!DOCTYPE html>"));
}

#[tokio::test]
async fn the_token_endpoint_fails_too() {
    let (sim, _, _) = start(Rule::new(Fault::status(500)).target(Target::Auth).count(1)).await;
    let client = fcm::connect(&sim).await;
    let reply = fcm::exchange(&client, fcm::form("a.b.c")).await;
    assert_eq!(reply.status, 500);
    assert_eq!(reply.json()["error"], "internal_failure");
    let bearer = fcm::bearer(&sim, &client).await;
    assert_eq!(
        fcm::send(&sim, &client, &bearer, &fcm::message(&sim))
            .await
            .status,
        200
    );
}
