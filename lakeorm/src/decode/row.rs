//! Rows: how the columns of a result become a struct.
//!
//! Three steps, so that nothing is left to decide per row.
//! 1. *Resolve*, once per result: [`Layout::resolve`] matches the columns a row needs against the result's schema
//!    and reports every mismatch at once.
//! 2. *Bind*, once per batch: [`Layout::check`] looks for NULLs where the row has no room for them, then each
//!    column is downcast into a typed reader.
//! 3. *Read*, per row: an index into the readers.
//!
//! Most programs only meet [`LakeRow`], through its derive.

mod absent;
mod batch;
mod bind;
mod checked;
mod columns;
mod dynamic;
mod error;
mod hidden;
mod layout;
mod mismatch;
mod nested;
mod nulls;
mod owned;
mod read_mode;
mod resolve;
mod scalar;
mod size;
mod suggest;
mod tuple;
mod unpack;

pub use batch::{RowBatch, Rows, RowsError};
pub use bind::{Bound, BoundRow, ColumnCursor};
pub use checked::CheckedBatch;
pub(crate) use checked::Pieces;
pub use columns::{Column, Columns};
pub use dynamic::DynamicRow;
pub use error::DecodeError;
pub use layout::Layout;
pub use mismatch::{Mismatch, SchemaMismatch};
pub(crate) use scalar::Scalar;
pub(crate) use size::unpacked_bytes;

// Only generated code names these.
#[doc(hidden)]
pub use absent::AbsentOr;
#[doc(hidden)]
pub use dynamic::DynamicReaders;
#[doc(hidden)]
pub use nested::{accept_struct, bind_struct};
#[doc(hidden)]
pub use owned::OwnedElseUseQueryBatches;
#[doc(hidden)]
pub use read_mode::RowReadMode;

use crate::column::ReadError;

/// A type that one row of a result decodes into.
///
/// Derive it: `#[derive(LakeRow)]` on a struct with named fields. Tuples of up to 16 values implement it too and
/// are read by position. An `Option` of a row is `None` where all of its columns are NULL.
///
/// The lifetime is the batch's. An owned row (all of its fields own their data) implements the trait for every
/// `'b`, and [`LakeRowOwned`]; a row that borrows strings or bytes implements it for batches that live
/// long enough.
///
/// # Implementing it by hand
///
/// [`columns`](Self::columns) says what the row needs; [`bind`](Self::bind) takes the readers in the same order;
/// [`read`](Self::read) reads one row from them. A row that owns its data says so with [`LakeRowOwned`].
///
/// ```
/// use lakeorm::column::ReadError;
/// use lakeorm::row::{Bound, ColumnCursor, Columns, LakeRow, LakeRowOwned};
///
/// struct Point {
///     x: f64,
///     y: f64,
/// }
///
/// impl<'b> LakeRow<'b> for Point {
///     type Readers = (Bound<'b, f64>, Bound<'b, f64>);
///     const NAME: &'static str = "Point";
///
///     fn columns(columns: &mut Columns) {
///         columns.named::<f64>("x", "x");
///         columns.named::<f64>("y", "y");
///     }
///
///     fn bind(cursor: &mut ColumnCursor<'b, '_>) -> Result<Self::Readers, ReadError> {
///         Ok((cursor.next()?, cursor.next()?))
///     }
///
///     fn read(readers: &Self::Readers, row: usize) -> Result<Self, ReadError> {
///         Ok(Point { x: readers.0.read(row)?, y: readers.1.read(row)? })
///     }
/// }
///
/// impl LakeRowOwned for Point {}
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a row that a result can decode into",
    label = "not a row",
    note = "add `#[derive(lakeorm::LakeRow)]` to the struct",
    note = "a row of one value is a tuple: `(i64,)`"
)]
pub trait LakeRow<'b>: Sized {
    /// One reader per column, bound to a batch. A stream of rows keeps them between polls, which may be on different
    /// threads.
    type Readers: Send;

    /// The row type's name, for messages.
    const NAME: &'static str;

    /// Declares the columns that the row needs, in the order in which [`bind`](Self::bind) takes them.
    fn columns(columns: &mut Columns);

    /// Takes one reader per declared column, in the declared order.
    ///
    /// # Errors
    /// A column of the batch is not of the type that the result's schema announced.
    fn bind(cursor: &mut ColumnCursor<'b, '_>) -> Result<Self::Readers, ReadError>;

    #[doc(hidden)]
    /// Whether [`read_fast`](Self::read_fast) never fails: as of a row whose columns are all
    /// [`INFALLIBLE`](crate::FromColumn::INFALLIBLE).
    const INFALLIBLE: bool = false;

    #[doc(hidden)]
    /// How many of the first `rows` rows [`read_fast`](Self::read_fast) may read: the least that a column
    /// [says](crate::FromColumn::fast_rows). The answer changes speed and no value.
    #[inline]
    fn fast_rows(readers: &Self::Readers, rows: usize) -> usize {
        let _ = readers;
        rows
    }

    #[doc(hidden)]
    /// [`read`](Self::read) by its shortest way, for rows that [`fast_rows`](Self::fast_rows) has allowed.
    ///
    /// # Errors
    /// A value is outside what the field's type can hold.
    #[inline]
    fn read_fast(readers: &Self::Readers, row: usize) -> Result<Self, ReadError> {
        Self::read(readers, row)
    }

    #[doc(hidden)]
    /// [`read`](Self::read) with a call per column: for rows that are seldom read, so that they cost little to compile.
    ///
    /// # Errors
    /// Those of [`read`](Self::read).
    fn read_out_of_line(readers: &Self::Readers, row: usize) -> Result<Self, ReadError> {
        Self::read(readers, row)
    }

    /// Reads the row with this index in the batch.
    ///
    /// # Errors
    /// A value is outside what the field's type can hold, or the index is outside the batch.
    fn read(readers: &Self::Readers, row: usize) -> Result<Self, ReadError>;
}

/// A row that owns its data: it outlives the batch, so it can be collected, streamed and sent between threads.
///
/// The derive implements it for structs without a lifetime, and tuples of such values have it. Beside a [`LakeRow`]
/// that is written by hand stands `impl LakeRowOwned for Point {}`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a row that owns its data",
    label = "not an owned row",
    note = "add `#[derive(lakeorm::LakeRow)]` to the struct; a row of one value is a tuple: `(i64,)`",
    note = "a row that borrows from its batch is read with `query_batches` and `RowBatch::rows`",
    note = "a type parameter says that it is one: `T: lakeorm::LakeRowOwned`"
)]
pub trait LakeRowOwned: for<'b> LakeRow<'b> + Send + 'static {}
