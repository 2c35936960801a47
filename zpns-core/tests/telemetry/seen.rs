//! A subscriber that writes every span and every line down.

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::sync::{Arc, Mutex};

use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::{Context, SubscriberExt};
use tracing_subscriber::registry::LookupSpan;

pub(crate) type Fields = BTreeMap<String, String>;

/// One span of ours.
#[derive(Clone, Debug)]
pub(crate) struct SeenSpan {
    pub(crate) name: &'static str,
    pub(crate) parent: Option<&'static str>,
    pub(crate) fields: Fields,
    pub(crate) closed: bool,
}

/// One line.
#[derive(Clone, Debug)]
pub(crate) struct SeenLine {
    pub(crate) level: Level,
    pub(crate) message: String,
    pub(crate) fields: Fields,
    /// Within which span it was said.
    pub(crate) span: Option<&'static str>,
}

/// Everything that was seen, of `zpns_core` alone.
#[derive(Clone, Debug, Default)]
pub(crate) struct Seen {
    spans: Arc<Mutex<Vec<SeenSpan>>>,
    lines: Arc<Mutex<Vec<SeenLine>>>,
}

impl Seen {
    /// What is seen of this future's work, at every level.
    pub(crate) fn of(work: impl Future<Output = ()>) -> Self {
        let seen = Self::default();
        let subscriber = tracing_subscriber::registry().with(seen.clone());
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .start_paused(true)
            .build()
            .unwrap();
        tracing::subscriber::with_default(subscriber, || runtime.block_on(work));
        seen
    }

    pub(crate) fn spans(&self, name: &str) -> Vec<SeenSpan> {
        let mut spans = self.spans.lock().unwrap().clone();
        spans.retain(|span| span.name == name);
        spans
    }

    pub(crate) fn lines(&self) -> Vec<SeenLine> {
        self.lines.lock().unwrap().clone()
    }

    /// The messages of the warnings.
    pub(crate) fn warnings(&self) -> Vec<String> {
        let mut lines = self.lines();
        lines.retain(|line| line.level == Level::WARN);
        lines.into_iter().map(|line| line.message).collect()
    }
}

struct Read<'a>(&'a mut Fields);

impl Visit for Read<'_> {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.0.insert(field.name().to_owned(), value.to_owned());
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.0.insert(field.name().to_owned(), format!("{value:?}"));
    }
}

/// Where a span stands in the list.
struct Place(usize);

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Seen {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let span = context.span(id).unwrap();
        let mut fields = Fields::new();
        attributes.record(&mut Read(&mut fields));
        let mut spans = self.spans.lock().unwrap();
        span.extensions_mut().insert(Place(spans.len()));
        spans.push(SeenSpan {
            name: span.name(),
            parent: span.parent().map(|parent| parent.name()),
            fields,
            closed: false,
        });
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        let span = context.span(id).unwrap();
        let place = span.extensions().get::<Place>().unwrap().0;
        values.record(&mut Read(&mut self.spans.lock().unwrap()[place].fields));
    }

    fn on_close(&self, id: Id, context: Context<'_, S>) {
        let span = context.span(&id).unwrap();
        let place = span.extensions().get::<Place>().unwrap().0;
        self.spans.lock().unwrap()[place].closed = true;
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let mut fields = Fields::new();
        event.record(&mut Read(&mut fields));
        self.lines.lock().unwrap().push(SeenLine {
            level: *event.metadata().level(),
            message: fields.remove("message").unwrap_or_default(),
            fields,
            span: context.lookup_current().map(|span| span.name()),
        });
    }
}
