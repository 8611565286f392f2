//! Rows with structs in them, whose fields are no Options, written every way.

use std::path::PathBuf;

use lakeorm::{ErrorKind, LakeRow, LakeTable, WritePath};
use lakeorm_tests::formats::Format;

use super::rows;
use super::staged::{Staging, count};

#[derive(Debug, Clone, PartialEq, LakeRow, LakeTable)]
#[lake(table = "written.nested_orders")]
struct Order {
    #[lake(merge_key)]
    id: i64,
    place: Place,
    parts: Vec<Option<Part>>,
    first: Option<Part>,
}

#[derive(Debug, Clone, PartialEq, LakeRow, LakeTable)]
struct Place {
    city: String,
    zip: Option<String>,
}

#[derive(Debug, Clone, PartialEq, LakeRow, LakeTable)]
struct Part {
    sku: String,
    at: (i32, i32),
}

/// Of every other one nothing is there that may be missing.
fn order(id: i64, city: &str) -> Order {
    let is_short = id % 2 == 0;
    let part = |sku: &str| Part { sku: sku.to_owned(), at: (1, -1) };
    Order {
        id,
        place: Place { city: city.to_owned(), zip: (!is_short).then(|| "0150".to_owned()) },
        parts: if is_short { vec![None] } else { vec![Some(part("a")), None, Some(part("b"))] },
        first: (!is_short).then(|| part("c")),
    }
}

#[tokio::test]
async fn structs_with_required_fields_are_inserted_merged_and_read_back() {
    let staging = Staging::new("nested_orders");
    for (format, db) in staging.clients().await {
        let table = format.table("written.nested_orders");
        let made = db.migrate::<Order>().await.unwrap();
        assert_eq!((made.is_created(), made.differences()), (true, [].as_slice()), "{format:?}");
        assert_eq!(db.migrate::<Order>().await.unwrap().differences(), [], "{format:?}");
        let orders = |ids: [i64; 2], city| ids.map(|id| order(id, city));
        db.insert(&orders([1, 2], "Oslo")).await.unwrap();
        assert_eq!(rows::<Order>(&db, &table, "id").await, orders([1, 2], "Oslo"), "{format:?}");
        db.insert(&orders([3, 4], "Oslo")).staged().await.unwrap();
        // Of each merge one row is there, and others that it does not name.
        db.merge(&orders([2, 5], "Bergen")).await.unwrap();
        db.merge(&orders([3, 6], "Moss")).staged().await.unwrap();
        for path in [WritePath::Direct, WritePath::AlreadyThere] {
            let written = db.insert(&orders([7, 8], "Oslo")).idempotency_key("k").await.unwrap();
            assert_eq!(written.path(), path, "{format:?}");
        }
        let cities = ["Oslo", "Bergen", "Moss", "Oslo", "Bergen", "Moss", "Oslo", "Oslo"];
        let expected: Vec<Order> = (1..).zip(cities).map(|(id, city)| order(id, city)).collect();
        assert_eq!(rows::<Order>(&db, &table, "id").await, expected, "{format:?}");
        assert_eq!(staging.files(), Vec::<PathBuf>::new(), "{format:?}");
        db.exec(format!("DROP TABLE {table}")).await.unwrap();
    }
}

#[derive(Debug, Clone, PartialEq, LakeRow, LakeTable)]
#[lake(table = "written.strict_inside")]
struct Strict {
    #[lake(merge_key)]
    id: i64,
    line: Option<Line>,
}

#[derive(Debug, Clone, PartialEq, LakeRow, LakeTable)]
struct Line {
    sku: String,
    qty: Option<i32>,
}

fn strict(id: i64) -> Strict {
    Strict { id, line: Some(Line { sku: "a".to_owned(), qty: None }) }
}

#[tokio::test]
async fn a_required_field_of_a_delta_table_wants_a_value_and_takes_no_merged_files() {
    let staging = Staging::new("strict_inside");
    for (format, db) in staging.clients().await {
        if format != Format::Delta {
            continue;
        }
        let columns = "id BIGINT NOT NULL, line STRUCT<sku STRING NOT NULL, qty INT>, _ingest_id STRING";
        db.exec(format!("CREATE TABLE written.strict_inside ({columns}) USING delta")).await.unwrap();
        let without = [strict(1), Strict { id: 2, line: None }];
        for error in [
            db.insert(&without).await.unwrap_err(),
            db.insert(&without).staged().await.unwrap_err(),
            db.merge(&without).await.unwrap_err(),
        ] {
            assert_eq!(error.kind(), ErrorKind::Encode, "{error}");
            let words = "Strict.line.sku: row 1 (the first is 0): the struct around it is None";
            assert!(error.to_string().contains(words), "{error}");
        }
        let fits = [strict(1)];
        for error in [
            db.merge(&fits).staged().await.unwrap_err(),
            db.insert(&fits).staged().idempotency_key("k").await.unwrap_err(),
        ] {
            assert_eq!(error.kind(), ErrorKind::Unsupported, "{error}");
            assert!(error.to_string().starts_with("\"line.sku\" is NOT NULL in the table"), "{error}");
        }
        assert_eq!((count(&db, "written.strict_inside").await, staging.files()), (0, Vec::<PathBuf>::new()));
        db.insert(&fits).await.unwrap();
        db.insert(&[strict(2)]).staged().await.unwrap();
        db.merge(&[strict(3)]).await.unwrap();
        let expected = [strict(1), strict(2), strict(3)];
        assert_eq!(rows::<Strict>(&db, "written.strict_inside", "id").await, expected);
        db.exec("DROP TABLE written.strict_inside").await.unwrap();
    }
}
