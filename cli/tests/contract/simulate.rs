//! `zpns simulate`.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command};

use serde_json::Value;
use tempfile::TempDir;

use crate::world::{Ran, piped, zpns};

/// A running `zpns simulate` that has said `ready`.
#[derive(Debug)]
struct Running {
    child: Child,
    folder: TempDir,
    config: PathBuf,
    tokens: PathBuf,
    rest_of_stdout: BufReader<std::process::ChildStdout>,
}

impl Running {
    fn start(more: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (config, tokens) = (
            folder.path().join("push.toml"),
            folder.path().join("tokens.json"),
        );
        let mut command = zpns();
        command
            .args(["simulate", "--listen", "127.0.0.1:0", "--config-out"])
            .arg(&config);
        command.arg("--tokens-out").arg(&tokens).args(more);
        let mut child = piped(&mut command);
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        stdout.read_line(&mut line).unwrap();
        assert_eq!(line, "ready\n");
        Self {
            child,
            folder,
            config,
            tokens,
            rest_of_stdout: stdout,
        }
    }

    fn tokens(&self) -> Value {
        serde_json::from_str(&std::fs::read_to_string(&self.tokens).unwrap()).unwrap()
    }

    fn providers(&self) -> toml::Table {
        let config: toml::Table = std::fs::read_to_string(&self.config)
            .unwrap()
            .parse()
            .unwrap();
        config["providers"].as_table().unwrap().clone()
    }

    fn send(&self, vendor: &str, token: &str) -> Ran {
        let mut command = zpns();
        command.args([
            "send",
            "--title",
            "T",
            "--provider",
            vendor,
            "--token",
            token,
        ]);
        command
            .arg("--config")
            .arg(&self.config)
            .output()
            .unwrap()
            .into()
    }

    /// Sends a signal, and returns the exit code and what else stood on stdout.
    fn end(mut self, signal: &str) -> (Option<i32>, String) {
        let id = self.child.id().to_string();
        assert!(
            Command::new("kill")
                .args([signal, &id])
                .status()
                .unwrap()
                .success()
        );
        let code = self.child.wait().unwrap().code();
        let mut rest = String::new();
        self.rest_of_stdout.read_to_string(&mut rest).unwrap();
        (code, rest)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn it_says_ready_and_ends_well_on_a_signal() {
    for signal in ["-TERM", "-INT"] {
        let (code, rest) = Running::start(&[]).end(signal);
        assert_eq!((code, rest.as_str()), (Some(0), ""), "{signal}");
    }
}

#[test]
fn the_config_names_an_origin_for_every_vendor() {
    let running = Running::start(&[]);
    let providers = running.providers();
    let vendors: Vec<&str> = providers.keys().map(String::as_str).collect();
    let wanted = [
        "apns", "fcm", "harmony", "honor", "huawei", "meizu", "oppo", "vivo", "webpush", "xiaomi",
    ];
    assert_eq!(vendors, wanted);
    let mut origins = BTreeSet::new();
    for (id, keys) in &providers {
        assert_eq!(keys["vendor"].as_str(), Some(id.as_str()));
        let endpoint = keys["endpoint"].as_str().unwrap();
        let port = endpoint.strip_prefix("https://127.0.0.1:").unwrap();
        assert!(
            port.parse::<u16>().is_ok(),
            "an origin without a path: {endpoint}"
        );
        origins.insert(endpoint.to_owned());
        let authority = std::fs::read_to_string(keys["ca_path"].as_str().unwrap()).unwrap();
        assert!(authority.starts_with("-----BEGIN CERTIFICATE-----"));
    }
    assert_eq!(origins.len(), providers.len(), "one of its own each");
    let exchange = providers["fcm"]["token_endpoint"].as_str().unwrap();
    assert_eq!(
        exchange,
        format!("{}/token", providers["fcm"]["endpoint"].as_str().unwrap())
    );
}

#[test]
fn every_listed_token_behaves_as_it_is_listed() {
    let running = Running::start(&[]);
    let tokens = running.tokens();
    for vendor in running.providers().keys() {
        let lists = tokens[vendor].as_object().unwrap();
        let names: BTreeSet<&str> = lists.keys().map(String::as_str).collect();
        assert_eq!(names, BTreeSet::from(["dead", "flaky", "live", "muted"]));
        for (list, code, outcome) in [
            ("live", 0, "accepted"),
            ("dead", 1, "rejected"),
            ("flaky", 0, "accepted"),
        ] {
            let token = lists[list][0].as_str().unwrap();
            let ran = running.send(vendor, token);
            assert_eq!(ran.code, code, "{vendor} {list}: {ran:?}");
            assert_eq!(ran.line()["outcome"], outcome, "{vendor} {list}");
        }
    }
    let check = zpns()
        .arg("check")
        .arg("--config")
        .arg(&running.config)
        .output()
        .unwrap();
    assert_eq!(Ran::from(check).code, 0);
}

#[test]
fn scripted_faults_are_met_and_retried() {
    let folder = tempfile::tempdir().unwrap();
    let script = folder.path().join("faults.toml");
    let text = "[[rules]]\ncount = 2\nprovider = \"apns\"\nfault = { kind = \"status\", status = 503 }\n\n\
                [[rules]]\nprovider = \"fcm\"\nfault = { kind = \"html\", status = 502 }\n";
    std::fs::write(&script, text).unwrap();
    let running = Running::start(&["--faults", script.to_str().unwrap()]);
    let tokens = running.tokens();
    let ran = running.send("apns", tokens["apns"]["live"][0].as_str().unwrap());
    assert_eq!(ran.code, 0, "{ran:?}");
    let ran = running.send("fcm", tokens["fcm"]["live"][0].as_str().unwrap());
    assert_eq!(ran.code, 1, "{ran:?}");
    assert_eq!(ran.line()["sent"], "maybe");
    assert!(Path::new(&running.folder.path().join("push.toml")).exists());
}

#[test]
fn a_wrong_script_is_refused_before_anything_is_served() {
    let folder = tempfile::tempdir().unwrap();
    let script = folder.path().join("faults.toml");
    std::fs::write(&script, "[[rules]]\nfault = { kind = \"earthquake\" }\n").unwrap();
    let config = folder.path().join("push.toml");
    let mut command = zpns();
    command
        .args(["simulate", "--config-out"])
        .arg(&config)
        .arg("--faults")
        .arg(&script);
    Ran::from(command.output().unwrap()).refused(&["faults.toml", "earthquake"]);
    assert!(!config.exists());
    Ran::from(zpns().arg("simulate").output().unwrap()).refused(&["--config-out"]);
}
