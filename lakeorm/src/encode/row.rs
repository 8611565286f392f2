//! Rows: how the fields of one Rust struct become the columns of a batch.

mod arrays;
mod fields;
mod nullable;
mod structs;
mod tuples;

pub use arrays::Arrays;
pub use fields::Fields;
pub use nullable::Optional;
pub use structs::Structs;

use std::sync::Arc;

use arrow_array::RecordBatch;
use arrow_schema::{FieldRef, Schema, SchemaRef};

use super::{EncodeError, WriteError};

/// A struct whose fields are the columns of a row: the way back of [`LakeRow`](crate::LakeRow).
///
/// [`derive(LakeTable)`](derive@crate::LakeTable) implements it. Tuples of up to 16 values have the columns `_1`, `_2`, ….
/// It is not for implementations by hand: what it requires may change in any release.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be written as a row",
    label = "its fields have no columns",
    note = "derive it: `#[derive(lakeorm::LakeTable)]` on a struct with named fields"
)]
pub trait ToRow {
    #[doc(hidden)]
    /// An encoder for each column.
    type Encoders;

    #[doc(hidden)]
    /// The type's name in messages.
    const NAME: &'static str;

    #[doc(hidden)]
    /// Declares the columns, in order.
    fn fields(fields: &mut Fields);

    #[doc(hidden)]
    /// Encoders with room for `rows` rows.
    fn encoders(rows: usize) -> Self::Encoders;

    #[doc(hidden)]
    /// Appends the row to each column.
    ///
    /// # Errors
    /// A value that its column cannot hold exactly.
    fn encode(&self, encoders: &mut Self::Encoders) -> Result<(), WriteError>;

    #[doc(hidden)]
    /// The same with a NULL in each column that a write stamps, for writes that leave these columns out.
    ///
    /// # Errors
    /// Those of [`encode`](Self::encode), for the other columns.
    fn encode_unstamped(&self, encoders: &mut Self::Encoders) -> Result<(), WriteError> {
        self.encode(encoders)
    }

    #[doc(hidden)]
    /// Appends to each column the placeholder of a row that is NULL.
    fn push_null(encoders: &mut Self::Encoders);

    #[doc(hidden)]
    /// Hands over the columns in the order of [`fields`](Self::fields).
    ///
    /// # Errors
    /// A column that Arrow has no room for.
    fn finish(encoders: Self::Encoders, arrays: &mut Arrays<'_>) -> Result<(), WriteError>;
}

/// A row that may be flattened into the row of a table, since it says nothing that only the table's own struct can.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be flattened into the row of a table",
    label = "it cannot be written as a row, or it says what only the table's own struct can",
    note = "`primary_key`, `merge_key`, `created_at`, `updated_at`, `comment` and `sql_default` on its fields, and `partition_by`, `sort_by` and `validate` on it, would be dropped: put the fields into the table's struct, or take the words away",
    note = "to write it as a row, derive it: `#[derive(lakeorm::LakeTable)]` on a struct with named fields"
)]
pub trait FlatRow: ToRow {}

impl<T: FlatRow> FlatRow for Option<T> {}

/// The schema of [`record_batch`].
///
/// # Errors
/// Two fields with one column, or a type that Arrow has no form of.
pub fn schema<T: ToRow>() -> Result<SchemaRef, EncodeError> {
    let fields = Fields::of::<T>().into_arrow().map_err(|error| EncodeError::new(T::NAME, None, error))?;
    Ok(Arc::new(Schema::new(fields)))
}

/// The rows as one Arrow batch, in one pass and without a value in between.
///
/// A field is a column of its name, NOT NULL unless it is an `Option`.
///
/// ```
/// use lakeorm::{LakeTable, encode};
///
/// #[derive(LakeTable)]
/// struct User {
///     id: i64,
///     email: Option<String>,
/// }
///
/// let users = [User { id: 1, email: Some("a@example.com".into()) }, User { id: 2, email: None }];
/// let batch = encode::record_batch(&users)?;
/// assert_eq!((batch.num_rows(), batch.num_columns()), (2, 2));
/// assert_eq!(batch.column(1).null_count(), 1);
/// # Ok::<(), encode::EncodeError>(())
/// ```
///
/// # Errors
/// A value that its column cannot hold exactly, with the row's index; two fields with one column; more than 2^31 bytes of
/// texts or elements of lists in one column.
pub fn record_batch<'r, T: ToRow + 'r>(
    rows: impl IntoIterator<Item = &'r T>,
) -> Result<RecordBatch, EncodeError> {
    let error = |row: Option<usize>| move |error: WriteError| EncodeError::new(T::NAME, row, error);
    let schema = schema::<T>()?;
    let rows = rows.into_iter();
    let mut encoders = T::encoders(rows.size_hint().0);
    for (index, row) in rows.enumerate() {
        row.encode(&mut encoders).map_err(error(Some(index)))?;
    }
    let columns = arrays::<T>(encoders, &schema.fields);
    let columns = columns.map_err(|refused| error(refused.position())(refused))?;
    RecordBatch::try_new(schema, columns).map_err(|refused| error(None)(WriteError::column(&refused)))
}

/// The columns of these fields.
fn arrays<T: ToRow>(
    encoders: T::Encoders,
    fields: &[FieldRef],
) -> Result<Vec<arrow_array::ArrayRef>, WriteError> {
    let mut arrays = Arrays::of(fields);
    T::finish(encoders, &mut arrays)?;
    Ok(arrays.finish())
}
