//! The [server](crate::server) as another process, on another core if there is one.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use anyhow::Context as _;
use serde::de::DeserializeOwned;

use crate::server::{self, Behaviour, Counts, Ready};

/// A server process. Ends when it is dropped.
#[derive(Debug)]
pub struct RemoteServer {
    child: Child,
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
    ready: Ready,
    behaviour: Behaviour,
}

impl RemoteServer {
    /// Starts this very executable as a server; its `main` must call
    /// [`serve_if_asked`](server::serve_if_asked) first.
    ///
    /// # Errors
    /// The process cannot be started, or does not become ready.
    pub fn start(behaviour: Behaviour) -> anyhow::Result<Self> {
        let mut child = Command::new(std::env::current_exe()?)
            .arg(server::ARGUMENT)
            .arg(behaviour.stream_limit.to_string())
            .arg(behaviour.latency.as_millis().to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let input = child.stdin.take();
        let mut output = BufReader::new(child.stdout.take().context("the server has no output")?);
        let ready = read_line(&mut output).context("the server did not become ready")?;
        Ok(Self {
            child,
            input,
            output,
            ready,
            behaviour,
        })
    }

    /// Its ports and its certificate.
    pub fn ready(&self) -> &Ready {
        &self.ready
    }

    /// How it behaves.
    pub fn behaviour(&self) -> Behaviour {
        self.behaviour
    }

    /// What it has seen so far.
    ///
    /// # Errors
    /// The process is gone.
    pub fn counts(&mut self) -> anyhow::Result<Counts> {
        let input = self.input.as_mut().context("the server is stopped")?;
        input.write_all(b"\n")?;
        input.flush()?;
        read_line(&mut self.output)
    }
}

impl Drop for RemoteServer {
    fn drop(&mut self) {
        // The end of its input ends it; a kill is for the case that it hangs.
        drop(self.input.take());
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn read_line<T: DeserializeOwned>(output: &mut BufReader<ChildStdout>) -> anyhow::Result<T> {
    let mut line = String::new();
    output.read_line(&mut line)?;
    Ok(serde_json::from_str(&line)?)
}
