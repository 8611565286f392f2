//! Values beside a statement whose text goes through a parser that drops them.

use lakeorm::spark::SparkDriver;
use lakeorm::{Client, DynamicRow, query, query_first};
use lakeorm_tests::engine::Engine;

/// From Spark 4.1 on a parser extension loses the values unless it overrides the call with parameters. The server beside
/// the newest Spark has such a one; the others are what they are.
#[tokio::test]
async fn values_arrive_whatever_the_extensions_of_the_parser_do() {
    let engine = Engine::from_env();
    let drv = match engine.guarded() {
        Some(guarded) => {
            let remote = format!("{}/;token={}", guarded.remote, guarded.token);
            SparkDriver::builder(remote).session_conf("spark.sql.session.timeZone", "UTC").build().unwrap()
        }
        None => engine.driver(),
    };
    let db = Client::new(drv.clone());
    let (table, format) = (engine.unique("extended"), engine.table_format());
    drv.exec(format!("CREATE TABLE {table} (id BIGINT, name STRING) {format}")).await.unwrap();
    let insert = format!("INSERT INTO {table} VALUES (?, ?)");
    drv.exec(insert).bind(7_i64).bind("it's \\ 'quoted'").await.unwrap();
    let named = format!("SELECT name FROM {table} WHERE id = :id AND name <> :other");
    let named = drv.from_sql(named).bind_named("id", 7_i64).bind_named("other", "x");
    assert_eq!(query::<(String,)>(&db, named).await.unwrap(), [("it's \\ 'quoted'".to_owned(),)]);
    let list = drv.from_sql("SELECT ? AS list").bind(vec![Some(1_i64), None]);
    assert_eq!(query_first::<(Vec<Option<i64>>,)>(&db, list).await.unwrap(), (vec![Some(1), None],));
    let explain = drv.from_sql("EXPLAIN SELECT id FROM range(10) WHERE id = ?").bind(7_i64);
    let plan = format!("{:?}", query::<DynamicRow>(&db, explain).await.unwrap());
    assert!(!plan.contains("UNBOUND"), "{plan}");
    drv.exec(format!("DROP TABLE {table}")).await.unwrap();
    drv.close().await.unwrap();
}
