//! A Spark Connect client: from a connection string to Arrow record batches.
//!
//! ```text
//! "sc://…" → Remote → Channel → Session → Relation → BatchStream → RecordBatch
//!   text     parsed    HTTP/2   id+state    data     reattaching     Arrow
//! ```
//!
//! Each arrow turns one type into the next. A [`Session`] runs queries and statements; a result survives a
//! broken connection, and ends without an error only where the server said that it is complete.
//!
//! ```no_run
//! use futures_util::TryStreamExt;
//! use spark_connect::{Channel, Relation, Session, Sql};
//!
//! async fn run() -> Result<(), Box<dyn std::error::Error>> {
//!     let channel = Channel::builder("sc://localhost:15002".parse()?).build()?;
//!     let session = Session::new(&channel);
//!
//!     // The value is bound: it never becomes part of the statement.
//!     let query = Sql::new("SELECT id, id * id AS square FROM range(10) WHERE id > ?").bind(4_i64);
//!     let mut batches = session.query(&Relation::from(query));
//!     while let Some(batch) = batches.try_next().await? {
//!         println!("{} rows of {} columns", batch.num_rows(), batch.num_columns());
//!     }
//!
//!     session.release().await?;
//!     Ok(())
//! }
//! ```
//!
//! [`SessionPool`](pool::SessionPool) hands out a bounded number of sessions. A [`DataFrame`] is built by chaining, as in
//! PySpark, with the [`functions`] of Spark. The package is `lakeorm-spark-connect`, its library `spark_connect`; the crate
//! `lakeorm` reads and writes typed rows over it.
//!
//! # Features
//!
//! | feature | default | adds |
//! |---|---|---|
//! | `tls` | yes | TLS to the server, with the system's trusted roots |
//! | `compression` | yes | results whose Arrow buffers are compressed with LZ4 or ZSTD |
//! | `chrono`, `jiff`, `time` | no | binding the dates, times and timestamps of these crates |
//! | `rust_decimal`, `bigdecimal` | no | binding the decimals of these crates, beside [`Decimal`] |
//! | `serde` | no | reading [`Decimal`] by `serde`, from strings and integers, and writing it as a string |
//!
//! # Crates of the public interface
//!
//! Types of these crates appear in signatures: `arrow-array` 60, `arrow-schema` 60, `bytes` 1, `uuid` 1
//! ([`Session::id`]), `futures-core` 0.3 (`Stream`, `BoxFuture`), `serde_json` 1 (a value that is bound), `http` 1
//! ([`Remote::headers`], [`ChannelBuilder::connector`]), `tower-service` 0.3 and `tokio` 1 (`connector` alone); with the
//! features of their names `chrono` 0.4, `jiff` 1, `time` 0.3, `rust_decimal` 1, `bigdecimal` 0.4 and `serde` 1.
//! Re-exported are [`arrow_array`], [`arrow_schema`], [`bytes`], [`http`] and [`uuid`].

#![cfg_attr(docsrs, feature(doc_cfg))]

/// The program of the README compiles.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

mod calendar;
pub mod catalog;
pub mod channel;
#[doc(hidden)]
pub mod clock;
pub mod dataframe;
pub mod error;
mod execute;
pub mod functions;
#[cfg(feature = "fuzzing")]
#[doc(hidden)]
pub mod fuzzing;
mod listener;
pub mod plan;
pub mod pool;
pub(crate) mod proto;
#[doc(hidden)]
pub mod redaction;
pub mod remote;
mod retry;
mod rpc;
pub mod session;
pub mod sql;
pub mod token;
pub mod types;

pub use arrow_array;
pub use arrow_schema;
pub use bytes;
#[cfg(feature = "tls")]
pub use channel::Tls;
pub use channel::{Channel, ChannelBuilder};
pub use dataframe::DataFrame;
pub use error::{Error, ErrorKind, QueryContext, Result, ServerError};
pub use execute::{BatchStream, ExecutionStats, Observer, Outcome, Progress, StageProgress};
pub use http;
pub use plan::{
    AsOf, AsOfDirection, Column, IntoColumn, IntoColumns, IntoCondition, IntoDataType, IntoJoinOn,
    IntoMembers, IntoNames, IntoValue, JoinOn, JoinType, MergeAction, PlanError, Relation, SaveMode, Sql,
    Window, WindowBound,
};
pub use remote::{Remote, RemoteError};
pub use retry::{RetryPolicy, Sleep, Timer};
pub use rpc::ServerProfile;
pub use session::Session;
pub use sql::{Arguments, SqlError, Statement};
pub use token::{AccessToken, TokenProvider};
pub use types::{
    CalendarInterval, DataType, DayTimeInterval, DdlError, Decimal, DecimalError, Literal, LiteralError,
    Schema, StructField, ToLiteral, YearMonthInterval,
};
pub use uuid;
