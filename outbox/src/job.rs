//! What is to be sent, and how far it is.

use std::fmt;
use std::num::NonZeroUsize;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use uuid::Uuid;
use zpns_core::layers::Urgency;
use zpns_core::service::{Message, Roster, Tally};
use zpns_core::{MessageId, Timestamp};

use crate::OutboxError;

/// Users or devices that are listed in one job at the most; a job is one row.
const LONGEST_LIST: usize = 100_000;
/// Devices of one page unless set.
const PAGE: NonZeroUsize = NonZeroUsize::new(500).unwrap();

/// A message and whom it is for.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Job {
    /// The message. Its id is the job's: the same one is never taken in twice.
    pub message: Message,
    /// Whom it is for: up to 100,000 users or devices by name, or any number by tags.
    pub roster: Roster,
    /// Not before.
    #[serde(
        rename = "not_before_ms",
        default,
        skip_serializing_if = "Option::is_none"
    )]
    pub not_before: Option<Timestamp>,
    /// Devices (or listed users) of one page: what is repeated at the most if the process is
    /// killed. 500 unless set.
    #[serde(default = "page")]
    pub page: NonZeroUsize,
}

const fn page() -> NonZeroUsize {
    PAGE
}

impl Job {
    /// To be sent as soon as possible.
    pub fn new(message: impl Into<Message>, roster: Roster) -> Self {
        Self {
            message: message.into(),
            roster,
            not_before: None,
            page: PAGE,
        }
    }

    /// Not before this time.
    #[must_use]
    pub fn at(mut self, time: Timestamp) -> Self {
        self.not_before = Some(time);
        self
    }

    /// In pages of so many devices.
    #[must_use]
    pub fn in_pages_of(mut self, devices: NonZeroUsize) -> Self {
        self.page = devices;
        self
    }

    /// Its name: that of its message.
    pub fn id(&self) -> JobId {
        JobId(self.message.notification.id.uuid())
    }

    /// Where it waits.
    pub fn lane(&self) -> Lane {
        Lane::of(Urgency::of(&self.message.notification))
    }

    pub(crate) fn check(&self) -> Result<(), OutboxError> {
        let listed = match &self.roster {
            Roster::Devices(devices) => devices.len(),
            Roster::Users(users) => users.len(),
            Roster::Everyone { confirmed: false } => {
                let message = "its roster is everyone, and nobody confirmed that";
                return Err(OutboxError::Invalid(message.into()));
            }
            _ => return Ok(()),
        };
        if listed > LONGEST_LIST {
            return Err(OutboxError::Invalid(format!(
                "it lists {listed}, and one job lists {LONGEST_LIST} at the most: make several \
                 jobs, or give them a tag"
            )));
        }
        Ok(())
    }
}

/// A job's name.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct JobId(Uuid);

impl From<MessageId> for JobId {
    fn from(id: MessageId) -> Self {
        Self(id.uuid())
    }
}

impl fmt::Display for JobId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for JobId {
    type Err = uuid::Error;

    fn from_str(text: &str) -> Result<Self, uuid::Error> {
        text.parse().map(Self)
    }
}

/// Jobs of one lane wait for each other, and for none of another's.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Lane {
    /// Calls.
    Call,
    /// What is neither a call nor a campaign.
    Chat,
    /// News and advertising.
    Campaign,
}

impl Lane {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Call, Self::Chat, Self::Campaign];

    fn of(urgency: Urgency) -> Self {
        match urgency {
            Urgency::Call => Self::Call,
            Urgency::Campaign => Self::Campaign,
            _ => Self::Chat,
        }
    }

    /// The name in JSON.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Call => "call",
            Self::Chat => "chat",
            Self::Campaign => "campaign",
        }
    }

    /// The queue's name.
    pub(crate) const fn queue(self) -> &'static str {
        match self {
            Self::Call => "zpns-call",
            Self::Chat => "zpns-chat",
            Self::Campaign => "zpns-campaign",
        }
    }
}

/// What becomes of a job.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum JobState {
    /// It waits for its time, or for a worker.
    Queued,
    /// A worker sends it.
    Running,
    /// Somebody paused it.
    Paused,
    /// Every device was tried.
    Done,
    /// Somebody cancelled it.
    Cancelled,
    /// It cannot be done; [`JobStatus::reason`] says why.
    Dead,
}

impl JobState {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::Queued,
        Self::Running,
        Self::Paused,
        Self::Done,
        Self::Cancelled,
        Self::Dead,
    ];

    /// The name in JSON and in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Running => "running",
            Self::Paused => "paused",
            Self::Done => "done",
            Self::Cancelled => "cancelled",
            Self::Dead => "dead",
        }
    }

    /// Whether nothing more comes of it.
    pub const fn is_final(self) -> bool {
        matches!(self, Self::Done | Self::Cancelled | Self::Dead)
    }
}

impl FromStr for JobState {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let named = Self::ALL.into_iter().find(|state| state.as_str() == text);
        named.ok_or_else(|| {
            let all = Self::ALL.map(Self::as_str).join(", ");
            format!("there is no state `{text}`; there are: {all}")
        })
    }
}

/// How far a job is.
#[derive(Clone, PartialEq, Debug, Serialize)]
#[non_exhaustive]
pub struct JobStatus {
    /// Which one.
    pub id: JobId,
    /// What becomes of it.
    pub state: JobState,
    /// Where it waits.
    pub lane: Lane,
    /// What came of the devices so far.
    pub tally: Tally,
    /// How often those that got no verdict were tried again.
    pub round: u32,
    /// How often in a row it failed as a whole.
    pub attempts: u32,
    /// Why it failed last, or is dead.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Who has it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub worker: Option<String>,
    /// When it was taken in.
    #[serde(rename = "created_ms")]
    pub created: Timestamp,
    /// When it is (next) to be sent.
    #[serde(rename = "due_ms")]
    pub due: Timestamp,
    /// When anything about it changed last.
    #[serde(rename = "updated_ms")]
    pub updated: Timestamp,
}

#[cfg(test)]
mod tests {
    use super::*;
    use zpns_core::service::UserId;
    use zpns_core::{CallEvent, Category, Notification};

    #[test]
    fn a_job_waits_with_its_like() {
        let lane = |message: Notification| Job::new(message, Roster::users(["alice"])).lane();
        let offer = Notification::alert("Sale", "Now!").with_category(Category::Marketing);
        assert_eq!(lane(Notification::call(CallEvent::Invite)), Lane::Call);
        assert_eq!(lane(Notification::alert("Bob", "Lunch?")), Lane::Chat);
        assert_eq!(lane(offer), Lane::Campaign);
    }

    #[test]
    fn what_no_row_can_hold_is_refused_and_says_what_to_do() {
        let job = |roster| Job::new(Notification::alert("a", "b"), roster);
        let many = (0..LONGEST_LIST + 1).map(|number| UserId::from(number.to_string()));
        let error = job(Roster::Users(many.collect())).check().unwrap_err();
        assert!(error.to_string().contains("several jobs"), "{error}");
        let everyone = job(Roster::Everyone { confirmed: false }).check();
        assert!(everyone.is_err_and(|error| error.to_string().contains("confirmed")));
        assert!(job(Roster::everyone_confirmed()).check().is_ok());
    }

    #[test]
    fn states_have_their_names() {
        for state in JobState::ALL {
            assert_eq!(state.as_str().parse(), Ok(state));
            let json = serde_json::to_string(&state).unwrap();
            assert_eq!(json, format!("\"{}\"", state.as_str()));
        }
        let error = "lost".parse::<JobState>().unwrap_err();
        assert!(error.contains("queued, running"), "{error}");
    }
}
