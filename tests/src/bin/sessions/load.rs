//! Many tasks on a few sessions.

use std::collections::BTreeSet;
use std::fmt::Debug;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};
use std::{env, fs};

use arrow_array::RecordBatch;
use futures::future::join_all;
use futures::{Stream, TryStreamExt};
use lakeorm::spark::{RetryPolicy, SparkDriver};
use lakeorm::{Client, ErrorKind, RowBatch, query, query_batches};
use lakeorm_tests::engine::{Ability, Engine};
use spark_connect::{Channel, Relation, Session};

use crate::{figure, percentile};

const TASKS: usize = 200;
const SLOTS: usize = 8;
const ROUND: Duration = Duration::from_secs(6);
const SMALL: &str = "SELECT id, id * 2 AS twice FROM range(0, 1000, 1, 1)";
const FAILING: &str = "SELECT id FROM no_such_table_here";

/// Queries per second by as many bare sessions as the pool has slots, and by many tasks through the pool. The two take
/// turns, so that what else the machine does hits both.
pub(crate) async fn throughput(engine: &Engine) {
    const ROUNDS: usize = 4;
    let channel = Channel::builder(engine.remote.parse().unwrap())
        .retry_policy(RetryPolicy::default())
        .build()
        .unwrap();
    // Sail's sessions share nothing and cost the same; the pool has one there.
    let sessions: Vec<Session> = (0..SLOTS).map(|_| Session::new(&channel)).collect();
    let drv = engine.builder().pool_size(SLOTS).build().unwrap();
    let db = Client::new(drv.clone());
    let (mut bare, mut pooled) = (0, 0);
    for round in 0..=ROUNDS {
        let by_bare =
            join_all(sessions.iter().map(|session| count(|| session.query(&Relation::sql(SMALL))))).await;
        let by_pool = join_all((0..TASKS).map(|_| count(|| query_batches(&db, drv.from_sql(SMALL))))).await;
        // The first round warms the server up.
        if round > 0 {
            bare += by_bare.iter().sum::<u64>();
            pooled += by_pool.iter().sum::<u64>();
        }
    }
    figure(
        format!("queries by {SLOTS} bare sessions, by {TASKS} tasks"),
        format!("{bare} and {pooled}: {:.3}", pooled as f64 / bare as f64),
    );
    drv.close().await.unwrap();
}

/// How many queries of a thousand rows one task gets through in a round, one after the other.
async fn count<B: Batch, E: Debug, Q: Stream<Item = Result<B, E>>>(query: impl Fn() -> Q) -> u64 {
    let (begun, mut count) = (Instant::now(), 0);
    while begun.elapsed() < ROUND {
        let rows = query().try_fold(0, |rows, batch| async move { Ok(rows + batch.rows()) }).await.unwrap();
        assert_eq!(rows, 1000);
        count += 1;
    }
    count
}

/// A batch of either layer.
trait Batch {
    fn rows(&self) -> usize;
}

impl Batch for RecordBatch {
    fn rows(&self) -> usize {
        self.num_rows()
    }
}

impl Batch for RowBatch {
    fn rows(&self) -> usize {
        self.num_rows()
    }
}

/// What came of the queries of all tasks.
#[derive(Default)]
struct Counts {
    whole: AtomicU64,
    dropped: AtomicU64,
    failed: AtomicU64,
}

/// A minute of [`TASKS`] tasks, of whose queries a third are dropped at random points and a tenth fail.
pub(crate) async fn soak(engine: &Engine) {
    const LONG: Duration = Duration::from_secs(60);
    let drv = engine.builder().pool_size(SLOTS).acquire_timeout(Duration::from_secs(60)).build().unwrap();
    let counts = Arc::new(Counts::default());
    let watch = tokio::spawn({
        let drv = drv.clone();
        async move {
            let mut most = 0;
            loop {
                most = most.max(drv.status().in_use);
                assert!(most <= SLOTS, "{:?}", drv.status());
                if drv.status().waiting == 0 && drv.status().in_use == 0 && most > 0 {
                    return most;
                }
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        }
    });
    let tasks = (0..TASKS).map(|number| tokio::spawn(task(drv.clone(), Arc::clone(&counts), number, LONG)));
    let waits = join_all(tasks).await;
    let mut waits: Vec<Duration> = waits.into_iter().flat_map(Result::unwrap).collect();
    let most = watch.await.unwrap();
    let longest = *waits.iter().max().unwrap();
    let total: Duration = waits.iter().sum();
    let mean = total / u32::try_from(waits.len()).unwrap();
    let sum = |count: &AtomicU64| count.load(Ordering::Relaxed);
    figure(
        format!("{TASKS} tasks on {SLOTS} sessions for {LONG:?}"),
        format!(
            "{} whole, {} dropped, {} failed, at most {most} in use",
            sum(&counts.whole),
            sum(&counts.dropped),
            sum(&counts.failed)
        ),
    );
    figure(
        "a whole query, its wait included",
        format!(
            "mean {mean:.1?}, p50 {:.1?}, p99 {:.1?}, longest {longest:.1?}",
            percentile(&mut waits, 50),
            percentile(&mut waits, 99)
        ),
    );
    let status = drv.status();
    assert_eq!((status.in_use, status.waiting), (0, 0), "{status:?}");
    assert!(status.idle <= SLOTS, "{status:?}");
    drv.close().await.unwrap();
    on_the_server(engine);
}

/// Runs queries until the time is over; gives the times of those that came to their end.
async fn task(drv: SparkDriver, counts: Arc<Counts>, number: usize, long: Duration) -> Vec<Duration> {
    let db = Client::new(drv.clone());
    let begun = Instant::now();
    let mut times = Vec::new();
    let mut random = u64::try_from(number).unwrap() + 1;
    while begun.elapsed() < long {
        // A xorshift generator: the run is the same each time, as far as the clock lets it be.
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        let one = Instant::now();
        match random % 30 {
            0..10 => {
                let wait = Duration::from_micros(random / 30 % 400_000);
                let dropped = tokio::time::timeout(wait, query::<(i64, i64)>(&db, drv.from_sql(SMALL)));
                match dropped.await {
                    Ok(rows) => assert_eq!(rows.unwrap().len(), 1000),
                    Err(_) => {
                        counts.dropped.fetch_add(1, Ordering::Relaxed);
                    }
                }
            }
            10..13 => {
                let error = query::<(i64,)>(&db, drv.from_sql(FAILING)).await.unwrap_err();
                assert_eq!(error.kind(), ErrorKind::Server, "{error}");
                counts.failed.fetch_add(1, Ordering::Relaxed);
            }
            _ => {
                assert_eq!(query::<(i64, i64)>(&db, drv.from_sql(SMALL)).await.unwrap().len(), 1000);
                times.push(one.elapsed());
                counts.whole.fetch_add(1, Ordering::Relaxed);
            }
        }
    }
    times
}

/// What the server's own log says of sessions: how many there were at once, and how many are left.
fn on_the_server(engine: &Engine) {
    if !engine.has(Ability::SharedTables) {
        return figure("sessions on the server", "one that all slots share; Sail logs none");
    }
    let log = fs::read(env::var_os("LAKEORM_ENGINE_LOG").expect("run by `cargo xtask sessions`")).unwrap();
    let log = String::from_utf8_lossy(&log);
    let (mut open, mut closed, mut most) = (BTreeSet::new(), BTreeSet::new(), 0);
    for line in log.lines().filter(|line| line.contains("SessionHolder: ")) {
        let Some((_, rest)) = line.split_once("sessionId: ") else { continue };
        let id = rest.split_whitespace().next().unwrap_or_default().to_owned();
        if line.contains("Closing session") {
            open.remove(&id);
            closed.insert(id);
        } else if !closed.contains(&id) {
            open.insert(id);
        }
        most = most.max(open.len());
    }
    figure(
        "sessions on the server, by its log",
        format!("at most {most} at once, {} closed, {} left", closed.len(), open.len()),
    );
    assert!(most > 0 && most <= SLOTS, "{most} sessions at once");
    assert_eq!(open, BTreeSet::new(), "sessions are left");
}
