//! What a program's subscriber gets to see: spans and events of every crate, at every level.

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::sync::{Arc, Mutex};

use lakeorm_tests::trace::keep_interest;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::subscriber::DefaultGuard;
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt};
use tracing_subscriber::registry::{LookupSpan, Registry};

pub(crate) type Fields = BTreeMap<String, String>;

/// A span that has been closed.
#[derive(Debug, Clone)]
pub(crate) struct Closed {
    pub(crate) target: String,
    pub(crate) name: &'static str,
    pub(crate) parent: Option<&'static str>,
    pub(crate) level: Level,
    pub(crate) fields: Fields,
}

#[derive(Debug, Clone)]
pub(crate) struct Told {
    pub(crate) target: String,
    pub(crate) level: Level,
    /// The innermost span that was entered.
    pub(crate) inside: Option<&'static str>,
    pub(crate) fields: Fields,
}

/// Collects for as long as it lives what happens on its thread, which is all of a test's runtime.
pub(crate) struct Capture {
    seen: Arc<Mutex<Seen>>,
    _guard: DefaultGuard,
}

#[derive(Default)]
struct Seen {
    closed: Vec<Closed>,
    told: Vec<Told>,
}

impl Capture {
    pub(crate) fn start() -> Self {
        keep_interest();
        let seen = Arc::<Mutex<Seen>>::default();
        let subscriber = Registry::default().with(Collecting(Arc::clone(&seen)));
        Self { seen, _guard: tracing::subscriber::set_default(subscriber) }
    }

    /// The spans of queries and statements that have been closed.
    pub(crate) fn spans(&self) -> Vec<Closed> {
        let closed = self.seen.lock().unwrap().closed.clone();
        closed.into_iter().filter(|span| span.target == "lakeorm").collect()
    }

    /// The one such span.
    pub(crate) fn span(&self) -> Closed {
        let spans = self.spans();
        assert_eq!(spans.len(), 1, "{spans:?}");
        spans[0].clone()
    }

    pub(crate) fn events(&self) -> Vec<Told> {
        self.seen.lock().unwrap().told.clone()
    }

    /// Everything that was told at one of these levels, by whichever crate.
    pub(crate) fn everything(&self, wanted: impl Fn(Level) -> bool) -> Vec<String> {
        let seen = self.seen.lock().unwrap();
        let spans = seen.closed.iter().filter(|span| wanted(span.level)).map(|span| format!("{span:?}"));
        let events = seen.told.iter().filter(|event| wanted(event.level)).map(|event| format!("{event:?}"));
        spans.chain(events).collect()
    }
}

struct Collecting(Arc<Mutex<Seen>>);

impl<S: Subscriber + for<'l> LookupSpan<'l>> Layer<S> for Collecting {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let span = context.span(id).unwrap();
        let mut fields = Reading::default();
        attributes.record(&mut fields);
        span.extensions_mut().insert(fields);
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        let span = context.span(id).unwrap();
        values.record(span.extensions_mut().get_mut::<Reading>().unwrap());
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let mut fields = Reading::default();
        event.record(&mut fields);
        let metadata = event.metadata();
        let inside = context.event_span(event).map(|span| span.name());
        let told =
            Told { target: metadata.target().to_owned(), level: *metadata.level(), inside, fields: fields.0 };
        self.0.lock().unwrap().told.push(told);
    }

    fn on_close(&self, id: Id, context: Context<'_, S>) {
        let span = context.span(&id).unwrap();
        let fields = span.extensions_mut().remove::<Reading>().unwrap().0;
        let metadata = span.metadata();
        let closed = Closed {
            target: metadata.target().to_owned(),
            name: metadata.name(),
            parent: span.parent().map(|parent| parent.name()),
            level: *metadata.level(),
            fields,
        };
        self.0.lock().unwrap().closed.push(closed);
    }
}

#[derive(Default)]
struct Reading(Fields);

impl Visit for Reading {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.0.insert(field.name().to_owned(), value.to_owned());
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.0.insert(field.name().to_owned(), format!("{value:?}"));
    }
}
