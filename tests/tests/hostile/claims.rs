//! Results that claim what they do not hold: few bytes that stand for many, sizes that nothing stands behind, and texts
//! that are none. Each is an error that says what to do, and nothing is allocated for it before.

use std::sync::Arc;

use crate::read_result;
use arrow_array::builder::StringViewBuilder;
use arrow_array::types::Int32Type;
use arrow_array::{
    Array, ArrayRef, BinaryArray, DictionaryArray, FixedSizeListArray, Int32Array, ListArray, NullArray,
    RecordBatch, RecordBatchOptions, RunArray, StringArray, StructArray, make_array,
};
use arrow_buffer::OffsetBuffer;
use arrow_ipc::CompressionType;
use arrow_ipc::writer::{IpcWriteOptions, StreamWriter};
use arrow_schema::{DataType, Field, Fields, Schema};
use bytes::Bytes;
use lakeorm_tests::fake::{Response, batch, complete};
use spark_connect::{Error, ErrorKind};

use crate::setup::column;

/// The responses as the fuzz target wants them, with an end behind them.
fn framed(responses: impl IntoIterator<Item = Bytes>) -> Vec<u8> {
    let mut bytes = Vec::new();
    for response in responses.into_iter().chain([complete().encode()]) {
        bytes.extend(u32::try_from(response.len()).unwrap().to_le_bytes());
        bytes.extend(response);
    }
    bytes
}

fn read(responses: impl IntoIterator<Item = Response>) -> Result<usize, Error> {
    read_result(&framed(responses.into_iter().map(|response| response.encode())))
}

fn refused(response: Response) -> Error {
    read([response]).expect_err("an error")
}

fn too_large(error: &Error) {
    assert_eq!(error.kind(), ErrorKind::TooLarge, "{error}");
    assert!(error.to_string().contains("raise `max_batch_bytes`"), "{error}");
}

pub(crate) fn compressed(rows: &RecordBatch, codec: CompressionType) -> Vec<u8> {
    let options = IpcWriteOptions::default().try_with_compression(Some(codec)).unwrap();
    let mut bytes = Vec::new();
    let mut writer = StreamWriter::try_new_with_options(&mut bytes, &rows.schema(), options).unwrap();
    writer.write(rows).unwrap();
    writer.finish().unwrap();
    drop(writer);
    bytes
}

/// Makes every compressed buffer that says it takes `from` bytes say `to`.
fn claiming(mut bytes: Vec<u8>, from: i64, to: i64) -> Vec<u8> {
    let places: Vec<usize> =
        (0..bytes.len() - 8).step_by(8).filter(|at| bytes[*at..*at + 8] == from.to_le_bytes()).collect();
    assert!(!places.is_empty(), "no buffer says {from}");
    for at in places {
        bytes[at..at + 8].copy_from_slice(&to.to_le_bytes());
    }
    bytes
}

#[test]
fn compressed_buffers_and_dictionaries_that_claim_gigabytes() {
    let text = "a".repeat(4096);
    let dictionary: DictionaryArray<Int32Type> = [text.as_str(); 8].into_iter().collect();
    let plain: ArrayRef = Arc::new(StringArray::from(vec![text.as_str()]));
    for codec in [CompressionType::LZ4_FRAME, CompressionType::ZSTD] {
        for column in [Arc::clone(&plain), Arc::new(dictionary.clone()) as ArrayRef] {
            let rows = RecordBatch::try_from_iter([("text", column)]).unwrap();
            let sent = compressed(&rows, codec);
            let count = i64::try_from(rows.num_rows()).unwrap();
            let response = |data: Vec<u8>| batch(&rows).with_arrow_data(data).with_row_count(count);
            assert_eq!(read([response(sent.clone())]).unwrap(), rows.num_rows(), "{codec:?}");
            for claimed in [2 << 30, 6_000_000_000, i64::MAX] {
                too_large(&refused(response(claiming(sent.clone(), 4096, claimed))));
            }
            for wrong in [-2, i64::MIN, 4095, 4097] {
                let error = refused(response(claiming(sent.clone(), 4096, wrong)));
                assert_eq!(error.kind(), ErrorKind::Protocol, "{codec:?} {wrong}: {error}");
            }
        }
    }
}

#[test]
fn many_buffers_each_of_which_claims_little() {
    let text = "a".repeat(4096);
    let column = || Arc::new(StringArray::from(vec![text.as_str()])) as ArrayRef;
    let names: Vec<String> = (0..100).map(|i| format!("c{i}")).collect();
    let rows = RecordBatch::try_from_iter(names.iter().map(|name| (name, column()))).unwrap();
    let sent = claiming(compressed(&rows, CompressionType::ZSTD), 4096, 64 << 20);
    too_large(&refused(batch(&rows).with_arrow_data(sent)));
}

#[test]
fn rows_and_values_that_take_nothing() {
    let nothing = |rows: usize| {
        let options = RecordBatchOptions::new().with_row_count(Some(rows));
        RecordBatch::try_new_with_options(Arc::new(Schema::empty()), Vec::new(), &options).unwrap()
    };
    assert_eq!(read([batch(&nothing(10_000))]).unwrap(), 10_000);
    for claimed in [1_000_000_000, i64::MAX] {
        too_large(&refused(batch(&nothing(1)).with_row_count(claimed)));
    }
    // Any number of batches stands in one stream.
    let (halves, rows) = ([nothing(100), nothing(1 << 34)], (1 << 34) + 100);
    for batches in [&halves[1..], &halves[..], &[nothing(1 << 23), nothing(1 << 23), nothing(1 << 23)][..]] {
        let mut sent = Vec::new();
        let mut writer = StreamWriter::try_new(&mut sent, &Schema::empty()).unwrap();
        batches.iter().for_each(|batch| writer.write(batch).unwrap());
        writer.finish().unwrap();
        drop(writer);
        too_large(&refused(batch(&nothing(1)).with_arrow_data(sent).with_row_count(rows)));
    }
    let one = |array: ArrayRef| RecordBatch::try_from_iter([("x", array)]).unwrap();
    let element = || Arc::new(Field::new("item", DataType::Null, true));
    let lists = FixedSizeListArray::new(element(), 0x7fff_ffff, Arc::new(NullArray::new(0x7fff_ffff)), None);
    let runs =
        RunArray::<Int32Type>::try_new(&Int32Array::from(vec![1_000_000_000]), &Int32Array::from(vec![7]));
    let empty = StructArray::new_empty_fields(1_000_000_000, None);
    for array in [
        Arc::new(NullArray::new(1_000_000_000)) as ArrayRef,
        Arc::new(lists),
        Arc::new(runs.unwrap()),
        Arc::new(empty),
    ] {
        too_large(&refused(batch(&one(array))));
    }
}

/// A number in so many lists.
fn nested(depth: usize) -> RecordBatch {
    let mut array: ArrayRef = Arc::new(Int32Array::from(vec![7]));
    for _ in 0..depth {
        let item = Arc::new(Field::new("item", array.data_type().clone(), true));
        array = Arc::new(ListArray::new(item, OffsetBuffer::from_lengths([1]), array, None));
    }
    RecordBatch::try_from_iter([("x", array)]).unwrap()
}

#[test]
fn types_nested_deeper_than_they_are_read() {
    for depth in [1, 60, 90, 99] {
        assert_eq!(read([batch(&nested(depth))]).unwrap(), 1, "{depth}");
    }
    for depth in [100, 200] {
        let error = refused(batch(&nested(depth)));
        assert_eq!(error.kind(), ErrorKind::TooLarge, "{error}");
        assert!(error.to_string().contains("nested deeper than 100 levels"), "{error}");
    }
}

/// A text array over bytes that are no text. Only a server can send it, so its message says BINARY at first.
fn not_utf8(rows: usize) -> (Response, &'static str) {
    let bytes: ArrayRef = Arc::new(BinaryArray::from(vec![&b"\xff"[..]; rows]));
    let bytes =
        RecordBatch::try_from_iter([("id", column(0..i64::try_from(rows).unwrap())), ("name", bytes)]);
    let sent = batch(&bytes.unwrap());
    let text: ArrayRef = Arc::new(StringArray::from(vec!["x"; rows]));
    let text = RecordBatch::try_from_iter([("id", column(0..i64::try_from(rows).unwrap())), ("name", text)])
        .unwrap();
    (with_schema_of(&text, &sent), "name")
}

/// The response with another schema: that of these rows.
fn with_schema_of(rows: &RecordBatch, sent: &Response) -> Response {
    let (said, meant) = (sent.arrow_data().unwrap(), batch(rows));
    let meant = meant.arrow_data().unwrap();
    let length =
        |bytes: &[u8]| usize::try_from(u32::from_le_bytes(bytes[4..8].try_into().unwrap())).unwrap() + 8;
    let data = [&meant[..length(meant)], &said[length(said)..]].concat();
    sent.clone().with_arrow_data(data)
}

#[test]
fn a_text_that_is_not_utf8_names_its_column() {
    for rows in [1, 100] {
        let (response, name) = not_utf8(rows);
        let error = refused(response);
        assert_eq!(error.kind(), ErrorKind::Decode, "{error}");
        assert_eq!(
            error.to_string(),
            format!(
                "a STRING in column `{name}` is not valid UTF-8: select `CAST({name} AS BINARY)`, or in a nested column \
                 cast the text inside of it, and read it as bytes"
            )
        );
    }
}

/// Lists of structs with one field, which may be NULL or not.
fn lists_of_structs(skus: Vec<Option<&str>>, nullable: bool) -> RecordBatch {
    let rows = skus.len();
    let skus: ArrayRef = Arc::new(StringArray::from(skus));
    let fields = Fields::from(vec![Field::new("sku", DataType::Utf8, nullable)]);
    let structs = StructArray::new(fields, vec![skus], None);
    let item = Arc::new(Field::new("element", structs.data_type().clone(), true));
    let lists = ListArray::new(item, OffsetBuffer::from_lengths(vec![1; rows]), Arc::new(structs), None);
    let (ids, lists) = (column(0..i64::try_from(rows).unwrap()), Arc::new(lists) as ArrayRef);
    RecordBatch::try_from_iter([("id", ids), ("lines", lists)]).unwrap()
}

#[test]
fn a_null_that_the_type_does_not_allow_names_its_column() {
    let sent = batch(&lists_of_structs(vec![Some("s3cret"), None], true));
    let error = refused(with_schema_of(&lists_of_structs(vec![Some("a"), Some("b")], false), &sent));
    assert_eq!(error.kind(), ErrorKind::Protocol, "{error}");
    assert_eq!(
        error.to_string(),
        "the server sent a NULL in column `lines`, or in a field inside of it, that it declares NOT NULL: leave the \
         column out of the query, or CAST it to a type without NOT NULL"
    );
}

/// Every byte of a batch of every layout that Arrow has, plain and compressed, changed in one bit.
#[test]
fn bits_that_flip_in_columns_of_every_layout() {
    for array in layouts() {
        let rows = RecordBatch::try_from_iter([("x", array)]).unwrap();
        let plain = batch(&rows).arrow_data().unwrap().to_vec();
        let mut sent = vec![plain];
        if !matches!(rows.column(0).data_type(), DataType::Null) {
            sent.push(compressed(&rows, CompressionType::ZSTD));
        }
        for bytes in sent {
            for at in 0..bytes.len() {
                let mut changed = bytes.clone();
                changed[at] ^= 1 << (at % 8);
                if let Ok(read) = read([batch(&rows).with_arrow_data(changed)]) {
                    assert_eq!(read, rows.num_rows());
                }
            }
        }
    }
}

fn layouts() -> Vec<ArrayRef> {
    use arrow_array::{
        BooleanArray, Decimal128Array, FixedSizeBinaryArray, LargeStringArray, ListViewArray, MapArray,
        UnionArray,
    };
    use arrow_buffer::ScalarBuffer;
    use arrow_schema::UnionFields;
    let ints = || Arc::new(Int32Array::from(vec![Some(1), None, Some(3)])) as ArrayRef;
    let keys = || Arc::new(Int32Array::from(vec![1, 2, 3])) as ArrayRef;
    let item = || Arc::new(Field::new("item", DataType::Int32, true));
    let field = |name: &str, nullable| Field::new(name, DataType::Int32, nullable);
    let mut views = StringViewBuilder::new();
    for text in ["short", "longer than a view is", "a third one, which is long as well"] {
        views.append_value(text);
    }
    let dictionary: DictionaryArray<Int32Type> = [Some("a"), None, Some("b")].into_iter().collect();
    let entries = StructArray::new(
        Fields::from(vec![field("key", false), field("value", true)]),
        vec![keys(), ints()],
        None,
    );
    let entries_field = Arc::new(Field::new("entries", entries.data_type().clone(), false));
    let structs = StructArray::new(Fields::from(vec![field("a", true)]), vec![ints()], None);
    let runs = RunArray::<Int32Type>::try_new(&Int32Array::from(vec![1, 3]), &Int32Array::from(vec![7, 8]));
    let unions = |offsets: Option<Vec<i32>>| {
        let fields = UnionFields::try_new([0, 1], [field("a", true), field("b", true)]).unwrap();
        let offsets = offsets.map(ScalarBuffer::from);
        UnionArray::try_new(fields, ScalarBuffer::from(vec![0_i8, 1, 0]), offsets, vec![ints(), ints()])
            .unwrap()
    };
    vec![
        Arc::new(NullArray::new(3)),
        Arc::new(BooleanArray::from(vec![Some(true), None, Some(false)])),
        ints(),
        Arc::new(Decimal128Array::from(vec![1, 2, 3])),
        Arc::new(FixedSizeBinaryArray::try_from_iter([[1_u8, 2, 3]; 3].iter()).unwrap()),
        Arc::new(StringArray::from(vec![Some("a"), None, Some("bcd")])),
        Arc::new(LargeStringArray::from(vec!["a", "b", "c"])),
        Arc::new(views.finish()),
        Arc::new(ListArray::new(item(), OffsetBuffer::from_lengths([1, 2]), ints(), None)),
        Arc::new(ListViewArray::new(item(), vec![0, 1].into(), vec![3, 1].into(), ints(), None)),
        Arc::new(FixedSizeListArray::new(item(), 3, ints(), None)),
        Arc::new(MapArray::new(entries_field, OffsetBuffer::from_lengths([3]), entries, None, false)),
        Arc::new(structs),
        Arc::new(dictionary),
        Arc::new(runs.unwrap()),
        Arc::new(unions(None)),
        make_array(unions(Some(vec![0, 0, 1])).into_data()),
    ]
}
