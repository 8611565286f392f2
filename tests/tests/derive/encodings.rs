//! The encodings that a column may travel in.

use std::sync::Arc;

use arrow_array::types::Int32Type;
use arrow_array::{
    ArrayRef, BinaryArray, BinaryViewArray, DictionaryArray, Int32Array, Int64Array, LargeBinaryArray,
    LargeStringArray, RunArray, StringArray, StringViewArray,
};
use lakeorm::RowBatch;
use lakeorm::row::Layout;

use crate::batches::{array, batch, rows};

const TEXTS: [Option<&str>; 4] =
    [Some("a longer text than a view keeps inline"), None, Some(""), Some("𝄞\0")];

fn expected() -> Vec<(Option<String>,)> {
    TEXTS.iter().map(|text| (text.map(str::to_owned),)).collect()
}

#[test]
fn strings_decode_from_every_layout() {
    let dictionary: DictionaryArray<Int32Type> = TEXTS.into_iter().collect();
    for column in [
        array(StringArray::from(TEXTS.to_vec())),
        array(LargeStringArray::from(TEXTS.to_vec())),
        array(StringViewArray::from(TEXTS.to_vec())),
        array(dictionary),
    ] {
        let data_type = column.data_type().clone();
        let found: Vec<(Option<String>,)> = rows(vec![("x", column)]).unwrap();
        assert_eq!(found, expected(), "{data_type}");
    }
}

#[test]
fn bytes_decode_from_every_layout() {
    let bytes: Vec<Option<&[u8]>> = TEXTS.iter().map(|text| text.map(str::as_bytes)).collect();
    let expected: Vec<(Option<Vec<u8>>,)> = bytes.iter().map(|b| (b.map(<[u8]>::to_vec),)).collect();
    for column in [
        array(BinaryArray::from(bytes.clone())),
        array(LargeBinaryArray::from(bytes.clone())),
        array(BinaryViewArray::from(bytes.clone())),
    ] {
        let data_type = column.data_type().clone();
        let found: Vec<(Option<Vec<u8>>,)> = rows(vec![("x", column)]).unwrap();
        assert_eq!(found, expected, "{data_type}");
    }
}

fn runs(values: &ArrayRef) -> ArrayRef {
    let ends = Int32Array::from(vec![1, 3, 6]);
    Arc::new(RunArray::<Int32Type>::try_new(&ends, values).unwrap())
}

#[test]
fn runs_are_repeated_and_their_nulls_kept() {
    let column = runs(&array(Int64Array::from(vec![Some(7), None, Some(9)])));
    let found: Vec<(Option<i64>,)> = rows(vec![("x", column)]).unwrap();
    assert_eq!(found, [(Some(7),), (None,), (None,), (Some(9),), (Some(9),), (Some(9),)]);
}

#[test]
fn a_slice_of_runs_starts_inside_a_run() {
    let column = runs(&array(Int64Array::from(vec![7, 8, 9]))).slice(2, 3);
    let found: Vec<(i64,)> = rows(vec![("x", column)]).unwrap();
    assert_eq!(found, [(8,), (9,), (9,)]);
}

#[test]
fn a_null_behind_a_dictionary_key_is_a_null() {
    let values = array(StringArray::from(vec![Some("a"), None]));
    let column = array(DictionaryArray::<Int32Type>::new(Int32Array::from(vec![0, 1, 0]), values));
    let found: Vec<(Option<String>,)> = rows(vec![("x", Arc::clone(&column))]).unwrap();
    assert_eq!(found, [(Some("a".to_owned()),), (None,), (Some("a".to_owned()),)]);
    let refused = rows::<(String,)>(vec![("x", column)]).unwrap_err().to_string();
    assert!(
        refused.starts_with("tuple.0: column \"x\", row 1 (the first is 0): the value is NULL"),
        "{refused}"
    );
}

#[test]
fn a_layout_of_the_encoded_schema_serves_the_unpacked_batches() {
    let dictionary: DictionaryArray<Int32Type> = ["a", "b"].into_iter().collect();
    let encoded = batch(vec![("x", array(dictionary))]);
    let layout = Layout::<(String,)>::resolve(encoded.schema().fields()).unwrap();
    let unpacked = RowBatch::new(encoded, 0).unwrap();
    let mut out = Vec::<(String,)>::new();
    layout.check(unpacked).unwrap().decode(0..2, &mut out).unwrap();
    assert_eq!(out, [("a".to_owned(),), ("b".to_owned(),)]);
}

#[test]
fn a_batch_of_another_type_than_its_schema_is_an_error() {
    let announced = batch(vec![("x", array(Int64Array::from(vec![1])))]);
    let sent = batch(vec![("x", array(StringArray::from(vec!["1"])))]);
    let layout = Layout::<(i64,)>::resolve(announced.schema().fields()).unwrap();
    let mut out = Vec::<(i64,)>::new();
    let sent = layout.check(RowBatch::new(sent, 0).unwrap()).unwrap();
    let error = sent.decode(0..1, &mut out).unwrap_err();
    assert_eq!(
        error.to_string(),
        "tuple.0: column \"x\": the batch holds STRING, which is not what the result's schema announced"
    );
}
