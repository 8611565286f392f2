//! What is compared of a table beside the types of its columns.

use lakeorm::dialect::{Delta, Iceberg};
use lakeorm::{
    Backend, Client, Decimal, Difference, ErrorKind, LakeRow, LakeTable, Migration, open, query_scalar,
};
use lakeorm_tests::engine::{Ability, Engine};
use lakeorm_tests::formats::Format;

use super::{DATABASE, client_of, clients, formats, rows};

fn words(migration: &Migration) -> Vec<String> {
    migration.differences().iter().map(ToString::to_string).collect()
}

/// Sail alters no table, and tells less of one.
fn is_sail(engine: &Engine) -> bool {
    !engine.has(Ability::AltersTables)
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
            "the table is partitioned by id; the struct is partitioned by region",
            "the table has no property team; the dialect asks for a,b",
            "the table does not have the struct's comment",
            "the column \"id\" does not have the struct's comment",
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
#[lake(table = "written.with_more")]
struct WithLess {
    id: i64,
}

#[tokio::test]
async fn a_nullable_column_that_the_struct_lacks_is_reported_and_stays() {
    for (format, db) in clients().await {
        let (table, using) = (format.table("written.with_more"), format.name());
        let columns = "id BIGINT NOT NULL, more INT, _ingest_id STRING";
        db.exec(format!("CREATE TABLE {table} ({columns}) USING {using}")).await.unwrap();
        let plan = db.migrate::<WithLess>().evolve().plan().await.unwrap();
        assert!(plan.steps().is_empty(), "{format:?}: {plan}");
        for migration in
            [db.migrate::<WithLess>().await.unwrap(), db.migrate::<WithLess>().evolve().await.unwrap(), plan]
        {
            assert!(migration.is_unchanged(), "{format:?}: {migration}");
            let found = migration.differences();
            assert!(matches!(found, [Difference::Extra { column }] if column.nullable), "{found:?}");
            let told = "the table has a column \"more\" INT that the struct has no field for";
            assert_eq!(words(&migration), [told], "{format:?}");
        }
        db.insert(&[WithLess { id: 1 }]).await.unwrap();
        let more: Option<i32> = query_scalar(&db, format!("SELECT more FROM {table}")).await.unwrap();
        assert_eq!(more, None, "{format:?}");
        db.exec(format!("DROP TABLE {table}")).await.unwrap();
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
    for format in formats() {
        let table = format.table("written.sorted");
        let Format::Iceberg { .. } = format else { continue };
        let db = client_of(format, Backend::none()).await;
        let expected = if is_sail(&engine) {
            let error = db.migrate::<Sorted>().await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Unsupported, "{error}");
            assert!(error.to_string().contains("cannot alter tables (Sail, for one)"), "{error}");
            let columns = "id BIGINT NOT NULL, _ingest_id STRING";
            db.exec(format!("CREATE TABLE {table} ({columns}) USING iceberg")).await.unwrap();
            "the engine does not report the table's sort order; the struct sorts by id"
        } else {
            assert_eq!(words(&db.migrate::<Sorted>().await.unwrap()), [""; 0]);
            assert_eq!(words(&db.migrate::<Sorted>().await.unwrap()), [""; 0]);
            db.exec(format!("ALTER TABLE {table} WRITE ORDERED BY id, _ingest_id")).await.unwrap();
            let longer = words(&db.migrate::<Sorted>().await.unwrap());
            let told = "the table is sorted by id ASC NULLS FIRST, _ingest_id ASC NULLS FIRST; the struct is sorted \
                        by id";
            assert_eq!(longer, [told]);
            db.exec(format!("ALTER TABLE {table} WRITE UNORDERED")).await.unwrap();
            "the table is not sorted; the struct is sorted by id"
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
    note: Option<String>,
    line: Option<Line>,
}

#[derive(LakeTable)]
struct Line {
    sku: Option<String>,
}

#[derive(LakeTable)]
#[lake(table = "written.nested")]
struct NestedMore {
    id: i64,
    note: Option<String>,
    line: Option<MoreLine>,
}

#[derive(LakeTable)]
struct MoreLine {
    sku: Option<String>,
    quantity: Option<i32>,
}

#[tokio::test]
async fn a_null_on_one_side_only_is_reported_and_refused_where_the_table_has_none_and_structs_do_not_grow() {
    for (format, db) in clients().await {
        let (table, using) = (format.table("written.nested"), format.name());
        let columns = "id BIGINT, note STRING NOT NULL, line STRUCT<sku: STRING NOT NULL>, _ingest_id STRING";
        db.exec(format!("CREATE TABLE {table} ({columns}) USING {using}")).await.unwrap();
        let migration = db.migrate::<Nested>().await.unwrap();
        let nulls = |found: &Difference| match found {
            Difference::Nullability { column, in_table } => (column.clone(), *in_table),
            other => panic!("{other:?}"),
        };
        let found: Vec<_> = migration.differences().iter().map(nulls).collect();
        let one_sided = [("id", true), ("note", false), ("line.sku", false)];
        assert_eq!(found, one_sided.map(|(column, in_table)| (column.to_owned(), in_table)), "{format:?}");
        let refused = |column| {
            format!(
                "the column \"{column}\" is NOT NULL in the table, but the field is an Option: a row with None will be \
                 refused"
            )
        };
        let nullable =
            "the column \"id\" is nullable in the table, but the field is not an Option".to_owned();
        assert_eq!(words(&migration), [nullable.clone(), refused("note"), refused("line.sku")], "{format:?}");
        let note = || Some("a note".to_owned());
        let bad = [
            Nested { id: 1, note: note(), line: Some(Line { sku: Some("a".into()) }) },
            Nested { id: 2, note: note(), line: Some(Line { sku: None }) },
        ];
        let error = db.insert(&bad).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Encode, "{error}");
        assert!(
            error.to_string().contains("Nested.line.sku: row 1 (the first is 0): the value is None"),
            "{error}"
        );
        let more = MoreLine { sku: Some("a".into()), quantity: Some(1) };
        let error = db.insert(&[NestedMore { id: 1, note: note(), line: Some(more) }]).await.unwrap_err();
        let other = "the column \"line\" is STRUCT<sku: STRING NOT NULL> in the table and STRUCT<sku: STRING, quantity: \
                     INT> in the struct";
        assert_eq!(error.kind(), ErrorKind::SchemaMismatch, "{error}");
        let told = format!("NestedMore cannot be written to {table}: {other}");
        assert!(error.to_string().contains(&told), "{format:?}: {error}");
        let evolved = db.migrate::<NestedMore>().evolve().await.unwrap();
        assert!(evolved.is_unchanged(), "{format:?}: {evolved}");
        assert_eq!(words(&evolved), [nullable, refused("note"), other.to_owned()], "{format:?}");
        let count: i64 = query_scalar(&db, format!("SELECT count(*) FROM {table}")).await.unwrap();
        assert_eq!(count, 0);
        db.exec(format!("DROP TABLE {table}")).await.unwrap();
    }
}

#[derive(LakeTable)]
#[lake(table = "written.widened")]
struct Narrow {
    id: i32,
    share: f32,
    #[lake(decimal(10, 2))]
    amount: Decimal,
}

#[derive(Debug, PartialEq, LakeRow, LakeTable)]
#[lake(table = "written.widened")]
struct Wide {
    id: i64,
    share: f64,
    #[lake(decimal(12, 2))]
    amount: Decimal,
    new: Option<f64>,
}

/// Wider, and no more.
#[derive(LakeTable)]
#[lake(table = "written.widened")]
#[allow(dead_code, reason = "only its table is looked at")]
struct WideAlone {
    id: i64,
    share: f64,
    #[lake(decimal(12, 2))]
    amount: Decimal,
}

fn wide(id: i64, share: f64, amount: &str, new: Option<f64>) -> Wide {
    Wide { id, share, amount: amount.parse().unwrap(), new }
}

#[tokio::test]
async fn types_grow_before_columns_are_added_so_that_a_refusal_changes_nothing() {
    let engine = Engine::from_env();
    for (format, db) in clients().await {
        let table = format.table("written.widened");
        db.migrate::<Narrow>().await.unwrap();
        let narrow = Narrow { id: 1, share: 0.1, amount: "99999999.99".parse().unwrap() };
        db.insert(&[narrow]).await.unwrap();
        if !engine.has(Ability::AltersTables) {
            let migration = || db.migrate::<WideAlone>().evolve();
            for error in [migration().plan().await.unwrap_err(), migration().await.unwrap_err()] {
                assert_eq!(error.kind(), ErrorKind::Unsupported, "{error}");
                let what = "cannot get the struct's types in the columns \"id\", \"share\", \"amount\"";
                assert!(error.to_string().contains(what), "{format:?}: {error}");
            }
        }
        if format == Format::Delta {
            let property = "'delta.enableTypeWidening' = 'true'";
            let told = match engine.has(Ability::AltersTables) {
                true => property,
                false => "cannot alter tables (Sail, for one)",
            };
            for error in [
                db.migrate::<Wide>().evolve().plan().await.unwrap_err(),
                db.migrate::<Wide>().evolve().await.unwrap_err(),
            ] {
                assert_eq!(error.kind(), ErrorKind::Unsupported, "{error}");
                assert!(error.to_string().contains(told), "{error}");
            }
            let left = db.migrate::<Wide>().await.unwrap();
            let left = left.differences();
            use Difference::{Missing, Type};
            assert!(matches!(left, [Type { .. }, Type { .. }, Type { .. }, Missing { .. }]), "{left:?}");
            if !engine.has(Ability::AltersTables) {
                db.exec(format!("DROP TABLE {table}")).await.unwrap();
                continue;
            }
            db.exec(format!("ALTER TABLE {table} SET TBLPROPERTIES ({property})")).await.unwrap();
        }
        let plan = db.migrate::<Wide>().evolve().plan().await;
        let steps = [
            format!("ALTER TABLE {table} ALTER COLUMN id TYPE BIGINT"),
            format!("ALTER TABLE {table} ALTER COLUMN share TYPE DOUBLE"),
            format!("ALTER TABLE {table} ALTER COLUMN amount TYPE DECIMAL(12,2)"),
            format!("ALTER TABLE {table} ADD COLUMNS (new DOUBLE)"),
        ];
        match engine.has(Ability::AltersTables) {
            true => assert_eq!(plan.unwrap().steps(), steps),
            false => assert_eq!(plan.unwrap_err().kind(), ErrorKind::Unsupported),
        }
        let evolved = db.migrate::<Wide>().evolve().await;
        if engine.has(Ability::AltersTables)
            && format == Format::Delta
            && !engine.has(Ability::GrowingIntegers)
        {
            let error = evolved.unwrap_err().to_string();
            assert!(error.contains("[DELTA_UNSUPPORTED_ALTER_TABLE_CHANGE_COL_OP]"), "{error}");
            assert_eq!(db.migrate::<Wide>().await.unwrap().differences().len(), 4, "nothing is half done");
        } else if engine.has(Ability::AltersTables) {
            assert_eq!(words(&evolved.unwrap()), [""; 0], "{format:?}");
            let more = || wide(i64::MAX, 0.1, "9999999999.99", Some(0.5));
            db.insert(&[more()]).await.unwrap();
            let read =
                rows::<Wide>(&db, &format!("(SELECT id, share, amount, new FROM {table})"), "id").await;
            let before = wide(1, f64::from(0.1_f32), "99999999.99", None);
            assert_eq!(read, [before, more()], "{format:?}");
        } else {
            let error = evolved.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Unsupported, "{error}");
            assert!(error.to_string().contains("cannot get the columns \"new\""), "{error}");
            assert_eq!(db.migrate::<Wide>().await.unwrap().differences().len(), 4, "nothing is half done");
        }
        db.exec(format!("DROP TABLE {table}")).await.unwrap();
    }
}
