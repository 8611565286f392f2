//! Readers that pause: the server has to wait for them, and nobody else.

use std::sync::Arc;

use arrow_array::{RecordBatch, StringArray};
use futures::TryStreamExt;
use lakeorm_tests::fake::{Exchange, Fake, batch, complete, execute};

use crate::setup::{all, counted, numbers, select, session, soon};

/// How much one batch of text holds, in bytes.
const LARGE: usize = 512 * 1024;

fn text() -> RecordBatch {
    let text = StringArray::from(vec!["x".repeat(LARGE)]);
    RecordBatch::try_from_iter([("text", Arc::new(text) as _)]).unwrap()
}

fn large(batches: usize) -> Exchange {
    execute().send_all((0..batches).map(|_| batch(&text()))).send(complete())
}

#[tokio::test]
async fn a_query_comes_through_beside_any_number_of_results_whose_readers_pause() {
    const PAUSED: usize = 64;
    let one_more = execute().answer([numbers(0..3)]);
    let fake = Fake::start((0..PAUSED).map(|_| large(8)).chain([one_more])).await;
    let session = session(&fake);
    let mut paused = Vec::new();
    for _ in 0..PAUSED {
        let mut batches = select(&session);
        assert!(soon(batches.try_next()).await.unwrap().is_some());
        paused.push(batches);
    }
    assert_eq!(all(select(&session)).await.unwrap(), counted(0..3));
    for batches in paused {
        let rest: Vec<RecordBatch> = soon(batches.try_collect()).await.unwrap();
        assert_eq!(rest.len(), 7);
    }
    fake.finish();
}
