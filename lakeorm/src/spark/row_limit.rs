//! A result that is cut where the rows that were asked for end, whatever the server makes of the limit.

use std::time::Duration;

use futures_util::{StreamExt, TryStreamExt, stream};
use spark_connect::clock::timeout;

use crate::driver::BatchStream;
use crate::error::Result;

/// How long the end is waited for after the last row. Waiting costs nothing, and an error of the query may come in its
/// place; a server that goes on and sends nothing is stopped.
const END_TIMEOUT: Duration = Duration::from_secs(1);

enum Remaining {
    Rows(usize),
    /// Every row has come; the server's end has not.
    End,
    /// The server sends more than it was asked for.
    Nothing,
}

/// The first `rows` rows of a statement that the server was not asked to limit. It runs to its end.
pub(super) fn first_of_all(rows: u32, batches: BatchStream) -> BatchStream {
    let rows = usize::try_from(rows).unwrap_or(usize::MAX);
    Box::pin(batches.scan(rows, |left, batch| {
        let kept = batch.map(|batch| {
            let kept = batch.slice(0, batch.num_rows().min(*left));
            *left = left.saturating_sub(kept.num_rows());
            kept
        });
        std::future::ready(Some(kept))
    }))
}

/// The batches with the first `rows` rows. The query is stopped if the server goes on after them.
pub(super) fn at_most(rows: u32, batches: BatchStream) -> BatchStream {
    let rows = usize::try_from(rows).unwrap_or(usize::MAX);
    Box::pin(stream::try_unfold((batches, Remaining::Rows(rows)), |(mut batches, left)| async move {
        let left = match left {
            Remaining::Rows(left) => left,
            Remaining::End => {
                return match timeout(END_TIMEOUT, end_of(&mut batches)).await {
                    Some(Err(error)) => Err(error),
                    _ => Ok(None),
                };
            }
            Remaining::Nothing => return Ok(None),
        };
        let Some(batch) = batches.try_next().await? else { return Ok(None) };
        let next = match left.checked_sub(batch.num_rows()) {
            Some(0) => Remaining::End,
            Some(left) => Remaining::Rows(left),
            None => Remaining::Nothing,
        };
        let kept = batch.slice(0, batch.num_rows().min(left));
        Ok(Some((kept, (batches, next))))
    }))
}

/// Reads on to the end, or to a row that was not asked for.
async fn end_of(batches: &mut BatchStream) -> Result<()> {
    while let Some(batch) = batches.try_next().await? {
        if batch.num_rows() > 0 {
            break;
        }
    }
    Ok(())
}
