//! Statements that land on a real server while their answer is lost on the way back.

use std::path::PathBuf;
use std::time::Duration;

use lakeorm::{Client, LakeRow, LakeTable, WritePath, Written};
use lakeorm_tests::engine::Engine;
use lakeorm_tests::formats::Format;
use lakeorm_tests::proxy::{Fault, Faults, Proxy};

use super::staged::{Staging, count};
use super::{DATABASE, rows};

#[derive(Debug, Clone, PartialEq, Eq, LakeRow, LakeTable)]
#[lake(table = "written.lost_answers")]
struct Balance {
    #[lake(merge_key)]
    account: i64,
    cents: i64,
}

fn balances(cents: i64) -> Vec<Balance> {
    (0..3).map(|account| Balance { account, cents }).collect()
}

/// How rows are written.
#[derive(Debug, Clone, Copy)]
enum Write {
    Insert,
    InsertStaged,
    InsertWithKey,
    Merge,
    MergeStaged,
}

impl Write {
    const ALL: [Self; 5] =
        [Self::Insert, Self::InsertStaged, Self::InsertWithKey, Self::Merge, Self::MergeStaged];

    /// The words with which its statement begins.
    fn words(self) -> &'static str {
        match self {
            Self::Insert | Self::InsertStaged => "INSERT INTO",
            Self::InsertWithKey | Self::Merge | Self::MergeStaged => "MERGE INTO",
        }
    }

    fn path(self) -> WritePath {
        match self {
            Self::InsertStaged | Self::MergeStaged => WritePath::Staged,
            Self::Insert | Self::InsertWithKey | Self::Merge => WritePath::Direct,
        }
    }

    async fn run(self, db: &Client, rows: &[Balance]) -> lakeorm::Result<Written> {
        match self {
            Self::Insert => db.insert(rows).await,
            Self::InsertStaged => db.insert(rows).staged().await,
            Self::InsertWithKey => db.insert(rows).idempotency_key("the one key").await,
            Self::Merge => db.merge(rows).await,
            Self::MergeStaged => db.merge(rows).staged().await,
        }
    }
}

/// Spark keeps the answer and gives it to whoever reattaches; Sail has forgotten the operation by then, so the rows are looked for.
#[tokio::test]
async fn a_write_that_landed_while_its_answer_was_lost_is_told_as_written() {
    let engine = Engine::from_env();
    let staging = Staging::new("lost_answers");
    for format in Format::of(&engine) {
        let table = format.table("written.lost_answers");
        for write in Write::ALL {
            let proxy = Proxy::start(engine.address(), Faults::none().unanswered(write.words())).await;
            let db = format.staging_client(&engine.behind(proxy.address()), staging.backend());
            db.exec(format!("CREATE DATABASE IF NOT EXISTS {}", format.table(DATABASE))).await.unwrap();
            db.exec(format!("DROP TABLE IF EXISTS {table}")).await.unwrap();
            let columns = "account BIGINT NOT NULL, cents BIGINT NOT NULL, _ingest_id STRING";
            // By hand: a migration may insert too.
            db.exec(format!("CREATE TABLE {table} ({columns}) USING {}", format.name())).await.unwrap();
            let balances = balances(5);
            let landed = async {
                wait_for_rows(&engine, &proxy, &table).await;
                proxy.now(Fault::Cut);
            };
            let (written, ()) = tokio::join!(write.run(&db, &balances), landed);
            let written = written.unwrap_or_else(|error| panic!("{format:?} {write:?}: {error}"));
            // On a slow server the client may have given the connection up by itself.
            assert!(proxy.left_unanswered(), "{format:?} {write:?}");
            assert_eq!((written.path(), written.retries()), (write.path(), 0), "{format:?} {write:?}");
            assert_eq!(rows::<Balance>(&db, &table, "account").await, balances, "{format:?} {write:?}");
            assert_eq!(staging.files(), Vec::<PathBuf>::new(), "{format:?} {write:?}");
            db.exec(format!("DROP TABLE {table}")).await.unwrap();
            db.close().await.unwrap();
        }
    }
}

/// Asks in the writer's own session, on a connection of its own: on Sail no other session has the table.
async fn wait_for_rows(engine: &Engine, proxy: &Proxy, table: &str) {
    let id = proxy.session_id().expect("the writer has a session");
    let watching = Client::new(engine.in_session(id).driver());
    let landed = async { while count(&watching, table).await == 0 {} };
    tokio::time::timeout(Duration::from_mins(2), landed).await.expect("the rows land");
    watching.close().await.unwrap();
}
