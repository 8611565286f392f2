//! The span of a write or a migration, inside of which its queries and statements have theirs.

use std::future::Future;

use tracing::{Instrument, Span, field};

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

pub(super) fn of_insert(client: &Client, table: &TableDefinition) -> Span {
    write_span!("insert", client, table)
}

pub(super) fn of_merge(client: &Client, table: &TableDefinition) -> Span {
    write_span!("merge", client, table)
}

pub(super) fn of_migration(client: &Client, table: &TableDefinition) -> Span {
    write_span!("migrate", client, table)
}

/// The table's name in what the client writes.
fn collection(client: &Client, table: &TableDefinition) -> String {
    let name = client.writing().map(|writing| writing.dialect().table_name(table));
    name.as_ref().unwrap_or_else(|| table.name()).to_string()
}

/// Runs inside the span, which says in the end what came of it.
pub(super) async fn watch<T>(
    span: Span,
    running: impl Future<Output = Result<T>>,
    tell: fn(&Span, &T),
) -> Result<T> {
    let mut watched = Watched { span, outcome: "cancelled" };
    let ended = running.instrument(watched.span.clone()).await;
    match &ended {
        Ok(done) => {
            tell(&watched.span, done);
            watched.outcome = "ok";
        }
        Err(error) => {
            tell_error(&watched.span, error);
            watched.outcome = "error";
        }
    }
    ended
}

/// Tells the outcome when it is dropped, so that it is told of a dropped write too.
struct Watched {
    span: Span,
    outcome: &'static str,
}

impl Drop for Watched {
    fn drop(&mut self) {
        self.span.record("lakeorm.outcome", self.outcome);
    }
}

pub(super) fn tell_written(span: &Span, written: &Written) {
    span.record("lakeorm.rows", written.rows());
    span.record("lakeorm.write_path", written.path().to_string());
    span.record("lakeorm.retries", written.retries());
}

pub(super) fn tell_migration(span: &Span, migration: &Migration) {
    span.record("lakeorm.steps", migration.steps().len());
}

/// The kind, never the text: it may repeat what the server said.
fn tell_error(span: &Span, error: &Error) {
    let kind = format!("{:?}", error.kind());
    span.record("otel.status_code", "ERROR");
    span.record("error.type", kind.as_str());
    span.record("lakeorm.error_kind", kind);
}
