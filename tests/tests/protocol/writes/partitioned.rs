//! Writes to tables that keep the values of their partitions as text, and to views.

use std::sync::Arc;

use arrow_array::{ArrayRef, RecordBatch, StringArray};
use arrow_schema::{DataType, Field, Schema, TimeUnit};
use chrono::{DateTime, TimeZone, Utc};
use lakeorm::dialect::Delta;
use lakeorm::encode::EncodeError;
use lakeorm::{Backend, Client, Decimal, Error, ErrorKind, LakeTable, open};
use lakeorm_tests::fake::{Exchange, Failure, Fake, on};

use super::described::describe;
use super::staged::Disk;
use super::{client, dropped, statement, told, view};
use crate::setup::{driver, soon};

#[derive(LakeTable)]
#[lake(table = "t")]
struct Placed {
    id: i64,
    region: String,
}

#[derive(LakeTable)]
#[lake(table = "t", partition_by(region))]
struct Partitioned {
    id: i64,
    region: String,
}

#[derive(LakeTable)]
#[lake(table = "t")]
struct OfBytes {
    id: i64,
    region: Vec<u8>,
}

#[derive(LakeTable)]
#[lake(table = "t", partition_by(region))]
struct OfAmounts {
    id: i64,
    #[lake(decimal(5, 2))]
    region: Decimal,
}

fn placed(region: &str) -> [Placed; 2] {
    ["north", region].map(|region| Placed { id: 1, region: region.to_owned() })
}

/// A look at the table, whose column `region` has this type.
fn look(region: DataType) -> Exchange {
    let fields = vec![
        Field::new("id", DataType::Int64, false),
        Field::new("region", region, false),
        Field::new("_ingest_id", DataType::Utf8, true),
    ];
    on("SELECT * FROM t LIMIT 0").answer([RecordBatch::new_empty(Arc::new(Schema::new(fields)))])
}

/// A Delta table that is partitioned by `region`.
fn partitioned() -> RecordBatch {
    told(&[
        ("id", "bigint"),
        ("# Partition Information", ""),
        ("# col_name", "data_type"),
        ("`region`", "string"),
        ("# Detailed Table Information", ""),
        ("Provider", "delta"),
    ])
}

fn insert() -> Exchange {
    statement("INSERT INTO t (id, region, _ingest_id) SELECT")
}

/// That the second row has a value which its column cannot have.
fn check_refused(error: &Error) {
    assert_eq!(error.kind(), ErrorKind::Encode, "{error}");
    let origin = error.origin().and_then(|origin| origin.downcast_ref::<EncodeError>()).unwrap();
    assert_eq!((origin.row(), origin.field()), (Some(1), Some("region")), "{error}");
    let told = error.to_string();
    assert!(told.contains("the table is partitioned by the column"), "{told}");
}

#[tokio::test]
async fn an_empty_partition_value_is_refused_before_and_after_the_table_is_known() {
    let look = || look(DataType::Utf8);
    let asked = [look(), describe().answer([partitioned()])];
    let written = [look(), view().answer([]), insert().answer([]), dropped()];
    let fake = Fake::start(asked.into_iter().chain(written).chain([look()])).await;
    let db = client(&fake);
    check_refused(&soon(async { db.insert(&placed("")).await }).await.unwrap_err());
    soon(async { db.insert(&placed("south")).await }).await.unwrap();
    let lost = placed("__HIVE_DEFAULT_PARTITION__");
    check_refused(&soon(async { db.insert(&lost).await }).await.unwrap_err());
    assert_eq!(fake.descriptions(), 0);
    soon(db.close()).await.unwrap();
    fake.finish();
}

#[tokio::test]
async fn partitions_that_are_not_told_are_those_of_the_struct() {
    let fake = Fake::start([look(DataType::Utf8)]).await;
    let db = client(&fake);
    let rows = ["north", ""].map(|region| Partitioned { id: 1, region: region.to_owned() });
    check_refused(&soon(async { db.insert(&rows).await }).await.unwrap_err());
    soon(db.close()).await.unwrap();
    fake.finish();
}

#[tokio::test]
async fn a_table_partitioned_by_bytes_is_refused_before_a_row_is_sent() {
    let fake = Fake::start([look(DataType::Binary), describe().answer([partitioned()])]).await;
    let db = client(&fake);
    let rows = [OfBytes { id: 1, region: b"a".to_vec() }];
    let error = soon(async { db.insert(&rows).await }).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported, "{error}");
    let told = error.to_string();
    assert!(told.contains("\"region\", and Delta does not support BINARY columns as partitions"), "{told}");
    soon(db.close()).await.unwrap();
    fake.finish();
}

async fn insert_amount(db: &Client) -> Error {
    let rows = [OfAmounts { id: 1, region: "1.25".parse().unwrap() }];
    soon(async { db.insert(&rows).await }).await.unwrap_err()
}

#[tokio::test]
async fn a_partition_of_fractions_is_refused_where_the_engine_spoils_it() {
    let amounts = || look(DataType::Decimal128(5, 2));
    let missing = on("SELECT * FROM t LIMIT 0").fail(Failure::spark("TABLE_OR_VIEW_NOT_FOUND", "42P01"));
    let asked = || [amounts(), describe().answer([partitioned()])];
    let script = asked().into_iter().chain(asked()).chain([missing]);
    let fake = Fake::builder().echoes_session_ids().script(script).start().await;
    let db = open(driver(&fake), Delta::new(), Backend::none()).unwrap();
    let refused = [
        insert_amount(&db).await,
        soon(async { db.migrate::<OfAmounts>().await }).await.unwrap_err(),
        soon(async { db.migrate::<OfAmounts>().await }).await.unwrap_err(),
    ];
    for error in refused {
        assert_eq!(error.kind(), ErrorKind::Unsupported, "{error}");
        let told = error.to_string();
        assert!(
            told.contains("would have partitions by \"region\", a DECIMAL(5,2), of which this engine"),
            "{told}"
        );
    }
    soon(db.close()).await.unwrap();
    fake.finish();
}

#[tokio::test]
async fn a_view_is_told_from_a_table_and_refused_with_its_name() {
    let details = [("id", "bigint"), ("# Detailed Table Information", ""), ("Table", "t"), ("Type", "VIEW")];
    let asked = || [look(DataType::Utf8), describe().answer([told(&details)])];
    let fake = Fake::start(asked().into_iter().chain(asked())).await;
    let db = client(&fake);
    let refused = [
        soon(async { db.migrate::<Placed>().await }).await.unwrap_err(),
        soon(async { db.insert(&placed("south")).await }).await.unwrap_err(),
    ];
    for error in refused {
        assert_eq!(error.kind(), ErrorKind::SchemaMismatch, "{error}");
        let expected =
            "t is a view, which takes no rows: change `table` on the struct to the name of a table";
        assert_eq!(error.to_string(), expected);
    }
    soon(db.close()).await.unwrap();
    fake.finish();
}

#[derive(LakeTable)]
#[lake(table = "t", partition_by(region))]
struct OfInstants {
    id: i64,
    region: DateTime<Utc>,
}

fn at(year: i32) -> OfInstants {
    OfInstants { id: 1, region: Utc.with_ymd_and_hms(year, 12, 31, 23, 59, 59).unwrap() }
}

/// A look at a table that is partitioned by an instant, and what is told of it.
fn of_instants() -> [Exchange; 2] {
    let instant = DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()));
    [look(instant), describe().answer([partitioned()])]
}

fn asked_for_zone() -> Exchange {
    on("SELECT current_timezone() AS time_zone")
}

fn zone(told: &str) -> Exchange {
    asked_for_zone().answer([zones(&[told])])
}

fn zones(told: &[&str]) -> RecordBatch {
    let zones = Arc::new(StringArray::from(told.to_vec())) as ArrayRef;
    RecordBatch::try_from_iter([("time_zone", zones)]).unwrap()
}

fn written() -> [Exchange; 3] {
    [view().answer([]), insert().answer([]), dropped()]
}

#[tokio::test]
async fn a_partition_by_an_instant_is_refused_unless_the_zone_is_utc() {
    for told in ["America/New_York", "+02:00"] {
        let missing = on("SELECT * FROM t LIMIT 0").fail(Failure::spark("TABLE_OR_VIEW_NOT_FOUND", "42P01"));
        let asked = || of_instants().into_iter().chain([zone(told)]);
        // What was refused is not known afterwards.
        let script = asked().chain(asked()).chain([missing, zone(told)]);
        let fake = Fake::start(script).await;
        let db = client(&fake);
        let refused = [
            soon(async { db.insert(&[at(2024)]).await }).await.unwrap_err(),
            soon(async { db.insert(&[at(2024)]).await }).await.unwrap_err(),
            soon(async { db.migrate::<OfInstants>().await }).await.unwrap_err(),
        ];
        for error in refused {
            assert_eq!(error.kind(), ErrorKind::Config, "{error}");
            let words = error.to_string();
            assert!(words.contains("by the TIMESTAMP \"region\"") && words.contains(told), "{words}");
            assert!(words.contains("nothing was done. Set spark.sql.session.timeZone to UTC"), "{words}");
        }
        soon(db.close()).await.unwrap();
        fake.finish();
    }
}

/// A program may migrate as it starts, and then only read.
#[tokio::test]
async fn a_migration_of_a_table_that_is_there_does_not_ask_for_the_zone() {
    let fake = Fake::start(of_instants()).await;
    let db = client(&fake);
    let migration = soon(async { db.migrate::<OfInstants>().await }).await.unwrap();
    assert!(migration.is_unchanged() && !migration.is_created(), "{migration}");
    soon(db.close()).await.unwrap();
    fake.finish();
}

#[tokio::test]
async fn the_zone_is_asked_for_until_the_table_is_known_and_again_after_a_set() {
    let script = of_instants().into_iter().chain([zone("Etc/UTC")]).chain(written());
    let [look_again, _] = of_instants();
    let script = script.chain([look_again]).chain(written());
    let set = "SET TIME ZONE 'Asia/Tokyo'";
    let script = script.chain([on(set).answer([])]).chain(of_instants()).chain([zone("Asia/Tokyo")]);
    let fake = Fake::start(script).await;
    let session = soon(driver(&fake).session()).await.unwrap();
    let db = open(session, Delta::new(), Backend::none()).unwrap();
    for _ in 0..2 {
        soon(async { db.insert(&[at(2024)]).await }).await.unwrap();
    }
    soon(db.exec(set).into_future()).await.unwrap();
    let error = soon(async { db.insert(&[at(2024)]).await }).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Config, "{error}");
    soon(db.close()).await.unwrap();
    fake.finish();
}

/// A result may begin with a batch without rows, which tells its columns alone.
#[tokio::test]
async fn a_zone_is_told_behind_a_batch_without_rows_and_in_no_such_batch() {
    for (told, kind) in
        [(vec![zones(&[]), zones(&["Asia/Tokyo"])], Some(ErrorKind::Config)), (vec![zones(&[])], None)]
    {
        let written = kind.is_none().then(written).into_iter().flatten();
        let script = of_instants().into_iter().chain([asked_for_zone().answer(told)]).chain(written);
        let fake = Fake::start(script).await;
        let db = client(&fake);
        let ended = soon(async { db.insert(&[at(2024)]).await }).await;
        assert_eq!(ended.err().map(|error| error.kind()), kind);
        soon(db.close()).await.unwrap();
        fake.finish();
    }
}

#[tokio::test]
async fn an_engine_that_does_not_tell_its_zone_is_written_to() {
    let refused = asked_for_zone().fail(Failure::spark("UNRESOLVED_ROUTINE", "42883"));
    let fake = Fake::start(of_instants().into_iter().chain([refused]).chain(written())).await;
    let db = client(&fake);
    soon(async { db.insert(&[at(2024)]).await }).await.unwrap();
    soon(db.close()).await.unwrap();
    fake.finish();
}

/// A failure that may not come again, which no engine means as an answer.
fn failed() -> Failure {
    Failure::spark("FAILED_READ_FILE.NO_HINT", "KD001")
}

/// The table would be known from then on, and its zone asked for no more.
#[tokio::test]
async fn a_zone_that_the_engine_fails_to_tell_stops_a_write_and_is_asked_for_by_the_next() {
    let asked = |zone| of_instants().into_iter().chain([zone]);
    let script = asked(asked_for_zone().fail(failed())).chain(asked(zone("Asia/Tokyo")));
    let fake = Fake::start(script).await;
    let db = client(&fake);
    for kind in [ErrorKind::Server, ErrorKind::Config] {
        let error = soon(async { db.insert(&[at(2024)]).await }).await.unwrap_err();
        assert_eq!(error.kind(), kind, "{error}");
    }
    soon(db.close()).await.unwrap();
    fake.finish();
}

/// The table may have partitions that the struct does not name, in which its text would be NULL.
#[tokio::test]
async fn a_failure_to_describe_stops_an_insert_of_values_that_a_partition_would_change() {
    let look = || look(DataType::Utf8);
    let script = [look(), describe().fail(failed()), look(), describe().answer([partitioned()])];
    let fake = Fake::start(script).await;
    let db = client(&fake);
    let error = soon(async { db.insert(&placed("")).await }).await.unwrap_err();
    assert_eq!((error.kind(), error.error_class()), (ErrorKind::Server, Some("FAILED_READ_FILE.NO_HINT")));
    check_refused(&soon(async { db.insert(&placed("")).await }).await.unwrap_err());
    soon(db.close()).await.unwrap();
    fake.finish();
}

/// Its text is read as another year, or as NULL.
#[tokio::test]
async fn a_year_without_four_digits_is_refused_in_a_partition() {
    for year in [-1, 0, 10_000] {
        let fake = Fake::start(of_instants().into_iter().chain([zone("UTC")])).await;
        let db = client(&fake);
        check_refused(&soon(async { db.insert(&[at(9999), at(year)]).await }).await.unwrap_err());
        soon(db.close()).await.unwrap();
        fake.finish();
    }
}

/// Its empty texts would be NULL.
#[tokio::test]
async fn a_table_that_is_told_to_be_partitioned_once_rows_are_stored_is_a_mismatch() {
    let disk = Disk::new("turned_partitioned");
    let denied = Failure::spark("INSUFFICIENT_PERMISSIONS", "42501");
    let look = || look(DataType::Utf8);
    let script = [look(), describe().fail(denied), look(), describe().answer([partitioned()])];
    let fake = Fake::start(script).await;
    let db = disk.client(&fake);
    let error = soon(db.insert(&placed("")).staged().into_future()).await.unwrap_err();
    assert_eq!((error.kind(), disk.entries()), (ErrorKind::SchemaMismatch, 0), "{error}");
    assert!(error.to_string().contains("it now is partitioned by the column \"region\""), "{error}");
    soon(db.close()).await.unwrap();
    fake.finish();
}
