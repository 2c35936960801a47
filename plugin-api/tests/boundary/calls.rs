//! A call: taken, completed exactly once.

use serde_json::json;
use zpns_plugin_api::abi::Status;
use zpns_plugin_api::json::decode_report;

use crate::host::{Plugin, Started, start};
use crate::provider::{threaded, threadless};

/// Both runtimes: what a host sees of them is the same.
const BOTH: [Plugin; 2] = [threaded, threadless];

#[test]
fn a_batch_gets_one_outcome_for_each_target() {
    for entry in BOTH {
        let plugin = start(entry);
        assert_eq!(plugin.send(1, &["a", "dead-1", "b"]), Status::OK);
        let (status, report) = plugin.end_of(1);
        assert_eq!(status, Status::OK);
        let decoded = decode_report(report.to_string().as_bytes(), 3).unwrap();
        assert_eq!(
            (decoded.report.accepted(), decoded.report.rejected()),
            (2, 1)
        );
        assert!(!decoded.report.outcomes()[1].is_accepted());
        plugin.end();
    }
}

#[test]
fn without_threads_a_call_that_waits_for_nothing_ends_within_send() {
    let plugin = start(threadless);
    plugin.send(1, &["a"]);
    assert!(plugin.host.lock().completed.contains_key(&1));
    plugin.end();
}

#[test]
fn a_panic_ends_its_own_call_only() {
    for entry in BOTH {
        let plugin = start(entry);
        assert_eq!(plugin.send(1, &["panic"]), Status::OK);
        assert_eq!(plugin.end_of(1).0, Status::PANICKED);
        plugin.send(2, &["a"]);
        assert_eq!(plugin.end_of(2).0, Status::OK);
        plugin.end();
    }
}

#[test]
fn a_call_that_is_given_up_is_completed_all_the_same() {
    for entry in BOTH {
        let plugin = start(entry);
        plugin.send(1, &["hang"]);
        plugin.cancel(1);
        assert_eq!(plugin.end_of(1).0, Status::CANCELLED);
        // Late, twice, and for a call that never was.
        plugin.cancel(1);
        plugin.cancel(1);
        plugin.cancel(99);
        plugin.end();
    }
}

#[test]
fn a_provider_that_reports_on_too_few_is_not_taken_for_more() {
    for entry in BOTH {
        let plugin = start(entry);
        plugin.send(1, &["short", "b", "c"]);
        let (_, report) = plugin.end_of(1);
        let decoded = decode_report(report.to_string().as_bytes(), 3).unwrap();
        assert_eq!((decoded.report.accepted(), decoded.report.failed()), (1, 2));
        plugin.end();
    }
}

#[test]
fn a_batch_that_cannot_be_read_fails_as_a_whole() {
    for entry in BOTH {
        let plugin = start(entry);
        let bodies = [
            "",
            "{",
            "[]",
            r#"{"message": {"titel": "T"}, "targets": []}"#,
            "\u{0}",
        ];
        for (id, body) in (1..).zip(bodies) {
            assert_eq!(plugin.send_raw(id, body.into(), 0), Status::OK);
            let (status, error) = plugin.end_of(id);
            assert_eq!(status, Status::FAILED, "{body}");
            assert_eq!(error["kind"], "message_invalid", "{body}");
            assert_eq!(error["sent"], "no", "{body}");
        }
        plugin.end();
    }
}

#[test]
fn what_the_capability_lacks_is_refused_for_every_target() {
    let plugin = start(threadless);
    let body = json!({
        "message": {"title": "T", "collapse_key": "c"},
        "targets": [{"token": "a"}, {"token": "b"}],
    });
    plugin.send_raw(1, body.to_string().into_bytes(), 0);
    let (_, report) = plugin.end_of(1);
    assert_eq!(report["rest"]["kind"], "unsupported");
    plugin.end();
}

#[test]
fn an_id_that_is_in_flight_is_refused() {
    let plugin = start(threadless);
    assert_eq!(plugin.send(1, &["hang"]), Status::OK);
    assert_eq!(plugin.send(1, &["a"]), Status::INVALID_ARGUMENT);
    assert_eq!(plugin.check(1, 0), Status::INVALID_ARGUMENT);
    plugin.cancel(1);
    assert_eq!(plugin.end_of(1).0, Status::CANCELLED);
    plugin.end();
}

#[test]
fn a_deadline_is_counted_on_the_hosts_clock() {
    let plugin = start(threadless);
    plugin.send_within(1, &["deadline"], 1234);
    let (_, report) = plugin.end_of(1);
    assert_eq!(report["rest"]["vendor_id"], "1234 ms");
    plugin.end();
}

#[test]
fn many_calls_from_many_threads_are_completed_once_each() {
    let (threads, calls) = if cfg!(miri) { (2, 6) } else { (4, 500) };
    for entry in BOTH {
        let plugin = start(entry);
        std::thread::scope(|scope| {
            for thread in 0..threads {
                scope.spawn(move || hammer(plugin, thread * calls, calls));
            }
        });
        for id in 0..threads * calls {
            plugin.end_of(id);
        }
        plugin.end();
    }
}

fn hammer(plugin: Started, first: u64, calls: u64) {
    const KINDS: [&str; 3] = ["a", "hang", "panic"];
    // A panic a call would flood the output of the tests.
    let kinds = if cfg!(miri) { 3 } else { 2 };
    for id in first..first + calls {
        plugin.send(id, &[KINDS[id as usize % kinds]]);
        plugin.cancel(id);
    }
}
