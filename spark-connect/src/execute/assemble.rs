//! Arrow batches from the messages that carry them, whole or in chunks.

use bytes::{Bytes, BytesMut};

use super::budget::BatchBudget;
use crate::error::{Error, Result};
use crate::proto::execute_plan_response::ArrowBatch;

/// Maximum chunks of one batch.
const MAX_CHUNKS: i64 = 1 << 20;

/// Puts chunks together and checks that none is missing, doubled or out of order.
///
/// The chunks of a batch are slices of one Arrow stream, and each repeats the row count of the whole batch.
#[derive(Debug)]
pub(crate) struct Assembly {
    max_batch_bytes: usize,
    budget: BatchBudget,
    /// How many chunks of a batch have come, and what they hold. They are copied at once: a piece of a message keeps the
    /// whole message in memory.
    held: i64,
    chunks: BytesMut,
    /// Rows in the batches that are complete.
    rows: i64,
}

/// One Arrow IPC stream, and how many rows it is said to hold.
#[derive(Debug, PartialEq)]
pub(crate) struct Encoded {
    pub(crate) data: Bytes,
    pub(crate) row_count: i64,
}

impl Assembly {
    /// Refuses a batch whose chunks take more than this together.
    pub(crate) fn new(max_batch_bytes: usize) -> Self {
        let budget = BatchBudget::new(max_batch_bytes);
        Self { max_batch_bytes, budget, held: 0, chunks: BytesMut::new(), rows: 0 }
    }

    /// Takes one message; gives the batch that it completes.
    pub(crate) fn push(&mut self, message: ArrowBatch) -> Result<Option<Encoded>> {
        let held = self.held;
        let total = message.num_chunks_in_batch.unwrap_or(0).max(1);
        if message.chunk_index.unwrap_or(0) != held {
            return Err(Error::protocol("a chunk of the result is missing or out of order"));
        }
        if held == 0 && message.start_offset.is_some_and(|offset| offset != self.rows) {
            return Err(Error::protocol("rows of the result are missing or doubled"));
        }
        if total > MAX_CHUNKS || total <= held || message.row_count < 0 {
            return Err(Error::protocol("a batch of the result contradicts itself"));
        }
        if held == 0 {
            self.budget = BatchBudget::new(self.max_batch_bytes);
        }
        self.budget.take(message.data.len())?;
        let data = match total {
            // A batch in one piece stays where it is.
            1 => message.data,
            _ => {
                self.held += 1;
                self.chunks.extend_from_slice(&message.data);
                if total > self.held {
                    return Ok(None);
                }
                self.held = 0;
                self.chunks.split().freeze()
            }
        };
        self.rows = self.rows.saturating_add(message.row_count);
        Ok(Some(Encoded { data, row_count: message.row_count }))
    }

    /// At the end of the result no batch may be left half-way.
    pub(crate) fn finish(&self) -> Result<()> {
        match self.held == 0 {
            true => Ok(()),
            false => Err(Error::protocol("the result ended in the middle of a batch")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn whole(rows: i64, offset: Option<i64>, data: &'static [u8]) -> ArrowBatch {
        ArrowBatch {
            row_count: rows,
            data: Bytes::from_static(data),
            start_offset: offset,
            ..Default::default()
        }
    }

    fn chunk(index: i64, of: i64, data: &'static [u8]) -> ArrowBatch {
        ArrowBatch { chunk_index: Some(index), num_chunks_in_batch: Some(of), ..whole(7, Some(0), data) }
    }

    #[test]
    fn a_whole_batch_passes_through() {
        let mut assembly = Assembly::new(1 << 10);
        let encoded = assembly.push(whole(3, Some(0), b"abc")).unwrap().unwrap();
        assert_eq!(encoded, Encoded { data: Bytes::from_static(b"abc"), row_count: 3 });
        assembly.push(whole(2, Some(3), b"de")).unwrap().unwrap();
        assembly.finish().unwrap();
    }

    #[test]
    fn chunks_become_one_batch_and_its_rows_count_once() {
        let mut assembly = Assembly::new(1 << 10);
        assert_eq!(assembly.push(chunk(0, 3, b"ab")).unwrap(), None);
        assert_eq!(assembly.push(chunk(1, 3, b"c")).unwrap(), None);
        let encoded = assembly.push(chunk(2, 3, b"def")).unwrap().unwrap();
        assert_eq!(encoded, Encoded { data: Bytes::from_static(b"abcdef"), row_count: 7 });
        assembly.push(whole(1, Some(7), b"g")).unwrap().unwrap();
    }

    #[test]
    fn a_gap_a_repeat_and_a_half_batch_are_errors() {
        let started = || {
            let mut assembly = Assembly::new(1 << 10);
            assembly.push(chunk(0, 3, b"ab")).unwrap();
            assembly
        };
        for wrong in [chunk(2, 3, b"x"), chunk(0, 3, b"x"), whole(1, Some(7), b"x"), chunk(1, 1, b"x")] {
            started().push(wrong).unwrap_err();
        }
        started().finish().unwrap_err();
    }

    #[test]
    fn chunks_are_refused_where_together_they_pass_the_limit() {
        let mut assembly = Assembly::new(3 * 4);
        for index in 0..3 {
            assert_eq!(assembly.push(chunk(index, 4, b"four")).unwrap(), None);
        }
        let error = assembly.push(chunk(3, 4, b"x")).unwrap_err();
        assert!(error.to_string().contains("max_batch_bytes"), "{error}");
    }

    #[test]
    fn each_batch_has_the_whole_limit() {
        let mut assembly = Assembly::new(2 * 4);
        for batch in 0..4 {
            let offset = Some(batch * 7);
            let first = ArrowBatch { start_offset: offset, ..chunk(0, 2, b"four") };
            assert_eq!(assembly.push(first).unwrap(), None);
            let whole = assembly.push(chunk(1, 2, b"four")).unwrap().unwrap();
            assert_eq!(whole.data, "fourfour");
        }
    }

    #[test]
    fn an_offset_that_does_not_follow_is_an_error() {
        let mut assembly = Assembly::new(1 << 10);
        assembly.push(whole(3, Some(0), b"")).unwrap();
        assembly.push(whole(3, Some(4), b"")).unwrap_err();
        let mut assembly = Assembly::new(1 << 10);
        assembly.push(whole(3, Some(0), b"")).unwrap();
        assembly.push(whole(3, Some(0), b"")).unwrap_err();
    }
}
