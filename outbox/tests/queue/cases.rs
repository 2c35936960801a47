//! The cases.

use std::collections::BTreeSet;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use zpns_core::service::{Message, PushService, Roster, Tally};
use zpns_core::{CallEvent, Category, Clock, Notification, resources::SystemClock};
use zpns_outbox::{Job, JobId, JobState, JobStatus, Outbox, OutboxError, WorkOptions};

use crate::common::{Vend, device, message, service};

/// Longer than any of this takes; nothing waits for it in a good case.
const PATIENCE: Duration = Duration::from_secs(60);

fn tokens(count: usize) -> impl Iterator<Item = String> {
    (0..count).map(|number| format!("t{number:05}"))
}

fn page(size: usize) -> NonZeroUsize {
    NonZeroUsize::new(size).unwrap()
}

fn everyone() -> Roster {
    Roster::everyone_confirmed()
}

fn options() -> WorkOptions {
    let mut options = WorkOptions::default();
    options.heartbeat = Duration::from_secs(1);
    options.pause = Duration::from_millis(100);
    options
}

/// A worker that works until it is told to stop.
struct Worker {
    stop: oneshot::Sender<()>,
    task: JoinHandle<Result<(), OutboxError>>,
}

impl Worker {
    fn start(outbox: &Outbox, service: &PushService) -> Self {
        Self::with(outbox, service, options())
    }

    fn with(outbox: &Outbox, service: &PushService, options: WorkOptions) -> Self {
        let (stop, stopped) = oneshot::channel::<()>();
        let (outbox, service) = (outbox.clone(), service.clone());
        let task = tokio::spawn(async move {
            let stopped = async { drop(stopped.await) };
            outbox.work(service, options, stopped).await
        });
        Self { stop, task }
    }

    async fn stop(self) {
        self.stop.send(()).unwrap();
        let ended = tokio::time::timeout(PATIENCE, self.task).await;
        ended.expect("it stops").unwrap().unwrap();
    }
}

/// Looks at a job until it is so.
async fn until(outbox: &Outbox, id: JobId, so: impl Fn(&JobStatus) -> bool) -> JobStatus {
    let look = async {
        loop {
            let job = outbox.job(id).await.unwrap().expect("the job is there");
            if so(&job) {
                return job;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    match tokio::time::timeout(PATIENCE, look).await {
        Ok(job) => job,
        Err(_) => panic!("never so: {:?}", outbox.job(id).await),
    }
}

async fn ended(outbox: &Outbox, id: JobId) -> JobStatus {
    until(outbox, id, |job| job.state.is_final()).await
}

fn tally(accepted: u64, rejected: u64) -> Tally {
    let mut tally = Tally::default();
    tally.accepted = accepted;
    tally.rejected = rejected;
    tally
}

pub(crate) async fn a_job_is_done_and_says_what_came_of_it(outbox: &Outbox) {
    let vend = Vend::new(Duration::ZERO, None);
    let names = tokens(99).chain(["dead1".to_owned()]);
    let service = service(&vend, names).await;
    let id = outbox
        .enqueue(Job::new(message(), everyone()).in_pages_of(page(30)))
        .await
        .unwrap();
    let queued = outbox.job(id).await.unwrap().unwrap();
    assert_eq!(
        (queued.state, queued.tally),
        (JobState::Queued, tally(0, 0))
    );
    let worker = Worker::start(outbox, &service);
    let job = ended(outbox, id).await;
    assert_eq!((job.state, job.tally), (JobState::Done, tally(99, 1)));
    assert_eq!((job.worker, job.reason), (None, None));
    assert!(vend.taken().values().all(|times| *times == 1));
    worker.stop().await;
}

pub(crate) async fn the_same_message_is_the_same_job(outbox: &Outbox) {
    let vend = Vend::new(Duration::ZERO, None);
    let service = service(&vend, tokens(10)).await;
    let job = Job::new(message(), everyone());
    let first = outbox.enqueue(job.clone()).await.unwrap();
    assert_eq!(outbox.enqueue(job.clone()).await.unwrap(), first);
    let worker = Worker::start(outbox, &service);
    ended(outbox, first).await;
    assert_eq!(outbox.enqueue(job).await.unwrap(), first);
    let other = outbox
        .enqueue(Job::new(message(), everyone()))
        .await
        .unwrap();
    ended(outbox, other).await;
    assert!(
        vend.taken().values().all(|times| *times == 2),
        "once for each message"
    );
    assert_eq!(outbox.jobs(None, None, 10).await.unwrap().len(), 2);
    worker.stop().await;
}

pub(crate) async fn a_job_waits_for_its_time(outbox: &Outbox) {
    let vend = Vend::new(Duration::ZERO, None);
    let service = service(&vend, tokens(1)).await;
    let clock = SystemClock::new();
    let due = clock.now() + Duration::from_secs(2);
    let late = outbox
        .enqueue(Job::new(message(), everyone()).at(due))
        .await;
    let at_once = outbox.enqueue(Job::new(message(), everyone())).await;
    let worker = Worker::start(outbox, &service);
    let first = ended(outbox, at_once.unwrap()).await;
    let second = ended(outbox, late.unwrap()).await;
    assert!(
        second.updated >= due,
        "{:?} is before {due:?}",
        second.updated
    );
    assert!(first.updated < due, "nobody waits for another one's time");
    worker.stop().await;
}

pub(crate) async fn what_is_paused_goes_on_where_it_was(outbox: &Outbox) {
    let vend = Vend::new(Duration::from_millis(20), None);
    let service = service(&vend, tokens(400)).await;
    let job = Job::new(message(), everyone()).in_pages_of(page(10));
    let id = outbox.enqueue(job).await.unwrap();
    let worker = Worker::start(outbox, &service);
    until(outbox, id, |job| job.tally.accepted >= 30).await;
    assert!(outbox.pause(id).await.unwrap());
    let paused = until(outbox, id, |job| job.worker.is_none()).await;
    assert_eq!(paused.state, JobState::Paused);
    assert!(paused.tally.accepted < 400);
    assert_eq!(
        vend.taken().len() as u64,
        paused.tally.accepted,
        "nothing goes out meanwhile"
    );
    assert!(!outbox.pause(id).await.unwrap(), "it is paused");
    assert!(outbox.resume(id).await.unwrap());
    assert!(!outbox.resume(id).await.unwrap(), "it is not any more");
    let done = ended(outbox, id).await;
    assert_eq!((done.state, done.tally), (JobState::Done, tally(400, 0)));
    assert!(vend.taken().values().all(|times| *times == 1));
    worker.stop().await;
}

pub(crate) async fn what_is_cancelled_sends_no_more(outbox: &Outbox) {
    let vend = Vend::new(Duration::from_millis(20), None);
    let service = service(&vend, tokens(400)).await;
    let job = || Job::new(message(), everyone()).in_pages_of(page(10));
    let never = outbox.enqueue(job()).await.unwrap();
    assert!(outbox.cancel(never).await.unwrap());
    let id = outbox.enqueue(job()).await.unwrap();
    let worker = Worker::start(outbox, &service);
    until(outbox, id, |job| job.tally.accepted >= 30).await;
    assert!(outbox.cancel(id).await.unwrap());
    let job = until(outbox, id, |job| job.worker.is_none()).await;
    assert_eq!(job.state, JobState::Cancelled);
    assert!(job.tally.accepted < 400);
    assert!(!outbox.cancel(id).await.unwrap() && !outbox.resume(id).await.unwrap());
    worker.stop().await;
    let taken = vend.taken();
    assert_eq!(
        taken.len() as u64,
        job.tally.accepted,
        "nor did the first job"
    );
}

pub(crate) async fn a_job_that_cannot_be_done_is_dead_with_the_reason_until_it_is_requeued(
    outbox: &Outbox,
) {
    let vend = Vend::new(Duration::ZERO, None);
    let service = service(&vend, tokens(3)).await;
    let lost = Message::new(Notification::alert("a", "b")).with_strategy("nowhere");
    let id = outbox.enqueue(Job::new(lost, everyone())).await.unwrap();
    let worker = Worker::start(outbox, &service);
    let dead = ended(outbox, id).await;
    assert_eq!(dead.state, JobState::Dead);
    let reason = dead.reason.unwrap();
    assert!(
        reason.contains("there is no strategy `nowhere`"),
        "{reason}"
    );
    worker.stop().await;
    assert!(outbox.requeue(id).await.unwrap());
    let queued = outbox.job(id).await.unwrap().unwrap();
    assert_eq!((queued.state, queued.reason), (JobState::Queued, None));
    // Where somebody has mended it.
    let strategies = [(
        "nowhere".to_owned(),
        zpns_core::service::Strategy::default(),
    )];
    let mended = PushService::builder(
        service.router().clone(),
        Arc::clone(service.registry()),
        Arc::new(SystemClock::new()),
    )
    .strategies(strategies)
    .build();
    let worker = Worker::start(outbox, &mended);
    let done = ended(outbox, id).await;
    assert_eq!((done.state, done.tally), (JobState::Done, tally(3, 0)));
    worker.stop().await;
}

pub(crate) async fn devices_that_got_no_verdict_are_tried_again_after_all_others(outbox: &Outbox) {
    let vend = Vend::new(Duration::ZERO, None);
    let away = (0..25).map(|number| format!("away{number}"));
    let service = service(&vend, away.chain(tokens(25))).await;
    let job = Job::new(message(), everyone()).in_pages_of(page(10));
    let id = outbox.enqueue(job).await.unwrap();
    let worker = Worker::start(outbox, &service);
    let done = ended(outbox, id).await;
    assert_eq!((done.state, done.round), (JobState::Done, 1));
    assert_eq!(done.tally, tally(50, 0));
    assert!(vend.taken().values().all(|times| *times == 1));
    worker.stop().await;
}

pub(crate) async fn a_campaign_delays_no_call(outbox: &Outbox) {
    let vend = Vend::new(Duration::from_millis(50), None);
    let service = service(&vend, tokens(2_000)).await;
    let offer = Notification::alert("Sale", "Now!").with_category(Category::Marketing);
    let job = Job::new(offer, everyone()).in_pages_of(page(10));
    let campaign = outbox.enqueue(job).await.unwrap();
    let mut options = options();
    options.jobs = NonZeroUsize::MIN;
    let worker = Worker::with(outbox, &service, options);
    until(outbox, campaign, |job| job.tally.accepted > 0).await;
    let call = Notification::call(CallEvent::Invite);
    let call = Job::new(call, Roster::Devices(vec![device(7)]));
    let call = ended(outbox, outbox.enqueue(call).await.unwrap()).await;
    assert_eq!(call.tally, tally(1, 0));
    let campaign = outbox.job(campaign).await.unwrap().unwrap();
    assert_eq!(campaign.state, JobState::Running, "it is far from done");
    worker.stop().await;
}

pub(crate) async fn a_worker_that_stops_leaves_the_rest_to_the_next(outbox: &Outbox) {
    let vend = Vend::new(Duration::from_millis(20), None);
    let service = service(&vend, tokens(200)).await;
    let job = Job::new(message(), everyone()).in_pages_of(page(10));
    let id = outbox.enqueue(job).await.unwrap();
    let worker = Worker::start(outbox, &service);
    until(outbox, id, |job| job.tally.accepted >= 20).await;
    worker.stop().await;
    let left = outbox.job(id).await.unwrap().unwrap();
    assert_eq!((left.state, &left.worker), (JobState::Queued, &None));
    assert!(left.tally.accepted < 200);
    let worker = Worker::start(outbox, &service);
    let done = ended(outbox, id).await;
    assert_eq!(done.tally, tally(200, 0));
    assert!(vend.taken().values().all(|times| *times == 1));
    worker.stop().await;
}

pub(crate) async fn jobs_are_listed_by_state_in_pages_and_forgotten(outbox: &Outbox) {
    let mut ids = BTreeSet::new();
    for _ in 0..5 {
        ids.insert(
            outbox
                .enqueue(Job::new(message(), everyone()))
                .await
                .unwrap(),
        );
    }
    let mut listed = Vec::new();
    loop {
        let page = outbox.jobs(None, listed.last().copied(), 2).await.unwrap();
        if page.is_empty() {
            break;
        }
        listed.extend(page.into_iter().map(|job| job.id));
    }
    assert_eq!(listed, ids.iter().copied().collect::<Vec<_>>());
    let [first, second, ..] = listed[..] else {
        panic!("there are five");
    };
    outbox.cancel(first).await.unwrap();
    outbox.pause(second).await.unwrap();
    let of = async |state| outbox.jobs(Some(state), None, 9).await.unwrap().len();
    assert_eq!(of(JobState::Cancelled).await, 1);
    assert_eq!(of(JobState::Paused).await, 1);
    assert_eq!(of(JobState::Queued).await, 3);
    let now = SystemClock::new().now();
    assert_eq!(
        outbox.purge(now + Duration::from_secs(60)).await.unwrap(),
        1
    );
    assert_eq!(outbox.job(first).await.unwrap(), None);
    assert_eq!(outbox.jobs(None, None, 9).await.unwrap().len(), 4);
}

pub(crate) async fn two_workers_share_the_jobs_and_send_nothing_twice(outbox: &Outbox) {
    let vend = Vend::new(Duration::from_millis(5), None);
    let service = service(&vend, tokens(100)).await;
    let mut ids = Vec::new();
    for _ in 0..6 {
        let job = Job::new(message(), everyone()).in_pages_of(page(20));
        ids.push(outbox.enqueue(job).await.unwrap());
    }
    let mut options = options();
    options.jobs = NonZeroUsize::MIN;
    let workers = [(); 2].map(|()| Worker::with(outbox, &service, options.clone()));
    for id in ids {
        assert_eq!(ended(outbox, id).await.tally, tally(100, 0));
    }
    assert!(vend.taken().values().all(|times| *times == 6));
    for worker in workers {
        worker.stop().await;
    }
}
