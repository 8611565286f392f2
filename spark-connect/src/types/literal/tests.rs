use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use super::*;

fn literal<T: ToLiteral + ?Sized>(value: &T) -> Literal {
    value.to_literal().unwrap()
}

#[cfg(any(feature = "chrono", feature = "jiff", feature = "time"))]
fn all_equal<const N: usize>(cases: [(Literal, Literal); N]) {
    for (position, (actual, expected)) in cases.into_iter().enumerate() {
        assert!(actual == expected, "case {position}: {}", crate::sql::render(&actual));
    }
}

fn complaint<T: ToLiteral + ?Sized>(value: &T) -> String {
    value.to_literal().unwrap_err().to_string()
}

#[test]
fn every_rust_type_binds_as_the_spark_type_that_holds_it() {
    let cases = [
        (literal(&true), Literal::boolean(true)),
        (literal(&i8::MIN), Literal::byte(i8::MIN)),
        (literal(&i16::MIN), Literal::short(i16::MIN)),
        (literal(&i32::MIN), Literal::integer(i32::MIN)),
        (literal(&i64::MIN), Literal::long(i64::MIN)),
        (literal(&u16::MAX), Literal::integer(65_535)),
        (literal(&u32::MAX), Literal::long(4_294_967_295)),
        (literal(&(u64::MAX / 2)), Literal::long(i64::MAX)),
        (literal(&7_usize), Literal::long(7)),
        (literal(&1.5_f32), Literal::float(1.5)),
        (literal(&1.5_f64), Literal::double(1.5)),
        (literal("a"), Literal::string("a")),
        (literal(&"a"), Literal::string("a")),
        (literal(&String::from("a")), Literal::string("a")),
        (literal(&Cow::Borrowed("a")), Literal::string("a")),
        (literal(&Box::<str>::from("a")), Literal::string("a")),
        (literal(&Arc::<str>::from("a")), Literal::string("a")),
        (literal(&vec![1_u8, 2]), Literal::binary(vec![1, 2])),
        (literal(&[1_u8, 2]), Literal::binary(vec![1, 2])),
        (literal(&[1_u8, 2][..]), Literal::binary(vec![1, 2])),
        (literal(b"ab"), Literal::binary(vec![97, 98])),
        (literal(&Bytes::from_static(b"ab")), Literal::binary(vec![97, 98])),
        (literal(&uuid::Uuid::from_u128(10)), Literal::string("00000000-0000-0000-0000-00000000000a")),
        (literal(&Literal::date(3)), Literal::date(3)),
    ];
    for (actual, expected) in cases {
        assert_eq!(actual, expected);
        assert_eq!(actual.data_type(), expected.data_type());
    }
}

#[test]
fn none_is_a_null_of_the_type() {
    assert_eq!(literal(&None::<i32>), Literal::null(DataType::Integer));
    assert_eq!(literal(&None::<&str>), Literal::null(DataType::String));
    assert_eq!(literal(&None::<Vec<u8>>), Literal::null(DataType::Binary));
    assert_eq!(literal(&None::<Vec<i64>>), Literal::null(DataType::array(DataType::Long)));
    assert_eq!(literal(&Some(Some(5_i8))), Literal::byte(5));
    assert!(literal(&None::<i32>).is_null());
}

#[test]
fn a_none_inside_a_some_is_refused_as_it_would_be_a_none() {
    let why = "a Some(None) would be the NULL that None is: bind None";
    assert_eq!(complaint(&Some(None::<i32>)), why);
    assert_eq!(complaint(&Some(Box::new(None::<&str>))), why);
    assert_eq!(complaint(&Some(Some(None::<i32>))), why);
    assert_eq!(complaint(&vec![Some(Some(1)), Some(None)]), why);
    assert_eq!(complaint(&BTreeMap::from([("a", Some(None::<i32>))])), why);
    assert_eq!(literal(&None::<Option<i32>>), Literal::null(DataType::Integer));
    assert_eq!(literal(&Some(Some(7))), Literal::integer(7));
    assert_eq!(literal(&Some(Literal::null(DataType::Date))), Literal::null(DataType::Date));
}

#[test]
fn an_unsigned_value_beyond_bigint_is_an_error() {
    assert_eq!(
        complaint(&(u64::MAX / 2 + 1)),
        "a u64 is out of the range of BIGINT: bind a value below 2^63, or a DECIMAL(20,0)"
    );
    assert_eq!(
        complaint(&vec![usize::MAX]),
        "a usize is out of the range of BIGINT: bind a value below 2^63, or a DECIMAL(20,0)"
    );
}

#[test]
fn sequences_and_maps_keep_their_types_when_empty() {
    assert_eq!(literal(&Vec::<i64>::new()).data_type().to_string(), "ARRAY<BIGINT>");
    assert_eq!(literal(&Vec::<Vec<u8>>::new()).data_type().to_string(), "ARRAY<BINARY>");
    assert_eq!(literal::<[Option<f32>; 0]>(&[]).data_type().to_string(), "ARRAY<FLOAT>");
    assert_eq!(literal(&BTreeMap::<String, i16>::new()).data_type().to_string(), "MAP<STRING, SMALLINT>");
    assert_eq!(
        literal(&HashMap::<i32, Vec<bool>>::new()).data_type().to_string(),
        "MAP<INT, ARRAY<BOOLEAN>>"
    );
}

#[test]
fn an_element_that_is_none_is_a_null_of_the_element_type() {
    let array = literal(&vec![Some(1_i64), None]);
    let expected = Literal::array(DataType::Long, [Literal::long(1), Literal::null(DataType::Long)]).unwrap();
    assert_eq!(array, expected);
}

#[test]
fn decimals_of_an_array_share_the_widest_type() {
    let decimals = vec![Literal::decimal(15, 2, 1).unwrap(), Literal::decimal(-12_345, 7, 2).unwrap()];
    let array = literal(&decimals);
    assert_eq!(array.data_type().to_string(), "ARRAY<DECIMAL(7,2)>");
    let nested = vec![vec![Literal::decimal(15, 2, 1).unwrap()], decimals, vec![]];
    assert_eq!(literal(&nested).data_type().to_string(), "ARRAY<ARRAY<DECIMAL(7,2)>>");

    let too_wide = vec![Literal::decimal(1, 38, 0).unwrap(), Literal::decimal(1, 1, 1).unwrap()];
    assert_eq!(
        complaint(&too_wide),
        "DECIMAL(38,0) and DECIMAL(1,1) have no common type of at most 38 digits"
    );
}

#[test]
fn maps_of_an_array_share_the_widest_types_and_take_those_of_the_others_where_they_are_empty() {
    let prices = |prices: &[(&'static str, &str)]| -> BTreeMap<&'static str, Decimal> {
        prices.iter().map(|(name, price)| (*name, price.parse().unwrap())).collect()
    };
    let array = literal(&vec![prices(&[("a", "1.5")]), prices(&[]), prices(&[("b", "-123.45"), ("c", "7")])]);
    let cents = DataType::Decimal { precision: 5, scale: 2 };
    let map = |entries: &[(&str, i128)]| {
        let entries = entries
            .iter()
            .map(|(name, cents)| (Literal::string(*name), Literal::decimal(*cents, 5, 2).unwrap()));
        Literal::map(DataType::String, cents.clone(), entries).unwrap()
    };
    let of_cents = DataType::map(DataType::String, cents.clone());
    let expected = [map(&[("a", 150)]), map(&[]), map(&[("b", -12_345), ("c", 700)])];
    assert_eq!(array, Literal::array(of_cents.clone(), expected).unwrap());

    let nested = vec![vec![Some(prices(&[])), None], vec![Some(prices(&[("b", "-123.45")]))]];
    assert_eq!(literal(&nested).data_type(), DataType::array(DataType::array(of_cents)));
    let empty = literal(&vec![prices(&[])]);
    assert_eq!(empty.data_type(), DataType::array(DataType::map(DataType::String, Decimal::data_type())));
    let mixed = vec![literal(&prices(&[("a", "1")])), literal(&BTreeMap::from([(1_i32, true)]))];
    assert_eq!(complaint(&mixed), "an element of type INT is among elements of type STRING: use one type");
}

#[test]
fn an_array_takes_elements_of_its_type_only() {
    let wrong = Literal::array(DataType::Long, [Literal::long(1), Literal::integer(2)]);
    assert_eq!(
        wrong.unwrap_err().to_string(),
        "an element of type INT is among elements of type BIGINT: use one type"
    );
    let mixed = vec![Literal::long(1), Literal::string("a")];
    assert_eq!(complaint(&mixed), "an element of type STRING is among elements of type BIGINT: use one type");
    let lossy =
        Literal::array(DataType::Decimal { precision: 3, scale: 1 }, [Literal::decimal(125, 3, 2).unwrap()]);
    assert_eq!(lossy.unwrap_err().to_string(), "a decimal does not fit DECIMAL(3,1) without loss");
    let absurd = DataType::Decimal { precision: 255, scale: 255 };
    assert!(Literal::array(absurd, [Literal::decimal(1, 1, 0).unwrap()]).is_err());
}

#[test]
fn an_interval_of_the_calendar_has_as_many_microseconds_as_travel_as_nanoseconds() {
    let most = i64::MAX / 1_000;
    for micros in [-most, 0, most] {
        let interval = Literal::calendar_interval(i32::MIN, i32::MAX, micros).unwrap();
        assert_eq!(interval.data_type(), DataType::CalendarInterval);
    }
    for micros in [-most - 1, most + 1, i64::MIN, i64::MAX] {
        assert_eq!(
            Literal::calendar_interval(0, 0, micros).unwrap_err().to_string(),
            "the microseconds of an INTERVAL must be within 292 years: move whole days to its days"
        );
    }
}

#[test]
fn a_map_has_no_null_key() {
    let entries = [(Literal::null(DataType::String), Literal::long(1))];
    let error = Literal::map(DataType::String, DataType::Long, entries).unwrap_err();
    assert_eq!(error.to_string(), "a key of a MAP must not be NULL");
}

#[test]
fn a_map_has_no_key_twice() {
    let of = |key: fn(usize) -> Literal| {
        let entries = [(key(0), Literal::long(1)), (key(1), Literal::long(2))];
        Literal::map(key(0).data_type(), DataType::Long, entries)
    };
    let twice: [fn(usize) -> Literal; 6] = [
        |_| Literal::string("secret"),
        |at| Literal::double([0.0, -0.0][at]),
        |at| Literal::float([f32::NAN, -f32::NAN][at]),
        |at| Literal::array(DataType::Double, [Literal::double([0.0, -0.0][at])]).unwrap(),
        |at| Literal::structure([("x".to_owned(), Literal::float([0.0, -0.0][at]))]).unwrap(),
        |at| Literal::decimal([10, 1][at], 3, [1, 0][at]).unwrap(),
    ];
    for key in twice {
        let error = of(key).unwrap_err();
        assert_eq!(error.to_string(), "a MAP has the same key twice: give each of its keys once");
    }
    let distinct: [fn(usize) -> Literal; 3] = [
        |at| Literal::string(["a", "A"][at]),
        |at| Literal::double([1.0, -1.0][at]),
        |at| Literal::array(DataType::Integer, vec![Literal::integer(1); at]).unwrap(),
    ];
    for key in distinct {
        assert!(of(key).is_ok());
    }
}

#[test]
fn a_timestamp_of_arrow_whose_time_zone_is_empty_has_none() {
    let timestamps = arrow_array::TimestampMicrosecondArray::from(vec![7]);
    let literal = |zone: &str| Literal::from_arrow(&timestamps.clone().with_timezone(zone), 0).unwrap();
    assert_eq!(literal(""), Literal::timestamp_ntz(7));
    assert_eq!(literal("UTC"), Literal::timestamp(7));
    assert_eq!(Literal::from_arrow(&timestamps, 0).unwrap(), Literal::timestamp_ntz(7));
}

#[test]
fn a_struct_has_a_field() {
    assert_eq!(Literal::structure([]).unwrap_err().to_string(), "a STRUCT must have a field");
    let point = Literal::structure([("x".to_owned(), Literal::integer(1))]).unwrap();
    assert_eq!(point.data_type().to_string(), "STRUCT<x: INT>");
}

#[test]
fn a_value_that_is_not_there_takes_the_digits_of_the_others() {
    struct Amount(&'static str);
    impl ToLiteral for Amount {
        fn data_type() -> DataType {
            DataType::Decimal { precision: 38, scale: 18 }
        }
        fn to_literal(&self) -> Result<Literal, LiteralError> {
            Literal::decimal(self.0.parse().unwrap(), 38, 0)
        }
    }
    let whole = DataType::Decimal { precision: 38, scale: 0 };
    let digits = "99999999999999999999999999999999999999";
    let list = vec![None, Some(Amount(digits))].to_literal().unwrap();
    assert_eq!(list.data_type(), DataType::array(whole.clone()));
    let lists = vec![Some(vec![]), None, Some(vec![None, Some(Amount(digits))])].to_literal().unwrap();
    assert_eq!(lists.data_type(), DataType::array(DataType::array(whole.clone())));
    let map = BTreeMap::from([(1, None), (2, Some(Amount(digits)))]).to_literal().unwrap();
    assert_eq!(map.data_type(), DataType::map(DataType::Integer, whole));
    let none = vec![None::<Amount>].to_literal().unwrap();
    assert_eq!(none.data_type(), DataType::array(Amount::data_type()));
    let cents = DataType::Decimal { precision: 10, scale: 2 };
    let claimed = vec![Literal::null(DataType::Null), Literal::null(cents.clone())].to_literal().unwrap();
    assert_eq!(claimed.data_type(), DataType::array(cents.clone()));
    let mixed = vec![Literal::null(cents), Literal::string("x")].to_literal().unwrap_err();
    assert_eq!(
        mixed.to_string(),
        "an element of type DECIMAL(10,2) is among elements of type STRING: use one type"
    );
}

#[test]
fn a_decimal_fits_its_precision() {
    let most = 10_i128.pow(38) - 1;
    assert_eq!(Literal::decimal(most, 38, 38).unwrap().data_type().to_string(), "DECIMAL(38,38)");
    assert!(Literal::decimal(-most, 38, 0).is_ok());
    for (unscaled, precision, scale) in
        [(most + 1, 38, 0), (i128::MIN, 38, 0), (100, 2, 0), (0, 0, 0), (0, 39, 0), (0, 3, 4)]
    {
        assert!(Literal::decimal(unscaled, precision, scale).is_err(), "DECIMAL({precision},{scale})");
    }
}

#[test]
fn a_time_is_within_one_day_and_of_whole_microseconds() {
    assert!(Literal::time(NANOS_PER_DAY - 1_000).is_ok());
    assert_eq!(Literal::time(NANOS_PER_DAY).unwrap_err().to_string(), "a TIME must be below 24 hours");
    assert_eq!(
        Literal::time(1).unwrap_err().to_string(),
        "a TIME holds nanoseconds and Spark keeps microseconds: truncate or round it first"
    );
}

#[test]
fn debug_shows_the_type_and_not_the_value() {
    assert_eq!(format!("{:?}", literal("secret")), "Literal(STRING)");
    assert_eq!(format!("{:?}", literal(&vec![Some("secret")])), "Literal(ARRAY<STRING>)");
}

#[cfg(feature = "chrono")]
mod chrono;

#[cfg(any(feature = "jiff", feature = "time"))]
const FINER: &str = " holds nanoseconds and Spark keeps microseconds: truncate or round it first";
#[cfg(any(feature = "jiff", feature = "time"))]
const BEYOND: &str = " is out of the range of Spark, about 292 thousand years";

#[cfg(any(feature = "jiff", feature = "time"))]
#[test]
fn counts_of_nanoseconds_are_whole_microseconds_in_range_or_errors() {
    use super::nanos::whole_micros;

    let most = i128::from(i64::MAX) * 1_000;
    let least = i128::from(i64::MIN) * 1_000;
    for (nanos, micros) in [(0, 0), (1_000, 1), (-1_000, -1), (most, i64::MAX), (least, i64::MIN)] {
        assert_eq!(whole_micros(nanos, "it").unwrap(), micros);
    }
    for nanos in [1, -1, 999, -999, 1_001, most + 1, least - 1, i128::MAX] {
        assert_eq!(whole_micros(nanos, "it").unwrap_err().to_string(), format!("it{FINER}"), "{nanos}");
    }
    for nanos in [most + 1_000, least - 1_000] {
        assert_eq!(whole_micros(nanos, "it").unwrap_err().to_string(), format!("it{BEYOND}"), "{nanos}");
    }
}

#[cfg(feature = "jiff")]
mod jiff;

#[cfg(feature = "time")]
mod time;

mod json;

#[cfg(feature = "bigdecimal")]
const TOO_MANY: &str = "a decimal has more than the 38 digits of DECIMAL: round it first";

#[cfg(feature = "rust_decimal")]
mod rust_decimal;

#[cfg(feature = "bigdecimal")]
mod bigdecimal;
