//! Sessions that end while a statement with effects runs in them.

use std::path::Path;
use std::time::{Duration, Instant};

use lakeorm::spark::SparkDriver;
use lakeorm::{Client, DynamicRow, ErrorKind, Result, query};
use lakeorm_tests::engine::{Ability, Engine};
use lakeorm_tests::proxy::{Faults, Proxy};

use super::end_session;

/// Work for several seconds, whose result is one row.
fn work(rows: i64) -> String {
    format!("SELECT {SUM} AS id FROM range(0, {rows}, 1, 4)")
}

const SUM: &str = "sum((id * 31) % 1000003)";

/// So many rows keep the server busy for about five seconds.
async fn rows_of_five_seconds(drv: &SparkDriver) -> i64 {
    const TRIED: i64 = 20_000_000;
    let db = Client::new(drv.clone());
    let mut took = Duration::ZERO;
    // The first time a server takes longer, and what is made of that would end too soon.
    for _ in 0..2 {
        let begun = Instant::now();
        query::<(i64,)>(&db, drv.from_sql(work(TRIED))).await.unwrap();
        took = begun.elapsed();
    }
    let times = 5_000 / i64::try_from(took.as_millis()).unwrap().max(1);
    TRIED * times.max(1)
}

/// How a statement is run.
#[derive(Debug, Clone, Copy)]
enum Run {
    CreateAsSelect,
    Insert,
    QueryOfInsert,
}

impl Run {
    async fn on(self, drv: &SparkDriver, create: &str, table: &str, work: &str) -> Result<()> {
        let insert = format!("INSERT INTO {table} {work}");
        match self {
            Self::CreateAsSelect => drv.exec(format!("{create} AS {work}")).await.map(drop),
            Self::Insert => drv.exec(insert).await.map(drop),
            Self::QueryOfInsert => {
                query::<DynamicRow>(&Client::new(drv.clone()), drv.from_sql(insert)).await.map(drop)
            }
        }
    }
}

fn data_files(dir: &Path) -> usize {
    let files = std::fs::read_dir(dir).into_iter().flatten();
    files
        .filter(|file| file.as_ref().unwrap().path().extension().is_some_and(|ending| ending == "parquet"))
        .count()
}

/// Ends the session once the statement runs.
async fn end_session_under_it(engine: &Engine, proxy: &Proxy) {
    proxy.marked().await;
    // It has to be at work, which no server tells of a statement.
    tokio::time::sleep(Duration::from_secs(1)).await;
    end_session(engine, proxy).await;
}

/// One Sail ends sessions itself, after two seconds without a call. Spark does not while something runs in them, so there
/// another client does it.
#[tokio::test]
async fn a_statement_whose_session_ends_under_it_runs_once_or_not_at_all() {
    let asked = Engine::from_env();
    let forgetful = asked.forgetful();
    let engine = forgetful.clone().unwrap_or(asked);
    let mut numbers = rows_of_five_seconds(&engine.compiling().build().unwrap()).await;
    let ends_sessions = engine.has(Ability::EndsSessions);
    let format = engine.table_format();
    let rounds: usize = std::env::var("LAKEORM_ROUNDS").map_or(1, |rounds| rounds.parse().unwrap());
    let mut endings = 0;
    let runs = [Run::CreateAsSelect, Run::Insert, Run::QueryOfInsert];
    let asked_for = runs.len() * rounds;
    for (nth, run) in runs.into_iter().cycle().take(asked_for.max(9)).enumerate() {
        if nth >= asked_for && (endings > 0 || !ends_sessions) {
            break;
        }
        let work = work(numbers);
        let proxy = Proxy::start(engine.address(), Faults::none().mark(SUM)).await;
        let drv = engine.behind(proxy.address()).compiling().pool_size(1).build().unwrap();
        let table = engine.unique("ended");
        let dir = engine.dir.join(&table);
        let create = format!("CREATE TABLE {table} {format} LOCATION '{}'", dir.display());
        let typed =
            format!("CREATE TABLE IF NOT EXISTS {table} (id BIGINT) {format} LOCATION '{}'", dir.display());
        if !matches!(run, Run::CreateAsSelect) {
            drv.exec(typed.clone()).await.unwrap();
        }
        let begun = Instant::now();
        let statement = run.on(&drv, &create, &table, &work);
        let (ended, ()) = match forgetful {
            Some(_) => (statement.await, ()),
            None => tokio::join!(statement, end_session_under_it(&engine, &proxy)),
        };
        let after = begun.elapsed();
        // What was read of the table in the session that has ended is not there in the next; and that one may still be
        // about to end, so another looks.
        let look = engine.compiling().build().unwrap();
        let rows = match look.exec(typed).await {
            Ok(_) => {
                query::<(i64,)>(&Client::new(look.clone()), look.from_table(&table)).await.unwrap().len()
            }
            // Its data was there when it was stopped, and no table is.
            Err(error) => {
                assert_eq!(
                    error.error_class(),
                    Some("DELTA_CREATE_TABLE_WITH_NON_EMPTY_LOCATION"),
                    "{error:?}"
                );
                0
            }
        };
        let files = data_files(&dir);
        let told = ended.as_ref().map_err(|error| error.kind());
        println!("{run:?}: {told:?} after {after:.1?}, {rows} rows in {files} files");
        match ended {
            Ok(()) => {
                assert_eq!(rows, 1, "{run:?}");
                // It was done before its session ended: the machine is quicker than when that was measured.
                numbers *= 2;
            }
            Err(error) => {
                endings += 1;
                assert_eq!(error.kind(), ErrorKind::OutcomeUnknown, "{error}");
                assert!(rows <= 1 && error.may_have_run() && !error.is_retryable(), "{rows} rows: {error}");
            }
        }
        // Of a statement that runs twice the files of the first time stay.
        assert!(files <= 1, "{files} files");
        drv.close().await.unwrap();
    }
    assert!(endings > 0 || !ends_sessions, "no session ended under its statement");
}
