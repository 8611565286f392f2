//! Batches into Parquet files, each stored while the next one is encoded.

use std::mem;
use std::sync::Arc;

use arrow_array::RecordBatch;
use arrow_schema::SchemaRef;
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt, PutPayload};
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::errors::ParquetError;
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use tokio::runtime::Handle;
use tokio::task::{JoinError, JoinHandle, spawn_blocking};
use uuid::Uuid;

use super::{Staged, Store, failed, file_name};
use crate::driver::Unremoved;
use crate::error::{Error, ErrorKind, Result};

/// Maximum parts that are stored at once while the next one is encoded.
const UPLOADS: usize = 2;

type Writer = ArrowWriter<Vec<u8>>;

/// Takes batches and makes files of them, of about one size.
///
/// In memory are one part that is being encoded, those that are being stored, and one batch.
pub(in crate::write) struct Parts {
    store: Store,
    /// The directory of this write; its time is that of the write.
    write: Uuid,
    schema: SchemaRef,
    part_size: u64,
    encoding: Option<JoinHandle<Result<Writer, ParquetError>>>,
    runtime: Handle,
    staged: Staged,
    finished: Finished,
}

/// Rows and bytes that are stored.
#[derive(Debug, Clone, Copy, Default)]
pub(in crate::write) struct Finished {
    pub(in crate::write) rows: u64,
    pub(in crate::write) bytes: u64,
}

impl Parts {
    pub(in crate::write) fn new(
        store: &Store,
        schema: SchemaRef,
        part_size: u64,
        runtime: Handle,
        unremoved: Unremoved,
    ) -> Self {
        let (write, schema_of_files) = (Uuid::now_v7(), Arc::clone(&schema));
        let staged = Staged::new(store, &write.to_string(), schema_of_files, runtime.clone(), unremoved);
        Self {
            store: store.clone(),
            write,
            schema,
            part_size,
            encoding: None,
            runtime,
            staged,
            finished: Finished::default(),
        }
    }

    /// Hands a batch to the encoder, once that has done with the one before.
    pub(in crate::write) async fn push(&mut self, batch: RecordBatch) -> Result<()> {
        let mut writer = match self.encoding.take() {
            Some(encoding) => {
                let mut writer = encoded(encoding.await)?;
                if size(&writer) >= self.part_size {
                    self.put(mem::replace(&mut writer, self.writer()?)).await?;
                }
                writer
            }
            None => self.writer()?,
        };
        self.encoding = Some(self.runtime.spawn_blocking(move || writer.write(&batch).map(|()| writer)));
        Ok(())
    }

    /// Rows and bytes that are stored so far.
    pub(in crate::write) fn finished(&self) -> Finished {
        self.finished
    }

    /// Stores the last part, and waits until all of them are stored.
    pub(in crate::write) async fn finish(&mut self) -> Result<()> {
        if let Some(encoding) = self.encoding.take() {
            let writer = encoded(encoding.await)?;
            self.put(writer).await?;
        }
        self.wait(0).await
    }

    pub(in crate::write) fn into_staged(self) -> Staged {
        self.staged
    }

    fn writer(&self) -> Result<Writer> {
        let level = ZstdLevel::try_new(1).map_err(|error| unencoded(&error))?;
        // The files are read once, and whole.
        let properties = WriterProperties::builder()
            .set_compression(Compression::ZSTD(level))
            .set_statistics_enabled(EnabledStatistics::None)
            .build();
        ArrowWriter::try_new(Vec::new(), Arc::clone(&self.schema), Some(properties))
            .map_err(|error| unencoded(&error))
    }

    async fn put(&mut self, writer: Writer) -> Result<()> {
        self.wait(UPLOADS - 1).await?;
        let Some(files) = &mut self.staged.files else { return Ok(()) };
        let (path, address) = self.store.file(&self.write.to_string(), &file_name(files.paths.len()));
        // It is known before it is there, so that a removal finds it.
        files.paths.push((path.clone(), address));
        files.stored.spawn_on(store(Arc::clone(&files.objects), path, writer), &self.runtime);
        Ok(())
    }

    /// Waits until at most `left` parts are being stored.
    async fn wait(&mut self, left: usize) -> Result<()> {
        let Some(files) = &mut self.staged.files else { return Ok(()) };
        while files.stored.len() > left {
            let Some(stored) = files.stored.join_next().await else { break };
            let part = stored.map_err(ended)??;
            self.finished.rows += part.rows;
            self.finished.bytes += part.bytes;
        }
        Ok(())
    }
}

/// Ends a file and stores it.
async fn store(objects: Arc<dyn ObjectStore>, path: Path, mut writer: Writer) -> Result<Finished> {
    let finishing = spawn_blocking(move || {
        let metadata = writer.finish()?;
        let rows = u64::try_from(metadata.file_metadata().num_rows()).unwrap_or_default();
        Ok((rows, mem::take(writer.inner_mut())))
    });
    let (rows, bytes) = finishing.await.map_err(ended)?.map_err(|error| unencoded(&error))?;
    let part = Finished { rows, bytes: u64::try_from(bytes.len()).unwrap_or(u64::MAX) };
    let stored = objects.put(&path, PutPayload::from(bytes)).await;
    stored.map_err(|error| failed("a part of the rows could not be stored; nothing was written", &error))?;
    tracing::debug!(target: "lakeorm", %path, rows, bytes = part.bytes, "a part was stored");
    Ok(part)
}

fn encoded(written: Result<Result<Writer, ParquetError>, JoinError>) -> Result<Writer> {
    written.map_err(ended)?.map_err(|error| unencoded(&error))
}

/// The bytes that a file will have.
fn size(writer: &Writer) -> u64 {
    let size = writer.bytes_written().saturating_add(writer.in_progress_size());
    u64::try_from(size).unwrap_or(u64::MAX)
}

/// Of a task that a runtime ends as it shuts down.
fn ended(_: JoinError) -> Error {
    Error::new(ErrorKind::Staging, "the runtime ended while rows were being staged; nothing was written")
}

/// Of batches that fit their schema Parquet refuses the types that it has no form for.
fn unencoded(error: &ParquetError) -> Error {
    let message = format!(
        "Parquet cannot store the rows, and nothing was written: {error}; call direct(), which holds all rows in memory"
    );
    Error::new(ErrorKind::Unsupported, message)
}
