//! Decoding a batch of 10,000 rows (Spark's default size) by the derive, against a hand-written loop over the same
//! arrays: downcast once, slices hoisted, no `unsafe`. Only the ratio of two lines of one run means anything.

#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::cast_precision_loss,
    reason = "a benchmark builds its own data, and a failure is a broken benchmark"
)]

use std::collections::VecDeque;
use std::hint::black_box;
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::{Float64Type, Int32Type, Int64Type};
use arrow_array::{
    Array, ArrayRef, BooleanArray, Float64Array, Int32Array, Int64Array, RecordBatch, StringArray,
};
use arrow_schema::{Field, Schema};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use lakeorm::row::{Layout, decode_rows};
use lakeorm::{LakeRow, LakeRowOwned, RowBatch};

const ROWS: i64 = 10_000;

#[derive(LakeRow)]
#[expect(dead_code, reason = "the rows are built and dropped")]
struct Narrow {
    id: i64,
    age: i32,
    score: f64,
    weight: f64,
}

#[derive(LakeRow)]
#[expect(dead_code, reason = "the rows are built and dropped")]
struct User {
    id: i64,
    name: String,
    email: String,
    country: Option<String>,
    age: i32,
    active: bool,
}

#[derive(LakeRow)]
struct UserRef<'a> {
    id: i64,
    name: &'a str,
    email: &'a str,
    country: Option<&'a str>,
    age: i32,
    active: bool,
}

fn batch(columns: Vec<(&str, ArrayRef)>) -> RowBatch {
    let fields: Vec<Field> =
        columns.iter().map(|(name, array)| Field::new(*name, array.data_type().clone(), true)).collect();
    let arrays = columns.into_iter().map(|(_, array)| array).collect();
    RowBatch::new(RecordBatch::try_new(Arc::new(Schema::new(fields)), arrays).unwrap(), 0).unwrap()
}

fn narrow() -> RowBatch {
    batch(vec![
        ("id", Arc::new(Int64Array::from_iter_values(0..ROWS))),
        ("age", Arc::new(Int32Array::from_iter_values((0..ROWS).map(|i| i32::try_from(i % 100).unwrap())))),
        ("score", Arc::new(Float64Array::from_iter_values((0..ROWS).map(|i| i as f64 * 1.5)))),
        ("weight", Arc::new(Float64Array::from_iter_values((0..ROWS).map(|i| i as f64 * 0.5)))),
    ])
}

fn users() -> RowBatch {
    let country = |i: i64| (i % 10 != 0).then_some("GB");
    batch(vec![
        ("id", Arc::new(Int64Array::from_iter_values(0..ROWS))),
        ("name", Arc::new(StringArray::from_iter_values((0..ROWS).map(|i| format!("user-{i}"))))),
        (
            "email",
            Arc::new(StringArray::from_iter_values((0..ROWS).map(|i| format!("user-{i}@example.com")))),
        ),
        ("country", Arc::new((0..ROWS).map(country).collect::<StringArray>())),
        ("age", Arc::new(Int32Array::from_iter_values((0..ROWS).map(|i| i32::try_from(i % 100).unwrap())))),
        ("active", Arc::new((0..ROWS).map(|i| Some(i % 3 == 0)).collect::<BooleanArray>())),
    ])
}

/// The rows handed out one at a time, as a stream does: pieces of 64, each bound again.
fn streamed<T: LakeRowOwned>(batch: &RowBatch, mut visit: impl FnMut(T)) {
    let layout = Layout::resolve::<T>(batch.schema().fields()).unwrap();
    layout.check(batch.record_batch(), 0).unwrap();
    let mut rows: VecDeque<T> = VecDeque::new();
    for start in (0..batch.num_rows()).step_by(64) {
        decode_rows(batch.record_batch(), &layout, start..start + 64, 0, &mut rows).unwrap();
        while let Some(row) = rows.pop_front() {
            visit(row);
        }
    }
}

fn narrow_by_hand(batch: &RecordBatch) -> Vec<Narrow> {
    let mut rows = Vec::with_capacity(batch.num_rows());
    narrow_visited(batch, |row| rows.push(row));
    rows
}

fn narrow_visited(batch: &RecordBatch, mut visit: impl FnMut(Narrow)) {
    let id = batch.column(0).as_primitive::<Int64Type>().values();
    let age = batch.column(1).as_primitive::<Int32Type>().values();
    let score = batch.column(2).as_primitive::<Float64Type>().values();
    let weight = batch.column(3).as_primitive::<Float64Type>().values();
    for (((id, age), score), weight) in id.iter().zip(age).zip(score).zip(weight) {
        visit(Narrow { id: *id, age: *age, score: *score, weight: *weight });
    }
}

fn users_by_hand(batch: &RecordBatch, mut visit: impl FnMut(UserRef<'_>)) {
    let id = batch.column(0).as_primitive::<Int64Type>().values();
    let name = batch.column(1).as_string::<i32>();
    let email = batch.column(2).as_string::<i32>();
    let country = batch.column(3).as_string::<i32>();
    let age = batch.column(4).as_primitive::<Int32Type>().values();
    let active = batch.column(5).as_boolean().values();
    for row in 0..batch.num_rows() {
        visit(UserRef {
            id: id[row],
            name: name.value(row),
            email: email.value(row),
            country: country.is_valid(row).then(|| country.value(row)),
            age: age[row],
            active: active.value(row),
        });
    }
}

fn owned(user: &UserRef<'_>) -> User {
    User {
        id: user.id,
        name: user.name.to_owned(),
        email: user.email.to_owned(),
        country: user.country.map(str::to_owned),
        age: user.age,
        active: user.active,
    }
}

fn decode(c: &mut Criterion) {
    let (narrow, users) = (narrow(), users());
    let mut group = c.benchmark_group("narrow");
    group.throughput(Throughput::Elements(ROWS.unsigned_abs()));
    group.bench_function("vec/by hand", |b| b.iter(|| narrow_by_hand(narrow.record_batch())));
    group.bench_function("vec/derive", |b| {
        b.iter(|| narrow.rows::<Narrow>().unwrap().collect::<Result<Vec<_>, _>>().unwrap());
    });
    group.bench_function("stream/by hand", |b| {
        b.iter(|| narrow_visited(narrow.record_batch(), |row| _ = black_box(row)));
    });
    group.bench_function("stream/derive", |b| {
        b.iter(|| streamed::<Narrow>(&narrow, |row| _ = black_box(row)));
    });
    group.finish();

    let mut group = c.benchmark_group("user");
    group.throughput(Throughput::Elements(ROWS.unsigned_abs()));
    group.bench_function("vec/by hand", |b| {
        b.iter(|| {
            let mut rows = Vec::with_capacity(users.num_rows());
            users_by_hand(users.record_batch(), |user| rows.push(owned(&user)));
            rows
        });
    });
    group.bench_function("vec/derive", |b| {
        b.iter(|| users.rows::<User>().unwrap().collect::<Result<Vec<_>, _>>().unwrap());
    });
    group.bench_function("stream/by hand", |b| {
        b.iter(|| users_by_hand(users.record_batch(), |user| _ = black_box(owned(&user))));
    });
    group.bench_function("stream/derive", |b| b.iter(|| streamed::<User>(&users, |row| _ = black_box(row))));
    group.bench_function("borrowed/by hand", |b| {
        b.iter(|| users_by_hand(users.record_batch(), |user| _ = black_box(user)));
    });
    group.bench_function("borrowed/derive", |b| {
        b.iter(|| {
            for user in users.rows::<UserRef<'_>>().unwrap() {
                _ = black_box(user.unwrap());
            }
        });
    });
    group.finish();
}

criterion_group!(benches, decode);
criterion_main!(benches);
