//! The providers as a whole, against a scripted Huawei.

mod cloud;
mod config;
mod harmony;
mod hms;
mod readme;
mod receipt;
