//! Values of partition columns that a format cannot keep, and views: refused, and nothing is written.

use std::path::PathBuf;

use chrono::{DateTime, NaiveDate, NaiveDateTime, TimeZone, Utc};
use lakeorm::dialect::Delta;
use lakeorm::{Backend, Client, Decimal, Error, ErrorKind, LakeRow, LakeTable, open};
use lakeorm_tests::engine::{Ability, Engine};
use lakeorm_tests::formats::Format;

use super::staged::{Staging, count};
use super::{DATABASE, clients, rows};

#[derive(Debug, Clone, PartialEq, LakeRow, LakeTable)]
#[lake(table = "written.by_region", partition_by(region))]
struct ByRegion {
    #[lake(merge_key)]
    id: i64,
    region: Option<String>,
}

fn by_region(id: i64, region: Option<&str>) -> ByRegion {
    ByRegion { id, region: region.map(str::to_owned) }
}

fn check_refused(error: &Error, row: &str) {
    assert_eq!(error.kind(), ErrorKind::Encode, "{error}");
    let told = error.to_string();
    let words = format!("{row}.region: row 1 (the first is 0): the table is partitioned by the column");
    assert!(told.contains(&words), "{told}");
}

#[tokio::test]
async fn an_empty_partition_value_is_kept_or_refused_and_never_null() {
    let staging = Staging::new("by_region");
    for (format, db) in staging.clients().await {
        let table = format.table("written.by_region");
        db.migrate::<ByRegion>().await.unwrap();
        let written = [by_region(1, None), by_region(2, Some("")), by_region(3, Some(" "))];
        if format != Format::Delta {
            db.insert(&written).await.unwrap();
            assert_eq!(rows::<ByRegion>(&db, &table, "id").await, written, "{format:?}");
            db.exec(format!("DROP TABLE {table}")).await.unwrap();
            continue;
        }
        for lost in ["", "__HIVE_DEFAULT_PARTITION__"] {
            let lost = [by_region(1, None), by_region(2, Some(lost))];
            for error in [
                db.insert(&lost).await.unwrap_err(),
                db.insert(&lost).staged().await.unwrap_err(),
                db.merge(&lost).await.unwrap_err(),
                db.merge(&lost).staged().await.unwrap_err(),
            ] {
                check_refused(&error, "ByRegion");
            }
        }
        assert_eq!((count(&db, &table).await, staging.files()), (0, Vec::<PathBuf>::new()));
        let [none, _, blank] = written;
        let kept = [none, blank];
        db.insert(&kept).await.unwrap();
        assert_eq!(rows::<ByRegion>(&db, &table, "id").await, kept);
        db.exec(format!("DROP TABLE {table}")).await.unwrap();
    }
}

#[derive(Debug, Clone, PartialEq, LakeRow, LakeTable)]
#[lake(table = "written.by_hand_and_region")]
struct ByHand {
    #[lake(merge_key)]
    region: String,
    value: i64,
}

/// Merged by it, one key would be a row more with each merge.
#[tokio::test]
async fn an_empty_key_in_a_partition_the_struct_does_not_name_is_refused() {
    for (format, db) in clients().await {
        if format != Format::Delta {
            continue;
        }
        let columns = "region STRING, value BIGINT, _ingest_id STRING";
        let create = "CREATE TABLE written.by_hand_and_region";
        db.exec(format!("{create} ({columns}) USING delta PARTITIONED BY (region)")).await.unwrap();
        let by_hand = |region: &str| ByHand { region: region.to_owned(), value: 1 };
        for _ in 0..2 {
            let error = db.merge(&[by_hand("a"), by_hand("")]).await.unwrap_err();
            check_refused(&error, "ByHand");
            // The second time the table is known.
            db.merge(&[by_hand("a"), by_hand("b")]).await.unwrap();
        }
        let found = rows::<ByHand>(&db, "written.by_hand_and_region", "region").await;
        assert_eq!(found, [by_hand("a"), by_hand("b")]);
        db.exec("DROP TABLE written.by_hand_and_region").await.unwrap();
    }
}

#[derive(Debug, Clone, PartialEq, LakeRow, LakeTable)]
#[lake(table = "written.by_bytes", partition_by(key))]
struct ByBytes {
    id: i64,
    key: Vec<u8>,
}

#[tokio::test]
async fn bytes_are_partition_values_of_iceberg_and_refused_for_delta() {
    for (format, db) in clients().await {
        let table = format.table("written.by_bytes");
        let written = [ByBytes { id: 1, key: vec![0, 255] }, ByBytes { id: 2, key: b"a".to_vec() }];
        let made = db.migrate::<ByBytes>().await;
        if format != Format::Delta {
            assert!(made.unwrap().is_created(), "{format:?}");
            db.insert(&written).await.unwrap();
            assert_eq!(rows::<ByBytes>(&db, &table, "id").await, written, "{format:?}");
            db.exec(format!("DROP TABLE {table}")).await.unwrap();
            continue;
        }
        let columns = "id BIGINT NOT NULL, key BINARY NOT NULL, _ingest_id STRING";
        let create = format!("CREATE TABLE {table} ({columns}) USING delta PARTITIONED BY (key)");
        db.exec(create).await.unwrap();
        for error in [made.unwrap_err(), db.insert(&written).await.unwrap_err()] {
            assert_eq!(error.kind(), ErrorKind::Unsupported, "{error}");
            let told = error.to_string();
            assert!(told.contains("Delta does not support BINARY columns as partitions"), "{told}");
        }
        assert_eq!(count(&db, &table).await, 0);
        db.exec(format!("DROP TABLE {table}")).await.unwrap();
    }
}

#[derive(Debug, Clone, PartialEq, LakeRow, LakeTable)]
#[lake(table = "written.by_amount", partition_by(amount))]
struct ByAmount {
    id: i64,
    #[lake(decimal(5, 2))]
    amount: Decimal,
}

#[tokio::test]
async fn fractions_are_partition_values_but_where_the_engine_spoils_them() {
    // Sail writes -5.25 as -5.-25 into a table of Delta.
    let is_spoilt = !Engine::from_env().has(Ability::SharedTables);
    for (format, db) in clients().await {
        let table = format.table("written.by_amount");
        let by_amount = |id, amount: &str| ByAmount { id, amount: amount.parse().unwrap() };
        let written = [by_amount(1, "-5.25"), by_amount(2, "-0.25"), by_amount(3, "5.00")];
        let made = db.migrate::<ByAmount>().await;
        if !is_spoilt || format != Format::Delta {
            assert!(made.unwrap().is_created(), "{format:?}");
            db.insert(&written).await.unwrap();
            assert_eq!(rows::<ByAmount>(&db, &table, "id").await, written, "{format:?}");
            db.exec(format!("DROP TABLE {table}")).await.unwrap();
            continue;
        }
        let columns = "id BIGINT NOT NULL, amount DECIMAL(5,2) NOT NULL, _ingest_id STRING";
        let create = format!("CREATE TABLE {table} ({columns}) USING delta PARTITIONED BY (amount)");
        db.exec(create).await.unwrap();
        for error in [
            made.unwrap_err(),
            db.migrate::<ByAmount>().await.unwrap_err(),
            db.insert(&written).await.unwrap_err(),
        ] {
            assert_eq!(error.kind(), ErrorKind::Unsupported, "{error}");
            let told = error.to_string();
            assert!(told.contains("would have partitions by \"amount\", a DECIMAL(5,2)"), "{told}");
        }
        assert_eq!(count(&db, &table).await, 0);
        db.exec(format!("DROP TABLE {table}")).await.unwrap();
    }
}

#[derive(Debug, Clone, PartialEq, LakeRow, LakeTable)]
#[lake(table = "written.by_instant", partition_by(at))]
struct ByInstant {
    #[lake(merge_key)]
    id: i64,
    at: DateTime<Utc>,
}

/// A client of Delta tables whose sessions are in this zone.
async fn client_in(zone: &str) -> Client {
    let engine = Engine::from_env();
    let drv = engine.builder().session_conf("spark.sql.session.timeZone", zone).build().unwrap();
    let db = open(drv, Delta::new(), Backend::none()).unwrap();
    db.exec(format!("CREATE DATABASE IF NOT EXISTS {DATABASE}")).await.unwrap();
    db
}

/// The two instants in the middle have one local text there, or are other instants in UTC.
#[tokio::test]
async fn instants_are_partition_values_of_delta_in_utc_alone() {
    let instant = |year, month, day, hour| Utc.with_ymd_and_hms(year, month, day, hour, 30, 0).unwrap();
    let instants = [
        instant(1, 1, 1, 0),
        instant(2024, 11, 3, 5),
        instant(2024, 11, 3, 6),
        DateTime::from_timestamp_micros(253_402_300_799_999_999).unwrap(),
    ];
    let written: Vec<ByInstant> = (1..).zip(instants).map(|(id, at)| ByInstant { id, at }).collect();
    let db = client_in("America/New_York").await;
    let made = db.migrate::<ByInstant>().await.unwrap_err();
    let columns = "id BIGINT NOT NULL, at TIMESTAMP NOT NULL, _ingest_id STRING";
    let create = format!("CREATE TABLE written.by_instant ({columns}) USING delta PARTITIONED BY (at)");
    db.exec(create).await.unwrap();
    // A program may migrate as it starts, and then only read.
    assert!(db.migrate::<ByInstant>().await.unwrap().is_unchanged());
    for error in [made, db.insert(&written).await.unwrap_err(), db.merge(&written).await.unwrap_err()] {
        assert_eq!(error.kind(), ErrorKind::Config, "{error}");
        let told = error.to_string();
        assert!(told.contains("America/New_York") && told.contains("spark.sql.session.timeZone"), "{told}");
    }
    assert_eq!(count(&db, "written.by_instant").await, 0);
    db.exec("DROP TABLE written.by_instant").await.unwrap();

    let db = client_in("UTC").await;
    db.migrate::<ByInstant>().await.unwrap();
    db.insert(&written).await.unwrap();
    // Rows that a merge does not name keep their instants too.
    db.merge(&written[1..2]).await.unwrap();
    assert_eq!(rows::<ByInstant>(&db, "written.by_instant", "id").await, written);
    let before = [ByInstant { id: 5, at: instant(0, 12, 31, 0) }];
    let error = db.insert(&before).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Encode, "{error}");
    assert!(error.to_string().contains("ByInstant.at: row 0"), "{error}");
    db.exec("DROP TABLE written.by_instant").await.unwrap();
}

#[derive(Debug, Clone, PartialEq, LakeRow, LakeTable)]
#[lake(table = "written.by_local_time", partition_by(at))]
struct ByLocalTime {
    #[lake(merge_key)]
    id: i64,
    at: NaiveDateTime,
}

/// One of another year made the whole table unreadable on Sail.
#[tokio::test]
async fn local_times_are_partition_values_of_delta_in_the_years_that_its_texts_have() {
    let time =
        |year| NaiveDate::from_ymd_opt(year, 12, 31).unwrap().and_hms_micro_opt(23, 59, 59, 999_999).unwrap();
    let row = |id, year| ByLocalTime { id, at: time(year) };
    let written = [row(1, 1), row(2, 1500), row(3, 9999)];
    let db = client_in("UTC").await;
    db.migrate::<ByLocalTime>().await.unwrap();
    db.insert(&written).await.unwrap();
    for year in [0, 10_000] {
        for error in
            [db.insert(&[row(4, year)]).await.unwrap_err(), db.merge(&[row(4, year)]).await.unwrap_err()]
        {
            assert_eq!(error.kind(), ErrorKind::Encode, "{error}");
            assert!(error.to_string().contains("ByLocalTime.at: row 0"), "{error}");
        }
    }
    assert_eq!(rows::<ByLocalTime>(&db, "written.by_local_time", "id").await, written);
    db.exec("DROP TABLE written.by_local_time").await.unwrap();
}

#[derive(Debug, LakeTable)]
#[lake(table = "written.behind_a_view")]
struct BehindView {
    id: i64,
}

#[derive(Debug, LakeTable)]
#[lake(table = "written.a_view")]
struct OfView {
    #[lake(merge_key)]
    id: i64,
}

#[tokio::test]
async fn a_view_that_fits_the_struct_is_neither_migrated_nor_written_to() {
    for (format, db) in clients().await {
        // Its catalog has no views.
        if let Format::Iceberg { catalog: Some(_) } = format {
            continue;
        }
        db.migrate::<BehindView>().await.unwrap();
        db.exec("CREATE VIEW written.a_view AS SELECT * FROM written.behind_a_view").await.unwrap();
        for error in [
            db.migrate::<OfView>().await.unwrap_err(),
            db.insert(&[OfView { id: 1 }]).await.unwrap_err(),
            db.merge(&[OfView { id: 1 }]).await.unwrap_err(),
        ] {
            assert_eq!(error.kind(), ErrorKind::SchemaMismatch, "{format:?}: {error}");
            assert!(error.to_string().starts_with("written.a_view is a view"), "{format:?}: {error}");
        }
        assert_eq!(count(&db, "written.behind_a_view").await, 0);
        db.exec("DROP VIEW written.a_view").await.unwrap();
        db.exec("DROP TABLE written.behind_a_view").await.unwrap();
    }
}
