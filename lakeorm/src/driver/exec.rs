//! A statement on its way to a driver.

use std::fmt;
use std::future::IntoFuture;
use std::sync::Arc;
use std::time::Duration;

use futures_core::future::BoxFuture;
use futures_util::FutureExt;
use spark_connect::{Outcome, Progress};

use super::Driver;
use crate::command::Command;
use crate::error::Result;
use crate::source::{OnProgress, binds};

/// A statement that runs once when it is awaited.
///
/// # Errors
///
/// - [`InvalidStatement`](crate::ErrorKind::InvalidStatement) before anything is sent.
/// - [`Server`](crate::ErrorKind::Server) if the engine refuses or fails the statement.
/// - [`OutcomeUnknown`](crate::ErrorKind::OutcomeUnknown) if its answer was lost: it is never sent a second time once
///   it may have run, unless it is plainly a query.
/// - [`Unsupported`](crate::ErrorKind::Unsupported) if the driver only reads.
/// - Otherwise any kind listed under [How failures are classified](crate::Driver#how-failures-are-classified).
///
/// # Cancel safety
///
/// Dropping the future interrupts the statement on the engine; it may have run by then.
#[must_use = "a statement does nothing until it is awaited"]
pub struct Exec {
    driver: Arc<dyn Driver>,
    command: Command,
    /// Dropped after the statement, whatever becomes of it.
    after_end: Option<Box<dyn Send + Sync>>,
}

impl Exec {
    pub(crate) fn new(driver: Arc<dyn Driver>, command: Command) -> Self {
        Self { driver, command, after_end: None }
    }

    /// Has this dropped after the statement, whatever becomes of it.
    pub(crate) fn with_after_end(mut self, after_end: impl Send + Sync + 'static) -> Self {
        self.after_end = Some(Box::new(after_end));
        self
    }

    /// Ends the statement with an error if it has not ended within `timeout`, and interrupts it on the engine; it
    /// may have run by then. Default: the driver's `query_timeout`; without one there is no limit.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.command.timeout = Some(timeout);
        self
    }

    /// Calls `callback` whenever the engine reports new progress of the statement; see
    /// [`Source::on_progress`](crate::Source::on_progress).
    pub fn on_progress(mut self, callback: impl Fn(&Progress) + Send + Sync + 'static) -> Self {
        self.command.progress = Some(OnProgress::new(callback));
        self
    }
}

binds! {
    Exec: |exec| exec.command.statement.arguments_mut()
}

impl IntoFuture for Exec {
    type Output = Result<Outcome>;
    type IntoFuture = BoxFuture<'static, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        let Self { driver, command, after_end } = self;
        async move {
            let ended = driver.exec(command).await;
            drop(after_end);
            ended
        }
        .boxed()
    }
}

impl fmt::Debug for Exec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Exec").field("driver", &self.driver.name()).finish_non_exhaustive()
    }
}
