//! Types that Spark does not have: unsigned integers are read, and of the others a dynamic row says what they are.

use std::collections::BTreeMap;

use arrow_array::{
    ArrayRef, Date64Array, Float16Array, Int32Array, UInt8Array, UInt16Array, UInt32Array, UInt64Array,
};
use lakeorm::{DynamicRow, LakeRow, Value};

use crate::batches::{array, lists, message, rows, structs};

fn bytes() -> ArrayRef {
    array(UInt8Array::from(vec![0, u8::MAX]))
}

fn shorts() -> ArrayRef {
    array(UInt16Array::from(vec![0, u16::MAX]))
}

fn ints() -> ArrayRef {
    array(UInt32Array::from(vec![0, u32::MAX]))
}

fn longs() -> ArrayRef {
    array(UInt64Array::from(vec![0, u64::MAX]))
}

fn all() -> Vec<(&'static str, ArrayRef)> {
    vec![("a", bytes()), ("b", shorts()), ("c", ints()), ("d", longs())]
}

#[test]
fn an_unsigned_column_is_read_into_the_next_wider_integer() {
    let found: Vec<(i16, i32, i64, u64)> = rows(all()).unwrap();
    assert_eq!(found, [(0, 0, 0, 0), (255, 65_535, 4_294_967_295, u64::MAX)]);
    assert_eq!(rows::<(i64, i64)>(vec![("a", bytes()), ("b", shorts())]).unwrap()[1], (255, 65_535));
    assert_eq!(rows::<(i32,)>(vec![("a", bytes())]).unwrap()[1], (255,));
}

#[test]
fn an_unsigned_column_is_read_into_an_unsigned_integer_that_holds_it() {
    let found: Vec<(u16, u16, u32, u64)> = rows(all()).unwrap();
    assert_eq!(found[1], (255, 65_535, u32::MAX, u64::MAX));
    let found: Vec<(u64, u64, u64, u64)> = rows(all()).unwrap();
    assert_eq!(found[1], (255, 65_535, 4_294_967_295, u64::MAX));
    assert_eq!(rows::<(u32, u32)>(vec![("a", bytes()), ("b", shorts())]).unwrap()[1], (255, 65_535));
}

#[test]
fn nothing_is_narrowed() {
    for refused in [
        message(rows::<(i16,)>(vec![("x", shorts())])),
        message(rows::<(i32,)>(vec![("x", ints())])),
        message(rows::<(i64,)>(vec![("x", longs())])),
        message(rows::<(u16,)>(vec![("x", ints())])),
        message(rows::<(u32,)>(vec![("x", longs())])),
        message(rows::<(u64,)>(vec![("x", array(Int32Array::from(vec![-1])))])),
    ] {
        assert!(refused.starts_with("tuple.0: column \"x\" is "), "{refused}");
    }
}

#[derive(Debug, PartialEq, LakeRow)]
struct Counted {
    count: Option<u64>,
    counts: Vec<u32>,
    nested: Pair,
    #[lake(try_from = "u64")]
    narrow: i8,
}

#[derive(Debug, PartialEq, LakeRow)]
struct Pair {
    a: u16,
}

#[test]
fn unsigned_integers_are_values_in_every_place() {
    let columns = || {
        vec![
            ("count", array(UInt64Array::from(vec![None, Some(7)])) as ArrayRef),
            ("counts", lists(&[0, 2], ints(), None)),
            ("nested", structs(vec![("a", bytes())], None)),
            ("narrow", array(UInt64Array::from(vec![1, 2]))),
        ]
    };
    let found: Vec<Counted> = rows(columns()).unwrap();
    assert_eq!(found[0], Counted { count: None, counts: vec![], nested: Pair { a: 0 }, narrow: 1 });
    assert_eq!(
        found[1],
        Counted { count: Some(7), counts: vec![0, u32::MAX], nested: Pair { a: 255 }, narrow: 2 }
    );
}

#[test]
fn a_dynamic_row_holds_unsigned_integers() {
    let found: Vec<DynamicRow> = rows(all()).unwrap();
    let expected = [
        Value::Short(255),
        Value::Integer(65_535),
        Value::Long(4_294_967_295),
        Value::UnsignedLong(u64::MAX),
    ];
    assert_eq!(found[1].values(), expected);
    let numbers: Vec<Option<i64>> = found[1].values().iter().map(Value::as_i64).collect();
    assert_eq!(numbers, [Some(255), Some(65_535), Some(4_294_967_295), None]);
    assert_eq!(found[0].get("d").and_then(Value::as_i64), Some(0));
}

#[test]
fn an_unknown_type_is_a_value_that_says_so_and_leaves_the_rest_of_the_row() {
    let halves = || array(Float16Array::from(vec![None, Some(Default::default())]));
    let dates = || array(Date64Array::from(vec![Some(1), None]));
    let found: Vec<DynamicRow> = rows(vec![
        ("half", halves()),
        ("id", ints()),
        ("nested", structs(vec![("date", dates())], None)),
        ("list", lists(&[0, 2], halves(), None)),
    ])
    .unwrap();
    let unknown = |name: &str| Value::Unsupported(name.into());
    let fields: BTreeMap<&str, &Value> = found[1].iter().collect();
    assert_eq!(fields["half"], &unknown("Arrow's Float16"));
    assert_eq!(fields["id"], &Value::Long(4_294_967_295));
    assert_eq!(fields["nested"], &Value::Struct(vec![("date".to_owned(), Value::Null)]));
    assert_eq!(fields["list"], &Value::Array(vec![Value::Null, unknown("Arrow's Float16")]));
    assert_eq!(found[0].get("half"), Some(&Value::Null));
    let date = vec![("date".to_owned(), unknown("Arrow's Date64"))];
    assert_eq!(found[0].get("nested"), Some(&Value::Struct(date)));
}
