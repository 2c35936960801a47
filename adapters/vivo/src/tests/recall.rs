//! Taking back what was sent.

use serde_json::json;
use zpns_core::{ErrorKind, Outcome, PushProvider as _, Token};

use super::vpush::{Vpush, hello, to, token};
use crate::Recall;

#[tokio::test]
async fn what_was_accepted_is_recalled_by_its_id_from_everybody_or_from_some() {
    let vpush = Vpush::content();
    let provider = vpush.provider();
    let report = provider.send(&to(&hello(), &["r1", "r2"])).await;
    let Outcome::Accepted(accepted) = &report.outcomes()[0] else {
        panic!("{report:?}")
    };
    let task = accepted.vendor_id.clone().unwrap();
    provider.recall(&Recall::everywhere(&*task)).await.unwrap();
    let some = Recall::from_devices(&*task, ["r2".into()]);
    provider.recall(&some).await.unwrap();
    let recalls = vpush.calls("/message/recycle");
    let wanted = |tokens: &[&str]| json!({"appId": 100_000_001, "taskId": task, "userIds": tokens, "userType": 1});
    assert_eq!(recalls, [wanted(&[]), wanted(&["r2"])]);
    let requests = vpush.vendor.requests_to("/message/recycle");
    assert_eq!(token(&requests[0]), "token-1");
}

#[tokio::test]
async fn what_cannot_be_recalled_is_refused_without_a_call() {
    let vpush = Vpush::content();
    let provider = vpush.provider();
    let many = vec![Token::from("r"); 1_001];
    let rows = [
        (Recall::everywhere(" "), ErrorKind::MessageInvalid),
        (Recall::from_devices("t", many), ErrorKind::MessageInvalid),
        (
            Recall::from_devices("t", ["a b".into()]),
            ErrorKind::TokenInvalid,
        ),
    ];
    for (recall, kind) in rows {
        assert_eq!(provider.recall(&recall).await.unwrap_err().kind(), kind);
    }
    assert!(vpush.vendor.requests().is_empty());
}

#[tokio::test]
async fn a_recall_that_is_refused_says_why_and_an_expired_token_is_renewed_for_it() {
    let vpush = Vpush::saying(
        "/message/recycle",
        json!({"result": 10152, "desc": "taskId"}),
    );
    let error = vpush.provider().recall(&Recall::everywhere("t")).await;
    assert_eq!(error.unwrap_err().vendor().unwrap().code, "10152");

    let vpush = Vpush::content();
    let provider = vpush.provider();
    let _ = provider.send(&to(&hello(), &["r1"])).await;
    vpush.expire();
    assert_eq!(provider.recall(&Recall::everywhere("t")).await, Ok(()));
    assert_eq!(vpush.exchanges().len(), 2);
}
