//! Rows on their way to a table, over a server that fails in between.

use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Duration;
use std::{env, process};

use arrow_array::{ArrayRef, BooleanArray, RecordBatch, RecordBatchOptions, StringArray};
use arrow_schema::{DataType, Field, Schema};
use futures::{FutureExt, StreamExt, stream};
use lakeorm::dialect::Delta;
use lakeorm::spark::RetryPolicy;
use lakeorm::{Backend, Client, DayTimeInterval, ErrorKind, LakeTable, WritePath, open, query_scalar};
use lakeorm_tests::fake::{Exchange, Failure, Fake, execute, on, reattach_from};

use crate::observed::capture::Capture;
use crate::setup::{builder, driver, later, numbers, soon};

mod changed;
mod deleting;
mod described;
mod ended;
mod expired;
mod foreign;
mod isolated;
mod left_out;
mod lost;
mod memory;
mod migrated;
mod nested;
mod partitioned;
mod passed_over;
mod plans;
mod read_ahead;
mod refused;
mod remembered;
mod sent_again;
mod staged;
mod stamped;
mod tokens;
mod watched;
mod wrong_rows;

#[derive(LakeTable)]
#[lake(table = "t")]
struct Row {
    id: i64,
}

#[derive(LakeTable)]
#[lake(table = "t")]
struct Keyed {
    #[lake(merge_key)]
    id: i64,
}

/// What a look at the table shows: its columns and no row.
fn columns() -> RecordBatch {
    let fields =
        vec![Field::new("id", DataType::Int64, false), Field::new("_ingest_id", DataType::Utf8, true)];
    RecordBatch::new_empty(Arc::new(Schema::new(fields)))
}

fn look() -> Exchange {
    on("SELECT * FROM t LIMIT 0").answer([columns()])
}

/// What an engine tells of a table in these lines, without comments.
fn told(lines: &[(&str, &str)]) -> RecordBatch {
    let column = |texts: Vec<&str>| Arc::new(StringArray::from(texts)) as ArrayRef;
    let columns = [
        ("col_name", column(lines.iter().map(|line| line.0).collect())),
        ("data_type", column(lines.iter().map(|line| line.1).collect())),
        ("comment", column(lines.iter().map(|_| "").collect())),
    ];
    RecordBatch::try_from_iter(columns).unwrap()
}

/// A table that sessions remember, so that a write has a session of its own.
mod ice {
    use super::{Exchange, columns, on};

    pub(super) fn refresh() -> Exchange {
        on("REFRESH TABLE ice.t").answer([])
    }

    pub(super) fn look() -> Exchange {
        on("SELECT * FROM ice.t LIMIT 0").answer([columns()])
    }
}

/// A command without a statement: the view of the rows.
fn view() -> Exchange {
    execute().when("the view", |request| request.statement().is_none())
}

fn drops() -> Exchange {
    execute().when("the view's end", |request| request.statement().is_none())
}

fn dropped() -> Exchange {
    answered(drops())
}

/// The view was there.
fn answered(drops: Exchange) -> Exchange {
    found_there(drops, true)
}

/// Whether the view was there.
fn found_there(drops: Exchange, is_there: bool) -> Exchange {
    let schema = Schema::new(vec![Field::new("value", DataType::Boolean, false)]);
    let options = RecordBatchOptions::new();
    let column = Arc::new(BooleanArray::from(vec![is_there]));
    let batch = RecordBatch::try_new_with_options(Arc::new(schema), vec![column], &options).unwrap();
    drops.answer([batch])
}

fn statement(begins: &'static str) -> Exchange {
    execute().when(begins, move |request| {
        request.statement().is_some_and(|statement| statement.text.starts_with(begins))
    })
}

fn insert() -> Exchange {
    statement("INSERT INTO t (id, _ingest_id) SELECT")
}

/// The look for rows of the write.
fn found(rows: i64) -> Exchange {
    on("SELECT 1 AS found FROM t WHERE _ingest_id = :ingest_id LIMIT 1")
        .whatever_values()
        .answer([numbers(0..rows)])
}

fn merge() -> Exchange {
    statement("MERGE INTO t AS t USING")
}

/// A plan without a statement in which all of these stand.
fn plan_with(what: &str, is_command: bool, words: &'static [&'static str]) -> Exchange {
    execute().when(what, move |request| {
        let tree = request.plan_tree().unwrap_or_default();
        request.statement().is_none()
            && request.is_command() == is_command
            && words.iter().all(|word| tree.contains(word))
    })
}

fn lost() -> Failure {
    Failure::spark("INVALID_HANDLE.SESSION_CLOSED", "08003")
}

/// What the server says to a client that asks for the rest of an operation that it does not know.
fn cut() -> Exchange {
    reattach_from(None).fail(Failure::spark("INVALID_HANDLE.OPERATION_NOT_FOUND", "HY000"))
}

fn conflict() -> Failure {
    Failure::spark("DELTA_CONCURRENT_APPEND", "2D521")
}

/// So many times, without a wait.
fn at_once(max_retries: u32) -> RetryPolicy {
    RetryPolicy { max_retries, initial_backoff: Duration::ZERO, ..RetryPolicy::default() }
}

fn client(fake: &Fake) -> Client {
    open(driver(fake), Delta::new(), Backend::none()).unwrap()
}

#[tokio::test]
async fn every_span_of_a_write_names_the_server() {
    let fake = Fake::start([look(), view().answer([]), insert().answer([]), dropped()]).await;
    let capture = Capture::start();
    let db = client(&fake);
    soon(async { db.insert(&[Row { id: 1 }]).await }).await.unwrap();
    let spans = capture.spans();
    let names: Vec<_> = spans.iter().map(|span| span.name).collect();
    assert_eq!(names, ["query", "query", "statement", "insert"]);
    for span in spans.into_iter().filter(|span| span.name != "insert") {
        assert_eq!(span.fields["server.port"], fake.port().to_string(), "{}", span.name);
    }
    soon(db.close()).await.unwrap();
    fake.finish();
}

#[tokio::test]
async fn rows_that_did_not_get_there_are_handed_over_again_and_written_once() {
    let lost = || Failure::spark("INVALID_HANDLE.SESSION_CLOSED", "08003");
    let script = [
        look(),
        view().fail(lost()),
        drops().fail(lost()),
        look(),
        view().answer([]),
        insert().answer([]),
        dropped(),
    ];
    let fake = Fake::start(script).await;
    let db = client(&fake);
    let written = soon(async { db.insert(&[Row { id: 1 }]).await }).await.unwrap();
    assert_eq!((written.rows(), written.path()), (1, WritePath::Direct));
    soon(db.close()).await.unwrap();
    fake.finish();
}

#[tokio::test]
async fn an_insert_whose_answer_is_lost_is_sent_once_and_looked_for() {
    let found = || on("SELECT 1 AS found FROM t WHERE _ingest_id = :ingest_id LIMIT 1").whatever_values();
    for (rows, kind) in [(1, None), (0, Some(ErrorKind::OutcomeUnknown))] {
        let cut = || reattach_from(None).fail(Failure::spark("INVALID_HANDLE.OPERATION_NOT_FOUND", "HY000"));
        let answer = found().answer([numbers(0..rows)]);
        let script = [look(), view().answer([]), insert().reset(), cut(), dropped(), answer];
        let fake = Fake::start(script).await;
        let db = client(&fake);
        let written = soon(async { db.insert(&[Row { id: 1 }]).await }).await;
        if let Err(error) = &written {
            let named = " in the column _ingest_id of t before you repeat it";
            assert!(error.to_string().contains(named), "{error}");
            let id = error.ingest_id().unwrap().to_string();
            assert!(error.to_string().contains(&id), "{id}: {error}");
        }
        assert_eq!(written.map(|written| written.rows()).map_err(|error| error.kind()).err(), kind);
        soon(db.close()).await.unwrap();
        fake.finish();
    }
}

/// Drops an insert whose statement runs.
async fn dropped_insert(fake: &Fake, db: &Client) {
    tokio::select! {
        written = async { db.insert(&[Row { id: 1 }]).await } => panic!("nothing was sent: {written:?}"),
        _ = fake.wait_for_nth("ExecutePlan", 3) => {}
    }
}

#[tokio::test]
async fn closing_a_session_waits_until_the_rows_of_a_dropped_write_are_taken_away() {
    let drops = answered(drops().stall("removal"));
    let fake = Fake::start([look(), view().answer([]), insert().at_work(), drops]).await;
    let session = soon(driver(&fake).session()).await.unwrap();
    let db = open(session.clone(), Delta::new(), Backend::none()).unwrap();
    dropped_insert(&fake, &db).await;
    // Then nothing else is under way.
    fake.wait_for_nth("ExecutePlan", 4).await;
    soon(session.channel().drained()).await;
    assert!(db.close().now_or_never().is_none());
    fake.release("removal");
    soon(db.close()).await.unwrap();
    fake.finish();
}

#[tokio::test]
async fn closing_a_driver_waits_until_the_rows_of_a_dropped_write_are_taken_away() {
    let fake = Fake::start([look(), view().answer([]), insert().at_work(), dropped()]).await;
    let db = client(&fake);
    dropped_insert(&fake, &db).await;
    soon(db.close()).await.unwrap();
    assert_eq!(fake.sent("ExecutePlan").len(), 4);
    fake.finish();
}

/// The server may make it after it was told to stop, and did not find it when it was told to remove it.
#[tokio::test]
async fn a_view_still_being_made_is_removed_again_and_its_session_is_replaced() {
    let script = [
        look(),
        view().at_work(),
        found_there(drops(), false),
        found_there(drops(), false),
        on("SELECT 7").answer([numbers(7..8)]),
    ];
    let fake = Fake::start(script).await;
    let drv = builder(&fake).pool_size(1).build().unwrap();
    let db = open(drv, Delta::new(), Backend::none()).unwrap();
    tokio::select! {
        written = async { db.insert(&[Row { id: 1 }]).await } => panic!("nothing was sent: {written:?}"),
        _ = fake.wait_for_nth("ExecutePlan", 2) => {}
    }
    assert_eq!(soon(query_scalar::<i64>(&db, "SELECT 7")).await.unwrap(), 7);
    let sessions = fake.sessions("ExecutePlan");
    assert!(sessions[..4].iter().all(|id| *id == sessions[0]) && sessions[4] != sessions[0], "{sessions:?}");
    soon(db.close()).await.unwrap();
    fake.finish();
}

#[tokio::test]
async fn a_session_that_is_closed_stops_a_write_and_takes_its_rows_away() {
    let fake = Fake::start([look(), view().answer([]), insert().at_work(), dropped()]).await;
    let session = soon(driver(&fake).session()).await.unwrap();
    let db = open(session.clone(), Delta::new(), Backend::none()).unwrap();
    let closing = async {
        fake.wait_for_nth("ExecutePlan", 3).await;
        session.close().await
    };
    let (written, closed) =
        soon(async { tokio::join!(async { db.insert(&[Row { id: 1 }]).await }, closing) }).await;
    closed.unwrap();
    assert_eq!(written.unwrap_err().kind(), ErrorKind::Cancelled);
    fake.finish();
}

#[derive(Clone, LakeTable)]
#[lake(table = "t")]
struct Timed {
    text: String,
    laps: Vec<DayTimeInterval>,
}

#[tokio::test]
async fn rows_that_files_cannot_hold_are_refused_before_anything_is_asked_or_stored() {
    let fake = Fake::start([]).await;
    let directory = env::temp_dir().join(format!("lakeorm_unstageable_{}", process::id()));
    let backend = Backend::parse(&format!("file://{}", directory.display())).unwrap();
    let db = open(driver(&fake), Delta::new(), backend).unwrap();
    let rows = vec![Timed { text: "x".repeat(1 << 14), laps: Vec::new() }; 2_100];
    let many = stream::iter(rows.clone()).map(Ok);
    let few = NonZeroUsize::new(500).unwrap();
    for (refused, why) in [
        (db.insert(&rows[..1]).staged().await, "staged() was called"),
        (db.insert_stream(many).batch_size(few).await, "the rows have more than 32 MiB"),
    ] {
        let error = refused.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unsupported);
        let expected = "but Parquet cannot store the column \"laps[]\" of type INTERVAL DAY TO SECOND; nothing was \
                        written. Call direct(), which holds all rows in memory";
        assert_eq!(error.to_string(), format!("{why}, {expected}"));
    }
    assert!(!directory.exists() && fake.requests().is_empty());
    fake.finish();
}
