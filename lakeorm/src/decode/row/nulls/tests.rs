use std::sync::Arc;

use arrow_array::builder::{Int64Builder, MapBuilder, StringBuilder};
use arrow_array::{GenericListArray, Int64Array, MapArray, NullArray, OffsetSizeTrait, StructArray};
use arrow_buffer::OffsetBuffer;
use arrow_schema::{DataType, Field, Fields};

use super::*;
use crate::column::Child;

fn ints(values: Vec<Option<i64>>) -> ArrayRef {
    Arc::new(Int64Array::from(values))
}

fn lists<O: OffsetSizeTrait>(offsets: Vec<O>, present: Vec<bool>, values: ArrayRef) -> ArrayRef {
    let element = Arc::new(Field::new("element", values.data_type().clone(), true));
    let offsets = OffsetBuffer::new(offsets.into());
    Arc::new(GenericListArray::new(element, offsets, values, Some(present.into())))
}

fn structs(present: Vec<bool>, child: ArrayRef) -> ArrayRef {
    let fields = Fields::from(vec![Field::new("child", child.data_type().clone(), true)]);
    Arc::new(StructArray::new(fields, vec![child], Some(present.into())))
}

fn null(row: usize, path: &str) -> Option<UnexpectedNull> {
    Some(UnexpectedNull { row, path: path.to_owned(), is_nested: !path.is_empty() })
}

fn record(shape: Shape) -> Shape {
    Shape::structure(vec![Child::new(0, "sku", shape)])
}

#[test]
fn a_leaf_reports_its_first_null_unless_it_is_nullable() {
    let array = ints(vec![Some(1), None, None]);
    assert_eq!(first_unexpected(&array, &Shape::leaf()), null(1, ""));
    assert_eq!(first_unexpected(&array, &Shape::leaf().nullable()), None);
    assert_eq!(first_unexpected(&array.slice(2, 1), &Shape::leaf()), null(0, ""));
    assert_eq!(first_unexpected(&array.slice(0, 1), &Shape::leaf()), None);
}

#[test]
fn a_void_column_is_null_in_every_row_though_it_has_no_validity_buffer() {
    let array: ArrayRef = Arc::new(NullArray::new(2));
    assert_eq!(first_unexpected(&array, &Shape::leaf()), null(0, ""));
}

#[test]
fn elements_are_found_through_their_list() {
    let array = lists(vec![0i32, 2, 2, 4], vec![true; 3], ints(vec![Some(1), Some(2), Some(3), None]));
    assert_eq!(first_unexpected(&array, &Shape::list(Shape::leaf())), null(2, "[]"));
    assert_eq!(first_unexpected(&array, &Shape::list(Shape::leaf().nullable())), None);
}

#[test]
fn large_lists_are_walked_too() {
    let array = lists(vec![0i64, 1, 2], vec![true; 2], ints(vec![Some(1), None]));
    assert_eq!(first_unexpected(&array, &Shape::list(Shape::leaf())), null(1, "[]"));
}

#[test]
fn elements_that_no_present_list_reaches_do_not_count() {
    let shape = Shape::list(Shape::leaf()).nullable();
    let values = || ints(vec![None, Some(1), None, Some(2), None]);
    // The first and last elements belong to no list, the third to a NULL list.
    let array = lists(vec![1i32, 2, 3, 4], vec![true, false, true], values());
    assert_eq!(first_unexpected(&array, &shape), None);
    let array = lists(vec![1i32, 2, 3, 4], vec![true, true, true], values());
    assert_eq!(first_unexpected(&array, &shape), null(1, "[]"));
    // A slice keeps all of its values.
    assert_eq!(first_unexpected(&array.slice(2, 1), &shape), None);
    assert_eq!(first_unexpected(&array.slice(1, 1), &shape), null(0, "[]"));
}

#[test]
fn empty_lists_before_the_null_do_not_shift_its_row() {
    let array = lists(vec![0i32, 0, 0, 1, 1], vec![true; 4], ints(vec![None]));
    assert_eq!(first_unexpected(&array, &Shape::list(Shape::leaf())), null(2, "[]"));
}

#[test]
fn a_path_goes_through_every_level() {
    let lines = structs(vec![true, true, false], ints(vec![Some(1), None, None]));
    let orders = lists(vec![0i32, 1, 3], vec![true; 2], lines);
    let shape = Shape::list(record(Shape::leaf()).nullable());
    assert_eq!(first_unexpected(&orders, &shape), null(1, "[].sku"));
    let strict = Shape::list(record(Shape::leaf().nullable()));
    assert_eq!(first_unexpected(&orders, &strict), null(1, "[]"));
}

#[test]
fn a_null_parent_hides_its_childrens_nulls() {
    let array = structs(vec![false, true], ints(vec![None, None]));
    assert_eq!(first_unexpected(&array, &record(Shape::leaf()).nullable()), null(1, "sku"));
    assert_eq!(first_unexpected(&array, &record(Shape::leaf())), null(0, ""));
}

/// Arrow has no other NULL in a key: the column of keys has none itself.
#[test]
fn a_null_inside_of_a_maps_key_is_found_where_no_value_is_null() {
    let maps = |parts: Vec<Option<i64>>| -> ArrayRef {
        let keys = structs(vec![true; 3], ints(parts));
        let values = ints(vec![Some(1), Some(2), Some(3)]);
        let fields =
            [Field::new("key", keys.data_type().clone(), false), Field::new("value", DataType::Int64, true)];
        let entries = StructArray::new(fields.to_vec().into(), vec![keys, values], None);
        let field = Arc::new(Field::new("entries", entries.data_type().clone(), false));
        // Of one entry, of none, and of two.
        let offsets = OffsetBuffer::new(vec![0, 1, 1, 3].into());
        Arc::new(MapArray::new(field, offsets, entries, None, false))
    };
    let shape = |part: Shape| Shape::map(record(part), Shape::leaf());
    let array = maps(vec![Some(1), None, Some(3)]);
    assert_eq!(first_unexpected(&array, &shape(Shape::leaf())), null(2, "{key}.sku"));
    assert_eq!(first_unexpected(&array, &shape(Shape::leaf().nullable())), None);
    assert_eq!(first_unexpected(&array.slice(0, 2), &shape(Shape::leaf())), None);
    assert_eq!(first_unexpected(&maps(vec![Some(1); 3]), &shape(Shape::leaf())), None);
}

#[test]
fn map_values_may_be_null_only_where_their_shape_allows_it() {
    let mut map = MapBuilder::new(None, StringBuilder::new(), Int64Builder::new());
    map.append(true).unwrap();
    map.keys().append_value("a");
    map.values().append_null();
    map.append(true).unwrap();
    let array: ArrayRef = Arc::new(map.finish());
    assert!(matches!(array.data_type(), DataType::Map(..)));
    let shape = Shape::map(Shape::leaf(), Shape::leaf());
    assert_eq!(first_unexpected(&array, &shape), null(1, "{value}"));
    assert_eq!(first_unexpected(&array, &Shape::map(Shape::leaf(), Shape::leaf().nullable())), None);
}
