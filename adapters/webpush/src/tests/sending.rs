//! What goes out, and what comes of it.

use std::time::Duration;

use zpns_core::resources::{HttpError, HttpErrorKind, Transport};
use zpns_core::{Error, ErrorKind, Outcome, Sent, TokenAction};
use zpns_kit::testing::{FakeVendor, answer};

use super::*;

#[tokio::test]
async fn a_push_is_a_post_to_the_endpoint_byte_for_byte() {
    let vendor = FakeVendor::new(|_, _| Ok(answer(201, "")));
    let provider = provider(&vendor);
    let endpoint = "https://wns2-par02p.notify.windows.com/w/?token=BQYAA%2f%2b%3d";
    assert!(push(&provider, &subscription(endpoint)).await.is_accepted());
    let request = vendor.requests().pop().unwrap();
    assert_eq!(request.method, http::Method::POST);
    assert_eq!(request.uri.to_string(), endpoint);
    let mut names: Vec<&str> = request.headers.keys().map(|name| name.as_str()).collect();
    names.sort_unstable();
    let wanted = [
        "authorization",
        "content-encoding",
        "content-type",
        "ttl",
        "urgency",
        "x-wns-cache-policy",
    ];
    assert_eq!(names, wanted);
    assert_eq!(
        request.body[20], 65,
        "a body of RFC 8188 with a point in it"
    );
    assert!(request.body.len() <= 4096);
}

#[tokio::test]
async fn every_target_has_a_body_of_its_own_and_a_verdict_of_its_own() {
    let vendor = FakeVendor::new(|_, request| match request.uri.path() {
        "/wpush/v2/dead" => Ok(answer(410, r#"{"errno":106,"message":"gone"}"#)),
        "/wpush/v2/busy" => Ok(answer(503, "")),
        _ => Ok(answer(201, "")),
    });
    let provider = provider(&vendor);
    let at = |id: &str| {
        subscription(&format!(
            "https://updates.push.services.mozilla.com/wpush/v2/{id}"
        ))
    };
    let tokens = [
        at("a"),
        at("dead"),
        at("busy"),
        "nothing".to_owned(),
        at("b"),
    ];
    let tokens = tokens.each_ref().map(String::as_str);
    let outcomes = send(&provider, &hello(), &tokens).await;
    let kinds: Vec<_> = outcomes.iter().map(Outcome::kind).collect();
    let wanted = [
        None,
        Some(ErrorKind::TokenInvalid),
        Some(ErrorKind::Unavailable),
        Some(ErrorKind::TokenInvalid),
        None,
    ];
    assert_eq!(kinds, wanted);
    let actions = [&outcomes[1], &outcomes[3]].map(|outcome| match outcome {
        Outcome::Rejected(rejection) => rejection.token.clone(),
        other => panic!("{other:?}"),
    });
    // What we cannot read ourselves is no proof of a dead one.
    assert_eq!(
        actions,
        [TokenAction::Drop { since: None }, TokenAction::Keep]
    );
    let requests = vendor.requests();
    assert_eq!(requests.len(), 4);
    assert_ne!(requests[0].body, requests[3].body);
}

#[tokio::test]
async fn what_cannot_be_encrypted_for_is_refused_before_any_io() {
    let vendor = FakeVendor::new(|_, _| Ok(answer(201, "")));
    let provider = provider(&vendor);
    let off_curve = subscription(MOZILLA).replace("Aiw4", "Aiw5");
    let without_keys = json!({"endpoint": MOZILLA}).to_string();
    for token in [&off_curve, &without_keys] {
        let outcome = push(&provider, token).await;
        assert_eq!(outcome.kind(), Some(ErrorKind::TokenInvalid), "{token}");
    }
    assert!(vendor.requests().is_empty());

    let mut message = Notification::silent();
    let options = crate::Options {
        empty: Some(true),
        ..Default::default()
    };
    message.vendor.set(&options).unwrap();
    let outcomes = send(&provider, &message, &[&without_keys]).await;
    assert!(outcomes[0].is_accepted(), "nothing to encrypt");
    let request = vendor.requests().pop().unwrap();
    assert!(request.body.is_empty() && !request.headers.contains_key("content-encoding"));
}

#[tokio::test]
async fn apple_is_sent_nothing_that_shows_nothing() {
    let vendor = FakeVendor::new(|_, _| Ok(answer(201, "")));
    let provider = provider(&vendor);
    let apple = subscription("https://web.push.apple.com/QGz");
    let tokens = [apple.as_str(), &subscription(MOZILLA)];
    let outcomes = send(&provider, &Notification::silent(), &tokens).await;
    assert_eq!(outcomes[0].kind(), Some(ErrorKind::Unsupported));
    assert!(outcomes[1].is_accepted());
    assert_eq!(vendor.requests().len(), 1);
}

#[tokio::test]
async fn a_lost_connection_says_whether_it_was_sent() {
    for sent in [Sent::No, Sent::Maybe] {
        let vendor = FakeVendor::new(move |_, _| {
            Err(HttpError::new(HttpErrorKind::Interrupted, sent, "gone"))
        });
        let outcome = push(&provider(&vendor), &subscription(MOZILLA)).await;
        let Outcome::Failed(error) = outcome else {
            panic!("{outcome:?}")
        };
        assert_eq!((error.kind(), error.sent()), (ErrorKind::Unavailable, sent));
    }
}

#[tokio::test]
async fn strangers_servers_get_little_time_and_little_room() {
    let vendor = FakeVendor::new(|_, _| Ok(answer(201, "")));
    let provider = provider(&vendor);
    push(&provider, &subscription(MOZILLA)).await;
    let opened = &vendor.opened()[0];
    assert_eq!(opened.transport, Transport::General);
    assert!(opened.max_response_body <= 64 * 1024);
    assert!(opened.connect_timeout <= Duration::from_secs(5));
    assert!(vendor.requests()[0].timeout <= Duration::from_secs(10));
    zpns_core::PushProvider::shutdown(&*provider, Duration::from_secs(3)).await;
    assert_eq!(vendor.closed(), [Duration::from_secs(3)]);
}

#[tokio::test]
async fn nothing_of_a_subscription_or_key_is_shown() {
    let vendor = FakeVendor::new(|_, _| Ok(answer(500, "")));
    let provider = provider(&vendor);
    let token = subscription(MOZILLA);
    let outcome = push(&provider, &token).await;
    let authorization = authorization(&vendor.requests()[0].headers);
    let jwt = &authorization["vapid t=".len()..][..60];
    let shown = format!(
        "{provider:?} {outcome:?} {:?} {:?}",
        config(),
        vendor.requests()
    );
    for secret in ["gAAAA", AUTH, P256DH, KEY, jwt] {
        assert!(!shown.contains(secret), "{secret}");
    }
}

#[tokio::test]
async fn a_check_says_what_it_cannot_prove() -> Result<(), Error> {
    let vendor = FakeVendor::new(|_, _| Ok(answer(201, "")));
    let check = zpns_core::PushProvider::check(&*provider(&vendor)).await?;
    assert!(check.reason.contains("nothing more can be proved"));
    assert!(check.reason.contains(PUBLIC));
    assert!(vendor.requests().is_empty());
    Ok(())
}

#[tokio::test]
async fn a_check_reaches_for_the_service_that_the_config_names() {
    let at = |vendor: &Arc<FakeVendor>, endpoint: &str| {
        let mut connection = zpns_core::config::Connection::default();
        connection.endpoint = Some(endpoint.to_owned());
        let setup = vendor.setup("phones").with_connection(connection);
        config().provider(setup).unwrap()
    };
    let vendor = FakeVendor::new(|_, _| Ok(answer(404, "")));
    let good = at(&vendor, "https://push.example.net").check().await;
    assert!(good.unwrap().reason.contains("can be reached"));
    let request = vendor.requests().pop().unwrap();
    assert_eq!(request.method, http::Method::GET);
    assert!(request.headers.is_empty());

    let near = at(&vendor, "https://127.0.0.1:8443").check().await;
    assert_eq!(near.unwrap_err().kind(), ErrorKind::Suppressed);
    let vendor = FakeVendor::new(|_, _| {
        let gone = HttpError::new(HttpErrorKind::Connect, Sent::No, "refused");
        Err(gone)
    });
    let gone = at(&vendor, "https://push.example.net").check().await;
    assert_eq!(gone.unwrap_err().kind(), ErrorKind::Unavailable);
}
