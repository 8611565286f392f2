//! Values that are written, alone and nested: what they are in Arrow, and that they read back as they were.

use std::collections::{BTreeMap, HashMap};
use std::fmt::Debug;
use std::sync::Arc;

use arrow_schema::{DataType as ArrowType, Field, Fields};
use bytes::Bytes;
use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, Utc};
use lakeorm::encode::{ToRow, record_batch, schema};
use lakeorm::{
    CalendarInterval, DayTimeInterval, Decimal, LakeRow, LakeRowOwned, LakeTable, RowBatch, YearMonthInterval,
};
use proptest::prelude::*;
use uuid::Uuid;

pub(crate) fn read_back<T: ToRow + LakeRowOwned>(rows: &[T]) -> Vec<T> {
    let batch = record_batch(rows).unwrap();
    RowBatch::new(batch, 0).unwrap().to_vec().unwrap()
}

#[track_caller]
pub(crate) fn same<T: ToRow + LakeRowOwned + Debug + PartialEq>(rows: &[T]) {
    assert_eq!(read_back(rows), rows);
}

pub(crate) fn refused<T: ToRow>(rows: &[T]) -> String {
    record_batch(rows).unwrap_err().to_string()
}

/// A row of one column.
#[derive(Debug, PartialEq, LakeRow, LakeTable)]
pub(crate) struct One<T> {
    pub(crate) one: T,
}

#[derive(Debug, Clone, PartialEq, LakeRow, LakeTable)]
struct Scalars {
    yes: bool,
    tiny: i8,
    small: i16,
    int: i32,
    big: i64,
    float: f32,
    double: f64,
    #[lake(decimal(38, 10))]
    decimal: Decimal,
    text: String,
    bytes: Vec<u8>,
    shared: Bytes,
    four: [u8; 4],
    id: Uuid,
    day: NaiveDate,
    at: DateTime<Utc>,
    local: NaiveDateTime,
    time: NaiveTime,
    length: TimeDelta,
    months: YearMonthInterval,
    days: DayTimeInterval,
    calendar: CalendarInterval,
}

fn extremes() -> [Scalars; 3] {
    let middle = Scalars {
        yes: true,
        tiny: 1,
        small: -2,
        int: 3,
        big: -4,
        float: 0.5,
        double: -0.25,
        decimal: "12.5".parse().unwrap(),
        text: "é 漢 🦀 \0".into(),
        bytes: vec![0, 255],
        shared: Bytes::from_static(b"shared"),
        four: [1, 2, 3, 4],
        id: Uuid::from_u128(7),
        day: NaiveDate::from_ymd_opt(2026, 11, 26).unwrap(),
        at: DateTime::from_timestamp_micros(1_764_100_000_000_001).unwrap(),
        local: DateTime::from_timestamp_micros(-1).unwrap().naive_utc(),
        time: NaiveTime::from_hms_micro_opt(23, 59, 59, 999_999).unwrap(),
        length: TimeDelta::microseconds(-1),
        months: YearMonthInterval { months: -14 },
        days: DayTimeInterval { micros: 5 },
        calendar: CalendarInterval { months: 1, days: -2, micros: 3 },
    };
    let low = Scalars {
        tiny: i8::MIN,
        small: i16::MIN,
        int: i32::MIN,
        big: i64::MIN,
        float: f32::NEG_INFINITY,
        double: f64::MIN,
        decimal: "-9999999999999999999999999999.9999999999".parse().unwrap(),
        text: String::new(),
        bytes: Vec::new(),
        id: Uuid::nil(),
        day: NaiveDate::from_ymd_opt(1, 1, 1).unwrap(),
        at: DateTime::from_timestamp_micros(-62_135_596_800_000_000).unwrap(),
        time: NaiveTime::MIN,
        months: YearMonthInterval { months: i32::MIN },
        days: DayTimeInterval { micros: i64::MIN },
        calendar: CalendarInterval { months: i32::MIN, days: i32::MIN, micros: i64::MIN / 1_000 },
        ..middle.clone()
    };
    let high = Scalars {
        tiny: i8::MAX,
        small: i16::MAX,
        int: i32::MAX,
        big: i64::MAX,
        float: f32::MAX,
        double: f64::INFINITY,
        decimal: "9999999999999999999999999999.9999999999".parse().unwrap(),
        text: "x".repeat(100_000),
        id: Uuid::max(),
        day: NaiveDate::from_ymd_opt(9999, 12, 31).unwrap(),
        at: DateTime::from_timestamp_micros(253_402_300_799_999_999).unwrap(),
        months: YearMonthInterval { months: i32::MAX },
        days: DayTimeInterval { micros: i64::MAX },
        calendar: CalendarInterval { months: i32::MAX, days: i32::MAX, micros: i64::MAX / 1_000 },
        ..middle.clone()
    };
    [middle, low, high]
}

#[test]
fn every_scalar_reads_back_with_its_extremes() {
    same(&extremes());
}

#[derive(Debug, Clone, PartialEq, LakeRow, LakeTable)]
struct Nulls {
    yes: Option<bool>,
    big: Option<i64>,
    #[lake(decimal(10, 2))]
    price: Option<Decimal>,
    text: Option<String>,
    bytes: Option<Vec<u8>>,
    at: Option<DateTime<Utc>>,
    inner: Option<Inner>,
    list: Option<Vec<Option<Inner>>>,
    map: Option<BTreeMap<String, Option<i32>>>,
}

#[derive(Debug, Clone, PartialEq, LakeRow, LakeTable)]
struct Inner {
    required: i32,
    name: String,
    tags: Vec<String>,
    deep: Option<Deep>,
}

type Three = (i8, Vec<bool>, (String,));

#[derive(Debug, Clone, PartialEq, LakeRow, LakeTable)]
struct Deep {
    grid: Vec<Vec<Option<i16>>>,
    by_day: HashMap<NaiveDate, Vec<f64>>,
    pairs: Vec<(i32, String)>,
    three: [bool; 3],
    pair: (i32, Option<String>),
    tuples: Vec<Option<Three>>,
}

fn nothing() -> Nulls {
    Nulls {
        yes: None,
        big: None,
        price: None,
        text: None,
        bytes: None,
        at: None,
        inner: None,
        list: None,
        map: None,
    }
}

fn something() -> Nulls {
    let deep = Deep {
        grid: vec![vec![], vec![Some(1), None], vec![None]],
        by_day: HashMap::from([(NaiveDate::default(), vec![0.5, -0.0]), (NaiveDate::MIN, vec![])]),
        pairs: vec![(2, "b".into()), (1, "a".into())],
        three: [true, false, true],
        pair: (-1, None),
        tuples: vec![None, Some((i8::MIN, vec![true], ("t".into(),)))],
    };
    let inner = |deep| Inner { required: 7, name: "n".into(), tags: vec!["x".into(), String::new()], deep };
    Nulls {
        yes: Some(false),
        big: Some(i64::MIN),
        price: Some("-1.50".parse().unwrap()),
        text: Some("t".into()),
        bytes: Some(vec![1]),
        at: Some(DateTime::UNIX_EPOCH),
        inner: Some(inner(Some(deep))),
        list: Some(vec![None, Some(inner(None)), None]),
        map: Some(BTreeMap::from([("a".into(), None), ("b".into(), Some(1))])),
    }
}

#[test]
fn null_and_nested_values_read_back_in_every_order() {
    same(&[nothing()]);
    same(&[something()]);
    same(&[nothing(), something(), nothing(), nothing(), something()]);
}

#[test]
fn no_rows_are_a_batch_with_the_columns() {
    let batch = record_batch::<Nulls>(&[]).unwrap();
    assert_eq!((batch.num_rows(), batch.num_columns()), (0, 9));
}

#[test]
fn a_column_is_required_unless_its_field_is_an_option() {
    let required = |name: &str, data_type| Field::new(name, data_type, false);
    let optional = |name: &str, data_type| Field::new(name, data_type, true);
    let list = |element: Field| ArrowType::List(Arc::new(element.with_name("element")));
    let grid = list(required("", list(optional("", ArrowType::Int16))));
    let entries = |key, value: Field| {
        let fields = vec![required("key", key), value.with_name("value")];
        ArrowType::Map(Arc::new(Field::new_struct("entries", fields, false)), false)
    };
    let pair = entries(ArrowType::Int32, required("", ArrowType::Utf8));
    let by_day = entries(ArrowType::Date32, required("", list(required("", ArrowType::Float64))));
    let structure = |fields: Vec<Field>| ArrowType::Struct(fields.into());
    let tuple = vec![
        required("_1", ArrowType::Int8),
        required("_2", list(required("", ArrowType::Boolean))),
        required("_3", structure(vec![required("_1", ArrowType::Utf8)])),
    ];
    assert_eq!(
        schema::<Deep>().unwrap().fields,
        Fields::from(vec![
            required("grid", grid),
            required("by_day", by_day),
            required("pairs", pair),
            required("three", list(required("", ArrowType::Boolean))),
            required(
                "pair",
                structure(vec![required("_1", ArrowType::Int32), optional("_2", ArrowType::Utf8)])
            ),
            required("tuples", list(optional("", structure(tuple)))),
        ])
    );
}

#[derive(Debug, PartialEq, LakeRow, LakeTable)]
struct Tuples {
    #[lake(decimal(9, 2))]
    price: Option<(Decimal, i64)>,
    by_name: BTreeMap<String, (f64, f64)>,
    two: [(i32, bool); 2],
    listed: Vec<Option<(i32, bool)>>,
}

#[test]
fn a_tuple_is_a_struct_of_numbered_fields_and_a_list_of_pairs_a_map() {
    use lakeorm::ToLiteral;
    let row = |price: Option<&str>| Tuples {
        price: price.map(|price| (price.parse().unwrap(), 7)),
        by_name: BTreeMap::from([("origin".into(), (0.0, -0.5))]),
        two: [(2, true), (1, false)],
        listed: vec![Some((1, true)), None, Some((1, true))],
    };
    same(&[row(None), row(Some("1.50"))]);
    let types = Tuples::data_type().to_string();
    for expected in [
        "price: STRUCT<_1: DECIMAL(9,2) NOT NULL, _2: BIGINT NOT NULL>",
        "by_name: MAP<STRING, STRUCT<_1: DOUBLE NOT NULL, _2: DOUBLE NOT NULL>> NOT NULL",
        "two: MAP<INT, BOOLEAN> NOT NULL",
        "listed: ARRAY<STRUCT<_1: INT NOT NULL, _2: BOOLEAN NOT NULL>> NOT NULL",
    ] {
        assert!(types.contains(expected), "{expected} in {types}");
    }
    assert_eq!(
        refused(&[row(Some("0.001"))]).split_once(" the number").unwrap().0,
        "Tuples.price.0: row 0 (the first is 0):"
    );
}

#[test]
fn a_tuple_has_up_to_sixteen_values() {
    type Sixteen = (i8, i8, i8, i8, i8, i8, i8, i8, i8, i8, i8, i8, i8, i8, i8, Option<i8>);
    #[derive(LakeRow, LakeTable)]
    struct Wide {
        wide: Sixteen,
    }
    let wide = |last| Wide { wide: (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, last) };
    let read = read_back(&[wide(Some(16)), wide(None)])
        .into_iter()
        .map(|row| (row.wide.0, row.wide.14, row.wide.15));
    assert_eq!(read.collect::<Vec<_>>(), [(1, 15, Some(16)), (1, 15, None)]);
}

/// Every day that `chrono` has.
fn day() -> impl Strategy<Value = NaiveDate> {
    let days = NaiveDate::MIN.to_epoch_days()..=NaiveDate::MAX.to_epoch_days();
    days.prop_map(|day| NaiveDate::from_epoch_days(day).unwrap())
}

/// Every instant of whole microseconds that `chrono` has.
fn instant() -> impl Strategy<Value = DateTime<Utc>> {
    let micros = DateTime::<Utc>::MIN_UTC.timestamp_micros()..=DateTime::<Utc>::MAX_UTC.timestamp_micros();
    micros.prop_map(|micros| DateTime::from_timestamp_micros(micros).unwrap())
}

/// Every number that equals itself.
fn number() -> impl Strategy<Value = f64> {
    any::<u64>().prop_map(f64::from_bits).prop_filter("NaN equals nothing", |number| !number.is_nan())
}

/// Every number of these digits.
fn decimal(precision: u32, scale: u8) -> impl Strategy<Value = Decimal> {
    let most = 10_i128.pow(precision) - 1;
    (-most..=most).prop_map(move |unscaled| Decimal::new(unscaled, scale).unwrap())
}

prop_compose! {
    fn deep()(
        grid in prop::collection::vec(prop::collection::vec(any::<Option<i16>>(), 0..3), 0..3),
        by_day in prop::collection::hash_map(day(), prop::collection::vec(number(), 0..3), 0..3),
        pairs in prop::collection::vec(any::<(i32, String)>(), 0..3),
        three in any::<[bool; 3]>(),
        pair in any::<(i32, Option<String>)>(),
        tuples in prop::collection::vec(any::<Option<Three>>(), 0..3),
    ) -> Deep {
        Deep { grid, by_day, pairs, three, pair, tuples }
    }
}

prop_compose! {
    fn inner()(
        required in any::<i32>(),
        name in any::<String>(),
        tags in prop::collection::vec(any::<String>(), 0..3),
        deep in prop::option::of(deep()),
    ) -> Inner {
        Inner { required, name, tags, deep }
    }
}

prop_compose! {
    fn nulls()(
        (yes, big, text, bytes) in any::<(Option<bool>, Option<i64>, Option<String>, Option<Vec<u8>>)>(),
        price in prop::option::of(decimal(10, 2)),
        at in prop::option::of(instant()),
        inner_row in prop::option::of(inner()),
        list in prop::option::of(prop::collection::vec(prop::option::of(inner()), 0..3)),
        map in prop::option::of(prop::collection::btree_map(any::<String>(), any::<Option<i32>>(), 0..3)),
    ) -> Nulls {
        Nulls { yes, big, price, text, bytes, at, inner: inner_row, list, map }
    }
}

#[derive(Debug, Clone, PartialEq, LakeRow, LakeTable)]
struct Measured {
    float: f32,
    double: Option<f64>,
    floats: Vec<Option<f32>>,
    doubles: BTreeMap<i64, f64>,
    #[lake(flatten)]
    exact: Exact,
}

#[derive(Debug, Clone, PartialEq, LakeRow, LakeTable)]
struct Exact {
    #[lake(decimal(38, 0))]
    whole: Decimal,
    #[lake(decimal(38, 18))]
    amount: Option<Decimal>,
    #[lake(decimal(38, 38))]
    fractions: Vec<Decimal>,
    day: NaiveDate,
    at: DateTime<Utc>,
    local: Option<NaiveDateTime>,
    time: NaiveTime,
    length: TimeDelta,
}

/// The bits of its floats, by which NaN is equal to itself and -0.0 is not 0.0, and what is compared as it is.
fn by_bits(row: Measured) -> (Vec<Option<u64>>, BTreeMap<i64, u64>, Exact) {
    let Measured { float, double, floats, doubles, exact } = row;
    let floats =
        [Some(float)].into_iter().chain(floats).map(|float| float.map(|float| u64::from(float.to_bits())));
    let floats = floats.chain([double.map(f64::to_bits)]).collect();
    (floats, doubles.into_iter().map(|(key, value)| (key, value.to_bits())).collect(), exact)
}

prop_compose! {
    fn exact()(
        whole in decimal(38, 0),
        amount in prop::option::of(decimal(38, 18)),
        fractions in prop::collection::vec(decimal(38, 38), 0..3),
        day in day(),
        at in instant(),
        local in prop::option::of(instant()),
        (second, micro) in (0..86_400_u32, 0..1_000_000_u32),
        length in any::<i64>(),
    ) -> Exact {
        let local = local.map(|at| at.naive_utc());
        let time = NaiveTime::from_num_seconds_from_midnight_opt(second, micro * 1_000).unwrap();
        Exact { whole, amount, fractions, day, at, local, time, length: TimeDelta::microseconds(length) }
    }
}

prop_compose! {
    fn measured()(
        (float, double) in any::<(u32, Option<u64>)>(),
        floats in prop::collection::vec(any::<Option<u32>>(), 0..3),
        doubles in prop::collection::btree_map(any::<i64>(), any::<u64>(), 0..3),
        exact in exact(),
    ) -> Measured {
        Measured {
            float: f32::from_bits(float),
            double: double.map(f64::from_bits),
            floats: floats.into_iter().map(|float| float.map(f32::from_bits)).collect(),
            doubles: doubles.into_iter().map(|(key, value)| (key, f64::from_bits(value))).collect(),
            exact,
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn arbitrary_rows_read_back_as_they_were(rows in prop::collection::vec(nulls(), 0..20)) {
        prop_assert_eq!(read_back(&rows), rows);
    }

    #[test]
    fn numbers_of_any_bits_and_digits_and_times_of_any_year_read_back_as_they_were(
        rows in prop::collection::vec(measured(), 0..20),
    ) {
        let found: Vec<_> = read_back(&rows).into_iter().map(by_bits).collect();
        prop_assert_eq!(found, rows.into_iter().map(by_bits).collect::<Vec<_>>());
    }
}

#[test]
fn a_struct_is_a_literal_of_the_same_type() {
    use lakeorm::ToLiteral;
    for row in [something(), nothing()] {
        let literal = row.to_literal().unwrap();
        assert_eq!(format!("{literal:?}"), format!("Literal({})", literal.data_type()));
        assert!(literal.data_type().to_string().starts_with("STRUCT<yes: BOOLEAN"), "{literal:?}");
    }
    #[derive(LakeTable)]
    struct Place {
        city: String,
        zip: Option<i32>,
    }
    let row = Place { city: "Oslo".into(), zip: None };
    let fields = [
        ("city".to_owned(), "Oslo".to_literal().unwrap()),
        ("zip".to_owned(), None::<i32>.to_literal().unwrap()),
    ];
    assert_eq!(row.to_literal().unwrap(), lakeorm::Literal::structure(fields).unwrap());
    assert_eq!(
        extremes()[0].to_literal().unwrap().data_type().to_string(),
        Scalars::data_type().to_string().replace(" NOT NULL", "")
    );
}
