//! Delivery receipts: what vendors report, after the fact, about what they accepted.
//!
//! Every adapter whose vendor calls back has a [`ReceiptReader`], which turns the vendor's form into
//! [`Receipt`]s. [`Receipts`] keeps one per provider, together with the address that it is reached
//! at, and is all that a web server has to know.

mod event;
mod reader;
mod receipts;

pub use self::event::{DropReason, Receipt, ReceiptEvent};
pub use self::reader::{ReceiptError, ReceiptReader, ReceiptReply};
pub use self::receipts::{MOST_BYTES, Parsed, Receipts};
