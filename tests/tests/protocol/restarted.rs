//! A server that restarts and makes each session anew under its old id, as Sail does: no plan runs in the empty one.

use std::collections::BTreeSet;
use std::future::IntoFuture;
use std::time::Duration;

use arrow_schema::{DataType, Field, Schema};
use futures::future::join_all;
use lakeorm::spark::{SparkDriver, SparkDriverBuilder};
use lakeorm::{Client, query};
use lakeorm_tests::fake::{Exchange, Failure, Fake, execute};
use lakeorm_tests::proxy::{Fault, Proxy};
use spark_connect::{Channel, ErrorKind, Relation, Session, Sql};

use crate::setup::{
    A_MOMENT, all, builder, channel, driver, error_of, in_no_time, later, numbers, select, session, soon,
};

fn one() -> Exchange {
    execute().answer([numbers(0..1)])
}

/// A way to the server that can be cut, and the channel over it.
struct Line {
    proxy: Proxy,
    channel: Channel,
}

impl Line {
    async fn to(fake: &Fake) -> Self {
        let proxy = Proxy::before(fake).await;
        let channel = channel(&format!("sc://{}", proxy.address()));
        Self { proxy, channel }
    }

    /// Options of a driver whose sessions take it.
    fn builder(&self) -> SparkDriverBuilder {
        let channel = self.channel.clone();
        let session = move || std::future::ready(Ok::<_, spark_connect::Error>(Session::new(&channel)));
        SparkDriver::factory_builder("orders", session)
    }

    /// Ends the connection, and lets the client see it.
    async fn cut(&self) {
        self.proxy.now(Fault::Cut);
        soon(async {
            while self.channel.is_connected() {
                tokio::task::yield_now().await;
            }
        })
        .await;
    }
}

async fn sail(script: impl IntoIterator<Item = Exchange>) -> (Fake, Line, SparkDriver) {
    let fake = Fake::builder().echoes_session_ids().script(script).start().await;
    let line = Line::to(&fake).await;
    let drv = line.builder().build().unwrap();
    (fake, line, drv)
}

fn is_lost_before_sending(error: &spark_connect::Error) {
    assert_eq!(error.kind(), ErrorKind::SessionLost, "{error}");
    assert!(error.is_retryable() && !error.may_have_run(), "{error}");
    assert!(error.to_string().contains("the server made the session anew"), "{error}");
}

#[tokio::test]
async fn a_restart_is_noticed_before_a_query_a_statement_and_a_question_in_a_session_that_is_held() {
    for healed_by_another_call in [false, true] {
        let (fake, line, drv) = sail([]).await;
        let session = soon(drv.session()).await.unwrap();
        let asked = fake.sent("AnalyzePlan").len();
        fake.drop_sessions();
        line.cut().await;
        if healed_by_another_call {
            soon(session.set_confs([("a", "b")])).await.unwrap();
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
    let (fake, line, drv) = sail([one(), one()]).await;
    let db = Client::new(drv.clone());
    let zero = || query::<(i64,)>(&db, drv.from_sql("SELECT 0"));
    assert_eq!(soon(zero()).await.unwrap(), [(0,)]);
    fake.drop_sessions();
    line.cut().await;
    assert_eq!(soon(zero()).await.unwrap(), [(0,)]);
    let sent = fake.sent("ExecutePlan");
    assert_ne!(sent[0].session_id, sent[1].session_id);
    fake.finish();
}

#[tokio::test]
async fn a_server_that_is_down_is_named_by_the_error_of_the_pool() {
    let fake = Fake::builder().echoes_session_ids().script([one()]).start().await;
    let line = Line::to(&fake).await;
    let drv = line.builder().acquire_timeout(Duration::from_millis(400)).build().unwrap();
    let db = Client::new(drv.clone());
    let zero = || query::<(i64,)>(&db, drv.from_sql("SELECT 0"));
    assert_eq!(soon(zero()).await.unwrap(), [(0,)]);
    line.cut().await;
    line.proxy.refuse();
    let error = soon(zero()).await.unwrap_err();
    assert_eq!(error.kind(), lakeorm::ErrorKind::PoolTimeout, "{error}");
    let text = error.to_string();
    let told = format!("; the last attempt failed: cannot connect to {}: ", line.proxy.address());
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
    let line = Line::to(&fake).await;
    let drv = line.builder().pool_size(1).session_conf(ZONE, "Asia/Tokyo").build().unwrap();
    let db = Client::new(drv.clone());
    let zero = || query::<(i64,)>(&db, drv.from_sql("SELECT 0"));
    assert_eq!(soon(zero()).await.unwrap(), [(0,)]);
    fake.drop_sessions();
    line.cut().await;
    assert_eq!(soon(zero()).await.unwrap(), [(0,)]);
    let sessions = fake.sessions("ExecutePlan");
    assert_ne!(sessions[0], sessions[1]);
    let zones = fake.sent("Config").into_iter().filter(|request| request.confs_set().contains_key(ZONE));
    let zoned: BTreeSet<String> = zones.map(|request| request.session_id).collect();
    assert_eq!(zoned, sessions.into_iter().collect());
    fake.finish();
}

#[tokio::test]
async fn a_session_without_a_driver_is_missed_after_a_restart_too() {
    let fake = Fake::builder().echoes_session_ids().start().await;
    let line = Line::to(&fake).await;
    let session = Session::new(&line.channel);
    soon(session.set_confs([("k", "v")])).await.unwrap();
    fake.drop_sessions();
    line.cut().await;
    is_lost_before_sending(&error_of(select(&session)).await);
    fake.finish();
}

#[tokio::test]
async fn a_session_whose_first_call_leaves_something_in_it_is_missed_after_a_restart() {
    for statement in
        ["SET spark.sql.session.timeZone = 'Asia/Tokyo'", "USE elsewhere", "CREATE TEMP VIEW v AS SELECT 1"]
    {
        for queried in [false, true] {
            let fake = Fake::builder().echoes_session_ids().script([one()]).start().await;
            let session = session(&fake);
            match queried {
                false => drop(soon(session.command(&Sql::new(statement))).await.unwrap()),
                true => drop(all(session.query(&Relation::sql(statement))).await.unwrap()),
            }
            restart(&fake).await;
            is_lost_before_sending(&error_of(select(&session)).await);
            assert_eq!(fake.sent("ExecutePlan").len(), 1, "{statement}");
            fake.finish();
        }
    }
}

/// The first call tells that the server makes lost sessions anew, and the session may be lost before the second.
#[tokio::test]
async fn confs_are_in_the_session_that_the_sentinel_is_in() {
    for opened in [false, true] {
        let answers = Fake::builder().echoes_session_ids().answer_first(1, "Config");
        let fake = answers.hold("Config", "lost").start().await;
        let session = session(&fake);
        let confs = [("k".to_owned(), "v".to_owned())];
        let set = async {
            match opened {
                false => session.set_confs(confs).await,
                true => session.open(&confs.into()).await,
            }
        };
        let lost = async {
            fake.wait_for_nth("Config", 2).await;
            fake.drop_sessions();
            fake.release("lost");
        };
        let (set, ()) = soon(async { tokio::join!(set, lost) }).await;
        set.unwrap();
        assert_eq!(soon(session.confs(["k"])).await.unwrap()["k"], "v", "{opened}");
        fake.finish();
    }
}

#[tokio::test]
async fn a_conf_is_not_read_from_a_session_made_anew() {
    let fake = Fake::builder().echoes_session_ids().conf("k", "default").start().await;
    let session = session(&fake);
    soon(session.set_confs([("k", "v")])).await.unwrap();
    let confs = soon(session.confs(["k"])).await.unwrap();
    assert_eq!((confs.len(), confs["k"].as_str()), (1, "v"));
    fake.drop_sessions();
    is_lost_before_sending(&soon(session.confs(["k"])).await.unwrap_err());
    fake.finish();
}

/// It would take the conf with it by which a lost session is told.
#[tokio::test]
async fn all_confs_are_reset_only_where_the_server_tells_of_a_lost_session() {
    for builder in [Fake::builder().echoes_session_ids(), Fake::builder().names_no_sessions()] {
        let fake = builder.start().await;
        let session = session(&fake);
        let by_command = soon(session.command(&Sql::new("RESET"))).await.unwrap_err();
        let by_query = error_of(session.query(&Relation::sql("reset;"))).await;
        for error in [by_command, by_query] {
            assert_eq!((error.kind(), error.may_have_run()), (ErrorKind::Unsupported, false), "{error}");
            assert!(error.to_string().contains("unset_confs"), "{error}");
        }
        assert_eq!(fake.sent("ExecutePlan").len(), 0);
        fake.finish();
    }
    let fake = Fake::start([execute().answer([])]).await;
    soon(session(&fake).command(&Sql::new("RESET"))).await.unwrap();
    fake.finish();
}

/// A gateway keeps the connection that the server has left.
#[tokio::test]
async fn a_restart_that_keeps_the_connection_is_noticed_by_a_driver() {
    const ZONE: &str = "spark.sql.session.timeZone";
    let made = execute().answer([]);
    let fake = Fake::builder().echoes_session_ids().script([one(), one(), made]).start().await;
    let drv = builder(&fake).session_conf(ZONE, "Asia/Tokyo").build().unwrap();
    let db = Client::new(drv.clone());
    let zero = || query::<(i64,)>(&db, drv.from_sql("SELECT 0"));
    assert_eq!(soon(zero()).await.unwrap(), [(0,)]);
    restart(&fake).await;
    assert_eq!(soon(zero()).await.unwrap(), [(0,)]);
    restart(&fake).await;
    soon(drv.exec("CREATE TABLE t AS SELECT current_timezone()").into_future()).await.unwrap();
    let sessions: BTreeSet<String> = fake.sessions("ExecutePlan").into_iter().collect();
    let zones = fake.sent("Config").into_iter().filter(|request| request.confs_set().contains_key(ZONE));
    let zoned: BTreeSet<String> = zones.map(|request| request.session_id).collect();
    assert_eq!((sessions.len(), sessions), (3, zoned));
    fake.finish();
}

#[tokio::test]
async fn a_restart_that_keeps_the_connection_is_noticed_by_a_held_session() {
    let fake = Fake::builder().echoes_session_ids().script([one()]).start().await;
    let session = soon(driver(&fake).session()).await.unwrap();
    soon(session.set_confs([("spark.sql.session.timeZone", "Asia/Tokyo")])).await.unwrap();
    assert_eq!(all(select(&session)).await.unwrap(), [0]);
    restart(&fake).await;
    is_lost_before_sending(&error_of(select(&session)).await);
    let statement = Sql::new("INSERT INTO t SELECT current_timezone()");
    is_lost_before_sending(&soon(session.command(&statement)).await.unwrap_err());
    assert_eq!(fake.sent("ExecutePlan").len(), 1);
    fake.finish();
}

/// Lets the server lose its sessions between two looks of the client.
async fn restart(fake: &Fake) {
    fake.drop_sessions();
    later(A_MOMENT).await;
}

#[tokio::test]
async fn a_session_is_asked_about_once_in_a_moment_and_for_each_connection() {
    let (fake, line, drv) = sail(std::iter::repeat_with(one).take(6)).await;
    let asked = || fake.sent("Config").len();
    in_no_time(async {
        let session = soon(drv.session()).await.unwrap();
        let opened = asked();
        for looks in 0..3 {
            for _ in 0..2 {
                assert_eq!(all(select(&session)).await.unwrap(), [0]);
            }
            assert_eq!(asked(), opened + looks);
            match looks {
                0 => tokio::time::advance(A_MOMENT).await,
                _ => line.cut().await,
            }
        }
    })
    .await;
    fake.finish();
}

#[tokio::test]
async fn a_crowd_of_queries_looks_at_its_session_once() {
    for look in [Duration::ZERO, A_MOMENT] {
        a_crowd_looks_once(look).await;
    }
}

/// However long the server takes to answer.
async fn a_crowd_looks_once(look: Duration) {
    let script = std::iter::repeat_with(one).take(8);
    let answers = Fake::builder().echoes_session_ids().answer_first(2, "Config").hold("Config", "look");
    let fake = answers.script(script).start().await;
    let session = session(&fake);
    soon(session.set_confs([("k", "v")])).await.unwrap();
    later(A_MOMENT).await;
    let queries = join_all((0..8).map(|_| all(select(&session))));
    let looked = async {
        fake.wait_for_nth("Config", 3).await;
        tokio::time::advance(look).await;
        fake.release("look");
    };
    let (answers, ()) = in_no_time(async { tokio::join!(queries, looked) }).await;
    for answer in answers {
        assert_eq!(answer.unwrap(), [0]);
    }
    assert_eq!(fake.sent("Config").len(), 3);
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
