//! Answers that break the protocol: an error each, never a panic and never a result that looks complete.

use std::sync::Arc;

use arrow_array::{Int32Array, Int64Array, RecordBatch, StringArray};
use bytes::Bytes;
use futures::TryStreamExt;
use lakeorm_tests::fake::{Fake, Response, batch, batch_at, chunks, complete, execute};
use spark_connect::ErrorKind;

use crate::setup::{column, kind_of, numbers, select, session, soon};

/// The kind of the error that these responses give, with the end of a result behind them.
async fn told(responses: impl IntoIterator<Item = Response>) -> ErrorKind {
    let fake = Fake::start([execute().send_all(responses).send(complete())]).await;
    let kind = kind_of(select(&session(&fake))).await;
    fake.finish();
    kind
}

fn with_data(change: impl FnOnce(Bytes) -> Bytes) -> Response {
    let whole = batch(&numbers(0..10));
    let data = Bytes::copy_from_slice(whole.arrow_data().expect("a batch has data"));
    whole.with_arrow_data(change(data))
}

#[tokio::test]
async fn a_batch_with_more_or_fewer_rows_than_the_server_says_is_a_protocol_error() {
    for claimed in [0, 2, 4, -1, i64::MAX, i64::MIN] {
        let wrong = batch(&numbers(0..3)).with_row_count(claimed);
        assert_eq!(told([wrong]).await, ErrorKind::Protocol, "{claimed}");
    }
}

#[tokio::test]
async fn a_count_or_a_table_to_show_that_is_null_is_a_protocol_error() {
    let none = |array: arrow_array::ArrayRef| RecordBatch::try_from_iter_with_nullable([("x", array, true)]);
    let count = none(Arc::new(Int64Array::from(vec![None::<i64>]))).unwrap();
    let shown = none(Arc::new(StringArray::from(vec![None::<&str>]))).unwrap();
    let fake = Fake::start([execute().answer([count]), execute().answer([shown])]).await;
    let session = session(&fake);
    let frame = session.sql("SELECT 1");
    assert_eq!(soon(frame.count()).await.unwrap_err().kind(), ErrorKind::Protocol);
    assert_eq!(soon(frame.show()).await.unwrap_err().kind(), ErrorKind::Protocol);
    fake.finish();
}

#[tokio::test]
async fn a_schema_that_changes_in_the_middle_is_a_protocol_error() {
    let other_type = RecordBatch::try_from_iter([("id", Arc::new(Int32Array::from(vec![1])) as _)]).unwrap();
    let ids = column(1..2);
    let other_name = RecordBatch::try_from_iter([("key", Arc::clone(&ids))]).unwrap();
    let one_more = RecordBatch::try_from_iter([("id", Arc::clone(&ids)), ("more", ids)]).unwrap();
    for other in [other_type, other_name, one_more] {
        assert_eq!(told([batch(&numbers(0..1)), batch(&other)]).await, ErrorKind::Protocol);
    }
}

#[tokio::test]
async fn an_arrow_stream_that_is_cut_anywhere_is_a_protocol_error() {
    // The last eight bytes are the end marker, without which the batch is still whole.
    let needed = batch(&numbers(0..10)).arrow_data().expect("a batch has data").len() - 8;
    for cut in (0..needed).step_by(4) {
        let kind = told([with_data(|data| data.slice(..cut))]).await;
        assert_eq!(kind, ErrorKind::Protocol, "cut at {cut} of {needed}");
    }
}

#[tokio::test]
async fn bytes_that_are_no_arrow_stream_are_a_protocol_error() {
    let huge_length = [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f];
    for noise in [&b"not arrow at all"[..], &[0; 64], &huge_length, &[0xff; 64]] {
        let kind = told([with_data(|_| Bytes::copy_from_slice(noise))]).await;
        assert_eq!(kind, ErrorKind::Protocol, "{noise:?}");
    }
}

#[tokio::test]
async fn a_bit_that_flips_is_an_error_or_a_value_but_never_a_panic() {
    let length = batch(&numbers(0..10)).arrow_data().expect("a batch has data").len();
    for at in 0..length {
        let flipped = |bit: u32| {
            with_data(|data| {
                let mut data = data.to_vec();
                data[at] ^= 1 << bit;
                data.into()
            })
        };
        let script = (0..8).map(|bit| execute().send(flipped(bit)).send(complete()).at_work());
        let fake = Fake::start(script).await;
        let session = session(&fake);
        for bit in 0..8 {
            let end: Result<Vec<RecordBatch>, _> = soon(select(&session).try_collect()).await;
            match end {
                Ok(batches) => {
                    let rows: usize = batches.iter().map(RecordBatch::num_rows).sum();
                    assert_eq!(rows, 10, "byte {at} bit {bit}");
                }
                Err(error) => assert_eq!(error.kind(), ErrorKind::Protocol, "byte {at} bit {bit}: {error}"),
            }
        }
        fake.finish();
    }
}

#[tokio::test]
async fn chunks_that_are_missing_doubled_out_of_order_or_contradict_themselves_are_a_protocol_error() {
    let sent = || chunks(0, &numbers(0..100), 4);
    let without = |index: usize| {
        let mut chunks = sent();
        drop(chunks.remove(index));
        chunks
    };
    for index in 0..4 {
        assert_eq!(told(without(index)).await, ErrorKind::Protocol, "without chunk {index}");
    }
    let mut doubled = sent();
    doubled.insert(1, doubled[1].clone());
    assert_eq!(told(doubled).await, ErrorKind::Protocol);
    let mut swapped = sent();
    swapped.swap(1, 2);
    assert_eq!(told(swapped).await, ErrorKind::Protocol);
    for (index, of) in [(1, 4), (-1, 4), (0, i64::MAX), (i64::MAX, i64::MAX), (4, 4)] {
        let wrong = batch(&numbers(0..3)).with_chunk_index(Some(index)).with_chunk_count(Some(of));
        assert_eq!(told([wrong]).await, ErrorKind::Protocol, "chunk {index} of {of}");
    }
}

#[tokio::test]
async fn rows_that_are_missing_or_doubled_by_their_offset_are_a_protocol_error() {
    for offset in [0, 2, 4, -1, i64::MAX] {
        let sent = [batch_at(0, &numbers(0..3)), batch_at(offset, &numbers(3..6))];
        assert_eq!(told(sent).await, ErrorKind::Protocol, "{offset}");
    }
    assert_eq!(told([batch_at(1, &numbers(0..3))]).await, ErrorKind::Protocol);
}

#[tokio::test]
async fn an_answer_for_another_session_or_operation_is_a_protocol_error() {
    let other = "11111111-2222-3333-4444-555555555555";
    let session = batch(&numbers(0..1)).with_session_id(other);
    assert_eq!(told([session]).await, ErrorKind::Protocol);
    let operation = batch(&numbers(0..1)).with_operation_id(other);
    assert_eq!(told([operation]).await, ErrorKind::Protocol);
}
