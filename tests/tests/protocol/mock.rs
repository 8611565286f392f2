//! The driver for tests of programs: it answers as it was told, keeps what is written, and says what did not fit.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use arrow_array::RecordBatch;
use chrono::{DateTime, Utc};
use futures::TryStreamExt;
use lakeorm::dialect::{Delta, Iceberg};
use lakeorm::mock::MockDriver;
use lakeorm::spark::SparkDriver;
use lakeorm::{
    Backend, Client, Command, Error, ErrorKind, LakeRow, LakeTable, ServerError, Source, WritePath, query,
    query_first, query_optional, query_scalar, query_stream,
};
use tokio::time::Instant;

use crate::setup::column;

#[derive(Debug, Clone, PartialEq, LakeRow, LakeTable)]
#[lake(table = "shop.`odd name`")]
struct Order {
    #[lake(merge_key)]
    id: i64,
    note: Option<String>,
    #[lake(updated_at)]
    changed: Option<DateTime<Utc>>,
}

fn order(id: i64, note: Option<&str>) -> Order {
    Order { id, note: note.map(str::to_owned), changed: None }
}

/// The ids and notes of the orders that were written, each of which has the time of its write.
fn written(mock: &MockDriver) -> Vec<(i64, Option<String>)> {
    let written = mock.written::<Order>().unwrap();
    assert!(written.iter().all(|order| order.changed.is_some()), "{written:?}");
    written.into_iter().map(|order| (order.id, order.note)).collect()
}

fn open(mock: &MockDriver) -> Client {
    lakeorm::open(mock.clone(), Delta::new(), Backend::none()).unwrap()
}

/// What `assert_done` says.
fn said(mock: &MockDriver) -> String {
    let panic = catch_unwind(AssertUnwindSafe(|| mock.assert_done())).unwrap_err();
    panic.downcast_ref::<String>().unwrap().clone()
}

#[tokio::test]
async fn a_query_is_answered_by_its_text_and_values_once() {
    let mock = MockDriver::new();
    let by_id = Source::sql("SELECT id, name FROM users WHERE id = ?");
    mock.on_query(by_id.clone().bind(7_i64)).rows(&[(7_i64, "seven")]);
    mock.on_query(by_id.clone().bind(8_i64)).rows(&[(8_i64, "eight")]);
    mock.on_query(by_id.clone().bind(8_i64)).rows(&[(8_i64, "again")]);
    let db = Client::new(mock.clone());
    let eight = || query::<(i64, String)>(&db, by_id.clone().bind(8_i64));
    assert_eq!(eight().await.unwrap(), [(8, "eight".to_owned())]);
    assert_eq!(
        query::<(i64, String)>(&db, by_id.clone().bind(7_i64)).await.unwrap(),
        [(7, "seven".to_owned())]
    );
    assert_eq!(eight().await.unwrap(), [(8, "again".to_owned())]);
    mock.assert_done();
    let error = eight().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidStatement);
    assert!(
        error.to_string().contains("does not expect the query \"SELECT id, name FROM users WHERE id = ?\""),
        "{error}"
    );
}

#[tokio::test]
async fn named_values_lists_and_tables_are_told_apart() {
    let mock = MockDriver::new();
    let list = |ids: [i64; 2]| Source::sql("SELECT 1 WHERE 1 IN (:ids)").bind_named_list("ids", ids);
    mock.on_query(list([1, 2])).rows(&[(12,)]);
    mock.on_query(list([3, 4])).rows(&[(34,)]);
    mock.on_query(Source::table("users")).rows(&[(5,)]);
    mock.on_query("SELECT * FROM users").rows(&[(6,)]);
    let db = Client::new(mock.clone());
    assert_eq!(query_scalar::<i32>(&db, list([3, 4])).await.unwrap(), 34);
    assert_eq!(query_scalar::<i32>(&db, list([1, 2])).await.unwrap(), 12);
    assert_eq!(query::<(i32,)>(&db, "SELECT * FROM users").await.unwrap(), [(6,)]);
    assert_eq!(query::<(i32,)>(&db, db.table("users")).await.unwrap(), [(5,)]);
    mock.assert_done();
}

#[tokio::test]
async fn an_expectation_without_values_stands_for_any_values() {
    let mock = MockDriver::new();
    mock.on_query("SELECT ?").times(2).rows(&[(1,)]);
    mock.on_exec("DELETE FROM t WHERE id = :id").ok();
    let db = Client::new(mock.clone());
    assert_eq!(query_scalar::<i32>(&db, Source::sql("SELECT ?").bind(7_i64)).await.unwrap(), 1);
    assert_eq!(query_scalar::<i32>(&db, Source::sql("SELECT ?").bind("seven")).await.unwrap(), 1);
    db.exec("DELETE FROM t WHERE id = :id").bind_named("id", 7_i64).await.unwrap();
    mock.assert_done();
}

#[tokio::test]
async fn a_nan_is_equal_to_a_nan_at_any_depth() {
    let mock = MockDriver::new();
    let single = |value: f64| Source::sql("SELECT ?").bind(value);
    let inside = |value: f32| Source::sql("SELECT :a").bind_named("a", vec![Some(value), None]);
    mock.on_query(single(f64::NAN)).rows(&[(1,)]);
    mock.on_query(inside(f32::NAN)).rows(&[(2,)]);
    let db = Client::new(mock.clone());
    for (other, nan, answer) in [(single(0.5), single(-f64::NAN), 1), (inside(0.5), inside(f32::NAN), 2)] {
        assert_eq!(query_scalar::<i32>(&db, other).await.unwrap_err().kind(), ErrorKind::InvalidStatement);
        assert_eq!(query_scalar::<i32>(&db, nan).await.unwrap(), answer);
    }
}

#[tokio::test]
async fn a_call_without_an_answer_is_told_what_differs() {
    let mock = MockDriver::new();
    let select = Source::sql("SELECT ?");
    mock.on_query(select.clone().bind(7_i64)).rows(&[(1,)]);
    let db = Client::new(mock.clone());
    let told = async |source: Source| query_scalar::<i32>(&db, source).await.unwrap_err().to_string();
    let differs = told(select.clone().bind(8_i64)).await;
    assert!(differs.contains("with values of these types, and only the values differ"), "{differs}");
    let differs = told(select.clone().bind(7_i32)).await;
    assert!(differs.contains("it is expected with other types, Positional([Literal(BIGINT)])"), "{differs}");
    assert_eq!(query_scalar::<i32>(&db, select.clone().bind(7_i64)).await.unwrap(), 1);
    let used_up = told(select.bind(7_i64)).await;
    assert!(used_up.contains("its answers are used up"), "{used_up}");
    let unknown = told(Source::sql("SELECT 2")).await;
    assert!(unknown.contains("say what it answers with `on_query`"), "{unknown}");
}

#[tokio::test]
async fn an_answer_is_given_as_often_as_is_said_and_calls_are_told_in_order() {
    let mock = MockDriver::new();
    mock.table::<Order>();
    mock.on_query("q").times(2).rows(&[(1,)]);
    mock.on_exec("e").times(2).ok();
    mock.on_exec("e").times(2).error(Error::new(ErrorKind::Server, "refused"));
    mock.on_query(Source::table("t")).rows(&[(2,)]);
    let db = open(&mock);
    query::<(i32,)>(&db, "q").await.unwrap();
    db.exec("e").await.unwrap();
    query::<(i32,)>(&db, db.table("t")).await.unwrap();
    db.insert(&[order(1, None)]).await.unwrap();
    query::<(i32,)>(&db, "q").await.unwrap();
    db.exec("e").await.unwrap();
    assert_eq!(db.exec("e").await.unwrap_err().kind(), ErrorKind::Server);
    mock.assert_done();
    assert_eq!(db.exec("e").await.unwrap_err().kind(), ErrorKind::InvalidStatement);
    assert_eq!(mock.calls(), ["q", "e", "t", "q", "e", "e", "e"]);
}

#[tokio::test]
async fn a_frame_stands_for_any_frame_and_for_no_text() {
    let frames = SparkDriver::remote("sc://localhost:1").unwrap();
    let mock = MockDriver::new();
    mock.on_query(frames.range(0, 1)).rows(&[(1,)]);
    let db = Client::new(mock.clone());
    assert_eq!(query::<(i32,)>(&db, "SELECT 1").await.unwrap_err().kind(), ErrorKind::InvalidStatement);
    assert_eq!(query::<(i32,)>(&db, frames.table("t").limit(3)).await.unwrap(), [(1,)]);
}

#[tokio::test]
async fn no_more_rows_come_than_are_asked_for_and_none_are_a_result() {
    let mock = MockDriver::new();
    let rows = [order(1, Some("a")), order(2, None)];
    for _ in 0..2 {
        mock.on_query("q").rows(&rows);
    }
    mock.on_query("q").rows::<Order>(&[]);
    mock.on_query("q").rows::<Order>(&[]);
    mock.on_query("q").rows_then(&rows, Error::new(ErrorKind::Unavailable, "cut"));
    mock.on_query("q").rows_then(&rows, Error::new(ErrorKind::Unavailable, "cut"));
    let db = Client::new(mock.clone());
    assert_eq!(query::<Order>(&db, "q").await.unwrap(), rows);
    assert_eq!(query_first::<Order>(&db, "q").await.unwrap(), rows[0]);
    assert_eq!(query_optional::<Order>(&db, "q").await.unwrap(), None);
    assert!(query_first::<Order>(&db, "q").await.unwrap_err().is_no_rows());
    // One row was asked for, which is there.
    assert_eq!(query_first::<Order>(&db, "q").await.unwrap(), rows[0]);
    let mut stream = query_stream::<Order>(&db, "q");
    assert_eq!(stream.try_next().await.unwrap().unwrap(), rows[0]);
    assert_eq!(stream.try_next().await.unwrap().unwrap(), rows[1]);
    assert_eq!(stream.try_next().await.unwrap_err().kind(), ErrorKind::Unavailable);
    mock.assert_done();
}

#[tokio::test]
async fn a_result_that_does_not_fit_is_the_error_of_a_server_that_sends_it() {
    let mock = MockDriver::new();
    mock.on_query("q").rows(&[(1_i64, "one")]);
    let error = query::<Order>(&Client::new(mock), "q").await.unwrap_err();
    assert!(error.is_schema_mismatch(), "{error}");
}

#[tokio::test]
async fn a_statement_is_answered_and_its_values_are_compared() {
    let mock = MockDriver::new();
    let delete = "DELETE FROM users WHERE id = ?";
    mock.on_exec(Command::from(delete).bind(7_i64)).ok();
    mock.on_exec(Command::from(delete).bind(8_i64)).error(Error::new(ErrorKind::OutcomeUnknown, "lost"));
    let db = Client::new(mock.clone());
    assert_eq!(db.exec(delete).bind(9_i64).await.unwrap_err().kind(), ErrorKind::InvalidStatement);
    db.exec(delete).bind(7_i64).await.unwrap();
    assert!(db.exec(delete).bind(8_i64).await.unwrap_err().may_have_run());
    let counts = RecordBatch::try_from_iter([("num_affected_rows", column(7..8))]).unwrap();
    mock.on_exec("DELETE FROM t").rows(&[counts]);
    assert_eq!(db.exec("DELETE FROM t").await.unwrap().affected_rows(), Some(7));
    assert_eq!(
        said(&mock),
        "called, and not expected: the statement \"DELETE FROM users WHERE id = ?\" with Positional([Literal(BIGINT)])"
    );
}

#[tokio::test]
async fn what_has_not_come_is_told_without_its_values() {
    let mock = MockDriver::new();
    mock.on_query(Source::sql("SELECT ?").bind("secret")).rows(&[(1,)]);
    drop(mock.on_exec("DROP TABLE t"));
    let said = said(&mock);
    assert!(said.starts_with("expected, and not called: the query \"SELECT ?\""), "{said}");
    assert!(!said.contains("secret") && !said.contains("DROP"), "{said}");
}

#[tokio::test(start_paused = true)]
async fn an_answer_takes_its_time_within_the_callers() {
    let mock = MockDriver::new();
    let minute = Duration::from_secs(60);
    mock.on_query("q").after(minute).rows(&[(1,)]);
    mock.on_query("q").after(minute).rows(&[(2,)]);
    mock.on_exec("e").after(minute).ok();
    let db = Client::new(mock.clone());
    let begun = Instant::now();
    assert_eq!(query::<(i32,)>(&db, "q").await.unwrap(), [(1,)]);
    assert_eq!(begun.elapsed(), minute);
    let error = query::<(i32,)>(&db, db.sql("q").timeout(minute / 2)).await.unwrap_err();
    assert!(error.is_timeout(), "{error}");
    assert_eq!(begun.elapsed(), minute + minute / 2);
    assert!(db.exec("e").timeout(minute / 2).await.unwrap_err().is_timeout());
    assert_eq!(begun.elapsed(), 2 * minute);
}

#[tokio::test(start_paused = true)]
async fn a_close_ends_an_answer_that_takes_its_time() {
    let mock = MockDriver::new();
    mock.on_query("q").after(Duration::from_secs(60)).rows(&[(1,)]);
    mock.on_exec("e").after(Duration::from_secs(60)).ok();
    let db = Client::new(mock.clone());
    let begun = Instant::now();
    let (read, run, closed) =
        tokio::join!(query::<(i32,)>(&db, "q"), async { db.exec("e").await }, db.close());
    closed.unwrap();
    assert!(read.unwrap_err().is_cancelled());
    assert!(run.unwrap_err().is_cancelled());
    assert_eq!(begun.elapsed(), Duration::ZERO);
}

#[tokio::test]
async fn rows_are_written_to_the_table_of_their_struct() {
    let mock = MockDriver::new();
    mock.table::<Order>();
    let db = open(&mock);
    assert!(!db.migrate::<Order>().await.unwrap().is_created());
    let done = db.insert(&[order(1, Some("a")), order(2, None)]).await.unwrap();
    assert_eq!((done.rows(), done.path()), (2, WritePath::Direct));
    db.merge(&[order(2, Some("b"))]).await.unwrap();
    let streamed = futures::stream::iter([Ok(order(3, None))]);
    db.insert_stream(streamed).await.unwrap();
    assert_eq!(written(&mock), [(1, Some("a".to_owned())), (2, None), (2, Some("b".to_owned())), (3, None)]);
    mock.assert_done();
    let doubled = db.merge(&[order(1, None), order(1, None)]).await.unwrap_err();
    assert_eq!(doubled.kind(), ErrorKind::Encode, "{doubled}");
    assert_eq!(written(&mock).len(), 4);
}

#[tokio::test]
async fn a_write_with_a_key_is_written_once() {
    let mock = MockDriver::new();
    mock.table::<Order>();
    let db = lakeorm::open(mock.clone(), Iceberg::new(), Backend::none()).unwrap();
    for path in [WritePath::Direct, WritePath::AlreadyThere] {
        let done = db.insert(&[order(1, None)]).idempotency_key("first").await.unwrap();
        assert_eq!(done.path(), path);
    }
    assert_eq!(
        db.merge(&[order(1, None)]).idempotency_key("second").await.unwrap().path(),
        WritePath::Direct
    );
    assert_eq!(written(&mock), [(1, None), (1, None)]);
}

#[tokio::test]
async fn a_write_fails_as_it_is_told_to_and_the_next_one_does_not() {
    let mock = MockDriver::new();
    mock.table::<Order>();
    let db = open(&mock);
    mock.fail_write(Error::new(ErrorKind::OutcomeUnknown, "lost"));
    let error = db.insert(&[order(1, None)]).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::OutcomeUnknown);
    assert_eq!(written(&mock), []);
    db.insert(&[order(1, None)]).await.unwrap();
    assert_eq!(written(&mock), [(1, None)]);
}

#[tokio::test]
async fn failures_of_writes_come_in_turn_and_one_that_is_left_is_told() {
    let mock = MockDriver::new();
    mock.table::<Order>();
    let db = open(&mock);
    let conflict = || {
        let said = ServerError::new("another writer was first").commit_conflict();
        Error::new(ErrorKind::Server, "refused").with_server(said)
    };
    mock.fail_write(conflict());
    mock.fail_write(conflict());
    mock.lose_answer();
    mock.fail_write(Error::new(ErrorKind::Server, "the disk is full"));
    let done = db.insert(&[order(1, None)]).await.unwrap();
    assert_eq!((done.retries(), written(&mock)), (2, vec![(1, None)]));
    assert_eq!(said(&mock), "expected, and not called: a write that fails (server error)");
    mock.lose_answer();
    assert_eq!(db.insert(&[order(2, None)]).await.unwrap_err().kind(), ErrorKind::Server);
    assert_eq!(said(&mock), "expected, and not called: a write whose answer is lost");
    let done = db.merge(&[order(3, None)]).await.unwrap();
    assert_eq!((done.path(), done.retries()), (WritePath::Direct, 0));
    assert_eq!(written(&mock), [(1, None), (3, None)]);
    mock.assert_done();
}

#[tokio::test]
async fn a_write_that_never_ran_is_made_again_and_one_that_may_have_is_not() {
    for kind in [ErrorKind::Unavailable, ErrorKind::SessionLost] {
        let mock = MockDriver::new();
        mock.table::<Order>();
        let db = open(&mock);
        mock.fail_write(Error::new(kind, "nothing was sent"));
        db.insert(&[order(1, None)]).await.unwrap();
        mock.fail_write(Error::new(kind, "the answer was lost").not_retryable());
        let error = db.insert(&[order(2, None)]).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::OutcomeUnknown, "{error}");
        assert_eq!(written(&mock), [(1, None)]);
    }
}

#[tokio::test]
async fn a_table_is_known_by_its_name_below_a_catalog() {
    let mock = MockDriver::new();
    mock.table::<Order>();
    let db = lakeorm::open(mock.clone(), Delta::new().catalog("main"), Backend::none()).unwrap();
    assert!(!db.migrate::<Order>().await.unwrap().is_created());
    mock.lose_answer();
    db.insert(&[order(1, None)]).await.unwrap();
    db.merge(&[order(2, None)]).idempotency_key("k").await.unwrap();
    let again = db.merge(&[order(2, None)]).idempotency_key("k").await.unwrap();
    assert_eq!(again.path(), WritePath::AlreadyThere);
    assert_eq!(written(&mock), [(1, None), (2, None)]);
    mock.assert_done();
}

#[derive(Debug, PartialEq, LakeRow, LakeTable)]
#[lake(table = "parcels")]
struct Parcel {
    #[lake(merge_key)]
    id: i64,
    place: String,
    sent: Option<DateTime<Utc>>,
    #[lake(created_at)]
    made: DateTime<Utc>,
    #[lake(updated_at)]
    changed: DateTime<Utc>,
}

#[derive(Debug, PartialEq, LakeRow, LakeTable)]
#[lake(table = "parcels")]
struct Status {
    #[lake(merge_key)]
    id: i64,
    status: Option<String>,
}

#[tokio::test]
async fn two_structs_of_one_table_are_written_and_read_each_by_its_columns() {
    let mock = MockDriver::new();
    mock.table::<Parcel>();
    mock.table::<Status>();
    let db = open(&mock);
    let epoch = DateTime::UNIX_EPOCH;
    let parcel = Parcel { id: 1, place: "Ulm".into(), sent: None, made: epoch, changed: epoch };
    db.insert(&[parcel]).await.unwrap();
    let parcels = mock.written::<Parcel>().unwrap();
    let [parcel] = parcels.as_slice() else { panic!("one parcel was written: {parcels:?}") };
    assert_eq!((parcel.id, parcel.place.as_str(), parcel.sent), (1, "Ulm", None));
    assert!(parcel.made > epoch && parcel.made == parcel.changed, "{parcel:?}");
    let status = |status: Option<&str>| Status { id: 1, status: status.map(str::to_owned) };
    db.merge(&[status(Some("sent"))]).update_only().await.unwrap();
    assert_eq!(mock.written::<Status>().unwrap(), [status(None), status(Some("sent"))]);
    // The place of the second row is NULL.
    assert!(mock.written::<Parcel>().unwrap_err().is_decode());
}

#[derive(LakeRow, LakeTable)]
#[lake(table = "ticks")]
struct Tick {
    #[lake(created_at)]
    at: DateTime<Utc>,
}

#[tokio::test]
async fn a_struct_of_nothing_but_stamps_has_the_time_of_its_write() {
    let mock = MockDriver::new();
    mock.table::<Tick>();
    open(&mock).insert(&[Tick { at: DateTime::UNIX_EPOCH }]).await.unwrap();
    let ticks = mock.written::<Tick>().unwrap();
    assert!(ticks.len() == 1 && ticks[0].at > DateTime::UNIX_EPOCH);
}

#[derive(LakeTable)]
#[lake(table = "shop.sorted", sort_by(id))]
struct Sorted {
    id: i64,
}

#[tokio::test]
async fn a_missing_table_is_there_once_it_is_created() {
    let mock = MockDriver::new();
    mock.missing_table::<Order>();
    let db = open(&mock);
    let error = db.insert(&[order(1, None)]).await.unwrap_err();
    assert!(error.is_table_not_found() && error.to_string().contains("db.migrate"), "{error}");
    assert!(db.migrate::<Order>().await.unwrap().is_created());
    assert!(!db.migrate::<Order>().await.unwrap().is_created());
    db.insert(&[order(1, None)]).await.unwrap();
    assert_eq!(written(&mock), [(1, None)]);
    mock.assert_done();
    let calls = mock.calls();
    assert_eq!(calls.len(), 1, "{calls:?}");
    assert!(calls[0].starts_with("CREATE TABLE IF NOT EXISTS shop.`odd name` (id BIGINT"), "{calls:?}");
    // Nor is any other table made without being expected.
    let error = db.exec("CREATE TABLE shop.others (id INT)").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidStatement);
}

#[tokio::test]
async fn a_creation_in_two_steps_or_one_that_fails_is_told_from_a_table() {
    let mock = MockDriver::new();
    mock.missing_table::<Sorted>();
    let db = lakeorm::open(mock.clone(), Iceberg::new().catalog("ice"), Backend::none()).unwrap();
    assert_eq!(db.migrate::<Sorted>().await.unwrap().steps().len(), 2);
    mock.assert_done();
    let mock = MockDriver::new();
    mock.missing_table::<Order>();
    let db = open(&mock);
    let sql = "CREATE TABLE shop.`odd name` (id BIGINT)";
    mock.on_exec(sql).error(Error::new(ErrorKind::Unauthenticated, "not you"));
    mock.on_exec(sql).ok();
    assert_eq!(db.exec(sql).await.unwrap_err().kind(), ErrorKind::Unauthenticated);
    assert!(db.insert(&[order(1, None)]).await.unwrap_err().is_table_not_found());
    db.exec(sql).await.unwrap();
    db.insert(&[order(1, None)]).await.unwrap();
    mock.assert_done();
}

#[tokio::test]
async fn a_step_of_a_migration_that_may_have_run_is_told_so() {
    let mock = MockDriver::new();
    mock.missing_table::<Sorted>();
    let lost = Error::new(ErrorKind::Unavailable, "the answer was lost").not_retryable();
    mock.on_exec("ALTER TABLE ice.shop.sorted WRITE ORDERED BY id").error(lost);
    let db = lakeorm::open(mock.clone(), Iceberg::new().catalog("ice"), Backend::none()).unwrap();
    let error = db.migrate::<Sorted>().await.unwrap_err().to_string();
    assert!(error.contains("WRITE ORDERED BY id may have run"), "{error}");
    mock.assert_done();
}

#[tokio::test]
async fn a_table_whose_name_only_begins_as_a_known_one_is_another() {
    let mock = MockDriver::new();
    mock.table::<Tick>();
    let db = open(&mock);
    let kind = async |sql: &str| query::<(String,)>(&db, sql).await.unwrap_err().kind();
    assert_eq!(kind("DESCRIBE TABLE ticks").await, ErrorKind::Unsupported);
    assert_eq!(kind("DESCRIBE TABLE EXTENDED `ticks` at").await, ErrorKind::Unsupported);
    assert_eq!(kind("DESCRIBE TABLE ticks_old").await, ErrorKind::InvalidStatement);
    assert_eq!(kind("SELECT * FROM ticks_old LIMIT 0").await, ErrorKind::InvalidStatement);
}

#[tokio::test]
async fn a_write_that_conflicts_is_sent_again() {
    let mock = MockDriver::new();
    mock.table::<Order>();
    let db = open(&mock);
    let conflict = ServerError::new("another writer was first").commit_conflict();
    mock.fail_write(Error::new(ErrorKind::Server, "refused").with_server(conflict));
    let written_again = db.insert(&[order(1, None)]).await.unwrap();
    assert_eq!((written_again.retries(), written(&mock)), (1, vec![(1, None)]));
}

#[tokio::test]
async fn a_table_that_was_not_made_is_missing() {
    let db = open(&MockDriver::new());
    let error = db.insert(&[order(1, None)]).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidStatement, "{error}");
    let told = "the mock driver does not expect the query \"SELECT * FROM shop.`odd name` LIMIT 0\"";
    assert!(
        error.to_string().starts_with(told) && error.to_string().ends_with("make its table with `table`")
    );
    let mock = MockDriver::new();
    let error = mock.written::<Order>().unwrap_err();
    assert!(error.is_table_not_found(), "{error}");
}

#[tokio::test]
async fn a_closed_mock_refuses_everything() {
    let mock = MockDriver::new();
    mock.table::<Order>();
    mock.on_query("q").rows(&[(1,)]);
    let db = open(&mock);
    db.ping().await.unwrap();
    db.close().await.unwrap();
    for error in [
        query::<(i32,)>(&db, "q").await.unwrap_err(),
        db.exec("e").await.unwrap_err(),
        db.insert(&[order(1, None)]).await.unwrap_err(),
        db.ping().await.unwrap_err(),
    ] {
        assert_eq!(error.kind(), ErrorKind::Closed, "{error}");
    }
    assert_eq!(said(&mock), "expected, and not called: the query \"q\"");
}
