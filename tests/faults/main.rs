//! The fault suite: what a router promises when vendors are slow, full, down or wrong.
//!
//! One list of scenarios × every vendor, over real sockets to the simulator, with the scene's own
//! time: it stands still while a request is on its way, and jumps while all wait. After each
//! campaign the same invariants are asked of its history, which both sides wrote
//! ([`checker`]): every target has exactly one outcome, nothing accepted is sent again, no retry
//! is late, tokens dropped are tokens truly dead. Tests are named `<vendor>::<scenario>`; those
//! named `checker::…` break each invariant once and see it found.
//!
//! A vendor that a scenario leaves out is named with the reason in its row of [`scenarios`].
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a scenario fails by panicking"
)]

mod campaign;
mod checker;
mod checker_fails;
mod clock;
mod recorder;
mod scenarios;
mod scene;
#[path = "../behaviour/subjects.rs"]
#[allow(
    dead_code,
    reason = "the behaviour suite's list, of which less is asked here"
)]
mod subjects;
mod ways;

use std::process::ExitCode;
use std::time::Duration;

use libtest_mimic::{Arguments, Trial};

use crate::scenarios::Scenario;
use crate::subjects::{SUBJECTS, Subject};

/// Real time that a scenario may take. None waits for long; this ends one that hangs.
const LONGEST: Duration = Duration::from_secs(30);

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let mut trials: Vec<Trial> = checker_fails::trials().collect();
    for scenario in scenarios::ALL {
        let subjects = SUBJECTS.iter().filter(|subject| scenario.takes(subject));
        trials.extend(subjects.map(|subject| trial(subject, scenario)));
    }
    trials.push(Trial::test(
        "scenarios::who_is_left_out_is_named_with_a_reason",
        || {
            scenarios::rows_are_sound();
            Ok(())
        },
    ));
    libtest_mimic::run(&arguments, trials).exit_code()
}

fn trial(subject: &'static Subject, scenario: &'static Scenario) -> Trial {
    let name = format!("{}::{}", subject.vendor, scenario.name);
    Trial::test(name, move || {
        // One thread for a scenario and its vendors: the same order of events in every run.
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        runtime.block_on(async {
            #[allow(
                clippy::disallowed_methods,
                reason = "ends a scenario that hangs in real time"
            )]
            tokio::time::timeout(LONGEST, (scenario.run)(subject))
                .await
                .map_err(|_| format!("did not end within {} s", LONGEST.as_secs()).into())
        })
    })
}
