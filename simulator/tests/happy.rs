//! What works when nothing is wrong.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod support;

use serde_json::json;
use support::{apns, fcm};
use zpns_simulator::{Simulator, Verdict};

#[tokio::test]
async fn apns_accepts_a_push_and_records_it() {
    let sim = Simulator::start().await.unwrap();
    let client = apns::connect(&sim).await;
    let push = apns::Push::new(&sim, &apns::token(&sim));
    let reply = push.send(&client).await;
    assert_eq!(reply.reason(), (200, String::new()));
    let id = reply.header("apns-id").unwrap().to_owned();

    let received = sim.received("apns");
    assert_eq!(received.len(), 1);
    assert_eq!(
        received[0].token.as_deref(),
        Some(sim.tokens("apns").live[0].as_str())
    );
    assert_eq!(received[0].verdict, Verdict::Accepted { id });
    assert_eq!(received[0].json().unwrap()["aps"]["alert"]["title"], "t");
    assert_eq!((received[0].connection, received[0].stream), (1, 1));
    let counters = sim.counters("apns");
    assert_eq!(
        (
            counters.pushes,
            counters.accepted,
            counters.connections_opened
        ),
        (1, 1, 1)
    );
}

#[tokio::test]
async fn fcm_accepts_a_push_after_an_exchange() {
    let sim = Simulator::start().await.unwrap();
    let client = fcm::connect(&sim).await;
    let bearer = fcm::bearer(&sim, &client).await;
    let reply = fcm::send(&sim, &client, &bearer, &fcm::message(&sim)).await;
    assert_eq!(reply.status, 200, "{:?}", reply.body);
    let name = reply.json()["name"].as_str().unwrap().to_owned();
    assert!(name.starts_with(&format!(
        "projects/{}/messages/",
        fcm::credentials(&sim).project_id
    )));
    let counters = sim.counters("fcm");
    assert_eq!(
        (counters.pushes, counters.accepted, counters.auth_calls),
        (1, 1, 1)
    );

    let mut only = fcm::message(&sim);
    only["validate_only"] = json!(true);
    let reply = fcm::send(&sim, &client, &bearer, &only).await;
    assert!(
        reply.json()["name"]
            .as_str()
            .unwrap()
            .ends_with("/fake_message_id")
    );
    assert_eq!(sim.counters("fcm").accepted, 1);
}
