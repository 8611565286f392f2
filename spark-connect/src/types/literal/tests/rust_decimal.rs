use ::rust_decimal::Decimal;

use super::{DataType, Literal, literal};

#[test]
fn every_decimal_binds_as_the_narrowest_type_with_its_scale() {
    let most = 79_228_162_514_264_337_593_543_950_335_i128;
    for (value, expected) in [
        (Decimal::ZERO, Literal::decimal(0, 1, 0)),
        (Decimal::new(-150, 2), Literal::decimal(-150, 3, 2)),
        (Decimal::new(5, 3), Literal::decimal(5, 3, 3)),
        (Decimal::new(0, 28), Literal::decimal(0, 28, 28)),
        (Decimal::new(1, 28), Literal::decimal(1, 28, 28)),
        (Decimal::MAX, Literal::decimal(most, 29, 0)),
        (Decimal::MIN, Literal::decimal(-most, 29, 0)),
    ] {
        let (actual, expected) = (literal(&value), expected.unwrap());
        assert_eq!((&actual, actual.data_type()), (&expected, expected.data_type()), "{value}");
    }
    let absent = Literal::null(DataType::Decimal { precision: 38, scale: 18 });
    assert_eq!(literal(&None::<Decimal>), absent);
}
