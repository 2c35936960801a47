//! Batches on their way to HONOR, and what comes of them.

use std::time::Duration;

use serde_json::json;
use zpns_core::resources::{HttpError, HttpErrorKind, Transport};
use zpns_core::{ErrorKind, Outcome, PushProvider as _, Retry, Sent, TokenAction};
use zpns_kit::testing::NOW;

use super::cloud::{
    APP_ID, CLIENT_ID, EXCHANGES, PUSHES, SECRET, answer, bearer, cloud, content, expiring, hello,
    json_of, provider, to,
};
use crate::provider::capability;
use crate::{HonorConfig, Options};

#[tokio::test]
async fn a_batch_is_one_request_and_each_of_the_three_ids_stands_in_its_place() {
    let vendor = content();
    let report = provider(&vendor).send(&to(&["a", "b\"", "a"])).await;
    let accepted = Outcome::accepted("r1".to_owned());
    assert_eq!(report.into_outcomes(), vec![accepted; 3]);

    let exchanges = vendor.requests_to(EXCHANGES);
    assert_eq!(exchanges.len(), 1);
    let exchange = &exchanges[0];
    let address = "https://iam.developer.honor.com/auth/token";
    assert_eq!(exchange.uri.to_string(), address);
    assert_eq!(exchange.method, http::Method::POST);
    let kind = "application/x-www-form-urlencoded";
    assert_eq!(exchange.headers["content-type"], kind);
    let form = format!(
        "grant_type=client_credentials&client_id={CLIENT_ID}\
         &client_secret=sword%2Bfish+%26+co%2F%3D%3D"
    );
    assert_eq!(std::str::from_utf8(&exchange.body).unwrap(), form);
    assert!(!form.contains(APP_ID), "the app id is no credential");

    let pushes = vendor.requests_to(PUSHES);
    assert_eq!(pushes.len(), 1);
    let push = &pushes[0];
    let address = format!("https://push-api.cloud.honor.com/api/v1/{APP_ID}/sendMessage");
    assert_eq!(push.uri.to_string(), address);
    assert_eq!(bearer(push), "token-1");
    assert!(push.headers["authorization"].is_sensitive());
    assert_eq!(
        push.headers["content-type"],
        "application/json; charset=UTF-8"
    );
    assert_eq!(push.headers.len(), 3);
    assert_eq!(push.timeout, Duration::from_secs(10));
    let text = std::str::from_utf8(&push.body).unwrap();
    assert!(!text.contains(CLIENT_ID) && !text.contains(APP_ID) && !text.contains(SECRET));
    assert_eq!(json_of(push)["token"], json!(["a", "b\"", "a"]));
    let opened = vendor.opened();
    assert_eq!(opened.len(), 1, "one client for both");
    assert_eq!(opened[0].transport, Transport::General);
}

#[tokio::test]
async fn every_request_tells_its_own_time_in_milliseconds() {
    let (vendor, expired) = expiring();
    let provider = provider(&vendor);
    let _ = provider.send(&to(&["a"])).await;
    vendor.clock.advance(Duration::from_millis(1_234));
    expired.lock().unwrap().push("token-1".to_owned());
    let batch = to(&["a"]).with_attempt(2);
    let _ = provider.send(&batch).await;
    vendor.clock.advance(Duration::from_secs(60));
    let _ = provider.send(&batch).await;
    let pushes = vendor.requests_to(PUSHES);
    let times: Vec<&str> = pushes
        .iter()
        .map(|push| push.headers["timestamp"].to_str().unwrap())
        .collect();
    let at = |millis: u64| (NOW.as_millis() + millis).to_string();
    assert_eq!(times, [at(0), at(1_234), at(1_234), at(61_234)]);
    assert!(times.iter().all(|time| time.len() == 13), "milliseconds");
    assert!(
        !vendor.requests_to(EXCHANGES)[0]
            .headers
            .contains_key("timestamp")
    );
    assert_eq!(pushes[1].body, pushes[3].body, "a repeat says the same");
}

#[tokio::test]
async fn a_mixed_answer_reaches_every_target_in_its_order() {
    let vendor = cloud(|_, _| {
        let data = json!({
            "sendResult": true, "requestId": "r7", "failTokens": ["f"], "expireTokens": ["d"],
        });
        Ok(answer(
            200,
            &json!({"code": "200", "message": "success", "data": data}),
        ))
    });
    let tokens = ["d", "", "a", "f", " x", "d"];
    let report = provider(&vendor).send(&to(&tokens)).await;
    assert_eq!(
        json_of(&vendor.requests_to(PUSHES)[0])["token"],
        json!(["d", "a", "f", "d"])
    );
    let outcomes = report.outcomes();
    let kinds: Vec<_> = outcomes.iter().map(Outcome::kind).collect();
    let invalid = Some(ErrorKind::TokenInvalid);
    let wanted = [
        invalid,
        invalid,
        None,
        Some(ErrorKind::Unavailable),
        invalid,
        invalid,
    ];
    assert_eq!(kinds, wanted);
    for (place, dropped) in [(0, true), (1, false), (4, false), (5, true)] {
        let Outcome::Rejected(rejection) = &outcomes[place] else {
            panic!()
        };
        assert_eq!(matches!(rejection.token, TokenAction::Drop { .. }), dropped);
        assert_eq!(
            rejection.vendor.is_some(),
            dropped,
            "what is ours has no code"
        );
    }
    assert_eq!(outcomes[2], Outcome::accepted("r7".to_owned()));
}

#[tokio::test]
async fn nobody_is_called_where_no_token_is_left_or_the_message_is_refused() {
    let vendor = content();
    let provider = provider(&vendor);
    let report = provider.send(&to(&["", " ", "a\r\nb"])).await;
    assert_eq!(report.of_kind(ErrorKind::TokenInvalid), 3);
    let large = hello().with_payload("x".repeat(5_000));
    let batch = zpns_kit::testing::batch(&large, &capability(false), &["a", "b"]).unwrap();
    let report = provider.send(&batch).await;
    assert_eq!(report.of_kind(ErrorKind::PayloadTooLarge), 2);
    assert!(vendor.requests().is_empty());
}

#[tokio::test]
async fn more_than_a_thousand_targets_go_in_several_requests() {
    for (count, wanted) in [
        (1_000, vec![1_000]),
        (1_001, vec![1_000, 1]),
        (2_001, vec![1_000, 1_000, 1]),
    ] {
        let vendor = content();
        let tokens: Vec<String> = (0..count).map(|number| format!("t{number}")).collect();
        let tokens: Vec<&str> = tokens.iter().map(String::as_str).collect();
        let report = provider(&vendor).send(&to(&tokens)).await;
        assert_eq!(report.accepted(), count);
        let pushes = vendor.requests_to(PUSHES).into_iter();
        let counts: Vec<usize> = pushes
            .map(|push| json_of(&push)["token"].as_array().unwrap().len())
            .collect();
        assert_eq!(counts, wanted);
    }
}

#[tokio::test]
async fn a_request_without_an_answer_leaves_open_whether_it_was_acted_on() {
    for sent in [Sent::No, Sent::Maybe] {
        let vendor =
            cloud(move |_, _| Err(HttpError::new(HttpErrorKind::Interrupted, sent, "lost")));
        let report = provider(&vendor).send(&to(&["a", "b"])).await;
        for outcome in report.outcomes() {
            let Outcome::Failed(error) = outcome else {
                panic!("{outcome:?}")
            };
            let told = (error.kind(), error.sent(), error.retry());
            assert_eq!(told, (ErrorKind::Unavailable, sent, Retry::Backoff));
        }
    }
    let can = capability(true);
    assert!(
        !can.deduplicates,
        "HONOR has no id that would make a repeat harmless"
    );
}

#[tokio::test]
async fn nothing_leaves_after_the_deadline() {
    let vendor = content();
    let provider = provider(&vendor);
    let _ = provider.send(&to(&["a"])).await;
    let late = to(&["a"]).with_deadline(Some(Duration::ZERO));
    let report = provider.send(&late).await;
    assert_eq!(report.of_kind(ErrorKind::Timeout), 1);
    assert_eq!(vendor.requests_to(PUSHES).len(), 1);
}

#[tokio::test]
async fn two_apps_and_two_messages_share_nothing() {
    let vendor = content();
    let config = HonorConfig::new("1", "2", "3".to_owned()).with_badge_class("a.Main");
    let other = config.open(vendor.setup("others")).unwrap();
    let mine = provider(&vendor);
    let badged = hello().with_badge(zpns_core::Badge::Set(0));
    let batch = |can| zpns_kit::testing::batch(&badged, &can, &["a"]).unwrap();
    let (here, there) = futures_util::future::join(
        async { mine.send(&batch(mine.capability())).await },
        async { other.send(&batch(other.capability())).await },
    )
    .await;
    assert_eq!(here.notes(0).unwrap().dropped, ["badge"], "whose icon?");
    assert_eq!(there.notes(0), None);
    assert_eq!(vendor.requests_to(EXCHANGES).len(), 2, "one each");
    let pushes = vendor.requests_to(PUSHES);
    for push in &pushes {
        let badge = json_of(push)["android"]["notification"]["badge"].clone();
        let wanted = match push.uri.path().contains("/1/") {
            true => json!({"setNum": 0, "badgeClass": "a.Main"}),
            false => serde_json::Value::Null,
        };
        assert_eq!(badge, wanted);
    }
    assert_eq!(pushes.len(), 2);
    assert_ne!(bearer(&pushes[0]), bearer(&pushes[1]));
}

#[tokio::test]
async fn a_test_message_says_so() {
    let vendor = content();
    let options: Options =
        serde_json::from_value(json!({"android": {"target_user_type": 1}})).unwrap();
    let mut message = hello();
    message.vendor.set(&options).unwrap();
    let batch = zpns_kit::testing::batch(&message, &capability(false), &["a"]).unwrap();
    let _ = provider(&vendor).send(&batch).await;
    let push = json_of(&vendor.requests_to(PUSHES)[0]);
    assert_eq!(push["android"]["targetUserType"], 1);
}

#[tokio::test]
async fn nothing_shown_is_secret_and_closing_closes() {
    let vendor = content();
    let provider = provider(&vendor);
    let report = provider.send(&to(&["the-token-of-a-device"])).await;
    let shown = format!("{provider:?} {report:?}");
    for secret in ["sword", "token-1", "the-token-of-a-device"] {
        assert!(!shown.contains(secret), "{shown}");
    }
    provider.shutdown(Duration::from_secs(3)).await;
    assert_eq!(vendor.closed(), [Duration::from_secs(3)]);
}
