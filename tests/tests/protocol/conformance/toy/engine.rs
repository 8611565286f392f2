//! The engine of the toy: what it answers to the few statements that it knows, and how it can be wrong.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use arrow_array::RecordBatch;
use arrow_schema::{DataType, Field, Schema};
use futures::{StreamExt, TryStreamExt, stream};
use lakeorm::{BatchStream, Command, Error, ErrorKind, Execution, Outcome, Read, Result, ServerError};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::time::{Instant, timeout_at};

use super::Fault;
use crate::setup::numbers;

pub(super) struct Engine {
    pub(super) fault: Option<Fault>,
    pub(super) effects: Arc<AtomicU64>,
    pub(super) places: Arc<Semaphore>,
    pub(super) closed: watch::Sender<bool>,
}

impl Engine {
    pub(super) fn is(&self, fault: Fault) -> bool {
        self.fault == Some(fault)
    }

    pub(super) fn refused(&self) -> Error {
        let kind =
            if self.is(Fault::CallsClosedUnavailable) { ErrorKind::Unavailable } else { ErrorKind::Closed };
        Error::new(kind, "the toy was put away")
    }

    pub(super) async fn answer(self: Arc<Self>, read: &Read) -> Result<BatchStream> {
        if !read.arguments().is_empty() && !self.is(Fault::IgnoresValues) {
            return Err(Error::new(ErrorKind::InvalidStatement, "a toy takes no values"));
        }
        let place = self.place(false).await?;
        let items = self.items(read.sql().or_else(|| read.table()).unwrap_or_default());
        let items = match read.row_limit() {
            Some(rows) if !self.is(Fault::IgnoresTheLimit) => first(items, usize::try_from(rows).unwrap()),
            _ => items,
        };
        Ok(self.run(items, place))
    }

    async fn place(&self, executing: bool) -> Result<Place> {
        let permit = Arc::clone(&self.places).acquire_owned().await.map_err(|_| self.refused())?;
        Ok(Place { permit: Some(permit), fault: self.fault, executing, begun: false, ended: false })
    }

    fn run(self: Arc<Self>, items: Vec<Item>, place: Place) -> BatchStream {
        let running = Running { engine: self, items: items.into(), place };
        stream::unfold(running, |mut running| async move { running.next().await.map(|item| (item, running)) })
            .boxed()
    }

    pub(super) async fn execute(self: Arc<Self>, command: Command) -> Result<Outcome> {
        let timeout = command.timeout();
        let execution = Arc::clone(&self).executed(command);
        let Some(timeout) = timeout.filter(|_| !self.is(Fault::ExecutesBeyondTheTimeout)) else {
            return execution.await;
        };
        let kind = match self.fault {
            Some(Fault::CallsATimeoutOfAStatementCancelled) => ErrorKind::Cancelled,
            _ => ErrorKind::Timeout,
        };
        let late = |_| Err(Error::new(kind, "the toy was too slow"));
        tokio::time::timeout(timeout, execution).await.unwrap_or_else(late)
    }

    async fn executed(self: Arc<Self>, command: Command) -> Result<Outcome> {
        let wrong = !command.arguments().is_empty() && !self.is(Fault::ExecutesWithWrongValues);
        if wrong && !self.is(Fault::RefusesWrongValuesTooLate) {
            return Err(Error::new(ErrorKind::InvalidStatement, "a toy takes no values"));
        }
        let closed = *self.closed.borrow();
        let mut place = match self.place(true).await {
            Err(_) if closed && self.is(Fault::ExecutesAfterClosing) => {
                self.take_effect();
                return Ok(Outcome::default());
            }
            place => place?,
        };
        place.ended = command.sql() != "endless";
        match command.sql() {
            "effect" => self.take_effect(),
            "failing" if self.is(Fault::ExecutesWhatFails) => {}
            "lost" if self.is(Fault::CallsALostStatementUnavailable) => {
                return Err(Error::new(ErrorKind::Unavailable, "the toy is gone"));
            }
            "lost" => return Err(Error::new(ErrorKind::OutcomeUnknown, "the toy is gone")),
            other => {
                let mut batches = Arc::clone(&self).run(self.items(other), place);
                while batches.try_next().await?.is_some() {}
            }
        }
        match wrong {
            true => Err(Error::new(ErrorKind::InvalidStatement, "a toy takes no values")),
            false => Ok(Outcome::default()),
        }
    }

    /// Has rows in its one place until their statement has ended, or is given up.
    pub(super) async fn hand_over(self: Arc<Self>, statement: Command) -> Result<Execution<'static>> {
        let place = Arc::clone(&self.places).acquire_owned().await.map_err(|_| self.refused())?;
        let early = self.is(Fault::WritesBeforeTheCommit);
        if early {
            self.effects.fetch_add(1, Ordering::Relaxed);
        }
        let begun = Arc::new(AtomicBool::new(false));
        let (engine, begins) = (Arc::clone(&self), Arc::clone(&begun));
        let committed = async move {
            begins.store(true, Ordering::Relaxed);
            if statement.sql() == "effect" && !early && !engine.is(Fault::LosesTheRows) {
                engine.effects.fetch_add(1, Ordering::Relaxed);
            }
            Ok(Outcome::default())
        };
        let removal = async move {
            let is_given_up = !begun.load(Ordering::Relaxed);
            if is_given_up && self.is(Fault::WritesWhatIsGivenUp) {
                self.effects.fetch_add(1, Ordering::Relaxed);
            }
            match is_given_up && self.is(Fault::KeepsThePlaceOfAWriteGivenUp) {
                true => place.forget(),
                false => drop(place),
            }
            Ok(())
        };
        Ok(Execution::new(committed, removal))
    }

    fn take_effect(&self) {
        let times = match self.fault {
            Some(Fault::ExecutesTwice) => 2,
            Some(Fault::ExecutesBeforeThePoll) => 0,
            _ => 1,
        };
        self.effects.fetch_add(times, Ordering::Relaxed);
    }

    fn items(&self, query: &str) -> Vec<Item> {
        let unavailable = self.is(Fault::CallsEveryFailureUnavailable);
        let kind = if unavailable { ErrorKind::Unavailable } else { ErrorKind::Server };
        let failed = || Item::Failure(Error::new(kind, "the toy broke"));
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
            "missing" => vec![Item::Failure(self.no_table(kind))],
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

    fn no_table(&self, kind: ErrorKind) -> Error {
        let said = ServerError::new("there is no such shelf");
        let told = !self.is(Fault::KeepsQuietAboutAMissingTable);
        Error::new(kind, "the toy looked").with_server(if told { said.table_not_found() } else { said })
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

    pub(super) fn limited(self: Arc<Self>, batches: BatchStream, timeout: Duration) -> BatchStream {
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

    pub(super) async fn close(&self) -> Result<()> {
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
    Failure(Error),
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
            Item::Failure(error) => Some(Err(error)),
            Item::Endless => {
                let outlives = self.place.executing && self.engine.is(Fault::StatementsOutliveClosing);
                let listens = !self.engine.is(Fault::LeavesRunningWhatRuns) && !outlives;
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
    executing: bool,
    begun: bool,
    ended: bool,
}

impl Drop for Place {
    fn drop(&mut self) {
        let kept = match self.fault {
            Some(Fault::KeepsThePlaceOfADroppedResult) => self.begun,
            Some(Fault::KeepsThePlaceOfADroppedQuery) => !self.begun && !self.executing,
            Some(Fault::KeepsThePlaceOfADroppedStatement) => self.executing,
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
