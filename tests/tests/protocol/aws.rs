//! What only the services of AWS have; the rest of them is with the other clouds.

use std::collections::BTreeSet;
use std::convert::Infallible;
use std::env;
use std::future::ready;
use std::process::Command;
use std::sync::atomic::{AtomicU16, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures::TryStreamExt;
use lakeorm::aws::{Aws, Endpoint};
use lakeorm::spark::SparkDriver;
use lakeorm::{Client, ErrorKind, query, query_stream};
use lakeorm_tests::fake::{Failure, Fake, batch, execute};
use lakeorm_tests::proxy::Proxy;

use crate::setup::{every_text, numbers, soon};

const HOUR: Duration = Duration::from_secs(3600);

#[tokio::test]
async fn a_server_that_takes_few_sessions_ever_gets_one() {
    let running = || execute().send(batch(&numbers(0..3))).interrupted();
    let fake = Fake::start([running(), running(), running()]).await;
    let address = format!("http://localhost:{}", fake.port());
    let endpoint = move || ready(Ok::<_, Infallible>(Endpoint::new(&address, "t")));
    let drv = Aws::emr_serverless(endpoint).builder().pool_size(3).build().unwrap();
    let db = Client::new(drv.clone());
    let mut held = Vec::new();
    for _ in 0..3 {
        let mut rows = query_stream::<(i64,)>(&db, drv.from_sql("SELECT id FROM t"));
        assert_eq!(soon(rows.try_next()).await.unwrap(), Some((0,)));
        held.push(rows);
    }
    drop(held);
    drop(soon(drv.session()).await.unwrap());
    soon(drv.close()).await.unwrap();
    let sessions: BTreeSet<String> = fake.requests().into_iter().map(|request| request.session_id).collect();
    assert_eq!(sessions.len(), 1);
    assert!(fake.sent("ReleaseSession").is_empty());
    fake.finish();
}

/// The caller has written no id that could be another one.
#[tokio::test]
async fn a_shared_session_that_the_server_has_ended_for_good_is_followed_by_another() {
    let one = |id: i64| execute().answer([numbers(id..id + 1)]);
    let ended = execute().fail(Failure::spark("INVALID_HANDLE.SESSION_CLOSED", "08003"));
    let fake = Fake::start([one(1), ended, one(2), one(3)]).await;
    let address = format!("http://localhost:{}", fake.port());
    let endpoint = move || ready(Ok::<_, Infallible>(Endpoint::new(&address, "t")));
    let drv = Aws::glue(endpoint).shared_session(true).builder().pool_size(2).build().unwrap();
    let db = Client::new(drv.clone());
    for id in 1..4 {
        assert_eq!(soon(query::<(i64,)>(&db, "SELECT id FROM t")).await.unwrap(), [(id,)]);
    }
    soon(drv.close()).await.unwrap();
    let sessions = fake.sessions("ExecutePlan");
    assert_eq!((sessions[0] == sessions[1], sessions[2] == sessions[3]), (true, true));
    assert_ne!(sessions[0], sessions[2]);
    assert!(fake.sent("ReleaseSession").is_empty());
    fake.finish();
}

#[tokio::test]
async fn another_session_of_the_service_is_used_from_then_on() {
    let one = |id: i64| execute().answer([numbers(id..id + 1)]);
    let fake = Fake::start([one(1), one(2)]).await;
    let address = format!("http://localhost:{}", fake.port());
    let current = Arc::new(Mutex::new("s-first"));
    let asked = Arc::clone(&current);
    let endpoint = move || {
        let session = *asked.lock().unwrap();
        ready(Ok::<_, Infallible>(Endpoint::new(address.as_str(), "t").session(session)))
    };
    let drv = Aws::emr_on_ec2(endpoint).build().unwrap();
    let db = Client::new(drv.clone());
    let read = || async { soon(query::<(i64,)>(&db, drv.from_sql("SELECT id FROM t"))).await.unwrap() };
    assert_eq!(read().await, [(1,)]);
    *current.lock().unwrap() = "s-second";
    assert_eq!(read().await, [(2,)]);
    let sent = fake.sent("ExecutePlan");
    let sessions: Vec<_> = sent.iter().map(|request| request.header("authorization")).collect();
    assert_eq!(sessions, [Some("s-first"), Some("s-second")]);
    fake.finish();
}

#[tokio::test]
async fn a_service_that_moved_is_used_at_its_new_address() {
    for shared in [false, true] {
        let one = |id: i64| execute().answer([numbers(id..id + 1)]);
        let old = Fake::start([one(1), one(2)]).await;
        let new = Fake::start([execute().answer([]), one(3), one(4)]).await;
        let address = |fake: &Fake| format!("http://localhost:{}", fake.port());
        let current = Arc::new(Mutex::new(address(&old)));
        let asked = Arc::clone(&current);
        let endpoint = move || ready(Ok::<_, Infallible>(Endpoint::new(&*asked.lock().unwrap(), "t")));
        let aws = Aws::glue(endpoint).shared_session(shared);
        let drv = aws.builder().pool_size(2).build().unwrap();
        let db = Client::new(drv.clone());
        let read = || async { soon(query::<(i64,)>(&db, "SELECT id FROM t")).await.unwrap() };
        let held = soon(drv.session()).await.unwrap();
        let in_held = Client::new(held.clone());
        assert_eq!(soon(query::<(i64,)>(&in_held, "SELECT id FROM t")).await.unwrap(), [(1,)]);
        assert_eq!(read().await, [(2,)]);

        *current.lock().unwrap() = address(&new);
        soon(async { db.exec("DELETE FROM t").await }).await.unwrap();
        assert_eq!(read().await, [(3,)]);
        // What was set in a session that is held is at the old address.
        let error = soon(query::<(i64,)>(&in_held, "SELECT id FROM t")).await.unwrap_err();
        assert!(error.is_session_lost() && error.is_retryable(), "{error}");
        drop((held, in_held));
        assert_eq!(read().await, [(4,)]);
        soon(db.close()).await.unwrap();
        old.finish();
        new.finish();
    }
}

#[tokio::test]
async fn a_service_that_gives_no_endpoint_stops_no_query_while_the_token_is_good() {
    let one = |id: i64| execute().answer([numbers(id..id + 1)]);
    let fake = Fake::start([one(1), one(2)]).await;
    let endpoint = Endpoint::new(format!("http://localhost:{}", fake.port()), "t");
    let given = Mutex::new(Some(endpoint.expiring_in(Duration::from_secs(3600))));
    let ask = move || {
        let endpoint = given.lock().unwrap().take();
        ready(endpoint.ok_or_else(|| std::io::Error::other("ThrottlingException")))
    };
    let drv = Aws::glue(ask).builder().pool_size(2).build().unwrap();
    let held = soon(drv.session()).await.unwrap();
    assert_eq!(soon(query::<(i64,)>(&Client::new(held.clone()), "SELECT id FROM t")).await.unwrap(), [(1,)]);
    // It opens a session of its own, for which the service is asked.
    assert_eq!(soon(query::<(i64,)>(&Client::new(drv.clone()), "SELECT id FROM t")).await.unwrap(), [(2,)]);
    drop(held);
    soon(drv.close()).await.unwrap();
    fake.finish();
}

#[tokio::test]
async fn a_service_that_needs_its_session_says_what_to_call() {
    let endpoint = || ready(Ok::<_, Infallible>(Endpoint::new("https://emr.invalid", "t0ken")));
    let drv = Aws::emr_on_ec2(endpoint).build().unwrap();
    let error = soon(query::<(i64,)>(&Client::new(drv), "SELECT id FROM t")).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Config, "{error}");
    assert!(every_text(&error).contains("give it with `Endpoint::session`"), "{error}");
}

/// The token is good for an hour, so that nothing else has the service asked again.
#[tokio::test]
async fn a_service_whose_old_address_is_dead_is_used_at_its_new_one_ahead_of_the_end_of_the_token() {
    for (shared, names_sessions) in [(true, true), (true, false), (false, true), (false, false)] {
        let server = |script| match names_sessions {
            true => Fake::builder().script(script),
            false => Fake::builder().names_no_sessions().script(script),
        };
        let one = |id: i64| [execute().answer([numbers(id..id + 1)])];
        let (old, new) = (server(one(1)).start().await, server(one(2)).start().await);
        let proxy = Proxy::before(&old).await;
        let port = Arc::new(AtomicU16::new(proxy.address().port()));
        let asked = Arc::clone(&port);
        let endpoint = move || {
            let address = format!("http://localhost:{}", asked.load(Ordering::Relaxed));
            ready(Ok::<_, Infallible>(Endpoint::new(address, "t").expiring_in(HOUR)))
        };
        let drv =
            Aws::emr_serverless(endpoint).shared_session(shared).builder().pool_size(1).build().unwrap();
        let db = Client::new(drv);
        let read = || soon(query::<(i64,)>(&db, "SELECT id FROM t"));
        assert_eq!(read().await.unwrap(), [(1,)]);
        port.store(new.port(), Ordering::Relaxed);
        proxy.refuse();
        assert_eq!(read().await.unwrap(), [(2,)], "shared: {shared}, names: {names_sessions}");
        soon(db.close()).await.unwrap();
        old.finish();
        new.finish();
    }
}

/// What a query says that does not reach its server.
async fn unreached(drv: SparkDriver) -> String {
    let error = soon(query::<(i64,)>(&Client::new(drv), "SELECT id FROM t")).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Connect, "{error}");
    error.to_string()
}

fn far_away() -> Aws {
    Aws::glue(|| ready(Ok::<_, Infallible>(Endpoint::new("https://glue.invalid", "t0ken"))))
}

/// Runs itself in a process of its own: this one cannot change its environment while others read it.
#[tokio::test]
async fn a_service_is_reached_through_the_proxy_of_the_environment() {
    const TEST: &str = "aws::a_service_is_reached_through_the_proxy_of_the_environment";
    const PROXY: &str = "http://127.0.0.1:9";
    if env::var("HTTPS_PROXY").is_ok_and(|proxy| proxy == PROXY) {
        let told = unreached(far_away().build().unwrap()).await;
        assert!(told.contains("cannot connect to the proxy 127.0.0.1:9"), "{told}");
        return;
    }
    let mut itself = Command::new(env::current_exe().unwrap());
    itself.args(["--exact", TEST]).env("HTTPS_PROXY", PROXY).env_remove("NO_PROXY").env_remove("no_proxy");
    let ended = itself.output().unwrap();
    let told = String::from_utf8_lossy(&ended.stdout);
    assert!(ended.status.success() && told.contains("1 passed"), "{told}");
}

#[tokio::test]
async fn options_of_the_connections_add_up() {
    let through = far_away().channel(|channel| channel.proxy("http://127.0.0.1:9"));
    let told = unreached(through.clone().channel(|channel| channel.connections(2)).build().unwrap()).await;
    assert!(told.contains("cannot connect to the proxy 127.0.0.1:9"), "{told}");

    let wrong = through.channel(|channel| channel.stream_window(1)).build().unwrap();
    let error = soon(query::<(i64,)>(&Client::new(wrong), "SELECT id FROM t")).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Config, "{error}");

    let error = far_away().builder().proxy("http://127.0.0.1:9").build().unwrap_err();
    assert!(error.to_string().contains("for a service of AWS, with `Aws::channel`"), "{error}");
}

/// As errors of the SDK are built: the text of the first is the same for all refusals.
#[derive(Debug)]
struct ServiceError(std::io::Error);

impl std::fmt::Display for ServiceError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("service error")
    }
}

impl std::error::Error for ServiceError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.0)
    }
}

#[tokio::test]
async fn a_service_that_refuses_the_caller_is_told_with_its_reason() {
    let refusal = || ServiceError(std::io::Error::other("AccessDeniedException: ada is not authorized"));
    let drv = Aws::glue(move || ready(Err::<Endpoint, _>(refusal()))).build().unwrap();
    let error = soon(query::<(i64,)>(&Client::new(drv), "SELECT id FROM t")).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unauthenticated);
    let told = "Glue gave no endpoint: service error: AccessDeniedException: ada is not authorized";
    assert!(every_text(&error).contains(told), "{error}");
}
