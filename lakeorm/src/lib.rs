//! A typed query layer for the lakehouse: SQL in, structs out.
//!
//! Derive [`LakeRow`] on a struct and every result decodes into it: matched by name, checked once against the
//! result's schema, read from Arrow without a lookup per row.

#[doc(hidden)]
pub mod __private;
pub mod column;
mod decimal;
pub mod row;

pub use crate::column::FromColumn;
pub use crate::decimal::{Decimal, DecimalError};
pub use crate::row::{DecodeError, LakeRow, LakeRowOwned, RowBatch, Rows, SchemaMismatch};
pub use lakeorm_derive::LakeRow;
