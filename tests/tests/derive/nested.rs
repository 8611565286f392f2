//! Structs in structs, lists and maps, to any depth.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use arrow_array::{
    Array, ArrayRef, Int32Array, Int64Array, ListArray, MapArray, NullArray, StringArray, StructArray,
};
use arrow_buffer::{NullBuffer, OffsetBuffer};
use arrow_schema::{DataType, Field, Fields};
use lakeorm::{LakeRow, RowBatch};

use crate::batches::{array, batch, lists, message, rows, structs};

#[derive(Debug, Clone, PartialEq, LakeRow)]
struct Line {
    sku: String,
    quantity: Option<i32>,
}

#[derive(Debug, Clone, PartialEq, LakeRow)]
struct Order {
    id: i64,
    lines: Vec<Line>,
}

#[derive(Debug, Clone, PartialEq, LakeRow)]
struct User {
    orders: Vec<Order>,
}

fn maps(lengths: &[usize], keys: ArrayRef, values: ArrayRef) -> ArrayRef {
    let fields = Fields::from(vec![
        Field::new("k", keys.data_type().clone(), false),
        Field::new("v", values.data_type().clone(), true),
    ]);
    let entries = StructArray::new(fields.clone(), vec![keys, values], None);
    let field = Arc::new(Field::new("entries", DataType::Struct(fields), false));
    Arc::new(MapArray::new(field, OffsetBuffer::from_lengths(lengths.iter().copied()), entries, None, false))
}

fn texts(values: Vec<Option<&str>>) -> ArrayRef {
    array(StringArray::from(values))
}

fn ints(values: Vec<Option<i32>>) -> ArrayRef {
    array(Int32Array::from(values))
}

/// One user with two orders, of two lines and of one.
fn orders(skus: Vec<Option<&str>>) -> ArrayRef {
    let lines = structs(vec![("quantity", ints(vec![Some(1), None, Some(3)])), ("sku", texts(skus))], None);
    let lines = lists(&[2, 1], lines, None);
    let orders = structs(vec![("id", array(Int64Array::from(vec![7, 8]))), ("LINES", lines)], None);
    lists(&[2], orders, None)
}

fn line(sku: &str, quantity: Option<i32>) -> Line {
    Line { sku: sku.to_owned(), quantity }
}

#[test]
fn structs_in_lists_in_structs_decode_by_name() {
    let found: Vec<User> = rows(vec![("orders", orders(vec![Some("a"), Some("b"), Some("c")]))]).unwrap();
    let first = Order { id: 7, lines: vec![line("a", Some(1)), line("b", None)] };
    let second = Order { id: 8, lines: vec![line("c", Some(3))] };
    assert_eq!(found, [User { orders: vec![first, second] }]);
}

#[test]
fn a_null_deep_inside_is_named_by_its_path_and_the_rows_number() {
    let found = rows::<User>(vec![("orders", orders(vec![Some("a"), Some("b"), None]))]);
    assert_eq!(
        message(found),
        "User.orders[].lines[].sku: column \"orders\", row 0 (the first is 0): a nested value is NULL; make that \
         value an Option, or replace the NULL in the query"
    );
}

#[test]
fn a_childs_null_under_a_null_parent_is_none_of_the_childs() {
    #[derive(Debug, PartialEq, LakeRow)]
    struct Outer {
        line: Option<Line>,
    }
    let skus = texts(vec![Some("a"), None]);
    let column =
        structs(vec![("sku", skus), ("quantity", ints(vec![None, Some(2)]))], Some(vec![true, false]));
    let found: Vec<Outer> = rows(vec![("line", Arc::clone(&column))]).unwrap();
    assert_eq!(found, [Outer { line: Some(line("a", None)) }, Outer { line: None }]);
    let found: Vec<(Option<Line>,)> = rows(vec![("line", column.slice(1, 1))]).unwrap();
    assert_eq!(found, [(None,)]);
    let refused = message(rows::<(Line,)>(vec![("line", column)]));
    assert!(
        refused.starts_with("tuple.0: column \"line\", row 1 (the first is 0): the value is NULL"),
        "{refused}"
    );
}

#[test]
fn elements_that_no_list_reaches_may_be_anything() {
    let values = ints(vec![None, Some(1), Some(2), None, Some(3), None]);
    let element = Arc::new(Field::new("item", DataType::Int32, true));
    let offsets = OffsetBuffer::new(vec![1, 3, 4, 5].into());
    let nulls = NullBuffer::from(vec![true, false, true]);
    let column: ArrayRef = Arc::new(ListArray::new(element, offsets, values, Some(nulls)));
    let found: Vec<(Option<Vec<i32>>,)> = rows(vec![("x", Arc::clone(&column))]).unwrap();
    assert_eq!(found, [(Some(vec![1, 2]),), (None,), (Some(vec![3]),)]);
    let found: Vec<(Vec<i32>,)> = rows(vec![("x", column.slice(2, 1))]).unwrap();
    assert_eq!(found, [(vec![3],)]);
}

#[test]
fn a_map_decodes_into_either_map_and_into_pairs_in_order() {
    type Pairs = Vec<(String, Option<i32>)>;
    let column = || {
        let keys = texts(vec![Some("b"), Some("a"), Some("c")]);
        vec![("m", maps(&[2, 0, 1], keys, ints(vec![Some(1), None, Some(3)])))]
    };
    let pairs = |pairs: &[(&str, Option<i32>)]| -> Pairs {
        pairs.iter().map(|(key, value)| ((*key).to_owned(), *value)).collect()
    };
    let expected = [pairs(&[("b", Some(1)), ("a", None)]), vec![], pairs(&[("c", Some(3))])];
    let found: Vec<(Pairs,)> = rows(column()).unwrap();
    assert_eq!(found, expected.clone().map(|pairs| (pairs,)));
    let found: Vec<(HashMap<String, Option<i32>>,)> = rows(column()).unwrap();
    assert_eq!(found, expected.clone().map(|pairs| (pairs.into_iter().collect(),)));
    let found: Vec<(BTreeMap<String, Option<i32>>,)> = rows(column()).unwrap();
    assert_eq!(found, expected.map(|pairs| (pairs.into_iter().collect(),)));
}

#[test]
fn a_key_that_comes_twice_is_an_error_in_a_map_and_none_in_pairs() {
    let column = || vec![("m", maps(&[2], ints(vec![Some(1), Some(1)]), ints(vec![Some(2), Some(3)])))];
    let pairs: Vec<(Vec<(i32, i32)>,)> = rows(column()).unwrap();
    assert_eq!(pairs, [(vec![(1, 2), (1, 3)],)]);
    assert_eq!(
        message(rows::<(HashMap<i32, i32>,)>(column())),
        "tuple.0: column \"m\", row 0 (the first is 0): the map has the same key twice; use Vec<(K, V)>"
    );
}

#[test]
fn a_null_value_of_a_map_is_named() {
    let column = maps(&[1, 1], ints(vec![Some(1), Some(2)]), ints(vec![Some(2), None]));
    let refused = message(rows::<(BTreeMap<i32, i32>,)>(vec![("m", column)]));
    assert!(
        refused.starts_with("tuple.0{value}: column \"m\", row 1 (the first is 0): a nested value"),
        "{refused}"
    );
}

#[test]
fn the_empty_array_of_no_type_is_an_empty_list_of_any() {
    let empty = || vec![("x", lists(&[0, 0], array(NullArray::new(0)), None))];
    assert_eq!(rows::<(Vec<i64>,)>(empty()).unwrap(), [(vec![],), (vec![],)]);
    assert_eq!(rows::<(Vec<Line>,)>(empty()).unwrap(), [(vec![],), (vec![],)]);
    let nulls = || vec![("x", lists(&[0, 2], array(NullArray::new(2)), None))];
    assert_eq!(rows::<(Vec<Option<i64>>,)>(nulls()).unwrap(), [(vec![],), (vec![None, None],)]);
    let refused = message(rows::<(Vec<i64>,)>(nulls()));
    assert!(refused.starts_with("tuple.0[]: column \"x\", row 1"), "{refused}");
}

#[test]
fn the_empty_map_of_no_type_is_an_empty_map_of_any() {
    let empty = || vec![("m", maps(&[0], array(NullArray::new(0)), array(NullArray::new(0))))];
    assert_eq!(rows::<(BTreeMap<i64, Line>,)>(empty()).unwrap(), [(BTreeMap::new(),)]);
    assert_eq!(rows::<(HashMap<String, i64>,)>(empty()).unwrap(), [(HashMap::new(),)]);
    assert_eq!(rows::<(Vec<(i64, Line)>,)>(empty()).unwrap(), [(vec![],)]);
    assert_eq!(rows::<(Vec<(Option<i64>, Option<Line>)>,)>(empty()).unwrap(), [(vec![],)]);
    let refused = message(rows::<(Vec<i64>,)>(empty()));
    assert_eq!(refused, "tuple.0: column \"m\" is MAP<VOID, VOID>, the field is Vec<i64>");
    // A list may hold such structs.
    let void = structs(vec![("k", array(NullArray::new(1))), ("v", array(NullArray::new(1)))], None);
    let refused = message(rows::<(Vec<(i64, i64)>,)>(vec![("x", lists(&[1], void, None))]));
    assert!(refused.contains("the value is VOID"), "{refused}");
}

#[test]
fn an_array_takes_lists_of_its_length_only() {
    let column = || vec![("x", lists(&[2, 1], ints(vec![Some(1), Some(2), Some(3)]), None))];
    assert_eq!(
        message(rows::<([i32; 2],)>(column())),
        "tuple.0: column \"x\", row 1 (the first is 0): the list has 1 element, the Rust array has 2; use a Vec"
    );
}

#[test]
fn nested_values_borrow_from_the_batch() {
    #[derive(LakeRow)]
    struct LineRef<'a> {
        sku: &'a str,
    }
    #[derive(LakeRow)]
    struct OrderRef<'a> {
        lines: Vec<LineRef<'a>>,
    }
    #[derive(LakeRow)]
    struct UserRef<'a> {
        orders: Vec<OrderRef<'a>>,
        tags: Vec<&'a str>,
        name: std::borrow::Cow<'a, str>,
        nick: Option<&'a str>,
    }
    let tags = lists(&[2], texts(vec![Some("x"), Some("y")]), None);
    let column = orders(vec![Some("a"), Some("b"), Some("c")]);
    let batch = RowBatch::new(
        batch(vec![
            ("orders", column),
            ("tags", tags),
            ("name", texts(vec![Some("n")])),
            ("nick", texts(vec![Some("m")])),
        ]),
        0,
    )
    .unwrap();
    let users: Vec<UserRef<'_>> = batch.rows().unwrap().map(Result::unwrap).collect();
    let user = &users[0];
    let skus: Vec<&str> = user.orders.iter().flat_map(|o| &o.lines).map(|l| l.sku).collect();
    assert_eq!((skus, user.tags.clone(), user.nick), (vec!["a", "b", "c"], vec!["x", "y"], Some("m")));
    assert!(matches!(user.name, std::borrow::Cow::Borrowed("n")));
}

#[test]
fn every_nested_mismatch_is_reported_with_its_path() {
    #[derive(Debug, PartialEq, LakeRow)]
    struct Wrong {
        orders: Vec<WrongOrder>,
        tags: BTreeMap<String, Vec<i64>>,
        line: Line,
        pair: (i32, i32, i32),
    }
    #[derive(Debug, PartialEq, LakeRow)]
    struct WrongOrder {
        id: String,
        lines: Option<Vec<WrongLine>>,
    }
    #[derive(Debug, PartialEq, LakeRow)]
    struct WrongLine {
        skuu: String,
        quantity: i8,
    }
    let tags = maps(&[1], ints(vec![Some(1)]), lists(&[1], texts(vec![Some("x")]), None));
    let pair = structs(vec![("a", ints(vec![Some(1)])), ("b", ints(vec![Some(1)]))], None);
    let columns = vec![
        ("orders", orders(vec![Some("a"), Some("b"), Some("c")])),
        ("tags", tags),
        ("line", ints(vec![Some(1)])),
        ("pair", pair),
    ];
    let refused = message(rows::<Wrong>(columns));
    assert_eq!(
        refused,
        "7 mismatches between the result and Wrong:\n  \
         Wrong.orders[].id: in column \"orders\", the value is BIGINT, the field is String; use i64, or CAST(id AS STRING) in the query\n  \
         Wrong.orders[].lines[].skuu: in column \"orders\", no field \"skuu\" in the struct (found: quantity, sku); did you mean \"sku\"?\n  \
         Wrong.orders[].lines[].quantity: in column \"orders\", the value is INT, the field is i8; use i32, or CAST(quantity AS TINYINT) in the query\n  \
         Wrong.tags{key}: in column \"tags\", the value is INT, the Rust type is String; use i32\n  \
         Wrong.tags{value}[]: in column \"tags\", the value is STRING, the Rust type is i64; use String\n  \
         Wrong.line: column \"line\" is INT, the field is Line; use i32\n  \
         Wrong.pair: in column \"pair\", the tuple has 3 values, the struct has 2 fields (a, b); select exactly the tuple's fields"
    );
}
