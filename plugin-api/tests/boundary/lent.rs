//! What the host lends: its HTTP and its clock.

use serde_json::json;
use zpns_plugin_api::abi::Status;

use crate::host::{Plugin, Request, Started, start};
use crate::provider::{threaded, threadless};

const BOTH: [Plugin; 2] = [threaded, threadless];

fn request(plugin: Started, id: u64) -> Request {
    plugin.send(id, &["http"]);
    let mut state = plugin.host.wait(|state| !state.requests.is_empty());
    state.requests.remove(0)
}

#[test]
fn a_client_is_opened_with_the_options_of_the_connection() {
    let plugin = start(threadless);
    assert_eq!(plugin.host.lock().opened[0]["extra_roots_pem"], "root");
    plugin.end();
}

#[test]
fn a_request_goes_through_the_host_and_its_answer_comes_back() {
    for entry in BOTH {
        let plugin = start(entry);
        let request = request(plugin, 1);
        assert_eq!(request.line, "POST https://vendor.example/push?x=1");
        assert_eq!(request.headers, [("x-title".to_owned(), "T".to_owned())]);
        assert_eq!(request.body, b"body");
        assert_eq!((request.client, request.timeout_ms), (7, 1500));
        request.answer(202, &[("x-echo", "e")], "taken");
        let (_, report) = plugin.end_of(1);
        assert_eq!(report["rest"]["vendor_id"], "202 e taken");
        // Twice, and for a request that never was: found by number, they find nothing.
        request.answer(500, &[], "");
        Request {
            id: 12_345_678,
            ..request
        }
        .answer(500, &[], "");
        plugin.end();
    }
}

#[test]
fn a_request_that_failed_says_whether_it_was_sent() {
    for entry in BOTH {
        let plugin = start(entry);
        let refused = request(plugin, 1);
        refused.fail(r#"{"kind": "connect", "sent": "no", "message": "nobody there"}"#);
        let (_, report) = plugin.end_of(1);
        assert_eq!(report["rest"]["message"], "nobody there");
        assert_eq!(report["rest"]["sent"], "no");

        let unreadable = request(plugin, 2);
        unreadable.fail("");
        assert_eq!(plugin.end_of(2).1["rest"]["sent"], "maybe");

        let odd = request(plugin, 3);
        odd.answer(9_999, &[], "");
        assert_eq!(plugin.end_of(3).1["rest"]["sent"], "maybe");
        plugin.end();
    }
}

#[test]
fn giving_a_call_up_gives_up_its_request() {
    for entry in BOTH {
        let plugin = start(entry);
        let request = request(plugin, 1);
        plugin.cancel(1);
        assert_eq!(plugin.end_of(1).0, Status::CANCELLED);
        drop(
            plugin
                .host
                .wait(|state| state.cancelled_requests == [request.id]),
        );
        request.answer(200, &[("x-echo", "late")], "");
        plugin.end();
    }
}

#[test]
fn time_is_the_hosts() {
    for entry in BOTH {
        let plugin = start(entry);
        plugin.send(1, &["time"]);
        drop(plugin.host.wait(|state| state.timers.len() == 1));
        plugin.host.advance(59_999);
        assert!(plugin.host.lock().completed.is_empty());
        plugin.host.advance(1);
        assert_eq!(plugin.end_of(1).1["rest"]["vendor_id"], json!("1060000"));
        plugin.end();
    }
}

#[test]
fn giving_a_call_up_gives_up_its_timer() {
    for entry in BOTH {
        let plugin = start(entry);
        plugin.send(1, &["time"]);
        drop(plugin.host.wait(|state| state.timers.len() == 1));
        plugin.cancel(1);
        assert_eq!(plugin.end_of(1).0, Status::CANCELLED);
        drop(plugin.host.wait(|state| state.timers.is_empty()));
        assert_eq!(plugin.host.lock().cancelled_timers.len(), 1);
        plugin.end();
    }
}

#[test]
fn what_a_thread_of_the_provider_woke_is_given_a_thread_of_the_hosts() {
    let plugin = start(threadless);
    plugin.send(1, &["thread"]);
    // Either it was woken before it looked, or a timer that rings at once brings its turn.
    let rings = |timers: &[(u64, u64, _)]| !timers.is_empty();
    let state = plugin
        .host
        .wait(|state| rings(&state.timers) || state.completed.contains_key(&1));
    drop(state);
    plugin.host.advance(0);
    assert_eq!(plugin.end_of(1).0, Status::OK);

    let plugin_with_threads = start(threaded);
    plugin_with_threads.send(1, &["thread"]);
    assert_eq!(plugin_with_threads.end_of(1).0, Status::OK);
    assert!(plugin_with_threads.host.lock().timers.is_empty());
    plugin_with_threads.end();
    plugin.end();
}
