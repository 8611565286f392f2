//! Tuples: by position, whatever the names, with the exact number of columns.

use arrow_array::{Int64Array, StringArray};
use lakeorm::column::ReadError;
use lakeorm::encode::record_batch;
use lakeorm::row::{ColumnCursor, Columns};
use lakeorm::{Decimal, LakeRow, LakeRowOwned};

use crate::batches::{array, message, rows};
use crate::written::{read_back, refused, same};

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
fn an_option_of_a_tuple_is_none_where_every_column_is_null() {
    type Pair = (i64, String);
    let numbers = |numbers: Vec<Option<i64>>| ("x", array(Int64Array::from(numbers)));
    let texts = |texts: Vec<Option<&'static str>>| ("x", array(StringArray::from(texts)));
    let columns = || vec![numbers(vec![Some(1), None]), texts(vec![Some("a"), None])];
    let pair = || Some((1, "a".to_owned()));
    assert_eq!(rows::<Option<Pair>>(columns()).unwrap(), [pair(), None]);
    assert_eq!(rows::<Option<Option<Pair>>>(columns()).unwrap(), [Some(pair()), None]);
    let null = message(rows::<Option<Pair>>(vec![numbers(vec![Some(1)]), texts(vec![None])]));
    let expected = "tuple.1: column \"x\", row 0 (the first is 0): the value is NULL; ";
    assert!(null.starts_with(expected), "{null}");
    assert_eq!(
        message(rows::<Option<Pair>>(vec![numbers(vec![Some(1)])])),
        "tuple: the tuple has 2 values, the result has 1 column (x); select exactly the tuple's columns"
    );
    assert!(Columns::of::<Option<Pair>>().needs_whole_result());
}

/// A row that reads a pair, and then what may be one.
#[derive(Debug, PartialEq)]
struct TwoPairs;

impl<'b> LakeRow<'b> for TwoPairs {
    type Readers = ();
    const NAME: &'static str = "TwoPairs";

    fn columns(columns: &mut Columns) {
        <(i64,)>::columns(columns);
        <Option<(i64,)>>::columns(columns);
    }

    fn bind(_: &mut ColumnCursor<'b, '_>) -> Result<(), ReadError> {
        Ok(())
    }

    fn read(_: &(), _: usize) -> Result<Self, ReadError> {
        Ok(Self)
    }
}

impl LakeRowOwned for TwoPairs {}

#[test]
fn the_positions_of_a_tuple_are_never_those_of_another() {
    let column = |value: i64| ("x", array(Int64Array::from(vec![value])));
    let refused = message(rows::<TwoPairs>(vec![column(1), column(2)]));
    assert!(refused.contains("a tuple cannot be flattened"), "{refused}");
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

#[test]
fn a_tuple_is_written_with_columns_named_by_position_and_reads_back() {
    same(&[(1_i64, "one".to_owned(), Some(0.5)), (2, String::new(), None)]);
    let batch = record_batch(&[(1_i64, "one", vec![true])]).unwrap();
    let names: Vec<_> = batch.schema().fields().iter().map(|field| field.name().clone()).collect();
    assert_eq!(names, ["_1", "_2", "_3"]);
    let nulls: Vec<_> = batch.schema().fields().iter().map(|field| field.is_nullable()).collect();
    assert_eq!(nulls, [false; 3]);
    assert_eq!(read_back::<(i64, Option<String>)>(&[]), []);
}

#[test]
fn sixteen_values_are_written_in_their_order() {
    let row = (
        0_i64, 1_i64, 2_i64, 3_i64, 4_i64, 5_i64, 6_i64, 7_i64, 8_i64, 9_i64, 10_i64, 11_i64, 12_i64, 13_i64,
        14_i64, 15_i64,
    );
    let batch = record_batch(&[row]).unwrap();
    let values: Vec<i64> = batch
        .columns()
        .iter()
        .map(|column| column.as_any().downcast_ref::<Int64Array>().unwrap().value(0))
        .collect();
    assert_eq!(values, Vec::from_iter(0..16));
    assert_eq!(batch.schema().field(15).name(), "_16");
}

#[test]
fn a_value_of_a_tuple_that_cannot_be_written_is_named_by_its_position() {
    let fits: Decimal = "1".parse().unwrap();
    let too_fine: Decimal = "0.0000000000000000001".parse().unwrap();
    let message = refused(&[(1_i64, fits), (2, too_fine)]);
    assert!(message.starts_with("tuple.1: row 1 (the first is 0)"), "{message}");
}
