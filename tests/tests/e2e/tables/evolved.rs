//! Tables that grow: with defaults, in several programs at once, and in sessions with another kind of TIMESTAMP.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use futures::future::join_all;
use lakeorm::dialect::{Delta, Iceberg};
use lakeorm::{Backend, Client, ErrorKind, LakeRow, LakeTable, open};
use lakeorm_tests::engine::{Ability, Engine};
use lakeorm_tests::formats::Format;

use super::{DATABASE, client_of, client_with, clients, formats, rows};

#[derive(LakeTable)]
#[lake(table = "written.defaulted")]
struct Bare {
    id: i64,
}

#[derive(Debug, PartialEq, LakeRow, LakeTable)]
#[lake(table = "written.defaulted")]
struct Defaulted {
    id: i64,
    #[lake(sql_default = "'no' || 'ne'")]
    note: Option<String>,
}

#[derive(LakeTable)]
#[lake(table = "written.defaulted")]
#[allow(dead_code, reason = "only its table is looked at")]
struct DefaultedTwice {
    id: i64,
    #[lake(sql_default = "'no' || 'ne'")]
    note: Option<String>,
    #[lake(sql_default = "7")]
    grade: Option<i32>,
}

#[tokio::test]
async fn a_new_column_gets_the_default_of_its_field_where_the_format_has_defaults() {
    let engine = Engine::from_env();
    for (format, db) in clients().await {
        let table = format.table("written.defaulted");
        db.migrate::<Bare>().await.unwrap();
        db.insert(&[Bare { id: 1 }]).await.unwrap();
        let evolved = db.migrate::<Defaulted>().evolve().await;
        if format != Format::Delta {
            let error = evolved.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Unsupported);
            assert!(
                error.to_string().starts_with("Iceberg does not support default values of columns"),
                "{error}"
            );
        } else if engine.has(Ability::AltersTables) {
            let evolved = evolved.unwrap();
            let steps = [
                format!("ALTER TABLE {table} ADD COLUMNS (note STRING)"),
                format!(
                    "ALTER TABLE {table} SET TBLPROPERTIES ('delta.feature.allowColumnDefaults' = 'supported')"
                ),
                format!("ALTER TABLE {table} ALTER COLUMN note SET DEFAULT 'no' || 'ne'"),
            ];
            assert_eq!(evolved.steps(), steps);
            assert_eq!(evolved.differences(), []);
            db.exec(format!("INSERT INTO {table} (id, _ingest_id) VALUES (2, NULL)")).await.unwrap();
            let found = rows::<Defaulted>(&db, &format!("(SELECT id, note FROM {table})"), "id").await;
            let row = |id, note: Option<&str>| Defaulted { id, note: note.map(str::to_owned) };
            assert_eq!(found, [row(1, None), row(2, Some("none"))]);
            // The property is there by now.
            let plan = db.migrate::<DefaultedTwice>().evolve().plan().await.unwrap();
            let steps = [
                format!("ALTER TABLE {table} ADD COLUMNS (grade INT)"),
                format!("ALTER TABLE {table} ALTER COLUMN grade SET DEFAULT 7"),
            ];
            assert_eq!(plan.steps(), steps);
            db.exec(format!("ALTER TABLE {table} ALTER COLUMN note SET DEFAULT 'other'")).await.unwrap();
            let told = db.migrate::<Defaulted>().await.unwrap();
            let told: Vec<String> = told.differences().iter().map(ToString::to_string).collect();
            let other =
                "the default of the column \"note\" is 'other' in the table and 'no' || 'ne' in the struct";
            assert_eq!(told, [other]);
        } else {
            let error = evolved.unwrap_err();
            assert!(error.to_string().contains("cannot alter tables (Sail, for one)"), "{error}");
        }
        if format != Format::Delta || !engine.has(Ability::AltersTables) {
            assert_eq!(db.migrate::<Bare>().await.unwrap().differences(), [], "nothing is half done");
        }
        db.exec(format!("DROP TABLE {table}")).await.unwrap();
    }
}

#[derive(LakeTable)]
#[lake(table = "written.widened_inside")]
struct NarrowInside {
    id: i64,
    lines: Vec<NarrowLine>,
    counts: BTreeMap<String, i32>,
}

#[derive(LakeTable)]
struct NarrowLine {
    sku: String,
    quantity: i32,
}

#[derive(Debug, PartialEq, LakeRow, LakeTable)]
#[lake(table = "written.widened_inside")]
struct WideInside {
    id: i64,
    lines: Vec<WideLine>,
    counts: BTreeMap<String, i64>,
}

#[derive(Debug, PartialEq, LakeRow, LakeTable)]
struct WideLine {
    sku: String,
    quantity: i64,
}

fn wide_inside(id: i64, n: i64) -> WideInside {
    let lines = vec![WideLine { sku: "a".to_owned(), quantity: n }];
    WideInside { id, lines, counts: BTreeMap::from([("b".to_owned(), n)]) }
}

#[tokio::test]
async fn types_inside_of_columns_grow_where_the_engine_can_change_them() {
    let engine = Engine::from_env();
    for format in formats() {
        let db = match format == Format::Delta && engine.has(Ability::AltersTables) {
            true => client_with(format, Backend::none(), "delta.enableTypeWidening", "true").await,
            false => client_of(format, Backend::none()).await,
        };
        let table = format.table("written.widened_inside");
        db.migrate::<NarrowInside>().await.unwrap();
        let lines = vec![NarrowLine { sku: "a".to_owned(), quantity: 7 }];
        let narrow = NarrowInside { id: 1, lines, counts: BTreeMap::from([("b".to_owned(), 7)]) };
        db.insert(&[narrow]).await.unwrap();
        let evolved = db.migrate::<WideInside>().evolve().await;
        if !engine.has(Ability::AltersTables) {
            let evolved = evolved.unwrap();
            assert!(evolved.is_unchanged() && evolved.differences().len() == 2, "{evolved}");
        } else if format == Format::Delta && !engine.has(Ability::GrowingIntegers) {
            let error = evolved.unwrap_err().to_string();
            assert!(error.contains("[DELTA_UNSUPPORTED_ALTER_TABLE_CHANGE_COL_OP]"), "{error}");
        } else {
            let evolved = evolved.unwrap();
            let steps: Vec<String> = evolved.steps().iter().map(|step| step.replace('`', "")).collect();
            let alter = format!("ALTER TABLE {table} ALTER COLUMN");
            let grown = ["lines.element.quantity", "counts.value"];
            assert_eq!(steps, grown.map(|path| format!("{alter} {path} TYPE BIGINT")));
            assert_eq!(evolved.differences(), [], "{format:?}");
            db.insert(&[wide_inside(2, i64::MAX)]).await.unwrap();
            let read = rows::<WideInside>(&db, &table, "id").await;
            assert_eq!(read, [wide_inside(1, 7), wide_inside(2, i64::MAX)], "{format:?}");
        }
        db.exec(format!("DROP TABLE {table}")).await.unwrap();
    }
}

#[derive(LakeTable)]
#[lake(table = "written.evolved_at_once")]
#[allow(dead_code, reason = "only its table is looked at")]
struct Small {
    id: i32,
}

#[derive(LakeTable)]
#[lake(table = "written.evolved_at_once")]
#[allow(dead_code, reason = "only its table is looked at")]
struct Grown {
    id: i32,
    new: Option<f64>,
    newer: Option<String>,
}

/// As two programs do that are started together. Where tables live in a session both are in one.
#[tokio::test]
async fn migrations_to_one_struct_at_the_same_time_all_succeed() {
    let engine = Engine::from_env();
    for (format, db) in clients().await {
        let table = format.table("written.evolved_at_once");
        let other = if engine.has(Ability::SharedTables) { format.client(&engine) } else { db.clone() };
        for _ in 0..3 {
            db.migrate::<Small>().await.unwrap();
            let migrations = [&db, &other].map(|db| db.migrate::<Grown>().evolve().into_future());
            for evolved in join_all(migrations).await {
                if engine.has(Ability::AltersTables) {
                    assert_eq!(evolved.unwrap().differences(), [], "{format:?}");
                } else {
                    let error = evolved.unwrap_err();
                    assert!(error.to_string().contains("cannot alter tables (Sail, for one)"), "{error}");
                }
            }
            db.exec(format!("DROP TABLE {table}")).await.unwrap();
        }
        other.close().await.unwrap();
    }
}

#[derive(LakeTable)]
#[lake(table = "written.instants_evolved")]
#[allow(dead_code, reason = "only its table is looked at")]
struct Instants {
    id: i64,
    at: DateTime<Utc>,
    stops: Vec<Stop>,
}

#[derive(LakeTable)]
#[allow(dead_code, reason = "only its table is looked at")]
struct Stop {
    at: Option<DateTime<Utc>>,
}

#[derive(LakeTable)]
#[lake(table = "written.instants_evolved")]
#[allow(dead_code, reason = "only its table is looked at")]
struct MoreInstants {
    id: i64,
    at: DateTime<Utc>,
    stops: Vec<Stop>,
    changed: Option<DateTime<Utc>>,
}

/// A client in whose sessions a bare TIMESTAMP is a wall clock.
async fn client_of_wall_clocks(engine: &Engine, format: Format) -> Client {
    let builder = engine.builder().session_conf("spark.sql.timestampType", "TIMESTAMP_NTZ");
    let drv = builder.session_conf("spark.sql.catalog.ice.cache-enabled", "false").build().unwrap();
    let opened = match format {
        Format::Delta => open(drv, Delta::new(), Backend::none()),
        Format::Iceberg { catalog: None } => open(drv, Iceberg::new(), Backend::none()),
        Format::Iceberg { catalog: Some(catalog) } => {
            open(drv, Iceberg::new().catalog(catalog), Backend::none())
        }
    };
    let db = opened.unwrap();
    db.exec(format!("CREATE DATABASE IF NOT EXISTS {}", format.table(DATABASE))).await.unwrap();
    db
}

#[tokio::test]
async fn an_instant_is_one_in_the_table_whatever_sessions_make_of_a_timestamp() {
    let engine = Engine::from_env();
    for format in Format::of(&engine) {
        let db = client_of_wall_clocks(&engine, format).await;
        let made = db.migrate::<Instants>().await.unwrap();
        assert!(made.is_created(), "{format:?}");
        assert_eq!(made.differences(), [], "{format:?}");
        if engine.has(Ability::AltersTables) {
            let evolved = db.migrate::<MoreInstants>().evolve().await.unwrap();
            assert_eq!(evolved.differences(), [], "{format:?}");
        }
        db.exec(format!("DROP TABLE {}", format.table("written.instants_evolved"))).await.unwrap();
    }
}
