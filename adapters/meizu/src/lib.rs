//! Meizu (Flyme) Push.
#![forbid(unsafe_code)]
