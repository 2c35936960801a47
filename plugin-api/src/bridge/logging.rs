//! `tracing` events and `log` records, told to the host.
//!
//! Spans are not: the host has its own around every call.

use std::fmt;
use std::sync::Once;

use serde_json::{Map, Value};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::subscriber::Interest;
use tracing::{Event, Level, Metadata, Subscriber};

use super::current;
use crate::abi::log_level;

/// Makes this library's `tracing` and `log` speak to the hosts, once. A plugin that set up its own
/// keeps it.
pub(super) fn install() {
    static INSTALL: Once = Once::new();
    INSTALL.call_once(|| {
        let _ = tracing::subscriber::set_global_default(Bridge);
        if log::set_logger(&Bridge).is_ok() {
            log::set_max_level(log::LevelFilter::Trace);
        }
    });
}

/// Both a subscriber and a logger.
struct Bridge;

impl Subscriber for Bridge {
    /// The host's level may change at any time.
    fn register_callsite(&self, _: &'static Metadata<'static>) -> Interest {
        Interest::sometimes()
    }

    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.is_event() && wanted(level_of(metadata.level()))
    }

    /// Never asked for, because no span is enabled; any number but zero will do.
    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        let Some(host) = current::host() else { return };
        let mut fields = Fields::default();
        event.record(&mut fields);
        let metadata = event.metadata();
        host.log(
            level_of(metadata.level()),
            metadata.target(),
            &fields.message,
            &Value::Object(fields.rest).to_string(),
        );
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

impl log::Log for Bridge {
    fn enabled(&self, metadata: &log::Metadata<'_>) -> bool {
        wanted(metadata.level() as i32)
    }

    fn log(&self, record: &log::Record<'_>) {
        if !log::Log::enabled(self, record.metadata()) {
            return;
        }
        if let Some(host) = current::host() {
            // `log` counts its levels from 1 for errors, as the header does.
            let level = record.level() as i32;
            host.log(level, record.target(), &record.args().to_string(), "{}");
        }
    }

    fn flush(&self) {}
}

fn wanted(level: i32) -> bool {
    current::host().is_some_and(|host| level <= host.log_level())
}

fn level_of(level: &Level) -> i32 {
    match *level {
        Level::ERROR => log_level::ERROR,
        Level::WARN => log_level::WARN,
        Level::INFO => log_level::INFO,
        Level::DEBUG => log_level::DEBUG,
        Level::TRACE => log_level::TRACE,
    }
}

/// An event's fields, the message apart.
#[derive(Default)]
struct Fields {
    message: String,
    rest: Map<String, Value>,
}

impl Fields {
    fn put(&mut self, field: &Field, value: impl Into<Value>) {
        self.rest.insert(field.name().to_owned(), value.into());
    }
}

impl Visit for Fields {
    fn record_f64(&mut self, field: &Field, value: f64) {
        self.put(field, value);
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.put(field, value);
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.put(field, value);
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.put(field, value);
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        if field.name() == "message" {
            value.clone_into(&mut self.message);
        } else {
            self.put(field, value);
        }
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.record_str(field, &format!("{value:?}"));
    }
}
