//! What can be seen of a query from outside: its span, its metrics, and how far the server says that it is.

use std::future::IntoFuture;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures::TryStreamExt;
use lakeorm::{Client, ErrorKind, Progress, query, query_stream};
use lakeorm_tests::fake::{
    Failure, Fake, Response, Stage, batch, complete, execute, progress, reattach_from, stages,
};
use lakeorm_tests::trace::Trace;
use tracing::{Instrument, Level};

use crate::setup::{builder, driver, every_text, later, numbers, session, soon};

pub(crate) mod capture;
pub(crate) mod measured;

use capture::{Capture, Closed, Fields};

/// The fields of a span without the times and ids, which no test can know.
fn known(span: &Closed) -> Fields {
    let unknown = ["lakeorm.pool_wait_ms", "lakeorm.time_to_first_row_ms", "lakeorm.operation_ids"];
    span.fields
        .iter()
        .filter(|(name, _)| !unknown.contains(&name.as_str()))
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect()
}

fn fields<const N: usize>(fields: [(&str, &str); N]) -> Fields {
    fields.map(|(name, value)| (name.to_owned(), value.to_owned())).into()
}

/// What every span of this driver says, with `counts` of rows, batches, bytes, retries and reattaches.
fn expected(fake: &Fake, counts: [usize; 5], others: &[(&str, &str)]) -> Fields {
    let (port, authority) = (fake.port().to_string(), fake.authority());
    let [rows, batches, bytes, retries, reattaches] = counts.map(|count| count.to_string());
    let mut expected = fields([
        ("otel.kind", "client"),
        ("db.system.name", "spark"),
        ("server.address", "127.0.0.1"),
        ("server.port", &port),
        ("lakeorm.driver", &authority),
        ("db.response.returned_rows", &rows),
        ("lakeorm.batches", &batches),
        ("lakeorm.bytes", &bytes),
        ("lakeorm.retries", &retries),
        ("lakeorm.reattaches", &reattaches),
    ]);
    expected.extend(others.iter().map(|&(name, value)| (name.to_owned(), value.to_owned())));
    expected
}

fn bytes(responses: &[Response]) -> usize {
    responses.iter().filter_map(Response::arrow_data).map(<[u8]>::len).sum()
}

fn milliseconds(span: &Closed, field: &str) -> f64 {
    span.fields[field].parse().unwrap()
}

fn operations(fake: &Fake) -> Vec<String> {
    let mut ids: Vec<String> =
        fake.sent("ExecutePlan").into_iter().map(|request| request.operation_id.unwrap()).collect();
    ids.dedup();
    ids
}

#[tokio::test]
async fn a_query_is_one_span_that_says_what_it_took() {
    let sent = [batch(&numbers(0..3)), batch(&numbers(3..5)), batch(&numbers(0..0))];
    let fake = Fake::start([execute().send_all(sent.clone()).send(complete())]).await;
    let capture = Capture::start();
    let drv = driver(&fake);
    let db = Client::new(drv.clone());
    soon(query::<(i64,)>(&db, drv.from_sql("SELECT id FROM t"))).await.unwrap();
    let span = capture.span();
    let others = [("otel.name", "SELECT"), ("db.operation.name", "SELECT"), ("lakeorm.outcome", "ok")];
    assert_eq!(known(&span), expected(&fake, [5, 3, bytes(&sent), 0, 0], &others));
    assert_eq!((span.name, span.level), ("query", Level::INFO));
    assert_eq!(span.fields["lakeorm.operation_ids"], operations(&fake).join(","));
    let (wait, first) =
        (milliseconds(&span, "lakeorm.pool_wait_ms"), milliseconds(&span, "lakeorm.time_to_first_row_ms"));
    assert!(0.0 < wait && wait < first, "a wait of {wait} ms, the first row after {first} ms");
    fake.finish();
}

#[tokio::test]
async fn a_table_is_the_collection_of_the_span() {
    let fake = Fake::start([execute().answer([numbers(0..0)])]).await;
    let capture = Capture::start();
    let drv = builder(&fake).name("orders").build().unwrap();
    let db = Client::new(drv.clone());
    soon(query::<(i64,)>(&db, drv.from_table("lake.users"))).await.unwrap();
    let others = [
        ("otel.name", "SELECT lake.users"),
        ("db.operation.name", "SELECT"),
        ("db.collection.name", "lake.users"),
        ("lakeorm.driver", "orders"),
        ("lakeorm.outcome", "ok"),
    ];
    let empty = bytes(&[batch(&numbers(0..0))]);
    assert_eq!(known(&capture.span()), expected(&fake, [0, 1, empty, 0, 0], &others));
    assert!(!capture.span().fields.contains_key("lakeorm.time_to_first_row_ms"), "there was no row");
    fake.finish();
}

#[tokio::test]
async fn retries_and_reattaches_are_counted() {
    let sent = batch(&numbers(0..3));
    let fake = Fake::start([
        execute().fail(Failure::unavailable("gone")),
        reattach_from(None).fail(Failure::spark("INVALID_HANDLE.OPERATION_NOT_FOUND", "HY000")),
        execute().send(sent.clone()).send(complete()),
    ])
    .await;
    let capture = Capture::start();
    let drv = driver(&fake);
    let db = Client::new(drv.clone());
    soon(query::<(i64,)>(&db, drv.from_sql("WITH q AS (SELECT 1) SELECT * FROM q"))).await.unwrap();
    let others = [("otel.name", "spark"), ("lakeorm.outcome", "ok")];
    assert_eq!(known(&capture.span()), expected(&fake, [3, 1, bytes(&[sent]), 2, 1], &others));
    fake.finish();
}

#[tokio::test]
async fn a_clean_end_that_is_taken_up_again_is_no_retry() {
    let sent = [batch(&numbers(0..3)), batch(&numbers(3..5))];
    let fake = Fake::start([
        execute().send(sent[0].clone()).end(),
        reattach_from(Some("r1")).send(sent[1].clone()).send(complete()),
    ])
    .await;
    let capture = Capture::start();
    let drv = driver(&fake);
    let db = Client::new(drv.clone());
    soon(query::<(i64,)>(&db, drv.from_sql("SELECT id FROM t"))).await.unwrap();
    let others = [("otel.name", "SELECT"), ("db.operation.name", "SELECT"), ("lakeorm.outcome", "ok")];
    assert_eq!(known(&capture.span()), expected(&fake, [5, 2, bytes(&sent), 0, 1], &others));
    fake.finish();
}

#[tokio::test]
async fn each_operation_of_a_query_is_in_its_span() {
    let lost = || execute().fail(Failure::spark("INVALID_HANDLE.SESSION_CLOSED", "HY000"));
    let fake = Fake::start([lost(), execute().answer([numbers(0..1)])]).await;
    let capture = Capture::start();
    let drv = driver(&fake);
    let db = Client::new(drv.clone());
    soon(query::<(i64,)>(&db, drv.from_sql("SELECT id FROM t"))).await.unwrap();
    assert_eq!(operations(&fake).len(), 2);
    assert_eq!(capture.span().fields["lakeorm.operation_ids"], operations(&fake).join(","));
    fake.finish();
}

#[tokio::test]
async fn a_failure_is_told_by_kind_class_and_state() {
    let sent = batch(&numbers(0..3));
    let fake =
        Fake::start([execute().send(sent.clone()).fail(Failure::spark("DIVIDE_BY_ZERO", "22012"))]).await;
    let capture = Capture::start();
    let drv = driver(&fake);
    let db = Client::new(drv.clone());
    let failed = query::<(i64,)>(&db, drv.from_sql("SELECT 1 / id FROM t"));
    assert_eq!(soon(failed).await.unwrap_err().kind(), ErrorKind::Server);
    let others = [
        ("otel.name", "SELECT"),
        ("otel.status_code", "ERROR"),
        ("db.operation.name", "SELECT"),
        ("db.response.status_code", "22012"),
        ("error.type", "DIVIDE_BY_ZERO"),
        ("lakeorm.error_kind", "Server"),
        ("lakeorm.outcome", "error"),
    ];
    assert_eq!(known(&capture.span()), expected(&fake, [3, 1, bytes(&[sent]), 0, 0], &others));
    fake.finish();
}

#[tokio::test]
async fn a_failure_without_a_class_is_told_by_its_kind() {
    let fake = Fake::start([]).await;
    let capture = Capture::start();
    let drv = driver(&fake);
    let db = Client::new(drv.clone());
    let refused = query::<(i64,)>(&db, drv.from_sql("SELECT ?"));
    assert_eq!(soon(refused).await.unwrap_err().kind(), ErrorKind::InvalidStatement);
    let mut others = expected(
        &fake,
        [0; 5],
        &[
            ("otel.name", "SELECT"),
            ("otel.status_code", "ERROR"),
            ("db.operation.name", "SELECT"),
            ("error.type", "InvalidStatement"),
            ("lakeorm.error_kind", "InvalidStatement"),
            ("lakeorm.outcome", "error"),
        ],
    );
    // Nothing was sent, so no server was asked.
    others.retain(|name, _| !name.starts_with("server."));
    assert_eq!(known(&capture.span()), others);
    assert!(!capture.span().fields.contains_key("lakeorm.operation_ids"));
    fake.finish();
}

#[tokio::test]
async fn a_dropped_stream_was_cancelled_and_one_that_nobody_polled_was_nothing() {
    let sent = [batch(&numbers(0..3)), batch(&numbers(3..5))];
    let fake = Fake::start([execute().send_all(sent.clone())]).await;
    let capture = Capture::start();
    let drv = driver(&fake);
    let db = Client::new(drv.clone());
    drop(query_stream::<(i64,)>(&db, drv.from_sql("SELECT id FROM t")));
    assert_eq!(capture.spans().len(), 0);
    let mut rows = query_stream::<(i64,)>(&db, drv.from_sql("SELECT id FROM t"));
    for _ in 0..4 {
        assert!(soon(rows.try_next()).await.unwrap().is_some());
    }
    assert_eq!(capture.spans().len(), 0, "it is still running");
    drop(rows);
    let others = [("otel.name", "SELECT"), ("db.operation.name", "SELECT"), ("lakeorm.outcome", "cancelled")];
    assert_eq!(known(&capture.span()), expected(&fake, [5, 2, bytes(&sent), 0, 0], &others));
    fake.finish();
}

#[tokio::test]
async fn a_query_that_the_close_of_its_session_stops_was_cancelled() {
    let fake = Fake::start([execute().send(batch(&numbers(0..1))).at_work().interrupted()]).await;
    let capture = Capture::start();
    let session = soon(driver(&fake).session()).await.unwrap();
    let db = Client::new(session.clone());
    let mut rows = query_stream::<(i64,)>(&db, session.from_sql("SELECT id FROM t"));
    assert_eq!(soon(rows.try_next()).await.unwrap(), Some((0,)));
    let (closed, ()) = soon(async { tokio::join!(session.close(), later(Duration::from_secs(5))) }).await;
    closed.unwrap();
    assert_eq!(capture.span().fields["lakeorm.outcome"], "cancelled");
    let error = soon(rows.try_next()).await.unwrap_err();
    assert_eq!((error.kind(), error.may_have_run()), (ErrorKind::Cancelled, true));
    assert_eq!(error.to_string(), "the session was closed while this ran; the server is told to stop it");
    fake.settled().await;
    fake.finish();
}

#[tokio::test]
async fn a_statement_is_a_span_of_its_own_with_the_rows_of_its_answer() {
    let fake = Fake::start([execute().answer([numbers(4..6)]), execute()]).await;
    let capture = Capture::start();
    let drv = driver(&fake);
    soon(drv.exec("insert INTO t VALUES (?)").bind(7_i64).into_future()).await.unwrap();
    let others = [("otel.name", "INSERT"), ("db.operation.name", "INSERT"), ("lakeorm.outcome", "ok")];
    let span = capture.span();
    assert_eq!(known(&span), expected(&fake, [2, 1, bytes(&[batch(&numbers(4..6))]), 0, 0], &others));
    assert_eq!(span.name, "statement");
    tokio::select! {
        _ = drv.exec("MERGE INTO t").into_future() => panic!("nothing was sent"),
        _ = fake.wait_for_nth("ExecutePlan", 2) => {}
    }
    assert_eq!(capture.spans()[1].fields["lakeorm.outcome"], "cancelled");
    fake.finish();
}

#[tokio::test]
async fn a_span_is_entered_while_its_query_is_polled_and_at_no_other_time() {
    let fake = Fake::start([
        execute().send(batch(&numbers(0..3))).end(),
        execute().answer([numbers(0..3)]),
        reattach_from(Some("r1")).send(complete()),
    ])
    .await;
    let capture = Capture::start();
    let drv = driver(&fake);
    let db = Client::new(drv.clone());
    let caller = tracing::info_span!(target: "test", "caller");
    async {
        let mut one = query_stream::<(i64,)>(&db, drv.from_sql("SELECT id FROM t"));
        assert!(soon(one.try_next()).await.unwrap().is_some());
        assert_eq!(tracing::Span::current().metadata().unwrap().name(), "caller");
        soon(query::<(i64,)>(&db, drv.from_sql("SELECT id FROM t"))).await.unwrap();
        while soon(one.try_next()).await.unwrap().is_some() {}
    }
    .instrument(caller)
    .await;
    let parents: Vec<_> = capture.spans().iter().map(|span| span.parent).collect();
    assert_eq!(parents, [Some("caller"), Some("caller")]);
    let reattaching: Vec<_> = capture
        .events()
        .into_iter()
        .filter(|event| event.fields.get("message").is_some_and(|message| message == "reattaching"))
        .map(|event| event.inside)
        .collect();
    assert_eq!(reattaching, [Some("query")]);
    fake.finish();
}

#[tokio::test]
async fn the_text_is_told_at_trace_alone_and_values_and_tokens_are_told_nowhere() {
    const TOKEN: &str = "t0ken-of-a-test";
    const VALUE: &str = "o'brien-of-a-test";
    const TEXT: &str = "some_column";
    let words = format!("cannot compare '{VALUE}' in SELECT some_column FROM t");
    let fake = Fake::builder()
        .token(TOKEN)
        .script([
            execute().fail(Failure::unavailable(words.clone())),
            reattach_from(None).fail(Failure::sail("org.apache.spark.sql.AnalysisException", &words)),
            execute().fail(Failure::spark("SOME_CLASS", "42000").parameter("value", VALUE)),
        ])
        .start()
        .await;
    let capture = Capture::start();
    let remote = format!("sc://localhost:{}/;token={TOKEN}", fake.port());
    let drv = lakeorm::spark::SparkDriver::remote(remote).unwrap();
    let db = Client::new(drv.clone());
    let sql = "SELECT some_column FROM t WHERE a = ?";
    soon(query::<(i64,)>(&db, drv.from_sql(sql).bind(VALUE))).await.unwrap_err();
    soon(drv.exec("DELETE FROM t WHERE some_column = ?").bind(VALUE).into_future()).await.unwrap_err();
    soon(drv.close()).await.unwrap();
    assert_eq!(capture.spans().len(), 2);
    let (all, above) = (capture.everything(|_| true), capture.everything(|level| level < Level::TRACE));
    let tells = |told: &[String], secret: &str| told.iter().filter(|told| told.contains(secret)).count();
    assert_eq!((tells(&all, TOKEN), tells(&all, VALUE)), (0, 0));
    assert_eq!((tells(&all, TEXT), tells(&above, TEXT)), (2, 0));
    let told: Vec<_> =
        capture.events().into_iter().filter(|event| event.fields.contains_key("db.query.text")).collect();
    assert_eq!(told[0].fields["db.query.text"], sql);
    assert_eq!((told[0].target.as_str(), told[0].level), ("lakeorm", Level::TRACE));
    fake.finish();
}

#[tokio::test]
async fn spans_in_a_callers_session_name_the_server_too() {
    let fake = Fake::start([execute().answer([numbers(0..1)]), execute().answer([])]).await;
    let capture = Capture::start();
    let db = Client::new(soon(driver(&fake).session()).await.unwrap());
    soon(query::<(i64,)>(&db, "SELECT id FROM t")).await.unwrap();
    soon(db.exec("DELETE FROM t").into_future()).await.unwrap();
    let spans = capture.spans();
    assert_eq!(spans.iter().map(|span| span.name).collect::<Vec<_>>(), ["query", "statement"]);
    for span in spans {
        let port = fake.port().to_string();
        assert_eq!(
            (span.fields["server.address"].as_str(), &span.fields["server.port"]),
            ("127.0.0.1", &port)
        );
    }
    fake.finish();
}

#[tokio::test]
async fn the_value_of_a_sessions_conf_is_told_nowhere() {
    const KEY: &str = "spark.hadoop.fs.s3a.secret.key";
    const VALUE: &str = "s3cret-of-a-conf";
    let refused =
        Failure::spark("CANNOT_MODIFY_CONFIG", "46110").parameter("key", KEY).parameter("value", VALUE);
    let fake = Fake::builder().refuse("Config", refused).start().await;
    let trace = Trace::start();
    let builder = builder(&fake).session_conf(KEY, VALUE);
    assert!(!format!("{builder:?}").contains(VALUE));
    let drv = builder.build().unwrap();
    let error = soon(query::<(i64,)>(&Client::new(drv.clone()), "SELECT id FROM t")).await.unwrap_err();
    assert_eq!(error.error_class(), Some("CANNOT_MODIFY_CONFIG"), "{error}");
    soon(drv.close()).await.unwrap();
    let sent = fake.sent("Config");
    assert_eq!(sent[0].confs_set()[KEY], VALUE);
    assert!(!every_text(&error).contains(VALUE), "{error}");
    trace.assert_holds_none_of(&[VALUE]);
    fake.finish();
}

/// Progress of these stages, each by its number, its tasks and how many of them are done.
fn at(done: &[(i64, i64, i64)], running: i64) -> Response {
    let stage = |&(id, tasks, completed_tasks): &(i64, i64, i64)| Stage {
        id,
        tasks,
        completed_tasks,
        bytes_read: completed_tasks * 10,
        done: tasks == completed_tasks,
    };
    stages(done.iter().map(stage), running)
}

type Heard = (Vec<(i64, u64, u64, u64, bool)>, u64);

/// Who writes down what is said of progress.
fn listener() -> (Arc<Mutex<Vec<Heard>>>, impl Fn(&Progress) + Send + Sync + 'static) {
    let heard = Arc::new(Mutex::new(Vec::new()));
    let writing = Arc::clone(&heard);
    let listen = move |progress: &Progress| {
        let stages = progress.stages.iter();
        let stages =
            stages.map(|stage| (stage.id, stage.tasks, stage.completed_tasks, stage.bytes_read, stage.done));
        writing.lock().unwrap().push((stages.collect(), progress.in_flight_tasks));
    };
    (heard, listen)
}

#[tokio::test]
async fn what_the_server_says_of_progress_reaches_the_callback_once() {
    let fake = Fake::start([execute()
        .send_all([at(&[], 0), at(&[(3, 4, 1)], 2), at(&[(3, 4, 1)], 2)])
        .send(batch(&numbers(0..1)))
        .send_all([at(&[(3, 4, 4), (4, 1, 0)], 1), at(&[(3, 4, 4), (4, 1, 1)], 0)])
        .send(complete())])
    .await;
    let drv = driver(&fake);
    let db = Client::new(drv.clone());
    let (heard, listen) = listener();
    soon(query::<(i64,)>(&db, drv.from_sql("SELECT 0").on_progress(listen))).await.unwrap();
    let expected: [Heard; 3] = [
        (vec![(3, 4, 1, 10, false)], 2),
        (vec![(3, 4, 4, 40, true), (4, 1, 0, 0, false)], 1),
        (vec![(3, 4, 4, 40, true), (4, 1, 1, 10, true)], 0),
    ];
    assert_eq!(*heard.lock().unwrap(), expected);
    fake.finish();
}

#[tokio::test]
async fn two_queries_of_one_session_do_not_hear_of_each_other() {
    let answer = |id| execute().send(at(&[(id, 1, 1)], 0)).answer([numbers(0..1)]);
    let fake = Fake::start([answer(1), answer(2)]).await;
    let drv = builder(&fake).pool_size(1).build().unwrap();
    let (first, listen_first) = listener();
    let (second, listen_second) = listener();
    soon(drv.exec("INSERT INTO t VALUES (1)").on_progress(listen_first).into_future()).await.unwrap();
    soon(query::<(i64,)>(&Client::new(drv.clone()), drv.from_sql("SELECT 0").on_progress(listen_second)))
        .await
        .unwrap();
    assert_eq!(*first.lock().unwrap(), [(vec![(1, 1, 1, 10, true)], 0)]);
    assert_eq!(*second.lock().unwrap(), [(vec![(2, 1, 1, 10, true)], 0)]);
    fake.finish();
}

#[tokio::test]
async fn a_callback_that_panics_does_not_end_the_query() {
    let fake = Fake::start([execute().send(progress()).answer([numbers(0..2)])]).await;
    let drv = driver(&fake);
    let db = Client::new(drv.clone());
    let source = drv.from_sql("SELECT 0").on_progress(|_| panic!("a mistake of the caller's"));
    assert_eq!(soon(query::<(i64,)>(&db, source)).await.unwrap(), [(0,), (1,)]);
    fake.finish();
}

#[tokio::test]
async fn the_warning_of_a_changed_session_says_who_sees_the_change() {
    for (is_sail, who) in
        [(false, "which the next statement will not see"), (true, "which every user of this driver now sees")]
    {
        let fake = Fake::builder().script([execute().send(complete())]);
        let fake = if is_sail { fake.echoes_session_ids() } else { fake }.start().await;
        let capture = Capture::start();
        let drv = driver(&fake);
        soon(drv.exec("SET a = b").into_future()).await.unwrap();
        let warned: Vec<String> = capture
            .events()
            .into_iter()
            .filter(|event| event.level == Level::WARN && event.target == "lakeorm")
            .map(|event| event.fields["message"].clone())
            .collect();
        assert!(warned.len() == 1 && warned[0].contains(who), "{warned:?}");
        fake.finish();
    }
}

#[tokio::test]
async fn a_call_that_is_tried_again_names_its_server_in_the_log() {
    let fake = Fake::builder().refuse_first(1, "Config", Failure::unavailable("restarting")).start().await;
    let capture = Capture::start();
    soon(session(&fake).confs(["a"])).await.unwrap();
    let events = capture.events();
    let told = events.iter().find(|event| event.fields.get("message").is_some_and(|it| it == "trying again"));
    assert_eq!(told.unwrap().fields["server"], fake.authority());
    fake.finish();
}
