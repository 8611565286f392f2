//! Rows into structs: what fits arrives, what does not is one error before any row.

use futures::TryStreamExt;
use lakeorm::{
    Client, DynamicRow, ErrorKind, LakeRow, Value, query, query_batches, query_first, query_optional,
    query_stream,
};
use lakeorm_tests::engine::Engine;

#[derive(Debug, PartialEq, LakeRow)]
struct Event {
    id: i64,
    #[lake(rename = "event_type")]
    kind: String,
    score: Option<f64>,
    #[lake(default)]
    note: Option<String>,
    #[lake(skip)]
    seen: bool,
}

fn event(id: i64, kind: &str, score: Option<f64>) -> Event {
    Event { id, kind: kind.to_owned(), score, note: None, seen: false }
}

#[tokio::test]
async fn a_struct_takes_its_columns_by_name_in_any_order() {
    let (_, drv, db) = Engine::connected();
    let sql = "SELECT s AS score, 'extra' AS unused, k AS event_type, i AS ID \
               FROM VALUES (1L, 'a', 1.5D), (2L, 'b', CAST(NULL AS DOUBLE)) AS t(i, k, s) ORDER BY i";
    let rows = query::<Event>(&db, drv.from_sql(sql)).await.unwrap();
    assert_eq!(rows, [event(1, "a", Some(1.5)), event(2, "b", None)]);
}

#[tokio::test]
async fn a_struct_reads_its_columns_of_a_wider_table() {
    let (engine, drv, db) = Engine::connected();
    let table = engine.unique("events");
    let format = engine.table_format();
    let columns = "id BIGINT, event_type STRING, score DOUBLE, wide STRING, wider STRING";
    drv.exec(format!("CREATE TABLE {table} ({columns}) {format}")).await.unwrap();
    drv.exec(format!("INSERT INTO {table} VALUES (1, 'a', 1.5, 'w', 'w')")).await.unwrap();
    assert_eq!(query::<Event>(&db, drv.from_table(&table)).await.unwrap(), [event(1, "a", Some(1.5))]);
    let mut batches = query_batches(&db, drv.from_table(&table));
    let batch = batches.try_next().await.unwrap().unwrap();
    assert_eq!(batch.record_batch().num_columns(), 5);
}

#[tokio::test]
async fn a_table_that_lacks_columns_gives_one_error_with_all_of_them() {
    let (engine, drv, db) = Engine::connected();
    let table = engine.unique("events");
    drv.exec(format!("CREATE TABLE {table} (id BIGINT, kind STRING) {}", engine.table_format()))
        .await
        .unwrap();
    let error = query::<Event>(&db, drv.from_table(&table)).await.unwrap_err();
    assert!(error.is_schema_mismatch(), "{error}");
    let text = error.to_string();
    assert!(text.contains("Event.kind: no column \"event_type\""), "{text}");
    assert!(text.contains("Event.score: no column \"score\""), "{text}");
}

#[tokio::test]
async fn first_and_optional_give_one_row_of_many_and_tell_that_there_is_none() {
    let (_, drv, db) = Engine::connected();
    let many = || drv.from_sql("SELECT id FROM range(0, 1000000, 1, 1) WHERE id >= ?").bind(3_i64);
    assert_eq!(query_first::<(i64,)>(&db, many()).await.unwrap(), (3,));
    let none = || drv.from_row("SELECT id FROM range(10) WHERE id > :most").bind_named("most", 10_i64);
    assert_eq!(query_optional::<(i64,)>(&db, none()).await.unwrap(), None);
    let error = query_first::<(i64,)>(&db, none()).await.unwrap_err();
    assert!(error.is_no_rows());
}

#[tokio::test]
async fn a_large_result_streams_whole_and_in_order() {
    const ROWS: i64 = 1_000_000;
    let engine = Engine::from_env();
    let drv = engine.compiling().build().unwrap();
    let db = Client::new(drv.clone());
    let sql = format!("SELECT id, CAST(id AS STRING) AS text FROM range(0, {ROWS}, 1, 4)");
    let mut rows = query_stream::<(i64, String)>(&db, drv.from_sql(sql));
    let (mut count, mut sum) = (0, 0);
    while let Some((id, text)) = rows.try_next().await.unwrap() {
        assert_eq!(text, id.to_string());
        count += 1;
        sum += id;
    }
    assert_eq!((count, sum), (ROWS, ROWS * (ROWS - 1) / 2));
}

#[tokio::test]
async fn statements_that_answer_with_rows_can_be_queried() {
    let (engine, drv, db) = Engine::connected();
    let table = engine.unique("shown");
    drv.exec(format!("CREATE TABLE {table} (id BIGINT) {}", engine.table_format())).await.unwrap();
    let columns =
        query::<(String, String, Option<String>)>(&db, drv.from_sql(format!("DESCRIBE TABLE {table}")));
    assert!(columns.await.unwrap().contains(&("id".into(), "bigint".into(), None)));
}

#[derive(Debug, LakeRow)]
#[expect(dead_code, reason = "only decoded into")]
struct Order {
    id: i32,
    amount: i64,
    placed: Option<chrono::NaiveDateTime>,
    missing: String,
}

#[tokio::test]
async fn every_mismatch_is_in_one_error_before_any_row_and_for_an_empty_result_too() {
    let (_, drv, db) = Engine::connected();
    for rows in ["", " WHERE 1 = 0"] {
        let sql = format!(
            "SELECT * FROM (SELECT id, CAST(1.5 AS DECIMAL(38,10)) AS amount, TIMESTAMP '2026-01-01 00:00:00' AS placed, \
             'x' AS misssing FROM range(3)) AS t{rows}"
        );
        let mut stream = query_stream::<Order>(&db, drv.from_sql(sql));
        let error = stream.try_next().await.unwrap_err();
        assert!(error.is_schema_mismatch());
        let text = error.to_string();
        for wanted in [
            "Order.id: column \"id\" is BIGINT, the field is i32",
            "Order.amount: column \"amount\" is DECIMAL(38,10), the field is i64",
            "Order.placed: column \"placed\" is TIMESTAMP, the field is",
            "Order.missing: no column \"missing\"",
            "did you mean \"misssing\"?",
        ] {
            assert!(text.contains(wanted), "{wanted} is not in {text}");
        }
        assert!(stream.try_next().await.unwrap().is_none());
    }
}

#[tokio::test]
async fn a_null_without_an_option_names_field_column_and_row_before_any_row() {
    let (_, drv, db) = Engine::connected();
    let sql = "SELECT id, CASE WHEN id = 7 THEN NULL ELSE 'x' END AS event_type, 1.5D AS score \
               FROM range(0, 10, 1, 1)";
    let mut stream = query_stream::<Event>(&db, drv.from_sql(sql));
    let error = stream.try_next().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Decode);
    let text = error.to_string();
    assert!(text.contains("Event.kind") && text.contains("event_type") && text.contains("row 7"), "{text}");
}

#[tokio::test]
async fn a_wrong_number_of_columns_for_a_tuple_is_an_error() {
    let (_, drv, db) = Engine::connected();
    let error = query::<(i64, i64)>(&db, drv.from_sql("SELECT id FROM range(3)")).await.unwrap_err();
    assert!(error.is_schema_mismatch());
}

#[tokio::test]
async fn a_dropped_stream_frees_its_session() {
    let engine = Engine::from_env();
    let drv = engine.builder().pool_size(1).build().unwrap();
    let db = Client::new(drv.clone());
    for _ in 0..20 {
        let mut rows =
            query_stream::<(i64,)>(&db, drv.from_sql("SELECT id FROM range(0, 100000000, 1, 2000)"));
        assert!(rows.try_next().await.unwrap().is_some());
        drop(rows);
    }
    drv.close().await.unwrap();
    let error = query::<(i64,)>(&db, drv.from_sql("SELECT 1L")).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Closed);
    drv.close().await.unwrap();
}

#[tokio::test]
async fn temporal_types_and_zones() {
    let (_, drv, db) = Engine::connected();
    let sql = "SELECT TIMESTAMP '2026-11-24 10:00:00+02:00', TIMESTAMP_NTZ '2026-11-24 10:00:00', DATE '2026-11-24'";
    type Row = (chrono::DateTime<chrono::Utc>, chrono::NaiveDateTime, chrono::NaiveDate);
    let (instant, wall, day) = query_first::<Row>(&db, drv.from_sql(sql)).await.unwrap();
    assert_eq!(instant.to_rfc3339(), "2026-11-24T08:00:00+00:00");
    assert_eq!(wall.to_string(), "2026-11-24 10:00:00");
    assert_eq!(day.to_string(), "2026-11-24");
    let mixed =
        query_first::<(chrono::NaiveDateTime,)>(&db, drv.from_sql("SELECT TIMESTAMP '2026-11-24 10:00:00'"));
    assert!(mixed.await.unwrap_err().is_schema_mismatch());
}

#[derive(Debug, PartialEq, LakeRow)]
struct Numbered {
    a_0: i32,
    a_1: i32,
}

/// Spark numbers them in Arrow.
#[tokio::test]
async fn fields_of_a_struct_that_share_a_name_keep_it() {
    let (_, drv, db) = Engine::connected();
    let (shared, own) = ("named_struct('a', 1, 'a', 2)", "named_struct('a_0', 3, 'a_1', 4)");
    let sql = format!("SELECT {shared} AS s, array({shared}) AS l, {own} AS own");
    let rows = query::<DynamicRow>(&db, drv.from_sql(sql)).await.unwrap();
    let structure = |fields: [(&str, i32); 2]| {
        Value::Struct(fields.map(|(name, value)| (name.to_owned(), Value::Integer(value))).to_vec())
    };
    let (shared_value, own_value) = (structure([("a", 1), ("a", 2)]), structure([("a_0", 3), ("a_1", 4)]));
    assert_eq!(rows[0].values(), [shared_value.clone(), Value::Array(vec![shared_value]), own_value]);
    let read =
        async |column: &str| query::<(Numbered,)>(&db, drv.from_sql(format!("SELECT {column} AS s"))).await;
    assert_eq!(read(own).await.unwrap(), [(Numbered { a_0: 3, a_1: 4 },)]);
    let error = read(shared).await.unwrap_err();
    assert!(error.is_schema_mismatch() && error.to_string().contains("a_0"), "{error}");
}
