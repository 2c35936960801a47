//! The provider as a whole, against a scripted HONOR.

mod cloud;
mod config;
mod login;
mod readme;
mod receipt;
mod sending;
