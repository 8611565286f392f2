//! Writes that are refused: what is left of them, and what their errors say.

use std::sync::Arc;

use arrow_array::RecordBatch;
use arrow_schema::{DataType, Field, Schema};
use lakeorm::dialect::Iceberg;
use lakeorm::table::TableDefinition;
use lakeorm::{Backend, ErrorKind, LakeTable, open};
use lakeorm_tests::fake::{Details, Failure, Fake, on};
use lakeorm_tests::printed;

use super::{Row, client, dropped, found, insert, look, view};
use crate::setup::{driver, soon};

#[tokio::test]
async fn a_table_that_is_not_there_is_told_by_the_predicate_for_one_that_a_statement_names() {
    let missing = Failure::spark("TABLE_OR_VIEW_NOT_FOUND", "42P01");
    let fake = Fake::start([on("SELECT * FROM t LIMIT 0").fail(missing)]).await;
    let db = client(&fake);
    let error = soon(async { db.insert(&[Row { id: 1 }]).await }).await.unwrap_err();
    assert!(error.is_table_not_found() && error.is_schema_mismatch(), "{error}");
    assert_eq!(error.ingest_id(), None);
    soon(db.close()).await.unwrap();
    fake.finish();
}

#[tokio::test]
async fn a_variable_in_the_name_of_the_catalog_is_refused_unsent() {
    let fake = Fake::start([]).await;
    let db = open(driver(&fake), Iceberg::new().catalog("${env:HOME}"), Backend::none()).unwrap();
    let inserted = soon(async { db.insert(&[Row { id: 1 }]).await }).await.unwrap_err();
    let migrated = soon(async { db.migrate::<Row>().await }).await.unwrap_err();
    for error in [inserted, migrated] {
        assert_eq!(error.kind(), ErrorKind::Config, "{error}");
        let told = error.to_string();
        assert!(told.contains("the name of the table `${env:HOME}`.t holds `${`"), "{told}");
    }
    assert_eq!(fake.sent("ExecutePlan").len(), 0);
    soon(db.close()).await.unwrap();
    fake.finish();
}

#[tokio::test]
async fn a_type_that_a_migration_may_widen_is_refused_with_the_migration_that_does() {
    let hint = "; `db.migrate::<Row>().evolve()` widens types that may grow";
    for (there, told) in [(DataType::Int32, Some(hint)), (DataType::Utf8, None)] {
        let fields = vec![Field::new("id", there, false), Field::new("_ingest_id", DataType::Utf8, true)];
        let columns = RecordBatch::new_empty(Arc::new(Schema::new(fields)));
        let fake = Fake::start([on("SELECT * FROM t LIMIT 0").answer([columns])]).await;
        let db = client(&fake);
        let error = soon(async { db.insert(&[Row { id: 1 }]).await }).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::SchemaMismatch);
        let ends = told.unwrap_or("and BIGINT in the struct");
        assert!(error.to_string().ends_with(ends), "{error}");
        soon(db.close()).await.unwrap();
        fake.finish();
    }
}

/// The name may be that of a view which is somebody else's.
#[tokio::test]
async fn a_view_that_the_server_refuses_to_make_is_not_taken_away() {
    let refused = Failure::spark("TEMP_TABLE_OR_VIEW_ALREADY_EXISTS", "42P07");
    let fake = Fake::start([look(), view().fail(refused)]).await;
    let db = client(&fake);
    let error = soon(async { db.insert(&[Row { id: 1 }]).await }).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Server, "{error}");
    soon(db.close()).await.unwrap();
    fake.finish();
}

/// Of the table's own columns and of others, in the paths of files and beside a name.
#[tokio::test]
async fn the_path_of_a_file_in_an_error_shows_no_partition_value() {
    for (words, kept) in [
        (
            "Mkdirs failed to create file:/lake/t/email=Eve Smith/id=4711/part-0.parquet",
            "Mkdirs failed to create",
        ),
        ("s3a://lake/t/email=Eve%20Smith/id=4711: AccessDenied", "AccessDenied"),
        ("partition 'id=4711 Eve's Smith' in spec", "in spec"),
    ] {
        let failure = Failure::internal(words)
            .java_classes(&["org.apache.spark.SparkException", "java.lang.Exception"]);
        let fails = insert().fail(failure);
        let fake = Fake::start([look(), view().answer([]), fails, dropped(), found(0)]).await;
        let db = client(&fake);
        let error = soon(async { db.insert(&[Row { id: 1 }]).await }).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Server, "{error}");
        let told = printed(&error);
        assert!(told.contains(kept), "{told}");
        for cell in ["4711", "Eve", "Smith"] {
            assert!(!told.contains(cell), "{told}");
        }
        soon(db.close()).await.unwrap();
        fake.finish();
    }
}

/// Also if the server keeps the row for itself until it is asked for the details.
#[tokio::test]
async fn what_a_server_says_of_a_row_that_breaks_a_rule_of_the_table_holds_none_of_its_cells() {
    const CHECK: &str = "DELTA_VIOLATE_CONSTRAINT_WITH_VALUES";
    const LENGTH: &str = "DELTA_EXCEED_CHAR_VARCHAR_LIMIT";
    let row = " - id : 4711\n - email : Eve Smith\nof Kent";
    let violated =
        format!("[{CHECK}] CHECK constraint known (email LIKE '%@%') violated by row with values:\n{row}");
    let too_long = format!(
        "[{LENGTH}] Value \"Eve Smith of Kent\" exceeds char/varchar type length limitation. Failed check: (length(email) \
         <= 3)."
    );
    let told =
        |message: &str, class: &str, state: &str| Failure::internal(message).class(class).sql_state(state);
    let failures = [
        told(&violated, CHECK, "23001").parameter("values", row).parameter("constraintName", "known"),
        told(&format!("[{CHECK}] CHECK constraint known"), CHECK, "23001")
            .details(Details::new(CHECK, "23001", &violated).cause(&format!("Task failed: {violated}"))),
        told(&too_long, LENGTH, "22001").parameter("value", "Eve Smith of Kent"),
        told(
            "[CAST_INVALID_INPUT] The value 'Eve Smith of Kent' is malformed.",
            "CAST_INVALID_INPUT",
            "22018",
        )
        .parameter("expression", "'Eve Smith of Kent'"),
    ];
    for failure in failures {
        let fake = Fake::start([look(), view().answer([]), insert().fail(failure), dropped()]).await;
        let db = client(&fake);
        let error = soon(async { db.insert(&[Row { id: 1 }]).await }).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Server, "{error}");
        let told = printed(&error);
        for cell in ["4711", "Eve", "Smith", "Kent"] {
            assert!(!told.contains(cell), "{told}");
        }
        let class = error.error_class().unwrap();
        assert!(told.contains(class), "{told}");
        assert!(class != CHECK || told.contains("CHECK constraint known"), "{told}");
        soon(db.close()).await.unwrap();
        fake.finish();
    }
}

#[derive(LakeTable)]
#[lake(table = "t")]
struct Large<'a> {
    text: &'a str,
}

#[tokio::test]
async fn rows_that_fit_into_no_plan_are_refused_with_what_stages_them() {
    let fields =
        vec![Field::new("text", DataType::Utf8, false), Field::new("_ingest_id", DataType::Utf8, true)];
    let columns = RecordBatch::new_empty(Arc::new(Schema::new(fields)));
    let fake = Fake::start([on("SELECT * FROM t LIMIT 0").answer([columns])]).await;
    let db = client(&fake);
    let text = "x".repeat(1 << 20);
    let rows: Vec<Large<'_>> = (0..121).map(|_| Large { text: &text }).collect();
    let error = soon(async { db.insert(&rows).await }).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidStatement);
    let told = error.to_string();
    assert!(told.contains("pass a Backend to lakeorm::open and call staged()"), "{told}");
    soon(db.close()).await.unwrap();
    fake.finish();
}

#[derive(LakeTable)]
struct Misnamed {
    id: i64,
}

impl LakeTable for Misnamed {
    fn definition() -> TableDefinition {
        TableDefinition::of::<Self>("`shop.orders")
    }
}

/// Quoted to its end, it would be one name with a dot in it.
#[tokio::test]
async fn a_name_that_is_not_written_as_one_is_refused_unsent() {
    let fake = Fake::start([]).await;
    let db = client(&fake);
    let inserted = soon(async { db.insert(&[Misnamed { id: 1 }]).await }).await.unwrap_err();
    let migrated = soon(async { db.migrate::<Misnamed>().await }).await.unwrap_err();
    for error in [inserted, migrated] {
        assert_eq!(error.kind(), ErrorKind::Config, "{error}");
        let told =
            "the name of the table was read as `shop.orders`, and is not written as one: separate its parts";
        assert!(error.to_string().starts_with(told), "{error}");
    }
    assert!(fake.requests().is_empty());
    soon(db.close()).await.unwrap();
    fake.finish();
}
