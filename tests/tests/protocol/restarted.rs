//! A server that restarts and makes each session anew under its old id, as Sail does: no plan runs in the empty one.

use std::collections::BTreeSet;
use std::time::Duration;

use arrow_schema::{DataType, Field, Schema};
use lakeorm::spark::SparkDriver;
use lakeorm::{Client, query};
use lakeorm_tests::fake::{Exchange, Failure, Fake, execute};
use lakeorm_tests::proxy::{Fault, Faults, Proxy};
use spark_connect::{ErrorKind, Relation, Session, Sql};

use crate::setup::{all, channel, driver, error_of, numbers, select, soon};

fn one() -> Exchange {
    execute().answer([numbers(0..1)])
}

async fn sail(script: impl IntoIterator<Item = Exchange>) -> (Fake, Proxy, SparkDriver) {
    let fake = Fake::builder().echoes_session_ids().script(script).start().await;
    let proxy = Proxy::start(fake.authority().parse().unwrap(), Faults::none()).await;
    let drv = SparkDriver::remote(&format!("sc://{}", proxy.address())).unwrap();
    (fake, proxy, drv)
}

/// Ends the connections, and lets the client see it: nothing else runs here, so each turn of the runtime reads what its
/// sockets have.
async fn cut(proxy: &Proxy) {
    proxy.now(Fault::Cut);
    while proxy.cuts() == 0 {
        tokio::task::yield_now().await;
    }
    for _ in 0..1000 {
        tokio::task::yield_now().await;
    }
}

fn is_lost_before_sending(error: &spark_connect::Error) {
    assert_eq!(error.kind(), ErrorKind::SessionLost, "{error}");
    assert!(error.is_retryable() && !error.may_have_run(), "{error}");
    assert!(error.to_string().contains("the server made the session anew"), "{error}");
}

#[tokio::test]
async fn a_restart_is_noticed_before_a_query_a_statement_and_a_question_in_a_session_that_is_held() {
    for healed_by_another_call in [false, true] {
        let (fake, proxy, drv) = sail([]).await;
        let session = soon(drv.session()).await.unwrap();
        let asked = fake.sent("AnalyzePlan").len();
        fake.drop_sessions();
        cut(&proxy).await;
        if healed_by_another_call {
            soon(session.confs(["a"])).await.unwrap();
            assert!(session.channel().breaks() > 0);
        }
        is_lost_before_sending(&error_of(select(&session)).await);
        let statement = Sql::new("INSERT INTO t SELECT 1");
        is_lost_before_sending(&soon(session.command(&statement)).await.unwrap_err());
        let error = soon(session.schema(&Relation::table("t"))).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::SessionLost, "{error}");
        assert_eq!((fake.sent("ExecutePlan").len(), fake.sent("AnalyzePlan").len()), (0, asked));
        fake.finish();
    }
}

#[tokio::test]
async fn a_query_of_the_driver_runs_in_a_new_session_after_a_restart() {
    let (fake, proxy, drv) = sail([one(), one()]).await;
    let db = Client::new(drv.clone());
    let zero = || query::<(i64,)>(&db, drv.from_sql("SELECT 0"));
    assert_eq!(soon(zero()).await.unwrap(), [(0,)]);
    fake.drop_sessions();
    cut(&proxy).await;
    assert_eq!(soon(zero()).await.unwrap(), [(0,)]);
    let sent = fake.sent("ExecutePlan");
    assert_ne!(sent[0].session_id, sent[1].session_id);
    fake.finish();
}

#[tokio::test]
async fn a_server_that_is_down_is_named_by_the_error_of_the_pool() {
    let fake = Fake::builder().echoes_session_ids().script([one()]).start().await;
    let proxy = Proxy::start(fake.authority().parse().unwrap(), Faults::none()).await;
    let remote = format!("sc://{}", proxy.address());
    let drv = SparkDriver::builder(&remote).acquire_timeout(Duration::from_millis(400)).build().unwrap();
    let db = Client::new(drv.clone());
    let zero = || query::<(i64,)>(&db, drv.from_sql("SELECT 0"));
    assert_eq!(soon(zero()).await.unwrap(), [(0,)]);
    cut(&proxy).await;
    proxy.refuse();
    let error = soon(zero()).await.unwrap_err();
    assert_eq!(error.kind(), lakeorm::ErrorKind::PoolTimeout, "{error}");
    let text = error.to_string();
    let told = format!("; the last attempt failed: cannot connect to {}: ", proxy.address());
    assert!(text.contains("for a session to be found intact: ") && text.contains(&told), "{text}");
    assert!(!text.contains("pool_size"), "{text}");
    fake.finish();
}

/// It is told from Sail by its catalog, and loses sessions all the same.
#[tokio::test]
async fn a_session_beside_a_shared_catalog_is_opened_anew_with_its_confs_after_a_restart() {
    const ZONE: &str = "spark.sql.session.timeZone";
    let namespaces = Schema::new(vec![Field::new("namespace", DataType::Utf8, false)]);
    let fake = Fake::builder().echoes_session_ids().schema(&namespaces).script([one(), one()]).start().await;
    let proxy = Proxy::start(fake.authority().parse().unwrap(), Faults::none()).await;
    let builder = SparkDriver::builder(&format!("sc://{}", proxy.address())).pool_size(1);
    let drv = builder.session_conf(ZONE, "Asia/Tokyo").build().unwrap();
    let db = Client::new(drv.clone());
    let zero = || query::<(i64,)>(&db, drv.from_sql("SELECT 0"));
    assert_eq!(soon(zero()).await.unwrap(), [(0,)]);
    fake.drop_sessions();
    cut(&proxy).await;
    assert_eq!(soon(zero()).await.unwrap(), [(0,)]);
    let sessions: Vec<String> =
        fake.sent("ExecutePlan").into_iter().map(|request| request.session_id).collect();
    assert_ne!(sessions[0], sessions[1]);
    let zones = fake.sent("Config").into_iter().filter(|request| request.confs_set().contains_key(ZONE));
    let zoned: BTreeSet<String> = zones.map(|request| request.session_id).collect();
    assert_eq!(zoned, sessions.into_iter().collect());
    fake.finish();
}

#[tokio::test]
async fn a_session_without_a_driver_is_missed_after_a_restart_too() {
    let fake = Fake::builder().echoes_session_ids().start().await;
    let proxy = Proxy::start(fake.authority().parse().unwrap(), Faults::none()).await;
    let session = Session::new(&channel(&format!("sc://{}", proxy.address())));
    soon(session.set_confs([("k", "v")])).await.unwrap();
    fake.drop_sessions();
    cut(&proxy).await;
    is_lost_before_sending(&error_of(select(&session)).await);
    fake.finish();
}

#[tokio::test]
async fn a_session_is_asked_about_once_for_each_connection_and_not_before_each_plan() {
    let (fake, proxy, drv) = sail([one(), one(), one(), one()]).await;
    let session = soon(drv.session()).await.unwrap();
    let asked = || fake.sent("Config").len();
    let opened = asked();
    for _ in 0..2 {
        assert_eq!(all(select(&session)).await.unwrap(), [0]);
    }
    assert_eq!(asked(), opened);
    cut(&proxy).await;
    for _ in 0..2 {
        assert_eq!(all(select(&session)).await.unwrap(), [0]);
    }
    assert_eq!(asked(), opened + 1);
    fake.finish();
}

/// As behind a gateway, whose connection outlives the server.
#[tokio::test]
async fn a_query_that_the_server_does_not_know_is_not_sent_again_in_a_session_made_anew() {
    let unknown = Failure::sail("java.lang.IllegalArgumentException", "operation not found: 1");
    let fake =
        Fake::builder().echoes_session_ids().script([execute().stall("restart").fail(unknown)]).start().await;
    let session = soon(driver(&fake).session()).await.unwrap();
    let restart = async {
        fake.wait_for("ExecutePlan").await;
        fake.drop_sessions();
        fake.release("restart");
    };
    let (error, ()) = soon(async { tokio::join!(error_of(select(&session)), restart) }).await;
    is_lost_before_sending(&error);
    assert_eq!(fake.sent("ExecutePlan").len(), 1);
    fake.finish();
}
