//! How the files of a table are laid out, as its own metadata says.

use std::fs;
use std::path::PathBuf;

use chrono::{DateTime, NaiveDate, Utc};
use lakeorm::{Backend, ErrorKind, LakeRow, LakeTable, query_scalar};
use lakeorm_tests::engine::{Ability, Engine};
use lakeorm_tests::files;
use lakeorm_tests::formats::Format;
use serde_json::{Value, json};

use super::{client_with, clients, formats, rows};

#[derive(Debug, Clone, PartialEq, LakeRow, LakeTable)]
#[lake(
    table = "written.laid_out",
    partition_by(
        region,
        year(born),
        month(hired),
        day(placed),
        hour(seen),
        bucket(4, id),
        truncate(2, name)
    )
)]
struct LaidOut {
    id: i64,
    region: Option<String>,
    born: NaiveDate,
    hired: NaiveDate,
    placed: DateTime<Utc>,
    seen: DateTime<Utc>,
    name: String,
}

fn laid_out() -> Vec<LaidOut> {
    let day = |year| NaiveDate::from_ymd_opt(year, 12, 31).unwrap();
    let instant = |micros| DateTime::from_timestamp_micros(micros).unwrap();
    let row = |id, region: Option<&str>, year, micros, name: &str| LaidOut {
        id,
        region: region.map(str::to_owned),
        born: day(year),
        hired: day(year + 1),
        placed: instant(micros),
        seen: instant(micros + 3_600_000_000),
        name: name.into(),
    };
    vec![
        row(1, Some("a/b=c d"), 1969, -1, "🦀é漢"),
        row(2, None, 1900, 1_700_000_000_000_000, ""),
        row(3, Some(""), 2024, 0, "abc"),
    ]
}

/// The files of a table whose names end so.
fn files_of(table: &str, ends: &str) -> Vec<PathBuf> {
    let is_its = |path: &PathBuf| {
        let path = path.to_string_lossy();
        path.contains(&format!("/{table}")) && path.ends_with(ends)
    };
    files(&Engine::from_env().dir).into_iter().filter(is_its).collect()
}

/// The metadata of an Iceberg table, the newest that is there.
fn iceberg_metadata(table: &str) -> Value {
    let read = |path: PathBuf| serde_json::from_slice::<Value>(&fs::read(path).unwrap()).unwrap();
    let all = files_of(table, ".metadata.json").into_iter().map(read);
    all.max_by_key(|version| version["last-updated-ms"].as_i64()).unwrap()
}

/// The name of an Iceberg field by its number.
fn field(metadata: &Value, id: &Value) -> Value {
    let fields = metadata["schemas"][0]["fields"].as_array().unwrap();
    fields.iter().find(|field| field["id"] == *id).unwrap()["name"].clone()
}

const PROPERTY: (&str, &str) = ("lakeorm.test", "it's a \\ \"test\"\n🦀");

#[tokio::test]
async fn an_iceberg_table_is_partitioned_as_its_struct_says_and_has_the_property() {
    for format in formats() {
        let Format::Iceberg { .. } = format else { continue };
        let db = client_with(format, Backend::none(), PROPERTY.0, PROPERTY.1).await;
        assert!(db.migrate::<LaidOut>().await.unwrap().is_created());
        assert_eq!(
            db.migrate::<LaidOut>().await.unwrap().differences(),
            [],
            "the engine tells what was asked for"
        );
        db.insert(&laid_out()).await.unwrap();
        let table = format.table("written.laid_out");
        assert_eq!(rows::<LaidOut>(&db, &table, "id").await, laid_out());
        let metadata = iceberg_metadata("laid_out");
        let spec = metadata["partition-specs"][0]["fields"].as_array().unwrap();
        let parts: Vec<(Value, &str)> = spec
            .iter()
            .map(|part| (field(&metadata, &part["source-id"]), part["transform"].as_str().unwrap()))
            .collect();
        let expected = [
            ("region", "identity"),
            ("born", "year"),
            ("hired", "month"),
            ("placed", "day"),
            ("seen", "hour"),
            ("id", "bucket[4]"),
            ("name", "truncate[2]"),
        ];
        assert_eq!(parts, expected.map(|(column, transform)| (json!(column), transform)));
        assert_eq!(metadata["properties"][PROPERTY.0], PROPERTY.1);
        // One is found by each column that a partition is made of.
        let found = format!(
            "SELECT count(*) FROM {table} WHERE region = 'a/b=c d' AND born = DATE '1969-12-31' AND hired = DATE \
             '1970-12-31' AND placed < TIMESTAMP '1970-01-01 00:00:00Z' AND seen >= TIMESTAMP '1970-01-01 00:00:00Z' \
             AND id = 1 AND name = '🦀é漢'"
        );
        assert_eq!(query_scalar::<i64>(&db, found).await.unwrap(), 1);
        db.exec(format!("DROP TABLE {table}")).await.unwrap();
    }
}

#[derive(Debug, Clone, PartialEq, LakeRow, LakeTable)]
#[lake(table = "written.of_regions", partition_by(region, identity(day)))]
struct OfRegions {
    id: i64,
    region: Option<String>,
    day: NaiveDate,
    #[lake(sql_default = "'no' || 'ne'")]
    note: Option<String>,
}

#[tokio::test]
async fn a_delta_table_has_the_partitions_the_property_and_the_defaults_of_its_struct() {
    for format in formats() {
        let table = format.table("written.of_regions");
        let db = client_with(format, Backend::none(), PROPERTY.0, PROPERTY.1).await;
        let made = db.migrate::<OfRegions>().await;
        if let Format::Iceberg { .. } = format {
            let error = made.unwrap_err();
            assert!(matches!(error.kind(), ErrorKind::Server | ErrorKind::Unsupported), "{error}");
            assert!(error.to_string().to_lowercase().contains("default"), "{error}");
            continue;
        }
        assert!(made.unwrap().is_created());
        let day = NaiveDate::from_ymd_opt(1969, 12, 31).unwrap();
        let row = |id, region: Option<&str>, note: Option<&str>| OfRegions {
            id,
            region: region.map(str::to_owned),
            day,
            note: note.map(str::to_owned),
        };
        let written = [row(1, Some("a/b=c d%🦀"), None), row(2, None, Some("said"))];
        db.insert(&written).await.unwrap();
        let insert = format!(
            "INSERT INTO {table} (id, region, day, _ingest_id) VALUES (3, 'x', DATE '1969-12-31', NULL)"
        );
        db.exec(insert).await.unwrap();
        let [first, second] = written;
        let expected = [first, second, row(3, Some("x"), Some("none"))];
        assert_eq!(rows::<OfRegions>(&db, &table, "id").await, expected);
        let log = delta_log("of_regions");
        let metadata = log.iter().find(|action| action.get("metaData").is_some()).unwrap();
        assert_eq!(metadata["metaData"]["partitionColumns"], json!(["region", "day"]));
        assert_eq!(metadata["metaData"]["configuration"][PROPERTY.0], PROPERTY.1);
        let added: Vec<&Value> = log.iter().filter_map(|action| action.get("add")).collect();
        assert!(added.iter().any(|file| file["partitionValues"]["region"] == "a/b=c d%🦀"), "{added:?}");
        db.exec(format!("DROP TABLE {table}")).await.unwrap();
    }
}

/// Every action in the log of a Delta table.
fn delta_log(table: &str) -> Vec<Value> {
    let commits =
        files_of(table, ".json").into_iter().filter(|path| path.to_string_lossy().contains("/_delta_log/"));
    let lines = commits.map(|path| fs::read_to_string(path).unwrap()).collect::<Vec<_>>().join("\n");
    lines.lines().filter(|line| !line.is_empty()).map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[derive(Debug, Clone, PartialEq, LakeRow, LakeTable)]
#[lake(table = "written.ordered", sort_by(name, id))]
struct Ordered {
    id: i64,
    name: String,
}

/// The same table by other letters.
#[derive(LakeTable)]
#[lake(table = "written.ordered", sort_by(name, id), rename_all = "UPPERCASE")]
struct OrderedInCapitals {
    id: i64,
    name: String,
}

#[tokio::test]
async fn the_order_of_rows_in_a_file_is_icebergs_where_the_engine_can_set_it() {
    let engine = Engine::from_env();
    for (format, db) in clients().await {
        let made = db.migrate::<Ordered>().await;
        if format == Format::Delta {
            let error = made.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Unsupported);
            assert!(error.to_string().starts_with("Delta does not support a sort order of rows"), "{error}");
            continue;
        }
        let table = format.table("written.ordered");
        if !engine.has(Ability::AltersTables) {
            let error = made.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Unsupported, "{error}");
            assert!(
                error.to_string().contains("would be created without its sort order; no table was made"),
                "{error}"
            );
            let found = lakeorm::query::<Ordered>(&db, format!("SELECT * FROM {table}")).await;
            assert!(found.unwrap_err().is_table_not_found());
            continue;
        }
        assert!(made.unwrap().is_created());
        assert_eq!(db.migrate::<OrderedInCapitals>().await.unwrap().differences(), []);
        let ordered = |id, name: &str| Ordered { id, name: name.into() };
        db.insert(&[ordered(1, "c"), ordered(3, "a"), ordered(2, "a"), ordered(0, "b")]).await.unwrap();
        // From one file, in its own order.
        let found: Vec<Ordered> = lakeorm::query(&db, format!("SELECT * FROM {table}")).await.unwrap();
        assert_eq!(found, [ordered(2, "a"), ordered(3, "a"), ordered(0, "b"), ordered(1, "c")]);
        let metadata = iceberg_metadata("ordered");
        let order = metadata["sort-orders"].as_array().unwrap();
        let current = order.iter().find(|order| order["order-id"] == metadata["default-sort-order-id"]);
        let columns: Vec<Value> = current.unwrap()["fields"]
            .as_array()
            .unwrap()
            .iter()
            .map(|part| field(&metadata, &part["source-id"]))
            .collect();
        assert_eq!(columns, [json!("name"), json!("id")]);
        db.exec(format!("DROP TABLE {table}")).await.unwrap();
    }
}
