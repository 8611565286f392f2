//! A driver that serves batches from memory, so that the library's own query functions are measured.

use arrow_array::RecordBatch;
use futures::executor::block_on;
use futures::future::BoxFuture;
use futures::stream;
use lakeorm::spark::SparkDriver;
use lakeorm::{
    BatchStream, Client, Driver, LakeRowOwned, Read, Result, RowStream, Source, query, query_stream,
};

/// A result in memory, ready to be queried.
pub(crate) struct Served {
    client: Client,
    source: Source,
}

impl Served {
    pub(crate) fn new(batches: Vec<RecordBatch>) -> Self {
        // A source is plain data: nothing connects.
        let source = SparkDriver::remote("sc://localhost").unwrap().from_table("served");
        Self { client: Client::new(Canned(batches)), source }
    }

    pub(crate) fn query<T: LakeRowOwned>(&self) -> Vec<T> {
        block_on(query::<T>(&self.client, self.source.clone())).unwrap()
    }

    pub(crate) fn stream<T: LakeRowOwned>(&self) -> RowStream<T> {
        query_stream::<T>(&self.client, self.source.clone())
    }
}

struct Canned(Vec<RecordBatch>);

impl Driver for Canned {
    fn name(&self) -> &str {
        "canned"
    }

    fn read(&self, _: Read) -> BatchStream {
        Box::pin(stream::iter(self.0.clone().into_iter().map(Ok)))
    }

    fn close(&self) -> BoxFuture<'_, Result<()>> {
        Box::pin(async { Ok(()) })
    }
}
