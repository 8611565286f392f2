//! `Option` of a row: its columns, all NULL where it is missing.

use arrow_array::{Array, ArrayRef};
use arrow_buffer::{NullBuffer, NullBufferBuilder};

use super::super::{ToRow, WriteError};
use super::{Arrays, Fields};

/// The encoders of a row that may be missing, and where it is.
#[derive(Debug)]
pub struct Optional<E> {
    row: E,
    present: NullBufferBuilder,
}

impl<T: ToRow> ToRow for Option<T> {
    type Encoders = Optional<T::Encoders>;

    const NAME: &'static str = T::NAME;

    fn fields(fields: &mut Fields) {
        fields.nullable::<T>();
    }

    fn encoders(rows: usize) -> Self::Encoders {
        Optional { row: T::encoders(rows), present: NullBufferBuilder::new(rows) }
    }

    fn encode(&self, encoders: &mut Self::Encoders) -> Result<(), WriteError> {
        match self {
            Some(row) => {
                row.encode(&mut encoders.row)?;
                encoders.present.append_non_null();
            }
            None => Self::push_null(encoders),
        }
        Ok(())
    }

    fn push_null(encoders: &mut Self::Encoders) {
        T::push_null(&mut encoders.row);
        encoders.present.append_null();
    }

    fn finish(mut encoders: Self::Encoders, arrays: &mut Arrays<'_>) -> Result<(), WriteError> {
        let before = arrays.so_far().len();
        T::finish(encoders.row, arrays)?;
        let columns = arrays.so_far().get(before..).unwrap_or_default();
        match lost_row(columns, encoders.present.finish().as_ref()) {
            None => Ok(()),
            Some(row) => Err(WriteError::new(
                "a Some whose columns are all NULL would be read as None: write None, or give the row a field that is \
                 not an Option",
            )
            .at(row)),
        }
    }
}

/// The first row that is there and of which no column tells.
fn lost_row(columns: &[ArrayRef], present: Option<&NullBuffer>) -> Option<usize> {
    let missing = present.map_or(0, NullBuffer::null_count);
    // In most rows one column has no NULL but those of the missing rows.
    let first = columns.first().filter(|_| columns.iter().all(|column| column.null_count() > missing))?;
    let is_present = |row: usize| present.is_none_or(|present| present.is_valid(row));
    (0..first.len()).find(|row| is_present(*row) && columns.iter().all(|column| column.is_null(*row)))
}
