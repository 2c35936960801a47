//! The behaviour suite: one list of cases × every provider, against the simulator.
//!
//! A provider joins with one line in [`subjects`], a case with one line in [`cases`]. Cases know no
//! vendor: what differs on the wire stands in the subject's [`Wire`](subjects::Wire), and a case
//! runs for every provider whose capability has what it needs. Tests are named
//! `<vendor>::<case>`. One adapter runs three times: by itself, and as a plugin that is linked in
//! (`fcm-linked`) or loaded from its file (`fcm-loaded`).
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a case fails by panicking"
)]

mod cases;
mod clock;
mod content;
mod sameness;
mod scene;
mod subjects;
mod ways;

use std::process::ExitCode;
use std::time::Duration;

use libtest_mimic::{Arguments, Trial};

use crate::cases::{Case, Run};
use crate::scene::{Scene, runtime};
use crate::subjects::{PLUGINS, SUBJECTS, Subject};

/// Real time that a case may take. None waits for long; this ends one that hangs.
const LONGEST: Duration = Duration::from_secs(30);

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let mut trials = Vec::new();
    for subject in SUBJECTS.iter().chain(PLUGINS) {
        let capability = runtime().block_on(async { Scene::open(subject).await.capability() });
        let wanted = cases::all()
            .into_iter()
            .filter(|case| (case.needs)(subject, &capability));
        trials.extend(wanted.map(|case| trial(subject, case)));
    }
    let name = "plugins::reports_are_the_same_by_every_way".to_owned();
    trials.push(played(name, || {
        Box::pin(sameness::reports_are_the_same_by_every_way())
    }));
    libtest_mimic::run(&arguments, trials).exit_code()
}

fn trial(subject: &'static Subject, case: Case) -> Trial {
    let name = format!("{}{}::{}", subject.vendor, subject.way.suffix(), case.name);
    played(name, move || (case.run)(subject))
}

fn played(name: String, play: impl FnOnce() -> Run + Send + 'static) -> Trial {
    Trial::test(name, move || {
        // One thread for a case and its simulator: the same order of events in every run.
        runtime().block_on(async {
            #[allow(
                clippy::disallowed_methods,
                reason = "ends a case that hangs in real time"
            )]
            tokio::time::timeout(LONGEST, play())
                .await
                .map_err(|_| format!("did not end within {} s", LONGEST.as_secs()).into())
        })
    })
}
