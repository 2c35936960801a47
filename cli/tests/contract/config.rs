//! What a wrong config file is told, and values from the environment.

use toml::Value;

use crate::world::{Ran, World, provider, zpns};

/// A change of the table of one provider.
type Change = fn(&mut toml::Table);

fn set(table: &mut toml::Table, key: &str, value: impl Into<Value>) {
    table.insert(key.into(), value.into());
}

#[test]
fn an_error_is_one_line_that_names_file_table_and_key() {
    let world = World::new();
    let changes: [(&str, Change, &[&str]); 17] = [
        ("apns", |table| set(table, "colour", 1), &["`colour`"]),
        ("fcm", |table| set(table, "colour", 1), &["`colour`"]),
        (
            "apns",
            |table| drop(table.remove("team_id")),
            &["`team_id`"],
        ),
        ("apns", |table| drop(table.remove("key_id")), &["`key_id`"]),
        (
            "apns",
            |table| drop(table.remove("key_pem")),
            &["`key_path`"],
        ),
        ("apns", |table| drop(table.remove("topic")), &["`topic`"]),
        (
            "apns",
            |table| set(table, "key_path", "AuthKey.p8"),
            &["`key_path`", "`key_pem`"],
        ),
        (
            "apns",
            |table| set(table, "environment", "moon"),
            &["environment", "moon"],
        ),
        (
            "apns",
            |table| set(table, "key_pem", "no key"),
            &["`key_pem`"],
        ),
        (
            "fcm",
            |table| drop(table.remove("service_account_json")),
            &["`service_account_path`"],
        ),
        (
            "fcm",
            |table| set(table, "service_account_json", "{}"),
            &["`service_account_json`"],
        ),
        (
            "fcm",
            |table| set(table, "token_endpoint", "http://example.com"),
            &["`token_endpoint`"],
        ),
        (
            "fcm",
            |table| set(table, "endpoint", "127.0.0.1"),
            &["`endpoint`"],
        ),
        (
            "apns",
            |table| set(table, "ca_path", "gone.pem"),
            &["`ca_path`", "gone.pem"],
        ),
        (
            "apns",
            |table| set(table, "timeout_ms", "soon"),
            &["`timeout_ms`", "soon"],
        ),
        ("apns", |table| drop(table.remove("vendor")), &["`vendor`"]),
        (
            "apns",
            |table| set(table, "vendor", "nokia"),
            &["`vendor`", "`nokia`", "apns, fcm"],
        ),
    ];
    for (vendor, change, parts) in changes {
        let config = world.edited(|config| change(provider(config, vendor)));
        let table = format!("[providers.{vendor}]");
        let mut parts = parts.to_vec();
        parts.extend([config.to_str().unwrap(), &table]);
        // Whatever command reads the file, and whatever provider is asked for.
        let sent = world
            .send_command(&config, "fcm", &["--title", "T", "--token", "x"])
            .output();
        for ran in [world.check(&config), Ran::from(sent.unwrap())] {
            ran.refused(&parts);
            assert_eq!(ran.stderr.lines().count(), 1, "{}", ran.stderr);
        }
    }
    let broken = world.file("broken.toml", "[providers.apns\n");
    world.check(&broken).refused(&["broken.toml", "line 1"]);
    let unknown = world.file("unknown.toml", "[provider.apns]\n");
    world
        .check(&unknown)
        .refused(&["unknown.toml", "`provider`"]);
    world
        .check(&world.folder.path().join("none.toml"))
        .refused(&["none.toml"]);
    for vendor in world.vendors() {
        assert!(world.simulator.received(vendor).is_empty());
    }
}

#[test]
fn an_unreadable_key_file_is_told_when_the_config_is_loaded() {
    let world = World::new();
    let keys = [
        ("apns", "key_pem", "key_path"),
        ("fcm", "service_account_json", "service_account_path"),
    ];
    for (vendor, inline, path) in keys {
        let config = world.edited(|config| {
            let table = provider(config, vendor);
            table.remove(inline);
            set(table, path, "gone.key");
        });
        let gone = world.folder.path().join("gone.key");
        let ran = world.check(&config);
        ran.refused(&[
            &format!("[providers.{vendor}]"),
            path,
            gone.to_str().unwrap(),
        ]);
        assert_eq!(ran.stderr.lines().count(), 1, "{}", ran.stderr);
    }
}

#[test]
fn key_files_stand_beside_the_config_file() {
    let world = World::new();
    let keys = [
        ("apns", "key_pem", "key_path"),
        ("fcm", "service_account_json", "service_account_path"),
    ];
    for (vendor, inline, path) in keys {
        let config = world.edited(|config| {
            let table = provider(config, vendor);
            let secret = table.remove(inline).unwrap();
            world.file("own.key", secret.as_str().unwrap());
            set(table, path, "own.key");
        });
        let token = world.live(vendor);
        let mut command = world.send_command(&config, vendor, &["--title", "T", "--token", &token]);
        let ran = Ran::from(command.output().unwrap());
        assert_eq!(ran.code, 0, "{ran:?}");
    }
}

#[test]
fn a_client_certificate_may_stand_in_for_the_key() {
    let world = World::new();
    let certificate = &world.simulator.apns().unwrap().certificate;
    world.file("push.crt", &certificate.cert_pem);
    world.file("push.key", &certificate.key_pem);
    let config = world.edited(|config| {
        let table = provider(config, "apns");
        for key in ["team_id", "key_id", "key_pem"] {
            table.remove(key);
        }
        set(table, "cert_path", "push.crt");
        set(table, "cert_key_path", "push.key");
    });
    let token = world.live("apns");
    let mut command = world.send_command(&config, "apns", &["--title", "T", "--token", &token]);
    let ran = Ran::from(command.output().unwrap());
    assert_eq!(ran.code, 0, "{ran:?}");
    assert_eq!(world.pushes("apns")[0].header("authorization"), None);
}

#[test]
fn any_value_may_come_from_the_environment() {
    let world = World::new();
    let mut values = Vec::new();
    let config = world.edited(|config| {
        for vendor in ["apns", "fcm"] {
            let table = provider(config, vendor);
            set(table, "timeout_ms", "9000");
            set(table, "max_in_flight", "7");
            for (key, value) in table.iter_mut() {
                let name = format!("ZPNS_TEST_{vendor}_{key}").to_uppercase();
                let text = value.as_str().unwrap().to_owned();
                *value = Value::String(format!("${{{name}}}"));
                values.push((name, text));
            }
        }
    });
    for vendor in ["apns", "fcm"] {
        let token = world.live(vendor);
        let mut command = world.send_command(&config, vendor, &["--title", "T", "--token", &token]);
        let ran = Ran::from(command.envs(values.iter().cloned()).output().unwrap());
        assert_eq!(ran.code, 0, "{ran:?}");
    }
    let mut lacking = zpns();
    lacking
        .arg("check")
        .arg("--config")
        .arg(&config)
        .envs(values.iter().cloned());
    let ran = Ran::from(lacking.env_remove("ZPNS_TEST_APNS_TOPIC").output().unwrap());
    ran.refused(&[
        "edited.toml",
        "[providers.apns]",
        "`topic`",
        "`ZPNS_TEST_APNS_TOPIC`",
    ]);
    assert_eq!(ran.stderr.lines().count(), 1, "{}", ran.stderr);
}
