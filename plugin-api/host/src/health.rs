//! How an instance does: what a watch over plugins reads.

use crate::instance::Standing;

/// How an instance does. The counts are since it was made.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct Health {
    /// Whether it takes calls.
    pub standing: Standing,
    /// It panicked inside a call, and is given no more. Replace the provider.
    pub quarantined: bool,
    /// Calls that it has not ended, whether somebody still waits for them or not.
    pub unfinished: usize,
    /// Calls that it ended after nobody waited any more.
    pub late: u64,
    /// Completions of calls that were over or never were: a defect of the plugin.
    pub stray: u64,
    /// Calls that it ended with a panic.
    pub panicked: u64,
    /// Calls that it had not ended by their deadline.
    pub overdue: u64,
    /// Results that could not be read, in whole or in part.
    pub unreadable: u64,
}

/// What is counted.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Counter {
    Late,
    Stray,
    Panicked,
    Overdue,
    Unreadable,
}

impl Counter {
    pub(crate) const COUNT: usize = 5;
}
