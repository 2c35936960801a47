//! The message model, the provider trait and the router of zpns.
//!
//! This crate knows no vendor, no HTTP client and no database. It holds what every other room of
//! the house agrees on:
//!
//! * [`model`]: what a host says ([`Notification`]), to whom ([`Target`]) and what came of it
//!   ([`Outcome`], [`Report`], [`Error`]);
//! * [`provider`]: the one trait that a vendor implements ([`PushProvider`]), and the flat
//!   [`Capability`] with which it says what it can do;
//! * [`resources`]: HTTP, clock and randomness, injected at construction;
//! * [`config`]: types shared by every vendor's section of the config file, and [`Secret`];
//! * [`layers`]: what wraps a provider (deadline, retry, breaker, rate, concurrency, time-out);
//! * [`router`]: groups targets, splits them into batches, keeps several in flight;
//! * [`preflight`]: what a look at a message tells before anything is sent;
//! * [`receipt`]: what vendors report afterwards, in the words of all of them;
//! * [`service`]: users and their devices, on top of the router;
//! * [`observer`]: where events go, and [`telemetry`]: observers that make spans and metrics of
//!   them.
#![forbid(unsafe_code)]

pub mod config;
pub mod layers;
pub mod model;
pub mod observer;
pub mod preflight;
pub mod provider;
pub mod receipt;
pub mod resources;
pub mod router;
pub mod service;
pub mod telemetry;

pub use config::{Connection, Secret};
pub use model::{
    Accepted, Attempt, Badge, CallEvent, Category, Error, ErrorKind, Kind, MessageId, Notes,
    Notification, OnClick, Outcome, Priority, ProviderId, Rejection, Report, Retry, Scope, Sender,
    Sent, Sound, Target, Timestamp, Token, TokenAction, Vendor, VendorCode, VendorOptions,
};
pub use observer::{Event, Observer};
pub use provider::{
    Batch, Capability, Check, Environment, Expiry, Fields, Kinds, LimitPolicy, ProviderInfo,
    PushProvider, Setup, Variant,
};
pub use receipt::{Receipt, ReceiptEvent, ReceiptReader, Receipts};
pub use resources::{Clock, HttpClient, HttpConnector, Random, Resources};
pub use router::{Delivery, Passage, Recipient, Router, SendOptions, Step};
