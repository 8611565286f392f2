//! Strings, a decimal and an instant, some of them with NULLs: about 90 bytes a row, most of the time malloc's.

use std::hint::black_box;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use arrow_array::cast::AsArray;
use arrow_array::types::{Decimal128Type, Float64Type, Int32Type, Int64Type, TimestampMicrosecondType};
use arrow_array::{
    Array, BooleanArray, Decimal128Array, Float64Array, Int32Array, Int64Array, RecordBatch, StringArray,
    TimestampMicrosecondArray,
};
use arrow_convert::{ArrowDeserialize, ArrowField, ArrowSerialize};
use chrono::{DateTime, Utc};
use futures::Stream;
use lakeorm::{Decimal, LakeRow};
use serde::{Deserialize, Deserializer};

use crate::cases::{Group, drain, visit, visit_in_for};
use crate::converted::Cents;
use crate::data::{batch, column};

#[derive(LakeRow, Deserialize, ArrowField, ArrowSerialize, ArrowDeserialize, PartialEq)]
struct User {
    id: i64,
    name: String,
    email: Option<String>,
    country: String,
    age: Option<i32>,
    score: f64,
    active: bool,
    #[serde(deserialize_with = "parsed")]
    #[arrow_field(type = "Cents")]
    balance: Decimal,
    created: DateTime<Utc>,
}

#[derive(LakeRow)]
struct UserRef<'a> {
    id: i64,
    name: &'a str,
    email: Option<&'a str>,
    country: &'a str,
    age: Option<i32>,
    score: f64,
    active: bool,
    balance: Decimal,
    created: DateTime<Utc>,
}

/// serde_arrow gives a DECIMAL as text alone.
fn parsed<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Decimal, D::Error> {
    String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
}

fn data(rows: usize, nulls: u64) -> RecordBatch {
    let balance: Decimal128Array = (0i128..).take(rows).map(|i| Some(i * 12_345)).collect();
    let balance = balance.with_precision_and_scale(18, 2).unwrap();
    let created: TimestampMicrosecondArray =
        (0i64..).take(rows).map(|i| Some(1_700_000_000_000_000 + i * 61_000_003)).collect();
    batch(vec![
        ("id".to_owned(), column::<Int64Array, _>(rows, 0, |i| i)),
        ("name".to_owned(), column::<StringArray, _>(rows, 0, |i| format!("user-{i}"))),
        ("email".to_owned(), column::<StringArray, _>(rows, nulls, |i| format!("user-{i}@example.com"))),
        ("country".to_owned(), column::<StringArray, _>(rows, 0, |i| if i % 2 == 0 { "GB" } else { "FR" })),
        ("age".to_owned(), column::<Int32Array, _>(rows, nulls, |i| (i % 100) as i32)),
        ("score".to_owned(), column::<Float64Array, _>(rows, 0, |i| i as f64 * 1.5)),
        ("active".to_owned(), column::<BooleanArray, _>(rows, 0, |i| i % 3 == 0)),
        ("balance".to_owned(), Arc::new(balance)),
        ("created".to_owned(), Arc::new(created.with_timezone("UTC"))),
    ])
}

pub(crate) fn group(rows: usize, nulls: u64) -> Group {
    Group::new("user", nulls, data(rows, nulls))
        .rows_by::<User>("by hand", |batch| {
            let mut rows = Vec::with_capacity(batch.num_rows());
            by_hand(batch, |row| rows.push(owned(&row)));
            rows
        })
        .owned::<User>()
        .other("loop", "by hand", |batch| by_hand(batch, |row| _ = black_box(owned(&row))))
        .other("stream", "by hand", |batch| drain(Streamed::new(batch)))
        .other("visit", "by hand", |batch| by_hand(batch, |row| _ = black_box(row)))
        .visited(|batch| visit::<UserRef<'_>>(batch), |batch| visit_in_for::<UserRef<'_>>(batch))
        .serde::<User>()
        .converted::<User>()
}

fn by_hand(batch: &RecordBatch, mut visit: impl FnMut(UserRef<'_>)) {
    let rows = batch.num_rows();
    let id = &batch.column(0).as_primitive::<Int64Type>().values()[..rows];
    let name = batch.column(1).as_string::<i32>();
    let email = batch.column(2).as_string::<i32>();
    let country = batch.column(3).as_string::<i32>();
    let age = batch.column(4).as_primitive::<Int32Type>();
    let score = &batch.column(5).as_primitive::<Float64Type>().values()[..rows];
    let active = batch.column(6).as_boolean().values();
    let balance = batch.column(7).as_primitive::<Decimal128Type>();
    let scale = u8::try_from(balance.scale()).unwrap();
    let balance = &balance.values()[..rows];
    let created = &batch.column(8).as_primitive::<TimestampMicrosecondType>().values()[..rows];
    let no_email = email.nulls().filter(|nulls| nulls.null_count() > 0);
    let no_age = age.nulls().filter(|nulls| nulls.null_count() > 0);
    let age = &age.values()[..rows];
    for row in 0..rows {
        visit(UserRef {
            id: id[row],
            name: name.value(row),
            email: no_email.is_none_or(|nulls| nulls.is_valid(row)).then(|| email.value(row)),
            country: country.value(row),
            age: no_age.is_none_or(|nulls| nulls.is_valid(row)).then(|| age[row]),
            score: score[row],
            active: active.value(row),
            balance: Decimal::new(balance[row], scale).unwrap(),
            created: DateTime::from_timestamp_micros(created[row]).unwrap(),
        });
    }
}

/// The rows as a stream that owns the batch's arrays and makes each row when it is asked for.
struct Streamed {
    id: Int64Array,
    name: StringArray,
    email: StringArray,
    country: StringArray,
    age: Int32Array,
    score: Float64Array,
    active: BooleanArray,
    balance: Decimal128Array,
    created: TimestampMicrosecondArray,
    scale: u8,
    next: usize,
}

impl Streamed {
    fn new(batch: &RecordBatch) -> Self {
        let balance = batch.column(7).as_primitive::<Decimal128Type>().clone();
        Self {
            id: batch.column(0).as_primitive().clone(),
            name: batch.column(1).as_string().clone(),
            email: batch.column(2).as_string().clone(),
            country: batch.column(3).as_string().clone(),
            age: batch.column(4).as_primitive().clone(),
            score: batch.column(5).as_primitive().clone(),
            active: batch.column(6).as_boolean().clone(),
            scale: u8::try_from(balance.scale()).unwrap(),
            balance,
            created: batch.column(8).as_primitive().clone(),
            next: 0,
        }
    }
}

impl Stream for Streamed {
    type Item = lakeorm::Result<User>;

    fn poll_next(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let row = self.next;
        if row == self.id.len() {
            return Poll::Ready(None);
        }
        self.next += 1;
        Poll::Ready(Some(Ok(User {
            id: self.id.value(row),
            name: self.name.value(row).to_owned(),
            email: self.email.is_valid(row).then(|| self.email.value(row).to_owned()),
            country: self.country.value(row).to_owned(),
            age: self.age.is_valid(row).then(|| self.age.value(row)),
            score: self.score.value(row),
            active: self.active.value(row),
            balance: Decimal::new(self.balance.value(row), self.scale).unwrap(),
            created: DateTime::from_timestamp_micros(self.created.value(row)).unwrap(),
        })))
    }
}

fn owned(user: &UserRef<'_>) -> User {
    User {
        id: user.id,
        name: user.name.to_owned(),
        email: user.email.map(str::to_owned),
        country: user.country.to_owned(),
        age: user.age,
        score: user.score,
        active: user.active,
        balance: user.balance,
        created: user.created,
    }
}
