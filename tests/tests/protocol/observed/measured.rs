//! Metrics, as a recorder gets them.

use std::collections::BTreeMap;

use futures::{FutureExt, TryStreamExt};
use lakeorm::{Client, ErrorKind, query, query_stream};
use lakeorm_tests::fake::{Failure, Fake, batch, complete, execute, reattach_from};
use metrics::Unit;
use metrics_util::MetricKind;
use metrics_util::debugging::{DebugValue, DebuggingRecorder, Snapshotter};

use super::bytes;
use crate::setup::{builder, numbers, soon};

/// Every metric by its name and labels: `name{label=value,…}`.
pub(crate) fn measured(snapshotter: &Snapshotter) -> BTreeMap<String, DebugValue> {
    let labelled = |key: &metrics::Key| {
        let mut labels: Vec<String> =
            key.labels().map(|label| format!("{}={}", label.key(), label.value())).collect();
        labels.sort();
        format!("{}{{{}}}", key.name(), labels.join(","))
    };
    let snapshot = snapshotter.snapshot().into_vec();
    snapshot.into_iter().map(|(key, _, _, value)| (labelled(key.key()), value)).collect()
}

pub(crate) fn counters(measured: &BTreeMap<String, DebugValue>) -> BTreeMap<&str, u64> {
    let counters = measured.iter().filter_map(|(name, value)| match value {
        DebugValue::Counter(count) => Some((name.as_str(), *count)),
        _ => None,
    });
    counters.collect()
}

/// How often each histogram was told a time, all of which have to be times.
pub(crate) fn histograms(measured: &BTreeMap<String, DebugValue>) -> BTreeMap<&str, usize> {
    let histograms = measured.iter().filter_map(|(name, value)| match value {
        DebugValue::Histogram(times) => {
            assert!(times.iter().all(|time| (0.0..60.0).contains(&time.into_inner())), "{name}: {times:?}");
            Some((name.as_str(), times.len()))
        }
        _ => None,
    });
    histograms.collect()
}

fn pool(measured: &BTreeMap<String, DebugValue>) -> [f64; 3] {
    let gauge = |name: &str| match measured.get(&format!("{name}{{driver=measured}}")) {
        Some(DebugValue::Gauge(value)) => value.into_inner(),
        other => panic!("{name} is {other:?}"),
    };
    ["lakeorm_pool_sessions_in_use", "lakeorm_pool_sessions_idle", "lakeorm_pool_callers_waiting"].map(gauge)
}

#[tokio::test]
async fn what_queries_and_statements_took_is_counted_by_outcome() {
    let sent = [batch(&numbers(0..3)), batch(&numbers(3..5)), batch(&numbers(4..6))];
    let fake = Fake::start([
        execute().fail(Failure::unavailable("gone")),
        reattach_from(None).send(sent[0].clone()).send(complete()),
        execute().send(sent[1].clone()).at_work(),
        execute().fail(Failure::spark("DIVIDE_BY_ZERO", "22012")),
        execute().answer([numbers(4..6)]),
    ])
    .await;
    let recorder = DebuggingRecorder::new();
    let snapshotter = recorder.snapshotter();
    let _guard = metrics::set_default_local_recorder(&recorder);
    let drv = builder(&fake).name("measured").build().unwrap();
    let db = Client::new(drv.clone());
    let select = || drv.from_sql("SELECT id FROM t");
    soon(query::<(i64,)>(&db, select())).await.unwrap();
    let mut rows = query_stream::<(i64,)>(&db, select());
    soon(rows.try_next()).await.unwrap();
    drop(rows);
    assert_eq!(soon(query::<(i64,)>(&db, select())).await.unwrap_err().kind(), ErrorKind::Server);
    soon(drv.exec("INSERT INTO t VALUES (1)").into_future()).await.unwrap();

    let measured = measured(&snapshotter);
    let queries = |operation: &str, outcome: &str, kind: &str| {
        format!(
            "lakeorm_queries_total{{driver=measured,error_kind={kind},operation={operation},outcome={outcome}}}"
        )
    };
    let own = |name: &str| format!("lakeorm_{name}{{driver=measured}}");
    let expected = [
        (queries("query", "ok", "none"), 1),
        (queries("query", "cancelled", "none"), 1),
        (queries("query", "error", "Server"), 1),
        (queries("statement", "ok", "none"), 1),
        (own("rows_total"), 7),
        (own("received_bytes_total"), u64::try_from(bytes(&sent)).unwrap()),
        (own("retries_total"), 1),
        (own("reattaches_total"), 1),
    ];
    let expected: BTreeMap<&str, u64> =
        expected.iter().map(|(name, count)| (name.as_str(), *count)).collect();
    assert_eq!(counters(&measured), expected);
    let times = |name: &str, operation: &str| {
        format!("lakeorm_{name}_seconds{{driver=measured,operation={operation}}}")
    };
    let expected = [
        (times("query_duration", "query"), 3),
        (times("query_duration", "statement"), 1),
        (times("pool_wait", "query"), 3),
        (times("pool_wait", "statement"), 1),
        (times("time_to_first_row", "query"), 2),
    ];
    let expected: BTreeMap<&str, usize> =
        expected.iter().map(|(name, count)| (name.as_str(), *count)).collect();
    assert_eq!(histograms(&measured), expected);
    fake.finish();
}

#[tokio::test]
async fn the_gauges_follow_the_pool() {
    let running = || execute().send(batch(&numbers(0..3))).interrupted();
    let fake = Fake::start([running(), running(), running()]).await;
    let recorder = DebuggingRecorder::new();
    let snapshotter = recorder.snapshotter();
    let _guard = metrics::set_default_local_recorder(&recorder);
    let drv = builder(&fake).name("measured").pool_size(2).build().unwrap();
    let db = Client::new(drv.clone());
    let begun = async || {
        let mut rows = query_stream::<(i64,)>(&db, drv.from_sql("SELECT id FROM t"));
        soon(rows.try_next()).await.unwrap();
        rows
    };
    let (one, two) = (begun().await, begun().await);
    assert_eq!(pool(&measured(&snapshotter)), [2.0, 0.0, 0.0]);
    let mut three = query_stream::<(i64,)>(&db, drv.from_sql("SELECT id FROM t"));
    assert!(three.try_next().now_or_never().is_none());
    assert_eq!(pool(&measured(&snapshotter)), [2.0, 0.0, 1.0]);
    drop(one);
    soon(three.try_next()).await.unwrap();
    assert_eq!(pool(&measured(&snapshotter)), [2.0, 0.0, 0.0]);
    drop((two, three));
    // The slots come back once the server has stopped the queries.
    let returned = async {
        while drv.status().in_use > 0 {
            tokio::task::yield_now().await;
        }
    };
    soon(returned).await;
    assert_eq!(pool(&measured(&snapshotter)), [0.0, 2.0, 0.0]);
    soon(drv.close()).await.unwrap();
    assert_eq!(pool(&measured(&snapshotter)), [0.0, 0.0, 0.0]);
    fake.finish();
}

/// The metrics that the documentation lists, each with its unit and what is said of it.
const DESCRIBED: [(MetricKind, &str, Unit, &str); 16] = [
    (MetricKind::Counter, "queries_total", Unit::Count, "Queries and statements that have ended"),
    (MetricKind::Counter, "rows_total", Unit::Count, "Rows that have been received"),
    (MetricKind::Counter, "received_bytes_total", Unit::Bytes, "Arrow data that has been received"),
    (MetricKind::Counter, "retries_total", Unit::Count, "Requests that were made again after a failure"),
    (
        MetricKind::Counter,
        "reattaches_total",
        Unit::Count,
        "Results that were taken up again where their stream had ended",
    ),
    (
        MetricKind::Histogram,
        "query_duration_seconds",
        Unit::Seconds,
        "From the first poll to the end of a query or statement",
    ),
    (MetricKind::Histogram, "pool_wait_seconds", Unit::Seconds, "Wait of a query or statement for a session"),
    (
        MetricKind::Histogram,
        "time_to_first_row_seconds",
        Unit::Seconds,
        "From the first poll to the first batch with a row",
    ),
    (MetricKind::Gauge, "pool_sessions_in_use", Unit::Count, "Sessions that are borrowed or being opened"),
    (MetricKind::Gauge, "pool_sessions_idle", Unit::Count, "Sessions that lie ready"),
    (MetricKind::Gauge, "pool_callers_waiting", Unit::Count, "Callers that wait for a session"),
    (MetricKind::Counter, "writes_total", Unit::Count, "Inserts, merges and migrations that have ended"),
    (MetricKind::Counter, "written_rows_total", Unit::Count, "Rows of inserts and merges that have landed"),
    (
        MetricKind::Counter,
        "written_bytes_total",
        Unit::Bytes,
        "Arrow data of inserts and merges that have landed",
    ),
    (
        MetricKind::Counter,
        "write_retries_total",
        Unit::Count,
        "Statements of inserts and merges that were sent again",
    ),
    (
        MetricKind::Histogram,
        "write_duration_seconds",
        Unit::Seconds,
        "From the first poll to the end of an insert, a merge or a migration",
    ),
];

#[test]
fn each_metric_is_described_with_its_unit() {
    let recorder = DebuggingRecorder::new();
    let snapshotter = recorder.snapshotter();
    metrics::with_local_recorder(&recorder, || {
        lakeorm::spark::describe_metrics();
        // A description shows with the first value.
        for (kind, name, ..) in DESCRIBED {
            let name = format!("lakeorm_{name}");
            match kind {
                MetricKind::Counter => metrics::counter!(name).increment(1),
                MetricKind::Gauge => metrics::gauge!(name).set(1.0),
                MetricKind::Histogram => metrics::histogram!(name).record(1.0),
            }
        }
    });
    let snapshot = snapshotter.snapshot().into_vec();
    let found: BTreeMap<String, _> = snapshot
        .into_iter()
        .map(|(key, unit, description, _)| (key.key().name().to_owned(), (key.kind(), unit, description)))
        .collect();
    let expected = DESCRIBED.map(|(kind, name, unit, description)| {
        (format!("lakeorm_{name}"), (kind, Some(unit), Some(description.into())))
    });
    assert_eq!(found, BTreeMap::from(expected));
}
