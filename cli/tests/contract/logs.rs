//! What goes to stderr, and what must not.

use crate::world::{Ran, World, provider, zpns};

/// Pieces of every secret that the config holds, and of what is made of them.
fn secrets(world: &World) -> Vec<String> {
    let apns = &world.simulator.apns().unwrap().key_pem;
    let fcm = &world.simulator.fcm().unwrap().private_key_pem;
    let lines = apns
        .lines()
        .chain(fcm.lines())
        .filter(|line| !line.starts_with('-'));
    let mut secrets: Vec<String> = lines.map(str::to_owned).collect();
    // JWTs begin with `{"` in base64, Google's access tokens with `ya29.`.
    secrets.extend(["eyJ".to_owned(), "ya29.".to_owned()]);
    for vendor in world.vendors() {
        let set = world.simulator.tokens(vendor);
        secrets.extend(set.live.into_iter().chain(set.dead).chain(set.flaky));
    }
    secrets
}

#[track_caller]
fn keeps_to_itself(ran: &Ran, secrets: &[String]) {
    assert!(
        ran.stderr.contains("TRACE") || ran.stderr.contains("DEBUG"),
        "no trace: {ran:?}"
    );
    for secret in secrets {
        let line = ran.stderr.lines().find(|line| line.contains(secret));
        assert_eq!(line, None, "shows {secret}");
    }
    let bearer = ran
        .stderr
        .lines()
        .find(|line| line.to_lowercase().contains("bearer "));
    assert_eq!(bearer, None);
}

#[test]
fn the_most_talkative_log_shows_no_token_and_no_secret() {
    let world = World::new();
    let secrets = secrets(&world);
    for vendor in world.vendors() {
        let set = world.simulator.tokens(vendor);
        let arguments = [
            "--title",
            "T",
            "--token",
            &set.live[0],
            "--token",
            &set.dead[0],
            "--token",
            &set.flaky[0],
        ];
        let mut command = world.send_command(&world.config, vendor, &arguments);
        let ran = Ran::from(command.env("RUST_LOG", "trace").output().unwrap());
        assert_eq!(ran.lines().len(), 3, "logs go to stderr, results to stdout");
        keeps_to_itself(&ran, &secrets);
    }
    let mut check = zpns();
    check
        .arg("check")
        .arg("--config")
        .arg(&world.config)
        .env("RUST_LOG", "trace");
    let ran = Ran::from(check.output().unwrap());
    assert_eq!(ran.lines().len(), world.vendors().len());
    keeps_to_itself(&ran, &secrets);
}

#[test]
fn a_wrong_config_shows_no_secret() {
    let world = World::new();
    let secrets = secrets(&world);
    let config = world.edited(|config| {
        for vendor in ["apns", "fcm"] {
            let table = provider(config, vendor);
            table.insert("timeout_ms".into(), (-1).into());
        }
    });
    let ran = world.check(&config);
    ran.refused(&["`timeout_ms`"]);
    for secret in &secrets {
        assert!(!ran.stderr.contains(secret), "{}", ran.stderr);
    }
}
