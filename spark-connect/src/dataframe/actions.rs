//! The actions that run a frame.

use arrow_array::RecordBatch;
use arrow_array::cast::AsArray;
use arrow_array::types::Int64Type;
use futures_util::{StreamExt, TryStreamExt, stream};

use super::cells::text_at;
use super::home::ready;
use super::{Batches, DataFrame};
use crate::error::{Error, Result};
use crate::functions;
use crate::plan::Command;
use crate::session::Session;

/// All batches, one row, or a number.
impl DataFrame {
    /// The batches of the rows, as they come. Nothing is sent before the stream is polled.
    ///
    /// # Errors
    ///
    /// The items have the kinds of [`collect`](Self::collect). The first error ends the stream.
    ///
    /// # Cancel safety
    ///
    /// Dropping a call of `next` loses no batch. Dropping the stream stops the query on the server and gives its
    /// session back.
    #[doc(alias = "to_local_iterator")]
    #[doc(alias = "toLocalIterator")]
    pub fn stream(&self) -> Batches {
        let frame = self.clone();
        stream::once(async move { frame.open().await }).try_flatten().boxed()
    }

    /// The stream in the session that the frame belongs to. In one of the pool it is a stream whose first batch has come, so
    /// that a session that was lost has been replaced.
    async fn open(&self) -> Result<Batches> {
        if let Some((home, session)) = ready(&self.relation)? {
            return home.stream_while_open(session.query(&self.relation));
        }
        let effects = self.relation.has_effects();
        let open = |session: Session| async move {
            let mut rest = session.query(&self.relation);
            let first = rest.try_next().await?;
            // The stream keeps the session.
            Ok(stream::iter(first.map(Ok)).chain(rest).boxed() as Batches)
        };
        self.run(effects, open).await
    }

    /// The batches of all rows.
    ///
    /// # Errors
    ///
    /// - [`InvalidStatement`](crate::ErrorKind::InvalidStatement) before anything is sent, if the frame cannot run;
    /// - [`Unsupported`](crate::ErrorKind::Unsupported) if the server lacks what the frame needs, also before anything
    ///   is sent if the server would run it as something else;
    /// - [`Server`](crate::ErrorKind::Server) if the server refuses or fails it;
    /// - [`PoolTimeout`](crate::ErrorKind::PoolTimeout) if no session of the pool came free in time;
    /// - [`Cancelled`](crate::ErrorKind::Cancelled) if it was interrupted, or its session was closed meanwhile;
    /// - the [errors of every call](crate::ErrorKind#errors-of-every-call).
    ///
    /// # Cancel safety
    ///
    /// Dropping the call stops the query on the server and gives its session back.
    #[doc(alias = "to_arrow")]
    #[doc(alias = "toArrow")]
    pub async fn collect(&self) -> Result<Vec<RecordBatch>> {
        self.stream().try_collect().await
    }

    /// How many rows there are.
    ///
    /// # Errors
    ///
    /// As [`collect`](Self::collect).
    ///
    /// # Cancel safety
    ///
    /// As [`collect`](Self::collect).
    pub async fn count(&self) -> Result<u64> {
        let batches = self.agg([functions::count("*")]).collect().await?;
        let unexpected = || Error::protocol("unexpected answer to a request for a count");
        let batch = batches.iter().find(|batch| batch.num_rows() > 0).ok_or_else(unexpected)?;
        let column = batch.columns().first().and_then(|column| column.as_primitive_opt::<Int64Type>());
        let count = column.and_then(|column| column.iter().next().flatten()).ok_or_else(unexpected)?;
        u64::try_from(count).map_err(|_| unexpected())
    }

    /// Whether there is no row.
    ///
    /// # Errors
    ///
    /// As [`collect`](Self::collect).
    ///
    /// # Cancel safety
    ///
    /// As [`collect`](Self::collect).
    #[doc(alias = "isEmpty")]
    pub async fn is_empty(&self) -> Result<bool> {
        // The row itself may be large.
        let batches = self.select(functions::lit(1)).limit(1).collect().await?;
        Ok(batches.iter().all(|batch| batch.num_rows() == 0))
    }

    /// The batches of the first rows.
    ///
    /// # Errors
    ///
    /// As [`collect`](Self::collect).
    ///
    /// # Cancel safety
    ///
    /// As [`collect`](Self::collect).
    #[doc(alias = "head")]
    pub async fn take(&self, rows: u32) -> Result<Vec<RecordBatch>> {
        self.limit(rows).collect().await
    }

    /// The first row, as a batch of one row; `None` if there is none. Without an order it may be any row.
    ///
    /// # Errors
    ///
    /// As [`collect`](Self::collect).
    ///
    /// # Cancel safety
    ///
    /// As [`collect`](Self::collect).
    #[doc(alias = "head")]
    pub async fn first(&self) -> Result<Option<RecordBatch>> {
        Ok(self.take(1).await?.into_iter().find(|batch| batch.num_rows() > 0))
    }

    /// The first twenty rows as a table in text, with long cells cut off, which is returned and not printed.
    ///
    /// # Errors
    ///
    /// As [`collect`](Self::collect).
    ///
    /// # Cancel safety
    ///
    /// As [`collect`](Self::collect).
    pub async fn show(&self) -> Result<String> {
        self.show_with(20, 20, false).await
    }

    /// The first rows as a table in text, which is returned and not printed. Cells are cut off after `truncate`
    /// characters, or never if that is 0. If `vertical`, each row takes several lines, one for each column.
    ///
    /// # Errors
    ///
    /// As [`collect`](Self::collect).
    ///
    /// # Cancel safety
    ///
    /// As [`collect`](Self::collect).
    pub async fn show_with(&self, rows: u32, truncate: u32, vertical: bool) -> Result<String> {
        let batches = self.with(self.relation.show(rows, truncate, vertical)).collect().await?;
        let batch = batches.iter().find(|batch| batch.num_rows() > 0);
        let column = batch.and_then(|batch| batch.columns().first());
        column
            .and_then(|column| text_at(column, 0))
            .ok_or_else(|| Error::protocol("unexpected answer to a request to show rows"))
    }

    pub(super) async fn command(&self, command: Command) -> Result<()> {
        let run = |session: Session| {
            let command = command.clone();
            async move { session.run(&command).await.map(drop) }
        };
        self.run(true, run).await
    }
}
