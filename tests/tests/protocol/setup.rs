//! What most tests start from: batches of numbers, and sessions on the fake server.

use std::future::Future;
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use arrow_array::cast::AsArray;
use arrow_array::types::Int64Type;
use arrow_array::{ArrayRef, Int64Array, RecordBatch};
use arrow_schema::{DataType, Field, Schema};
use futures::TryStreamExt;
use lakeorm::spark::{SparkDriver, SparkDriverBuilder};
use lakeorm_tests::fake::Fake;
use spark_connect::{BatchStream, Channel, ErrorKind, Relation, Result, Session};

/// Far above what anything here takes; only a failing test waits this long.
const BOUND: Duration = Duration::from_secs(60);

pub(crate) async fn soon<T>(future: impl Future<Output = T>) -> T {
    tokio::time::timeout(BOUND, future).await.expect("an end within the bound")
}

/// After this long a client looks again whether its session is the one that was opened.
pub(crate) const A_MOMENT: Duration = Duration::from_millis(101);

/// Lets the clock of the test be later by this much.
pub(crate) async fn later(time: Duration) {
    tokio::time::pause();
    tokio::time::advance(time).await;
    tokio::time::resume();
}

/// The output of `future`, in which no time passes unless the test lets it. A clock that was stopped goes on to the next
/// timer when the runtime has nothing to do, so it is kept busy; the bound is one of another clock.
pub(crate) async fn in_no_time<T>(future: impl Future<Output = T>) -> T {
    let begun = std::time::Instant::now();
    let busy = async {
        while begun.elapsed() < BOUND {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::pause();
    let output = tokio::select! {
        output = future => output,
        () = busy => panic!("no end within {BOUND:?}"),
    };
    tokio::time::resume();
    output
}

/// One column `id`, which counts through `range`.
pub(crate) fn numbers(range: Range<i64>) -> RecordBatch {
    let schema = Arc::new(Schema::new(vec![Field::new("id", DataType::Int64, false)]));
    RecordBatch::try_new(schema, vec![column(range)]).unwrap()
}

/// A column that counts through `range`.
pub(crate) fn column(range: Range<i64>) -> ArrayRef {
    Arc::new(Int64Array::from_iter_values(range))
}

pub(crate) fn channel(remote: &str) -> Channel {
    Channel::builder(remote.parse().unwrap()).build().unwrap()
}

pub(crate) fn session(fake: &Fake) -> Session {
    Session::new(&channel(&fake.remote()))
}

pub(crate) fn select(session: &Session) -> BatchStream {
    session.query(&Relation::sql("SELECT id FROM t"))
}

/// The numbers of the whole result, in order.
pub(crate) async fn all(batches: BatchStream) -> Result<Vec<i64>> {
    let batches: Vec<RecordBatch> = soon(batches.try_collect()).await?;
    Ok(batches.iter().flat_map(ids).collect())
}

/// The numbers of the next batch, which must come.
pub(crate) async fn next(batches: &mut BatchStream) -> Vec<i64> {
    ids(&soon(batches.try_next()).await.unwrap().expect("one more batch"))
}

pub(crate) async fn error_of(batches: BatchStream) -> spark_connect::Error {
    all(batches).await.expect_err("the result must not look complete")
}

pub(crate) async fn kind_of(batches: BatchStream) -> ErrorKind {
    error_of(batches).await.kind()
}

pub(crate) fn ids(batch: &RecordBatch) -> Vec<i64> {
    batch.column(0).as_primitive::<Int64Type>().values().to_vec()
}

pub(crate) fn counted(range: Range<i64>) -> Vec<i64> {
    range.collect()
}

pub(crate) fn builder(fake: &Fake) -> SparkDriverBuilder {
    SparkDriver::builder(fake.remote())
}

pub(crate) fn driver(fake: &Fake) -> SparkDriver {
    builder(fake).build().unwrap()
}

/// The text of an error, with those behind it, as people and logs may see it.
pub(crate) fn every_text(error: &dyn std::error::Error) -> String {
    let mut text = format!("{error}\n{error:?}");
    let mut next = error.source();
    while let Some(source) = next {
        text.push_str(&format!("\n{source}\n{source:?}"));
        next = source.source();
    }
    text
}
