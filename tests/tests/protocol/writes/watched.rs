//! What spans and metrics say of writes and migrations.

use lakeorm::dialect::Iceberg;
use lakeorm::{Backend, ErrorKind, open};
use lakeorm_tests::fake::{Exchange, Failure, Fake, on};
use metrics_util::debugging::DebuggingRecorder;

use super::{Row, client, dropped, insert, look, view};
use crate::observed::capture::{Capture, Closed};
use crate::observed::measured::{counters, histograms, measured};
use crate::setup::{driver, soon};

fn no_table() -> Failure {
    Failure::spark("TABLE_OR_VIEW_NOT_FOUND", "42P01")
}

fn no_table_yet() -> Exchange {
    on("SELECT * FROM t LIMIT 0").fail(no_table())
}

fn outcomes(capture: &Capture) -> Vec<(&'static str, String)> {
    let outcome = |span: Closed| (span.name, span.fields["lakeorm.outcome"].clone());
    capture.spans().into_iter().map(outcome).collect()
}

fn told<const N: usize>(outcomes: [(&'static str, &str); N]) -> Vec<(&'static str, String)> {
    outcomes.map(|(name, outcome)| (name, outcome.to_owned())).into()
}

#[tokio::test]
async fn a_migration_that_makes_a_table_has_no_span_of_an_error() {
    let create = "CREATE TABLE IF NOT EXISTS t (id BIGINT NOT NULL, _ingest_id STRING) USING delta";
    let fake = Fake::start([no_table_yet(), on(create).answer([]), look()]).await;
    let capture = Capture::start();
    let db = client(&fake);
    assert!(soon(async { db.migrate::<Row>().await }).await.unwrap().is_created());
    let expected = told([
        ("query", "not_found"),
        ("statement", "ok"),
        ("query", "ok"),
        ("query", "ok"),
        ("migrate", "ok"),
    ]);
    assert_eq!(outcomes(&capture), expected);
    let spans = capture.spans();
    assert!(spans.iter().all(|span| !span.fields.contains_key("otel.status_code")), "{spans:?}");
    assert_eq!(spans[4].fields["lakeorm.steps"], "1");
    assert!(spans[..4].iter().all(|span| span.parent == Some("migrate")), "{spans:?}");
    soon(db.close()).await.unwrap();
    fake.finish();
}

/// A format whose tables a session remembers, and has to read anew.
#[tokio::test]
async fn a_table_that_is_not_there_to_be_refreshed_is_no_error() {
    let script =
        [on("REFRESH TABLE ice.t").fail(no_table()), on("SELECT * FROM ice.t LIMIT 0").fail(no_table())];
    let fake = Fake::start(script).await;
    let capture = Capture::start();
    let db = open(driver(&fake), Iceberg::new().catalog("ice"), Backend::none()).unwrap();
    let plan = soon(db.migrate::<Row>().plan()).await.unwrap();
    assert!(plan.is_created(), "{plan}");
    assert_eq!(outcomes(&capture), told([("statement", "not_found"), ("query", "not_found")]));
    soon(db.close()).await.unwrap();
    fake.finish();
}

#[tokio::test]
async fn an_insert_into_a_table_that_is_not_there_is_an_error_of_its_span() {
    let fake = Fake::start([no_table_yet()]).await;
    let capture = Capture::start();
    let db = client(&fake);
    let error = soon(async { db.insert(&[Row { id: 1 }]).await }).await.unwrap_err();
    assert!(error.is_table_not_found(), "{error}");
    assert_eq!(outcomes(&capture), told([("query", "error"), ("insert", "error")]));
    let span = &capture.spans()[1];
    assert_eq!(span.fields["lakeorm.error_kind"], format!("{:?}", ErrorKind::SchemaMismatch));
    assert_eq!(span.fields["otel.status_code"], "ERROR");
    soon(db.close()).await.unwrap();
    fake.finish();
}

#[tokio::test]
async fn the_span_of_an_insert_says_where_and_how_the_rows_went() {
    let fake = Fake::start([look(), view().answer([]), insert().answer([]), dropped()]).await;
    let capture = Capture::start();
    let db = client(&fake);
    let written = soon(async { db.insert(&[Row { id: 1 }, Row { id: 2 }]).await }).await.unwrap();
    let spans = capture.spans();
    let span = spans.iter().find(|span| span.name == "insert").unwrap();
    let id = written.ingest_id().to_string();
    for (field, value) in [
        ("otel.name", "insert t"),
        ("otel.kind", "internal"),
        ("db.collection.name", "t"),
        ("lakeorm.driver", db.name()),
        ("lakeorm.ingest_id", &id),
        ("lakeorm.rows", "2"),
        ("lakeorm.write_path", "direct"),
        ("lakeorm.retries", "0"),
        ("lakeorm.outcome", "ok"),
    ] {
        assert_eq!(span.fields[field], value, "{field}");
    }
    soon(db.close()).await.unwrap();
    fake.finish();
}

#[tokio::test]
async fn a_dropped_write_was_cancelled() {
    let fake = Fake::start([on("SELECT * FROM t LIMIT 0")]).await;
    let capture = Capture::start();
    let db = client(&fake);
    tokio::select! {
        _ = async { db.insert(&[Row { id: 1 }]).await } => panic!("the table was not looked at"),
        _ = fake.wait_for_nth("ExecutePlan", 1) => {}
    }
    assert_eq!(outcomes(&capture), told([("query", "cancelled"), ("insert", "cancelled")]));
    fake.finish();
}

#[tokio::test]
async fn writes_are_counted_by_outcome_with_the_rows_that_landed() {
    let created = "CREATE TABLE IF NOT EXISTS t (id BIGINT NOT NULL, _ingest_id STRING) USING delta";
    let fake = Fake::start([
        no_table_yet(),
        no_table_yet(),
        on(created).answer([]),
        look(),
        look(),
        view().answer([]),
        insert().answer([]),
        dropped(),
        on("SELECT * FROM t LIMIT 0"),
    ])
    .await;
    let recorder = DebuggingRecorder::new();
    let snapshotter = recorder.snapshotter();
    let _guard = metrics::set_default_local_recorder(&recorder);
    let db = client(&fake);
    let rows = [Row { id: 1 }, Row { id: 2 }];
    soon(async { db.insert(&rows).await }).await.unwrap_err();
    soon(async { db.migrate::<Row>().await }).await.unwrap();
    let written = soon(async { db.insert(&rows).await }).await.unwrap();
    soon(async { db.insert::<Row>(&[]).await }).await.unwrap();
    tokio::select! {
        _ = async { db.insert(&rows).await } => panic!("the table was not looked at"),
        _ = fake.wait_for_nth("ExecutePlan", 9) => {}
    }

    let measured = measured(&snapshotter);
    let writes = |operation: &str, outcome: &str, kind: &str, path: &str| {
        format!(
            "lakeorm_writes_total{{driver={},error_kind={kind},operation={operation},outcome={outcome},write_path={path}}}",
            db.name()
        )
    };
    let own = |name: &str| format!("lakeorm_{name}{{driver={}}}", db.name());
    let mut expected = [
        (writes("insert", "error", "SchemaMismatch", "none"), 1),
        (writes("migrate", "ok", "none", "none"), 1),
        (writes("insert", "ok", "none", "direct"), 1),
        (writes("insert", "ok", "none", "nothing"), 1),
        (writes("insert", "cancelled", "none", "none"), 1),
        (own("written_rows_total"), 2),
        (own("written_bytes_total"), written.bytes()),
        (own("write_retries_total"), 0),
    ];
    expected.sort();
    let counters = counters(&measured);
    let counted = counters.iter().filter(|(name, _)| name.starts_with("lakeorm_writ"));
    let counted: Vec<(String, u64)> = counted.map(|(name, count)| ((*name).to_owned(), *count)).collect();
    assert_eq!(counted, expected);
    let times = histograms(&measured);
    let duration =
        |operation| format!("lakeorm_write_duration_seconds{{driver={},operation={operation}}}", db.name());
    let told = ["insert", "migrate"].map(|operation| times.get(duration(operation).as_str()).copied());
    assert_eq!(told, [Some(4), Some(1)]);
    fake.finish();
}
