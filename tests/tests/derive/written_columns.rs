//! Columns that are written: what fields and their attributes make of them, and values that they cannot hold.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use std::marker::PhantomData;
use std::sync::Arc;

use arrow_array::Array;
use arrow_array::cast::AsArray;
use arrow_array::types::Decimal128Type;
use arrow_schema::{DataType as ArrowType, Field, Fields};
use chrono::{DateTime, TimeDelta, Utc};
use lakeorm::encode::{record_batch, schema};
use lakeorm::{Decimal, Json, LakeRow, LakeTable, LakeValue, RowBatch};
use lakeorm_tests::seconds;
use serde::{Deserialize, Serialize};

use crate::written::{One, refused, same};

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

#[derive(Serialize)]
struct Weights {
    by_name: BTreeMap<&'static str, f64>,
    more: Option<f32>,
}

#[derive(LakeTable)]
struct Model {
    #[lake(json)]
    weights: Weights,
    #[lake(json)]
    old: Option<Weights>,
    layers: Vec<Json<(f32, f32)>>,
}

fn model(weight: f64, old: Option<f64>, layer: f32) -> Model {
    let weights = |weight| Weights { by_name: BTreeMap::from([("a", weight)]), more: None };
    Model { weights: weights(weight), old: old.map(weights), layers: vec![Json((0.5, layer))] }
}

#[test]
fn a_number_that_json_does_not_have_is_refused_and_never_null() {
    let why = "the value holds NaN or an infinity, which JSON cannot represent: leave it out or write it as a string";
    for (row, field) in [
        (model(f64::NAN, None, 0.5), "weights"),
        (model(0.5, Some(f64::NEG_INFINITY), 0.5), "old"),
        (model(0.5, None, f32::INFINITY), "layers[]"),
    ] {
        let good = model(0.5, Some(f64::MAX), -0.0);
        assert_eq!(refused(&[good, row]), format!("Model.{field}: row 1 (the first is 0): {why}"));
    }
    let batch = record_batch(&[model(0.5, None, 0.5)]).unwrap();
    assert_eq!(batch.column(0).as_string::<i32>().value(0), r#"{"by_name":{"a":0.5},"more":null}"#);
}

#[derive(Debug, Serialize)]
struct Extended {
    name: &'static str,
    #[serde(flatten)]
    more: BTreeMap<&'static str, i64>,
}

#[derive(Debug, PartialEq, LakeRow, LakeTable)]
struct Any {
    any: serde_json::Value,
}

fn nested(levels: usize) -> Any {
    Any { any: (0..levels).fold(serde_json::Value::Null, |inside, _| serde_json::Value::Array(vec![inside])) }
}

#[test]
fn json_that_is_refused_where_it_is_read_is_not_written() {
    #[derive(LakeTable)]
    struct Row {
        #[lake(json)]
        extended: Option<Extended>,
    }
    let extended = |key| Extended { name: "x", more: BTreeMap::from([(key, 1)]) };
    let twice = "the JSON object has a duplicate key and could not be read back: rename the field or key (also fields added \
                 by #[serde(flatten)])";
    let rows = [Row { extended: Some(extended("other")) }, Row { extended: Some(extended("name")) }];
    assert_eq!(refused(&rows), format!("Row.extended: row 1 (the first is 0): {twice}"));
    let literal = lakeorm::ToLiteral::to_literal(&Json(extended("name"))).unwrap_err();
    assert_eq!(literal.to_string(), twice);

    same(&[nested(0), nested(127)]);
    for levels in [128, 1_000] {
        assert_eq!(
            refused(&[nested(levels)]),
            "Any.any: row 0 (the first is 0): the JSON is nested deeper than 127 levels and could not be read back: use \
             another type"
        );
    }
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
        "Ticket.level: row 1 (the first is 0): Level::Unknown is the catch-all and has no value to write: give it one, \
         `Unknown(i64)`"
    );
}

#[derive(Debug, PartialEq, LakeValue)]
#[lake(integer)]
#[repr(i64)]
enum Grade {
    Good = 1,
    Bad,
    #[lake(other)]
    Other(i64),
}

#[derive(Debug, PartialEq, LakeValue)]
enum Raw {
    Known,
    #[lake(other)]
    Other(Vec<u8>),
}

#[test]
fn what_another_variant_has_is_neither_written_nor_bound_by_the_one_for_every_other_value() {
    use lakeorm::{Literal, ToLiteral};
    let why = "the `#[lake(other)]` variant holds a value that belongs to another variant and would be read back as that \
               one: use that variant";
    for text in ["open", "done"] {
        let error = refused(&[One { one: Status::Other(text.into()) }]);
        assert_eq!(error, format!("One.one: row 0 (the first is 0): {why}"));
        assert_eq!(Status::Other(text.into()).to_literal().unwrap_err().to_string(), why);
    }
    for number in [1, 2] {
        let error = refused(&[One { one: Grade::Other(number) }]);
        assert_eq!(error, format!("One.one: row 0 (the first is 0): {why}"));
        assert_eq!(Grade::Other(number).to_literal().unwrap_err().to_string(), why);
    }
    same(&[One { one: Status::Other("Open".into()) }, One { one: Status::Closed }]);
    same(&[One { one: Grade::Other(3) }, One { one: Grade::Good }, One { one: Grade::Bad }]);
    assert_eq!(Status::Other("Open".into()).to_literal().unwrap(), Literal::string("Open"));
    assert_eq!(Grade::Other(3).to_literal().unwrap(), Literal::long(3));
}

#[test]
fn bytes_of_the_variant_for_every_other_value_are_no_text() {
    use lakeorm::{Literal, ToLiteral};
    let why = "the `#[lake(other)]` variant holds no text";
    let bytes = || Raw::Other(b"unknown".to_vec());
    assert_eq!(refused(&[One { one: bytes() }]), format!("One.one: row 0 (the first is 0): {why}"));
    assert_eq!(bytes().to_literal().unwrap_err().to_string(), why);
    assert_eq!(Raw::Known.to_literal().unwrap(), Literal::string("Known"));
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
    let finer = "the value is finer than a microsecond, which is all that Spark keeps";
    let advice = "cut it with `trunc_subsecs(6)` of `chrono::SubsecRound`, or have the write stamp the column, with \
                  `#[lake(created_at)]`";
    let bad = Row { at: DateTime::from_timestamp_nanos(1), ..good.clone() };
    assert_eq!(refused(&[bad]), format!("Row.at: row 0 (the first is 0): {finer}; {advice}"));
    let lines = vec![Line { length: TimeDelta::nanoseconds(1_001), count: 0 }];
    let bad = Row { lines, ..good };
    let error = refused(&[bad]);
    assert_eq!(error, format!("Row.lines[].length: row 0 (the first is 0): {finer}; round it first"));
    let lines = vec![Line { length: TimeDelta::zero(), count: u64::MAX }];
    let error = refused(&[Row { lines, ..good }]);
    assert_eq!(
        error,
        "Row.lines[].count: row 0 (the first is 0): `i64::try_from` rejected the value (a u64)"
    );
}

/// A macro sees no type behind a name.
type Count = i64;

#[test]
fn digits_of_a_column_without_a_decimal_are_refused() {
    #[derive(LakeTable)]
    struct Row {
        #[lake(decimal(1, 0))]
        count: Option<Count>,
    }
    #[derive(LakeTable)]
    struct Outer {
        rows: Vec<Row>,
    }
    let error = "the column has no usable type (`#[lake(decimal)]` does not apply to BIGINT; remove it)";
    assert_eq!(refused(&[Row { count: None }]), format!("Row.count: {error}"));
    assert_eq!(refused(&[Outer { rows: Vec::new() }]), format!("Outer.rows[].count: {error}"));
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
    #[derive(Clone, LakeTable)]
    struct Inner {
        city: String,
        #[lake(rename = "City")]
        other: String,
    }
    #[derive(LakeTable)]
    struct Holding<T> {
        held: T,
    }
    let why = "another field has this column; rename one of them";
    let inner = || Inner { city: String::new(), other: String::new() };
    assert_eq!(refused(&[Holding { held: inner() }]), format!("Holding.held.City: {why}"));
    assert_eq!(refused(&[Holding { held: vec![Some(inner())] }]), format!("Holding.held[].City: {why}"));
    let map = BTreeMap::from([(1_i64, Holding { held: (7_i32, inner()) })]);
    assert_eq!(refused(&[Holding { held: map }]), format!("Holding.held{{value}}.held._2.City: {why}"));
    let literal = lakeorm::ToLiteral::to_literal(&Holding { held: inner() }).unwrap_err();
    assert_eq!(literal.to_string(), format!("Holding.held.City: {why}"));
}

#[test]
fn a_null_key_of_a_map_is_refused_at_its_row() {
    let map = |key: Option<&str>| HashMap::from([(key.map(str::to_owned), 1_i64)]);
    let pairs = |key: Option<i64>| vec![(Some(1_i64), true), (key, false)];
    let why = "a key of a map is NULL: leave the entry out";
    assert_eq!(
        refused(&[One { one: map(Some("a")) }, One { one: map(None) }]),
        format!("One.one{{key}}: row 1 (the first is 0): {why}")
    );
    assert_eq!(
        refused(&[One { one: pairs(Some(2)) }, One { one: pairs(Some(3)) }, One { one: pairs(None) }]),
        format!("One.one{{key}}: row 2 (the first is 0): {why}")
    );
    let listed = |key| One { one: Some(vec![map(Some("a")), map(key)]) };
    assert_eq!(
        refused(&[listed(Some("b")), One { one: None }, listed(None)]),
        format!("One.one[]{{key}}: row 2 (the first is 0): {why}")
    );
    let nested = |key| One { one: One { one: pairs(key) } };
    assert_eq!(
        refused(&[nested(Some(2)), nested(None)]),
        format!("One.one.one{{key}}: row 1 (the first is 0): {why}")
    );
}
