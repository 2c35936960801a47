//! What the config accepts, and how it says what is wrong.

use serde_json::{Value, json};
use zpns_core::config::{ConfigError, VendorConfig as _};
use zpns_core::{Connection, Notification, PushProvider as _};
use zpns_kit::testing::FakeVendor;

use super::meizu::{APP, SECRET, batch, content, provider};
use crate::{MeizuConfig, OVERSEAS_ENDPOINT};

fn read(section: Value) -> Result<MeizuConfig, String> {
    serde_json::from_value(section).map_err(|error| error.to_string())
}

fn build(section: Value) -> Result<(), ConfigError> {
    let built = read(section).unwrap().build(content().setup("meizu"));
    built.map(drop)
}

#[test]
fn id_and_secret_are_all_that_is_needed() {
    for id in [json!(100_999), json!("100999")] {
        let section = json!({"app_id": id, "app_secret": "s"});
        assert_eq!(read(section.clone()).unwrap().app_id, "100999");
        assert_eq!(build(section), Ok(()));
    }
}

#[test]
fn a_missing_or_unknown_key_is_named() {
    let rows = [
        (json!({"app_secret": "s"}), "app_id"),
        (json!({"app_id": 1}), "app_secret"),
        (
            json!({"app_id": 1, "app_secret": "s", "app_key": "k"}),
            "app_key",
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
        (json!({"app_id": 1, "app_secret": " "}), "app_secret"),
        (json!({"app_id": "", "app_secret": "s"}), "app_id"),
        (
            json!({"app_id": "com.example", "app_secret": "s"}),
            "app_id",
        ),
        (json!({"app_id": -1, "app_secret": "s"}), "app_id"),
    ];
    for (section, key) in rows {
        let error = build(section).unwrap_err();
        assert_eq!(error.key.as_deref(), Some(key), "{error}");
    }
}

async fn uri(endpoint: Option<&str>) -> String {
    let meizu: std::sync::Arc<FakeVendor> = content();
    let mut connection = Connection::default();
    connection.endpoint = endpoint.map(str::to_owned);
    let setup = meizu.setup("meizu").with_connection(connection);
    let config = MeizuConfig::new(APP, SECRET.to_owned());
    let provider = config.open(setup).unwrap();
    let batch = batch(&Notification::alert("t", "b"), &["p1"]);
    assert_eq!(provider.send(&batch).await.accepted(), 1);
    meizu.requests()[0].uri.to_string()
}

#[tokio::test]
async fn pushes_go_to_china_unless_an_endpoint_is_named() {
    const PATH: &str = "/garcia/api/server/push/varnished/pushByPushId";
    let rows = [
        (None, "https://server-api-push.meizu.com"),
        (
            Some(OVERSEAS_ENDPOINT),
            "https://server-api-push.in.meizu.com",
        ),
        (
            Some("https://127.0.0.1:8443/mz"),
            "https://127.0.0.1:8443/mz",
        ),
    ];
    for (endpoint, wanted) in rows {
        assert_eq!(uri(endpoint).await, format!("{wanted}{PATH}"));
    }
}

#[test]
fn plain_http_is_refused() {
    let mut connection = Connection::default();
    connection.endpoint = Some("http://server-api-push.meizu.com".to_owned());
    let setup = content().setup("meizu").with_connection(connection);
    let error = MeizuConfig::new(APP, SECRET.to_owned())
        .open(setup)
        .unwrap_err();
    assert_eq!(error.key.as_deref(), Some("endpoint"));
}

#[test]
fn debug_shows_no_secret() {
    let config = MeizuConfig::new(APP, SECRET.to_owned());
    let provider = provider(&content());
    for shown in [format!("{config:?}"), format!("{provider:?}")] {
        assert!(!shown.contains(SECRET), "{shown}");
    }
}
