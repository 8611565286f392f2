//! Batches that no engine sends, from a server that lies or has a fault: an error, and never a panic or a guess.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::{Int8Type, Int32Type, Int64Type};
use arrow_array::{
    Array, ArrayRef, DictionaryArray, FixedSizeListArray, Int8Array, Int32Array, Int64Array, LargeListArray,
    ListViewArray, MapArray, NullArray, RecordBatch, RecordBatchOptions, RunArray, StringArray, StructArray,
    make_array,
};
use arrow_buffer::{OffsetBuffer, ScalarBuffer};
use arrow_schema::{DataType, Field, Fields};
use lakeorm::row::{Layout, RowsError};
use lakeorm::{DynamicRow, LakeRow, LakeRowOwned, RowBatch, Value};

use crate::batches::{array, lists, message, structs};
use crate::{abort_on_panic, batches};

fn batch(columns: Vec<(&str, ArrayRef)>) -> RecordBatch {
    abort_on_panic();
    batches::batch(columns)
}

fn rows<T: LakeRowOwned + PartialEq + std::fmt::Debug>(
    columns: Vec<(&str, ArrayRef)>,
) -> Result<Vec<T>, RowsError> {
    abort_on_panic();
    batches::rows(columns)
}

#[test]
fn void_is_none_of_a_type_that_has_a_null_of_its_own() {
    let void = || array(NullArray::new(1));
    assert_eq!(rows::<(Option<Value>,)>(vec![("x", void())]).unwrap(), [(None,)]);
    assert_eq!(rows::<(Value,)>(vec![("x", void())]).unwrap(), [(Value::Null,)]);
    let fields = || vec![("x", structs(vec![("a", void())], None))];
    assert_eq!(rows::<((Option<Value>,),)>(fields()).unwrap(), [((None,),)]);
}

#[derive(Debug, PartialEq, LakeRow)]
struct Pair {
    a: i64,
    b: i64,
}

#[derive(Debug, PartialEq, LakeRow)]
struct Outer {
    pairs: Vec<Pair>,
}

fn longs(values: Vec<i64>) -> ArrayRef {
    array(Int64Array::from(values))
}

/// What the layout of the first batch says to the second.
fn complaint<T: for<'b> LakeRow<'b>>(first: &RecordBatch, second: &RecordBatch) -> Option<String> {
    let layout = Layout::<T>::resolve(first.schema_ref().fields()).unwrap();
    layout.check(RowBatch::new(first.clone(), 0).unwrap()).unwrap();
    layout.check(RowBatch::new(second.clone(), 1).unwrap()).err().map(|error| error.to_string())
}

#[test]
fn columns_that_change_places_in_the_middle_of_a_result_are_not_mistaken_for_each_other() {
    let first = batch(vec![("a", longs(vec![1])), ("b", longs(vec![2]))]);
    let second = batch(vec![("b", longs(vec![2])), ("a", longs(vec![1]))]);
    assert_eq!(
        complaint::<Pair>(&first, &second).unwrap(),
        "Pair: column \"a\": a later batch of the result has other columns than the first, which is a fault of the \
         server or of the driver"
    );
    let list = |names: [&str; 2]| {
        let pairs = structs(vec![(names[0], longs(vec![1])), (names[1], longs(vec![2]))], None);
        batch(vec![("pairs", lists(&[1], pairs, None))])
    };
    assert!(complaint::<Outer>(&list(["a", "b"]), &list(["b", "a"])).unwrap().contains("\"pairs\""));
    assert!(complaint::<Outer>(&list(["a", "b"]), &list(["a", "b"])).is_none());
    let fewer = batch(vec![("a", longs(vec![1]))]);
    assert_eq!(
        complaint::<Pair>(&first, &fewer).unwrap(),
        "Pair: column \"b\": a later batch of the result has other columns than the first, which is a fault of the \
         server or of the driver"
    );
}

#[test]
fn a_later_batch_may_be_encoded_another_way_and_say_otherwise_what_may_be_null() {
    let first = batch(vec![("x", array(StringArray::from(vec!["a"])))]);
    let dictionary: DictionaryArray<Int32Type> = ["b"].into_iter().collect();
    let schema = arrow_schema::Schema::new(vec![Field::new("x", dictionary.data_type().clone(), false)]);
    let second = RecordBatch::try_new(Arc::new(schema), vec![array(dictionary)]).unwrap();
    assert!(complaint::<(String,)>(&first, &second).is_none());
    assert!(complaint::<(String,)>(&second, &first).is_none());
}

const VAST: usize = 1 << 50;

fn vast_list() -> ArrayRef {
    let element = Arc::new(Field::new("item", DataType::Null, true));
    let offsets = OffsetBuffer::new(ScalarBuffer::from(vec![0_i64, 1 << 50]));
    array(LargeListArray::new(element, offsets, array(NullArray::new(VAST)), None))
}

fn vast_fixed_list() -> ArrayRef {
    let element = Arc::new(Field::new("item", DataType::Null, true));
    let values = array(NullArray::new(0x7fff_ffff));
    array(FixedSizeListArray::new(element, 0x7fff_ffff, values, None))
}

fn vast_runs() -> ArrayRef {
    array(
        RunArray::<Int64Type>::try_new(&Int64Array::from(vec![1 << 50]), &Int64Array::from(vec![7])).unwrap(),
    )
}

/// Lists that all see the same elements: a few bytes of a batch, and a million times as many to gather.
fn vast_views() -> ArrayRef {
    let values = array(NullArray::new(0x7fff_fff0));
    let element = Arc::new(Field::new("item", DataType::Null, true));
    let starts = ScalarBuffer::from(vec![0_i32; 100_000]);
    let sizes = ScalarBuffer::from(vec![0x7fff_fff0_i32; 100_000]);
    array(ListViewArray::new(element, starts, sizes, values, None))
}

/// A row of nothing but defaults.
#[derive(Debug, PartialEq, LakeRow)]
struct Nothing {
    #[lake(default)]
    a: i64,
}

#[test]
fn lengths_that_no_bytes_stand_behind_are_errors_before_anything_is_allocated() {
    let nested = |column: ArrayRef| structs(vec![("y", column)], None);
    for column in [vast_list(), nested(vast_list()), nested(vast_fixed_list())] {
        let claimed =
            column.as_struct_opt().is_some_and(|s| s.column(0).data_type() == vast_fixed_list().data_type());
        let refused = RowBatch::new(batch(vec![("x", column)]), 0);
        match claimed {
            // As many as Spark can count.
            true => assert!(refused.is_ok()),
            false => assert_eq!(
                refused.unwrap_err().to_string(),
                "batch: column \"x\": the batch claims 1125899906842624 values, more than Spark sends; this is a \
                 fault of the server"
            ),
        }
    }
    let views = RowBatch::new(batch(vec![("x", vast_views())]), 0).unwrap_err().to_string();
    assert!(views.contains("more values than fit the memory"), "{views}");
    let empty = Arc::new(arrow_schema::Schema::empty());
    let options = RecordBatchOptions::new().with_row_count(Some(VAST));
    let empty = RecordBatch::try_new_with_options(empty, Vec::new(), &options).unwrap();
    for batch in [empty, batch(vec![("x", vast_runs())]), batch(vec![("x", array(NullArray::new(VAST)))])] {
        let refused = RowBatch::new(batch, 0).map(|batch| batch.to_vec::<Nothing>());
        assert_eq!(
            refused.unwrap_err().to_string(),
            "batch: the batch claims 1125899906842624 rows, more than Spark sends; this is a fault of the server"
        );
    }
}

#[test]
fn lists_behind_keys_take_no_room_for_a_long_one_beside_them() {
    const LONG: usize = 4_000_000;
    const ROWS: usize = 1_000_000;
    // By the average of the two, as many of them would have more bytes than any machine.
    let values = || lists(&[LONG, 0], array(Int64Array::from(vec![0; LONG])), None);
    let keys = Int32Array::from(vec![1; ROWS]);
    let dictionary = array(DictionaryArray::<Int32Type>::new(keys, values()));
    let ends = Int32Array::from(vec![1, i32::try_from(ROWS).unwrap()]);
    let runs = array(RunArray::<Int32Type>::try_new(&ends, &values()).unwrap());
    for (column, first) in [(dictionary, 0), (runs, LONG)] {
        let read = RowBatch::new(batch(vec![("x", column)]), 0).unwrap().to_vec::<(Vec<i64>,)>().unwrap();
        assert_eq!((read.len(), read[0].0.len()), (ROWS, first));
        assert!(read[1..].iter().all(|(list,)| list.is_empty()));
    }
    let element = Arc::new(Field::new("item", values().data_type().clone(), true));
    let (starts, sizes) = (ScalarBuffer::from(vec![1_i32; ROWS]), ScalarBuffer::from(vec![1_i32; ROWS]));
    let views = array(ListViewArray::new(element, starts, sizes, values(), None));
    let read = RowBatch::new(batch(vec![("x", views)]), 0).unwrap().to_vec::<(Vec<Vec<i64>>,)>().unwrap();
    assert_eq!(read.len(), ROWS);
    assert!(read.iter().all(|(views,)| *views == [[0_i64; 0]]));
}

#[test]
fn lists_of_every_kind_behind_keys_and_runs_are_those_that_they_stand_for() {
    type List = Option<Vec<Option<i64>>>;
    let numbers = || array(Int64Array::from(vec![Some(1), None, Some(3), Some(4)]));
    let element = || Arc::new(Field::new("item", DataType::Int64, true));
    let of_small = lists(&[2, 0, 0, 2], numbers(), Some(vec![true, false, true, true]));
    let offsets = OffsetBuffer::<i64>::from_lengths([2, 0, 0, 2]);
    let of_large =
        LargeListArray::new(element(), offsets, numbers(), Some(vec![true, false, true, true].into()));
    let behind_keys = |keys: Vec<Option<i8>>, values: ArrayRef| {
        vec![("x", array(DictionaryArray::<Int8Type>::new(Int8Array::from(keys), values)))]
    };
    let keys = || vec![Some(3), Some(0), None, Some(1), Some(2), Some(0)];
    let (first, last): (List, List) = (Some(vec![Some(1), None]), Some(vec![Some(3), Some(4)]));
    let expected = [last.clone(), first.clone(), None, None, Some(vec![]), first.clone()];
    for values in [Arc::clone(&of_small), array(of_large)] {
        let found: Vec<(List,)> = rows(behind_keys(keys(), values)).unwrap();
        assert_eq!(found, expected.clone().map(|list| (list,)));
    }
    let inside = structs(vec![("a", Arc::clone(&of_small))], Some(vec![true, true, false, true]));
    let found: Vec<(Option<(List,)>,)> = rows(behind_keys(keys(), inside)).unwrap();
    let (of_first, of_last) = (Some((first,)), Some((last.clone(),)));
    let expected = [of_last, of_first.clone(), None, Some((None,)), None, of_first];
    assert_eq!(found, expected.map(|inside| (inside,)));

    let none: Vec<(List,)> = rows(behind_keys(vec![None, None], of_small.slice(0, 0))).unwrap();
    assert_eq!(none, [(None,), (None,)]);
    let ends = Int32Array::from(vec![2, 3]);
    let runs = array(RunArray::<Int32Type>::try_new(&ends, &of_small.slice(2, 2)).unwrap());
    let found: Vec<(List,)> = rows(vec![("x", runs)]).unwrap();
    assert_eq!(found, [(Some(vec![]),), (Some(vec![]),), (last.clone(),)]);

    let pairs = FixedSizeListArray::new(element(), 2, numbers(), Some(vec![false, true].into()));
    let found: Vec<(List,)> = rows(behind_keys(vec![Some(1), None, Some(0), Some(1)], array(pairs))).unwrap();
    assert_eq!(found, [(last.clone(),), (None,), (None,), (last,)]);

    let fields = vec![Field::new("key", DataType::Int32, false), Field::new("value", DataType::Int64, true)];
    let columns = vec![array(Int32Array::from(vec![1, 2, 1, 2])), numbers()];
    let entries = StructArray::new(Fields::from(fields), columns, None);
    let field = Arc::new(Field::new("entries", entries.data_type().clone(), false));
    let maps = array(MapArray::new(field, OffsetBuffer::from_lengths([1, 2, 1]), entries, None, false));
    type Map = Option<BTreeMap<i32, Option<i64>>>;
    let found: Vec<(Map,)> = rows(behind_keys(vec![Some(2), None, Some(1), Some(1)], maps)).unwrap();
    let both = || Some(BTreeMap::from([(1, Some(3)), (2, None)]));
    assert_eq!(found, [(Some(BTreeMap::from([(2, Some(4))])),), (None,), (both(),), (both(),)]);
}

#[test]
fn a_list_that_does_not_fit_the_memory_is_an_error() {
    let column = || vec![("x", vast_fixed_list())];
    // More than there are addresses, so that no machine lends them all.
    type Large = Vec<Option<[i64; 10_000]>>;
    let expected =
        "tuple.0: column \"x\", row 0 (the first is 0): the value has more elements than fit the memory";
    assert_eq!(message(rows::<(Large,)>(column())), expected);
    let refused = message(rows::<([Option<i64>; 3],)>(column()));
    assert!(refused.contains("the list has 2147483647 elements, the Rust array has 3"), "{refused}");
    assert!(message(rows::<(Vec<i64>,)>(column())).contains("a nested value is NULL"));
}

#[test]
fn a_field_that_says_it_has_no_nulls_and_has_some_behind_keys_is_no_panic() {
    // A struct whose child is a dictionary, in a dictionary.
    let inner = DictionaryArray::<Int8Type>::new(
        Int8Array::from(vec![0, 1]),
        array(StringArray::from(vec![Some("a"), None])),
    );
    let fields = |nullable| Fields::from(vec![Field::new("a", inner.data_type().clone(), nullable)]);
    let values = StructArray::new(fields(true), vec![array(inner.clone())], None).into_data();
    let data = values.into_builder().data_type(DataType::Struct(fields(false))).build().unwrap();
    let values = make_array(data);
    let keys = Int8Array::from(vec![Some(1), None, Some(0)]);
    let column: ArrayRef = Arc::new(DictionaryArray::<Int8Type>::new(keys, values));
    #[derive(Debug, PartialEq, LakeRow)]
    struct Inner {
        a: Option<String>,
    }
    let found: Vec<(Option<Inner>,)> = rows(vec![("x", Arc::clone(&column))]).unwrap();
    let inner = |a: Option<&str>| (Some(Inner { a: a.map(str::to_owned) }),);
    assert_eq!(found, [inner(None), (None,), inner(Some("a"))]);
}

#[test]
fn a_value_of_a_map_may_be_null_behind_its_key_whatever_its_field_says() {
    let values = DictionaryArray::<Int8Type>::new(
        Int8Array::from(vec![0, 1]),
        array(StringArray::from(vec![Some("a"), None])),
    );
    let fields = |nullable| {
        Fields::from(vec![
            Field::new("key", DataType::Int32, false),
            Field::new("value", values.data_type().clone(), nullable),
        ])
    };
    let entries = |nullable| Arc::new(Field::new("entries", DataType::Struct(fields(nullable)), false));
    let structs = StructArray::new(
        fields(true),
        vec![array(Int32Array::from(vec![1, 2])), array(values.clone())],
        None,
    );
    let map = MapArray::new(entries(true), OffsetBuffer::from_lengths([2]), structs, None, false).into_data();
    let child = map.child_data()[0].clone().into_builder().data_type(DataType::Struct(fields(false)));
    let map = map.into_builder().data_type(DataType::Map(entries(false), false));
    let map = map.child_data(vec![child.build().unwrap()]).build().unwrap();
    let found: Vec<(BTreeMap<i32, Option<String>>,)> = rows(vec![("m", make_array(map))]).unwrap();
    assert_eq!(found, [(BTreeMap::from([(1, Some("a".to_owned())), (2, None)]),)]);
}

#[test]
fn a_dynamic_row_keeps_columns_of_the_same_name_apart() {
    let columns = vec![("x", longs(vec![1])), ("x", longs(vec![2]))];
    let found: Vec<DynamicRow> = rows(columns).unwrap();
    assert_eq!(found[0].names(), ["x", "x"]);
    assert_eq!(found[0].values(), [Value::Long(1), Value::Long(2)]);
}

#[test]
fn json_is_nested_as_deep_as_the_stack_allows() {
    let deep = |levels: usize| array(StringArray::from(vec!["[".repeat(levels) + &"]".repeat(levels)]));
    let nested = (1..127).fold(serde_json::json!([]), |inner, _| serde_json::json!([inner]));
    assert_eq!(rows::<(serde_json::Value,)>(vec![("x", deep(127))]).unwrap(), [(nested,)]);
    for levels in [128, 200_000] {
        assert_eq!(
            message(rows::<(serde_json::Value,)>(vec![("x", deep(levels))])),
            "tuple.0: column \"x\", row 0 (the first is 0): the JSON is nested deeper than 127 levels; read it as a \
             String"
        );
    }
}

#[test]
fn shared_bytes_are_slices_of_the_buffer_that_their_view_names() {
    let texts: Vec<Vec<u8>> =
        (0..200).map(|i| format!("value number {i}, too long for a view").into_bytes()).collect();
    let mut builder = arrow_array::builder::BinaryViewBuilder::new().with_fixed_block_size(100);
    for text in &texts {
        builder.append_value(text);
        builder.append_value(&text[..4]);
    }
    let views = builder.finish();
    assert!(views.data_buffers().len() > 50);
    let expected: Vec<(bytes::Bytes,)> =
        texts.iter().flat_map(|text| [(text.clone().into(),), (text[..4].to_vec().into(),)]).collect();
    assert_eq!(rows::<(bytes::Bytes,)>(vec![("x", array(views.clone()))]).unwrap(), expected);
    assert_eq!(rows::<(bytes::Bytes,)>(vec![("x", array(views.slice(3, 300)))]).unwrap(), expected[3..303]);
}
