//! `zpns check`.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::world::{Ran, World, keys, provider, zpns};

fn of<'a>(lines: &'a [Value], id: &str) -> &'a Value {
    lines.iter().find(|line| line["provider"] == id).unwrap()
}

#[test]
fn good_credentials_are_a_line_each_and_reach_nobody() {
    let world = World::new();
    let ran = world.check(&world.config);
    assert_eq!(ran.code, 0, "{ran:?}");
    let lines = ran.lines();
    assert_eq!(lines.len(), world.vendors().len());
    for line in &lines {
        assert_eq!(
            keys(line),
            BTreeSet::from(["provider", "vendor", "ok", "reason"])
        );
        assert_eq!(line["ok"], true);
        assert_eq!(line["vendor"], line["provider"]);
        assert!(!line["reason"].as_str().unwrap().is_empty());
    }
    let ids: Vec<_> = lines
        .iter()
        .map(|line| line["provider"].as_str().unwrap())
        .collect();
    let mut wanted = world.vendors();
    wanted.sort_unstable();
    assert_eq!(ids, wanted, "by id in order");
    assert_eq!(world.shown(), 0);
}

#[test]
fn one_provider_with_wrong_credentials_is_told_from_the_others() {
    let world = World::new();
    type Change = fn(&mut toml::Table);
    let wrong: [(&str, Change); 2] = [
        ("apns", |table| {
            drop(table.insert("key_id".into(), "WRONGKEY99".into()))
        }),
        ("fcm", |table| {
            let account = table["service_account_json"].as_str().unwrap();
            let mut account: Value = serde_json::from_str(account).unwrap();
            account["client_email"] = "stranger@elsewhere.iam.gserviceaccount.com".into();
            table.insert("service_account_json".into(), account.to_string().into());
        }),
    ];
    for (vendor, change) in wrong {
        let config = world.edited(|config| change(provider(config, vendor)));
        let ran = world.check(&config);
        assert_eq!(ran.code, 1, "{ran:?}");
        let lines = ran.lines();
        for id in world.vendors() {
            assert_eq!(of(&lines, id)["ok"], id != vendor, "{lines:?}");
        }
        let reason = of(&lines, vendor)["reason"].as_str().unwrap();
        assert!(reason.contains("credential_invalid"), "{reason}");
    }
    assert_eq!(world.shown(), 0);
}

#[test]
fn the_end_of_a_certificate_stands_in_its_line_and_in_no_other() {
    let world = World::new();
    let mut parameters = rcgen::CertificateParams::new(Vec::new()).unwrap();
    parameters.not_after = rcgen::date_time_ymd(2031, 1, 1);
    let key = rcgen::KeyPair::generate().unwrap();
    let certificate = parameters.self_signed(&key).unwrap().pem();
    world.file("certificate.pem", &certificate);
    world.file("certificate-key.pem", &key.serialize_pem());
    let config = world.edited(|config| {
        let apns = provider(config, "apns");
        for of_key in ["team_id", "key_id", "key_pem", "key_path"] {
            apns.remove(of_key);
        }
        apns.insert("cert_path".into(), "certificate.pem".into());
        apns.insert("cert_key_path".into(), "certificate-key.pem".into());
    });
    let lines = world.check(&config).lines();
    let ends = serde_json::json!([{"what": "certificate", "at_ms": 1_924_992_000_000_u64}]);
    for id in world.vendors() {
        let wanted = (id == "apns").then_some(&ends);
        assert_eq!(of(&lines, id).get("expires"), wanted, "{lines:?}");
    }
}

#[test]
fn a_vendor_that_cannot_be_reached_is_not_ok() {
    let folder = World::new().stop_simulator();
    let config = folder.path().join("push.toml");
    let output = zpns()
        .arg("check")
        .arg("--config")
        .arg(config)
        .output()
        .unwrap();
    let ran = Ran::from(output);
    assert_eq!(ran.code, 1, "{ran:?}");
    for line in ran.lines() {
        assert_eq!(line["ok"], false);
        assert!(
            line["reason"].as_str().unwrap().contains("unavailable"),
            "{line}"
        );
    }
}
