//! Statements that a server answers with themselves, as it does to a query: what is run as a plan then, and what has run.

use lakeorm_tests::fake::{Exchange, Fake, complete, execute, reattach_from, sql_relation};
use spark_connect::{ErrorKind, Relation, Sql};

use crate::setup::{driver, numbers, session, soon};

/// A statement that is answered with itself.
fn answered(text: &str) -> Exchange {
    execute().send(sql_relation(text)).send(complete())
}

/// So Spark 3.5 answers a statement with several INSERTs.
#[tokio::test]
async fn a_statement_that_is_no_query_has_run_when_it_is_answered() {
    let inserts = "INSERT INTO t SELECT id INSERT INTO u SELECT id";
    for text in [
        format!("FROM s {inserts}"),
        format!("WITH s AS (SELECT 1 AS id) FROM s {inserts}"),
        "BEGIN INSERT INTO t VALUES (1); SELECT 1; END".to_owned(),
    ] {
        let fake = Fake::builder().names_no_sessions().script([answered(&text)]).start().await;
        let outcome = soon(async { driver(&fake).exec(&text).await }).await.unwrap();
        assert_eq!(outcome.batches().len(), 0, "{text}");
        assert_eq!(fake.sent("ExecutePlan").len(), 1, "{text}");
        fake.finish();
    }
}

#[tokio::test]
async fn a_query_that_is_executed_runs_as_a_plan() {
    let text = "SELECT id FROM t";
    let fake = Fake::start([answered(text), execute().answer([numbers(0..3)])]).await;
    let outcome = soon(session(&fake).command(&Sql::new(text))).await.unwrap();
    assert_eq!(outcome.batches().len(), 0);
    let sent: Vec<bool> = fake.sent("ExecutePlan").iter().map(|request| request.is_command()).collect();
    assert_eq!(sent, [true, false]);
    fake.finish();
}

/// The session is lost between the answer to the statement and the plan, which is not sent then.
#[tokio::test]
async fn a_query_with_effects_that_was_answered_is_not_executed_again() {
    let text = "SELECT TRANSFORM (id) USING 'script' FROM t";
    let rest = reattach_from(None).repeat("r1").send(complete());
    let script = [execute().send(sql_relation(text)).stall("lost").reset(), rest];
    let fake = Fake::builder().echoes_session_ids().script(script).start().await;
    let drv = driver(&fake);
    let lost = async {
        fake.wait_for("ExecutePlan").await;
        fake.drop_sessions();
        fake.release("lost");
    };
    let (ran, ()) = soon(async { tokio::join!(async { drv.exec(text).await }, lost) }).await;
    let error = ran.unwrap_err();
    assert!(error.is_session_lost() && error.may_have_run() && !error.is_retryable(), "{error}");
    assert_eq!(fake.sent("ExecutePlan").len(), 1);
    soon(drv.close()).await.unwrap();
    fake.finish();
}

#[tokio::test]
async fn a_question_about_a_statement_is_refused_and_nothing_is_sent() {
    let fake = Fake::builder().names_no_sessions().schema(numbers(0..0).schema_ref()).start().await;
    let session = session(&fake);
    for text in ["INSERT INTO t VALUES (1)", "WITH a AS (SELECT 1) INSERT INTO t TABLE a", "CALL p()"] {
        for relation in [Relation::sql(text), Relation::sql(text).limit(1)] {
            let error = soon(session.schema(&relation)).await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidStatement, "{text}: {error}");
            assert!(!error.may_have_run(), "{text}");
        }
    }
    assert!(fake.requests().is_empty());
    assert_eq!(soon(session.schema(&Relation::sql("SELECT id FROM t"))).await.unwrap().fields().len(), 1);
    fake.finish();
}
