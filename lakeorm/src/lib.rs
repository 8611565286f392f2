//! A typed query layer for the lakehouse: annotate a struct, write SQL, get structs back.

#[cfg(test)]
extern crate self as lakeorm;

mod client;
pub mod column;
mod decimal;
mod driver;
mod error;
mod query;
pub mod row;

#[doc(hidden)]
pub mod __private;

pub use client::Client;
pub use column::FromColumn;
pub use decimal::Decimal;
pub use driver::{BatchStream, Driver, spark};
pub use error::{Error, ErrorKind, Result};
pub use lakeorm_derive::LakeRow;
pub use query::{
    Projection, Read, RowBatches, RowStream, Source, query, query_batches, query_first, query_optional,
    query_stream,
};
pub use row::{LakeRow, LakeRowOwned, RowBatch};
pub use spark_connect::{Literal, QueryContext, ServerError, ToLiteral};
