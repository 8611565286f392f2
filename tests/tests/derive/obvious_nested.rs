//! Arbitrary nested batches, encoded and sliced, decode to what a slow, obvious decoder gives.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::{Int32Type, Int64Type};
use arrow_array::{
    Array, ArrayRef, BinaryArray, BinaryViewArray, BooleanArray, Decimal128Array, DictionaryArray,
    FixedSizeListArray, Int32Array, Int64Array, LargeBinaryArray, LargeListArray, LargeStringArray,
    ListArray, ListViewArray, MapArray, NullArray, RecordBatch, RunArray, StringArray, StringViewArray,
    StructArray,
};
use arrow_buffer::{NullBuffer, OffsetBuffer, ScalarBuffer};
use arrow_schema::{DataType, Field, Fields};
use lakeorm::{Decimal, DynamicRow, LakeRow, RowBatch, Value};
use proptest::collection::vec;
use proptest::prelude::*;

use crate::batches::batch;

/// A tree of types.
#[derive(Debug, Clone)]
enum Tree {
    Long,
    Text,
    Flag,
    Bytes,
    Amount,
    Void,
    List(Box<Self>),
    Map(Box<Self>),
    Struct(Vec<Self>),
}

fn trees() -> impl Strategy<Value = Tree> {
    let leaf = prop_oneof![
        4 => Just(Tree::Long),
        4 => Just(Tree::Text),
        2 => Just(Tree::Flag),
        2 => Just(Tree::Bytes),
        2 => Just(Tree::Amount),
        1 => Just(Tree::Void),
    ];
    leaf.prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            inner.clone().prop_map(|tree| Tree::List(Box::new(tree))),
            inner.clone().prop_map(|tree| Tree::Map(Box::new(tree))),
            vec(inner, 1..3).prop_map(Tree::Struct),
        ]
    })
}

/// Values of a tree's type, as many as asked for; about one of five is NULL.
fn values(tree: Tree, len: usize) -> BoxedStrategy<Vec<Value>> {
    vec(value(tree, true), len).boxed()
}

/// A value with few NULLs in it.
fn mostly(tree: Tree) -> BoxedStrategy<Value> {
    prop_oneof![3 => value(tree.clone(), false).prop_map(filled), 1 => value(tree, true)].boxed()
}

/// The value without what is NULL in it, and a number or a text in place of a struct's.
fn filled(value: Value) -> Value {
    match value {
        Value::Array(elements) => {
            Value::Array(elements.into_iter().filter(|element| !element.is_null()).map(filled).collect())
        }
        Value::Map(entries) => {
            Value::Map(entries.into_iter().filter(|(_, value)| !value.is_null()).collect())
        }
        Value::Struct(fields) => {
            let field = |(name, value): (String, Value)| {
                let empty = if name == "f0" { Value::Long(0) } else { Value::Map(Vec::new()) };
                (name, if value.is_null() { empty } else { filled(value) })
            };
            Value::Struct(fields.into_iter().map(field).collect())
        }
        value => value,
    }
}

fn value(tree: Tree, nullable: bool) -> BoxedStrategy<Value> {
    let present = match tree {
        Tree::Long => any::<i64>().prop_map(Value::Long).boxed(),
        Tree::Text => "[a-c🦀]{0,15}".prop_map(Value::String).boxed(),
        Tree::Flag => any::<bool>().prop_map(Value::Boolean).boxed(),
        Tree::Bytes => vec(any::<u8>(), 0..16).prop_map(|bytes| Value::Binary(bytes.into())).boxed(),
        Tree::Amount => any::<i64>().prop_map(|n| Value::Decimal(amount(n))).boxed(),
        Tree::Void => Just(Value::Null).boxed(),
        Tree::List(element) => vec(value(*element, true), 0..4).prop_map(Value::Array).boxed(),
        Tree::Map(inner) => {
            vec((any::<i64>().prop_map(Value::Long), value(*inner, true)), 0..3).prop_map(Value::Map).boxed()
        }
        Tree::Struct(fields) => fields
            .into_iter()
            .enumerate()
            .map(|(i, field)| value(field, true).prop_map(move |value| (format!("f{i}"), value)))
            .collect::<Vec<_>>()
            .prop_map(Value::Struct)
            .boxed(),
    };
    if nullable { prop_oneof![4 => present, 1 => Just(Value::Null)].boxed() } else { present }
}

fn amount(unscaled: i64) -> Decimal {
    Decimal::new(unscaled.into(), 2).unwrap()
}

/// A value under a NULL parent, which nobody may see.
fn junk(tree: &Tree) -> Value {
    match tree {
        Tree::Long => Value::Long(-1),
        Tree::Text => Value::String("junk".to_owned()),
        Tree::Flag => Value::Boolean(true),
        Tree::Bytes => Value::Binary(vec![255; 20].into()),
        Tree::Amount => Value::Decimal(amount(-1)),
        Tree::Void => Value::Null,
        Tree::List(element) => Value::Array(vec![junk(element), Value::Null]),
        Tree::Map(inner) => Value::Map(vec![(Value::Long(-1), junk(inner))]),
        Tree::Struct(fields) => {
            Value::Struct(fields.iter().enumerate().map(|(i, tree)| (format!("f{i}"), junk(tree))).collect())
        }
    }
}

/// The array of these values. The choices pick an encoding at each level, and whether the array is cut out of a
/// longer one.
fn encode(tree: &Tree, values: &[Value], choices: &mut impl Iterator<Item = u8>) -> ArrayRef {
    let choice = choices.next().unwrap_or(0);
    let before = usize::from(choice / 64);
    if before == 0 {
        return encode_whole(tree, values, choice, choices);
    }
    let around = |count| (0..count).map(|i| if i % 2 == 0 { junk(tree) } else { Value::Null });
    let longer: Vec<Value> =
        around(before).chain(values.iter().cloned()).chain(around(usize::from(choice % 3))).collect();
    encode_whole(tree, &longer, choice, choices).slice(before, values.len())
}

fn encode_whole(
    tree: &Tree,
    values: &[Value],
    choice: u8,
    choices: &mut impl Iterator<Item = u8>,
) -> ArrayRef {
    let plain = layout(tree, values, choice, choices);
    match choice % 5 {
        3 => {
            // Behind keys, in the order of their values backwards.
            let len = i32::try_from(values.len()).unwrap();
            let keys: Int32Array = (0..len)
                .map(|i| (!values[usize::try_from(i).unwrap()].is_null()).then_some(len - 1 - i))
                .collect();
            let backwards: Int32Array = (0..len).rev().collect();
            let shuffled = arrow_select::take::take(&plain, &backwards, None).unwrap();
            Arc::new(DictionaryArray::<Int32Type>::new(keys, shuffled))
        }
        4 if !values.is_empty() => {
            let len = i32::try_from(values.len()).unwrap();
            let ends: Int32Array = (1..=len).filter(|end| is_end(values, *end)).collect();
            let firsts: Int32Array = ends.values().iter().map(|end| end - 1).collect();
            let runs = arrow_select::take::take(&plain, &firsts, None).unwrap();
            Arc::new(RunArray::<Int32Type>::try_new(&ends, &runs).unwrap())
        }
        _ => plain,
    }
}

/// Whether the value before this position differs from the one after it.
fn is_end(values: &[Value], end: i32) -> bool {
    let end = usize::try_from(end).unwrap();
    values.get(end) != values.get(end - 1)
}

fn nulls(values: &[Value]) -> NullBuffer {
    values.iter().map(|value| !value.is_null()).collect::<Vec<bool>>().into()
}

fn field(name: &str, array: &ArrayRef) -> Arc<Field> {
    Arc::new(Field::new(name, array.data_type().clone(), true))
}

fn layout(tree: &Tree, values: &[Value], choice: u8, choices: &mut impl Iterator<Item = u8>) -> ArrayRef {
    match tree {
        Tree::Long => Arc::new(values.iter().map(Value::as_i64).collect::<Int64Array>()),
        Tree::Text => {
            let texts = values.iter().map(Value::as_str);
            match choice % 3 {
                0 => Arc::new(texts.collect::<StringArray>()),
                1 => Arc::new(texts.collect::<LargeStringArray>()),
                _ => Arc::new(texts.collect::<StringViewArray>()),
            }
        }
        Tree::Flag => Arc::new(values.iter().map(Value::as_bool).collect::<BooleanArray>()),
        Tree::Bytes => {
            let bytes = values.iter().map(|value| match value {
                Value::Binary(bytes) => Some(bytes),
                _ => None,
            });
            match choice % 3 {
                0 => Arc::new(bytes.collect::<BinaryArray>()),
                1 => Arc::new(bytes.collect::<LargeBinaryArray>()),
                _ => Arc::new(bytes.collect::<BinaryViewArray>()),
            }
        }
        Tree::Amount => {
            let amounts = values.iter().map(|value| match value {
                Value::Decimal(amount) => Some(amount.unscaled()),
                _ => None,
            });
            Arc::new(amounts.collect::<Decimal128Array>().with_precision_and_scale(38, 2).unwrap())
        }
        Tree::Void => Arc::new(NullArray::new(values.len())),
        Tree::List(element) => list(element, values, choice, choices),
        Tree::Map(inner) => map(inner, values, choices),
        Tree::Struct(fields) => {
            let columns = fields.iter().enumerate().map(|(i, tree)| {
                let behind = if choice.is_multiple_of(2) { Value::Null } else { junk(tree) };
                let children: Vec<Value> = values.iter().map(|value| child(value, i, &behind)).collect();
                encode(tree, &children, choices)
            });
            let columns: Vec<ArrayRef> = columns.collect();
            let fields: Fields =
                columns.iter().enumerate().map(|(i, c)| field(&format!("f{i}"), c)).collect();
            Arc::new(StructArray::new(fields, columns, Some(nulls(values))))
        }
    }
}

fn child(value: &Value, i: usize, behind: &Value) -> Value {
    match value {
        Value::Struct(fields) => fields[i].1.clone(),
        _ => behind.clone(),
    }
}

fn list(element: &Tree, lists: &[Value], choice: u8, choices: &mut impl Iterator<Item = u8>) -> ArrayRef {
    let elements = |value: &Value| match value {
        Value::Array(elements) => elements.clone(),
        // A NULL list may claim elements, which nobody reads.
        _ => vec![Value::Null, junk(element)],
    };
    let lengths: Vec<usize> = lists.iter().map(|list| elements(list).len()).collect();
    let flat: Vec<Value> = lists.iter().flat_map(elements).collect();
    let values = encode(element, &flat, choices);
    let (child, nulls) = (field("item", &values), Some(nulls(lists)));
    match choice % 4 {
        0 => Arc::new(ListArray::new(child, OffsetBuffer::from_lengths(lengths), values, nulls)),
        1 => Arc::new(LargeListArray::new(child, OffsetBuffer::from_lengths(lengths), values, nulls)),
        2 if lengths.iter().all(|len| *len == 2) && !lengths.is_empty() => {
            Arc::new(FixedSizeListArray::new(child, 2, values, nulls))
        }
        _ => {
            let offsets = OffsetBuffer::<i32>::from_lengths(lengths.iter().copied());
            let starts: ScalarBuffer<i32> = offsets[..lengths.len()].to_vec().into();
            let sizes: ScalarBuffer<i32> = lengths.iter().map(|len| i32::try_from(*len).unwrap()).collect();
            Arc::new(ListViewArray::new(child, starts, sizes, values, nulls))
        }
    }
}

fn map(inner: &Tree, maps: &[Value], choices: &mut impl Iterator<Item = u8>) -> ArrayRef {
    let entries = |value: &Value| match value {
        Value::Map(entries) => entries.clone(),
        _ => vec![(Value::Long(0), Value::Null), (Value::Long(0), junk(inner))],
    };
    let lengths = OffsetBuffer::from_lengths(maps.iter().map(|map| entries(map).len()));
    let (keys, values): (Vec<Value>, Vec<Value>) = maps.iter().flat_map(entries).unzip();
    let keys: ArrayRef = Arc::new(keys.iter().map(Value::as_i64).collect::<Int64Array>());
    let values = encode(inner, &values, choices);
    let fields = Fields::from(vec![Arc::new(Field::new("k", DataType::Int64, false)), field("v", &values)]);
    let entries = StructArray::new(fields.clone(), vec![keys, values], None);
    let entries_field = Arc::new(Field::new("entries", DataType::Struct(fields), false));
    Arc::new(MapArray::new(entries_field, lengths, entries, Some(nulls(maps)), false))
}

fn cases() -> impl Strategy<Value = (Tree, Vec<Value>, Vec<u8>, usize, usize)> {
    (trees(), 0usize..12).prop_flat_map(|(tree, len)| {
        (Just(tree.clone()), values(tree, len), vec(any::<u8>(), 12), 0..=len, 0..=len)
    })
}

/// The same type without room for a NULL below the top.
#[derive(Debug, PartialEq, LakeRow)]
struct StrictRow {
    x: Option<Vec<StrictInner>>,
}

#[derive(Debug, PartialEq, LakeRow)]
struct StrictInner {
    f0: i64,
    f1: Vec<(i64, String)>,
}

/// Asks each part of the value whether it is there.
fn strict(value: &Value) -> Option<StrictRow> {
    let Value::Array(elements) = value else { return Some(StrictRow { x: None }) };
    let inner = |value: &Value| {
        let Value::Struct(fields) = value else { return None };
        let Value::Map(entries) = &fields[1].1 else { return None };
        let entry = |(key, text): &(Value, Value)| Some((key.as_i64()?, text.as_str()?.to_owned()));
        Some(StrictInner { f0: fields[0].1.as_i64()?, f1: entries.iter().map(entry).collect::<Option<_>>()? })
    };
    Some(StrictRow { x: Some(elements.iter().map(inner).collect::<Option<_>>()?) })
}

/// A fixed nested type, read as a struct.
#[derive(Debug, PartialEq, LakeRow)]
struct Row<'a> {
    x: Option<Vec<Option<Inner<'a>>>>,
}

#[derive(Debug, PartialEq, LakeRow)]
struct Inner<'a> {
    f0: Option<i64>,
    f1: Option<Vec<(i64, Option<&'a str>)>>,
}

fn shape() -> Tree {
    let inner = Tree::Struct(vec![Tree::Long, Tree::Map(Box::new(Tree::Text))]);
    Tree::List(Box::new(inner))
}

/// Asks the value for each part.
fn obvious(value: &Value) -> Row<'_> {
    match value {
        Value::Array(elements) => Row { x: Some(elements.iter().map(obvious_inner).collect()) },
        _ => Row { x: None },
    }
}

fn obvious_inner(value: &Value) -> Option<Inner<'_>> {
    let Value::Struct(fields) = value else { return None };
    let f1 = match &fields[1].1 {
        Value::Map(entries) => {
            Some(entries.iter().map(|(key, text)| (key.as_i64().unwrap(), text.as_str())).collect())
        }
        _ => None,
    };
    Some(Inner { f0: fields[0].1.as_i64(), f1 })
}

fn encoded(tree: &Tree, values: &[Value], choices: Vec<u8>) -> RecordBatch {
    batch(vec![("x", encode(tree, values, &mut choices.into_iter()))])
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_nested_batch_decodes_to_the_values_it_was_made_of((tree, values, choices, a, b) in cases()) {
        let (from, len) = (a.min(b), a.abs_diff(b));
        let batch = RowBatch::new(encoded(&tree, &values, choices).slice(from, len), 0).unwrap();
        let rows: Vec<DynamicRow> = batch.rows().unwrap().map(Result::unwrap).collect();
        let found: Vec<Value> = rows.into_iter().flat_map(DynamicRow::into_values).collect();
        prop_assert_eq!(found, values[from..from + len].to_vec());
    }

    #[test]
    fn a_nested_struct_decodes_as_the_obvious_decoder_does(
        values in (0usize..12).prop_flat_map(|len| values(shape(), len)),
        choices in vec(any::<u8>(), 12),
        start in 0usize..4,
    ) {
        let from = start.min(values.len());
        let batch = encoded(&shape(), &values, choices).slice(from, values.len() - from);
        let batch = RowBatch::new(batch, 0).unwrap();
        let fast: Vec<Row<'_>> = batch.rows().unwrap().map(Result::unwrap).collect();
        let slow: Vec<Row<'_>> = values[from..].iter().map(obvious).collect();
        prop_assert_eq!(fast, slow);
    }

    #[test]
    fn a_nested_struct_without_options_decodes_up_to_the_first_null_that_can_be_reached(
        values in (0usize..8).prop_flat_map(|len| vec(mostly(shape()), len)),
        choices in vec(any::<u8>(), 12),
    ) {
        let batch = RowBatch::new(encoded(&shape(), &values, choices), 0).unwrap();
        let slow: Vec<Option<StrictRow>> = values.iter().map(strict).collect();
        match (batch.to_vec::<StrictRow>(), slow.iter().position(Option::is_none)) {
            (Ok(rows), None) => prop_assert_eq!(rows, slow.into_iter().flatten().collect::<Vec<_>>()),
            (Err(lakeorm::row::RowsError::Decode(error)), Some(first)) => {
                prop_assert_eq!(error.row(), Some(u64::try_from(first).unwrap()));
            }
            (decoded, first) => prop_assert!(false, "{decoded:?} {first:?}"),
        }
    }

    #[test]
    fn nested_values_without_option_decode_exactly_where_no_null_is_reachable(
        values in (0usize..12).prop_flat_map(|len| values(Tree::List(Box::new(Tree::List(Box::new(Tree::Long)))), len)),
        choices in vec(any::<u8>(), 6),
    ) {
        #[derive(Debug, PartialEq, LakeRow)]
        struct Strict { x: Vec<Vec<i64>> }
        let tree = Tree::List(Box::new(Tree::List(Box::new(Tree::Long))));
        let batch = RowBatch::new(encoded(&tree, &values, choices), 0).unwrap();
        match (batch.rows::<Strict>(), values.iter().position(has_null)) {
            (Ok(rows), None) => prop_assert_eq!(rows.map(Result::unwrap).count(), values.len()),
            (Err(lakeorm::row::RowsError::Decode(error)), Some(first)) => {
                prop_assert_eq!(error.row(), Some(u64::try_from(first).unwrap()));
            }
            (decoded, first) => prop_assert!(false, "{decoded:?} {first:?}"),
        }
    }
}

fn has_null(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Array(elements) => elements.iter().any(has_null),
        _ => false,
    }
}

#[test]
fn the_slow_decoder_knows_the_types_that_it_is_asked_for() {
    let values = [Value::Array(vec![Value::Struct(vec![
        ("f0".to_owned(), Value::Long(1)),
        ("f1".to_owned(), Value::Map(vec![(Value::Long(2), Value::String("a".to_owned()))])),
    ])])];
    let array = encode(&shape(), &values, &mut std::iter::empty());
    let structs = array.as_list::<i32>().value(0);
    assert_eq!(structs.as_struct().column(0).as_primitive::<Int64Type>().value(0), 1);
    let inner = Inner { f0: Some(1), f1: Some(vec![(2, Some("a"))]) };
    assert_eq!(obvious(&values[0]), Row { x: Some(vec![Some(inner)]) });
}
