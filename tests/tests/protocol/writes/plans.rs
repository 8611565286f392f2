//! Plans that are made by hand and carried out by the driver for Spark.

use std::sync::Arc;
use std::time::Duration;

use arrow_array::RecordBatch;
use arrow_schema::{DataType, Field, Schema as ArrowSchema};
use futures::FutureExt;
use lakeorm::{Command, DirectIngest, Driver, ErrorKind, ExecutionPlan, Result, Schema, StagedRows};
use lakeorm_tests::fake::{Exchange, Fake, execute, on};

use super::remembered::counts;
use super::staged::no_key_twice;
use super::{answered, plan_with};
use crate::setup::{column, driver, later, numbers, soon};

const VIEW: &str = "rows_to_write";
const FILES: [&str; 2] = ["s3://lake/one.parquet", "s3://lake/two.parquet"];

fn statement() -> Command {
    Command::from("INSERT INTO t SELECT id, :batch FROM rows_to_write").bind_named("batch", 7_i64)
}

fn inserts() -> Exchange {
    on("INSERT INTO t SELECT id, :batch FROM rows_to_write").named_value("batch", 7_i64)
}

fn view() -> Exchange {
    plan_with("the view", true, &[VIEW]).answer([])
}

/// Rows that are sent stand below a node of the plan: Spark would compute the statement over them on its driver.
fn view_of_sent() -> Exchange {
    plan_with("the view", true, &[VIEW, "num_partitions: 1000000", "shuffle: Some(false)"]).answer([])
}

fn view_ends() -> Exchange {
    answered(plan_with("the view's end", false, &["DropTempView", VIEW]))
}

fn counted(rows: i64) -> Exchange {
    plan_with("the count of both files", false, &FILES).answer([numbers(rows..rows + 1)])
}

/// How rows get to the engine.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Way {
    Direct,
    Appended,
    Merged,
}

impl Way {
    fn plan(self) -> ExecutionPlan {
        let files = FILES.map(str::to_owned).to_vec();
        let schema = Schema::from_arrow(&numbers(0..0).schema());
        let staged = StagedRows::new(files, schema, 2, VIEW, statement());
        match self {
            Self::Direct => {
                ExecutionPlan::DirectIngest(DirectIngest::new(vec![numbers(0..2)], VIEW, statement()))
            }
            Self::Appended => ExecutionPlan::StagedAppend(staged),
            Self::Merged => ExecutionPlan::StagedMerge(staged.distinct(vec!["id".to_owned()])),
        }
    }

    /// What is asked before the statement.
    fn handed_over(self) -> Vec<Exchange> {
        match self {
            Self::Direct => vec![view_of_sent()],
            Self::Appended => vec![counted(2), view()],
            Self::Merged => vec![counted(2), no_key_twice(), view()],
        }
    }
}

/// What becomes of an execution.
#[derive(Debug, Clone, Copy, PartialEq)]
enum End {
    Committed,
    Aborted,
    Dropped,
}

/// Carries out a plan as far as this, and closes the driver.
async fn carried_out(fake: &Fake, plan: ExecutionPlan, end: End) -> Result<()> {
    let drv = driver(fake);
    let execution = soon(drv.execute(plan)).await?;
    let ended = match end {
        End::Committed => soon(execution.commit()).await.map(drop),
        End::Aborted => soon(execution.abort()).await,
        End::Dropped => {
            drop(execution);
            Ok(())
        }
    };
    soon(drv.close()).await.unwrap();
    ended
}

#[tokio::test]
async fn a_statement_that_is_a_plan_is_sent_when_it_is_committed_and_otherwise_never() {
    for end in [End::Committed, End::Aborted, End::Dropped] {
        let deletes = on("DELETE FROM t WHERE id = :id").named_value("id", 7_i64).answer([counts(0..1)]);
        let fake = Fake::start((end == End::Committed).then_some(deletes)).await;
        let statement = Command::from("DELETE FROM t WHERE id = :id").bind_named("id", 7_i64);
        carried_out(&fake, ExecutionPlan::Sql(statement), end).await.unwrap();
        fake.finish();
    }
}

/// The end of the view comes last, also if nobody has waited for it but `close`.
#[tokio::test]
async fn rows_that_are_handed_over_by_hand_are_written_once_or_taken_away() {
    for way in [Way::Direct, Way::Appended, Way::Merged] {
        for end in [End::Committed, End::Aborted, End::Dropped] {
            let written = (end == End::Committed).then(|| inserts().answer([]));
            let script = way.handed_over().into_iter().chain(written).chain([view_ends()]);
            let fake = Fake::start(script).await;
            let ended = carried_out(&fake, way.plan(), end).await;
            assert!(ended.is_ok(), "{way:?}, {end:?}: {ended:?}");
            fake.finish();
        }
    }
}

/// A task of its own removes them, which has not begun.
#[tokio::test]
async fn closing_waits_for_a_removal_from_the_moment_that_rows_are_handed_over() {
    let ends = answered(plan_with("the view's end", false, &["DropTempView", VIEW]).stall("removal"));
    let fake = Fake::start([view_of_sent(), ends]).await;
    let session = soon(driver(&fake).session()).await.unwrap();
    let execution = soon(session.execute(Way::Direct.plan())).await.unwrap();
    // Then nothing else is under way.
    soon(session.channel().drained()).await;
    drop(execution);
    assert!(session.close().now_or_never().is_none());
    fake.release("removal");
    soon(session.close()).await.unwrap();
    assert_eq!(fake.sent("ExecutePlan").len(), 2);
    fake.finish();
}

#[tokio::test]
async fn what_is_committed_after_its_driver_was_closed_is_not_sent() {
    let fake = Fake::start([view_of_sent()]).await;
    let drv = driver(&fake);
    let execution = soon(drv.execute(Way::Direct.plan())).await.unwrap();
    let mut closing = std::pin::pin!(drv.close());
    assert!(closing.as_mut().now_or_never().is_none(), "the execution holds a session");
    later(Duration::from_secs(5)).await;
    soon(closing).await.unwrap();
    let error = soon(execution.commit()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Closed, "{error}");
    assert!(!error.may_have_run(), "{error}");
    fake.finish();
}

#[tokio::test]
async fn files_of_which_the_engine_sees_fewer_rows_are_given_no_view() {
    let fake = Fake::start([counted(1)]).await;
    let error = carried_out(&fake, Way::Appended.plan(), End::Committed).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Staging);
    assert!(error.to_string().contains(FILES[0]), "{error}");
    fake.finish();
}

#[tokio::test]
async fn a_key_that_comes_twice_in_files_is_told_by_its_rows_and_nothing_is_sent() {
    let fields = ["_lakeorm_first", "_lakeorm_last"].map(|name| Field::new(name, DataType::Int64, true));
    let schema = Arc::new(ArrowSchema::new(fields.to_vec()));
    let twice = RecordBatch::try_new(schema, vec![column(1..2), column(3..4)]).unwrap();
    let looked = plan_with("keys that come twice", false, &FILES).answer([twice]);
    let fake = Fake::start([counted(2), looked]).await;
    let error = carried_out(&fake, Way::Merged.plan(), End::Committed).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Encode);
    let told = error.to_string();
    assert!(told.contains("row 3") && told.contains("row 1 has the same merge key"), "{told}");
    fake.finish();
}

#[tokio::test]
async fn a_statement_whose_values_do_not_fit_is_not_sent_and_its_rows_are_taken_away() {
    let fake = Fake::start([view(), view_ends()]).await;
    let statement = Command::from("INSERT INTO t SELECT id, :batch FROM rows_to_write");
    let rows = DirectIngest::new(vec![numbers(0..2)], VIEW, statement);
    let error = carried_out(&fake, ExecutionPlan::DirectIngest(rows), End::Committed).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidStatement);
    assert!(error.to_string().contains(":batch"), "{error}");
    fake.finish();
}

/// The name may be that of a view of the caller's.
#[tokio::test]
async fn a_view_of_a_plan_by_hand_takes_the_place_of_no_other_whatever_its_name_begins_with() {
    let made = execute().when("the view", |request| {
        let tree = request.plan_tree().unwrap_or_default();
        tree.contains("lakeorm_mine") && !tree.contains("replace: true")
    });
    let fake =
        Fake::start([made.answer([]), answered(plan_with("the view's end", false, &["DropTempView"]))]).await;
    let rows = DirectIngest::new(vec![numbers(0..2)], "lakeorm_mine", statement());
    carried_out(&fake, ExecutionPlan::DirectIngest(rows), End::Aborted).await.unwrap();
    fake.finish();
}
