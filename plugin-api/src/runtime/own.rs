//! A tokio runtime of the plugin's own.
//!
//! It cannot be the host's: tokio finds its reactor through thread-locals, of which a shared library
//! has a copy of its own.

use std::io;
use std::time::Duration;

use tokio::runtime::{Builder, Runtime};

use super::Job;

/// How long the end of an instance waits for a thread that does not yield.
const SHUTDOWN: Duration = Duration::from_secs(5);

#[derive(Debug)]
pub(crate) struct OwnThreads(Option<Runtime>);

impl OwnThreads {
    pub(super) fn start(threads: usize, vendor: &str) -> io::Result<Self> {
        Builder::new_multi_thread()
            .worker_threads(threads.max(1))
            .thread_name(format!("zpns-plugin-{vendor}"))
            .enable_all()
            .build()
            .map(|runtime| Self(Some(runtime)))
    }

    pub(super) fn spawn(&self, job: Job) {
        if let Some(runtime) = &self.0 {
            // Its end is told by the guard that it holds, a panic included.
            drop(runtime.spawn(job));
        }
    }
}

impl Drop for OwnThreads {
    /// Joins the threads, from a thread of its own: a plugin that is linked into its host shares
    /// the host's tokio, which forbids to end a runtime on one of its own threads.
    fn drop(&mut self) {
        let Some(runtime) = self.0.take() else { return };
        let end = move || runtime.shutdown_timeout(SHUTDOWN);
        // Without a thread the runtime went down with the closure that could not be spawned.
        if let Ok(thread) = std::thread::Builder::new().spawn(end) {
            let _ = thread.join();
        }
    }
}
