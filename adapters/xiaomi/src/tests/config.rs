//! What the config accepts, and how it says what is wrong.

use serde_json::{Value, json};
use zpns_core::config::{ConfigError, VendorConfig as _};
use zpns_core::{Capability, Connection, Notification, PushProvider as _, Secret};

use super::mi::{Mi as _, SECRET, batch, content};
use crate::config::REGIONS;
use crate::{Region, XiaomiConfig};

fn read(section: Value) -> Result<XiaomiConfig, String> {
    serde_json::from_value(section).map_err(|error| error.to_string())
}

fn build(section: Value) -> Result<(), ConfigError> {
    let built = read(section).unwrap().build(content().setup("xiaomi"));
    built.map(drop)
}

#[test]
fn secret_and_package_are_all_that_is_needed() {
    let section = json!({"app_secret": "s", "package": "com.example.app"});
    assert_eq!(read(section.clone()).unwrap().region, Region::China);
    assert_eq!(build(section), Ok(()));
}

#[test]
fn a_missing_or_unknown_key_is_named() {
    let rows = [
        (json!({"package": "p"}), "app_secret"),
        (json!({"app_secret": "s"}), "package"),
        (
            json!({"app_secret": "s", "package": "p", "app_key": "k"}),
            "app_key",
        ),
        (
            json!({"app_secret": "s", "package": "p", "region": "mars"}),
            "mars",
        ),
    ];
    for (section, key) in rows {
        let error = read(section).unwrap_err();
        assert!(error.contains(key) && !error.contains('\n'), "{error}");
    }
}

#[test]
fn every_fault_names_its_key() {
    let rows = [
        (json!({"app_secret": " ", "package": "p"}), "app_secret"),
        (json!({"app_secret": "a\nb", "package": "p"}), "app_secret"),
        (json!({"app_secret": "s", "package": ""}), "package"),
        (json!({"app_secret": "s", "package": "a,b"}), "package"),
    ];
    for (section, key) in rows {
        let error = build(section).unwrap_err();
        assert_eq!(error.key.as_deref(), Some(key), "{error}");
        assert!(!error.to_string().contains("a\nb"), "{error}");
    }
}

#[tokio::test]
async fn every_region_has_a_host_of_its_own() {
    for (region, host, names) in REGIONS {
        for name in names {
            assert_eq!(name.parse(), Ok(region));
            assert_eq!(name.to_uppercase().parse(), Ok(region));
        }
        let mi = content();
        let config = XiaomiConfig::new(Secret::new("s"), "com.example.app").with_region(region);
        let provider = config.open(mi.setup("xiaomi")).unwrap();
        let report = provider
            .send(&batch(&Notification::alert("t", "b"), &["r1"]))
            .await;
        assert_eq!(report.accepted(), 1);
        // By whose midnight it counts is known of China alone.
        let day = (region == Region::China).then_some(Capability::CHINA);
        assert_eq!(provider.capability().quota_day, day, "{region:?}");
        let uri = mi.requests()[0].uri.to_string();
        assert_eq!(uri, format!("{host}/v3/message/regid"));
    }
}

#[tokio::test]
async fn an_endpoint_beats_the_region() {
    let mi = content();
    let mut connection = Connection::default();
    connection.endpoint = Some("https://127.0.0.1:8443/mi".into());
    let config = XiaomiConfig::new(Secret::new("s"), "com.example.app").with_region(Region::India);
    let provider = config
        .open(mi.setup("xiaomi").with_connection(connection))
        .unwrap();
    let report = provider
        .send(&batch(&Notification::alert("t", "b"), &["r1"]))
        .await;
    assert_eq!(report.accepted(), 1);
    let uri = mi.requests()[0].uri.to_string();
    assert_eq!(uri, "https://127.0.0.1:8443/mi/v3/message/regid");
}

#[test]
fn debug_shows_no_secret() {
    let config = XiaomiConfig::new(Secret::new(SECRET), "com.example.app");
    let provider = content().provider();
    for shown in [format!("{config:?}"), format!("{provider:?}")] {
        assert!(!shown.contains("swordfish"), "{shown}");
    }
}
