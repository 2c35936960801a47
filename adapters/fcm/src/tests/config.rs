//! What the config accepts, and how it says what is wrong.

use serde_json::{Value, json};
use zpns_core::Secret;
use zpns_core::config::{ConfigError, VendorConfig as _};

use super::google::{Google, service_account, service_account_with};
use crate::FcmConfig;

fn build(config: FcmConfig) -> Result<(), ConfigError> {
    config.build(Google::new().setup()).map(drop)
}

fn of(section: Value) -> Result<(), ConfigError> {
    build(serde_json::from_value(section).unwrap())
}

fn account(change: impl FnOnce(&mut Value)) -> Result<(), ConfigError> {
    build(FcmConfig::new(service_account_with(change)))
}

#[test]
fn a_service_account_is_all_that_is_needed() {
    assert_eq!(
        of(json!({"service_account_json": service_account()})),
        Ok(())
    );
}

#[test]
fn every_fault_names_one_key_on_one_line() {
    let account_key = "service_account_json";
    let json = service_account();
    let rows = [
        (of(json!({})), "service_account_path", "is missing"),
        (
            of(json!({"service_account_json": json, "service_account_path": "f.json"})),
            "service_account_path",
            "keep one",
        ),
        (
            of(json!({"service_account_path": "/no/such/file.json"})),
            "service_account_path",
            "/no/such/file.json",
        ),
        (
            of(json!({"service_account_json": "{"})),
            account_key,
            "not the JSON",
        ),
        (
            of(json!({"service_account_json": "\"secret text\""})),
            account_key,
            "not the JSON",
        ),
        (
            account(|account| account["type"] = json!("authorized_user")),
            account_key,
            "`type`",
        ),
        (
            account(|account| account["private_key"] = Value::Null),
            account_key,
            "`private_key`",
        ),
        (
            account(|account| account["private_key"] = json!("secret text")),
            account_key,
            "RSA",
        ),
        (
            account(|account| account["client_email"] = Value::Null),
            account_key,
            "`client_email`",
        ),
        (
            account(|account| account["project_id"] = Value::Null),
            "project_id",
            "is missing",
        ),
        (
            account(|account| account["token_uri"] = json!("http://e.com")),
            account_key,
            "https",
        ),
        (
            of(json!({"service_account_json": json, "project_id": "a/../b"})),
            "project_id",
            "not the id",
        ),
        (
            of(json!({"service_account_json": json, "token_endpoint": "http://127.0.0.1/token"})),
            "token_endpoint",
            "https",
        ),
        (
            of(json!({"service_account_json": json, "token_endpoint": "https://u:p@e.com/"})),
            "token_endpoint",
            "credentials",
        ),
    ];
    for (result, key, words) in rows {
        let error = result.unwrap_err();
        assert_eq!(error.key.as_deref(), Some(key), "{error}");
        let line = error.to_string();
        assert!(line.contains(words) && !line.contains('\n'), "{line}");
        assert!(!line.contains("secret text"), "{line}");
    }
}

#[test]
fn an_unknown_key_is_an_error_that_names_it() {
    let error = serde_json::from_value::<FcmConfig>(json!({"projectid": "x"})).unwrap_err();
    assert!(error.to_string().contains("projectid"), "{error}");
}

#[test]
fn values_may_come_from_the_environment_as_text() {
    let config: FcmConfig =
        serde_json::from_value(json!({"project_id": 123, "drop_sender_id_mismatch": "true"}))
            .unwrap();
    assert_eq!(config.project_id.as_deref(), Some("123"));
    assert!(config.drop_sender_id_mismatch);
    let wrong = json!({"drop_sender_id_mismatch": "yes"});
    assert!(serde_json::from_value::<FcmConfig>(wrong).is_err());
}

#[test]
fn debug_shows_no_secret() {
    let config = FcmConfig::new(Secret::new(service_account()));
    let google = Google::new();
    let provider = google.provider();
    for shown in [format!("{config:?}"), format!("{provider:?}")] {
        assert!(!shown.contains("PRIVATE KEY"), "{shown}");
    }
}
