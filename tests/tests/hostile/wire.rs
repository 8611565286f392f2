//! What comes below the protocol: HTTP/2 and gRPC as no server of Spark's says them, and TLS that is cut.

use std::future::IntoFuture;
use std::time::Duration;

use bytes::Bytes;
use h2::Reason;
use lakeorm::spark::SparkDriver;
use lakeorm::{Client, query};
use lakeorm_tests::bare::{Answer, Bare, Break, Conduct, Headers, Named};
use lakeorm_tests::fake::{Fake, batch, complete, execute, progress, reattach_from, sql_result};
use lakeorm_tests::proxy::{Fault, Faults, Proxy};
use lakeorm_tests::tls::{Authority, Front, TlsFront, Valid};
use prost::Message;
use spark_connect::{
    Channel, ChannelBuilder, Error, ErrorKind, Relation, RetryPolicy, Session, Sql, Timer, Tls,
};

use crate::abort_on_panic;
use crate::setup::{all, counted, error_of, every_text, next, numbers, select, soon};

async fn bare(conducts: impl IntoIterator<Item = Conduct>) -> Bare {
    abort_on_panic();
    Bare::start(conducts).await
}

/// Twice at most is a call tried again, without a wait to speak of.
fn policy() -> RetryPolicy {
    let wait = Duration::from_millis(1);
    RetryPolicy { max_retries: 2, initial_backoff: wait, max_backoff: wait, ..RetryPolicy::default() }
}

fn channel(server: &Bare) -> ChannelBuilder {
    Channel::builder(server.remote().parse().unwrap()).retry_policy(policy())
}

fn session(server: &Bare) -> Session {
    Session::new(&channel(server).build().unwrap())
}

async fn insert(session: &Session) -> Error {
    soon(session.command(&Sql::new("INSERT INTO t VALUES (1)"))).await.unwrap_err()
}

/// The statement was sent once, and nothing says that it did not run.
async fn leaves_open_whether_it_ran(session: &Session, server: &Bare, what: &str) {
    let before = server.count("ExecutePlan");
    let error = insert(session).await;
    assert_eq!(error.kind(), ErrorKind::OutcomeUnknown, "{what}: {error}");
    assert!(error.may_have_run() && !error.is_retryable(), "{what}");
    assert_eq!(server.count("ExecutePlan") - before, 1, "{what}");
}

/// A result of four rows in two batches and its end.
fn result() -> [Bytes; 3] {
    let first = batch(&numbers(0..2)).with_response_id("r1");
    let second = batch(&numbers(2..4)).with_response_id("r2");
    [first.encode(), second.encode(), complete().with_response_id("r3").encode()]
}

fn executing(answer: Answer) -> Conduct {
    Conduct::Named(vec![("ExecutePlan", answer)])
}

/// Every way in which a call or its connection ends, and a connection that only takes no more calls.
fn breaks() -> Vec<Break> {
    let reasons = || (0..=13).map(Reason::from).chain([Reason::from(0xff), Reason::from(u32::MAX)]);
    reasons().map(Break::Reset).chain(reasons().map(Break::GoAway)).chain([Break::NoMore]).collect()
}

#[tokio::test]
async fn a_result_that_breaks_in_its_middle_comes_whole_and_its_query_is_sent_once() {
    for way in breaks() {
        let [first, second, end] = result();
        let named: Named = vec![("ReattachExecute", Answer::messages([second, end]))];
        let begun = Answer::messages([first]);
        let server = bare([Conduct::Break(way, begun, named.clone()), Conduct::Named(named)]).await;
        let session = session(&server);
        let mut batches = select(&session);
        assert_eq!(next(&mut batches).await, [0, 1]);
        soon(session.confs(["a"])).await.unwrap_or_else(|error| panic!("{way:?}: {error}"));
        let rest = all(batches).await.unwrap_or_else(|error| panic!("{way:?}: {error}"));
        assert_eq!(rest, [2, 3], "{way:?}");
        let reattached = usize::from(way != Break::NoMore);
        assert_eq!(
            (server.count("ExecutePlan"), server.count("ReattachExecute")),
            (1, reattached),
            "{way:?}"
        );
    }
}

#[tokio::test]
async fn a_statement_that_breaks_in_its_middle_is_asked_for_and_not_sent_again() {
    for way in breaks() {
        let [begun, done, end] =
            [progress(), sql_result(Some(&numbers(0..1))), complete()].map(|response| response.encode());
        let named: Named = vec![("ReattachExecute", Answer::messages([done, end]))];
        let begun = Answer::messages([begun]);
        let server = bare([Conduct::Break(way, begun, named.clone()), Conduct::Named(named)]).await;
        let session = session(&server);
        let sql = Sql::new("INSERT INTO t VALUES (1)");
        let (outcome, ()) = soon(async {
            tokio::join!(session.command(&sql), async {
                server.called(1).await;
                session.confs(["a"]).await.unwrap_or_else(|error| panic!("{way:?}: {error}"));
            })
        })
        .await;
        outcome.unwrap_or_else(|error| panic!("{way:?}: {error}"));
        assert_eq!(server.count("ExecutePlan"), 1, "{way:?}");
    }
}

#[tokio::test]
async fn informational_answers_before_the_head_are_passed_over() {
    for before in [vec![100], vec![103], vec![102, 103, 100], vec![199], vec![103; 100]] {
        let answer = Answer { before: before.clone(), ..Answer::messages(result()) };
        let server = bare([executing(answer)]).await;
        let read = all(select(&session(&server))).await;
        assert_eq!(read.unwrap_or_else(|error| panic!("{before:?}: {error}")), counted(0..4));
        assert_eq!(server.count("ExecutePlan"), 1, "{before:?}");
    }
}

#[tokio::test]
async fn an_answer_is_read_where_its_type_is_that_of_grpc_or_left_out() {
    let typed = |name: &str| Answer {
        head: vec![("content-type", name.as_bytes().to_vec())],
        ..Answer::messages(result())
    };
    let untyped = Answer { untyped: true, ..Answer::messages(result()) };
    for answer in [untyped, typed("application/grpc+proto"), typed("application/grpc; charset=utf-8")] {
        let server = bare([executing(answer.clone())]).await;
        let read = all(select(&session(&server))).await;
        assert_eq!(read.unwrap_or_else(|error| panic!("{answer:?}: {error}")), counted(0..4));
    }
    for name in ["application/json", "text/html", "", "\u{e9}"] {
        let server = bare([executing(typed(name))]).await;
        assert_eq!(error_of(select(&session(&server))).await.kind(), ErrorKind::Protocol, "{name}");
        assert_eq!(server.count("ExecutePlan"), 1, "{name}");
        leaves_open_whether_it_ran(&session(&server), &server, name).await;
    }
}

#[tokio::test]
async fn bytes_that_are_no_messages_of_grpc_are_an_error_and_leave_open_whether_a_statement_ran() {
    let framed = |flag: u8, length: u32, bytes: &[u8]| [&[flag], &length.to_be_bytes()[..], bytes].concat();
    for (what, body, kind) in [
        ("a page", b"<html><body>Busy</body></html>".to_vec(), ErrorKind::Protocol),
        ("compressed", framed(1, 2, b"xx"), ErrorKind::Protocol),
        ("a flag that nobody knows", framed(2, 0, b""), ErrorKind::Protocol),
        ("trailers in the body", framed(128, 15, b"grpc-status: 13"), ErrorKind::Protocol),
        ("no protobuf", framed(0, 4, &[0xff; 4]), ErrorKind::Protocol),
        ("more than 4 GB", framed(0, u32::MAX, b"x"), ErrorKind::TooLarge),
        // As if the rest had been lost on the way, so it is asked for.
        ("half a length", vec![0, 0, 0], ErrorKind::Unavailable),
        ("half a message", framed(0, 100, b"x"), ErrorKind::Unavailable),
    ] {
        let answer = Answer { body, ..Answer::unset() };
        let server = bare([Conduct::Answer(answer)]).await;
        let session = session(&server);
        soon(session.confs(["a"])).await.expect_err(what);
        assert_eq!(server.count("Config") > 1, kind == ErrorKind::Unavailable, "{what}");
        let error = error_of(select(&session)).await;
        assert_eq!(error.kind(), kind, "{what}: {error:?}");
        // A session in which something went wrong is looked at before.
        leaves_open_whether_it_ran(&self::session(&server), &server, what).await;
    }
}

fn failing(details: &[u8]) -> Conduct {
    let head: Headers = vec![("grpc-status", b"13".to_vec()), ("grpc-status-details-bin", details.to_vec())];
    Conduct::Answer(Answer { head, ..Answer::default() })
}

const MALFORMED: [&[u8]; 5] = [b"AAA=,AAA=", b"not base64!", b"A", b"\xff\xfe", b"////////////////////"];

#[tokio::test]
async fn malformed_details_are_the_servers_error_in_an_analysis_too() {
    for details in MALFORMED {
        let server = bare([failing(details)]).await;
        let session = session(&server);
        let relation = Relation::sql("SELECT 1");
        let errors = [
            soon(session.spark_version()).await.unwrap_err(),
            soon(session.schema(&relation)).await.unwrap_err(),
            soon(session.interrupt(Default::default())).await.unwrap_err(),
        ];
        for error in errors {
            assert_eq!(error.kind(), ErrorKind::Server, "{details:?}: {error}");
        }
        // Who says so is not known.
        assert_eq!(insert(&session).await.kind(), ErrorKind::OutcomeUnknown, "{details:?}");
        assert_eq!((server.count("AnalyzePlan"), server.count("ExecutePlan")), (2, 1), "{details:?}");
    }
}

#[tokio::test]
async fn malformed_details_while_a_session_opens_are_the_servers_error_and_nothing_runs() {
    for details in MALFORMED {
        let server = bare([failing(details)]).await;
        let drv = SparkDriver::builder(server.remote()).retry_policy(policy()).build().unwrap();
        let db = Client::new(drv.clone());
        let of_a_query = soon(query::<(i64,)>(&db, drv.from_sql("SELECT 1"))).await.unwrap_err();
        let of_a_statement = soon(drv.exec("INSERT INTO t VALUES (1)").into_future()).await.unwrap_err();
        for error in [of_a_query, of_a_statement] {
            assert_eq!(error.kind(), lakeorm::ErrorKind::Server, "{details:?}: {error}");
            assert!(!error.may_have_run(), "{details:?}");
            assert!(!every_text(&error).contains("closed"), "{details:?}: {}", every_text(&error));
        }
        assert_eq!(server.count("ExecutePlan"), 0, "{details:?}");
        soon(drv.close()).await.unwrap();
    }
}

/// `google.rpc.Status` with a `google.rpc.RetryInfo` of so many seconds and nanoseconds.
fn asking_to_wait(seconds: i64, nanos: i32) -> Vec<u8> {
    let delay = prost_types::Duration { seconds, nanos }.encode_to_vec();
    let field = |tag: u8, bytes: &[u8]| [&[tag, u8::try_from(bytes.len()).unwrap()], bytes].concat();
    let type_url = "type.googleapis.com/google.rpc.RetryInfo".to_owned();
    let any = prost_types::Any { type_url, value: field(0x0a, &delay) }.encode_to_vec();
    let status = tonic::Status::with_details(tonic::Code::Internal, "", field(0x1a, &any).into());
    let mut headers = http::HeaderMap::new();
    status.add_header(&mut headers).unwrap();
    headers["grpc-status-details-bin"].as_bytes().to_vec()
}

#[tokio::test]
async fn a_wait_that_no_clock_knows_is_asked_for_as_often_as_any_and_no_longer_than_the_policy_allows() {
    for (seconds, nanos) in [
        (i64::MAX, i32::MAX),
        (i64::MIN, i32::MIN),
        (i64::MAX, i32::MIN),
        (0, -1),
        (-1, 0),
        (0, i32::MAX),
        (0, 0),
    ] {
        let server = bare([failing(&asking_to_wait(seconds, nanos))]).await;
        let longest = policy().max_server_delay + policy().max_backoff;
        let timer = Timer::new(
            move |wait| {
                assert!(wait <= longest, "{wait:?}");
                Box::pin(async {})
            },
            || 1.0,
        );
        let channel = channel(&server).timer(timer).build().unwrap();
        let session = Session::new(&channel);
        soon(session.confs(["a"])).await.unwrap_err();
        soon(session.spark_version()).await.unwrap_err();
        error_of(select(&session)).await;
        assert_eq!((server.count("Config"), server.count("AnalyzePlan")), (3, 3), "{seconds} {nanos}");
        assert_eq!(server.count("ExecutePlan") + server.count("ReattachExecute"), 3, "{seconds} {nanos}");
        leaves_open_whether_it_ran(&Session::new(&channel), &server, "a wait").await;
    }
}

#[tokio::test]
async fn a_result_whose_tls_ends_without_a_close_notify_goes_on_over_another_connection() {
    abort_on_panic();
    let authority = Authority::new("an authority of a test");
    let identity = authority.issue(&["127.0.0.1", "localhost"], Valid::Now);
    for (fault, tls12) in
        [(Fault::HalfClose, false), (Fault::HalfClose, true), (Fault::Cut, false), (Fault::Cut, true)]
    {
        let fake = Fake::start([
            execute().send(batch(&numbers(0..2))).stall("never"),
            reattach_from(Some("r1")).answer([numbers(2..4)]),
            execute().stall("never"),
            reattach_from(None).answer([numbers(0..1)]),
        ])
        .await;
        let front = Front { tls12, ..Front::showing(&identity) };
        let front = TlsFront::start(fake.authority().parse().unwrap(), front).await;
        let proxy = Proxy::start(front.address(), Faults::none()).await;
        let remote = format!("sc://{}/;use_ssl=true", proxy.address());
        let tls = Tls::new().ca(authority.pem()).system_roots(false);
        let builder = Channel::builder(remote.parse().unwrap()).retry_policy(policy()).tls(tls);
        let session = Session::new(&builder.build().unwrap());
        let mut batches = select(&session);
        assert_eq!(next(&mut batches).await, [0, 1]);
        proxy.now(fault);
        assert_eq!(all(batches).await.unwrap(), [2, 3], "{fault:?}");
        let sql = Sql::new("INSERT INTO t VALUES (1)");
        let (outcome, ()) = soon(async {
            tokio::join!(session.command(&sql), async {
                fake.wait_for_nth("ExecutePlan", 2).await;
                proxy.now(fault);
            })
        })
        .await;
        outcome.unwrap_or_else(|error| panic!("{fault:?}: {error}"));
        assert_eq!((fake.sent("ExecutePlan").len(), fake.sent("ReattachExecute").len()), (2, 2), "{fault:?}");
        assert_eq!(front.connections(), 3, "{fault:?}");
        fake.finish_anywhere();
    }
}
