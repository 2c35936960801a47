//! The user-level service.

#[path = "../common/mod.rs"]
mod common;
mod presence;
mod push;
mod registry;
mod silent;
mod vendor;
