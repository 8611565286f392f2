use std::collections::HashSet;

use proptest::prelude::*;

use super::*;

fn decimal(text: &str) -> Decimal {
    text.parse().unwrap()
}

#[test]
fn parsing_keeps_digits_and_scale() {
    for (text, unscaled, scale) in [
        ("0", 0, 0),
        ("-0.00", 0, 2),
        ("12.50", 1250, 2),
        ("-12.50", -1250, 2),
        ("+7", 7, 0),
        (".5", 5, 1),
        ("5.", 5, 0),
        ("1e3", 1000, 0),
        ("1.25E1", 125, 1),
        ("125e-4", 125, 4),
        ("0e400", 0, 0),
        ("99999999999999999999999999999999999999", 10i128.pow(38) - 1, 0),
        ("-0.00000000000000000000000000000000000001", -1, 38),
        ("00000000000000000000000000000000000000001", 1, 0),
    ] {
        let parsed = decimal(text);
        assert_eq!((parsed.unscaled(), parsed.scale()), (unscaled, scale), "{text}");
    }
}

#[test]
fn what_is_not_a_number_is_refused() {
    for text in
        ["", "-", "+", ".", "1.2.3", "1e", "e1", "1e1.5", "abc", "1 ", " 1", "--1", "1_000", "٣", "1e+-2"]
    {
        assert_eq!(text.parse::<Decimal>(), Err(DecimalError::NotANumber), "{text:?}");
    }
}

#[test]
fn more_than_38_digits_are_refused() {
    let digits = "1".repeat(39);
    for text in [digits.as_str(), "1e38", "1e-39", "1e99999999999999999999"] {
        assert_eq!(text.parse::<Decimal>(), Err(DecimalError::TooManyDigits), "{text}");
    }
    assert_eq!(Decimal::new(10i128.pow(38), 0), Err(DecimalError::TooManyDigits));
    assert_eq!(Decimal::new(i128::MIN, 0), Err(DecimalError::TooManyDigits));
    assert_eq!(Decimal::new(0, 39), Err(DecimalError::TooManyDigits));
}

#[test]
fn printing_shows_every_digit_of_the_scale() {
    for (unscaled, scale, text) in [
        (0, 0, "0"),
        (0, 3, "0.000"),
        (5, 3, "0.005"),
        (-5, 3, "-0.005"),
        (1250, 2, "12.50"),
        (10i128.pow(38) - 1, 38, "0.99999999999999999999999999999999999999"),
        (1 - 10i128.pow(38), 0, "-99999999999999999999999999999999999999"),
    ] {
        assert_eq!(Decimal::new(unscaled, scale).unwrap().to_string(), text);
    }
    assert_eq!(format!("{:>8}", decimal("-1.5")), "    -1.5");
}

#[test]
fn equality_order_and_hash_go_by_value() {
    assert_eq!(decimal("1.0"), decimal("1.00"));
    assert_eq!(HashSet::from([decimal("1.0"), decimal("1"), decimal("1.000")]).len(), 1);
    let ascending = [
        "-99999999999999999999999999999999999999",
        "-1.5",
        "-1.49",
        "-0.00000000000000000000000000000000000001",
        "0.000",
        "0.00000000000000000000000000000000000001",
        "1.49",
        "1.5",
        "99999999999999999999999999999999999999",
    ];
    for pair in ascending.windows(2) {
        assert!(decimal(pair[0]) < decimal(pair[1]), "{} < {}", pair[0], pair[1]);
    }
}

#[test]
fn rescaling_is_exact_or_an_error() {
    assert_eq!(decimal("12.50").rescale(1).unwrap().unscaled(), 125);
    assert_eq!(decimal("12.5").rescale(4).unwrap().unscaled(), 125_000);
    assert_eq!(decimal("12.5").rescale(0), Err(DecimalError::Inexact));
    assert_eq!(decimal("12.5").rescale(38), Err(DecimalError::TooManyDigits));
    assert_eq!(decimal("1").rescale(255), Err(DecimalError::TooManyDigits));
}

#[test]
fn integers_convert_both_ways_without_loss() {
    assert_eq!(Decimal::from(i64::MIN).unscaled(), i128::from(i64::MIN));
    assert_eq!(i64::try_from(decimal("-42.00")), Ok(-42));
    assert_eq!(i64::try_from(decimal("42.01")), Err(DecimalError::Inexact));
    assert_eq!(i64::try_from(decimal("9223372036854775808")), Err(DecimalError::TooManyDigits));
}

proptest! {
    #[test]
    fn what_is_printed_parses_to_the_same(unscaled in 1 - 10i128.pow(38)..10i128.pow(38), scale in 0u8..=38) {
        let number = Decimal::new(unscaled, scale).unwrap();
        let parsed = decimal(&number.to_string());
        prop_assert_eq!((parsed.unscaled(), parsed.scale()), (unscaled, scale));
    }

    #[test]
    fn order_agrees_with_the_order_at_a_common_scale(a in -1_000_000i128..1_000_000, b in -1_000_000i128..1_000_000, s in 0u8..6, t in 0u8..6) {
        let common = |n: i128, scale: u8| n * 10i128.pow(u32::from(6 - scale));
        let order = Decimal::new(a, s).unwrap().cmp(&Decimal::new(b, t).unwrap());
        prop_assert_eq!(order, common(a, s).cmp(&common(b, t)));
    }
}
