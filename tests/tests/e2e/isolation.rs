//! What one borrower of a session sets, and whether the next one sees it.

use lakeorm::spark::SparkDriver;
use lakeorm::{Client, ErrorKind, query};
use lakeorm_tests::engine::{Ability, Engine};
use spark_connect::Sql;

/// A kind of state: how it is set, and a query that tells.
struct State {
    kind: &'static str,
    set: String,
    probe: String,
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

fn states(engine: &Engine) -> Vec<State> {
    let view = engine.unique("view");
    let global = engine.unique("global");
    let variable = engine.unique("variable");
    let function = engine.unique("function");
    let state = |kind, set: String, probe: &str| State { kind, set, probe: probe.to_owned() };
    vec![
        state("conf", "SET TIME ZONE 'Asia/Tokyo'".to_owned(), "SELECT current_timezone()"),
        state(
            "temporary view",
            format!("CREATE TEMPORARY VIEW {view} AS SELECT 'set' AS text"),
            &format!("SELECT text FROM {view}"),
        ),
        state("current database", "USE SCHEMA elsewhere".to_owned(), "SELECT current_database()"),
        state("current catalog", "USE ice".to_owned(), "SELECT current_catalog()"),
        state(
            "variable",
            format!("DECLARE VARIABLE {variable} STRING DEFAULT 'set'"),
            &format!("SELECT {variable}"),
        ),
        state(
            "temporary function",
            format!("CREATE TEMPORARY FUNCTION {function}() RETURNS STRING RETURN 'set'"),
            &format!("SELECT {function}()"),
        ),
        state(
            "global temporary view",
            format!("CREATE GLOBAL TEMPORARY VIEW {global} AS SELECT 'set' AS text"),
            &format!("SELECT text FROM global_temp.{global}"),
        ),
    ]
}

/// What the probe says, if it finds anything.
async fn probed(drv: &SparkDriver, state: &State) -> Option<String> {
    let rows = query::<(String,)>(&Client::new(drv.clone()), drv.from_sql(&state.probe)).await;
    rows.ok().and_then(|rows| rows.into_iter().next()).map(|(text,)| text)
}

/// Sets the state through a driver with one session, raw or by `exec`, and looks for it with the next borrower.
async fn fate(engine: &Engine, state: &State, raw: bool) -> Fate {
    let drv = engine.builder().pool_size(1).build().unwrap();
    drv.exec("CREATE DATABASE IF NOT EXISTS elsewhere").await.unwrap();
    let before = probed(&drv, state).await;
    let set = match raw {
        true => {
            let session = drv.session().await.unwrap();
            session
                .command(&Sql::new(&state.set))
                .await
                .map(|_| ())
                .map_err(|error| lakeorm::Error::from(error).kind())
        }
        false => drv.exec(&state.set).await.map(|_| ()).map_err(|error| error.kind()),
    };
    let after = probed(&drv, state).await;
    drv.close().await.unwrap();
    match set {
        Err(ErrorKind::Server | ErrorKind::Unsupported) => Refused,
        Err(kind) => panic!("{}: {kind:?}", state.kind),
        Ok(()) if before == after => Gone,
        Ok(()) => Seen,
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
