//! What is left of a campaign when the process that sends it is killed: real processes.
#![cfg(feature = "sqlite")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test fails by panicking, and says what it skips"
)]
#![allow(
    clippy::disallowed_methods,
    reason = "databases and processes keep no time but their own"
)]

mod common;

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::path::Path;
use std::process::{Child, Command};
use std::time::Duration;

use zpns_core::service::Roster;
use zpns_outbox::{Job, JobId, JobState, JobStatus, Outbox, WorkOptions};

use crate::common::{Vend, message, service};

const DEVICES: usize = 20_000;
const PAGE: usize = 500;
/// Longer than any of this takes; nothing waits for it in a good case.
const PATIENCE: Duration = Duration::from_secs(120);

/// The names of what a worker's process is told by its environment.
const QUEUE: &str = "ZPNS_OUTBOX_TEST_QUEUE";
const FILE: &str = "ZPNS_OUTBOX_TEST_FILE";

async fn open(url: &str) -> Outbox {
    #[cfg(feature = "postgres")]
    if url.starts_with("postgres") {
        return Outbox::postgres(url).await.unwrap();
    }
    Outbox::sqlite(url).await.unwrap()
}

/// Not a test of its own: the other tests run it in processes that they kill.
#[tokio::test(flavor = "multi_thread")]
async fn a_worker_process() {
    let (Ok(queue), Ok(file)) = (std::env::var(QUEUE), std::env::var(FILE)) else {
        return;
    };
    let vend = Vend::new(Duration::from_millis(2), Some(file.into()));
    let tokens = (0..DEVICES).map(|number| format!("t{number:05}"));
    let service = service(&vend, tokens).await;
    let mut options = WorkOptions::default();
    options.heartbeat = Duration::from_secs(1);
    options.jobs = NonZeroUsize::MIN;
    let never = std::future::pending();
    open(&queue)
        .await
        .work(service, options, never)
        .await
        .unwrap();
}

/// A worker in a process of its own, which dies with this.
struct Worker(Child);

impl Worker {
    fn start(queue: &str, file: &Path) -> Self {
        let this = std::env::current_exe().unwrap();
        let child = Command::new(this)
            .args(["a_worker_process", "--exact", "--nocapture"])
            .env(QUEUE, queue)
            .env(FILE, file)
            .spawn();
        Self(child.unwrap())
    }

    /// As `kill -9` does.
    fn kill(&mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// How often each token was taken, by all processes together.
fn taken(file: &Path) -> BTreeMap<String, usize> {
    let text = std::fs::read_to_string(file).unwrap_or_default();
    let mut taken = BTreeMap::new();
    for token in text.lines() {
        *taken.entry(token.to_owned()).or_default() += 1;
    }
    taken
}

async fn until(outbox: &Outbox, id: JobId, so: impl Fn(&JobStatus) -> bool) -> JobStatus {
    let look = async {
        loop {
            let job = outbox.job(id).await.unwrap().unwrap();
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

fn job() -> Job {
    Job::new(message(), Roster::everyone_confirmed()).in_pages_of(NonZeroUsize::new(PAGE).unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_campaign_is_finished_by_the_next_process_and_repeats_a_page_at_the_most() {
    let folder = tempfile::tempdir().unwrap();
    let queue = format!("sqlite:{}", folder.path().join("outbox.db").display());
    let file = folder.path().join("taken");
    let outbox = open(&queue).await;
    let id = outbox.enqueue(job()).await.unwrap();

    let mut first = Worker::start(&queue, &file);
    until(&outbox, id, |job| job.tally.accepted >= 3_000).await;
    first.kill();
    let left = outbox.job(id).await.unwrap().unwrap();
    assert!(left.tally.accepted < DEVICES as u64, "killed too late");

    let _second = Worker::start(&queue, &file);
    let done = until(&outbox, id, |job| job.state == JobState::Done).await;
    assert_eq!(done.tally.accepted, DEVICES as u64);
    let taken = taken(&file);
    assert_eq!(taken.len(), DEVICES, "every device is reached");
    let repeated = taken.values().filter(|times| **times > 1).count();
    assert!(repeated <= PAGE, "{repeated} are more than one page");
    assert!(taken.values().all(|times| *times <= 2));
}

#[cfg(feature = "postgres")]
#[tokio::test(flavor = "multi_thread")]
async fn processes_share_a_queue_and_one_that_is_killed_costs_its_page_alone() {
    let Some(queue) = common::postgres().await else {
        println!("skipped: no PostgreSQL (ZPNS_TEST_POSTGRES)");
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let outbox = open(&queue).await;
    let mut ids = Vec::new();
    for _ in 0..3 {
        ids.push(outbox.enqueue(job()).await.unwrap());
    }
    // Each has a file, so that what came from whom can be told.
    let files = [0, 1, 2].map(|number| folder.path().join(format!("taken{number}")));
    let mut killed = Worker::start(&queue, &files[0]);
    let _other = Worker::start(&queue, &files[1]);
    let looked = async {
        while taken(&files[0]).len() < 3_000 {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(PATIENCE, looked).await.unwrap();
    killed.kill();
    let _third = Worker::start(&queue, &files[2]);
    for id in ids {
        let done = until(&outbox, id, |job| job.state == JobState::Done).await;
        assert_eq!(done.tally.accepted, DEVICES as u64);
    }
    let mut all = BTreeMap::<String, usize>::new();
    for file in &files {
        for (token, times) in taken(file) {
            *all.entry(token).or_default() += times;
        }
    }
    assert_eq!(all.len(), DEVICES);
    assert!(all.values().all(|times| *times >= 3), "three jobs");
    let repeated: usize = all.values().map(|times| times - 3).sum();
    assert!(
        repeated <= PAGE,
        "{repeated} are more than the killed one's page"
    );
}
