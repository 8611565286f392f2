//! What one borrower of a session sets, and whether the next one sees it.

use lakeorm::spark::SparkDriver;
use lakeorm::{Client, Error, ErrorKind, query_scalar};
use lakeorm_tests::engine::{Ability, Engine};
use spark_connect::Sql;

/// A kind of state: how it is set, and a query that tells.
struct State {
    kind: &'static str,
    set: String,
    probe: String,
    /// What the query gives where it is set.
    value: &'static str,
    without: Without,
}

/// What the query gives where the state is not set.
enum Without {
    AnotherText,
    NoTable,
    /// An error of a class that begins so.
    Error(&'static str),
}

/// What came of setting a state and looking for it afterwards.
#[derive(Debug, PartialEq)]
enum Fate {
    Gone,
    Seen,
    /// The server knows no such statement.
    Refused,
}

use Fate::{Gone, Refused, Seen};
use Without::{AnotherText, NoTable};

type Probed = Result<String, Error>;

impl State {
    async fn probed(&self, drv: &SparkDriver) -> Probed {
        query_scalar::<String>(&Client::new(drv.clone()), drv.from_sql(&self.probe)).await
    }

    fn is_set(&self, probed: &Probed) -> bool {
        probed.as_ref().is_ok_and(|text| text == self.value)
    }

    fn is_unset(&self, probed: &Probed) -> bool {
        match (&self.without, probed) {
            (AnotherText, Ok(text)) => text != self.value,
            (NoTable, Err(error)) => error.is_table_not_found(),
            (Without::Error(class), Err(error)) => {
                error.error_class().is_some_and(|told| told.starts_with(class))
            }
            _ => false,
        }
    }
}

fn states(engine: &Engine) -> Vec<State> {
    let view = engine.unique("view");
    let global = engine.unique("global");
    let variable = engine.unique("variable");
    let function = engine.unique("function");
    let state = |kind, set: String, probe: String, value, without| State { kind, set, probe, value, without };
    vec![
        state(
            "conf",
            "SET TIME ZONE 'Asia/Tokyo'".to_owned(),
            "SELECT current_timezone()".to_owned(),
            "Asia/Tokyo",
            AnotherText,
        ),
        state(
            "temporary view",
            format!("CREATE TEMPORARY VIEW {view} AS SELECT 'set' AS text"),
            format!("SELECT text FROM {view}"),
            "set",
            NoTable,
        ),
        state(
            "current database",
            "USE SCHEMA elsewhere".to_owned(),
            "SELECT current_database()".to_owned(),
            "elsewhere",
            AnotherText,
        ),
        state(
            "current catalog",
            "USE ice".to_owned(),
            "SELECT current_catalog()".to_owned(),
            "ice",
            AnotherText,
        ),
        state(
            "variable",
            format!("DECLARE VARIABLE {variable} STRING DEFAULT 'set'"),
            format!("SELECT {variable}"),
            "set",
            Without::Error("UNRESOLVED_COLUMN"),
        ),
        state(
            "temporary function",
            format!("CREATE TEMPORARY FUNCTION {function}() RETURNS STRING RETURN 'set'"),
            format!("SELECT {function}()"),
            "set",
            Without::Error("UNRESOLVED_ROUTINE"),
        ),
        state(
            "global temporary view",
            format!("CREATE GLOBAL TEMPORARY VIEW {global} AS SELECT 'set' AS text"),
            format!("SELECT text FROM global_temp.{global}"),
            "set",
            NoTable,
        ),
    ]
}

/// Sets the state through a driver with one session, raw or by `exec`, and looks for it with the next borrower.
async fn fate(engine: &Engine, state: &State, raw: bool) -> Fate {
    let drv = engine.builder().pool_size(1).build().unwrap();
    drv.exec("CREATE DATABASE IF NOT EXISTS elsewhere").await.unwrap();
    let before = state.probed(&drv).await;
    let set = match raw {
        true => {
            let session = drv.session().await.unwrap();
            let set = session.command(&Sql::new(&state.set)).await.map(drop).map_err(Error::from);
            if set.is_ok() {
                let db = Client::new(session.clone());
                let there = query_scalar::<String>(&db, session.from_sql(&state.probe)).await;
                assert!(state.is_set(&there), "{} where it was set: {there:?}", state.kind);
            }
            set
        }
        false => drv.exec(&state.set).await.map(drop),
    };
    let after = state.probed(&drv).await;
    drv.close().await.unwrap();
    match set.map_err(|error| error.kind()) {
        Err(ErrorKind::Server | ErrorKind::Unsupported) => Refused,
        Err(kind) => panic!("{}: {kind:?}", state.kind),
        Ok(()) => {
            assert!(state.is_unset(&before), "{} before it was set: {before:?}", state.kind);
            if state.is_set(&after) {
                return Seen;
            }
            assert!(state.is_unset(&after), "{} afterwards: {after:?}", state.kind);
            assert_eq!(before.ok(), after.ok(), "{}", state.kind);
            Gone
        }
    }
}

#[tokio::test]
async fn nothing_that_one_borrower_sets_is_seen_by_the_next_but_what_the_server_shares() {
    let engine = Engine::from_env();
    for raw in [true, false] {
        let way = if raw { "session" } else { "exec" };
        for state in states(&engine) {
            let own_sessions = engine.has(Ability::SharedTables);
            let expected = match state.kind {
                "current catalog" if !engine.has(Ability::Iceberg) => Refused,
                "variable" | "temporary function" if !engine.has(Ability::SqlObjects) => Refused,
                "conf" if !own_sessions => Refused,
                // Spark keeps these for the whole server.
                "global temporary view" => Seen,
                _ if own_sessions => Gone,
                _ => Seen,
            };
            let fate = fate(&engine, &state, raw).await;
            println!("{:<24} {way:<8} {fate:?}", state.kind);
            assert_eq!(fate, expected, "{} set by {way}", state.kind);
        }
    }
}
