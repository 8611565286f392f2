//! What a server says about a failure, and what the client makes of it.

use std::collections::{BTreeMap, HashSet};

use lakeorm::{Client, ErrorKind as LakeKind, query};
use lakeorm_tests::fake::{
    Code, Details, Failure, Fake, Request, batch, execute, unknown_enum, unknown_type,
};
use spark_connect::ErrorKind;

use crate::setup::{all, builder, counted, driver, error_of, kind_of, next, numbers, select, session, soon};

#[tokio::test]
async fn class_state_and_parameters_come_out_of_the_status() {
    let parameters = [("objectName", "`nope`"), ("proposal", "`id`, `name`")];
    let unresolved = Failure::spark("UNRESOLVED_COLUMN.WITH_SUGGESTION", "42703");
    let unresolved =
        parameters.iter().fold(unresolved, |failure, (name, value)| failure.parameter(name, value));
    let fake = Fake::start([
        execute().fail(unresolved),
        execute().send(batch(&numbers(0..1))).fail(Failure::spark("DIVIDE_BY_ZERO", "22012")),
    ])
    .await;
    let drv = driver(&fake);
    let db = Client::new(drv.clone());
    let error = soon(query::<(i64,)>(&db, drv.from_sql("SELECT nope FROM t"))).await.unwrap_err();
    assert_eq!(error.kind(), LakeKind::Server);
    assert_eq!(error.error_class(), Some("UNRESOLVED_COLUMN.WITH_SUGGESTION"));
    assert_eq!(error.sql_state(), Some("42703"));
    let parameters = parameters.map(|(name, value)| (name.to_owned(), value.to_owned()));
    assert_eq!(error.message_parameters(), &BTreeMap::from(parameters));
    assert!(error.query_contexts().is_empty());
    assert!(error.to_string().contains("[UNRESOLVED_COLUMN.WITH_SUGGESTION] the server's words"), "{error}");
    // The same behind rows that have been handed on: the result is not complete, so all of it is an error.
    let error = soon(query::<(i64,)>(&db, drv.from_sql("SELECT 1/0"))).await.unwrap_err();
    assert_eq!((error.error_class(), error.sql_state()), (Some("DIVIDE_BY_ZERO"), Some("22012")));
    assert!(fake.sent("FetchErrorDetails").is_empty());
    fake.finish();
}

#[tokio::test]
async fn details_that_the_server_keeps_are_fetched_once_and_win() {
    let failure = Failure::spark("INTERNAL_ERROR", "XX000").details(
        Details::new("DIVIDE_BY_ZERO", "22012", "[DIVIDE_BY_ZERO] the whole story")
            .context(7, 9, "1/0")
            .cause("an ArithmeticException"),
    );
    let fake = Fake::start([execute().fail(failure.error_id("e1"))]).await;
    let drv = driver(&fake);
    let error =
        soon(query::<(i64,)>(&Client::new(drv.clone()), drv.from_sql("SELECT 1/0"))).await.unwrap_err();
    assert_eq!((error.error_class(), error.sql_state()), (Some("DIVIDE_BY_ZERO"), Some("22012")));
    let contexts: Vec<_> =
        error.query_contexts().iter().map(|at| (at.start, at.stop, at.fragment.as_str())).collect();
    assert_eq!(contexts, [(7, 9, "1/0")]);
    let server = error.server().unwrap();
    assert_eq!(server.message(), "[DIVIDE_BY_ZERO] the whole story");
    assert_eq!(server.causes(), ["an ArithmeticException"]);
    let fetched = fake.sent("FetchErrorDetails");
    assert_eq!(fetched.iter().map(Request::error_id).collect::<Vec<_>>(), [Some("e1")]);
    fake.finish();
}

#[tokio::test]
async fn an_error_stands_where_its_details_cannot_be_had() {
    let fake = Fake::builder()
        .lacks("FetchErrorDetails")
        .script([execute().fail(Failure::spark("DIVIDE_BY_ZERO", "22012").error_id("e1"))])
        .start()
        .await;
    let error = error_of(select(&session(&fake))).await;
    assert_eq!(error.kind(), ErrorKind::Server);
    assert_eq!(error.server().unwrap().error_class(), Some("DIVIDE_BY_ZERO"));
    assert_eq!(fake.sent("FetchErrorDetails").len(), 1);
    fake.finish();
}

#[tokio::test]
async fn a_status_without_details_is_told_by_its_code_and_keeps_its_words() {
    for (code, kind) in [
        (Code::Internal, ErrorKind::Server),
        (Code::InvalidArgument, ErrorKind::Server),
        (Code::Unauthenticated, ErrorKind::Unauthenticated),
        (Code::PermissionDenied, ErrorKind::Unauthenticated),
        (Code::ResourceExhausted, ErrorKind::Unavailable),
        (Code::OutOfRange, ErrorKind::Server),
        (Code::Unimplemented, ErrorKind::Unsupported),
        (Code::Cancelled, ErrorKind::Cancelled),
    ] {
        let failure = Failure::status(code, "the server's own words");
        let fake = Fake::start([execute().at_work().fail(failure)]).await;
        let error = error_of(select(&session(&fake))).await;
        assert_eq!(error.kind(), kind, "{code:?}");
        assert!(error.to_string().contains("the server's own words"), "{code:?}: {error}");
        assert_eq!(error.server().unwrap().error_class(), None, "{code:?}");
        fake.finish();
    }
}

#[tokio::test]
async fn only_words_about_the_size_of_a_message_make_an_exhausted_resource_one() {
    const SIZE: &str = "spark.connect.grpc.maxInboundMessageSize";
    const LIMIT: &str = "limits how many calls or sessions it takes";
    for (words, kind, told) in [
        ("gRPC message exceeds maximum size 4194304: 5000000", ErrorKind::TooLarge, SIZE),
        ("Received message larger than max (5 vs. 4)", ErrorKind::TooLarge, SIZE),
        ("too many requests", ErrorKind::Unavailable, LIMIT),
        ("max sessions reached: 25", ErrorKind::Unavailable, LIMIT),
    ] {
        let failure = || Failure::status(Code::ResourceExhausted, words);
        let fake = Fake::start([(); 2].map(|()| execute().at_work().fail(failure()))).await;
        let session = session(&fake);
        let statement = spark_connect::Sql::new("INSERT INTO t VALUES (1)");
        for (error, is_query) in [
            (error_of(select(&session)).await, true),
            (soon(session.command(&statement)).await.unwrap_err(), false),
        ] {
            assert_eq!(error.kind(), kind, "{words}: {error}");
            let text = error.to_string();
            assert!(text.contains(told) && text.contains(words), "{text}");
            assert_eq!(error.is_retryable(), is_query && kind == ErrorKind::Unavailable, "{text}");
        }
        fake.finish();
    }
}

/// No server gives the bare code to a query that it was not told to stop; Sail would run on with one that it is told to
/// forget.
#[tokio::test]
async fn a_query_that_a_proxy_cancels_is_interrupted_before_it_is_released() {
    let cancelled = || Failure::status(Code::Cancelled, "");
    let fake = Fake::builder()
        .echoes_session_ids()
        .script([execute().send(batch(&numbers(0..1))).fail(cancelled()).interrupted().released()])
        .start()
        .await;
    assert_eq!(error_of(select(&session(&fake))).await.kind(), ErrorKind::Cancelled);
    fake.settled().await;
    let rpcs: Vec<_> = fake.requests().iter().map(|request| request.rpc).collect();
    let first = |rpc| rpcs.iter().position(|sent| *sent == rpc);
    assert!(first("Interrupt") < first("ReleaseExecute"), "{rpcs:?}");
    fake.finish();
}

#[tokio::test]
async fn an_error_that_quotes_the_words_of_a_broken_connection_is_the_servers_and_is_not_asked_again() {
    const WORDS: &str = "[CAST_INVALID_INPUT] The value 'h2 protocol error: transport error' is malformed";
    let with_class = Failure::status(Code::Unknown, WORDS).class("CAST_INVALID_INPUT").sql_state("22018");
    for failure in [with_class, Failure::status(Code::Unknown, WORDS), Failure::internal(WORDS)] {
        let fake = Fake::start([
            execute().fail(failure.clone()),
            execute().send(batch(&numbers(0..1))).fail(failure),
        ])
        .await;
        let session = session(&fake);
        for _ in 0..2 {
            let error = error_of(select(&session)).await;
            assert_eq!(error.kind(), ErrorKind::Server);
            let told = "[CAST_INVALID_INPUT] The value '…' is malformed";
            assert_eq!(error.server().map(|server| server.message()), Some(told));
        }
        assert!(fake.sent("ReattachExecute").is_empty());
        fake.finish();
    }
}

#[tokio::test]
async fn the_longest_message_of_the_widest_characters_arrives_whole() {
    let message = "漢".repeat(2048);
    let fake = Fake::start([
        execute().fail(Failure::sail("java.lang.RuntimeException", &message)),
        execute().send(batch(&numbers(0..1))).fail(Failure::sail("java.lang.RuntimeException", &message)),
    ])
    .await;
    let session = session(&fake);
    for _ in 0..2 {
        let error = error_of(select(&session)).await;
        assert_eq!(error.server().map(|server| server.message()), Some(message.as_str()));
    }
    fake.finish();
}

#[tokio::test]
async fn a_failure_of_sails_keeps_its_message_and_its_java_class() {
    let fake = Fake::builder()
        .echoes_session_ids()
        .script([
            execute()
                .fail(Failure::sail("java.lang.IllegalArgumentException", "invalid argument: found SELEC")),
            execute().fail(Failure::sail("java.lang.UnsupportedOperationException", "not supported: that")),
        ])
        .start()
        .await;
    let session = session(&fake);
    let error = error_of(select(&session)).await;
    assert_eq!(error.kind(), ErrorKind::Server);
    let server = error.server().unwrap();
    assert_eq!(server.message(), "invalid argument: found SELEC");
    assert_eq!(server.exception_classes(), ["java.lang.IllegalArgumentException"]);
    assert_eq!((server.error_class(), server.sql_state()), (None, None));
    assert_eq!(kind_of(select(&session)).await, ErrorKind::Unsupported);
    fake.finish();
}

#[tokio::test]
async fn a_session_that_was_closed_is_lost() {
    let closed = || Failure::spark("INVALID_HANDLE.SESSION_CLOSED", "08003");
    let fake =
        Fake::start([execute().fail(closed()), execute().fail(closed()), execute().fail(closed())]).await;
    assert_eq!(kind_of(select(&session(&fake))).await, ErrorKind::SessionLost);
    // The driver tries once more, in a new session.
    let drv = driver(&fake);
    let error = soon(query::<(i64,)>(&Client::new(drv.clone()), drv.from_sql("SELECT 1"))).await.unwrap_err();
    assert!(error.is_session_lost() && error.is_retryable(), "{error}");
    let sent = fake.sent("ExecutePlan");
    assert_ne!(sent[1].session_id, sent[2].session_id);
    fake.finish();
}

#[tokio::test]
async fn a_lost_session_is_replaced_with_its_confs_before_the_first_row() {
    let fake = Fake::start([
        execute().fail(Failure::spark("INVALID_HANDLE.SESSION_CLOSED", "08003")),
        execute().answer([numbers(0..3)]),
    ])
    .await;
    let drv = builder(&fake).session_conf("spark.sql.session.timeZone", "UTC").build().unwrap();
    let rows = soon(query::<(i64,)>(&Client::new(drv.clone()), drv.from_sql("SELECT 1"))).await.unwrap();
    assert_eq!(rows, [(0,), (1,), (2,)]);
    let rpcs: Vec<&str> = fake.requests().iter().map(|request| request.rpc).collect();
    assert_eq!(rpcs.iter().filter(|rpc| **rpc == "Config").count(), 2, "{rpcs:?}");
    fake.finish();
}

#[tokio::test]
async fn a_session_that_is_lost_behind_a_row_is_an_error_and_runs_nothing_again() {
    let fake = Fake::start([execute()
        .send(batch(&numbers(0..3)))
        .fail(Failure::spark("INVALID_HANDLE.SESSION_CLOSED", "08003"))])
    .await;
    let drv = driver(&fake);
    let error = soon(query::<(i64,)>(&Client::new(drv.clone()), drv.from_sql("SELECT 1"))).await.unwrap_err();
    assert!(error.is_session_lost(), "{error}");
    assert_eq!(fake.sent("ExecutePlan").len(), 1);
    fake.finish();
}

#[tokio::test]
async fn each_session_that_a_server_lost_when_it_restarted_is_replaced_until_a_new_one_answers() {
    let lost = || Failure::spark("INVALID_HANDLE.SESSION_CLOSED", "08003");
    let answered = || execute().answer([numbers(0..1)]);
    let lost = || execute().fail(lost());
    let fake = Fake::start([answered(), answered(), lost(), lost(), answered()]).await;
    let db = Client::new(builder(&fake).pool_size(2).build().unwrap());
    let ask = || soon(query::<(i64,)>(&db, "SELECT 1"));
    let (one, other) = tokio::join!(ask(), ask());
    assert_eq!([one.unwrap(), other.unwrap(), ask().await.unwrap()], [[(0,)], [(0,)], [(0,)]]);
    let sessions = fake.sessions("ExecutePlan");
    let idle = HashSet::from([&sessions[0], &sessions[1]]);
    assert_eq!((idle.len(), &idle), (2, &HashSet::from([&sessions[2], &sessions[3]])));
    assert!(!idle.contains(&sessions[4]));
    fake.finish();
}

#[tokio::test]
async fn a_session_that_is_new_and_lost_is_an_error() {
    let lost = || Failure::spark("INVALID_HANDLE.SESSION_CLOSED", "08003");
    let fake = Fake::start([execute().fail(lost()), execute().fail(lost())]).await;
    let drv = driver(&fake);
    let error = soon(query::<(i64,)>(&Client::new(drv.clone()), drv.from_sql("SELECT 1"))).await.unwrap_err();
    assert!(error.is_session_lost() && error.is_retryable(), "{error}");
    fake.finish();
}

#[tokio::test]
async fn a_restarted_server_shows_by_its_own_id_of_the_session() {
    let fake =
        Fake::start([execute().send(batch(&numbers(0..1))).stall("restart").send(batch(&numbers(1..2)))])
            .await;
    let mut batches = select(&session(&fake));
    assert_eq!(next(&mut batches).await, [0]);
    fake.forget_sessions();
    fake.release("restart");
    assert_eq!(kind_of(batches).await, ErrorKind::SessionLost);
    fake.finish();
}

#[tokio::test]
async fn an_operation_that_was_interrupted_is_cancelled() {
    let fake = Fake::start([execute()
        .send(batch(&numbers(0..1)))
        .fail(Failure::spark("OPERATION_CANCELED", "HY008"))])
    .await;
    let drv = driver(&fake);
    let error = soon(query::<(i64,)>(&Client::new(drv.clone()), drv.from_sql("SELECT 1"))).await.unwrap_err();
    assert!(error.is_cancelled(), "{error}");
    assert!(!error.is_retryable());
    fake.finish();
}

#[tokio::test]
async fn a_session_is_looked_at_before_a_statement_with_effects_if_an_operation_of_it_was_ended() {
    let fake = Fake::start([
        execute().fail(Failure::spark("OPERATION_CANCELED", "HY008")),
        execute().answer([numbers(0..1)]),
    ])
    .await;
    let session = session(&fake);
    assert_eq!(kind_of(select(&session)).await, ErrorKind::Cancelled);
    // An answer to a call of before does not mean that the session is still there.
    fake.wait_for("ReleaseExecute").await;
    soon(session.command(&spark_connect::Sql::new("INSERT INTO t VALUES (1)"))).await.unwrap();
    let rpcs: Vec<&str> = fake.requests().iter().map(|request| request.rpc).collect();
    assert_eq!(rpcs[..4], ["ExecutePlan", "ReleaseExecute", "Config", "ExecutePlan"], "{rpcs:?}");
    fake.finish();
}

#[tokio::test]
async fn an_error_names_its_operation() {
    let fake = Fake::start([execute().fail(Failure::spark("DIVIDE_BY_ZERO", "22012"))]).await;
    let batches = select(&session(&fake));
    let operation = batches.operation_id();
    let error = error_of(batches).await;
    assert_eq!(error.operation_id(), Some(operation));
    assert!(error.to_string().contains(&operation.to_string()), "{error}");
    fake.finish();
}

#[tokio::test]
async fn what_a_newer_server_adds_is_skipped() {
    let fake = Fake::start([execute()
        .send(unknown_type())
        .send(batch(&numbers(0..2)))
        .send(unknown_enum())
        .send(unknown_type())
        .answer([numbers(2..4)])])
    .await;
    assert_eq!(all(select(&session(&fake))).await.unwrap(), counted(0..4));
    fake.finish();
}

#[tokio::test]
async fn a_context_of_an_unknown_kind_is_kept() {
    let details = Details::new("DIVIDE_BY_ZERO", "22012", "the whole story").unknown_context(0, 2, "1/0");
    let failure = Failure::spark("DIVIDE_BY_ZERO", "22012").details(details.cause("cause"));
    let fake = Fake::start([execute().fail(failure)]).await;
    let error = error_of(select(&session(&fake))).await;
    assert_eq!(error.server().unwrap().query_contexts()[0].fragment, "1/0");
    fake.finish();
}

#[tokio::test]
async fn details_that_point_nowhere_or_in_circles_do_no_harm() {
    for (root, cause) in [(Some(9), None), (Some(-1), None), (None, None), (Some(0), Some(0))] {
        let details = Details::new("DIVIDE_BY_ZERO", "22012", "the whole story").context(-3, -1, "1/0");
        let details = details.cause("cause").with_root_index(root).with_cause_index(cause);
        let failure = Failure::spark("DIVIDE_BY_ZERO", "22012").details(details);
        let fake = Fake::start([execute().fail(failure)]).await;
        let error = error_of(select(&session(&fake))).await;
        assert_eq!(error.server().unwrap().error_class(), Some("DIVIDE_BY_ZERO"), "{root:?} {cause:?}");
        fake.finish();
    }
}
