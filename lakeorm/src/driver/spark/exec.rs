//! Statements that are run once.

use std::fmt;
use std::future::IntoFuture;
use std::time::Duration;

use futures_core::future::BoxFuture;
use futures_util::FutureExt;
use spark_connect::{ErrorKind, Outcome, Progress, Session, Sql, ToLiteral};

use super::SparkDriver;
use super::binding::{Binding, Use};
use super::observe::Observation;
use crate::error::{Error, Result};
use crate::query::OnProgress;

/// A statement that runs once when it is awaited.
///
/// # Errors
///
/// [`InvalidStatement`](crate::ErrorKind::InvalidStatement) before anything is sent;
/// [`Server`](crate::ErrorKind::Server) if the server refuses or fails the statement;
/// [`OutcomeUnknown`](crate::ErrorKind::OutcomeUnknown) if its answer was lost: it is never sent to a server
/// twice, and again only after a gateway refused it because its cluster was starting. The
/// driver's kinds.
///
/// # Cancel safety
///
/// Dropping the future interrupts the statement on the server; it may have run by then.
#[must_use = "a statement does nothing until it is awaited"]
pub struct Exec {
    driver: SparkDriver,
    statement: Sql,
    timeout: Option<Duration>,
    progress: Option<OnProgress>,
}

impl Exec {
    pub(super) fn new(driver: SparkDriver, statement: Sql) -> Self {
        Self { driver, statement, timeout: None, progress: None }
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

    /// Ends the statement with an error if it has not ended within `timeout`, and interrupts it on the server; it
    /// may have run by then.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    /// Calls `callback` whenever the server says something new about how far the statement is; see
    /// [`Source::on_progress`](crate::Source::on_progress).
    pub fn on_progress(mut self, callback: impl Fn(&Progress) + Send + Sync + 'static) -> Self {
        self.progress = Some(OnProgress::new(callback));
        self
    }

    async fn run(self) -> Result<Outcome> {
        let inner = &self.driver.inner;
        let observation = Observation::of_statement(inner, &self.statement.text, self.progress.as_ref());
        observation.watch(self.run_in_time(&observation)).await
    }

    async fn run_in_time(&self, observation: &Observation) -> Result<Outcome> {
        match self.timeout {
            Some(timeout) => tokio::time::timeout(timeout, self.run_in_a_session(observation))
                .await
                .unwrap_or_else(|_| Err(Error::timed_out("statement", timeout))),
            None => self.run_in_a_session(observation).await,
        }
    }

    /// A session that the server gave up before the statement came is replaced once. A loss after the statement
    /// was sent has another kind: its outcome is unknown.
    async fn run_in_a_session(&self, observation: &Observation) -> Result<Outcome> {
        let pool = &self.driver.inner.pool;
        let changes_session = spark_connect::sql::changes_session(&self.statement.text);
        Binding::check(&self.statement)?;
        let mut retried = false;
        loop {
            let session = observation.acquire().await?;
            if changes_session {
                session.taint();
            }
            match pool.when_ready(|| self.attempt(&session, observation)).await {
                Err(error) if error.kind() == ErrorKind::SessionLost => {
                    session.discard();
                    if std::mem::replace(&mut retried, true) {
                        return Err(error.into());
                    }
                }
                answer => return Ok(answer?),
            }
        }
    }

    async fn attempt(&self, session: &Session, observation: &Observation) -> spark_connect::Result<Outcome> {
        let binding = &self.driver.inner.binding;
        loop {
            let sent = binding.prepare(&self.statement, Use::Command, session)?;
            match session.command_observed(&sent, observation.observer()).await {
                // Refused from analysis, before anything ran: the second sending is the first that counts.
                Err(error) if binding.learn(&sent, Use::Command, &error) => {}
                Err(error) => return Err(error.redacting(self.statement.arguments.texts())),
                Ok(outcome) => return Ok(outcome),
            }
        }
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
