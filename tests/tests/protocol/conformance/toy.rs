//! A driver in memory, written as one outside of the project would be, that can be wrong in one way at a time.

use std::collections::VecDeque;
use std::future::ready;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use arrow_array::RecordBatch;
use arrow_schema::{DataType, Field, Schema};
use futures::future::BoxFuture;
use futures::{FutureExt, StreamExt, TryStreamExt, stream};
use lakeorm::conformance::{Failure, Known, Subject};
use lakeorm::{BatchStream, Driver, Error, ErrorKind, Read, Result, Source};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::time::{Instant, timeout_at};

use crate::given::numbers;

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
}

const NAME: &str = "A Toy, called by its Name";

/// A toy engine with a driver; each driver of one subject counts effects in the same place.
pub(crate) struct Toy {
    fault: Option<Fault>,
    effects: Option<Arc<AtomicU64>>,
    missing: bool,
}

impl Toy {
    pub(crate) fn honest() -> Self {
        Self { fault: None, effects: Some(Arc::default()), missing: false }
    }

    pub(crate) fn with(fault: Fault) -> Self {
        Self { fault: Some(fault), ..Self::honest() }
    }

    pub(crate) fn without_effects() -> Self {
        Self { effects: None, ..Self::honest() }
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
        let driver = || Ok(Box::new(self.new_driver(self.fault)) as Box<dyn Driver>);
        ready(if self.missing { missing() } else { driver() }).boxed()
    }

    fn small(&self) -> Known {
        Known { source: Source::sql("small"), rows: numbers(0..3) }
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

    fn endless(&self) -> Source {
        Source::sql("endless")
    }

    fn effect(&self) -> Option<Source> {
        self.effects.as_ref().map(|_| Source::sql("effect"))
    }

    fn effects(&self) -> BoxFuture<'_, Result<u64>> {
        ready(Ok(self.effects.as_ref().map_or(0, |effects| effects.load(Ordering::Relaxed)))).boxed()
    }

    fn failures(&self) -> Vec<Failure> {
        let failing = Source::sql("failing");
        let grumpy = self.new_driver(Some(Fault::CallsEveryFailureUnavailable));
        let what = "an engine that calls everything unavailable".to_owned();
        vec![Failure { what, source: failing, kind: ErrorKind::Unavailable, driver: Some(Box::new(grumpy)) }]
    }
}

struct ToyDriver {
    name: String,
    engine: Arc<Engine>,
}

struct Engine {
    fault: Option<Fault>,
    effects: Arc<AtomicU64>,
    places: Arc<Semaphore>,
    closed: watch::Sender<bool>,
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

    fn close(&self) -> BoxFuture<'_, Result<()>> {
        self.engine.close().boxed()
    }
}

impl Engine {
    fn is(&self, fault: Fault) -> bool {
        self.fault == Some(fault)
    }

    fn refused(&self) -> Error {
        let kind =
            if self.is(Fault::CallsClosedUnavailable) { ErrorKind::Unavailable } else { ErrorKind::Closed };
        Error::new(kind, "the toy was put away")
    }

    async fn answer(self: Arc<Self>, read: &Read) -> Result<BatchStream> {
        if !read.arguments().is_empty() && !self.is(Fault::IgnoresValues) {
            return Err(Error::new(ErrorKind::InvalidStatement, "a toy takes no values"));
        }
        let place = Arc::clone(&self.places).acquire_owned().await.map_err(|_| self.refused())?;
        let items = self.items(read.sql().or_else(|| read.table()).unwrap_or_default());
        let items = match read.row_limit() {
            Some(rows) if !self.is(Fault::IgnoresTheLimit) => first(items, usize::try_from(rows).unwrap()),
            _ => items,
        };
        let place = Place { permit: Some(place), fault: self.fault, begun: false, ended: false };
        let running = Running { engine: self, items: items.into(), place };
        Ok(stream::unfold(
            running,
            |mut running| async move { running.next().await.map(|item| (item, running)) },
        )
        .boxed())
    }

    fn items(&self, query: &str) -> Vec<Item> {
        let unavailable = self.is(Fault::CallsEveryFailureUnavailable);
        let failed = || Item::Failure(if unavailable { ErrorKind::Unavailable } else { ErrorKind::Server });
        match query {
            "small" if self.is(Fault::ChangesAValue) => {
                vec![Item::Batch(numbers(0..2)), Item::Batch(numbers(3..4))]
            }
            "small" if self.is(Fault::RenamesAColumn) => vec![Item::Batch(as_column("ID", &numbers(0..3)))],
            "small" => vec![Item::Batch(numbers(0..2)), Item::Batch(numbers(2..3))],
            "empty" if self.is(Fault::GivesNothingForNothing) => vec![],
            "empty" if self.is(Fault::GivesSomethingForNothing) => vec![Item::Batch(numbers(0..1))],
            "empty" => vec![Item::Batch(numbers(0..0))],
            "large" => self.large().into_iter().map(Item::Batch).collect(),
            "failing" if self.is(Fault::EndsQuietlyWhereItFails) => vec![Item::Batch(numbers(0..1))],
            "failing" if self.is(Fault::GoesOnAfterAnError) => vec![failed(), Item::Batch(numbers(0..1))],
            "failing" if self.is(Fault::RepeatsTheError) => vec![failed(), failed()],
            "failing" => vec![Item::Batch(numbers(0..1)), failed()],
            "endless" => vec![Item::Endless],
            "effect" => {
                let times = if self.is(Fault::RunsTwice) { 2 } else { 1 };
                let times = if self.is(Fault::RunsBeforeThePoll) { 0 } else { times };
                self.effects.fetch_add(times, Ordering::Relaxed);
                vec![Item::Batch(numbers(0..0))]
            }
            other => panic!("the toy knows no {other}"),
        }
    }

    fn large(&self) -> Vec<RecordBatch> {
        let [one, two, three] = [numbers(0..4), numbers(4..8), numbers(8..10)];
        match self.fault {
            Some(Fault::LosesTheLastBatch) => vec![one, two],
            Some(Fault::SwapsTwoBatches) => vec![one, three, two],
            Some(Fault::DoublesABatch) => vec![one, two.clone(), two, three],
            Some(Fault::ChangesTheSchema) => vec![one, two, as_column("number", &three)],
            _ => vec![one, two, three],
        }
    }

    fn limited(self: Arc<Self>, batches: BatchStream, timeout: Duration) -> BatchStream {
        let timeout = if self.is(Fault::TimesOutAtOnce) { Duration::ZERO } else { timeout };
        let kind = match self.fault {
            Some(Fault::CallsATimeoutCancelled) => ErrorKind::Cancelled,
            _ => ErrorKind::Timeout,
        };
        let state = Some((batches, None));
        stream::unfold(state, move |state| {
            let quiet = self.is(Fault::EndsQuietlyAtTheTimeout);
            async move {
                let (mut batches, deadline) = state?;
                let deadline = deadline.unwrap_or_else(|| Instant::now() + timeout);
                match timeout_at(deadline, batches.next()).await {
                    Ok(batch) => batch.map(|batch| (batch, Some((batches, Some(deadline))))),
                    Err(_) if quiet => None,
                    Err(_) => Some((Err(Error::new(kind, "the toy was too slow")), None)),
                }
            }
        })
        .boxed()
    }

    async fn close(&self) -> Result<()> {
        let running = self.places.available_permits() == 0;
        if self.is(Fault::NeverClosesWhileAQueryRuns) && running {
            std::future::pending::<()>().await;
        }
        if !self.is(Fault::ReadsAfterClosing) {
            self.places.close();
        }
        match self.closed.send_replace(true) {
            true if self.is(Fault::ClosesOnce) => Err(self.refused()),
            _ => Ok(()),
        }
    }
}

enum Item {
    Batch(RecordBatch),
    Failure(ErrorKind),
    /// Nothing, until the driver is closed.
    Endless,
}

struct Running {
    engine: Arc<Engine>,
    items: VecDeque<Item>,
    place: Place,
}

impl Running {
    async fn next(&mut self) -> Option<Result<RecordBatch>> {
        let item = self.items.pop_front();
        self.place.ended = !matches!(item, Some(Item::Batch(_) | Item::Endless));
        match item? {
            Item::Batch(batch) => {
                self.place.begun = true;
                Some(Ok(batch))
            }
            Item::Failure(kind) => Some(Err(Error::new(kind, "the toy broke"))),
            Item::Endless => {
                let listens = !self.engine.is(Fault::LeavesRunningWhatRuns);
                let mut closed = self.engine.closed.subscribe();
                closed.wait_for(|closed| *closed && listens).await.ok()?;
                match self.engine.fault {
                    Some(Fault::EndsQuietlyWhenClosed) => None,
                    Some(Fault::GoesOnWhenClosed) => Some(Ok(numbers(0..1))),
                    _ => Some(Err(Error::new(ErrorKind::Cancelled, "the toy was put away"))),
                }
            }
        }
    }
}

/// What a query holds while it runs.
struct Place {
    permit: Option<OwnedSemaphorePermit>,
    fault: Option<Fault>,
    begun: bool,
    ended: bool,
}

impl Drop for Place {
    fn drop(&mut self) {
        let kept = match self.fault {
            Some(Fault::KeepsThePlaceOfADroppedResult) => self.begun,
            Some(Fault::KeepsThePlaceOfADroppedQuery) => !self.begun,
            _ => false,
        };
        if kept
            && !self.ended
            && let Some(permit) = self.permit.take()
        {
            permit.forget();
        }
    }
}

/// The items up to row number `rows`.
fn first(items: Vec<Item>, rows: usize) -> Vec<Item> {
    let mut left = rows;
    let items = items.into_iter().filter_map(|item| match item {
        Item::Batch(batch) => {
            let taken = batch.num_rows().min(left);
            left -= taken;
            (taken > 0).then(|| Item::Batch(batch.slice(0, taken)))
        }
        other => Some(other),
    });
    items.collect()
}

fn as_column(name: &str, batch: &RecordBatch) -> RecordBatch {
    let schema = Schema::new(vec![Field::new(name, DataType::Int64, false)]);
    RecordBatch::try_new(Arc::new(schema), batch.columns().to_vec()).unwrap()
}
