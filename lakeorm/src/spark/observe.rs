//! The observation of a query or statement: one span, metrics, and the server's progress.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};

use arrow_array::RecordBatch;
use futures_core::Stream;
use spark_connect::{ExecutionStats, Observer};
use tracing::{Instrument, Span};

use super::{Inner, PooledSession};
use crate::command::Command;
use crate::driver::BatchStream;
use crate::error::{Error, Result};
use crate::source::{OnProgress, Read};

#[cfg(feature = "metrics")]
pub(super) mod metrics;
mod span;

/// One query or statement while it runs. Its end is told once; one that is dropped before its end was cancelled.
pub(super) struct Observation {
    inner: Arc<Inner>,
    #[cfg_attr(
        not(feature = "metrics"),
        expect(dead_code, reason = "a span has it as its name; metrics count by it")
    )]
    operation: Operation,
    observer: Observer,
    span: Span,
    begun: Instant,
    timings: Mutex<Timings>,
    /// Whether that there is no table is an answer and no error.
    looks_for_table: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Operation {
    Query,
    Statement,
}

#[derive(Debug, Clone, Copy, Default)]
struct Timings {
    pool_wait: Duration,
    first_row: Option<Duration>,
    ended: bool,
}

/// How it ended.
#[derive(Debug, Clone, Copy)]
enum Ending<'e> {
    Complete,
    /// The table that was looked for is not there.
    NotFound,
    Failed(&'e Error),
    Cancelled,
}

/// The numbers that are known at the end.
struct Summary<'e> {
    ending: Ending<'e>,
    stats: ExecutionStats,
    pool_wait: Duration,
    first_row: Option<Duration>,
}

impl Observation {
    /// Begins the observation of a query.
    pub(super) fn of_query(inner: &Arc<Inner>, read: &Read) -> Self {
        let span = span::of_query(&inner.name, read);
        if let Some(sql) = read.sql() {
            span::tell_text(&span, sql);
        }
        let source = &read.source;
        Self::new(inner, Operation::Query, span, source.progress.as_ref(), source.looks_for_table)
    }

    /// Begins the observation of a statement.
    pub(super) fn of_statement(inner: &Arc<Inner>, command: &Command) -> Self {
        let span = span::of_statement(&inner.name, command.sql());
        span::tell_text(&span, command.sql());
        Self::new(inner, Operation::Statement, span, command.progress.as_ref(), command.looks_for_table)
    }

    fn new(
        inner: &Arc<Inner>,
        operation: Operation,
        span: Span,
        progress: Option<&OnProgress>,
        looks_for_table: bool,
    ) -> Self {
        let observer = match progress.cloned() {
            Some(progress) => Observer::with_progress(move |said| progress.tell(said)),
            None => Observer::new(),
        };
        let (begun, timings) = (Instant::now(), Mutex::default());
        Self { inner: Arc::clone(inner), operation, observer, span, begun, timings, looks_for_table }
    }

    /// The observer that the operations of the query report to.
    pub(super) fn observer(&self) -> &Observer {
        &self.observer
    }

    /// A session of the pool; the wait for it counts.
    pub(super) async fn acquire(&self) -> Result<PooledSession> {
        let _waiting = Waiting { observation: self, since: Instant::now() };
        let session = self.inner.pool.acquire_to_query().await?;
        self.runs_in(&session);
        Ok(session)
    }

    /// Names the server in the span.
    pub(super) fn runs_in(&self, session: &PooledSession) {
        span::name_server(&self.span, session.channel().authority());
    }

    /// Runs a statement inside the span and notes what came of it.
    pub(super) async fn watch<T>(&self, running: impl Future<Output = Result<T>>) -> Result<T> {
        let result = running.instrument(self.span.clone()).await;
        self.end(match &result {
            Ok(_) => Ending::Complete,
            Err(error) => self.ending_with(error),
        });
        result
    }

    fn ending_with<'e>(&self, error: &'e Error) -> Ending<'e> {
        match self.looks_for_table && error.is_table_not_found() {
            true => Ending::NotFound,
            false => Ending::Failed(error),
        }
    }

    fn note(&self, batch: &RecordBatch) {
        if batch.num_rows() > 0 {
            self.timings().first_row.get_or_insert_with(|| self.begun.elapsed());
        }
    }

    fn end(&self, ending: Ending<'_>) {
        let Timings { pool_wait, first_row, ended } =
            std::mem::replace(&mut *self.timings(), Timings { ended: true, ..Timings::default() });
        if ended {
            return;
        }
        let summary = Summary { ending, stats: self.observer.stats(), pool_wait, first_row };
        span::record(&self.span, &summary, &self.observer);
        #[cfg(feature = "metrics")]
        metrics::count(self, &summary);
    }

    fn timings(&self) -> MutexGuard<'_, Timings> {
        // Numbers only, which a panic elsewhere leaves whole.
        self.timings.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Observation {
    fn drop(&mut self) {
        self.end(Ending::Cancelled);
    }
}

/// Counts its life as time that was waited for a session, on every path.
struct Waiting<'o> {
    observation: &'o Observation,
    since: Instant,
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.observation.timings().pool_wait += self.since.elapsed();
    }
}

/// The batches of a query under observation. Nothing begins, the span included, before the first poll.
pub(super) struct Observed<F> {
    state: State<F>,
}

enum State<F> {
    Ready(Option<F>),
    /// In this order: the batches hold the session, which has to be back when the end is told.
    Running(BatchStream, Arc<Observation>),
    Ended,
}

impl<F> Observed<F>
where
    F: FnOnce() -> (BatchStream, Arc<Observation>) + Unpin,
{
    pub(super) fn new(begin: F) -> Self {
        Self { state: State::Ready(Some(begin)) }
    }
}

impl<F> Stream for Observed<F>
where
    F: FnOnce() -> (BatchStream, Arc<Observation>) + Unpin,
{
    type Item = Result<RecordBatch>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if let State::Ready(begin) = &mut self.state
            && let Some(begin) = begin.take()
        {
            let (batches, observation) = begin();
            self.state = State::Running(batches, observation);
        }
        let State::Running(batches, observation) = &mut self.state else { return Poll::Ready(None) };
        let item = {
            let _inside = observation.span.enter();
            ready!(batches.as_mut().poll_next(cx))
        };
        if let Some(Ok(batch)) = &item {
            observation.note(batch);
            return Poll::Ready(item);
        }
        let observation = Arc::clone(observation);
        self.state = State::Ended;
        observation.end(match &item {
            Some(Err(error)) => observation.ending_with(error),
            _ => Ending::Complete,
        });
        Poll::Ready(item)
    }
}
