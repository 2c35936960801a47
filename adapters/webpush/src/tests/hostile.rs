//! Endpoints of strangers, as far as the provider sees to it.

use std::net::IpAddr;

use zpns_core::resources::{HttpError, HttpErrorKind};
use zpns_core::{ErrorKind, Outcome, Sent, TokenAction};
use zpns_kit::testing::{FakeVendor, answer};

use super::*;

#[tokio::test]
async fn a_host_that_may_not_be_pushed_to_is_kept_and_not_called() {
    let vendor = FakeVendor::new(|_, _| Ok(answer(201, "")));
    let provider = provider(&vendor);
    for endpoint in [
        "https://127.0.0.1/x",
        "https://169.254.169.254/latest/meta-data/",
        "https://[::1]/x",
        "https://localhost/x",
        "https://push.example.net:22/x",
    ] {
        let Outcome::Rejected(rejection) = push(&provider, &subscription(endpoint)).await else {
            panic!("{endpoint}")
        };
        assert_eq!(rejection.kind, ErrorKind::Suppressed, "{endpoint}");
        assert_eq!(rejection.token, TokenAction::Keep);
        let refused = provider.validate_subscription(&subscription(endpoint));
        assert_eq!(refused.unwrap_err().kind, ErrorKind::Suppressed);
    }
    assert!(vendor.requests().is_empty());
    provider
        .validate_subscription(&subscription(MOZILLA))
        .unwrap();
}

#[test]
fn every_connection_is_asked_about_by_its_address() {
    let vendor = FakeVendor::new(|_, _| Ok(answer(201, "")));
    let mut config = config();
    config.allow_hosts = Some(vec!["*".into(), "push.internal".into(), "127.0.0.1".into()]);
    let _provider = config.provider(vendor.setup("phones")).unwrap();
    let options = &vendor.opened()[0];
    let filter = options.address_filter.as_ref().unwrap();
    let allows =
        |host: &str, address: &str| filter.allows(host, address.parse::<IpAddr>().unwrap());
    assert!(allows("push.example.net", "93.184.216.34"));
    for address in [
        "127.0.0.1",
        "10.0.0.1",
        "100.64.0.1",
        "169.254.169.254",
        "224.0.0.1",
    ] {
        assert!(!allows("push.example.net", address), "{address}");
        assert!(
            !allows("push.example.net", &format!("::ffff:{address}")),
            "{address}"
        );
        assert!(allows("push.internal", address), "{address}");
    }
    for address in ["::1", "fd00::1", "fe80::1", "ff02::1", "64:ff9b::7f00:1"] {
        assert!(!allows("push.example.net", address), "{address}");
    }
    assert!(allows("127.0.0.1", "127.0.0.1") && !allows("127.0.0.2", "127.0.0.2"));
}

#[tokio::test]
async fn a_name_that_leads_to_a_private_address_is_suppressed_and_not_tried_again() {
    let vendor = FakeVendor::new(|_, request| {
        let host = request.uri.host().unwrap();
        Err(HttpError::new(
            HttpErrorKind::Forbidden,
            Sent::No,
            format!("{host}: no"),
        ))
    });
    let Outcome::Rejected(rejection) = push(&provider(&vendor), &subscription(MOZILLA)).await
    else {
        panic!()
    };
    assert_eq!(rejection.kind, ErrorKind::Suppressed);
    assert_eq!(rejection.token, TokenAction::Keep);
}

#[tokio::test]
async fn a_redirect_is_not_followed_and_drops_nothing() {
    for status in [301, 302, 303, 307, 308] {
        let vendor = FakeVendor::new(move |_, _| {
            let mut redirect = answer(status, "");
            let metadata = "http://169.254.169.254/latest/meta-data/";
            redirect
                .headers
                .insert("location", metadata.parse().unwrap());
            Ok(redirect)
        });
        let outcome = push(&provider(&vendor), &subscription(MOZILLA)).await;
        assert_eq!(outcome.kind(), Some(ErrorKind::Protocol), "{status}");
        assert_eq!(vendor.requests().len(), 1);
    }
}
