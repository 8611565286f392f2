//! An object store whose writes and removals fail or wait as a test says.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use futures::StreamExt;
use futures::stream::BoxStream;
use lakeorm::object_store::path::Path;
use lakeorm::object_store::{
    CopyOptions, Error, GetOptions, GetResult, ListResult, MultipartUpload, ObjectMeta, ObjectStore,
    PutMultipartOptions, PutOptions, PutPayload, PutResult, Result,
};
use tokio::sync::{Barrier, Semaphore, watch};

/// A store over another one. It counts the writes that begin.
#[derive(Debug)]
pub struct ScriptedStore {
    inner: Arc<dyn ObjectStore>,
    /// How many more objects it takes.
    left: AtomicUsize,
    /// The name of the objects that it does not remove.
    kept: Option<&'static str>,
    /// Whether it also refuses removals once it refuses writes.
    expires: bool,
    reason: &'static str,
    /// How far its clock is behind.
    behind: Duration,
    /// Removals wait for each other until there are so many.
    removals: Option<Arc<Barrier>>,
    /// Each write waits for a permit; once it is closed, none does.
    may_end: Semaphore,
    begun: watch::Sender<usize>,
}

impl ScriptedStore {
    /// Holds every put to `inner` until it may end.
    pub fn waiting(inner: Arc<dyn ObjectStore>) -> Self {
        Self {
            inner,
            left: AtomicUsize::new(usize::MAX),
            kept: None,
            expires: false,
            reason: "",
            behind: Duration::ZERO,
            removals: None,
            may_end: Semaphore::new(0),
            begun: watch::Sender::new(0),
        }
    }

    /// Takes `writes` objects into `inner`, then refuses each for this reason.
    pub fn failing(inner: Arc<dyn ObjectStore>, writes: usize, reason: &'static str) -> Self {
        let store = Self { left: AtomicUsize::new(writes), reason, ..Self::waiting(inner) };
        store.let_all_end();
        store
    }

    /// Takes every object, and refuses to remove those of this name for this reason.
    pub fn keeping(inner: Arc<dyn ObjectStore>, name: &'static str, reason: &'static str) -> Self {
        Self { kept: Some(name), ..Self::failing(inner, usize::MAX, reason) }
    }

    /// Takes `writes` objects into `inner`, then refuses each and to remove any, as a service does to an old token.
    pub fn expiring(inner: Arc<dyn ObjectStore>, writes: usize, reason: &'static str) -> Self {
        Self { expires: true, ..Self::failing(inner, writes, reason) }
    }

    /// Takes and removes every object, and tells an earlier time of each than it is.
    pub fn behind(inner: Arc<dyn ObjectStore>, behind: Duration) -> Self {
        Self { behind, ..Self::failing(inner, usize::MAX, "") }
    }

    /// Removes objects only so many at once.
    pub fn removing_together(inner: Arc<dyn ObjectStore>, removals: usize) -> Self {
        let removals = Some(Arc::new(Barrier::new(removals)));
        Self { removals, ..Self::failing(inner, usize::MAX, "") }
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

/// The error with this reason.
fn refused(reason: &'static str) -> Error {
    Error::Generic { store: "scripted", source: reason.into() }
}

impl fmt::Display for ScriptedStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ScriptedStore")
    }
}

#[async_trait::async_trait]
impl ObjectStore for ScriptedStore {
    async fn put_opts(&self, path: &Path, payload: PutPayload, options: PutOptions) -> Result<PutResult> {
        self.begun.send_modify(|begun| *begun += 1);
        if let Ok(permit) = self.may_end.acquire().await {
            permit.forget();
        }
        let taken = self.left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1));
        match taken {
            Ok(_) => self.inner.put_opts(path, payload, options).await,
            Err(_) => Err(refused(self.reason)),
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
            if is_kept { Err(refused(reason)) } else { Ok(path) }
        });
        let removals = self.removals.clone();
        let paths = paths.then(move |path| {
            let removals = removals.clone();
            async move {
                if let Some(removals) = removals {
                    removals.wait().await;
                }
                path
            }
        });
        self.inner.delete_stream(paths.boxed())
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        self.inner.list(prefix)
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> Result<ListResult> {
        let mut listed = self.inner.list_with_delimiter(prefix).await?;
        listed.objects.iter_mut().for_each(|object| object.last_modified -= self.behind);
        Ok(listed)
    }

    async fn copy_opts(&self, from: &Path, to: &Path, options: CopyOptions) -> Result<()> {
        self.inner.copy_opts(from, to, options).await
    }
}
