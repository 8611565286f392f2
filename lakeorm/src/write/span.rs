//! The span of a write or a migration, inside of which its queries and statements have theirs, and its metrics.

use std::future::Future;

use tracing::{Instrument, Span, field};

#[cfg(feature = "metrics")]
use super::measured::Measured;
use super::{Migration, Written};
use crate::client::Client;
use crate::error::{Error, Result};
use crate::table::TableDefinition;

macro_rules! write_span {
    ($name:literal, $client:expr, $table:expr) => {
        tracing::info_span!(
            target: "lakeorm",
            $name,
            "otel.name" = format!("{} {}", $name, collection($client, $table)),
            "otel.kind" = "internal",
            "otel.status_code" = field::Empty,
            "db.collection.name" = collection($client, $table),
            "error.type" = field::Empty,
            "lakeorm.driver" = $client.name(),
            "lakeorm.outcome" = field::Empty,
            "lakeorm.error_kind" = field::Empty,
            "lakeorm.ingest_id" = field::Empty,
            "lakeorm.rows" = field::Empty,
            "lakeorm.write_path" = field::Empty,
            "lakeorm.retries" = field::Empty,
            "lakeorm.steps" = field::Empty,
        )
    };
}

pub(super) fn of_insert(client: &Client, table: &TableDefinition) -> Watched {
    Watched::new(write_span!("insert", client, table), "insert", client)
}

pub(super) fn of_merge(client: &Client, table: &TableDefinition) -> Watched {
    Watched::new(write_span!("merge", client, table), "merge", client)
}

pub(super) fn of_migration(client: &Client, table: &TableDefinition) -> Watched {
    Watched::new(write_span!("migrate", client, table), "migrate", client)
}

/// The table's name in what the client writes.
fn collection(client: &Client, table: &TableDefinition) -> String {
    let name = client.writing().map(|writing| writing.dialect().table_name(table));
    name.as_ref().unwrap_or_else(|| table.name()).to_string()
}

/// Tells the outcome when it is dropped, so that it is told of a dropped write too.
pub(super) struct Watched {
    span: Span,
    outcome: &'static str,
    #[cfg(feature = "metrics")]
    measured: Measured,
}

impl Watched {
    #[cfg_attr(not(feature = "metrics"), expect(unused_variables, reason = "labels of metrics"))]
    fn new(span: Span, operation: &'static str, client: &Client) -> Self {
        Self {
            span,
            outcome: "cancelled",
            #[cfg(feature = "metrics")]
            measured: Measured::new(client.name(), operation),
        }
    }

    /// Runs inside the span, which says in the end what came of it.
    pub(super) async fn until_end<T: Told>(mut self, running: impl Future<Output = Result<T>>) -> Result<T> {
        let ended = running.instrument(self.span.clone()).await;
        match &ended {
            Ok(done) => {
                self.outcome = "ok";
                done.tell(&mut self);
            }
            Err(error) => {
                self.outcome = "error";
                self.tell_error(error);
            }
        }
        ended
    }

    /// The kind, never the text: it may repeat what the server said.
    fn tell_error(&mut self, error: &Error) {
        let kind = format!("{:?}", error.kind());
        self.span.record("otel.status_code", "ERROR");
        self.span.record("error.type", kind.as_str());
        self.span.record("lakeorm.error_kind", kind.as_str());
        #[cfg(feature = "metrics")]
        self.measured.failed(kind);
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        self.span.record("lakeorm.outcome", self.outcome);
        #[cfg(feature = "metrics")]
        self.measured.count(self.outcome);
    }
}

/// What says of itself how it ended well.
pub(super) trait Told {
    fn tell(&self, watched: &mut Watched);
}

impl Told for Written {
    fn tell(&self, watched: &mut Watched) {
        watched.span.record("lakeorm.rows", self.rows());
        watched.span.record("lakeorm.write_path", self.path().to_string());
        watched.span.record("lakeorm.retries", self.retries());
        #[cfg(feature = "metrics")]
        watched.measured.written(*self);
    }
}

impl Told for Migration {
    fn tell(&self, watched: &mut Watched) {
        watched.span.record("lakeorm.steps", self.steps().len());
    }
}
