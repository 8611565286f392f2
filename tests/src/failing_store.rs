//! A store of objects that takes so many and then refuses, or that keeps what it has, or both.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use futures::StreamExt;
use futures::stream::BoxStream;
use lakeorm::object_store::path::Path;
use lakeorm::object_store::{
    CopyOptions, Error, GetOptions, GetResult, ListResult, MultipartUpload, ObjectMeta, ObjectStore,
    PutMultipartOptions, PutOptions, PutPayload, PutResult, Result,
};

/// A store whose writes fail, after so many that it takes, and which does not remove every object.
#[derive(Debug)]
pub struct FailingStore {
    inner: Arc<dyn ObjectStore>,
    left: AtomicUsize,
    kept: Option<&'static str>,
    /// Whether it also refuses removals once it refuses writes.
    expires: bool,
    reason: &'static str,
}

impl FailingStore {
    /// Takes `writes` objects into `inner`, then refuses each for this reason.
    pub fn new(inner: Arc<dyn ObjectStore>, writes: usize, reason: &'static str) -> Self {
        Self { inner, left: AtomicUsize::new(writes), kept: None, expires: false, reason }
    }

    /// Takes every object, and refuses to remove those of this name for this reason.
    pub fn keeping(inner: Arc<dyn ObjectStore>, name: &'static str, reason: &'static str) -> Self {
        Self { inner, left: AtomicUsize::new(usize::MAX), kept: Some(name), expires: false, reason }
    }

    /// Takes `writes` objects into `inner`, then refuses each and to remove any, as a service does to an old token.
    pub fn expiring(inner: Arc<dyn ObjectStore>, writes: usize, reason: &'static str) -> Self {
        Self { expires: true, ..Self::new(inner, writes, reason) }
    }
}

impl fmt::Display for FailingStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("FailingStore")
    }
}

#[async_trait::async_trait]
impl ObjectStore for FailingStore {
    async fn put_opts(&self, path: &Path, payload: PutPayload, options: PutOptions) -> Result<PutResult> {
        let taken = self.left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1));
        match taken {
            Ok(_) => self.inner.put_opts(path, payload, options).await,
            Err(_) => Err(Error::Generic { store: "failing", source: self.reason.into() }),
        }
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
        let (kept, reason) = (self.kept, self.reason);
        let has_expired = self.expires && self.left.load(Ordering::SeqCst) == 0;
        let paths = paths.map(move |path| {
            let path = path?;
            let is_kept = has_expired || kept.is_some() && path.filename() == kept;
            match is_kept {
                true => Err(Error::Generic { store: "failing", source: reason.into() }),
                false => Ok(path),
            }
        });
        self.inner.delete_stream(paths.boxed())
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
