//! The text of literals. That engines read it back as the same value is for the engine tests to show.

use crate::sql::render;
use crate::types::{DataType, Literal, StructField, ToLiteral};

#[test]
fn a_literal_has_the_text_that_both_engines_read_back() {
    let cases = [
        (Literal::boolean(true), "TRUE"),
        (Literal::byte(127), "127Y"),
        (Literal::byte(-128), "CAST('-128' AS TINYINT)"),
        (Literal::short(-1), "CAST('-1' AS SMALLINT)"),
        (Literal::integer(0), "0"),
        (Literal::integer(i32::MIN), "CAST('-2147483648' AS INT)"),
        (Literal::long(i64::MAX), "9223372036854775807L"),
        (Literal::long(i64::MIN), "CAST('-9223372036854775808' AS BIGINT)"),
        (Literal::float(0.1), "CAST('1e-1' AS FLOAT)"),
        (Literal::double(-0.0), "CAST('-0e0' AS DOUBLE)"),
        (Literal::double(f64::MAX), "CAST('1.7976931348623157e308' AS DOUBLE)"),
        (Literal::double(f64::from_bits(1)), "CAST('5e-324' AS DOUBLE)"),
        (Literal::double(f64::NAN), "CAST('NaN' AS DOUBLE)"),
        (Literal::float(f32::NEG_INFINITY), "CAST('-Infinity' AS FLOAT)"),
        (Literal::double(f64::INFINITY), "CAST('Infinity' AS DOUBLE)"),
        (Literal::decimal(12_340, 5, 3).unwrap(), "CAST('12.340' AS DECIMAL(5,3))"),
        (Literal::decimal(-5, 3, 3).unwrap(), "CAST('-0.005' AS DECIMAL(3,3))"),
        (Literal::decimal(-7, 3, 0).unwrap(), "CAST('-7' AS DECIMAL(3,0))"),
        (Literal::string(""), "CAST(X'' AS STRING)"),
        (Literal::string("é\0'\\"), "CAST(X'c3a900275c' AS STRING)"),
        (Literal::binary(vec![0, 255]), "X'00ff'"),
        (Literal::date(19_782), "DATE '2024-02-29'"),
        (Literal::date(-719_162), "DATE '0001-01-01'"),
        (Literal::date(-719_163), "DATE_FROM_UNIX_DATE(CAST('-719163' AS INT))"),
        (Literal::date(2_932_897), "DATE_FROM_UNIX_DATE(2932897)"),
        (Literal::timestamp(1), "CAST(TIMESTAMP_MICROS(1L) AS TIMESTAMP_LTZ)"),
        (Literal::timestamp(-1), "CAST(TIMESTAMP_MICROS(CAST('-1' AS BIGINT)) AS TIMESTAMP_LTZ)"),
        (Literal::timestamp_ntz(-1), "TIMESTAMP_NTZ '1969-12-31 23:59:59.999999'"),
        (
            Literal::timestamp_ntz(253_402_300_800_000_000),
            "(TIMESTAMP_NTZ '1970-01-01 00:00:00' + INTERVAL '2932897 00:00:00.000000' DAY TO SECOND)",
        ),
        (Literal::time(86_399_999_999_000).unwrap(), "CAST('23:59:59.999999' AS TIME(6))"),
        (
            Literal::calendar_interval(14, -3, 93_784_500_000).unwrap(),
            "MAKE_INTERVAL(0, 14, 0, CAST('-3' AS INT), 26, 3, CAST('4.500000' AS DECIMAL(18,6)))",
        ),
        (
            Literal::calendar_interval(i32::MIN, i32::MAX, -1).unwrap(),
            "MAKE_INTERVAL(0, CAST('-2147483648' AS INT), 0, 2147483647, 0, 0, CAST('-0.000001' AS DECIMAL(18,6)))",
        ),
        (
            Literal::calendar_interval(0, 0, i64::MIN / 1_000).unwrap(),
            "MAKE_INTERVAL(0, 0, 0, 0, CAST('-2562047' AS INT), CAST('-47' AS INT), CAST('-16.854775' AS DECIMAL(18,6)))",
        ),
        (Literal::year_month_interval(-14), "MAKE_YM_INTERVAL(0, CAST('-14' AS INT))"),
        (Literal::day_time_interval(-1), "INTERVAL '-0 00:00:00.000001' DAY TO SECOND"),
        (
            Literal::day_time_interval(i64::MIN),
            "(INTERVAL '-106751991 04:00:54.775807' DAY TO SECOND - INTERVAL '0 00:00:00.000001' DAY TO SECOND)",
        ),
        (Literal::null(DataType::Null), "NULL"),
        (Literal::null(DataType::Long), "CAST(NULL AS BIGINT)"),
        (Literal::null(DataType::Timestamp), "CAST(NULL AS TIMESTAMP_LTZ)"),
        (
            Literal::array(DataType::Timestamp, [Literal::timestamp(0)]).unwrap(),
            "CAST(ARRAY(CAST(TIMESTAMP_MICROS(0L) AS TIMESTAMP_LTZ)) AS ARRAY<TIMESTAMP_LTZ>)",
        ),
    ];
    for (literal, text) in cases {
        assert_eq!(render(&literal), text);
    }
}

#[test]
fn nested_values_keep_their_types_even_when_empty() {
    let array = |values: &[Option<i64>]| render(&values.to_literal().unwrap());
    assert_eq!(array(&[]), "CAST(ARRAY() AS ARRAY<BIGINT>)");
    assert_eq!(array(&[Some(1), None]), "CAST(ARRAY(1L, CAST(NULL AS BIGINT)) AS ARRAY<BIGINT>)");

    let map =
        Literal::map(DataType::String, DataType::Integer, [(Literal::string("a"), Literal::integer(1))]);
    assert_eq!(render(&map.unwrap()), "CAST(MAP(CAST(X'61' AS STRING), 1) AS MAP<STRING, INT>)");

    let fields = [("id".to_owned(), Literal::integer(1)), ("a`b ?".to_owned(), Literal::boolean(false))];
    assert_eq!(render(&Literal::structure(fields).unwrap()), "STRUCT(1 AS id, FALSE AS `a``b ?`)");

    let fields = vec![StructField::new("x y", DataType::Integer), StructField::new("select", DataType::Date)];
    assert_eq!(
        render(&Literal::null(DataType::Struct(fields))),
        "CAST(NULL AS STRUCT<`x y`: INT, `select`: DATE>)"
    );
}
