//! Keys of a merge: each of one row, and each equal to something.

use std::collections::HashMap;
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::{Float32Type, Float64Type};
use arrow_array::{Array, ArrayRef, RecordBatch};
use arrow_row::{RowConverter, SortField};
use arrow_schema::{DataType as ArrowType, Schema};

use crate::encode::{EncodeError, WriteError, same_key};
use crate::error::{Error, Result};

/// Why a key is refused that equals no other.
const NULL_KEY: &str = "the merge key is NULL, which never matches a row: give it a value";
const NAN_KEY: &str = "the merge key is NaN, which engines compare differently: give it another value";
const NEGATIVE_ZERO: &str =
    "the merge key has -0.0 in a STRUCT or ARRAY, which engines compare differently: make it 0.0";

/// The keys of rows, checked batch by batch.
pub(super) struct Keys {
    names: Vec<String>,
    row: &'static str,
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
        let mut fields = Vec::new();
        for name in names {
            let Some((_, field)) = schema.column_with_name(name) else {
                let message =
                    format!("the merge key names the column \"{name}\", which the struct does not have");
                return Err(EncodeError::new(row, None, WriteError::new(message)).into());
            };
            if holds_map(field.data_type()) {
                return Err(incomparable(row));
            }
            fields.push(SortField::new(field.data_type().clone()));
        }
        let converter = RowConverter::new(fields).map_err(|_| incomparable(row))?;
        let seen = Some(Seen { converter, rows: HashMap::new() });
        Ok(Self { names: names.to_vec(), row, seen, before: 0 })
    }

    /// Leaves it to the engine to find two rows with one key: there are too many to remember.
    #[cfg(feature = "staging")]
    pub(super) fn compared_by_engine(&mut self) {
        self.seen = None;
    }

    /// Refuses two rows with one key, of which none could say which is the newer, and keys that equal nothing.
    pub(super) fn check(&mut self, batch: &RecordBatch) -> Result<()> {
        let (row, before) = (self.row, self.before);
        // By name: a batch has no stamped columns, and the schema of the row has.
        let columns = self.names.iter().map(|name| batch.column_by_name(name).cloned());
        let columns = columns.collect::<Option<Vec<_>>>().ok_or_else(|| incomparable(row))?;
        let refused = |index: usize, error| Error::from(EncodeError::new(row, Some(before + index), error));
        for (column, key) in columns.iter().zip(&self.names) {
            if let Some((index, why)) = equals_nothing(column, false) {
                return Err(refused(index, WriteError::new(why).in_field(key)));
            }
        }
        if let Some(Seen { converter, rows }) = &mut self.seen {
            let columns: Vec<ArrayRef> = columns.iter().map(of_one_zero).collect();
            let converted = converter.convert_columns(&columns).map_err(|_| incomparable(row))?;
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
    let message =
        "the merge key has a type whose values cannot be compared: choose a key without a MAP in it";
    EncodeError::new(row, None, WriteError::new(message)).into()
}

/// Engines compare no MAP, as its entries have no order.
fn holds_map(data_type: &ArrowType) -> bool {
    match data_type {
        ArrowType::Map(..) => true,
        ArrowType::Struct(fields) => fields.iter().any(|field| holds_map(field.data_type())),
        ArrowType::List(item) | ArrowType::LargeList(item) | ArrowType::FixedSizeList(item, _) => {
            holds_map(item.data_type())
        }
        _ => false,
    }
}

/// The same values with one zero: -0.0 equals 0.0 to the engines, and keys are compared bit by bit here. Inside of a
/// STRUCT or ARRAY it is refused.
fn of_one_zero(column: &ArrayRef) -> ArrayRef {
    match column.data_type() {
        ArrowType::Float32 => {
            Arc::new(column.as_primitive::<Float32Type>().unary::<_, Float32Type>(|value| value + 0.0))
        }
        ArrowType::Float64 => {
            Arc::new(column.as_primitive::<Float64Type>().unary::<_, Float64Type>(|value| value + 0.0))
        }
        _ => Arc::clone(column),
    }
}

/// Why a number is no key, or no part of one.
fn unequal(number: f64, is_part: bool) -> Option<&'static str> {
    if number.is_nan() {
        Some(NAN_KEY)
    } else if is_part && number == 0.0 && number.is_sign_negative() {
        Some(NEGATIVE_ZERO)
    } else {
        None
    }
}

/// The first key that equals no other, not even itself, as a whole or in a part: engines do not agree on what such a
/// part equals. `is_part`: whether the column is one.
fn equals_nothing(column: &ArrayRef, is_part: bool) -> Option<(usize, &'static str)> {
    if let Some(nulls) = column.logical_nulls().filter(|nulls| nulls.null_count() > 0) {
        return (0..nulls.len()).find(|index| nulls.is_null(*index)).map(|index| (index, NULL_KEY));
    }
    let inside = |of: &dyn Fn(usize) -> ArrayRef| {
        (0..column.len()).find_map(|index| equals_nothing(&of(index), true).map(|(_, why)| (index, why)))
    };
    let refused = |(index, number)| unequal(number, is_part).map(|why| (index, why));
    match column.data_type() {
        ArrowType::Float32 => {
            let numbers = column.as_primitive::<Float32Type>().values().iter();
            numbers.map(|number| f64::from(*number)).enumerate().find_map(refused)
        }
        ArrowType::Float64 => {
            let numbers = column.as_primitive::<Float64Type>().values().iter();
            numbers.copied().enumerate().find_map(refused)
        }
        ArrowType::Struct(_) => {
            let parts = column.as_struct().columns().iter();
            parts.filter_map(|part| equals_nothing(part, true)).min_by_key(|(index, _)| *index)
        }
        ArrowType::List(_) => inside(&|index| column.as_list::<i32>().value(index)),
        ArrowType::LargeList(_) => inside(&|index| column.as_list::<i64>().value(index)),
        ArrowType::FixedSizeList(..) => inside(&|index| column.as_fixed_size_list().value(index)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use arrow_array::builder::{Float64Builder, ListBuilder};
    use arrow_array::{Float32Array, Float64Array, Int64Array, StructArray};
    use arrow_schema::{Field, Fields};

    use super::*;

    /// The error of a key of one column.
    fn refused(column: ArrayRef) -> Option<String> {
        let schema = Arc::new(Schema::new(vec![Field::new("k", column.data_type().clone(), true)]));
        let mut keys = Keys::of(&["k".to_owned()], &schema, "Row").unwrap();
        let batch = RecordBatch::try_new(schema, vec![column]).unwrap();
        keys.check(&batch).err().map(|error| error.to_string())
    }

    /// A number as a column, in a struct and in a list.
    fn forms(numbers: &[Option<f64>]) -> [ArrayRef; 3] {
        let column: ArrayRef = Arc::new(Float64Array::from(numbers.to_vec()));
        let one: ArrayRef = Arc::new(Int64Array::from(vec![1; numbers.len()]));
        let field =
            |name: &str, column: &ArrayRef| Arc::new(Field::new(name, column.data_type().clone(), true));
        let row = StructArray::from(vec![
            (field("one", &one), Arc::clone(&one)),
            (field("number", &column), Arc::clone(&column)),
        ]);
        let mut lists = ListBuilder::new(Float64Builder::new());
        for number in numbers {
            lists.values().append_option(*number);
            lists.append(true);
        }
        [column, Arc::new(row), Arc::new(lists.finish())]
    }

    #[test]
    fn zero_and_negative_zero_are_one_key() {
        let [column, ..] = forms(&[Some(0.0), Some(1.0), Some(-0.0)]);
        let told = refused(column).unwrap();
        assert!(told.contains("row 2 (the first is 0): row 0 has the same merge key"), "{told}");
        let floats: ArrayRef = Arc::new(Float32Array::from(vec![-0.0, 0.0]));
        assert!(refused(floats).unwrap().contains("row 0 has the same merge key"));
        let [column, ..] = forms(&[Some(-0.0), Some(1.0), Some(-1.0)]);
        assert_eq!(refused(column), None);
    }

    /// To Sail it is another key there than 0.0.
    #[test]
    fn negative_zero_inside_of_a_key_is_refused_and_zero_is_not() {
        let [_, row, list] = forms(&[Some(0.0), Some(1.0), Some(-0.0)]);
        for column in [row, list] {
            let told = refused(column).unwrap();
            assert!(told.contains("row 2 (the first is 0)") && told.contains("-0.0"), "{told}");
            assert!(told.ends_with("make it 0.0"), "{told}");
        }
        for column in forms(&[Some(0.0), Some(1.0), Some(-1.0)]) {
            assert_eq!(refused(column), None);
        }
    }

    #[test]
    fn a_part_of_a_key_that_equals_nothing_is_refused_in_whatever_it_is() {
        for (part, what) in [(Some(f64::NAN), "the merge key is NaN"), (None, "the merge key is NULL")] {
            for column in forms(&[Some(0.5), part]) {
                let told = refused(column).unwrap();
                assert!(told.contains("row 1 (the first is 0)") && told.contains(what), "{told}");
            }
        }
    }

    #[test]
    fn a_key_is_found_in_a_batch_that_lacks_columns_in_front_of_it() {
        let field = |name: &str| Field::new(name, ArrowType::Int64, false);
        let (whole, left) = (Schema::new(vec![field("a"), field("k")]), Schema::new(vec![field("k")]));
        let mut keys = Keys::of(&["k".to_owned()], &whole, "Row").unwrap();
        let batch = |keys: Vec<i64>| {
            RecordBatch::try_new(Arc::new(left.clone()), vec![Arc::new(Int64Array::from(keys))]).unwrap()
        };
        keys.check(&batch(vec![1, 2])).unwrap();
        let told = keys.check(&batch(vec![3, 1])).unwrap_err().to_string();
        assert!(told.contains("row 0 has the same merge key"), "{told}");
    }

    #[test]
    fn the_rows_of_a_key_are_counted_from_the_first_batch_wherever_they_are() {
        let batch = |keys: Vec<Option<i64>>| {
            RecordBatch::try_from_iter([("k", Arc::new(Int64Array::from(keys)) as ArrayRef)]).unwrap()
        };
        for (third, refused) in [
            (vec![Some(5), Some(4)], "row 5 (the first is 0): row 3 has the same merge key"),
            (vec![Some(1), Some(5)], "row 4 (the first is 0): row 0 has the same merge key"),
            (vec![Some(5), Some(5)], "row 5 (the first is 0): row 4 has the same merge key"),
            (vec![Some(5), None], "row 5 (the first is 0): the merge key is NULL"),
        ] {
            let schema = Schema::new(vec![Field::new("k", ArrowType::Int64, true)]);
            let mut keys = Keys::of(&["k".to_owned()], &schema, "Row").unwrap();
            keys.check(&batch(vec![Some(1), Some(2)])).unwrap();
            keys.check(&batch(vec![Some(3), Some(4)])).unwrap();
            let told = keys.check(&batch(third)).unwrap_err().to_string();
            assert!(told.contains(refused), "{told}");
        }
    }

    #[test]
    fn a_key_with_a_map_in_it_is_refused_before_any_row() {
        let entries = Field::new("entries", ArrowType::Struct(Fields::empty()), false);
        let map = ArrowType::Map(Arc::new(entries), false);
        let list = ArrowType::List(Arc::new(Field::new("item", map.clone(), true)));
        let holder = ArrowType::Struct(vec![Field::new("map", map.clone(), true)].into());
        for kind in [map, list, holder] {
            let schema = Schema::new(vec![Field::new("k", kind, true)]);
            let told = Keys::of(&["k".to_owned()], &schema, "Row").err().unwrap().to_string();
            assert!(told.contains("the merge key has a type whose values cannot be compared"), "{told}");
        }
    }
}
