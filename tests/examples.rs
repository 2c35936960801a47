//! The examples, run as a newcomer runs them: what they print is what the README promises.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use std::path::PathBuf;
use std::process::Command;

/// What an example prints. Cargo has built it beside this test.
fn run(example: &str, arguments: &[&str]) -> String {
    let mut folder: PathBuf = std::env::current_exe().unwrap();
    folder.pop();
    folder.pop();
    let program = folder.join("examples").join(example);
    let ran = Command::new(&program)
        .args(arguments)
        .env_remove("RUST_LOG")
        .output()
        .unwrap_or_else(|error| {
            let program = program.display();
            panic!("{program}: {error}; `cargo test` builds it, `cargo test --test` does not")
        });
    assert!(ran.status.success(), "{ran:?}");
    assert_eq!(String::from_utf8(ran.stderr).unwrap(), "");
    String::from_utf8(ran.stdout).unwrap()
}

/// The rows of the quickstart's table for one provider, as words.
fn rows<'a>(table: &'a str, provider: &str) -> Vec<Vec<&'a str>> {
    table
        .lines()
        .map(|line| line.split_whitespace().collect::<Vec<_>>())
        .filter(|words| words.first() == Some(&provider))
        .collect()
}

#[tokio::test]
async fn the_quickstart_prints_a_verdict_per_device_of_every_vendor() {
    let table = run("quickstart", &[]);
    let simulator = zpns_simulator::Simulator::start().await.unwrap();
    for vendor in simulator.vendors() {
        let rows = rows(&table, vendor);
        let alerts: Vec<_> = rows.iter().filter(|row| row[1] == "alert").collect();
        assert_eq!(alerts.len(), 3, "{vendor}: {table}");
        let outcome = |row: &[&str]| {
            row.iter()
                .find(|word| ["accepted", "rejected", "failed"].contains(word))
                .map(ToString::to_string)
        };
        let outcomes: Vec<_> = rows.iter().filter_map(|row| outcome(row)).collect();
        assert_eq!(
            outcomes[..3],
            ["accepted", "accepted", "rejected"],
            "{vendor}: {table}"
        );
        assert!(
            outcomes[3..].iter().all(|word| word == "accepted"),
            "{vendor}: {table}"
        );
        assert!(
            alerts[2].join(" ").ends_with("forget this token"),
            "{vendor}: {table}"
        );
    }
    for vendor in ["apns", "fcm"] {
        assert!(
            rows(&table, vendor).iter().any(|row| row[1] == "silent"),
            "{table}"
        );
    }
}

#[test]
fn the_server_answers_a_request_with_an_outcome_per_device() {
    let answer = run("axum_server", &[]);
    let last = answer.lines().last().unwrap();
    assert!(
        last.contains("accepted") && last.contains("token_invalid"),
        "{answer}"
    );
}

#[test]
fn many_devices_counts_every_one() {
    let totals = run("many_devices", &["2000"]);
    let counts = |what: &str| {
        totals
            .lines()
            .find_map(|line| line.trim().strip_suffix(what)?.trim().parse::<u64>().ok())
    };
    assert_eq!(
        (counts("accepted"), counts("token_invalid")),
        (Some(1_960), Some(40)),
        "{totals}"
    );
}

#[test]
fn the_chat_reaches_who_is_offline_and_nobody_who_logged_out() {
    let shown = run("chat", &[]);
    let part = |title: &str| -> Vec<&str> {
        let mut lines = shown.lines().skip_while(|line| *line != title).skip(1);
        let mut part: Vec<_> = lines
            .by_ref()
            .take_while(|line| line.starts_with("  "))
            .collect();
        part.sort_unstable();
        part
    };
    for (title, expected) in [
        (
            "bob to alice, who is looking:",
            vec!["  alice: in the app (Foreground)"],
        ),
        (
            "bob to alice, who went away:",
            vec!["  alice: pushed through apns: accepted"],
        ),
        (
            "alice to the group:",
            vec![
                "  bob: pushed through fcm: accepted",
                "  bob: pushed through xiaomi: token_invalid",
                "  carol: pushed through apns: token_invalid",
                "  dave: no push (NoDevice)",
            ],
        ),
        ("alice to carol:", vec!["  carol: no push (Dead)"]),
        (
            "silently, by a resource id:",
            vec!["  alice: pushed through apns: accepted"],
        ),
        (
            "to the testers:",
            vec!["  bob: pushed through fcm: accepted"],
        ),
        (
            "bob to alice, logged out:",
            vec!["  alice: no push (NoDevice)"],
        ),
        (
            "alice to bob, unregistered:",
            vec!["  bob: no push (NoDevice)"],
        ),
    ] {
        assert_eq!(part(title), expected, "{title}\n{shown}");
    }
}

#[test]
fn the_metrics_show_a_bad_day_per_provider() {
    let page = run("metrics", &[]);
    let row = |provider: &str| {
        let rows = rows(&page, provider);
        assert_eq!(rows.len(), 1, "{provider}: {page}");
        let numbers = rows[0][1..5].iter();
        let numbers: Vec<u64> = numbers.map(|word| word.parse().unwrap()).collect();
        let breaker = *rows[0].last().unwrap();
        ([numbers[0], numbers[1], numbers[2], numbers[3]], breaker)
    };
    // Eight live devices and three dead ones of each vendor; three chats that went on to FCM, and
    // sixty dead ones of HONOR.
    for vendor in ["apns", "huawei", "meizu", "oppo", "vivo"] {
        assert_eq!(row(vendor), ([8, 3, 0, 0], "closed"), "{vendor}: {page}");
    }
    assert_eq!(row("fcm"), ([11, 3, 0, 3], "closed"), "{page}");
    assert_eq!(row("honor"), ([8, 63, 0, 0], "closed"), "{page}");
    assert_eq!(row("xiaomi"), ([8, 6, 0, 0], "closed"), "{page}");
    let ([accepted, rejected, failed, retried], breaker) = row("harmony");
    assert_eq!((accepted, rejected, failed), (8, 3, 0), "{page}");
    assert!(retried > 0 && breaker == "closed", "{page}");
    let ([accepted, rejected, failed, _], breaker) = row("webpush");
    assert_eq!((accepted, rejected, failed), (0, 0, 11), "{page}");
    assert_eq!(breaker, "open", "{page}");
    for line in [
        "honor: no token is dropped: ",
        "harmony: 50 requests a second at the most",
        "webpush: not called until a probe gets through",
        "3 devices were tried through their next channel",
        "samples at /metrics",
        r#"zpns_breaker_open{provider="webpush",vendor="webpush"} 1"#,
        r#"zpns_guard_closed{provider="honor",vendor="honor"} 1"#,
    ] {
        assert!(page.contains(line), "lacks `{line}`: {page}");
    }
}

#[test]
fn the_receipts_server_shows_how_far_every_push_came() {
    let shown = run("receipts_server", &[]);
    assert!(shown.contains("14 of 14 pushes accepted"), "{shown}");
    let rows = |provider| -> Vec<String> {
        let rows = rows(&shown, provider).into_iter();
        rows.map(|row| row[1..].join(" ")).collect()
    };
    let (delivered, dead) = (
        "accepted → delivered reachable",
        "accepted → token_invalid dead",
    );
    let clicked = "accepted → delivered → clicked reachable";
    for (provider, first, second) in [
        ("harmony", delivered, dead),
        ("honor", clicked, dead),
        ("huawei", delivered, dead),
        ("meizu", clicked, "accepted reachable"),
        ("oppo", delivered, dead),
        ("vivo", delivered, dead),
        ("xiaomi", clicked, "accepted → replaced has another token"),
    ] {
        assert_eq!(rows(provider), [first, second], "{provider}: {shown}");
    }
    let counts = "14 accepted, 7 delivered, 3 clicked, 5 to dead tokens, 1 replaced";
    assert!(shown.contains(counts), "{shown}");
    assert!(shown.contains("a stranger's report: a receipt of honor was answered 404"));
}

#[test]
fn the_campaign_survives_a_kill_and_repeats_a_page_at_the_most() {
    let page = run("campaign", &["6000"]);
    assert!(page.contains("killed (kill -9): running, "), "{page}");
    assert!(page.contains("the end: done, 5400 accepted"), "{page}");
    let last = page.lines().last().unwrap();
    assert!(
        last.starts_with("5400 devices have the tag; the vendor took "),
        "{page}"
    );
}

#[test]
fn a_browser_shows_what_was_pushed_or_the_example_says_that_it_skips() {
    let shown = run("webpush_browser", &[]);
    if shown.starts_with("skipped: ") {
        return;
    }
    for line in [
        "pushed through zpns: accepted",
        "decrypted by the browser's own cryptography: {\"notification\":{\"title\":\"Alice\"",
        "shown by the browser: Alice — Lunch at noon? 🍜",
    ] {
        assert!(shown.contains(line), "lacks `{line}`: {shown}");
    }
}
