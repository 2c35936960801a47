//! `zpns rules`, and what rules do to `zpns send`.

use serde_json::Value;

use crate::world::{Ran, World, provider, zpns};

fn rules(config: &std::path::Path) -> Ran {
    let output = zpns().arg("rules").arg("--config").arg(config).output();
    Ran::from(output.unwrap())
}

fn severity<'a>(lines: &'a [Value], provider: &str, rule: &str) -> Option<&'a str> {
    let of = |line: &&Value| line["provider"] == provider && line["rule"] == rule;
    lines.iter().find(of)?["severity"].as_str()
}

fn set(table: &mut toml::Table, rule: &str, severity: &str) {
    let rules = toml::Table::from_iter([(rule.to_owned(), severity.into())]);
    let delivery = toml::Table::from_iter([("preflight".to_owned(), rules.into())]);
    table.insert("delivery".to_owned(), delivery.into());
}

#[test]
fn rules_are_listed_per_provider_with_what_the_file_makes_of_them() {
    let world = World::new();
    let config = world.edited(|config| {
        set(provider(config, "oppo"), "oppo.channel_missing", "error");
    });
    let ran = rules(&config);
    assert_eq!(ran.code, 0, "{ran:?}");
    let lines = ran.lines();
    assert_eq!(
        severity(&lines, "oppo", "oppo.channel_missing"),
        Some("error")
    );
    assert_eq!(
        severity(&lines, "vivo", "vivo.out_of_hours"),
        Some("warning")
    );
    assert_eq!(severity(&lines, "apns", "apns.voip_topic"), Some("error"));
    assert_eq!(severity(&lines, "apns", "payload_not_json"), Some("off"));
    assert_eq!(severity(&lines, "apns", "oppo.channel_missing"), None);
    for line in &lines {
        assert!(!line["says"].as_str().unwrap().is_empty());
    }
}

#[test]
fn a_rule_that_is_an_error_suppresses_before_anything_is_sent() {
    let world = World::new();
    let config = world.edited(|config| {
        set(provider(config, "oppo"), "oppo.channel_missing", "error");
    });
    let token = world.live("oppo");
    let arguments = ["--token", &token, "--title", "t", "--body", "b"];
    let output = world.send_command(&config, "oppo", &arguments).output();
    let ran = Ran::from(output.unwrap());
    assert_eq!(ran.code, 1, "{ran:?}");
    let line = ran.line();
    assert_eq!(line["kind"], "suppressed");
    assert_eq!(line["token_action"], "keep");
    let reason = line["reason"].as_str().unwrap();
    assert!(reason.contains("oppo.channel_missing"), "{reason}");
    assert!(world.pushes("oppo").is_empty());
}

#[test]
fn warnings_stand_in_the_lines_of_whoever_asks_for_them() {
    let world = World::new();
    let token = world.live("oppo");
    let arguments = ["--token", &token, "--title", "t", "--body", "b"];
    let ran = world.send("oppo", &arguments);
    assert_eq!((ran.code, &*ran.stderr), (0, ""), "{ran:?}");
    assert_eq!(ran.line().get("warnings"), None);

    let ran = world.send("oppo", &[&arguments[..], &["--warnings"]].concat());
    assert_eq!((ran.code, &*ran.stderr), (0, ""), "{ran:?}");
    let line = ran.line();
    assert_eq!(line["outcome"], "accepted");
    let warnings = line["warnings"].as_array().unwrap().iter();
    let said: Vec<_> = warnings.map(|warning| warning.as_str().unwrap()).collect();
    assert_eq!(said.len(), 2, "{said:?}");
    assert!(said[0].starts_with("oppo.channel_missing: the message names no channel"));
}

#[test]
fn a_rule_that_there_is_not_is_a_mistake_of_the_file() {
    let world = World::new();
    let config = world.edited(|config| set(provider(config, "oppo"), "oppo.chanel", "off"));
    rules(&config).refused(&["[providers.oppo]", "oppo.chanel", "oppo.channel_missing"]);
}
