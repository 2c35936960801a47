//! The section of the config file.

use std::io::Write as _;

use aws_lc_rs::encoding::{AsDer as _, EcPrivateKeyRfc5915Der};
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use zpns_core::Secret;
use zpns_core::config::{Connection, VendorConfig};
use zpns_kit::testing::{FakeVendor, answer};

use super::*;

fn read(section: Value) -> Result<WebPushConfig, serde_json::Error> {
    serde_json::from_value(section)
}

fn built(config: WebPushConfig) -> Result<Arc<WebPushProvider>, String> {
    let vendor = FakeVendor::new(|_, _| Ok(answer(201, "")));
    let built = config.provider(vendor.setup("web"));
    built.map_err(|error| error.to_string())
}

fn pem(label: &str, der: &[u8]) -> String {
    let text = STANDARD.encode(der);
    let lines: Vec<&str> = text
        .as_bytes()
        .chunks(64)
        .map(|line| std::str::from_utf8(line).unwrap())
        .collect();
    format!(
        "-----BEGIN {label}-----\n{}\n-----END {label}-----\n",
        lines.join("\n")
    )
}

/// The same key in both forms of PEM, and its public half.
fn pems() -> [String; 2] {
    let raw = crate::subscription::decode::<32>(KEY).unwrap();
    let public = crate::subscription::decode::<65>(PUBLIC).unwrap();
    let pair = EcdsaKeyPair::from_private_key_and_public_key(
        &ECDSA_P256_SHA256_FIXED_SIGNING,
        &raw,
        &public,
    )
    .unwrap();
    let sec1: EcPrivateKeyRfc5915Der<'_> = pair.private_key().as_der().unwrap();
    let pkcs8 = pair.to_pkcs8v1().unwrap();
    [
        pem("EC PRIVATE KEY", sec1.as_ref()),
        pem("PRIVATE KEY", pkcs8.as_ref()),
    ]
}

#[test]
fn a_section_needs_a_key_and_a_contact_and_denies_what_it_does_not_know() {
    let whole = json!({
        "vapid_private_key": KEY, "subject": "mailto:a@example.com",
        "previous_vapid_private_keys": [OTHER_KEY], "allow_hosts": ["*.push.apple.com"],
    });
    built(read(whole.clone()).unwrap()).unwrap();
    for key in ["vapid_private_key", "subject"] {
        let mut section = whole.clone();
        section.as_object_mut().unwrap().remove(key);
        assert!(read(section).unwrap_err().to_string().contains(key));
    }
    let mut section = whole;
    section["vapid_key"] = json!("x");
    assert!(read(section).unwrap_err().to_string().contains("vapid_key"));
    assert_eq!(WebPushConfig::VENDOR, "webpush");
}

#[test]
fn a_key_is_read_raw_or_from_pem_in_place_or_from_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let mut forms = vec![
        KEY.to_owned(),
        format!("{KEY}="),
        KEY.replace('-', "+").replace('_', "/"),
    ];
    for (number, pem) in pems().into_iter().enumerate() {
        let path = folder.path().join(format!("key-{number}.pem"));
        let mut file = std::fs::File::create(&path).unwrap();
        // As `openssl ecparam -genkey` writes it.
        let parameters =
            "-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n";
        write!(file, "{parameters}{pem}").unwrap();
        forms.push(path.to_str().unwrap().to_owned());
        forms.push(pem);
    }
    let raw = folder.path().join("raw");
    std::fs::write(&raw, format!("{KEY}\n")).unwrap();
    forms.push(raw.to_str().unwrap().to_owned());
    for form in forms {
        let mut config = config();
        config.vapid_private_key = Secret::new(form.as_str());
        assert_eq!(
            built(config).unwrap().application_server_key(),
            PUBLIC,
            "{form}"
        );
    }
}

#[test]
fn a_key_that_is_none_is_named_and_not_shown() {
    let slip = format!("{}!", &KEY[..42]);
    let rows = [
        (String::new(), "is not 32 bytes"),
        (slip.clone(), "is not 32 bytes"),
        ("-----BEGIN EC PRIVATE KEY-----\nx\n".to_owned(), "in PEM"),
        (pem("RSA PRIVATE KEY", &[1, 2, 3]), "in PEM"),
        ("/nowhere/key.pem".to_owned(), "cannot be read"),
        // Zero is no private key.
        ("A".repeat(43), "is not 32 bytes"),
    ];
    for (text, why) in rows {
        let mut config = config();
        config.vapid_private_key = Secret::new(text.as_str());
        let error = built(config).unwrap_err();
        assert!(
            error.starts_with("`vapid_private_key` ") && error.contains(why),
            "{error}"
        );
        assert!(
            !error.contains(&slip) && error.lines().count() == 1,
            "{error}"
        );
    }
    let mut config = config();
    config.previous_vapid_private_keys = vec![Secret::new("x")];
    assert!(
        built(config)
            .unwrap_err()
            .contains("previous_vapid_private_keys")
    );
}

#[test]
fn a_contact_is_one_that_every_service_takes() {
    for good in [
        "mailto:a@example.com",
        "https://example.com/contact",
        " mailto:a@b ",
    ] {
        built(WebPushConfig::new(Secret::new(KEY), good)).unwrap();
    }
    for wrong in [
        "",
        "a@example.com",
        "mailto:",
        "mailto:a",
        "mailto: a@example.com",
        "mailto:<a@example.com>",
        "mailto:a@b@c",
        "http://example.com",
        "https://",
        "https://a b",
    ] {
        let error = built(WebPushConfig::new(Secret::new(KEY), wrong)).unwrap_err();
        assert!(error.starts_with("`subject` "), "{wrong}: {error}");
    }
}

#[test]
fn behind_a_proxy_the_hosts_have_to_be_listed() {
    let vendor = FakeVendor::new(|_, _| Ok(answer(201, "")));
    let build = |allow_hosts: Option<Vec<String>>| {
        let mut connection = Connection::default();
        connection.proxy = Some(Secret::new("http://proxy.example:3128"));
        let mut config = config();
        config.allow_hosts = allow_hosts;
        config.provider(vendor.setup("web").with_connection(connection))
    };
    for any in [None, Some(vec!["*".to_owned()])] {
        assert_eq!(build(any).unwrap_err().key.as_deref(), Some("proxy"));
    }
    build(Some(vec!["*.push.apple.com".to_owned()])).unwrap();
}
