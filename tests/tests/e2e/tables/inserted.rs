//! Rows that are appended.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use futures::future::join_all;
use lakeorm::dialect::{Delta, Iceberg};
use lakeorm::{
    Backend, Client, Decimal, ErrorKind, LakeRow, LakeTable, WritePath, open, query, query_first,
    query_scalar,
};
use lakeorm_tests::engine::{Ability, Engine};
use lakeorm_tests::formats::Format;

use super::staged::Staging;
use super::{DATABASE, clients, one_for_each_line, rows};

#[derive(Debug, Clone, PartialEq, LakeRow, LakeTable)]
#[lake(table = "written.every_type", comment = "it's all there")]
pub(super) struct EveryType {
    id: i64,
    yes: Option<bool>,
    int: i32,
    float: f32,
    double: f64,
    #[lake(decimal(38, 18))]
    amount: Decimal,
    text: String,
    bytes: Vec<u8>,
    day: NaiveDate,
    placed: DateTime<Utc>,
    lines: Vec<Line>,
    counts: BTreeMap<String, Option<i32>>,
    #[lake(flatten(prefix = "ship_"))]
    ship: Option<Address>,
}

#[derive(Debug, Clone, PartialEq, LakeRow, LakeTable)]
pub(super) struct Line {
    sku: String,
    quantity: Option<i32>,
}

#[derive(Debug, Clone, PartialEq, LakeRow, LakeTable)]
pub(super) struct Address {
    city: String,
    zip: Option<String>,
}

pub(super) fn every_type() -> Vec<EveryType> {
    let most = EveryType {
        id: i64::MAX,
        yes: Some(true),
        int: i32::MIN,
        float: f32::MAX,
        double: f64::MIN_POSITIVE,
        amount: "99999999999999999999.999999999999999999".parse().unwrap(),
        text: "a'b\"c\\ 🦀\n".into(),
        bytes: vec![0, 255],
        day: NaiveDate::from_ymd_opt(9999, 12, 31).unwrap(),
        placed: DateTime::from_timestamp_micros(253_402_300_799_999_999).unwrap(),
        lines: vec![
            Line { sku: String::new(), quantity: None },
            Line { sku: "x".into(), quantity: Some(-1) },
        ],
        counts: BTreeMap::from([("a".to_owned(), Some(1)), ("b".to_owned(), None)]),
        ship: Some(Address { city: "Paris".into(), zip: None }),
    };
    let least = EveryType {
        id: i64::MIN,
        yes: None,
        amount: "-0.000000000000000001".parse().unwrap(),
        text: String::new(),
        bytes: Vec::new(),
        day: NaiveDate::from_ymd_opt(1970, 1, 1).unwrap(),
        placed: DateTime::from_timestamp_micros(1).unwrap(),
        lines: Vec::new(),
        counts: BTreeMap::new(),
        ship: None,
        int: i32::MIN,
        float: f32::MIN,
        double: f64::NEG_INFINITY,
    };
    vec![least, most]
}

#[tokio::test]
async fn a_table_that_is_made_of_a_struct_gives_back_what_is_inserted() {
    for (format, db) in clients().await {
        let migration = db.migrate::<EveryType>().await.unwrap();
        assert!(migration.is_created(), "{migration}");
        assert_eq!(migration.differences(), [], "{format:?}");
        let written = db.insert(&every_type()).await.unwrap();
        assert_eq!((written.rows(), written.path()), (2, WritePath::Direct));
        let table = format.table("written.every_type");
        assert_eq!(rows::<EveryType>(&db, &table, "id").await, every_type(), "{format:?}");
        let ids: i64 = query_scalar(
            &db,
            db.sql(format!("SELECT count(*) FROM {table} WHERE _ingest_id = ?"))
                .bind(written.ingest_id().to_string()),
        )
        .await
        .unwrap();
        assert_eq!(ids, 2);
        assert!(db.migrate::<EveryType>().await.unwrap().is_unchanged());
        db.exec(format!("DROP TABLE {table}")).await.unwrap();
    }
}

#[derive(Debug, Clone, PartialEq, LakeRow, LakeTable)]
#[lake(table = "written.strict", deny_unknown_columns)]
struct Strict {
    id: i64,
    note: Option<String>,
}

#[tokio::test]
async fn a_struct_that_denies_unknown_columns_reads_its_own_table() {
    for (format, db) in one_for_each_line().await {
        db.migrate::<Strict>().await.unwrap();
        let strict = [Strict { id: 1, note: Some("a".to_owned()) }];
        db.insert(&strict).await.unwrap();
        let table = format.table("written.strict");
        assert_eq!(rows::<Strict>(&db, &table, "id").await, strict, "{format:?}");
        assert_eq!(query::<Strict>(&db, db.table_of::<Strict>().unwrap()).await.unwrap(), strict);
        let more = query::<Strict>(&db, format!("SELECT *, 1 AS more FROM {table}")).await.unwrap_err();
        assert_eq!(more.kind(), ErrorKind::SchemaMismatch);
        let told = more.to_string();
        assert!(told.contains("\"more\"") && !told.contains("\"_ingest_id\""), "{told}");
        db.exec(format!("DROP TABLE {table}")).await.unwrap();
    }
}

#[derive(Debug, LakeTable)]
#[lake(table = "written.many")]
struct Many {
    id: i64,
    text: String,
}

#[tokio::test]
async fn a_large_direct_insert_lands_whole() {
    const ROWS: i64 = 200_000;
    let many: Vec<_> = (0..ROWS).map(|id| Many { id, text: format!("the text of row {id}") }).collect();
    for (format, db) in clients().await {
        db.migrate::<Many>().await.unwrap();
        let table = format.table("written.many");
        let written = db.insert(&many).direct().await.unwrap();
        assert_eq!((written.rows(), written.path()), (200_000, WritePath::Direct), "{format:?}");
        let sums = format!("SELECT count(*), sum(id), sum(length(text)) FROM {table}");
        let length: usize = many.iter().map(|row| row.text.len()).sum();
        let expected = (ROWS, ROWS * (ROWS - 1) / 2, i64::try_from(length).unwrap());
        assert_eq!(query_first::<(i64, i64, i64)>(&db, sums).await.unwrap(), expected, "{format:?}");
        db.exec(format!("DROP TABLE {table}")).await.unwrap();
    }
}

#[derive(Debug, Clone, PartialEq, LakeRow, LakeTable)]
#[lake(table = "written.tuples")]
struct Tuples {
    id: i64,
    place: (f64, Option<String>),
    pairs: Vec<(String, i32)>,
    threes: Vec<(i32, bool, String)>,
}

#[tokio::test]
async fn tuples_read_back_from_the_structs_and_maps_that_they_are() {
    for (format, db) in one_for_each_line().await {
        db.migrate::<Tuples>().await.unwrap();
        let row = |id, place| Tuples {
            id,
            place,
            pairs: vec![("a".into(), 1), ("b".into(), 2)],
            threes: vec![(3, true, "c".into()), (4, false, String::new())],
        };
        let rows_in = vec![row(1, (0.5, Some("here".into()))), row(2, (-0.5, None))];
        db.insert(&rows_in).await.unwrap();
        let table = format.table("written.tuples");
        assert_eq!(rows::<Tuples>(&db, &table, "id").await, rows_in, "{format:?}");
        let read =
            format!("SELECT place._2 FROM {table} WHERE place._1 > 0 AND pairs['b'] = threes[0]._1 - 1");
        let found: String = query_scalar(&db, read).await.unwrap();
        assert_eq!(found, "here");
        assert!(db.migrate::<Tuples>().await.unwrap().is_unchanged());
        db.exec(format!("DROP TABLE {table}")).await.unwrap();
    }
}

#[derive(Debug, Clone, PartialEq, LakeRow, LakeTable)]
#[lake(table = "written.reordered")]
struct Reordered {
    first: String,
    second: String,
    #[lake(rename = "select")]
    word: i32,
}

/// The table's columns are in another order, and it has some that the struct lacks.
#[tokio::test]
async fn columns_are_matched_by_name_whatever_their_order() {
    for (format, db) in one_for_each_line().await {
        let table = format.table("written.reordered");
        let using = format.name();
        let columns =
            "more INT, _ingest_id STRING, second STRING, `select` INT, first STRING, other STRUCT<a: INT>";
        db.exec(format!("CREATE TABLE {table} ({columns}) USING {using}")).await.unwrap();
        let written = vec![Reordered { first: "1st".into(), second: "2nd".into(), word: 3 }];
        db.insert(&written).await.unwrap();
        db.insert(&written).idempotency_key("again").await.unwrap();
        assert_eq!(
            rows::<Reordered>(&db, &table, "first").await,
            [written.clone(), written].concat(),
            "{format:?}"
        );
        let more: Option<i32> = query_scalar(&db, format!("SELECT max(more) FROM {table}")).await.unwrap();
        assert_eq!(more, None);
        db.exec(format!("DROP TABLE {table}")).await.unwrap();
    }
}

#[derive(Debug, Clone, PartialEq, LakeRow, LakeTable)]
#[lake(table = "written.once")]
struct Once {
    id: i64,
}

fn three() -> Vec<Once> {
    (0..3).map(|id| Once { id }).collect()
}

#[tokio::test]
async fn a_write_with_a_key_that_has_landed_writes_nothing() {
    for (format, db) in clients().await {
        db.migrate::<Once>().await.unwrap();
        let table = format.table("written.once");
        let first = db.insert(&three()).idempotency_key("monday").await.unwrap();
        let second = db.insert(&three()).idempotency_key("monday").await.unwrap();
        assert_eq!((first.path(), second.path()), (WritePath::Direct, WritePath::AlreadyThere));
        assert_eq!(first.ingest_id(), second.ingest_id());
        assert_eq!(rows::<Once>(&db, &table, "id").await, three(), "{format:?}");
        let tuesday = db.insert(&three()).idempotency_key("tuesday").await.unwrap();
        assert_eq!(tuesday.path(), WritePath::Direct);
        let count: i64 = query_scalar(&db, format!("SELECT count(*) FROM {table}")).await.unwrap();
        assert_eq!(count, 6, "{format:?}");
        db.exec(format!("DROP TABLE {table}")).await.unwrap();
    }
}

#[derive(Debug, Clone, PartialEq, LakeRow, LakeTable)]
#[lake(table = "written.at_once")]
struct AtOnce {
    id: i64,
}

#[tokio::test]
async fn writes_with_one_key_at_the_same_time_land_once() {
    for (format, db) in one_for_each_line().await {
        db.migrate::<AtOnce>().await.unwrap();
        let table = format.table("written.at_once");
        let rows: Vec<_> = (0..3).map(|id| AtOnce { id }).collect();
        let writes = (0..3).map(|_| db.insert(&rows).idempotency_key("a").into_future());
        for written in join_all(writes).await {
            written.unwrap();
        }
        let count: i64 = query_scalar(&db, format!("SELECT count(*) FROM {table}")).await.unwrap();
        assert_eq!(count, 3, "{format:?}");
        db.exec(format!("DROP TABLE {table}")).await.unwrap();
    }
}

#[derive(Debug, Clone, PartialEq, LakeRow, LakeTable)]
#[lake(table = "written.stamped")]
struct Stamped {
    id: i64,
    #[lake(created_at)]
    created: DateTime<Utc>,
    #[lake(updated_at)]
    changed: Option<DateTime<Utc>>,
}

#[tokio::test]
async fn stamps_are_the_time_of_the_write_whatever_the_struct_says() {
    for (format, db) in one_for_each_line().await {
        db.migrate::<Stamped>().await.unwrap();
        let table = format.table("written.stamped");
        let before = Utc::now() - TimeDelta::milliseconds(1);
        db.insert(&[Stamped { id: 1, created: DateTime::UNIX_EPOCH, changed: None }]).await.unwrap();
        let found = rows::<Stamped>(&db, &table, "id").await;
        assert!(found[0].created > before && found[0].created <= Utc::now(), "{found:?}");
        assert_eq!(found[0].changed, Some(found[0].created));
        db.exec(format!("DROP TABLE {table}")).await.unwrap();
    }
}

#[derive(Debug, Clone, PartialEq, LakeRow, LakeTable)]
#[lake(table = "written.strictly_stamped")]
struct StrictlyStamped {
    #[lake(created_at)]
    created: DateTime<Utc>,
    #[lake(merge_key)]
    id: i64,
    #[lake(updated_at)]
    changed: Option<DateTime<Utc>>,
}

/// Neither nanoseconds, which Spark does not keep, nor a NULL, which the table does not take.
#[tokio::test]
async fn what_a_stamped_field_holds_is_not_checked_since_it_is_not_written() {
    for (format, db) in one_for_each_line().await {
        let table = format.table("written.strictly_stamped");
        let columns = "id BIGINT, created TIMESTAMP NOT NULL, changed TIMESTAMP NOT NULL, _ingest_id STRING";
        db.exec(format!("CREATE TABLE {table} ({columns}) USING {}", format.name())).await.unwrap();
        let row = |id| StrictlyStamped { created: DateTime::from_timestamp_nanos(1), id, changed: None };
        let before = Utc::now() - TimeDelta::milliseconds(1);
        db.insert(&[row(1)]).await.unwrap();
        db.merge(&[row(1), row(2)]).await.unwrap();
        let found = rows::<StrictlyStamped>(&db, &table, "id").await;
        assert_eq!(found.iter().map(|row| row.id).collect::<Vec<_>>(), [1, 2], "{format:?}");
        for StrictlyStamped { created, changed, .. } in found {
            assert!(created > before && changed.unwrap() >= created, "{format:?}: {created}, {changed:?}");
        }
        db.exec(format!("DROP TABLE {table}")).await.unwrap();
    }
}

#[derive(Debug, Clone, PartialEq, LakeRow, LakeTable)]
#[lake(table = "written.instants")]
struct Instant {
    id: i64,
    at: DateTime<Utc>,
}

/// A client in whose sessions a bare TIMESTAMP has no time zone, and clocks show another time than UTC.
fn without_zones(format: Format, backend: Backend) -> Client {
    let engine = Engine::from_env();
    let builder = engine.builder().session_conf("spark.sql.timestampType", "TIMESTAMP_NTZ");
    let builder = match engine.has(Ability::SharedTables) || matches!(format, Format::Delta) {
        true => builder.session_conf("spark.sql.session.timeZone", "Asia/Tokyo"),
        // Sail has Iceberg's timestamps in UTC only.
        false => builder,
    };
    let opened = match format {
        Format::Delta => open(builder.build().unwrap(), Delta::new(), backend),
        Format::Iceberg { catalog: None } => open(builder.build().unwrap(), Iceberg::new(), backend),
        Format::Iceberg { catalog: Some(catalog) } => {
            let conf = format!("spark.sql.catalog.{catalog}.cache-enabled");
            let drv = builder.session_conf(conf, "false").build().unwrap();
            open(drv, Iceberg::new().catalog(catalog), backend)
        }
    };
    opened.unwrap()
}

#[tokio::test]
async fn an_instant_is_written_as_it_is_whatever_a_session_takes_a_timestamp_for() {
    let staging = Staging::new("instants");
    for format in Format::of(&Engine::from_env()) {
        let db = without_zones(format, staging.backend());
        db.exec(format!("CREATE DATABASE IF NOT EXISTS {}", format.table(DATABASE))).await.unwrap();
        let table = format.table("written.instants");
        let columns = "id BIGINT, at TIMESTAMP_LTZ, _ingest_id STRING";
        db.exec(format!("CREATE TABLE {table} ({columns}) USING {}", format.name())).await.unwrap();
        let at = DateTime::from_timestamp_micros(1_764_100_000_000_001).unwrap();
        let (sent, staged) = (Instant { id: 1, at }, Instant { id: 2, at });
        let direct = db.insert(std::slice::from_ref(&sent)).await.unwrap();
        let through_files = db.insert(std::slice::from_ref(&staged)).staged().await.unwrap();
        assert_eq!((direct.path(), through_files.path()), (WritePath::Direct, WritePath::Staged));
        assert_eq!(rows::<Instant>(&db, &table, "id").await, [sent, staged], "{format:?}");
        db.exec(format!("DROP TABLE {table}")).await.unwrap();
    }
}
