//! HONOR through an independent client: who may push, to whom, and in which words it refuses.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod support;

use std::time::Duration;

use serde_json::{Value, json};
use support::honor::{EXCHANGE, FORM, OK, Push, Scene, WRONG, code, refused};
use support::now;
use zpns_simulator::faults::{Fault, Rule, Target};
use zpns_simulator::{CallKind, Verdict};

#[tokio::test]
async fn an_exchange_gives_a_bearer_for_an_hour_at_both_paths() {
    let scene = Scene::open().await;
    let known = scene.known();
    let pairs = [
        ("grant_type", "client_credentials"),
        ("client_id", &known.client_id),
        ("client_secret", &known.client_secret),
    ];
    let older = "/auth/realms/developer/protocol/openid-connect/token";
    for path in [EXCHANGE, older] {
        let reply = scene.exchange(path, &pairs).await;
        let body = reply.json();
        assert_eq!(reply.status, 200);
        assert!(body["access_token"].as_str().unwrap().len() >= 32);
        assert_eq!(body["expires_in"], 3_600);
        assert_eq!(body["token_type"], "Bearer");
    }
    assert_eq!(scene.sim.counters("honor").auth_calls, 2);
    let received = scene.sim.received("honor");
    assert!(received.iter().all(|call| call.kind == CallKind::Auth));
}

#[tokio::test]
async fn a_wrong_exchange_is_told_in_the_words_of_oauth() {
    let scene = Scene::open().await;
    let known = scene.known();
    let (grant, id, secret) = (
        "client_credentials",
        &*known.client_id,
        &*known.client_secret,
    );
    let rows = [
        ("password", id, secret, 400, "unsupported_grant_type"),
        ("", id, secret, 400, "invalid_request"),
        (grant, "", secret, 400, "invalid_request"),
        (grant, id, "", 400, "invalid_request"),
        (grant, &*known.app_id, secret, 401, "unauthorized_client"),
        (grant, id, "wrong", 401, "unauthorized_client"),
        (
            grant,
            id,
            &*known.disabled_client_secret,
            401,
            "unauthorized_client",
        ),
    ];
    for (grant, id, secret, status, error) in rows {
        let pairs = [
            ("grant_type", grant),
            ("client_id", id),
            ("client_secret", secret),
        ];
        let reply = scene.exchange(EXCHANGE, &pairs).await;
        assert_eq!(reply.status, status, "{error}");
        assert_eq!(reply.json()["error"], error);
        assert!(reply.json()["error_description"].is_string());
        assert!(reply.json().get("access_token").is_none());
    }
}

#[tokio::test]
async fn the_secret_has_to_be_escaped_in_the_form() {
    let scene = Scene::open().await;
    let known = scene.known();
    for sign in ["+", "/", "="] {
        assert!(known.client_secret.contains(sign));
    }
    let raw = format!(
        "grant_type=client_credentials&client_id={}&client_secret={}",
        known.client_id, known.client_secret
    );
    let post = async |content_type, body: String| {
        let headers = [("content-type", content_type)];
        let call = scene.client.call("POST", EXCHANGE, &headers, body);
        call.await.unwrap()
    };
    let reply = post(FORM, raw.clone()).await;
    assert_eq!(reply.json()["error"], "unauthorized_client");
    let escaped = raw.replace('+', "%2B").replace('/', "%2F");
    assert_eq!(post(FORM, escaped.clone()).await.status, 200);
    let reply = post("application/json", escaped).await;
    assert_eq!(reply.json()["error"], "invalid_request");
    let get = scene.client.call("GET", EXCHANGE, &[], "").await.unwrap();
    assert_eq!(get.status, 405);
}

#[tokio::test]
async fn a_message_is_taken_under_an_id() {
    let scene = Scene::open().await;
    let reply = scene.send(&scene.message(&[])).await;
    let received = scene.sim.received("honor").pop().unwrap();
    assert_eq!(received.kind, CallKind::Push);
    assert_eq!(received.tokens, [scene.live(0)]);
    let Verdict::Accepted { id } = received.verdict else {
        panic!("{:?}", received.verdict)
    };
    assert_eq!(reply.status, 200);
    let wanted = json!({"code": 200, "message": "success", "data": {
        "sendResult": true, "requestId": id, "failTokens": [], "expireTokens": [],
    }});
    assert_eq!(reply.json(), wanted);
}

#[tokio::test]
async fn a_bearer_has_to_be_there_to_be_known_to_be_fresh_and_the_apps_own() {
    let scene = Scene::open().await;
    let known = scene.known();
    let push = scene.push(&scene.message(&[])).await;
    let with = |authorization: &str| Push {
        authorization: authorization.to_owned(),
        ..push.clone()
    };
    let bearer = push.authorization.strip_prefix("Bearer ").unwrap();
    for wrong in ["", bearer, "Bearer nobody's", "Basic abc"] {
        let reply = scene.post(&with(wrong)).await;
        assert_eq!(refused(&reply), (401, 80_200_001), "{wrong}");
    }
    let stranger = scene
        .bearer_of(&known.disabled_client_id, &known.disabled_client_secret)
        .await;
    let stranger = with(&format!("Bearer {stranger}"));
    let reply = scene.post(&stranger).await;
    assert_eq!(refused(&reply), (401, 80_200_001), "another app's");
    let theirs = Push {
        app: known.disabled_app_id.clone(),
        ..stranger
    };
    assert_eq!(refused(&scene.post(&theirs).await), (403, 80_300_002));
    let nobodys = Push {
        app: "999999999".to_owned(),
        ..push.clone()
    };
    assert_eq!(refused(&scene.post(&nobodys).await), (404, 404));

    // The simulator's clock runs on beside what it is moved by, so there is room for a slow machine.
    scene.sim.advance(Duration::from_secs(3_500));
    assert_eq!(code(&scene.post(&push).await), 200);
    scene.sim.advance(Duration::from_secs(100));
    assert_eq!(refused(&scene.post(&push).await), (401, 80_200_003));
    let fresh = with(&format!("Bearer {}", scene.bearer().await));
    assert_eq!(code(&scene.post(&fresh).await), 200);
}

#[tokio::test]
async fn the_timestamp_is_of_today_and_in_milliseconds() {
    let scene = Scene::open().await;
    let push = scene.push(&scene.message(&[])).await;
    let at = |seconds: i64| Some(format!("{}000", now() + seconds));
    const DAY: i64 = 24 * 60 * 60;
    let rows = [
        (at(0), 200),
        (at(-DAY + 600), 200),
        (at(DAY - 600), 200),
        (at(-DAY - 600), 80_100_001),
        (at(DAY + 600), 80_100_001),
        (None, 80_100_001),
        (Some(now().to_string()), 80_100_001),
        (Some(format!("{}.5", now())), 80_100_001),
        (Some(format!("0{}00", now())), 80_100_001),
        (Some("yesterday 1 h".to_owned()), 80_100_001),
    ];
    for (timestamp, wanted) in rows {
        let push = Push {
            timestamp: timestamp.clone(),
            ..push.clone()
        };
        assert_eq!(code(&scene.post(&push).await), wanted, "{timestamp:?}");
    }
}

#[tokio::test]
async fn dead_and_malformed_tokens_are_listed_as_expired_with_code_200() {
    let scene = Scene::open().await;
    let (a, b, gone) = (scene.live(0), scene.live(1), scene.dead(0));
    let reply = scene
        .to(&[
            &a,
            &gone,
            "no token",
            &b,
            "CN_dead-1",
            &gone,
            "täuschend",
            "",
        ])
        .await;
    let data = &reply.json()["data"];
    assert_eq!((reply.status.as_u16(), code(&reply)), (200, 200));
    assert_eq!(data["sendResult"], true);
    assert_eq!(data["failTokens"], json!([]));
    let expired = json!([gone, "no token", "CN_dead-1", "täuschend", ""]);
    assert_eq!(data["expireTokens"], expired, "each one once");
    let received = scene.sim.received("honor").pop().unwrap();
    assert_eq!(received.tokens.len(), 8);
    assert_eq!(received.accepted_tokens(), [a, b]);
}

#[tokio::test]
async fn dead_tokens_alone_are_no_result_and_still_named() {
    let scene = Scene::open().await;
    let dead = scene.sim.tokens("honor").dead;
    let tokens: Vec<&str> = dead.iter().map(String::as_str).collect();
    let reply = scene.to(&tokens).await;
    let data = &reply.json()["data"];
    assert_eq!((reply.status.as_u16(), code(&reply)), (200, 200));
    assert_eq!(data["sendResult"], false);
    assert_eq!(data["expireTokens"], json!(dead));
    assert_eq!(scene.verdict().code(), Some("200"));
    assert_eq!(scene.sim.counters("honor").accepted, 0);
}

#[tokio::test]
async fn a_flaky_token_fails_once_and_the_others_are_pushed() {
    let scene = Scene::open().await;
    let (live, gone) = (scene.live(0), scene.dead(0));
    let (one, other) = (scene.flaky(0), scene.flaky(1));
    let tokens = [&*one, &live, &gone, &one, &other];
    let reply = scene.to(&tokens).await;
    let data = &reply.json()["data"];
    assert_eq!((reply.status.as_u16(), code(&reply)), (200, 80_100_000));
    assert_eq!(data["sendResult"], true);
    assert_eq!(data["failTokens"], json!([one, other]), "each one once");
    assert_eq!(data["expireTokens"], json!([gone]));
    let received = scene.sim.received("honor").pop().unwrap();
    assert_eq!(received.accepted_tokens(), [live]);

    assert_eq!(code(&scene.to(&[&one, &other]).await), 200);
    scene.sim.clear();
    let alone = scene.to(&[&one]).await.json();
    assert_eq!(alone["code"], 200);
    assert_eq!(alone["data"]["sendResult"], false);
    assert_eq!(alone["data"]["failTokens"], json!([one]));
}

#[tokio::test]
async fn a_thousand_tokens_are_taken_and_no_more() {
    let scene = Scene::open().await;
    let tokens: Vec<String> = (0..1_001).map(|number| format!("t{number}")).collect();
    let many = |count: usize| [("/token", json!(tokens[..count]))];
    assert_eq!(scene.code(&many(1_000)).await, 200);
    assert_eq!(scene.code(&many(1_001)).await, 80_300_010);
}

#[tokio::test]
async fn only_json_in_utf_8_is_read() {
    let scene = Scene::open().await;
    let push = scene.push(&scene.message(&[])).await;
    let rows = [
        ("application/json", OK),
        ("application/json;charset=utf-8", OK),
        ("application/json;charset=gbk", 80_100_001),
        ("text/plain", 80_100_001),
        (FORM, 80_100_001),
    ];
    for (content_type, wanted) in rows {
        let push = Push {
            content_type,
            ..push.clone()
        };
        assert_eq!(code(&scene.post(&push).await), wanted, "{content_type}");
    }
    for body in ["", "{", "[]", "null", "{\"token\":[\"t\"],}"] {
        let push = Push {
            body: body.to_owned(),
            ..push.clone()
        };
        assert_eq!(refused(&scene.post(&push).await), (400, WRONG), "{body}");
    }
}

#[tokio::test]
async fn unknown_paths_and_methods_are_refused() {
    let scene = Scene::open().await;
    let app = &scene.known().app_id;
    let paths = [
        format!("/v1/{app}/messages:send"),
        format!("/api/v1/{app}/sendmessage"),
        "/api/v1//sendMessage".to_owned(),
        "/api/v1/a/b/sendMessage".to_owned(),
    ];
    for path in paths {
        let call = scene.client.call("POST", &path, &[], "{}");
        assert_eq!(call.await.unwrap().status, 404, "{path}");
    }
    let path = format!("/api/v1/{app}/sendMessage");
    let get = scene.client.call("GET", &path, &[], "").await.unwrap();
    assert_eq!(refused(&get), (405, 405));
}

#[tokio::test]
async fn a_script_speaks_in_honors_words_and_the_gateway_has_none() {
    let scene = Scene::open().await;
    let rows = [
        (Fault::status(400), 400, Some(json!(80_100_001))),
        (Fault::status(401), 401, Some(json!(80_200_001))),
        (Fault::status(403), 403, Some(json!(80_300_002))),
        (Fault::status(404), 404, Some(json!(404))),
        (Fault::status(429), 429, Some(json!(429))),
        (Fault::status(500), 500, Some(json!(81_000_001))),
        (Fault::status(503), 503, Some(json!(503))),
        (Fault::code(200, "80300007"), 200, Some(json!(80_300_007))),
        (Fault::code(418, "Teapot"), 418, Some(json!("Teapot"))),
        (Fault::status(502), 502, None),
        (Fault::status(504), 504, None),
    ];
    for (fault, status, wanted) in rows {
        scene.faults(Rule::new(fault));
        let reply = scene.send(&scene.message(&[])).await;
        assert_eq!(reply.status.as_u16(), status);
        let said: Option<Value> = serde_json::from_slice(&reply.body).ok();
        assert_eq!(said.map(|said| said["code"].clone()), wanted);
    }
    let second = scene.live(1);
    scene.faults(Rule::new(Fault::code(200, "80100016")).token(second.as_str()));
    assert_eq!(code(&scene.to(&[&scene.live(0)]).await), OK);
    let both = scene.to(&[&scene.live(0), &second]).await;
    assert_eq!(code(&both), 80_100_016, "any target of the list");
}

#[tokio::test]
async fn a_script_refuses_an_exchange_in_the_words_of_oauth() {
    let scene = Scene::open().await;
    let rows = [
        (Fault::status(401), 401, json!("unauthorized_client")),
        (
            Fault::code(400, "invalid_client"),
            400,
            json!("invalid_client"),
        ),
        (Fault::code(400, "1101"), 400, json!(1101)),
    ];
    for (fault, status, error) in rows {
        scene.faults(Rule::new(fault).target(Target::Auth));
        let reply = scene.exchange(EXCHANGE, &[]).await;
        assert_eq!(reply.status.as_u16(), status);
        assert_eq!(reply.json()["error"], error);
    }
    scene.faults(Rule::new(Fault::status(502)).target(Target::Auth));
    let reply = scene.exchange(EXCHANGE, &[]).await;
    assert_eq!(
        (reply.status.as_u16(), &*reply.body),
        (502, b"Bad Gateway".as_slice())
    );
}

#[tokio::test]
async fn an_access_token_that_a_script_declares_expired_stays_so_and_a_fresh_one_works() {
    let scene = Scene::open().await;
    let push = scene.push(&scene.message(&[])).await;
    scene.faults(Rule::new(Fault::ExpiredAuth {}).count(1));
    assert_eq!(refused(&scene.post(&push).await), (401, 80_200_003));
    assert_eq!(refused(&scene.post(&push).await), (401, 80_200_003));
    assert_eq!(scene.code(&[]).await, OK);
}

#[tokio::test]
async fn the_config_leads_to_it() {
    let scene = Scene::open().await;
    let config: toml::Table = scene.sim.config_toml().unwrap().parse().unwrap();
    let section = config["providers"]["honor"].as_table().unwrap();
    let known = scene.known();
    let origin = scene.sim.origin("honor");
    let auth = format!("{origin}{EXCHANGE}");
    let rows = [
        ("vendor", "honor"),
        ("endpoint", origin),
        ("app_id", &*known.app_id),
        ("client_id", &*known.client_id),
        ("client_secret", &*known.client_secret),
        ("auth_endpoint", &*auth),
    ];
    for (key, value) in rows {
        assert_eq!(section[key].as_str(), Some(value), "{key}");
    }
    assert_eq!(section.len(), rows.len() + 1, "and the authority");
    let tokens = scene.sim.tokens("honor");
    assert_eq!((tokens.live.len(), tokens.muted.len()), (8, 0));
    assert!(!format!("{known:?}").contains(&known.client_secret));
}
