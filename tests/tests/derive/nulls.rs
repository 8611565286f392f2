//! NULLs: `None` where there is room, an error before any row where there is none.

use std::sync::Arc;

use arrow_array::{Array, ArrayRef, Int64Array, NullArray, StringArray, StructArray};
use arrow_schema::{DataType, Field};
use lakeorm::column::{Child, FromColumn, ReadError, Refusal, Shape};
use lakeorm::row::Layout;
use lakeorm::{LakeRow, RowBatch};

use crate::batches::{array, batch, message, rows};

#[derive(Debug, PartialEq, LakeRow)]
struct User {
    id: i64,
    email: String,
}

fn columns() -> Vec<(&'static str, ArrayRef)> {
    vec![
        ("id", array(Int64Array::from(vec![1, 2, 3]))),
        ("e_mail", array(StringArray::from(vec![Some("a@x"), Some("b@x"), None]))),
    ]
}

#[derive(Debug, PartialEq, LakeRow)]
struct Renamed {
    #[lake(rename = "e_mail")]
    email: String,
}

#[test]
fn a_null_under_a_field_that_is_no_option_names_field_column_and_row() {
    assert_eq!(
        message(rows::<Renamed>(columns())),
        "Renamed.email: column \"e_mail\", row 2 (the first is 0): the value is NULL; make the field \
         Option<String>, or use COALESCE(e_mail, …) in the query"
    );
}

#[test]
fn rows_are_numbered_through_the_whole_result() {
    let batch = RowBatch::new(batch(columns()), 20_000).unwrap();
    let layout = Layout::<Renamed>::resolve(batch.schema().fields()).unwrap();
    let error = layout.check(batch).unwrap_err();
    assert_eq!(error.row(), Some(20_002));
    assert_eq!(error.row_type(), "Renamed");
    assert_eq!(error.field(), Some("email"));
    assert_eq!(error.column(), Some("e_mail"));
}

#[test]
fn a_sliced_batch_counts_from_its_own_first_row() {
    let batch = RowBatch::new(batch(columns()).slice(1, 2), 0).unwrap();
    let layout = Layout::<Renamed>::resolve(batch.schema().fields()).unwrap();
    assert_eq!(layout.check(batch).unwrap_err().row(), Some(1));
}

#[test]
fn a_column_without_nulls_needs_no_option_whatever_its_schema_says() {
    let users: Vec<User> = rows(vec![
        ("id", array(Int64Array::from(vec![1]))),
        ("email", array(StringArray::from(vec![Some("a@x")]))),
    ])
    .unwrap();
    assert_eq!(users, [User { id: 1, email: "a@x".to_owned() }]);
}

#[test]
fn nulls_of_columns_that_are_not_read_do_not_matter() {
    let found: Vec<Id> = rows(columns()).unwrap();
    assert_eq!(found, [Id { id: 1 }, Id { id: 2 }, Id { id: 3 }]);
}

#[derive(Debug, PartialEq, LakeRow)]
struct Id {
    id: i64,
}

#[test]
fn a_void_column_is_refused_with_a_cast() {
    let void: ArrayRef = Arc::new(NullArray::new(2));
    assert_eq!(
        message(rows::<Id>(vec![("id", void)])),
        "Id.id: column \"id\" is VOID, the field is i64; use Option<i64>, or CAST(id AS BIGINT) in the query"
    );
}

/// A user's type over a struct column: an amount and its currency.
#[derive(Debug, PartialEq)]
struct Money(i64, String);

impl<'b> FromColumn<'b> for Money {
    type Reader = (<i64 as FromColumn<'b>>::Reader, <String as FromColumn<'b>>::Reader);

    fn accepts(data_type: &DataType) -> Result<Shape, Refusal> {
        match data_type {
            DataType::Struct(fields) if fields.len() == 2 => Ok(Shape::structure(vec![
                Child::new(0, "amount", i64::accepts(fields[0].data_type())?),
                Child::new(1, "currency", String::accepts(fields[1].data_type())?),
            ])),
            _ => Err(Refusal::new()),
        }
    }

    fn bind(array: &'b dyn Array, shape: &Shape) -> Result<Self::Reader, ReadError> {
        let parts =
            array.as_any().downcast_ref::<StructArray>().ok_or_else(|| ReadError::new("no struct"))?;
        Ok((i64::bind(parts.column(0), shape)?, String::bind(parts.column(1), shape)?))
    }

    fn read(reader: &Self::Reader, row: usize) -> Result<Self, ReadError> {
        Ok(Self(i64::read(&reader.0, row)?, String::read(&reader.1, row)?))
    }
}

fn money(present: Vec<bool>) -> ArrayRef {
    let amounts: ArrayRef = Arc::new(Int64Array::from(vec![Some(1), None, Some(3)]));
    let currencies: ArrayRef = Arc::new(StringArray::from(vec![Some("EUR"), None, Some("USD")]));
    let fields = vec![Field::new("a", DataType::Int64, true), Field::new("c", DataType::Utf8, true)];
    Arc::new(StructArray::new(fields.into(), vec![amounts, currencies], Some(present.into())))
}

#[derive(Debug, PartialEq, LakeRow)]
struct Order {
    price: Option<Money>,
}

#[test]
fn a_null_child_of_a_null_parent_is_no_null_of_the_child() {
    let found: Vec<Order> = rows(vec![("price", money(vec![true, false, true]))]).unwrap();
    assert_eq!(
        found,
        [
            Order { price: Some(Money(1, "EUR".to_owned())) },
            Order { price: None },
            Order { price: Some(Money(3, "USD".to_owned())) },
        ]
    );
}

#[test]
fn a_null_child_of_a_present_parent_is_an_error_with_its_path() {
    assert_eq!(
        message(rows::<Order>(vec![("price", money(vec![true, true, true]))])),
        "Order.price.amount: column \"price\", row 1 (the first is 0): a nested value is NULL; make that value an \
         Option, or replace the NULL in the query"
    );
}

#[test]
fn options_read_nulls_as_none_and_values_as_some() {
    let found: Vec<(Option<i64>, Option<String>)> = rows(vec![
        ("a", array(Int64Array::from(vec![Some(1), None, Some(3), None]))),
        ("b", array(StringArray::from(vec![None, Some("x"), Some(""), None]))),
    ])
    .unwrap();
    assert_eq!(
        found,
        [(Some(1), None), (None, Some("x".to_owned())), (Some(3), Some(String::new())), (None, None)]
    );
}
