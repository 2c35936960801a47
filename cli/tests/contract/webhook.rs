//! The examples of plugins: built, and pushed through with the command against their server, which
//! checks every signature.

#![allow(clippy::print_stderr, reason = "a test says when it cannot run")]

#[path = "../../../examples/plugin-rust/examples/receiver/server.rs"]
pub(crate) mod server;

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::runtime::Runtime;

use self::server::Receiver;
use crate::world::{Ran, zpns};

const SECRET: &str = "hunter2-hunter2";

/// What the server says of each token, in the command's words.
const TOKENS: [(&str, &str, Option<&str>, Option<&str>); 5] = [
    ("17", "accepted", None, None),
    ("dead-1", "rejected", Some("token_invalid"), Some("drop")),
    ("muted-1", "rejected", Some("muted"), Some("keep")),
    ("bad-1", "rejected", Some("message_invalid"), Some("keep")),
    ("\"ü\" 18", "accepted", None, None),
];

/// A server, and a folder with a config file that reaches it through a plugin.
pub(crate) struct Channel {
    folder: TempDir,
    receiver: Receiver,
    /// Serves it, from threads of its own.
    _runtime: Runtime,
}

impl Channel {
    pub(crate) fn open() -> Self {
        let runtime = Runtime::new().unwrap();
        let receiver = runtime.block_on(Receiver::start(SECRET)).unwrap();
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("ca.pem"), &receiver.ca_pem).unwrap();
        Self {
            folder,
            receiver,
            _runtime: runtime,
        }
    }

    /// A config file with this plugin, under this secret.
    fn config(&self, library: &Path, secret: &str) -> PathBuf {
        let path = self.folder.path().join("push.toml");
        let text = format!(
            "[providers.cars]\nvendor = \"plugin\"\npath = {library:?}\nca_path = \"ca.pem\"\n\
             [providers.cars.config]\nurl = \"https://{}/hook\"\nsecret = \"{secret}\"\n",
            self.receiver.address
        );
        std::fs::write(&path, text).unwrap();
        path
    }

    /// The batches that came with the right signature.
    fn batches(&self) -> Vec<Value> {
        let batches = self.receiver.batches.lock().unwrap();
        let read = |body| serde_json::from_slice(body).unwrap();
        batches.iter().map(|body| read(body)).collect()
    }
}

fn send(config: &Path, tokens: &[&str]) -> Ran {
    let mut command = zpns();
    command.arg("send").arg("--config").arg(config);
    command.args(["--provider", "cars", "--title", "Hi", "--body", "\"ü\"\n"]);
    command.args(["--timeout", "5"]);
    for token in tokens {
        command.args(["--token", token]);
    }
    Ran::from(command.output().unwrap())
}

/// Whatever language it is in, this is what the plugin does.
fn serves(library: &Path) {
    let channel = Channel::open();
    let config = channel.config(library, SECRET);

    let ran = send(&config, &TOKENS.map(|row| row.0));
    assert_eq!(ran.code, 1, "{ran:?}");
    let told: Vec<_> = ran
        .lines()
        .iter()
        .map(|line| ["token", "outcome", "kind", "token_action"].map(|key| line[key].clone()))
        .collect();
    let expected = TOKENS.map(|(token, outcome, kind, action)| {
        [json!(token), json!(outcome), json!(kind), json!(action)]
    });
    assert_eq!(told, expected);

    let batches = channel.batches();
    assert_eq!(batches.len(), 1, "one batch, one request: {batches:?}");
    assert_eq!(batches[0]["message"]["title"], "Hi");
    assert_eq!(batches[0]["message"]["body"], "\"ü\"\n");
    assert_eq!(
        batches[0]["targets"].as_array().unwrap().len(),
        TOKENS.len()
    );

    // Busy is what the router tries again, under the same key.
    let ran = send(&config, &["flaky-1"]);
    assert_eq!(ran.line()["kind"], "unavailable", "{ran:?}");
    assert_eq!(ran.line()["sent"], "no");
    let repeated = &channel.batches()[1..];
    assert!(repeated.len() > 1);
    let key = |batch: &Value| batch["idempotency_key"].clone();
    assert!(repeated.iter().all(|batch| key(batch) == key(&repeated[0])));

    let wrong = channel.config(library, "another secret");
    let before = channel.batches().len();
    let ran = send(&wrong, &["17"]);
    assert_eq!(ran.line()["kind"], "credential_invalid", "{ran:?}");
    assert_eq!(channel.batches().len(), before, "no signature of ours");
    assert!(!ran.stderr.contains("another secret"), "{ran:?}");

    let empty = channel.config(library, "");
    send(&empty, &["17"]).refused(&["[providers.cars]", "secret"]);
}

/// Runs a tool that builds a library; nothing if it is not on this machine.
fn built(command: &mut Command, library: &Path) -> Option<PathBuf> {
    match command.output() {
        Err(error) => {
            eprintln!("skipped: {:?} is not here ({error})", command.get_program());
            None
        }
        Ok(output) => {
            assert!(output.status.success(), "{output:?}");
            Some(library.to_owned())
        }
    }
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// The plugin in Rust: Cargo has built it beside this test.
fn rust() -> PathBuf {
    use std::env::consts::{DLL_PREFIX, DLL_SUFFIX};
    let test = std::env::current_exe().unwrap();
    test.with_file_name(format!("{DLL_PREFIX}zpns_webhook_plugin{DLL_SUFFIX}"))
}

#[test]
fn the_plugin_in_rust_pushes_through_the_command() {
    serves(&rust());
}

/// The plugin in C, compiled against the header in this folder.
fn c(include: &Path, folder: &Path) -> Option<PathBuf> {
    let library = folder.join("libwebhook.so");
    let mut compiler = Command::new(std::env::var("CC").unwrap_or_else(|_| "cc".into()));
    compiler
        .args([
            "-std=c11",
            "-Wall",
            "-Wextra",
            "-pedantic",
            "-Werror",
            "-O2",
        ])
        .args(["-fPIC", "-shared", "-fvisibility=hidden", "-I"])
        .arg(include)
        .arg(root().join("examples/plugin-c/webhook.c"))
        .arg("-o")
        .arg(&library);
    built(&mut compiler, &library)
}

#[test]
fn the_plugin_in_c_pushes_through_the_command() {
    let folder = tempfile::tempdir().unwrap();
    if let Some(library) = c(&root().join("plugin-api/include"), folder.path()) {
        serves(&library);
    }
}

#[test]
fn a_plugin_that_was_compiled_against_an_old_header_is_served_as_before() {
    let frozen = std::fs::read_dir(root().join("plugin-api/include/abi")).unwrap();
    let mut headers = 0;
    for header in frozen {
        let folder = tempfile::tempdir().unwrap();
        if let Some(library) = c(&header.unwrap().path(), folder.path()) {
            serves(&library);
        }
        headers += 1;
    }
    assert!(headers > 0);
}

#[test]
fn the_plugin_in_go_pushes_through_the_command() {
    let folder = tempfile::tempdir().unwrap();
    let library = folder.path().join("libwebhook.so");
    let mut go = Command::new("go");
    go.current_dir(root().join("examples/plugin-go"))
        .args(["build", "-buildmode=c-shared", "-o"])
        .arg(&library)
        .arg(".");
    if let Some(library) = built(&mut go, &library) {
        serves(&library);
    }
}

#[test]
fn the_plugin_in_rust_is_well_made_and_its_credentials_can_be_checked() {
    let library = rust();
    let mut command = zpns();
    let command = command.args(["plugin", "check"]).arg(&library);
    let line = Ran::from(command.output().unwrap()).line();
    assert_eq!(line["ok"], true, "{line}");
    assert_eq!(line["symbols"], json!(["zpns_plugin_v0"]));
    assert_eq!(line["descriptor"]["config_schema"]["type"], "object");

    let channel = Channel::open();
    for (secret, ok) in [(SECRET, true), ("another secret", false)] {
        let mut command = zpns();
        let config = channel.config(&library, secret);
        let command = command.arg("check").arg("--config").arg(config);
        let line = Ran::from(command.output().unwrap()).line();
        assert_eq!(line["ok"], ok, "{line}");
    }
}
