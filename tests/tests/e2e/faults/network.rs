//! Results through a connection that breaks again and again.

use std::time::Duration;

use lakeorm::spark::{RetryPolicy, SparkDriver};
use lakeorm::{Client, ErrorKind, query, query_batches};
use lakeorm_tests::engine::{Ability, Engine};
use lakeorm_tests::numbered::{self, Checksum};
use lakeorm_tests::proxy::{Fault, Faults, Proxy};

/// Waits that a test can afford, and as many attempts as the default has.
fn quick() -> RetryPolicy {
    let backoff = Duration::from_millis(10);
    RetryPolicy { initial_backoff: backoff, max_backoff: backoff, ..RetryPolicy::default() }
}

/// Reads the numbered rows through resets. Sail forgets a result once it has sent the last response, whether that
/// arrived or not; the error says that the query may be asked again, and then it is. Two megabytes may be on their way
/// then, so of two readings one is lost.
async fn read_whole(drv: &SparkDriver, rows: u64) -> Checksum {
    const TRIES: usize = 16;
    let db = Client::new(drv.clone());
    for _ in 0..TRIES {
        match Checksum::read(query_batches(&db, drv.from_sql(numbered::query(rows)))).await {
            Ok(read) => return read,
            Err(error) => {
                println!("{error}");
                assert!(!Engine::from_env().has(Ability::KeepsResults), "{error}");
                assert!(error.kind() == ErrorKind::Unavailable && error.is_retryable(), "{error}");
            }
        }
    }
    panic!("no result in {TRIES} tries");
}

#[tokio::test]
async fn two_million_rows_arrive_once_each_while_the_connection_is_reset_every_five_megabytes() {
    const ROWS: u64 = 2_000_000;
    let engine = Engine::from_env();
    let proxy = Proxy::start(engine.address(), Faults::none().after(5_000_000, Fault::Cut)).await;
    let drv = engine.behind(proxy.address()).compiling().build().unwrap();
    assert_eq!(read_whole(&drv, ROWS).await, Checksum::whole(ROWS));
    println!("{} resets", proxy.cuts());
    assert!(proxy.cuts() >= 5, "{} resets", proxy.cuts());
    drv.close().await.unwrap();
}

/// One message of the engine's is larger than what comes through, so no number of attempts helps.
#[tokio::test]
async fn a_response_that_never_comes_through_is_one_error_within_the_retries() {
    const ROWS: u64 = 50_000;
    let engine = Engine::from_env();
    let proxy = Proxy::start(engine.address(), Faults::none().after(64 * 1024, Fault::Cut)).await;
    let drv = engine.behind(proxy.address()).compiling().retry_policy(quick()).build().unwrap();
    let db = Client::new(drv.clone());
    let error = Checksum::read(query_batches(&db, drv.from_sql(numbered::query(ROWS)))).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable, "{error}");
    let attempts = usize::try_from(quick().max_retries).unwrap() + 1;
    assert!(proxy.cuts() <= attempts + 4, "{} resets", proxy.cuts());
}

#[tokio::test]
async fn small_responses_come_through_resets_every_64_kilobytes() {
    const ROWS: i64 = 100_000;
    let engine = Engine::from_env();
    let proxy = Proxy::start(engine.address(), Faults::none().after(64 * 1024, Fault::Cut)).await;
    let builder = engine.behind(proxy.address()).compiling().retry_policy(quick());
    let drv = builder.session_conf("spark.sql.execution.arrow.maxRecordsPerBatch", "1000").build().unwrap();
    let db = Client::new(drv.clone());
    // Sail sends `range` as it makes it, 1024 rows at a time.
    let sql = format!("SELECT id FROM range(0, {ROWS}, 1, 1)");
    let rows = query::<(i64,)>(&db, drv.from_sql(sql)).await;
    let least = match rows {
        Ok(rows) => {
            assert!(rows.into_iter().eq((0..ROWS).map(|id| (id,))));
            4
        }
        // All of it may have been on its way at the first.
        Err(error) => {
            assert!(!engine.has(Ability::KeepsResults), "{error}");
            assert_eq!(error.kind(), ErrorKind::Unavailable, "{error}");
            1
        }
    };
    assert!(proxy.cuts() >= least, "{} resets", proxy.cuts());
}
