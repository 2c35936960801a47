//! HONOR Push.
#![forbid(unsafe_code)]
