//! Every reason that a request to APNs can bring about.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod support;

use std::time::Duration;

use serde_json::json;
use support::apns::{Push, connect, credentials, own_key, token, token_at};
use support::{Client, now, tls};
use zpns_simulator::Simulator;

fn refusal(status: u16, reason: &str) -> (u16, String) {
    (status, reason.to_owned())
}

const OK: (u16, String) = (200, String::new());

#[tokio::test]
async fn each_wrong_request_has_its_reason() {
    let sim = Simulator::start().await.unwrap();
    let client = connect(&sim).await;
    let token = token(&sim);
    let good = || Push::new(&sim, &token);
    let topic = &credentials(&sim).topic;
    let odd = "a".repeat(65);
    let long = "a".repeat(202);
    let id = "123e4567-e89b-12d3-a456-42665544000a";
    let cases: Vec<(&str, Push, u16, &str)> = vec![
        ("path", good().path("/3/devices/abc"), 404, "BadPath"),
        ("root", good().path("/"), 404, "BadPath"),
        ("method", good().method("PUT"), 405, "MethodNotAllowed"),
        ("no token", good().to(""), 400, "MissingDeviceToken"),
        (
            "no slash",
            good().path("/3/device"),
            400,
            "MissingDeviceToken",
        ),
        ("short token", good().to("abcd"), 400, "BadDeviceToken"),
        ("odd token", good().to(&odd), 400, "BadDeviceToken"),
        ("long token", good().to(&long), 400, "BadDeviceToken"),
        ("not hex", good().to(&"z".repeat(64)), 400, "BadDeviceToken"),
        (
            "foreign",
            good().to(&credentials(&sim).foreign_token),
            400,
            "BadDeviceToken",
        ),
        (
            "other app",
            good().set("apns-topic", &credentials(&sim).other_topic),
            400,
            "DeviceTokenNotForTopic",
        ),
        (
            "duplicate",
            good().add("apns-topic", topic),
            400,
            "DuplicateHeaders",
        ),
        (
            "no topic",
            good().without("apns-topic"),
            400,
            "MissingTopic",
        ),
        (
            "bad topic",
            good().set("apns-topic", "a b"),
            400,
            "BadTopic",
        ),
        (
            "unknown topic",
            good().set("apns-topic", "com.other"),
            400,
            "TopicDisallowed",
        ),
        (
            "suffix of another type",
            good().set("apns-topic", &format!("{topic}.voip")),
            400,
            "TopicDisallowed",
        ),
        (
            "no suffix",
            good().set("apns-push-type", "voip"),
            400,
            "TopicDisallowed",
        ),
        (
            "push type",
            good().set("apns-push-type", "Alert"),
            400,
            "InvalidPushType",
        ),
        (
            "priority",
            good().set("apns-priority", "7"),
            400,
            "BadPriority",
        ),
        (
            "background at 10",
            good()
                .set("apns-push-type", "background")
                .set("apns-priority", "10"),
            400,
            "BadPriority",
        ),
        (
            "background by default",
            good().set("apns-push-type", "background"),
            400,
            "BadPriority",
        ),
        ("id", good().set("apns-id", "7"), 400, "BadMessageId"),
        (
            "upper id",
            good().set("apns-id", &id.to_uppercase()),
            400,
            "BadMessageId",
        ),
        (
            "expiration",
            good().set("apns-expiration", "soon"),
            400,
            "BadExpirationDate",
        ),
        (
            "negative",
            good().set("apns-expiration", "-1"),
            400,
            "BadExpirationDate",
        ),
        (
            "collapse",
            good().set("apns-collapse-id", &"c".repeat(65)),
            400,
            "BadCollapseId",
        ),
        ("empty", good().body(""), 400, "PayloadEmpty"),
        ("large", good().body(alert_of(4097)), 413, "PayloadTooLarge"),
        ("not json", good().body("{"), 400, "BadRequestPayload"),
        ("no object", good().body("[1]"), 400, "BadRequestPayload"),
        (
            "dead",
            good().to(&sim.tokens("apns").dead[0]),
            410,
            "Unregistered",
        ),
        (
            "dead by prefix",
            good().to(&format!("dead{}", "0".repeat(60))),
            410,
            "Unregistered",
        ),
        (
            "expired",
            good().to(&sim.tokens("apns").dead[2]),
            410,
            "ExpiredToken",
        ),
    ];
    for (name, push, status, reason) in cases {
        assert_eq!(
            push.send(&client).await.reason(),
            refusal(status, reason),
            "{name}"
        );
    }
    let fine = [
        good().set("apns-id", id),
        good().set("apns-expiration", "0").set("apns-priority", "1"),
        good().set("apns-collapse-id", &"c".repeat(64)),
        good().without("apns-push-type"),
        good().body(alert_of(4096)),
        good().to(&"AB".repeat(100)),
        good()
            .set("apns-topic", &format!("{topic}.voip"))
            .set("apns-push-type", "voip")
            .body(alert_of(5120)),
    ];
    for push in fine {
        assert_eq!(push.send(&client).await.reason(), OK, "{:?}", push.headers);
    }
    assert_eq!(
        good()
            .set("apns-id", id)
            .send(&client)
            .await
            .header("apns-id"),
        Some(id)
    );
    let refused = sim
        .received("apns")
        .into_iter()
        .filter(|r| r.verdict.code().is_some());
    assert_eq!(refused.count(), 33);
}

fn alert_of(bytes: usize) -> String {
    let shell = r#"{"aps":{"alert":""}}"#.len();
    format!(r#"{{"aps":{{"alert":"{}"}}}}"#, "x".repeat(bytes - shell))
}

#[tokio::test]
async fn the_shape_of_a_payload_follows_its_push_type() {
    let sim = Simulator::start().await.unwrap();
    let client = connect(&sim).await;
    let token = token(&sim);
    let own = credentials(&sim);
    let push = |kind: &str, suffix: &str, body: serde_json::Value| {
        let topic = if kind == "mdm" {
            own.mdm_topic.clone()
        } else {
            own.topic.clone()
        };
        Push::new(&sim, &token)
            .set("apns-push-type", kind)
            .set("apns-topic", &format!("{topic}{suffix}"))
            .set(
                "apns-priority",
                if kind == "background" { "5" } else { "10" },
            )
            .body(body.to_string())
    };
    let start = json!({"aps": {
        "timestamp": 1, "event": "start", "attributes-type": "A", "attributes": {},
        "content-state": {}, "alert": {"title": {"loc-key": "k", "loc-args": ["a"]}, "sound": "s"},
    }});
    let mut no_alert = start.clone();
    no_alert["aps"].as_object_mut().unwrap().remove("alert");
    let live = ".push-type.liveactivity";
    let right = [
        push("alert", "", json!({"aps": {"badge": 0}})),
        push(
            "alert",
            "",
            json!({"aps": {"alert": "b", "sound": {"critical": 1, "name": "default", "volume": 0.5}}}),
        ),
        push(
            "background",
            "",
            json!({"aps": {"content-available": 1}, "x": 1}),
        ),
        push("voip", ".voip", json!({"call": 1})),
        push("complication", ".complication", json!({})),
        push(
            "fileprovider",
            ".pushkit.fileprovider",
            json!({"container-identifier": "c", "domain": "d"}),
        ),
        push("mdm", "", json!({"mdm": "magic"})),
        push("liveactivity", live, start),
        push(
            "liveactivity",
            live,
            json!({"aps": {"timestamp": 1, "event": "end", "content-state": {}, "relevance-score": 75}}),
        ),
        push("location", ".location-query", json!({"aps": {}})),
        push("pushtotalk", ".voip-ptt", json!({"speaker": "a"})),
        push(
            "widgets",
            ".push-type.widgets",
            json!({"aps": {"content-changed": true}}),
        ),
        push(
            "controls",
            ".push-type.controls",
            json!({"aps": {"content-changed": true}}),
        ),
        push("alert", "", json!({"aps": {"alert": "b", "unknown": 3}})),
    ];
    for push in right {
        assert_eq!(push.send(&client).await.reason(), OK, "{}", push.body);
    }
    let wrong = [
        push("alert", "", json!({"x": 1})),
        push("alert", "", json!({"aps": {"alert": 1}})),
        push("alert", "", json!({"aps": {"alert": {"loc-args": [1]}}})),
        push("alert", "", json!({"aps": {"alert": "b", "badge": "1"}})),
        push(
            "alert",
            "",
            json!({"aps": {"alert": "b", "mutable-content": true}}),
        ),
        push(
            "alert",
            "",
            json!({"aps": {"alert": "b", "interruption-level": "loud"}}),
        ),
        push(
            "alert",
            "",
            json!({"aps": {"alert": "b", "relevance-score": 2}}),
        ),
        push(
            "alert",
            "",
            json!({"aps": {"alert": "b", "sound": {"volume": 0.5}}}),
        ),
        push("background", "", json!({"aps": {}})),
        push(
            "background",
            "",
            json!({"aps": {"content-available": 1, "sound": "s"}}),
        ),
        push("background", "", json!({"aps": {"content-available": 0}})),
        push("liveactivity", live, no_alert),
        push(
            "liveactivity",
            live,
            json!({"aps": {"event": "update", "content-state": {}}}),
        ),
        push(
            "widgets",
            ".push-type.widgets",
            json!({"aps": {"content-changed": 1}}),
        ),
        push("fileprovider", ".pushkit.fileprovider", json!({"aps": {}})),
        push("mdm", "", json!({"mdm": "magic", "aps": {}})),
    ];
    for push in wrong {
        let reason = push.send(&client).await.reason();
        assert_eq!(reason, refusal(400, "BadRequestPayload"), "{}", push.body);
    }
}

#[tokio::test]
async fn a_410_says_since_when_in_milliseconds() {
    let sim = Simulator::builder().sandbox(true).start().await.unwrap();
    let client = connect(&sim).await;
    let push = Push::new(&sim, &token(&sim));
    let reply = push
        .clone()
        .to(&sim.tokens("apns").dead[0])
        .send(&client)
        .await;
    let since = reply.json()["timestamp"].as_i64().unwrap();
    assert!((since / 1000 - now()).abs() < 60, "{since}");
    let reply = push.send(&client).await;
    assert!(
        reply.header("apns-unique-id").is_some(),
        "the sandbox adds a unique id"
    );
    assert!(reply.body.is_empty());
}

#[tokio::test]
async fn a_flaky_token_is_unavailable_once() {
    let sim = Simulator::start().await.unwrap();
    let client = connect(&sim).await;
    let push = Push::new(&sim, &token(&sim)).to(&sim.tokens("apns").flaky[0]);
    assert_eq!(
        push.send(&client).await.reason(),
        refusal(503, "ServiceUnavailable")
    );
    assert_eq!(push.send(&client).await.reason(), OK);
    assert_eq!(push.send(&client).await.reason(), OK);
    sim.clear();
    assert_eq!(
        push.send(&client).await.reason(),
        refusal(503, "ServiceUnavailable")
    );
}

#[tokio::test]
async fn a_certificate_takes_the_place_of_a_token() {
    let sim = Simulator::start().await.unwrap();
    let own = credentials(&sim);
    let connect = async |cert: &zpns_simulator::ClientCertificate| {
        let config = tls(
            &sim.ca_pem(),
            Some((&cert.cert_pem, &cert.key_pem)),
            &["h2"],
        );
        Client::connect(sim.origin("apns"), config).await
    };
    let push = Push::new(&sim, "nonsense");
    let client = connect(&own.certificate).await;
    assert_eq!(
        push.send(&client).await.reason(),
        OK,
        "the header is ignored"
    );
    let bare = push.clone().without("authorization").without("apns-topic");
    assert_eq!(
        bare.send(&client).await.reason(),
        OK,
        "one app, so no topic is needed"
    );
    let other = push.clone().set("apns-topic", &own.other_topic);
    assert_eq!(
        other.send(&client).await.reason(),
        refusal(400, "TopicDisallowed")
    );
    let location = push
        .clone()
        .set("apns-push-type", "location")
        .set("apns-topic", &format!("{}.location-query", own.topic));
    assert_eq!(
        location.send(&client).await.reason(),
        refusal(400, "TopicDisallowed")
    );

    let two = sim
        .issue_client_certificate(&[&own.topic, &own.other_topic], false)
        .unwrap();
    let client = connect(&two).await;
    assert_eq!(
        bare.send(&client).await.reason(),
        refusal(400, "MissingTopic")
    );
    assert_eq!(push.send(&client).await.reason(), OK);

    let client = connect(&sim.issue_client_certificate(&[&own.topic], true).unwrap()).await;
    assert_eq!(
        push.send(&client).await.reason(),
        refusal(403, "BadCertificateEnvironment")
    );
    let client = connect(&sim.issue_client_certificate(&[], false).unwrap()).await;
    assert_eq!(
        push.send(&client).await.reason(),
        refusal(403, "BadCertificate")
    );
}

#[tokio::test]
async fn a_token_ages_with_the_clock() {
    let sim = Simulator::start().await.unwrap();
    let client = connect(&sim).await;
    let push = Push::new(&sim, &token(&sim));
    assert_eq!(push.send(&client).await.reason(), OK);
    sim.advance(Duration::from_secs(59 * 60));
    assert_eq!(push.send(&client).await.reason(), OK);
    sim.advance(Duration::from_secs(2 * 60));
    assert_eq!(
        push.send(&client).await.reason(),
        refusal(403, "ExpiredProviderToken")
    );
    let date = push.send(&client).await.header("date").unwrap().to_owned();
    let date = httpdate::parse_http_date(&date).unwrap();
    let seconds = date
        .duration_since(std::time::UNIX_EPOCH)
        .unwrap()
        .as_secs() as i64;
    assert!(
        (seconds - now() - 61 * 60).abs() < 30,
        "the date follows the simulator's clock"
    );
    let fresh = token_at(&own_key(&sim), now() + 61 * 60);
    assert_eq!(Push::new(&sim, &fresh).send(&client).await.reason(), OK);
}

#[tokio::test]
async fn channels_are_made_published_to_and_deleted() {
    let sim = Simulator::start().await.unwrap();
    let client = connect(&sim).await;
    let authorization = format!("bearer {}", token(&sim));
    let bundle = &credentials(&sim).topic;
    let call = async |method: &str, path: &str, extra: &[(&str, &str)], body: &str| {
        let mut headers = vec![("authorization", authorization.as_str())];
        headers.extend_from_slice(extra);
        client
            .call(method, path, &headers, body.to_owned())
            .await
            .unwrap()
    };
    let path = format!("/1/apps/{bundle}/channels");
    let policy = r#"{"message-storage-policy":0,"push-type":"LiveActivity"}"#;
    let made = call("POST", &path, &[], policy).await;
    assert_eq!(made.status, 201);
    let id = made.header("apns-channel-id").unwrap().to_owned();
    let id = [("apns-channel-id", id.as_str())];
    assert_eq!(
        call("GET", &path, &id, "").await.json()["message-storage-policy"],
        0
    );
    let all = call("GET", &format!("/1/apps/{bundle}/all-channels"), &[], "").await;
    assert_eq!(all.json()["channels"][0], id[0].1);

    let publish = format!("/4/broadcasts/apps/{bundle}");
    let body = r#"{"aps":{"timestamp":1,"event":"update","content-state":{}}}"#;
    let full = [
        id[0],
        ("apns-push-type", "liveactivity"),
        ("apns-expiration", "0"),
    ];
    let reply = call("POST", &publish, &full, body).await;
    assert_eq!(reply.reason(), OK);
    assert!(reply.header("apns-request-id").is_some());
    let start = body.replace("update", "start");
    let stored = [full[0], full[1], ("apns-expiration", "9")];
    let topic = [full[0], full[1], full[2], ("apns-topic", bundle.as_str())];
    let unknown = [("apns-channel-id", "bm9uZQ=="), full[1], full[2]];
    type Headers<'a> = &'a [(&'a str, &'a str)];
    let wrong: [(Headers<'_>, &str, &str); 8] = [
        (&full[1..], body, "MissingChannelId"),
        (&[full[0], full[2]], body, "MissingPushType"),
        (
            &[full[0], ("apns-push-type", "alert"), full[2]],
            body,
            "InvalidPushType",
        ),
        (&full[..2], body, "BadExpirationDate"),
        (&stored, body, "BadExpirationDate"),
        (&topic, body, "BadRequestParams"),
        (&unknown, body, "BadChannelId"),
        (&full, &start, "BadRequestPayload"),
    ];
    for (headers, body, reason) in wrong {
        let reply = call("POST", &publish, headers, body).await;
        assert_eq!(reply.reason(), refusal(400, reason), "{headers:?}");
    }
    assert_eq!(call("DELETE", &path, &id, "").await.status, 204);
    assert_eq!(
        call("DELETE", &path, &id, "").await.reason(),
        refusal(404, "BadPath")
    );
    let reply = call("POST", "/4/broadcasts/apps/com.other", &full, body).await;
    assert_eq!(reply.reason(), refusal(400, "TopicDisallowed"));
}
