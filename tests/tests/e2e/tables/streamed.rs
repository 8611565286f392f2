//! Streams of rows.

use std::fs;
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use futures::channel::mpsc;
use futures::{StreamExt, stream};
use lakeorm::{ErrorKind, LakeRow, LakeTable, WritePath};
use uuid::Uuid;

use super::one_of;
use super::staged::{Staging, count};

#[derive(Debug, Clone, PartialEq, LakeRow, LakeTable)]
#[lake(table = "written.streamed")]
struct Row {
    id: i64,
    text: String,
}

fn row(id: i64) -> Row {
    Row { id, text: format!("text {id}") }
}

#[tokio::test]
async fn a_stream_without_rows_or_with_an_error_in_the_middle_writes_nothing() {
    let staging = Staging::new("no_stream");
    for (format, db) in one_of(0, staging.backend()).await {
        // Nothing is asked of the engine, which has no such table.
        let empty = || db.insert_stream(stream::empty::<lakeorm::Result<Row>>());
        for insert in [empty(), empty().staged()] {
            let written = insert.await.unwrap();
            assert_eq!((written.rows(), written.path()), (0, WritePath::Nothing), "{format:?}");
        }
        let broken = || {
            let error = lakeorm::Error::from(std::io::Error::other("the source is gone"));
            stream::iter((0..10_000).map(|id| Ok(row(id)))).chain(stream::iter([Err(error), Ok(row(0))]))
        };
        let error = db.insert_stream(broken()).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Input, "{error}");
        assert_eq!(staging.files(), Vec::<PathBuf>::new());
    }
}

#[tokio::test]
async fn a_sweep_beside_a_live_write_leaves_its_files_and_the_write_lands_once_under_its_key() {
    let staging = Staging::new("swept_beside");
    for (format, db) in one_of(0, staging.backend()).await {
        db.migrate::<Row>().await.unwrap();
        let table = format.table("written.streamed");
        let old = Uuid::new_v7(uuid::Timestamp::from_unix(uuid::NoContext, 1_700_000_000, 0));
        let left = staging.directory.join(format!("staging/{old}/part-00000.parquet"));
        fs::create_dir_all(left.parent().unwrap()).unwrap();
        fs::write(&left, "four").unwrap();
        let long_ago = SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000);
        fs::File::options().write(true).open(&left).unwrap().set_modified(long_ago).unwrap();
        let (rows, more) = mpsc::unbounded();
        let (first_part, mut stored) = tokio::sync::mpsc::unbounded_channel();
        let insert = db.insert_stream(more.map(Ok)).staged().part_size(16 << 10).idempotency_key("swept");
        let insert = insert.on_progress(move |now| {
            if now.rows_staged > 0 {
                let _ = first_part.send(());
            }
        });
        (0..50_000).for_each(|id| rows.unbounded_send(row(id)).unwrap());
        let swept = async {
            stored.recv().await.unwrap();
            let live = staging.files().len();
            assert!(live > 1, "a part of the live write is stored");
            let swept = db.cleanup_staging(Duration::from_secs(3600)).await.unwrap();
            assert_eq!((swept.writes, swept.files, swept.bytes), (1, 1, 4));
            assert!(!left.exists() && staging.files().len() >= live - 1);
            rows.unbounded_send(row(50_000)).unwrap();
            drop(rows);
        };
        let (written, ()) = tokio::join!(insert.into_future(), swept);
        let written = written.unwrap();
        assert_eq!((written.rows(), written.path()), (50_001, WritePath::Staged), "{format:?}");
        assert_eq!(count(&db, &table).await, 50_001, "{format:?}");
        let mut staged = 0;
        let again = db.insert_stream(stream::iter((0..9).map(|id| Ok(row(id))))).staged();
        let again = again.idempotency_key("swept").on_progress(|now| staged = now.rows_staged).await.unwrap();
        assert_eq!((again.path(), again.ingest_id()), (WritePath::AlreadyThere, written.ingest_id()));
        assert_eq!((count(&db, &table).await, staged), (50_001, 0), "{format:?}");
        assert_eq!(staging.files(), Vec::<PathBuf>::new());
        db.exec(format!("DROP TABLE {table}")).await.unwrap();
    }
}
