//! Statements that are run once.

use std::fmt;
use std::future::IntoFuture;

use futures_core::future::BoxFuture;
use futures_util::FutureExt;
use spark_connect::{Outcome, Sql, ToLiteral};

use super::SparkDriver;
use super::binding::Use;
use crate::error::{Error, Result};

/// A statement that runs once when it is awaited.
///
/// # Errors
///
/// [`InvalidStatement`](crate::ErrorKind::InvalidStatement) before anything is sent;
/// [`Server`](crate::ErrorKind::Server) if the server refuses or fails the statement;
/// [`OutcomeUnknown`](crate::ErrorKind::OutcomeUnknown) if its answer was lost: it is never sent twice. The
/// driver's kinds.
///
/// # Cancel safety
///
/// Dropping the future interrupts the statement on the server; it may have run by then.
#[must_use = "a statement does nothing until it is awaited"]
pub struct Exec {
    driver: SparkDriver,
    statement: Sql,
}

impl Exec {
    pub(super) fn new(driver: SparkDriver, statement: Sql) -> Self {
        Self { driver, statement }
    }

    /// Binds the next `?` to a value. The value never becomes part of the statement.
    pub fn bind(mut self, value: impl ToLiteral) -> Self {
        self.statement.arguments.push(&value);
        self
    }

    /// Binds `:name` to a value; `name` comes without the colon.
    pub fn bind_named(mut self, name: impl Into<String>, value: impl ToLiteral) -> Self {
        self.statement.arguments.insert(&name.into(), &value);
        self
    }

    async fn run(self) -> Result<Outcome> {
        let Self { driver, statement } = self;
        let inner = &driver.inner;
        let mut sent = inner.binding.prepare(&statement, Use::Command)?;
        let slot = inner.server.acquire().await?;
        let session = slot.session().cloned().ok_or_else(Error::no_session)?;
        let mut answer = session.command(&sent).await;
        // Refused from analysis, before anything ran: the second sending is the first that counts.
        if let Err(error) = &answer
            && inner.binding.learn(&sent, Use::Command, error)
        {
            sent = inner.binding.prepare(&statement, Use::Command)?;
            answer = session.command(&sent).await;
        }
        let answer = answer.map_err(|error| Error::spark("", error.redacting(statement.arguments.texts())));
        if answer.as_ref().is_err_and(Error::is_session_lost) {
            inner.server.discard(slot).await;
        }
        answer
    }
}

impl IntoFuture for Exec {
    type Output = Result<Outcome>;
    type IntoFuture = BoxFuture<'static, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        self.run().boxed()
    }
}

impl fmt::Debug for Exec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Exec").field("driver", &self.driver).finish_non_exhaustive()
    }
}
