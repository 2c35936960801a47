//! Durable push jobs: what is in the [`Outbox`] goes out, whatever happens to the process.
//!
//! A [`Job`] is a message and whom it is for. It is written down before anything is sent, and its
//! progress after every page of devices: a killed process loses nothing and repeats at most the
//! page that was in flight. Jobs wait for their time ([`Job::at`]), stand in lanes (calls, chat,
//! campaigns: no campaign delays a call), are paused, resumed, cancelled and looked at; what
//! cannot be done is kept with the reason, until somebody puts it back.
//!
//! The queue is [`apalis`](https://docs.rs/apalis)': in a file (`Outbox::sqlite`, feature
//! `sqlite`), or in a database that several hosts share (`Outbox::postgres`, feature `postgres`).
//!
//! ```no_run
//! use zpns_core::Notification;
//! use zpns_core::service::{Message, PushService, Roster};
//! use zpns_outbox::{Job, Outbox, WorkOptions};
//!
//! # async fn example(service: PushService) -> Result<(), zpns_outbox::OutboxError> {
//! let outbox = Outbox::sqlite("sqlite:outbox.db").await?;
//! let news = Message::new(Notification::alert("News", "A new version"));
//! let id = outbox.enqueue(Job::new(news, Roster::everyone_confirmed())).await?;
//!
//! // In this process or in another one:
//! let until = async { /* the host shuts down */ };
//! outbox.work(service, WorkOptions::default(), until).await?;
//! println!("{:?}", outbox.job(id).await?.map(|job| job.tally));
//! # Ok(())
//! # }
//! ```

mod engine;
mod error;
mod job;
mod run;
mod worker;

pub use self::error::OutboxError;
pub use self::job::{Job, JobId, JobState, JobStatus, Lane};
pub use self::worker::{Outbox, WorkOptions};
