//! Delivery receipts, joined to what was sent: milestones of a push, counts of a campaign, and what
//! the registry learns.

mod counts;
mod early;
mod memory;
mod milestone;
mod settle;
mod store;

pub use self::counts::CampaignCounts;
pub use self::memory::MemoryMilestones;
pub use self::milestone::{Milestone, PushRecord, Stage};
pub(super) use self::settle::{Desk, note, take};
pub use self::settle::{JoinedReceipt, ReceiptReport};
pub use self::store::{Early, Joined, Milestones};
