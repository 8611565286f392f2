//! Plans that a driver of one's own hands on: committed, aborted, dropped or refused.

use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures::FutureExt;
use futures::future::BoxFuture;
use futures::{Stream, stream};
use lakeorm::dialect::{Delta, Iceberg};
use lakeorm::spark::SparkDriver;
use lakeorm::{
    Backend, BatchStream, Capabilities, Capability, Client, Command, Driver, Error, ErrorKind, Execution,
    ExecutionPlan, LakeRow, LakeTable, Outcome, Read, Result, TableSupport, open,
};
use lakeorm_tests::engine::{Ability, Engine};
use lakeorm_tests::formats::Format;
use tokio::time::timeout;

use super::staged::{Staging, count};
use super::{one_of, one_or_all};

/// How an execution ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    Commit,
    Abort,
    Drop,
    /// The plan does not get as far as the engine.
    Refuse,
    /// The driver says that it takes no files, so that no plan has any.
    Incapable,
}

/// What a plan was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Plan {
    Direct,
    Append { files: usize },
    Merge { files: usize },
}

/// A driver over Spark's that notes the plans, and ends them as it is told.
#[derive(Clone)]
struct Watching {
    inner: SparkDriver,
    end: End,
    plans: Arc<Mutex<Vec<Plan>>>,
}

impl Watching {
    fn new(end: End) -> Self {
        let engine = Engine::from_env();
        let builder =
            engine.builder().pool_size(1).session_conf("spark.sql.catalog.ice.cache-enabled", "false");
        Self { inner: builder.build().unwrap(), end, plans: Arc::default() }
    }

    fn client(&self, format: Format, backend: Backend) -> Client {
        let opened = match format {
            Format::Delta => open(self.clone(), Delta::new(), backend),
            Format::Iceberg { catalog: None } => open(self.clone(), Iceberg::new(), backend),
            Format::Iceberg { catalog: Some(catalog) } => {
                open(self.clone(), Iceberg::new().catalog(catalog), backend)
            }
        };
        opened.unwrap()
    }

    fn plans(&self) -> Vec<Plan> {
        std::mem::take(&mut *self.plans.lock().unwrap())
    }
}

impl Driver for Watching {
    fn name(&self) -> &str {
        "watching"
    }

    fn read(&self, read: Read) -> BatchStream {
        Driver::read(&self.inner, read)
    }

    fn exec(&self, command: Command) -> BoxFuture<'_, Result<Outcome>> {
        Driver::exec(&self.inner, command)
    }

    fn execute(&self, plan: ExecutionPlan) -> BoxFuture<'_, Result<Execution<'_>>> {
        async move {
            let known = match &plan {
                ExecutionPlan::DirectIngest(_) => Plan::Direct,
                ExecutionPlan::StagedAppend(rows) => Plan::Append { files: rows.files.len() },
                ExecutionPlan::StagedMerge(rows) => Plan::Merge { files: rows.files.len() },
                other => panic!("{other:?}"),
            };
            self.plans.lock().unwrap().push(known);
            if self.end == End::Refuse {
                return Err(Error::new(ErrorKind::Server, "refused"));
            }
            let execution = Driver::execute(&self.inner, plan).await?;
            match self.end {
                End::Abort => execution.abort().await?,
                End::Drop => drop(execution),
                End::Commit | End::Refuse | End::Incapable => return Ok(execution),
            }
            Err(Error::new(ErrorKind::Server, "ended"))
        }
        .boxed()
    }

    fn capabilities(&self) -> BoxFuture<'_, Result<Capabilities>> {
        if self.end == End::Incapable {
            return async { Ok([Capability::Exec, Capability::DirectIngest].into()) }.boxed();
        }
        Driver::capabilities(&self.inner)
    }

    fn table_support(&self) -> BoxFuture<'_, Result<TableSupport>> {
        Driver::table_support(&self.inner)
    }

    fn close(&self) -> BoxFuture<'_, Result<()>> {
        Driver::close(&self.inner)
    }
}

#[derive(Debug, Clone, PartialEq, LakeRow, LakeTable)]
#[lake(table = "written.executed")]
struct Row {
    #[lake(merge_key)]
    id: i64,
    text: String,
}

fn row(id: i64) -> Row {
    Row { id, text: format!("text {id}") }
}

/// The temporary views of writes that the driver's session has; it is waited for until what uses it has come to its end.
pub(super) async fn views(drv: &SparkDriver) -> Vec<String> {
    let session = drv.session().await.unwrap();
    let tables = session.catalog().list_tables(None, Some("lakeorm_*")).await.unwrap();
    tables.into_iter().map(|table| table.name).filter(|name| name.starts_with("lakeorm_")).collect()
}

/// Waits until none of them is left.
pub(super) async fn wait_for_no_views(drv: &SparkDriver, what: &str) {
    let gone = async {
        while !views(drv).await.is_empty() {
            tokio::task::yield_now().await;
        }
    };
    timeout(Duration::from_mins(1), gone).await.unwrap_or_else(|_| panic!("{what}: the view stays"));
}

#[tokio::test]
async fn an_execution_that_is_aborted_or_dropped_writes_nothing_and_leaves_nothing() {
    let staging = Staging::new("executed");
    for (format, db) in one_of(0, staging.backend()).await {
        let table = format.table("written.executed");
        let tables_live_in_sessions = !Engine::from_env().has(Ability::SharedTables);
        if !tables_live_in_sessions {
            db.migrate::<Row>().await.unwrap();
        }
        for end in [End::Abort, End::Drop, End::Commit] {
            let drv = Watching::new(end);
            let watched = drv.client(format, staging.backend());
            if tables_live_in_sessions {
                watched.exec("CREATE DATABASE IF NOT EXISTS written").await.unwrap();
                watched.migrate::<Row>().await.unwrap();
            }
            let rows = [row(1), row(2)];
            let both = [watched.insert(&rows).await, watched.merge(&rows).staged().await];
            assert_eq!(drv.plans(), [Plan::Direct, Plan::Merge { files: 1 }]);
            for written in both {
                match end {
                    End::Commit => assert_eq!(written.unwrap().rows(), 2),
                    _ => assert_eq!(written.unwrap_err().to_string(), "ended"),
                }
            }
            assert_eq!(staging.files(), Vec::<PathBuf>::new(), "{format:?}, {end:?}");
            let landed = if end == End::Commit { 2 } else { 0 };
            assert_eq!(count(&watched, &table).await, landed, "{format:?}, {end:?}");
            wait_for_no_views(&drv.inner, &format!("{format:?}, {end:?}")).await;
            if tables_live_in_sessions {
                watched.exec(format!("DROP TABLE {table}")).await.unwrap();
            }
        }
        if !tables_live_in_sessions {
            db.exec(format!("DROP TABLE {table}")).await.unwrap();
        }
    }
}

/// Which way rows take and in how many files is in the plan, whatever becomes of it.
#[tokio::test]
async fn the_size_of_the_rows_decides_their_way_and_that_of_a_part_the_number_of_files() {
    let staging = Staging::new("planned");
    let drv = Watching::new(End::Refuse);
    let format = one_or_all(0)[0];
    let db = drv.client(format, staging.backend());
    let without = drv.client(format, Backend::none());
    db.exec(format!("CREATE DATABASE IF NOT EXISTS {}", format.table("written"))).await.unwrap();
    db.migrate::<Planned>().await.unwrap();
    // A MiB each, which no file makes small.
    let wide = |id: i64| Planned { id, bytes: noise(id, 1 << 20) };
    let (few, many): (Vec<_>, Vec<_>) = ((0..8).map(wide).collect(), (0..40).map(wide).collect());
    let one = 1.try_into().unwrap();
    let planned = [
        (db.insert(&few).await, Plan::Direct),
        (db.insert(&few).staged().await, Plan::Append { files: 1 }),
        // A part is full once it has its bytes: the row that made it so is in it.
        (db.insert(&few).staged().batch_size(one).part_size(1 << 20).await, Plan::Append { files: 8 }),
        (db.insert(&few).staged().batch_size(one).part_size(2 << 20).await, Plan::Append { files: 4 }),
        (db.insert(&many).await, Plan::Append { files: 1 }),
        (db.merge(&many).batch_size(one).await, Plan::Merge { files: 2 }),
        (db.insert(&many).direct().await, Plan::Direct),
        (without.insert(&many).await, Plan::Direct),
        (db.insert_stream(streamed(&few)).await, Plan::Direct),
        (db.insert_stream(streamed(&many)).batch_size(one).await, Plan::Append { files: 2 }),
    ];
    let (refused, plans): (Vec<_>, Vec<_>) = planned.into_iter().unzip();
    assert!(refused.into_iter().all(|written| written.unwrap_err().to_string() == "refused"));
    assert_eq!(drv.plans(), plans);
    let incapable = Watching { end: End::Incapable, ..drv.clone() };
    let written = incapable.client(format, staging.backend()).insert(&few).staged();
    let error = written.on_progress(|told| assert_eq!(told.rows_staged, 0)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported, "{error}");
    assert!(error.to_string().contains("staged ingest"), "{error}");
    assert_eq!(drv.plans(), []);
    assert_eq!(staging.files(), Vec::<PathBuf>::new());
    db.exec(format!("DROP TABLE {}", format.table("written.planned"))).await.unwrap();
}

#[derive(Debug, Clone, PartialEq, LakeTable)]
#[lake(table = "written.planned")]
struct Planned {
    #[lake(merge_key)]
    id: i64,
    bytes: Vec<u8>,
}

fn streamed(rows: &[Planned]) -> impl Stream<Item = Result<Planned>> + Send {
    stream::iter(rows.iter().cloned().map(Ok))
}

/// So many bytes without an order.
fn noise(seed: i64, length: usize) -> Vec<u8> {
    let mut state = seed.unsigned_abs().wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let words = std::iter::repeat_with(|| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()
    });
    words.flatten().take(length).collect()
}
