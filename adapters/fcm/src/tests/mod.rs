//! The provider as a whole, against a scripted Google.

mod config;
mod google;
mod readme;
mod sending;
