//! Arbitrary batches decode to what a slow, obvious decoder gives.

use arrow_array::cast::AsArray;
use arrow_array::types::{
    Date32Type, Decimal128Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type,
    TimestampMicrosecondType,
};
use arrow_array::{
    Array, ArrayRef, BinaryArray, BooleanArray, Date32Array, Decimal128Array, Float32Array, Float64Array,
    Int8Array, Int16Array, Int32Array, Int64Array, LargeStringArray, RecordBatch, StringArray,
    StringViewArray, TimestampMicrosecondArray,
};
use chrono::{DateTime, Days, NaiveDate, TimeDelta, Utc};
use lakeorm::{Decimal, LakeRow, RowBatch};
use proptest::collection::vec;
use proptest::option::of;
use proptest::prelude::*;

use crate::batches::{array, batch};

/// Every type, with room for NULLs.
#[derive(Debug, PartialEq, LakeRow)]
struct Row<'a> {
    flag: Option<bool>,
    tiny: Option<i8>,
    /// Of a SMALLINT column.
    small: Option<i32>,
    /// Of an INT column.
    int: Option<i64>,
    big: Option<i64>,
    /// Of a FLOAT column; as bits, so that NaN equals NaN.
    #[lake(rename = "float")]
    single: Option<f64>,
    double: Option<f64>,
    amount: Option<Decimal>,
    /// STRING in one of three layouts.
    text: Option<&'a str>,
    copy: Option<String>,
    bytes: Option<Vec<u8>>,
    date: Option<NaiveDate>,
    at: Option<DateTime<Utc>>,
}

/// Asks for one cell at a time, by name, and knows nothing of readers.
fn obvious(batch: &RecordBatch, row: usize) -> Row<'_> {
    let column = |name: &str| {
        let array = batch.column_by_name(name).unwrap();
        array.is_valid(row).then_some(array)
    };
    let epoch = NaiveDate::from_ymd_opt(1970, 1, 1).unwrap();
    let micros = |count: i64| DateTime::<Utc>::UNIX_EPOCH + TimeDelta::microseconds(count);
    let days = |count: i32| match u64::from(count.unsigned_abs()) {
        days if count < 0 => epoch - Days::new(days),
        days => epoch + Days::new(days),
    };
    Row {
        flag: column("flag").map(|a| a.as_boolean().value(row)),
        tiny: column("tiny").map(|a| a.as_primitive::<Int8Type>().value(row)),
        small: column("small").map(|a| a.as_primitive::<Int16Type>().value(row).into()),
        int: column("int").map(|a| a.as_primitive::<Int32Type>().value(row).into()),
        big: column("big").map(|a| a.as_primitive::<Int64Type>().value(row)),
        single: column("float").map(|a| a.as_primitive::<Float32Type>().value(row).into()),
        double: column("double").map(|a| a.as_primitive::<Float64Type>().value(row)),
        amount: column("amount")
            .map(|a| a.as_primitive::<Decimal128Type>().value_as_string(row).parse().unwrap()),
        text: column("text").map(|a| text(a, row)),
        copy: column("copy").map(|a| text(a, row).to_owned()),
        bytes: column("bytes").map(|a| a.as_binary::<i32>().value(row).to_vec()),
        date: column("date").map(|a| days(a.as_primitive::<Date32Type>().value(row))),
        at: column("at").map(|a| micros(a.as_primitive::<TimestampMicrosecondType>().value(row))),
    }
}

fn text(array: &ArrayRef, row: usize) -> &str {
    array
        .as_string_opt::<i32>()
        .map(|a| a.value(row))
        .or_else(|| array.as_string_opt::<i64>().map(|a| a.value(row)))
        .unwrap_or_else(|| array.as_string_view().value(row))
}

fn texts(len: usize) -> impl Strategy<Value = ArrayRef> {
    (vec(of(".{0,20}"), len), 0..3).prop_map(|(texts, layout)| match layout {
        0 => array(StringArray::from(texts)),
        1 => array(LargeStringArray::from(texts)),
        _ => array(StringViewArray::from_iter(texts)),
    })
}

/// A batch with a slice of it: what is read starts in the middle of the buffers.
fn batches() -> impl Strategy<Value = RecordBatch> {
    (0usize..40).prop_flat_map(|len| {
        let numbers = (
            vec(of(any::<bool>()), len),
            vec(of(any::<i8>()), len),
            vec(of(any::<i16>()), len),
            vec(of(any::<i32>()), len),
            vec(of(any::<i64>()), len),
            vec(of(-1e30f32..1e30), len),
            vec(of(-1e300f64..1e300), len),
            vec(of(1 - 10i128.pow(38)..10i128.pow(38)), len),
        );
        let others = (
            texts(len),
            texts(len),
            vec(of(vec(any::<u8>(), 0..20)), len),
            vec(of(-700_000i32..3_000_000), len),
            vec(of(-62_135_596_800_000_000i64..253_402_300_800_000_000), len),
        );
        (numbers, others, 0..=len, 0..=len, 0i8..=38).prop_map(|(n, o, a, b, scale)| {
            let decimals = Decimal128Array::from(n.7).with_precision_and_scale(38, scale).unwrap();
            let bytes: BinaryArray = o.2.into_iter().collect();
            let batch = batch(vec![
                ("at", array(TimestampMicrosecondArray::from(o.4).with_timezone("Europe/Berlin"))),
                ("flag", array(BooleanArray::from(n.0))),
                ("tiny", array(Int8Array::from(n.1))),
                ("small", array(Int16Array::from(n.2))),
                ("int", array(Int32Array::from(n.3))),
                ("big", array(Int64Array::from(n.4))),
                ("float", array(Float32Array::from(n.5))),
                ("double", array(Float64Array::from(n.6))),
                ("amount", array(decimals)),
                ("text", o.0),
                ("copy", o.1),
                ("bytes", array(bytes)),
                ("date", array(Date32Array::from(o.3))),
            ]);
            batch.slice(a.min(b), a.abs_diff(b))
        })
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_batch_decodes_as_the_obvious_decoder_does(batch in batches()) {
        let batch = RowBatch::new(batch, 0).unwrap();
        let fast: Vec<Row<'_>> = batch.rows::<Row<'_>>().unwrap().map(Result::unwrap).collect();
        let slow: Vec<Row<'_>> = (0..batch.num_rows()).map(|row| obvious(batch.record_batch(), row)).collect();
        prop_assert_eq!(fast, slow);
    }

    #[test]
    fn a_field_without_option_decodes_exactly_the_columns_without_nulls(values in vec(of(any::<i32>()), 0..40)) {
        #[derive(LakeRow)]
        struct Bare { x: i64 }
        let batch = RowBatch::new(batch(vec![("x", array(Int32Array::from(values.clone())))]), 100).unwrap();
        match (batch.rows::<Bare>(), values.iter().position(Option::is_none)) {
            (Ok(rows), None) => {
                let rows: Vec<Option<i32>> = rows.map(|row| i32::try_from(row.unwrap().x).ok()).collect();
                prop_assert_eq!(rows, values);
            }
            (Err(lakeorm::row::RowsError::Decode(error)), Some(first)) => {
                prop_assert_eq!(error.row(), Some(100 + u64::try_from(first).unwrap()));
            }
            (decoded, first) => prop_assert!(false, "{decoded:?} {first:?}"),
        }
    }
}
