//! What the config accepts, and how it says what is wrong.

use serde_json::{Value, json};
use zpns_core::config::{ConfigError, VendorConfig as _};
use zpns_core::resources::Transport;
use zpns_core::{Connection, PushProvider as _};

use super::vpush::{Vpush, hello, to, tokens};
use crate::VivoConfig;

fn read(section: Value) -> Result<VivoConfig, String> {
    serde_json::from_value(section).map_err(|error| error.to_string())
}

fn build(section: Value) -> Result<(), ConfigError> {
    let setup = Vpush::content().vendor.setup("phones");
    read(section).unwrap().build(setup).map(drop)
}

#[test]
fn id_key_and_secret_are_all_that_is_needed_and_numbers_may_be_texts() {
    for (app_id, mode) in [
        (json!(100_000_001), json!(1)),
        (json!("100000001"), json!("1")),
    ] {
        let section = json!({
            "app_id": app_id, "app_key": "k", "app_secret": "s", "push_mode": mode,
        });
        let config = read(section.clone()).unwrap();
        assert_eq!((&*config.app_id, config.push_mode), ("100000001", 1));
        assert_eq!(build(section), Ok(()));
    }
    let bare = json!({"app_id": 1, "app_key": "k", "app_secret": "s"});
    assert_eq!(read(bare).unwrap().push_mode, 0);
}

#[test]
fn a_missing_or_unknown_key_is_named() {
    let rows = [
        (json!({"app_key": "k", "app_secret": "s"}), "app_id"),
        (json!({"app_id": 1, "app_secret": "s"}), "app_key"),
        (json!({"app_id": 1, "app_key": "k"}), "app_secret"),
        (
            json!({"app_id": 1, "app_key": "k", "app_secret": "s", "region": "x"}),
            "region",
        ),
    ];
    for (section, key) in rows {
        let error = read(section).unwrap_err();
        assert!(error.contains(key) && !error.contains('\n'), "{error}");
    }
}

#[test]
fn every_fault_names_its_key() {
    let section = |id: Value, key: &str, secret: &str, mode: u8| json!({"app_id": id, "app_key": key, "app_secret": secret, "push_mode": mode});
    let rows = [
        (section(json!("app"), "k", "s", 0), "app_id"),
        (section(json!("+1"), "k", "s", 0), "app_id"),
        (section(json!(-1), "k", "s", 0), "app_id"),
        (section(json!(""), "k", "s", 0), "app_id"),
        (section(json!(1), " ", "s", 0), "app_key"),
        (section(json!(1), "k", "", 0), "app_secret"),
        (section(json!(1), "k", "s", 2), "push_mode"),
    ];
    for (section, key) in rows {
        assert_eq!(build(section).unwrap_err().key.as_deref(), Some(key));
    }
}

#[tokio::test]
async fn an_endpoint_takes_the_place_of_vivos_host() {
    let hosts = [
        (None, "https://api-push.vivo.com.cn"),
        (Some("https://127.0.0.1:8443/v"), "https://127.0.0.1:8443/v"),
    ];
    for (endpoint, host) in hosts {
        let vpush = Vpush::content();
        let mut connection = Connection::default();
        connection.endpoint = endpoint.map(str::to_owned);
        let setup = vpush.vendor.setup("phones").with_connection(connection);
        let provider = Vpush::config().open(setup).unwrap();
        let _ = provider.send(&to(&hello(), &["r1"])).await;
        let _ = provider.send(&to(&hello(), &["r1", "r2"])).await;
        let uris: Vec<String> = vpush
            .vendor
            .requests()
            .iter()
            .map(|request| request.uri.to_string())
            .collect();
        let paths = ["auth", "send", "saveListPayload", "pushToList"];
        assert_eq!(uris, paths.map(|path| format!("{host}/message/{path}")));
        assert_eq!(vpush.vendor.opened()[0].transport, Transport::General);
    }
}

#[tokio::test]
async fn a_provider_for_tests_says_so_in_every_request_and_a_message_may_differ() {
    let vpush = Vpush::content();
    let config = Vpush::config().with_push_mode(1);
    let provider = config.open(vpush.vendor.setup("phones")).unwrap();
    let tokens = tokens(3);
    let texts = super::vpush::texts(&tokens);
    let _ = provider.send(&to(&hello(), &texts)).await;
    let _ = provider.send(&to(&hello(), &texts[..1])).await;
    let sent = [vpush.savings(), vpush.lists(), vpush.singles()].concat();
    assert_eq!(sent.len(), 3);
    assert!(sent.iter().all(|body| body["pushMode"] == 1), "{sent:?}");
    let formal = Vpush::content();
    let _ = formal.provider().send(&to(&hello(), &texts)).await;
    let sent = [formal.savings(), formal.lists()].concat();
    assert!(sent.iter().all(|body| body.get("pushMode").is_none()));
}

#[test]
fn debug_shows_no_secret() {
    let provider = Vpush::content().provider();
    for shown in [format!("{:?}", Vpush::config()), format!("{provider:?}")] {
        assert!(!shown.contains("swordfish"), "{shown}");
    }
}
