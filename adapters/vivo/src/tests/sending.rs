//! Single pushes, and what holds for all.

use std::time::Duration;

use futures_util::future::join_all;
use serde_json::json;
use zpns_core::resources::{HttpError, HttpErrorKind};
use zpns_core::{ErrorKind, Notification, Outcome, PushProvider as _, Sent, TokenAction};

use super::vpush::{Vpush, action, good, hello, to};

#[tokio::test]
async fn a_bad_target_of_a_single_push_is_judged_by_its_status() {
    let rows = [
        (
            1,
            ErrorKind::TokenInvalid,
            TokenAction::Drop { since: None },
        ),
        (
            2,
            ErrorKind::TokenInvalid,
            TokenAction::Drop { since: None },
        ),
        (3, ErrorKind::Muted, TokenAction::Keep),
        (4, ErrorKind::TokenMismatch, TokenAction::Keep),
    ];
    for (status, kind, wanted) in rows {
        let vpush = Vpush::saying(
            "/message/send",
            json!({
                "result": 10302, "desc": "regId不合法",
                "invalidUser": {"status": status, "userid": "r1"},
            }),
        );
        let report = vpush.provider().send(&to(&hello(), &["r1"])).await;
        let outcome = &report.outcomes()[0];
        assert_eq!(outcome.kind(), Some(kind), "{status}");
        assert_eq!(*action(outcome), wanted, "{status}");
    }
}

#[tokio::test]
async fn a_single_push_that_is_lost_may_have_been_acted_on_and_its_repeat_has_its_id() {
    let vpush = Vpush::new(|vendor, request| {
        let first = vendor.requests_to("/message/send").len() == 1;
        match request.uri.path() == "/message/send" && first {
            true => Err(HttpError::new(
                HttpErrorKind::Interrupted,
                Sent::Maybe,
                "lost",
            )),
            false => Ok(good()),
        }
    });
    let provider = vpush.provider();
    let batch = to(&hello(), &["r1"]);
    let report = provider.send(&batch).await;
    let Outcome::Failed(error) = &report.outcomes()[0] else {
        panic!("{report:?}")
    };
    assert_eq!(
        (error.kind(), error.sent()),
        (ErrorKind::Unavailable, Sent::Maybe)
    );
    assert_eq!(provider.send(&batch.with_attempt(2)).await.accepted(), 1);
    let singles = vpush.singles();
    assert_eq!(singles[0]["requestId"], singles[1]["requestId"]);
}

#[tokio::test]
async fn what_cannot_be_a_token_spoils_nothing_for_the_others() {
    let vpush = Vpush::content();
    let tokens = ["", "a", " b", "c\r\nd", "täuschend"];
    let report = vpush.provider().send(&to(&hello(), &tokens)).await;
    let kinds: Vec<_> = report.outcomes().iter().map(Outcome::kind).collect();
    let refused = Some(ErrorKind::TokenInvalid);
    assert_eq!(kinds, [refused, None, refused, refused, None]);
    assert_eq!(vpush.lists()[0]["regIds"], json!(["a", "täuschend"]));
    let report = vpush.provider().send(&to(&hello(), &["", " "])).await;
    assert_eq!(report.of_kind(ErrorKind::TokenInvalid), 2);
    assert_eq!(
        vpush.vendor.requests().len(),
        3,
        "nobody is left to send to"
    );
    assert!(vpush.provider().send(&to(&hello(), &[])).await.is_empty());
}

#[tokio::test]
async fn a_deadline_bounds_the_request_and_a_past_one_sends_nothing() {
    let vpush = Vpush::content();
    let provider = vpush.provider();
    let _ = provider.send(&to(&hello(), &["r1"])).await;
    let deadline = Some(Duration::from_secs(2));
    let soon = to(&hello(), &["r1"]).with_deadline(deadline);
    assert_eq!(provider.send(&soon).await.accepted(), 1);
    let requests = vpush.vendor.requests_to("/message/send");
    assert_eq!(requests[0].timeout, Duration::from_secs(10));
    assert_eq!(requests[1].timeout, Duration::from_secs(2));
    vpush.vendor.clock.advance(Duration::from_secs(2));
    let report = provider.send(&soon).await;
    assert_eq!(report.of_kind(ErrorKind::Timeout), 1);
    assert_eq!(vpush.singles().len(), 2);
}

#[tokio::test]
async fn a_thousand_sends_at_once_share_one_exchange_and_nothing_else() {
    let vpush = Vpush::content();
    let provider = vpush.provider();
    let sends = (0..1_000).map(|number| {
        let provider = &provider;
        async move {
            let message = Notification::alert("t", format!("text {number}"));
            let token = format!("r{number}");
            provider.send(&to(&message, &[&token])).await.accepted()
        }
    });
    assert_eq!(join_all(sends).await.into_iter().sum::<usize>(), 1_000);
    assert_eq!(vpush.exchanges().len(), 1);
    for single in vpush.singles() {
        let number = single["regId"].as_str().unwrap().strip_prefix('r').unwrap();
        assert_eq!(single["content"], format!("text {number}"));
    }
}

#[tokio::test]
async fn a_cut_text_is_noted() {
    let vpush = Vpush::content();
    let message = Notification::alert("t", "b".repeat(101));
    let report = vpush.provider().send(&to(&message, &["r1", "r2"])).await;
    for position in 0..2 {
        assert_eq!(report.notes(position).unwrap().truncated, ["body"]);
    }
}

#[tokio::test]
async fn nothing_shown_is_secret_and_closing_closes() {
    let vpush = Vpush::content();
    let provider = vpush.provider();
    let batch = to(&hello(), &["r1-device-token", "r2-device-token"]);
    let report = provider.send(&batch).await;
    let shown = format!("{provider:?} {:?} {report:?}", batch.variant());
    for secret in ["swordfish", "token-1", "r1-device-token"] {
        assert!(!shown.contains(secret), "{secret}: {shown}");
    }
    provider.shutdown(Duration::from_secs(3)).await;
    assert_eq!(vpush.vendor.closed(), [Duration::from_secs(3)]);
}
