//! A result is complete only where the server says so, and whatever breaks before is taken up again.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use arrow_array::{RecordBatch, StringArray};
use futures::TryStreamExt;
use lakeorm::{Client, query, query_first};
use lakeorm_tests::fake::{
    Code, Exchange, Failure, Fake, batch, batch_at, chunks, complete, execute, progress, reattach_from,
    schema,
};
use spark_connect::{Channel, ErrorKind, Session, Timer};

use crate::setup::{all, counted, driver, error_of, kind_of, next, numbers, select, session, soon};

/// A way for a stream to end too early.
type Break = fn(Exchange) -> Exchange;

const BREAKS: [(&str, Break); 4] = [
    ("a clean end", Exchange::end),
    ("UNAVAILABLE", |exchange| exchange.fail(Failure::unavailable("going down"))),
    ("a newer attachment", |exchange| exchange.fail(Failure::spark("INVALID_CURSOR.DISCONNECTED", "HY109"))),
    ("a deadline", |exchange| exchange.fail(Failure::status(Code::DeadlineExceeded, "stream deadline"))),
];

#[tokio::test]
async fn a_whole_result_is_handed_on_and_released() {
    let script = execute()
        .send(schema(&numbers(0..0).schema()))
        .send(progress())
        .send(batch_at(0, &numbers(0..3)))
        .send(progress())
        .send(batch_at(3, &numbers(3..5)))
        .send(complete());
    let fake = Fake::start([script]).await;
    let batches = select(&session(&fake));
    let operation = batches.operation_id().to_string();
    assert_eq!(all(batches).await.unwrap(), counted(0..5));
    let release = fake.wait_for("ReleaseExecute").await;
    assert_eq!(release.released_until(), Some(None));
    assert_eq!(release.operation_id, Some(operation));
    assert!(fake.sent("Interrupt").is_empty());
    fake.finish();
}

#[tokio::test]
async fn a_result_of_twenty_batches_broken_behind_each_response_comes_whole() {
    const BATCHES: i64 = 20;
    for (way, broken) in BREAKS {
        let (mut script, mut last) = (Vec::new(), None::<String>);
        for index in 0..BATCHES {
            let exchange = match &last {
                None => execute(),
                Some(last) => reattach_from(Some(last)),
            };
            script.push(broken(exchange.send(batch_at(index * 2, &numbers(index * 2..index * 2 + 2)))));
            last = Some(format!("r{}", index + 1));
        }
        script.push(reattach_from(last.as_deref()).send(complete()));
        let fake = Fake::start(script).await;
        let rows = all(select(&session(&fake))).await;
        assert_eq!(rows.unwrap(), counted(0..BATCHES * 2), "{way}");
        assert_eq!(fake.sent("ExecutePlan").len(), 1, "{way}");
        fake.finish();
    }
}

#[tokio::test]
async fn a_connection_that_is_reset_behind_each_response_loses_nothing() {
    const BATCHES: i64 = 8;
    let (mut script, mut last) = (Vec::new(), None::<String>);
    for index in 0..BATCHES {
        let exchange = match &last {
            None => execute(),
            Some(last) => reattach_from(Some(last)),
        };
        let sending = exchange.send(batch_at(index, &numbers(index..index + 1)));
        script.push(sending.stall(index.to_string()).reset());
        last = Some(format!("r{}", index + 1));
    }
    script.push(reattach_from(last.as_deref()).send(complete()));
    let fake = Fake::start(script).await;
    let mut batches = select(&session(&fake));
    for index in 0..BATCHES {
        assert_eq!(next(&mut batches).await, [index]);
        fake.release(&index.to_string());
    }
    assert!(soon(batches.try_next()).await.unwrap().is_none());
    assert_eq!((fake.sent("ExecutePlan").len(), fake.sent("ReattachExecute").len()), (1, 8));
    fake.finish();
}

#[tokio::test]
async fn a_stream_that_breaks_before_its_first_response_is_attached_to_from_the_start() {
    for (way, broken) in BREAKS {
        let script = [broken(execute()), reattach_from(None).answer([numbers(0..4)])];
        let fake = Fake::start(script).await;
        assert_eq!(all(select(&session(&fake))).await.unwrap(), counted(0..4), "{way}");
        fake.finish();
    }
}

#[tokio::test]
async fn another_stream_that_has_the_operation_breaks_no_connection() {
    for failure in [
        Failure::spark("INVALID_CURSOR.DISCONNECTED", "HY109"),
        Failure::status(Code::Internal, "internal error: task is already running"),
    ] {
        let fake = Fake::start([execute().fail(failure), reattach_from(None).answer([numbers(0..4)])]).await;
        let session = session(&fake);
        assert_eq!(all(select(&session)).await.unwrap(), counted(0..4));
        assert_eq!(session.channel().breaks(), 0);
        fake.finish();
    }
}

#[tokio::test]
async fn a_reattached_stream_may_be_empty() {
    let fake = Fake::start([
        execute().send(batch(&numbers(0..2))).end(),
        reattach_from(Some("r1")).end(),
        reattach_from(Some("r1")).end(),
        reattach_from(Some("r1")).answer([numbers(2..4)]),
    ])
    .await;
    assert_eq!(all(select(&session(&fake))).await.unwrap(), counted(0..4));
    fake.finish();
}

#[tokio::test]
async fn a_batch_in_chunks_goes_on_in_its_middle() {
    for cut in 1..5 {
        let mut sent = chunks(0, &numbers(0..100), 5);
        let rest = sent.split_off(cut);
        let fake = Fake::start([
            execute().send_all(sent).end(),
            reattach_from(Some(&format!("r{cut}"))).send_all(rest).send(complete()),
        ])
        .await;
        assert_eq!(all(select(&session(&fake))).await.unwrap(), counted(0..100), "cut behind chunk {cut}");
        fake.finish();
    }
}

#[tokio::test]
async fn progress_and_unset_responses_are_resumed_behind_like_any_other() {
    let fake = Fake::start([
        execute().send(schema(&numbers(0..0).schema())).send(batch(&numbers(0..2))).send(progress()).end(),
        reattach_from(Some("r3")).answer([numbers(2..3)]),
    ])
    .await;
    assert_eq!(all(select(&session(&fake))).await.unwrap(), counted(0..3));
    fake.finish();
}

#[tokio::test]
async fn a_response_that_comes_again_is_handed_on_once_or_ends_the_result_with_an_error() {
    let fake = Fake::start([
        execute().send(batch(&numbers(0..1))).send(batch(&numbers(1..2))).end(),
        reattach_from(Some("r2")).repeat("r2").send(batch(&numbers(2..3))).send(complete()),
    ])
    .await;
    assert_eq!(all(select(&session(&fake))).await.unwrap(), counted(0..3));
    fake.finish();
    let fake = Fake::start([execute().send(batch(&numbers(0..1))).repeat("r1").send(complete())]).await;
    assert_eq!(error_of(select(&session(&fake))).await.kind(), ErrorKind::Protocol);
    fake.finish_anywhere();
}

#[tokio::test]
async fn a_query_that_never_arrived_is_sent_again_as_the_same_operation() {
    for lost in ["INVALID_HANDLE.OPERATION_NOT_FOUND", "INVALID_HANDLE.SESSION_NOT_FOUND"] {
        let fake = Fake::start([
            execute().fail(Failure::unavailable("not yet")),
            reattach_from(None).fail(Failure::spark(lost, "HY000")),
            execute().answer([numbers(0..2)]),
        ])
        .await;
        assert_eq!(all(select(&session(&fake))).await.unwrap(), counted(0..2), "{lost}");
        let sent = fake.sent("ExecutePlan");
        assert_eq!(sent[0].operation_id, sent[1].operation_id, "{lost}");
        assert_eq!(sent[0].plan_bytes(), sent[1].plan_bytes(), "{lost}");
        fake.finish();
    }
}

#[tokio::test]
async fn an_operation_that_is_gone_after_a_response_is_an_error_and_is_not_sent_again() {
    let fake = Fake::start([
        execute().send(batch(&numbers(0..2))).fail(Failure::unavailable("gone")),
        reattach_from(Some("r1")).fail(Failure::spark("INVALID_HANDLE.OPERATION_NOT_FOUND", "HY000")),
    ])
    .await;
    let error = error_of(select(&session(&fake))).await;
    assert_eq!(error.server().unwrap().error_class(), Some("INVALID_HANDLE.OPERATION_NOT_FOUND"));
    assert_eq!(fake.sent("ExecutePlan").len(), 1);
    fake.finish();
}

#[tokio::test]
async fn a_position_that_the_server_no_longer_holds_is_an_error() {
    let fake = Fake::start([
        execute().send(batch(&numbers(0..2))).end(),
        reattach_from(Some("r1")).fail(Failure::spark("INVALID_CURSOR.POSITION_NOT_AVAILABLE", "HY109")),
    ])
    .await;
    let error = error_of(select(&session(&fake))).await;
    assert_eq!(error.kind(), ErrorKind::Server);
    assert_eq!(error.server().unwrap().error_class(), Some("INVALID_CURSOR.POSITION_NOT_AVAILABLE"));
    fake.finish();
}

#[tokio::test]
async fn an_interrupted_result_on_sail_is_cancelled_and_not_short() {
    let fake = Fake::builder()
        .echoes_session_ids()
        .script([
            execute().send(batch(&numbers(0..2))).end(),
            reattach_from(None)
                .fail(Failure::sail("java.lang.IllegalArgumentException", "operation not found: 1")),
        ])
        .start()
        .await;
    assert_eq!(kind_of(select(&session(&fake))).await, ErrorKind::Cancelled);
    fake.finish();
}

#[tokio::test]
async fn responses_that_were_taken_are_released_in_large_steps() {
    let long = "x".repeat(3 * 1024 * 1024);
    let large = RecordBatch::try_from_iter([("text", Arc::new(StringArray::from(vec![long])) as _)]).unwrap();
    let fake =
        Fake::start([execute().send(batch(&large)).send(batch(&large)).stall("released").answer([large])])
            .await;
    let mut batches = select(&session(&fake));
    for _ in 0..2 {
        assert_eq!(soon(batches.try_next()).await.unwrap().unwrap().num_rows(), 1);
    }
    let release = fake.wait_for("ReleaseExecute").await;
    assert_eq!(release.released_until(), Some(Some("r2")));
    fake.release("released");
    assert!(soon(batches.try_next()).await.unwrap().is_some());
    assert!(soon(batches.try_next()).await.unwrap().is_none());
    assert_eq!(fake.wait_for_nth("ReleaseExecute", 2).await.released_until(), Some(None));
    fake.finish();
}

#[tokio::test]
async fn a_refusal_that_asks_to_wait_is_waited_for() {
    let later = || {
        let refusal = Failure::status(Code::ResourceExhausted, "come back later");
        refusal.retry_after(Duration::from_millis(1))
    };
    let fake = Fake::start([
        execute().fail(later()),
        reattach_from(None).send(batch(&numbers(0..2))).fail(later()),
        reattach_from(Some("r1")).send(complete()),
    ])
    .await;
    assert_eq!(all(select(&session(&fake))).await.unwrap(), counted(0..2));
    fake.finish();
}

#[tokio::test]
async fn a_result_without_rows_is_complete_and_has_its_columns() {
    let none = || execute().answer([numbers(0..0)]);
    let fake = Fake::start([none(), none(), none()]).await;
    let drv = driver(&fake);
    let db = Client::new(drv.clone());
    let source = || drv.from_sql("SELECT id FROM t");
    assert_eq!(soon(query::<(i64,)>(&db, source())).await.unwrap(), []);
    assert!(soon(query_first::<(i64,)>(&db, source())).await.unwrap_err().is_no_rows());
    assert!(soon(query::<(String,)>(&db, source())).await.unwrap_err().is_schema_mismatch());
    fake.finish();
}

#[tokio::test]
async fn the_clock_and_the_jitter_of_retries_can_be_given() {
    let waits = Arc::new(Mutex::new(Vec::new()));
    let timer = Timer::new(
        {
            let waits = Arc::clone(&waits);
            move |wait| {
                waits.lock().unwrap().push(wait.as_millis());
                Box::pin(async {})
            }
        },
        || 0.5,
    );
    let gone = || Failure::unavailable("gone");
    let fake = Fake::start([
        execute().send(batch(&numbers(0..1))).fail(gone()),
        reattach_from(Some("r1")).fail(gone()),
        reattach_from(Some("r1")).fail(gone()),
        reattach_from(Some("r1")).answer([numbers(1..2)]),
    ])
    .await;
    let channel = Channel::builder(fake.remote().parse().unwrap()).timer(timer).build().unwrap();
    assert_eq!(all(select(&Session::new(&channel))).await.unwrap(), [0, 1]);
    assert_eq!(*waits.lock().unwrap(), [25, 100, 400]);
    fake.finish();
}
