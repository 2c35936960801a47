//! Web Push through an independent client: who may push, with what, and in whose words it is
//! refused.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod support;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use support::now;
use support::webpush::{Scene, Seal, any_key, public, refused, vapid, vapid_with};
use zpns_simulator::faults::{Fault, Rule};
use zpns_simulator::webpush::{Service, Subscriber};
use zpns_simulator::{CallKind, FaultScript, Verdict};

#[tokio::test]
async fn a_push_is_taken_decrypted_and_recorded() {
    let scene = Scene::open().await;
    let token = scene.sim.tokens("webpush").live[0].clone();
    let reply = scene.post(&scene.push(&scene.path_of(&token))).await;
    assert_eq!(reply.status, 201);
    assert!(reply.body.is_empty());
    assert_eq!(reply.header("ttl"), Some("60"));
    let received = scene.sim.received("webpush").pop().unwrap();
    assert_eq!(received.kind, CallKind::Push);
    assert_eq!(received.tokens, [token]);
    assert_eq!(
        received.plaintext.as_deref(),
        Some(&br#"{"title":"t"}"#[..])
    );
    assert_eq!(received.fields(), Some(json!({"title": "t"})));
    let id = reply.header("location").unwrap().to_owned();
    assert!(id.starts_with(&scene.known().origin));
    assert_eq!(received.verdict, Verdict::Accepted { id });
}

#[tokio::test]
async fn a_listed_subscription_is_what_a_browser_would_give() {
    let scene = Scene::open().await;
    let tokens = scene.sim.tokens("webpush");
    let all = [&tokens.live, &tokens.dead, &tokens.flaky].map(|tokens| &tokens[0]);
    for token in all {
        let subscription: Value = serde_json::from_str(token).unwrap();
        let endpoint = subscription["endpoint"].as_str().unwrap();
        assert!(endpoint.starts_with(&format!("{}/push/", scene.known().origin)));
        assert_eq!(subscription["expirationTime"], Value::Null);
        assert_eq!(subscription["keys"]["p256dh"].as_str().unwrap().len(), 87);
        assert_eq!(subscription["keys"]["auth"], "BTBZMqHH6r4Tts7J_aSIgg");
    }
    let listed: Value = serde_json::from_str(&scene.sim.tokens_json()).unwrap();
    assert_eq!(listed["webpush"]["live"][0], tokens.live[0]);
}

#[tokio::test]
async fn the_configuration_names_the_key_the_contact_and_the_host() {
    let scene = Scene::open().await;
    let config: toml::Table = scene.sim.config_toml().unwrap().parse().unwrap();
    let section = config["providers"]["webpush"].as_table().unwrap();
    let known = scene.known();
    assert_eq!(section["vendor"].as_str(), Some("webpush"));
    assert_eq!(section["endpoint"].as_str(), Some(&*known.origin));
    assert_eq!(section["subject"].as_str(), Some(&*known.subject));
    let key = section["vapid_private_key"].as_str().unwrap();
    assert_eq!((key, key.len()), (&*known.vapid_private_key, 43));
    assert_eq!(section["allow_hosts"][0].as_str(), Some("127.0.0.1"));
    assert!(section["ca_path"].is_str());
}

#[tokio::test]
async fn any_id_is_live_but_those_that_start_with_dead() {
    let scene = Scene::open().await;
    let rows = [
        ("/push/x", 201),
        ("/push/live-1:a~b.c", 201),
        ("/push/dead", 410),
        ("/push/deadbeef", 410),
        ("/push/CN_dead1", 410),
        ("/push/live_dead", 201),
        ("/push/", 404),
        ("/push/a/b", 404),
        ("/push/a%20b", 404),
        ("/push/a?b=c", 404),
        ("/other/a", 404),
    ];
    for (path, status) in rows {
        let reply = scene.post(&scene.push(path)).await;
        assert_eq!(reply.status, status, "{path}");
    }
    let dead = scene.post(&scene.push("/push/dead")).await;
    assert_eq!(refused(&dead), (410, Some(106)));
    assert_eq!(dead.header("cache-control"), Some("max-age=86400"));
    let get = scene.call("GET", &scene.push("/push/x")).await;
    assert_eq!(get.status, 405);
}

#[tokio::test]
async fn a_vapid_token_has_to_be_signed_for_this_origin_for_a_day_at_most() {
    let scene = Scene::open().await;
    let push = scene.push("/push/x");
    let key = any_key();
    let origin = scene.known().origin.clone();
    let port = origin.rsplit_once(':').unwrap().0.to_owned();
    let rows = [
        ("aud", json!(origin), 201),
        ("aud", json!(port), 401),
        ("aud", json!(format!("{origin}/")), 401),
        ("aud", json!(format!("{origin}/push/x")), 401),
        ("aud", json!([origin]), 401),
        ("aud", Value::Null, 401),
        ("exp", json!(now() + 24 * 3600 - 5), 201),
        ("exp", json!(now() + 24 * 3600 + 30), 401),
        ("exp", json!(now() - 1), 401),
        ("exp", json!(now() as f64 + 60.5), 401),
        ("exp", json!((now() + 60).to_string()), 401),
        ("sub", json!("mailto:a@example.com"), 201),
        ("sub", json!("https://example.com/contact"), 201),
        ("sub", Value::Null, 401),
        ("sub", json!(""), 401),
        ("sub", json!("mailto:nobody"), 401),
        ("sub", json!("mailto: <a@example.com>"), 401),
        ("sub", json!("http://example.com"), 401),
        ("sub", json!("a@example.com"), 401),
    ];
    for (claim, value, status) in rows {
        let mut claims = scene.claims();
        claims[claim] = value.clone();
        let with = push.with("authorization", Some(&vapid(&key, &claims)));
        let reply = scene.post(&with).await;
        assert_eq!(reply.status, status, "{claim} = {value}");
        if status == 401 {
            assert_eq!(refused(&reply), (401, Some(109)), "{claim} = {value}");
        }
    }
}

#[tokio::test]
async fn the_form_and_the_signature_of_a_vapid_header_are_checked() {
    let scene = Scene::open().await;
    let push = scene.push("/push/x");
    let (key, other) = (any_key(), any_key());
    let good = vapid(&key, &scene.claims());
    let token = good.strip_prefix("vapid t=").unwrap();
    let (token, k) = token.split_once(", k=").unwrap();
    let alg = |alg: &str| vapid_with(&key, &json!({"alg": alg}), &scene.claims());
    let rows = [
        (good.clone(), 201),
        (format!("Vapid k={k},t={token}"), 201),
        (
            vapid_with(&key, &json!({"alg": "ES256"}), &scene.claims()),
            201,
        ),
        (format!("WebPush {token}"), 401),
        (format!("Bearer {token}"), 401),
        (format!("vapid t={token}"), 401),
        (format!("vapid k={k}"), 401),
        (format!("vapid t={token}, t={token}, k={k}"), 401),
        (format!("vapid t={token}, k={}", public(&other)), 401),
        (format!("vapid t={token}, k={k}="), 401),
        (format!("vapid t={token}, k=AAAA"), 401),
        (format!("vapid t={}, k={k}", &token[..token.len() - 2]), 401),
        (alg("HS256"), 401),
        (alg("none"), 401),
    ];
    for (header, status) in rows {
        let reply = scene.post(&push.with("authorization", Some(&header))).await;
        assert_eq!(reply.status, status, "{header}");
    }
    let none = scene.post(&push.with("authorization", None)).await;
    assert_eq!(refused(&none), (401, Some(109)));
    let twice = scene.post(&push.and("authorization", &good)).await;
    assert_eq!(refused(&twice), (401, Some(109)));
}

#[tokio::test]
async fn a_bound_subscription_takes_its_own_key_only() {
    let scene = Scene::open().await;
    let known = scene.known();
    let bound = scene.push(&scene.path_of(&known.bound));
    assert_eq!(scene.post(&bound).await.status, 201);
    let stranger = vapid(&any_key(), &scene.claims());
    let reply = scene
        .post(&bound.with("authorization", Some(&stranger)))
        .await;
    assert_eq!(refused(&reply), (401, Some(109)));
    assert_eq!(reply.json()["message"], "VAPID public key mismatch");
    let foreign = scene.push(&scene.path_of(&known.foreign));
    assert_eq!(scene.post(&foreign).await.status, 401);

    let open = known.subscribe("/wpush/v1/x", Subscriber::default().bound_to("other"));
    let open = scene.push(&scene.path_of(&open));
    assert_eq!(scene.post(&open).await.status, 201);
    let without = open.with("authorization", None);
    assert_eq!(scene.post(&without).await.status, 201);
}

#[tokio::test]
async fn the_headers_have_their_forms() {
    let scene = Scene::open().await;
    let push = scene.push("/push/x");
    let longest = "a".repeat(32);
    let too_long = "a".repeat(33);
    let rows = [
        ("ttl", None, 400, Some(111)),
        ("ttl", Some("0"), 201, None),
        ("ttl", Some("2592001"), 201, None),
        ("ttl", Some("-1"), 400, Some(112)),
        ("ttl", Some("+1"), 400, Some(112)),
        ("ttl", Some("1.5"), 400, Some(112)),
        ("ttl", Some("soon"), 400, Some(112)),
        ("urgency", Some("very-low"), 201, None),
        ("urgency", Some("low"), 201, None),
        ("urgency", Some("normal"), 201, None),
        ("urgency", Some("high"), 201, None),
        ("urgency", Some("High"), 400, None),
        ("urgency", Some("low, high"), 400, None),
        ("topic", Some(&*longest), 201, None),
        ("topic", Some(&*too_long), 400, Some(113)),
        ("topic", Some(""), 400, Some(113)),
        ("topic", Some("a=="), 400, Some(113)),
        ("topic", Some("a b"), 400, Some(113)),
        ("content-encoding", None, 400, Some(110)),
        ("content-encoding", Some("aesgcm"), 400, Some(110)),
        ("content-encoding", Some("gzip, aes128gcm"), 400, Some(110)),
        ("crypto-key", Some("dh=abc"), 400, Some(110)),
    ];
    for (name, value, status, errno) in rows {
        let reply = scene.post(&push.with(name, value)).await;
        assert_eq!(reply.status, status, "{name}: {value:?}");
        if status == 400 {
            assert_eq!(refused(&reply), (400, errno), "{name}: {value:?}");
        }
    }
    let capped = scene.post(&push.with("ttl", Some("2592001"))).await;
    assert_eq!(capped.header("ttl"), Some("2592000"));
    for name in ["ttl", "urgency", "topic"] {
        let twice = push.with(name, Some("1")).and(name, "1");
        assert_eq!(scene.post(&twice).await.status, 400, "{name}");
    }
}

type Change = fn(&mut Seal);

#[tokio::test]
async fn a_body_is_read_with_the_keys_of_its_subscription() {
    let scene = Scene::open().await;
    let known = scene.known();
    let subscriber = Subscriber::generate().unwrap();
    let token = known.subscribe("/push/own-keys", subscriber.clone());
    let path = scene.path_of(&token);
    assert_eq!(scene.post(&scene.push(&path)).await.status, 201);
    let to_another = scene.push(&path).saying(scene.push("/push/x").body);
    assert_eq!(refused(&scene.post(&to_another).await), (400, Some(110)));
    let seal = |change: Change| {
        let mut seal = Seal::default();
        change(&mut seal);
        scene.push(&path).saying(seal.seal(b"hi", &subscriber))
    };
    let rows: [(Change, u16); 6] = [
        (|seal| seal.padding = 100, 201),
        (|seal| seal.delimiter = 1, 400),
        (|seal| seal.delimiter = 0, 400),
        (|seal| seal.record_size = 2 + 1 + 16, 400),
        (|seal| seal.record_size = 2 + 1 + 16 + 1, 201),
        (|seal| seal.record_size = 17, 400),
    ];
    for (at, (change, status)) in rows.into_iter().enumerate() {
        assert_eq!(scene.post(&seal(change)).await.status, status, "row {at}");
    }
    let received = scene.sim.received("webpush").pop().unwrap();
    assert_eq!(received.plaintext, None, "a refused body says nothing");
}

#[tokio::test]
async fn a_push_of_4096_bytes_is_taken_and_not_one_more() {
    let scene = Scene::open().await;
    let push = scene.push("/push/x");
    let seal = |length| {
        let seal = Seal {
            record_size: 8192,
            ..Seal::default()
        };
        push.saying(seal.seal(&vec![b'a'; length], &Subscriber::default()))
    };
    let largest = seal(3993);
    assert_eq!(largest.body.len(), 4096);
    assert_eq!(scene.post(&largest).await.status, 201);
    assert_eq!(refused(&scene.post(&seal(3994)).await), (413, Some(104)));
}

#[tokio::test]
async fn a_push_without_a_body_needs_no_coding() {
    let scene = Scene::open().await;
    let push = scene.push("/push/x").saying(Vec::new());
    assert_eq!(scene.post(&push).await.status, 400);
    let tickle = push.with("content-encoding", None);
    assert_eq!(scene.post(&tickle).await.status, 201);
    let received = scene.sim.received("webpush").pop().unwrap();
    assert_eq!(received.plaintext, None);
}

#[tokio::test]
async fn the_key_that_signs_must_not_encrypt() {
    let scene = Scene::open().await;
    let private = URL_SAFE_NO_PAD
        .decode(&scene.known().vapid_private_key)
        .unwrap();
    let seal = Seal {
        private: Some(private),
        ..Seal::default()
    };
    let push = scene.push("/push/x");
    let push = push.saying(seal.seal(b"{}", &Subscriber::default()));
    assert_eq!(refused(&scene.post(&push).await), (400, Some(110)));
}

#[tokio::test]
async fn an_accepted_push_can_be_cancelled_once() {
    let scene = Scene::open().await;
    let push = scene.push("/push/x");
    let reply = scene.post(&push).await;
    let resource = reply.header("location").unwrap();
    let path = resource.strip_prefix(&scene.known().origin).unwrap();
    let push = push.at(path);
    assert_eq!(scene.call("POST", &push).await.status, 405);
    assert_eq!(scene.call("DELETE", &push).await.status, 204);
    assert_eq!(scene.call("DELETE", &push).await.status, 404);
    let received = scene.sim.received("webpush");
    assert_eq!(received[1].kind, CallKind::Other);
}

#[tokio::test]
async fn each_service_speaks_its_own_words() {
    let scene = Scene::open().await;
    let known = scene.known();
    let at = |service: Service, id: &str| scene.push(&service.path(id));

    let google = scene.post(&at(Service::Google, "a")).await;
    assert_eq!(google.status, 201);
    assert!(google.header("location").is_some());
    let gone = scene.post(&at(Service::Google, "dead")).await;
    let text = String::from_utf8(gone.body.to_vec()).unwrap();
    assert_eq!(gone.status, 410);
    assert_eq!(text, "push subscription has unsubscribed or expired.\n");
    let without = at(Service::Google, "a").with("authorization", None);
    let without = scene.post(&without).await;
    assert_eq!(without.status, 400);
    assert_eq!(&without.body[..], b"UnauthorizedRegistration\n");

    let apple = scene.post(&at(Service::Apple, "QGuQyav")).await;
    assert_eq!(apple.status, 201);
    assert_eq!(apple.header("apns-id").unwrap().len(), 36);
    let gone = scene.post(&at(Service::Apple, "dead")).await;
    assert_eq!(gone.reason(), (410, "Unregistered".to_owned()));
    let no_wait = at(Service::Apple, "a").with("ttl", Some("0"));
    assert_eq!(scene.post(&no_wait).await.reason().1, "BadTtl");
    let mut claims = scene.claims();
    claims["sub"] = json!("mailto:a@localhost");
    let local = vapid(&scene.own_key(), &claims);
    let local = at(Service::Apple, "a").with("authorization", Some(&local));
    let local = scene.post(&local).await;
    assert_eq!(local.reason(), (403, "BadJwtToken".to_owned()));

    for (service, status, word) in [
        (Service::Google, 403, "do not correspond"),
        (Service::Apple, 400, "VapidPkHashMismatch"),
    ] {
        let path = service.path("bound");
        known.subscribe(&path, Subscriber::default().bound_to("another"));
        let reply = scene.post(&scene.push(&path)).await;
        assert_eq!(reply.status, status);
        assert!(String::from_utf8_lossy(&reply.body).contains(word));
    }
}

#[tokio::test]
async fn microsoft_wants_a_cache_policy_for_what_it_must_not_keep() {
    let scene = Scene::open().await;
    let path = Service::Microsoft.path("BQY/+=");
    let push = scene.push(&path);
    let policy = |ttl, policy| {
        let push = push.with("ttl", Some(ttl));
        push.with("x-wns-cache-policy", policy)
    };
    let rows = [
        ("60", None, 201),
        ("60", Some("cache"), 201),
        ("60", Some("no-cache"), 400),
        ("0", None, 400),
        ("0", Some("cache"), 400),
        ("0", Some("no-cache"), 201),
    ];
    for (ttl, given, status) in rows {
        let reply = scene.post(&policy(ttl, given)).await;
        assert_eq!(reply.status, status, "{ttl} {given:?}");
        assert!(reply.body.is_empty());
        let known = ["received", "dropped"][usize::from(status == 400)];
        assert_eq!(reply.header("x-wns-status"), Some(known));
    }
    let conflict = scene.post(&policy("0", None)).await;
    let description = conflict.header("x-wns-error-description").unwrap();
    assert!(description.starts_with("Ttl value conflicts with X-WNS-Cache-Policy"));
    let gone = scene.push("/w/?token=dead%2f1");
    assert_eq!(scene.post(&gone).await.status, 410);
}

#[tokio::test]
async fn a_flaky_subscription_answers_at_the_second_attempt() {
    let scene = Scene::open().await;
    let token = scene.sim.tokens("webpush").flaky[0].clone();
    let push = scene.push(&scene.path_of(&token));
    let first = scene.post(&push).await;
    assert_eq!(refused(&first), (503, Some(202)));
    assert_eq!(first.header("retry-after"), None);
    assert_eq!(scene.post(&push).await.status, 201);
    scene.sim.clear();
    assert_eq!(scene.post(&push).await.status, 503);
}

#[tokio::test]
async fn scripts_speak_as_the_service_does() {
    let scene = Scene::open().await;
    let fault = Fault::retry_after(429, 3);
    let script = FaultScript::new().rule(Rule::new(fault));
    scene.sim.set_faults(script).unwrap();
    let mozilla = scene.post(&scene.push("/push/x")).await;
    assert_eq!(mozilla.header("retry-after"), Some("3"));
    assert_eq!(refused(&mozilla), (429, None));
    let apple = scene.post(&scene.push("/x")).await;
    assert_eq!(apple.reason(), (429, "TooManyRequests".to_owned()));
    scene.sim.clear_faults();

    let token = scene.known().subscription("/push/y");
    let rule = Rule::new(Fault::status(401)).token(&token);
    let script = FaultScript::new().rule(rule);
    scene.sim.set_faults(script).unwrap();
    assert_eq!(
        refused(&scene.post(&scene.push("/push/y")).await),
        (401, Some(109))
    );
    assert_eq!(scene.post(&scene.push("/push/x")).await.status, 201);

    let rule = Rule::new(Fault::ExpiredAuth {}).count(1);
    let script = FaultScript::new().rule(rule);
    scene.sim.set_faults(script).unwrap();
    let push = scene.push("/push/x");
    assert_eq!(scene.post(&push).await.status, 401);
    assert_eq!(scene.post(&push).await.status, 401, "for good");
    assert_eq!(scene.post(&scene.push("/push/x")).await.status, 201);
    assert!(matches!(scene.verdict(), Verdict::Accepted { .. }));
}
