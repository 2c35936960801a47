//! What the config accepts, and how it says what is wrong.

use serde_json::{Value, json};
use zpns_core::config::{ConfigError, VendorConfig as _};
use zpns_core::resources::Transport;
use zpns_core::{Connection, PushProvider as _, Secret};

use super::oppo::{SECRET, batch_of, chat, content, news, paths, provider};
use crate::{LEGACY_CHINA_ENDPOINT, OppoConfig, Region};

fn read(section: Value) -> Result<OppoConfig, String> {
    serde_json::from_value(section).map_err(|error| error.to_string())
}

fn build(section: Value) -> Result<(), ConfigError> {
    let built = read(section).unwrap().build(content().setup("phones"));
    built.map(drop)
}

#[test]
fn key_and_secret_are_all_that_is_needed() {
    let section = json!({"app_key": "k", "master_secret": "s"});
    assert_eq!(read(section.clone()).unwrap().region, None);
    assert_eq!(build(section), Ok(()));
    let section = json!({"app_key": 7, "master_secret": "s", "region": "CN"});
    let config = read(section).unwrap();
    assert_eq!(config.app_key, "7");
    assert_eq!(config.region, Some(Region::China));
}

#[test]
fn a_missing_or_unknown_key_is_named() {
    let rows = [
        (json!({"master_secret": "s"}), "app_key"),
        (json!({"app_key": "k"}), "master_secret"),
        (
            json!({"app_key": "k", "master_secret": "s", "app_secret": "x"}),
            "app_secret",
        ),
        (
            json!({"app_key": "k", "master_secret": "s", "region": "mars"}),
            "mars",
        ),
    ];
    for (section, key) in rows {
        let error = read(section).unwrap_err();
        assert!(error.contains(key) && !error.contains('\n'), "{error}");
    }
}

#[test]
fn an_empty_value_is_named() {
    for (section, key) in [
        (json!({"app_key": " ", "master_secret": "s"}), "app_key"),
        (
            json!({"app_key": "k", "master_secret": ""}),
            "master_secret",
        ),
    ] {
        let error = build(section).unwrap_err();
        assert_eq!(error.key.as_deref(), Some(key), "{error}");
    }
}

#[tokio::test]
async fn an_endpoint_takes_the_place_of_every_host() {
    let vendor = content();
    let mut connection = Connection::default();
    connection.endpoint = Some("https://127.0.0.1:8443/oppo".into());
    let config = OppoConfig::new("k", Secret::new("s"));
    let setup = vendor.setup("phones").with_connection(connection);
    let provider = config.open(setup).unwrap();
    let tokens = ["CN_1", "IN_1", "IN_2"];
    let report = provider.send(&batch_of(&news(), &tokens)).await;
    assert_eq!(report.accepted(), 3);
    for request in vendor.requests() {
        let uri = request.uri.to_string();
        assert!(
            uri.starts_with("https://127.0.0.1:8443/oppo/server/v1/"),
            "{uri}"
        );
    }
    let opened = vendor.opened();
    assert!(
        opened
            .iter()
            .all(|options| options.transport == Transport::General)
    );
}

#[tokio::test]
async fn the_older_host_can_be_named_instead() {
    let vendor = content();
    let mut connection = Connection::default();
    connection.endpoint = Some(LEGACY_CHINA_ENDPOINT.into());
    let config = OppoConfig::new("k", Secret::new("s")).with_region(Region::China);
    let setup = vendor.setup("phones").with_connection(connection);
    let report = config
        .open(setup)
        .unwrap()
        .send(&batch_of(&chat(), &["r1"]))
        .await;
    assert_eq!(report.accepted(), 1);
    assert_eq!(paths(&vendor), ["auth", "unicast"]);
    assert_eq!(
        vendor.requests()[0].uri.host(),
        Some("api.push.oppomobile.com")
    );
}

#[tokio::test]
async fn debug_shows_no_secret_and_no_token() {
    let vendor = content();
    let provider = provider(&vendor);
    let _ = provider.send(&batch_of(&chat(), &["r1"])).await;
    let config = OppoConfig::new("k", Secret::new(SECRET));
    for shown in [format!("{config:?}"), format!("{provider:#?}")] {
        assert!(
            !shown.contains("mastersecret") && !shown.contains("tok/1"),
            "{shown}"
        );
    }
}
