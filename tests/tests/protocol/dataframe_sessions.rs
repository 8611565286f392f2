//! Frames and where they run: the server of their driver, a session that was closed, and what a session keeps for them.

use std::sync::Arc;
use std::time::Duration;

use arrow_array::{LargeStringArray, RecordBatch};
use arrow_schema::{DataType, Field, Schema};
use futures::TryStreamExt;
use lakeorm::spark::functions::{col, lit};
use lakeorm::{Client, ErrorKind, query};
use lakeorm_tests::fake::{Exchange, Failure, Fake, Response, batch, complete, execute, progress};

use crate::setup::{driver, ids, later, numbers, soon};

type Spark = spark_connect::ErrorKind;

fn nothing_was_sent(fake: &Fake) {
    assert!(fake.sent("ExecutePlan").is_empty() && fake.sent("AnalyzePlan").is_empty());
}

#[tokio::test]
async fn a_frame_runs_on_the_server_of_its_driver_only() {
    let rows = || execute().answer([numbers(7..8)]);
    let (fake, other) = (Fake::start([rows(), rows(), rows()]).await, Fake::start([]).await);
    let (drv, stranger) = (driver(&fake), driver(&other));
    let frame = drv.table("t").limit(1);
    let of_strangers = soon(stranger.session()).await.unwrap();
    for db in [Client::new(stranger.clone()), Client::new(of_strangers)] {
        let error = soon(query::<(i64,)>(&db, &frame)).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidStatement, "{error}");
        assert!(error.to_string().contains("may be two servers"), "{error}");
    }
    nothing_was_sent(&fake);
    nothing_was_sent(&other);
    // A clone of the driver and a session of it are the same server, and a frame of a session runs there.
    let session = soon(drv.session()).await.unwrap();
    for (db, frame) in [
        (Client::new(drv.clone()), &frame),
        (Client::new(session.clone()), &frame),
        (Client::new(stranger), &session.table("t")),
    ] {
        assert_eq!(soon(query::<(i64,)>(&db, frame)).await.unwrap(), [(7,)]);
    }
    nothing_was_sent(&other);
    fake.finish();
    other.finish();
}

#[tokio::test]
async fn a_frame_whose_markers_have_no_values_is_refused_before_anything_is_sent() {
    let fake = Fake::start([]).await;
    let drv = driver(&fake);
    let session = soon(drv.session()).await.unwrap();
    let db = Client::new(drv.clone());
    for frame in [
        drv.sql("SELECT ? AS v"),
        drv.sql("SELECT ? AS v").limit(1),
        drv.sql("SELECT :v AS v").filter(col("v").gt(1)),
        drv.sql("SELECT ? AS v, ? AS w").bind(1),
        drv.range(0, 3).union(&drv.sql("SELECT ? AS v")),
        session.sql("SELECT ? AS v"),
    ] {
        assert_eq!(soon(frame.collect()).await.unwrap_err().kind(), Spark::InvalidStatement, "{frame:?}");
        assert_eq!(soon(frame.schema()).await.unwrap_err().kind(), Spark::InvalidStatement, "{frame:?}");
        let error = soon(query::<(i64,)>(&db, &frame)).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidStatement, "{frame:?}");
    }
    let view = soon(session.sql("SELECT ? AS v").create_temp_view("v")).await;
    assert_eq!(view.unwrap_err().kind(), Spark::InvalidStatement);
    nothing_was_sent(&fake);
    fake.finish();
}

/// Sail takes it for a mistake, before or after it began to answer.
#[tokio::test]
async fn a_temporary_view_that_is_not_there_is_none_that_was_dropped() {
    let missing = || {
        let message = "Temporary View not found: missing";
        Failure::sail("org.apache.spark.sql.AnalysisException", message)
    };
    let script = [
        execute().fail(missing()),
        execute().send(progress()).fail(missing()),
        execute().send(progress()).fail(missing()),
    ];
    let fake = Fake::builder().echoes_session_ids().script(script).start().await;
    let session = soon(driver(&fake).session()).await.unwrap();
    let catalog = session.catalog();
    assert!(!soon(catalog.drop_temp_view("missing")).await.unwrap());
    assert!(!soon(catalog.drop_temp_view("missing")).await.unwrap());
    assert!(!soon(catalog.drop_global_temp_view("missing")).await.unwrap());
    fake.finish();
}

#[tokio::test]
async fn what_a_closed_session_made_is_refused_and_sends_nothing() {
    let fake = Fake::start([]).await;
    let drv = driver(&fake);
    let session = soon(drv.session()).await.unwrap();
    let (frame, source, catalog) = (session.table("t"), session.from_table("t"), session.catalog());
    let tagged = session.with_tag("nightly").unwrap().table("t");
    soon(session.close()).await.unwrap();
    for refused in [
        soon(frame.collect()).await.map(drop),
        soon(frame.stream().try_next()).await.map(drop),
        soon(frame.schema()).await.map(drop),
        soon(frame.create_temp_view("v")).await,
        soon(frame.write().save_as_table("u")).await,
        soon(tagged.count()).await.map(drop),
        soon(session.range(0, 3).collect()).await.map(drop),
        soon(session.table_function("range", [lit(3)]).collect()).await.map(drop),
        soon(catalog.table_exists("t")).await.map(drop),
        soon(catalog.set_current_database("d")).await,
    ] {
        assert_eq!(refused.unwrap_err().kind(), Spark::Closed);
    }
    let db = Client::new(drv);
    for refused in [
        soon(query::<(i64,)>(&db, &frame)).await,
        soon(query::<(i64,)>(&db, frame.limit(1))).await,
        soon(query::<(i64,)>(&db, source)).await,
    ] {
        assert_eq!(refused.unwrap_err().kind(), ErrorKind::Closed);
    }
    nothing_was_sent(&fake);
    fake.finish();
}

#[tokio::test]
async fn frames_that_run_when_their_session_is_closed_are_stopped() {
    let endless = || execute().at_work().interrupted();
    let fake =
        Fake::start([execute().send(batch(&numbers(0..3))).at_work().interrupted(), endless(), endless()])
            .await;
    let drv = driver(&fake);
    let session = soon(drv.session()).await.unwrap();
    let mut rows = session.table("t").stream();
    assert_eq!(ids(&soon(rows.try_next()).await.unwrap().unwrap()), [0, 1, 2]);
    let frame = session.table("t");
    let collecting = frame.collect();
    let db = Client::new(drv);
    let querying = query::<(i64,)>(&db, session.table("t"));
    let closing = async {
        fake.wait_for_nth("ExecutePlan", 3).await;
        session.close().await
    };
    let (read, collected, queried, closed) =
        soon(async { tokio::join!(rows.try_next(), collecting, querying, closing) }).await;
    closed.unwrap();
    assert_eq!(read.unwrap_err().kind(), Spark::Cancelled);
    assert_eq!(collected.unwrap_err().kind(), Spark::Cancelled);
    assert_eq!(queried.unwrap_err().kind(), ErrorKind::Cancelled);
    fake.settled().await;
    fake.finish();
}

#[tokio::test]
async fn a_frames_stream_that_nobody_reads_is_stopped_when_its_session_is_closed() {
    let begun = execute().send(batch(&numbers(0..3))).at_work().interrupted();
    let fake = Fake::start([begun, execute().at_work().interrupted()]).await;
    let session = soon(driver(&fake).session()).await.unwrap();
    let mut rows = session.table("t").stream();
    assert_eq!(ids(&soon(rows.try_next()).await.unwrap().unwrap()), [0, 1, 2]);
    let mut unanswered = session.table("t").stream();
    tokio::select! {
        batch = unanswered.try_next() => panic!("nothing was sent: {batch:?}"),
        _ = fake.wait_for_nth("ExecutePlan", 2) => {}
    }
    let (closed, ()) = soon(async { tokio::join!(session.close(), later(Duration::from_secs(5))) }).await;
    closed.unwrap();
    fake.settled().await;
    for mut stopped in [rows, unanswered] {
        let error = soon(stopped.try_next()).await.unwrap_err();
        assert_eq!((error.kind(), error.may_have_run()), (Spark::Cancelled, true));
        assert!(soon(stopped.try_next()).await.unwrap().is_none());
    }
    fake.finish();
}

/// The answer to a checkpoint, whose rows the server calls `kept`: the field of the answer, of the relation in it, and
/// of the relation's id.
fn kept() -> Response {
    Response::raw(&b"\x9a\x01\x08\x0a\x06\x0a\x04kept"[..])
}

fn forgets() -> Exchange {
    let is_the_end = |plan: String| plan.contains("RemoveCachedRemoteRelation") && plan.contains("\"kept\"");
    execute().when("the end of `kept`", move |request| request.plan_tree().is_some_and(is_the_end)).answer([])
}

#[tokio::test]
async fn a_checkpoint_is_forgotten_when_the_last_frame_of_it_is_dropped_and_not_before() {
    let keeps = execute().send(kept()).send(complete());
    let fake = Fake::start([keeps, execute().answer([numbers(1..2)]), forgets()]).await;
    let session = soon(driver(&fake).session()).await.unwrap();
    let checkpoint = soon(session.table("t").local_checkpoint()).await.unwrap();
    let filtered = checkpoint.filter(col("id").gt(0));
    drop(checkpoint);
    soon(filtered.collect()).await.unwrap();
    soon(session.channel().drained()).await;
    assert_eq!(fake.sent("ExecutePlan").len(), 2);
    drop(filtered);
    soon(session.channel().drained()).await;
    assert_eq!(fake.sent("ExecutePlan").len(), 3);
    fake.finish();
}

#[tokio::test]
async fn a_checkpoint_says_where_its_rows_are_to_be_stored() {
    let keeps = || execute().send(kept()).send(complete());
    let fake = Fake::start([keeps(), keeps(), forgets(), forgets()]).await;
    let session = soon(driver(&fake).session()).await.unwrap();
    let table = session.table("t");
    let frames = [soon(table.checkpoint()).await.unwrap(), soon(table.local_checkpoint()).await.unwrap()];
    let sent: Vec<String> =
        fake.sent("ExecutePlan").iter().filter_map(|request| request.plan_tree()).collect();
    assert!(sent[0].contains("local: false"), "{}", sent[0]);
    assert!(sent[1].contains("local: true"), "{}", sent[1]);
    drop(frames);
    soon(session.channel().drained()).await;
    fake.finish();
}

#[tokio::test]
async fn rows_are_shown_by_a_server_that_sends_large_texts() {
    let schema = Arc::new(Schema::new(vec![Field::new("show_string", DataType::LargeUtf8, false)]));
    let text = RecordBatch::try_new(schema, vec![Arc::new(LargeStringArray::from(vec!["+--+"]))]).unwrap();
    let fake = Fake::start([execute().send(batch(&text)).send(complete())]).await;
    assert_eq!(soon(driver(&fake).table("t").show()).await.unwrap(), "+--+");
    fake.finish();
}
