//! The user-level service.

mod presence;
mod registry;
