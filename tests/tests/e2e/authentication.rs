//! Tokens and TLS on a real server.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use arrow_array::RecordBatch;
use futures::TryStreamExt;
use lakeorm::spark::{SparkDriver, SparkDriverBuilder};
use lakeorm::{Client, ErrorKind, query};
use lakeorm_tests::engine::{Ability, Engine};
use lakeorm_tests::tls::{Authority, Front, Identity, TlsFront, Valid};
use lakeorm_tests::trace::Trace;
use spark_connect::{AccessToken, Channel, Relation, Session, Sql, Tls};

const SQL: &str = "SELECT id FROM range(3)";

async fn rows(builder: SparkDriverBuilder) -> lakeorm::Result<Vec<i64>> {
    let drv = builder.pool_size(1).build().unwrap();
    let read = query::<(i64,)>(&Client::new(drv.clone()), drv.from_sql(SQL)).await;
    drv.close().await.unwrap();
    read.map(|rows| {
        let mut ids: Vec<i64> = rows.into_iter().map(|(id,)| id).collect();
        ids.sort_unstable();
        ids
    })
}

/// The right, a wrong and no token. A server that wants none takes any.
#[tokio::test]
async fn a_server_takes_the_right_token_only_if_it_wants_one() {
    let engine = Engine::from_env();
    let trace = Trace::start();
    let (remote, right) = match engine.guarded() {
        Some(guarded) => (guarded.remote, guarded.token),
        None => (engine.remote.replace("127.0.0.1", "localhost"), "s3cret-of-nobody".to_owned()),
    };
    let builder = |suffix: &str| SparkDriver::builder(format!("{remote}{suffix}"));
    assert_eq!(rows(builder(&format!("/;token={right}"))).await.unwrap(), [0, 1, 2]);
    let provided =
        builder("").token_provider(spark_connect::token::StaticToken::new(right.as_str()).unwrap());
    assert_eq!(rows(provided).await.unwrap(), [0, 1, 2]);
    for suffix in ["/;token=s3cret-but-wrong", ""] {
        let read = rows(builder(suffix)).await;
        match engine.guarded() {
            None => assert_eq!(read.unwrap(), [0, 1, 2]),
            Some(_) => {
                let error = read.unwrap_err();
                assert_eq!(error.kind(), ErrorKind::Unauthenticated, "{error:?}");
                assert!(!format!("{error:?}").contains("s3cret"), "{error:?}");
            }
        }
    }
    trace.assert_holds_none_of(&[&right, "s3cret-but-wrong"]);
}

/// A provider that gives a stale token before each step: the session and what is in it stay, and a statement runs once.
#[tokio::test]
async fn a_token_that_is_rotated_while_it_is_used_loses_neither_session_nor_statement() {
    let engine = Engine::from_env();
    let (remote, right) = match engine.guarded() {
        Some(guarded) => (guarded.remote, guarded.token),
        None => (engine.remote.replace("127.0.0.1", "localhost"), "any".to_owned()),
    };
    let (stale, asked) = (Arc::new(AtomicBool::new(true)), Arc::new(AtomicUsize::new(0)));
    let (rotated, counter) = (Arc::clone(&stale), Arc::clone(&asked));
    // No token is kept, so that each call asks.
    let provider = move || {
        counter.fetch_add(1, Ordering::SeqCst);
        let stale = rotated.swap(false, Ordering::SeqCst);
        let secret = if stale { "s3cret-but-stale".to_owned() } else { right.clone() };
        async move { Ok(AccessToken::new(secret)?.expiring_in(Duration::ZERO)) }
    };
    let channel = Channel::builder(remote.parse().unwrap()).token_provider(provider).build().unwrap();
    let session = Session::new(&channel);
    session.set_confs([("spark.sql.session.timeZone", "Asia/Tokyo")]).await.unwrap();
    // Here the stale token met a server: where one is wanted it was asked for once more, and where sessions are made anew a
    // second call marks the session.
    let makes_anew = !engine.has(Ability::SharedTables) || !engine.has(Ability::KeepsSessions);
    assert_eq!(asked.load(Ordering::SeqCst), if engine.guarded().is_some() || makes_anew { 2 } else { 1 });
    if !engine.has(Ability::SharedTables) {
        // Sail takes the place of managed tables from the session.
        let place = engine.dir.display().to_string();
        session.set_confs([("spark.sql.warehouse.dir", place)]).await.unwrap();
    }

    let table = engine.unique("rotated");
    let format = engine.table_format();
    for statement in [
        format!("CREATE TABLE {table} {format} AS SELECT 1 AS id"),
        format!("INSERT INTO {table} SELECT 2 AS id"),
    ] {
        // What releases the session of the step before must not take the stale token.
        channel.drained().await;
        stale.store(true, Ordering::SeqCst);
        session.command(&Sql::new(statement)).await.unwrap();
        assert!(!stale.load(Ordering::SeqCst));
    }
    channel.drained().await;
    stale.store(true, Ordering::SeqCst);
    let relation = Relation::sql(format!("SELECT id FROM {table}"));
    let batches: Vec<RecordBatch> = session.query(&relation).try_collect().await.unwrap();
    assert_eq!(batches.iter().map(RecordBatch::num_rows).sum::<usize>(), 2);
    channel.drained().await;
    stale.store(true, Ordering::SeqCst);
    let zone = session.confs(["spark.sql.session.timeZone"]).await.unwrap();
    assert_eq!(zone["spark.sql.session.timeZone"], "Asia/Tokyo");
    session.command(&Sql::new(format!("DROP TABLE {table}"))).await.unwrap();
    session.release().await.unwrap();
    channel.drained().await;
}

/// TLS ends in front of the server, as it does at a load balancer. Where the server wants a token it travels inside.
#[tokio::test]
async fn a_server_behind_tls_is_reached_with_its_authority_and_a_client_certificate() {
    let engine = Engine::from_env();
    let (server, token) = match engine.guarded() {
        Some(guarded) => (guarded.address(), guarded.token),
        None => (engine.address(), "any".to_owned()),
    };
    let (servers, clients) = (Authority::new("servers"), Authority::new("clients"));
    let names = ["spark.example.com", "127.0.0.1"];
    let (good, expired) = (servers.issue(&names, Valid::Now), servers.issue(&names, Valid::Until2020));
    let me = clients.issue(&["me"], Valid::Now);
    let front = |identity, clients| TlsFront::start(server, Front { identity, clients, tls12: false });
    let at = |front: &TlsFront| SparkDriver::builder(format!("sc://{}/;token={token}", front.address()));
    let trusting = || Tls::new().ca(servers.pem()).system_roots(false);
    let showing = |me: &Identity| trusting().client_certificate(me.certificate.as_str(), me.key.as_str());

    let plain = front(&good, None).await;
    assert_eq!(rows(at(&plain).tls(trusting())).await.unwrap(), [0, 1, 2]);
    assert_eq!(rows(at(&plain).tls(trusting().server_name("spark.example.com"))).await.unwrap(), [0, 1, 2]);
    let mutual = front(&good, Some(&clients)).await;
    assert_eq!(rows(at(&mutual).tls(showing(&me))).await.unwrap(), [0, 1, 2]);
    let late = front(&expired, None).await;
    for (builder, told) in [
        (at(&plain), "is not signed by a CA that this client trusts"),
        (
            at(&plain).tls(trusting().server_name("other.example.com")),
            "is for spark.example.com, 127.0.0.1 and not",
        ),
        (at(&late).tls(trusting()), "has expired"),
        (at(&mutual).tls(trusting()), "wants a client certificate"),
    ] {
        let error = rows(builder).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Connect, "{error:?}");
        assert!(format!("{error:?}").contains(told), "{error:?}");
    }
}
