//! What other programs read: `deltalake` and `pyiceberg`, on the files of a table.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};
use lakeorm::table::TableDefinition;
use lakeorm::{Backend, Client, Decimal, LakeTable, WritePath};
use lakeorm_tests::engine::Engine;
use lakeorm_tests::formats::Format;
use serde_json::{Value, json};

use super::clients_with;

/// Prints the rows of a table.
const READ: &str = include_str!("../../../../fixtures/read_table.py");

#[derive(Debug, LakeTable)]
struct Order {
    id: i64,
    #[lake(decimal(18, 2))]
    amount: Decimal,
    day: NaiveDate,
    placed: DateTime<Utc>,
    note: Option<String>,
    lines: Vec<Line>,
    yes: Option<bool>,
    int: i32,
    big: i64,
    float: f32,
    double: f64,
    #[lake(decimal(9, 2))]
    small: Decimal,
    #[lake(decimal(38, 38))]
    fraction: Option<Decimal>,
    local: Option<NaiveDateTime>,
    counts: BTreeMap<String, Option<i32>>,
    place: Option<Place>,
    #[lake(rename = "the remark")]
    remark: String,
}

#[derive(Debug, LakeTable)]
struct Line {
    sku: String,
    quantity: Option<i32>,
}

#[derive(Debug, LakeTable)]
struct Place {
    city: String,
    zip: Option<i32>,
}

/// What Sail merges into no Iceberg table.
#[derive(Debug, LakeTable)]
struct WithBytes {
    #[lake(flatten)]
    order: Order,
    bytes: Vec<u8>,
}

impl From<Order> for WithBytes {
    fn from(order: Order) -> Self {
        let bytes = match order.id {
            1 => vec![],
            2 => (0..=255).collect(),
            _ => vec![0],
        };
        Self { order, bytes }
    }
}

impl LakeTable for Order {
    fn definition() -> TableDefinition {
        TableDefinition::of::<Self>("written.for_readers").merge_key("id")
    }
}

impl LakeTable for WithBytes {
    fn definition() -> TableDefinition {
        TableDefinition::of::<Self>("written.for_readers_with_bytes").merge_key("id")
    }
}

fn decimal(text: &str) -> Decimal {
    text.parse().unwrap()
}

fn local(micros: i64) -> Option<NaiveDateTime> {
    DateTime::from_timestamp_micros(micros).map(|at| at.naive_utc())
}

fn lowest(id: i64) -> Order {
    Order {
        id,
        amount: decimal("0.01"),
        day: NaiveDate::from_ymd_opt(1500, 2, 28).unwrap(),
        placed: DateTime::from_timestamp_micros(1_700_000_000_123_456).unwrap(),
        note: None,
        lines: vec![Line { sku: "a`b".into(), quantity: None }, Line { sku: "🦀".into(), quantity: Some(2) }],
        yes: None,
        int: i32::MIN,
        big: i64::MIN,
        float: f32::NEG_INFINITY,
        double: -0.0,
        small: decimal("-9999999.99"),
        fraction: Some(decimal(&format!("-0.{}", "9".repeat(38)))),
        local: local(-62_135_596_800_000_000),
        counts: BTreeMap::new(),
        place: None,
        remark: format!("of {id}"),
    }
}

fn highest(id: i64) -> Order {
    Order {
        amount: decimal("9999999999999999.99"),
        note: Some("new".into()),
        yes: Some(true),
        int: i32::MAX,
        big: i64::MAX,
        float: f32::MAX,
        double: f64::INFINITY,
        small: decimal("9999999.99"),
        fraction: Some(decimal(&format!("0.{}", "9".repeat(38)))),
        local: local(253_402_300_799_999_999),
        counts: BTreeMap::from([("b".into(), Some(2)), ("a".into(), None)]),
        place: Some(Place { city: "Oslo".into(), zip: None }),
        ..lowest(id)
    }
}

fn odd(id: i64) -> Order {
    Order {
        amount: decimal("3.00"),
        note: Some("\u{0}".into()),
        yes: Some(false),
        int: 0,
        big: 0,
        float: f32::NAN,
        double: f64::NAN,
        small: decimal("0.01"),
        fraction: Some(decimal(&format!("0.{}1", "0".repeat(37)))),
        local: None,
        counts: BTreeMap::from([(String::new(), Some(0))]),
        place: Some(Place { city: String::new(), zip: Some(7) }),
        ..lowest(id)
    }
}

/// The lowest, the highest and the odd one, as they are printed.
fn read() -> [Value; 3] {
    let lines = json!([{"sku": "a`b", "quantity": null}, {"sku": "🦀", "quantity": 2}]);
    let (day, placed) = ("1500-02-28", "2023-11-14 22:13:20.123456+00:00");
    let every_byte: String = (0..=255).map(|byte| format!("{byte:02x}")).collect();
    [
        json!({
            "id": 1, "amount": "0.01", "day": day, "placed": placed, "note": null, "lines": lines, "yes": null,
            "int": i32::MIN, "big": i64::MIN, "float": "-inf", "double": "-0.0", "small": "-9999999.99",
            "fraction": format!("-0.{}", "9".repeat(38)), "local": "0001-01-01 00:00:00", "counts": [],
            "place": null, "the remark": "of 1", "bytes": "",
        }),
        json!({
            "id": 2, "amount": "9999999999999999.99", "day": day, "placed": placed, "note": "new", "lines": lines,
            "yes": true, "int": i32::MAX, "big": i64::MAX, "float": "3.4028234663852886e+38", "double": "inf",
            "small": "9999999.99", "fraction": format!("0.{}", "9".repeat(38)),
            "local": "9999-12-31 23:59:59.999999", "counts": [["a", null], ["b", 2]],
            "place": {"city": "Oslo", "zip": null}, "the remark": "of 2", "bytes": every_byte,
        }),
        json!({
            "id": 3, "amount": "3.00", "day": day, "placed": placed, "note": "\u{0}", "lines": lines, "yes": false,
            "int": 0, "big": 0, "float": "nan", "double": "nan", "small": "0.01",
            "fraction": format!("0.{}1", "0".repeat(37)), "local": null, "counts": [["", 0]],
            "place": {"city": "", "zip": 7}, "the remark": "of 3", "bytes": "00",
        }),
    ]
}

#[tokio::test]
async fn other_programs_read_what_is_inserted_and_merged_direct_and_staged() {
    let engine = Engine::from_env();
    let staging = Backend::parse(&format!("file://{}", engine.dir.join("for_readers").display())).unwrap();
    for (format, db) in clients_with(staging).await {
        if format == (Format::Iceberg { catalog: None }) {
            are_read::<Order>(&engine, format, &db, true).await;
            are_read::<WithBytes>(&engine, format, &db, false).await;
        } else {
            are_read::<WithBytes>(&engine, format, &db, true).await;
        }
    }
}

/// Rows are inserted direct, and merged in files; or inserted in files too, where they are not to be merged.
async fn are_read<T: LakeTable + From<Order> + Send + Sync>(
    engine: &Engine,
    format: Format,
    db: &Client,
    is_merged: bool,
) {
    let directory = made::<T>(engine, format, db).await;
    let ids = if is_merged { 1..=2 } else { 1..=1 };
    let sent: Vec<T> = ids.map(|id| lowest(id).into()).collect();
    db.insert(&sent).await.unwrap();
    let staged: [T; 2] = [highest(2).into(), odd(3).into()];
    let written = match is_merged {
        true => db.merge(&staged).staged().await,
        false => db.insert(&staged).staged().await,
    };
    assert_eq!(written.unwrap().path(), WritePath::Staged);
    let mut reader = engine.pyspark();
    reader.env_remove("PYTHONPATH").args(["-c", READ, format.name(), &directory]);
    let read_by = reader.output().unwrap();
    assert!(read_by.status.success(), "{format:?}: {}", String::from_utf8_lossy(&read_by.stderr));
    let mut rows: Vec<Value> = serde_json::from_slice(&read_by.stdout).unwrap();
    for row in &mut rows {
        let id = row.as_object_mut().unwrap().remove("_ingest_id").unwrap();
        assert_eq!(id.as_str().unwrap().len(), 36);
    }
    let mut expected = read();
    if !has_bytes::<T>() {
        expected.iter_mut().for_each(|row| drop(row.as_object_mut().unwrap().remove("bytes")));
    }
    assert_eq!(rows, expected, "{format:?}");
    db.exec(format!("DROP TABLE {}", format.table(&T::definition().name().to_string()))).await.unwrap();
}

fn has_bytes<T: LakeTable>() -> bool {
    T::definition().column("bytes").is_some()
}

/// Makes the table, and says in which directory it is.
async fn made<T: LakeTable>(engine: &Engine, format: Format, db: &Client) -> String {
    let name = T::definition().name().to_string();
    let (table, using) = (format.table(&name), format.name());
    db.exec(format!("DROP TABLE IF EXISTS {table}")).await.unwrap();
    if format == (Format::Iceberg { catalog: Some("ice") }) {
        // A catalog of directories says itself where its tables are.
        db.migrate::<T>().await.unwrap();
        return engine.dir.join("ice").join(name.replace('.', "/")).display().to_string();
    }
    let directory = engine.dir.join("read_by_others").join(using).join(&name).display().to_string();
    // Sail takes few columns that are NOT NULL in a merge into Delta, and no such field of a struct in one into Iceberg.
    let columns = "id BIGINT NOT NULL, amount DECIMAL(18,2) NOT NULL, day DATE NOT NULL, placed TIMESTAMP NOT NULL, note \
                   STRING, lines ARRAY<STRUCT<sku: STRING, quantity: INT>> NOT NULL, yes BOOLEAN, int INT, big BIGINT, \
                   float FLOAT, double DOUBLE, small DECIMAL(9,2), fraction DECIMAL(38,38), local TIMESTAMP_NTZ, counts \
                   MAP<STRING, INT>, place STRUCT<city: STRING, zip: INT>, `the remark` STRING, _ingest_id STRING";
    let bytes = if has_bytes::<T>() { ", bytes BINARY" } else { "" };
    // Delta has no column with a space by another way.
    let properties = match format {
        Format::Delta => " TBLPROPERTIES ('delta.columnMapping.mode' = 'name')",
        Format::Iceberg { .. } => "",
    };
    let statement = format!(
        "CREATE TABLE {table} ({columns}{bytes}) USING {using} LOCATION 'file://{directory}'{properties}"
    );
    db.exec(statement).await.unwrap();
    directory
}
