//! A driver in memory, written as one outside of the project would be, that can be wrong in one way at a time.

use std::future::ready;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use futures::future::BoxFuture;
use futures::{FutureExt, StreamExt, TryStreamExt, stream};
use lakeorm::conformance::{Failure, Known, Subject};
use lakeorm::{
    BatchStream, Capabilities, Capability, Command, DirectIngest, Driver, Error, ErrorKind, Execution,
    ExecutionPlan, Outcome, Read, Result, Source,
};
use tokio::sync::{Semaphore, watch};

use crate::setup::numbers;

mod engine;

use engine::Engine;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    NameInLowerCase,
    ChangesAValue,
    RenamesAColumn,
    LosesTheLastBatch,
    SwapsTwoBatches,
    DoublesABatch,
    ChangesTheSchema,
    GivesNothingForNothing,
    GivesSomethingForNothing,
    IgnoresTheLimit,
    RunsBeforeThePoll,
    RunsTwice,
    EndsQuietlyWhereItFails,
    GoesOnAfterAnError,
    RepeatsTheError,
    CallsEveryFailureUnavailable,
    IgnoresValues,
    KeepsQuietAboutAMissingTable,
    IgnoresTheTimeout,
    CallsATimeoutCancelled,
    TimesOutAtOnce,
    EndsQuietlyAtTheTimeout,
    KeepsThePlaceOfADroppedResult,
    KeepsThePlaceOfADroppedQuery,
    ReadsAfterClosing,
    CallsClosedUnavailable,
    ClosesOnce,
    NeverClosesWhileAQueryRuns,
    LeavesRunningWhatRuns,
    EndsQuietlyWhenClosed,
    GoesOnWhenClosed,
    ListsWhatItLacks,
    KeepsQuietAboutWhatItCan,
    RefusesWithoutAName,
    PingsIntoTheVoid,
    ExecutesBeforeThePoll,
    ExecutesTwice,
    ExecutesWhatFails,
    ExecutesWithWrongValues,
    RefusesWrongValuesTooLate,
    CallsALostStatementUnavailable,
    ExecutesBeyondTheTimeout,
    CallsATimeoutOfAStatementCancelled,
    KeepsThePlaceOfADroppedStatement,
    ExecutesAfterClosing,
    PingsAfterClosing,
    StatementsOutliveClosing,
    RefusesRowsThatItLists,
    WritesRowsWithoutListingThat,
    LosesTheRows,
    WritesBeforeTheCommit,
    WritesWhatIsGivenUp,
    KeepsThePlaceOfAWriteGivenUp,
}

const NAME: &str = "A Toy, called by its Name";

/// A toy engine with a driver; each driver of one subject counts effects in the same place.
pub(crate) struct Toy {
    fault: Option<Fault>,
    effects: Option<Arc<AtomicU64>>,
    missing: bool,
    only_reads: bool,
}

impl Toy {
    pub(crate) fn honest() -> Self {
        Self { fault: None, effects: Some(Arc::default()), missing: false, only_reads: false }
    }

    pub(crate) fn with(fault: Fault) -> Self {
        Self { fault: Some(fault), ..Self::honest() }
    }

    pub(crate) fn without_effects() -> Self {
        Self { effects: None, ..Self::honest() }
    }

    pub(crate) fn that_only_reads() -> Self {
        Self { only_reads: true, ..Self::honest() }
    }

    pub(crate) fn missing() -> Self {
        Self { missing: true, ..Self::honest() }
    }

    fn new_driver(&self, fault: Option<Fault>) -> ToyDriver {
        let name = match fault {
            Some(Fault::NameInLowerCase) => NAME.to_lowercase(),
            _ => NAME.to_owned(),
        };
        let engine = Engine {
            fault,
            effects: self.effects.clone().unwrap_or_default(),
            places: Arc::new(Semaphore::new(1)),
            closed: watch::Sender::new(false),
        };
        ToyDriver { name, engine: Arc::new(engine) }
    }
}

impl Subject for Toy {
    fn name(&self) -> &str {
        NAME
    }

    fn driver(&self) -> BoxFuture<'_, Result<Box<dyn Driver>>> {
        let missing = || Err(Error::new(ErrorKind::Config, "there is no such toy"));
        let driver = || match self.only_reads {
            true => Box::new(Reader(self.new_driver(self.fault))) as Box<dyn Driver>,
            // Behind one more pointer, which has to hand everything on.
            false => Box::new(Arc::new(self.new_driver(self.fault)) as Arc<dyn Driver>),
        };
        ready(if self.missing { missing() } else { Ok(driver()) }).boxed()
    }

    fn small(&self) -> Known {
        Known::new(Source::sql("small"), numbers(0..3))
    }

    fn empty(&self) -> Source {
        Source::sql("empty")
    }

    fn large(&self) -> (Source, u64) {
        (Source::table("large"), 10)
    }

    fn failing(&self) -> Source {
        Source::sql("failing")
    }

    fn missing_table(&self) -> Option<Source> {
        Some(Source::table("missing"))
    }

    fn endless(&self) -> Source {
        Source::sql("endless")
    }

    fn effect(&self) -> Option<Source> {
        self.effects.as_ref().map(|_| Source::sql("effect"))
    }

    fn effects(&self) -> BoxFuture<'_, Result<u64>> {
        ready(Ok(self.effects.as_ref().map_or(0, |effects| effects.load(Ordering::Relaxed)))).boxed()
    }

    fn plan(&self, ingest: Capability) -> Option<ExecutionPlan> {
        let counted = ingest == Capability::DirectIngest && self.effects.is_some();
        let rows = || DirectIngest::new(vec![numbers(0..1)], "rows", Command::from("effect"));
        counted.then(|| ExecutionPlan::DirectIngest(rows()))
    }

    fn failures(&self) -> Vec<Failure> {
        let grumpy = self.new_driver(Some(Fault::CallsEveryFailureUnavailable));
        let what = "an engine that calls everything unavailable";
        vec![Failure::new(what, Source::sql("failing"), ErrorKind::Unavailable).on(grumpy)]
    }

    fn failing_statements(&self) -> Vec<Failure> {
        let what = "a statement whose answer is lost";
        vec![Failure::new(what, Source::sql("lost"), ErrorKind::OutcomeUnknown)]
    }
}

struct ToyDriver {
    name: String,
    engine: Arc<Engine>,
}

impl ToyDriver {
    fn lacks(&self, what: Capability) -> Error {
        Error::new(ErrorKind::Unsupported, format!("the driver {} does not support {what}", self.name))
    }

    /// What it says that it can.
    fn listed(&self) -> Capabilities {
        let silent = [Fault::KeepsQuietAboutWhatItCan, Fault::RefusesWithoutAName];
        if silent.iter().any(|fault| self.engine.is(*fault)) {
            return Capabilities::from([Capability::Ping]);
        }
        if self.engine.is(Fault::WritesRowsWithoutListingThat) {
            return Capabilities::from([Capability::Exec, Capability::Ping]);
        }
        Capabilities::from([Capability::Exec, Capability::Ping, Capability::DirectIngest])
    }

    async fn write(&self, rows: DirectIngest) -> Result<Execution<'_>> {
        let writes = match self.engine.fault {
            Some(Fault::RefusesRowsThatItLists) => false,
            Some(Fault::WritesRowsWithoutListingThat) => true,
            _ => self.listed().has(Capability::DirectIngest),
        };
        match writes {
            true => Arc::clone(&self.engine).hand_over(rows.statement).await,
            false => Err(self.lacks(Capability::DirectIngest)),
        }
    }
}

impl Driver for ToyDriver {
    fn name(&self) -> &str {
        &self.name
    }

    fn read(&self, read: Read) -> BatchStream {
        let engine = Arc::clone(&self.engine);
        if engine.is(Fault::RunsBeforeThePoll) && read.sql() == Some("effect") {
            engine.effects.fetch_add(1, Ordering::Relaxed);
        }
        let timeout = read.timeout();
        let answering = Arc::clone(&engine);
        let batches = stream::once(async move { answering.answer(&read).await }).try_flatten().boxed();
        match timeout {
            Some(timeout) if !engine.is(Fault::IgnoresTheTimeout) => engine.limited(batches, timeout),
            _ => batches,
        }
    }

    fn exec(&self, command: Command) -> BoxFuture<'_, Result<Outcome>> {
        let engine = Arc::clone(&self.engine);
        if engine.is(Fault::ListsWhatItLacks) {
            return ready(Err(self.lacks(Capability::Exec))).boxed();
        }
        if engine.is(Fault::RefusesWithoutAName) {
            return ready(Err(Error::new(ErrorKind::Unsupported, "no"))).boxed();
        }
        if engine.is(Fault::ExecutesBeforeThePoll) && command.sql() == "effect" {
            engine.effects.fetch_add(1, Ordering::Relaxed);
        }
        engine.execute(command).boxed()
    }

    fn execute(&self, plan: ExecutionPlan) -> BoxFuture<'_, Result<Execution<'_>>> {
        match plan {
            ExecutionPlan::Sql(command) => ready(Ok(Execution::without_rows(self.exec(command)))).boxed(),
            ExecutionPlan::DirectIngest(rows) => self.write(rows).boxed(),
            _ => ready(Err(self.lacks(Capability::StagedIngest))).boxed(),
        }
    }

    fn capabilities(&self) -> BoxFuture<'_, Result<Capabilities>> {
        ready(Ok(self.listed())).boxed()
    }

    fn ping(&self) -> BoxFuture<'_, Result<()>> {
        let engine = &self.engine;
        let pinged = match *engine.closed.borrow() {
            _ if engine.is(Fault::PingsIntoTheVoid) => Err(Error::new(ErrorKind::Connect, "nobody is there")),
            true if !engine.is(Fault::PingsAfterClosing) => Err(engine.refused()),
            _ => Ok(()),
        };
        ready(pinged).boxed()
    }

    fn close(&self) -> BoxFuture<'_, Result<()>> {
        self.engine.close().boxed()
    }
}

/// As much of the toy's driver as every driver has to write.
struct Reader(ToyDriver);

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
