//! Staged files that the engine passes over, as Sail does where it does not find them.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use arrow_array::{ArrayRef, RecordBatch, UInt64Array};
use lakeorm::{Error, ErrorKind, Result, WritePath, Written};
use lakeorm_tests::fake::{Exchange, Failure, Fake};
use lakeorm_tests::files;

use super::staged::{Disk, counted, no_key_twice, over_files};
use super::{Keyed, at_once, conflict, dropped, insert, look, merge, statement, view};
use crate::setup::{numbers, soon};

const ROWS: [Keyed; 3] = [Keyed { id: 1 }, Keyed { id: 2 }, Keyed { id: 3 }];

/// The look for rows of the write, whose id stands in its text.
fn not_found() -> Exchange {
    statement("SELECT 1 AS found FROM t WHERE _ingest_id = ").answer([numbers(0..0)])
}

/// What Sail answers to a statement.
fn wrote(rows: u64) -> RecordBatch {
    let counts: ArrayRef = Arc::new(UInt64Array::from(vec![rows]));
    RecordBatch::try_from_iter([("count", counts)]).unwrap()
}

/// A write, by its statement.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Verb {
    Insert,
    InsertWithKey,
    Merge,
    MergeWithKey,
}

impl Verb {
    const MERGES: [Self; 3] = [Self::InsertWithKey, Self::Merge, Self::MergeWithKey];

    fn has_key(self) -> bool {
        matches!(self, Self::InsertWithKey | Self::MergeWithKey)
    }

    fn statement(self) -> Exchange {
        if self == Self::Insert { insert() } else { merge() }
    }

    /// What comes before the statement.
    fn handed_over(self) -> impl Iterator<Item = Exchange> {
        let compares = matches!(self, Self::Merge | Self::MergeWithKey);
        [counted(3)].into_iter().chain(compares.then(no_key_twice)).chain([view().answer([])])
    }

    /// What comes before the first attempt.
    fn begun(self) -> impl Iterator<Item = Exchange> {
        let looks = move || [look()].into_iter().chain(self.has_key().then(not_found));
        looks().chain(looks())
    }

    /// Writes the rows over an engine that passes over files.
    async fn write(self, script: impl IntoIterator<Item = Exchange>) -> Result<Written> {
        // Each write has a directory of its own, since the tests run at the same time.
        static WRITES: AtomicUsize = AtomicUsize::new(0);
        let disk = Disk::new(&format!("passed_over_{}", WRITES.fetch_add(1, Ordering::Relaxed)));
        let fake = Fake::builder().echoes_session_ids().script(self.begun().chain(script)).start().await;
        let db = disk.client(&fake);
        let insert = || db.insert(&ROWS).staged().conflicts(at_once(1));
        let merge = || db.merge(&ROWS).staged().conflicts(at_once(1));
        let ended = match self {
            Self::Insert => soon(insert().into_future()).await,
            Self::InsertWithKey => soon(insert().idempotency_key("k").into_future()).await,
            Self::Merge => soon(merge().into_future()).await,
            Self::MergeWithKey => soon(merge().idempotency_key("k").into_future()).await,
        };
        assert_eq!(disk.entries(), 0, "{self:?}: no statement reads them any more");
        soon(db.close()).await.unwrap();
        fake.finish();
        ended
    }

    async fn answered(self, rest: impl IntoIterator<Item = Exchange>) -> Result<Written> {
        self.write(self.handed_over().chain(rest)).await
    }
}

/// It is not sent again, and no look takes it for the whole.
fn assert_partly_written(error: &Error, words: &[&str]) {
    assert_eq!(error.kind(), ErrorKind::PartlyWritten, "{error}");
    assert!(error.may_have_run() && !error.is_retryable() && error.ingest_id().is_some(), "{error}");
    let told = error.to_string();
    assert!(words.iter().all(|word| told.contains(word)), "{told}");
}

#[tokio::test]
async fn an_insert_has_landed_if_the_engine_says_that_it_wrote_every_staged_row() {
    let written = Verb::Insert.answered([insert().answer([wrote(3)]), dropped()]).await.unwrap();
    assert_eq!((written.path(), written.rows(), written.retries()), (WritePath::Staged, 3, 0));
}

#[tokio::test]
async fn an_insert_of_which_the_engine_wrote_fewer_rows_says_how_to_remove_them() {
    let error = Verb::Insert.answered([insert().answer([wrote(2)]), dropped()]).await.unwrap_err();
    let words = [
        "only a part of the write ",
        " may be in t; remove it with `DELETE FROM t WHERE _ingest_id = '",
        "'`: the engine wrote 2 of 3 staged rows (first file file://",
        "). A file was removed meanwhile, as by cleanup_staging with too small an age",
    ];
    assert_partly_written(&error, &words);
}

#[tokio::test]
async fn an_insert_of_which_the_engine_wrote_no_row_says_that_nothing_was_written() {
    let error = Verb::Insert.answered([insert().answer([wrote(0)]), dropped()]).await.unwrap_err();
    assert_eq!((error.kind(), error.may_have_run()), (ErrorKind::Staging, false));
    let told = error.to_string();
    assert!(told.starts_with("the engine wrote 0 of 3 staged rows (first file file://"), "{told}");
    assert!(told.contains("; nothing was written. A file was removed"), "{told}");
}

#[tokio::test]
async fn the_files_are_counted_again_behind_an_insert_whose_answer_has_no_count() {
    let script = |rows| [insert().answer([]), counted(rows), dropped()];
    assert_eq!(Verb::Insert.answered(script(3)).await.unwrap().rows(), 3);
    let error = Verb::Insert.answered(script(1)).await.unwrap_err();
    assert_partly_written(&error, &["the engine sees 1 of 3 staged rows"]);
}

/// What it answers is the number of rows that it wrote anew, which says nothing of those that it read.
#[tokio::test]
async fn the_files_are_counted_again_behind_every_merge() {
    for verb in Verb::MERGES {
        let script = |rows| [merge().answer([wrote(3)]), counted(rows), dropped()];
        let written = verb.answered(script(3)).await.unwrap();
        assert_eq!((written.path(), written.rows()), (WritePath::Staged, 3), "{verb:?}");
        for left in [0, 2] {
            let error = verb.answered(script(left)).await.unwrap_err();
            let seen = format!("the engine sees {left} of 3 staged rows");
            let cure = match verb {
                Verb::Merge => "; merge all of its rows again: ",
                Verb::MergeWithKey => "; merge all of its rows again with another idempotency key, since",
                _ => {
                    "'` before you repeat it, since its idempotency key would take that part for the whole: "
                }
            };
            assert_partly_written(&error, &[" may be in t; ", cure, &seen]);
        }
    }
}

#[tokio::test]
async fn a_count_that_fails_behind_a_statement_is_no_success() {
    let fails = over_files("the count").fail(Failure::spark("INTERNAL_ERROR", "XX000"));
    let error = Verb::Merge.answered([merge().answer([]), fails, dropped()]).await.unwrap_err();
    assert_partly_written(&error, &["the statement ran, and whether it read all of 3 staged rows"]);
}

#[tokio::test]
async fn the_rows_of_the_attempt_that_landed_are_compared_and_not_those_of_one_that_conflicted() {
    for verb in [Verb::Insert, Verb::Merge] {
        let first = [verb.statement().fail(conflict()), dropped(), not_found(), look()];
        let recount = (verb == Verb::Merge).then(|| counted(3));
        let last = [verb.statement().answer([wrote(3)])].into_iter().chain(recount).chain([dropped()]);
        let written = verb.answered(first.into_iter().chain(verb.handed_over()).chain(last)).await.unwrap();
        assert_eq!((written.rows(), written.retries()), (3, 1), "{verb:?}");
    }
}

#[tokio::test]
async fn files_of_which_the_engine_sees_some_rows_are_not_said_to_be_elsewhere() {
    for (seen, cure) in [(0, "with Backend::read_as"), (2, "A file was removed meanwhile")] {
        let error = Verb::Insert.write([counted(seen)]).await.unwrap_err();
        assert_eq!((error.kind(), error.may_have_run()), (ErrorKind::Staging, false));
        let told = error.to_string();
        assert!(told.starts_with(&format!("the engine read {seen} of 3 staged rows")), "{told}");
        assert!(told.contains(cure) && told.contains("read_as") == (seen == 0), "{told}");
    }
}

#[tokio::test]
async fn a_file_that_is_broken_is_not_said_to_lack_credentials() {
    let broken = Failure::spark("CANNOT_READ_FILE_FOOTER", "KD001");
    let error = Verb::Insert.write([over_files("the count").fail(broken)]).await.unwrap_err();
    let told = error.to_string();
    assert_eq!(error.kind(), ErrorKind::Staging, "{told}");
    assert!(told.contains("; nothing was written: ") && !told.contains("credentials"), "{told}");
}

/// The message that is to stop it may not have arrived.
#[tokio::test]
async fn files_of_a_statement_that_was_told_to_stop_are_left_to_a_sweep() {
    for is_dropped in [false, true] {
        let disk = Disk::new(&format!("stopped_{is_dropped}"));
        let script = Verb::Insert.begun().chain(Verb::Insert.handed_over());
        let script = script.chain([insert().at_work(), dropped()]);
        let fake = Fake::builder().echoes_session_ids().script(script).start().await;
        let db = disk.client(&fake);
        let write = tokio::spawn({
            let db = db.clone();
            async move {
                let limit = if is_dropped { Duration::from_mins(1) } else { Duration::from_secs(1) };
                db.insert(&ROWS).staged().timeout(limit).await
            }
        });
        soon(fake.wait_for_nth("ExecutePlan", 5)).await;
        if is_dropped {
            write.abort();
        }
        match soon(write).await {
            Ok(written) => assert_eq!(written.unwrap_err().kind(), ErrorKind::Timeout),
            Err(error) => assert!(error.is_cancelled()),
        }
        soon(db.close()).await.unwrap();
        assert_eq!(files(&disk.0).len(), 1, "{is_dropped}");
        let swept = db.cleanup_staging(Duration::ZERO).await.unwrap();
        assert_eq!((swept.files, disk.entries()), (1, 0), "{is_dropped}");
        fake.finish_anywhere();
    }
}

/// An engine that says nothing any more.
#[tokio::test]
async fn a_count_behind_a_statement_ends_with_the_time_that_the_statement_had() {
    let disk = Disk::new("uncounted");
    let script = Verb::Merge.begun().chain(Verb::Merge.handed_over());
    let script = script.chain([merge().answer([]), over_files("the count").at_work(), dropped()]);
    let fake = Fake::builder().echoes_session_ids().script(script).start().await;
    let db = disk.client(&fake);
    let limit = Duration::from_secs(1);
    let error = soon(db.merge(&ROWS).staged().timeout(limit).into_future()).await.unwrap_err();
    let words = [
        "the statement ran, and whether it read all of 3 staged rows",
        "the count of the staged rows did not end within 1s (timeout)",
    ];
    assert_partly_written(&error, &words);
    // Nobody reads them any more.
    assert_eq!(disk.entries(), 0);
    soon(db.close()).await.unwrap();
    fake.finish_anywhere();
}
