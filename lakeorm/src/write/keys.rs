//! Keys of a merge: each of one row, and each equal to something.

use std::collections::HashMap;

use arrow_array::cast::AsArray;
use arrow_array::types::{Float32Type, Float64Type};
use arrow_array::{Array, ArrayRef, RecordBatch};
use arrow_row::{RowConverter, SortField};
use arrow_schema::{DataType as ArrowType, Schema};

use crate::encode::{EncodeError, WriteError, same_key};
use crate::error::{Error, Result};

/// What is refused in the keys of rows, batch by batch.
pub(super) struct Keys {
    names: Vec<String>,
    row: &'static str,
    positions: Vec<usize>,
    /// Nothing where the engine compares them.
    seen: Option<Seen>,
    before: usize,
}

/// The keys so far, each with its row.
struct Seen {
    converter: RowConverter,
    rows: HashMap<Box<[u8]>, usize>,
}

impl Keys {
    /// Of the columns of this name.
    pub(super) fn of(names: &[String], schema: &Schema, row: &'static str) -> Result<Self> {
        let (mut fields, mut positions) = (Vec::new(), Vec::new());
        for name in names {
            let Some((position, field)) = schema.column_with_name(name) else {
                let error = WriteError::new(format!("it has no column {name}, which the merge key names"));
                return Err(EncodeError::new(row, None, error).into());
            };
            fields.push(SortField::new(field.data_type().clone()));
            positions.push(position);
        }
        let converter = RowConverter::new(fields).map_err(|_| incomparable(row))?;
        let seen = Some(Seen { converter, rows: HashMap::new() });
        Ok(Self { names: names.to_vec(), row, positions, seen, before: 0 })
    }

    /// Leaves it to the engine to find two rows with one key: there are too many to remember.
    #[cfg(feature = "staging")]
    pub(super) fn compared_by_engine(&mut self) {
        self.seen = None;
    }

    /// Refuses two rows with one key, of which none could say which is the newer, and keys that equal nothing.
    pub(super) fn check(&mut self, batch: &RecordBatch) -> Result<()> {
        let (row, before) = (self.row, self.before);
        let columns = batch.project(&self.positions).map_err(|_| incomparable(row))?;
        let refused = |index: usize, error| Error::from(EncodeError::new(row, Some(before + index), error));
        for (column, key) in columns.columns().iter().zip(&self.names) {
            if let Some((index, what)) = equals_nothing(column) {
                let error = WriteError::new(format!("the key is {what}, which is no row's"));
                return Err(refused(index, error.in_field(key)));
            }
        }
        if let Some(Seen { converter, rows }) = &mut self.seen {
            let converted = converter.convert_columns(columns.columns()).map_err(|_| incomparable(row))?;
            for (index, key) in converted.iter().enumerate() {
                if let Some(other) = rows.insert(key.as_ref().into(), before + index) {
                    return Err(refused(index, WriteError::new(same_key(other))));
                }
            }
        }
        self.before += batch.num_rows();
        Ok(())
    }
}

fn incomparable(row: &'static str) -> Error {
    let error = WriteError::new("the merge key has a type whose values cannot be compared");
    EncodeError::new(row, None, error).into()
}

/// The first key that equals no other, not even itself.
fn equals_nothing(column: &ArrayRef) -> Option<(usize, &'static str)> {
    if let Some(nulls) = column.logical_nulls().filter(|nulls| nulls.null_count() > 0) {
        return (0..nulls.len()).find(|index| nulls.is_null(*index)).map(|index| (index, "NULL"));
    }
    let nan = match column.data_type() {
        ArrowType::Float32 => {
            column.as_primitive::<Float32Type>().values().iter().position(|value| value.is_nan())
        }
        ArrowType::Float64 => {
            column.as_primitive::<Float64Type>().values().iter().position(|value| value.is_nan())
        }
        _ => None,
    };
    nan.map(|index| (index, "NaN"))
}
