//! Campaigns: an audience that is written down, and sent to page by page.

use std::num::NonZeroUsize;
use std::ops::AddAssign;

use serde::{Deserialize, Serialize};

use super::audience::{self, Found};
use super::plan::Plan;
use super::{Message, PushReport, PushService, ServiceError};
use crate::service::{DeviceQuery, Expression, PushId, UserId};

/// An audience that can be written down, and read on from where a page ended.
///
/// ```
/// use zpns_core::service::Roster;
///
/// let roster: Roster = serde_json::from_str(r#"{"matching": "vip && !cn"}"#)?;
/// assert_eq!(roster, Roster::matching("vip && !cn".parse()?));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
#[non_exhaustive]
pub enum Roster {
    /// These devices.
    Devices(Vec<PushId>),
    /// Every device of these users.
    Users(Vec<UserId>),
    /// Every device whose tags and attributes are so.
    Matching(Expression),
    /// Every device there is. Refused unless confirmed.
    Everyone {
        /// Whether somebody means it.
        confirmed: bool,
    },
}

impl Roster {
    /// Every device of these users.
    pub fn users(users: impl IntoIterator<Item = impl Into<UserId>>) -> Self {
        Self::Users(users.into_iter().map(Into::into).collect())
    }

    /// Those that an expression means.
    pub fn matching(expression: Expression) -> Self {
        Self::Matching(expression)
    }

    /// Truly everybody.
    pub fn everyone_confirmed() -> Self {
        Self::Everyone { confirmed: true }
    }
}

/// How far a [`Roster`] was read: the beginning unless it came from an earlier page. Devices that
/// are there from the first page to the last are on exactly one of them.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct Checkpoint {
    /// The last device of the pages so far.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<PushId>,
    /// How many of the devices or users that are listed are done.
    pub listed: usize,
}

/// One page of a campaign.
#[derive(Clone, Debug)]
#[non_exhaustive]
#[must_use = "it holds where to go on"]
pub struct PageReport {
    /// What came of its devices.
    pub report: PushReport,
    /// Where to go on; none after the last page.
    pub next: Option<Checkpoint>,
}

/// How many devices came to what end; adds up over pages.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Tally {
    /// Pushed, and a vendor took it.
    pub accepted: u64,
    /// Pushed, and refused by a verdict on every channel.
    pub rejected: u64,
    /// Pushed, and the last channel gave no verdict.
    pub failed: u64,
    /// Online: for the host to deliver within the app.
    pub in_app: u64,
    /// Not pushed, users without a device among them.
    pub skipped: u64,
}

impl Tally {
    /// All of them.
    pub const fn total(&self) -> u64 {
        self.accepted + self.rejected + self.failed + self.in_app + self.skipped
    }
}

impl AddAssign for Tally {
    fn add_assign(&mut self, more: Self) {
        self.accepted += more.accepted;
        self.rejected += more.rejected;
        self.failed += more.failed;
        self.in_app += more.in_app;
        self.skipped += more.skipped;
    }
}

impl PushService {
    /// Sends a message to the page of a roster that follows a checkpoint: `size` devices, or all
    /// devices of `size` users. Whoever writes the next checkpoint down after each page repeats at
    /// most one page, whatever happens.
    ///
    /// A page that fails in reading sends nothing; what goes wrong in writing verdicts down stands
    /// in its report.
    ///
    /// ```
    /// use std::num::NonZeroUsize;
    /// use zpns_core::Notification;
    /// use zpns_core::service::{Checkpoint, Message, PushService, Roster, ServiceError, Tally};
    ///
    /// # async fn example(service: PushService) -> Result<(), ServiceError> {
    /// let message = Message::new(Notification::alert("News", "A new version"));
    /// let (roster, size) = (Roster::everyone_confirmed(), NonZeroUsize::MIN.saturating_add(499));
    /// let (mut tally, mut next) = (Tally::default(), Some(Checkpoint::default()));
    /// while let Some(from) = next {
    ///     let page = service.send_page(&message, &roster, from, size).await?;
    ///     tally += page.report.tally();
    ///     next = page.next;
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// As [`stream`](Self::stream), and whatever the registry reports.
    pub async fn send_page(
        &self,
        message: &Message,
        roster: &Roster,
        from: Checkpoint,
        size: NonZeroUsize,
    ) -> Result<PageReport, ServiceError> {
        let plan = Plan::new(&self.0, message.clone())?;
        let (found, next) = self.found(roster, from, size).await?;
        let mut report = PushReport::default();
        for device in self.page(&plan, Ok(found)).await {
            match device {
                Ok(device) => report.devices.push(device),
                Err(error) => report.error = Some(error),
            }
        }
        Ok(PageReport { report, next })
    }

    async fn found(
        &self,
        roster: &Roster,
        from: Checkpoint,
        size: NonZeroUsize,
    ) -> Result<(Found, Option<Checkpoint>), ServiceError> {
        let registry = &self.0.registry;
        let query = match roster {
            Roster::Devices(devices) => {
                let (part, next) = part(devices, from, size);
                return Ok((audience::look_up(registry, part).await?, next));
            }
            Roster::Users(users) => {
                let (part, next) = part(users, from, size);
                return Ok((audience::devices_of(registry, part).await?, next));
            }
            Roster::Matching(expression) => DeviceQuery::Matching(expression.clone().into()),
            Roster::Everyone { confirmed: true } => DeviceQuery::All,
            Roster::Everyone { confirmed: false } => return Err(ServiceError::Everyone),
        };
        let page = registry.page(&query, from.after, size).await?;
        let next = page.next.map(|after| Checkpoint {
            after: Some(after),
            ..from
        });
        let found = Found {
            devices: page.devices,
            without: Vec::new(),
        };
        Ok((found, next))
    }
}

/// So many of a list after those that are done, and where it goes on.
fn part<T: Clone>(
    list: &[T],
    from: Checkpoint,
    size: NonZeroUsize,
) -> (Vec<T>, Option<Checkpoint>) {
    let rest = list.get(from.listed..).unwrap_or_default();
    let part: Vec<T> = rest.iter().take(size.get()).cloned().collect();
    let listed = from.listed.saturating_add(part.len());
    let next = (listed < list.len()).then_some(Checkpoint { listed, ..from });
    (part, next)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_is_read_in_parts_without_a_gap_and_ends() {
        let list: Vec<u32> = (0..7).collect();
        let size = NonZeroUsize::new(3).unwrap();
        let (mut read, mut next) = (Vec::new(), Some(Checkpoint::default()));
        while let Some(from) = next {
            let (more, then) = part(&list, from, size);
            read.extend(more);
            next = then;
        }
        assert_eq!(read, list);
        // A checkpoint from another list.
        let beyond = Checkpoint {
            listed: 99,
            ..Checkpoint::default()
        };
        assert_eq!(part(&list, beyond, size), (Vec::new(), None));
    }
}
