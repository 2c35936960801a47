//! The progress bar: on a terminal, and nowhere else.
#![cfg(target_os = "linux")]
#![allow(clippy::print_stdout, reason = "a test that is skipped says so")]

use std::process::Command;

use crate::world::World;

/// A terminal for a command: `script`, of util-linux. `None` where it is not installed.
fn on_a_terminal(world: &World, shell: &str) -> Option<String> {
    let log = world.folder.path().join("terminal.log");
    let ran = Command::new("script")
        .args(["--quiet", "--return", "--command", shell])
        .arg(&log)
        .output()
        .inspect_err(|error| println!("skipped: no `script` to make a terminal with ({error})"))
        .ok()?;
    assert!(ran.status.success(), "{ran:?}");
    Some(String::from_utf8_lossy(&std::fs::read(log).unwrap()).into_owned())
}

#[test]
fn a_bar_is_drawn_on_a_terminal_and_results_stay_clean() {
    let world = World::new();
    let live = world.live("apns");
    let tokens = world.file("tokens.txt", &format!("{live}\n").repeat(600));
    let results = world.folder.path().join("results.jsonl");
    let shell = format!(
        "'{}' send --provider apns --config '{}' --title T --tokens-from '{}' > '{}'",
        env!("CARGO_BIN_EXE_zpns"),
        world.config.display(),
        tokens.display(),
        results.display()
    );
    let Some(seen) = on_a_terminal(&world, &shell) else {
        return;
    };
    assert!(seen.contains('%'), "no share of the file: {seen:?}");
    assert!(seen.contains("600 accepted"), "no count: {seen:?}");
    let results = std::fs::read_to_string(results).unwrap();
    assert_eq!(results.lines().count(), 600);
    assert!(results.lines().all(|line| line.starts_with('{')));
}

#[test]
fn nothing_is_drawn_where_stderr_is_no_terminal() {
    let world = World::new();
    let tokens = world.file("tokens.txt", &format!("{}\n", world.live("apns")));
    let tokens = tokens.to_str().unwrap();
    let ran = world.send("apns", &["--title", "T", "--tokens-from", tokens]);
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""));
}
