//! `zpns send`: lines, keys, exit codes.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::{Value, json};
use zpns_simulator::faults::{Fault, Rule};

use crate::world::{Ran, World, keys, now, provider, timed, zpns};

const HELLO: [&str; 4] = ["--title", "Hello", "--body", "How are you?"];

fn hello<'a>(more: &[&'a str]) -> Vec<&'a str> {
    HELLO.into_iter().chain(more.iter().copied()).collect()
}

#[test]
fn an_accepted_target_is_one_line_with_exactly_these_keys() {
    let world = World::new();
    for vendor in world.vendors() {
        let token = world.live(vendor);
        let ran = world.send(vendor, &hello(&["--token", &token]));
        assert_eq!(ran.code, 0, "{ran:?}");
        let line = ran.line();
        let wanted = BTreeSet::from(["provider", "token", "outcome", "vendor_id"]);
        assert_eq!(keys(&line), wanted, "{vendor}");
        assert_eq!(line["provider"], vendor);
        assert_eq!(line["token"], *token);
        assert_eq!(line["outcome"], "accepted");
        assert!(line["vendor_id"].is_string());
        assert_eq!(ran.stderr, "", "no news is good news");
    }
    assert_eq!(world.shown(), world.vendors().len());
}

#[test]
fn a_dead_token_is_rejected_and_to_be_dropped() {
    let world = World::new();
    // APNs says since when; FCM does not.
    let vendors = [
        ("apns", "Unregistered", true),
        ("fcm", "UNREGISTERED", false),
    ];
    for (vendor, code, since) in vendors {
        let token = world.dead(vendor);
        let ran = world.send(vendor, &hello(&["--token", &token]));
        assert_eq!(ran.code, 1, "{ran:?}");
        let line = ran.line();
        let mut wanted = BTreeSet::from([
            "provider",
            "token",
            "outcome",
            "kind",
            "token_action",
            "vendor_code",
            "reason",
        ]);
        if since {
            wanted.insert("since_ms");
            assert!(line["since_ms"].as_u64().unwrap() > 1_700_000_000_000);
        }
        assert_eq!(keys(&line), wanted, "{vendor}");
        assert_eq!(line["outcome"], "rejected");
        assert_eq!(line["kind"], "token_invalid");
        assert_eq!(line["token_action"], "drop");
        assert_eq!(line["vendor_code"], code);
    }
}

#[test]
fn a_token_of_another_app_is_a_mismatch_and_kept() {
    let world = World::new();
    let foreign = [
        (
            "apns",
            world.simulator.apns().unwrap().foreign_token.clone(),
        ),
        ("fcm", world.simulator.fcm().unwrap().foreign_token.clone()),
    ];
    for (vendor, token) in foreign {
        let line = world.send(vendor, &hello(&["--token", &token])).line();
        assert_eq!(line["outcome"], "rejected", "{line}");
        assert_eq!(line["kind"], "token_mismatch");
        assert_eq!(line["token_action"], "keep");
    }
}

#[test]
fn a_failure_says_whether_it_was_sent_and_when_to_come_again() {
    let world = World::new();
    for vendor in world.vendors() {
        world.faults([Rule::new(Fault::retry_after(429, 30))]);
        let token = world.live(vendor);
        let ran = world.send(vendor, &hello(&["--token", &token, "--timeout", "3"]));
        assert_eq!(ran.code, 1, "{ran:?}");
        let line = ran.line();
        let wanted = BTreeSet::from([
            "provider",
            "token",
            "outcome",
            "kind",
            "vendor_code",
            "reason",
            "retry_after_ms",
            "sent",
        ]);
        assert_eq!(keys(&line), wanted, "{vendor}");
        assert_eq!(line["outcome"], "failed");
        assert_eq!(line["kind"], "rate_limited");
        assert_eq!(line["retry_after_ms"], 30_000);
        assert_eq!(line["sent"], "no");

        world.faults([Rule::new(Fault::Html { status: 502 })]);
        let line = world.send(vendor, &hello(&["--token", &token])).line();
        assert_eq!(line["outcome"], "failed");
        assert_eq!(line["kind"], "unavailable");
        assert_eq!(line["sent"], "maybe");
    }
}

#[test]
fn several_tokens_are_a_line_each_and_duplicates_are_sent_as_given() {
    let world = World::new();
    for vendor in world.vendors() {
        world.simulator.clear();
        let (live, dead) = (world.live(vendor), world.dead(vendor));
        let tokens = ["--token", &live, "--token", &dead, "--token", &live];
        let ran = world.send(vendor, &hello(&tokens));
        assert_eq!(ran.code, 1, "some were not accepted");
        let lines = ran.lines();
        let count = |token: &str, outcome: &str| {
            let same = |line: &&Value| line["token"] == *token && line["outcome"] == outcome;
            lines.iter().filter(same).count()
        };
        assert_eq!(lines.len(), 3);
        assert_eq!((count(&live, "accepted"), count(&dead, "rejected")), (2, 1));
        let named = World::named(vendor, &[&live, &dead, &live]);
        assert_eq!(world.targets(vendor), named);
    }
}

#[test]
fn transient_faults_are_retried_without_being_asked() {
    let world = World::new();
    for vendor in world.vendors() {
        world.simulator.clear();
        world.faults([Rule::new(Fault::status(503)).count(2)]);
        let ran = world.send(vendor, &hello(&["--token", &world.live(vendor)]));
        assert_eq!(ran.code, 0, "{ran:?}");
        assert_eq!(ran.line()["outcome"], "accepted");
        assert_eq!(world.pushes(vendor).len(), 3);
    }
}

#[test]
fn the_line_tells_when_and_why_earlier_attempts_failed() {
    let world = World::new();
    let began = now() * 1_000;
    for vendor in world.vendors() {
        world.faults([Rule::new(Fault::status(503)).count(2)]);
        let line = world
            .send(vendor, &hello(&["--token", &world.live(vendor)]))
            .line();
        let attempts = line["attempts"].as_array().unwrap();
        assert_eq!(attempts.len(), 2, "{vendor}: {line}");
        let mut last = began;
        for attempt in attempts {
            assert_eq!(keys(attempt), BTreeSet::from(["at_ms", "kind", "sent"]));
            assert_eq!(attempt["kind"], "unavailable", "{vendor}");
            assert_eq!(attempt["sent"], "no", "{vendor}");
            let at = attempt["at_ms"].as_u64().unwrap();
            assert!(at >= last && at <= (now() + 1) * 1_000, "{vendor}: {line}");
            last = at;
        }
        // What goes through at once has no history.
        let line = world
            .send(vendor, &hello(&["--token", &world.live(vendor)]))
            .line();
        assert_eq!(line.get("attempts"), None, "{line}");
    }
}

#[test]
fn text_is_for_humans_and_tells_of_earlier_attempts_too() {
    let world = World::new();
    world.faults([Rule::new(Fault::status(503)).count(1)]);
    let (live, dead) = (world.live("fcm"), world.dead("fcm"));
    let ran = world.send("fcm", &hello(&["--text", "--token", &live]));
    assert_eq!((ran.code, &*ran.stderr), (0, ""), "{ran:?}");
    let lines: Vec<&str> = ran.stdout.lines().collect();
    let accepted = format!("fcm {live}: accepted as projects/");
    assert!(lines[0].starts_with(&accepted), "{ran:?}");
    assert_eq!(lines[1..], ["    attempt 1: unavailable"]);

    let ran = world.send("fcm", &hello(&["--text", "--token", &dead]));
    assert_eq!(ran.code, 1);
    let rejected = format!("fcm {dead}: rejected (token_invalid, UNREGISTERED): ");
    assert!(ran.stdout.starts_with(&rejected), "{ran:?}");
    assert!(ran.stdout.ends_with("\n    token: drop\n"), "{ran:?}");
}

#[test]
fn the_timeout_bounds_a_push_that_is_never_answered() {
    let world = World::new();
    world.faults([Rule::new(Fault::stall())]);
    for vendor in world.vendors() {
        for text in ["0.5", "1s"] {
            let mut command = world.send_command(
                &world.config,
                vendor,
                &hello(&["--token", &world.live(vendor), "--timeout", text]),
            );
            let (output, took) = timed(|| command.output().unwrap());
            let ran = Ran::from(output);
            assert!(took < Duration::from_secs(6), "{took:?}");
            assert_eq!(ran.code, 1, "{ran:?}");
            let line = ran.line();
            assert_eq!(line["outcome"], "failed");
            assert_eq!(line["kind"], "timeout");
            assert_eq!(line["sent"], "maybe");
        }
    }
}

#[test]
fn a_refusal_of_ours_costs_no_call() {
    let world = World::new();
    let huge = "x".repeat(20_000);
    for vendor in world.vendors() {
        let line = world
            .send(
                vendor,
                &hello(&["--token", &world.live(vendor), "--payload", &huge]),
            )
            .line();
        assert_eq!(line["outcome"], "rejected", "{line}");
        assert_eq!(line["kind"], "payload_too_large");
        assert_eq!(line["token_action"], "keep");
        assert!(!keys(&line).contains("vendor_code"));

        let later = world.file(
            "later.json",
            r#"{"title": "T", "not_before_ms": 4000000000000}"#,
        );
        let later = later.to_str().unwrap();
        let line = world
            .send(
                vendor,
                &["--message", later, "--token", &world.live(vendor)],
            )
            .line();
        assert_eq!(line["kind"], "unsupported", "{line}");
        assert_eq!(line["token_action"], "keep");
        assert!(world.simulator.received(vendor).is_empty());
    }
}

#[test]
fn what_was_cut_and_left_out_is_listed() {
    let world = World::new();
    let long = "word ".repeat(4_000);
    for vendor in world.vendors() {
        let token = world.live(vendor);
        let ran = world.send(
            vendor,
            &["--title", "T", "--body", &long, "--token", &token],
        );
        assert_eq!(ran.code, 0, "{ran:?}");
        assert_eq!(ran.line()["truncated"], json!(["body"]));
    }
}

#[test]
fn failed_credentials_answer_the_remaining_targets_without_a_call() {
    let world = World::new();
    let config = world.edited(|config| {
        let apns = provider(config, "apns");
        apns.insert("key_id".into(), "WRONGKEY99".into());
        apns.insert("max_in_flight".into(), 1.into());
    });
    let tokens = world.simulator.tokens("apns").live;
    let mut arguments = hello(&[]);
    for token in &tokens {
        arguments.extend(["--token", token]);
    }
    let output = world
        .send_command(&config, "apns", &arguments)
        .output()
        .unwrap();
    let ran = Ran::from(output);
    assert_eq!(ran.code, 1);
    let lines = ran.lines();
    assert_eq!(lines.len(), tokens.len());
    for line in lines {
        assert_eq!(line["outcome"], "rejected");
        assert_eq!(line["kind"], "credential_invalid");
        assert_eq!(line["token_action"], "keep");
    }
    assert_eq!(world.pushes("apns").len(), 1);
}

#[test]
fn a_wrong_call_is_exit_code_2_and_says_why_on_stderr() {
    let world = World::new();
    let token = world.live("apns");
    let unreadable = world.folder.path().join("none.txt");
    let unreadable = unreadable.to_str().unwrap();
    let cases: [(&str, &[&str], &[&str]); 9] = [
        ("apns", &["--title", "T"], &["--token"]),
        ("apns", &["--token", &token], &["nothing to send"]),
        (
            "nobody",
            &["--title", "T", "--token", &token],
            &["`nobody`", "apns, fcm"],
        ),
        (
            "apns",
            &["--title", "T", "--tokens-from", unreadable],
            &[unreadable],
        ),
        (
            "apns",
            &["--message", unreadable, "--token", &token],
            &[unreadable],
        ),
        (
            "apns",
            &["--title", "T", "--token", &token, "--timeout", "soon"],
            &["--timeout"],
        ),
        (
            "apns",
            &["--title", "T", "--token", &token, "--timeout", "0"],
            &["--timeout"],
        ),
        (
            "apns",
            &["--title", "T", "--token", &token, "--colour"],
            &["--colour"],
        ),
        (
            "apns",
            &["--silent", "--title", "T", "--token", &token],
            &["--silent", "--title"],
        ),
    ];
    for (vendor, arguments, parts) in cases {
        world.send(vendor, arguments).refused(parts);
    }
    let ran = world.send("apns", &["--silent", "--body", "B", "--token", &token]);
    ran.refused(&["--silent", "--body"]);
    let nothing: Ran = zpns().output().unwrap().into();
    nothing.refused(&["Usage"]);
    assert_eq!(world.shown(), 0);
}
