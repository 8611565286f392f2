//! What other programs read: `deltalake` and `pyiceberg`, on the files of a table.

use chrono::{DateTime, NaiveDate, Utc};
use lakeorm::{Backend, Client, Decimal, LakeTable, WritePath};
use lakeorm_tests::engine::Engine;
use lakeorm_tests::formats::Format;
use serde_json::{Value, json};

use super::clients_with;

/// Prints the rows of a table.
const READ: &str = include_str!("../../../../fixtures/read_table.py");

#[derive(Debug, LakeTable)]
#[lake(table = "written.for_readers")]
struct Order {
    #[lake(merge_key)]
    id: i64,
    #[lake(decimal(18, 2))]
    amount: Decimal,
    day: NaiveDate,
    placed: DateTime<Utc>,
    note: Option<String>,
    lines: Vec<Line>,
}

#[derive(Debug, LakeTable)]
struct Line {
    sku: String,
    quantity: Option<i32>,
}

fn order(id: i64, amount: &str, note: Option<&str>) -> Order {
    Order {
        id,
        amount: amount.parse().unwrap(),
        day: NaiveDate::from_ymd_opt(1500, 2, 28).unwrap(),
        placed: DateTime::from_timestamp_micros(1_700_000_000_123_456).unwrap(),
        note: note.map(str::to_owned),
        lines: vec![Line { sku: "a`b".into(), quantity: None }, Line { sku: "🦀".into(), quantity: Some(2) }],
    }
}

fn read(id: i64, amount: &str, note: Option<&str>) -> Value {
    json!({
        "id": id,
        "amount": amount,
        "day": "1500-02-28",
        "placed": "2023-11-14 22:13:20.123456+00:00",
        "note": note,
        "lines": [{"sku": "a`b", "quantity": null}, {"sku": "🦀", "quantity": 2}],
    })
}

#[tokio::test]
async fn other_programs_read_what_is_inserted_and_merged_direct_and_staged() {
    let engine = Engine::from_env();
    let mut python = engine.pyspark();
    python.env_remove("PYTHONPATH").args(["-c", READ]);
    let staging = Backend::parse(&format!("file://{}", engine.dir.join("for_readers").display())).unwrap();
    for (format, db) in clients_with(staging).await {
        let directory = made(&engine, format, &db).await;
        db.insert(&[order(1, "0.01", None), order(2, "-2.50", Some("it's"))]).await.unwrap();
        let merge = [order(2, "9999999999999999.99", Some("new")), order(3, "3.00", Some("\u{0}"))];
        assert_eq!(db.merge(&merge).staged().await.unwrap().path(), WritePath::Staged);
        let mut reader = std::process::Command::new(python.get_program());
        let read_by = reader.args(python.get_args()).args([format.name(), &directory]).output().unwrap();
        assert!(read_by.status.success(), "{format:?}: {}", String::from_utf8_lossy(&read_by.stderr));
        let mut rows: Vec<Value> = serde_json::from_slice(&read_by.stdout).unwrap();
        for row in &mut rows {
            let id = row.as_object_mut().unwrap().remove("_ingest_id").unwrap();
            assert_eq!(id.as_str().unwrap().len(), 36);
        }
        let expected = [
            read(1, "0.01", None),
            read(2, "9999999999999999.99", Some("new")),
            read(3, "3.00", Some("\u{0}")),
        ];
        assert_eq!(rows, expected, "{format:?}");
        db.exec(format!("DROP TABLE {}", format.table("written.for_readers"))).await.unwrap();
    }
}

/// Makes the table, and says in which directory it is.
async fn made(engine: &Engine, format: Format, db: &Client) -> String {
    let table = format.table("written.for_readers");
    db.exec(format!("DROP TABLE IF EXISTS {table}")).await.unwrap();
    if format == (Format::Iceberg { catalog: Some("ice") }) {
        // A catalog of directories says itself where its tables are.
        db.migrate::<Order>().await.unwrap();
        return engine.dir.join("ice/written/for_readers").display().to_string();
    }
    let directory = engine.dir.join("read_by_others").join(format.name()).display().to_string();
    let columns = "id BIGINT NOT NULL, amount DECIMAL(18,2) NOT NULL, day DATE NOT NULL, placed TIMESTAMP NOT NULL, note \
                   STRING, lines ARRAY<STRUCT<sku: STRING, quantity: INT>> NOT NULL, _ingest_id STRING";
    let using = format.name();
    db.exec(format!("CREATE TABLE {table} ({columns}) USING {using} LOCATION 'file://{directory}'"))
        .await
        .unwrap();
    directory
}
