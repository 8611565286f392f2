//! Every type of Spark: the SQL that makes the value, the Rust value that it is, and the way back as a parameter.

use std::collections::{BTreeMap, HashMap};
use std::fmt::Debug;

use arrow_schema::DataType;
use bytes::Bytes;
use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, Utc};
use futures::StreamExt;
use lakeorm::spark::SparkDriver;
use lakeorm::{
    CalendarInterval, Client, DayTimeInterval, Decimal, DynamicRow, ErrorKind, Json, LakeRow, LakeValue,
    Value, Variant, Wkb, YearMonthInterval, query, query_batches, query_first,
};
use lakeorm_tests::engine::{Ability, Engine};
use uuid::Uuid;

use crate::values::Db;

fn ymd(year: i32, month: u32, day: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(year, month, day).unwrap()
}

#[tokio::test]
async fn booleans_and_integers_reach_their_ends() {
    let db = Db::new();
    db.round("true", true).await;
    db.round("false", false).await;
    db.round("CAST(-128 AS TINYINT)", i8::MIN).await;
    db.round("127Y", i8::MAX).await;
    db.round("CAST(-32768 AS SMALLINT)", i16::MIN).await;
    db.round("32767S", i16::MAX).await;
    db.round("CAST(-2147483648 AS INT)", i32::MIN).await;
    db.round("2147483647", i32::MAX).await;
    db.round("CAST('-9223372036854775808' AS BIGINT)", i64::MIN).await;
    db.round("9223372036854775807L", i64::MAX).await;
    db.reads("7Y", 7_i64).await;
}

#[tokio::test]
async fn floats_keep_their_bits() {
    let db = Db::new();
    db.round("CAST(1.5 AS FLOAT)", 1.5_f32).await;
    db.round("CAST('3.4028235E38' AS FLOAT)", f32::MAX).await;
    db.round("CAST('1.7976931348623157E308' AS DOUBLE)", f64::MAX).await;
    db.round("CAST('4.9E-324' AS DOUBLE)", 5e-324_f64).await;
    db.round("CAST('-Infinity' AS DOUBLE)", f64::NEG_INFINITY).await;
    db.reads("CAST(0.1 AS FLOAT)", f64::from(0.1_f32)).await;
    let zero: f64 = db.value("CAST('-0.0' AS DOUBLE)").await.unwrap();
    assert_eq!(zero.to_bits(), (-0.0_f64).to_bits());
    assert!(db.value::<f64>("CAST('NaN' AS DOUBLE)").await.unwrap().is_nan());
    assert!(db.value::<f32>("CAST('NaN' AS FLOAT)").await.unwrap().is_nan());
    for value in [f64::NAN, -0.0] {
        let (found,): (f64,) =
            query_first(&db.db, db.drv.from_sql("SELECT ? AS x").bind(value)).await.unwrap();
        assert!(
            found.is_nan() == value.is_nan() && (value.is_nan() || found.to_bits() == value.to_bits()),
            "{value} {found}"
        );
    }
}

#[tokio::test]
async fn decimals_have_38_exact_digits() {
    let db = Db::new();
    let nines = "9".repeat(38);
    let decimal = |text: &str| text.parse::<Decimal>().unwrap();
    db.round(&format!("CAST('{nines}' AS DECIMAL(38,0))"), decimal(&nines)).await;
    db.round(&format!("CAST('-0.{nines}' AS DECIMAL(38,38))"), decimal(&format!("-0.{nines}"))).await;
    db.round("CAST(1.10 AS DECIMAL(10,2))", decimal("1.10")).await;
    db.round("CAST(0 AS DECIMAL(1,0))", decimal("0")).await;
    db.round("CAST('1.5' AS DECIMAL(38,18))", rust_decimal::Decimal::new(15, 1)).await;
    db.round("CAST('-1.50' AS DECIMAL(10,2))", "-1.50".parse::<bigdecimal::BigDecimal>().unwrap()).await;
    db.binds("1e3".parse::<bigdecimal::BigDecimal>().unwrap()).await;
    let digits: bigdecimal::BigDecimal =
        db.value(&format!("CAST('{nines}' AS DECIMAL(38,0))")).await.unwrap();
    assert_eq!(digits, nines.parse::<bigdecimal::BigDecimal>().unwrap());
    let refused =
        db.value::<rust_decimal::Decimal>(&format!("CAST('{nines}' AS DECIMAL(38,0))")).await.unwrap_err();
    assert!(refused.is_decode() && !refused.to_string().contains("999"), "{refused}");
}

#[tokio::test]
async fn texts_and_bytes_are_what_they_are() {
    let db = Db::new();
    db.round("''", String::new()).await;
    db.round("CAST(X'6100F09FA680E6BCA2' AS STRING)", "a\0🦀漢".to_owned()).await;
    db.round("X''", Vec::<u8>::new()).await;
    db.round("X'00FF27'", vec![0_u8, 255, 39]).await;
    db.reads("X'00FF27'", Bytes::from_static(&[0, 255, 39])).await;
    db.reads("X'00FF27'", [0_u8, 255, 39]).await;
    db.reads("CAST('ab ' AS CHAR(3))", "ab ".to_owned()).await;
    db.reads("CAST('ab' AS VARCHAR(3))", Box::<str>::from("ab")).await;
    db.round(
        "'67e55044-10b1-426f-9247-bb680e5fe0c8'",
        Uuid::from_u128(0x67e5_5044_10b1_426f_9247_bb68_0e5f_e0c8),
    )
    .await;
    let collated = db.value::<String>("'a' COLLATE UTF8_LCASE").await;
    match db.engine.has(Ability::Collations) {
        true => assert_eq!(collated.unwrap(), "a"),
        false => assert_eq!(collated.unwrap_err().kind(), ErrorKind::Server, "the engine has collations now"),
    }
}

#[tokio::test]
async fn dates_and_timestamps_reach_the_years_1_and_9999() {
    let db = Db::new();
    db.round("DATE '0001-01-01'", ymd(1, 1, 1)).await;
    db.round("DATE '9999-12-31'", ymd(9999, 12, 31)).await;
    db.round("DATE '1969-12-31'", jiff::civil::date(1969, 12, 31)).await;
    db.round("DATE '1969-12-31'", time::Date::from_ordinal_date(1969, 365).unwrap()).await;
    let first = ymd(1, 1, 1).and_hms_opt(0, 0, 0).unwrap();
    let last = ymd(9999, 12, 31).and_hms_micro_opt(23, 59, 59, 999_999).unwrap();
    db.round("TIMESTAMP_NTZ '0001-01-01 00:00:00'", first).await;
    db.round("TIMESTAMP_NTZ '9999-12-31 23:59:59.999999'", last).await;
    db.round("TIMESTAMP '0001-01-01 00:00:00Z'", first.and_utc()).await;
    db.round("TIMESTAMP '9999-12-31 23:59:59.999999Z'", last.and_utc()).await;
    let winter = ymd(2026, 1, 2).and_hms_opt(8, 4, 5).unwrap();
    db.reads("TIMESTAMP '2026-01-02 03:04:05'", winter.and_utc()).await;
    db.round(
        "TIMESTAMP '2026-01-02 03:04:05'",
        jiff::Timestamp::from_second(winter.and_utc().timestamp()).unwrap(),
    )
    .await;
    db.round(
        "TIMESTAMP '2026-01-02 03:04:05'",
        time::UtcDateTime::from_unix_timestamp(winter.and_utc().timestamp()).unwrap(),
    )
    .await;
    db.round("TIMESTAMP_NTZ '2026-01-02 03:04:05.000006'", jiff::civil::date(2026, 1, 2).at(3, 4, 5, 6_000))
        .await;
    let civil = time::Date::from_ordinal_date(2026, 2).unwrap().with_hms_micro(3, 4, 5, 6).unwrap();
    db.round("TIMESTAMP_NTZ '2026-01-02 03:04:05.000006'", civil).await;
    let mixed = db.value::<NaiveDateTime>("TIMESTAMP '2026-01-02 03:04:05'").await.unwrap_err();
    assert!(mixed.is_schema_mismatch(), "{mixed}");
    let mixed = db.value::<DateTime<Utc>>("TIMESTAMP_NTZ '2026-01-02 03:04:05'").await.unwrap_err();
    assert!(mixed.is_schema_mismatch(), "{mixed}");
}

#[tokio::test]
async fn the_three_intervals_are_their_numbers() {
    let db = Db::new();
    let days = |micros| DayTimeInterval { micros };
    db.round("INTERVAL '1 02:03:04.5' DAY TO SECOND", days(93_784_500_000)).await;
    db.round("INTERVAL '-0.000001' SECOND", days(-1)).await;
    db.round("INTERVAL '1 00:00:00' DAY TO SECOND", TimeDelta::days(1)).await;
    db.round("INTERVAL '1' DAY", jiff::SignedDuration::from_hours(24)).await;
    db.round("INTERVAL '1' DAY", time::Duration::days(1)).await;
    db.round("INTERVAL '-1-2' YEAR TO MONTH", YearMonthInterval { months: -14 }).await;
    db.round("INTERVAL '5' MONTH", YearMonthInterval { months: 5 }).await;
}

#[tokio::test]
async fn an_interval_of_the_calendar_is_read_and_bound_with_all_its_parts() {
    let db = Db::new();
    let of = |months, days, micros| CalendarInterval { months, days, micros };
    if !db.engine.has(Ability::Variants) {
        let error = db.value::<CalendarInterval>("make_interval(1)").await.unwrap_err();
        return assert_eq!(error.kind(), ErrorKind::Unsupported, "{error}");
    }
    db.round("make_interval(1, 2, 0, 3, 0, 0, 1.5)", of(14, 3, 1_500_000)).await;
    db.round("make_interval()", CalendarInterval::default()).await;
    db.round("make_interval(0, 1, 0, -1, 0, 0, -0.000001)", of(1, -1, -1)).await;
    let longest = i64::MAX / 1_000;
    for (sign, months) in [("-", i32::MIN), ("", i32::MAX)] {
        let micros = if months < 0 { -longest } else { longest };
        let part = format!("CAST('{months}' AS INT)");
        let sql = format!("make_interval(0, {part}, 0, {part}, {sign}2562047, {sign}47, {sign}16.854775)");
        db.round(&sql, of(months, months, micros)).await;
    }
    db.round("array(make_interval(0, 1), make_interval())", vec![of(1, 0, 0), of(0, 0, 0)]).await;
    let refused = db.binds_to_error(of(0, 0, longest + 1)).await;
    assert_eq!(refused.kind(), ErrorKind::InvalidStatement);
    assert!(refused.to_string().contains("move whole days to its days"), "{refused}");
}

#[tokio::test]
async fn times_of_day_are_read_where_the_engine_has_them() {
    let db = Db::new();
    let last = NaiveTime::from_hms_micro_opt(23, 59, 59, 999_999).unwrap();
    if db.engine.has(Ability::TimesEverywhere) {
        db.round("TIME '23:59:59.999999'", last).await;
        db.reads("TIME '00:00:00'", NaiveTime::MIN).await;
        db.round("TIME '00:00:01'", jiff::civil::time(0, 0, 1, 0)).await;
        db.round("TIME '00:00:01'", time::Time::from_hms(0, 0, 1).unwrap()).await;
    }
    let found = db.value::<NaiveTime>("CAST('23:59:59.999999' AS TIME(6))").await;
    match db.engine.has(Ability::Times) {
        true => assert_eq!(found.unwrap(), last),
        false => {
            let error = found.unwrap_err();
            assert!([ErrorKind::Server, ErrorKind::Unsupported].contains(&error.kind()), "{error}");
        }
    }
}

#[tokio::test]
async fn lists_and_maps_nest_and_may_be_empty_or_null_at_every_level() {
    let db = Db::new();
    db.round("array(1L, 2L)", vec![1_i64, 2]).await;
    db.round(
        "array(array('a'), array('', 'b'))",
        vec![vec!["a".to_owned()], vec![String::new(), "b".to_owned()]],
    )
    .await;
    db.reads("array(1, NULL, 3)", vec![Some(1), None, Some(3)]).await;
    db.reads("array(array(1), NULL, array(NULL))", vec![Some(vec![Some(1)]), None, Some(vec![None])]).await;
    db.reads("array(1, 2, 3)", [1_i32, 2, 3]).await;
    db.reads("CAST(array() AS ARRAY<BIGINT>)", Vec::<i64>::new()).await;
    db.round("map('a', 1L, 'b', 2L)", BTreeMap::from([("a".to_owned(), 1_i64), ("b".to_owned(), 2)])).await;
    db.reads("map(1, array('x'), 2, NULL)", HashMap::from([(1, Some(vec!["x".to_owned()])), (2, None)]))
        .await;
    db.reads("map(1, 'x', 2, 'y')", vec![(1, "x".to_owned()), (2, "y".to_owned())]).await;
    assert_eq!(db.value::<Vec<i64>>("array()").await.unwrap(), Vec::<i64>::new());
    assert_eq!(db.value::<BTreeMap<String, i64>>("map()").await.unwrap(), BTreeMap::new());
    let refused = db.value::<Vec<i32>>("array(1, NULL)").await.unwrap_err().to_string();
    assert!(refused.starts_with("tuple.0[]: column \"x\", row 0"), "{refused}");
}

/// How Spark ML keeps a vector.
#[derive(Debug, Clone, PartialEq, LakeRow)]
struct Vector {
    r#type: i8,
    size: Option<i32>,
    indices: Option<Vec<i32>>,
    values: Vec<f64>,
}

#[tokio::test]
async fn a_user_defined_type_is_read_as_the_type_that_it_is_kept_in() {
    let db = Db::new();
    let file = concat!("parquet.`", env!("CARGO_MANIFEST_DIR"), "/../fixtures/vectors.parquet`");
    if db.engine.has(Ability::UserTypes) {
        let columns = db.drv.from_sql(format!("DESCRIBE QUERY SELECT features FROM {file}"));
        let (_, data_type, _) =
            query_first::<(String, String, Option<String>)>(&db.db, columns).await.unwrap();
        assert_eq!(data_type, "vector", "the engine knows the file's own type");
    }
    let rows = db.drv.from_sql(format!("SELECT id, features FROM {file} ORDER BY id"));
    let dense = Vector { r#type: 1, size: None, indices: None, values: vec![0.5, -0.0] };
    let sparse = Vector { r#type: 0, size: Some(5), indices: Some(vec![1, 4]), values: vec![2.0, -1.5] };
    assert_eq!(
        query::<(i64, Option<Vector>)>(&db.db, rows).await.unwrap(),
        [(1, Some(dense)), (2, Some(sparse)), (3, None)]
    );
}

#[derive(Debug, Clone, PartialEq, LakeRow)]
struct Line {
    sku: String,
    quantity: Option<i32>,
}

#[derive(Debug, Clone, PartialEq, LakeRow)]
struct Order {
    id: i64,
    lines: Vec<Line>,
    attributes: HashMap<String, Line>,
    gift: Option<(String, Vec<i32>)>,
}

#[derive(Debug, Clone, PartialEq, LakeValue)]
#[lake(rename_all = "lowercase")]
enum Status {
    Open,
    #[lake(other)]
    Other(String),
}

#[derive(Debug, Clone, PartialEq, LakeValue)]
#[lake(integer)]
enum Level {
    Low = -1,
    High = 1,
}

#[derive(Debug, Clone, PartialEq, LakeValue)]
struct UserId(i64);

#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
struct Settings {
    theme: String,
}

#[tokio::test]
async fn values_of_ones_own_are_bound_as_what_they_are_read_from() {
    let db = Db::new();
    db.round("'open'", Status::Open).await;
    db.round("'lost'", Status::Other("lost".to_owned())).await;
    db.round("-1L", Level::Low).await;
    db.round("1L", Level::High).await;
    db.round("7L", UserId(7)).await;
    db.round("array(7L)", vec![UserId(7)]).await;
    let settings = Json(Settings { theme: "dark 'n' bright".to_owned() });
    db.reads(r#"'{"theme": "plain"}'"#, Json(Settings { theme: "plain".to_owned() })).await;
    db.binds(settings).await;
    db.binds(serde_json::json!({"a": [1, null, "x"]})).await;
}

#[tokio::test]
async fn large_var_types_are_the_same_texts_and_bytes() {
    let engine = Engine::from_env();
    let drv = SparkDriver::builder(&engine.remote)
        .session_conf("spark.sql.execution.arrow.useLargeVarTypes", "true")
        .build()
        .unwrap();
    let db = Db { engine, db: Client::new(drv.clone()), drv };
    let schema =
        query_batches(&db.db, db.drv.from_sql("SELECT 'a' AS x")).next().await.unwrap().unwrap().schema();
    // Who does not know the conf ignores it.
    let large = db.engine.has(Ability::LargeTypes);
    let expected = if large { DataType::LargeUtf8 } else { DataType::Utf8 };
    assert_eq!(schema.field(0).data_type(), &expected);
    db.reads("'漢'", "漢".to_owned()).await;
    db.reads("X'00FF'", Bytes::from_static(&[0, 255])).await;
    db.reads("array('a', NULL)", vec![Some("a".to_owned()), None]).await;
    db.reads("map('a', X'00')", BTreeMap::from([("a".to_owned(), vec![0_u8])])).await;
}

#[derive(Debug, PartialEq, LakeRow)]
struct Customer {
    name: String,
    #[lake(flatten(prefix = "last_"))]
    last: Option<Placed>,
}

#[derive(Debug, PartialEq, LakeRow)]
struct Placed {
    id: i64,
    status: Status,
    #[lake(json)]
    note: Option<serde_json::Value>,
}

const LINE: &str = "named_struct('quantity', CAST(NULL AS INT), 'sku', 'a', 'more', 1)";

#[tokio::test]
async fn structs_nest_by_name_and_tuples_by_position() {
    let db = Db::new();
    let line = Line { sku: "a".to_owned(), quantity: None };
    db.reads(LINE, line.clone()).await;
    let sql = format!(
        "named_struct('ID', 7L, 'lines', array({LINE}, {LINE}), 'attributes', map('k', {LINE}), 'gift', \
         named_struct('c', 'x', 'd', array(1, 2)))"
    );
    let order = Order {
        id: 7,
        lines: vec![line.clone(), line.clone()],
        attributes: HashMap::from([("k".to_owned(), line)]),
        gift: Some(("x".to_owned(), vec![1, 2])),
    };
    db.reads(&sql, order).await;
    let refused = db.value::<Vec<Line>>("array(named_struct('sku', 1, 'quantity', 2))").await.unwrap_err();
    assert!(refused.is_schema_mismatch());
    assert_eq!(
        refused.to_string(),
        "tuple.0[].sku: in column \"x\", the value is INT, the field is String; use i32, or CAST(sku AS STRING) in \
         the query"
    );
}

#[tokio::test]
async fn the_missing_side_of_an_outer_join_is_none() {
    let db = Db::new();
    let sql = "SELECT c.name, o.id AS last_id, o.status AS last_status, o.note AS last_note \
               FROM VALUES (1, 'a'), (2, 'b'), (3, 'c') AS c(k, name) \
               LEFT JOIN VALUES (1, 10L, 'open', '{\"x\": [1]}'), (3, 30L, 'lost', NULL) AS o(k, id, status, note) \
               ON c.k = o.k ORDER BY c.k";
    let customer = |name: &str, last| Customer { name: name.to_owned(), last };
    let noted = Placed { id: 10, status: Status::Open, note: Some(serde_json::json!({"x": [1]})) };
    let lost = Placed { id: 30, status: Status::Other("lost".to_owned()), note: None };
    assert_eq!(
        query::<Customer>(&db.db, db.drv.from_sql(sql)).await.unwrap(),
        [customer("a", Some(noted)), customer("b", None), customer("c", Some(lost))]
    );
}

#[tokio::test]
async fn void_is_none_of_any_type() {
    let db = Db::new();
    assert_eq!(db.value::<Option<i64>>("NULL").await.unwrap(), None);
    assert_eq!(db.value::<Option<Line>>("NULL").await.unwrap(), None);
    assert_eq!(db.value::<Vec<Option<String>>>("array(NULL)").await.unwrap(), [None]);
    let refused = db.value::<i64>("NULL").await.unwrap_err().to_string();
    assert_eq!(
        refused,
        "tuple.0: column \"x\" is VOID, the field is i64; use Option<i64>, or CAST(x AS BIGINT) in the query"
    );
}

#[tokio::test]
async fn variants_are_two_byte_strings_and_json() {
    let db = Db::new();
    let json = r#"{"a": [1, null, "x", 1.5], "b": {"c": true}}"#;
    if !db.engine.has(Ability::Variants) {
        let error = db.value::<Variant>(&format!("parse_json('{json}')")).await.unwrap_err();
        return assert_eq!(error.error_class(), Some("UNRESOLVED_ROUTINE"), "{error}");
    }
    let found = db.value::<Variant>(&format!("parse_json('{json}')")).await.unwrap();
    assert_eq!(found.to_json().unwrap(), json.parse::<serde_json::Value>().unwrap());
    let nulls: Option<Variant> = db.value("CAST(NULL AS VARIANT)").await.unwrap();
    assert_eq!(nulls, None);
}

#[tokio::test]
async fn geometries_are_well_known_binary() {
    let db = Db::new();
    // A point at (1, 2), little-endian.
    let wkb = "0101000000000000000000F03F0000000000000040";
    let bytes: Vec<u8> =
        (0..wkb.len()).step_by(2).map(|i| u8::from_str_radix(&wkb[i..i + 2], 16).unwrap()).collect();
    let found = db.value::<Wkb>(&format!("ST_GeomFromWKB(X'{wkb}')")).await;
    if !db.engine.has(Ability::Geometry) {
        // It has the function and says that it is switched off, or it has none.
        let error = found.unwrap_err();
        let classes = ["UNSUPPORTED_FEATURE.GEOSPATIAL_DISABLED", "UNRESOLVED_ROUTINE"];
        return assert!(error.error_class().is_some_and(|class| classes.contains(&class)), "{error}");
    }
    let found = found.unwrap();
    let with_srid = db.engine.has(Ability::GeometryWithSrid);
    assert_eq!((found.bytes.as_ref(), found.srid), (bytes.as_slice(), with_srid.then_some(0)));
    if with_srid {
        let found: Wkb = db.value(&format!("ST_GeogFromWKB(X'{wkb}')")).await.unwrap();
        assert_eq!((found.bytes.as_ref(), found.srid), (bytes.as_slice(), Some(4326)));
    }
}

#[tokio::test]
async fn a_dynamic_row_reads_what_comes() {
    let db = Db::new();
    let sql = format!(
        "SELECT 1 AS a, 'x' AS b, array(1.5D, NULL) AS c, {LINE} AS d, NULL AS e, map('k', DATE '1970-01-02') AS f"
    );
    let row: DynamicRow = query_first(&db.db, db.drv.from_sql(sql)).await.unwrap();
    let text = |text: &str| Value::String(text.to_owned());
    assert_eq!(row.names(), ["a", "b", "c", "d", "e", "f"]);
    assert_eq!(
        row.values(),
        [
            Value::Integer(1),
            text("x"),
            Value::Array(vec![Value::Double(1.5), Value::Null]),
            Value::Struct(vec![
                ("quantity".to_owned(), Value::Null),
                ("sku".to_owned(), text("a")),
                ("more".to_owned(), Value::Integer(1)),
            ]),
            Value::Null,
            Value::Map(vec![(text("k"), Value::Date(1))]),
        ]
    );
}

/// Spark 4.3 has timestamps of nine digits; the others say that they have not.
#[tokio::test]
async fn timestamps_of_nanoseconds() {
    let db = Db::new();
    let ntz = "CAST('2026-01-01 00:00:00.123456789' AS TIMESTAMP_NTZ(9))";
    let ltz = "CAST('2026-01-01 00:00:00.123456789+00:00' AS TIMESTAMP_LTZ(9))";
    let civil =
        NaiveDate::from_ymd_opt(2026, 1, 1).and_then(|day| day.and_hms_nano_opt(0, 0, 0, 123_456_789));
    let civil = civil.unwrap();
    if db.engine.has(Ability::Nanoseconds) {
        db.reads(ntz, civil).await;
        return db.reads(ltz, civil.and_utc()).await;
    }
    for sql in [ntz, ltz] {
        let error = db.value::<NaiveDateTime>(sql).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unsupported, "{error}");
    }
}
