//! Rows that are merged.

use chrono::{DateTime, Utc};
use futures::future::join_all;
use lakeorm::{ErrorKind, LakeRow, LakeTable, WritePath, query_scalar};

use super::{clients, one_for_each_line, rows};

#[derive(Debug, Clone, PartialEq, LakeRow, LakeTable)]
#[lake(table = "written.merged")]
struct Stock {
    #[lake(merge_key)]
    shop: String,
    #[lake(merge_key)]
    sku: i64,
    quantity: i32,
    note: Option<String>,
    #[lake(created_at)]
    created: DateTime<Utc>,
    #[lake(updated_at)]
    changed: DateTime<Utc>,
    gone: bool,
}

fn stock(shop: &str, sku: i64, quantity: i32, note: &str) -> Stock {
    let (created, changed) = (DateTime::UNIX_EPOCH, DateTime::UNIX_EPOCH);
    Stock { shop: shop.into(), sku, quantity, note: Some(note.into()), created, changed, gone: false }
}

type Seen = (String, i64, i32, Option<String>);

async fn seen(db: &lakeorm::Client, table: &str) -> Vec<Seen> {
    let found = rows::<Stock>(db, table, "shop, sku").await;
    found.into_iter().map(|row| (row.shop, row.sku, row.quantity, row.note)).collect()
}

fn expected(rows: &[(&str, i64, i32, &str)]) -> Vec<Seen> {
    rows.iter()
        .map(|(shop, sku, quantity, note)| ((*shop).into(), *sku, *quantity, Some((*note).into())))
        .collect()
}

#[tokio::test]
async fn a_merge_updates_rows_that_are_there_and_inserts_the_others() {
    for (format, db) in clients().await {
        db.migrate::<Stock>().await.unwrap();
        let table = format.table("written.merged");
        db.merge(&[stock("a", 1, 10, "old"), stock("a", 2, 20, "old")]).await.unwrap();
        let before = rows::<Stock>(&db, &table, "sku").await;
        let written = db.merge(&[stock("a", 2, 21, "new"), stock("b", 2, 30, "new")]).await.unwrap();
        assert_eq!((written.rows(), written.path()), (2, WritePath::Direct));
        let all = [("a", 1, 10, "old"), ("a", 2, 21, "new"), ("b", 2, 30, "new")];
        assert_eq!(seen(&db, &table).await, expected(&all), "{format:?}");
        let after = rows::<Stock>(&db, &table, "shop, sku").await;
        assert_eq!(after[1].created, before[1].created);
        assert!(after[1].changed > before[1].changed);
        assert!(after[2].created > before[1].created);

        db.merge(&[stock("a", 1, 99, "some"), stock("c", 1, 40, "some")]).update(["note"]).await.unwrap();
        let all = [("a", 1, 10, "some"), ("a", 2, 21, "new"), ("b", 2, 30, "new"), ("c", 1, 40, "some")];
        assert_eq!(seen(&db, &table).await, expected(&all), "{format:?}");
        let named = rows::<Stock>(&db, &table, "shop, sku").await;
        // The row that it updates is stamped, though `changed` is not named.
        assert_eq!(named[0].created, after[0].created);
        assert!(named[0].changed > after[0].changed);
        assert_eq!(named[1..3], after[1..3], "{format:?}");
        assert_eq!((named[3].created, named[3].changed), (named[0].changed, named[0].changed));

        db.merge(&[stock("a", 1, 0, "never"), stock("d", 1, 50, "only")]).insert_only().await.unwrap();
        let inserted = rows::<Stock>(&db, &table, "shop, sku").await;
        assert_eq!(inserted[..4], named, "{format:?}");
        assert_eq!(inserted[4].created, inserted[4].changed);
        assert!(inserted[4].created > named[3].created);
        let gone = |row: Stock| Stock { gone: true, ..row };
        let deletions = [gone(stock("b", 2, 0, "x")), gone(stock("z", 9, 0, "x")), stock("a", 2, 22, "kept")];
        db.merge(&deletions).delete_where("Gone").await.unwrap();
        let all = [("a", 1, 10, "some"), ("a", 2, 22, "kept"), ("c", 1, 40, "some"), ("d", 1, 50, "only")];
        assert_eq!(seen(&db, &table).await, expected(&all), "{format:?}");
        db.exec(format!("DROP TABLE {table}")).await.unwrap();
    }
}

#[derive(Debug, Clone, PartialEq, LakeRow, LakeTable)]
#[lake(table = "written.keyed")]
struct Keyed {
    #[lake(primary_key)]
    id: i64,
    n: i64,
}

#[tokio::test]
async fn a_merge_with_a_key_that_has_landed_writes_nothing() {
    for (format, db) in one_for_each_line().await {
        db.migrate::<Keyed>().await.unwrap();
        let table = format.table("written.keyed");
        db.merge(&[Keyed { id: 1, n: 1 }]).idempotency_key("first").await.unwrap();
        let other = [Keyed { id: 1, n: 2 }, Keyed { id: 2, n: 2 }];
        let again = db.merge(&other).idempotency_key("first").await.unwrap();
        assert_eq!(again.path(), WritePath::AlreadyThere);
        assert_eq!(rows::<Keyed>(&db, &table, "id").await, [Keyed { id: 1, n: 1 }], "{format:?}");
        db.exec(format!("DROP TABLE {table}")).await.unwrap();
    }
}

#[derive(Debug, Clone, PartialEq, LakeRow, LakeTable)]
#[lake(table = "written.noted")]
struct Noted {
    #[lake(merge_key)]
    sku: i64,
    quantity: i32,
    note: Option<String>,
    gone: bool,
}

fn noted(sku: i64, quantity: i32, note: &str) -> Noted {
    Noted { sku, quantity, note: Some(note.into()), gone: false }
}

/// The same rows without a column that is NOT NULL.
#[derive(LakeTable)]
#[lake(table = "written.noted")]
struct Note {
    #[lake(merge_key)]
    sku: i64,
    note: Option<String>,
    gone: bool,
}

#[tokio::test]
async fn a_merge_that_only_updates_inserts_no_row_and_needs_no_value_for_other_columns() {
    for (format, db) in one_for_each_line().await {
        db.migrate::<Noted>().await.unwrap();
        let table = format.table("written.noted");
        db.merge(&[noted(1, 10, "old"), noted(2, 20, "old")]).await.unwrap();
        let note = |sku, gone| Note { sku, note: Some("new".into()), gone };
        let refused = db.merge(&[note(1, false)]).await.unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::SchemaMismatch, "{refused}");
        let written = db.merge(&[note(1, false), note(3, false)]).update_only().await.unwrap();
        assert_eq!((written.rows(), written.path()), (2, WritePath::Direct));
        let all = [noted(1, 10, "new"), noted(2, 20, "old")];
        assert_eq!(rows::<Noted>(&db, &table, "sku").await, all, "{format:?}");
        db.merge(&[note(1, false), note(2, true)]).update_only().delete_where("gone").await.unwrap();
        assert_eq!(rows::<Noted>(&db, &table, "sku").await, all[..1], "{format:?}");
        db.exec(format!("DROP TABLE {table}")).await.unwrap();
    }
}

#[derive(Debug, Clone, PartialEq, LakeRow, LakeTable)]
#[lake(table = "written.contended")]
struct Contended {
    #[lake(merge_key)]
    id: i64,
    writer: i64,
}

/// Each writer inserts one row of its own and sets one that all of them set, first of all in a new table.
#[tokio::test]
async fn writers_of_the_same_rows_come_one_after_the_other_and_none_is_lost() {
    for (format, db) in one_for_each_line().await {
        db.migrate::<Contended>().await.unwrap();
        let table = format.table("written.contended");
        let batches: Vec<_> =
            (1..=3).map(|writer| [Contended { id: 0, writer }, Contended { id: writer, writer }]).collect();
        for written in join_all(batches.iter().map(|rows| db.merge(rows).into_future())).await {
            written.unwrap();
        }
        let own: i64 =
            query_scalar(&db, format!("SELECT sum(writer) FROM {table} WHERE id > 0")).await.unwrap();
        let shared: i64 =
            query_scalar(&db, format!("SELECT count(*) FROM {table} WHERE id = 0")).await.unwrap();
        assert_eq!((own, shared), (6, 1), "{format:?}");
        db.exec(format!("DROP TABLE {table}")).await.unwrap();
    }
}
