//! The section of the config file.

use serde_json::{Value, json};
use zpns_core::PushProvider as _;
use zpns_core::config::{ConfigError, Connection, VendorConfig as _};

use super::cloud::{PUSHES, content, to};
use crate::HonorConfig;

fn section(change: Value) -> Value {
    let mut section = json!({"app_id": 1, "client_id": 2, "client_secret": "s"});
    section
        .as_object_mut()
        .unwrap()
        .extend(change.as_object().unwrap().clone());
    section
}

fn built(change: Value) -> Result<(), ConfigError> {
    let config: HonorConfig = serde_json::from_value(section(change)).unwrap();
    config.build(content().setup("phones")).map(drop)
}

#[test]
fn ids_may_be_numbers_or_texts() {
    for id in [json!(104_413_000), json!("104413000")] {
        let change = json!({"app_id": id, "client_id": id});
        let config: HonorConfig = serde_json::from_value(section(change)).unwrap();
        assert_eq!(
            (&*config.app_id, &*config.client_id),
            ("104413000", "104413000")
        );
        config.build(content().setup("phones")).unwrap();
    }
    assert_eq!(HonorConfig::VENDOR, "honor");
}

#[test]
fn an_unknown_or_missing_key_is_an_error_that_names_it() {
    for key in ["app_id", "client_id", "client_secret"] {
        let mut section = section(json!({}));
        section.as_object_mut().unwrap().remove(key);
        let error = serde_json::from_value::<HonorConfig>(section).unwrap_err();
        assert!(error.to_string().contains(key), "{error}");
    }
    let unknown = section(json!({"app_secret": "x"}));
    let error = serde_json::from_value::<HonorConfig>(unknown).unwrap_err();
    assert!(error.to_string().contains("app_secret"), "{error}");
}

#[test]
fn a_value_that_cannot_be_what_it_should_names_its_key() {
    let rows = [
        (json!({"app_id": "../x"}), "app_id"),
        (json!({"app_id": ""}), "app_id"),
        (json!({"client_id": " "}), "client_id"),
        (json!({"client_secret": ""}), "client_secret"),
        (json!({"auth_endpoint": "http://x/y"}), "auth_endpoint"),
        (json!({"auth_endpoint": "https://u:p@x/y"}), "auth_endpoint"),
        (json!({"auth_endpoint": "auth"}), "auth_endpoint"),
    ];
    for (change, key) in rows {
        let error = built(change).unwrap_err();
        assert_eq!(error.key.as_deref(), Some(key), "{error}");
    }
}

#[tokio::test]
async fn both_addresses_can_be_others() {
    let vendor = content();
    let endpoint = "https://127.0.0.1:8443/auth/token";
    let config = section(json!({"auth_endpoint": endpoint}));
    let config: HonorConfig = serde_json::from_value(config).unwrap();
    let mut connection = Connection::default();
    connection.endpoint = Some("https://push-api.cloud.hihonor.com".to_owned());
    let setup = vendor.setup("phones").with_connection(connection);
    let report = config.open(setup).unwrap().send(&to(&["a"])).await;
    assert_eq!(report.accepted(), 1);
    assert_eq!(vendor.requests()[0].uri.to_string(), endpoint);
    let push = vendor.requests_to(PUSHES)[0].uri.to_string();
    assert_eq!(
        push,
        "https://push-api.cloud.hihonor.com/api/v1/1/sendMessage"
    );
}

#[test]
fn a_config_shows_no_secret() {
    let config: HonorConfig =
        serde_json::from_value(section(json!({"client_secret": "swordfish"}))).unwrap();
    assert!(!format!("{config:?}").contains("swordfish"));
}
