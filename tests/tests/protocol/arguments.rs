//! Values on servers that bind and on servers that do not.

use std::future::IntoFuture;

use lakeorm::{Client, ErrorKind, Literal, query, query_first, query_optional};
use lakeorm_tests::fake::{
    Code, Details, Exchange, Failure, Fake, FakeBuilder, Request, Response, Value, batch, complete, execute,
};
use lakeorm_tests::proxy::{Fault, Proxy};
use spark_connect::functions::{col, lit};
use spark_connect::{MergeAction, Relation, Session, Sql};

use crate::setup::{all, builder, channel, driver, every_text, in_no_time, numbers, session, soon};

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

/// A server that loses values, as Spark 4.1 with extensions does.
fn loses_values() -> FakeBuilder {
    Fake::builder().refuse("AnalyzePlan", unbound())
}

fn rows() -> Response {
    batch(&numbers(0..2))
}

#[tokio::test]
async fn a_server_that_binds_gets_values_beside_the_text_and_is_asked_once() {
    let done = |exchange: Exchange| exchange.answer([]);
    let fake = Fake::start([
        bound().send(rows()).send(complete()),
        done(bound()),
        bound().send(rows()).send(complete()),
    ])
    .await;
    let drv = builder(&fake).pool_size(2).build().unwrap();
    let db = Client::new(drv.clone());
    let read = || drv.from_sql("SELECT id FROM t WHERE name = :n").bind_named("n", SECRET);
    soon(query::<(i64,)>(&db, read())).await.unwrap();
    soon(async { drv.exec("DELETE FROM t WHERE name = ?").bind(SECRET).await }).await.unwrap();
    drop(drv.session().await.unwrap());
    soon(query::<(i64,)>(&db, read())).await.unwrap();
    assert_eq!(fake.sent("AnalyzePlan").len(), 1);
    fake.finish();
}

/// Another one may be behind the next connection.
#[tokio::test]
async fn a_server_is_asked_again_whether_it_binds_after_its_connection_broke() {
    let answer = || bound().answer([numbers(0..1)]);
    let fake = Fake::start([answer(), answer(), answer()]).await;
    let proxy = Proxy::before(&fake).await;
    let session = Session::new(&channel(&format!("sc://{}", proxy.address())));
    let sql = Sql::new("SELECT id FROM t WHERE name = ?").bind(SECRET);
    let ask = || all(session.query(&sql.clone().into()));
    ask().await.unwrap();
    ask().await.unwrap();
    assert_eq!(fake.sent("AnalyzePlan").len(), 1);
    proxy.now(Fault::Cut);
    soon(async {
        while session.channel().is_connected() {
            tokio::task::yield_now().await;
        }
    })
    .await;
    ask().await.unwrap();
    assert_eq!(fake.sent("AnalyzePlan").len(), 2);
    fake.finish();
}

#[tokio::test]
async fn a_server_that_loses_values_never_gets_one_beside_the_text() {
    let done = |exchange: Exchange| exchange.answer([]);
    let script = [
        literals().send(rows()).send(complete()),
        done(literals()),
        literals().send(rows()).send(complete()),
    ];
    let fake = loses_values().script(script).start().await;
    let drv = driver(&fake);
    let db = Client::new(drv.clone());
    let read = || drv.from_sql("SELECT id FROM t WHERE name = ?").bind(SECRET);
    assert_eq!(soon(query::<(i64,)>(&db, read())).await.unwrap(), [(0,), (1,)]);
    soon(async { drv.exec("DELETE FROM t WHERE name = ?").bind(SECRET).await }).await.unwrap();
    soon(query::<(i64,)>(&db, read())).await.unwrap();
    assert_eq!((fake.sent("AnalyzePlan").len(), fake.sent("ExecutePlan").len()), (1, 3));
    fake.finish();
}

#[tokio::test]
async fn a_server_with_its_catalog_in_the_session_gets_literals_and_is_not_asked() {
    let done = |exchange: Exchange| exchange.answer([]);
    let script = [literals().send(rows()).send(complete()), done(literals())];
    let fake = Fake::builder().echoes_session_ids().script(script).start().await;
    let drv = driver(&fake);
    let db = Client::new(drv.clone());
    soon(query::<(i64,)>(&db, drv.from_sql("SELECT id FROM t WHERE name = ?").bind(SECRET))).await.unwrap();
    soon(async { drv.exec("DELETE FROM t WHERE name = ?").bind(SECRET).await }).await.unwrap();
    // The question is where the tables are.
    let asked = fake.sent("AnalyzePlan").into_iter().map(|request| request.plan_tree().unwrap());
    assert!(asked.into_iter().all(|plan| plan.contains("SHOW DATABASES")));
    fake.finish();
}

/// To Sail the time zone is a part of the type, and what is sent without a cast is in UTC.
#[tokio::test]
async fn an_instant_is_cast_where_a_server_shows_it_in_utc_which_is_asked_nothing_once_it_is_known() {
    for is_sail in [true, false] {
        let answer = || execute().answer([numbers(0..1)]);
        let fake = Fake::builder().script([answer(), answer(), answer()]);
        let fake = if is_sail { fake.echoes_session_ids() } else { fake }.start().await;
        let session = session(&fake);
        let instant = lit(Literal::timestamp(7)).alias("at");
        let frame = session.range(0, 1).select([instant]);
        let asked = || ["AnalyzePlan", "Config"].map(|rpc| fake.sent(rpc).len());
        // What it is, as nothing is known of it yet, and on Sail the conf that tells whether the session is lost.
        let once = if is_sail { [0, 2] } else { [0, 1] };
        in_no_time(async {
            for _ in 0..3 {
                frame.collect().await.unwrap();
                assert_eq!(asked(), once);
            }
        })
        .await;
        for request in fake.sent("ExecutePlan") {
            let plan = request.plan_tree().unwrap();
            assert!(plan.contains("Timestamp(7)"), "{plan}");
            assert_eq!(plan.contains("Cast("), is_sail, "{plan}");
        }
        fake.finish();
    }
}

#[tokio::test]
async fn a_session_without_a_driver_sends_literals_where_they_are_needed() {
    let script = [literals().send(rows()).send(complete()), literals().answer([])];
    let fake = loses_values().script(script).start().await;
    let session = session(&fake);
    let sql = Sql::new("SELECT id FROM t WHERE name = ?").bind(SECRET);
    assert_eq!(all(session.query(&sql.into())).await.unwrap(), [0, 1]);
    soon(session.command(&Sql::new("DELETE FROM t WHERE name = :n").bind_named("n", SECRET))).await.unwrap();
    assert_eq!(fake.sent("AnalyzePlan").len(), 1);
    fake.finish();
}

#[tokio::test]
async fn no_error_of_a_statement_sends_it_again() {
    let script = "BEGIN INSERT INTO t VALUES (1); SELECT :x; END";
    let fake = Fake::start([
        execute().fail(unbound()),
        execute().fail(Failure::sail(
            "java.lang.IllegalArgumentException",
            "invalid argument: command with parameters",
        )),
        execute().fail(Failure::spark("NOT_A_CONSTANT_STRING.NOT_CONSTANT", "42601")),
    ])
    .await;
    let drv = driver(&fake);
    let db = Client::new(drv.clone());
    let source = || drv.from_sql(script).bind_named("x", 5);
    let error = soon(query::<(i64,)>(&db, source())).await.unwrap_err();
    assert_eq!(error.error_class(), Some("UNBOUND_SQL_PARAMETER"));
    soon(query::<(i64,)>(&db, source())).await.unwrap_err();
    soon(async { drv.exec(script).bind_named("x", 5).await }).await.unwrap_err();
    assert_eq!(fake.sent("ExecutePlan").len(), 3);
    fake.finish();
}

/// To Spark it is a query, to Sail it inserts.
#[tokio::test]
async fn a_statement_that_servers_read_in_two_ways_is_not_sent() {
    let fake = Fake::start([]).await;
    let drv = driver(&fake);
    let db = Client::new(drv.clone());
    let sql = "WITH a AS (SELECT 1) -- C:\\\nINSERT INTO t SELECT * FROM a";
    let errors = [
        soon(query::<(i64,)>(&db, drv.from_sql(sql))).await.unwrap_err(),
        soon(drv.exec(sql).into_future()).await.unwrap_err(),
    ];
    for error in errors {
        assert_eq!(error.kind(), ErrorKind::InvalidStatement);
        assert!(error.to_string().contains("put a space behind the backslash"), "{error}");
    }
    let session = session(&fake);
    let sql = Sql::new(sql);
    let errors = [
        all(session.query(&sql.clone().into())).await.unwrap_err(),
        soon(session.command(&sql)).await.unwrap_err(),
    ];
    for error in errors {
        assert_eq!(error.kind(), spark_connect::ErrorKind::InvalidStatement);
    }
    assert_eq!(fake.sent("ExecutePlan").len(), 0);
    fake.finish();
}

/// Spark from 4.1 on would put the name between quotes as it is, and the number into the text as `7L`.
#[tokio::test]
async fn what_a_server_would_paste_wrongly_goes_into_the_text() {
    let execution = execute().when("with literals in its text", |request| {
        let text = "SELECT STRUCT(1L AS `it's`) AS s, INTERVAL 7 DAY";
        request.statement().is_some_and(|statement| statement.count() == 0 && statement.text == text)
    });
    let fake = Fake::start([execution.send(rows()).send(complete())]).await;
    let record = Literal::structure([("it's".to_owned(), Literal::long(1))]).unwrap();
    let sql = Sql::new("SELECT ? AS s, INTERVAL ? DAY").bind(record).bind(7_i64);
    assert_eq!(all(session(&fake).query(&sql.into())).await.unwrap(), [0, 1]);
    fake.finish();
}

#[tokio::test]
async fn a_server_that_cannot_be_asked_fails_the_statement_before_it_is_sent() {
    let fake =
        Fake::builder().refuse("AnalyzePlan", Failure::status(Code::Unauthenticated, "no")).start().await;
    let drv = driver(&fake);
    let delete = drv.exec("DELETE FROM t WHERE name = ?").bind(SECRET);
    let error = soon(delete.into_future()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unauthenticated);
    assert_eq!(fake.sent("ExecutePlan").len(), 0);
    fake.finish();
}

#[tokio::test]
async fn a_list_stands_in_place_of_its_marker() {
    let text = |expected: &'static str| {
        execute()
            .when(expected, move |request| request.statement().is_some_and(|sql| sql.text == expected))
            .send(rows())
            .send(complete())
    };
    let fake = Fake::start([
        text("SELECT id FROM t WHERE id IN (1L, 2L) AND name = ?"),
        text("SELECT id FROM t WHERE id IN (1, 2)"),
    ])
    .await;
    let drv = driver(&fake);
    let db = Client::new(drv.clone());
    let source =
        drv.from_sql("SELECT id FROM t WHERE id IN (?) AND name = ?").bind_list([1_i64, 2]).bind("a");
    soon(query::<(i64,)>(&db, source)).await.unwrap();
    let source = drv.from_sql("SELECT id FROM t WHERE id IN (:ids)").bind_named_list("ids", [1, 2]);
    soon(query::<(i64,)>(&db, source)).await.unwrap();
    let sent = fake.sent("ExecutePlan");
    assert_eq!(sent[0].statement().unwrap().values.len(), 1);
    let source = drv.from_sql("SELECT id FROM t WHERE id IN (?)").bind(vec![1, 2]);
    let error = soon(query::<(i64,)>(&db, source)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidStatement);
    assert!(error.to_string().contains("bind its values with `bind_list`"), "{error}");
    fake.finish();
}

/// Spark from 4.1 on writes the value in place of its marker: `5-?` with -7 would be `5--7`, which is 5 and a comment.
#[tokio::test]
async fn markers_are_sent_spaced_and_errors_speak_of_the_written_text() {
    let details = Details::new("CAST_INVALID_INPUT", "22018", "no").context(13, 26, "CAST(a AS INT)");
    let failure = Failure::spark("CAST_INVALID_INPUT", "22018").details(details).error_id("e1");
    let fake = Fake::start([execute().answer([]), execute().answer([]), execute().fail(failure)]).await;
    let drv = driver(&fake);
    let delete = drv.exec("DELETE FROM t WHERE a > b -? AND tenant=?").bind(-7_i64).bind(SECRET);
    soon(delete.into_future()).await.unwrap();
    let delete = drv.exec("DELETE FROM t WHERE day > DATE :day AND a=:a AND text = :day");
    soon(delete.bind_named("day", "2024-01-02").bind_named("a", -7_i64).into_future()).await.unwrap();
    let source = drv.from_sql("SELECT 5-?, CAST(a AS INT)").bind(-7_i64);
    let error = soon(query::<(i64, i32)>(&Client::new(drv.clone()), source)).await.unwrap_err();
    let context = &error.query_contexts()[0];
    assert_eq!((context.start, context.stop, context.fragment.as_str()), (12, 25, "CAST(a AS INT)"));
    let sent = fake.sent("ExecutePlan");
    let sent = sent.iter().map(|request| request.statement().unwrap());
    let sent: Vec<_> = sent.map(|statement| (statement.text.clone(), statement.count())).collect();
    let expected = [
        ("DELETE FROM t WHERE a > b - ? AND tenant= ?", 2),
        ("DELETE FROM t WHERE day > DATE '2024-01-02' AND a= :a AND text = :day", 2),
        ("SELECT 5- ?, CAST(a AS INT)", 1),
    ];
    assert_eq!(sent, expected.map(|(text, count)| (text.to_owned(), count)));
    fake.finish();
}

/// Spark from 4.1 on reads a DATE by way of Java's, which lacks the days between the Julian and the Gregorian calendar.
#[tokio::test]
async fn a_value_that_servers_misread_goes_into_the_text() {
    let fake = Fake::start([execute().send(rows()).send(complete())]).await;
    let drv = driver(&fake);
    let (lost, kept) = (Literal::date(-141_432), Literal::date(-141_427));
    let source = drv.from_sql("SELECT id FROM t WHERE a = ? OR b = ? OR c = ?");
    let source = source.bind(lost).bind(kept).bind(vec![Some(1_i64), None]);
    soon(query::<(i64,)>(&Client::new(drv.clone()), source)).await.unwrap();
    let sent = fake.sent("ExecutePlan")[0].statement().unwrap();
    assert_eq!(
        sent.text,
        "SELECT id FROM t WHERE a = DATE '1582-10-10' OR b = ? OR c = CAST(ARRAY(1L, CAST(NULL AS BIGINT)) AS \
         ARRAY<BIGINT>)"
    );
    assert_eq!(sent.values, [Value::Date(-141_427)]);
    fake.finish();
}

#[tokio::test]
async fn a_session_that_keeps_escapes_in_strings_gets_literals() {
    let done = |exchange: Exchange| exchange.answer([]);
    let fake = Fake::start([
        done(execute()),
        literals().send(rows()).send(complete()),
        bound().send(rows()).send(complete()),
    ])
    .await;
    let channel = channel(&fake.remote());
    let (changed, other) = (Session::new(&channel), Session::new(&channel));
    soon(changed.command(&Sql::new("SET spark.sql.parser.escapedStringLiterals = true"))).await.unwrap();
    for session in [changed, other] {
        let sql = Sql::new("SELECT id FROM t WHERE name = ?").bind(SECRET);
        all(session.query(&sql.into())).await.unwrap();
    }
    fake.finish();
}

#[tokio::test]
async fn a_conf_that_the_server_refuses_is_named_without_its_value() {
    for opened in [false, true] {
        let message =
            "[INVALID_CONF_VALUE.TYPE_MISMATCH] The value 's3cretcell' in the config \"spark.k\" is invalid.";
        let refusal = Failure::internal(message)
            .class("INVALID_CONF_VALUE.TYPE_MISMATCH")
            .parameter("confName", "spark.k")
            .parameter("confValue", "s3cretcell");
        let fake = Fake::builder().refuse_first(1, "Config", refusal).start().await;
        let session = Session::new(&channel(&fake.remote()));
        let confs = [("spark.k".to_owned(), "s3cretcell".to_owned())];
        let error = match opened {
            false => soon(session.set_confs(confs)).await.unwrap_err(),
            true => soon(session.open(&confs.into())).await.unwrap_err(),
        };
        assert_eq!(error.kind(), spark_connect::ErrorKind::Server);
        let told = every_text(&error);
        assert!(told.contains("spark.k") && !told.contains("s3cretcell"), "{told}");
        fake.finish();
    }
}

#[tokio::test]
async fn a_conf_that_the_server_refused_to_set_is_not_taken_for_set() {
    const ESCAPES: &str = "spark.sql.parser.escapedStringLiterals";
    let refusal = Failure::spark("CANNOT_MODIFY_STATIC_CONFIG", "46110");
    let fake = Fake::builder()
        .answer_first(1, "Config")
        .refuse_first(1, "Config", refusal)
        .script([execute().answer([]), literals().send(rows()).send(complete())])
        .start()
        .await;
    let session = Session::new(&channel(&fake.remote()));
    soon(session.command(&Sql::new(format!("SET {ESCAPES} = true")))).await.unwrap();
    let confs = [(ESCAPES, "false"), ("spark.sql.warehouse.dir", "/elsewhere")];
    assert_eq!(soon(session.set_confs(confs)).await.unwrap_err().kind(), spark_connect::ErrorKind::Server);
    let sql = Sql::new("SELECT id FROM t WHERE name = ?").bind(SECRET);
    all(session.query(&sql.into())).await.unwrap();
    fake.finish();
}

#[tokio::test]
async fn a_server_that_keeps_escapes_in_strings_by_default_gets_literals() {
    let sql = Sql::new("SELECT id FROM t WHERE name = ?").bind(SECRET);
    for (default, expected) in [("true", literals()), ("false", bound())] {
        let fake = Fake::builder()
            .conf("spark.sql.parser.escapedStringLiterals", default)
            .script([expected.send(rows()).send(complete())])
            .start()
            .await;
        let session = Session::new(&channel(&fake.remote()));
        all(session.query(&sql.clone().into())).await.unwrap();
        fake.finish();
    }
}

#[tokio::test]
async fn no_limit_goes_around_a_command_and_the_first_row_is_taken_here() {
    let plain = |text: &'static str| {
        let fits = move |request: &Request| {
            request.statement().is_some_and(|sql| sql.text == text)
                && request.plan_tree().is_some_and(|tree| !tree.to_lowercase().contains("limit"))
        };
        execute().when(format!("{text} without a limit"), fits)
    };
    let fake = Fake::start([
        plain("SHOW TABLES")
            .send(batch(&numbers(5..9)))
            .send(batch(&numbers(9..12)))
            .send(complete())
            .at_work(),
        plain("DESCRIBE t").send(batch(&numbers(0..0))).send(complete()),
        plain("EXPLAIN SELECT 1").send(batch(&numbers(7..8))).send(complete()),
        plain("INSERT INTO t VALUES (1)")
            .send(batch(&numbers(1..2)))
            .send(batch(&numbers(2..3)))
            .send(complete()),
    ])
    .await;
    let drv = driver(&fake);
    let db = Client::new(drv.clone());
    assert_eq!(soon(query_first::<(i64,)>(&db, drv.from_sql("SHOW TABLES"))).await.unwrap(), (5,));
    assert_eq!(soon(query_optional::<(i64,)>(&db, drv.from_sql("DESCRIBE t"))).await.unwrap(), None);
    assert_eq!(soon(query::<(i64,)>(&db, drv.from_row("EXPLAIN SELECT 1"))).await.unwrap(), [(7,)]);
    let insert = drv.from_sql("INSERT INTO t VALUES (1)");
    assert_eq!(soon(query_first::<(i64,)>(&db, insert)).await.unwrap(), (1,));
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
async fn a_session_refuses_markers_where_nothing_is_bound_as_a_driver_does() {
    let fake = Fake::start([]).await;
    let session = session(&fake);
    for relation in [Relation::sql("SELECT ?"), Relation::sql("SELECT :a").limit(1)] {
        let queried = all(session.query(&relation)).await.map(drop);
        let asked = soon(session.schema(&relation)).await.map(drop);
        for refused in [queried, asked] {
            let error = refused.unwrap_err();
            assert_eq!(error.kind(), spark_connect::ErrorKind::InvalidStatement, "{relation:?}: {error}");
        }
    }
    let error = soon(session.command(&Sql::new("DELETE FROM t WHERE a = ?"))).await.unwrap_err();
    assert_eq!(error.kind(), spark_connect::ErrorKind::InvalidStatement, "{error}");
    assert!(error.to_string().contains("1 `?` marker and no value is bound"), "{error}");
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
    let fake = loses_values().script([literals().at_work().fail(Failure::internal(message))]).start().await;
    let drv = driver(&fake);
    let source = drv.from_sql("SELECT id FROM t WHERE name = ?").bind(SECRET);
    let error = soon(query::<(i64,)>(&Client::new(drv.clone()), source)).await.unwrap_err();
    let text = every_text(&error).to_lowercase();
    assert!(text.contains("cannot cast"), "{text}");
    assert!(!text.contains(&hexadecimal()), "{text}");
    fake.finish();
}

#[tokio::test]
async fn values_in_the_expressions_of_a_command_and_of_a_frame_beside_are_in_no_error() {
    let told = || Failure::spark("DATATYPE_MISMATCH", "42K09").parameter("sqlExpr", "(tags = s3cret)");
    let fake = Fake::builder()
        .script([execute().fail(told()), execute().fail(told()), execute().fail(told())])
        .refuse("AnalyzePlan", told())
        .start()
        .await;
    let drv = driver(&fake);
    let rows = drv.table("t");
    let is_secret = || col("tags").eq("s3cret");
    let update = MergeAction::update([("k", lit("s3cret"))]);
    let errors = [
        soon(rows.merge_into("orders", is_secret()).when_not_matched(MergeAction::insert_all()).merge())
            .await,
        soon(rows.merge_into("orders", col("a").eq(col("b"))).when_matched(update).merge()).await,
        soon(rows.write_to("orders").overwrite(is_secret())).await,
        soon(rows.same_semantics(&rows.filter(is_secret()))).await.map(drop),
    ];
    for error in errors {
        let error = error.unwrap_err();
        let told = &error.server().unwrap().message_parameters()["sqlExpr"];
        assert!(told.contains(" = …"), "{told}");
        assert!(!(every_text(&error) + told).contains("s3cret"), "{error}");
    }
    fake.finish();
}
