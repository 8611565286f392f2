//! Rows with structs in them, whose fields are no Options, written every way.

use std::path::PathBuf;

use lakeorm::{LakeRow, LakeTable, WritePath};

use super::rows;
use super::staged::Staging;

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
