//! Frames in a pool of two: whatever is dropped where, one slot is for each that needs one, and both come back.

use std::collections::BTreeMap;
use std::future::ready;
use std::sync::Arc;

use arrow_array::{RecordBatch, StringArray};
use arrow_schema::{DataType, Field, Schema};
use futures::future::{BoxFuture, join};
use futures::{FutureExt, TryStreamExt};
use lakeorm::spark::DataFrame;
use lakeorm_tests::fake::{Exchange, Fake, execute};
use lakeorm_tests::wakes::dropped_after;
use spark_connect::Result;

use crate::dropping::operations;
use crate::setup::{builder, numbers, soon};

/// A call that runs a frame, and the server's answer.
struct Action {
    name: &'static str,
    run: fn(DataFrame) -> BoxFuture<'static, Result<()>>,
    answer: fn() -> Exchange,
}

fn rows() -> Exchange {
    execute().answer([numbers(0..3), numbers(3..5)]).at_work()
}

fn text() -> Exchange {
    let schema = Arc::new(Schema::new(vec![Field::new("show_string", DataType::Utf8, false)]));
    execute()
        .answer([RecordBatch::try_new(schema, vec![Arc::new(StringArray::from(vec!["+--+"]))]).unwrap()])
        .at_work()
}

fn nothing() -> Exchange {
    execute().answer([]).at_work()
}

const ACTIONS: [Action; 7] = [
    Action {
        name: "collect",
        run: |frame| async move { frame.collect().await.map(drop) }.boxed(),
        answer: rows,
    },
    Action { name: "count", run: |frame| async move { frame.count().await.map(drop) }.boxed(), answer: rows },
    Action { name: "take", run: |frame| async move { frame.take(2).await.map(drop) }.boxed(), answer: rows },
    Action {
        name: "stream",
        run: |frame| async move { frame.stream().try_for_each(|_| ready(Ok(()))).await }.boxed(),
        answer: rows,
    },
    Action { name: "show", run: |frame| async move { frame.show().await.map(drop) }.boxed(), answer: text },
    Action {
        name: "schema",
        run: |frame| async move { frame.schema().await.map(drop) }.boxed(),
        answer: nothing,
    },
    Action {
        name: "save",
        run: |frame| async move { frame.write().save_as_table("t").await }.boxed(),
        answer: nothing,
    },
];

/// It lives in a session.
const VIEW: Action = Action {
    name: "create_temp_view",
    run: |frame| async move { frame.create_temp_view("v").await }.boxed(),
    answer: nothing,
};

/// A program that keeps a frame of a session while others come and go.
struct Report {
    frame: DataFrame,
}

#[tokio::test]
async fn an_action_dropped_at_any_await_gives_its_slot_back_and_leaves_the_other_alone() {
    for action in ACTIONS {
        for wakes in 0.. {
            if dropped_beside_a_kept_frame(&action, wakes).await {
                assert!(wakes > 2, "{}: nothing was awaited", action.name);
                break;
            }
        }
    }
}

#[tokio::test]
async fn a_frame_of_a_session_whose_action_is_dropped_at_any_await_gives_the_session_back_once() {
    for action in ACTIONS.into_iter().chain([VIEW]) {
        for wakes in 0.. {
            let fake = Fake::builder().schema(numbers(0..0).schema_ref()).script([(action.answer)()]);
            let fake = fake.start().await;
            let drv = builder(&fake).pool_size(2).build().unwrap();
            let frame = soon(drv.session()).await.unwrap().table("t");
            let ended = soon(dropped_after(wakes, (action.run)(frame))).await;
            let (one, other) = soon(join(drv.session(), drv.session())).await;
            let (one, other) = (one.unwrap(), other.unwrap());
            assert_eq!(drv.status().in_use, 2, "{} after {wakes} wakes", action.name);
            drop((one, other));
            assert_eq!(drv.status().in_use, 0, "{} after {wakes} wakes", action.name);
            soon(drv.close()).await.unwrap();
            let (executed, released) =
                (operations(&fake, "ExecutePlan"), operations(&fake, "ReleaseExecute"));
            assert_eq!(executed, released, "{} after {wakes} wakes", action.name);
            fake.finish_anywhere();
            if ended {
                break;
            }
        }
    }
}

/// Whether the action came to its end.
async fn dropped_beside_a_kept_frame(action: &Action, wakes: usize) -> bool {
    let Action { name, run, answer } = action;
    let script = [answer(), answer(), answer(), answer()];
    let fake = Fake::builder().schema(numbers(0..0).schema_ref()).script(script).start().await;
    let drv = builder(&fake).pool_size(2).build().unwrap();
    let report = Report { frame: soon(drv.session()).await.unwrap().table("kept") };
    soon(run(report.frame.clone())).await.unwrap();
    let kept = operations(&fake, "ExecutePlan");

    let ended = soon(dropped_after(wakes, run(drv.table("t")))).await;
    soon(run(report.frame.clone())).await.unwrap();
    // The other slot is free, or this one would wait in vain.
    soon(run(drv.table("t"))).await.unwrap();
    assert_eq!(drv.status().in_use, 1, "{name} after {wakes} wakes");
    drop(report);
    assert_eq!(drv.status().in_use, 0, "{name} after {wakes} wakes");
    soon(drv.close()).await.unwrap();

    let executed = operations(&fake, "ExecutePlan");
    let released = operations(&fake, "ReleaseExecute");
    assert!(executed.is_subset(&released), "{name} after {wakes} wakes: {executed:?} but {released:?}");
    assert!(operations(&fake, "Interrupt").is_disjoint(&kept), "{name} after {wakes} wakes");
    if !ended {
        is_stopped_before_the_next(&fake, &format!("{name} after {wakes} wakes"));
    }
    fake.finish_anywhere();
    ended
}

/// The session of the last operation is used by it alone: one before it there was stopped, or is over.
fn is_stopped_before_the_next(fake: &Fake, case: &str) {
    let mut running = BTreeMap::new();
    let requests = fake.requests();
    let last = requests.iter().rposition(|request| request.rpc == "ExecutePlan");
    for request in &requests[..last.unwrap_or_default()] {
        match request.rpc {
            "ExecutePlan" => _ = running.insert(request.operation_id.clone(), &request.session_id),
            "Interrupt" | "ReleaseExecute" => _ = running.remove(&request.operation_id),
            _ => {}
        }
    }
    let session = last.map(|last| &requests[last].session_id);
    assert!(!running.values().any(|other| Some(*other) == session), "{case}: {running:?}");
}
