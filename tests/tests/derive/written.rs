//! Rows that are written: what they are in Arrow, and that they read back as they were.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use std::fmt::Debug;
use std::marker::PhantomData;
use std::sync::Arc;

use arrow_array::Array;
use arrow_array::cast::AsArray;
use arrow_array::types::Decimal128Type;
use arrow_schema::{DataType as ArrowType, Field, Fields};
use bytes::Bytes;
use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, Utc};
use lakeorm::encode::{ToRow, record_batch, schema};
use lakeorm::{
    CalendarInterval, DayTimeInterval, Decimal, LakeRow, LakeRowOwned, LakeTable, LakeValue, RowBatch,
    YearMonthInterval,
};
use proptest::prelude::*;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

fn read_back<T: ToRow + LakeRowOwned>(rows: &[T]) -> Vec<T> {
    let batch = record_batch(rows).unwrap();
    RowBatch::new(batch, 0).unwrap().to_vec().unwrap()
}

#[track_caller]
fn same<T: ToRow + LakeRowOwned + Debug + PartialEq>(rows: &[T]) {
    assert_eq!(read_back(rows), rows);
}

fn refused<T: ToRow>(rows: &[T]) -> String {
    record_batch(rows).unwrap_err().to_string()
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

#[derive(Debug, Clone, PartialEq, LakeRow, LakeTable)]
struct Deep {
    grid: Vec<Vec<Option<i16>>>,
    by_day: HashMap<NaiveDate, Vec<f64>>,
    pairs: Vec<(i32, String)>,
    three: [bool; 3],
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
    assert_eq!(
        schema::<Deep>().unwrap().fields,
        Fields::from(vec![
            required("grid", grid),
            required("by_day", by_day),
            required("pairs", pair),
            required("three", list(required("", ArrowType::Boolean))),
        ])
    );
}

#[derive(Debug, Clone, PartialEq, LakeRow, LakeTable)]
#[lake(rename_all = "camelCase")]
struct Named {
    first_id: i64,
    #[lake(rename = "select `x`.y 🦀")]
    odd: i32,
    r#type: String,
    #[lake(skip)]
    cached: Vec<String>,
    #[lake(flatten)]
    here: Place,
    #[lake(flatten(prefix = "old_"))]
    there: Option<Place>,
}

#[derive(Debug, Clone, PartialEq, LakeRow, LakeTable)]
struct Place {
    city: String,
    zip: Option<i32>,
}

#[test]
fn columns_have_the_names_that_are_read() {
    let schema = schema::<Named>().unwrap();
    let columns: Vec<_> =
        schema.fields.iter().map(|field| (field.name().as_str(), field.is_nullable())).collect();
    assert_eq!(
        columns,
        [
            ("firstId", false),
            ("select `x`.y 🦀", false),
            ("type", false),
            ("city", false),
            ("zip", true),
            ("old_city", true),
            ("old_zip", true),
        ]
    );
    let place = || Place { city: "Oslo".into(), zip: Some(150) };
    let row =
        |there| Named { first_id: 1, odd: 2, r#type: "t".into(), cached: Vec::new(), here: place(), there };
    same(&[row(None), row(Some(place())), row(None)]);
}

#[test]
fn a_skipped_field_is_left_out() {
    #[derive(LakeTable)]
    struct Row {
        id: i64,
        #[lake(skip)]
        #[allow(dead_code, reason = "it is not written")]
        socket: std::net::TcpListener,
    }
    assert_eq!(
        schema::<Row>().unwrap().fields,
        Fields::from(vec![Field::new("id", ArrowType::Int64, false)])
    );
}

#[derive(Debug, Clone, PartialEq, LakeRow, LakeTable)]
struct Converted {
    #[lake(json)]
    settings: Settings,
    #[lake(json)]
    more: Option<Settings>,
    #[lake(try_from = "i64")]
    count: u32,
    #[lake(try_from = "i16")]
    byte: Option<u8>,
    #[lake(with = seconds)]
    waited: std::time::Duration,
    any: serde_json::Value,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Settings {
    theme: String,
}

mod seconds {
    use std::time::Duration;

    use lakeorm::column::ReadError;
    use lakeorm::encode::WriteError;

    pub(super) type Column = i64;

    pub(super) fn decode(seconds: Column) -> Result<Duration, ReadError> {
        let seconds = u64::try_from(seconds).map_err(|_| ReadError::new("the duration is negative"))?;
        Ok(Duration::from_secs(seconds))
    }

    pub(super) fn encode(duration: &Duration) -> Result<Column, WriteError> {
        i64::try_from(duration.as_secs()).map_err(|_| WriteError::new("the duration is too long"))
    }
}

fn converted() -> Converted {
    Converted {
        settings: Settings { theme: "dark \"quoted\"".into() },
        more: None,
        count: u32::MAX,
        byte: Some(u8::MAX),
        waited: std::time::Duration::from_secs(90),
        any: serde_json::json!({"a": [1, null, "x"]}),
    }
}

#[test]
fn conversions_are_made_backwards() {
    let more = Some(Settings { theme: "light".into() });
    same(&[converted(), Converted { more, byte: None, ..converted() }]);
    let types: Vec<_> =
        schema::<Converted>().unwrap().fields.iter().map(|field| field.data_type().clone()).collect();
    use ArrowType::{Int16, Int64, Utf8};
    assert_eq!(types, [Utf8, Utf8, Int64, Int16, Int64, Utf8]);
}

#[derive(Debug, Clone, PartialEq, LakeValue)]
#[lake(rename_all = "snake_case")]
enum Status {
    Open,
    #[lake(rename = "done")]
    Closed,
    #[lake(other)]
    Other(String),
}

#[derive(Debug, Clone, Copy, PartialEq, LakeValue)]
#[lake(integer)]
enum Level {
    Low = -5,
    High,
    #[lake(other)]
    Unknown,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, LakeValue)]
struct Id<T>(i64, PhantomData<T>);

#[derive(Debug, Clone, PartialEq, LakeRow, LakeTable)]
struct Ticket {
    id: Id<()>,
    status: Status,
    level: Option<Level>,
    watchers: Vec<Id<()>>,
    votes: BTreeMap<Id<()>, Status>,
}

#[test]
fn enums_and_newtypes_are_written_as_they_are_read() {
    let id = |id| Id(id, PhantomData);
    let ticket = |status, level| Ticket {
        id: id(1),
        status,
        level,
        watchers: vec![id(2), id(3)],
        votes: BTreeMap::from([(id(4), Status::Open)]),
    };
    same(&[
        ticket(Status::Open, None),
        ticket(Status::Closed, Some(Level::Low)),
        ticket(Status::Other("paused".into()), Some(Level::High)),
    ]);
    assert_eq!(
        refused(&[ticket(Status::Open, None), ticket(Status::Open, Some(Level::Unknown))]),
        "Ticket.level: row 1 (the first is 0): Level::Unknown stands for every other value and has none of its own to write"
    );
}

#[derive(LakeTable)]
struct Borrowed<'a, T> {
    text: &'a str,
    bytes: &'a [u8],
    cow: Cow<'a, str>,
    boxed: Box<str>,
    shared: Arc<[u8]>,
    list: &'a [T],
    row: &'a Place,
}

#[derive(Debug, PartialEq, LakeRow)]
struct Owned {
    text: String,
    bytes: Vec<u8>,
    cow: String,
    boxed: String,
    shared: Vec<u8>,
    list: Vec<i64>,
    row: Place,
}

#[test]
fn borrowed_and_generic_fields_are_written_as_what_they_point_to() {
    let place = Place { city: "Rome".into(), zip: None };
    let row = Borrowed {
        text: "a",
        bytes: b"b",
        cow: "c".into(),
        boxed: "d".into(),
        shared: Arc::from(*b"e"),
        list: &[1_i64, 2],
        row: &place,
    };
    let batch = RowBatch::new(record_batch(&[row]).unwrap(), 0).unwrap();
    let read: Vec<Owned> = batch.to_vec().unwrap();
    let text = |text: &str| text.to_owned();
    assert_eq!(
        read,
        [Owned {
            text: text("a"),
            bytes: b"b".to_vec(),
            cow: text("c"),
            boxed: text("d"),
            shared: b"e".to_vec(),
            list: vec![1, 2],
            row: place,
        }]
    );
}

#[test]
fn decimals_have_the_digits_of_their_field_at_any_depth() {
    #[derive(LakeTable)]
    struct Prices {
        plain: Decimal,
        #[lake(decimal(9, 2))]
        list: Vec<Option<Decimal>>,
    }
    let row = Prices { plain: "1".parse().unwrap(), list: vec![Some("2.5".parse().unwrap()), None] };
    let batch = record_batch(&[row]).unwrap();
    assert_eq!(batch.column(0).as_primitive::<Decimal128Type>().value(0), 10_i128.pow(18));
    let list = batch.column(1).as_list::<i32>().value(0);
    assert_eq!(list.data_type(), &ArrowType::Decimal128(9, 2));
    assert_eq!(list.as_primitive::<Decimal128Type>().iter().collect::<Vec<_>>(), [Some(250), None]);
}

#[test]
fn a_value_that_its_column_cannot_hold_names_the_row_and_the_field_and_not_itself() {
    #[derive(Clone, LakeTable)]
    struct Row {
        #[lake(decimal(5, 2))]
        price: Decimal,
        at: DateTime<Utc>,
        lines: Vec<Line>,
    }
    #[derive(Clone, LakeTable)]
    struct Line {
        length: TimeDelta,
        #[lake(try_from = "i64")]
        count: u64,
    }
    let good = Row { price: "999.99".parse().unwrap(), at: DateTime::UNIX_EPOCH, lines: Vec::new() };
    let digits = "does not fit DECIMAL(5,2) without loss; round it, or widen the column with \
                  #[lake(decimal(precision, scale))] on the field";
    for price in ["1000", "0.001", "-1000.00"] {
        let bad = Row { price: price.parse().unwrap(), ..good.clone() };
        let error = refused(&[good.clone(), bad]);
        assert_eq!(error, format!("Row.price: row 1 (the first is 0): the number {digits}"));
    }
    let finer = "the value is finer than a microsecond, which is all that Spark keeps; round it first";
    let bad = Row { at: DateTime::from_timestamp_nanos(1), ..good.clone() };
    assert_eq!(refused(&[bad]), format!("Row.at: row 0 (the first is 0): {finer}"));
    let lines = vec![Line { length: TimeDelta::nanoseconds(1_001), count: 0 }];
    let bad = Row { lines, ..good };
    assert_eq!(refused(&[bad]), format!("Row.lines[].length: row 0 (the first is 0): {finer}"));
    let lines = vec![Line { length: TimeDelta::zero(), count: u64::MAX }];
    let error = refused(&[Row { lines, ..good }]);
    assert_eq!(error, "Row.lines[].count: row 0 (the first is 0): i64::try_from refuses the value, a u64");
}

#[test]
fn digits_of_a_column_without_a_decimal_are_refused() {
    #[derive(LakeTable)]
    struct Row {
        #[lake(decimal(1, 0))]
        count: Option<i64>,
    }
    #[derive(LakeTable)]
    struct Outer {
        rows: Vec<Row>,
    }
    let error = "Arrow has no form of a BIGINT of so many digits; remove `decimal`";
    assert_eq!(refused(&[Row { count: None }]), format!("Row.count: {error}"));
    assert!(refused(&[Outer { rows: Vec::new() }]).starts_with("Outer.rows: Arrow has no form of ARRAY<"));
}

#[test]
fn two_fields_with_one_column_are_refused_whatever_their_case() {
    #[derive(LakeTable)]
    struct Twice {
        #[lake(flatten)]
        place: Place,
        #[lake(rename = "CITY")]
        city: String,
    }
    let place = Place { city: String::new(), zip: None };
    assert_eq!(
        refused(&[Twice { place, city: String::new() }]),
        "Twice.CITY: another field has this column; rename one of them"
    );
}

prop_compose! {
    fn deep()(
        grid in prop::collection::vec(prop::collection::vec(any::<Option<i16>>(), 0..3), 0..3),
        by_day in prop::collection::hash_map(-100_000..100_000_i32, prop::collection::vec(-1e9..1e9_f64, 0..3), 0..3),
        pairs in prop::collection::vec(any::<(i32, String)>(), 0..3),
        three in any::<[bool; 3]>(),
    ) -> Deep {
        let by_day = by_day.into_iter().map(|(day, values)| (NaiveDate::from_epoch_days(day).unwrap(), values));
        Deep { grid, by_day: by_day.collect(), pairs, three }
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
        price in prop::option::of(-9_999_999_999_i128..=9_999_999_999),
        at in prop::option::of(-62_135_596_800_000_000..253_402_300_799_999_999_i64),
        inner_row in prop::option::of(inner()),
        list in prop::option::of(prop::collection::vec(prop::option::of(inner()), 0..3)),
        map in prop::option::of(prop::collection::btree_map(any::<String>(), any::<Option<i32>>(), 0..3)),
    ) -> Nulls {
        let price = price.map(|cents| Decimal::new(cents, 2).unwrap());
        let at = at.map(|micros| DateTime::from_timestamp_micros(micros).unwrap());
        Nulls { yes, big, price, text, bytes, at, inner: inner_row, list, map }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn arbitrary_rows_read_back_as_they_were(rows in prop::collection::vec(nulls(), 0..20)) {
        prop_assert_eq!(read_back(&rows), rows);
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
