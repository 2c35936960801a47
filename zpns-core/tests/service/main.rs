//! The user-level service.

mod badge;
#[path = "../common/mod.rs"]
mod common;
mod hook;
mod presence;
mod push;
mod registry;
mod silent;
mod vendor;
