//! A statement on its way to a driver.

use std::fmt;
use std::future::IntoFuture;
use std::sync::Arc;
use std::time::Duration;

use futures_core::future::BoxFuture;
use futures_util::FutureExt;
use spark_connect::{Outcome, Progress, ToLiteral};

use super::Driver;
use crate::command::Command;
use crate::error::Result;
use crate::source::OnProgress;

/// A statement that runs once when it is awaited.
///
/// # Errors
///
/// - [`InvalidStatement`](crate::ErrorKind::InvalidStatement) before anything is sent.
/// - [`Server`](crate::ErrorKind::Server) if the engine refuses or fails the statement.
/// - [`OutcomeUnknown`](crate::ErrorKind::OutcomeUnknown) if its answer was lost: it is never sent a second time once
///   it may have run.
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
}

impl Exec {
    pub(crate) fn new(driver: Arc<dyn Driver>, command: Command) -> Self {
        Self { driver, command }
    }

    /// Binds the next `?` to a value. The value never becomes part of the statement.
    pub fn bind(mut self, value: impl ToLiteral) -> Self {
        self.command.statement = self.command.statement.bind(value);
        self
    }

    /// Binds the next `?` to values that stand in its place with commas between: `IN (?)` becomes `IN (1, 2, 3)`.
    ///
    /// An empty list is an error when the statement is run, since SQL has none.
    pub fn bind_list<T: ToLiteral>(mut self, values: impl IntoIterator<Item = T>) -> Self {
        self.command.statement = self.command.statement.bind_list(values);
        self
    }

    /// Binds `:name` to values that stand in its place with commas between.
    pub fn bind_named_list<T: ToLiteral>(
        mut self,
        name: impl Into<String>,
        values: impl IntoIterator<Item = T>,
    ) -> Self {
        self.command.statement = self.command.statement.bind_named_list(name.into(), values);
        self
    }

    /// Binds `:name` to a value; `name` comes without the colon.
    pub fn bind_named(mut self, name: impl Into<String>, value: impl ToLiteral) -> Self {
        self.command.statement = self.command.statement.bind_named(name.into(), value);
        self
    }

    /// Ends the statement with an error if it has not ended within `timeout`, and interrupts it on the engine; it
    /// may have run by then.
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

impl IntoFuture for Exec {
    type Output = Result<Outcome>;
    type IntoFuture = BoxFuture<'static, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        async move { self.driver.exec(self.command).await }.boxed()
    }
}

impl fmt::Debug for Exec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Exec").field("driver", &self.driver.name()).finish_non_exhaustive()
    }
}
