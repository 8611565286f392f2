//! What a server says about a failure arrives whole.

use lakeorm::{Client, DynamicRow, Error, ErrorKind, Value, query, query_scalar};
use lakeorm_tests::engine::{Ability, Engine};

async fn failure(engine: &Engine, sql: &str) -> Error {
    let drv = engine.driver();
    query::<(i32,)>(&Client::new(drv.clone()), drv.from_sql(sql)).await.unwrap_err()
}

#[tokio::test]
async fn a_parse_error_has_class_state_and_the_word_it_is_about() {
    let engine = Engine::from_env();
    let error = failure(&engine, "SELEC 1").await;
    assert_eq!(error.kind(), ErrorKind::Server);
    if engine.has(Ability::ErrorClasses) {
        assert_eq!(error.error_class(), Some("PARSE_SYNTAX_ERROR"));
        assert!(error.server().unwrap().is_syntax_error());
    } else {
        assert_eq!((error.error_class(), error.sql_state()), (None, None));
        assert!(error.to_string().contains("found SELEC at 0:5"), "{error}");
    }
    if engine.has(Ability::ErrorDetails) {
        assert_eq!(error.sql_state(), Some("42601"));
        assert_eq!(error.message_parameters()["error"], "'SELEC'");
    }
}

#[tokio::test]
async fn a_missing_table_has_class_state_and_position() {
    let engine = Engine::from_env();
    let error = failure(&engine, "SELECT id FROM no_such_table_here").await;
    assert_eq!(error.kind(), ErrorKind::Server);
    assert!(error.server().unwrap().is_table_not_found());
    if engine.has(Ability::ErrorClasses) {
        assert_eq!(error.error_class(), Some("TABLE_OR_VIEW_NOT_FOUND"));
    } else {
        assert!(error.to_string().contains("TABLE_OR_VIEW_NOT_FOUND"), "{error}");
    }
    if engine.has(Ability::ErrorDetails) {
        assert_eq!(error.sql_state(), Some("42P01"));
        let context = &error.query_contexts()[0];
        assert_eq!((context.start, context.stop), (15, 32));
        assert_eq!(context.fragment, "no_such_table_here");
    } else {
        assert!(error.to_string().contains("no_such_table_here"), "{error}");
    }
}

#[tokio::test]
async fn a_division_by_zero_while_the_query_runs_has_class_state_and_fragment() {
    let engine = Engine::from_env();
    let error = failure(&engine, "SELECT CAST(1 DIV (id - 5) AS INT) AS v FROM range(10)").await;
    assert_eq!(error.kind(), ErrorKind::Server);
    if engine.has(Ability::ErrorDetails) {
        assert_eq!(error.error_class(), Some("DIVIDE_BY_ZERO"));
        assert_eq!(error.sql_state(), Some("22012"));
        assert_eq!(error.query_contexts()[0].fragment, "1 DIV (id - 5)");
        assert!(error.message_parameters().contains_key("config"));
    } else {
        assert!(error.to_string().to_lowercase().contains("divi"), "{error}");
        assert!(!error.server().unwrap().exception_classes().is_empty());
    }
}

#[tokio::test]
async fn an_error_in_a_statement_is_the_same_as_in_a_query() {
    let engine = Engine::from_env();
    let error = engine.driver().exec("INSERT INTO no_such_table_here VALUES (1)").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Server);
    if engine.has(Ability::ErrorClasses) {
        assert_eq!(error.error_class(), Some("TABLE_OR_VIEW_NOT_FOUND"));
    }
    assert!(error.to_string().contains("no_such_table_here"), "{error}");
    let operation = error.operation_id().unwrap().to_string();
    assert!(error.to_string().contains(&operation), "{error}");
}

#[tokio::test]
async fn a_missing_table_is_one_whatever_the_statement() {
    let engine = Engine::from_env();
    let drv = engine.driver();
    for sql in [
        "INSERT INTO no_such_table_here VALUES (1)",
        "DELETE FROM no_such_table_here WHERE id = 1",
        "UPDATE no_such_table_here SET id = 1",
        "DESCRIBE TABLE no_such_table_here",
        "DROP TABLE no_such_table_here",
        "DROP VIEW no_such_view_here",
    ] {
        let error = drv.exec(sql).await.unwrap_err();
        assert!(error.is_table_not_found(), "{sql}: {error}");
        assert!(!error.is_syntax_error() && !error.is_permission_denied(), "{sql}: {error}");
    }
    let nowhere = engine.dir.join("no_such_table_here");
    let mut missing = vec!["SELECT id FROM no_such_table_here".to_owned()];
    if engine.has(Ability::Delta) {
        missing.push(format!("SELECT * FROM delta.`{}`", nowhere.display()));
    }
    for sql in missing {
        let error = failure(&engine, &sql).await;
        assert!(error.is_table_not_found(), "{sql}: {error}");
    }
}

#[tokio::test]
async fn a_syntax_error_is_one_in_a_query_and_in_a_statement() {
    let engine = Engine::from_env();
    let query = failure(&engine, "SELEC 1").await;
    let statement = engine.driver().exec("CREATE TABEL t (id INT)").await.unwrap_err();
    for error in [query, statement] {
        assert_eq!((error.kind(), error.is_table_not_found()), (ErrorKind::Server, false), "{error}");
        assert!(error.is_syntax_error(), "{error}");
    }
}

#[tokio::test]
async fn what_a_table_cannot_do_is_unsupported_whatever_the_statement() {
    let engine = Engine::from_env();
    let drv = engine.driver();
    let table = engine.unique("rigid");
    let location = engine.dir.join(&table);
    drv.exec(format!("CREATE TABLE {table} (id INT) USING parquet LOCATION '{}'", location.display()))
        .await
        .unwrap();
    for sql in [
        format!("DELETE FROM {table} WHERE id = 1"),
        format!("UPDATE {table} SET id = 2"),
        format!("MERGE INTO {table} t USING (SELECT 1 AS id) s ON t.id = s.id WHEN MATCHED THEN DELETE"),
    ] {
        let error = drv.exec(&sql).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unsupported, "{sql}: {error}");
    }
}

#[tokio::test]
async fn a_statement_whose_answer_does_not_fit_has_run() {
    let engine = Engine::from_env();
    let db = Client::new(engine.driver());
    let table = engine.unique("inserted");
    let location = engine.dir.join(&table);
    db.exec(format!("CREATE TABLE {table} (id INT) USING parquet LOCATION '{}'", location.display()))
        .await
        .unwrap();
    let insert = format!("INSERT INTO {table} VALUES (1)");
    // Spark answers with no row, Sail with a number.
    let error = query_scalar::<String>(&db, &insert).await.unwrap_err();
    assert!(error.may_have_run() && !error.is_retryable(), "{error}");
    let inserted: i64 = query_scalar(&db, format!("SELECT count(*) FROM {table}")).await.unwrap();
    assert_eq!(inserted, 1);
}

#[tokio::test]
async fn a_text_that_is_not_utf8_names_its_column_and_the_way_out() {
    let (engine, drv, db) = Engine::connected();
    let text = "CAST(X'ff' AS STRING)";
    for column in [text.to_owned(), format!("array({text})"), format!("named_struct('f', {text})")] {
        let sql = format!("SELECT 1 AS id, {column} AS c");
        let error = query::<DynamicRow>(&db, drv.from_sql(&sql)).await.unwrap_err();
        if engine.has(Ability::InvalidUtf8) {
            assert_eq!(error.kind(), ErrorKind::Decode, "{sql}: {error}");
            assert!(error.to_string().contains("`CAST(c AS BINARY)`"), "{sql}: {error}");
        } else {
            assert_eq!(error.kind(), ErrorKind::Server, "{sql}: {error}");
            assert!(error.to_string().contains("UTF-8"), "{sql}: {error}");
        }
    }
    if engine.has(Ability::InvalidUtf8) {
        let bytes =
            query_scalar::<Vec<u8>>(&db, drv.from_sql(format!("SELECT CAST({text} AS BINARY)"))).await;
        assert_eq!(bytes.unwrap(), [0xff]);
    }
}

#[tokio::test]
async fn a_type_is_read_however_deep_it_is_nested() {
    const LEVELS: usize = 60;
    let engine = Engine::from_env();
    let drv = engine.driver();
    let sql = format!("SELECT {}7{} AS deep", "array(".repeat(LEVELS), ")".repeat(LEVELS));
    let rows = query::<DynamicRow>(&Client::new(drv.clone()), drv.from_sql(sql)).await.unwrap();
    let mut value = rows[0].values()[0].clone();
    let mut levels = 0;
    while let Value::Array(mut elements) = value {
        assert_eq!(elements.len(), 1);
        (value, levels) = (elements.remove(0), levels + 1);
    }
    assert_eq!((value, levels), (Value::Integer(7), LEVELS));
}

/// All that an error tells in texts.
fn everything(error: &Error) -> String {
    let server = error.server().unwrap();
    let parameters = server.message_parameters().values();
    let texts = server.causes().iter().chain(parameters).map(String::as_str).collect::<Vec<_>>();
    format!("{error}\n{error:?}\n{}\n{}", server.message(), texts.join("\n"))
}

#[tokio::test]
async fn no_error_of_a_query_or_a_statement_repeats_a_cell() {
    let engine = Engine::from_env();
    let drv = engine.builder().session_conf("spark.sql.ansi.enabled", "true").build().unwrap();
    let db = Client::new(drv.clone());
    let (text, number) = ("lower(concat('XYZZY', id))", "(id + 2)");
    // Where an error has a class, all of these are errors.
    for (column, fails_everywhere) in [
        (format!("CAST({text} AS INT)"), true),
        (format!("CAST({number} AS TINYINT)"), true),
        (format!("CAST({text} AS TIMESTAMP)"), false),
        (format!("CAST({number} AS DECIMAL(5, 2))"), false),
        (format!("to_timestamp({text}, 'yyyy')"), false),
        (format!("element_at(array(1), CAST({number} AS INT))"), false),
        (format!("map({text}, 1, {text}, 2)"), false),
        (format!("CAST({number} AS INT) * CAST({number} AS INT)"), false),
        (format!("make_date(2024, CAST({number} AS INT), 1)"), false),
        (format!("parse_url(concat('http://a b/', {text}), 'HOST')"), false),
    ] {
        let sql = format!("SELECT {column} AS c FROM range(83174709, 83174710)");
        let read = query::<DynamicRow>(&db, drv.from_sql(&sql)).await.err();
        let run = drv.exec(&sql).await.err();
        let fails = fails_everywhere || engine.has(Ability::ErrorClasses);
        assert!(!fails || read.is_some() && run.is_some(), "{sql}");
        for error in [read, run].into_iter().flatten() {
            let told = everything(&error);
            assert!(!told.contains("xyzzy") && !told.contains("83174711"), "{sql}: {told}");
        }
    }
}

#[tokio::test]
async fn an_error_keeps_a_literal_of_the_statement() {
    let engine = Engine::from_env();
    let drv = engine.builder().session_conf("spark.sql.ansi.enabled", "true").build().unwrap();
    let sql = "SELECT CAST('frobnicated' AS INT) AS c";
    let error = query::<DynamicRow>(&Client::new(drv.clone()), drv.from_sql(sql)).await.unwrap_err();
    assert!(error.to_string().contains("'frobnicated'"), "{error}");
}
