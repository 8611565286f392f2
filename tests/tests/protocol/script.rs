//! The fake server itself: what the words of a script expect and answer, and that a script which is not followed fails
//! the test.

use std::collections::BTreeMap;

use lakeorm::{Client, query, query_first};
use lakeorm_tests::fake::{
    Details, Failure, Fake, Response, Statement, Value, batch, complete, execute, on, reattach_from,
};
use spark_connect::{ErrorKind, Session, Sql};

use crate::setup::{all, counted, driver, error_of, ids, kind_of, next, numbers, select, session, soon};

#[tokio::test]
async fn a_statement_is_expected_with_its_values_and_answered_with_batches() {
    let fake = Fake::start([
        on("SELECT id FROM t WHERE name = ? AND id > ?")
            .values([Value::from("ada"), 7_i64.into()])
            .answer([numbers(0..2), numbers(2..3)]),
        on("SELECT id FROM t WHERE name = :n").named_value("n", "ada").answer([numbers(0..1)]),
        on("INSERT INTO t VALUES (?)").whatever_values().answer([numbers(4..5), numbers(5..6)]),
        on("DROP TABLE t").answer([]),
    ])
    .await;
    let drv = driver(&fake);
    let db = Client::new(drv.clone());
    let source = drv.from_sql("SELECT id FROM t WHERE name = ? AND id > ?").bind("ada").bind(7_i64);
    assert_eq!(soon(query::<(i64,)>(&db, source)).await.unwrap(), [(0,), (1,), (2,)]);
    let source = drv.from_sql("SELECT id FROM t WHERE name = :n").bind_named("n", "ada");
    assert_eq!(soon(query_first::<(i64,)>(&db, source)).await.unwrap(), (0,));
    let outcome = soon(async { drv.exec("INSERT INTO t VALUES (?)").bind(true).await }).await.unwrap();
    assert_eq!(outcome.batches().iter().flat_map(ids).collect::<Vec<_>>(), [4, 5]);
    let outcome = soon(async { drv.exec("DROP TABLE t").await }).await.unwrap();
    assert_eq!(outcome.batches().len(), 0);

    let sent = fake.sent("ExecutePlan");
    let bound = Statement::new("INSERT INTO t VALUES (?)").values([true]);
    assert_eq!(sent[2].statement(), Some(bound));
    assert_eq!((sent[1].is_command(), sent[2].is_command()), (false, true));
    let tree = "Limit 1\n  Sql SELECT id FROM t WHERE name = :n with n = \"ada\"";
    assert_eq!(sent[1].plan_tree().as_deref(), Some(tree));
    fake.finish();
}

#[tokio::test]
#[should_panic(expected = "ExecutePlan came where the script expects ExecutePlan (SELECT ? with 7)")]
async fn a_statement_with_another_value_fails_the_test() {
    let fake = Fake::start([on("SELECT ?").values([7_i64]).answer([])]).await;
    let drv = driver(&fake);
    let source = drv.from_sql("SELECT ?").bind(7_i32);
    soon(query::<(i64,)>(&Client::new(drv.clone()), source)).await.unwrap_err();
    fake.finish();
}

#[tokio::test]
#[should_panic(expected = "ExecutePlan came where the script expects ExecutePlan (a statement)")]
async fn a_request_for_which_a_condition_does_not_hold_fails_the_test() {
    let fake = Fake::start([execute().when("a statement", |request| request.is_command())]).await;
    kind_of(select(&session(&fake))).await;
    fake.finish();
}

#[tokio::test]
async fn what_has_to_become_of_an_operation_is_waited_for() {
    let fake = Fake::start([execute().send(batch(&numbers(0..3))).interrupted().released()]).await;
    let mut batches = select(&session(&fake));
    assert_eq!(next(&mut batches).await, [0, 1, 2]);
    drop(batches);
    fake.settled().await;
    fake.finish();
}

#[tokio::test]
#[should_panic(expected = "ExecutePlan was never interrupted")]
async fn what_does_not_become_of_an_operation_fails_the_test() {
    let fake = Fake::start([execute().answer([numbers(0..3)]).interrupted()]).await;
    all(select(&session(&fake))).await.unwrap();
    fake.finish();
}

#[tokio::test]
async fn a_repeated_response_is_the_one_that_was_sent() {
    let fake = Fake::builder()
        .echoes_session_ids()
        .script([
            execute().send(batch(&numbers(0..1))).send(batch(&numbers(1..2))).end(),
            reattach_from(Some("r1")).repeat("r2").answer([numbers(2..3)]),
        ])
        .start()
        .await;
    assert_eq!(all(select(&session(&fake))).await.unwrap(), counted(0..3));
    fake.finish();
}

#[tokio::test]
async fn bytes_that_are_no_message_are_sent_as_they_are() {
    let noise = Response::raw(&b"\xff\xff\xff"[..]);
    assert_eq!(&*noise.encode(), b"\xff\xff\xff");
    let fake = Fake::start([execute().send(noise).send(complete()).at_work().interrupted().released()]).await;
    let error = error_of(select(&session(&fake))).await;
    assert_eq!(error.kind(), ErrorKind::Protocol, "{error}");
    assert!(error.to_string().contains("is not readable"), "{error}");
    fake.settled().await;
    fake.finish();
}

#[tokio::test]
async fn a_failure_says_what_it_is_made_of_and_its_details_are_given_once() {
    let details = Details::new("DIVIDE_BY_ZERO", "22012", "the whole story").cause("a cause");
    let failure = Failure::spark("INTERNAL_ERROR", "XX000").parameter("a", "b").details(details);
    let fake = Fake::start([execute().fail(failure.clone()), execute().fail(failure.error_id("e7"))]).await;
    let session = session(&fake);
    for _ in 0..2 {
        let error = error_of(select(&session)).await;
        let server = error.server().unwrap();
        assert_eq!((server.error_class(), server.message()), (Some("DIVIDE_BY_ZERO"), "the whole story"));
        assert_eq!(server.causes(), ["a cause"]);
    }
    assert_eq!(fake.sent("FetchErrorDetails")[1].error_id(), Some("e7"));
    fake.finish();
}

#[tokio::test]
async fn calls_are_refused_so_often_held_or_not_there() {
    let fake = Fake::builder()
        .answer_first(1, "Config")
        .refuse_first(1, "Config", Failure::spark("CANNOT_MODIFY_CONFIG", "46110"))
        .conf("spark.sql.ansi.enabled", "true")
        .lacks("AnalyzePlan")
        .hold("ReleaseSession", "closing")
        .start()
        .await;
    let session = session(&fake);
    soon(session.confs(["spark.sql.ansi.enabled"])).await.unwrap();
    let error = soon(session.confs(["spark.sql.ansi.enabled"])).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Server);
    let confs = soon(session.confs(["spark.sql.ansi.enabled"])).await.unwrap();
    assert_eq!(confs["spark.sql.ansi.enabled"], "true");
    soon(session.set_confs([("k", "v")])).await.unwrap();
    assert_eq!(soon(session.spark_version()).await.unwrap_err().kind(), ErrorKind::Unsupported);
    let release = async {
        fake.wait_for("ReleaseSession").await;
        fake.release("closing");
    };
    let (released, ()) = soon(async { tokio::join!(session.release(), release) }).await;
    released.unwrap();

    let calls = fake.sent("Config");
    assert_eq!(calls[2].confs_asked(), ["spark.sql.ansi.enabled"]);
    assert_eq!(calls[3].confs_set(), BTreeMap::from([("k".to_owned(), "v".to_owned())]));
    assert_eq!(fake.sent("AnalyzePlan")[0].analysis().as_deref(), Some("SparkVersion"));
    fake.finish();
}

#[tokio::test]
#[should_panic(expected = "ReleaseSession came, which the test rules out")]
async fn a_call_that_the_test_rules_out_fails_it() {
    let fake = Fake::builder().expects_no("ReleaseSession").expects_no("Interrupt").start().await;
    assert_eq!(soon(session(&fake).release()).await.unwrap_err().kind(), ErrorKind::Server);
    fake.finish();
}

#[tokio::test]
async fn an_answer_can_name_another_session() {
    const OTHER: &str = "11111111-2222-3333-4444-555555555555";
    let fake = Fake::builder().answer_for_session("Config", OTHER).start().await;
    let session = session(&fake);
    let error = soon(session.confs(["a"])).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Protocol, "{error}");
    soon(session.spark_version()).await.unwrap();
    fake.finish();
}

#[tokio::test]
#[should_panic(expected = "Interupt is none of the calls of the protocol")]
async fn a_misspelt_call_fails_the_test() {
    let fake = Fake::start([]).await;
    assert!(fake.sent("Interupt").is_empty());
    fake.finish();
}

#[tokio::test]
async fn a_statement_of_the_session_is_one_for_the_script_too() {
    let fake = Fake::start([on("USE elsewhere").answer([])]).await;
    soon(session(&fake).command(&Sql::new("USE elsewhere"))).await.unwrap();
    fake.finish();
}

#[tokio::test]
#[should_panic(expected = "ReattachExecute behind r7 (exchange 1) was never asked")]
async fn an_exchange_that_nobody_asked_for_fails_the_test() {
    let fake = Fake::start([reattach_from(Some("r7")).send(complete())]).await;
    fake.finish();
}

#[tokio::test]
#[should_panic(expected = "ExecutePlan (exchange 1) has 2 steps that nobody waited for")]
async fn steps_that_nobody_waited_for_fail_the_test() {
    let script = [execute().send(batch(&numbers(0..1))).stall("never").answer([numbers(1..2)])];
    let fake = Fake::start(script).await;
    next(&mut select(&session(&fake))).await;
    fake.finish();
}

#[tokio::test]
#[should_panic(expected = "ExecutePlan came where the script expects nothing more")]
async fn a_request_that_nobody_expects_fails_the_test() {
    let fake = Fake::start([]).await;
    kind_of(select(&session(&fake))).await;
    fake.finish();
}

#[tokio::test]
#[should_panic(expected = "ExecutePlan came where the script expects ExecutePlan (a plan with a command)")]
async fn a_request_of_another_shape_fails_the_test() {
    let command = execute().when("a plan with a command", |request| request.is_command());
    let fake = Fake::start([command]).await;
    kind_of(select(&session(&fake))).await;
    fake.finish();
}

#[tokio::test]
#[should_panic(expected = "ExecutePlan came where the script expects nothing more")]
async fn a_request_that_nobody_expects_fails_a_test_that_does_not_know_how_far_it_gets() {
    let fake = Fake::start([]).await;
    kind_of(select(&session(&fake))).await;
    fake.finish_anywhere();
}

#[tokio::test]
#[should_panic(expected = "ExecutePlan was interrupted, which its exchange does not say")]
async fn an_interrupt_that_no_exchange_speaks_of_fails_the_test() {
    let fake = Fake::start([execute().send(batch(&numbers(0..3)))]).await;
    let mut batches = select(&session(&fake));
    next(&mut batches).await;
    drop(batches);
    fake.wait_for("Interrupt").await;
    fake.finish();
}

#[tokio::test]
#[should_panic(expected = "ExecutePlan came in a session that was released before")]
async fn a_plan_in_a_session_that_was_released_finds_it_closed_and_fails_the_test() {
    let fake = Fake::start([execute().answer([numbers(0..3)])]).await;
    let session = session(&fake);
    let same = Session::with_id(session.channel(), session.id());
    soon(session.release()).await.unwrap();
    assert_eq!(kind_of(select(&same)).await, ErrorKind::SessionLost);
    fake.finish();
}

#[tokio::test]
#[should_panic(expected = "without Fake::finish")]
async fn a_test_that_forgets_to_compare_fails() {
    drop(Fake::start([]).await);
}

#[tokio::test]
async fn a_delay_and_a_stall_only_cost_time() {
    let fake = Fake::start([execute()
        .delay(std::time::Duration::from_millis(1))
        .send(batch(&numbers(0..1)))
        .stall("go")
        .answer([numbers(1..2)])])
    .await;
    fake.release("go");
    assert_eq!(all(select(&session(&fake))).await.unwrap(), counted(0..2));
    fake.finish();
}
