//! Databricks: the headers of its calls, and a cluster that is being started.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures::TryStreamExt;
use futures::future::join_all;
use lakeorm::databricks::{ClientCredentials, Databricks};
use lakeorm::spark::{ClusterWait, SparkDriver, SparkDriverBuilder, TokenProvider};
use lakeorm::{Client, Error, ErrorKind, LakeRow, query, query_stream};
use lakeorm_tests::fake::{
    Code, Exchange, Failure, Fake, FakeBuilder, Request, batch, complete, execute, planning, progress,
    reattach_from, sql_result,
};
use lakeorm_tests::token_endpoint::{Answer, TokenEndpoint};
use lakeorm_tests::trace::Trace;
use spark_connect::{Channel, Relation, ServerError, Session, Sql, Timer};

use crate::setup::{all, every_text, numbers, soon};

mod oauth;

const CLUSTER: &str = "0301-123456-abcd1234";
const TOKEN: &str = "dapi-very-secret-0123456789";
const SECRET: &str = "dose-very-secret-0123456789";

/// The answer of the gateway, as it was seen in the field.
const PENDING: &str = "BAD_REQUEST: The cluster is in unexpected state Pending, while waiting for the cluster to become \
                       available. [state=PENDING] (requestId=7f-1)";

fn pending() -> Failure {
    Failure::internal(PENDING)
}

/// Asks again almost at once, so that no test waits.
const EAGER: ClusterWait = ClusterWait {
    initial_backoff: Duration::from_millis(1),
    multiplier: 1.0,
    max_backoff: Duration::from_millis(1),
    budget: Duration::from_secs(60),
};

fn workspace(fake: &Fake) -> Databricks {
    Databricks::workspace(format!("http://localhost:{}", fake.port()))
}

fn cluster(fake: &Fake) -> SparkDriverBuilder {
    workspace(fake).token(TOKEN).cluster(CLUSTER).builder().unwrap().cluster_wait(EAGER)
}

fn rows() -> Exchange {
    execute().answer([numbers(0..1)])
}

/// A server whose first calls of sessions are refused so many times.
fn starting(refusals: usize) -> FakeBuilder {
    Fake::builder().refuse_first(refusals, "Config", pending())
}

async fn select(drv: &SparkDriver) -> Result<Vec<(i64,)>, Error> {
    soon(query::<(i64,)>(&Client::new(drv.clone()), drv.from_sql("SELECT id FROM t"))).await
}

fn count(fake: &Fake, rpc: &str) -> usize {
    fake.sent(rpc).len()
}

/// Has the driver make a call of every kind that it has.
async fn every_call(drv: &SparkDriver) {
    assert_eq!(select(drv).await.unwrap(), [(0,)]);
    let mut dropped = query_stream::<(i64,)>(&Client::new(drv.clone()), drv.from_sql("SELECT id FROM t"));
    assert_eq!(soon(dropped.try_next()).await.unwrap(), Some((0,)));
    drop(dropped);
    assert_eq!(select(drv).await.unwrap_err().error_class(), Some("DIVIDE_BY_ZERO"));
    let session = soon(drv.session()).await.unwrap();
    soon(session.spark_version()).await.unwrap();
    drop(session);
    soon(drv.close()).await.unwrap();
}

fn for_every_call() -> [Exchange; 4] {
    [
        execute().end(),
        reattach_from(None).answer([numbers(0..1)]),
        execute().send(batch(&numbers(0..1))).interrupted(),
        execute().fail(Failure::spark("DIVIDE_BY_ZERO", "22012").error_id("e1")),
    ]
}

async fn checked_calls(fake: &Fake, check: impl Fn(&Request)) {
    fake.wait_for("ReleaseSession").await;
    let requests = fake.requests();
    let rpcs: BTreeSet<_> = requests.iter().map(|request| request.rpc).collect();
    let expected = [
        "AnalyzePlan",
        "Config",
        "ExecutePlan",
        "FetchErrorDetails",
        "Interrupt",
        "ReattachExecute",
        "ReleaseExecute",
        "ReleaseSession",
    ];
    assert_eq!(rpcs, BTreeSet::from(expected));
    for request in &requests {
        assert_eq!(
            request.header("authorization"),
            Some(format!("Bearer {TOKEN}").as_str()),
            "{}",
            request.rpc
        );
        check(request);
    }
}

#[tokio::test]
async fn every_call_to_a_cluster_names_it_beside_the_token() {
    let fake = Fake::start(for_every_call()).await;
    every_call(&cluster(&fake).build().unwrap()).await;
    let check = |request: &Request| {
        assert_eq!(request.header("x-databricks-cluster-id"), Some(CLUSTER), "{}", request.rpc);
        assert_eq!(request.header("x-databricks-session-id"), None, "{}", request.rpc);
        assert_eq!(request.header("x-databricks-org-id"), None, "{}", request.rpc);
        assert_eq!(request.user_id, "lakeorm");
    };
    checked_calls(&fake, check).await;
    fake.finish();
}

#[tokio::test]
async fn every_call_to_compute_names_the_workspace_by_a_known_id() {
    for is_in_address in [true, false] {
        let fake = Fake::start(for_every_call()).await;
        let workspace = match is_in_address {
            true => Databricks::workspace(format!("http://localhost:{}/?o=5555555555555555", fake.port())),
            false => workspace(&fake).workspace_id("5555555555555555"),
        };
        every_call(&workspace.token(TOKEN).serverless().build().unwrap()).await;
        let check = |request: &Request| {
            let id = request.header("x-databricks-org-id");
            assert_eq!(id, Some("5555555555555555"), "{}", request.rpc);
        };
        checked_calls(&fake, check).await;
        fake.finish();
    }
}

#[tokio::test]
async fn every_serverless_call_names_its_session_and_a_replaced_session_has_another_name() {
    let fake = Fake::start(for_every_call()).await;
    every_call(&workspace(&fake).token(TOKEN).serverless().build().unwrap()).await;
    let check = |request: &Request| {
        assert_eq!(
            request.header("x-databricks-session-id"),
            Some(request.session_id.as_str()),
            "{}",
            request.rpc
        );
        assert_eq!(request.header("x-databricks-cluster-id"), None, "{}", request.rpc);
    };
    checked_calls(&fake, check).await;
    fake.finish();

    let fake = Fake::start([rows(), rows()]).await;
    let drv = workspace(&fake).token(TOKEN).serverless().builder().unwrap().pool_size(1).build().unwrap();
    select(&drv).await.unwrap();
    drop(soon(drv.session()).await.unwrap());
    select(&drv).await.unwrap();
    let names: Vec<_> = fake
        .sent("ExecutePlan")
        .iter()
        .map(|call| call.header("x-databricks-session-id").unwrap().to_owned())
        .collect();
    assert_eq!(names.len(), 2);
    assert_ne!(names[0], names[1]);
    fake.finish();
}

#[tokio::test]
async fn a_session_that_serverless_compute_has_ended_is_replaced() {
    let ended = || {
        Failure::internal(
            "BAD_REQUEST: session_id is no longer usable. Generate a new session_id by detaching and reattaching the \
             compute. [sessionId=7f-1, reason=INACTIVITY_TIMEOUT]",
        )
    };
    // After a failure without a condition the session is looked at before a statement is sent.
    let unexplained = execute().fail(Failure::sail("java.lang.RuntimeException", "some words"));
    let fake = Fake::builder()
        .script([rows(), execute().fail(ended()), rows(), unexplained, execute().answer([])])
        .answer_first(2, "Config")
        .refuse_first(1, "Config", ended())
        .start()
        .await;
    let drv = workspace(&fake).token(TOKEN).serverless().builder().unwrap().pool_size(1).build().unwrap();
    for _ in 0..2 {
        assert_eq!(select(&drv).await.unwrap(), [(0,)]);
    }
    assert_eq!(select(&drv).await.unwrap_err().kind(), ErrorKind::Server);
    soon(async { drv.exec("INSERT INTO t VALUES (1)").await }).await.unwrap();
    let sessions = fake.sessions("ExecutePlan");
    assert_eq!((&sessions[0], &sessions[2]), (&sessions[1], &sessions[3]));
    assert!(sessions[0] != sessions[2] && sessions[2] != sessions[4], "{sessions:?}");
    fake.finish();
}

#[tokio::test]
async fn a_starting_cluster_is_waited_for_and_its_states_are_told() {
    let fake = starting(3).script([rows()]).start().await;
    let told = Arc::new(Mutex::new(Vec::new()));
    let tell = Arc::clone(&told);
    let drv = cluster(&fake)
        .on_cluster_state(move |cluster| {
            let request_id = cluster.request_id().map(str::to_owned);
            tell.lock().unwrap().push((
                cluster.state().to_owned(),
                cluster.asked(),
                request_id,
                cluster.is_ready(),
            ));
        })
        .build()
        .unwrap();
    assert_eq!(select(&drv).await.unwrap(), [(0,)]);
    let refused = |asked| ("PENDING".to_owned(), asked, Some("7f-1".to_owned()), false);
    let ready = ("RUNNING".to_owned(), 3, None, true);
    assert_eq!(*told.lock().unwrap(), [refused(1), refused(2), refused(3), ready]);
    assert_eq!((count(&fake, "Config"), count(&fake, "ExecutePlan")), (4, 1));
    fake.finish();
}

#[tokio::test]
async fn of_eight_queries_on_a_starting_cluster_one_asks() {
    let fake = starting(5).script((0..8).map(|_| rows())).start().await;
    let drv = cluster(&fake).build().unwrap();
    let answers = soon(join_all((0..8).map(|_| select(&drv)))).await;
    assert!(answers.iter().all(|answer| matches!(answer.as_deref(), Ok([(0,)]))));
    // Five refusals, then at most one first call of each session.
    assert!((6..=13).contains(&count(&fake, "Config")), "{}", count(&fake, "Config"));
    fake.finish();
}

#[tokio::test]
async fn a_cluster_that_stopped_under_an_open_session_is_waited_for_before_the_first_row() {
    for refusal in [
        pending(),
        Failure::status(Code::FailedPrecondition, "the cluster is in state RESTARTING"),
        Failure::unavailable("TEMPORARILY_UNAVAILABLE: The current cluster state is Pending."),
    ] {
        let refused = || execute().fail(refusal.clone());
        let fake = Fake::start([rows(), refused(), refused(), rows()]).await;
        let drv = cluster(&fake).build().unwrap();
        for _ in 0..2 {
            assert_eq!(select(&drv).await.unwrap(), [(0,)]);
        }
        // The first call of the session, and one before each time that the query is sent again.
        assert_eq!(count(&fake, "Config"), 3);
        fake.finish();
    }
}

/// A refusal says that nothing ran, and it is the gateway's word only.
#[tokio::test]
async fn a_statement_that_a_stopped_cluster_refuses_is_sent_once_and_the_error_says_so() {
    for refusal in [
        pending(),
        Failure::status(Code::FailedPrecondition, "the cluster is in state RESTARTING"),
        Failure::unavailable("TEMPORARILY_UNAVAILABLE: The current cluster state is Pending."),
    ] {
        let fake = Fake::start([rows(), execute().fail(refusal.clone()), execute().fail(refusal)]).await;
        let drv = cluster(&fake).build().unwrap();
        let db = Client::new(drv.clone());
        assert_eq!(select(&drv).await.unwrap(), [(0,)]);
        let executed = soon(async { drv.exec("INSERT INTO t VALUES (1)").await }).await.map(drop);
        let queried = soon(query::<(i64,)>(&db, drv.from_sql("INSERT INTO t VALUES (1)"))).await.map(drop);
        for error in [executed.unwrap_err(), queried.unwrap_err()] {
            assert!(error.is_cluster_not_ready() && error.may_have_run() && !error.is_retryable(), "{error}");
        }
        assert_eq!(count(&fake, "ExecutePlan"), 3);
        fake.finish();
    }
}

/// What can be found out by a call that changes nothing is found out so: here the answer to another statement was lost, as
/// it may be when a cluster stops.
#[tokio::test]
async fn a_cluster_that_stopped_is_waited_for_before_a_statement_is_sent() {
    let fake = Fake::builder()
        .script([execute().end(), reattach_from(None).fail(pending()), execute().answer([])])
        .answer_first(1, "Config")
        .refuse_first(3, "Config", pending())
        .start()
        .await;
    let drv = cluster(&fake).build().unwrap();
    let insert = || async { drv.exec("INSERT INTO t VALUES (1)").await };
    assert_eq!(soon(insert()).await.unwrap_err().kind(), ErrorKind::OutcomeUnknown);
    soon(insert()).await.unwrap();
    // The opening, three refusals, the answer to who asks for the cluster, and the look before the statement.
    assert_eq!((count(&fake, "Config"), count(&fake, "ExecutePlan")), (6, 2));
    fake.finish();
}

#[derive(Debug, LakeRow)]
struct Row {
    id: i64,
    #[lake(default)]
    name: Option<String>,
}

#[tokio::test]
async fn a_cluster_that_starts_is_waited_for_in_analysis_too() {
    let fake = Fake::builder()
        .refuse_first(2, "AnalyzePlan", pending())
        .schema(numbers(0..0).schema_ref())
        .script([rows()])
        .start()
        .await;
    let drv = cluster(&fake).build().unwrap();
    let found: Vec<Row> = soon(query(&Client::new(drv.clone()), drv.from_table("t"))).await.unwrap();
    assert_eq!(found.iter().map(|row| (row.id, row.name.clone())).collect::<Vec<_>>(), [(0, None)]);
    assert_eq!(count(&fake, "AnalyzePlan"), 3);
    fake.finish();
}

#[tokio::test]
async fn a_statement_that_may_have_begun_is_not_sent_again_when_the_cluster_restarts() {
    for script in [
        vec![execute().send(sql_result(None)).fail(pending())],
        vec![execute().end(), reattach_from(None).fail(pending())],
        vec![execute().fail(Failure::unavailable("gone")), reattach_from(None).fail(pending())],
    ] {
        let fake = Fake::start(script).await;
        let drv = cluster(&fake).build().unwrap();
        let error = soon(async { drv.exec("INSERT INTO t VALUES (1)").await }).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::OutcomeUnknown, "{error}");
        assert_eq!(count(&fake, "ExecutePlan"), 1);
        fake.finish();
    }
}

/// The refusals of compute that is full, or of another kind than the query needs, which ask to come again.
fn turned_away() -> [Failure; 2] {
    ["QUERY_REJECTED", "INCOMPATIBLE_CPU_ARCHITECTURE"]
        .map(|class| Failure::spark(class, "XXKST").retry_after(Duration::from_millis(1)))
}

#[tokio::test]
async fn a_plan_that_was_turned_away_is_sent_again_as_it_was() {
    for refusal in turned_away() {
        let fake = Fake::start([
            execute().fail(refusal.clone()),
            execute().send(planning()).send(planning()).fail(refusal.clone()),
            execute().answer([]),
            execute().end(),
            reattach_from(None).send(planning()).fail(refusal),
            rows(),
        ])
        .await;
        let drv = cluster(&fake).build().unwrap();
        soon(async { drv.exec("INSERT INTO t VALUES (1)").await }).await.unwrap();
        assert_eq!(select(&drv).await.unwrap(), [(0,)]);
        let sent: Vec<_> = fake.sent("ExecutePlan").into_iter().map(|sent| sent.operation_id).collect();
        assert_eq!((sent.len(), &sent[0], &sent[3]), (5, &sent[2], &sent[4]));
        assert_eq!(count(&fake, "ReattachExecute"), 1);
        fake.finish();
    }
}

#[tokio::test]
async fn a_refusal_that_does_not_ask_to_come_again_ends_the_statement_at_once() {
    let fake = Fake::start([execute().fail(Failure::spark("QUERY_REJECTED", "XXKST"))]).await;
    let drv = cluster(&fake).build().unwrap();
    let error = soon(async { drv.exec("INSERT INTO t VALUES (1)").await }).await.unwrap_err();
    assert_eq!((error.error_class(), error.may_have_run()), (Some("QUERY_REJECTED"), false), "{error}");
    assert_eq!(count(&fake, "ExecutePlan"), 1);
    // The server has it still.
    fake.wait_for("ReleaseExecute").await;
    fake.finish();
}

/// What came before, or another statement of the same text, may have run.
#[tokio::test]
async fn a_plan_that_may_have_begun_is_not_sent_again_when_it_is_turned_away() {
    for refusal in turned_away() {
        let begun = [
            ("INSERT INTO t VALUES (1)", vec![execute().send(progress()).fail(refusal.clone())]),
            ("SELECT id FROM t", vec![execute().send(batch(&numbers(0..1))).fail(refusal.clone())]),
            ("BEGIN INSERT INTO t VALUES (1); END", vec![execute().fail(refusal.clone())]),
            ("INSERT INTO t VALUES (1)", vec![execute().end(), reattach_from(None).fail(refusal.clone())]),
        ];
        for (text, script) in begun {
            let fake = Fake::start(script).await;
            let drv = cluster(&fake).build().unwrap();
            let error = soon(async { drv.exec(text).await }).await.unwrap_err();
            assert!(turned_away_by(&error), "{text}: {error}");
            assert_eq!(count(&fake, "ExecutePlan"), 1, "{text}");
            fake.finish();
        }
    }
}

fn turned_away_by(error: &Error) -> bool {
    matches!(error.error_class(), Some("QUERY_REJECTED" | "INCOMPATIBLE_CPU_ARCHITECTURE"))
}

/// It has no router in front of it, and no plan that has not run.
#[tokio::test]
async fn spark_before_4_turns_no_plan_away() {
    let refusal = Failure::spark("QUERY_REJECTED", "XXKST");
    let fake = Fake::builder().names_no_sessions().script([execute().fail(refusal)]).start().await;
    let drv = cluster(&fake).build().unwrap();
    let error = soon(async { drv.exec("INSERT INTO t VALUES (1)").await }).await.unwrap_err();
    assert!(turned_away_by(&error) && error.may_have_run(), "{error}");
    assert_eq!((error.kind(), count(&fake, "ExecutePlan")), (ErrorKind::Server, 1));
    fake.finish();
}

/// Spark runs the statements inside of a plan one after the other, so that the first may have run.
#[tokio::test]
async fn a_statement_inside_of_another_plan_is_not_sent_again_when_it_is_turned_away() {
    for statement in ["CALL p()", "INSERT INTO t VALUES (1)"] {
        let [refusal, _] = turned_away();
        let fake = Fake::start([execute().fail(refusal)]).await;
        let session = known_session(&fake).await;
        let error = crate::setup::error_of(session.query(&Relation::sql(statement).limit(1))).await;
        assert_eq!(error.server().and_then(ServerError::error_class), Some("QUERY_REJECTED"), "{error}");
        assert_eq!(count(&fake, "ExecutePlan"), 1, "{statement}");
        fake.finish();
    }
}

/// The status of the router in front of the compute while it does not find its server.
fn no_route() -> Failure {
    Failure::status(Code::Unknown, "no route")
}

/// A session that waits for nothing, of which the server has answered a call.
async fn known_session(fake: &Fake) -> Session {
    let timer = Timer::new(|_| Box::pin(async {}), || 1.0);
    let channel = Channel::builder(fake.remote().parse().unwrap()).timer(timer).build().unwrap();
    let session = Session::new(&channel);
    soon(session.confs(["k"])).await.unwrap();
    session
}

#[tokio::test]
async fn a_router_that_fails_for_a_moment_ends_no_operation() {
    let fake = Fake::start([
        execute().fail(no_route()),
        reattach_from(None).fail(no_route()),
        reattach_from(None).answer([]),
        execute().send(batch(&numbers(0..1))).fail(no_route()),
        reattach_from(Some("r1")).send(batch(&numbers(1..2))).send(complete()),
    ])
    .await;
    let session = known_session(&fake).await;
    soon(session.command(&Sql::new("INSERT INTO t VALUES (1)"))).await.unwrap();
    assert_eq!(all(crate::setup::select(&session)).await.unwrap(), [0, 1]);
    assert_eq!(count(&fake, "ExecutePlan"), 2);
    fake.finish();
}

#[tokio::test]
async fn a_router_that_stays_away_ends_the_operation_and_nothing_is_sent_twice() {
    let begun = execute().send(batch(&numbers(0..1))).fail(no_route()).interrupted();
    let away = (0..8).map(|_| reattach_from(Some("r1")).fail(no_route()));
    let fake = Fake::start(std::iter::once(begun).chain(away)).await;
    let session = known_session(&fake).await;
    let error = soon(session.command(&Sql::new("INSERT INTO t VALUES (1)"))).await.unwrap_err();
    assert_eq!(error.kind(), spark_connect::ErrorKind::OutcomeUnknown, "{error}");
    assert_eq!(count(&fake, "ExecutePlan"), 1);
    fake.settled().await;
    fake.finish();
}

#[tokio::test]
async fn rows_that_were_handed_out_are_not_read_twice_when_the_cluster_restarts() {
    let fake = Fake::start([execute().send(batch(&numbers(0..1))).fail(pending())]).await;
    let drv = cluster(&fake).build().unwrap();
    let mut rows = query_stream::<(i64,)>(&Client::new(drv.clone()), drv.from_sql("SELECT id FROM t"));
    assert_eq!(soon(rows.try_next()).await.unwrap(), Some((0,)));
    let error = soon(rows.try_next()).await.unwrap_err();
    assert!(error.is_cluster_not_ready(), "{error}");
    assert_eq!(count(&fake, "ExecutePlan"), 1);
    fake.finish();
}

#[tokio::test]
async fn a_budget_that_is_used_up_says_what_the_cluster_is_at_and_who_waits() {
    let fake = starting(usize::MAX).start().await;
    let budget = Duration::from_millis(50);
    let drv = cluster(&fake).cluster_wait(ClusterWait { budget, ..EAGER }).build().unwrap();
    let error = select(&drv).await.unwrap_err();
    assert!(error.is_cluster_not_ready() && error.is_retryable() && !error.is_timeout(), "{error:?}");
    assert_eq!((error.cluster_state(), error.request_id()), (Some("PENDING"), Some("7f-1")));
    let text = error.to_string();
    let told = "waited 50ms (budget of `cluster_wait`) for a session to be opened: a cluster is starting (PENDING, since 0 \
                s); 1 of 8 in use, 0 idle, 0 waiting; ask again later, or raise the budget: ";
    assert_eq!(text.strip_suffix(PENDING), Some(told), "{text}");
    assert!(count(&fake, "Config") > 1);
    fake.finish();
}

#[tokio::test]
async fn without_a_policy_a_starting_cluster_is_an_error_at_once() {
    let fake = starting(1).start().await;
    let drv = cluster(&fake).cluster_wait(ClusterWait::none()).build().unwrap();
    let error = select(&drv).await.unwrap_err();
    assert!(error.is_cluster_not_ready(), "{error}");
    assert_eq!((error.cluster_state(), error.request_id()), (Some("PENDING"), Some("7f-1")));
    assert!(error.to_string().contains("is being started"), "{error}");
    assert_eq!(count(&fake, "Config"), 1);
    fake.finish();
}

#[tokio::test]
async fn a_terminated_cluster_is_an_error_at_once_that_says_to_start_it() {
    let fake = Fake::builder()
        .refuse(
            "Config",
            Failure::internal("BAD_REQUEST: unexpected state Terminated [state=TERMINATED] (requestId=9)"),
        )
        .start()
        .await;
    let error = select(&cluster(&fake).build().unwrap()).await.unwrap_err();
    assert!(!error.is_cluster_not_ready() && !error.is_retryable());
    assert_eq!(
        (error.kind(), error.cluster_state(), error.request_id()),
        (ErrorKind::Server, Some("TERMINATED"), Some("9"))
    );
    assert!(error.to_string().contains("is not running: start it"), "{error}");
    assert_eq!(count(&fake, "Config"), 1);
    fake.finish();
}

#[tokio::test]
async fn a_dropped_query_and_a_closed_driver_stop_the_waiting() {
    let fake = starting(usize::MAX).start().await;
    let drv = cluster(&fake).build().unwrap();
    let waiting = tokio::spawn({
        let drv = drv.clone();
        async move { select(&drv).await }
    });
    fake.wait_for_nth("Config", 3).await;
    assert_eq!(drv.status().in_use, 1);
    waiting.abort();
    assert!(waiting.await.unwrap_err().is_cancelled());
    // The slot comes back from the task that asked, so asking is over.
    soon(async {
        while drv.status().in_use > 0 {
            tokio::task::yield_now().await;
        }
    })
    .await;
    let asked = count(&fake, "Config");
    let waits = select(&drv);
    let closes = async {
        fake.wait_for_nth("Config", asked + 2).await;
        drv.close().await
    };
    let (waited, closed) = soon(async { tokio::join!(waits, closes) }).await;
    assert_eq!(waited.unwrap_err().kind(), ErrorKind::Closed);
    closed.unwrap();
    fake.finish();
}
