//! Tasks that vivo gave out, and the ids of the requests that it has seen.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use serde_json::{Map, Value};

use super::error::{VivoError, error};
use super::recent::Recent;
use crate::sync::lock;

/// How long a saved message can be sent. The vendor does not say.
const LIFETIME_MS: u64 = 24 * 60 * 60 * 1000;
const FIRST_TASK: u64 = 1_346_432_842_112_204_000;

/// A message that was saved for lists.
#[derive(Debug, Clone)]
pub(super) struct Saved {
    /// The fingerprint of what was saved.
    pub(super) content: u64,
    pub(super) test_mode: bool,
    until: u64,
}

/// A task, of the app with this id.
#[derive(Debug, Clone)]
struct Task {
    app: u64,
    saved: Option<Saved>,
}

#[derive(Debug, Default)]
pub(super) struct Tasks {
    count: AtomicU64,
    tasks: Mutex<Recent<Task>>,
    /// Ids of requests by app, with the fingerprint of what came under them.
    requests: Mutex<Recent<u64>>,
}

impl Tasks {
    /// A new task for a push to one target.
    pub(super) fn sent(&self, app: u64) -> String {
        self.add(Task { app, saved: None })
    }

    /// A new task for a saved message.
    pub(super) fn save(&self, app: u64, content: u64, test_mode: bool, now: u64) -> String {
        let until = now + LIFETIME_MS;
        let saved = Some(Saved {
            content,
            test_mode,
            until,
        });
        self.add(Task { app, saved })
    }

    fn add(&self, task: Task) -> String {
        let id = FIRST_TASK + self.count.fetch_add(1, Ordering::Relaxed);
        let id = id.to_string();
        lock(&self.tasks).insert(id.clone(), task);
        id
    }

    /// The saved message of a task.
    pub(super) fn saved(&self, app: u64, task: &str, now: u64) -> Result<Saved, VivoError> {
        let saved = self.find(app, task)?.saved;
        saved
            .filter(|saved| now < saved.until)
            .ok_or_else(|| error(10155, "the task holds no message, or not any more"))
    }

    /// Whether the app has such a task.
    pub(super) fn check(&self, app: u64, task: &str) -> Result<(), VivoError> {
        self.find(app, task).map(drop)
    }

    fn find(&self, app: u64, task: &str) -> Result<Task, VivoError> {
        if task.is_empty() {
            return Err(error(10151, "no task"));
        }
        if !task.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(error(10152, format!("`{task}` is no task id")));
        }
        let found = lock(&self.tasks).get(task).cloned();
        found
            .filter(|task| task.app == app)
            .ok_or_else(|| error(10155, format!("the app has no task `{task}`")))
    }

    /// An id stands for one request of an app: sent again it is the same one. The vendor documents
    /// no code for another request under an id that was used.
    pub(super) fn claim(&self, app: u64, id: &str, fingerprint: u64) -> Result<(), VivoError> {
        let key = format!("{app} {id}");
        let mut requests = lock(&self.requests);
        match requests.get(&key) {
            Some(known) if *known != fingerprint => {
                Err(error(10352, format!("`{id}` was another request's id")))
            }
            Some(_) => Ok(()),
            None => {
                requests.insert(key, fingerprint);
                Ok(())
            }
        }
    }

    /// Forgets the ids of requests. Saved messages stay: a client may have kept their ids.
    pub(super) fn forget_requests(&self) {
        *lock(&self.requests) = Recent::default();
    }
}

/// What a request to this path says, in a number. `without` names what does not count.
pub(super) fn fingerprint(path: &str, body: &Map<String, Value>, without: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    path.hash(&mut hasher);
    let said = body.iter().filter(|(name, _)| *name != without);
    for (name, value) in said {
        (name, value.to_string()).hash(&mut hasher);
    }
    hasher.finish()
}
