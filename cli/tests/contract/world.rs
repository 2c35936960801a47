//! A simulator, a config file that reaches it, and the command.

use std::collections::BTreeSet;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use serde_json::Value;
use tempfile::TempDir;
use tokio::runtime::Runtime;
use zpns_simulator::faults::Rule;
use zpns_simulator::{CallKind, FaultScript, Received, Simulator};

/// The command under test.
pub(crate) fn zpns() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_zpns"));
    command.env_remove("RUST_LOG").env_remove("RUST_BACKTRACE");
    command
}

/// How long something took, in real time.
#[allow(
    clippy::disallowed_methods,
    reason = "the process under test lives in real time"
)]
pub(crate) fn timed<T>(work: impl FnOnce() -> T) -> (T, Duration) {
    let start = Instant::now();
    (work(), start.elapsed())
}

/// Seconds since the Unix epoch.
#[allow(
    clippy::disallowed_methods,
    reason = "the process under test lives in real time"
)]
pub(crate) fn now() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap()
        .as_secs()
}

/// What a call of the command did.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Ran {
    /// Stdout, which holds one JSON object per line and nothing else.
    #[track_caller]
    pub(crate) fn lines(&self) -> Vec<Value> {
        let parse = |line: &str| match serde_json::from_str(line) {
            Ok(value @ Value::Object(_)) => value,
            _ => panic!("no JSON object: {line}"),
        };
        self.stdout.lines().map(parse).collect()
    }

    /// The only line of stdout.
    #[track_caller]
    pub(crate) fn line(&self) -> Value {
        let mut lines = self.lines();
        assert_eq!(lines.len(), 1, "{self:?}");
        lines.remove(0)
    }

    /// Asserts that the call was refused: exit code 2, nothing on stdout, and on stderr this.
    #[track_caller]
    pub(crate) fn refused(&self, parts: &[&str]) {
        assert_eq!(self.code, 2, "{self:?}");
        assert_eq!(self.stdout, "", "nothing but results goes to stdout");
        for part in parts {
            assert!(
                self.stderr.contains(part),
                "lacks `{part}`: {}",
                self.stderr
            );
        }
    }
}

impl From<Output> for Ran {
    fn from(output: Output) -> Self {
        Self {
            code: output.status.code().expect("not killed"),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

/// The keys of a line.
pub(crate) fn keys(line: &Value) -> BTreeSet<&str> {
    line.as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect()
}

/// A simulator of every vendor, and a folder with a config file that reaches it.
#[derive(Debug)]
pub(crate) struct World {
    pub(crate) folder: TempDir,
    pub(crate) config: PathBuf,
    pub(crate) simulator: Simulator,
    /// Serves the simulator, from threads of its own.
    runtime: Runtime,
}

impl World {
    pub(crate) fn new() -> Self {
        Self::with(|builder| builder)
    }

    pub(crate) fn with(
        change: impl FnOnce(zpns_simulator::SimulatorBuilder) -> zpns_simulator::SimulatorBuilder,
    ) -> Self {
        let runtime = Runtime::new().unwrap();
        let simulator = runtime
            .block_on(change(Simulator::builder()).start())
            .unwrap();
        let folder = tempfile::tempdir().unwrap();
        let config = folder.path().join("push.toml");
        simulator.write_config(&config).unwrap();
        Self {
            folder,
            config,
            simulator,
            runtime,
        }
    }

    pub(crate) fn vendors(&self) -> Vec<&'static str> {
        self.simulator.vendors()
    }

    pub(crate) fn live(&self, vendor: &str) -> String {
        self.simulator.tokens(vendor).live[0].clone()
    }

    pub(crate) fn dead(&self, vendor: &str) -> String {
        self.simulator.tokens(vendor).dead[0].clone()
    }

    pub(crate) fn faults(&self, rules: impl IntoIterator<Item = Rule>) {
        let script = rules
            .into_iter()
            .fold(FaultScript::new(), FaultScript::rule);
        self.simulator.set_faults(script).unwrap();
    }

    pub(crate) fn pushes(&self, vendor: &str) -> Vec<Received> {
        let mut received = self.simulator.received(vendor);
        received.retain(|call| call.kind == CallKind::Push);
        received
    }

    /// How many targets the pushes to a vendor named.
    pub(crate) fn targets(&self, vendor: &str) -> usize {
        let pushes = self.pushes(vendor);
        pushes.iter().map(|push| push.tokens.len()).sum()
    }

    /// How many targets the pushes to a vendor name for these tokens: Meizu, which folds what is
    /// too much for a device, is given each token once in a request.
    pub(crate) fn named(vendor: &str, tokens: &[&str]) -> usize {
        match vendor {
            "meizu" => tokens.iter().collect::<BTreeSet<_>>().len(),
            _ => tokens.len(),
        }
    }

    /// Devices that a vendor would have shown something on, over all vendors.
    pub(crate) fn shown(&self) -> usize {
        let of = |vendor: &&str| self.simulator.counters(vendor).accepted;
        self.vendors()
            .iter()
            .map(of)
            .sum::<u64>()
            .try_into()
            .unwrap()
    }

    /// Writes a file into the folder of the config file.
    pub(crate) fn file(&self, name: &str, text: &str) -> PathBuf {
        let path = self.folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path
    }

    /// A config file with this change.
    pub(crate) fn edited(&self, change: impl FnOnce(&mut toml::Table)) -> PathBuf {
        let mut config: toml::Table = std::fs::read_to_string(&self.config)
            .unwrap()
            .parse()
            .unwrap();
        change(&mut config);
        self.file("edited.toml", &toml::to_string(&config).unwrap())
    }

    /// `zpns send` through a vendor.
    pub(crate) fn send(&self, vendor: &str, arguments: &[&str]) -> Ran {
        self.send_command(&self.config, vendor, arguments)
            .output()
            .unwrap()
            .into()
    }

    /// `zpns send` with something on stdin.
    pub(crate) fn send_with_stdin(&self, vendor: &str, arguments: &[&str], stdin: &str) -> Ran {
        let mut command = self.send_command(&self.config, vendor, arguments);
        let mut child = piped(&mut command);
        child
            .stdin
            .take()
            .unwrap()
            .write_all(stdin.as_bytes())
            .unwrap();
        child.wait_with_output().unwrap().into()
    }

    pub(crate) fn send_command(&self, config: &Path, vendor: &str, arguments: &[&str]) -> Command {
        let mut command = zpns();
        command
            .args(["send", "--provider", vendor, "--config"])
            .arg(config)
            .args(arguments);
        command
    }

    /// `zpns check`.
    pub(crate) fn check(&self, config: &Path) -> Ran {
        zpns()
            .arg("check")
            .arg("--config")
            .arg(config)
            .output()
            .unwrap()
            .into()
    }

    /// Stops the simulator.
    pub(crate) fn stop_simulator(self) -> TempDir {
        self.runtime.block_on(self.simulator.shutdown());
        self.folder
    }
}

/// Starts a command with all three streams in hand.
pub(crate) fn piped(command: &mut Command) -> Child {
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

/// The table of a provider in a config.
pub(crate) fn provider<'a>(config: &'a mut toml::Table, id: &str) -> &'a mut toml::Table {
    config["providers"][id].as_table_mut().unwrap()
}
