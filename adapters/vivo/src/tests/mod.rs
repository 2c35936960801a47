//! The provider as a whole, against a scripted vivo.

mod config;
mod credentials;
mod lists;
mod readme;
mod recall;
mod receipt;
mod sending;
mod vpush;
