//! Servers that die: in the middle of a result, in the middle of a statement, between two queries.

use std::time::{Duration, Instant};

use futures::TryStreamExt;
use lakeorm::spark::SparkDriver;
use lakeorm::{Client, ErrorKind, query, query_stream};
use lakeorm_tests::engine::{Ability, Engine};

use crate::{figure, server};

/// What the driver sets in its sessions, which a server that makes a lost one anew forgets.
const ZONE: &str = "Asia/Tokyo";

/// A moment as the session's clock shows it.
const CLOCK: &str = "SELECT CAST(TIMESTAMP '2026-01-01 00:00:00+00:00' AS STRING)";

const CLOCK_IN_ZONE: &str = "2026-01-01 09:00:00";

/// Ends the server at each point by each signal. It comes back on the same port, over the same files.
pub(crate) async fn kills(engine: &Engine) {
    for signal in ["KILL", "TERM"] {
        let drv =
            engine.builder().pool_size(1).session_conf("spark.sql.session.timeZone", ZONE).build().unwrap();
        between_two_queries(engine, &drv, signal).await;
        in_the_middle_of_a_result(engine, &drv, signal).await;
        in_the_middle_of_a_statement(engine, &drv, signal).await;
    }
}

async fn between_two_queries(engine: &Engine, drv: &SparkDriver, signal: &str) {
    let db = Client::new(drv.clone());
    let clock = || query::<(String,)>(&db, drv.from_sql(CLOCK));
    let in_zone = [(CLOCK_IN_ZONE.to_owned(),)];
    assert_eq!(clock().await.unwrap(), in_zone);
    let old = server::process();
    server::signal(signal);
    server::wait_for_another(engine, old);
    let begun = Instant::now();
    let rows = clock().await;
    figure(
        format!("SIG{signal} between two queries"),
        format!("the next: {} after {:.1?}", told(&rows), begun.elapsed()),
    );
    assert_eq!(rows.unwrap(), in_zone);
}

async fn in_the_middle_of_a_result(engine: &Engine, drv: &SparkDriver, signal: &str) {
    let db = Client::new(drv.clone());
    let sql = "SELECT id FROM range(0, 200000000, 1, 200)";
    let mut rows = query_stream::<(i64,)>(&db, drv.from_sql(sql));
    assert!(rows.try_next().await.unwrap().is_some());
    let old = server::process();
    server::signal(signal);
    let begun = Instant::now();
    let end = loop {
        match rows.try_next().await {
            Ok(Some(_)) => {}
            Ok(None) => break Ok(()),
            Err(error) => break Err(error),
        }
    };
    figure(
        format!("SIG{signal} in the middle of a result"),
        format!("{} after {:.1?}", told(&end), begun.elapsed()),
    );
    let kind = end.expect_err("a result without its rest").kind();
    assert!(matches!(kind, ErrorKind::SessionLost | ErrorKind::Unavailable), "{kind:?}");
    server::wait_for_another(engine, old);
    assert_eq!(query::<(i64,)>(&db, drv.from_sql("SELECT id FROM range(1)")).await.unwrap(), [(0,)]);
}

/// The statement takes longer than the server lives. What it may have written is counted in the next server.
async fn in_the_middle_of_a_statement(engine: &Engine, drv: &SparkDriver, signal: &str) {
    let db = Client::new(drv.clone());
    let name = engine.unique("killed");
    let location = format!("LOCATION '{}'", engine.dir.join(&name).display());
    let format = engine.table_format();
    drv.exec(format!("CREATE TABLE {name} (id BIGINT) {format} {location}")).await.unwrap();
    drv.exec(format!("INSERT INTO {name} SELECT id FROM range(1)")).await.unwrap();
    let rows = if engine.has(Ability::KeepsResults) { 4_000_000_000_i64 } else { 20_000_000_000 };
    let sql = format!("INSERT INTO {name} SELECT sum((id * 31) % 1000003) AS id FROM range(0, {rows}, 1, 4)");
    let statement = tokio::spawn({
        let drv = drv.clone();
        async move { drv.exec(sql).await }
    });
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert!(!statement.is_finished(), "the statement was too quick");
    let old = server::process();
    server::signal(signal);
    let begun = Instant::now();
    let end = statement.await.unwrap();
    let after = begun.elapsed();
    server::wait_for_another(engine, old);
    let reader = engine.driver();
    let there =
        reader.exec(format!("CREATE TABLE IF NOT EXISTS {name} (id BIGINT) {format} {location}")).await;
    there.unwrap();
    let count = query::<(i64,)>(&Client::new(reader.clone()), reader.from_table(&name)).await.unwrap().len();
    figure(
        format!("SIG{signal} in the middle of an INSERT"),
        format!("{} after {after:.1?}, {count} rows", told(&end)),
    );
    assert!((1..=2).contains(&count), "the statement ran more than once");
    let kind = end.expect_err("nobody can know how it ended").kind();
    let stopped = signal == "TERM" && kind != ErrorKind::Timeout;
    assert!(kind == ErrorKind::OutcomeUnknown || stopped, "{kind:?}");
    assert_eq!(query::<(i64,)>(&db, drv.from_sql("SELECT id FROM range(1)")).await.unwrap(), [(0,)]);
}

fn told<T>(end: &lakeorm::Result<T>) -> String {
    match end {
        Ok(_) => "ok".to_owned(),
        Err(error) => format!("{:?}: {error}", error.kind()),
    }
}
