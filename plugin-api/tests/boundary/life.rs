//! An instance: made, asked, shut down, ended.

use std::ptr::{null, null_mut};

use serde_json::{Value, json};
use zpns_plugin_api::abi::{Slice, Status};
use zpns_plugin_api::json::Descriptor;

use crate::host::{Plugin, TestHost, create, start, table};
use crate::provider::{threaded, threadless};

const BOTH: [Plugin; 2] = [threaded, threadless];

fn descriptor(entry: Plugin) -> Descriptor {
    let mut json = Slice::EMPTY;
    // SAFETY: the slice may be written to.
    let status = unsafe { (table(entry).describe.unwrap())(&raw mut json) };
    assert_eq!(status, Status::OK);
    // SAFETY: static, by the header.
    serde_json::from_slice(unsafe { json.bytes() }.unwrap()).unwrap()
}

#[test]
fn a_plugin_describes_itself_without_an_instance() {
    let own = descriptor(threaded);
    assert_eq!(
        (&*own.id, &*own.provider),
        ("com.example.scripted", "scripted")
    );
    assert_eq!(
        (&*own.name, &*own.version),
        ("zpns-plugin-api", env!("CARGO_PKG_VERSION"))
    );
    assert_eq!(own.secrets, ["/secret"]);
    assert!(own.requires.is_empty());
    assert_eq!(descriptor(threadless).requires, ["zpns.host.timer/1"]);
}

#[test]
fn an_instance_says_what_it_can_do() {
    let plugin = start(threadless);
    let info = plugin.info();
    assert_eq!(info["environment"], "sandbox");
    assert_eq!(info["capability"]["batch"], 1000);
    assert_eq!(info["capability"]["fields"], json!(["title", "body"]));
    assert_eq!(plugin.partition("far-away"), 1);
    assert_eq!(plugin.partition("near"), 0);
    plugin.end();
}

fn refusal(entry: Plugin, config: Value) -> Value {
    create(entry, TestHost::new(), config).err().unwrap()
}

#[test]
fn a_wrong_config_is_refused_by_the_key_and_without_its_secret() {
    for entry in BOTH {
        let empty = refusal(entry, json!({"secret": ""}));
        assert_eq!(empty["context"], json!([["key", "secret"]]));
        assert_eq!(empty["message"], "is empty");
        let unknown = refusal(entry, json!({"secret": "s3cret", "secrte": 1}));
        assert!(unknown["message"].as_str().unwrap().contains("secrte"));
        assert!(!unknown.to_string().contains("s3cret"));
        let missing = refusal(entry, Value::Null);
        assert!(missing["message"].as_str().unwrap().contains("`secret`"));
    }
}

#[test]
fn a_panic_while_an_instance_is_made_is_an_error() {
    let error = refusal(threaded, json!({"secret": "panic"}));
    assert_eq!(error["kind"], "unavailable");
}

#[test]
fn without_threads_the_hosts_timers_are_needed() {
    let host = TestHost::without_timers();
    let error = create(threadless, host, json!({"secret": "s"}))
        .err()
        .unwrap();
    assert_eq!(error["kind"], "unsupported");
    create(threaded, host, json!({"secret": "s"}))
        .unwrap()
        .destroy();
}

#[test]
fn a_check_is_a_call_like_any_other() {
    for entry in BOTH {
        let plugin = start(entry);
        assert_eq!(plugin.check(1, 0), Status::OK);
        drop(plugin.host.wait(|state| state.timers.len() == 1));
        plugin.host.advance(5_000);
        let (status, error) = plugin.end_of(1);
        assert_eq!(
            (status, &error["kind"]),
            (Status::FAILED, &"credential_invalid".into())
        );

        plugin.check(2, 4_000);
        drop(plugin.host.wait(|state| state.timers.len() == 2));
        plugin.host.advance(4_000);
        assert_eq!(plugin.end_of(2).1["kind"], "timeout");

        plugin.check(3, 0);
        plugin.cancel(3);
        assert_eq!(plugin.end_of(3).0, Status::CANCELLED);
        plugin.end();
    }
}

#[test]
fn a_shutdown_refuses_new_calls_and_waits_for_those_in_flight() {
    for entry in BOTH {
        let plugin = start(entry);
        plugin.send(1, &["time"]);
        drop(plugin.host.wait(|state| state.timers.len() == 1));
        assert_eq!(plugin.shutdown(2, 600_000), Status::OK);
        assert_eq!(plugin.send(3, &["a"]), Status::CLOSED);
        assert_eq!(plugin.check(3, 0), Status::CLOSED);
        plugin.host.wait_for_close_and_answer();
        assert!(!plugin.host.lock().completed.contains_key(&2));
        plugin.host.advance(60_000);
        assert_eq!(plugin.end_of(1).0, Status::OK);
        assert_eq!(plugin.end_of(2).0, Status::OK);
        assert!(!plugin.host.lock().completed.contains_key(&3));
        plugin.destroy();
    }
}

#[test]
fn a_shutdown_gives_up_what_outlives_its_grace() {
    for entry in BOTH {
        let plugin = start(entry);
        plugin.send(1, &["hang"]);
        plugin.shutdown(2, 1_000);
        plugin.host.wait_for_close_and_answer();
        drop(plugin.host.wait(|state| state.timers.len() == 1));
        plugin.host.advance(1_000);
        assert_eq!(plugin.end_of(1).0, Status::CANCELLED);
        assert_eq!(plugin.end_of(2).0, Status::OK);
        plugin.destroy();
    }
}

#[test]
fn an_instance_that_is_ended_in_the_middle_completes_its_calls() {
    for entry in BOTH {
        let plugin = start(entry);
        plugin.send(1, &["hang"]);
        plugin.destroy();
        assert_eq!(plugin.end_of(1).0, Status::CANCELLED);
    }
}

#[test]
fn null_pointers_are_refused() {
    let api = table(threaded);
    let plugin = start(threaded);
    let provider = plugin.provider();
    let token = Slice::EMPTY;
    // SAFETY: the point of this test; none of them is followed.
    unsafe {
        assert_eq!(
            (api.describe.unwrap())(null_mut()),
            Status::INVALID_ARGUMENT
        );
        let created = (api.create.unwrap())(Slice::EMPTY, null(), null_mut(), null());
        assert_eq!(created, Status::FAILED);
        assert_eq!(
            (api.send.unwrap())(null_mut(), null()),
            Status::INVALID_ARGUMENT
        );
        (api.cancel.unwrap())(null_mut(), 1);
        assert_eq!(
            (api.shutdown.unwrap())(null_mut(), 1, 1),
            Status::INVALID_ARGUMENT
        );
        (api.destroy.unwrap())(null_mut());
        let nothing = Slice {
            ptr: null(),
            len: 3,
        };
        assert!((api.get_extension.unwrap())(nothing).is_null());
        assert_eq!(
            (provider.info.unwrap())(null_mut(), null()),
            Status::INVALID_ARGUMENT
        );
        assert_eq!(
            (provider.check.unwrap())(null_mut(), 1, 1),
            Status::INVALID_ARGUMENT
        );
        assert_eq!((provider.partition.unwrap())(null_mut(), token), 0);
    }
    plugin.destroy();
}
