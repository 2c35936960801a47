//! The clients that ours are compared with.

pub mod a2;
pub mod reqwest;
