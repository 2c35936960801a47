//! OPPO Push.
#![forbid(unsafe_code)]
