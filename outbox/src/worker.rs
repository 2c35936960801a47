//! The queue from outside: what goes in, what is looked at, and who works on it.

use std::future::Future;
use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use apalis::prelude::BoxDynError;
use futures_util::future::try_join_all;
use tokio::sync::watch;
use zpns_core::resources::SystemClock;
use zpns_core::service::PushService;
use zpns_core::{Clock, Timestamp};

use crate::engine::Engine;
use crate::run::Runner;
use crate::{Job, JobId, JobState, JobStatus, Lane, OutboxError};

/// A durable queue of push jobs. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Outbox {
    engine: Arc<dyn Engine>,
    clock: Arc<dyn Clock>,
}

/// How a process works on the queue.
#[derive(Clone, PartialEq, Debug)]
#[non_exhaustive]
pub struct WorkOptions {
    /// The worker's name; one that is new each time unless set. No two may have the same.
    pub name: Option<String>,
    /// Jobs of each lane at a time. Four unless set.
    pub jobs: NonZeroUsize,
    /// How often a worker says that it is there. Whoever has not for two such times is taken for
    /// dead, and its jobs are run by others. Ten seconds unless set, whole seconds.
    pub heartbeat: Duration,
    /// How often in a row a job may fail as a whole before it is dead. Ten unless set.
    pub attempts: u32,
    /// How often devices that got no verdict are tried again, after all others. Three unless set.
    pub rounds: u32,
    /// The pause before the first repetition; it doubles, up to an hour. Thirty seconds unless
    /// set.
    pub pause: Duration,
}

impl Default for WorkOptions {
    fn default() -> Self {
        Self {
            name: None,
            jobs: NonZeroUsize::new(4).unwrap_or(NonZeroUsize::MIN),
            heartbeat: Duration::from_secs(10),
            attempts: 10,
            rounds: 3,
            pause: Duration::from_secs(30),
        }
    }
}

impl WorkOptions {
    /// After so long without a word a run is taken for dead.
    pub(crate) fn lease(&self) -> Duration {
        self.heartbeat.saturating_mul(2)
    }
}

impl Outbox {
    /// A queue in a file, by its URL (`sqlite:outbox.db`, `sqlite:///var/lib/push/outbox.db`),
    /// which is made if it is not there. Several processes of one host may share it.
    ///
    /// # Errors
    /// [`OutboxError::Database`], [`OutboxError::Migration`].
    #[cfg(feature = "sqlite")]
    pub async fn sqlite(url: &str) -> Result<Self, OutboxError> {
        let engine = crate::engine::Sqlite::open(url).await?;
        Ok(Self::on(Arc::new(engine)))
    }

    /// The same, by its path.
    ///
    /// # Errors
    /// [`OutboxError::Database`], [`OutboxError::Migration`].
    #[cfg(feature = "sqlite")]
    pub async fn sqlite_file(path: impl AsRef<std::path::Path>) -> Result<Self, OutboxError> {
        let engine = crate::engine::Sqlite::open_file(path.as_ref()).await?;
        Ok(Self::on(Arc::new(engine)))
    }

    /// A queue in a PostgreSQL database (`postgres://user@host/database`), which several hosts may
    /// share. Its extension `hstore` has to be there, or the user allowed to create it.
    ///
    /// # Errors
    /// [`OutboxError::Database`], [`OutboxError::Migration`].
    #[cfg(feature = "postgres")]
    pub async fn postgres(url: &str) -> Result<Self, OutboxError> {
        let engine = crate::engine::Postgres::open(url).await?;
        Ok(Self::on(Arc::new(engine)))
    }

    fn on(engine: Arc<dyn Engine>) -> Self {
        Self {
            engine,
            clock: Arc::new(SystemClock::new()),
        }
    }

    /// Takes a job in. Once this has returned, nothing loses it. The same message again is the
    /// same job: nothing happens.
    ///
    /// # Errors
    /// [`OutboxError::Invalid`] for a job that no row can hold, or that is for everyone without a
    /// word that it is meant; [`OutboxError::Database`].
    pub async fn enqueue(&self, job: Job) -> Result<JobId, OutboxError> {
        job.check()?;
        self.engine.add(&job, self.clock.now()).await?;
        Ok(job.id())
    }

    /// How far a job is.
    ///
    /// # Errors
    /// [`OutboxError::Database`].
    pub async fn job(&self, id: JobId) -> Result<Option<JobStatus>, OutboxError> {
        self.engine.find(id).await
    }

    /// Up to `limit` jobs, in this state if there is one, in the order in which they were made,
    /// beginning after `after`.
    ///
    /// # Errors
    /// [`OutboxError::Database`].
    pub async fn jobs(
        &self,
        state: Option<JobState>,
        after: Option<JobId>,
        limit: usize,
    ) -> Result<Vec<JobStatus>, OutboxError> {
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        self.engine.list(state, after, limit).await
    }

    /// Pauses a job that is queued or running: nothing is sent after the page in flight. Whether
    /// it was either.
    ///
    /// # Errors
    /// [`OutboxError::Database`].
    pub async fn pause(&self, id: JobId) -> Result<bool, OutboxError> {
        let from = [JobState::Queued, JobState::Running];
        self.turn(id, &from, JobState::Paused).await
    }

    /// Lets a paused job go on where it was. Whether it was paused.
    ///
    /// # Errors
    /// [`OutboxError::Database`].
    pub async fn resume(&self, id: JobId) -> Result<bool, OutboxError> {
        self.turn(id, &[JobState::Paused], JobState::Queued).await
    }

    /// Ends a job that has not ended: nothing is sent after the page in flight. Whether it had
    /// not.
    ///
    /// # Errors
    /// [`OutboxError::Database`].
    pub async fn cancel(&self, id: JobId) -> Result<bool, OutboxError> {
        let from = [JobState::Queued, JobState::Running, JobState::Paused];
        self.turn(id, &from, JobState::Cancelled).await
    }

    /// Puts a dead job back: it goes on where it was. Whether it was dead.
    ///
    /// # Errors
    /// [`OutboxError::Database`].
    pub async fn requeue(&self, id: JobId) -> Result<bool, OutboxError> {
        self.turn(id, &[JobState::Dead], JobState::Queued).await
    }

    /// Forgets jobs that ended before this time; how many. A message of one that is forgotten
    /// would be taken in again.
    ///
    /// # Errors
    /// [`OutboxError::Database`].
    pub async fn purge(&self, before: Timestamp) -> Result<u64, OutboxError> {
        self.engine.purge(before).await
    }

    /// Works on the queue through this service, until `stop` is over and the pages in flight are
    /// sent; what was not done then is left for others, or for the next time.
    ///
    /// # Errors
    /// [`OutboxError::Queue`] if the database cannot be reached: nothing is lost, and the host
    /// may call this again.
    pub async fn work(
        &self,
        service: PushService,
        options: WorkOptions,
        stop: impl Future<Output = ()>,
    ) -> Result<(), OutboxError> {
        let worker = (options.name.clone())
            .unwrap_or_else(|| format!("zpns-{}", uuid::Uuid::now_v7().simple()));
        let shift = Shift {
            runner: Arc::new(Runner {
                engine: Arc::clone(&self.engine),
                service,
                clock: Arc::clone(&self.clock),
                options: options.clone(),
                worker,
            }),
            options,
            standing: Arc::default(),
        };
        let lanes = try_join_all(Lane::ALL.map(|lane| self.engine.serve(lane, shift.clone())));
        let drained = async {
            stop.await;
            shift.standing.drain().await;
        };
        // The queue's workers are dropped rather than told to stop: they would hold the file's
        // lock in a fetch that is not polled any more while the last runs are to be written down.
        tokio::select! {
            done = lanes => return done.map(drop),
            () = drained => {}
        }
        for (id, lane) in shift.standing.held() {
            self.engine.wake(id, lane, self.clock.now()).await?;
        }
        Ok(())
    }

    /// Closes the database, after what is under way.
    pub async fn close(&self) {
        self.engine.close().await;
    }

    async fn turn(&self, id: JobId, from: &[JobState], to: JobState) -> Result<bool, OutboxError> {
        let turned = self.engine.turn(id, from, to, self.clock.now()).await?;
        Ok(turned.is_some())
    }
}

/// What a lane's worker runs jobs with.
#[derive(Clone, Debug)]
pub(crate) struct Shift {
    runner: Arc<Runner>,
    pub(crate) options: WorkOptions,
    standing: Arc<Standing>,
}

impl Shift {
    /// The name of a lane's worker.
    pub(crate) fn name(&self, lane: Lane) -> String {
        format!("{}-{}", self.runner.worker, lane.as_str())
    }

    /// Runs one job; once the worker is to stop, holds it for others.
    pub(crate) async fn run(&self, id: JobId, lane: Lane) -> Result<(), BoxDynError> {
        let standing = &*self.standing;
        let Some(_run) = Run::begin(standing, id, lane) else {
            return std::future::pending().await;
        };
        let ran = self.runner.run(id, || standing.is_stopping()).await;
        ran.map_err(Into::into)
    }
}

/// How many runs there are, and whether there are to be more.
#[derive(Debug, Default)]
struct Standing {
    state: watch::Sender<State>,
    held: Mutex<Vec<(JobId, Lane)>>,
}

#[derive(Clone, Copy, Debug, Default)]
struct State {
    runs: usize,
    stopping: bool,
}

impl Standing {
    fn is_stopping(&self) -> bool {
        self.state.borrow().stopping
    }

    /// Begins no more runs, and waits for the end of those that there are.
    async fn drain(&self) {
        self.state.send_modify(|state| state.stopping = true);
        let mut watch = self.state.subscribe();
        // The sender is a part of this: it does not fail.
        let _ = watch.wait_for(|state| state.runs == 0).await;
    }

    /// Jobs that were taken out of the queue and not begun.
    fn held(&self) -> Vec<(JobId, Lane)> {
        std::mem::take(&mut *self.held.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// One run, until it is dropped.
struct Run<'a>(&'a Standing);

impl<'a> Run<'a> {
    /// None once there are to be no more, and the job is held.
    fn begin(standing: &'a Standing, id: JobId, lane: Lane) -> Option<Self> {
        let mut begun = false;
        standing.state.send_modify(|state| {
            begun = !state.stopping;
            state.runs += usize::from(begun);
        });
        if begun {
            return Some(Self(standing));
        }
        let mut held = standing.held.lock().unwrap_or_else(PoisonError::into_inner);
        held.push((id, lane));
        None
    }
}

impl Drop for Run<'_> {
    fn drop(&mut self) {
        self.0.state.send_modify(|state| state.runs -= 1);
    }
}
