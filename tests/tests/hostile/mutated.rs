//! Ten thousand malformed results, made from well-formed ones with a seed: an error each, and of bytes that change at
//! random never more rows than were sent.
//!
//! The fuzz target `responses` reads results in the same way and starts from the same ones.

use std::sync::Arc;

use crate::read_result;
use arrow_array::{ArrayRef, RecordBatch, StringArray};
use lakeorm_tests::fake::{
    Response, batch, batch_at, chunks, complete, progress, unknown_enum, unknown_type,
};
use spark_connect::ErrorKind;

use crate::setup::{column, numbers};

const EACH: usize = 1250;

/// Marsaglia's xorshift: what is drawn depends on the seed alone.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % u64::try_from(bound).unwrap()).unwrap()
    }

    fn between(&mut self, from: i64, to: i64) -> i64 {
        from + i64::try_from(self.below(usize::try_from(to - from).unwrap())).unwrap()
    }
}

fn texts(rows: i64) -> RecordBatch {
    let texts: ArrayRef =
        Arc::new((0..rows).map(|row| (row % 3 != 0).then(|| "text".repeat(3))).collect::<StringArray>());
    RecordBatch::try_from_iter([("id", column(0..rows)), ("text", texts)]).unwrap()
}

/// A whole result of `rows` rows in whole batches and in chunks, with what a newer server may add.
fn whole(random: &mut Random) -> (Vec<Response>, usize) {
    let rows = random.between(1, 40);
    let mut sent = vec![unknown_type(), batch_at(0, &texts(rows)), progress()];
    sent.extend(chunks(rows, &texts(rows), 1 + random.below(5)));
    sent.extend([unknown_enum(), batch_at(2 * rows, &texts(rows))]);
    (sent, usize::try_from(3 * rows).unwrap())
}

fn framed(responses: &[Response]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for response in responses.iter().chain([&complete()]) {
        let encoded = response.encode();
        bytes.extend(u32::try_from(encoded.len()).unwrap().to_le_bytes());
        bytes.extend(encoded);
    }
    bytes
}

/// Replaces one of the responses that carry rows and that `chosen` holds for.
fn change(
    sent: &mut [Response],
    random: &mut Random,
    chosen: fn(&Response) -> bool,
    with: impl FnOnce(Response, &mut Random) -> Response,
) {
    let chosen: Vec<usize> =
        (0..sent.len()).filter(|at| sent[*at].arrow_data().is_some() && chosen(&sent[*at])).collect();
    let at = chosen[random.below(chosen.len())];
    sent[at] = with(sent[at].clone(), random);
}

fn any(_: &Response) -> bool {
    true
}

/// Of chunks only what the last one says decides, and one that is not like the others breaks their batch first.
fn whole_batch(response: &Response) -> bool {
    !response.is_chunk()
}

fn data(response: &Response) -> Vec<u8> {
    response.arrow_data().expect("a response that carries rows").to_vec()
}

/// Makes `EACH` results malformed, each of which must be an error of the protocol in one of the words that `malform` gives.
fn refused(seed: u64, malform: impl Fn(&mut Vec<Response>, &mut Random) -> &'static [&'static str]) {
    let mut random = Random(seed);
    for round in 0..EACH {
        let (mut sent, rows) = whole(&mut random);
        assert_eq!(read_result(&framed(&sent)).unwrap(), rows, "round {round}");
        let words = malform(&mut sent, &mut random);
        let error = read_result(&framed(&sent)).expect_err(&format!("round {round} of seed {seed}"));
        assert_eq!(error.kind(), ErrorKind::Protocol, "round {round} of seed {seed}: {error}");
        let told = error.to_string();
        assert!(words.iter().any(|words| told.contains(words)), "round {round} of seed {seed}: {told}");
    }
}

const NO_FRAME: &str = "a message does not fit its frame";
const OTHER_COUNT: &str = "a batch does not hold as many rows as the server says";

#[test]
fn arrow_streams_that_are_cut() {
    refused(0x1001, |sent, random| {
        change(sent, random, any, |response, random| {
            // The end marker, eight bytes, may be missing.
            let data = data(&response);
            let cut = random.below(data.len().saturating_sub(9).max(1));
            response.with_arrow_data(data[..cut].to_vec())
        });
        &[NO_FRAME, OTHER_COUNT, "a batch came without a schema"]
    });
}

#[test]
fn row_counts_that_are_wrong() {
    refused(0x1002, |sent, random| {
        let chosen = random.below(5);
        change(sent, random, whole_batch, |response, random| {
            let more = response.row_count().unwrap() + random.between(1, 1000);
            response.with_row_count([-1, i64::MIN, 0, i64::MAX, more][chosen])
        });
        if chosen < 2 { &["a batch of the result contradicts itself"] } else { &[OTHER_COUNT] }
    });
}

#[test]
fn schemas_that_change_in_the_middle() {
    refused(0x1003, |sent, random| {
        // Not between two chunks, where another batch is a gap whatever its schema.
        let ends = [2, 3, sent.len() - 2, sent.len() - 1, sent.len()];
        sent.truncate(ends[random.below(ends.len())]);
        sent.push(batch(&numbers(0..random.between(1, 9))));
        &["the schema of the result changed in the middle"]
    });
}

#[test]
fn lengths_that_are_far_too_large() {
    refused(0x1004, |sent, random| {
        change(sent, random, whole_batch, |response, random| {
            let mut data = data(&response);
            // Behind the continuation mark of the first message stands the length of its metadata.
            let huge = [i32::MAX, i32::MIN, -1, 1 << 30][random.below(4)];
            data[4..8].copy_from_slice(&huge.to_le_bytes());
            response.with_arrow_data(data)
        });
        &[NO_FRAME]
    });
}

#[test]
fn chunks_with_gaps() {
    refused(0x1005, |sent, random| {
        change(sent, random, any, |response, random| {
            let wrong = [-1, i64::MIN, i64::MAX, 6, 1 << 40];
            response.with_chunk_index(Some(wrong[random.below(wrong.len())]))
        });
        &["a chunk of the result is missing or out of order"]
    });
}

#[test]
fn offsets_that_do_not_follow() {
    refused(0x1006, |sent, random| {
        change(sent, random, whole_batch, |response, random| {
            let offset = response.start_offset().map(|offset| offset + random.between(1, 1 << 40));
            response.with_start_offset(offset)
        });
        &["rows of the result are missing or doubled"]
    });
}

#[test]
fn results_that_end_in_the_middle_of_a_response() {
    let mut random = Random(0x1007);
    for round in 0..EACH {
        let bytes = framed(&whole(&mut random).0);
        let cut = random.below(bytes.len());
        let error = read_result(&bytes[..cut]).expect_err(&format!("round {round}"));
        assert_eq!(error.kind(), ErrorKind::Protocol, "round {round}: {error}");
        assert!(error.to_string().contains("the responses end in the middle"), "round {round}: {error}");
    }
}

/// A changed byte may change a value, a field that nobody reads, or the type of a response to one that a newer
/// server may send, which is skipped.
#[test]
fn bytes_that_change_are_no_panic_and_never_more_rows_than_were_sent() {
    let (mut random, mut errors) = (Random(0x1008), 0);
    for round in 0..EACH {
        let (sent, rows) = whole(&mut random);
        let mut bytes = framed(&sent);
        for _ in 0..=random.below(4) {
            let at = random.below(bytes.len());
            bytes[at] ^= 1 << random.below(8);
        }
        match read_result(&bytes) {
            Ok(read) => assert!(read <= rows, "round {round}: {read} of {rows}"),
            Err(_) => errors += 1,
        }
    }
    println!("{errors} errors in {EACH} results");
    assert!(errors > EACH / 4, "{errors}");
}
