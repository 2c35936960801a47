//! Provider tokens: their form, their signature, and what a connection is bound to.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod support;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair};
use serde_json::json;
use support::apns::{Push, connect, credentials, own_key, token_at, token_of};
use support::{der, jwt, now};
use zpns_simulator::Simulator;

async fn reason(sim: &Simulator, authorization: &str) -> String {
    let client = connect(sim).await;
    let push = Push::new(sim, "").set("authorization", authorization);
    push.send(&client).await.reason().1
}

#[tokio::test]
async fn a_token_must_be_of_the_documented_form() {
    let sim = Simulator::start().await.unwrap();
    let key = own_key(&sim);
    let header = json!({ "alg": "ES256", "kid": key.key_id });
    let claims = json!({ "iss": key.team_id, "iat": now() });
    let good = token_of(&header, &claims, &key.key_pem);
    assert_eq!(reason(&sim, &format!("bearer {good}")).await, "");
    assert_eq!(reason(&sim, &format!("Bearer {good}")).await, "");

    let changed = |header: serde_json::Value, claims: serde_json::Value| {
        token_of(&header, &claims, &key.key_pem)
    };
    let asn1 = jwt(&header, &claims, |data| {
        let pair =
            EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, &der(&key.key_pem)).unwrap();
        pair.sign(&SystemRandom::new(), data)
            .unwrap()
            .as_ref()
            .to_vec()
    });
    let other = &credentials(&sim).other_keys.second.key_pem;
    let cases = [
        ("padded", format!("{good}=")),
        ("standard alphabet", good.replace(['-', '_'], "+")),
        ("two parts", good.rsplit_once('.').unwrap().0.to_owned()),
        ("DER signature", asn1),
        ("another key's signature", token_of(&header, &claims, other)),
        (
            "algorithm",
            changed(json!({ "alg": "RS256", "kid": key.key_id }), claims.clone()),
        ),
        (
            "no key id",
            changed(json!({ "alg": "ES256" }), claims.clone()),
        ),
        (
            "unknown key id",
            changed(
                json!({ "alg": "ES256", "kid": "ABCDEFGHIJ" }),
                claims.clone(),
            ),
        ),
        (
            "issuer",
            changed(header.clone(), json!({ "iss": "ABCDEFGHIJ", "iat": now() })),
        ),
        (
            "no issuer",
            changed(header.clone(), json!({ "iat": now() })),
        ),
        (
            "no time",
            changed(header.clone(), json!({ "iss": key.team_id })),
        ),
        (
            "a text for a time",
            changed(header.clone(), json!({ "iss": key.team_id, "iat": "1" })),
        ),
        ("future", token_at(&key, now() + 600)),
    ];
    for (name, token) in cases {
        if token == good {
            continue; // The base64url of this signature had neither of the two letters.
        }
        assert_eq!(
            reason(&sim, &format!("bearer {token}")).await,
            "InvalidProviderToken",
            "{name}"
        );
    }
    assert_eq!(
        reason(&sim, &good).await,
        "InvalidProviderToken",
        "no scheme"
    );
    assert_eq!(
        reason(&sim, &format!("basic {good}")).await,
        "InvalidProviderToken"
    );
    let old = token_at(&key, now() - 3601);
    assert_eq!(
        reason(&sim, &format!("bearer {old}")).await,
        "ExpiredProviderToken"
    );
    let client = connect(&sim).await;
    let none = Push::new(&sim, "")
        .without("authorization")
        .send(&client)
        .await;
    assert_eq!(none.reason().1, "MissingProviderToken");
}

#[tokio::test]
async fn a_key_is_judged_by_how_it_stands() {
    let sim = Simulator::start().await.unwrap();
    let keys = &credentials(&sim).other_keys;
    let token = |key| format!("bearer {}", token_at(key, now()));
    assert_eq!(reason(&sim, &token(&keys.second)).await, "");
    assert_eq!(reason(&sim, &token(&keys.revoked)).await, "Forbidden");
    let environment = reason(&sim, &token(&keys.other_environment)).await;
    assert_eq!(environment, "BadEnvironmentKeyIdInToken");
    assert_eq!(
        reason(&sim, &token(&keys.other_team)).await,
        "TopicDisallowed"
    );
}

#[tokio::test]
async fn a_connection_belongs_to_its_first_key_and_team() {
    let sim = Simulator::start().await.unwrap();
    let keys = &credentials(&sim).other_keys;
    let own = own_key(&sim);
    let client = connect(&sim).await;
    let send = async |key| {
        Push::new(&sim, &token_at(key, now()))
            .send(&client)
            .await
            .reason()
            .1
    };
    assert_eq!(send(&own).await, "");
    assert_eq!(send(&keys.second).await, "UnrelatedKeyIdInToken");
    assert_eq!(send(&keys.other_team).await, "Forbidden");
}

#[tokio::test]
async fn a_token_may_change_every_twenty_minutes_per_connection() {
    let sim = Simulator::start().await.unwrap();
    let key = own_key(&sim);
    let client = connect(&sim).await;
    let send = async |client, issued_at| {
        Push::new(&sim, &token_at(&key, issued_at))
            .send(client)
            .await
            .reason()
    };
    let start = now() - 50 * 60;
    assert_eq!(send(&client, start).await.0, 200);
    let too_soon = (429, "TooManyProviderTokenUpdates".to_owned());
    assert_eq!(send(&client, start + 19 * 60).await, too_soon);
    assert_eq!(send(&client, start + 21 * 60).await.0, 200);
    assert_eq!(
        send(&client, start + 40 * 60).await,
        too_soon,
        "counted from the newest"
    );
    assert_eq!(
        send(&client, start).await.0,
        200,
        "an older request may still be on its way"
    );
    let fresh = connect(&sim).await;
    assert_eq!(
        send(&fresh, start + 40 * 60).await.0,
        200,
        "another connection counts anew"
    );
}
