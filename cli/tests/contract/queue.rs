//! `zpns queue`: durable push jobs.

use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::world::{Ran, World, zpns};

/// A world with a store and a queue, in files.
fn world() -> (World, PathBuf) {
    let world = World::new();
    let config = world.edited(|config| {
        for (table, url) in [
            ("store", "sqlite:devices.db"),
            ("outbox", "sqlite:outbox.db"),
        ] {
            let url = toml::Table::from_iter([("url".to_owned(), url.into())]);
            config.insert(table.to_owned(), url.into());
        }
    });
    (world, config)
}

fn run(config: &Path, arguments: &[&str]) -> Ran {
    let output = zpns().args(arguments).arg("--config").arg(config).output();
    Ran::from(output.unwrap())
}

fn register(config: &Path, user: &str, token: &str) {
    let channel = format!("xiaomi={token}");
    let ran = run(config, &["register", "--channel", &channel, "--user", user]);
    assert_eq!(ran.code, 0, "{ran:?}");
}

fn id(line: &Value) -> &str {
    line["id"].as_str().unwrap()
}

fn add(config: &Path, arguments: &[&str]) -> Value {
    let all = [
        &["queue", "add", "--title", "News", "--body", "A new version"],
        arguments,
    ]
    .concat();
    let ran = run(config, &all);
    assert_eq!(ran.code, 0, "{ran:?}");
    ran.line()
}

fn work(config: &Path) {
    let ran = run(config, &["queue", "work", "--until-idle"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (0, ""), "{ran:?}");
}

fn show(config: &Path, id: &str) -> Value {
    run(config, &["queue", "show", id]).line()
}

#[test]
fn a_job_is_taken_in_worked_on_and_shown() {
    let (world, config) = world();
    register(&config, "alice", &world.live("xiaomi"));
    register(&config, "bob", &world.dead("xiaomi"));
    let job = add(&config, &["--all"]);
    assert_eq!(
        (&job["state"], &job["lane"]),
        (&"queued".into(), &"chat".into())
    );
    assert_eq!(world.shown(), 0, "nothing goes out before somebody works");
    work(&config);
    let done = show(&config, id(&job));
    assert_eq!(done["state"], "done", "{done}");
    assert_eq!(done["tally"]["accepted"], 1, "{done}");
    assert_eq!(done["tally"]["rejected"], 1, "{done}");
    assert_eq!(world.shown(), 1);
    // Who is dead is known by now.
    let job = add(&config, &["--user", "bob"]);
    work(&config);
    assert_eq!(show(&config, id(&job))["tally"]["skipped"], 1);
    let purged = run(&config, &["queue", "purge", "--older-than", "0"]).line();
    assert_eq!(purged["forgotten"], 2);
    assert_eq!(run(&config, &["queue", "list"]).stdout, "");
}

#[test]
fn jobs_are_paused_resumed_cancelled_and_listed_by_state() {
    let (world, config) = world();
    register(&config, "alice", &world.live("xiaomi"));
    let (first, second) = (add(&config, &["--all"]), add(&config, &["--user", "alice"]));
    let (first, second) = (id(&first), id(&second));
    let paused = run(&config, &["queue", "pause", first]);
    assert_eq!(
        (paused.code, &paused.line()["state"]),
        (0, &"paused".into())
    );
    let cancelled = run(&config, &["queue", "cancel", second]);
    assert_eq!(cancelled.line()["state"], "cancelled");
    let again = run(&config, &["queue", "cancel", second]);
    assert_eq!(
        (again.code, &again.line()["state"]),
        (1, &"cancelled".into())
    );
    work(&config);
    assert_eq!(world.shown(), 0);
    let listed = run(&config, &["queue", "list", "--state", "paused"]).line();
    assert_eq!(id(&listed), first);
    assert_eq!(run(&config, &["queue", "resume", first]).code, 0);
    work(&config);
    assert_eq!(show(&config, first)["state"], "done");
    assert_eq!(world.shown(), 1);
    assert_eq!(run(&config, &["queue", "list"]).lines().len(), 2);
}

#[test]
fn what_cannot_be_a_job_is_refused_at_once() {
    let (world, config) = world();
    let say = ["queue", "add", "--title", "a", "--body", "b"];
    let add = |more: &[&str]| run(&config, &[&say[..], more].concat());
    add(&[]).refused(&["--all"]);
    add(&["--all", "--user", "alice"]).refused(&["cannot be used with"]);
    add(&["--all", "--strategy", "nowhere"]).refused(&["there is no strategy `nowhere`"]);
    add(&["--tags", "vip &&"]).refused(&["--tags"]);
    run(&config, &["queue", "show", "0198-no-job"]).refused(&["JOB"]);
    let unknown = "01980000-0000-7000-8000-000000000000";
    run(&config, &["queue", "pause", unknown]).refused(&["there is no job", unknown]);
    let without = run(&world.config, &["queue", "list"]);
    without.refused(&["[outbox]: `url` is missing"]);
}
