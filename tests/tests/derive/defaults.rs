//! `default` and `skip`.

use arrow_array::{Int64Array, StringArray};
use lakeorm::LakeRow;
use lakeorm::row::Columns;

use crate::batches::{array, message, rows};

fn unknown() -> String {
    "unknown".to_owned()
}

#[derive(Debug, PartialEq, LakeRow)]
struct Row {
    id: i64,
    #[lake(default)]
    score: i64,
    #[lake(default = unknown)]
    name: String,
    #[lake(skip)]
    cache: Vec<std::time::Duration>,
    #[lake(skip, default = unknown)]
    label: String,
}

#[test]
fn missing_columns_become_their_defaults() {
    let found: Vec<Row> = rows(vec![("id", array(Int64Array::from(vec![1, 2])))]).unwrap();
    let row = |id| Row { id, score: 0, name: unknown(), cache: Vec::new(), label: unknown() };
    assert_eq!(found, [row(1), row(2)]);
}

#[test]
fn columns_that_are_there_are_read() {
    let found: Vec<Row> = rows(vec![
        ("name", array(StringArray::from(vec!["Ada"]))),
        ("score", array(Int64Array::from(vec![7]))),
        ("id", array(Int64Array::from(vec![1]))),
        ("label", array(StringArray::from(vec!["not read: the field is skipped"]))),
    ])
    .unwrap();
    assert_eq!(found, [Row { id: 1, score: 7, name: "Ada".to_owned(), cache: Vec::new(), label: unknown() }]);
}

#[test]
fn a_null_in_a_column_that_is_there_does_not_become_the_default() {
    assert_eq!(
        message(rows::<Row>(vec![
            ("id", array(Int64Array::from(vec![1]))),
            ("score", array(Int64Array::from(vec![None]))),
        ])),
        "Row.score: column \"score\", row 0 (the first is 0): the value is NULL; make the field Option<i64>, or \
         use COALESCE(score, …) in the query"
    );
}

#[test]
fn a_default_does_not_excuse_a_wrong_type() {
    assert_eq!(
        message(rows::<Row>(vec![
            ("id", array(Int64Array::from(vec![1]))),
            ("score", array(StringArray::from(vec!["7"]))),
        ])),
        "Row.score: column \"score\" is STRING, the field is i64; use String, or CAST(score AS BIGINT) in the query"
    );
}

#[test]
fn skipped_fields_ask_for_no_column_and_defaults_for_an_optional_one() {
    let columns: Vec<(String, bool)> =
        Columns::of::<Row>().iter().map(|c| (c.name().to_owned(), c.is_required())).collect();
    assert_eq!(columns, [("id".to_owned(), true), ("score".to_owned(), false), ("name".to_owned(), false)]);
}
