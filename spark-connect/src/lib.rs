//! A Spark Connect client: from a connection string to Arrow record batches.
//!
//! ```text
//! "sc://…" → Remote → Channel → Session → Relation → BatchStream → RecordBatch
//!   text     parsed    HTTP/2   id+state    data     reattaching     Arrow
//! ```
//!
//! Each arrow turns one type into the next. A [`Session`] runs queries and statements; a result survives a
//! broken connection, and ends without an error only where the server said that it is complete.

#![cfg_attr(docsrs, feature(doc_cfg))]

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
mod redaction;
pub mod remote;
mod retry;
mod rpc;
pub mod session;
pub mod sql;
pub mod token;
pub mod types;

#[cfg(feature = "tls")]
pub use channel::Tls;
pub use channel::{Channel, ChannelBuilder};
pub use dataframe::DataFrame;
pub use error::{Error, ErrorKind, QueryContext, Result, ServerError};
pub use execute::{BatchStream, ExecutionStats, Observer, Outcome, Progress, StageProgress};
pub use plan::{
    AsOf, AsOfDirection, Column, FrameBound, IntoColumn, IntoValue, JoinOn, JoinType, MergeAction, PlanError,
    Relation, SaveMode, Sql, Window,
};
pub use remote::Remote;
pub use retry::{RetryPolicy, Sleep, Timer};
pub use rpc::ServerProfile;
pub use session::Session;
pub use sql::Arguments;
pub use token::{AccessToken, TokenProvider};
pub use types::{
    CalendarInterval, DataType, DayTimeInterval, Decimal, DecimalError, Literal, LiteralError, StructField,
    ToLiteral, YearMonthInterval,
};
