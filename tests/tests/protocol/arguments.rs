//! Values on servers that bind and on servers that do not.

use lakeorm::{Client, ErrorKind, query};
use lakeorm_tests::fake::{Exchange, Failure, Fake, batch, complete, execute};

use crate::given::{driver, every_text, numbers, soon};

const SECRET: &str = "o'brien's secret";

/// The digits of the value in a literal.
fn hexadecimal() -> String {
    SECRET.bytes().map(|byte| format!("{byte:02x}")).collect()
}

fn unbound() -> Failure {
    Failure::spark("UNBOUND_SQL_PARAMETER", "42P02").parameter("name", "_16")
}

/// Expects a statement with one value beside it.
fn bound() -> Exchange {
    execute().when("with one argument", |request| {
        request.statement().is_some_and(|statement| statement.count() == 1)
    })
}

/// Expects a statement without arguments, whose text ends with the value as a literal.
fn literals() -> Exchange {
    let end = format!("WHERE name = CAST(X'{}' AS STRING)", hexadecimal());
    execute().when("with a literal in its text", move |request| {
        request.statement().is_some_and(|statement| statement.count() == 0 && statement.text.ends_with(&end))
    })
}

#[tokio::test]
async fn a_server_that_loses_arguments_gets_literals_from_then_on() {
    let rows = || batch(&numbers(0..2));
    let fake = Fake::start([
        bound().fail(unbound()),
        literals().send(rows()).send(complete()),
        literals().send(rows()).send(complete()),
    ])
    .await;
    let drv = driver(&fake);
    let db = Client::new(drv.clone());
    for _ in 0..2 {
        let source = drv.from_sql("SELECT id FROM t WHERE name = ?").bind(SECRET);
        assert_eq!(soon(query::<(i64,)>(&db, source)).await.unwrap(), [(0,), (1,)]);
    }
    assert_eq!(fake.sent("ExecutePlan").len(), 3);
    fake.finish();
}

#[tokio::test]
async fn statements_fall_back_by_themselves() {
    let fake = Fake::start([
        bound().answer([numbers(0..1)]),
        bound().fail(unbound()),
        literals().answer([]),
        literals().answer([]),
        bound().answer([numbers(0..1)]),
    ])
    .await;
    let drv = driver(&fake);
    let db = Client::new(drv.clone());
    let read = || drv.from_sql("SELECT id FROM t WHERE name = :n").bind_named("n", SECRET);
    soon(query::<(i64,)>(&db, read())).await.unwrap();
    for _ in 0..2 {
        soon(async { drv.exec("DELETE FROM t WHERE name = ?").bind(SECRET).await }).await.unwrap();
    }
    soon(query::<(i64,)>(&db, read())).await.unwrap();
    fake.finish();
}

#[tokio::test]
async fn a_marker_that_the_server_does_not_know_is_an_error_where_nothing_was_bound() {
    let fake = Fake::start([execute().fail(unbound())]).await;
    let drv = driver(&fake);
    let error = soon(query::<(i64,)>(&Client::new(drv.clone()), drv.from_sql("SELECT 1"))).await.unwrap_err();
    assert_eq!((error.kind(), error.error_class()), (ErrorKind::Server, Some("UNBOUND_SQL_PARAMETER")));
    fake.finish();
}

#[tokio::test]
async fn a_server_that_refuses_the_literals_too_is_asked_twice_and_no_more() {
    let fake = Fake::start([bound().fail(unbound()), literals().fail(unbound())]).await;
    let drv = driver(&fake);
    let source = drv.from_sql("SELECT id FROM t WHERE name = ?").bind(SECRET);
    let error = soon(query::<(i64,)>(&Client::new(drv.clone()), source)).await.unwrap_err();
    assert_eq!(error.error_class(), Some("UNBOUND_SQL_PARAMETER"));
    fake.finish();
}

#[tokio::test]
async fn values_that_do_not_fit_the_markers_are_refused_before_anything_is_sent() {
    let fake = Fake::start([]).await;
    let drv = driver(&fake);
    let db = Client::new(drv.clone());
    let sources = [
        drv.from_sql("SELECT ?"),
        drv.from_sql("SELECT ?, ?").bind(1_i64),
        drv.from_sql("SELECT ?").bind(1_i64).bind(2_i64),
        drv.from_sql("SELECT 1").bind(1_i64),
        drv.from_sql("SELECT '?' -- ?").bind(1_i64),
        drv.from_sql("SELECT :a").bind_named("b", 1_i64),
        drv.from_sql("SELECT :a, ?").bind(1_i64),
        drv.from_sql("SELECT ?").bind(1_i64).bind_named("a", 1_i64),
        drv.from_sql("SELECT 'no end").bind(1_i64),
        drv.from_table("t").bind(1_i64),
    ];
    for source in sources {
        let shown = format!("{source:?}");
        let error = soon(query::<(i64,)>(&db, source)).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidStatement, "{shown}: {error}");
    }
    let error = soon(async { drv.exec("DELETE FROM t WHERE a = ?").await }).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidStatement);
    assert!(fake.requests().is_empty(), "{:?}", fake.requests());
    fake.finish();
}

#[tokio::test]
async fn an_error_does_not_repeat_a_bound_value() {
    let message = format!("[CAST_INVALID_INPUT] The value '{SECRET}' cannot be cast");
    let fake = Fake::start([execute().fail(Failure::internal(message))]).await;
    let drv = driver(&fake);
    let source = drv.from_sql("SELECT CAST(? AS INT)").bind(SECRET);
    assert!(!format!("{source:?}").contains("brien"), "{source:?}");
    let error = soon(query::<(i64,)>(&Client::new(drv.clone()), source)).await.unwrap_err();
    assert!(!every_text(&error).contains("brien"), "{error}");
    assert!(error.to_string().contains("cannot be cast"), "{error}");
    fake.finish();
}

#[tokio::test]
async fn an_error_does_not_repeat_a_value_that_went_as_a_literal() {
    let message = format!("cannot cast X'{}' or X'{}'", hexadecimal(), hexadecimal().to_uppercase());
    let fake = Fake::start([bound().fail(unbound()), literals().fail(Failure::internal(message))]).await;
    let drv = driver(&fake);
    let source = drv.from_sql("SELECT id FROM t WHERE name = ?").bind(SECRET);
    let error = soon(query::<(i64,)>(&Client::new(drv.clone()), source)).await.unwrap_err();
    let text = every_text(&error).to_lowercase();
    assert!(text.contains("cannot cast"), "{text}");
    assert!(!text.contains(&hexadecimal()), "{text}");
    fake.finish();
}
