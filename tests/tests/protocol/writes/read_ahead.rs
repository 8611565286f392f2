//! How far a stream of rows is read while the store of its files has not taken those before.
//!
//! The clock stands still for as long as anything goes on, so that a wait ends only when nothing does, and a count is
//! then the last one.

use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use arrow_array::RecordBatch;
use arrow_schema::{DataType, Field, Schema};
use futures::{StreamExt, stream};
use lakeorm::dialect::Delta;
use lakeorm::object_store::ObjectStore;
use lakeorm::object_store::memory::InMemory;
use lakeorm::{Client, LakeTable, Result, WritePath, open};
use lakeorm_tests::scripted_store::ScriptedStore;
use tokio::time::timeout;

use super::memory::{Memory, backend, stored};
use crate::setup::soon;

/// So many parts are stored at once, by lakeorm/src/write/staging/parts.rs.
const UPLOADS: usize = 2;

/// The rows of a batch.
const BATCH: usize = 4;

/// The bytes of a row's text.
const TEXT: usize = 1 << 10;

/// The bytes of a part, and no fewer than so many rows have them.
const PART: u64 = 16 << 10;
const ROWS_OF_A_PART: usize = 16;

/// The rows of a stream: far more than are read ahead.
const MANY: i64 = 200;

/// Longer than anything takes that is not held.
const IDLE: Duration = Duration::from_secs(3600);

#[derive(LakeTable)]
#[lake(table = "t")]
struct Row {
    id: i64,
    text: String,
}

/// No two have the same text, which a file would hold once.
fn row(id: i64) -> Result<Row> {
    Ok(Row { id, text: format!("{id:0>TEXT$}") })
}

fn columns() -> RecordBatch {
    let fields = vec![
        Field::new("id", DataType::Int64, false),
        Field::new("text", DataType::Utf8, false),
        Field::new("_ingest_id", DataType::Utf8, true),
    ];
    RecordBatch::new_empty(Arc::new(Schema::new(fields)))
}

/// A client whose files wait, the store that they wait in, and the one behind it.
fn client() -> (Client, Arc<ScriptedStore>, Arc<dyn ObjectStore>) {
    let objects: Arc<dyn ObjectStore> = Arc::new(InMemory::new());
    let store = Arc::new(ScriptedStore::waiting(Arc::clone(&objects)));
    let held: Arc<dyn ObjectStore> = Arc::<ScriptedStore>::clone(&store);
    (open(Memory::new(columns()), Delta::new(), backend(held)).unwrap(), store, objects)
}

fn batch() -> NonZeroUsize {
    BATCH.try_into().unwrap()
}

#[tokio::test(start_paused = true)]
async fn no_more_rows_are_read_than_those_of_the_parts_that_are_stored_one_part_and_one_batch() {
    // Of at most so many rows: a part of no bytes is a batch, and others end with the batch that fills them.
    for (part_size, most) in [(0, BATCH), (PART, ROWS_OF_A_PART + BATCH)] {
        let (db, store, objects) = client();
        let read = AtomicUsize::new(0);
        let rows = stream::iter(0..MANY).map(|id| {
            read.fetch_add(1, Ordering::Relaxed);
            row(id)
        });
        let insert = db.insert_stream(rows).staged().part_size(part_size).batch_size(batch());
        let mut insert = insert.into_future();
        for ended in 0..3 {
            store.let_end(usize::from(ended > 0));
            assert!(
                timeout(IDLE, &mut insert).await.is_err(),
                "the write ended while its store held every part"
            );
            let (begun, read) = (store.begun(), read.load(Ordering::Relaxed));
            assert_eq!(begun, ended + UPLOADS);
            assert!(read <= (begun + 1) * most + BATCH, "{read} rows beside {begun} parts of {part_size}");
            assert!(read > begun * BATCH, "the store is not waited for: {read} rows, {begun} parts");
        }
        store.let_all_end();
        let written = soon(insert).await.unwrap();
        assert_eq!((i64::try_from(written.rows()), written.path()), (Ok(MANY), WritePath::Staged));
        assert_eq!(stored(&objects).await, 0);
        soon(db.close()).await.unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn rows_are_read_on_while_a_part_is_being_stored() {
    let (db, store, objects) = client();
    let read = AtomicUsize::new(0);
    let (is_stored, counted) = (&store, &read);
    // One batch is the part that waits, one is encoded, and the third was read before the part began to wait.
    let before = 3 * BATCH;
    let rows = stream::iter(0..MANY).then(move |id| async move {
        if counted.load(Ordering::Relaxed) >= before {
            is_stored.wait_for(1).await;
        }
        counted.fetch_add(1, Ordering::Relaxed);
        row(id)
    });
    let insert = db.insert_stream(rows).staged().part_size(0).batch_size(batch());
    let mut insert = insert.into_future();
    assert!(timeout(IDLE, &mut insert).await.is_err(), "the write ended while its store held every part");
    let read = read.load(Ordering::Relaxed);
    assert!(read > before, "{read} rows were read, none of them beside a part that waits");
    store.let_all_end();
    let written = soon(insert).await.unwrap();
    assert_eq!(i64::try_from(written.rows()), Ok(MANY));
    assert_eq!(stored(&objects).await, 0);
    soon(db.close()).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_write_that_is_dropped_while_its_parts_wait_leaves_none_of_them() {
    let (db, store, objects) = client();
    let rows = stream::iter(0..MANY).map(row);
    let mut insert = db.insert_stream(rows).staged().part_size(0).batch_size(batch()).into_future();
    assert!(timeout(IDLE, &mut insert).await.is_err(), "the write ended while its store held every part");
    drop(insert);
    // What is being stored cannot be stopped, and is removed behind that.
    store.let_all_end();
    soon(db.close()).await.unwrap();
    assert_eq!((store.begun(), stored(&objects).await), (UPLOADS, 0));
}
