//! Rows that go through files, over a server that fails in between.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use std::{env, fs, process};

use futures::stream;
use lakeorm::dialect::Delta;
use lakeorm::object_store::memory::InMemory;
use lakeorm::object_store::{ObjectStore, ObjectStoreExt};
use lakeorm::{Backend, Client, ErrorKind, LakeTable, Result, WritePath, WriteProgress, open};
use lakeorm_tests::fake::{Code, Exchange, Failure, Fake, execute, on};
use lakeorm_tests::files;
use lakeorm_tests::scripted_store::ScriptedStore;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use super::memory::{backend, stored};
use super::remembered::counts;
use super::{at_once, conflict, cut, dropped, found, insert, look, merge, plan_with};
use crate::setup::{driver, numbers, soon};

#[derive(LakeTable)]
#[lake(table = "t")]
struct Row {
    #[lake(merge_key)]
    id: i64,
}

/// A directory of the user's, which is there before the first write.
pub(super) struct Disk(pub(super) PathBuf);

impl Disk {
    pub(super) fn new(name: &str) -> Self {
        let directory = env::temp_dir().join(format!("lakeorm_staged_{name}_{}", process::id()));
        fs::create_dir_all(&directory).unwrap();
        Self(directory)
    }

    pub(super) fn backend(&self) -> Backend {
        Backend::parse(&format!("file://{}", self.0.display())).unwrap()
    }

    pub(super) fn client(&self, fake: &Fake) -> Client {
        open(driver(fake), Delta::new(), self.backend()).unwrap()
    }

    /// What is in it, of whatever kind.
    pub(super) fn entries(&self) -> usize {
        fs::read_dir(&self.0).unwrap().count()
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// What is said of the reading, whatever the server's settings are.
const READING: [&str; 5] = [
    "\"ignoreMissingFiles\": \"false\"",
    "\"ignoreCorruptFiles\": \"false\"",
    "\"mergeSchema\": \"false\"",
    "\"datetimeRebaseMode\": \"CORRECTED\"",
    "\"int96RebaseMode\": \"CORRECTED\"",
];

/// The view of the files.
fn view() -> Exchange {
    plan_with("the view of the files", true, &READING)
}

/// A query over the files.
pub(super) fn over_files(what: &str) -> Exchange {
    execute().when(what, |request| request.statement().is_none() && !request.is_command())
}

pub(super) fn counted(rows: i64) -> Exchange {
    plan_with("the count", false, &READING).answer([numbers(rows..rows + 1)])
}

pub(super) fn no_key_twice() -> Exchange {
    over_files("keys that come twice").answer([numbers(0..0)])
}

#[tokio::test]
async fn staged_rows_are_counted_named_and_inserted_and_the_users_directory_stays() {
    let disk = Disk::new("inserted");
    let fake =
        Fake::start([look(), look(), counted(2), view().answer([]), insert().answer([]), dropped()]).await;
    let db = disk.client(&fake);
    let mut last = WriteProgress::default();
    let rows = [Row { id: 1 }, Row { id: 2 }];
    let insert = db.insert(&rows).staged().part_size(0).on_progress(|now| last = now);
    let written = soon(insert.into_future()).await.unwrap();
    assert_eq!((written.path(), written.rows()), (WritePath::Staged, 2));
    assert_eq!((last.rows_staged, last.rows_committed), (2, 2));
    assert_eq!((last.bytes_committed, last.bytes_encoded), (written.bytes(), written.bytes()));
    assert_eq!(disk.entries(), 0, "what was staged is gone, the directory is not");
    soon(db.close()).await.unwrap();
    fake.finish();
}

#[tokio::test]
async fn a_staged_merge_that_others_were_before_reads_its_files_again() {
    let disk = Disk::new("merged");
    let attempt = || [counted(1), no_key_twice(), view().answer([])];
    let script = [look(), look()].into_iter().chain(attempt());
    let script = script.chain([merge().fail(conflict()), dropped(), found(0), look()]).chain(attempt());
    let fake = Fake::start(script.chain([merge().answer([counts(0..1)]), dropped()])).await;
    let db = disk.client(&fake);
    let merge = db.merge(&[Row { id: 1 }]).staged().conflicts(at_once(1));
    let written = soon(merge.into_future()).await.unwrap();
    assert_eq!((written.path(), written.retries(), disk.entries()), (WritePath::Staged, 1, 0));
    soon(db.close()).await.unwrap();
    fake.finish();
}

#[tokio::test]
async fn an_engine_without_access_to_the_files_is_a_staging_error() {
    let disk = Disk::new("no_access");
    let refused = Failure::spark("INSUFFICIENT_PERMISSIONS", "42501");
    let fake = Fake::start([look(), look(), over_files("the count").fail(refused)]).await;
    let db = disk.client(&fake);
    let error = soon(db.insert(&[Row { id: 1 }]).staged().into_future()).await.unwrap_err();
    assert_eq!((error.kind(), error.error_class()), (ErrorKind::Staging, Some("INSUFFICIENT_PERMISSIONS")));
    assert!(!error.may_have_run() && !error.is_retryable() && disk.entries() == 0);
    let told = error.to_string();
    assert!(told.contains(&format!("the engine cannot read file://{}", disk.0.display())), "{told}");
    assert!(told.contains("nothing was written. Give the engine its own credentials"), "{told}");
    soon(db.close()).await.unwrap();
    fake.finish();
}

#[tokio::test]
async fn a_token_that_is_refused_between_two_steps_leaves_no_files() {
    let disk = Disk::new("refused");
    let refused = Failure::status(Code::Unauthenticated, "who?");
    let fake = Fake::start([look(), look(), over_files("the count").fail(refused)]).await;
    let db = disk.client(&fake);
    let rows = [Row { id: 1 }];
    let error = soon(db.insert(&rows).staged().into_future()).await.unwrap_err();
    assert_eq!((error.kind(), disk.entries()), (ErrorKind::Unauthenticated, 0), "{error}");
    soon(db.close()).await.unwrap();
    fake.finish();
}

/// Sail would write what is left of them.
#[tokio::test]
async fn files_that_a_statement_may_still_read_are_not_removed() {
    for (answer, kind) in [("lost", ErrorKind::OutcomeUnknown), ("late", ErrorKind::Timeout)] {
        let disk = Disk::new(answer);
        let script = [look(), look(), counted(1), view().answer([])].into_iter();
        let rest = match kind {
            ErrorKind::Timeout => vec![insert().at_work(), dropped()],
            _ => vec![insert().reset(), cut(), dropped(), found(0)],
        };
        let fake = Fake::start(script.chain(rest)).await;
        let db = disk.client(&fake);
        let rows = [Row { id: 1 }];
        let insert = db.insert(&rows).staged();
        let insert = if kind == ErrorKind::Timeout { insert.timeout(Duration::from_secs(1)) } else { insert };
        let error = soon(insert.into_future()).await.unwrap_err();
        assert_eq!((error.kind(), files(&disk.0).len()), (kind, 1), "{error}");
        if kind == ErrorKind::OutcomeUnknown {
            soon(db.close()).await.unwrap();
            assert_eq!(files(&disk.0).len(), 1, "closing leaves them to a sweep");
            let swept = db.cleanup_staging(Duration::ZERO).await.unwrap();
            assert_eq!((swept.files, disk.entries()), (1, 0));
        }
        fake.finish_anywhere();
    }
}

#[tokio::test]
async fn files_of_a_write_that_is_dropped_behind_a_lost_answer_are_left_to_a_sweep() {
    let disk = Disk::new("dropped");
    let asking = on("SELECT 1 AS found FROM t WHERE _ingest_id = :ingest_id LIMIT 1").whatever_values();
    let script = [look(), look(), counted(1), view().answer([]), insert().reset(), cut(), dropped()];
    let fake = Fake::start(script.into_iter().chain([asking.at_work()])).await;
    let db = disk.client(&fake);
    let write = tokio::spawn({
        let db = db.clone();
        async move { db.insert(&[Row { id: 1 }]).staged().await }
    });
    soon(fake.wait_for_nth("ExecutePlan", 7)).await;
    write.abort();
    assert!(write.await.unwrap_err().is_cancelled());
    soon(db.close()).await.unwrap();
    assert_eq!(files(&disk.0).len(), 1, "the statement may still read it");
    let swept = db.cleanup_staging(Duration::ZERO).await.unwrap();
    assert_eq!((swept.files, disk.entries()), (1, 0));
    fake.finish_anywhere();
}

#[tokio::test]
async fn rows_that_are_there_already_are_not_told_as_committed_on_either_path() {
    let disk = Disk::new("there");
    let fake = Fake::start([look(), found(1), look(), found(1)]).await;
    let db = disk.client(&fake);
    let rows = [Row { id: 1 }];
    for is_staged in [false, true] {
        let mut last = WriteProgress::default();
        let insert = db.insert(&rows).idempotency_key("k").on_progress(|now| last = now);
        let insert = if is_staged { insert.staged() } else { insert };
        let written = soon(insert.into_future()).await.unwrap();
        assert_eq!(written.path(), WritePath::AlreadyThere);
        assert_eq!((last.rows_encoded, last.rows_committed, last.bytes_committed), (1, 0, 0), "{is_staged}");
    }
    soon(db.close()).await.unwrap();
    fake.finish();
}

#[tokio::test]
async fn a_stream_without_rows_stages_nothing() {
    let disk = Disk::new("empty");
    let fake = Fake::start([]).await;
    let db = disk.client(&fake);
    let rows = stream::iter(Vec::<Result<Row>>::new());
    let written = soon(db.insert_stream(rows).staged().into_future()).await.unwrap();
    assert_eq!((written.path(), disk.entries()), (WritePath::Nothing, 0));
    assert!(fake.requests().is_empty());
    fake.finish();
}

#[tokio::test]
async fn a_sweep_goes_on_behind_a_file_that_cannot_be_removed() {
    let objects: Arc<dyn ObjectStore> = Arc::new(InMemory::new());
    let write = "lake/staging/01900000-0000-7000-8000-000000000000";
    for file in 0..3 {
        let path = format!("{write}/part-0000{file}.parquet").into();
        objects.put(&path, "rows".into()).await.unwrap();
    }
    let store = ScriptedStore::keeping(Arc::clone(&objects), "part-00001.parquet", "AccessDenied");
    let backend = Backend::from_store(Arc::new(store), "lake", "memory:///lake").unwrap();
    let fake = Fake::start([]).await;
    let db = open(driver(&fake), Delta::new(), backend).unwrap();
    let error = soon(db.cleanup_staging(Duration::ZERO)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Staging);
    let told = error.to_string();
    assert!(told.starts_with("removed 2 files and failed on 1; the first failure: "), "{told}");
    assert!(told.contains("AccessDenied"), "{told}");
    objects.head(&format!("{write}/part-00001.parquet").into()).await.unwrap();
    objects.head(&format!("{write}/part-00002.parquet").into()).await.unwrap_err();
    fake.finish();
}

/// The directory of a write that began long ago by its own clock, with so many files.
async fn left_behind(objects: &Arc<dyn ObjectStore>, files: usize) {
    for file in 0..files {
        let path = format!("lake/staging/01900000-0000-7000-8000-000000000000/part-{file:05}.parquet");
        objects.put(&path.into(), "rows".into()).await.unwrap();
    }
}

/// By this machine's clock the file is two hours old.
#[tokio::test]
async fn a_sweep_whose_clock_is_ahead_of_the_stores_leaves_a_write_that_stores_files() {
    let objects: Arc<dyn ObjectStore> = Arc::new(InMemory::new());
    left_behind(&objects, 1).await;
    let hour = Duration::from_secs(3600);
    let behind = ScriptedStore::behind(Arc::clone(&objects), 2 * hour);
    let fake = Fake::start([]).await;
    let db = open(driver(&fake), Delta::new(), backend(Arc::new(behind))).unwrap();
    assert_eq!(soon(db.cleanup_staging(hour)).await.unwrap().files, 0);
    assert_eq!(stored(&objects).await, 1);
    assert_eq!(soon(db.cleanup_staging(Duration::ZERO)).await.unwrap().files, 1);
    fake.finish();
}

#[tokio::test]
async fn a_sweep_that_cannot_tell_the_time_of_the_store_removes_nothing() {
    let objects: Arc<dyn ObjectStore> = Arc::new(InMemory::new());
    left_behind(&objects, 1).await;
    let full = ScriptedStore::failing(Arc::clone(&objects), 0, "QuotaExceeded");
    let fake = Fake::start([]).await;
    let db = open(driver(&fake), Delta::new(), backend(Arc::new(full))).unwrap();
    let error = soon(db.cleanup_staging(Duration::from_secs(1))).await.unwrap_err();
    assert_eq!((error.kind(), stored(&objects).await), (ErrorKind::Staging, 1));
    let told = error.to_string();
    assert!(told.starts_with("nothing was removed: a file to tell the time of the backend by"), "{told}");
    assert!(told.contains("wants to be allowed: ") && told.contains("QuotaExceeded"), "{told}");
    fake.finish();
}

#[tokio::test]
async fn a_sweep_removes_eight_files_at_once() {
    let objects: Arc<dyn ObjectStore> = Arc::new(InMemory::new());
    left_behind(&objects, 16).await;
    let store = ScriptedStore::removing_together(Arc::clone(&objects), 8);
    let fake = Fake::start([]).await;
    let db = open(driver(&fake), Delta::new(), backend(Arc::new(store))).unwrap();
    let swept = soon(db.cleanup_staging(Duration::ZERO)).await.unwrap();
    assert_eq!((swept.writes, swept.files, swept.bytes), (1, 16, 64));
    fake.finish();
}

#[tokio::test]
async fn a_sweep_leaves_writes_of_which_eight_files_in_a_row_cannot_be_removed() {
    let objects: Arc<dyn ObjectStore> = Arc::new(InMemory::new());
    left_behind(&objects, 20).await;
    let store = ScriptedStore::expiring(Arc::clone(&objects), 0, "ExpiredToken");
    let fake = Fake::start([]).await;
    let db = open(driver(&fake), Delta::new(), backend(Arc::new(store))).unwrap();
    let told = soon(db.cleanup_staging(Duration::ZERO)).await.unwrap_err().to_string();
    let begin = "removed 0 files and failed on 8, and did not try all; the first failure: ";
    assert!(told.starts_with(begin) && told.contains("ExpiredToken"), "{told}");
    assert_eq!(stored(&objects).await, 20);
    fake.finish();
}

/// A service that answers every request with this.
async fn service(answer: String) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut connection, _)) = listener.accept().await {
            let mut read = [0; 4096];
            let _ = connection.read(&mut read).await;
            let _ = connection.write_all(answer.as_bytes()).await;
        }
    });
    format!("http://{address}")
}

/// Google's client would send its token over any connection.
#[tokio::test]
async fn a_service_is_asked_in_plain_http_only_where_that_is_allowed() {
    let answer = "HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
    let endpoint = service(answer.to_owned()).await;
    let key = serde_json::json!({
        "private_key": "",
        "private_key_id": "",
        "client_email": "",
        "gcs_base_url": endpoint,
        "disable_oauth": true,
    });
    let key = key.to_string();
    let fake = Fake::start([]).await;
    for allowed in [None, Some("true")] {
        let options = [("google_service_account_key", key.as_str())].into_iter();
        let options = options.chain(allowed.map(|allowed| ("google_allow_http", allowed)));
        let backend = Backend::parse_with("gs://lake/tables", options).unwrap();
        let db = open(driver(&fake), Delta::new(), backend).unwrap();
        let error = soon(db.cleanup_staging(Duration::ZERO)).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Staging);
        assert_eq!(error.to_string().contains("403 Forbidden"), allowed.is_some(), "{error}");
    }
    fake.finish();
}

/// The token of the session comes back with the request that was refused.
#[tokio::test]
async fn what_a_store_repeats_of_a_request_is_not_told() {
    let body = "<?xml version=\"1.0\"?>\n<Error><Code>SignatureDoesNotMatch</Code><CanonicalRequest>GET\n\
                x-amz-security-token:s3cret</CanonicalRequest><Token-0>s3cret</Token-0></Error>";
    let length = body.len();
    let answer =
        format!("HTTP/1.1 403 Forbidden\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}");
    let options = [
        ("aws_endpoint", service(answer).await),
        ("aws_allow_http", "true".into()),
        ("aws_access_key_id", "test".into()),
        ("aws_secret_access_key", "test".into()),
        ("aws_session_token", "s3cret".into()),
        ("aws_region", "us-east-1".into()),
    ];
    let fake = Fake::start([]).await;
    let backend = Backend::parse_with("s3://lake/tables", options).unwrap();
    let db = open(driver(&fake), Delta::new(), backend).unwrap();
    let error = soon(db.cleanup_staging(Duration::ZERO)).await.unwrap_err();
    let told = format!("{error} {error:?}");
    assert!(told.contains("403 Forbidden: SignatureDoesNotMatch"), "{told}");
    assert!(!told.contains("s3cret") && !told.contains("Canonical"), "{told}");
    fake.finish();
}
