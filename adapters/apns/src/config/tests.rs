use std::fs;

use aws_lc_rs::signature::ECDSA_P384_SHA384_ASN1_SIGNING;

use super::*;
use crate::fake::{FakeApns, key, key_of};

fn read(toml: &str) -> ApnsConfig {
    toml::from_str(toml).unwrap()
}

fn error(config: ApnsConfig) -> String {
    let (setup, _) = FakeApns::content().setup();
    config.provider(setup).unwrap_err().to_string()
}

fn good() -> ApnsConfig {
    ApnsConfig::with_key("TEAM123456", "KEY1234567", key().0, "com.example")
}

#[test]
fn a_section_reads_as_it_is_written_and_ids_may_be_numbers() {
    let config = read(
        "team_id = 1234567890\nkey_id = \"ABC123DEFG\"\nkey_path = \"a.p8\"\n\
         topic = \"com.example\"\nenvironment = \"sandbox\"\nmax_connections = \"3\"\n\
         drop_bad_device_token = \"true\"\n",
    );
    assert_eq!(config.team_id.as_deref(), Some("1234567890"));
    assert_eq!(config.environment, Environment::Sandbox);
    assert_eq!(config.max_connections, NonZeroUsize::new(3));
    assert!(config.drop_bad_device_token);
}

#[test]
fn an_unknown_key_is_an_error_that_names_it() {
    let error = toml::from_str::<ApnsConfig>("tema_id = \"x\"").unwrap_err();
    assert!(error.message().contains("tema_id"), "{error}");
}

#[test]
fn whatever_is_missing_is_named() {
    let without = |change: fn(&mut ApnsConfig)| {
        let mut config = good();
        change(&mut config);
        error(config)
    };
    let rows = [
        (without(|config| config.topic = None), "`topic` is missing"),
        (
            without(|config| config.team_id = None),
            "`team_id` is missing",
        ),
        (
            without(|config| config.key_id = None),
            "`key_id` is missing",
        ),
        (
            without(|config| config.key_pem = None),
            "`key_path` is missing (or `key_pem`)",
        ),
    ];
    for (error, wanted) in rows {
        assert_eq!(error, wanted);
    }
    let nothing = error(read("topic = \"com.example\""));
    assert!(
        nothing.starts_with("`key_path` is missing (with `team_id`"),
        "{nothing}"
    );
    let half = error(read("topic = \"com.example\"\ncert_path = \"a\""));
    assert_eq!(half, "`cert_key_path` is missing");
    let half = error(read("topic = \"com.example\"\ncert_key_path = \"a\""));
    assert_eq!(half, "`cert_path` is missing");
}

#[test]
fn what_contradicts_itself_is_named() {
    let both = error(read(
        "topic = \"t\"\nkey_id = \"K\"\ncert_path = \"a\"\ncert_key_path = \"b\"",
    ));
    assert!(
        both.starts_with("`key_id` does not go with a certificate"),
        "{both}"
    );
    let mut twice = good();
    twice.key_path = Some("a.p8".into());
    assert_eq!(
        error(twice),
        "`key_path` and `key_pem` are both given; keep one"
    );
}

#[test]
fn a_value_that_cannot_be_is_named_without_the_key_it_holds() {
    let mut config = good();
    config.topic = Some(String::new());
    assert!(error(config).starts_with("`topic` is not a bundle id"));
    let mut config = good();
    config.team_id = Some("TEAM 1".into());
    assert!(error(config).starts_with("`team_id` is not an id"));
    let mut config = good();
    config.key_pem = Some(Secret::new("swordfish"));
    let said = error(config);
    assert_eq!(said, "`key_pem` is not a P-256 private key (PKCS#8 in PEM)");
    let mut config = good();
    config.key_pem = Some(key_of(&ECDSA_P384_SHA384_ASN1_SIGNING).0);
    assert_eq!(error(config), said);
    assert!(!format!("{:?}", good()).contains("BEGIN"));
}

#[test]
fn a_file_that_cannot_be_used_is_named_by_key_and_path() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, text: &str| {
        let path = folder.path().join(name);
        fs::write(&path, text).unwrap();
        path
    };
    let mut config = good();
    config.key_pem = None;
    config.key_path = Some(folder.path().join("no.p8"));
    let said = error(config.clone());
    assert!(
        said.starts_with("`key_path` `") && said.contains("no.p8"),
        "{said}"
    );
    config.key_path = Some(file("bad.p8", "text"));
    assert_eq!(
        error(config),
        "`key_path` is not a P-256 private key (PKCS#8 in PEM)"
    );

    let certificate = file("a.pem", "-----BEGIN CERTIFICATE-----\n");
    let key = file("a.key", "-----BEGIN PRIVATE KEY-----\n");
    let said = error(ApnsConfig::with_certificate(&key, &key, "com.example"));
    assert_eq!(said, "`cert_path` is not a certificate in PEM");
    let said = error(ApnsConfig::with_certificate(
        &certificate,
        &certificate,
        "com.example",
    ));
    assert_eq!(said, "`cert_key_path` is not a private key in PEM");
}

#[test]
fn a_certificate_becomes_the_identity_of_the_connection() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("both.pem");
    let text = "-----BEGIN CERTIFICATE-----\n-----BEGIN EC PRIVATE KEY-----\n";
    fs::write(&path, text).unwrap();
    let fake = FakeApns::content();
    let mut config = ApnsConfig::with_certificate(&path, &path, "com.example");
    config.max_connections = NonZeroUsize::new(2);
    config.build(fake.setup().0).unwrap();
    let options = fake.options.lock().unwrap().remove(0);
    assert_eq!(options.transport, Transport::PooledHttp2);
    assert_eq!(options.max_connections, 2);
    let identity = options.identity.unwrap();
    assert_eq!(identity.certificate_pem, text);
    assert_eq!(identity.key_pem.expose(), text);
}
