//! The provider, against a Meizu that answers as a test tells it to.

mod config;
mod meizu;
mod readme;
mod sending;
