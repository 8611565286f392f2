//! Where a result ends: at its first error, at its last row, and at the row that was asked for.

use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};

use arrow_array::{Array, ArrayRef, Int64Array, NullArray, RecordBatch, StringArray};
use futures::future::BoxFuture;
use futures::{FutureExt, Stream, StreamExt, TryStreamExt};
use lakeorm::{
    BatchStream, Client, Driver, Error, ErrorKind, LakeRow, LakeRowOwned, Read, Result, Source,
    query_batches, query_first, query_optional, query_stream,
};
use lakeorm_tests::fake::{Failure, Fake, batch, complete, execute};

use crate::setup::{builder, numbers, soon};

/// A driver that breaks the rule: it goes on behind an error and behind the limit, for ever. It counts what it gave,
/// and what it holds for the result until its stream is dropped.
#[derive(Default)]
struct Endless {
    script: Mutex<Vec<Result<RecordBatch>>>,
    given: Arc<AtomicUsize>,
    held: Arc<AtomicUsize>,
}

struct Batches {
    script: std::vec::IntoIter<Result<RecordBatch>>,
    given: Arc<AtomicUsize>,
    held: Arc<AtomicUsize>,
}

impl Stream for Batches {
    type Item = Result<RecordBatch>;

    fn poll_next(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.given.fetch_add(1, Ordering::SeqCst);
        Poll::Ready(Some(self.script.next().unwrap_or_else(|| Ok(numbers(0..2)))))
    }
}

impl Drop for Batches {
    fn drop(&mut self) {
        self.held.fetch_sub(1, Ordering::SeqCst);
    }
}

impl Driver for Endless {
    fn name(&self) -> &str {
        "endless"
    }

    fn read(&self, _: Read) -> BatchStream {
        self.held.fetch_add(1, Ordering::SeqCst);
        let script = std::mem::take(&mut *self.script.lock().unwrap()).into_iter();
        Box::pin(Batches { script, given: Arc::clone(&self.given), held: Arc::clone(&self.held) })
    }

    fn close(&self) -> BoxFuture<'_, Result<()>> {
        std::future::ready(Ok(())).boxed()
    }
}

/// A client over such a driver, the number of results that it holds, and how many items it gave.
fn endless(script: Vec<Result<RecordBatch>>) -> (Client, Arc<AtomicUsize>, Arc<AtomicUsize>) {
    let driver = Endless { script: Mutex::new(script), ..Endless::default() };
    let (held, given) = (Arc::clone(&driver.held), Arc::clone(&driver.given));
    (Client::new(driver), held, given)
}

fn one(column: impl Array + 'static) -> RecordBatch {
    RecordBatch::try_from_iter([("id", Arc::new(column) as ArrayRef)]).unwrap()
}

/// Reads to the error, and sees that nothing comes and nothing is held behind it.
async fn ends_at_its_error<T>(
    mut stream: impl Stream<Item = Result<T>> + Unpin,
    held: &AtomicUsize,
) -> Error {
    let error = loop {
        match stream.next().await {
            Some(Ok(_)) => {}
            Some(Err(error)) => break error,
            None => panic!("the result has an error"),
        }
    };
    assert_eq!(held.load(Ordering::SeqCst), 0, "the driver's stream is held behind the error");
    for _ in 0..3 {
        assert!(stream.next().await.is_none());
    }
    error
}

#[tokio::test]
async fn the_first_error_of_the_driver_ends_every_stream_and_frees_what_it_holds() {
    let script = || vec![Ok(numbers(0..2)), Err(Error::new(ErrorKind::Server, "no"))];
    let (db, held, _) = endless(script());
    let error = ends_at_its_error(query_stream::<(i64,)>(&db, Source::sql("q")), &held).await;
    assert_eq!(error.kind(), ErrorKind::Server);
    let (db, held, _) = endless(script());
    let error = ends_at_its_error(query_batches(&db, Source::sql("q")), &held).await;
    assert_eq!(error.kind(), ErrorKind::Server);
}

#[tokio::test]
async fn the_first_error_of_its_own_ends_every_stream_and_frees_what_it_holds() {
    let null = || vec![Ok(numbers(0..2)), Ok(one(Int64Array::from(vec![None, Some(1)])))];
    let (db, held, _) = endless(null());
    let error = ends_at_its_error(query_stream::<(i64,)>(&db, Source::sql("q")), &held).await;
    assert!(error.is_decode());
    // More rows than a batch may claim, which is found out where batches are unpacked.
    let (db, held, _) = endless(vec![Ok(one(NullArray::new(1 << 31)))]);
    let error = ends_at_its_error(query_batches(&db, Source::sql("q")), &held).await;
    assert!(error.is_decode());
    let (db, held, _) = endless(null());
    let error = ends_at_its_error(query_stream::<(String,)>(&db, Source::sql("q")), &held).await;
    assert!(error.is_schema_mismatch());
}

#[derive(Debug, LakeRow)]
struct Small {
    #[lake(try_from = "i64")]
    id: u8,
}

/// The same with something to free, of which fewer are made at a time.
#[derive(Debug, LakeRow)]
struct Named {
    #[lake(try_from = "i64")]
    id: u8,
    name: String,
}

/// The rows up to the first error, which ends the stream.
async fn up_to_its_error<T: LakeRowOwned>(batch: RecordBatch) -> (Vec<T>, String) {
    let (db, held, _) = endless(vec![Ok(batch)]);
    let (mut rows, mut stream) = (Vec::new(), query_stream::<T>(&db, Source::sql("q")));
    let error = loop {
        match stream.next().await {
            Some(Ok(row)) => rows.push(row),
            Some(Err(error)) => break error,
            None => panic!("the result has an error"),
        }
    };
    assert!(error.is_decode() && held.load(Ordering::SeqCst) == 0 && stream.next().await.is_none());
    (rows, error.to_string())
}

#[tokio::test]
async fn the_rows_before_a_value_that_does_not_fit_come_before_its_error() {
    for count in [0, 1, 6, 7, 8, 63, 64, 200] {
        let ids = Int64Array::from_iter_values((256 - count)..300);
        let names = StringArray::from_iter_values(ids.values().iter().map(i64::to_string));
        let columns: [(&str, ArrayRef); 2] = [("id", Arc::new(ids)), ("name", Arc::new(names))];
        let batch = RecordBatch::try_from_iter(columns).unwrap();
        let expected: Vec<_> = ((256 - count)..256).collect();
        let (rows, error) = up_to_its_error::<Small>(batch.clone()).await;
        assert_eq!(rows.iter().map(|row| i64::from(row.id)).collect::<Vec<_>>(), expected);
        assert!(error.contains(&format!("column \"id\", row {count} ")), "{error}");
        let (rows, error) = up_to_its_error::<Named>(batch).await;
        assert_eq!(rows.iter().map(|row| i64::from(row.id)).collect::<Vec<_>>(), expected);
        assert!(rows.iter().all(|row| row.name == row.id.to_string()));
        assert!(error.contains(&format!("column \"id\", row {count} ")), "{error}");
    }
}

#[tokio::test]
async fn a_first_row_is_taken_from_a_driver_that_never_ends() {
    let (db, held, given) = endless(vec![Ok(numbers(0..0)), Ok(numbers(7..9))]);
    assert_eq!(query_first::<(i64,)>(&db, Source::sql("q")).await.unwrap(), (7,));
    assert_eq!((held.load(Ordering::SeqCst), given.load(Ordering::SeqCst)), (0, 2));
    // What stands behind the row is not the row's.
    let (db, held, given) = endless(vec![Ok(one(Int64Array::from(vec![Some(3), None])))]);
    assert_eq!(query_optional::<(i64,)>(&db, Source::sql("q")).await.unwrap(), Some((3,)));
    assert_eq!((held.load(Ordering::SeqCst), given.load(Ordering::SeqCst)), (0, 1));
}

/// Hands the Spark driver's own stream to the test.
struct Tapped {
    driver: lakeorm::spark::SparkDriver,
    stream: Arc<Mutex<Option<BatchStream>>>,
}

impl Driver for Tapped {
    fn name(&self) -> &str {
        self.driver.name()
    }

    fn read(&self, read: Read) -> BatchStream {
        *self.stream.lock().unwrap() = Some(Driver::read(&self.driver, read));
        Box::pin(futures::stream::empty())
    }

    fn close(&self) -> BoxFuture<'_, Result<()>> {
        std::future::ready(Ok(())).boxed()
    }
}

#[tokio::test]
async fn the_first_error_ends_the_drivers_own_stream_and_gives_its_session_back() {
    let fake = Fake::start([
        execute().send(batch(&numbers(0..1))).fail(Failure::spark("DIVIDE_BY_ZERO", "22012")),
        execute().answer([numbers(5..6)]),
    ])
    .await;
    let driver = builder(&fake).pool_size(1).build().unwrap();
    let stream = Arc::default();
    let db = Client::new(Tapped { driver: driver.clone(), stream: Arc::clone(&stream) });
    drop(query_batches(&db, driver.from_sql("SELECT id FROM t")));
    let mut batches = stream.lock().unwrap().take().unwrap();
    assert_eq!(soon(batches.try_next()).await.unwrap(), Some(numbers(0..1)));
    assert_eq!(soon(batches.try_next()).await.unwrap_err().kind(), ErrorKind::Server);
    for _ in 0..3 {
        assert!(soon(batches.next()).await.is_none());
    }
    // The only session of the pool is free while the stream still is there.
    let next = soon(query_first::<(i64,)>(&Client::new(driver.clone()), driver.from_sql("SELECT 5"))).await;
    assert_eq!(next.unwrap(), (5,));
    drop(batches);
    fake.finish();
}

#[tokio::test]
async fn a_first_row_is_taken_from_a_server_that_ignores_the_limit() {
    let answers = [
        // More in the same batch, more in another, and no word any more.
        execute().send(batch(&numbers(1..4))).send(batch(&numbers(4..9))).interrupted(),
        execute().send(batch(&numbers(1..2))).send(batch(&numbers(2..3))).interrupted(),
        execute().send(batch(&numbers(1..2))).interrupted(),
    ];
    let fake = Fake::start(answers).await;
    let drv = builder(&fake).pool_size(1).build().unwrap();
    let db = Client::new(drv.clone());
    for _ in 0..3 {
        assert_eq!(soon(query_first::<(i64,)>(&db, drv.from_sql("SELECT id FROM t"))).await.unwrap(), (1,));
    }
    fake.wait_for_nth("Interrupt", 3).await;
    fake.finish();
}

#[tokio::test]
async fn no_more_rows_come_than_were_asked_for() {
    let answer =
        || execute().send_all([batch(&numbers(0..2)), batch(&numbers(2..9))]).send(complete()).at_work();
    let fake = Fake::start([answer(), answer(), answer()]).await;
    let drv = builder(&fake).build().unwrap();
    let db = Client::new(drv.clone());
    for limit in [0, 2, 3] {
        let source = drv.from_sql("SELECT id FROM t").limit(limit);
        let rows: Vec<(i64,)> = soon(lakeorm::query(&db, source)).await.unwrap();
        assert_eq!(rows, (0..i64::from(limit)).map(|id| (id,)).collect::<Vec<_>>());
    }
    fake.finish();
}

#[tokio::test]
async fn an_error_in_the_place_of_the_end_is_not_lost() {
    let failure = Failure::spark("DIVIDE_BY_ZERO", "22012");
    let fake = Fake::start([execute().send(batch(&numbers(1..2))).fail(failure)]).await;
    let drv = builder(&fake).build().unwrap();
    let db = Client::new(drv.clone());
    let error = soon(query_first::<(i64,)>(&db, drv.from_sql("SELECT id FROM t"))).await.unwrap_err();
    assert_eq!(error.error_class(), Some("DIVIDE_BY_ZERO"));
    fake.finish();
}
