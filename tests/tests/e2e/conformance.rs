//! What a driver promises, on a real engine.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use arrow_array::{ArrayRef, Float64Array, Int64Array, RecordBatch};
use futures::FutureExt;
use futures::future::BoxFuture;
use lakeorm::conformance::{Failure, Known, Subject, Verdict, check};
use lakeorm::spark::{RetryPolicy, SparkDriver, SparkDriverBuilder};
use lakeorm::{
    Capability, Client, Command, DirectIngest, Driver, ErrorKind, ExecutionPlan, Result, Source, StagedRows,
    query_first,
};
use lakeorm_tests::engine::{Ability, Engine};
use lakeorm_tests::files;

const NAME: &str = "Eine Maschine, wie sie heißt";

struct OnEngine {
    engine: Engine,
    table: String,
    in_a_session: bool,
}

impl OnEngine {
    fn new(engine: Engine) -> Self {
        Self { table: engine.unique("effects"), engine, in_a_session: false }
    }

    /// The same, for the driver that a session is.
    fn in_a_session(engine: Engine) -> Self {
        Self { in_a_session: true, ..Self::new(engine) }
    }

    fn builder(&self) -> SparkDriverBuilder {
        let Self { engine, table, .. } = self;
        let builder = engine.builder().name(NAME).pool_size(1);
        match engine.has(Ability::SharedTables) {
            true => builder,
            // A table belongs to one session, but its place may be another's too.
            false => builder.session_statement(format!(
                "CREATE TABLE IF NOT EXISTS {table} (id BIGINT) {} LOCATION '{}'",
                engine.table_format(),
                engine.dir.join(table).display()
            )),
        }
    }

    async fn make_table(&self) {
        let Self { engine, table, .. } = self;
        if engine.has(Ability::SharedTables) {
            let create = format!("CREATE TABLE {table} (id BIGINT) {}", engine.table_format());
            engine.driver().exec(create).await.unwrap();
        }
    }

    /// Where the row lies that a plan reads from a file.
    fn staged(&self) -> PathBuf {
        self.engine.dir.join(format!("{}_staged", self.table))
    }

    async fn stage_a_row(&self) {
        let drv = self.engine.driver();
        let row = drv.sql("SELECT 1L AS id");
        row.write().format("parquet").save(self.staged().display().to_string()).await.unwrap();
    }
}

impl Subject for OnEngine {
    fn name(&self) -> &str {
        NAME
    }

    fn driver(&self) -> BoxFuture<'_, Result<Box<dyn Driver>>> {
        async {
            let driver = self.builder().build()?;
            match self.in_a_session {
                true => Ok(Box::new(driver.session().await?) as Box<dyn Driver>),
                false => Ok(Box::new(driver) as Box<dyn Driver>),
            }
        }
        .boxed()
    }

    fn small(&self) -> Known {
        let id: ArrayRef = Arc::new(Int64Array::from(vec![0, 1, 2]));
        let half: ArrayRef = Arc::new(Float64Array::from(vec![Some(0.0), None, Some(1.0)]));
        let sql =
            "SELECT id, CASE WHEN id <> 1 THEN CAST(id AS DOUBLE) / 2D END AS half FROM range(0, 3, 1, 1)";
        let rows = RecordBatch::try_from_iter([("id", id), ("half", half)]).unwrap();
        Known::new(Source::sql(sql), rows)
    }

    fn empty(&self) -> Source {
        Source::sql("SELECT id FROM range(10) WHERE id > 10")
    }

    fn large(&self) -> (Source, u64) {
        (Source::sql("SELECT id FROM range(0, 100000, 1, 1)"), 100_000)
    }

    fn failing(&self) -> Source {
        Source::sql("SELECT * FROM a_table_that_does_not_exist")
    }

    fn missing_table(&self) -> Option<Source> {
        Some(self.failing())
    }

    fn endless(&self) -> Source {
        // One task: the other one is for the tests beside.
        Source::sql("SELECT sum((id * 31) % 1000003) AS id FROM range(0, 100000000000, 1, 1)")
    }

    fn effect(&self) -> Option<Source> {
        Some(Source::sql(format!("INSERT INTO {} VALUES (1)", self.table)))
    }

    fn plan(&self, ingest: Capability) -> Option<ExecutionPlan> {
        let view = self.engine.unique("rows");
        let statement =
            Command::from(format!("INSERT INTO {} SELECT s.id AS id FROM {view} AS s", self.table));
        Some(match ingest {
            Capability::StagedIngest => {
                let is_parquet =
                    |file: &PathBuf| file.extension().is_some_and(|extension| extension == "parquet");
                let files = files(&self.staged()).into_iter().filter(is_parquet);
                let addresses = files.map(|file| format!("file://{}", file.display())).collect();
                let schema = "id BIGINT".parse().unwrap();
                ExecutionPlan::StagedAppend(StagedRows::new(addresses, schema, 1, view, statement))
            }
            _ => {
                let id: ArrayRef = Arc::new(Int64Array::from(vec![1]));
                let row = RecordBatch::try_from_iter([("id", id)]).unwrap();
                ExecutionPlan::DirectIngest(DirectIngest::new(vec![row], view, statement))
            }
        })
    }

    fn effects(&self) -> BoxFuture<'_, Result<u64>> {
        async {
            let drv = self.builder().build()?;
            let count = drv.from_sql(format!("SELECT count(*) FROM {}", self.table));
            let (count,) = query_first::<(i64,)>(&Client::new(drv.clone()), count).await?;
            drv.close().await?;
            Ok(u64::try_from(count).unwrap())
        }
        .boxed()
    }

    fn failures(&self) -> Vec<Failure> {
        let failing = "SELECT CASE WHEN id < 50000 THEN id ELSE CAST(raise_error('it stops here') AS BIGINT) END \
                       FROM range(0, 100000, 1, 1)";
        let half_way = Failure::new("a query that fails half-way", Source::sql(failing), ErrorKind::Server);
        // Nothing listens on port 1.
        let nobody =
            SparkDriver::builder("sc://127.0.0.1:1").retry_policy(RetryPolicy::none()).build().unwrap();
        let no_server =
            Failure::new("a server that is not there", Source::sql("SELECT 1"), ErrorKind::Connect);
        vec![half_way, no_server.on(nobody)]
    }

    fn time_limit(&self) -> Duration {
        Duration::from_secs(120)
    }
}

#[tokio::test]
async fn the_driver_keeps_every_promise() {
    keeps_every_promise(&OnEngine::new(Engine::from_env())).await;
}

#[tokio::test]
async fn a_session_keeps_every_promise_of_a_driver() {
    keeps_every_promise(&OnEngine::in_a_session(Engine::from_env())).await;
}

async fn keeps_every_promise(subject: &OnEngine) {
    subject.make_table().await;
    subject.stage_a_row().await;
    let report = check(subject).await;
    println!("{report}");
    let kept = report.findings().iter().filter(|finding| finding.verdict == Verdict::Kept).count();
    assert_eq!(kept, report.findings().len(), "{report}");
}
