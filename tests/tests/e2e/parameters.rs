//! Where a parameter may stand, on any engine, and that nothing runs twice for it.

use chrono::{DateTime, TimeZone, Utc};
use futures::TryStreamExt;
use lakeorm::spark::SparkDriver;
use lakeorm::{Client, ErrorKind, query, query_batches, query_first, query_optional, query_stream};
use lakeorm_tests::engine::{Ability, Engine};
use lakeorm_tests::printed;
use spark_connect::functions::{col, lit};

async fn table(engine: &Engine, drv: &SparkDriver) -> String {
    let table = engine.unique("parameters");
    let format = engine.table_format();
    drv.exec(format!("CREATE TABLE {table} (id BIGINT) {format}")).await.unwrap();
    table
}

async fn count(db: &Client, drv: &SparkDriver, table: &str) -> i64 {
    query_first::<(i64,)>(db, drv.from_sql(format!("SELECT count(*) FROM {table}"))).await.unwrap().0
}

/// The script comes first on each driver: what a statement does must not depend on what ran before it.
#[tokio::test]
async fn a_script_with_a_value_runs_once() {
    let (engine, setup, db) = Engine::connected();
    let table = table(&engine, &setup).await;
    let script = format!("BEGIN INSERT INTO {table} VALUES (1); SELECT :x AS x; END");
    for is_query in [true, false] {
        let drv = if engine.has(Ability::SharedTables) { engine.driver() } else { setup.clone() };
        let db = Client::new(drv.clone());
        let ran = match is_query {
            true => query::<(i32,)>(&db, drv.from_sql(&script).bind_named("x", 5)).await.map(|rows| {
                assert_eq!(rows, [(5,)]);
            }),
            false => drv.exec(&script).bind_named("x", 5).await.map(drop),
        };
        match engine.has(Ability::Scripts) {
            true => ran.unwrap(),
            false => {
                let kind = ran.unwrap_err().kind();
                assert!(matches!(kind, ErrorKind::Server | ErrorKind::Unsupported), "{kind:?}");
            }
        }
    }
    let rows = if engine.has(Ability::Scripts) { 2 } else { 0 };
    assert_eq!(count(&db, &setup, &table).await, rows);
}

#[tokio::test]
async fn a_script_that_fails_after_its_first_statement_is_not_run_again() {
    let (engine, setup, db) = Engine::connected();
    let table = table(&engine, &setup).await;
    let script = format!("BEGIN INSERT INTO {table} VALUES (:x); EXECUTE IMMEDIATE 'SELECT :nope'; END");
    let drv = if engine.has(Ability::SharedTables) { engine.driver() } else { setup.clone() };
    let error = drv.exec(&script).bind_named("x", 5_i64).await.unwrap_err();
    match engine.has(Ability::Scripts) {
        true => assert_eq!(error.error_class(), Some("UNBOUND_SQL_PARAMETER")),
        false => assert!(matches!(error.kind(), ErrorKind::Server | ErrorKind::Unsupported), "{error}"),
    }
    let rows = i64::from(engine.has(Ability::Scripts));
    assert_eq!(count(&db, &setup, &table).await, rows);
}

/// Spark 3.5 has run such a statement and answers as it does to a query, which is yet to be run.
#[tokio::test]
async fn a_statement_of_several_inserts_runs_once() {
    let (engine, drv, db) = Engine::connected();
    let (first, second) = (table(&engine, &drv).await, table(&engine, &drv).await);
    let inserts = format!("INSERT INTO {first} SELECT id INSERT INTO {second} SELECT id + 1");
    let mut rows = 0;
    for sql in [
        format!("FROM range(3) {inserts}"),
        format!("WITH numbers AS (SELECT id FROM range(3)) FROM numbers {inserts}"),
    ] {
        let ran = drv.exec(&sql).await;
        match engine.has(Ability::SharedTables) {
            true => {
                ran.unwrap();
                rows += 3;
            }
            // Sail does not have it.
            false => {
                let error = ran.unwrap_err();
                assert!(matches!(error.kind(), ErrorKind::Server | ErrorKind::Unsupported), "{error}");
            }
        }
        let counts = (count(&db, &drv, &first).await, count(&db, &drv, &second).await);
        assert_eq!(counts, (rows, rows), "{sql}");
    }
}

#[tokio::test]
async fn an_explain_with_a_value_is_a_plan_and_not_the_text_of_an_error() {
    let (_, drv, db) = Engine::connected();
    for _ in 0..2 {
        let source = drv.from_sql("EXPLAIN SELECT id FROM range(10) WHERE id = ?").bind(7_i64);
        let rows = query::<lakeorm::DynamicRow>(&db, source).await.unwrap();
        let text = format!("{rows:?}");
        assert!(text.to_lowercase().contains("range"), "{text}");
        assert!(!text.contains("Error occurred") && !text.contains("UNBOUND"), "{text}");
    }
}

/// On a new driver, and on one that has bound before.
#[tokio::test]
async fn a_marker_may_stand_where_the_grammar_takes_a_constant() {
    let (_, drv, db) = Engine::connected();
    for _ in 0..2 {
        let source = drv.from_sql("SELECT TIMESTAMP '2024-01-01 00:00:00' + INTERVAL ? DAY AS at").bind(5);
        let (at,) = query_first::<(DateTime<Utc>,)>(&db, source).await.unwrap();
        assert_eq!(at, Utc.with_ymd_and_hms(2024, 1, 6, 0, 0, 0).unwrap());
        let source = drv.from_sql("SELECT 'a%b' LIKE ? ESCAPE ? AS same").bind("a!%b").bind("!");
        assert_eq!(query_first::<(bool,)>(&db, source).await.unwrap(), (true,));
        let source = drv.from_sql("SELECT id FROM range(10) ORDER BY id LIMIT ? OFFSET ?").bind(1).bind(3);
        assert_eq!(query::<(i64,)>(&db, source).await.unwrap(), [(3,)]);
    }
}

/// Spark from 4.1 on writes such a value with its type, `7L`, which its grammar takes for no constant.
#[tokio::test]
async fn a_number_of_any_type_is_a_plain_constant_where_one_must_stand() {
    let (_, drv, db) = Engine::connected();
    let source = || drv.from_sql("SELECT TIMESTAMP '2024-01-01 00:00:00' + INTERVAL ? DAY AS at");
    let number: lakeorm::Decimal = "5".parse().unwrap();
    for source in [source().bind(5_i64), source().bind(5_i16), source().bind(5_i8), source().bind(number)] {
        let (at,) = query_first::<(DateTime<Utc>,)>(&db, source).await.unwrap();
        assert_eq!(at, Utc.with_ymd_and_hms(2024, 1, 6, 0, 0, 0).unwrap());
    }
}

#[tokio::test]
async fn a_version_of_a_table_is_named_by_a_number_of_64_bits() {
    let engine = Engine::from_env();
    let session = engine.driver().session().await.unwrap();
    let db = Client::new(session.clone());
    let name = engine.unique("versions");
    if !engine.has(Ability::Delta) {
        // Plain Spark knows no versions, and says so rather than that it cannot read the number.
        session.exec(format!("CREATE TABLE {name} (id BIGINT) USING parquet")).await.unwrap();
        let source = session.from_sql(format!("SELECT id FROM {name} VERSION AS OF ?")).bind(7_i64);
        let error = query::<(i64,)>(&db, source).await.unwrap_err();
        assert!(error.error_class().is_some_and(|class| class.contains("TIME_TRAVEL")), "{error}");
        return;
    }
    let is_iceberg = engine.has(Ability::Iceberg);
    let (table, format) = match is_iceberg {
        true => (format!("ice.parameters.{name}"), "iceberg"),
        false => (name, "delta"),
    };
    if is_iceberg {
        session.exec("CREATE DATABASE IF NOT EXISTS ice.parameters").await.unwrap();
    }
    session.exec(format!("CREATE TABLE {table} (id BIGINT) USING {format}")).await.unwrap();
    for id in 1..=2 {
        session.exec(format!("INSERT INTO {table} VALUES ({id})")).await.unwrap();
    }
    let first = match is_iceberg {
        true => {
            let first = format!("SELECT snapshot_id FROM {table}.snapshots ORDER BY committed_at LIMIT 1");
            query_first::<(i64,)>(&db, session.from_sql(first)).await.unwrap().0
        }
        // Delta counts the commits, and the first of them made the table.
        false => 1,
    };
    let source = session.from_sql(format!("SELECT id FROM {table} VERSION AS OF ?")).bind(first);
    assert_eq!(query::<(i64,)>(&db, source).await.unwrap(), [(1,)]);
    session.exec(format!("DROP TABLE {table}")).await.unwrap();
}

#[tokio::test]
async fn markers_may_stand_in_the_clauses_of_a_new_table() {
    let (engine, drv, db) = Engine::connected();
    let table = engine.unique("described");
    let format = engine.table_format();
    let create = format!(
        "CREATE TABLE IDENTIFIER(:name) (id BIGINT COMMENT :column) {format} COMMENT :comment TBLPROPERTIES ('k' = :v)"
    );
    drv.exec(create)
        .bind_named("name", &table)
        .bind_named("column", "the key (unique)")
        .bind_named("comment", "all of them")
        .bind_named("v", "some value")
        .await
        .unwrap();
    drv.exec("INSERT INTO IDENTIFIER(?) VALUES (?)").bind(&table).bind(7_i64).await.unwrap();
    let source = drv.from_sql("SELECT id FROM IDENTIFIER(:t)").bind_named("t", &table);
    assert_eq!(query::<(i64,)>(&db, source).await.unwrap(), [(7,)]);
    let columns =
        query::<(String, String, Option<String>)>(&db, drv.from_sql(format!("DESCRIBE TABLE {table}")));
    let described = columns.await.unwrap();
    assert_eq!(described[0], ("id".into(), "bigint".into(), Some("the key (unique)".into())));
}

#[tokio::test]
async fn a_constant_that_has_no_plain_form_works_or_says_what_to_do() {
    let engine = Engine::from_env();
    let drv = engine.driver();
    let table = engine.unique("quoted");
    let format = engine.table_format();
    let create = drv.exec(format!("CREATE TABLE {table} (id BIGINT) {format} COMMENT ?")).bind("it's");
    match engine.has(Ability::Binding) {
        true => drop(create.await.unwrap()),
        false => {
            let error = create.await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidStatement);
            assert!(
                error.to_string().contains("`?` number 1 stands where the grammar takes a plain constant")
            );
        }
    }
}

#[tokio::test]
async fn one_value_at_two_markers_is_one_value() {
    let (_, drv, db) = Engine::connected();
    let sql = "SELECT date_trunc(?, ts) AS day, count(*) AS n FROM VALUES (TIMESTAMP '2024-01-02 03:04:05') AS t(ts) \
               GROUP BY date_trunc(?, ts)";
    let rows = query::<(DateTime<Utc>, i64)>(&db, drv.from_sql(sql).bind("day").bind("day")).await.unwrap();
    assert_eq!(rows, [(Utc.with_ymd_and_hms(2024, 1, 2, 0, 0, 0).unwrap(), 1)]);
}

#[tokio::test]
async fn the_present_moment_binds_to_the_microsecond() {
    let (_, drv, db) = Engine::connected();
    let now = DateTime::from_timestamp_nanos(1_732_530_716_123_456_789);
    let (read,) =
        query_first::<(DateTime<Utc>,)>(&db, drv.from_sql("SELECT ? AS at").bind(now)).await.unwrap();
    assert_eq!(read.timestamp_nanos_opt(), Some(1_732_530_716_123_456_000));
    query_first::<(DateTime<Utc>,)>(&db, drv.from_sql("SELECT ? AS at").bind(Utc::now())).await.unwrap();
}

#[tokio::test]
async fn a_list_is_bound_with_its_own_word() {
    let (_, drv, db) = Engine::connected();
    let sql = "SELECT id FROM range(100) WHERE id IN (?) AND id > ? ORDER BY id";
    let source = drv.from_sql(sql).bind_list([5_i64, 50, 500]).bind(7_i64);
    assert_eq!(query::<(i64,)>(&db, source).await.unwrap(), [(50,)]);
    let source = drv.from_sql("SELECT id FROM range(9) WHERE id IN (:ids)").bind_named_list("ids", [1_i64]);
    assert_eq!(query::<(i64,)>(&db, source).await.unwrap(), [(1,)]);
    let source = drv.from_sql("SELECT id FROM range(9) WHERE id IN (?)").bind(vec![1_i64]);
    let error = query::<(i64,)>(&db, source).await.unwrap_err();
    assert!(error.to_string().contains("bind its values with `bind_list`"), "{error}");
}

#[tokio::test]
async fn the_first_row_of_a_command_is_taken() {
    let (engine, drv, db) = Engine::connected();
    let table = table(&engine, &drv).await;
    let describe = format!("DESCRIBE TABLE {table}");
    type Column = (String, String, Option<String>);
    let column = query_first::<Column>(&db, drv.from_sql(&describe)).await.unwrap();
    assert_eq!((column.0.as_str(), column.1.as_str()), ("id", "bigint"));
    let columns = query::<Column>(&db, drv.from_row(&describe)).await.unwrap();
    assert_eq!(columns.len(), 1);
    let plan = query_first::<lakeorm::DynamicRow>(&db, drv.from_sql("EXPLAIN SELECT 1")).await.unwrap();
    let plan = format!("{plan:?}");
    assert!(plan.to_lowercase().contains("plan") && !plan.contains("Error occurred"), "{plan}");
    let show = || drv.from_sql("SHOW TABLES");
    assert!(query_optional::<lakeorm::DynamicRow>(&db, show()).await.unwrap().is_some());
    let shown = format!("{:?}", query::<lakeorm::DynamicRow>(&db, show()).await.unwrap());
    assert!(shown.contains(&table), "{table}: {shown}");
    let with = drv.from_sql("WITH a AS (SELECT id FROM range(5)) SELECT id FROM a ORDER BY id DESC");
    assert_eq!(query_first::<(i64,)>(&db, with).await.unwrap(), (4,));
}

/// Every spelling that an engine has for these.
#[tokio::test]
async fn no_error_tells_a_bound_value_of_any_type() {
    let (_, drv, db) = Engine::connected();
    let day = chrono::NaiveDate::from_ymd_opt(1987, 6, 5).unwrap();
    let amount: lakeorm::Decimal = "31337.55".parse().unwrap();
    let cast = "SELECT CAST(? AS INT) AS v";
    let raise = "SELECT raise_error(CAST(? AS STRING)) AS v";
    let sources = [
        (drv.from_sql(cast).bind("hunter2'hunter2"), "hunter2"),
        (drv.from_sql(cast).bind("xq"), "xq"),
        (drv.from_sql(raise).bind(918_273_645_i64), "918273645"),
        (drv.from_sql(raise).bind(amount), "31337"),
        (drv.from_sql(raise).bind(day), "1987"),
        (drv.from_sql("SELECT nothing_here FROM range(1) WHERE 'a' = ?").bind("hunter2"), "hunter2"),
        (drv.from_sql("SELECT 1 + FROM WHERE ?").bind("hunter2"), "hunter2"),
    ];
    for (source, secret) in sources {
        let error = query::<(i32,)>(&db, source).await.unwrap_err();
        // The operation's id is the client's own, and random.
        let operation = error.operation_id().map(|id| id.to_string()).unwrap_or_default();
        let everything = printed(&error).replace(&operation, "");
        assert!(!everything.contains(secret), "{secret} in {everything}");
    }
}

/// Where the query gives a column no name, an engine may take the text of its expression, which holds the value.
#[tokio::test]
async fn no_error_tells_a_bound_value_by_the_name_of_a_column() {
    #[derive(Debug, lakeorm::LakeRow)]
    struct Row {
        #[expect(dead_code, reason = "the result has no such column")]
        id: i64,
    }
    let (_, drv, db) = Engine::connected();
    let unnamed = || drv.from_sql("SELECT ?, 'x' = ?, 1 AS own").bind("hunter2").bind("swordfish");
    let frame = drv.range(0, 1).select([lit("hunter2"), col("id").eq(lit("swordfish"))]);
    let mut batches = query_batches(&db, unnamed());
    let batch = batches.try_next().await.unwrap().unwrap();
    let errors = [
        query::<Row>(&db, unnamed()).await.unwrap_err().to_string(),
        query::<Row>(&db, &frame).await.unwrap_err().to_string(),
        query::<(i64, bool, i32)>(&db, unnamed()).await.unwrap_err().to_string(),
        query::<(i64,)>(&db, unnamed()).await.unwrap_err().to_string(),
        query_stream::<Row>(&db, unnamed()).try_next().await.unwrap_err().to_string(),
        batch.rows::<Row>().unwrap_err().to_string(),
        batch.to_vec::<(i64, bool, i32)>().unwrap_err().to_string(),
    ];
    for error in errors {
        assert!(!error.contains("hunter2") && !error.contains("swordfish"), "{error}");
    }
    let error = query::<Row>(&db, unnamed()).await.unwrap_err().to_string();
    assert!(error.contains("no column \"id\"") && error.contains("own"), "{error}");
}

#[tokio::test]
async fn an_error_speaks_of_the_statement_as_it_was_written() {
    let (engine, drv, db) = Engine::connected();
    let source = drv.from_sql("SELECT CAST(? AS INT) AS v").bind("hunter2");
    let error = query::<(i32,)>(&db, source).await.unwrap_err();
    if engine.has(Ability::ErrorClasses) {
        assert_eq!(error.error_class(), Some("CAST_INVALID_INPUT"));
    }
    match engine.has(Ability::ErrorDetails) {
        true => assert_eq!(error.query_contexts()[0].fragment, "CAST(? AS INT)"),
        false => assert!(error.query_contexts().is_empty()),
    }
}
