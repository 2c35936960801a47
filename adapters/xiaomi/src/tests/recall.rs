//! Taking back what was sent.

use http::Method;
use zpns_core::{ErrorKind, Notification, PushProvider as _, Token};

use super::mi::{Mi as _, PACKAGE, SECRET, batch, content, form, saying, value};
use crate::{Options, Recall};

fn pairs(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    let pairs = pairs.iter();
    pairs
        .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
        .collect()
}

#[tokio::test]
async fn a_message_is_recalled_by_the_jobkey_it_was_sent_with() {
    let mi = content();
    let provider = mi.provider();
    let message = Notification::alert("t", "b");
    let _ = provider.send(&batch(&message, &["r1"])).await;
    provider
        .recall(&Recall::Everywhere(message.id))
        .await
        .unwrap();
    let requests = mi.requests();
    let jobkey = value(&requests[0], "extra.jobkey").unwrap();
    assert_eq!(requests[1].method, Method::POST);
    assert_eq!(requests[1].uri.path(), "/v2/message/revoke");
    assert_eq!(
        requests[1].headers["authorization"],
        format!("key={SECRET}")
    );
    let wanted = pairs(&[("job_key", &jobkey), ("restricted_package_name", PACKAGE)]);
    assert_eq!(form(&requests[1]), wanted);
}

#[tokio::test]
async fn a_request_is_recalled_by_xiaomis_id() {
    let mi = content();
    let recalled = mi.provider().recall(&Recall::Request("scm&1".into())).await;
    assert_eq!(recalled, Ok(()));
    let request = &mi.requests()[0];
    assert_eq!(request.uri.path(), "/v2/message/revoke");
    let wanted = pairs(&[("msg_id", "scm&1"), ("restricted_package_name", PACKAGE)]);
    assert_eq!(form(request), wanted);
}

#[tokio::test]
async fn a_notification_is_recalled_from_devices_by_its_number() {
    let mi = content();
    let provider = mi.provider();
    let plain = Notification::alert("t", "b");
    let collapsing = plain.clone().with_collapse_key("chat-7");
    let mut numbered = plain.clone();
    let options = Options {
        notify_id: Some(7),
        ..Options::default()
    };
    numbered.vendor.set(&options).unwrap();
    for message in [plain, collapsing, numbered] {
        let sent = mi.requests().len();
        let _ = provider.send(&batch(&message, &["r1"])).await;
        let devices = ["r1", "a+/="].map(Token::from).to_vec();
        let recall = Recall::Devices(Box::new(message), devices);
        provider.recall(&recall).await.unwrap();
        let requests = mi.requests();
        let number = value(&requests[sent], "notify_id").unwrap();
        assert_eq!(requests[sent + 1].uri.path(), "/v1/message/regid/revoke");
        let wanted = pairs(&[
            ("registration_ids", "r1,a+/="),
            ("notify_id", &number),
            ("restricted_package_name", PACKAGE),
        ]);
        assert_eq!(form(&requests[sent + 1]), wanted);
    }
}

#[tokio::test]
async fn devices_that_cannot_be_named_are_refused_without_a_call() {
    let mi = content();
    let provider = mi.provider();
    let many = vec![Token::from("r"); 1_001];
    let rows = [
        (Vec::new(), ErrorKind::MessageInvalid),
        (many, ErrorKind::MessageInvalid),
        (vec![Token::from("a,b")], ErrorKind::TokenInvalid),
    ];
    for (tokens, kind) in rows {
        let message = Box::new(Notification::alert("t", "b"));
        let error = provider.recall(&Recall::Devices(message, tokens)).await;
        assert_eq!(error.unwrap_err().kind(), kind);
    }
    assert!(mi.requests().is_empty());
}

#[tokio::test]
async fn a_recall_that_is_refused_says_why() {
    let mi = saying(21301);
    let recall = Recall::Request("scm1".into());
    let error = mi.provider().recall(&recall).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::CredentialInvalid);
    assert_eq!(error.vendor().unwrap().code, "21301");
}
