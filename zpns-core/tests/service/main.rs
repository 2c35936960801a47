//! The user-level service.

mod registry;
