//! What a host says, to whom, and what came of it.
//!
//! Every type is owned, `Clone + Debug + Send + Sync`, and serialises to the JSON that the
//! `zpns` command, the plugin boundary and the durable queue share: field names and enum values
//! in snake_case, points in time and durations in milliseconds.

mod click;
mod error;
mod ids;
mod notification;
mod outcome;
mod report;
mod scope;
mod time;
mod vendor_options;

pub use click::OnClick;
pub use error::{Error, ErrorKind, Retry, Sent, VendorCode};
pub use ids::{MessageId, ProviderId, Target, Token, Vendor, mask};
pub use notification::{Badge, CallEvent, Category, Kind, Notification, Priority, Sender, Sound};
pub use outcome::{Accepted, Outcome, Rejection, TokenAction};
pub(crate) use report::Answers;
pub use report::{Attempt, Notes, Report};
pub use scope::Scope;
pub use time::{Timestamp, duration_ms};
pub use vendor_options::{VendorOptions, VendorSection};
