//! Scripted faults: what a script says, and how it is read.
//!
//! A [`FaultScript`] is a list of [`Rule`]s. The first rule that matches a request and answers it
//! wins; rules that only delay or change the stream limit let the request go on. The file format
//! is described, with an example of each fault, in the `README.md` of this crate.

mod parse;
mod plan;
mod script;

pub use script::{Fault, FaultScript, GoAwayMode, RetryAfter, Rule, Target};

pub(crate) use plan::{Faults, Plan};
