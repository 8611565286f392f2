//! Spans and metrics of queries, statements and writes.
//!
//! # Spans
//!
//! Each query and each statement is one `tracing` span of the target `lakeorm` and the level `INFO`, named `query` or
//! `statement`. The actions of a frame (`collect`, `count`, `show`) and the calls of the catalog have none; a frame
//! that a query function reads has one. A span lasts from the first poll to the end of the result, to its error, or
//! until it is dropped, and its fields are those of OpenTelemetry's conventions for database clients:
//!
//! | field | content |
//! |---|---|
//! | `otel.name`, `otel.kind` | `SELECT users`, or as much of it as is known; `client` |
//! | `otel.status_code` | `ERROR` after an error |
//! | `db.system.name` | `spark`: the conventions list no name for it, and say to use the system's own |
//! | `db.operation.name` | `SELECT`, `INSERT`, … where the first word of the statement says it |
//! | `db.collection.name` | the table of `from_table` |
//! | `db.response.returned_rows` | rows that have been received |
//! | `db.response.status_code` | the SQLSTATE, if the server gave one |
//! | `error.type` | the server's error class, else the kind of the error |
//! | `server.address`, `server.port` | the server, once there is a session |
//! | `lakeorm.driver` | the driver's name |
//! | `lakeorm.outcome` | `ok`, `error`, `cancelled`: dropped before its end, as after a row that does not fit, or `not_found`: a table is not there that a migration looked for, or that a write had its session read anew, which is no error |
//! | `lakeorm.error_kind` | the [`ErrorKind`](crate::ErrorKind) |
//! | `lakeorm.batches`, `lakeorm.bytes` | record batches, and bytes of Arrow data, that have been received |
//! | `lakeorm.retries`, `lakeorm.reattaches` | requests made again after a failure; results taken up again |
//! | `lakeorm.pool_wait_ms` | the wait for a session, the opening of one included |
//! | `lakeorm.time_to_first_row_ms` | from the first poll to the first batch with a row |
//! | `lakeorm.operation_ids` | the operations as the server's logs and UI name them, with commas between |
//!
//! `db.namespace` is left out: only the server knows which database is current. The statement's text is logged in an
//! event of the level `TRACE`, as `db.query.text`, with its markers. Bound values, tokens and the text of the server's
//! errors are logged at no level.
//!
//! # Spans of writes
//!
//! Each insert, merge and migration (not `Migrate::plan`) has a span too, named `insert`, `merge` or `migrate`,
//! whatever the driver. The spans of what it runs are inside of it: of a new table a look at it (`not_found`), the
//! `CREATE TABLE`, and another look with a description; of a write a look at the table, a description for the first one
//! of a client, the statement, and a look for its rows where an answer was lost or a key was given. One of these may
//! end as `error` where the write goes on, as after a conflict: to be alerted of writes that failed, count the outcomes
//! of this span.
//!
//! | field | content |
//! |---|---|
//! | `otel.name`, `otel.kind` | `insert shop.orders`; `internal` |
//! | `db.collection.name` | the table |
//! | `otel.status_code`, `lakeorm.driver`, `lakeorm.error_kind` | as above |
//! | `error.type` | the error's kind |
//! | `lakeorm.outcome` | `ok`, `error` or `cancelled` |
//! | `lakeorm.ingest_id` | the id of the write, which its rows have |
//! | `lakeorm.rows`, `lakeorm.write_path`, `lakeorm.retries` | as in [`Written`](crate::Written) |
//! | `lakeorm.steps` | how many statements a migration has run |
//!
//! # To see them without OpenTelemetry
//!
//! `tracing_subscriber::fmt()` prints events and no spans by itself, so nothing is seen at `INFO`. This prints one line
//! for each span when it ends, with its fields:
//!
//! ```text
//! use tracing_subscriber::fmt::format::FmtSpan;
//!
//! tracing_subscriber::fmt().with_span_events(FmtSpan::CLOSE).init();
//! ```
//!
//! # Metrics
//!
//! With the feature `metrics`, through whatever recorder the program installs. All metrics have the label `driver`. A
//! write or a migration is counted for itself, whatever the driver, and so are the queries and statements that it runs.
//! Call [`describe_metrics`](crate::spark::describe_metrics) once, after the recorder is installed.
//!
//! | name | type | unit | counts |
//! |---|---|---|---|
//! | `lakeorm_queries_total` | counter | – | queries and statements that ended, by `operation` (`query`, `statement`), `outcome` (as that of a query's span) and `error_kind` (`none` without an error) |
//! | `lakeorm_rows_total` | counter | rows | rows received, added when a query ends |
//! | `lakeorm_received_bytes_total` | counter | bytes | Arrow data received, added when a query ends |
//! | `lakeorm_retries_total` | counter | – | requests made again after a failure |
//! | `lakeorm_reattaches_total` | counter | – | results taken up again where their stream had ended |
//! | `lakeorm_query_duration_seconds` | histogram | s | from the first poll to the end, by `operation` |
//! | `lakeorm_pool_wait_seconds` | histogram | s | the wait for a session, by `operation` |
//! | `lakeorm_time_to_first_row_seconds` | histogram | s | from the first poll to the first row, by `operation` |
//! | `lakeorm_writes_total` | counter | – | inserts, merges and migrations that ended, by `operation` (`insert`, `merge`, `migrate`), `outcome` (as that of their span), `error_kind`, and `write_path` (as in [`Written`](crate::Written), or `none`) |
//! | `lakeorm_written_rows_total` | counter | rows | rows of inserts and merges that landed, which those of a key that had landed before are not |
//! | `lakeorm_written_bytes_total` | counter | bytes | their Arrow data |
//! | `lakeorm_write_retries_total` | counter | – | how often the statements of writes that landed were sent again: others had committed first, or an answer was lost |
//! | `lakeorm_write_duration_seconds` | histogram | s | from the first poll to the end of an insert, a merge or a migration, by `operation` |
//! | `lakeorm_pool_sessions_in_use` | gauge | sessions | borrowed or being opened |
//! | `lakeorm_pool_sessions_idle` | gauge | sessions | ready |
//! | `lakeorm_pool_callers_waiting` | gauge | callers | waiting for a session |
//!
//! The gauges are updated whenever one of them changes.
