//! The row of `query_scalar`: one value, which its caller does not see as a row.

use super::owned::OwnedElseUseQueryBatches;
use super::{Bound, ColumnCursor, Columns, LakeRow, LakeRowOwned};
use crate::column::{FromColumn, ReadError};

/// The value of the one column of a result.
pub(crate) struct Scalar<V>(pub(crate) V);

impl<'b, V: FromColumn<'b>> LakeRow<'b> for Scalar<V> {
    type Readers = Bound<'b, V>;
    const NAME: &'static str = "query_scalar";

    fn columns(columns: &mut Columns) {
        columns.scalar::<V>();
    }

    fn bind(cursor: &mut ColumnCursor<'b, '_>) -> Result<Self::Readers, ReadError> {
        cursor.next()
    }

    fn read(reader: &Self::Readers, row: usize) -> Result<Self, ReadError> {
        reader.read(row).map(Self)
    }
}

impl<V: for<'b> OwnedElseUseQueryBatches<'b> + Send + 'static> LakeRowOwned for Scalar<V> {}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow_array::types::Int64Type;
    use arrow_array::{ArrayRef, Int64Array, ListArray, RecordBatch};

    use super::*;
    use crate::row::RowBatch;

    fn batch<const N: usize>(columns: [(&str, ArrayRef); N]) -> RowBatch {
        RowBatch::new(RecordBatch::try_from_iter(columns).unwrap(), 0).unwrap()
    }

    fn numbers(number: Option<i64>) -> ArrayRef {
        Arc::new(Int64Array::from(vec![number]))
    }

    fn why<V: for<'b> OwnedElseUseQueryBatches<'b> + Send + 'static>(batch: &RowBatch) -> String {
        batch.to_vec::<Scalar<V>>().err().unwrap().to_string()
    }

    #[test]
    fn no_error_of_a_scalar_speaks_of_tuples_or_fields() {
        let two = batch([("a", numbers(Some(1))), ("b", numbers(Some(2)))]);
        let count = "query_scalar: one column is read, and the result has 2 columns (a, b); select one";
        assert_eq!(why::<i64>(&two), count);

        let null = batch([("sum(id)", numbers(None))]);
        let expected = "query_scalar: column \"sum(id)\", row 0 (the first is 0): the value is NULL; ask for \
                        query_scalar::<Option<i64>>, or use COALESCE(`sum(id)`, …) in the query";
        assert_eq!(why::<i64>(&null), expected);

        let number = batch([("a", numbers(Some(1)))]);
        let expected = "query_scalar: column \"a\" is BIGINT, the type asked for is String; use i64, or CAST(a AS \
                        STRING) in the query";
        assert_eq!(why::<String>(&number), expected);
    }

    #[test]
    fn an_error_inside_of_a_scalar_names_its_column() {
        let list = |of: Option<i64>| ListArray::from_iter_primitive::<Int64Type, _, _>([Some([of])]);
        let null = batch([("x", Arc::new(list(None)) as ArrayRef)]);
        let expected = "query_scalar[]: column \"x\", row 0 (the first is 0): a nested value is NULL; make that value \
                        an Option, or replace the NULL in the query";
        assert_eq!(why::<Vec<i64>>(&null), expected);

        let short = batch([("x", Arc::new(list(Some(1))) as ArrayRef)]);
        let expected = "query_scalar: column \"x\", row 0 (the first is 0): the list has 1 element, the Rust array has 2; \
                        use a Vec";
        assert_eq!(why::<[i64; 2]>(&short), expected);
    }
}
