//! Queries: from a source to the batches of its result.

use std::sync::Arc;

use arrow_array::RecordBatch;
use futures_util::{StreamExt, TryStreamExt, stream};
use spark_connect::{Relation, ServerError, Session, clock};
use tokio::time::Instant;

use super::in_a_session::in_a_session;
use super::observe::{Observation, Observed};
use super::row_limit::{at_most, first_of_all};
use super::time_limit::TimeLimit;
use super::{Inner, PooledSession};
use crate::driver::BatchStream;
use crate::error::{Error, ErrorKind, Result};
use crate::row::unpacked_bytes;
use crate::source::{Projection, Read};

/// The batches of the result. Nothing is sent before the stream is polled; the session goes back when the
/// stream ends or is dropped.
pub(super) fn batches(inner: Arc<Inner>, read: Read) -> BatchStream {
    let session = read.source.session.clone();
    let batches: BatchStream = Box::pin(Observed::new(move || {
        let observation = Arc::new(Observation::of_query(&inner, &read));
        (running(inner, read, Arc::clone(&observation)), observation)
    }));
    match session {
        Some(session) => while_open(session, batches),
        None => batches,
    }
}

/// The same batches, which closing their session stops though nobody reads them. One that was closed refuses them itself.
fn while_open(session: PooledSession, batches: BatchStream) -> BatchStream {
    let begun = async move {
        Ok::<_, Error>(match session.check_open() {
            Ok(()) => session.stream_while_open(batches),
            Err(_) => batches,
        })
    };
    stream::once(begun).try_flatten().boxed()
}

fn running(inner: Arc<Inner>, read: Read, observation: Arc<Observation>) -> BatchStream {
    let (rows, limit) = (read.source.limit, TimeLimit::of(read.source.timeout, inner.query_timeout));
    let is_query = read.source.is_query();
    let opening =
        async move { Opening { inner: &inner, read: &read, observation: &observation }.open().await };
    let batches: BatchStream = Box::pin(stream::once(opening).try_flatten());
    let batches = match rows {
        Some(rows) if is_query => at_most(rows, batches),
        Some(rows) => first_of_all(rows, batches),
        None => batches,
    };
    match limit {
        Some(limit) => limited(batches, limit),
        None => batches,
    }
}

/// The same batches until the limit is reached, counted from the first poll, by the reader's time too: a batch that has
/// arrived by then is not handed out, while an end is the end. Dropping the rest stops the query on the server.
fn limited(batches: BatchStream, limit: TimeLimit) -> BatchStream {
    Box::pin(stream::try_unfold((batches, None), move |(mut batches, deadline)| async move {
        let deadline = deadline.unwrap_or_else(|| clock::deadline(limit.duration));
        let Some(batch) = clock::timeout_at(deadline, batches.try_next()).await else {
            return Err(limit.exceeded("query"));
        };
        match batch? {
            Some(_) if deadline.is_some_and(|deadline| deadline < Instant::now()) => {
                Err(limit.exceeded("query"))
            }
            batch => Ok(batch.map(|batch| (batch, (batches, Some(deadline))))),
        }
    }))
}

/// A result whose first batch has come, so that the server has analyzed the query and not refused it.
struct Opened {
    first: Option<RecordBatch>,
    rest: spark_connect::BatchStream,
}

struct Opening<'r> {
    inner: &'r Arc<Inner>,
    read: &'r Read,
    observation: &'r Observation,
}

impl Opening<'_> {
    async fn open(self) -> Result<BatchStream> {
        // Before a session is waited for: bad input gets its error at once.
        self.read.check()?;
        let (session, opened) = match &self.read.source.session {
            // Another would have nothing of what was set in this one, so it is not replaced if it is lost.
            Some(session) => {
                self.observation.runs_in(session);
                session.check_relation(&self.read.source.relation)?;
                let opened = session.while_open(self.open_in(session)).await;
                (session.clone(), opened.inspect_err(|error| session.discard_if_lost(error))?)
            }
            None => self.first_batch().await?,
        };
        Ok(self.stream(session, opened))
    }

    /// Sends the query and waits for its first batch. A session that was lost is replaced: nothing has
    /// been handed out, and what runs a second time had no session to run in the first time.
    async fn first_batch(&self) -> Result<(PooledSession, Opened)> {
        self.inner.pool.check_relation(&self.read.source.relation)?;
        let effects = self.read.source.has_effects();
        let changes_session = self.read.source.changes_session(&self.inner.pool);
        let open = |session: PooledSession| async move { self.open_in(&session).await };
        in_a_session(self.inner, self.observation, effects, changes_session, open).await
    }

    async fn open_in(&self, session: &Session) -> spark_connect::Result<Opened> {
        let columns = self.columns(session).await?;
        match self.attempt(session, columns.as_deref()).await {
            // The table lacks a column that the row type asks for, or has it under a name that this server does not
            // take for the same. The table's own names say which. Where one is missing the whole table is read, and
            // the error that follows lists every mismatch at once.
            Err(error)
                if columns.is_some() && error.server().is_some_and(ServerError::is_column_not_found) =>
            {
                let found = self.columns_of_table(session).await.unwrap_or_default();
                let columns = if found == columns { None } else { found };
                self.attempt(session, columns.as_deref()).await
            }
            opened => opened,
        }
    }

    async fn attempt(&self, session: &Session, columns: Option<&[String]>) -> spark_connect::Result<Opened> {
        let mut rest = session.query_observed(&self.relation(columns), self.observation.observer());
        Ok(Opened { first: rest.try_next().await?, rest })
    }

    /// The columns to ask for, where those of a table or a frame are chosen.
    async fn columns(&self, session: &Session) -> spark_connect::Result<Option<Vec<String>>> {
        match self.read.projection.names() {
            _ if !self.read.source.is_projectable() => Ok(None),
            Some(names) => Ok(Some(names.into_iter().map(str::to_owned).collect())),
            None => self.columns_of_table(session).await,
        }
    }

    /// The columns to ask for, as the table spells them.
    async fn columns_of_table(&self, session: &Session) -> spark_connect::Result<Option<Vec<String>>> {
        let (true, projection @ Projection::Columns(_)) =
            (self.read.source.is_projectable(), &self.read.projection)
        else {
            return Ok(None);
        };
        let schema = session.schema(&self.read.source.relation).await?;
        let names: Vec<&str> = schema.fields().iter().map(|field| field.name.as_str()).collect();
        let positions = projection.positions(&names);
        Ok(positions.map(|positions| {
            positions.into_iter().filter_map(|at| names.get(at)).map(|&name| name.to_owned()).collect()
        }))
    }

    /// The relation to send: the statement or the table, with the columns and the rows that are wanted.
    fn relation(&self, columns: Option<&[String]>) -> Relation {
        let mut relation = self.read.source.relation();
        if let Some(columns) = columns {
            relation = relation.project(columns);
        }
        match self.read.source.limit {
            // A command cannot stand inside a query; the rows of its answer are counted where they arrive.
            Some(rows) if self.read.source.is_query() => relation.limit(rows),
            _ => relation,
        }
    }

    fn stream(&self, session: PooledSession, opened: Opened) -> BatchStream {
        let Opened { first, rest } = opened;
        let batches = stream::iter(first.map(Ok)).chain(rest).boxed();
        let limit = session.channel().max_batch_bytes();
        let has_effects = self.read.source.has_effects();
        let state = (batches, session);
        Box::pin(stream::try_unfold(state, move |(mut reading, session)| async move {
            match reading.try_next().await {
                Ok(Some(batch)) if unpacked_bytes(&batch) > limit => {
                    Err(too_large(limit).of_answer(has_effects))
                }
                Ok(batch) => Ok(batch.map(|batch| (batch, (reading, session)))),
                Err(error) => {
                    session.discard_if_lost(&error);
                    Err(error.into())
                }
            }
        }))
    }
}

/// The batch is small as it came, and its dictionaries, runs or views stand for more.
fn too_large(limit: usize) -> Error {
    let message = format!(
        "a batch of the result would take more than {limit} bytes of memory when its columns are unpacked; if it is \
         meant to, raise `max_batch_bytes`"
    );
    Error::new(ErrorKind::TooLarge, message)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use arrow_schema::Schema;

    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn within_three_seconds(
        batches: impl Iterator<Item = Result<RecordBatch>> + Send + 'static,
    ) -> BatchStream {
        limited(Box::pin(stream::iter(batches)), TimeLimit::of(Some(3 * SECOND), None).unwrap())
    }

    fn batch() -> Result<RecordBatch> {
        Ok(RecordBatch::new_empty(Arc::new(Schema::empty())))
    }

    #[tokio::test(start_paused = true)]
    async fn a_slow_reader_is_given_no_batch_behind_the_limit() {
        let mut batches = within_three_seconds(std::iter::repeat_with(batch));
        for _ in 0..4 {
            assert!(batches.try_next().await.unwrap().is_some());
            tokio::time::advance(SECOND).await;
        }
        let error = batches.try_next().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Timeout);
        assert_eq!(
            error.to_string(),
            "the query did not end within 3s (timeout); the server is told to stop it"
        );
    }

    #[tokio::test(start_paused = true)]
    async fn a_slow_reader_is_told_the_end_of_a_result_that_it_has() {
        let mut batches = within_three_seconds(std::iter::once_with(batch));
        assert!(batches.try_next().await.unwrap().is_some());
        tokio::time::advance(4 * SECOND).await;
        assert!(batches.try_next().await.unwrap().is_none());
    }
}
