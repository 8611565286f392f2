//! The span: its fields, by the names of OpenTelemetry's conventions for database clients where there are any.

use std::time::Duration;

use spark_connect::Observer;
use tracing::{Span, field};
use uuid::Uuid;

use super::{Ending, Summary};
use crate::error::Error;
use crate::source::Read;

/// The conventions list no name for Spark. A system that is not listed goes by its own; `other_sql` would not tell
/// Spark Connect from anything else.
const SYSTEM: &str = "spark";

/// The operations that the first word of a statement names. `WITH` is none: it may begin a query and an insert.
const OPERATIONS: [&str; 25] = [
    "SELECT", "VALUES", "FROM", "INSERT", "UPDATE", "DELETE", "MERGE", "CREATE", "ALTER", "DROP", "TRUNCATE",
    "DESCRIBE", "SHOW", "EXPLAIN", "SET", "RESET", "USE", "ANALYZE", "OPTIMIZE", "VACUUM", "REFRESH",
    "CACHE", "UNCACHE", "CALL", "COPY",
];

macro_rules! database_span {
    ($name:literal, $driver:expr, $operation:expr, $collection:expr) => {
        tracing::info_span!(
            target: "lakeorm",
            $name,
            "otel.name" = name($operation, $collection),
            "otel.kind" = "client",
            "otel.status_code" = field::Empty,
            "db.system.name" = SYSTEM,
            "db.operation.name" = $operation,
            "db.collection.name" = $collection,
            "db.response.returned_rows" = field::Empty,
            "db.response.status_code" = field::Empty,
            "server.address" = field::Empty,
            "server.port" = field::Empty,
            "error.type" = field::Empty,
            "lakeorm.driver" = $driver,
            "lakeorm.outcome" = field::Empty,
            "lakeorm.error_kind" = field::Empty,
            "lakeorm.batches" = field::Empty,
            "lakeorm.bytes" = field::Empty,
            "lakeorm.retries" = field::Empty,
            "lakeorm.reattaches" = field::Empty,
            "lakeorm.pool_wait_ms" = field::Empty,
            "lakeorm.time_to_first_row_ms" = field::Empty,
            "lakeorm.operation_ids" = field::Empty,
        )
    };
}

pub(super) fn of_query(driver: &str, read: &Read) -> Span {
    let collection = read.table();
    let operation = read.sql().map_or(Some("SELECT"), operation);
    database_span!("query", driver, operation, collection)
}

pub(super) fn of_statement(driver: &str, sql: &str) -> Span {
    let (operation, collection) = (operation(sql), None::<&str>);
    database_span!("statement", driver, operation, collection)
}

/// The text as its author wrote it, with markers where values are bound.
pub(super) fn tell_text(span: &Span, sql: &str) {
    tracing::trace!(target: "lakeorm", parent: span, { db.query.text = sql }, "running");
}

pub(super) fn name_server(span: &Span, authority: &str) {
    if let Some((address, port)) = address(authority) {
        span.record("server.address", address);
        span.record("server.port", port);
    }
}

/// The host, an IPv6 address without its brackets, and the port.
fn address(authority: &str) -> Option<(&str, u16)> {
    let (host, port) = authority.rsplit_once(':')?;
    let address = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
    Some((address.unwrap_or(host), port.parse().ok()?))
}

pub(super) fn record(span: &Span, summary: &Summary<'_>, observer: &Observer) {
    if span.is_disabled() {
        return;
    }
    let stats = summary.stats;
    span.record("db.response.returned_rows", stats.rows);
    span.record("lakeorm.batches", stats.batches);
    span.record("lakeorm.bytes", stats.bytes);
    span.record("lakeorm.retries", stats.retries);
    span.record("lakeorm.reattaches", stats.reattaches);
    span.record("lakeorm.pool_wait_ms", milliseconds(summary.pool_wait));
    span.record("lakeorm.time_to_first_row_ms", summary.first_row.map(milliseconds));
    let operations: Vec<String> = observer.operations().iter().map(Uuid::to_string).collect();
    if !operations.is_empty() {
        span.record("lakeorm.operation_ids", operations.join(","));
    }
    span.record("lakeorm.outcome", summary.ending.outcome());
    if let Ending::Failed(error) = summary.ending {
        record_error(span, error);
    }
}

/// Kind and class, never the text: the server's words may repeat the statement.
fn record_error(span: &Span, error: &Error) {
    let kind = format!("{:?}", error.kind());
    span.record("otel.status_code", "ERROR");
    span.record("error.type", error.error_class().filter(|class| is_name(class)).unwrap_or(&kind));
    span.record("db.response.status_code", error.sql_state().filter(|state| is_name(state)));
    span.record("lakeorm.error_kind", kind);
}

impl Ending<'_> {
    pub(super) fn outcome(self) -> &'static str {
        match self {
            Self::Complete => "ok",
            Self::NotFound => "not_found",
            Self::Failed(_) => "error",
            Self::Cancelled => "cancelled",
        }
    }
}

/// Whether a server's word is a name, as those of its conditions and states are, and not a sentence.
fn is_name(word: &str) -> bool {
    word.len() <= 128 && word.bytes().all(|byte| matches!(byte, b'A'..=b'Z' | b'0'..=b'9' | b'_' | b'.'))
}

/// The name of the span where it is exported.
fn name(operation: Option<&str>, collection: Option<&str>) -> String {
    match (operation, collection) {
        (Some(operation), Some(collection)) => format!("{operation} {collection}"),
        (Some(operation), None) => operation.to_owned(),
        _ => SYSTEM.to_owned(),
    }
}

fn operation(sql: &str) -> Option<&'static str> {
    let sql = sql.trim_start();
    let end = sql.find(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_').unwrap_or(sql.len());
    let (word, _) = sql.split_at(end);
    OPERATIONS.into_iter().find(|operation| operation.eq_ignore_ascii_case(word))
}

fn milliseconds(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1000.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_operation_is_named_where_its_first_word_says_it() {
        for (sql, named) in [
            ("SELECT 1", Some("SELECT")),
            ("\n  select*from t", Some("SELECT")),
            ("Insert INTO t VALUES (1)", Some("INSERT")),
            ("WITH q AS (SELECT 1) INSERT INTO t SELECT * FROM q", None),
            ("SELECTED", None),
            ("(SELECT 1)", None),
            ("-- SELECT\nDELETE FROM t", None),
            ("été", None),
            ("", None),
        ] {
            assert_eq!(operation(sql), named, "{sql}");
        }
    }

    #[test]
    fn a_sentence_is_no_name() {
        assert!(is_name("UNRESOLVED_COLUMN.WITH_SUGGESTION") && is_name("42P01"));
        assert!(!is_name("the value 'secret' is wrong") && !is_name(&"A".repeat(200)));
    }

    #[test]
    fn a_server_is_named_by_host_and_port_and_without_brackets() {
        assert_eq!(address("spark.example.com:15002"), Some(("spark.example.com", 15002)));
        assert_eq!(address("[2001:db8::7]:443"), Some(("2001:db8::7", 443)));
        assert_eq!(address("spark.example.com"), None);
    }

    #[test]
    fn a_span_is_called_by_operation_and_table() {
        assert_eq!(name(Some("SELECT"), Some("users")), "SELECT users");
        assert_eq!(name(Some("DROP"), None), "DROP");
        assert_eq!(name(None, None), "spark");
    }
}
