//! `--tokens-from`.

use std::io::{BufRead, BufReader, Write};

use serde_json::Value;

use crate::world::{World, piped};

#[test]
fn a_file_of_tokens_skips_blank_lines_and_keeps_duplicates() {
    let world = World::new();
    for vendor in world.vendors() {
        world.simulator.clear();
        let live = world.simulator.tokens(vendor).live;
        let text = format!(
            "{}\n\n   \n{}\r\n{}\n\t\n{}",
            live[0], live[1], live[0], live[2]
        );
        let file = world.file("tokens.txt", &text);
        let ran = world.send(
            vendor,
            &["--title", "T", "--tokens-from", file.to_str().unwrap()],
        );
        assert_eq!(ran.code, 0, "{ran:?}");
        let mut tokens: Vec<String> = ran.lines().iter().map(token).collect();
        tokens.sort();
        let mut wanted = [&live[0], &live[1], &live[0], &live[2]].map(String::as_str);
        wanted.sort_unstable();
        assert_eq!(tokens, wanted);
        assert_eq!(world.targets(vendor), World::named(vendor, &wanted));
    }
}

#[test]
fn a_file_and_single_tokens_go_together() {
    let world = World::new();
    let live = world.simulator.tokens("fcm").live;
    let file = world.file("tokens.txt", &format!("{}\n", live[1]));
    let arguments = [
        "--title",
        "T",
        "--token",
        &live[0],
        "--tokens-from",
        file.to_str().unwrap(),
    ];
    let ran = world.send("fcm", &arguments);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert_eq!(ran.lines().len(), 2);
}

#[test]
fn an_empty_file_is_no_failure() {
    let world = World::new();
    let file = world.file("tokens.txt", "\n\n");
    let ran = world.send(
        "apns",
        &["--title", "T", "--tokens-from", file.to_str().unwrap()],
    );
    assert_eq!((ran.code, ran.stdout.as_str()), (0, ""), "{ran:?}");
}

#[test]
fn stdin_is_a_file_of_tokens_too() {
    let world = World::new();
    for vendor in world.vendors() {
        let (live, dead) = (world.live(vendor), world.dead(vendor));
        let stdin = format!("{live}\n\n{dead}\n");
        let ran = world.send_with_stdin(vendor, &["--title", "T", "--tokens-from", "-"], &stdin);
        assert_eq!(ran.code, 1, "{ran:?}");
        assert_eq!(ran.lines().len(), 2);
    }
}

#[test]
fn results_come_as_verdicts_arrive() {
    let world = World::new();
    let arguments = ["--title", "T", "--tokens-from", "-"];
    let mut child = piped(&mut world.send_command(&world.config, "fcm", &arguments));
    let mut stdin = child.stdin.take().unwrap();
    let mut stdout = BufReader::new(child.stdout.take().unwrap());
    for wanted in world.simulator.tokens("fcm").live {
        writeln!(stdin, "{wanted}").unwrap();
        // Stdin stays open: the answer must not wait for more.
        let mut line = String::new();
        stdout.read_line(&mut line).unwrap();
        assert_eq!(token(&serde_json::from_str(&line).unwrap()), wanted);
    }
    drop(stdin);
    assert_eq!(child.wait().unwrap().code(), Some(0));
}

fn token(line: &Value) -> String {
    line["token"].as_str().unwrap().to_owned()
}
