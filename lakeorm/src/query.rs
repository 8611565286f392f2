//! Queries that return typed rows.

use futures_util::{StreamExt, TryStreamExt};

use crate::client::Client;
use crate::driver::BatchStream;
use crate::error::{Error, ErrorKind, Result};
use crate::row::{LakeRowOwned, OwnedElseUseQueryBatches, RowBatch, Scalar};
use crate::source::{IntoSource, Read, Source};

mod projection;
mod stream;

pub use stream::{RowBatches, RowStream};

use projection::projection_of;
use stream::{Answer, Decoding};

/// All rows of the result.
///
/// The whole result is held in memory; [`query_stream`] reads results of any size.
///
/// # Errors
///
/// - [`InvalidStatement`](ErrorKind::InvalidStatement) before anything is sent.
/// - [`SchemaMismatch`](ErrorKind::SchemaMismatch) and [`Decode`](ErrorKind::Decode) if the result does not fit `T`.
/// - [`Server`](ErrorKind::Server) if the server refuses or fails the query.
/// - Otherwise any kind listed under [How failures are classified](crate::Driver#how-failures-are-classified).
///
/// # Cancel safety
///
/// Dropping the call stops the query on the server.
#[doc(alias = "fetch_all")]
pub async fn query<T: LakeRowOwned>(client: &Client, source: impl IntoSource<T>) -> Result<Vec<T>> {
    let (mut batches, mut decoding) = read::<T>(client, source.into_source());
    let mut rows = Vec::new();
    while let Some(batch) = batches.try_next().await? {
        let batch = decoding.accept(batch)?;
        batch.decode(0..batch.num_rows(), &mut rows).map_err(|error| decoding.told(error))?;
    }
    Ok(rows)
}

/// The first row of the result. The server is asked for one row only.
///
/// # Errors
///
/// [`NoRows`](ErrorKind::NoRows) if there is none; otherwise as [`query`].
///
/// # Cancel safety
///
/// Dropping the call stops the query on the server.
#[doc(alias = "fetch_one")]
pub async fn query_first<T: LakeRowOwned>(client: &Client, source: impl IntoSource<T>) -> Result<T> {
    let source = source.into_source();
    let has_effects = source.has_effects();
    query_optional(client, source).await?.ok_or_else(|| {
        let message = "the query found no row; use query_optional where that may happen";
        Error::new(ErrorKind::NoRows, message).of_answer(has_effects)
    })
}

/// The first row of the result, if there is one. The server is asked for one row only.
///
/// # Errors
///
/// As [`query`].
///
/// # Cancel safety
///
/// Dropping the call stops the query on the server.
#[doc(alias = "fetch_optional")]
pub async fn query_optional<T: LakeRowOwned>(
    client: &Client,
    source: impl IntoSource<T>,
) -> Result<Option<T>> {
    let (mut batches, mut decoding) = read::<T>(client, source.into_source().limit(1));
    while let Some(batch) = batches.try_next().await? {
        let first = decoding.accept(batch.slice(0, batch.num_rows().min(1)))?;
        let mut rows = Vec::with_capacity(1);
        first.decode(0..1, &mut rows).map_err(|error| decoding.told(error))?;
        if let Some(row) = rows.pop() {
            // The end comes next, or an error of the query. What is more than one row is not waited for.
            if batch.num_rows() == 1 {
                batches.try_next().await?;
            }
            return Ok(Some(row));
        }
    }
    Ok(None)
}

/// The value in the first row of a result with one column. The server is asked for one row only.
///
/// The value can have every type that a field can have: `Option<T>` where it may be NULL. In generic code:
/// `V: for<'b> FromColumn<'b> + Send + 'static`.
///
/// ```no_run
/// use lakeorm::{Client, FromColumn, Source, query_scalar};
///
/// # async fn run(db: lakeorm::Client) -> lakeorm::Result<()> {
/// let count: i64 = query_scalar(&db, "SELECT count(*) FROM users").await?;
/// let longest = query_scalar::<Option<i32>>(&db, "SELECT max(length(email)) FROM users").await?;
/// # Ok(()) }
///
/// async fn or_default<V>(db: &Client, query: Source) -> V
/// where
///     V: for<'b> FromColumn<'b> + Default + Send + 'static,
/// {
///     query_scalar(db, query).await.unwrap_or_default()
/// }
/// ```
///
/// # Errors
///
/// [`NoRows`](ErrorKind::NoRows) if there is no row; [`SchemaMismatch`](ErrorKind::SchemaMismatch) if there is more than
/// one column; otherwise as [`query`].
///
/// # Cancel safety
///
/// Dropping the call stops the query on the server.
pub async fn query_scalar<V>(client: &Client, source: impl IntoSource<V>) -> Result<V>
where
    V: for<'b> OwnedElseUseQueryBatches<'b> + Send + 'static,
{
    let Scalar(value) = query_first::<Scalar<V>>(client, source.into_source()).await?;
    Ok(value)
}

/// The rows of the result one by one, in memory that does not grow with their number.
///
/// The query is sent when the stream is first polled. The first error ends the stream.
///
/// ```no_run
/// # async fn run(db: lakeorm::Client) -> lakeorm::Result<()> {
/// use futures::TryStreamExt;
///
/// let mut rows = lakeorm::query_stream::<(i64, String)>(&db, "SELECT id, email FROM users");
/// while let Some((id, email)) = rows.try_next().await? {
///     println!("{id} {email}");
/// }
/// # Ok(()) }
/// ```
///
/// # Errors
///
/// The items have the kinds of [`query`]. Rows before a value that does not fit are returned before its error.
///
/// # Cancel safety
///
/// Dropping a call of `next` loses no row. Dropping the stream stops the query on the server.
#[doc(alias = "fetch")]
pub fn query_stream<T: LakeRowOwned>(client: &Client, source: impl IntoSource<T>) -> RowStream<T> {
    let (batches, decoding) = read::<T>(client, source.into_source());
    RowStream::new(batches, decoding)
}

/// The batches of the result as they come. Rows are decoded from a batch, or borrow from it.
///
/// The query is sent when the stream is first polled. The first error ends the stream. All columns of the source are read,
/// since no row type says which are needed.
///
/// ```no_run
/// # async fn run(db: lakeorm::Client) -> lakeorm::Result<()> {
/// use futures::TryStreamExt;
/// use lakeorm::{LakeRow, query_batches};
///
/// #[derive(LakeRow)]
/// struct UserRef<'a> {
///     id: i64,
///     email: &'a str,
/// }
///
/// let mut batches = query_batches(&db, "SELECT id, email FROM users");
/// while let Some(batch) = batches.try_next().await? {
///     for user in batch.rows::<UserRef<'_>>()? {
///         let user = user?; // borrows from the batch
///         println!("{} {}", user.id, user.email);
///     }
///     let arrow: &lakeorm::arrow_array::RecordBatch = batch.record_batch();
///     assert_eq!(arrow.num_columns(), 2);
/// }
/// # Ok(()) }
/// ```
///
/// # Errors
///
/// The items have the kinds of [`query`], except [`SchemaMismatch`](ErrorKind::SchemaMismatch): columns are compared with
/// a row type by [`RowBatch::rows`].
///
/// # Cancel safety
///
/// Dropping a call of `next` loses no batch. Dropping the stream stops the query on the server.
pub fn query_batches(client: &Client, source: impl IntoSource<RowBatch>) -> RowBatches {
    let source = source.into_source();
    let answer = Answer::to(&source);
    RowBatches::new(batches(client, Read::all(source)), answer)
}

fn read<T: LakeRowOwned>(client: &Client, source: Source) -> (BatchStream, Decoding<T>) {
    let decoding = Decoding::new(Answer::to(&source));
    (batches(client, Read::new(source, projection_of::<T>())), decoding)
}

/// The answer, at whose end the client forgets what a statement with effects may have changed.
fn batches(client: &Client, read: Read) -> BatchStream {
    let source = &read.source;
    let forgetting = source.has_effects().then(|| client.forgetting_after(source.statement())).flatten();
    let batches = client.driver().read(read);
    let Some(forgetting) = forgetting else { return batches };
    batches
        .inspect(move |_| {
            // Dropped with the stream.
            let _ = &forgetting;
        })
        .boxed()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spark::SparkDriver;

    fn is_send<T: Send>(_: &T) {}
    fn is_unpin<T: Unpin>(_: &T) {}

    #[test]
    fn futures_and_streams_can_move_between_threads() {
        let drv = SparkDriver::remote("sc://localhost").unwrap();
        let db = Client::new(drv.clone());
        let source = || drv.from_sql("SELECT 1").bind(1);
        is_send(&query::<(i32,)>(&db, source()));
        is_send(&query_first::<(i32,)>(&db, source()));
        is_send(&query_optional::<(i32,)>(&db, source()));
        is_send(&query_scalar::<i32>(&db, source()));
        is_send(&query::<(i32,)>(&db, "SELECT 1"));
        let reused = source();
        is_send(&query::<(i32,)>(&db, &reused));
        is_send(&query_first::<(i32,)>(&db, &reused));
        let rows = query_stream::<(i32,)>(&db, source());
        is_send(&rows);
        is_unpin(&rows);
        let batches = query_batches(&db, source());
        is_send(&batches);
        is_unpin(&batches);
        is_send(&drv.exec("SELECT 1").into_future());
        is_send(&drv.session());
        is_send(&drv.close());
        is_send(&db.exec("SELECT 1").into_future());
        is_send(&db.ping());
        is_send(&db.close());
    }
}
