//! A typed query layer for the lakehouse: annotate a struct, write SQL, get structs back.
//!
//! Derive [`LakeRow`] on a struct and every result decodes into it: matched by name, checked once against the
//! result's schema, read from Arrow without a lookup per row. A [`Client`] runs the queries over a driver;
//! [`spark::SparkDriver`] speaks to every server that speaks Spark Connect.

/// The first screen of the README compiles.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
struct Readme;

mod client;
mod command;
#[cfg(feature = "conformance")]
pub mod conformance;
pub mod databricks;
mod decode;
mod driver;
mod error;
#[cfg(feature = "json")]
mod json;
mod names;
mod query;
mod source;
pub mod spark;
mod type_name;
mod value;
mod variant;

#[doc(hidden)]
pub mod __private;

pub use client::Client;
pub use column::{FromColumn, Wkb};
pub use command::Command;
pub use decode::{column, row};
pub use driver::{BatchStream, Capabilities, Capability, Driver, Exec, PoolStatus};
pub use error::{Error, ErrorKind, Result};
#[cfg(feature = "json")]
pub use json::Json;
pub use lakeorm_derive::{LakeRow, LakeValue};
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
pub use value::{Moment, Value};
pub use variant::Variant;
#[cfg(feature = "json")]
pub use variant::VariantError;
