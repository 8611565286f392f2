//! What the client sends.

use std::collections::{BTreeMap, BTreeSet};

use arrow_array::RecordBatch;
use futures::TryStreamExt;
use lakeorm::{Client, LakeRow, query, query_first, query_optional};
use lakeorm_tests::fake::{Failure, Fake, Request, Statement, batch, execute, reattach_from};
use spark_connect::Session;
use uuid::Uuid;

use crate::setup::{all, builder, channel, column, driver, error_of, next, numbers, select, session, soon};

fn one_result() -> lakeorm_tests::fake::Exchange {
    execute().answer([numbers(0..1)])
}

#[tokio::test]
async fn every_query_can_be_reattached_and_may_come_in_chunks() {
    let fake = Fake::start([one_result()]).await;
    all(select(&session(&fake))).await.unwrap();
    let sent = &fake.sent("ExecutePlan")[0];
    assert_eq!((sent.reattachable(), sent.chunking()), (Some(true), Some((true, Some(120_795_948)))));
    assert_eq!(sent.option_count(), 2);
    fake.finish();
}

#[tokio::test]
async fn each_query_names_its_operation_with_a_uuid_of_its_own() {
    let fake = Fake::start([one_result(), one_result()]).await;
    let session = session(&fake);
    let mut named = Vec::new();
    for _ in 0..2 {
        let batches = select(&session);
        named.push(batches.operation_id().to_string());
        all(batches).await.unwrap();
    }
    let sent: Vec<String> =
        fake.sent("ExecutePlan").into_iter().map(|request| request.operation_id.unwrap()).collect();
    assert_eq!(sent, named);
    assert_ne!(sent[0], sent[1]);
    assert!(sent.iter().all(|id| Uuid::parse_str(id).is_ok()), "{sent:?}");
    fake.finish();
}

/// Makes the client use every RPC that it has; gives what was sent.
pub(crate) async fn every_rpc(fake: &Fake, session: &Session) -> Vec<Request> {
    soon(session.open(&BTreeMap::new())).await.unwrap();
    soon(session.spark_version()).await.unwrap();
    error_of(select(session)).await;
    let mut batches = select(session);
    next(&mut batches).await;
    drop(batches);
    fake.wait_for("Interrupt").await;
    fake.wait_for_nth("ReleaseExecute", 2).await;
    soon(session.release()).await.unwrap();
    fake.requests()
}

pub(crate) fn for_every_rpc() -> [lakeorm_tests::fake::Exchange; 3] {
    [
        execute().end(),
        reattach_from(None).fail(Failure::spark("DIVIDE_BY_ZERO", "22012").error_id("e1")),
        execute().send(batch(&numbers(0..1))).interrupted(),
    ]
}

pub(crate) fn rpcs(requests: &[Request]) -> BTreeSet<&str> {
    requests.iter().map(|request| request.rpc).collect()
}

pub(crate) const ALL: [&str; 8] = [
    "AnalyzePlan",
    "Config",
    "ExecutePlan",
    "FetchErrorDetails",
    "Interrupt",
    "ReattachExecute",
    "ReleaseExecute",
    "ReleaseSession",
];

#[tokio::test]
async fn every_call_carries_the_token_the_headers_and_the_user() {
    let fake = Fake::builder().token("sesame").script(for_every_rpc()).start().await;
    let remote = format!("sc://localhost:{}/;token=sesame;user_id=ada;X-Team=data", fake.port());
    let session = Session::new(&channel(&remote));
    let requests = every_rpc(&fake, &session).await;
    assert_eq!(rpcs(&requests), BTreeSet::from(ALL));
    for request in &requests {
        let rpc = request.rpc;
        assert_eq!(request.header("authorization"), Some("Bearer sesame"), "{rpc}");
        assert_eq!(request.header("x-team"), Some("data"), "{rpc}");
        assert_eq!(request.user_id, "ada", "{rpc}");
        assert_eq!(request.session_id, session.id().to_string(), "{rpc}");
        let client = request.client_type.as_deref().unwrap();
        assert!(client.starts_with("lakeorm spark/4.3.0 os/"), "{rpc}: {client}");
    }
    fake.finish();
}

#[tokio::test]
async fn the_servers_own_id_of_the_session_goes_with_every_call_after_the_first_answer() {
    let fake = Fake::start(for_every_rpc()).await;
    let session = session(&fake);
    assert_eq!(session.server_side_id(), None);
    let requests = every_rpc(&fake, &session).await;
    let observed = session.server_side_id().unwrap();
    assert_ne!(observed, session.id().to_string());
    assert_eq!(requests[0].observed_session_id, None);
    for request in &requests[1..] {
        // Releasing a session is the one call without a field for it.
        let expected = (request.rpc != "ReleaseSession").then_some(observed);
        assert_eq!(request.observed_session_id.as_deref(), expected, "{}", request.rpc);
    }
    fake.finish();
}

#[tokio::test]
async fn a_session_gets_the_drivers_confs_before_its_first_query() {
    let fake = Fake::start([one_result()]).await;
    let drv = builder(&fake).session_conf("spark.sql.session.timeZone", "UTC").build().unwrap();
    let rows = soon(query::<(i64,)>(&Client::new(drv.clone()), drv.from_sql("SELECT 1"))).await.unwrap();
    assert_eq!(rows, [(0,)]);
    let requests = fake.requests();
    assert_eq!((requests[0].rpc, requests[1].rpc), ("Config", "ExecutePlan"));
    assert_eq!(requests[0].session_id, requests[1].session_id);
    assert_eq!(requests[0].confs_set()["spark.sql.session.timeZone"], "UTC");
    fake.finish();
}

#[tokio::test]
async fn first_and_optional_ask_the_server_for_one_row() {
    let fake = Fake::start([one_result(), one_result(), one_result()]).await;
    let drv = driver(&fake);
    let db = Client::new(drv.clone());
    assert_eq!(soon(query_first::<(i64,)>(&db, drv.from_sql("SELECT id FROM t"))).await.unwrap(), (0,));
    assert_eq!(
        soon(query_optional::<(i64,)>(&db, drv.from_sql("SELECT id FROM t"))).await.unwrap(),
        Some((0,))
    );
    assert_eq!(soon(query::<(i64,)>(&db, drv.from_row("SELECT id FROM t"))).await.unwrap(), [(0,)]);
    for request in fake.sent("ExecutePlan") {
        assert_eq!(request.plan_tree().unwrap(), "Limit 1\n  Sql SELECT id FROM t");
    }
    fake.finish();
}

#[derive(Debug, PartialEq, LakeRow)]
struct Odd {
    id: i64,
    #[lake(rename = "a`b.c")]
    odd: i64,
    #[lake(skip)]
    here: bool,
}

#[tokio::test]
async fn a_table_is_asked_for_the_columns_of_the_row_type_and_each_is_quoted() {
    let rows = RecordBatch::try_from_iter([("id", column(3..4)), ("a`b.c", column(7..8))]).unwrap();
    let answer = || execute().answer([rows.clone()]);
    let fake = Fake::start([answer(), answer()]).await;
    let drv = driver(&fake);
    let db = Client::new(drv.clone());
    let expected = Odd { id: 3, odd: 7, here: false };
    assert_eq!(soon(query_first::<Odd>(&db, drv.from_table("db.wide"))).await.unwrap(), expected);
    assert_eq!(soon(query::<Odd>(&db, drv.from_table("db.wide"))).await.unwrap(), [expected]);
    let sent = fake.sent("ExecutePlan");
    assert_eq!(sent[0].plan_tree().unwrap(), "Limit 1\n  Project `id`, `a``b.c`\n    Table db.wide");
    assert_eq!(sent[1].plan_tree().unwrap(), "Project `id`, `a``b.c`\n  Table db.wide");
    fake.finish();
}

#[derive(Debug, PartialEq, LakeRow)]
struct Growing {
    id: i64,
    #[lake(default)]
    added: Option<i64>,
}

#[tokio::test]
async fn a_column_with_a_default_is_asked_for_only_where_the_table_has_it() {
    for (present, asked) in [(&["id"][..], "`id`"), (&["id", "added"], "`id`, `added`")] {
        let rows = RecordBatch::try_from_iter(present.iter().map(|name| (*name, column(3..4)))).unwrap();
        let fake = Fake::builder().schema(&rows.schema()).script([execute().answer([rows])]).start().await;
        let drv = driver(&fake);
        let db = Client::new(drv.clone());
        let added = (present.len() == 2).then_some(3);
        let rows = soon(query::<Growing>(&db, drv.from_table("t"))).await.unwrap();
        assert_eq!(rows, [Growing { id: 3, added }]);
        let sent = fake.sent("ExecutePlan");
        assert_eq!(sent[0].plan_tree().unwrap(), format!("Project {asked}\n  Table t"));
        fake.finish();
    }
}

#[tokio::test]
async fn values_travel_beside_the_text_and_never_inside_it() {
    const SQL: &str = "SELECT id FROM t WHERE a = ? AND b = ? -- ?";
    let evil = ["o'brien\\' OR 1=1 --", "?); DROP TABLE t; /*"];
    let fake = Fake::start([one_result(), one_result()]).await;
    let drv = driver(&fake);
    let db = Client::new(drv.clone());
    let source = drv.from_sql(SQL).bind(evil[0]).bind(evil[1]);
    soon(query::<(i64,)>(&db, source)).await.unwrap();
    let named = drv.from_sql("SELECT id FROM t WHERE a = :a OR b = :b OR c = :a");
    let source = named.bind_named("b", evil[1]).bind_named("a", evil[0]);
    soon(query::<(i64,)>(&db, source)).await.unwrap();

    let sent = fake.sent("ExecutePlan");
    assert_eq!(sent[0].statement(), Some(Statement::new(SQL).values(evil)));
    let named = Statement::new("SELECT id FROM t WHERE a = :a OR b = :b OR c = :a");
    assert_eq!(sent[1].statement(), Some(named.named([("a", evil[0]), ("b", evil[1])])));
    for request in sent {
        let tree = request.plan_tree().unwrap();
        assert!(tree.starts_with("Sql "), "{tree}");
    }
    fake.finish();
}

#[tokio::test]
async fn nothing_is_sent_before_a_result_is_asked_for() {
    let fake = Fake::start([]).await;
    let drv = driver(&fake);
    let db = Client::new(drv.clone());
    drop(lakeorm::query_stream::<(i64,)>(&db, drv.from_sql("SELECT id FROM t")));
    let mut batches = lakeorm::query_batches(&db, drv.from_sql("SELECT ?"));
    // The first poll is the first chance to say that a value is missing.
    let error = soon(batches.try_next()).await.unwrap_err();
    assert_eq!(error.kind(), lakeorm::ErrorKind::InvalidStatement, "{error}");
    assert!(error.to_string().contains("1 `?` marker and no value is bound"), "{error}");
    drop(select(&session(&fake)));
    soon(drv.close()).await.unwrap();
    assert!(fake.requests().is_empty(), "{:?}", fake.requests());
    fake.finish();
}
