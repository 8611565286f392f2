//! How often the server reports the progress of operations: changed for a while, then put back.

use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::sync::Mutex;

use super::Rpc;
use crate::error::{Error, ErrorKind, Result, ServerError};
use crate::proto::KeyValue;

const KEY: &str = "spark.connect.progress.reportInterval";

/// Often enough to wait for; Spark's own interval is two seconds.
const OFTEN: &str = "100ms";

/// The state that all who change the interval of one session share.
#[derive(Default)]
pub(super) struct ReportInterval {
    users: AtomicUsize,
    before: Mutex<Option<Before>>,
}

/// The conf before it was changed.
struct Before(Option<String>);

/// Keeps the interval short until [`FrequentReports::end`].
pub(crate) struct FrequentReports<'r> {
    rpc: &'r Rpc,
}

impl Rpc {
    /// A way to have the server tell of progress often. Sends nothing yet.
    pub(crate) fn frequent_reports(&self) -> FrequentReports<'_> {
        self.inner.report_interval.users.fetch_add(1, Ordering::AcqRel);
        FrequentReports { rpc: self }
    }

    async fn conf_before(&self) -> Result<Before> {
        let pairs = self.retrying(|| self.get(vec![KEY.to_owned()])).await?;
        Ok(Before(pairs.into_iter().find(|pair| pair.key == KEY).and_then(|pair| pair.value)))
    }

    async fn set_report_interval(&self, value: &str) -> Result<()> {
        let pair = || KeyValue { key: KEY.to_owned(), value: Some(value.to_owned()) };
        self.retrying(|| self.set(vec![pair()])).await
    }
}

impl FrequentReports<'_> {
    /// Makes the interval short. A session that others use too is left as it is: what they set meanwhile would be
    /// lost.
    pub(crate) async fn begin(&self) -> Result<()> {
        if self.rpc.is_shared() {
            return Ok(());
        }
        let mut before = self.rpc.inner.report_interval.before.lock().await;
        if before.is_none() {
            // Noted before it is changed: a dropped call may have changed it.
            *before = Some(self.rpc.conf_before().await?);
            self.rpc.set_report_interval(OFTEN).await.inspect_err(|error| {
                before.take_if(|_| is_refusal(error));
            })?;
        }
        Ok(())
    }

    /// Puts the interval back, unless somebody else still needs it.
    pub(crate) async fn end(self) -> Result<()> {
        let rpc = self.rpc;
        let interval = &rpc.inner.report_interval;
        let mut before = interval.before.lock().await;
        drop(self);
        if interval.users.load(Ordering::Acquire) > 0 {
            return Ok(());
        }
        match before.take() {
            Some(Before(Some(value))) => rpc.set_report_interval(&value).await,
            Some(Before(None)) => rpc.retrying(|| rpc.unset(vec![KEY.to_owned()])).await,
            None => Ok(()),
        }
    }
}

/// Whether the server itself says that it did not set the conf.
fn is_refusal(error: &Error) -> bool {
    matches!(error.kind(), ErrorKind::Server | ErrorKind::Unsupported)
        && error.server().is_some_and(ServerError::is_explained)
}

impl Drop for FrequentReports<'_> {
    fn drop(&mut self) {
        self.rpc.inner.report_interval.users.fetch_sub(1, Ordering::AcqRel);
    }
}
