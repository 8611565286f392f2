//! Rows that are merged out of files.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use chrono::{DateTime, Utc};
use futures::stream::{self, StreamExt};
use lakeorm::table::TableDefinition;
use lakeorm::{ErrorKind, LakeRow, LakeTable, WritePath};

use super::rows;
use super::staged::Staging;

#[derive(Debug, Clone, PartialEq, LakeRow, LakeTable)]
#[lake(table = "written.merged_staged")]
struct Stock {
    #[lake(merge_key)]
    shop: String,
    #[lake(merge_key)]
    sku: i64,
    quantity: i32,
    note: String,
    #[lake(created_at)]
    created: DateTime<Utc>,
    #[lake(updated_at)]
    changed: DateTime<Utc>,
    gone: Option<bool>,
}

fn stock(shop: &str, sku: i64, quantity: i32, note: &str, gone: Option<bool>) -> Stock {
    let epoch = DateTime::UNIX_EPOCH;
    Stock { shop: shop.into(), sku, quantity, note: note.into(), created: epoch, changed: epoch, gone }
}

/// What a row says but for its times.
fn said(row: &Stock) -> (&str, i64, i32, &str) {
    (&row.shop, row.sku, row.quantity, &row.note)
}

#[tokio::test]
async fn a_staged_merge_updates_what_it_is_told_deletes_what_is_flagged_stamps_and_lands_once() {
    let staging = Staging::new("merged");
    for (format, db) in staging.clients().await {
        db.migrate::<Stock>().await.unwrap();
        let table = format.table("written.merged_staged");
        let old = [1, 2, 3].map(|sku| stock("a", sku, 10, "old", None));
        db.insert(&old).await.unwrap();
        let before = rows::<Stock>(&db, &table, "shop, sku").await;
        let new = [
            stock("a", 1, 99, "new", Some(false)),
            stock("a", 2, 99, "new", Some(true)),
            stock("b", 1, 99, "new", None),
            stock("b", 2, 99, "new", Some(true)),
        ];
        let merge = || db.merge(&new).staged().update(["note"]).delete_where("gone").idempotency_key("k");
        let written = merge().await.unwrap();
        assert_eq!((written.rows(), written.path()), (4, WritePath::Staged), "{format:?}");
        let after = rows::<Stock>(&db, &table, "shop, sku").await;
        let found: Vec<_> = after.iter().map(said).collect();
        assert_eq!(found, [("a", 1, 10, "new"), ("a", 3, 10, "old"), ("b", 1, 99, "new")], "{format:?}");
        assert_eq!(after[0].created, before[0].created);
        assert!(after[0].changed > before[0].changed);
        assert_eq!((&after[1], after[2].created), (&before[2], after[0].changed));

        let again = merge().await.unwrap();
        assert_eq!((again.path(), again.ingest_id()), (WritePath::AlreadyThere, written.ingest_id()));
        assert_eq!(rows::<Stock>(&db, &table, "shop, sku").await, after, "{format:?}");

        let only = [stock("a", 1, 0, "never", None), stock("c", 1, 50, "only", None)];
        db.merge_stream(stream::iter(only.clone().map(Ok))).staged().insert_only().await.unwrap();
        let last = rows::<Stock>(&db, &table, "shop, sku").await;
        assert_eq!((&last[..3], said(&last[3])), (after.as_slice(), ("c", 1, 50, "only")), "{format:?}");

        let twice = || db.merge_stream(stream::iter([0, 0]).map(|at| Ok(only[at].clone())));
        for merge in [twice(), twice().batch_size(NonZeroUsize::MIN).staged()] {
            let error = merge.await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Encode, "{format:?}: {error}");
            let rows = "row 1 (the first is 0): row 0 has the same merge key";
            let told = error.to_string();
            assert!(
                told.contains(rows) || told.contains("row 1: row 0 has the same merge key"),
                "{format:?}: {told}"
            );
        }
        assert_eq!(rows::<Stock>(&db, &table, "shop, sku").await, last, "{format:?}");
        assert_eq!(staging.files(), Vec::<PathBuf>::new());
        db.exec(format!("DROP TABLE {table}")).await.unwrap();
    }
}

#[derive(Debug, LakeTable)]
struct Placed {
    sku: i64,
    #[lake(flatten)]
    place: Option<Place>,
}

#[derive(Debug, LakeTable)]
struct Place {
    city: String,
}

impl LakeTable for Placed {
    fn definition() -> TableDefinition {
        TableDefinition::of::<Self>("written.nowhere_placed").merge_key("sku").merge_key("city")
    }
}

/// Before the engine is asked anything: the table is not there.
#[tokio::test]
async fn a_null_in_one_column_of_a_key_is_refused_and_nothing_is_sent_or_staged() {
    let staging = Staging::new("null_key");
    let place = |city: &str| Some(Place { city: city.into() });
    let placed = [Placed { sku: 1, place: place("Oslo") }, Placed { sku: 1, place: None }];
    for (_, db) in staging.clients().await {
        for merge in [db.merge(&placed), db.merge(&placed).staged()] {
            let error = merge.await.unwrap_err();
            let told = error.to_string();
            assert!(told.contains("Placed.city: row 1 (the first is 0): the merge key is NULL"), "{told}");
            assert_eq!(error.kind(), ErrorKind::Encode, "{told}");
        }
    }
    assert_eq!(staging.files(), Vec::<PathBuf>::new());
}
