//! What is compared, and how one run of it is measured.

use std::fmt;
use std::time::{Duration, Instant};

use futures_util::future::BoxFuture;
use tokio::runtime::{Builder, Runtime};

use crate::remote::RemoteServer;
use crate::usage::cpu_time;

/// So many pushes, so many of them in flight at once.
#[derive(Clone, Copy, Debug)]
pub struct Pushes {
    /// How many.
    pub total: usize,
    /// How many at once.
    pub in_flight: usize,
}

/// Sends the pushes; an error if one was not accepted.
pub type Send = Box<dyn Fn(Pushes) -> BoxFuture<'static, anyhow::Result<()>>>;

/// Which of tokio's schedulers a client runs on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Scheduler {
    /// One thread.
    CurrentThread,
    /// Two workers. They share the client's core.
    MultiThread,
}

impl Scheduler {
    /// For the table.
    pub const fn name(self) -> &'static str {
        match self {
            Self::CurrentThread => "current-thread",
            Self::MultiThread => "multi-thread",
        }
    }

    fn runtime(self) -> std::io::Result<Runtime> {
        match self {
            Self::CurrentThread => Builder::new_current_thread().enable_all().build(),
            Self::MultiThread => Builder::new_multi_thread()
                .worker_threads(2)
                .enable_all()
                .build(),
        }
    }
}

/// One client on a runtime of its own, with connections that live from run to run.
pub struct Contestant {
    name: &'static str,
    scheduler: Scheduler,
    runtime: Runtime,
    send: Send,
    runs: Vec<Run>,
    connections: u64,
}

/// One measured run.
#[derive(Clone, Copy, Debug)]
pub struct Run {
    /// Of this process, per push.
    pub cpu_micros: f64,
    /// By the clock on the wall.
    pub pushes_per_second: f64,
    /// Pushes that the server found in one read, on average.
    pub pushes_per_read: f64,
}

impl Contestant {
    /// A client made by `client`, on a runtime of this kind.
    ///
    /// # Errors
    /// There is no runtime, or `client` fails.
    pub fn new(
        name: &'static str,
        scheduler: Scheduler,
        client: impl FnOnce() -> anyhow::Result<Send>,
    ) -> anyhow::Result<Self> {
        let runtime = scheduler.runtime()?;
        let send = {
            let _guard = runtime.enter();
            client()?
        };
        Ok(Self {
            name,
            scheduler,
            runtime,
            send,
            runs: Vec::new(),
            connections: 0,
        })
    }

    /// Connects, and fills pools and buffers; not measured, but its connections count.
    ///
    /// # Errors
    /// A push was not accepted.
    pub fn warm_up(&mut self, pushes: Pushes, server: &mut RemoteServer) -> anyhow::Result<()> {
        let before = server.counts()?;
        self.run(pushes)?;
        self.connections += server.counts()?.connections - before.connections;
        Ok(())
    }

    /// One measured run.
    ///
    /// # Errors
    /// A push was not accepted, or the server has not seen every push.
    pub fn measure(&mut self, pushes: Pushes, server: &mut RemoteServer) -> anyhow::Result<()> {
        let counts_before = server.counts()?;
        let (cpu_before, start) = (cpu_time()?, Instant::now());
        self.run(pushes)?;
        let (wall, cpu) = (start.elapsed(), cpu_time()? - cpu_before);
        let counts = server.counts()?;
        let arrived = counts.pushes - counts_before.pushes;
        anyhow::ensure!(
            arrived == pushes.total as u64,
            "{}: {} pushes were sent, {arrived} have arrived",
            self.name,
            pushes.total,
        );
        self.connections += counts.connections - counts_before.connections;
        self.runs.push(Run {
            cpu_micros: micros(cpu) / pushes.total as f64,
            pushes_per_second: pushes.total as f64 / wall.as_secs_f64(),
            pushes_per_read: arrived as f64 / (counts.reads - counts_before.reads).max(1) as f64,
        });
        Ok(())
    }

    fn run(&self, pushes: Pushes) -> anyhow::Result<()> {
        self.runtime.block_on((self.send)(pushes))
    }

    /// The client's name.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// What it runs on.
    pub fn scheduler(&self) -> Scheduler {
        self.scheduler
    }

    /// The median of the measured runs.
    pub fn median(&self) -> Run {
        Run {
            cpu_micros: median(self.runs.iter().map(|run| run.cpu_micros)),
            pushes_per_second: median(self.runs.iter().map(|run| run.pushes_per_second)),
            pushes_per_read: median(self.runs.iter().map(|run| run.pushes_per_read)),
        }
    }

    /// Connections that it has opened in all.
    pub fn connections(&self) -> u64 {
        self.connections
    }
}

impl fmt::Debug for Contestant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Contestant")
            .field("name", &self.name)
            .field("scheduler", &self.scheduler)
            .field("runs", &self.runs)
            .finish_non_exhaustive()
    }
}

fn micros(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e6
}

/// The middle one, or the mean of the two in the middle; 0 of none.
pub fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    match (values.len(), values.len() / 2) {
        (0, _) => 0.0,
        (length, middle) if length % 2 == 0 => (values[middle - 1] + values[middle]) / 2.0,
        (_, middle) => values[middle],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_the_middle_of_the_sorted_values() {
        assert_eq!(median([3.0, 1.0, 2.0].into_iter()), 2.0);
        assert_eq!(median([4.0, 1.0, 2.0, 3.0].into_iter()), 2.5);
        assert_eq!(median(std::iter::empty()), 0.0);
    }
}
