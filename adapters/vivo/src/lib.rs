//! vivo Push.
#![forbid(unsafe_code)]
