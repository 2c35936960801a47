//! The behaviour suite's list of vendors names their ways; here everybody goes the direct one.
#![allow(dead_code, reason = "named by the list, and not asked")]

/// A way to a provider.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Way {
    Direct,
    Linked,
    Loaded,
}
