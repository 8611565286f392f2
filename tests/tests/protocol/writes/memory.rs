//! A driver of a test's own, over one table in memory: what it was told, and the plans that it carried out.

use std::collections::BTreeSet;
use std::mem;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use arrow_array::RecordBatch;
use futures::future::{BoxFuture, pending};
use futures::{FutureExt, StreamExt, stream};
use lakeorm::object_store::ObjectStore;
use lakeorm::{
    Arguments, Backend, BatchStream, Capabilities, Capability, Command, Driver, Error, ErrorKind, Execution,
    ExecutionPlan, Outcome, Read, Result, ServerError, Values,
};
use tokio::sync::watch;

use super::described::told;
use crate::setup::{numbers, soon};

/// What the driver is told of one write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Told {
    /// The plan, with its rows.
    Rows,
    /// That the statement is to run.
    Commit,
    /// That the rows are to be removed.
    Removal,
}

/// The driver. Clones are the same.
#[derive(Clone)]
pub(super) struct Memory(Arc<Inner>);

struct Inner {
    columns: RecordBatch,
    /// Whether a statement comes to its end.
    ends: bool,
    told: watch::Sender<Vec<Told>>,
    carried_out: Mutex<Vec<ExecutionPlan>>,
    /// Of the writes whose rows are in the table.
    ingest_ids: Mutex<BTreeSet<String>>,
    /// Whether the table is still to be created.
    is_missing: AtomicBool,
    /// The errors of the next statements that write.
    failures: Mutex<Vec<Error>>,
    /// The statements without rows that have run.
    executed: Mutex<Vec<String>>,
}

impl Memory {
    /// With a table `t` of these columns, and no row in it.
    pub(super) fn new(columns: RecordBatch) -> Self {
        Self::of(columns, true)
    }

    /// The same, whose statements never end.
    pub(super) fn stuck(columns: RecordBatch) -> Self {
        Self::of(columns, false)
    }

    fn of(columns: RecordBatch, ends: bool) -> Self {
        let told = watch::Sender::new(Vec::new());
        Self(Arc::new(Inner {
            columns,
            ends,
            told,
            carried_out: Mutex::default(),
            ingest_ids: Mutex::default(),
            is_missing: AtomicBool::new(false),
            failures: Mutex::default(),
            executed: Mutex::default(),
        }))
    }

    /// The same, whose table is not there until it is created.
    pub(super) fn without_table(self) -> Self {
        self.0.is_missing.store(true, Ordering::Relaxed);
        self
    }

    /// Has the next statement that writes fail.
    pub(super) fn fail(&self, error: Error) {
        self.0.failures.lock().unwrap().push(error);
    }

    /// The statements without rows that have run. They are given once.
    pub(super) fn executed(&self) -> Vec<String> {
        mem::take(&mut *self.0.executed.lock().unwrap())
    }

    /// What it was told, in this order.
    pub(super) fn told(&self) -> Vec<Told> {
        self.0.told.borrow().clone()
    }

    /// Waits until this is what it was told last.
    pub(super) async fn wait_for(&self, last: Told) {
        let mut told = self.0.told.subscribe();
        soon(told.wait_for(|told| told.last() == Some(&last))).await.unwrap();
    }

    /// The plans whose statements have run. They are given once.
    pub(super) fn carried_out(&self) -> Vec<ExecutionPlan> {
        mem::take(&mut *self.0.carried_out.lock().unwrap())
    }

    fn note(&self, told: Told) {
        self.0.told.send_modify(|all| all.push(told));
    }

    fn answer(&self, read: &Read) -> Result<RecordBatch> {
        read.check()?;
        match read.sql() {
            Some("SELECT * FROM t LIMIT 0") if self.0.is_missing.load(Ordering::Relaxed) => {
                let said = ServerError::new("the memory is empty").table_not_found();
                Err(Error::new(ErrorKind::Server, "the memory refused the query").with_server(said))
            }
            Some("SELECT * FROM t LIMIT 0") => Ok(self.0.columns.clone()),
            Some("DESCRIBE TABLE EXTENDED t") => Ok(told("delta")),
            Some("SELECT 1 AS found FROM t WHERE _ingest_id = :ingest_id LIMIT 1") => {
                let asked = ingest_id(read.arguments());
                let is_there = asked.is_some_and(|id| self.0.ingest_ids.lock().unwrap().contains(&id));
                Ok(numbers(0..i64::from(is_there)))
            }
            other => Err(Error::new(ErrorKind::Server, format!("the memory has no answer to {other:?}"))),
        }
    }

    async fn commit(self, plan: ExecutionPlan) -> Result<Outcome> {
        self.note(Told::Commit);
        if !self.0.ends {
            return pending().await;
        }
        if let Some(error) = self.0.failures.lock().unwrap().pop() {
            return Err(error);
        }
        let statement = statement(&plan)?;
        statement.check()?;
        self.0.ingest_ids.lock().unwrap().extend(ingest_id(statement.arguments()));
        self.0.carried_out.lock().unwrap().push(plan);
        Ok(Outcome::default())
    }
}

impl Driver for Memory {
    fn name(&self) -> &str {
        "memory"
    }

    fn read(&self, read: Read) -> BatchStream {
        let memory = self.clone();
        stream::once(async move { memory.answer(&read) }).boxed()
    }

    fn exec(&self, command: Command) -> BoxFuture<'_, Result<Outcome>> {
        async move {
            command.check()?;
            self.0.is_missing.store(false, Ordering::Relaxed);
            self.0.executed.lock().unwrap().push(command.sql().to_owned());
            Ok(Outcome::default())
        }
        .boxed()
    }

    fn execute(&self, plan: ExecutionPlan) -> BoxFuture<'_, Result<Execution<'_>>> {
        let memory = self.clone();
        async move {
            memory.note(Told::Rows);
            let rows = memory.clone();
            let removal = async move {
                rows.note(Told::Removal);
                Ok(())
            };
            Ok(Execution::new(memory.commit(plan), removal))
        }
        .boxed()
    }

    fn capabilities(&self) -> BoxFuture<'_, Result<Capabilities>> {
        let all = [Capability::Exec, Capability::DirectIngest, Capability::StagedIngest];
        async move { Ok(Capabilities::from(all)) }.boxed()
    }

    fn close(&self) -> BoxFuture<'_, Result<()>> {
        async { Ok(()) }.boxed()
    }
}

/// As much of it as every driver has to write.
pub(super) struct Reader(pub(super) Memory);

impl Driver for Reader {
    fn name(&self) -> &str {
        self.0.name()
    }

    fn read(&self, read: Read) -> BatchStream {
        self.0.read(read)
    }

    fn close(&self) -> BoxFuture<'_, Result<()>> {
        self.0.close()
    }
}

fn statement(plan: &ExecutionPlan) -> Result<&Command> {
    match plan {
        ExecutionPlan::Sql(statement) => Ok(statement),
        ExecutionPlan::DirectIngest(rows) => Ok(&rows.statement),
        ExecutionPlan::StagedAppend(rows) | ExecutionPlan::StagedMerge(rows) => Ok(&rows.statement),
        other => Err(Error::new(ErrorKind::Unsupported, format!("the memory knows no {other:?}"))),
    }
}

/// The value of `:ingest_id`.
pub(super) fn ingest_id(arguments: &Arguments) -> Option<String> {
    let Values::Named(values) = arguments.values() else { return None };
    values.get("ingest_id")?.single()?.as_str().map(str::to_owned)
}

/// A place for files in a store of the test's own.
pub(super) fn backend(objects: Arc<dyn ObjectStore>) -> Backend {
    Backend::from_store(objects, "lake", "memory:///lake").unwrap()
}

/// How many objects are in the store.
pub(super) async fn stored(objects: &Arc<dyn ObjectStore>) -> usize {
    objects.list(None).count().await
}
