//! Names of columns in every script, and types that Spark does not have.

use lakeorm::{DynamicRow, LakeRow, Value, query};
use lakeorm_tests::engine::{Ability, Engine};

#[derive(Debug, PartialEq, LakeRow)]
struct Season {
    #[lake(rename = "été", default)]
    summer: i64,
    #[lake(rename = "οδος", default)]
    road: i64,
    #[lake(rename = "straße", default)]
    street: i64,
    #[lake(rename = "ıd", default)]
    dotless: i64,
}

#[derive(Debug, PartialEq, LakeRow)]
struct Summer {
    #[lake(rename = "été")]
    summer: i64,
}

/// A table has a column where its rows have it, whatever the engine's own rule for names.
#[tokio::test]
async fn a_default_stands_for_no_column_that_is_there_in_another_case() {
    let (engine, drv, db) = Engine::connected();
    let table = engine.unique("seasons");
    let columns = "`ÉTÉ` BIGINT, `ΟΔΟΣ` BIGINT, `STRASSE` BIGINT, `ID` BIGINT, wide STRING";
    drv.exec(format!("CREATE TABLE {table} ({columns}) {}", engine.table_format())).await.unwrap();
    drv.exec(format!("INSERT INTO {table} VALUES (4, 5, 6, 7, 'w')")).await.unwrap();
    let expected = Season { summer: 4, road: 5, street: 0, dotless: 0 };
    let rows = drv.from_sql(format!("SELECT * FROM {table}"));
    assert_eq!(query::<Season>(&db, rows).await.unwrap(), [expected]);
    let expected = Season { summer: 4, road: 5, street: 0, dotless: 0 };
    assert_eq!(query::<Season>(&db, drv.from_table(&table)).await.unwrap(), [expected]);
    assert_eq!(query::<Summer>(&db, drv.from_table(&table)).await.unwrap(), [Summer { summer: 4 }]);
}

#[derive(Debug, PartialEq, LakeRow)]
struct Both {
    #[lake(flatten)]
    first: Key,
    #[lake(flatten)]
    second: Key,
}

#[derive(Debug, PartialEq, LakeRow)]
struct Key {
    id: i64,
}

#[tokio::test]
async fn two_rows_that_share_a_column_read_it_from_a_table() {
    let (engine, drv, db) = Engine::connected();
    let table = engine.unique("shared");
    drv.exec(format!("CREATE TABLE {table} (`Id` BIGINT, x STRING) {}", engine.table_format()))
        .await
        .unwrap();
    drv.exec(format!("INSERT INTO {table} VALUES (4, 'x')")).await.unwrap();
    let expected = Both { first: Key { id: 4 }, second: Key { id: 4 } };
    assert_eq!(query::<Both>(&db, drv.from_table(&table)).await.unwrap(), [expected]);
}

/// Sail answers with the number of rows, signed or unsigned by the format; Spark answers with nothing.
#[tokio::test]
async fn a_statement_that_is_queried_runs_once_and_its_answer_is_read() {
    let (engine, drv, db) = Engine::connected();
    for format in [engine.table_format(), "USING parquet"] {
        let table = engine.unique("inserted");
        drv.exec(format!("CREATE TABLE {table} (id BIGINT) {format}")).await.unwrap();
        let insert = drv.from_sql(format!("INSERT INTO {table} VALUES (1), (2)"));
        let rows = query::<DynamicRow>(&db, insert).await.unwrap();
        let counts: Vec<Option<i64>> =
            rows.iter().map(|row| row.values().first().and_then(Value::as_i64)).collect();
        match engine.has(Ability::CountsWrites) {
            true => assert_eq!(counts, [Some(2)], "{format}"),
            false => assert!(counts.is_empty(), "{format}: {rows:?}"),
        }
        let count = drv.from_sql(format!("SELECT count(*) FROM {table}"));
        assert_eq!(query::<(i64,)>(&db, count).await.unwrap(), [(2,)], "{format}");
    }
}
