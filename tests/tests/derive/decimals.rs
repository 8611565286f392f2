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

#[test]
fn numbers_of_other_crates_convert_exactly_or_not_at_all() {
    use bigdecimal::BigDecimal;
    use bigdecimal::num_bigint::BigInt;
    use lakeorm::DecimalError;

    let big = |text: &str| Decimal::try_from(&text.parse::<BigDecimal>().unwrap());
    let nines = "9".repeat(38);
    for (text, printed) in [
        ("1.50", "1.50"),
        ("-0.001", "-0.001"),
        ("1e3", "1000"),
        (&nines, &nines),
        // Zeros that would be digits too many go first.
        (&format!("1.5{}", "0".repeat(60)), "1.5"),
        ("0e-60", "0"),
    ] {
        assert_eq!(big(text).unwrap().to_string(), printed, "{text}");
    }
    for text in ["1e38", "1e-39", "1.5e-38", &"1".repeat(39)] {
        assert_eq!(big(text), Err(DecimalError::TooManyDigits), "{text}");
    }
    for scale in [i64::MIN, i64::MAX] {
        let absurd = BigDecimal::new(BigInt::from(10), scale);
        assert_eq!(Decimal::try_from(&absurd), Err(DecimalError::TooManyDigits), "{scale}");
    }
    for other in [rust_decimal::Decimal::MAX, rust_decimal::Decimal::MIN, rust_decimal::Decimal::new(-1, 28)]
    {
        let there = Decimal::from(other);
        assert_eq!(there.to_string(), other.to_string());
        assert_eq!(rust_decimal::Decimal::try_from(there), Ok(other));
    }
    // One more than its 96 bits, and one digit more of a fraction than it has, which it would round.
    for text in ["79228162514264337593543950336", "0.00000000000000000000000000001"] {
        let number: Decimal = text.parse().unwrap();
        assert_eq!(rust_decimal::Decimal::try_from(number), Err(DecimalError::TooManyDigits), "{text}");
    }
}
