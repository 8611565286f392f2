//! The library's side of every comparison.

use std::hint::black_box;

use arrow_array::RecordBatch;
use futures::executor::block_on;
use futures::{Stream, StreamExt};
use lakeorm::{LakeRow, LakeRowOwned, RowBatch};
use serde::de::DeserializeOwned;

use crate::data::Copied;
use crate::served::Served;
use lakeorm_benches::rounds::Case;

/// A group of cases on one batch.
pub(crate) struct Group {
    pub(crate) shape: &'static str,
    pub(crate) nulls: u64,
    pub(crate) rows: usize,
    pub(crate) cases: Vec<Case<'static>>,
    pub(crate) batch: RecordBatch,
}

impl Group {
    pub(crate) fn new(shape: &'static str, nulls: u64, batch: RecordBatch) -> Self {
        let mut copied = Copied::of(&batch);
        let copy = Case::new("copy", "memcpy", move || copied.copy());
        Self { shape, nulls, rows: batch.num_rows(), cases: vec![copy], batch }
    }

    /// A case that decodes the batch by other means than the library's.
    pub(crate) fn other(
        mut self,
        path: &'static str,
        who: &'static str,
        pass: impl Fn(&RecordBatch) + 'static,
    ) -> Self {
        let batch = self.batch.clone();
        self.cases.push(Case::new(path, who, move || pass(&batch)));
        self
    }

    /// A `Vec` per batch by other means, whose rows are to be the derive's.
    pub(crate) fn rows_by<T: LakeRowOwned + PartialEq>(
        self,
        who: &'static str,
        decode: impl Fn(&RecordBatch) -> Vec<T> + Sync + 'static,
    ) -> Self {
        let batch = &self.batch;
        beside_the_heap(|| assert!(decode(batch) == decoded(batch), "{who} decodes other rows"));
        self.other("vec", who, move |batch| _ = black_box(decode(batch)))
    }

    /// The owned rows of serde_arrow.
    pub(crate) fn serde<T: LakeRowOwned + PartialEq + DeserializeOwned>(self) -> Self {
        self.rows_by::<T>("serde_arrow", |batch| serde_arrow::from_record_batch(batch).unwrap())
    }

    /// The owned rows of the derive, a `Vec` per batch.
    pub(crate) fn whole<T: LakeRowOwned>(mut self) -> Self {
        let batch = RowBatch::new(self.batch.clone(), 0).unwrap();
        self.cases.push(Case::new("vec", "derive", move || {
            black_box(batch.to_vec::<T>().unwrap());
        }));
        self
    }

    /// The owned rows of the derive: a `Vec` per batch, by each way to one, and one by one.
    pub(crate) fn owned<T: LakeRowOwned>(self) -> Self {
        let mut group = self.whole::<T>();
        let batch = RowBatch::new(group.batch.clone(), 0).unwrap();
        group.cases.push(Case::new("collect", "derive", move || {
            black_box(batch.rows::<T>().unwrap().collect::<Result<Vec<_>, _>>().unwrap());
        }));
        let served = Served::new(vec![group.batch.clone()]);
        group.cases.push(Case::new("query", "derive", move || {
            black_box(served.query::<T>());
        }));
        let served = Served::new(vec![group.batch.clone()]);
        group.cases.push(Case::new("stream", "derive", move || drain(served.stream::<T>())));
        let batch = RowBatch::new(group.batch.clone(), 0).unwrap();
        group.cases.push(Case::new("loop", "derive", move || visit::<T>(&batch)));
        group
    }

    /// The rows visited where they lie.
    pub(crate) fn visited(
        mut self,
        visit: impl Fn(&RowBatch) + 'static,
        visit_in_for: impl Fn(&RowBatch) + 'static,
    ) -> Self {
        let batch = RowBatch::new(self.batch.clone(), 0).unwrap();
        self.cases.push(Case::new("for", "derive", move || visit_in_for(&batch)));
        let batch = RowBatch::new(self.batch.clone(), 0).unwrap();
        self.cases.push(Case::new("visit", "derive", move || visit(&batch)));
        self
    }
}

/// The rows as the derive decodes them.
pub(crate) fn decoded<T: LakeRowOwned>(batch: &RecordBatch) -> Vec<T> {
    RowBatch::new(batch.clone(), 0).unwrap().to_vec().unwrap()
}

/// Prepares in a thread, which has a heap of its own: holes in the one that is measured would cost all decoders, and
/// not all of them alike.
pub(crate) fn beside_the_heap<R: Send>(prepare: impl FnOnce() -> R + Send) -> R {
    std::thread::scope(|scope| scope.spawn(prepare).join().unwrap())
}

/// Visits the batch's rows.
pub(crate) fn visit<'b, T: LakeRow<'b>>(batch: &'b RowBatch) {
    batch.rows::<T>().unwrap().for_each(|row| _ = black_box(row.unwrap()));
}

/// Visits them in a `for` loop.
pub(crate) fn visit_in_for<'b, T: LakeRow<'b>>(batch: &'b RowBatch) {
    for row in batch.rows::<T>().unwrap() {
        black_box(row.unwrap());
    }
}

/// Takes the rows of a stream one by one.
pub(crate) fn drain<T>(mut rows: impl Stream<Item = lakeorm::Result<T>> + Unpin) {
    block_on(async {
        while let Some(row) = rows.next().await {
            black_box(row.unwrap());
        }
    });
}
