//! Who runs a plugin's futures.

mod inline;
mod own;

use std::future::Future;
use std::pin::Pin;

pub(crate) use self::own::OwnThreads;

/// A call's future.
pub(crate) type Job = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Who runs a plugin's futures.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Runtime {
    /// A tokio runtime of the plugin's own, with this many threads (at least one). For providers
    /// that open sockets or spawn tasks themselves.
    Own {
        /// How many.
        threads: usize,
    },
    /// None: a future runs on the thread of the host that woke it. For providers that do no I/O
    /// but through the host's HTTP and clock; they must not spawn tokio tasks, nor use tokio's
    /// timers or sockets. Saves the threads, and two hand-overs between threads per call.
    Host,
}

impl Default for Runtime {
    fn default() -> Self {
        Self::Own { threads: 1 }
    }
}

/// A [`Runtime`] at work.
#[derive(Debug)]
pub(crate) enum Executor {
    Own(OwnThreads),
    Host,
}

impl Executor {
    /// Starts the threads, if there are to be any, named after the vendor.
    ///
    /// # Errors
    /// The system gives no thread.
    pub(crate) fn start(runtime: Runtime, vendor: &str) -> std::io::Result<Self> {
        Ok(match runtime {
            Runtime::Own { threads } => Self::Own(OwnThreads::start(threads, vendor)?),
            Runtime::Host => Self::Host,
        })
    }

    /// Runs a future to its end; perhaps, with [`Runtime::Host`], within this call.
    pub(crate) fn spawn(&self, job: Job) {
        match self {
            Self::Own(threads) => threads.spawn(job),
            Self::Host => inline::spawn(job),
        }
    }
}
