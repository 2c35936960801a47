//! FCM's token endpoint and what comes of its access tokens.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod support;

use std::time::Duration;

use serde_json::{Value, json};
use support::fcm::{
    FORM, assertion, bearer, claims, connect, credentials, exchange, form, message, send,
};
use support::{der, now};
use zpns_simulator::Simulator;

fn header() -> Value {
    json!({ "alg": "RS256", "typ": "JWT" })
}

#[tokio::test]
async fn an_exchange_gives_a_bearer_for_an_hour() {
    let sim = Simulator::start().await.unwrap();
    let client = connect(&sim).await;
    let account: Value = serde_json::from_str(&credentials(&sim).service_account_json).unwrap();
    assert_eq!(account["token_uri"], format!("{}/token", sim.origin("fcm")));
    let with_id = json!({ "alg": "RS256", "typ": "JWT", "kid": account["private_key_id"] });
    let reply = exchange(&client, form(&assertion(&sim, &with_id, &claims(&sim)))).await;
    let body = reply.json();
    assert_eq!(
        (reply.status.as_u16(), &body["expires_in"]),
        (200, &json!(3599))
    );
    assert_eq!(body["token_type"], "Bearer");
    assert!(body["access_token"].as_str().unwrap().starts_with("ya29."));
    assert_eq!(sim.counters("fcm").auth_calls, 1);
}

#[tokio::test]
async fn a_wrong_assertion_is_an_invalid_grant() {
    let sim = Simulator::start().await.unwrap();
    let client = connect(&sim).await;
    let changed = |name: &str, value: Value| {
        let mut claims = claims(&sim);
        claims[name] = value;
        assertion(&sim, &header(), &claims)
    };
    let good = assertion(&sim, &header(), &claims(&sim));
    let (signed, _) = good.rsplit_once('.').unwrap();
    let cases = [
        ("issuer", changed("iss", json!("x@y"))),
        (
            "audience",
            changed("aud", json!("https://oauth2.googleapis.com/token")),
        ),
        ("long", changed("exp", json!(now() + 3700))),
        ("expired", changed("exp", json!(now() - 1))),
        ("future", changed("iat", json!(now() + 600))),
        ("no time", changed("iat", Value::Null)),
        ("signature", format!("{signed}.{}", "A".repeat(342))),
        ("padding", format!("{good}==")),
        (
            "algorithm",
            assertion(&sim, &json!({ "alg": "HS256" }), &claims(&sim)),
        ),
        (
            "key id",
            assertion(&sim, &json!({ "alg": "RS256", "kid": "0" }), &claims(&sim)),
        ),
        ("garbage", "a.b".to_owned()),
    ];
    for (name, assertion) in cases {
        let reply = exchange(&client, form(&assertion)).await;
        assert_eq!(reply.status, 400, "{name}");
        assert_eq!(reply.json()["error"], "invalid_grant", "{name}");
        assert!(reply.json()["error_description"].is_string(), "{name}");
    }
    let scope = changed("scope", json!("https://www.googleapis.com/auth/drive"));
    assert_eq!(
        exchange(&client, form(&scope)).await.json()["error"],
        "invalid_scope"
    );
    let subject = changed("sub", json!("someone@example.com"));
    assert_eq!(
        exchange(&client, form(&subject)).await.json()["error"],
        "unauthorized_client"
    );

    let kind = exchange(&client, "grant_type=password&assertion=a".to_owned()).await;
    assert_eq!(kind.json()["error"], "unsupported_grant_type");
    let missing = exchange(&client, "assertion=a".to_owned()).await;
    assert_eq!(missing.json()["error"], "invalid_request");
    let json = client
        .call(
            "POST",
            "/token",
            &[("content-type", "application/json")],
            "{}",
        )
        .await;
    assert_eq!(json.unwrap().json()["error"], "invalid_request");
    let get = client
        .call("GET", "/token", &[("content-type", FORM)], "")
        .await
        .unwrap();
    assert_eq!(get.status, 405);
    assert!(!der(&credentials(&sim).private_key_pem).is_empty());
}

#[tokio::test]
async fn a_bearer_must_be_there_be_known_and_be_fresh() {
    let sim = Simulator::start().await.unwrap();
    let client = connect(&sim).await;
    let message = message(&sim);
    let path = format!(
        "/v1/projects/{}/messages:send",
        credentials(&sim).project_id
    );
    let json = ("content-type", "application/json");
    let none = client
        .call("POST", &path, &[json], message.to_string())
        .await
        .unwrap();
    assert_eq!(none.status, 401);
    assert_eq!(none.json()["error"]["status"], "UNAUTHENTICATED");
    assert_eq!(
        none.json()["error"]["details"][0]["reason"],
        "CREDENTIALS_MISSING"
    );

    let unknown = send(&sim, &client, "ya29.unknown", &message).await;
    assert_eq!(unknown.status, 401);
    assert!(unknown.json()["error"]["details"].is_null());

    let bearer = bearer(&sim, &client).await;
    sim.advance(Duration::from_secs(3_500));
    assert_eq!(send(&sim, &client, &bearer, &message).await.status, 200);
    sim.advance(Duration::from_secs(100));
    let old = send(&sim, &client, &bearer, &message).await;
    assert_eq!(
        old.json()["error"]["details"][0]["reason"],
        "ACCESS_TOKEN_EXPIRED"
    );
}

#[tokio::test]
async fn a_project_must_exist_and_be_ones_own() {
    let sim = Simulator::start().await.unwrap();
    let client = connect(&sim).await;
    let authorization = format!("Bearer {}", bearer(&sim, &client).await);
    let call = async |path: String| {
        let headers = [
            ("authorization", authorization.as_str()),
            ("content-type", "application/json"),
        ];
        client
            .call("POST", &path, &headers, message(&sim).to_string())
            .await
            .unwrap()
    };
    let own = credentials(&sim);
    let to = |project: &str| format!("/v1/projects/{project}/messages:send");
    assert_eq!(call(to(&own.project_number)).await.status, 200);
    let forbidden = call(to(&own.forbidden_project_id)).await.json();
    assert_eq!(forbidden["error"]["code"], 403);
    assert_eq!(forbidden["error"]["status"], "PERMISSION_DENIED");
    assert!(!forbidden.to_string().contains("FcmError"));
    for path in [
        to("nowhere"),
        "/v1/projects/messages:send".to_owned(),
        "/fcm/send".to_owned(),
    ] {
        let reply = call(path).await;
        assert_eq!(reply.status, 404);
        assert!(
            reply.json()["error"]["details"].is_null(),
            "a 404 without FCM's code"
        );
    }
}
