//! The provider as a whole, against a scripted OPPO.

mod broadcast;
mod config;
mod login;
mod oppo;
mod readme;
mod regions;
mod sending;
