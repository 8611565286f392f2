//! Tokens that a provider gives: asked for once by many, renewed without a loss, tried once more after a refusal, and
//! never shown.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use futures::future::join_all;
use lakeorm::spark::SparkDriver;
use lakeorm::{Client, query};
use lakeorm_tests::fake::{Code, Failure, Fake, TokenRefusal, batch, execute, reattach_from};
use lakeorm_tests::trace::Trace;
use spark_connect::token::{EnvToken, FileToken, StaticToken};
use spark_connect::{AccessToken, Channel, Error, ErrorKind, Session, Sql, Timer, TokenProvider};
use tokio::sync::Semaphore;
use uuid::Uuid;

use crate::sent;
use crate::setup::{all, counted, every_text, next, numbers, select, soon};

const HOUR: Duration = Duration::from_secs(3600);

/// A provider that gives these tokens one after the other and then the last for ever, and how often it was asked.
fn in_turn(tokens: &'static [&'static str]) -> (impl TokenProvider, Arc<AtomicUsize>) {
    let asked = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&asked);
    let provider = move || {
        let number = counter.fetch_add(1, Ordering::SeqCst).min(tokens.len() - 1);
        async move { Ok(AccessToken::new(tokens[number])?.expiring_in(HOUR)) }
    };
    (provider, asked)
}

/// A provider that gives one token, and fails with this message from then on.
fn one_token_then(message: &'static str) -> impl TokenProvider {
    let asked = AtomicUsize::new(0);
    move || {
        let is_first = asked.fetch_add(1, Ordering::SeqCst) == 0;
        async move {
            match is_first {
                true => Ok(AccessToken::new("sesame")?.expiring_in(HOUR)),
                false => Err(Error::new(ErrorKind::Connect, message)),
            }
        }
    }
}

/// `127.0.0.1` would want TLS with a token; `localhost` does not.
fn local(fake: &Fake) -> String {
    format!("sc://localhost:{}", fake.port())
}

fn with(fake: &Fake, provider: impl TokenProvider) -> Session {
    let channel = Channel::builder(local(fake).parse().unwrap()).token_provider(provider).build().unwrap();
    Session::new(&channel)
}

fn bearers(fake: &Fake) -> Vec<String> {
    let bearer = |request: &lakeorm_tests::fake::Request| {
        request.header("authorization").unwrap_or("none").trim_start_matches("Bearer ").to_owned()
    };
    fake.requests().iter().map(bearer).collect()
}

#[tokio::test]
async fn every_call_carries_the_token_of_the_provider_and_the_sessions_id_where_it_is_wanted() {
    let fake = Fake::builder().token("sesame").script(sent::for_every_rpc()).start().await;
    let (provider, asked) = in_turn(&["sesame"]);
    let channel = Channel::builder(local(&fake).parse().unwrap())
        .token_provider(provider)
        .session_id_header("X-Databricks-Session-Id")
        .build()
        .unwrap();
    let session = Session::new(&channel);
    let requests = sent::every_rpc(&fake, &session).await;
    assert_eq!(sent::rpcs(&requests), BTreeSet::from(sent::ALL));
    let id = session.id().to_string();
    for request in &requests {
        let rpc = request.rpc;
        assert_eq!(request.header("authorization"), Some("Bearer sesame"), "{rpc}");
        assert_eq!(request.header("x-databricks-session-id"), Some(id.as_str()), "{rpc}");
    }
    assert_eq!(asked.load(Ordering::SeqCst), 1);
    fake.finish();
}

#[tokio::test]
async fn a_header_for_the_sessions_id_that_cannot_be_sent_is_refused() {
    for name in ["x session", "authorization", "grpc-session", "session-bin", ""] {
        let channel = Channel::builder("sc://localhost".parse().unwrap()).session_id_header(name).build();
        let error = channel.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidOption, "{name}");
        assert!(error.to_string().starts_with("`session_id_header` cannot be sent: "), "{error}");
    }
}

#[test]
fn a_token_and_another_authorization_do_not_share_a_header() {
    let builder = |token: &str| {
        let remote = format!("sc://localhost/;authorization=Basic%20czNjcmV0{token}");
        Channel::builder(remote.parse().unwrap())
    };
    let provided = || builder("").token_provider(StaticToken::new("s3cret").unwrap());
    for clash in [builder(";token=s3cret"), provided(), provided().token_header("Authorization", "Token ")] {
        let error = clash.build().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidOption);
        assert!(error.to_string().starts_with("`authorization` is given as a header"), "{error}");
    }
    for apart in [builder(""), provided().token_header("x-aws-proxy-auth", "")] {
        apart.build().unwrap();
    }
}

#[tokio::test]
async fn a_hundred_calls_at_once_ask_for_one_token() {
    for lifetime in [None, Some(HOUR)] {
        let fake = Fake::builder().token("sesame").start().await;
        let asked = Arc::new(AtomicUsize::new(0));
        let leave = Arc::new(Semaphore::new(0));
        let (counter, gate) = (Arc::clone(&asked), Arc::clone(&leave));
        let session = with(&fake, move || {
            counter.fetch_add(1, Ordering::SeqCst);
            let gate = Arc::clone(&gate);
            async move {
                gate.acquire().await.unwrap().forget();
                let token = AccessToken::new("sesame")?;
                Ok(lifetime.map_or_else(|| token.clone(), |lifetime| token.clone().expiring_in(lifetime)))
            }
        });
        let calls = join_all((0..100).map(|_| session.confs(["a"])));
        let opened = async {
            // The runtime has one thread: every call waits for the token before this goes on.
            tokio::task::yield_now().await;
            leave.add_permits(100);
        };
        let (answers, ()) = soon(async { tokio::join!(calls, opened) }).await;
        assert!(answers.into_iter().all(|answer| answer.is_ok()));
        assert_eq!(asked.load(Ordering::SeqCst), 1);
        assert_eq!(bearers(&fake), vec!["sesame"; 100]);
        fake.finish();
    }
}

#[tokio::test]
async fn a_token_that_has_ended_is_not_sent_again() {
    let fake = Fake::start([]).await;
    let number = AtomicUsize::new(0);
    let session = with(&fake, move || {
        let number = number.fetch_add(1, Ordering::SeqCst) + 1;
        async move { Ok(AccessToken::new(format!("t{number}"))?.expiring_in(Duration::ZERO)) }
    });
    for _ in 0..3 {
        soon(session.confs(["a"])).await.unwrap();
    }
    assert_eq!(bearers(&fake), ["t1", "t2", "t3"]);
    fake.finish();
}

#[tokio::test]
async fn the_words_of_a_provider_that_fails_are_not_logged() {
    const WORDS: &str = "words-of-the-provider";
    let trace = Trace::start();
    let fake = Fake::start([]).await;
    let session = with(&fake, one_token_then(WORDS));
    soon(session.confs(["a"])).await.unwrap();
    tokio::time::pause();
    tokio::time::advance(Duration::from_secs(55 * 60)).await;
    tokio::time::resume();
    soon(session.confs(["a"])).await.unwrap();
    soon(async {
        while !trace.text().contains("the token could not be renewed") {
            tokio::task::yield_now().await;
        }
    })
    .await;
    trace.assert_holds_none_of(&[WORDS]);
    fake.finish();
}

#[tokio::test]
async fn a_call_that_is_refused_is_made_once_more_with_another_token() {
    for refusal in TokenRefusal::ALL {
        let builder = Fake::builder().token("fresh").refuses_tokens(refusal);
        let answer = || execute().answer([numbers(0..3)]);
        let fake = builder.script([answer(), answer()]).start().await;
        let (provider, asked) = in_turn(&["stale", "fresh"]);
        let session = with(&fake, provider);
        assert_eq!(all(select(&session)).await.unwrap(), counted(0..3));
        assert_eq!(asked.load(Ordering::SeqCst), 2);
        assert_eq!(&bearers(&fake)[..2], ["stale", "fresh"]);
        assert_eq!(all(select(&session)).await.unwrap(), counted(0..3));
        assert_eq!(fake.sent("ExecutePlan").len(), 3);
        assert_eq!(asked.load(Ordering::SeqCst), 2);
        fake.finish();
    }
}

#[tokio::test]
async fn a_token_that_the_server_has_not_seen_is_tried_before_a_statement_is_sent() {
    for refusal in TokenRefusal::ALL {
        let builder = Fake::builder().token("fresh").refuses_tokens(refusal);
        let fake = builder.script([execute().answer([])]).start().await;
        let (provider, _) = in_turn(&["stale", "fresh"]);
        let session = with(&fake, provider);
        let insert = Sql::new("INSERT INTO t VALUES (1)");
        soon(session.command(&insert)).await.unwrap();
        assert_eq!(bearers(&fake)[..3], ["stale", "fresh", "fresh"]);
        assert_eq!((fake.sent("Config").len(), fake.sent("ExecutePlan").len()), (2, 1));
        fake.finish();
    }
}

/// The server took the token before, so nothing is asked first; whatever it answers then, the statement is not sent again.
#[tokio::test]
async fn a_statement_that_is_refused_for_its_token_is_sent_once_and_its_repetition_has_another_token() {
    for refusal in TokenRefusal::ALL {
        let builder = Fake::builder().token("before").refuses_tokens(refusal);
        let fake = builder.script([execute().answer([])]).start().await;
        let (provider, asked) = in_turn(&["before", "after"]);
        let session = with(&fake, provider);
        soon(session.confs(["a"])).await.unwrap();
        fake.change_token("after");
        let insert = Sql::new("INSERT INTO t VALUES (1)");
        let error = soon(session.command(&insert)).await.unwrap_err();
        assert_eq!((error.kind(), error.may_have_run()), (ErrorKind::Unauthenticated, true), "{error}");
        assert!(!error.is_retryable());
        assert_eq!((asked.load(Ordering::SeqCst), fake.sent("ExecutePlan").len()), (1, 1));
        soon(session.command(&insert)).await.unwrap();
        assert_eq!((asked.load(Ordering::SeqCst), fake.sent("ExecutePlan").len()), (2, 2));
        fake.finish();
    }
}

/// A provider does not make a statement safe to send again, and another token does not let its user do more.
#[tokio::test]
async fn nothing_is_sent_again_for_another_reason_than_the_token() {
    let denied = || Failure::status(Code::PermissionDenied, "no").class("INSUFFICIENT_PERMISSIONS");
    let fake = Fake::builder()
        .token("good")
        .script([
            execute().fail(denied()),
            execute().fail(denied()),
            execute().fail(Failure::unavailable("gone")),
            reattach_from(None).answer([]),
        ])
        .start()
        .await;
    let (provider, asked) = in_turn(&["good", "better"]);
    let session = with(&fake, provider);
    let insert = Sql::new("INSERT INTO t VALUES (1)");
    let query = all(select(&session)).await.unwrap_err();
    let statement = soon(session.command(&insert)).await.unwrap_err();
    for error in [query, statement] {
        assert_eq!(
            (error.kind(), error.is_permission_denied()),
            (ErrorKind::Unauthenticated, true),
            "{error}"
        );
    }
    soon(session.command(&insert)).await.unwrap();
    assert_eq!(fake.sent("ExecutePlan").len(), 3);
    assert_eq!(asked.load(Ordering::SeqCst), 1);
    fake.finish();
}

/// Some gateways end the stream of a result with its token.
#[tokio::test]
async fn what_runs_when_its_token_ends_is_waited_for_with_the_next() {
    for code in [Code::Unauthenticated, Code::PermissionDenied] {
        let ended = || Failure::status(code, "the token has expired");
        let fake = Fake::builder()
            .token("first")
            .script([
                execute().send(batch(&numbers(0..2))).stall("query").fail(ended()),
                reattach_from(Some("r1")).answer([numbers(2..4)]),
                execute().stall("statement").fail(ended()),
                reattach_from(None).answer([]),
            ])
            .start()
            .await;
        let (provider, asked) = in_turn(&["first", "second", "third"]);
        let session = with(&fake, provider);
        let mut batches = select(&session);
        assert_eq!(next(&mut batches).await, [0, 1]);
        fake.change_token("second");
        fake.release("query");
        assert_eq!(all(batches).await.unwrap(), [2, 3]);

        let insert = Sql::new("INSERT INTO t VALUES (1)");
        let token_ends = async {
            fake.wait_for_nth("ExecutePlan", 2).await;
            fake.change_token("third");
            fake.release("statement");
        };
        let (inserted, ()) = soon(async { tokio::join!(session.command(&insert), token_ends) }).await;
        inserted.unwrap();
        assert_eq!((fake.sent("ExecutePlan").len(), fake.sent("ReattachExecute").len()), (2, 2));
        assert_eq!(asked.load(Ordering::SeqCst), 3);
        fake.finish();
    }
}

/// Some gateways limit calls by that code.
#[tokio::test]
async fn who_was_let_in_before_waits_for_what_runs_where_a_gateway_turns_calls_away() {
    let away = || Failure::status(Code::PermissionDenied, "slow down");
    let fake = Fake::start([
        execute().send(batch(&numbers(0..2))).fail(Failure::unavailable("gone")),
        reattach_from(Some("r1")).fail(away()),
        reattach_from(Some("r1")).fail(away()),
        reattach_from(Some("r1")).answer([numbers(2..4)]),
        execute().fail(Failure::unavailable("gone")),
        reattach_from(None).fail(away()),
        reattach_from(None).answer([]),
    ])
    .await;
    for remote in [format!("{}/;token=only", local(&fake)), local(&fake)] {
        let timer = Timer::new(|_| Box::pin(async {}), || 1.0);
        let channel = Channel::builder(remote.parse().unwrap()).timer(timer);
        let is_fixed = remote.contains("token");
        let channel = match is_fixed {
            true => channel,
            false => channel.token_provider(in_turn(&["first", "second"]).0),
        };
        let session = Session::new(&channel.build().unwrap());
        match is_fixed {
            true => assert_eq!(all(select(&session)).await.unwrap(), [0, 1, 2, 3]),
            false => drop(soon(session.command(&Sql::new("INSERT INTO t VALUES (1)"))).await.unwrap()),
        }
    }
    assert_eq!(fake.sent("ExecutePlan").len(), 2);
    fake.finish();
}

#[tokio::test]
async fn what_runs_is_interrupted_where_a_gateway_turns_calls_away_for_long() {
    let away = || Failure::status(Code::PermissionDenied, "slow down");
    let running = execute().send(batch(&numbers(0..2))).fail(Failure::unavailable("gone")).interrupted();
    let turned_away = (0..9).map(|_| reattach_from(Some("r1")).fail(away()));
    let fake = Fake::start(std::iter::once(running).chain(turned_away)).await;
    let timer = Timer::new(|_| Box::pin(async {}), || 1.0);
    let remote = format!("{}/;token=only", local(&fake));
    let channel = Channel::builder(remote.parse().unwrap()).timer(timer).build().unwrap();
    let error = all(select(&Session::new(&channel))).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unauthenticated, "{error}");
    fake.settled().await;
    assert_eq!(fake.sent("ReattachExecute").len(), 9);
    assert!(!fake.sent("Interrupt").is_empty());
    fake.finish();
}

#[tokio::test]
async fn a_plan_that_is_refused_with_that_code_is_refused_at_once() {
    let denied = || Failure::status(Code::PermissionDenied, "slow down");
    let fake = Fake::start([execute().fail(denied()), execute().fail(denied())]).await;
    let remote = format!("{}/;token=only", local(&fake));
    let session = Session::new(&Channel::builder(remote.parse().unwrap()).build().unwrap());
    soon(session.confs(["a"])).await.unwrap();
    assert_eq!(all(select(&session)).await.unwrap_err().kind(), ErrorKind::Unauthenticated);
    let error = soon(session.command(&Sql::new("INSERT INTO t VALUES (1)"))).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unauthenticated);
    assert!(fake.sent("ReattachExecute").is_empty());
    fake.finish();
}

#[tokio::test]
async fn a_statement_that_runs_when_the_only_token_ends_may_have_run() {
    let ended = Failure::status(Code::Unauthenticated, "the token has expired");
    let fake = Fake::start([execute().stall("ended").fail(ended)]).await;
    let session = with(&fake, StaticToken::new("only").unwrap());
    fake.release("ended");
    let insert = Sql::new("INSERT INTO t VALUES (1)");
    let error = soon(session.command(&insert)).await.unwrap_err();
    assert_eq!((error.kind(), error.may_have_run()), (ErrorKind::OutcomeUnknown, true), "{error}");
    assert_eq!((fake.sent("ExecutePlan").len(), fake.sent("ReattachExecute").len()), (1, 0));
    fake.finish();
}

#[tokio::test]
async fn a_second_refusal_is_final() {
    for refusal in TokenRefusal::ALL {
        let fake = Fake::builder().token("wanted").refuses_tokens(refusal).start().await;
        let (provider, asked) = in_turn(&["first", "second", "third"]);
        let session = with(&fake, provider);
        for error in [soon(session.confs(["a"])).await.unwrap_err(), all(select(&session)).await.unwrap_err()]
        {
            assert_eq!(error.kind(), ErrorKind::Unauthenticated);
            assert!(error.to_string().starts_with(&format!("localhost:{} refuses ", fake.port())), "{error}");
        }
        assert_eq!(&bearers(&fake)[..4], ["first", "second", "second", "third"]);
        assert_eq!(asked.load(Ordering::SeqCst), 3);
        fake.finish();
    }
}

/// The server may mean the user and not the token, which a provider that is away says nothing of.
#[tokio::test]
async fn a_refusal_of_the_user_is_told_though_the_provider_fails() {
    let denied = || Failure::status(Code::PermissionDenied, "no grant on the cluster");
    let fake = Fake::builder().refuse("Config", denied()).start().await;
    let session = with(&fake, one_token_then("the token endpoint is down"));
    let error = soon(session.confs(["a"])).await.unwrap_err();
    assert_eq!((error.kind(), error.is_permission_denied()), (ErrorKind::Unauthenticated, true), "{error}");
    assert!(error.to_string().contains("no grant on the cluster"), "{error}");
    // The token is still good for what the user may do.
    soon(session.spark_version()).await.unwrap();
    assert_eq!(bearers(&fake), ["sesame", "sesame"]);
    fake.finish();
}

#[tokio::test]
async fn a_refused_statement_leaves_a_token_that_may_be_good() {
    let denied = Failure::status(Code::PermissionDenied, "no grant on the table");
    let fake = Fake::start([execute().fail(denied)]).await;
    let session = with(&fake, one_token_then("the token endpoint is down"));
    let error = soon(session.command(&Sql::new("INSERT INTO t VALUES (1)"))).await.unwrap_err();
    assert!(error.is_permission_denied(), "{error}");
    soon(session.spark_version()).await.unwrap();
    fake.finish();
}

#[tokio::test]
async fn the_same_token_is_not_tried_twice() {
    let fake = Fake::builder().token("wanted").start().await;
    let session = with(&fake, StaticToken::new("wrong").unwrap());
    let error = soon(session.confs(["a"])).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unauthenticated);
    assert_eq!(bearers(&fake), ["wrong"]);
    fake.finish();
}

#[tokio::test]
async fn a_token_that_changes_under_a_running_query_loses_neither_it_nor_its_session() {
    let fake = Fake::builder()
        .token("before")
        .script([
            execute().send(batch(&numbers(0..2))).stall("changed").end(),
            reattach_from(Some("r1")).answer([numbers(2..4)]),
        ])
        .start()
        .await;
    let (provider, _) = in_turn(&["before", "after"]);
    let session = with(&fake, provider);
    soon(session.set_confs([("k", "v")])).await.unwrap();
    let mut batches = select(&session);
    assert_eq!(next(&mut batches).await, [0, 1]);
    fake.change_token("after");
    fake.release("changed");
    assert_eq!(all(batches).await.unwrap(), [2, 3]);
    assert_eq!(soon(session.confs(["k"])).await.unwrap()["k"], "v");
    let ids: BTreeSet<String> = fake.requests().into_iter().map(|request| request.session_id).collect();
    // The call that was refused was not read.
    assert_eq!(ids, BTreeSet::from([String::new(), session.id().to_string()]));
    assert_eq!(fake.sent("ReattachExecute").len(), 2);
    fake.finish();
}

#[tokio::test]
async fn a_provider_that_fails_fails_the_call_and_nothing_is_sent() {
    let fake = Fake::start([]).await;
    let session = with(&fake, || async { Err(Error::new(ErrorKind::Connect, "the token endpoint is down")) });
    for error in [soon(session.confs(["a"])).await.unwrap_err(), all(select(&session)).await.unwrap_err()] {
        assert_eq!(error.kind(), ErrorKind::Unauthenticated);
        assert!(
            error.to_string().starts_with("there is no token to send: the token endpoint is down"),
            "{error}"
        );
    }
    assert!(fake.requests().is_empty());
    fake.finish();
}

#[tokio::test]
async fn a_file_is_read_with_every_call() {
    let path = std::env::temp_dir().join(format!("lakeorm-token-{}", Uuid::new_v4()));
    std::fs::write(&path, "one\n").unwrap();
    let fake = Fake::start([]).await;
    let session = with(&fake, FileToken::new(&path));
    soon(session.confs(["a"])).await.unwrap();
    std::fs::write(&path, " two ").unwrap();
    soon(session.confs(["a"])).await.unwrap();
    std::fs::write(&path, "s3cr\u{7}et").unwrap();
    let illegal = soon(session.confs(["a"])).await.unwrap_err();
    std::fs::remove_file(&path).unwrap();
    let missing = soon(session.confs(["a"])).await.unwrap_err();
    assert_eq!(bearers(&fake), ["one", "two"]);
    for error in [&illegal, &missing] {
        assert_eq!(error.kind(), ErrorKind::Unauthenticated);
        let told = format!("there is no token to send: the file {} gives no token: ", path.display());
        assert!(error.to_string().starts_with(&told), "{error}");
        assert!(!every_text(error).contains("s3cr"), "{error:?}");
    }
    fake.finish();
}

#[tokio::test]
async fn a_variable_is_read_and_a_missing_one_is_named() {
    let fake = Fake::start([]).await;
    // Cargo sets this one for every test.
    let session = with(&fake, EnvToken::new("CARGO_PKG_NAME"));
    soon(session.confs(["a"])).await.unwrap();
    assert_eq!(bearers(&fake), ["lakeorm-tests"]);
    let session = with(&fake, EnvToken::new("LAKEORM_NO_SUCH_VARIABLE"));
    let error = soon(session.confs(["a"])).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "there is no token to send: the environment variable LAKEORM_NO_SUCH_VARIABLE gives no token: it is not set"
    );
    fake.finish();
}

/// Of every call, also where rows came before.
#[tokio::test]
async fn secrets_that_a_gateway_repeats_are_not_in_the_error() {
    const TOKEN: &str = "s3cret-of-the-url";
    const HEADER: &str = "s3cret-header";
    for code in [Code::Unauthenticated, Code::Internal] {
        let told = || Failure::status(code, format!("no: Bearer {TOKEN}, x-key: {HEADER}"));
        let fake = Fake::builder()
            .script([
                execute().at_work().fail(told()),
                execute().send(batch(&numbers(0..1))).fail(told()).at_work(),
            ])
            .refuse("Config", told())
            .start()
            .await;
        let remote = format!("{}/;token={TOKEN};x-key={HEADER}", local(&fake));
        let fixed = Session::new(&Channel::builder(remote.parse().unwrap()).build().unwrap());
        let provided = Channel::builder(format!("{}/;x-key={HEADER}", local(&fake)).parse().unwrap());
        let provided = provided.token_provider(StaticToken::new(TOKEN).unwrap()).build().unwrap();
        for error in [
            soon(fixed.confs(["a"])).await.unwrap_err(),
            all(select(&fixed)).await.unwrap_err(),
            all(select(&fixed)).await.unwrap_err(),
            soon(Session::new(&provided).confs(["a"])).await.unwrap_err(),
        ] {
            let text = every_text(&error);
            assert!(text.contains("no: Bearer …, x-key: …"), "{code:?}: {text}");
            assert!(!text.contains("s3cret"), "{code:?}: {text}");
        }
        fake.finish();
    }
}

#[tokio::test]
async fn no_token_shows_in_a_log_a_debug_text_or_an_error() {
    const SECRETS: [&str; 4] = ["s3cret-of-the-url", "s3cret-stale", "s3cret-fresh", "s3cret-header"];
    let trace = Trace::start();
    let fake =
        Fake::builder().token("s3cret-fresh").script([execute().answer([numbers(0..1)])]).start().await;
    let remote = format!("{}/;token=s3cret-of-the-url;x-key=s3cret-header", local(&fake));
    let (provider, _) = in_turn(&["s3cret-stale", "s3cret-fresh", "s3cret-stale"]);
    let drv = SparkDriver::builder(&remote).token_provider(provider).build().unwrap();
    let builder =
        Channel::builder(remote.parse().unwrap()).token_provider(StaticToken::new("s3cret-stale").unwrap());
    let rows = soon(query::<(i64,)>(&Client::new(drv.clone()), drv.from_sql("SELECT 1"))).await.unwrap();
    assert_eq!(rows, [(0,)]);
    fake.change_token("another");
    let error = soon(query::<(i64,)>(&Client::new(drv.clone()), drv.from_sql("SELECT 1"))).await.unwrap_err();
    assert_eq!(error.kind(), lakeorm::ErrorKind::Unauthenticated);
    let token = AccessToken::new("s3cret-fresh").unwrap().expiring_in(HOUR);
    let shown = format!(
        "{drv:?} {builder:?} {token:?} {:?} {:?} {}",
        StaticToken::new("s3cret-fresh").unwrap(),
        builder.clone().build().unwrap(),
        every_text(&error)
    );
    for secret in SECRETS {
        assert!(!shown.contains(secret), "{shown}");
    }
    trace.assert_holds_none_of(&SECRETS);
    fake.finish();
}
