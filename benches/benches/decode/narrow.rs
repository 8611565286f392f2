//! Four numbers, 28 bytes a row: what is left when nothing is allocated.

use std::hint::black_box;
use std::pin::Pin;
use std::task::{Context, Poll};

use arrow_array::cast::AsArray;
use arrow_array::types::{ArrowPrimitiveType, Float64Type, Int32Type, Int64Type};
use arrow_array::{Array, Float64Array, Int32Array, Int64Array, RecordBatch};
use arrow_buffer::NullBuffer;
use arrow_convert::{ArrowDeserialize, ArrowField, ArrowSerialize};
use futures::Stream;
use lakeorm::LakeRow;
use serde::Deserialize;

use crate::cases::{Group, drain, visit, visit_in_for};
use crate::data::{batch, column};

#[derive(LakeRow, Deserialize, ArrowField, ArrowSerialize, ArrowDeserialize, PartialEq)]
pub(crate) struct Narrow {
    id: i64,
    age: i32,
    score: f64,
    weight: f64,
}

#[derive(LakeRow, Deserialize, ArrowField, ArrowSerialize, ArrowDeserialize, PartialEq)]
struct Gaps {
    id: Option<i64>,
    age: Option<i32>,
    score: Option<f64>,
    weight: Option<f64>,
}

pub(crate) fn data(rows: usize, nulls: u64) -> RecordBatch {
    batch(vec![
        ("id".to_owned(), column::<Int64Array, _>(rows, nulls, |i| i)),
        ("age".to_owned(), column::<Int32Array, _>(rows, nulls, |i| (i % 100) as i32)),
        ("score".to_owned(), column::<Float64Array, _>(rows, nulls, |i| i as f64 * 1.5)),
        ("weight".to_owned(), column::<Float64Array, _>(rows, nulls, |i| i as f64 * 0.5)),
    ])
}

/// Every field required.
pub(crate) fn required(rows: usize) -> Group {
    Group::new("narrow", 0, data(rows, 0))
        .rows_by::<Narrow>("by hand", |batch| by_hand(batch).collect())
        .owned::<Narrow>()
        .other("loop", "by hand", |batch| by_hand(batch).for_each(|row| _ = black_box(row)))
        .other("stream", "by hand", |batch| drain(Streamed::new(batch)))
        .other("visit", "by hand", |batch| by_hand(batch).for_each(|row| _ = black_box(row)))
        .visited(|batch| visit::<Narrow>(batch), |batch| visit_in_for::<Narrow>(batch))
        .serde::<Narrow>()
        .converted::<Narrow>()
}

/// Every field an `Option`.
pub(crate) fn optional(rows: usize, nulls: u64) -> Group {
    Group::new("narrow, Option", nulls, data(rows, nulls))
        .rows_by::<Gaps>("by hand", |batch| {
            let mut rows = Vec::with_capacity(batch.num_rows());
            gaps_by_hand(batch, |row| rows.push(row));
            rows
        })
        .owned::<Gaps>()
        .other("visit", "by hand", |batch| gaps_by_hand(batch, |row| _ = black_box(row)))
        .visited(|batch| visit::<Gaps>(batch), |batch| visit_in_for::<Gaps>(batch))
        .serde::<Gaps>()
        .converted::<Gaps>()
}

fn values<P: ArrowPrimitiveType>(batch: &RecordBatch, index: usize) -> &[P::Native] {
    &batch.column(index).as_primitive::<P>().values()[..batch.num_rows()]
}

pub(crate) fn by_hand(batch: &RecordBatch) -> impl Iterator<Item = Narrow> {
    let id = values::<Int64Type>(batch, 0);
    let age = values::<Int32Type>(batch, 1);
    let score = values::<Float64Type>(batch, 2);
    let weight = values::<Float64Type>(batch, 3);
    id.iter().zip(age).zip(score).zip(weight).map(|(((id, age), score), weight)| Narrow {
        id: *id,
        age: *age,
        score: *score,
        weight: *weight,
    })
}

/// The rows as a stream that owns the batch's arrays and makes each row when it is asked for.
struct Streamed {
    id: Int64Array,
    age: Int32Array,
    score: Float64Array,
    weight: Float64Array,
    next: usize,
}

impl Streamed {
    fn new(batch: &RecordBatch) -> Self {
        Self {
            id: batch.column(0).as_primitive().clone(),
            age: batch.column(1).as_primitive().clone(),
            score: batch.column(2).as_primitive().clone(),
            weight: batch.column(3).as_primitive().clone(),
            next: 0,
        }
    }
}

impl Stream for Streamed {
    type Item = lakeorm::Result<Narrow>;

    fn poll_next(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let row = self.next;
        if row == self.id.len() {
            return Poll::Ready(None);
        }
        self.next += 1;
        Poll::Ready(Some(Ok(Narrow {
            id: self.id.value(row),
            age: self.age.value(row),
            score: self.score.value(row),
            weight: self.weight.value(row),
        })))
    }
}

fn nulls(batch: &RecordBatch, index: usize) -> Option<&NullBuffer> {
    batch.column(index).nulls().filter(|nulls| nulls.null_count() > 0)
}

fn present<T: Copy>(values: &[T], nulls: Option<&NullBuffer>, row: usize) -> Option<T> {
    match nulls {
        Some(nulls) if nulls.is_null(row) => None,
        _ => Some(values[row]),
    }
}

fn gaps_by_hand(batch: &RecordBatch, mut visit: impl FnMut(Gaps)) {
    let (id, no_id) = (values::<Int64Type>(batch, 0), nulls(batch, 0));
    let (age, no_age) = (values::<Int32Type>(batch, 1), nulls(batch, 1));
    let (score, no_score) = (values::<Float64Type>(batch, 2), nulls(batch, 2));
    let (weight, no_weight) = (values::<Float64Type>(batch, 3), nulls(batch, 3));
    for row in 0..batch.num_rows() {
        visit(Gaps {
            id: present(id, no_id, row),
            age: present(age, no_age, row),
            score: present(score, no_score, row),
            weight: present(weight, no_weight, row),
        });
    }
}
