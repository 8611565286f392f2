//! A store of objects whose writes wait until a test lets them end.

use std::fmt;
use std::sync::Arc;

use futures::stream::BoxStream;
use lakeorm::object_store::path::Path;
use lakeorm::object_store::{
    CopyOptions, GetOptions, GetResult, ListResult, MultipartUpload, ObjectMeta, ObjectStore,
    PutMultipartOptions, PutOptions, PutPayload, PutResult, Result,
};
use tokio::sync::{Semaphore, watch};

/// A store that counts the writes that begin, and holds each until it may end.
#[derive(Debug)]
pub struct WaitingStore {
    inner: Arc<dyn ObjectStore>,
    may_end: Semaphore,
    begun: watch::Sender<usize>,
}

impl WaitingStore {
    /// Holds every put to `inner`.
    pub fn new(inner: Arc<dyn ObjectStore>) -> Self {
        Self { inner, may_end: Semaphore::new(0), begun: watch::Sender::new(0) }
    }

    /// Lets so many writes end, those first that have waited longest.
    pub fn let_end(&self, writes: usize) {
        self.may_end.add_permits(writes);
    }

    /// Holds no write any more.
    pub fn let_all_end(&self) {
        self.may_end.close();
    }

    /// How many writes have begun so far, ended or not.
    pub fn begun(&self) -> usize {
        *self.begun.borrow()
    }

    /// Waits until so many writes have begun.
    pub async fn wait_for(&self, writes: usize) {
        let mut begun = self.begun.subscribe();
        // The sender is `self`, so the wait cannot fail while it is awaited.
        let _ = begun.wait_for(|begun| *begun >= writes).await;
    }
}

impl fmt::Display for WaitingStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("WaitingStore")
    }
}

#[async_trait::async_trait]
impl ObjectStore for WaitingStore {
    async fn put_opts(&self, path: &Path, payload: PutPayload, options: PutOptions) -> Result<PutResult> {
        self.begun.send_modify(|begun| *begun += 1);
        // One that is closed gives no permit, and holds nobody.
        if let Ok(permit) = self.may_end.acquire().await {
            permit.forget();
        }
        self.inner.put_opts(path, payload, options).await
    }

    async fn put_multipart_opts(
        &self,
        path: &Path,
        options: PutMultipartOptions,
    ) -> Result<Box<dyn MultipartUpload>> {
        self.inner.put_multipart_opts(path, options).await
    }

    async fn get_opts(&self, path: &Path, options: GetOptions) -> Result<GetResult> {
        self.inner.get_opts(path, options).await
    }

    fn delete_stream(&self, paths: BoxStream<'static, Result<Path>>) -> BoxStream<'static, Result<Path>> {
        self.inner.delete_stream(paths)
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        self.inner.list(prefix)
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> Result<ListResult> {
        self.inner.list_with_delimiter(prefix).await
    }

    async fn copy_opts(&self, from: &Path, to: &Path, options: CopyOptions) -> Result<()> {
        self.inner.copy_opts(from, to, options).await
    }
}
