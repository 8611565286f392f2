//! A row whose columns are not known takes every type that a server may send.

use std::collections::BTreeSet;

use arrow_array::{Array, ArrayRef};
use lakeorm::{DynamicRow, Value};
use lakeorm_tests::arrow_types::{around, scalars};

use crate::batches::rows;

/// The three values, and the name of the type where one has no other place.
fn read(column: &ArrayRef) -> Vec<Value> {
    let found: Vec<DynamicRow> = rows(vec![("x", ArrayRef::clone(column))]).unwrap();
    found.into_iter().flat_map(DynamicRow::into_values).collect()
}

#[test]
fn a_dynamic_row_takes_every_type_and_every_value_of_it() {
    let mut unsupported = BTreeSet::new();
    for column in scalars() {
        let values = read(&column);
        assert_eq!((values.len(), values[1].is_null()), (3, true), "{}", column.data_type());
        unsupported.extend(values.into_iter().filter_map(|value| match value {
            Value::Unsupported(name) => Some(name.to_string()),
            _ => None,
        }));
    }
    let expected = [
        "Arrow's Date64",
        "Arrow's FixedSizeBinary(2)",
        "Arrow's Float16",
        "Arrow's Interval(DayTime)",
        // Of more than 38 digits, or of a scale that Spark has not.
        "DECIMAL(38,-2)",
        "DECIMAL(38,10)",
        "DECIMAL(76,10)",
        "DECIMAL(76,76)",
        // Finer than a microsecond, or of more microseconds than 64 bits hold.
        "INTERVAL",
        "INTERVAL DAY TO SECOND",
        "TIME(6)",
        "TIMESTAMP",
        "TIMESTAMP_NTZ",
    ];
    assert_eq!(unsupported.iter().map(String::as_str).collect::<Vec<_>>(), expected);
}

#[test]
fn what_has_no_place_leaves_its_neighbours_in_a_nested_value() {
    for column in scalars() {
        let plain = read(&column);
        for nested in around(&column) {
            for twice in around(&nested).iter().chain([&nested]) {
                assert_eq!(read(twice).len(), 3, "{}", twice.data_type());
            }
        }
        let nested = around(&column);
        let (list, structure) = (&nested[0], &nested[5]);
        assert_eq!(read(list)[2], Value::Array(plain[1..].to_vec()), "{}", column.data_type());
        let field = Value::Struct(vec![("element".to_owned(), plain[2].clone())]);
        assert_eq!(read(structure)[2], field, "{}", column.data_type());
    }
}
