//! A typed query layer for the lakehouse: annotate a struct, write SQL, and read and write typed rows on any server
//! that speaks Spark Connect.
//!
//! Derive [`LakeRow`] on a struct and results decode into it: columns are matched by name, checked once against the
//! result's schema, and read from Arrow without a lookup per row. A [`Client`] runs the queries over a driver;
//! [`spark::SparkDriver`] is the driver for every server that speaks Spark Connect.
//!
//! ```no_run
//! use lakeorm::spark::SparkDriver;
//! use lakeorm::{Client, LakeRow, query};
//!
//! #[derive(Debug, LakeRow)]
//! struct User {
//!     id: i64,
//!     email: String,
//! }
//!
//! # async fn run() -> lakeorm::Result<()> {
//! let db = Client::new(SparkDriver::from_env()?); // SPARK_REMOTE=sc://localhost:15002
//! let british = db.sql("SELECT id, email FROM users WHERE country_code = ?").bind("UK");
//! let users: Vec<User> = query::<User>(&db, british).await?;
//! # Ok(()) }
//! ```
//!
//! ```text
//! cargo add lakeorm futures
//! cargo add tokio --features macros,rt-multi-thread
//! ```
//!
//! With [`derive(LakeTable)`](derive@LakeTable) structs are written too, to Iceberg and Delta tables:
//!
//! ```no_run
//! use lakeorm::dialect::Delta;
//! use lakeorm::spark::SparkDriver;
//! use lakeorm::{Backend, LakeTable};
//!
//! #[derive(LakeTable)]
//! #[lake(table = "users")]
//! struct User {
//!     #[lake(merge_key)]
//!     id: i64,
//!     email: String,
//! }
//!
//! # async fn run(users: Vec<User>) -> lakeorm::Result<()> {
//! let db = lakeorm::open(SparkDriver::from_env()?, Delta::new(), Backend::none())?;
//! db.migrate::<User>().await?;
//! db.merge(&users).await?;
//! # Ok(()) }
//! ```
//!
//! # Sources, frames and statements
//!
//! | call | gives | run by |
//! |---|---|---|
//! | `db.sql`, `db.table`; `drv.from_sql`, `from_table`, `from_row`, `from_dataframe` | a [`Source`] | [`query()`], [`query_first`], [`query_optional`], [`query_scalar`], [`query_stream`], [`query_batches`] |
//! | `drv.sql`, `drv.table`, `drv.range`, `drv.read`, `drv.create_dataframe` | a lazy [`DataFrame`](spark::DataFrame) | the same, and its own `collect`, `show`, `write` |
//! | SQL as `&str` or `String` | | the same |
//! | `db.exec`, `drv.exec` | a statement, [`Exec`] | `.await` |
//! | `db.insert`, `db.insert_stream`, `db.merge`, `db.merge_stream`, `db.migrate` | a write, for a client made by [`open`] | `.await` |
//!
//! Here `db` is a [`Client`] and `drv` a [`SparkDriver`](spark::SparkDriver).
//!
//! # Features
//!
//! | feature | default | adds |
//! |---|---|---|
//! | `tls` | yes | TLS to the server, with the system's trusted roots |
//! | `compression` | yes | results whose Arrow buffers are compressed with LZ4 or ZSTD |
//! | `chrono` | yes | `chrono` dates, times and timestamps, in rows and as parameters |
//! | `jiff`, `time` | no | the same with the types of `jiff` and of `time` |
//! | `rust_decimal`, `bigdecimal` | no | DECIMAL as the types of these crates, to calculate with; [`Decimal`] holds all 38 digits but has no arithmetic |
//! | `json` | no | `#[lake(json)]`, `serde_json::Value`, `from_json` and `json_lines` for rows to write; turns on `chrono`, whose types your crate reads from JSON with `chrono`'s own feature `serde` |
//! | `garde` | no | `#[lake(validate)]`: rows are checked by the rules of `garde` 0.23 before they are written |
//! | `staging` | no | `Backend::parse`, and `insert_stream` and `merge_stream` of any size: rows go through Parquet files on a disk, which the engine must see too |
//! | `s3`, `gcs`, `azure` | no | `staging` in S3, Google Cloud Storage, Azure Blob Storage |
//! | `aws` | no | the module `aws`: EMR, Glue and Athena; turns on `tls` |
//! | `databricks-oauth` | no | tokens of service principals for [`databricks`]; turns on `tls` |
//! | `metrics` | no | counters, histograms and gauges through the facade of the crate `metrics` |
//! | `mock` | no | the module `mock`: a driver for tests without a server |
//! | `conformance` | no | the suite for authors of a [`Driver`] |
//!
//! # Crates of the public interface
//!
//! Types of [`spark_connect`] (the package `lakeorm-spark-connect`), `arrow-array` 60, `arrow-schema` 60, `bytes` 1,
//! `uuid` 1 and, with the feature `staging`, `object_store` 0.14 appear in signatures, so all of them are re-exported:
//! [`lakeorm::spark_connect`](spark_connect), [`lakeorm::arrow_array`](arrow_array),
//! [`lakeorm::arrow_schema`](arrow_schema), [`lakeorm::bytes`](bytes), [`lakeorm::uuid`](uuid),
//! `lakeorm::object_store`. A new major version of Arrow is a breaking release of this crate.
//!
//! These appear too and are not re-exported: `futures-core` 0.3 (`Stream`, `BoxFuture`); with the features of their
//! names `chrono` 0.4, `jiff` 1, `time` 0.3, `rust_decimal` 1, `bigdecimal` 0.4 and `garde` 0.23; with `json` `serde`
//! 1, `serde_json` 1 and `tokio` 1 (the reader of `json_lines`); and in
//! [`ChannelBuilder::connector`](spark_connect::ChannelBuilder::connector) `tower-service` 0.3 and `tokio` 1. The crate
//! `http` 1, which it takes too, is re-exported as [`spark_connect::http`].
//!
//! # A server to try it on
//!
//! Sail is a server in a Python wheel, without a JVM:
//!
//! ```text
//! pip install pysail==0.7.2
//! pip install --no-deps pyspark-client==4.2.0     # only for `ping`: Sail reports this package's version as its own
//! SAIL_RUNTIME__STACK_SIZE=67108864 sail spark server --ip 127.0.0.1 --port 15002
//! ```
//!
//! A deeply nested plan crashes it with the default stack.
//!
//! Each session needs two confs: `spark.sql.warehouse.dir`, the absolute path of the folder where tables without a
//! location go, and the time zone UTC, which Iceberg tables with timestamps need. Spark refuses the first one in a
//! session: there it is set when the server starts.
//!
//! ```no_run
//! use lakeorm::spark::SparkDriver;
//!
//! # fn run() -> lakeorm::Result<()> {
//! let drv = SparkDriver::builder("sc://localhost:15002")
//!     .session_conf("spark.sql.session.timeZone", "UTC")
//!     .session_conf("spark.sql.warehouse.dir", "/absolute/path")
//!     .build()?;
//! # Ok(()) }
//! ```
//!
//! Sail keeps its tables in the session: when the driver is closed, or idle for 15 minutes, they are gone, and only
//! their files stay. Use it to try the crate and for tests.

#![cfg_attr(docsrs, feature(doc_cfg))]

/// The programs of the README compile. One of them takes the feature `aws`.
#[cfg(all(doctest, feature = "aws"))]
#[doc = include_str!("../README.md")]
struct Readme;

#[macro_use]
mod macros;

#[cfg(feature = "aws")]
pub mod aws;
mod client;
mod command;
#[cfg(feature = "conformance")]
pub mod conformance;
pub mod databricks;
mod decode;
mod derive;
pub mod dialect;
mod driver;
pub mod encode;
mod error;
#[cfg(feature = "json")]
mod json;
#[cfg(feature = "metrics")]
mod metrics;
#[cfg(feature = "mock")]
pub mod mock;
mod names;
mod query;
mod source;
pub mod spark;
pub mod table;
#[cfg(any(feature = "databricks-oauth", feature = "s3", feature = "gcs", feature = "azure"))]
mod tls;
mod type_name;
mod value;
mod variant;
mod write;

#[doc(hidden)]
pub mod __private;

pub use arrow_array;
pub use arrow_schema;
pub use bytes;
pub use client::Client;
pub use column::{FromColumn, ReadError, Wkb};
pub use command::Command;
pub use decode::{column, row};
#[doc(inline)]
pub use derive::{LakeRow, LakeTable, LakeValue};
pub use driver::{
    BatchStream, Capabilities, Capability, DirectIngest, Driver, Exec, Execution, ExecutionPlan, PoolStatus,
    StagedRows, TableSupport,
};
#[doc(inline)]
pub use encode::{EncodeError, WriteError};
pub use error::{Error, ErrorKind, Result};
#[cfg(feature = "json")]
pub use json::Json;
#[cfg(feature = "staging")]
pub use object_store;
pub use query::{
    RowBatches, RowStream, query, query_batches, query_first, query_optional, query_scalar, query_stream,
};
pub use row::{DecodeError, DynamicRow, LakeRow, LakeRowOwned, RowBatch, Rows, RowsError, SchemaMismatch};
pub use source::{IntoSource, ProjectedColumn, Projection, Read, Source};
pub use spark_connect;
pub use spark_connect::sql::{Argument, Values};
pub use spark_connect::types::{Schema, StructField};
pub use spark_connect::{
    Arguments, CalendarInterval, DataType, DayTimeInterval, Decimal, DecimalError, Literal, LiteralError,
    Outcome, Progress, QueryContext, RetryPolicy, ServerError, StageProgress, ToLiteral, YearMonthInterval,
};
#[doc(inline)]
pub use table::LakeTable;
pub use uuid;
pub use value::{Moment, Value};
pub use variant::Variant;
#[cfg(feature = "json")]
pub use variant::VariantError;
#[cfg(feature = "staging")]
pub use write::StagingCleanup;
pub use write::{
    Backend, Difference, IngestId, Insert, Merge, Migrate, Migration, WritePath, WriteProgress, Written, open,
};
#[cfg(feature = "json")]
pub use write::{from_json, json_lines};
