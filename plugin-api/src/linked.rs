//! A plugin that is linked into its host.

use crate::abi::Entry;

/// A Rust plugin that is linked into its host: what
/// [`export_provider!`](crate::export_provider) makes with a `static_name`.
///
/// Its table is this crate's, which keeps to the header; that is why a host takes it without
/// `unsafe`.
#[derive(Clone, Copy, Debug)]
pub struct Linked(Entry);

impl Linked {
    /// For the macro, and for who writes a table by hand.
    ///
    /// # Safety
    /// `entry` is that of a plugin, which keeps to the header.
    pub const unsafe fn new(entry: Entry) -> Self {
        Self(entry)
    }

    /// The plugin's entry.
    pub const fn entry(self) -> Entry {
        self.0
    }
}
