//! What a server says about a failure arrives whole.

use lakeorm::{Client, Error, ErrorKind, query};
use lakeorm_tests::engine::Engine;

async fn failure(engine: &Engine, sql: &str) -> Error {
    let drv = engine.driver();
    query::<(i32,)>(&Client::new(drv.clone()), drv.from_sql(sql)).await.unwrap_err()
}

#[tokio::test]
async fn a_parse_error() {
    let engine = Engine::from_env();
    let error = failure(&engine, "SELEC 1").await;
    assert_eq!(error.kind(), ErrorKind::Server);
    if engine.names_error_classes() {
        assert_eq!(error.error_class(), Some("PARSE_SYNTAX_ERROR"));
        assert_eq!(error.sql_state(), Some("42601"));
        assert_eq!(error.message_parameters()["error"], "'SELEC'");
    } else {
        assert_eq!((error.error_class(), error.sql_state()), (None, None));
        assert!(error.to_string().contains("found SELEC at 0:5"), "{error}");
    }
}

#[tokio::test]
async fn a_missing_table() {
    let engine = Engine::from_env();
    let error = failure(&engine, "SELECT id FROM no_such_table_here").await;
    assert_eq!(error.kind(), ErrorKind::Server);
    if engine.names_error_classes() {
        assert_eq!(error.error_class(), Some("TABLE_OR_VIEW_NOT_FOUND"));
        assert_eq!(error.sql_state(), Some("42P01"));
        let context = &error.query_contexts()[0];
        assert_eq!((context.start, context.stop), (15, 32));
        assert_eq!(context.fragment, "no_such_table_here");
    } else {
        assert!(error.to_string().contains("no_such_table_here"), "{error}");
        assert!(error.to_string().contains("TABLE_OR_VIEW_NOT_FOUND"), "{error}");
    }
}

#[tokio::test]
async fn a_division_by_zero_while_the_query_runs() {
    let engine = Engine::from_env();
    let error = failure(&engine, "SELECT CAST(1 DIV (id - 5) AS INT) AS v FROM range(10)").await;
    assert_eq!(error.kind(), ErrorKind::Server);
    if engine.names_error_classes() {
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
    if engine.names_error_classes() {
        assert_eq!(error.error_class(), Some("TABLE_OR_VIEW_NOT_FOUND"));
    }
    assert!(error.to_string().contains("no_such_table_here"), "{error}");
    assert!(error.operation_id().is_some());
}
