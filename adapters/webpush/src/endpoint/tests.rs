use proptest::prelude::*;

use super::*;

fn hosts(listed: &[&str]) -> Hosts {
    let listed: Vec<String> = listed.iter().map(|entry| (*entry).to_owned()).collect();
    Hosts::new(Some(&listed)).unwrap()
}

fn any() -> Hosts {
    Hosts::new(None).unwrap()
}

/// Endpoints that nobody may be talked into pushing to, and why.
const HOSTILE: &[(&str, ErrorKind)] = &[
    // What no push service hands out.
    ("", ErrorKind::TokenInvalid),
    ("push.example.net/x", ErrorKind::TokenInvalid),
    ("/x", ErrorKind::TokenInvalid),
    ("//push.example.net/x", ErrorKind::TokenInvalid),
    ("http://push.example.net/x", ErrorKind::TokenInvalid),
    ("ftp://push.example.net/x", ErrorKind::TokenInvalid),
    ("file:///etc/passwd", ErrorKind::TokenInvalid),
    ("javascript:alert(1)", ErrorKind::TokenInvalid),
    ("https://", ErrorKind::TokenInvalid),
    ("https:///x", ErrorKind::TokenInvalid),
    // Credentials, and hosts that hide behind them.
    ("https://user@push.example.net/x", ErrorKind::TokenInvalid),
    (
        "https://user:pass@push.example.net/x",
        ErrorKind::TokenInvalid,
    ),
    (
        "https://push.example.net@169.254.169.254/x",
        ErrorKind::TokenInvalid,
    ),
    (
        "https://push.example.net:443@127.0.0.1/x",
        ErrorKind::TokenInvalid,
    ),
    (
        "https://127.0.0.1\\@push.example.net/x",
        ErrorKind::TokenInvalid,
    ),
    (
        "https://push.example.net\\.evil.example/x",
        ErrorKind::TokenInvalid,
    ),
    // Characters that one parser reads otherwise than another.
    ("https://push.example.net/x#y", ErrorKind::TokenInvalid),
    (
        "https://127.0.0.1#@push.example.net/",
        ErrorKind::TokenInvalid,
    ),
    ("https://push.example.net/x y", ErrorKind::TokenInvalid),
    (" https://push.example.net/x", ErrorKind::TokenInvalid),
    ("https://push.example.net/x\n", ErrorKind::TokenInvalid),
    ("https://push.example.net\t/x", ErrorKind::TokenInvalid),
    (
        "https://push.exa\u{00ad}mple.net/x",
        ErrorKind::TokenInvalid,
    ),
    ("https://ｐush.example.net/x", ErrorKind::TokenInvalid),
    ("https://push。example。net/x", ErrorKind::TokenInvalid),
    ("https://127%2e0%2e0%2e1/x", ErrorKind::TokenInvalid),
    ("https://%31%32%37.0.0.1/x", ErrorKind::TokenInvalid),
    ("https://under_score.example/x", ErrorKind::TokenInvalid),
    ("https://-push.example.net/x", ErrorKind::TokenInvalid),
    // Dots.
    ("https://push.example.net./x", ErrorKind::TokenInvalid),
    ("https://localhost./x", ErrorKind::TokenInvalid),
    ("https://127.0.0.1./x", ErrorKind::TokenInvalid),
    ("https://push..example.net/x", ErrorKind::TokenInvalid),
    ("https://.push.example.net/x", ErrorKind::TokenInvalid),
    ("https://./x", ErrorKind::TokenInvalid),
    // Addresses in forms that only some read as such.
    ("https://2130706433/x", ErrorKind::TokenInvalid),
    ("https://0x7f000001/x", ErrorKind::TokenInvalid),
    ("https://0x7f.0.0.1/x", ErrorKind::TokenInvalid),
    ("https://0177.0.0.1/x", ErrorKind::TokenInvalid),
    ("https://017700000001/x", ErrorKind::TokenInvalid),
    ("https://127.1/x", ErrorKind::TokenInvalid),
    ("https://127.0.1/x", ErrorKind::TokenInvalid),
    ("https://0/x", ErrorKind::TokenInvalid),
    ("https://1.1.1.256/x", ErrorKind::TokenInvalid),
    ("https://push.example.0x7f/x", ErrorKind::TokenInvalid),
    ("https://[fe80::1%25eth0]/x", ErrorKind::TokenInvalid),
    ("https://[::ffff:127.0.0.1/x", ErrorKind::TokenInvalid),
    ("https://[v1.fe80::a]/x", ErrorKind::TokenInvalid),
    ("https://[127.0.0.1]/x", ErrorKind::TokenInvalid),
    // Ports that are none.
    ("https://push.example.net:/x", ErrorKind::TokenInvalid),
    ("https://push.example.net:0/x", ErrorKind::TokenInvalid),
    ("https://push.example.net:00443/x", ErrorKind::TokenInvalid),
    ("https://push.example.net:65536/x", ErrorKind::TokenInvalid),
    ("https://push.example.net:443x/x", ErrorKind::TokenInvalid),
    ("https://push.example.net:-1/x", ErrorKind::TokenInvalid),
    // Well-formed, and not to be pushed to.
    ("https://127.0.0.1/x", ErrorKind::Suppressed),
    ("https://8.8.8.8/x", ErrorKind::Suppressed),
    (
        "https://169.254.169.254/x.google.com/",
        ErrorKind::Suppressed,
    ),
    ("https://[::1]/x", ErrorKind::Suppressed),
    ("https://[::]/x", ErrorKind::Suppressed),
    ("https://[::ffff:127.0.0.1]/x", ErrorKind::Suppressed),
    ("https://[::ffff:7f00:1]/x", ErrorKind::Suppressed),
    ("https://[fd00::1]/x", ErrorKind::Suppressed),
    ("https://[fe80::1]/x", ErrorKind::Suppressed),
    ("https://[2606:4700::1111]/x", ErrorKind::Suppressed),
    ("https://localhost/x", ErrorKind::Suppressed),
    ("https://metadata/x", ErrorKind::Suppressed),
    ("https://push.example.net:22/x", ErrorKind::Suppressed),
    ("https://push.example.net:8443/x", ErrorKind::Suppressed),
];

#[test]
fn hostile_endpoints_are_refused_by_what_can_be_seen_of_them() {
    let any = any();
    for (endpoint, kind) in HOSTILE {
        let rejection = any.check(endpoint).expect_err(endpoint);
        assert_eq!(rejection.kind, *kind, "{endpoint}: {}", rejection.reason);
        assert!(!rejection.reason.contains("/x"), "{}", rejection.reason);
    }
    let long = format!("https://push.example.net/{}", "x".repeat(2_048));
    assert_eq!(any.check(&long).unwrap_err().kind, ErrorKind::TokenInvalid);
    let label = format!("https://{}.example/x", "a".repeat(64));
    assert_eq!(any.check(&label).unwrap_err().kind, ErrorKind::TokenInvalid);
}

#[test]
fn a_list_of_hosts_is_compared_with_the_host_and_nothing_else() {
    let listed = hosts(&["*.google.com", "push.example.net"]);
    // Bypasses of lists that are compared with the URL as a text.
    for endpoint in [
        "https://169.254.169.254/x.google.com/",
        "https://evil.example/?.google.com/",
        "https://evil.example/push.example.net",
        "https://evilgoogle.com/x",
        "https://google.com/x",
        "https://push.example.net.evil.example/x",
        "https://evil-push.example.net/x",
        "https://a.push.example.net/x",
        "https://fcm.googleapis.com/fcm/send/x",
    ] {
        let rejection = listed.check(endpoint).expect_err(endpoint);
        assert_eq!(rejection.kind, ErrorKind::Suppressed, "{endpoint}");
    }
    for endpoint in [
        "https://jmt17.google.com/fcm/send/x",
        "https://A.B.GOOGLE.com/x",
        "https://PUSH.example.net/x",
        "https://push.example.net:443/x",
        "https://push.example.net:8443/x",
    ] {
        listed.check(endpoint).expect(endpoint);
    }
    assert!(listed.check("https://a.google.com:8443/x").is_err());
}

#[test]
fn the_browsers_services_are_known_and_keep_their_urls_byte_for_byte() {
    let rows = [
        (
            "https://fcm.googleapis.com/fcm/send/a:b_c-D",
            Service::Other,
        ),
        (
            "https://updates.push.services.mozilla.com/wpush/v2/gAAAA",
            Service::Other,
        ),
        ("https://web.push.apple.com/QGz%2fa", Service::Apple),
        (
            "https://wns2-par02p.notify.windows.com/w/?token=BQYAA%2f%2b%3d",
            Service::Windows,
        ),
    ];
    for (url, service) in rows {
        let endpoint = any().check(url).unwrap();
        assert_eq!(endpoint.uri.to_string(), url);
        assert_eq!(endpoint.service, service);
        assert!(endpoint.is_trusted);
        assert!(!format!("{endpoint:?}").contains("QGz"));
    }
    for url in [
        "https://notpush.apple.com.evil.example/x",
        "https://evilpush.apple.com/x",
    ] {
        let endpoint = any().check(url).unwrap();
        assert_eq!(
            (endpoint.service, endpoint.is_trusted),
            (Service::Other, false),
            "{url}"
        );
    }
}

#[test]
fn the_origin_keeps_a_port_that_is_not_the_default_one() {
    let listed = hosts(&["Push.Example.net", "[::1]:8443", "127.0.0.1"]);
    let authority = |endpoint: &str| listed.check(endpoint).unwrap().authority;
    assert_eq!(authority("https://PUSH.example.net/x"), "push.example.net");
    assert_eq!(
        authority("https://push.example.net:443/x"),
        "push.example.net"
    );
    assert_eq!(
        authority("https://push.example.net:8443/x"),
        "push.example.net:8443"
    );
    assert_eq!(authority("https://[::1]:8443/x"), "[::1]:8443");
    assert_eq!(authority("https://127.0.0.1:1234/push/x"), "127.0.0.1:1234");
    assert!(
        listed.check("https://[::1]/x").is_err(),
        "at that port only"
    );
}

#[test]
fn a_host_that_is_named_may_be_anywhere_and_no_other_one() {
    let local: IpAddr = "127.0.0.1".parse().unwrap();
    let metadata: IpAddr = "::ffff:169.254.169.254".parse().unwrap();
    let public: IpAddr = "93.184.216.34".parse().unwrap();
    let listed = hosts(&["push.internal", "*.example.net", "127.0.0.1", "*"]);
    let rows = [
        ("push.internal", true),
        ("PUSH.internal", true),
        ("127.0.0.1", true),
        ("127.0.0.2", false),
        ("a.push.internal", false),
        ("a.example.net", false),
        ("rebinding.example", false),
        ("", false),
    ];
    for (host, allowed) in rows {
        assert_eq!(listed.allows(host, local), allowed, "{host}");
        assert_eq!(listed.allows(host, metadata), allowed, "{host}");
        assert!(listed.allows(host, public), "{host}");
    }
    assert!(!any().allows("push.internal", local));
    // `*` in a list adds to it.
    listed.check("https://anything.example/x").unwrap();
    listed.check("https://push.internal:8443/x").unwrap();
}

#[test]
fn a_list_that_holds_no_host_is_refused() {
    for entry in [
        "",
        " ",
        "*.",
        "*.*",
        "*.127.0.0.1",
        "https://a.example",
        "a.example/x",
        "a.example.",
        "a.example:x",
        "a.example:0",
        "a b",
        "user@a.example",
        "0x7f.1",
        "ex*mple.net",
        "*.a:8443",
    ] {
        let error = Hosts::new(Some(&[entry.to_owned()])).expect_err(entry);
        assert_eq!(error.key.as_deref(), Some("allow_hosts"));
    }
    let empty = Hosts::new(Some(&[])).unwrap_err().to_string();
    assert!(empty.contains("leave it out"), "{empty}");
    for entry in [
        "::1",
        "[::1]",
        "[::1]:8443",
        "localhost",
        "a.example:8443",
        " A.example ",
    ] {
        Hosts::new(Some(&[entry.to_owned()])).expect(entry);
    }
}

proptest! {
    /// What is checked is what the transport, which parses by the rules of browsers, goes to.
    #[test]
    fn browsers_read_the_same_host_and_port(
        endpoint in "https://[a-zA-Z0-9.%@:\\[\\]x_-]{1,30}(/[a-z?#@\\\\]{0,8})?"
    ) {
        let everything = hosts(&["*", "*.com", "localhost", "127.0.0.1", "::1", "x"]);
        if let Ok(endpoint) = everything.check(&endpoint) {
            let url = url::Url::parse(&endpoint.uri.to_string()).unwrap();
            let host = url.host_str().unwrap();
            let written = match url.port() {
                Some(port) => format!("{host}:{port}"),
                None => host.to_owned(),
            };
            prop_assert_eq!(written, endpoint.authority);
            prop_assert!(url.username().is_empty() && url.password().is_none());
        }
    }
}
