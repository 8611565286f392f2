use spark_connect::Remote;

use super::*;
use crate::encode::WriteError;

/// What a program prints that prints every source behind an error, as `{:#}` of `anyhow` does.
fn chain(error: &Error) -> String {
    let mut text = error.to_string();
    let mut next = StdError::source(error);
    while let Some(source) = next {
        text.push_str(&format!(": {source}"));
        next = source.source();
    }
    text
}

#[test]
fn what_may_have_run_is_never_called_unsent() {
    use ErrorKind::{
        Cancelled, Connect, OutcomeUnknown, PoolTimeout, Protocol, Server, SessionLost, Timeout,
    };
    for kind in [OutcomeUnknown, Timeout, Cancelled, Server, Protocol, ErrorKind::PartlyWritten] {
        let error = Error::new(kind, "of a driver");
        assert!(error.may_have_run() && !error.is_retryable(), "{kind:?}");
    }
    for kind in [ErrorKind::Config, ErrorKind::Encode, Connect, PoolTimeout, SessionLost] {
        assert!(!Error::new(kind, "nothing was sent").may_have_run(), "{kind:?}");
    }
    // It knows best.
    let unsent = spark_connect::Error::new(spark_connect::ErrorKind::Timeout, "no session came free");
    assert!(!Error::from(unsent).may_have_run());
}

#[test]
fn an_error_of_the_answer_to_a_statement_with_effects_has_run() {
    for kind in [ErrorKind::NoRows, ErrorKind::Decode, ErrorKind::TooLarge, ErrorKind::Unavailable] {
        let read = Error::new(kind, "it is not there").of_answer(false);
        assert_eq!((read.may_have_run(), read.to_string().as_str()), (false, "it is not there"), "{kind:?}");
        let ran = Error::new(kind, "it is not there").of_answer(true).of_answer(true);
        assert!(ran.may_have_run() && !ran.is_retryable(), "{kind:?}");
        assert_eq!((ran.kind(), ran.to_string().as_str()), (kind, "the statement ran: it is not there"));
    }
}

#[test]
fn what_an_error_was_made_from_is_at_hand_and_printed_once() {
    let behind = std::io::Error::other("broken pipe");
    let spark =
        spark_connect::Error::new(spark_connect::ErrorKind::Connect, "cannot connect").with_source(behind);
    let error = Error::spark("reading t", spark);
    assert_eq!(chain(&error), "reading t: cannot connect: broken pipe");
    let origin = error.origin().and_then(|origin| origin.downcast_ref::<spark_connect::Error>()).unwrap();
    assert_eq!(origin.kind(), spark_connect::ErrorKind::Connect);

    let error = Error::caused(ErrorKind::OutcomeUnknown, "the rows may land", error);
    assert_eq!(chain(&error), "the rows may land: reading t: cannot connect: broken pipe");
    assert!(error.may_have_run() && !error.is_retryable());
    let origin = error.origin().and_then(|origin| origin.downcast_ref::<Error>()).unwrap();
    assert_eq!(origin.kind(), ErrorKind::Connect);
}

#[test]
fn a_row_that_cannot_be_written_is_told_by_its_number_and_field() {
    let error =
        Error::from(EncodeError::new("User", Some(7), WriteError::new("it is too long").in_field("name")));
    let origin = error.origin().and_then(|origin| origin.downcast_ref::<EncodeError>()).unwrap();
    assert_eq!((origin.row(), origin.field()), (Some(7), Some("name")));
    assert_eq!((error.kind(), chain(&error)), (ErrorKind::Encode, origin.to_string()));
}

#[test]
fn an_interruption_is_told_also_where_the_outcome_is_unknown() {
    use spark_connect::ErrorKind as Spark;
    let stopped = || spark_connect::Error::new(Spark::Cancelled, "someone stopped it");
    assert!(Error::from(stopped()).was_interrupted());
    let open = Error::from(spark_connect::Error::new(Spark::OutcomeUnknown, "lost").with_source(stopped()));
    let write = Error::caused(ErrorKind::OutcomeUnknown, "the rows may land", open);
    assert!(write.was_interrupted() && !write.is_cancelled());
    assert!(Error::new(ErrorKind::Cancelled, "of a driver").was_interrupted());
    assert!(!Error::new(ErrorKind::OutcomeUnknown, "lost").was_interrupted());
}

#[test]
fn a_driver_tells_what_its_engine_said_and_it_is_known_through_other_errors_too() {
    let operation = uuid::Uuid::from_u128(7);
    let conflict = Error::new(ErrorKind::Server, "")
        .with_server(
            ServerError::new("first").with_error_class("X").with_sql_state("40001").commit_conflict(),
        )
        .with_operation_id(operation)
        .with_source(std::io::Error::other("broken pipe"));
    assert_eq!(chain(&conflict), "[X] first SQLSTATE: 40001: broken pipe");
    assert!(conflict.origin().is_some_and(|origin| origin.is::<std::io::Error>()));
    assert!(conflict.may_have_run());
    let told = |error: &Error| {
        assert!(error.is_commit_conflict() && !error.is_table_not_found());
        assert_eq!((error.error_class(), error.sql_state()), (Some("X"), Some("40001")));
        assert_eq!(error.operation_id(), Some(operation));
    };
    told(&conflict);
    told(&Error::caused(ErrorKind::OutcomeUnknown, "the rows may land", conflict.context("orders")));
}

#[test]
fn an_error_keeps_what_it_was_made_from_and_is_no_more_retryable_than_that() {
    let spark = || spark_connect::Error::new(spark_connect::ErrorKind::Connect, "no route");
    let error = Error::from(spark()).with_source(std::io::Error::other("broken pipe"));
    assert_eq!((error.to_string().as_str(), error.is_retryable()), ("no route", true));
    assert!(!Error::from(spark()).not_retryable().is_retryable());
    let untrusted = Error::new(ErrorKind::Connect, "the certificate is not trusted").not_retryable();
    assert!(!untrusted.is_retryable() && !untrusted.may_have_run());
    for kind in [ErrorKind::Unavailable, ErrorKind::SessionLost, ErrorKind::ClusterNotReady] {
        assert!(Error::new(kind, "it is gone").not_retryable().may_have_run(), "{kind:?}");
    }
}

#[test]
fn what_an_inner_error_knows_is_known_through_a_driver_around_it() {
    let refused = |said| Error::new(ErrorKind::Server, "refused").with_server(said);
    let around = |inner| Error::new(ErrorKind::Server, "the shard failed").with_source(inner);
    let missing = around(refused(ServerError::new("no orders").table_not_found()));
    assert!(missing.is_table_not_found() && !missing.is_commit_conflict());
    let conflict = refused(ServerError::new("first").commit_conflict());
    let conflict = around(around(conflict.with_operation_id(uuid::Uuid::from_u128(7))));
    assert!(conflict.is_commit_conflict() && !conflict.is_table_not_found());
    assert_eq!(conflict.operation_id(), Some(uuid::Uuid::from_u128(7)));
    assert_eq!(chain(&conflict), "the shard failed: the shard failed: refused: first");
    let of_spark = spark_connect::Error::new(spark_connect::ErrorKind::Cancelled, "stopped");
    let of_spark = Error::new(ErrorKind::OutcomeUnknown, "lost").with_source(of_spark);
    assert!(of_spark.was_interrupted());
    assert!(of_spark.origin().is_some_and(|origin| origin.is::<spark_connect::Error>()));
}

#[test]
fn an_error_around_another_promises_no_more_than_both() {
    use spark_connect::ErrorKind as Spark;
    let gone = || Error::new(ErrorKind::SessionLost, "gone");
    let around = gone().with_source(Error::new(ErrorKind::Unavailable, "cut"));
    assert!(around.is_retryable() && !around.may_have_run() && !around.leaves_open_what_ran());
    for open in [
        gone().with_source(Error::new(ErrorKind::OutcomeUnknown, "lost")),
        gone().with_source(Error::new(ErrorKind::Unavailable, "cut").not_retryable()),
        gone().with_source(spark_connect::Error::new(Spark::OutcomeUnknown, "lost")),
        gone().not_retryable(),
        Error::new(ErrorKind::Connect, "gone").with_source(Error::new(ErrorKind::OutcomeUnknown, "lost")),
        Error::new(ErrorKind::Server, "refused").with_source(Error::new(ErrorKind::OutcomeUnknown, "lost")),
    ] {
        assert!(!open.is_retryable() && open.may_have_run() && open.leaves_open_what_ran(), "{open}");
    }
    // Whatever Spark knows, the kind is the driver's.
    let unsent = || spark_connect::Error::new(Spark::Connect, "no route");
    let lost = Error::new(ErrorKind::OutcomeUnknown, "lost").with_source(unsent());
    assert!(!lost.is_retryable() && lost.may_have_run());
    let unreached = Error::new(ErrorKind::Connect, "the engine is away").with_source(unsent());
    assert!(unreached.is_retryable() && !unreached.may_have_run());
    // Of the client's own, the outer situation decides.
    let refresh =
        Error::caused(ErrorKind::SessionLost, "gone", Error::new(ErrorKind::OutcomeUnknown, "lost"));
    assert!(refresh.is_retryable() && !refresh.may_have_run() && !refresh.leaves_open_what_ran());
}

#[test]
fn kinds_have_words_of_their_own() {
    assert_eq!(ErrorKind::OutcomeUnknown.to_string(), "outcome unknown");
    assert_eq!(ErrorKind::Timeout.to_string(), "timeout");
}

#[test]
fn a_table_that_a_write_does_not_find_is_not_found_also_where_that_is_the_cause_of_another_error() {
    let missing = Error::no_table("there is no table shop.orders");
    assert!(missing.is_table_not_found() && missing.is_schema_mismatch());
    assert!(!missing.may_have_run());
    let caused = Error::caused(ErrorKind::OutcomeUnknown, "the rows may land", missing.context("orders"));
    assert!(caused.is_table_not_found() && !caused.is_schema_mismatch());
    assert!(!Error::new(ErrorKind::SchemaMismatch, "the table has no column id").is_table_not_found());
}

#[test]
fn a_connection_string_that_is_wrong_is_an_error_of_the_configuration() {
    let remote = || -> Result<Remote> { Ok("spark.example.com".parse::<Remote>()?) };
    let error = remote().unwrap_err();
    assert_eq!((error.kind(), error.may_have_run()), (ErrorKind::Config, false));
    let told = "the connection string is wrong: a connection string starts with `sc://`";
    assert!(error.to_string().starts_with(told), "{error}");
}
