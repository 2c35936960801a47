//! Xiaomi Push.
#![forbid(unsafe_code)]
