//! Rows that are not written: one error, and nothing is left behind.

use std::fs;
use std::path::PathBuf;

use chrono::{DateTime, Utc};
use lakeorm::dialect::{Delta, Iceberg};
use lakeorm::encode::record_batch;
use lakeorm::{
    Backend, Client, Command, DirectIngest, Driver, ErrorKind, ExecutionPlan, LakeRow, LakeTable, WritePath,
    open, query_scalar,
};
use lakeorm_tests::engine::{Ability, Engine};
use lakeorm_tests::formats::Format;
use lakeorm_tests::printed;
use serde_json::json;
use uuid::Uuid;

use super::staged::{Staging, count};
use super::{DATABASE, client_of, clients, one_of, rows};

#[derive(Debug, Clone, LakeRow, LakeTable)]
#[lake(table = "written.refused")]
struct Row {
    #[lake(merge_key)]
    id: i64,
    #[lake(merge_key)]
    weight: f64,
    #[lake(decimal(5, 2))]
    amount: lakeorm::Decimal,
    note: Option<String>,
}

fn row(id: i64) -> Row {
    Row { id, weight: 0.5, amount: "1.25".parse().unwrap(), note: None }
}

#[tokio::test]
async fn a_client_that_reads_only_names_what_makes_one_that_writes() {
    let db = Client::new(Engine::from_env().driver());
    for error in [
        db.insert(&[row(1)]).await.unwrap_err(),
        db.merge(&[row(1)]).await.unwrap_err(),
        db.migrate::<Row>().await.unwrap_err(),
    ] {
        assert_eq!(error.kind(), ErrorKind::Config);
        assert!(error.to_string().contains("lakeorm::open"), "{error}");
    }
}

#[tokio::test]
async fn rows_that_cannot_be_written_are_named_and_nothing_is_sent() {
    for (format, db) in clients().await {
        let refused = |id, change: fn(&mut Row)| {
            let mut rows = vec![row(0), row(id)];
            change(&mut rows[1]);
            rows
        };
        let cases = [
            (
                refused(1, |row| row.amount = "1000.5".parse().unwrap()),
                "Row.amount: row 1 (the first is 0): the number does not fit DECIMAL(5,2)",
            ),
            (
                refused(1, |row| row.weight = f64::NAN),
                "Row.weight: row 1 (the first is 0): the merge key is NaN",
            ),
            (refused(0, |_| ()), "row 1 (the first is 0): row 0 has the same merge key"),
        ];
        for (rows, words) in cases {
            let error = db.merge(&rows).await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Encode, "{error}");
            assert!(error.to_string().contains(words), "{format:?}: {error}");
        }
        let error = db.insert(&[row(1)]).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::SchemaMismatch);
        assert!(error.to_string().contains("make it with `db.migrate::<Row>()`"), "{error}");
        let nothing = db.insert::<Row>(&[]).await.unwrap();
        assert_eq!((nothing.rows(), nothing.path()), (0, WritePath::Nothing));
    }
}

#[tokio::test]
async fn no_rows_are_no_write_however_they_would_go() {
    let staging = Staging::new("no_rows");
    for (format, db) in one_of(1, staging.backend()).await {
        // Nothing is asked of the engine, which has no such table.
        let written = [
            db.insert::<Row>(&[]).staged().await.unwrap(),
            db.merge::<Row>(&[]).await.unwrap(),
            db.merge::<Row>(&[]).staged().idempotency_key("k").await.unwrap(),
        ];
        for written in written {
            assert_eq!((written.rows(), written.path()), (0, WritePath::Nothing), "{format:?}");
        }
        assert_eq!(staging.files(), Vec::<PathBuf>::new(), "{format:?}");
    }
}

#[derive(Debug, LakeTable)]
#[lake(table = "written.instants_refused")]
struct Instant {
    id: i64,
    at: DateTime<Utc>,
}

#[tokio::test]
async fn nanoseconds_are_refused_and_nothing_is_written_or_staged() {
    let staging = Staging::new("nanoseconds");
    let instants =
        [1_000, 1_001].map(|nanos| Instant { id: nanos, at: DateTime::from_timestamp_nanos(nanos) });
    for (format, db) in one_of(0, staging.backend()).await {
        let table = format.table("written.instants_refused");
        db.migrate::<Instant>().await.unwrap();
        for insert in [db.insert(&instants), db.insert(&instants).staged()] {
            let error = insert.await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Encode, "{error}");
            let words = "Instant.at: row 1 (the first is 0): the value is finer than a microsecond";
            assert!(error.to_string().contains(words), "{format:?}: {error}");
        }
        assert_eq!(count(&db, &table).await, 0, "{format:?}");
        assert_eq!(staging.files(), Vec::<PathBuf>::new(), "{format:?}");
        db.exec(format!("DROP TABLE {table}")).await.unwrap();
    }
}

#[derive(Debug, LakeTable)]
#[lake(table = "no_database_at_all.adrift")]
struct Adrift {
    #[lake(merge_key)]
    id: i64,
}

/// In the catalog of Iceberg tables every directory is a database, so a migration makes it.
#[tokio::test]
async fn a_database_that_is_not_there_is_named() {
    for (format, db) in clients().await {
        let rows = [Adrift { id: 1 }];
        for error in [db.insert(&rows).await.unwrap_err(), db.merge(&rows).await.unwrap_err()] {
            assert_eq!(error.kind(), ErrorKind::SchemaMismatch, "{error}");
            assert!(error.is_table_not_found(), "{error}");
            assert!(error.to_string().contains("no_database_at_all.adrift"), "{format:?}: {error}");
        }
        let made = db.migrate::<Adrift>().await;
        if let Format::Iceberg { catalog: Some(_) } = format {
            assert!(made.unwrap().is_created());
            db.exec(format!("DROP TABLE {}", format.table("no_database_at_all.adrift"))).await.unwrap();
            let database = format.table("no_database_at_all");
            db.exec(format!("DROP DATABASE IF EXISTS {database}")).await.unwrap();
            continue;
        }
        let error = made.unwrap_err().to_string();
        assert!(error.contains("no_database_at_all"), "{format:?}: {error}");
        assert!(
            error.contains("[SCHEMA_NOT_FOUND]") || error.contains("Database not found"),
            "{format:?}: {error}"
        );
    }
}

#[derive(Debug, Clone, LakeRow, LakeTable)]
#[lake(table = "written.contradicted")]
struct Contradicted {
    id: i64,
    note: Option<String>,
}

#[tokio::test]
async fn a_table_that_the_struct_does_not_fit_is_an_error_with_every_difference() {
    for (format, db) in clients().await {
        let table = format.table("written.contradicted");
        let using = format.name();
        let columns = "id STRING, extra INT NOT NULL";
        db.exec(format!("CREATE TABLE {table} ({columns}) USING {using}")).await.unwrap();
        let error = db.insert(&[Contradicted { id: 1, note: None }]).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::SchemaMismatch);
        for words in [
            "the column \"id\" is STRING in the table and BIGINT in the struct",
            "the table has no column \"note\"",
            "the table has no column \"_ingest_id\"",
            "the table has a column \"extra\" INT NOT NULL that the struct has no field for",
        ] {
            assert!(error.to_string().contains(words), "{format:?}: {error}");
        }
        db.exec(format!("DROP TABLE {table}")).await.unwrap();
    }
}

#[derive(Debug, Clone, LakeRow, LakeTable)]
#[lake(table = "written.required")]
struct Required {
    id: i64,
    note: Option<String>,
}

#[tokio::test]
async fn a_null_in_a_required_column_is_an_error_that_names_the_row() {
    for (format, db) in clients().await {
        let table = format.table("written.required");
        let using = format.name();
        let columns = "id BIGINT, note STRING NOT NULL, _ingest_id STRING";
        db.exec(format!("CREATE TABLE {table} ({columns}) USING {using}")).await.unwrap();
        let rows = [Required { id: 1, note: Some("x".into()) }, Required { id: 2, note: None }];
        let error = db.insert(&rows).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Encode, "{error}");
        assert!(
            error.to_string().contains("Required.note: row 1 (the first is 0): the value is None"),
            "{error}"
        );
        let count: i64 = query_scalar(&db, format!("SELECT count(*) FROM {table}")).await.unwrap();
        assert_eq!(count, 0);
        db.insert(&rows[..1]).await.unwrap();
        db.exec(format!("DROP TABLE {table}")).await.unwrap();
    }
}

#[derive(Debug, garde::Validate, LakeTable)]
#[lake(table = "written.ruled", validate)]
struct Ruled {
    #[garde(range(min = 1))]
    id: i64,
    #[garde(dive)]
    lines: Vec<RuledLine>,
}

#[derive(Debug, garde::Validate, LakeTable)]
struct RuledLine {
    #[garde(length(min = 1))]
    sku: String,
}

#[tokio::test]
async fn rows_that_break_rules_of_their_struct_are_all_named_without_their_values() {
    let ruled = |id, sku: &str| Ruled { id, lines: vec![RuledLine { sku: sku.into() }] };
    let rows = [ruled(1, "a"), ruled(-7, ""), ruled(2, "b"), ruled(-8, "c")];
    for (_, db) in clients().await {
        let expected = "rows of Ruled break its rules: row 1 (the first is 0), field id: lower than 1; row 1, field \
                        lines[0].sku: length is lower than 1; row 3, field id: lower than 1";
        for error in [
            db.insert(&rows).await.unwrap_err(),
            db.insert_stream(futures::stream::iter(
                rows.iter().map(|row| Ok(ruled(row.id, &row.lines[0].sku))),
            ))
            .await
            .unwrap_err(),
        ] {
            assert_eq!(error.kind(), ErrorKind::Encode);
            assert_eq!(error.to_string(), expected);
        }
    }
}

#[derive(LakeTable)]
#[lake(table = "written.stranger")]
struct Stranger {
    #[lake(merge_key)]
    id: i64,
}

#[tokio::test]
async fn a_table_of_the_other_format_is_an_error_that_names_both_and_nothing_is_written() {
    let engine = Engine::from_env();
    for format in Format::of(&engine) {
        let (table, using) = (format.table("written.stranger"), format.name());
        // One driver, since Sail's tables live in a session.
        let drv = engine.driver();
        let opened = |format: Format| match format {
            Format::Delta => open(drv.clone(), Delta::new(), Backend::none()),
            Format::Iceberg { catalog: None } => open(drv.clone(), Iceberg::new(), Backend::none()),
            Format::Iceberg { catalog: Some(catalog) } => {
                open(drv.clone(), Iceberg::new().catalog(catalog), Backend::none())
            }
        };
        let other = match format {
            Format::Delta => opened(Format::Iceberg { catalog: None }),
            Format::Iceberg { catalog: Some(catalog) } => {
                open(drv.clone(), Delta::new().catalog(catalog), Backend::none())
            }
            Format::Iceberg { catalog: None } => opened(Format::Delta),
        };
        let (db, other) = (opened(format).unwrap(), other.unwrap());
        db.exec(format!("CREATE DATABASE IF NOT EXISTS {}", format.table(DATABASE))).await.unwrap();
        db.exec(format!("CREATE TABLE {table} (id BIGINT NOT NULL, _ingest_id STRING) USING {using}"))
            .await
            .unwrap();
        let rows = [Stranger { id: 1 }];
        let errors = [
            other.insert(&rows).await.unwrap_err(),
            other.merge(&rows).await.unwrap_err(),
            other.migrate::<Stranger>().await.unwrap_err(),
            other.migrate::<Stranger>().evolve().plan().await.unwrap_err(),
        ];
        let writes = if format == Format::Delta { "Iceberg" } else { "Delta" };
        let expected = format!("the table {table} has the format {using}, but the client writes {writes}: ");
        for error in errors {
            assert_eq!(error.kind(), ErrorKind::SchemaMismatch, "{error}");
            assert!(error.to_string().contains(&expected), "{error}");
        }
        let count: i64 = query_scalar(&db, format!("SELECT count(*) FROM {table}")).await.unwrap();
        assert_eq!(count, 0);
        db.insert(&rows).await.unwrap();
        db.exec(format!("DROP TABLE {table}")).await.unwrap();
    }
}

#[derive(Debug, PartialEq, LakeRow, LakeTable)]
#[lake(table = "written.small")]
struct Small {
    id: i16,
}

#[tokio::test]
async fn a_type_that_the_format_does_not_hold_makes_no_table() {
    for (format, db) in clients().await {
        let table = format.table("written.small");
        let made = db.migrate::<Small>().await;
        match format {
            Format::Delta => {
                assert!(made.unwrap().is_created());
                db.insert(&[Small { id: i16::MIN }]).await.unwrap();
                let read = rows::<Small>(&db, &format!("(SELECT id FROM {table})"), "id").await;
                assert_eq!(read, [Small { id: i16::MIN }]);
                db.exec(format!("DROP TABLE {table}")).await.unwrap();
            }
            Format::Iceberg { .. } => {
                let error = made.unwrap_err();
                assert_eq!(error.kind(), ErrorKind::Unsupported);
                assert!(error.to_string().contains("use an `i32`"), "{error}");
                let error = db.insert(&[Small { id: 1 }]).await.unwrap_err();
                assert!(error.to_string().contains("there is no table"), "{error}");
                assert!(error.is_table_not_found() && error.is_schema_mismatch(), "{error}");
            }
        }
    }
}

/// What is flattened is not seen by the macro.
#[derive(LakeTable)]
#[lake(table = "written.nowhere")]
struct Contradictory {
    #[lake(flatten(prefix = "_ingest_"))]
    own: Own,
}

#[derive(LakeTable)]
struct Own {
    id: i64,
}

#[tokio::test]
async fn a_definition_that_contradicts_itself_is_refused_before_anything_is_asked() {
    for (_, db) in clients().await {
        for error in [
            db.insert(&[Contradictory { own: Own { id: 1 } }]).await.unwrap_err(),
            db.migrate::<Contradictory>().await.unwrap_err(),
        ] {
            assert_eq!(error.kind(), ErrorKind::Config, "{error}");
            assert!(
                error.to_string().contains("\"_ingest_id\" in the table written.nowhere is reserved"),
                "{error}"
            );
        }
    }
}

#[derive(LakeTable)]
#[lake(table = "written.checked")]
struct Checked {
    #[lake(merge_key)]
    id: i64,
    email: String,
    nick: String,
}

/// A Delta table without rows as another program has made it: what the engine's own statements would leave out is kept.
async fn made_elsewhere(table: &str, writer_version: u8, columns: &[serde_json::Value]) -> Client {
    let directory = Engine::from_env().dir.join(format!("{table}_of_others"));
    let log = directory.join("_delta_log");
    fs::create_dir_all(&log).unwrap();
    let protocol = json!({"protocol": {"minReaderVersion": 1, "minWriterVersion": writer_version}});
    let metadata = json!({"metaData": {
        "id": Uuid::new_v4().to_string(),
        "format": {"provider": "parquet", "options": {}},
        "schemaString": json!({"type": "struct", "fields": columns}).to_string(),
        "partitionColumns": [],
        "configuration": {"delta.constraints.an_address": "email LIKE '%@%'"},
        "createdTime": 0,
    }});
    fs::write(log.join("00000000000000000000.json"), format!("{protocol}\n{metadata}\n")).unwrap();
    let db = client_of(Format::Delta, Backend::none()).await;
    db.exec(format!("CREATE TABLE {table} USING delta LOCATION '{}'", directory.display())).await.unwrap();
    db
}

fn column(name: &str, data_type: &str, metadata: &serde_json::Value) -> serde_json::Value {
    json!({"name": name, "type": data_type, "nullable": true, "metadata": metadata})
}

/// The columns of such a table, and what it says of those of the id and the name.
fn columns(id: &serde_json::Value, nick: &serde_json::Value) -> [serde_json::Value; 4] {
    [
        column("id", "long", id),
        column("email", "string", &json!({})),
        column("nick", "string", nick),
        column("_ingest_id", "string", &json!({})),
    ]
}

/// Of such a row Sail names the rule alone, and Spark the row too. Sail looks at rules in an INSERT alone, and at no
/// length.
#[tokio::test]
async fn the_error_of_a_row_that_breaks_a_rule_of_its_table_names_the_rule_and_none_of_its_cells() {
    let table = "written.checked";
    let of_three = json!({"__CHAR_VARCHAR_TYPE_STRING": "varchar(3)"});
    let db = made_elsewhere(table, 3, &columns(&json!({}), &of_three)).await;
    let checks_each_write = Engine::from_env().has(Ability::RemembersKeys);
    let row = |id, email: &str, nick: &str| [Checked { id, email: email.into(), nick: nick.into() }];
    // Longer than a group of the operation's id, in which any digits may stand.
    let (eve, clark) = (4_711_000_000_001, 4_711_000_000_002);
    let (no_address, too_long) = (row(eve, "Eve Smith", "eve"), row(clark, "kent@example.com", "Clark Kent"));
    for (rows, rule) in [(&no_address, "an_address"), (&too_long, "char/varchar")] {
        for (verb, written) in [("insert", db.insert(rows).await), ("merge", db.merge(rows).await)] {
            if !checks_each_write && (verb, rule) != ("insert", "an_address") {
                written.unwrap();
                continue;
            }
            let error = written.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Server, "{error}");
            let told = printed(&error);
            assert!(told.contains(rule), "{told}");
            for cell in ["4711000000001", "4711000000002", "Eve", "Smith", "Clark", "Kent"] {
                assert!(!told.contains(cell), "{told}");
            }
        }
    }
    assert_eq!(count(&db, table).await, if checks_each_write { 0 } else { 2 });
    db.exec(format!("DROP TABLE {table}")).await.unwrap();
}

#[derive(LakeTable)]
#[lake(table = "written.identified")]
struct Identified {
    #[lake(merge_key)]
    id: i64,
    email: String,
    nick: String,
}

/// A plain INSERT gives its numbers where the column allows it. Sail merges into no such table, and so takes no key.
#[tokio::test]
async fn a_table_with_an_identity_column_takes_inserts_and_on_sail_no_merge() {
    let table = "written.identified";
    let identity = json!({
        "delta.identity.start": 1,
        "delta.identity.step": 1,
        "delta.identity.allowExplicitInsert": true,
    });
    let db = made_elsewhere(table, 6, &columns(&identity, &json!({}))).await;
    let rows = [Identified { id: 7, email: "eve@example.com".into(), nick: "eve".into() }];
    assert_eq!(db.insert(&rows).await.unwrap().rows(), 1);
    if !Engine::from_env().has(Ability::RemembersKeys) {
        let keyed = db.insert(&rows).idempotency_key("k").await;
        for error in [keyed.unwrap_err(), db.merge(&rows).await.unwrap_err()] {
            assert_eq!(error.kind(), ErrorKind::Unsupported, "{error}");
            assert!(error.to_string().contains("MERGE INTO tables with Delta identity columns"), "{error}");
        }
    }
    assert_eq!(count(&db, table).await, 1);
    db.exec(format!("DROP TABLE {table}")).await.unwrap();
}

#[derive(LakeTable)]
#[lake(table = "written.padded")]
struct Padded {
    #[lake(merge_key)]
    code: String,
}

/// Spark tells that of Delta's tables and pads the values; Sail does neither, and finds the row.
#[tokio::test]
async fn a_padded_merge_key_is_refused_and_an_insert_is_not() {
    let db = client_of(Format::Delta, Backend::none()).await;
    let table = "written.padded";
    db.exec(format!("CREATE TABLE {table} (code CHAR(3), _ingest_id STRING) USING delta")).await.unwrap();
    let rows = [Padded { code: "ab".into() }];
    db.insert(&rows).await.unwrap();
    let merged = db.merge(&rows).await;
    if Engine::from_env().has(Ability::RemembersKeys) {
        let error = merged.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unsupported, "{error}");
        let told = error.to_string();
        assert!(
            told.contains("the merge key \"code\" of the table") && told.contains("is char(3)"),
            "{told}"
        );
    } else {
        assert_eq!(merged.unwrap().rows(), 1);
        let code: String = query_scalar(&db, format!("SELECT code FROM {table}")).await.unwrap();
        assert_eq!(code, "ab");
    }
    assert_eq!(count(&db, table).await, 1);
    db.exec(format!("DROP TABLE {table}")).await.unwrap();
}

#[tokio::test]
async fn an_execution_whose_view_is_refused_leaves_the_one_of_that_name() {
    let session = Engine::from_env().driver().session().await.unwrap();
    let view = Engine::from_env().unique("taken");
    session.exec(format!("CREATE TEMPORARY VIEW {view} AS SELECT 7L AS id")).await.unwrap();
    let batch = record_batch(&[Stranger { id: 1 }]).unwrap();
    let statement = Command::from(format!("SELECT id FROM {view}"));
    let plan = ExecutionPlan::DirectIngest(DirectIngest::new(vec![batch], view.clone(), statement));
    let error = Driver::execute(&session, plan).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Server, "{error}");
    let id: i64 =
        query_scalar(&Client::new(session.clone()), format!("SELECT id FROM {view}")).await.unwrap();
    assert_eq!(id, 7);
    assert!(session.catalog().drop_temp_view(view).await.unwrap());
}
