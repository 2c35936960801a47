//! What strangers may post to the addresses of receipts: no body makes a reader panic, invent a
//! token, or touch a device of another provider.

#![cfg(all(
    feature = "honor",
    feature = "huawei",
    feature = "meizu",
    feature = "oppo",
    feature = "vivo",
    feature = "xiaomi"
))]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use std::sync::Arc;

use http::HeaderMap;
use proptest::prelude::*;
use serde_json::{Value, json};
use tokio::runtime::Builder;
use zpns::receipt::{MOST_BYTES, ReceiptError, Receipts};
use zpns::resources::SystemClock;
use zpns::service::{
    Device, DeviceQuery, MemoryRegistry, Platform, PushService, Registration, Registry,
};
use zpns::{Clock, Config, Router, Secret};

/// Meizu's access token; strangers know it here, so that they come further.
const KEY: &str = "known-to-strangers";
const TOKENS: [&str; 3] = ["CN_a", "CN_b", "CN_c"];

/// A provider of every vendor that reports back, nothing of it signed.
fn config() -> Config {
    let account = account();
    let text = format!(
        r#"
        [providers.huawei]
        vendor = "huawei"
        app_id = 7
        app_secret = "s"
        [providers.harmony]
        vendor = "harmony"
        service_account_json = '{account}'
        [providers.honor]
        vendor = "honor"
        app_id = 7
        client_id = "c"
        client_secret = "s"
        [providers.xiaomi]
        vendor = "xiaomi"
        app_secret = "s"
        package = "com.example"
        [providers.oppo]
        vendor = "oppo"
        app_key = "k"
        master_secret = "s"
        [providers.vivo]
        vendor = "vivo"
        app_id = 7
        app_key = "k"
        app_secret = "s"
        [providers.meizu]
        vendor = "meizu"
        app_id = 7
        app_secret = "s"
        receipt_key = "{KEY}"
        "#
    );
    Config::parse(&text, "push.toml").unwrap()
}

/// No receipt needs the key in it.
fn account() -> Value {
    json!({"project_id": "p", "key_id": "k", "sub_account": "a", "private_key": "none"})
}

fn receipts() -> Receipts {
    config()
        .receipts(&Secret::new("sixteen characters"))
        .unwrap()
}

fn form(pairs: &[(&str, &str)]) -> Vec<u8> {
    let mut form = url::form_urlencoded::Serializer::new(String::new());
    form.extend_pairs(pairs);
    form.finish().into_bytes()
}

/// A body of a vendor around any JSON.
fn body(vendor: &str, value: &Value) -> Vec<u8> {
    let text = value.to_string();
    match vendor {
        "xiaomi" => form(&[("data", &text)]),
        "meizu" => form(&[("cb", &text), ("access_token", KEY)]),
        _ => text.into_bytes(),
    }
}

/// What a vendor would say of these tokens, with a dead token and a new one where it can.
fn plausible(vendor: &str, tokens: &[&str], id: &str) -> Value {
    let joined = tokens.join(",");
    let each = |number: i64| -> Value {
        let status = |token: &&str| {
            json!({
                "token": token, "requestId": id, "status": number, "timestamp": 5, "appid": "7",
            })
        };
        json!({"statuses": tokens.iter().map(status).collect::<Vec<_>>()})
    };
    match vendor {
        "huawei" | "harmony" => each(5),
        "honor" => each(40_000_004),
        "xiaomi" => json!({id: {
            "type": 16, "targets": joined, "timestamp": 5, "replaceTarget": {tokens[0]: "stolen"},
        }}),
        "oppo" => json!([{
            "messageId": id, "registrationIds": joined, "eventType": "regid_invalid",
        }]),
        "vivo" => json!({id: {
            "targets": joined, "ackType": "102", "subAckType": "20002", "ackTime": 5,
        }}),
        _ => json!({format!("{id}-1"): {"type": 1, "targets": tokens}}),
    }
}

/// Any JSON, with the names and values that vendors use more often than chance has them.
fn any_json() -> impl Strategy<Value = Value> {
    let names = prop::sample::select(vec![
        "statuses",
        "token",
        "status",
        "requestId",
        "appid",
        "biTag",
        "timestamp",
        "formStatus",
        "deliveryStatus",
        "result",
        "type",
        "targets",
        "replaceTarget",
        "messageId",
        "eventType",
        "registrationIds",
        "eventTime",
        "ackType",
        "subAckType",
        "ackTime",
        "param",
        "errorCode",
    ]);
    let name = prop_oneof![names.prop_map(str::to_owned), any::<String>()];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        prop::sample::select(vec![
            "0",
            "5",
            "16",
            "102",
            "20002",
            "regid_invalid",
            "CN_a,CN_b"
        ])
        .prop_map(Value::from),
        any::<String>().prop_map(Value::from),
    ];
    leaf.prop_recursive(5, 64, 6, move |inner| {
        let object = prop::collection::btree_map(name.clone(), inner.clone(), 0..6);
        prop_oneof![
            prop::collection::vec(inner, 0..6).prop_map(Value::from),
            object.prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

/// Every text in a value, keys among them.
fn texts(value: &Value, into: &mut Vec<String>) {
    match value {
        Value::String(text) => into.push(text.clone()),
        Value::Array(values) => values.iter().for_each(|value| texts(value, into)),
        Value::Object(members) => members.iter().for_each(|(name, value)| {
            into.push(name.clone());
            texts(value, into);
        }),
        _ => {}
    }
}

/// One device of every provider, all with the same tokens, so that nothing but the provider tells
/// them apart.
struct Town {
    service: PushService,
    registry: Arc<dyn Registry>,
}

impl Town {
    async fn of(receipts: &Receipts) -> Self {
        let registry: Arc<dyn Registry> = Arc::new(MemoryRegistry::new());
        let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
        for (provider, _) in receipts.paths() {
            for token in TOKENS {
                let app = Registration::new(Platform::Android).channel(provider.clone(), token);
                registry.register(app, clock.now()).await.unwrap();
            }
        }
        let resources = zpns::Resources::new(Arc::new(zpns::http::Connector::new()));
        let router = Router::builder(resources).build();
        let service = PushService::builder(router, Arc::clone(&registry), clock).build();
        Self { service, registry }
    }

    async fn devices(&self) -> Vec<Device> {
        let page = self
            .registry
            .page(&DeviceQuery::All, None, std::num::NonZeroUsize::MAX);
        page.await.unwrap().devices
    }
}

proptest! {
    #[test]
    fn no_bytes_make_a_reader_panic(bytes in prop::collection::vec(any::<u8>(), 0..512)) {
        let receipts = receipts();
        for (_, path) in receipts.paths() {
            let _ = receipts.receive(path, &HeaderMap::new(), &bytes);
            let mut form = format!("access_token={KEY}&cb=").into_bytes();
            form.extend_from_slice(&bytes);
            let _ = receipts.receive(path, &HeaderMap::new(), &form);
        }
    }

    #[test]
    fn no_json_makes_a_reader_panic_or_invent_a_token(value in any_json()) {
        let receipts = receipts();
        let mut known = Vec::new();
        texts(&value, &mut known);
        for (provider, path) in receipts.paths() {
            let body = body(provider.as_str(), &value);
            let Ok(parsed) = receipts.receive(path, &HeaderMap::new(), &body) else {
                continue;
            };
            prop_assert_eq!(&parsed.provider, provider);
            for receipt in parsed.receipts {
                let token = receipt.token.as_str();
                prop_assert!(known.iter().any(|text| text.contains(token)), "{}", token);
            }
        }
    }

    #[test]
    fn half_of_a_report_is_none(cut in 0.0..1.0_f64, vendor in 0..7_usize) {
        let receipts = receipts();
        let (provider, path) = receipts.paths().nth(vendor).unwrap();
        let body = body(provider.as_str(), &plausible(provider.as_str(), &TOKENS, "id"));
        let end = (body.len() as f64 * cut) as usize;
        // Meizu's access token stands behind the report, and a form may end anywhere.
        let read = receipts.receive(path, &HeaderMap::new(), &body[..end]);
        prop_assert!(read.is_err(), "{:?}", read);
    }

    #[test]
    fn whoever_knows_an_address_touches_no_device_of_pushes_that_they_do_not_know(
        vendor in 0..7_usize,
        id in "[a-zA-Z0-9-]{1,40}",
    ) {
        let runtime = Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let receipts = receipts();
            let town = Town::of(&receipts).await;
            let before = town.devices().await;
            let (provider, path) = receipts.paths().nth(vendor).unwrap();
            let body = body(provider.as_str(), &plausible(provider.as_str(), &TOKENS, &id));
            let parsed = receipts.receive(path, &HeaderMap::new(), &body).unwrap();
            prop_assert_eq!(parsed.receipts.len(), TOKENS.len());
            let report = town.service.take_receipts(&parsed).await.unwrap();
            prop_assert_eq!((report.changed, report.joined()), (0, 0));
            prop_assert_eq!(town.devices().await, before);
            Ok(())
        })?;
    }
}

#[test]
fn what_is_too_deep_or_too_long_is_refused_and_costs_nothing() {
    let receipts = receipts();
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    let deeper = format!(r#"{{"statuses":{}"#, r#"{"a":"#.repeat(100_000));
    let long = vec![b'['; MOST_BYTES + 1];
    for (provider, path) in receipts.paths() {
        for text in [&deep, &deeper] {
            for body in [
                text.clone().into_bytes(),
                form(&[("data", text)]),
                form(&[("cb", text), ("access_token", KEY)]),
            ] {
                let read = receipts.receive(path, &HeaderMap::new(), &body);
                assert!(read.is_err(), "{provider}");
            }
        }
        let read = receipts.receive(path, &HeaderMap::new(), &long);
        assert_eq!(read, Err(ReceiptError::TooLarge), "{provider}");
    }
}

#[test]
fn a_report_about_a_great_many_devices_holds_what_they_share_once() {
    let receipts = receipts();
    let tokens = vec!["t"; 400_000].join(",");
    let long = "p".repeat(500_000);
    let told = json!({"id": {"targets": tokens, "param": long, "ackType": "0"}});
    let path = receipts.path("vivo").unwrap();
    let parsed = receipts.receive(path, &HeaderMap::new(), &body("vivo", &told));
    let parsed = parsed.unwrap().receipts;
    assert_eq!(parsed.len(), 400_000);
    let first = parsed[0].tag.as_ref().unwrap();
    let shared = |tag: &Arc<str>| Arc::ptr_eq(first, tag);
    assert!(
        parsed
            .iter()
            .all(|receipt| receipt.tag.as_ref().is_some_and(shared))
    );
}

#[test]
fn wrong_types_are_refused_and_not_guessed_at() {
    let receipts = receipts();
    let rows = [
        ("huawei", json!({"statuses": {"token": "t"}})),
        ("huawei", json!({"statuses": [{"token": 7, "status": 0}]})),
        (
            "huawei",
            json!({"statuses": [{"token": "t", "status": []}]}),
        ),
        (
            "harmony",
            json!({"statuses": [{"token": "t", "deliveryStatus": {"result": null}}]}),
        ),
        (
            "honor",
            json!({"statuses": [{"token": {}, "status": 40_000_002}]}),
        ),
        ("honor", json!({"statuses": [{"token": "t", "status": {}}]})),
        ("xiaomi", json!({"id": {"type": "x", "targets": "t"}})),
        ("xiaomi", json!({"id": {"type": 1, "targets": ["t"]}})),
        (
            "xiaomi",
            json!({"id": {"type": 16, "targets": "t", "replaceTarget": {"t": 7}}}),
        ),
        (
            "oppo",
            json!({"messageId": "m", "eventType": "push_arrive"}),
        ),
        (
            "oppo",
            json!([{"messageId": 7, "eventType": "push_arrive"}]),
        ),
        ("vivo", json!({"id": {"targets": 7}})),
        ("vivo", json!({"id": []})),
        ("meizu", json!({"id-1": {"type": 1, "targets": "t"}})),
        ("meizu", json!({"id-1": {"type": -1, "targets": ["t"]}})),
    ];
    for (provider, value) in rows {
        let path = receipts.path(provider).unwrap();
        let body = body(provider, &value);
        let read = receipts.receive(path, &HeaderMap::new(), &body);
        let is_unreadable = matches!(read, Err(ReceiptError::Unreadable(_)));
        assert!(is_unreadable, "{provider} {value}: {read:?}");
    }
}
