//! The provider as a whole, against a scripted Xiaomi.

mod config;
mod mi;
mod readme;
mod recall;
mod sending;
