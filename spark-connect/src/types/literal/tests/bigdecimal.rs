use ::bigdecimal::BigDecimal;

use super::{DataType, Literal, TOO_MANY, complaint, literal};

fn decimal(text: &str) -> BigDecimal {
    text.parse().unwrap()
}

#[test]
fn decimals_of_up_to_38_digits_bind_exactly() {
    let nines = "9".repeat(38);
    let most = 10_i128.pow(38) - 1;
    for (text, expected) in [
        ("0", Literal::decimal(0, 1, 0)),
        ("-1.50", Literal::decimal(-150, 3, 2)),
        ("1e3", Literal::decimal(1_000, 4, 0)),
        ("1e37", Literal::decimal(10_i128.pow(37), 38, 0)),
        ("1e-38", Literal::decimal(1, 38, 38)),
        (nines.as_str(), Literal::decimal(most, 38, 0)),
        (&format!("-0.{nines}"), Literal::decimal(-most, 38, 38)),
        // Zeros that would be digits too many go first.
        (&format!("1.{}", "0".repeat(50)), Literal::decimal(1, 1, 0)),
        (&format!("1.5{}", "0".repeat(50)), Literal::decimal(15, 2, 1)),
    ] {
        let (actual, expected) = (literal(&decimal(text)), expected.unwrap());
        assert_eq!((&actual, actual.data_type()), (&expected, expected.data_type()), "{text}");
    }
    let absent = Literal::null(DataType::Decimal { precision: 38, scale: 18 });
    assert_eq!(literal(&None::<BigDecimal>), absent);
}

#[test]
fn more_digits_are_an_error_without_the_value() {
    let digits = "1".repeat(39);
    for text in [digits.as_str(), "1e38", "-1e38", "1e-39", "1.5e-38", "1e400", "1e-400", "1e4000000000"] {
        assert_eq!(complaint(&decimal(text)), TOO_MANY, "{text}");
    }
    for scale in [i64::MIN, i64::MAX] {
        assert_eq!(complaint(&BigDecimal::new(10.into(), scale)), TOO_MANY, "{scale}");
    }
}
