//! Commits that end in every way that a catalog can answer: Iceberg's own errors, on a server whose commits end as it is told.

use std::path::PathBuf;
use std::time::Duration;

use lakeorm::dialect::Iceberg;
use lakeorm::spark::RetryPolicy;
use lakeorm::{Client, ErrorKind, Insert, LakeRow, LakeTable, Merge, WritePath, open};
use lakeorm_tests::engine::{Ability, Engine};

use super::rows;
use super::staged::Staging;

#[derive(Debug, Clone, PartialEq, Eq, LakeRow, LakeTable)]
#[lake(table = "written.balances")]
struct Balance {
    #[lake(merge_key)]
    account: i64,
    cents: i64,
}

const TABLE: &str = "memory.written.balances";

fn balances(cents: i64) -> Vec<Balance> {
    (0..3).map(|account| Balance { account, cents }).collect()
}

/// A client whose tables have commits that can be scripted, with the table of balances made anew; none where the engine has no
/// such catalog, which has to be said.
async fn scripted(staging: &Staging) -> Option<Client> {
    let engine = Engine::from_env();
    let db = open(engine.driver(), Iceberg::new().catalog("memory"), staging.backend()).unwrap();
    if !engine.has(Ability::ScriptedCommits) {
        let error = db.migrate::<Balance>().await.unwrap_err();
        assert!(error.to_string().contains("memory"), "{error}");
        return None;
    }
    db.exec("CREATE DATABASE IF NOT EXISTS memory.written").await.unwrap();
    db.exec(format!("DROP TABLE IF EXISTS {TABLE}")).await.unwrap();
    db.migrate::<Balance>().await.unwrap();
    Some(db)
}

/// How the next commits end, one word each.
async fn script(db: &Client, commits: &str) {
    db.exec(format!("ALTER TABLE {TABLE} SET TBLPROPERTIES ('commits' = '{commits}')")).await.unwrap();
}

/// The waits of the default are for other writers; here is none.
const AT_ONCE: Duration = Duration::from_millis(1);

fn quick() -> RetryPolicy {
    RetryPolicy { initial_backoff: AT_ONCE, max_backoff: AT_ONCE, ..RetryPolicy::default() }
}

fn insert<'a>(db: &Client, rows: &'a [Balance]) -> Insert<'a, Balance> {
    db.insert(rows).conflicts(quick())
}

fn merge<'a>(db: &Client, rows: &'a [Balance]) -> Merge<'a, Balance> {
    db.merge(rows).conflicts(quick())
}

async fn found(db: &Client) -> Vec<Balance> {
    rows(db, TABLE, "account").await
}

/// One after the other: all of them have the one table.
#[tokio::test]
async fn every_end_of_a_commit_leaves_the_rows_once_or_an_error_that_says_that_nobody_knows() {
    let staging = Staging::new("commits");
    let Some(db) = scripted(&staging).await else { return };
    conflicts_are_retried_and_counted(&db).await;
    rows_that_landed_behind_an_unknown_answer_are_found(&db).await;
    an_append_that_was_lost_is_not_repeated(&db).await;
    a_write_with_a_key_is_repeated_until_it_lands_once(&db).await;
    a_commit_that_lands_late_is_not_joined_by_another(&db).await;
    staged_rows_land_once_and_their_files_go(&db, &staging).await;
    db.exec(format!("DROP TABLE {TABLE}")).await.unwrap();
}

async fn conflicts_are_retried_and_counted(db: &Client) {
    script(db, "conflict conflict").await;
    let inserted = insert(db, &balances(1)).await.unwrap();
    assert_eq!((inserted.path(), inserted.retries()), (WritePath::Direct, 2));
    script(db, "conflict").await;
    let merged = merge(db, &balances(2)).await.unwrap();
    assert_eq!((merged.path(), merged.retries()), (WritePath::Direct, 1));
    assert_eq!(found(db).await, balances(2));
}

async fn rows_that_landed_behind_an_unknown_answer_are_found(db: &Client) {
    script(db, "landed").await;
    let merged = merge(db, &balances(3)).await.unwrap();
    assert_eq!((merged.path(), merged.retries()), (WritePath::Direct, 0));
    script(db, "landed").await;
    let inserted = insert(db, &[Balance { account: 3, cents: 0 }]).await.unwrap();
    assert_eq!((inserted.path(), inserted.retries()), (WritePath::Direct, 0));
    let with_the_fourth = [balances(3), vec![Balance { account: 3, cents: 0 }]].concat();
    assert_eq!(found(db).await, with_the_fourth);
    db.exec(format!("DELETE FROM {TABLE} WHERE account = 3")).await.unwrap();
}

async fn an_append_that_was_lost_is_not_repeated(db: &Client) {
    script(db, "lost").await;
    let error = insert(db, &[Balance { account: 4, cents: 0 }]).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::OutcomeUnknown, "{error}");
    assert!(error.to_string().contains(" in the column _ingest_id of "), "{error}");
    assert_eq!(found(db).await, balances(3));
}

async fn a_write_with_a_key_is_repeated_until_it_lands_once(db: &Client) {
    script(db, "lost conflict lost").await;
    let fifth = [Balance { account: 5, cents: 0 }];
    let inserted = insert(db, &fifth).idempotency_key("the fifth").await.unwrap();
    assert_eq!((inserted.path(), inserted.retries()), (WritePath::Direct, 3));
    let again = insert(db, &fifth).idempotency_key("the fifth").await.unwrap();
    assert_eq!((again.path(), again.ingest_id()), (WritePath::AlreadyThere, inserted.ingest_id()));
    script(db, "lost lost").await;
    let merged = merge(db, &balances(5)).idempotency_key("five").await.unwrap();
    assert_eq!((merged.path(), merged.retries()), (WritePath::Direct, 2));
    assert_eq!(found(db).await, [balances(5), fifth.to_vec()].concat());
}

/// What has not landed when it is looked for lands before the second attempt, which the format refuses for that.
async fn a_commit_that_lands_late_is_not_joined_by_another(db: &Client) {
    script(db, "late").await;
    let sixth = [Balance { account: 6, cents: 0 }];
    let inserted = insert(db, &sixth).idempotency_key("the sixth").await.unwrap();
    assert_eq!((inserted.path(), inserted.retries()), (WritePath::Direct, 1));
    script(db, "late").await;
    let merged = merge(db, &balances(6)).idempotency_key("six").await.unwrap();
    assert_eq!((merged.path(), merged.retries()), (WritePath::Direct, 1));
    let fifth = vec![Balance { account: 5, cents: 0 }];
    assert_eq!(found(db).await, [balances(6), fifth, sixth.to_vec()].concat());
}

/// What becomes of a commit is nothing that the way of the rows changes. What lands late is looked for by a key.
async fn staged_rows_land_once_and_their_files_go(db: &Client, staging: &Staging) {
    db.exec(format!("DELETE FROM {TABLE} WHERE account > 2")).await.unwrap();
    let mut inserted = Vec::new();
    for (account, (ending, retries)) in (7..).zip([("conflict", 1), ("landed", 0), ("late", 1)]) {
        let next = [Balance { account, cents: 0 }];
        let (insert, merged) = (insert(db, &next).staged(), balances(account));
        let merge = merge(db, &merged).staged();
        let (insert, merge) = match ending {
            "late" => (insert.idempotency_key("the staged one"), merge.idempotency_key("the staged three")),
            _ => (insert, merge),
        };
        script(db, ending).await;
        let written = insert.await.unwrap();
        assert_eq!((written.path(), written.retries()), (WritePath::Staged, retries), "{ending}");
        script(db, ending).await;
        let written = merge.await.unwrap();
        assert_eq!((written.path(), written.retries()), (WritePath::Staged, retries), "{ending}");
        inserted.extend(next);
        assert_eq!(found(db).await, [merged, inserted.clone()].concat(), "{ending}");
        assert_eq!(staging.files(), Vec::<PathBuf>::new(), "{ending}");
    }
}
