//! Rows that go through files.

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use futures::stream;
use lakeorm::object_store::local::LocalFileSystem;
use lakeorm::table::TableDefinition;
use lakeorm::{Backend, Client, ErrorKind, LakeRow, LakeTable, WritePath, WriteProgress, query_scalar};
use lakeorm_tests::engine::Engine;
use lakeorm_tests::files;
use lakeorm_tests::formats::Format;
use lakeorm_tests::scripted_store::ScriptedStore;
use tokio::time::timeout;
use uuid::Uuid;

use super::inserted::{EveryType, every_type};
use super::{client_of, clients_with, formats, one_of, rows};

mod full_disk;
mod object_stores;
mod processes;

/// A place for files that the engine reads, and the clients that have it.
pub(super) struct Staging {
    pub(super) directory: PathBuf,
}

impl Staging {
    pub(super) fn new(name: &str) -> Self {
        let directory = Engine::from_env().dir.join("staged").join(name);
        fs::create_dir_all(&directory).unwrap();
        Self { directory }
    }

    pub(super) fn address(&self) -> String {
        format!("file://{}", self.directory.display())
    }

    pub(super) fn backend(&self) -> Backend {
        Backend::parse(&self.address()).unwrap()
    }

    pub(super) async fn clients(&self) -> Vec<(Format, Client)> {
        clients_with(self.backend()).await
    }

    /// Every file below it, whatever it is called.
    pub(super) fn files(&self) -> Vec<PathBuf> {
        files(&self.directory)
    }

    /// The bytes of these files.
    fn bytes(&self) -> u64 {
        self.files().iter().map(|file| fs::metadata(file).unwrap().len()).sum()
    }
}

pub(super) async fn count(db: &Client, table: &str) -> i64 {
    query_scalar(db, format!("SELECT count(*) FROM {table}")).await.unwrap()
}

#[tokio::test]
async fn staged_rows_of_every_type_are_read_back_and_their_files_are_gone() {
    let staging = Staging::new("every_type");
    for (format, db) in staging.clients().await {
        let table = format.table("written.every_type_staged");
        db.migrate::<Staged>().await.unwrap();
        let rows_in = every_type().into_iter().map(|all| Staged { all }).collect::<Vec<_>>();
        let written = db.insert(&rows_in).staged().await.unwrap();
        assert_eq!((written.rows(), written.path()), (2, WritePath::Staged), "{format:?}");
        assert_eq!(rows::<EveryType>(&db, &table, "id").await, every_type(), "{format:?}");
        assert_eq!(staging.files(), Vec::<PathBuf>::new(), "{format:?}");
        db.exec(format!("DROP TABLE {table}")).await.unwrap();
    }
}

#[derive(Debug, Clone, PartialEq, LakeTable)]
#[lake(table = "written.every_type_staged")]
struct Staged {
    #[lake(flatten)]
    all: EveryType,
}

/// A row of a table that only one test has, by its number: the tests run at the same time.
#[derive(Debug, Clone, PartialEq, Eq, LakeRow, LakeTable)]
struct Reading<const TEST: u32> {
    sensor: String,
    at: i64,
    value: i64,
}

impl<const TEST: u32> LakeTable for Reading<TEST> {
    fn definition() -> TableDefinition {
        TableDefinition::of::<Self>(&Self::name()).merge_key("sensor").merge_key("at")
    }
}

impl<const TEST: u32> Reading<TEST> {
    fn new(at: i64, value: i64) -> Self {
        Self { sensor: format!("sensor {}", at % 7), at, value }
    }

    fn name() -> String {
        format!("written.staged_{TEST}")
    }

    /// Makes the table anew, and gives its name in statements.
    async fn table(format: Format, db: &Client) -> String {
        let table = format.table(&Self::name());
        db.exec(format!("DROP TABLE IF EXISTS {table}")).await.unwrap();
        db.migrate::<Self>().await.unwrap();
        table
    }
}

#[tokio::test]
async fn a_stream_is_written_in_parts_while_its_rows_come() {
    type Row = Reading<1>;
    let staging = Staging::new("stream");
    for (format, db) in one_of(1, staging.backend()).await {
        let table = Row::table(format, &db).await;
        let readings = stream::iter((0..50_000).map(|at| Ok(Row::new(at, at * 2))));
        let (mut told, mut stored) = (Vec::<WriteProgress>::new(), None);
        let insert = db.insert_stream(readings).staged().part_size(64 << 10).on_progress(|now| {
            told.push(now);
            if now.rows_staged == 50_000 {
                stored.get_or_insert_with(|| staging.bytes());
            }
        });
        let written = insert.await.unwrap();
        assert_eq!((written.rows(), written.path()), (50_000, WritePath::Staged));
        let sum = format!("SELECT count(*), sum(value), count(DISTINCT at) FROM {table}");
        let sums: (i64, i64, i64) = lakeorm::query_first(&db, sum).await.unwrap();
        assert_eq!(sums, (50_000, 49_999 * 50_000, 50_000), "{format:?}");
        let last = told.last().unwrap();
        assert_eq!((last.rows_encoded, last.rows_staged, last.rows_committed), (50_000, 50_000, 50_000));
        assert_eq!(last.bytes_encoded, written.bytes());
        assert_eq!(Some(last.bytes_staged), stored, "{format:?}");
        let staged: Vec<_> = told.iter().map(|now| (now.rows_staged, now.bytes_staged)).collect();
        let grows =
            |(before, now): (&(u64, u64), &(u64, u64))| before == now || before.0 < now.0 && before.1 < now.1;
        assert!(staged.iter().zip(&staged[1..]).all(grows), "{staged:?}");
        let staged_first = told.iter().position(|now| now.rows_staged > 0).unwrap();
        let encoded_last = told.iter().position(|now| now.rows_encoded == 50_000).unwrap();
        assert!(staged_first < encoded_last, "no part was stored before the last row came: {told:?}");
        assert!(told.iter().rev().skip(1).all(|now| now.rows_committed == 0));
        assert_eq!(staging.files(), Vec::<PathBuf>::new());
        db.exec(format!("DROP TABLE {table}")).await.unwrap();
    }
}

#[tokio::test]
async fn staged_rows_are_merged_by_every_part_of_their_key() {
    type Row = Reading<2>;
    let staging = Staging::new("merge");
    for (format, db) in staging.clients().await {
        let table = Row::table(format, &db).await;
        db.insert(&[Row::new(1, 10), Row::new(2, 20)]).await.unwrap();
        let written = db.merge(&[Row::new(2, 21), Row::new(3, 30)]).staged().await.unwrap();
        assert_eq!((written.rows(), written.path()), (2, WritePath::Staged));
        let all = [Row::new(1, 10), Row::new(2, 21), Row::new(3, 30)];
        assert_eq!(rows::<Row>(&db, &table, "at").await, all, "{format:?}");

        let twice: Vec<Row> = [4, 5, 6, 5].map(|at| Row::new(at, 0)).to_vec();
        // Of rows that are too many to be remembered it is the engine that finds them.
        for batch in [100, 2] {
            let merge = db.merge(&twice).staged().batch_size(batch.try_into().unwrap());
            let error = merge.await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Encode, "{error}");
            assert!(error.to_string().contains("row 3"), "{error}");
            assert!(error.to_string().contains("row 1 has the same merge key"), "{error}");
        }
        assert_eq!(rows::<Row>(&db, &table, "at").await, all, "{format:?}");
        assert_eq!(staging.files(), Vec::<PathBuf>::new());
        db.exec(format!("DROP TABLE {table}")).await.unwrap();
    }
}

/// Called as the columns are by which two rows with one key are usually looked for.
#[derive(Debug, Clone, PartialEq, Eq, LakeRow, LakeTable)]
#[lake(table = "written.people")]
struct Person {
    #[lake(merge_key)]
    first: String,
    #[lake(merge_key)]
    last: String,
    #[lake(merge_key)]
    rows: i64,
    age: i64,
}

#[tokio::test]
async fn two_rows_with_one_key_are_found_whatever_its_columns_are_called() {
    let staging = Staging::new("people");
    let person = |first: &str, age| Person { first: first.into(), last: "Smith".into(), rows: 1, age };
    for (format, db) in one_of(0, staging.backend()).await {
        db.migrate::<Person>().await.unwrap();
        let twice = [person("Eve", 1), person("Ann", 2), person("Eve", 3)];
        let merge = db.merge(&twice).staged().batch_size(2.try_into().unwrap());
        let error = merge.await.unwrap_err().to_string();
        assert!(error.contains("row 2: row 0 has the same merge key"), "{format:?}: {error}");
        db.merge(&twice[1..]).staged().batch_size(1.try_into().unwrap()).await.unwrap();
        let table = format.table("written.people");
        assert_eq!(rows::<Person>(&db, &table, "age").await, &twice[1..], "{format:?}");
        assert_eq!(staging.files(), Vec::<PathBuf>::new());
        db.exec(format!("DROP TABLE {table}")).await.unwrap();
    }
}

#[tokio::test]
async fn a_key_writes_staged_rows_once_and_the_second_time_stages_nothing() {
    type Row = Reading<3>;
    let staging = Staging::new("keyed");
    for (format, db) in one_of(0, staging.backend()).await {
        let table = Row::table(format, &db).await;
        let readings: Vec<Row> = (0..10).map(|at| Row::new(at, 1)).collect();
        let first = db.insert(&readings).staged().idempotency_key("once").await.unwrap();
        let mut staged = 0;
        let again = db.insert(&readings).staged().idempotency_key("once");
        let again = again.on_progress(|now| staged = now.rows_staged).await.unwrap();
        assert_eq!((first.path(), again.path()), (WritePath::Staged, WritePath::AlreadyThere));
        assert_eq!((first.ingest_id(), staged), (again.ingest_id(), 0));
        assert_eq!(count(&db, &table).await, 10, "{format:?}");
        db.exec(format!("DROP TABLE {table}")).await.unwrap();
    }
}

#[tokio::test]
async fn an_error_in_a_stream_ends_the_write_and_leaves_nothing() {
    type Row = Reading<4>;
    let staging = Staging::new("broken_stream");
    for (format, db) in one_of(1, staging.backend()).await {
        let table = Row::table(format, &db).await;
        let good = (0..20_000).map(|at| Ok(Row::new(at, at)));
        let broken = good.chain([Err(std::io::Error::other("the source is gone").into())]);
        let insert = db.insert_stream(stream::iter(broken)).staged().part_size(16 << 10).await;
        let error = insert.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Input);
        assert_eq!(error.to_string(), "the rows could not be read: the source is gone");
        assert_eq!(count(&db, &table).await, 0, "{format:?}");
        assert_eq!(staging.files(), Vec::<PathBuf>::new());
        db.exec(format!("DROP TABLE {table}")).await.unwrap();
    }
}

/// A full disk, or credentials that end between two parts.
#[tokio::test]
async fn a_part_that_cannot_be_stored_is_one_error_and_the_others_are_removed() {
    type Row = Reading<5>;
    let staging = Staging::new("full");
    for (format, reason) in formats().into_iter().zip(["No space left on device", "ExpiredToken"]) {
        let disk = LocalFileSystem::new_with_prefix(&staging.directory).unwrap().with_automatic_cleanup(true);
        let store = Arc::new(ScriptedStore::failing(Arc::new(disk), 2, reason));
        let backend = Backend::from_store(store, "", &staging.address()).unwrap();
        let db = client_of(format, backend).await;
        let table = Row::table(format, &db).await;
        let readings: Vec<Row> = (0..20_000).map(|at| Row::new(at, at)).collect();
        let batch = 1000.try_into().unwrap();
        let insert = db.insert(&readings).staged().part_size(4 << 10).batch_size(batch).await;
        let error = insert.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Staging, "{error}");
        assert!(error.to_string().contains(reason), "{error}");
        assert_eq!(count(&db, &table).await, 0);
        assert_eq!(staging.files(), Vec::<PathBuf>::new());
        db.exec(format!("DROP TABLE {table}")).await.unwrap();
    }
}

#[tokio::test]
async fn files_that_the_engine_does_not_find_are_an_error_that_names_its_address() {
    type Row = Reading<6>;
    let (staging, elsewhere) = (Staging::new("here"), Staging::new("elsewhere"));
    let backend = staging.backend().read_as(&elsewhere.address()).unwrap();
    for (format, db) in one_of(1, backend).await {
        let table = Row::table(format, &db).await;
        let error = db.insert(&[Row::new(1, 1)]).staged().await.unwrap_err();
        let told = error.to_string();
        assert_eq!(error.kind(), ErrorKind::Staging, "{told}");
        assert!(told.contains(&elsewhere.address()) && told.contains("nothing was written"), "{told}");
        assert_eq!(count(&db, &table).await, 0, "{format:?}");
        assert_eq!(staging.files(), Vec::<PathBuf>::new());
        db.exec(format!("DROP TABLE {table}")).await.unwrap();
    }
}

#[tokio::test]
async fn nothing_is_staged_for_a_table_that_is_not_there_or_without_a_backend() {
    let staging = Staging::new("no_table");
    for (format, db) in staging.clients().await {
        db.exec(format!("DROP TABLE IF EXISTS {}", format.table("written.staged_nowhere"))).await.unwrap();
        let error = db.insert(&[Nowhere { id: 1 }]).staged().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::SchemaMismatch, "{error}");
        assert!(!staging.directory.join("staging").exists());
    }
    for (_, db) in super::clients().await {
        let error = db.insert(&[Nowhere { id: 1 }]).staged().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Config);
        assert!(error.to_string().contains("Backend::parse"), "{error}");
    }
}

#[derive(Debug, LakeTable)]
#[lake(table = "written.staged_nowhere")]
struct Nowhere {
    id: i64,
}

#[tokio::test]
async fn an_address_that_the_engine_has_no_reader_for_is_an_error_that_names_it() {
    refused_as::<8>("tape").await;
}

/// What becomes of rows that the engine is to read under a scheme that it does not know.
async fn refused_as<const TEST: u32>(scheme: &str) {
    let staging = Staging::new(&format!("no_reader_{TEST}"));
    let address = format!("{scheme}://lake/tables");
    for (format, db) in one_of(1, staging.backend().read_as(&address).unwrap()).await {
        let table = Reading::<TEST>::table(format, &db).await;
        let row = Reading::<TEST>::new(1, 1);
        let error = db.insert(&[row]).staged().await.unwrap_err().to_string();
        assert!(error.contains(&format!("the engine cannot read {address}/staging/")), "{error}");
        assert_eq!((count(&db, &table).await, staging.files().len()), (0, 0), "{format:?}");
        db.exec(format!("DROP TABLE {table}")).await.unwrap();
    }
}

/// A dropped write stops, and its files go.
#[tokio::test]
async fn a_write_that_is_dropped_removes_its_files() {
    type Row = Reading<7>;
    let staging = Staging::new("dropped");
    for (format, db) in one_of(0, staging.backend()).await {
        let table = Row::table(format, &db).await;
        let (first_part, mut stored) = tokio::sync::mpsc::unbounded_channel();
        let endless = stream::iter((0..).map(|at| Ok(Row::new(at, at))));
        let insert = db.insert_stream(endless).staged().part_size(16 << 10).on_progress(move |now| {
            if now.rows_staged > 0 {
                let _ = first_part.send(());
            }
        });
        tokio::select! {
            ended = insert => panic!("an endless stream ended: {ended:?}"),
            stored = stored.recv() => stored.unwrap(),
        }
        let gone = async {
            while !staging.files().is_empty() {
                tokio::task::yield_now().await;
            }
        };
        timeout(Duration::from_mins(1), gone).await.expect("the files of a write that was dropped go");
        assert_eq!(count(&db, &table).await, 0, "{format:?}");
        db.exec(format!("DROP TABLE {table}")).await.unwrap();
    }
}

#[tokio::test]
async fn a_sweep_removes_what_old_writes_left_and_nothing_else() {
    let staging = Staging::new("swept");
    let db = client_of(formats()[0], staging.backend()).await;
    let directory = staging.directory.join("staging");
    let old = Uuid::new_v7(uuid::Timestamp::from_unix(uuid::NoContext, 1_700_000_000, 0));
    let put = |path: &str| {
        let path = directory.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, "four").unwrap();
        let long_ago = SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000);
        fs::File::options().write(true).open(&path).unwrap().set_modified(long_ago).unwrap();
        path
    };
    put(&format!("{old}/part-00000.parquet"));
    put(&format!("{old}/part-00001.parquet"));
    put(&format!("{old}/part-00002.parquet#1"));
    let kept = [
        put(&format!("{}/part-00000.parquet", Uuid::now_v7())),
        put(&format!("{}/part-00000.parquet", Uuid::new_v4())),
        put(&format!("{old}/notes.txt")),
        put("of_others/part-00000.parquet"),
        put("README"),
    ];
    let swept = db.cleanup_staging(Duration::from_secs(3600)).await.unwrap();
    assert_eq!((swept.writes, swept.files, swept.bytes), (1, 3, 12));
    let (mut left, mut kept) = (staging.files(), kept.to_vec());
    left.sort();
    kept.sort();
    assert_eq!(left, kept);
    assert_eq!(db.cleanup_staging(Duration::from_secs(3600)).await.unwrap().files, 0);
    fs::remove_dir_all(&directory).unwrap();
}
