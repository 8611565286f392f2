//! Rows of the program that go ahead of the plan.

use std::sync::Arc;

use arrow_array::{RecordBatch, StringArray};
use arrow_ipc::reader::StreamReader;
use arrow_schema::{DataType, Field, Schema};
use lakeorm_tests::fake::{Exchange, Failure, Fake, FakeBuilder, execute};
use spark_connect::{ErrorKind, Session};

use crate::setup::{builder, numbers, session, soon};

const THRESHOLD: &str = "spark.sql.session.localRelationCacheThreshold";
const PIECES: &str = "spark.sql.session.localRelationChunkSizeRows";

fn runs(count: usize) -> Vec<Exchange> {
    (0..count).map(|_| execute().answer([numbers(0..1)])).collect()
}

/// A server that wants rows from a mebibyte on ahead of the plan, as Spark from 4.1 on.
fn in_pieces(count: usize) -> FakeBuilder {
    Fake::builder().script(runs(count)).conf(THRESHOLD, "1048576").conf(PIECES, "10000")
}

/// Two batches, together more than the 16 mebibytes of one piece.
fn large() -> [RecordBatch; 2] {
    [numbers(0..1_200_000), numbers(1_200_000..2_400_000)]
}

async fn run(session: &Session, batches: &[RecordBatch]) -> spark_connect::Result<Vec<RecordBatch>> {
    soon(session.create_dataframe(batches).collect()).await
}

fn holds(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|window| window == text.as_bytes())
}

#[tokio::test]
async fn rows_go_ahead_in_pieces_and_the_plan_names_them() {
    let fake = in_pieces(2).start().await;
    let session = session(&fake);
    run(&session, &large()).await.unwrap();
    let artifacts = fake.artifacts();
    let rows: usize = artifacts
        .values()
        .flat_map(|bytes| StreamReader::try_new(bytes.as_slice(), None).unwrap())
        .map(|batch| batch.unwrap().num_rows())
        .sum();
    assert_eq!((artifacts.len(), rows), (2, 2_400_000));
    let plan = fake.sent("ExecutePlan")[0].plan_bytes();
    assert!(plan.len() < 1000, "{}", plan.len());
    for name in artifacts.keys() {
        assert!(holds(&plan, name.strip_prefix("cache/").unwrap()), "{name}");
    }
    run(&session, &large()).await.unwrap();
    assert_eq!(fake.sent("AddArtifacts").len(), 2, "what the session has is not sent again");
    fake.finish();
}

#[tokio::test]
async fn rows_go_ahead_in_one_piece_where_the_server_takes_no_others() {
    let fake = Fake::builder().script(runs(1)).conf(THRESHOLD, "1048576").start().await;
    run(&session(&fake), &large()).await.unwrap();
    let artifacts = fake.artifacts();
    assert_eq!(artifacts.len(), 1);
    let (name, relation) = artifacts.first_key_value().unwrap();
    // The field `data` of the message, before its length.
    assert_eq!(relation[0], 0x0A);
    assert!(holds(&fake.sent("ExecutePlan")[0].plan_bytes(), name.strip_prefix("cache/").unwrap()));
    fake.finish();
}

#[tokio::test]
async fn rows_travel_in_the_plan_where_they_are_few_or_the_server_keeps_none() {
    let fake = in_pieces(1).start().await;
    run(&session(&fake), &[numbers(0..1000)]).await.unwrap();
    assert!(fake.sent("ExecutePlan")[0].plan_bytes().len() > 8000);
    assert_eq!(fake.sent("Config").len(), 0, "small rows cost no question");
    fake.finish();
    for server in [
        Fake::builder().script(runs(1)),
        Fake::builder().script(runs(1)).conf(THRESHOLD, "2147483647").conf(PIECES, "10000"),
    ] {
        let fake = server.start().await;
        run(&session(&fake), &large()).await.unwrap();
        assert!(fake.sent("ExecutePlan")[0].plan_bytes().len() > 2_400_000);
        assert!(fake.artifacts().is_empty());
        fake.finish();
    }
}

#[tokio::test]
async fn one_batch_is_cut_where_it_is_large() {
    let fake = in_pieces(1).start().await;
    let text = "x".repeat(1024);
    let schema = Arc::new(Schema::new(vec![Field::new("text", DataType::Utf8, false)]));
    let texts = StringArray::from_iter_values((0..40_000).map(|row| format!("{row}{text}")));
    let batch = RecordBatch::try_new(schema, vec![Arc::new(texts)]).unwrap();
    run(&session(&fake), &[batch]).await.unwrap();
    let sizes: Vec<usize> = fake.artifacts().values().map(Vec::len).collect();
    assert!((3..=5).contains(&sizes.len()), "{sizes:?}");
    assert!(sizes.iter().all(|size| *size < 20 << 20), "{sizes:?}");
    fake.finish();
}

#[derive(lakeorm::LakeTable)]
struct Text {
    text: String,
}

/// They go with the session alone.
#[tokio::test]
async fn a_session_of_the_pool_that_was_given_many_rows_is_ended_and_another_one_opened() {
    let fake = in_pieces(2).start().await;
    let drv = builder(&fake).pool_size(1).build().unwrap();
    let mebibyte = "x".repeat(1 << 20);
    let rows: Vec<Text> = (0..70).map(|row| Text { text: format!("{row}{mebibyte}") }).collect();
    soon(drv.create_dataframe(&rows).collect()).await.unwrap();
    soon(drv.sql("SELECT 1").collect()).await.unwrap();
    fake.wait_for("ReleaseSession").await;
    let sessions = fake.sessions("ExecutePlan");
    assert_ne!(sessions[0], sessions[1]);
    assert_eq!(fake.sent("ReleaseSession")[0].session_id, sessions[0]);
    soon(drv.close()).await.unwrap();
    fake.finish();
}

#[tokio::test]
async fn more_rows_than_a_message_holds_are_refused_where_they_cannot_go_ahead() {
    let fake = Fake::builder().start().await;
    let many = numbers(0..8_000_000);
    let error = run(&session(&fake), &[many.clone(), many]).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidStatement);
    assert!(error.to_string().contains("write them to a table"), "{error}");
    assert!(fake.sent("ExecutePlan").is_empty());
    fake.finish();
}

#[tokio::test]
async fn a_failed_upload_is_the_error_of_the_run() {
    let fake = in_pieces(0).refuse("AddArtifacts", Failure::internal("the disk is full")).start().await;
    let error = run(&session(&fake), &large()).await.unwrap_err();
    assert!(error.to_string().contains("the disk is full"), "{error}");
    fake.finish();
}
