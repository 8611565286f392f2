//! What is compared of a table beside the types of its columns.

use lakeorm::dialect::{Delta, Iceberg};
use lakeorm::{Backend, Client, Difference, ErrorKind, LakeRow, LakeTable, Migration, open, query_scalar};
use lakeorm_tests::engine::{Ability, Engine};
use lakeorm_tests::formats::Format;

use super::{DATABASE, clients, rows};

fn words(migration: &Migration) -> Vec<String> {
    migration.differences().iter().map(ToString::to_string).collect()
}

/// Sail has its Iceberg tables beside the others.
fn is_sail(engine: &Engine) -> bool {
    !engine.has(Ability::Iceberg)
}

#[derive(LakeTable)]
#[lake(table = "written.compared", comment = "what is sold", partition_by(region))]
struct LaidOut {
    #[lake(comment = "the id")]
    id: i64,
    region: String,
}

/// A client whose tables have a property of ours, and one whose tables have none, over one driver.
async fn with_and_without_a_property(engine: &Engine, format: Format) -> (Client, Client) {
    let drv = engine.driver();
    let without = Client::new(drv.clone());
    let with = match format {
        Format::Delta => open(drv, Delta::new().property("team", "a,b"), Backend::none()),
        Format::Iceberg { catalog } => {
            let iceberg = Iceberg::new().property("team", "a,b");
            let iceberg = match catalog {
                Some(catalog) => iceberg.catalog(catalog),
                None => iceberg,
            };
            open(drv, iceberg, Backend::none())
        }
    };
    without.exec(format!("CREATE DATABASE IF NOT EXISTS {}", format.table(DATABASE))).await.unwrap();
    (with.unwrap(), without)
}

#[tokio::test]
async fn partitions_properties_and_comments_that_differ_are_reported_and_stop_no_write() {
    let engine = Engine::from_env();
    for format in Format::of(&engine) {
        let (table, using) = (format.table("written.compared"), format.name());
        let (db, plain) = with_and_without_a_property(&engine, format).await;
        let made = db.migrate::<LaidOut>().await.unwrap();
        assert_eq!((made.is_created(), words(&made)), (true, vec![]), "{format:?}");
        assert_eq!(words(&db.migrate::<LaidOut>().await.unwrap()), [""; 0], "{format:?}");
        plain.exec(format!("DROP TABLE {table}")).await.unwrap();
        let columns = "id BIGINT NOT NULL COMMENT 'another', region STRING NOT NULL, _ingest_id STRING";
        plain
            .exec(format!("CREATE TABLE {table} ({columns}) USING {using} PARTITIONED BY (id)"))
            .await
            .unwrap();
        let migration = db.migrate::<LaidOut>().await.unwrap();
        assert!(migration.is_unchanged());
        let all = [
            "the table is partitioned by id and the struct by region",
            "the table has no property team, which is a,b in the dialect",
            "the table has not the comment of the struct",
            "the column \"id\" has not the comment of the struct",
        ];
        // Of Delta tables Sail tells the partitions alone.
        let told = if is_sail(&engine) && format == Format::Delta { 1 } else { all.len() };
        assert_eq!(words(&migration), all[..told], "{format:?}");
        db.insert(&[LaidOut { id: 1, region: "north".into() }]).await.unwrap();
        let count: i64 = query_scalar(&plain, format!("SELECT count(*) FROM {table}")).await.unwrap();
        assert_eq!(count, 1);
        plain.exec(format!("DROP TABLE {table}")).await.unwrap();
    }
}

#[derive(LakeTable)]
#[lake(table = "written.sorted", sort_by(id))]
struct Sorted {
    id: i64,
}

#[tokio::test]
async fn an_order_that_was_never_set_is_reported_by_every_migration() {
    let engine = Engine::from_env();
    for (format, db) in clients().await {
        let table = format.table("written.sorted");
        let Format::Iceberg { .. } = format else { continue };
        let expected = if is_sail(&engine) {
            let error = db.migrate::<Sorted>().await.unwrap_err();
            assert!(error.to_string().contains("the migration has run CREATE TABLE"), "{error}");
            "the engine does not tell the table's order, and the struct is sorted by id"
        } else {
            assert_eq!(words(&db.migrate::<Sorted>().await.unwrap()), [""; 0]);
            assert_eq!(words(&db.migrate::<Sorted>().await.unwrap()), [""; 0]);
            db.exec(format!("ALTER TABLE {table} WRITE ORDERED BY id, _ingest_id")).await.unwrap();
            let longer = words(&db.migrate::<Sorted>().await.unwrap());
            let told =
                "the table is ordered by id ASC NULLS FIRST, _ingest_id ASC NULLS FIRST and the struct by id";
            assert_eq!(longer, [told]);
            db.exec(format!("ALTER TABLE {table} WRITE UNORDERED")).await.unwrap();
            "the table is ordered by nothing and the struct by id"
        };
        for _ in 0..2 {
            let migration = db.migrate::<Sorted>().await.unwrap();
            assert!(migration.is_unchanged());
            assert_eq!(words(&migration), [expected]);
        }
        db.insert(&[Sorted { id: 1 }]).await.unwrap();
        db.exec(format!("DROP TABLE {table}")).await.unwrap();
    }
}

#[derive(LakeTable)]
#[lake(table = "written.nested")]
struct Nested {
    id: i64,
    line: Option<Line>,
}

#[derive(LakeTable)]
struct Line {
    sku: Option<String>,
}

#[tokio::test]
async fn a_null_inside_of_a_column_where_the_table_has_none_is_reported_and_refused() {
    for (format, db) in clients().await {
        let (table, using) = (format.table("written.nested"), format.name());
        let columns = "id BIGINT NOT NULL, line STRUCT<sku: STRING NOT NULL>, _ingest_id STRING";
        db.exec(format!("CREATE TABLE {table} ({columns}) USING {using}")).await.unwrap();
        let migration = db.migrate::<Nested>().await.unwrap();
        assert_eq!(
            words(&migration),
            ["the column \"line.sku\" is NOT NULL in the table and the field is an Option"],
            "{format:?}"
        );
        let bad = [Nested { id: 1, line: None }, Nested { id: 2, line: Some(Line { sku: None }) }];
        let error = db.insert(&bad).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Encode, "{error}");
        assert!(
            error.to_string().contains("Nested.line.sku: row 1 (the first is 0): the value is None"),
            "{error}"
        );
        let count: i64 = query_scalar(&db, format!("SELECT count(*) FROM {table}")).await.unwrap();
        assert_eq!(count, 0);
        db.exec(format!("DROP TABLE {table}")).await.unwrap();
    }
}

#[derive(LakeTable)]
#[lake(table = "written.widened")]
struct Narrow {
    id: i32,
}

#[derive(Debug, PartialEq, LakeRow, LakeTable)]
#[lake(table = "written.widened")]
struct Wide {
    id: i64,
    new: Option<f64>,
}

#[tokio::test]
async fn a_type_grows_before_columns_are_added_so_that_a_refusal_changes_nothing() {
    let engine = Engine::from_env();
    for (format, db) in clients().await {
        let table = format.table("written.widened");
        db.migrate::<Narrow>().await.unwrap();
        db.insert(&[Narrow { id: 1 }]).await.unwrap();
        // Sail tells no properties, and refuses the statement itself.
        if format == Format::Delta && engine.has(Ability::AltersTables) {
            let property = "'delta.enableTypeWidening' = 'true'";
            for error in [
                db.migrate::<Wide>().evolve().plan().await.unwrap_err(),
                db.migrate::<Wide>().evolve().await.unwrap_err(),
            ] {
                assert_eq!(error.kind(), ErrorKind::Unsupported, "{error}");
                assert!(error.to_string().contains(property), "{error}");
            }
            let left = db.migrate::<Wide>().await.unwrap();
            let left = left.differences();
            assert!(matches!(left, [Difference::Type { .. }, Difference::Missing { .. }]), "{left:?}");
            db.exec(format!("ALTER TABLE {table} SET TBLPROPERTIES ({property})")).await.unwrap();
        }
        let plan = db.migrate::<Wide>().evolve().plan().await.unwrap();
        let steps = [
            format!("ALTER TABLE {table} ALTER COLUMN id TYPE BIGINT"),
            format!("ALTER TABLE {table} ADD COLUMNS (new DOUBLE)"),
        ];
        assert_eq!(plan.steps(), steps);
        let evolved = db.migrate::<Wide>().evolve().await;
        if engine.has(Ability::AltersTables)
            && format == Format::Delta
            && !engine.has(Ability::GrowingIntegers)
        {
            let error = evolved.unwrap_err().to_string();
            assert!(error.contains("[DELTA_UNSUPPORTED_ALTER_TABLE_CHANGE_COL_OP]"), "{error}");
            assert_eq!(db.migrate::<Wide>().await.unwrap().differences().len(), 2, "nothing is half done");
        } else if engine.has(Ability::AltersTables) {
            assert_eq!(words(&evolved.unwrap()), [""; 0], "{format:?}");
            db.insert(&[Wide { id: i64::MAX, new: Some(0.5) }]).await.unwrap();
            let read = rows::<Wide>(&db, &format!("(SELECT id, new FROM {table})"), "id").await;
            assert_eq!(read, [Wide { id: 1, new: None }, Wide { id: i64::MAX, new: Some(0.5) }]);
        } else {
            let error = evolved.unwrap_err().to_string();
            let refused = match format {
                Format::Delta => "requires table property delta.enableTypeWidening=true",
                Format::Iceberg { .. } => "unsupported Iceberg ALTER TABLE operation",
            };
            assert!(error.contains(refused), "{error}");
        }
        db.exec(format!("DROP TABLE {table}")).await.unwrap();
    }
}
