//! Batches, checks and recalls of the HarmonyOS provider.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::json;
use zpns_core::resources::{HttpError, HttpErrorKind};
use zpns_core::{
    ErrorKind, Kind, Notification, Outcome, PushProvider as _, Retry, Sent, TokenAction,
};

use zpns_kit::testing::{NOW, verified_claims};

use super::cloud::{Cloud, SUB_ACCOUNT, batch, bearer, json_of, service_account};
use crate::harmony::{FormUpdatePayload, Options, PushOptions};
use crate::provider::harmony_capability;
use crate::{HarmonyConfig, Recall};

fn hello() -> Notification {
    Notification::alert("t", "b")
}

fn to(tokens: &[&str]) -> zpns_core::Batch {
    batch(&hello(), harmony_capability(), tokens)
}

#[tokio::test]
async fn the_service_accounts_own_token_is_the_bearer_and_nothing_is_exchanged() {
    let cloud = Cloud::content();
    let provider = cloud.harmony();
    let report = provider.send(&to(&["a", "b"])).await;
    assert_eq!(report.accepted(), 2);
    assert!(cloud.exchanges().is_empty());
    let push = &cloud.pushes()[0];
    assert_eq!(
        push.uri.to_string(),
        "https://push-api.cloud.huawei.com/v3/388421841221199007/messages:send"
    );
    assert_eq!(push.headers["content-type"], "application/json");
    assert_eq!(push.headers["push-type"], "0");
    assert!(push.headers["authorization"].is_sensitive());
    let (header, claims) = verified_claims(&bearer(push));
    assert_eq!(
        header,
        json!({"alg": "PS256", "typ": "JWT", "kid": "key-1"})
    );
    let now = NOW.as_secs();
    assert_eq!(
        claims,
        json!({
            "iss": SUB_ACCOUNT, "iat": now, "exp": now + 3_600,
            "aud": "https://oauth-login.cloud.huawei.com/oauth2/v3/token",
        })
    );
    assert_eq!(json_of(push)["target"], json!({"token": ["a", "b"]}));

    let _ = provider.send(&to(&["a"])).await;
    cloud.clock.advance(Duration::from_secs(49 * 60));
    let _ = provider.send(&to(&["a"])).await;
    cloud.clock.advance(Duration::from_secs(2 * 60));
    let _ = provider.send(&to(&["a"])).await;
    let bearers: Vec<String> = cloud.pushes().iter().map(bearer).collect();
    assert_eq!(bearers[0], bearers[2], "signed once for fifty minutes");
    assert_ne!(bearers[2], bearers[3]);
}

#[tokio::test]
async fn a_refused_token_is_signed_anew_once() {
    let cloud = Cloud::content();
    let provider = cloud.harmony();
    let _ = provider.send(&to(&["a"])).await;
    cloud.expire();
    let report = provider.send(&to(&["a"])).await;
    assert_eq!(report.accepted(), 1);
    assert_eq!(cloud.pushes().len(), 3);

    let never = Cloud::saying(401, "80200005", "expired");
    let report = never.harmony().send(&to(&["a", "b"])).await;
    assert_eq!(report.of_kind(ErrorKind::CredentialInvalid), 2);
    assert_eq!(never.pushes().len(), 2);
}

#[tokio::test]
async fn a_test_message_goes_to_ten_devices_at_once() {
    let cloud = Cloud::content();
    let mut message = hello();
    let options = Options {
        push_options: Some(PushOptions {
            test_message: Some(true),
            ..PushOptions::default()
        }),
        ..Options::default()
    };
    message.vendor.set(&options).unwrap();
    let tokens: Vec<String> = (0..23).map(|number| format!("t{number}")).collect();
    let tokens: Vec<&str> = tokens.iter().map(String::as_str).collect();
    let report = cloud
        .harmony()
        .send(&batch(&message, harmony_capability(), &tokens))
        .await;
    assert_eq!(report.accepted(), 23);
    let mut reached = BTreeSet::new();
    for push in cloud.pushes() {
        let body = json_of(&push);
        assert_eq!(body["pushOptions"]["testMessage"], json!(true));
        let named = body["target"]["token"].as_array().unwrap().clone();
        assert!(named.len() <= 10);
        reached.extend(named.iter().map(|token| token.as_str().unwrap().to_owned()));
    }
    assert_eq!((cloud.pushes().len(), reached.len()), (3, 23));
}

#[tokio::test]
async fn a_card_goes_to_one_device_at_once_and_each_gets_its_own_verdict() {
    let cloud = Cloud::new(|_, request| {
        let dead = json_of(request)["target"]["token"] == json!(["dead"]);
        let (code, said) = match dead {
            true => (
                "80300007",
                r#"{"failure":1,"illegalTokens":{"tokenFormatError":["dead"]}}"#,
            ),
            false => ("80000000", "Success"),
        };
        let body = json!({"code": code, "msg": said, "requestId": "r1"});
        Ok(super::cloud::answer(200, &body))
    });
    let mut message = Notification::silent();
    message.kind = Kind::Other("form".into());
    let options = Options {
        form: Some(FormUpdatePayload {
            form_id: Some(9_007_199_254_740_993),
            version: Some(0),
            module_name: Some("entry".into()),
            form_name: Some("widget".into()),
            ability_name: Some("FormAbility".into()),
            form_data: Some(json!({"unread": 0})),
            ..FormUpdatePayload::default()
        }),
        ..Options::default()
    };
    message.vendor.set(&options).unwrap();
    let tokens = ["a", "dead", "b"];
    let report = cloud
        .harmony()
        .send(&batch(&message, harmony_capability(), &tokens))
        .await;
    let kinds: Vec<_> = report.outcomes().iter().map(Outcome::kind).collect();
    assert_eq!(kinds, [None, Some(ErrorKind::TokenInvalid), None]);
    let pushes = cloud.pushes();
    assert_eq!(pushes.len(), 3);
    for push in &pushes {
        assert_eq!(push.headers["push-type"], "1");
        let payload = &json_of(push)["payload"];
        assert_eq!(payload["formId"], json!(9_007_199_254_740_993_i64));
        assert_eq!(payload["version"], json!(0), "zero says something");
    }
}

#[tokio::test]
async fn what_has_no_message_id_is_not_repeated_unless_that_is_wanted() {
    let lost = || {
        Cloud::new(|_, _| {
            Err(HttpError::new(
                HttpErrorKind::Interrupted,
                Sent::Maybe,
                "lost",
            ))
        })
    };
    let silent = Notification::silent().with_data("k", "v");
    for (message, retry) in [(hello(), Retry::Backoff), (silent, Retry::Never)] {
        let report = lost()
            .harmony()
            .send(&batch(&message, harmony_capability(), &["a"]))
            .await;
        let Outcome::Failed(error) = &report.outcomes()[0] else {
            panic!("{report:?}")
        };
        assert_eq!((error.retry(), error.sent()), (retry, Sent::Maybe));
    }
}

#[tokio::test]
async fn a_token_without_a_right_is_kept_until_the_host_says_otherwise() {
    let said = r#"{"failure":1,"illegalTokens":{"noRight":["a"]}}"#;
    for (drop_no_right, action) in [
        (false, TokenAction::Keep),
        (true, TokenAction::Drop { since: None }),
    ] {
        let cloud = Cloud::saying(400, "80300007", said);
        let mut config = HarmonyConfig::new(service_account());
        config.drop_no_right = drop_no_right;
        let provider = config.open(cloud.setup("phones")).unwrap();
        let report = provider.send(&to(&["a"])).await;
        let Outcome::Rejected(rejection) = &report.outcomes()[0] else {
            panic!("{report:?}")
        };
        assert_eq!(rejection.kind, ErrorKind::TokenMismatch);
        assert_eq!(rejection.token, action);
        assert_eq!(rejection.vendor.as_ref().unwrap().code, "noRight");
    }
}

#[tokio::test]
async fn a_check_pushes_to_a_token_that_no_device_has() {
    let said = r#"{"failure":1,"illegalTokens":{"tokenFormatError":["zpns-check-nobody"]}}"#;
    let cloud = Cloud::saying(400, "80300007", said);
    let check = cloud.harmony().check().await.unwrap();
    assert!(check.reason.contains("388421841221199007"));
    let rows = [
        ("80300002", ErrorKind::PermissionDenied),
        ("80200001", ErrorKind::CredentialInvalid),
        ("81000001", ErrorKind::Unavailable),
    ];
    for (code, kind) in rows {
        let error = Cloud::saying(200, code, "no").harmony().check().await;
        assert_eq!(error.unwrap_err().kind(), kind, "{code}");
    }
}

#[tokio::test]
async fn a_recall_names_the_number_that_the_push_carried() {
    let cloud = Cloud::content();
    let provider = cloud.harmony();
    for message in [hello(), hello().with_collapse_key("room-7")] {
        let _ = provider
            .send(&batch(&message, harmony_capability(), &["a"]))
            .await;
        let recall = Recall {
            app_id: "5765880207855279000",
            notification: &message,
            tokens: &["a", "b"],
        };
        let outcomes = provider.recall(&recall).await.unwrap();
        assert_eq!(outcomes.len(), 2);
        assert!(outcomes.iter().all(Outcome::is_accepted));
        let pushes = cloud.pushes();
        let [push, recalled] = &pushes[pushes.len() - 2..] else {
            panic!()
        };
        assert_eq!(
            recalled.uri.path(),
            "/v1/5765880207855279000/messages:revoke"
        );
        assert_eq!(recalled.headers["push-type"], "0");
        let number = &json_of(push)["payload"]["notification"]["notifyId"];
        assert_eq!(
            json_of(recalled),
            json!({"notifyId": number, "token": ["a", "b"]})
        );
    }

    let silent = Notification::silent();
    let message = hello();
    let wrong = [
        Recall {
            app_id: "1",
            notification: &silent,
            tokens: &["a"],
        },
        Recall {
            app_id: "1",
            notification: &message,
            tokens: &[],
        },
        Recall {
            app_id: "../1",
            notification: &message,
            tokens: &["a"],
        },
    ];
    let before = cloud.pushes().len();
    for recall in wrong {
        provider.recall(&recall).await.unwrap_err();
    }
    assert_eq!(cloud.pushes().len(), before);
}

#[tokio::test]
async fn nothing_shown_is_secret() {
    let cloud = Cloud::content();
    let config = HarmonyConfig::new(service_account());
    let provider = cloud.harmony();
    let _ = provider.send(&to(&["a"])).await;
    let shown = format!("{config:?} {provider:?}");
    assert!(!shown.contains("PRIVATE KEY"), "{shown}");
    assert!(!shown.contains(&bearer(&cloud.pushes()[0])));
}
