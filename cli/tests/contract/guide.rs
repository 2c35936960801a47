//! The guides of plugins, followed by a stranger: in a folder of their own outside of the workspace,
//! every file and every command as it stands there.

#![allow(clippy::print_stderr, reason = "a test says when it cannot run")]

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::json;
use tempfile::TempDir;
use tokio::runtime::Runtime;

use crate::webhook::server::Receiver;
use crate::world::Ran;

/// The secret that the guides name.
const SECRET: &str = "open-sesame";

/// One fenced block of a guide.
#[derive(Debug)]
struct Block {
    /// What stands on the line before it, as `` `name`: ``.
    file: Option<String>,
    /// What is in it: `toml`, `sh`, …
    language: String,
    text: String,
}

fn blocks(guide: &str) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut named = None;
    let mut lines = guide.lines();
    while let Some(line) = lines.next() {
        if let Some(language) = line.strip_prefix("```") {
            let text: Vec<&str> = lines.by_ref().take_while(|line| *line != "```").collect();
            blocks.push(Block {
                file: named.take(),
                language: language.to_owned(),
                text: text.join("\n") + "\n",
            });
        } else if let Some(name) = line
            .strip_prefix('`')
            .and_then(|line| line.strip_suffix("`:"))
        {
            named = Some(name.to_owned());
        } else if !line.is_empty() {
            named = None;
        }
    }
    blocks
}

/// Somebody in a folder of their own, with the command in their path.
struct Stranger {
    folder: TempDir,
    receiver: Receiver,
    _runtime: Runtime,
}

impl Stranger {
    fn new() -> Self {
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

    /// The text with the places filled in that the guide leaves open.
    fn filled(&self, text: &str) -> String {
        text.replace("/path/to/zpns", root().to_str().unwrap())
            .replace("127.0.0.1:PORT", &self.receiver.address.to_string())
    }

    fn write(&self, block: &Block) {
        let path = self.folder.path().join(block.file.as_ref().unwrap());
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, self.filled(&block.text)).unwrap();
    }

    fn run(&self, command: &str) -> Ran {
        let bin = Path::new(env!("CARGO_BIN_EXE_zpns")).parent().unwrap();
        let path = std::env::var("PATH").unwrap();
        let ran = Command::new("sh")
            .args(["-c", &self.filled(command)])
            .current_dir(self.folder.path())
            .env("PATH", format!("{}:{path}", bin.display()))
            .env("CARGO_NET_OFFLINE", "true")
            // Not those of the test that runs this.
            .env_remove("CARGO_TARGET_DIR")
            .env_remove("RUSTFLAGS")
            .env_remove("RUST_LOG")
            .output();
        Ran::from(ran.unwrap())
    }

    /// Writes every file and runs every command of a guide that `wants` it. What the last command
    /// prints is what the guide says, and the server has got it.
    fn follow(&self, guide: &str, wants: impl Fn(&str) -> bool) {
        let blocks = blocks(guide);
        let mut last = None;
        for block in &blocks {
            if block.file.is_some() {
                self.write(block);
            } else if block.language == "sh" {
                for command in block.text.lines().filter(|command| wants(command)) {
                    let ran = self.run(command);
                    let good = if command.contains("dead") { 1 } else { 0 };
                    assert_eq!(ran.code, good, "{command}: {ran:?}");
                    last = Some(ran);
                }
            }
        }
        let promised = blocks
            .iter()
            .find(|block| block.language == "text")
            .unwrap();
        let ran = last.unwrap();
        assert_eq!(ran.stdout, promised.text, "{ran:?}");
        let batches = self.receiver.batches.lock().unwrap();
        assert_eq!(batches.len(), 1);
        let batch: serde_json::Value = serde_json::from_slice(&batches[0]).unwrap();
        assert_eq!(batch["message"]["title"], "Hi");
        assert_eq!(
            batch["targets"],
            json!([{"token": "17"}, {"token": "dead-18"}])
        );
    }
}

fn root() -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    root.canonicalize().unwrap()
}

/// The server runs already, and so is the folder made.
fn is_for_us(command: &str) -> bool {
    !command.contains("--example receiver") && !command.starts_with("cargo new")
}

#[test]
fn a_stranger_follows_the_guide_for_rust_and_pushes() {
    let stranger = Stranger::new();
    // No registry is asked: what the workspace has is what a stranger gets. Built once, into a
    // folder that the next run finds again.
    let lock = stranger.folder.path().join("Cargo.lock");
    std::fs::copy(root().join("Cargo.lock"), lock).unwrap();
    let built = Path::new(env!("CARGO_TARGET_TMPDIR")).join("guide");
    std::fs::create_dir_all(&built).unwrap();
    std::os::unix::fs::symlink(built, stranger.folder.path().join("target")).unwrap();
    let guide = std::fs::read_to_string(root().join("plugin-api/README.md")).unwrap();
    stranger.follow(&guide, is_for_us);
}

#[test]
fn a_stranger_follows_the_guide_for_c_and_pushes() {
    if Command::new("cc").arg("--version").output().is_err() {
        eprintln!("skipped: there is no C compiler on this machine");
        return;
    }
    let guide = std::fs::read_to_string(root().join("plugin-api/C.md")).unwrap();
    Stranger::new().follow(&guide, is_for_us);
}

#[test]
fn both_guides_begin_with_whom_a_plugin_is_trusted_by() {
    for guide in ["README.md", "C.md"] {
        let guide = std::fs::read_to_string(root().join("plugin-api").join(guide)).unwrap();
        let mut paragraphs = guide.split("\n\n");
        assert!(paragraphs.next().unwrap().starts_with("# "));
        let first = paragraphs.next().unwrap().replace('\n', " ");
        assert!(first.contains("with all of the host's rights"), "{first}");
        assert!(first.contains("no security boundary"), "{first}");
    }
}
