//! The sections of the config file.

use serde_json::{Value, json};
use zpns_core::config::{ConfigError, VendorConfig as _};

use super::cloud::{Cloud, service_account, service_account_with};
use crate::{HarmonyConfig, HuaweiConfig};

fn huawei(section: &Value) -> Result<(), ConfigError> {
    let config: HuaweiConfig = serde_json::from_value(section.clone()).unwrap();
    config.build(Cloud::content().setup("phones")).map(drop)
}

fn harmony(section: &Value) -> Result<(), ConfigError> {
    let config: HarmonyConfig = serde_json::from_value(section.clone()).unwrap();
    config.build(Cloud::content().setup("phones")).map(drop)
}

#[test]
fn ids_may_be_numbers_or_texts() {
    for id in [json!(104_000_001), json!("104000001")] {
        huawei(&json!({"app_id": id, "app_secret": "s", "project_id": id})).unwrap();
    }
}

#[test]
fn an_unknown_or_missing_key_is_an_error_that_names_it() {
    let rows = [
        (
            json!({"app_id": 1, "app_secret": "s", "api_key": "x"}),
            "api_key",
        ),
        (json!({"app_id": 1}), "app_secret"),
        (json!({"app_secret": "s"}), "app_id"),
    ];
    for (section, key) in rows {
        let error = serde_json::from_value::<HuaweiConfig>(section).unwrap_err();
        assert!(error.to_string().contains(key), "{error}");
    }
    let error = serde_json::from_value::<HarmonyConfig>(json!({"project": 1})).unwrap_err();
    assert!(error.to_string().contains("project"), "{error}");
}

#[test]
fn a_value_that_cannot_be_what_it_should_names_its_key() {
    let rows = [
        (json!({"app_id": "../x", "app_secret": "s"}), "app_id"),
        (json!({"app_id": "", "app_secret": "s"}), "app_id"),
        (
            json!({"app_id": 1, "app_secret": "s", "project_id": "a/b"}),
            "project_id",
        ),
        (
            json!({"app_id": 1, "app_secret": "s", "auth_endpoint": "http://x/y"}),
            "auth_endpoint",
        ),
        (
            json!({"app_id": 1, "app_secret": "s", "auth_endpoint": "https://u:p@x/y"}),
            "auth_endpoint",
        ),
    ];
    for (section, key) in rows {
        let error = huawei(&section).unwrap_err();
        assert_eq!(error.key.as_deref(), Some(key), "{error}");
    }
}

#[test]
fn a_service_account_says_what_it_lacks() {
    harmony(&json!({"service_account_json": service_account()})).unwrap();
    for field in ["project_id", "key_id", "sub_account", "private_key"] {
        let account = service_account_with(|account| {
            account.as_object_mut().unwrap().remove(field);
        });
        let error = harmony(&json!({"service_account_json": account})).unwrap_err();
        assert_eq!(error.key.as_deref(), Some("service_account_json"));
        assert!(error.message.contains(field), "{error}");
    }
    let wrong_key = service_account_with(|account| account["private_key"] = "hunter2".into());
    let error = harmony(&json!({"service_account_json": wrong_key})).unwrap_err();
    assert!(error.message.contains("private_key") && !error.message.contains("hunter2"));
    let error = harmony(&json!({"service_account_json": "{"})).unwrap_err();
    assert!(error.message.contains("line 1"), "{error}");
    let error = harmony(&json!({})).unwrap_err();
    assert_eq!(error.key.as_deref(), Some("service_account_path"));
    let error = harmony(&json!({"service_account_path": "/no/such/file"})).unwrap_err();
    assert_eq!(error.key.as_deref(), Some("service_account_path"));
    for numbers in [json!(7), json!("7")] {
        let account = service_account_with(|account| account["sub_account"] = numbers);
        harmony(&json!({"service_account_json": account})).unwrap();
    }
    let config: HarmonyConfig = serde_json::from_value(json!({"drop_no_right": "true"})).unwrap();
    assert!(config.drop_no_right);
}
