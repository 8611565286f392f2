//! Columns of made-up data with a share of NULLs.

use std::sync::Arc;

use arrow_array::{ArrayRef, RecordBatch};
use arrow_schema::{Field, Schema};

/// A batch of these columns, all declared nullable, as engines do.
pub(crate) fn batch(columns: Vec<(String, ArrayRef)>) -> RecordBatch {
    let fields: Vec<Field> =
        columns.iter().map(|(name, array)| Field::new(name, array.data_type().clone(), true)).collect();
    let arrays = columns.into_iter().map(|(_, array)| array).collect();
    RecordBatch::try_new(Arc::new(Schema::new(fields)), arrays).unwrap()
}

/// `value` of each row, with about `nulls` percent of them replaced by NULL in no pattern.
pub(crate) fn column<A, V>(rows: usize, nulls: u64, value: impl Fn(i64) -> V) -> ArrayRef
where
    A: FromIterator<Option<V>> + arrow_array::Array + 'static,
{
    let mut random = Random(0x9E37_79B9_7F4A_7C15);
    let values: A =
        (0i64..).take(rows).map(|row| (random.next() % 100 >= nulls).then(|| value(row))).collect();
    Arc::new(values)
}

/// A xorshift generator: the same columns in every run.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 >> 11
    }
}

/// The bytes of a batch that a decoder has to touch, one block per column, and a place to copy them to.
pub(crate) struct Copied {
    blocks: Vec<Vec<u8>>,
    to: Vec<u8>,
}

impl Copied {
    pub(crate) fn of(batch: &RecordBatch) -> Self {
        let mut arrays: Vec<_> = batch.columns().iter().map(|array| array.to_data()).collect();
        let mut blocks: Vec<Vec<u8>> = Vec::new();
        while let Some(array) = arrays.pop() {
            blocks.extend(array.buffers().iter().map(|buffer| buffer.as_slice().to_vec()));
            arrays.extend(array.child_data().iter().cloned());
        }
        let most = blocks.iter().map(Vec::len).max().unwrap_or(0);
        Self { blocks, to: vec![0; most] }
    }

    /// Copies every block into the same place, the best that a cache can do.
    pub(crate) fn copy(&mut self) {
        for block in &self.blocks {
            self.to[..block.len()].copy_from_slice(block);
            std::hint::black_box(&mut self.to);
        }
    }
}
