//! Tuples: by position, whatever the names, with the exact number of columns.

use arrow_array::{Int64Array, StringArray};

use crate::batches::{array, message, rows};

#[test]
fn values_are_taken_by_position() {
    let found: Vec<(String, i64)> = rows(vec![
        ("country", array(StringArray::from(vec!["UK", "DE"]))),
        ("count(1)", array(Int64Array::from(vec![2, 3]))),
    ])
    .unwrap();
    assert_eq!(found, [("UK".to_owned(), 2), ("DE".to_owned(), 3)]);
}

#[test]
fn duplicate_names_do_not_matter() {
    let found: Vec<(i64, i64)> =
        rows(vec![("x", array(Int64Array::from(vec![1]))), ("x", array(Int64Array::from(vec![2])))]).unwrap();
    assert_eq!(found, [(1, 2)]);
}

#[test]
fn another_number_of_columns_is_an_error_with_both_counts() {
    let column = || array(Int64Array::from(vec![1]));
    assert_eq!(
        message(rows::<(i64, i64)>(vec![("a", column()), ("b", column()), ("c", column())])),
        "tuple: the tuple has 2 values, the result has 3 columns (a, b, c); select exactly the tuple's columns"
    );
    assert_eq!(
        message(rows::<(i64, i64)>(vec![("a", column())])),
        "tuple: the tuple has 2 values, the result has 1 column (a); select exactly the tuple's columns"
    );
}

#[test]
fn a_wrong_type_names_the_position_and_the_column() {
    assert_eq!(
        message(rows::<(i64, i64)>(vec![
            ("a", array(Int64Array::from(vec![1]))),
            ("b", array(StringArray::from(vec!["1"]))),
        ])),
        "tuple.1: column \"b\" is STRING, the field is i64; use String, or CAST(b AS BIGINT) in the query"
    );
}

#[test]
fn a_row_of_sixteen_values_decodes() {
    type Sixteen = (i64, i64, i64, i64, i64, i64, i64, i64, i64, i64, i64, i64, i64, i64, i64, i64);
    let columns = |base: i64| -> Vec<(&'static str, arrow_array::ArrayRef)> {
        (0..16).map(|i| ("x", array(Int64Array::from(vec![base + i])))).collect()
    };
    let batch = lakeorm::RowBatch::new(crate::batches::batch(columns(10)), 0).unwrap();
    let found: Vec<Sixteen> = batch.rows::<Sixteen>().unwrap().map(Result::unwrap).collect();
    let row = found[0];
    assert_eq!((row.0, row.7, row.15), (10, 17, 25));
}
