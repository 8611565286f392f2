//! DECIMAL, exact to 38 digits.

use arrow_array::Decimal128Array;
use lakeorm::Decimal;

use crate::batches::{array, message, rows};

const NINES: i128 = 10i128.pow(38) - 1;

fn column(values: Vec<Option<i128>>, precision: u8, scale: i8) -> arrow_array::ArrayRef {
    array(Decimal128Array::from(values).with_precision_and_scale(precision, scale).unwrap())
}

#[test]
fn values_keep_every_digit_and_the_columns_scale() {
    let found: Vec<(Decimal, Option<Decimal>)> = rows(vec![
        ("a", column(vec![Some(NINES), Some(-NINES), Some(0)], 38, 10)),
        ("b", column(vec![Some(150), None, Some(-1)], 5, 2)),
    ])
    .unwrap();
    let text: Vec<(String, Option<String>)> =
        found.iter().map(|(a, b)| (a.to_string(), b.map(|b| b.to_string()))).collect();
    assert_eq!(
        text,
        [
            ("9999999999999999999999999999.9999999999".to_owned(), Some("1.50".to_owned())),
            ("-9999999999999999999999999999.9999999999".to_owned(), None),
            ("0.0000000000".to_owned(), Some("-0.01".to_owned())),
        ]
    );
}

#[test]
fn more_digits_than_a_decimal_has_are_an_error_at_their_row() {
    assert_eq!(
        message(rows::<(Decimal,)>(vec![("a", column(vec![Some(1), Some(NINES + 1)], 38, 0))])),
        "tuple.0: column \"a\", row 1 (the first is 0): the number has more digits than the type can hold (a \
         decimal holds 38)"
    );
}
