//! The commands that know users, on a store beside the config file.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::world::{Ran, World, zpns};

/// A world whose config file names a store, and two strategies.
struct Town {
    world: World,
    config: PathBuf,
}

impl Town {
    fn new() -> Self {
        let world = World::new();
        let config = world.edited(|config| {
            let store = toml::Table::from_iter([("url".to_owned(), "sqlite:devices.db".into())]);
            config.insert("store".to_owned(), store.into());
            let strategies = "[sync]\nsilent = true\n[chat]\nchannel = \"im\"";
            let strategies: toml::Table = strategies.parse().unwrap();
            config.insert("strategies".to_owned(), strategies.into());
        });
        Self { world, config }
    }

    fn run(&self, command: &str, arguments: &[&str]) -> Ran {
        run(&self.config, command, arguments)
    }

    /// Registers a live device of a vendor for a user; its name.
    fn device(&self, vendor: &str, place: usize, user: &str, more: &[&str]) -> String {
        let token = &self.world.simulator.tokens(vendor).live[place];
        let channel = format!("{vendor}={token}");
        let arguments = ["--channel", &channel, "--user", user];
        let ran = self.run("register", &[&arguments[..], more].concat());
        assert_eq!(ran.code, 0, "{ran:?}");
        ran.line()["id"].as_str().unwrap().to_owned()
    }
}

fn run(config: &Path, command: &str, arguments: &[&str]) -> Ran {
    let mut zpns = zpns();
    zpns.arg(command)
        .arg("--config")
        .arg(config)
        .args(arguments);
    zpns.output().unwrap().into()
}

const LUNCH: [&str; 4] = ["--title", "Bob", "--body", "Lunch?"];

#[test]
fn a_device_is_registered_bound_listed_and_logged_out() {
    let town = Town::new();
    let token = town.world.live("fcm");
    let channel = format!("fcm={token}");
    let app = [
        "--channel",
        &channel,
        "--tag",
        "vip",
        "--attribute",
        "age=30",
        "--locale",
        "de",
    ];
    let first = town.run("register", &app);
    assert_eq!(first.code, 0, "{first:?}");
    let device = first.line();
    let id = device["id"].as_str().unwrap();
    assert_eq!(device["tags"], json!(["vip"]));
    assert_eq!(device["attributes"], json!({"age": 30.0}));
    assert_eq!(device["channels"][0]["token"], token);
    let again = town.run("register", &app).line();
    assert_eq!(
        again["id"], device["id"],
        "the same token is the same device"
    );

    let ran = town.run("bind", &["--device", id, "--user", "alice"]);
    assert_eq!(ran.line(), json!({"device": id, "user": "alice"}));
    let ran = town.run("bind", &["--device", id, "--user", "bob"]);
    assert_eq!(ran.line()["before"], "alice");
    assert_eq!(town.run("devices", &["--user", "alice"]).code, 1);
    let listed = town.run("devices", &["--user", "bob", "--user", "carol"]);
    assert_eq!(listed.line()["id"], id);
    let listed = town.run("devices", &["--tags", "vip && age >= 18 && !cn"]);
    assert_eq!(listed.line()["user"], "bob");

    let late = town.run("logout", &["--device", id, "--user", "alice"]);
    assert_eq!((late.code, &late.line()["logged_out"]), (1, &json!(false)));
    let out = town.run("logout", &["--user", "bob", "--all-devices"]);
    assert_eq!(out.line(), json!({"device": id, "logged_out": true}));
    assert_eq!(town.run("devices", &["--user", "bob"]).code, 1);
    let gone = town.run("logout", &["--device", id, "--unregister"]);
    assert_eq!(gone.code, 0, "{gone:?}");
    assert_eq!(town.run("devices", &["--all"]).code, 1);
}

#[test]
fn an_export_fills_another_store_with_the_same_devices() {
    let (from, to) = (Town::new(), Town::new());
    from.device("fcm", 0, "alice", &["--tag", "vip"]);
    from.device("apns", 0, "bob", &["--platform", "ios"]);
    let export = from.run("devices", &["--all"]);
    assert_eq!(export.lines().len(), 2);
    let file = to.world.file("export.jsonl", &export.stdout);
    let ran = to.run("register", &["--from", file.to_str().unwrap()]);
    assert_eq!(ran.line(), json!({"imported": 2}));
    assert_eq!(to.run("devices", &["--all"]).stdout, export.stdout);
    let broken = to.world.file("broken.jsonl", "{\"id\": \"hunter2\"}");
    let ran = to.run("register", &["--from", broken.to_str().unwrap()]);
    ran.refused(&["broken.jsonl: device 1", "not a device"]);
    assert!(!ran.stderr.contains("hunter2"));
}

#[test]
fn a_push_to_users_is_a_line_per_device_and_dead_tokens_are_learnt() {
    let town = Town::new();
    let phone = town.device("fcm", 0, "alice", &[]);
    town.device("apns", 0, "bob", &["--platform", "ios"]);
    let dead = format!("fcm={}", town.world.dead("fcm"));
    town.run("register", &["--channel", &dead, "--user", "dora"]);
    let users = town.world.file("users.txt", "bob\n\ncarol\ndora\n");
    let to = ["--user", "alice", "--users-from", users.to_str().unwrap()];
    let ran = town.run("push", &[&to[..], &LUNCH].concat());
    assert_eq!(ran.code, 1, "{ran:?}");
    let lines = ran.lines();
    let of = |user: &str| -> &Value {
        let line = lines.iter().find(|line| line["user"] == user);
        line.unwrap_or_else(|| panic!("no line of {user}: {lines:?}"))
    };
    assert_eq!(lines.len(), 4);
    assert_eq!(of("alice")["outcome"], "accepted");
    assert_eq!(of("alice")["device"], phone.as_str());
    assert_eq!(of("alice")["channels"][0]["provider"], "fcm");
    assert_eq!(of("bob")["outcome"], "accepted");
    assert_eq!(
        *of("carol"),
        json!({"user": "carol", "outcome": "skipped", "reason": "no_device"})
    );
    assert_eq!(of("dora")["outcome"], "rejected");
    assert_eq!(of("dora")["channels"][0]["token_action"], "drop");
    // The next command, another process, knows it.
    let again = town.run("push", &[&["--user", "dora"][..], &LUNCH].concat());
    assert_eq!(again.line()["reason"], "dead");
}

#[test]
fn a_dry_run_counts_and_sends_nothing() {
    let town = Town::new();
    town.device("fcm", 0, "alice", &["--tag", "vip"]);
    town.device("apns", 0, "bob", &["--platform", "ios"]);
    let cases = [
        (
            vec!["--all"],
            json!({"pushes": 2, "in_app": 0, "skipped": 0}),
        ),
        (
            vec!["--tags", "vip"],
            json!({"pushes": 1, "in_app": 0, "skipped": 0}),
        ),
        (
            vec!["--user", "alice", "--user", "nobody"],
            json!({"pushes": 1, "in_app": 0, "skipped": 1}),
        ),
    ];
    for (to, expected) in cases {
        let ran = town.run("push", &[&to[..], &["--dry-run"], &LUNCH].concat());
        assert_eq!((ran.code, ran.line()), (0, expected));
    }
    assert_eq!(town.world.shown(), 0);
}

#[test]
fn nothing_goes_to_everyone_unless_everyone_is_asked_for() {
    let town = Town::new();
    town.device("fcm", 0, "alice", &["--tag", "vip"]);
    town.device("apns", 0, "bob", &["--platform", "ios"]);
    town.run("push", &LUNCH).refused(&["--all"]);
    town.run("push", &[&["--tags", ""][..], &LUNCH].concat())
        .refused(&["--tags"]);
    town.run("push", &[&["--all", "--tags", "vip"][..], &LUNCH].concat())
        .refused(&["--all"]);
    town.run(
        "push",
        &[&["--all", "--user", "alice"][..], &LUNCH].concat(),
    )
    .refused(&["--all"]);
    let nobody = town.world.file("nobody.txt", "\n");
    let ran = town.run(
        "push",
        &[&["--users-from", nobody.to_str().unwrap()], &LUNCH[..]].concat(),
    );
    assert_eq!((ran.code, ran.lines().len()), (0, 0));
    assert_eq!(town.world.shown(), 0);
    let ran = town.run("push", &[&["--all"][..], &LUNCH].concat());
    assert_eq!((ran.code, ran.lines().len()), (0, 2));
    assert_eq!(town.world.shown(), 2);
}

#[test]
fn strategies_are_listed_and_used_and_an_unknown_one_is_refused() {
    let town = Town::new();
    town.device("fcm", 0, "alice", &[]);
    let lines = town.run("strategies", &[]).lines();
    assert_eq!(lines.len(), 2);
    assert_eq!(
        (&lines[0]["id"], &lines[1]["id"]),
        (&json!("chat"), &json!("sync"))
    );
    assert_eq!(lines[0]["strategy"]["channel"], "im");
    assert_eq!(lines[1]["strategy"]["silent"], true);
    let to = ["--user", "alice", "--strategy"];
    let ran = town.run("push", &[&to[..], &["sync"], &LUNCH].concat());
    assert_eq!(ran.code, 0, "{ran:?}");
    let ran = town.run("push", &[&to[..], &["snyc"], &LUNCH].concat());
    ran.refused(&["there is no strategy `snyc`", "chat, sync"]);
}

#[test]
fn without_a_store_or_with_a_wrong_device_the_call_is_refused() {
    let world = World::new();
    run(&world.config, "devices", &["--all"]).refused(&["[store]: `url` is missing"]);
    let town = Town::new();
    let nobody = "0198b6a0-0000-7000-8000-000000000000";
    let ran = town.run("bind", &["--device", nobody, "--user", "alice"]);
    ran.refused(&["there is no device", nobody]);
    town.run("devices", &["--tags", "vip &&"])
        .refused(&["at character"]);
    town.run("devices", &[]).refused(&["--all"]);
    town.run("register", &["--channel", "fcm"])
        .refused(&["NAME=VALUE"]);
}
