//! A typed query layer for the lakehouse: annotate a struct, write SQL, get structs back.
//!
//! Derive [`LakeRow`] on a struct and every result decodes into it: matched by name, checked once against the
//! result's schema, read from Arrow without a lookup per row. A [`Client`] runs the queries over a driver;
//! [`spark::SparkDriver`] speaks to every server that speaks Spark Connect.
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
//! # A server to try it on
//!
//! Sail is one in a Python wheel, without a JVM. Three settings make it behave like a cluster: a larger stack, since a
//! deep plan ends the process otherwise, and in each session the time zone UTC, since Iceberg on Sail takes no other, and
//! an absolute path for tables without a location.
//!
//! ```text
//! pip install pysail==0.7.2
//! pip install --no-deps pyspark-client==4.2.0     # only for `ping`: Sail takes the version that it tells from there
//! SAIL_RUNTIME__STACK_SIZE=67108864 sail spark server --ip 127.0.0.1 --port 15002
//! ```
//!
//! ```no_run
//! # use lakeorm::spark::SparkDriver;
//! # fn run() -> lakeorm::Result<()> {
//! let drv = SparkDriver::builder("sc://localhost:15002")
//!     .session_conf("spark.sql.session.timeZone", "UTC")
//!     .session_conf("spark.sql.warehouse.dir", "/absolute/path")
//!     .build()?;
//! # Ok(()) }
//! ```

/// The first screen of the README compiles.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
struct Readme;

#[cfg(feature = "aws")]
pub mod aws;
mod client;
mod command;
#[cfg(feature = "conformance")]
pub mod conformance;
pub mod databricks;
mod decode;
pub mod dialect;
mod driver;
pub mod encode;
mod error;
#[cfg(feature = "json")]
mod json;
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

pub use client::Client;
pub use column::{FromColumn, Wkb};
pub use command::Command;
pub use decode::{column, row};
pub use driver::{
    BatchStream, Capabilities, Capability, DirectIngest, Driver, Exec, Execution, ExecutionPlan, PoolStatus,
    StagedRows,
};
pub use error::{Error, ErrorKind, Result};
#[cfg(feature = "json")]
pub use json::Json;
pub use lakeorm_derive::{LakeRow, LakeTable, LakeValue};
#[cfg(feature = "staging")]
pub use object_store;
pub use query::{
    RowBatches, RowStream, query, query_batches, query_first, query_optional, query_scalar, query_stream,
};
pub use row::{DecodeError, DynamicRow, LakeRow, LakeRowOwned, RowBatch, Rows, SchemaMismatch};
pub use source::{IntoSource, ProjectedColumn, Projection, Read, Source};
pub use spark_connect::sql::Values;
pub use spark_connect::{
    Arguments, CalendarInterval, DataType, DayTimeInterval, Decimal, DecimalError, Literal, LiteralError,
    Outcome, Progress, QueryContext, ServerError, StageProgress, ToLiteral, YearMonthInterval,
};
pub use table::LakeTable;
pub use value::{Moment, Value};
pub use variant::Variant;
#[cfg(feature = "json")]
pub use variant::VariantError;
#[cfg(feature = "staging")]
pub use write::Swept;
pub use write::{
    Backend, Difference, IngestId, Insert, Merge, Migrate, Migration, WritePath, WriteProgress, Written, open,
};
#[cfg(feature = "json")]
pub use write::{from_json, json_lines};
