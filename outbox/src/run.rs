//! One run of a job: page by page, until it is over, paused, or somebody else's.

use std::sync::Arc;
use std::time::Duration;

use zpns_core::service::{
    Checkpoint, DeviceReport, Fate, PageReport, PushId, PushService, Roster, ServiceError,
};
use zpns_core::{Clock, Outcome, Sent, Timestamp};

use crate::engine::{Claim, End, Engine, Lease, Progress};
use crate::error::chain;
use crate::{JobId, JobState, OutboxError, WorkOptions};

/// What a run works with.
#[derive(Debug)]
pub(crate) struct Runner {
    pub(crate) engine: Arc<dyn Engine>,
    pub(crate) service: PushService,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) options: WorkOptions,
    pub(crate) worker: String,
}

/// What a page says of the run.
enum Turn {
    /// The next page follows.
    On(Progress),
    /// It ended so.
    End(End),
    /// Another run has the job.
    Lost,
}

/// Why a page was not sent.
enum Fault {
    /// Waiting may mend it.
    Passing(String),
    /// Nothing does.
    Lasting(String),
}

impl Runner {
    /// Runs a job if it is there to be run. `stopping` says whether it is to end after a page.
    pub(crate) async fn run(
        &self,
        id: JobId,
        stopping: impl Fn() -> bool + Send + Sync,
    ) -> Result<(), OutboxError> {
        let now = self.clock.now();
        let stale = before(now, self.options.lease());
        let (lease, progress) = match self.engine.claim(id, &self.worker, now, stale).await? {
            Claim::Taken(lease, progress) => (lease, progress),
            // Whoever has it may be gone: somebody looks again once that would be certain.
            Claim::Busy(lane, seen) => {
                let later = seen + self.options.lease() + Duration::from_millis(1);
                return self.engine.wake(id, lane, later).await;
            }
            Claim::Nothing => return Ok(()),
        };
        tracing::debug!(job = %id, worker = self.worker, round = progress.round, "a job is run");
        let end = tokio::select! {
            end = self.pages(&lease, progress, stopping) => end?,
            lost = self.keep(&lease) => {
                lost?;
                None
            }
        };
        match end {
            Some(end) => {
                tracing::debug!(job = %id, ?end, "a run of a job ends");
                self.engine.settle(&lease, end, self.clock.now()).await?;
            }
            None => {
                tracing::warn!(job = %id, worker = self.worker, "a job is another run's by now")
            }
        }
        Ok(())
    }

    /// All pages that there are; none if the job is another run's.
    async fn pages(
        &self,
        lease: &Lease,
        mut progress: Progress,
        stopping: impl Fn() -> bool + Send + Sync,
    ) -> Result<Option<End>, OutboxError> {
        loop {
            if stopping() {
                let end = End::Later {
                    at: self.clock.now(),
                    reason: None,
                    progress,
                };
                return Ok(Some(end));
            }
            match self.page(lease, progress).await? {
                Turn::On(further) => progress = further,
                Turn::End(end) => return Ok(Some(end)),
                Turn::Lost => return Ok(None),
            }
        }
    }

    /// One page, and what it leaves behind.
    async fn page(&self, lease: &Lease, progress: Progress) -> Result<Turn, OutboxError> {
        let mut further = progress.clone();
        let sent = match progress.next {
            Some(from) => self.send(lease, &lease.job.roster, from).await,
            None => {
                let page = self.again(lease, &progress).await?;
                let Some(last) = page.last().copied() else {
                    return Ok(Turn::End(self.next_round(lease, further).await?));
                };
                further.again = Some(last);
                // They were counted as failed in the round before.
                let counted = page.len() as u64;
                further.tally.failed = further.tally.failed.saturating_sub(counted);
                let roster = Roster::Devices(page);
                self.send(lease, &roster, Checkpoint::default()).await
            }
        };
        let page = match sent {
            Ok(page) => page,
            Err(fault) => return Ok(Turn::End(self.failed(fault, progress))),
        };
        if progress.next.is_some() {
            further.next = page.next;
        }
        further.attempts = 0;
        further.tally += page.report.tally();
        if let Some(error) = &page.report.error {
            tracing::warn!(job = %lease.id, error = chain(error), "verdicts were not written down");
        }
        let left: Vec<PushId> = page.report.devices.iter().filter_map(left).collect();
        let now = self.clock.now();
        let state = self.engine.advance(lease, &further, &left, now).await?;
        Ok(match state {
            Some(JobState::Running) => Turn::On(further),
            Some(_) => Turn::End(End::AsItIs),
            None => Turn::Lost,
        })
    }

    async fn send(
        &self,
        lease: &Lease,
        roster: &Roster,
        from: Checkpoint,
    ) -> Result<PageReport, Fault> {
        let job = &lease.job;
        let sent = self.service.send_page(&job.message, roster, from, job.page);
        sent.await.map_err(|error| match &error {
            ServiceError::Registry(cause) => Fault::Passing(chain(cause)),
            _ => Fault::Lasting(chain(&error)),
        })
    }

    /// The next devices that are tried again in this round.
    async fn again(&self, lease: &Lease, progress: &Progress) -> Result<Vec<PushId>, OutboxError> {
        let limit = i64::try_from(lease.job.page.get()).unwrap_or(i64::MAX);
        let (round, after) = (progress.round, progress.again);
        match round {
            0 => Ok(Vec::new()),
            _ => self.engine.left(lease.id, round, after, limit).await,
        }
    }

    /// What follows a round: another one for those that got no verdict, after a pause.
    async fn next_round(&self, lease: &Lease, mut progress: Progress) -> Result<End, OutboxError> {
        let round = progress.round + 1;
        let any = self.engine.left(lease.id, round, None, 1).await?;
        if any.is_empty() || round > self.options.rounds {
            return Ok(End::Done);
        }
        progress.round = round;
        progress.again = None;
        Ok(End::Later {
            at: self.clock.now() + self.pause(round),
            reason: Some("devices that got no verdict are tried again".to_owned()),
            progress,
        })
    }

    fn failed(&self, fault: Fault, mut progress: Progress) -> End {
        let reason = match fault {
            Fault::Lasting(reason) => return End::Dead(reason),
            Fault::Passing(reason) => reason,
        };
        progress.attempts += 1;
        if progress.attempts >= self.options.attempts {
            let attempts = progress.attempts;
            return End::Dead(format!("{reason} (after {attempts} attempts)"));
        }
        End::Later {
            at: self.clock.now() + self.pause(progress.attempts),
            reason: Some(reason),
            progress,
        }
    }

    /// The pause doubles, up to an hour.
    fn pause(&self, attempt: u32) -> Duration {
        let doubled = 1_u32 << attempt.saturating_sub(1).min(16);
        let pause = self.options.pause.saturating_mul(doubled);
        pause.min(Duration::from_secs(3_600))
    }

    /// Says again and again that the run is still there; ends once it has lost the job.
    async fn keep(&self, lease: &Lease) -> Result<(), OutboxError> {
        loop {
            self.clock.sleep(self.options.heartbeat).await;
            let found = self.engine.beat(lease, self.clock.now()).await?;
            // What is paused or cancelled is found out after the page.
            let epoch_is_ours = found || self.is_paused(lease).await?;
            if !epoch_is_ours {
                return Ok(());
            }
        }
    }

    async fn is_paused(&self, lease: &Lease) -> Result<bool, OutboxError> {
        let job = self.engine.find(lease.id).await?;
        Ok(job.is_some_and(|job| job.state != JobState::Running))
    }
}

/// A device that was pushed to, got no verdict and provably no push.
fn left(device: &DeviceReport) -> Option<PushId> {
    let Fate::Pushed(steps) = &device.fate else {
        return None;
    };
    match &steps.last()?.outcome {
        Outcome::Failed(error) if error.sent() == Sent::No => device.device,
        _ => None,
    }
}

fn before(now: Timestamp, span: Duration) -> Timestamp {
    let span = u64::try_from(span.as_millis()).unwrap_or(u64::MAX);
    Timestamp::from_millis(now.as_millis().saturating_sub(span))
}
