//! Credentials that end while the parts of a write are stored.

use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Duration;

use lakeorm::dialect::Delta;
use lakeorm::object_store::ObjectStore;
use lakeorm::object_store::memory::InMemory;
use lakeorm::{ErrorKind, LakeTable, open};
use lakeorm_tests::fake::Fake;
use lakeorm_tests::printed;
use lakeorm_tests::scripted_store::ScriptedStore;
use lakeorm_tests::trace::Trace;

use super::look;
use super::memory::{backend, stored};
use crate::setup::{driver, soon};

/// What S3 answers to every request with an old token, which it repeats.
const REFUSED: &str = "Error performing PUT http://s3/lake/part in 2ms - Server returned non-2xx status code: 403 \
                       Forbidden: <Error><Code>ExpiredToken</Code><Token-0>s3cret</Token-0></Error>";

#[derive(LakeTable)]
#[lake(table = "t")]
struct Row {
    id: i64,
}

/// The part that was stored before cannot be removed either, and stays for a sweep that may.
#[tokio::test]
async fn credentials_that_end_between_two_parts_are_one_error_without_a_token_and_leave_files_to_a_sweep() {
    let trace = Trace::start();
    let objects: Arc<dyn ObjectStore> = Arc::new(InMemory::new());
    let expiring = Arc::new(ScriptedStore::expiring(Arc::clone(&objects), 1, REFUSED));
    let fake = Fake::start([look()]).await;
    let db = open(driver(&fake), Delta::new(), backend(expiring)).unwrap();
    let rows = [1, 2, 3].map(|id| Row { id });
    let insert = db.insert(&rows).staged().part_size(0).batch_size(NonZeroUsize::MIN);
    let error = soon(insert.into_future()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Staging, "{error}");
    assert!(!error.is_retryable() && !error.may_have_run());
    let told = printed(&error);
    assert!(told.contains("403 Forbidden: ExpiredToken") && !told.contains("s3cret"), "{told}");
    assert_eq!(stored(&objects).await, 1);

    let unswept = soon(db.cleanup_staging(Duration::ZERO)).await.unwrap_err();
    assert_eq!(unswept.kind(), ErrorKind::Staging, "{unswept}");
    let told = printed(&unswept);
    assert!(told.contains("ExpiredToken") && !told.contains("s3cret"), "{told}");
    soon(db.close()).await.unwrap();

    let renewed = open(driver(&fake), Delta::new(), backend(Arc::clone(&objects))).unwrap();
    let swept = soon(renewed.cleanup_staging(Duration::ZERO)).await.unwrap();
    assert_eq!((swept.writes, swept.files, stored(&objects).await), (1, 1, 0));
    assert!(swept.bytes > 0);

    // That a part could not be removed is logged, too.
    assert!(trace.text().contains("ExpiredToken"), "{}", trace.text());
    trace.assert_holds_none_of(&["s3cret"]);
    assert_eq!(fake.sent("ExecutePlan").len(), 1, "no statement was sent");
    fake.finish();
}

/// A store that refuses eight removals takes no further one: the rest would hold up the error.
#[tokio::test]
async fn a_store_that_refuses_removals_is_asked_for_eight_of_them() {
    let trace = Trace::start();
    let objects: Arc<dyn ObjectStore> = Arc::new(InMemory::new());
    let expiring = Arc::new(ScriptedStore::expiring(Arc::clone(&objects), 12, REFUSED));
    let fake = Fake::start([look()]).await;
    let db = open(driver(&fake), Delta::new(), backend(expiring)).unwrap();
    let rows: Vec<Row> = (0..20).map(|id| Row { id }).collect();
    let insert = db.insert(&rows).staged().part_size(0).batch_size(NonZeroUsize::MIN);
    let error = soon(insert.into_future()).await.unwrap_err();
    assert_eq!((error.kind(), stored(&objects).await), (ErrorKind::Staging, 12), "{error}");
    assert_eq!(trace.text().matches("a staged file is left to cleanup_staging").count(), 8);
    soon(db.close()).await.unwrap();
    fake.finish();
}
