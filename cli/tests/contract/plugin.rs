//! Plugins: looked at, and sent through as through any vendor. The plugin is a library in C with
//! nothing but the header.

#![allow(clippy::print_stderr, reason = "a test says when it cannot run")]

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;
use tempfile::TempDir;

use crate::world::{Ran, zpns};

/// A folder with a plugin; none on a machine without a C compiler.
fn folder() -> Option<(TempDir, PathBuf)> {
    let folder = tempfile::tempdir().unwrap();
    let library = folder.path().join("libhostile.so");
    let api = Path::new(env!("CARGO_MANIFEST_DIR")).join("../plugin-api");
    let output = Command::new(std::env::var("CC").unwrap_or_else(|_| "cc".into()))
        .args(["-fPIC", "-shared", "-pthread", "-fvisibility=hidden"])
        .arg("-D_GNU_SOURCE")
        .arg("-I")
        .arg(api.join("include"))
        .arg(api.join("host/tests/hostile/hostile.c"))
        .arg("-o")
        .arg(&library)
        .output();
    match output {
        Err(error) => {
            eprintln!("skipped: there is no C compiler on this machine ({error})");
            None
        }
        Ok(output) => {
            assert!(output.status.success(), "{output:?}");
            Some((folder, library))
        }
    }
}

fn checked(file: &Path) -> Ran {
    let mut command = zpns();
    Ran::from(
        command
            .args(["plugin", "check"])
            .arg(file)
            .output()
            .unwrap(),
    )
}

/// Writes a config file with one plugin, and these further keys.
fn config(folder: &TempDir, keys: &str) -> PathBuf {
    let path = folder.path().join("push.toml");
    let text = format!(
        "[providers.cars]\nvendor = \"plugin\"\npath = \"libhostile.so\"\n{keys}\n\
         [providers.cars.config]\nkey = \"${{CAR_KEY}}\"\n"
    );
    std::fs::write(&path, text).unwrap();
    path
}

fn sent(config: &Path, title: &str) -> Ran {
    let mut command = zpns();
    command.env("CAR_KEY", "hunter2-hunter2");
    command.arg("send").arg("--config").arg(config);
    command.args([
        "--provider",
        "cars",
        "--title",
        title,
        "--body",
        "b",
        "--timeout",
        "2",
    ]);
    command.args(["--token", "one", "--token", "two", "--token", "three"]);
    Ran::from(command.output().unwrap())
}

fn all<'a>(lines: &'a [Value], key: &str) -> Vec<&'a str> {
    lines
        .iter()
        .map(|line| line[key].as_str().unwrap())
        .collect()
}

#[test]
fn a_plugin_is_looked_at_and_everything_said_of_it() {
    let Some((_folder, library)) = folder() else {
        return;
    };
    let ran = checked(&library);
    assert_eq!(ran.code, 0, "{ran:?}");
    let line = ran.line();
    assert_eq!(line["ok"], true);
    assert_eq!(line["abi"], "0.1");
    assert_eq!(line["symbols"], serde_json::json!(["zpns_plugin_v0"]));
    assert_eq!(line["descriptor"]["id"], "com.example.hostile");
    assert_eq!(line["sha256"].as_str().unwrap().len(), 64);
    assert!(!line["findings"].as_array().unwrap().is_empty());
}

#[test]
fn what_is_no_plugin_is_not_ok_and_says_why() {
    let Some((folder, _library)) = folder() else {
        return;
    };
    let text = folder.path().join("text.so");
    std::fs::write(&text, "no library").unwrap();
    for file in [text, folder.path().join("gone.so")] {
        let ran = checked(&file);
        assert_eq!(ran.code, 1, "{ran:?}");
        let line = ran.line();
        assert_eq!(line["ok"], false);
        let findings = line["findings"].as_array().unwrap();
        assert!(
            findings
                .iter()
                .any(|finding| finding["severity"] == "error"),
            "{line}"
        );
    }
}

#[test]
fn a_plugin_is_sent_through_like_any_vendor() {
    let Some((folder, library)) = folder() else {
        return;
    };
    let hash = checked(&library).line()["sha256"]
        .as_str()
        .unwrap()
        .to_owned();
    for keys in [
        String::new(),
        format!("sha256 = \"{hash}\"\nrate_per_second = 1000"),
    ] {
        let config = config(&folder, &keys);
        let ran = sent(&config, "plain");
        assert_eq!(ran.code, 0, "{ran:?}");
        let lines = ran.lines();
        assert_eq!(all(&lines, "outcome"), ["accepted"; 3]);
        assert_eq!(all(&lines, "provider"), ["cars"; 3]);
    }
    let ran = sent(&config(&folder, ""), "talks");
    assert_eq!(ran.code, 1, "{ran:?}");
    let lines = ran.lines();
    assert_eq!(all(&lines, "kind"), ["muted"; 3]);
    assert_eq!(all(&lines, "token_action"), ["keep"; 3]);
    assert_eq!(all(&lines, "reason"), ["key [secret]"; 3]);
}

#[test]
fn a_plugin_that_never_answers_costs_its_targets_a_verdict_and_no_more_than_the_time_out() {
    let Some((folder, _library)) = folder() else {
        return;
    };
    let (ran, took) = crate::world::timed(|| sent(&config(&folder, ""), "never"));
    assert_eq!(ran.code, 1, "{ran:?}");
    let lines = ran.lines();
    assert_eq!(all(&lines, "kind"), ["timeout"; 3]);
    assert_eq!(all(&lines, "sent"), ["maybe"; 3]);
    assert!(took.as_secs() < 20, "{took:?}");
}

#[test]
fn a_plugin_is_checked_beside_the_vendors() {
    let Some((folder, _library)) = folder() else {
        return;
    };
    let mut command = zpns();
    command
        .env("CAR_KEY", "k")
        .arg("check")
        .arg("--config")
        .arg(config(&folder, ""));
    let line = Ran::from(command.output().unwrap()).line();
    assert_eq!(
        (&line["provider"], &line["vendor"]),
        (&"cars".into(), &"hostile".into())
    );
    assert_eq!(line["ok"], true);
    assert!(
        line["reason"].as_str().unwrap().contains("no check"),
        "{line}"
    );
}

#[test]
fn a_wrong_section_is_one_line_that_names_its_key() {
    let Some((folder, _library)) = folder() else {
        return;
    };
    let wrong = "0".repeat(64);
    let cases = [
        (format!("sha256 = \"{wrong}\""), "`sha256`"),
        ("sha256 = \"abc\"".to_owned(), "`sha256` is not a SHA-256"),
        ("colour = 1".to_owned(), "`colour`"),
    ];
    for (keys, part) in cases {
        let ran = sent(&config(&folder, &keys), "plain");
        ran.refused(&["push.toml", "[providers.cars]", part]);
        assert_eq!(ran.stderr.lines().count(), 1, "{ran:?}");
    }
    let config = config(&folder, "");
    let text = std::fs::read_to_string(&config).unwrap();
    std::fs::write(&config, text + "create = \"refuses\"\n").unwrap();
    let ran = sent(&config, "plain");
    ran.refused(&["[providers.cars]", "`config`", "`key` [secret] is wrong"]);
    assert!(!ran.stderr.contains("hunter2"), "{ran:?}");
}
