//! What a queue promises, on every engine.
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

mod cases;
#[path = "../common/mod.rs"]
mod common;

use zpns_outbox::Outbox;

/// A queue of its own for a test, and what has to live as long.
struct Place {
    outbox: Outbox,
    _folder: Option<tempfile::TempDir>,
}

#[cfg(feature = "sqlite")]
async fn file() -> Option<Place> {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite:{}", folder.path().join("outbox.db").display());
    Some(Place {
        outbox: Outbox::sqlite(&url).await.unwrap(),
        _folder: Some(folder),
    })
}

/// None without a server, which the environment names (`.ci/run` starts one).
#[cfg(feature = "postgres")]
async fn server() -> Option<Place> {
    let url = common::postgres().await?;
    Some(Place {
        outbox: Outbox::postgres(&url).await.unwrap(),
        _folder: None,
    })
}

macro_rules! cases {
    ($($case:ident)*) => {
        #[cfg(feature = "sqlite")]
        mod sqlite {
            $(#[tokio::test(flavor = "multi_thread")]
            async fn $case() {
                let place = super::file().await.unwrap();
                super::cases::$case(&place.outbox).await;
            })*
        }

        #[cfg(feature = "postgres")]
        mod postgres {
            $(#[tokio::test(flavor = "multi_thread")]
            async fn $case() {
                match super::server().await {
                    Some(place) => super::cases::$case(&place.outbox).await,
                    None => println!("skipped: no PostgreSQL (ZPNS_TEST_POSTGRES)"),
                }
            })*
        }
    };
}

cases! {
    a_job_is_done_and_says_what_came_of_it
    the_same_message_is_the_same_job
    a_job_waits_for_its_time
    what_is_paused_goes_on_where_it_was
    what_is_cancelled_sends_no_more
    a_job_that_cannot_be_done_is_dead_with_the_reason_until_it_is_requeued
    devices_that_got_no_verdict_are_tried_again_after_all_others
    a_campaign_delays_no_call
    a_worker_that_stops_leaves_the_rest_to_the_next
    jobs_are_listed_by_state_in_pages_and_forgotten
    two_workers_share_the_jobs_and_send_nothing_twice
}
