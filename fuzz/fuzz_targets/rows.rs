//! Whatever batch of whatever schema arrives, decoding it gives rows or an error, and by each way the same: no panic.
//!
//! The bytes are read twice: as an Arrow stream, and as the choices by which a batch is built.

#![no_main]

mod built;

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use std::fmt::Debug;

use arrow_array::RecordBatch;
use lakeorm::row::{Layout, RowsError};
use lakeorm::{DynamicRow, LakeRow, LakeRowOwned, LakeValue, RowBatch};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let streamed = spark_connect::fuzzing::read_batches(bytes).unwrap_or_default();
    for batch in streamed.into_iter().take(3).chain(built::batch(bytes)) {
        decode(&batch);
    }
});

fn decode(batch: &RecordBatch) {
    rows::<DynamicRow>(batch);
    rows::<Wide>(batch);
    borrowed(batch);
    for column in 0..batch.num_columns() {
        if let Ok(one) = batch.project(&[column]) {
            every_type(&one);
        }
    }
}

#[derive(Debug, LakeRow)]
struct Wide {
    a: Option<i64>,
    #[lake(default)]
    b: Option<String>,
    #[lake(default)]
    c: Vec<Option<f64>>,
    #[lake(flatten(prefix = "d_"))]
    d: Option<Inner>,
    #[lake(json, default)]
    e: Option<serde_json::Value>,
}

#[derive(Debug, LakeRow)]
struct Inner {
    a: i32,
    b: Option<bool>,
}

#[derive(LakeRow)]
struct Lent<'a> {
    a: Option<&'a str>,
    #[lake(default)]
    b: Option<&'a [u8]>,
    #[lake(default)]
    c: Option<Cow<'a, str>>,
}

#[derive(Debug, LakeValue)]
#[lake(rename_all = "lowercase")]
enum Name {
    A,
    B,
    #[lake(other)]
    Other(String),
}

#[derive(Debug, LakeValue)]
#[lake(integer)]
enum Number {
    Zero,
    One,
}

#[derive(Debug, LakeValue)]
struct Key(i32);

/// One column as each of these types, alone and nested.
fn every_type(batch: &RecordBatch) {
    macro_rules! each {
        ($($rust:ty),* $(,)?) => {$(
            rows::<($rust,)>(batch);
            rows::<(Option<$rust>,)>(batch);
            rows::<(Vec<Option<$rust>>,)>(batch);
        )*};
    }
    each!(
        bool,
        i8,
        i16,
        i32,
        i64,
        f32,
        f64,
        String,
        Box<str>,
        std::sync::Arc<str>,
        Vec<u8>,
        Box<[u8]>,
        [u8; 2],
        bytes::Bytes,
        lakeorm::Decimal,
        rust_decimal::Decimal,
        bigdecimal::BigDecimal,
        chrono::NaiveDate,
        chrono::NaiveDateTime,
        chrono::NaiveTime,
        chrono::DateTime<chrono::Utc>,
        chrono::TimeDelta,
        jiff::civil::Date,
        jiff::civil::DateTime,
        jiff::civil::Time,
        jiff::Timestamp,
        jiff::SignedDuration,
        time::Date,
        time::PrimitiveDateTime,
        time::Time,
        time::UtcDateTime,
        time::OffsetDateTime,
        time::Duration,
        lakeorm::YearMonthInterval,
        lakeorm::DayTimeInterval,
        lakeorm::CalendarInterval,
        uuid::Uuid,
        serde_json::Value,
        lakeorm::Json<Vec<u8>>,
        lakeorm::Variant,
        lakeorm::Wkb,
        lakeorm::Value,
        Name,
        Number,
        Key,
        Inner,
    );
    rows::<(Vec<i64>,)>(batch);
    rows::<(Vec<String>,)>(batch);
    rows::<(BTreeMap<String, Option<i64>>,)>(batch);
    rows::<([Option<i64>; 2],)>(batch);
    rows::<(HashMap<i64, Vec<Inner>>,)>(batch);
    rows::<(Vec<(String, Vec<Option<i64>>)>,)>(batch);
    rows::<((Option<i64>, Option<String>),)>(batch);
    if let Ok(variants) =
        RowBatch::new(batch.clone(), 0).and_then(|batch| Ok(batch.to_vec::<(lakeorm::Variant,)>()))
    {
        variants.into_iter().flatten().for_each(|(variant,)| _ = variant.to_json());
    }
}

/// The rows by every way, which must agree.
// Not taken in: there are a hundred.
#[inline(never)]
fn rows<T: LakeRowOwned + Debug>(batch: &RecordBatch) {
    let Ok(batch) = RowBatch::new(batch.clone(), 0) else { return };
    let shown = |rows: Result<Vec<T>, RowsError>| match rows {
        Ok(rows) => format!("{rows:?}"),
        Err(error) => error.to_string(),
    };
    let by_next =
        || batch.rows::<T>().and_then(|rows| collected(rows.map(|row| row.map_err(RowsError::Decode))));
    let by_fold = || {
        let mut all = Vec::new();
        batch.rows::<T>()?.for_each(|row| all.push(row.map_err(RowsError::Decode)));
        collected(all.into_iter())
    };
    let by_piece = || {
        let checked = Layout::resolve(batch.schema().fields())?.check(batch.clone())?;
        let mut rows = Vec::new();
        for start in (0..batch.num_rows()).step_by(3) {
            checked.decode(start..start + 3, &mut rows)?;
        }
        Ok(rows)
    };
    let whole = shown(batch.to_vec::<T>());
    assert_eq!(whole, shown(by_next()));
    assert_eq!(whole, shown(by_fold()));
    assert_eq!(whole, shown(by_piece()));
}

fn collected<T>(rows: impl Iterator<Item = Result<T, RowsError>>) -> Result<Vec<T>, RowsError> {
    rows.collect()
}

fn borrowed(batch: &RecordBatch) {
    let Ok(batch) = RowBatch::new(batch.clone(), 0) else { return };
    let mut seen = 0;
    if let Ok(rows) = batch.rows::<Lent<'_>>() {
        rows.for_each(|row| {
            seen += row.map_or(0, |row| {
                row.a.map_or(0, str::len) + row.b.map_or(0, <[u8]>::len) + row.c.map_or(0, |c| c.len())
            })
        });
    }
    std::hint::black_box(seen);
}
