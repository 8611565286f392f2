//! The ends of every type's range, as they come from the engine and as they go there and back, and NULLs at every
//! level of a nested value.

use std::collections::BTreeMap;
use std::fmt::Debug;

use lakeorm::{
    CalendarInterval, DayTimeInterval, Decimal, DynamicRow, ErrorKind, LakeRow, Value, YearMonthInterval,
    query, query_first,
};
use lakeorm_tests::engine::Ability;

use crate::values::Db;

/// The bits of a float, by which NaN is equal to itself and -0.0 is not 0.0.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Bits(u64);

impl From<f64> for Bits {
    fn from(value: f64) -> Self {
        Self(if value.is_nan() { f64::NAN.to_bits() } else { value.to_bits() })
    }
}

#[tokio::test]
async fn floats_that_equal_nothing_or_something_else_keep_their_bits_in_lists_and_as_parameters() {
    let db = Db::new();
    let doubles = [
        f64::NAN,
        -0.0,
        0.0,
        f64::MIN,
        f64::MAX,
        f64::MIN_POSITIVE,
        5e-324,
        f64::INFINITY,
        f64::NEG_INFINITY,
    ];
    let floats =
        [f32::NAN, -0.0, 0.0, f32::MIN, f32::MAX, f32::MIN_POSITIVE, 1e-45, f32::INFINITY, f32::NEG_INFINITY];
    let source = db.drv.from_sql("SELECT ? AS d, ? AS f").bind(doubles.to_vec()).bind(floats.to_vec());
    let (double, float): (Vec<f64>, Vec<f32>) = query_first(&db.db, source).await.unwrap();
    let bits = |values: &[f64]| values.iter().copied().map(Bits::from).collect::<Vec<_>>();
    assert_eq!(bits(&double), bits(&doubles));
    let wide = |values: &[f32]| bits(&values.iter().copied().map(f64::from).collect::<Vec<_>>());
    assert_eq!(wide(&float), wide(&floats));
    let sql = "SELECT array(CAST('NaN' AS DOUBLE), CAST('-0.0' AS DOUBLE), CAST(NULL AS DOUBLE)) AS d";
    let (found,): (Vec<Option<f64>>,) = query_first(&db.db, db.drv.from_sql(sql)).await.unwrap();
    let found: Vec<Option<Bits>> = found.into_iter().map(|value| value.map(Bits::from)).collect();
    assert_eq!(found, [Some(f64::NAN.into()), Some((-0.0).into()), None]);
}

#[tokio::test]
async fn intervals_reach_the_ends_of_their_numbers() {
    let db = Db::new();
    for micros in [i64::MIN, i64::MIN + 1, -1, 0, i64::MAX] {
        db.binds(DayTimeInterval { micros }).await;
        db.binds(chrono::TimeDelta::microseconds(micros)).await;
        db.binds(time::Duration::microseconds(micros)).await;
        db.binds(jiff::SignedDuration::from_micros(micros)).await;
    }
    for months in [i32::MIN, i32::MIN + 1, -1, 0, i32::MAX] {
        db.binds(YearMonthInterval { months }).await;
    }
    if !db.engine.has(Ability::Variants) {
        let error = db.value::<CalendarInterval>("make_interval(1)").await.unwrap_err();
        return assert_eq!(error.kind(), ErrorKind::Unsupported, "{error}");
    }
    db.reads(
        "make_interval(-178956970, -8, 0, -2147483648, 0, 0, 0)",
        CalendarInterval { months: i32::MIN, days: i32::MIN, micros: 0 },
    )
    .await;
    db.reads(
        "make_interval(0, 0, 0, 0, 0, 0, -0.000001)",
        CalendarInterval { months: 0, days: 0, micros: -1 },
    )
    .await;
}

#[tokio::test]
async fn every_calendar_has_the_first_and_the_last_day_of_spark() {
    let db = Db::new();
    db.round("DATE '0001-01-01'", jiff::civil::date(1, 1, 1)).await;
    db.round("DATE '9999-12-31'", jiff::civil::date(9999, 12, 31)).await;
    db.round("DATE '0001-01-01'", time::Date::from_ordinal_date(1, 1).unwrap()).await;
    db.round("DATE '9999-12-31'", time::Date::from_ordinal_date(9999, 365).unwrap()).await;
    let first = time::Date::from_ordinal_date(1, 1).unwrap().midnight();
    let last = time::Date::from_ordinal_date(9999, 365).unwrap().with_hms_micro(23, 59, 59, 999_999).unwrap();
    for (text, at) in [("0001-01-01 00:00:00", first), ("9999-12-31 23:59:59.999999", last)] {
        db.round(&format!("TIMESTAMP_NTZ '{text}'"), at).await;
        db.round(&format!("TIMESTAMP '{text}Z'"), time::UtcDateTime::from(at.assume_utc())).await;
        db.round(&format!("TIMESTAMP '{text}Z'"), at.assume_utc()).await;
    }
    let first = jiff::civil::date(1, 1, 1).at(0, 0, 0, 0);
    let last = jiff::civil::date(9999, 12, 31).at(23, 59, 59, 999_999_000);
    db.round("TIMESTAMP_NTZ '0001-01-01 00:00:00'", first).await;
    db.round("TIMESTAMP_NTZ '9999-12-31 23:59:59.999999'", last).await;
    let first: jiff::Timestamp = "0001-01-01T00:00:00Z".parse().unwrap();
    db.round("TIMESTAMP '0001-01-01 00:00:00Z'", first).await;
    // jiff's last instant is a day before the end of the year 9999.
    db.round("TIMESTAMP '9999-12-30 22:00:00Z'", "9999-12-30T22:00:00Z".parse::<jiff::Timestamp>().unwrap())
        .await;
    let beyond = db.drv.from_sql("SELECT TIMESTAMP '9999-12-31 00:00:00Z' AS x");
    let error = query_first::<(jiff::Timestamp,)>(&db.db, beyond).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "tuple.0: column \"x\", row 0 (the first is 0): the timestamp is outside the years that jiff::Timestamp can \
         hold"
    );
}

#[tokio::test]
async fn decimals_of_every_width_reach_their_ends() {
    let db = Db::new();
    for (precision, scale) in [(1, 0), (1, 1), (9, 2), (18, 18), (19, 0), (38, 0), (38, 10), (38, 38)] {
        let most = 10_i128.pow(precision) - 1;
        for unscaled in [most, -most, 1, -1, 0] {
            let decimal = Decimal::new(unscaled, scale).unwrap();
            db.reads(&format!("CAST('{decimal}' AS DECIMAL({precision},{scale}))"), decimal).await;
            db.binds(decimal).await;
        }
    }
    db.binds(rust_decimal::Decimal::MAX).await;
    db.binds(rust_decimal::Decimal::MIN).await;
    db.binds(rust_decimal::Decimal::new(1, 28)).await;
}

#[tokio::test]
async fn texts_and_bytes_are_empty_long_or_strange_at_every_level() {
    let db = Db::new();
    let long = "🦀\u{0301}\0'\\\"%_".repeat(20_000);
    for text in ["", "\0", "\u{10ffff}", "\u{feff}a\r\n\t", "e\u{0301}", "''\\'", &long] {
        db.binds(text.to_owned()).await;
        db.binds(vec![text.to_owned(), String::new()]).await;
        db.binds(BTreeMap::from([(text.to_owned(), Some(text.to_owned())), ("k".to_owned(), None)])).await;
    }
    let every: Vec<u8> = (0..=255).collect();
    for bytes in [vec![], vec![0], every.clone(), every.repeat(500)] {
        db.binds(bytes.clone()).await;
        db.binds(vec![vec![], bytes.clone()]).await;
    }
}

#[derive(Debug, Clone, PartialEq, LakeRow)]
struct Leaf {
    n: Option<i32>,
    t: Option<String>,
}

#[derive(Debug, Clone, PartialEq, LakeRow)]
struct Branch {
    leaf: Option<Leaf>,
    leaves: Option<Vec<Option<Leaf>>>,
    named: Option<BTreeMap<String, Option<Leaf>>>,
    flags: Option<Vec<Option<bool>>>,
}

const BRANCH: &str = "STRUCT<leaf: STRUCT<n: INT, t: STRING>, leaves: ARRAY<STRUCT<n: INT, t: STRING>>, \
                      named: MAP<STRING, STRUCT<n: INT, t: STRING>>, flags: ARRAY<BOOLEAN>>";

/// Rows of a nested value that have a NULL at another level each, in the order of `k`.
fn branches() -> Vec<(i32, Option<Branch>)> {
    let full = || Leaf { n: Some(1), t: Some("a".to_owned()) };
    let none = Leaf { n: None, t: None };
    let empty = Branch { leaf: None, leaves: None, named: None, flags: None };
    let named = |leaf: Option<Leaf>| Some(BTreeMap::from([("k".to_owned(), leaf)]));
    vec![
        (0, None),
        (1, Some(empty.clone())),
        (2, Some(Branch { leaf: Some(none.clone()), ..empty.clone() })),
        (
            3,
            Some(Branch {
                leaf: Some(full()),
                leaves: Some(vec![]),
                named: Some(BTreeMap::new()),
                flags: Some(vec![]),
            }),
        ),
        (4, Some(Branch { leaves: Some(vec![None, Some(none), Some(full())]), ..empty.clone() })),
        (
            5,
            Some(Branch {
                named: named(None),
                flags: Some(vec![Some(true), None, Some(false)]),
                ..empty.clone()
            }),
        ),
        (6, Some(Branch { named: named(Some(full())), ..empty })),
    ]
}

const BRANCHES: [&str; 7] = [
    "NULL",
    "named_struct('leaf', NULL, 'leaves', NULL, 'named', NULL, 'flags', NULL)",
    "named_struct('leaf', named_struct('n', NULL, 't', NULL), 'leaves', NULL, 'named', NULL, 'flags', NULL)",
    "named_struct('leaf', named_struct('n', 1, 't', 'a'), 'leaves', array(), 'named', map(), 'flags', array())",
    "named_struct('leaf', NULL, 'leaves', array(NULL, named_struct('n', NULL, 't', NULL), named_struct('n', 1, 't', \
     'a')), 'named', NULL, 'flags', NULL)",
    "named_struct('leaf', NULL, 'leaves', NULL, 'named', map('k', NULL), 'flags', array(true, NULL, false))",
    "named_struct('leaf', NULL, 'leaves', NULL, 'named', map('k', named_struct('n', 1, 't', 'a')), 'flags', NULL)",
];

fn nested_sql() -> String {
    let row = |(k, value): (usize, &&str)| format!("SELECT {k} AS k, CAST({value} AS {BRANCH}) AS b");
    let rows: Vec<String> = BRANCHES.iter().enumerate().map(row).collect();
    format!("SELECT * FROM ({}) ORDER BY k", rows.join(" UNION ALL "))
}

#[tokio::test]
async fn a_null_is_kept_apart_from_the_empty_at_every_level() {
    let db = Db::new();
    let found = query::<(i32, Option<Branch>)>(&db.db, db.drv.from_sql(nested_sql())).await.unwrap();
    assert_eq!(found, branches());
    // In one list, so that the parents are elements.
    let sql = format!("SELECT collect_list(named_struct('k', k, 'b', b)) AS l FROM ({})", nested_sql());
    let (mut found,): (Vec<(i32, Option<Branch>)>,) =
        query_first(&db.db, db.drv.from_sql(sql)).await.unwrap();
    found.sort_by_key(|(k, _)| *k);
    assert_eq!(found, branches());
}

#[tokio::test]
async fn the_first_row_with_a_null_that_has_no_room_is_named_with_its_path() {
    #[derive(Debug, LakeRow)]
    #[expect(dead_code, reason = "the rows are refused")]
    struct Strict {
        k: i32,
        b: Option<StrictBranch>,
    }
    #[derive(Debug, LakeRow)]
    #[expect(dead_code, reason = "the rows are refused")]
    struct StrictBranch {
        leaves: Option<Vec<StrictLeaf>>,
    }
    #[derive(Debug, LakeRow)]
    #[expect(dead_code, reason = "the rows are refused")]
    struct StrictLeaf {
        n: i32,
    }
    let db = Db::new();
    let error = query::<Strict>(&db.db, db.drv.from_sql(nested_sql())).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "Strict.b.leaves[]: column \"b\", row 4 (the first is 0): a nested value is NULL; make that value an Option, \
         or replace the NULL in the query"
    );
}

#[tokio::test]
async fn a_dynamic_row_keeps_extremes_and_nulls_as_a_typed_one_does() {
    let db = Db::new();
    let rows = query::<DynamicRow>(&db.db, db.drv.from_sql(nested_sql())).await.unwrap();
    let values: Vec<&Value> = rows.iter().map(|row| row.get("b").unwrap()).collect();
    let field = |row: usize, name: &str| match values[row] {
        Value::Struct(fields) => fields.iter().find(|(known, _)| known == name).unwrap().1.clone(),
        other => panic!("{other:?}"),
    };
    let leaf = |n, t| Value::Struct(vec![("n".to_owned(), n), ("t".to_owned(), t)]);
    let none = leaf(Value::Null, Value::Null);
    let full = leaf(Value::Integer(1), Value::String("a".to_owned()));
    assert_eq!(values[0], &Value::Null);
    assert_eq!((field(1, "leaf"), field(2, "leaf")), (Value::Null, none.clone()));
    assert_eq!((field(3, "leaves"), field(3, "named")), (Value::Array(vec![]), Value::Map(vec![])));
    assert_eq!(field(4, "leaves"), Value::Array(vec![Value::Null, none, full]));
    assert_eq!(field(5, "named"), Value::Map(vec![(Value::String("k".to_owned()), Value::Null)]));
    let flags = [Value::Boolean(true), Value::Null, Value::Boolean(false)];
    assert_eq!(field(5, "flags"), Value::Array(flags.to_vec()));
    if db.engine.has(Ability::TimesEverywhere) {
        db.reads("TIME '23:59:59.999999'", Value::Time(86_399_999_999_000)).await;
    }
}
