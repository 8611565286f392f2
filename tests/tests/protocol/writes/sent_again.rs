//! Staged rows whose statement is sent again, or looked for: their files stay for as long as they are read.

use std::path::PathBuf;
use std::time::Duration;

use lakeorm::dialect::{Delta, Dialect, Iceberg};
use lakeorm::{Client, Error, ErrorKind, WritePath, open};
use lakeorm_tests::fake::{Exchange, Failure, Fake, on};
use lakeorm_tests::files;

use super::remembered::counts;
use super::staged::{Disk, counted, no_key_twice, over_files};
use super::{
    Keyed, at_once, conflict, cut, dropped, drops, found, ice, insert, look, lost, merge, statement, view,
};
use crate::setup::{builder, soon};

static ROWS: [Keyed; 1] = [Keyed { id: 1 }];

const LOOK: &str = "SELECT * FROM t LIMIT 0";

/// The statement, sent while the one file of the write is where it was.
fn beside_its_file(statement: Exchange, directory: PathBuf) -> Exchange {
    statement.when("its file is there", move |_| files(&directory).len() == 1)
}

/// With one place only, a session that was lost has to go back before another is taken.
fn client(fake: &Fake, dialect: impl Dialect, disk: &Disk) -> Client {
    let drv = builder(fake).pool_size(1).build().unwrap();
    open(drv, dialect, disk.backend()).unwrap()
}

/// There were two sessions: the one that was lost with so many plans, and the one that took its place.
fn assert_replaced_behind(fake: &Fake, plans: usize) {
    let sessions = fake.sessions("ExecutePlan");
    let (lost, live) = sessions.split_at(plans);
    assert!(lost.iter().all(|id| *id == lost[0]), "{plans}: {sessions:?}");
    assert!(live.iter().all(|id| *id == live[0] && *id != lost[0]), "{plans}: {sessions:?}");
}

#[tokio::test]
async fn a_staged_merge_whose_answer_is_lost_is_looked_for_and_its_files_go_once_it_is_found() {
    let disk = Disk::new("merge_found");
    let script = [look(), look(), counted(1), no_key_twice(), view().answer([])].into_iter();
    let merges = beside_its_file(merge(), disk.0.clone()).reset();
    let fake = Fake::start(script.chain([merges, cut(), dropped(), found(1)])).await;
    let db = disk.client(&fake);
    let written = soon(db.merge(&ROWS).staged().into_future()).await.unwrap();
    assert_eq!((written.path(), written.rows(), written.retries()), (WritePath::Staged, 1, 0));
    assert_eq!(disk.entries(), 0);
    soon(db.close()).await.unwrap();
    fake.finish();
}

#[tokio::test]
async fn a_staged_merge_with_a_key_whose_answer_is_lost_is_repeated_from_the_files_that_it_has() {
    let disk = Disk::new("merge_repeated");
    let attempt = || [counted(1), no_key_twice(), view().answer([])];
    let merges = || beside_its_file(merge(), disk.0.clone());
    let script = [look(), found(0), look(), found(0)].into_iter();
    let script = script.chain(attempt()).chain([merges().reset(), cut(), dropped(), found(0), look()]);
    let script = script.chain(attempt()).chain([merges().answer([counts(0..1)]), dropped()]);
    let fake = Fake::start(script).await;
    let db = disk.client(&fake);
    let merge = db.merge(&ROWS).staged().idempotency_key("k").conflicts(at_once(1));
    let written = soon(merge.into_future()).await.unwrap();
    assert_eq!((written.path(), written.rows(), written.retries()), (WritePath::Staged, 1, 1));
    // The rows are in the table, so that no other attempt reads the file.
    assert_eq!(disk.entries(), 0);
    soon(db.close()).await.unwrap();
    fake.finish();
}

#[tokio::test]
async fn a_staged_append_that_conflicts_is_sent_again_with_the_files_that_it_has() {
    let disk = Disk::new("append_conflicts");
    let inserts = || beside_its_file(insert(), disk.0.clone());
    let script = [
        look(),
        look(),
        counted(1),
        view().answer([]),
        inserts().fail(conflict()),
        dropped(),
        found(0),
        look(),
        counted(1),
        view().answer([]),
        inserts().answer([]),
        dropped(),
    ];
    let fake = Fake::start(script).await;
    let db = disk.client(&fake);
    let insert = db.insert(&ROWS).staged().conflicts(at_once(1));
    let written = soon(insert.into_future()).await.unwrap();
    assert_eq!((written.path(), written.retries()), (WritePath::Staged, 1));
    assert_eq!(disk.entries(), 0);
    soon(db.close()).await.unwrap();
    fake.finish();
}

#[tokio::test]
async fn a_staged_append_that_others_were_always_before_says_how_often_and_leaves_no_file() {
    for (retries, attempts) in [(0, "1 attempt: "), (1, "2 attempts: ")] {
        let disk = Disk::new(&format!("used_up_{retries}"));
        let attempt = |number: u32| {
            let again = (number > 0).then(look);
            let fails = [counted(1), view().answer([]), insert().fail(conflict()), dropped(), found(0)];
            again.into_iter().chain(fails)
        };
        let script = [look(), look()].into_iter().chain((0..=retries).flat_map(attempt));
        let fake = Fake::start(script).await;
        let db = disk.client(&fake);
        let insert = db.insert(&ROWS).staged().conflicts(at_once(retries));
        let error = soon(insert.into_future()).await.unwrap_err();
        assert!(error.is_commit_conflict() && error.kind() == ErrorKind::Server, "{error}");
        let told = format!("gave up after {attempts}other writers kept committing to t first");
        assert!(error.to_string().starts_with(&told), "{error}");
        assert_eq!(error.error_class(), Some("DELTA_CONCURRENT_APPEND"));
        assert_eq!(disk.entries(), 0, "{retries}");
        soon(db.close()).await.unwrap();
        fake.finish();
    }
}

#[tokio::test]
async fn a_session_that_is_lost_before_the_statement_of_a_staged_merge_is_replaced() {
    // Each is followed by one more look at the table, and then by all that is asked of the files.
    let losses = [
        vec![look(), on(LOOK).fail(lost())],
        vec![look(), look(), over_files("the count").fail(lost())],
        vec![look(), look(), counted(1), over_files("keys that come twice").fail(lost())],
        // The view may be there all the same.
        vec![look(), look(), counted(1), no_key_twice(), view().fail(lost()), drops().fail(lost())],
    ];
    for (number, loss) in losses.into_iter().enumerate() {
        let disk = Disk::new(&format!("replaced_{number}"));
        let plans = loss.len();
        let merges = beside_its_file(merge(), disk.0.clone()).answer([counts(0..1)]);
        let rest = [look(), counted(1), no_key_twice(), view().answer([]), merges, dropped()];
        let fake = Fake::start(loss.into_iter().chain(rest)).await;
        let db = client(&fake, Delta::new(), &disk);
        let written = soon(db.merge(&ROWS).staged().into_future()).await.unwrap();
        assert_eq!((written.path(), written.retries()), (WritePath::Staged, 0), "{number}");
        assert_eq!(disk.entries(), 0, "{number}");
        assert_replaced_behind(&fake, plans);
        soon(db.close()).await.unwrap();
        fake.finish();
    }
}

/// It was leased for the write, with what it knows of the table.
#[tokio::test]
async fn a_leased_session_that_is_lost_behind_the_staging_is_replaced_and_the_table_looked_at_anew() {
    let disk = Disk::new("leased");
    let looks = || [ice::refresh(), ice::look()];
    let inserts = statement("INSERT INTO ice.t (id, ");
    let inserts = beside_its_file(inserts, disk.0.clone()).answer([]);
    let script = looks().into_iter().chain(looks()).chain([over_files("the count").fail(lost())]);
    let script = script.chain(looks()).chain([counted(1), view().answer([]), inserts, dropped()]);
    let fake = Fake::start(script).await;
    let db = client(&fake, Iceberg::new().catalog("ice"), &disk);
    let written = soon(db.insert(&ROWS).staged().into_future()).await.unwrap();
    assert_eq!((written.path(), written.retries()), (WritePath::Staged, 0));
    assert_eq!(disk.entries(), 0);
    assert_replaced_behind(&fake, 5);
    soon(db.close()).await.unwrap();
    fake.finish();
}

#[tokio::test]
async fn a_session_that_is_lost_with_the_statement_of_a_staged_append_leaves_it_to_a_look_in_another() {
    for (rows, kind) in [(1, None), (0, Some(ErrorKind::OutcomeUnknown))] {
        let disk = Disk::new(&format!("lost_with_{rows}"));
        let script = [look(), look(), counted(1), view().answer([])].into_iter();
        let ends = [insert().fail(lost()), drops().fail(lost()), found(rows)];
        let fake = Fake::start(script.chain(ends)).await;
        let db = client(&fake, Delta::new(), &disk);
        let written = soon(db.insert(&ROWS).staged().into_future()).await;
        assert_eq!(written.as_ref().err().map(Error::kind), kind, "{written:?}");
        assert_replaced_behind(&fake, 6);
        soon(db.close()).await.unwrap();
        // A statement whose answer is lost and whose rows are not there may still read its file.
        let left = usize::from(kind.is_some());
        assert_eq!(files(&disk.0).len(), left, "{written:?}");
        let swept = soon(db.cleanup_staging(Duration::ZERO)).await.unwrap();
        assert_eq!((swept.files, disk.entries()), (u64::try_from(left).unwrap(), 0));
        fake.finish();
    }
}

#[tokio::test]
async fn the_file_of_a_write_that_failed_unexplained_stays_if_nobody_can_look() {
    let disk = Disk::new("unseen");
    let fails =
        || Failure::sail("org.apache.spark.sql.AnalysisException", "External error: the disk is full");
    let looks = on("SELECT 1 AS found FROM t WHERE _ingest_id = :ingest_id LIMIT 1").whatever_values();
    let script = [look(), look(), counted(1), view().answer([])].into_iter();
    let ends = [insert().fail(fails()), dropped(), looks.fail(fails())];
    let fake = Fake::start(script.chain(ends)).await;
    let db = disk.client(&fake);
    let error = soon(db.insert(&ROWS).staged().into_future()).await.unwrap_err();
    assert_eq!((error.kind(), files(&disk.0).len()), (ErrorKind::OutcomeUnknown, 1), "{error}");
    soon(db.close()).await.unwrap();
    let swept = soon(db.cleanup_staging(Duration::ZERO)).await.unwrap();
    assert_eq!((swept.files, disk.entries()), (1, 0));
    fake.finish();
}

#[tokio::test]
async fn a_session_that_is_lost_a_second_time_is_the_callers_error_and_no_file_is_left() {
    let disk = Disk::new("lost_twice");
    let loses = || [look(), over_files("the count").fail(lost())];
    let fake = Fake::start([look()].into_iter().chain(loses()).chain(loses())).await;
    let db = client(&fake, Delta::new(), &disk);
    let error = soon(db.insert(&ROWS).staged().into_future()).await.unwrap_err();
    assert_eq!((error.kind(), disk.entries()), (ErrorKind::SessionLost, 0), "{error}");
    assert!(error.to_string().contains("nothing was written"), "{error}");
    soon(db.close()).await.unwrap();
    fake.finish();
}
