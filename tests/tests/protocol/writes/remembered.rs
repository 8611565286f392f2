//! Writes with a key, of a server whose tables remember them.

use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use arrow_array::RecordBatch;
use arrow_schema::{DataType, Field, Schema};
use lakeorm::dialect::Delta;
use lakeorm::{Backend, ErrorKind, IngestId, LakeTable, WritePath, Written, open, query_scalar};
use lakeorm_tests::fake::{Exchange, Failure, Fake, Request, on};

use super::{at_once, client, conflict, cut, dropped, later, look, merge, view};
use crate::setup::{builder, column, driver, numbers, soon};

const APPLICATION: &str = "spark.databricks.delta.write.txnAppId";
const VERSION: &str = "spark.databricks.delta.write.txnVersion";

#[derive(LakeTable)]
#[lake(table = "t")]
struct Row {
    #[lake(merge_key)]
    id: i64,
}

fn found() -> Exchange {
    super::found(0)
}

/// What Delta answers: a row of a merge that ran, and none of one that it passed over.
pub(super) fn counts(rows: Range<i64>) -> RecordBatch {
    let schema = Schema::new(vec![Field::new("num_affected_rows", DataType::Int64, true)]);
    RecordBatch::try_new(Arc::new(schema), vec![column(rows)]).unwrap()
}

/// The sessions in which a write was named, and those in which it no longer is, in the order of arrival.
fn named(fake: &Fake, written: Option<&Written>) -> (Vec<String>, Vec<String>) {
    let confs = fake.sent("Config");
    let session = |request: &Request| request.session_id.clone();
    let set: Vec<&Request> =
        confs.iter().filter(|request| request.confs_set().contains_key(APPLICATION)).collect();
    for request in &set {
        let confs = request.confs_set();
        assert_eq!(confs[VERSION], "1");
        if let Some(written) = written {
            assert_eq!(confs[APPLICATION], format!("lakeorm-{}", written.ingest_id()));
        }
    }
    let unset = confs.iter().filter(|request| request.confs_unset() == [APPLICATION, VERSION]);
    (set.into_iter().map(session).collect(), unset.map(session).collect())
}

#[tokio::test]
async fn what_a_table_answers_to_a_merge_says_whether_it_was_there() {
    for (answer, path) in [
        (vec![counts(0..0)], WritePath::AlreadyThere),
        (vec![counts(0..1)], WritePath::Direct),
        // An engine that tells nothing has written.
        (vec![], WritePath::Direct),
        (vec![numbers(0..0)], WritePath::Direct),
    ] {
        let fake = Fake::start([look(), found(), view().answer([]), merge().answer(answer), dropped()]).await;
        let db = client(&fake);
        let written = soon(db.merge(&[Row { id: 1 }]).idempotency_key("k").into_future()).await.unwrap();
        assert_eq!((written.path(), written.retries()), (path, 0));
        let (set, unset) = named(&fake, Some(&written));
        assert_eq!((set.len(), &set), (1, &unset));
        soon(db.close()).await.unwrap();
        fake.finish();
    }
}

#[tokio::test]
async fn a_merge_whose_answer_is_lost_is_repeated_and_what_the_table_knows_is_its_own() {
    let script = [
        look(),
        found(),
        view().answer([]),
        merge().reset(),
        cut(),
        dropped(),
        found(),
        look(),
        view().answer([]),
        merge().answer([counts(0..0)]),
        dropped(),
    ];
    let fake = Fake::start(script).await;
    let db = client(&fake);
    let merge = db.merge(&[Row { id: 1 }]).idempotency_key("k").conflicts(at_once(1)).into_future();
    let written = soon(merge).await.unwrap();
    assert_eq!((written.path(), written.retries()), (WritePath::Direct, 1));
    // The first may still run, and keeps its name; its session is nobody's any more.
    let (set, unset) = named(&fake, Some(&written));
    assert!(set.len() == 2 && set[0] != set[1], "{set:?}");
    assert_eq!(unset, set[1..]);
    soon(db.close()).await.unwrap();
    fake.finish();
}

#[tokio::test]
async fn the_session_of_a_merge_that_is_dropped_is_not_handed_on() {
    let one = on("SELECT 1").answer([numbers(1..2)]);
    let fake =
        Fake::start([look(), found(), view().answer([]), merge().at_work().interrupted(), dropped(), one])
            .await;
    let drv = builder(&fake).pool_size(1).build().unwrap();
    let db = open(drv, Delta::new(), Backend::none()).unwrap();
    let rows = [Row { id: 1 }];
    tokio::select! {
        written = db.merge(&rows).idempotency_key("k").into_future() => panic!("nothing was sent: {written:?}"),
        _ = fake.wait_for_nth("ExecutePlan", 4) => {}
    }
    let one: i64 = soon(query_scalar(&db, "SELECT 1")).await.unwrap();
    assert_eq!(one, 1);
    let (set, unset) = named(&fake, None);
    assert_eq!((set.len(), unset.len()), (1, 0));
    let last = fake.sent("ExecutePlan").pop().unwrap();
    assert_ne!(last.session_id, set[0]);
    soon(db.close()).await.unwrap();
    fake.finish();
}

#[tokio::test]
async fn a_server_that_takes_no_confs_gets_the_merge_without() {
    let script = [look(), found(), view().answer([]), merge().answer([counts(0..1)]), dropped()];
    let refused = Failure::spark("CONFIG_NOT_AVAILABLE", "42K0I");
    let fake =
        Fake::builder().answer_first(2, "Config").refuse("Config", refused).script(script).start().await;
    let db = client(&fake);
    let written = soon(db.merge(&[Row { id: 1 }]).idempotency_key("k").into_future()).await.unwrap();
    assert_eq!(written.path(), WritePath::Direct);
    assert_eq!(named(&fake, Some(&written)).0.len(), 1, "that it was which was refused");
    soon(db.close()).await.unwrap();
    fake.finish();
}

/// The first may still run, and on Databricks two merges that both insert need not conflict.
#[tokio::test]
async fn a_lost_merge_that_the_table_does_not_record_is_not_sent_again() {
    for (is_own_session, rows) in [(false, 0), (false, 1), (true, 0), (true, 1)] {
        let script =
            [look(), found(), view().answer([]), merge().reset(), cut(), dropped(), super::found(rows)];
        let fake = Fake::builder().script(script);
        let fake = match is_own_session {
            true => fake,
            false => {
                let refused = Failure::spark("CONFIG_NOT_AVAILABLE", "42K0I");
                fake.answer_first(2, "Config").refuse_first(1, "Config", refused)
            }
        };
        let fake = fake.start().await;
        let db = match is_own_session {
            true => {
                let session = soon(driver(&fake).session()).await.unwrap();
                open(session, Delta::new(), Backend::none()).unwrap()
            }
            false => client(&fake),
        };
        let merge = db.merge(&[Row { id: 1 }]).idempotency_key("k").conflicts(at_once(3)).into_future();
        match soon(merge).await {
            Ok(written) => assert_eq!((rows, written.path(), written.retries()), (1, WritePath::Direct, 0)),
            Err(error) => {
                assert_eq!((rows, error.kind()), (0, ErrorKind::OutcomeUnknown), "{error}");
                assert_eq!(error.ingest_id(), Some(IngestId::of_key("k")));
                let told =
                    "the write was not sent again, since the table does not record its idempotency key";
                assert!(error.to_string().starts_with(told), "{error}");
            }
        }
        soon(db.close()).await.unwrap();
        fake.finish();
    }
}

#[tokio::test]
async fn a_merge_that_the_table_does_not_record_is_sent_again_after_a_conflict() {
    let script = [
        look(),
        found(),
        view().answer([]),
        merge().fail(conflict()),
        dropped(),
        found(),
        look(),
        view().answer([]),
        merge().answer([counts(0..1)]),
        dropped(),
    ];
    let fake = Fake::start(script).await;
    let session = soon(driver(&fake).session()).await.unwrap();
    let db = open(session, Delta::new(), Backend::none()).unwrap();
    let merge = db.merge(&[Row { id: 1 }]).idempotency_key("k").conflicts(at_once(1)).into_future();
    let written = soon(merge).await.unwrap();
    assert_eq!((written.path(), written.retries()), (WritePath::Direct, 1));
    soon(db.close()).await.unwrap();
    fake.finish();
}

#[tokio::test]
async fn a_merge_is_not_sent_under_the_name_of_another_write() {
    let fake = Fake::builder()
        .conf(APPLICATION, "theirs")
        .answer_first(2, "Config")
        .refuse("Config", Failure::spark("CONFIG_NOT_AVAILABLE", "42K0I"))
        .script([look(), found(), view().answer([]), dropped()])
        .start()
        .await;
    let db = client(&fake);
    let error = soon(db.merge(&[Row { id: 1 }]).idempotency_key("k").into_future()).await.unwrap_err();
    assert_eq!((error.kind(), error.ingest_id()), (ErrorKind::Config, None), "{error}");
    let told = error.to_string();
    assert!(told.contains(APPLICATION) && told.contains("nothing was written"), "{told}");
    soon(db.close()).await.unwrap();
    fake.finish();
}

/// The table would take every write of the session for that one.
#[tokio::test]
async fn a_merge_skipped_for_the_callers_confs_is_an_error_naming_them() {
    // A session of the pool may have them by `session_conf`, or from a statement.
    for (is_own_session, key) in [(true, None), (true, Some("k")), (false, None)] {
        let script = [look()].into_iter().chain(key.map(|_| found()));
        let skipped = [view().answer([]), merge().answer([counts(0..0)]), dropped()];
        let fake = Fake::start(script.chain(skipped)).await;
        let db = match is_own_session {
            true => {
                let session = soon(driver(&fake).session()).await.unwrap();
                open(session, Delta::new(), Backend::none()).unwrap()
            }
            false => client(&fake),
        };
        let rows = [Row { id: 1 }];
        let merge = match key {
            Some(key) => db.merge(&rows).idempotency_key(key),
            None => db.merge(&rows),
        };
        let error = soon(merge.into_future()).await.unwrap_err();
        assert_eq!((error.kind(), error.ingest_id()), (ErrorKind::Config, None), "{error}");
        let told = error.to_string();
        assert!(told.contains(APPLICATION) && told.contains(VERSION), "{told}");
        assert!(told.contains("nothing was written"), "{told}");
        soon(db.close()).await.unwrap();
        fake.finish();
    }
}

#[tokio::test]
async fn a_merge_gives_the_sessions_confs_their_values_back() {
    let script = [look(), found(), view().answer([]), merge().answer([counts(0..1)]), dropped()];
    let fake = Fake::builder().conf(APPLICATION, "theirs").script(script).start().await;
    let db = client(&fake);
    let written = soon(db.merge(&[Row { id: 1 }]).idempotency_key("k").into_future()).await.unwrap();
    assert_eq!(written.path(), WritePath::Direct);
    let confs = fake.sent("Config");
    let set: Vec<String> =
        confs.iter().filter_map(|request| request.confs_set().remove(APPLICATION)).collect();
    assert_eq!(set, [format!("lakeorm-{}", written.ingest_id()), "theirs".to_owned()]);
    assert!(confs.iter().any(|request| request.confs_unset() == [VERSION]));
    soon(db.close()).await.unwrap();
    fake.finish();
}

#[tokio::test]
async fn confs_that_are_not_taken_back_hold_up_a_merge_within_a_bound() {
    let script = [look(), found(), view().answer([]), merge().answer([counts(0..1)]), dropped()];
    // One to open the session, one to read the confs and one to set them.
    let fake = Fake::builder().answer_first(3, "Config").hold("Config", "confs").script(script).start().await;
    let db = client(&fake);
    let write = tokio::spawn({
        let db = db.clone();
        async move { db.merge(&[Row { id: 1 }]).idempotency_key("k").await }
    });
    soon(fake.wait_for_nth("Config", 4)).await;
    later(Duration::from_secs(11)).await;
    let written = soon(write).await.unwrap().unwrap();
    assert_eq!((written.path(), written.retries()), (WritePath::Direct, 0));
    fake.release("confs");
    soon(db.close()).await.unwrap();
    fake.finish();
}

/// Whatever else runs in it would be taken for the same write.
#[tokio::test]
async fn no_write_is_named_in_a_session_of_the_callers_own() {
    let script = [look(), found(), view().answer([]), merge().answer([counts(0..1)]), dropped()];
    let fake = Fake::start(script).await;
    let session = soon(driver(&fake).session()).await.unwrap();
    let db = open(session, Delta::new(), Backend::none()).unwrap();
    soon(db.merge(&[Row { id: 1 }]).idempotency_key("k").into_future()).await.unwrap();
    assert_eq!(named(&fake, None), (vec![], vec![]));
    soon(db.close()).await.unwrap();
    fake.finish();
}

/// Nothing was sent but the rows, which are removed.
#[tokio::test]
async fn confs_that_are_not_taken_end_a_merge_with_the_time_that_its_statement_has() {
    let script = [look(), found(), view().answer([]), dropped()];
    // One to open the session and one to read the confs.
    let fake = Fake::builder().answer_first(2, "Config").hold("Config", "confs").script(script).start().await;
    let db = client(&fake);
    let rows = [Row { id: 1 }];
    let merge = db.merge(&rows).idempotency_key("k").timeout(Duration::from_secs(1));
    let error = soon(merge.into_future()).await.unwrap_err();
    assert_eq!((error.kind(), error.may_have_run()), (ErrorKind::Timeout, false), "{error}");
    let told = "the confs of the write were not set within 1s (timeout); nothing was written";
    assert_eq!(error.to_string(), told);
    fake.release("confs");
    soon(db.close()).await.unwrap();
    fake.finish();
}
