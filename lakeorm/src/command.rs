//! A statement to execute, as plain data.

use std::borrow::Cow;
use std::time::Duration;

use spark_connect::pool::PooledSession;
use spark_connect::{Arguments, Progress, Sql};

use crate::error::Result;
#[cfg(feature = "conformance")]
use crate::source::Source;
use crate::source::{OnProgress, binds};

/// A statement that is run for its effects, and the values of its parameters, as a [`Driver`](crate::Driver) gets it.
///
/// Programs call [`Client::exec`](crate::Client::exec), which makes one from a text; its values are bound to the
/// [`Exec`](crate::Exec) or to the command. A mistake in binding is reported by [`check`](Self::check).
#[derive(Debug, Clone)]
#[must_use = "a command does nothing until a driver executes it"]
pub struct Command {
    pub(crate) statement: Sql,
    pub(crate) timeout: Option<Duration>,
    pub(crate) progress: Option<OnProgress>,
    /// The session to run it in.
    pub(crate) session: Option<PooledSession>,
    pub(crate) confs: Vec<(String, String)>,
    /// Whether that there is no table is an answer, which spans and metrics do not count as an error.
    pub(crate) looks_for_table: bool,
}

impl Command {
    pub(crate) fn new(statement: Sql) -> Self {
        let (timeout, progress, session, confs) = (None, None, None, Vec::new());
        Self { statement, timeout, progress, session, confs, looks_for_table: false }
    }

    /// A statement whose answer may be that there is no table.
    pub(crate) fn looking_for_table(self) -> Self {
        Self { looks_for_table: true, ..self }
    }

    /// The statement of a query, to be executed instead of read. None of a table.
    #[cfg(feature = "conformance")]
    pub(crate) fn of(source: Source) -> Option<Self> {
        let Source { relation, arguments, timeout, progress, session, .. } = source;
        let statement = relation.as_sql()?.clone().with_arguments(arguments);
        Some(Self { timeout, progress, session, ..Self::new(statement) })
    }

    /// Ends the statement with an error if it has not ended within `timeout`, and interrupts it on the engine; it may have
    /// run by then. [`Exec::timeout`](crate::Exec::timeout) is the same for a statement of a client; this one is for the
    /// statement of an [`ExecutionPlan`](crate::ExecutionPlan).
    ///
    /// ```
    /// use std::time::Duration;
    /// use lakeorm::{Command, ExecutionPlan};
    ///
    /// let minute = Duration::from_secs(60);
    /// let statement = Command::from("DELETE FROM users WHERE id = ?").bind(7_i64).with_timeout(minute);
    /// assert_eq!(statement.timeout(), Some(minute));
    /// let plan = ExecutionPlan::Sql(statement);
    /// # let _ = plan;
    /// ```
    pub fn with_timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    /// The statement's text.
    #[must_use]
    pub fn sql(&self) -> &str {
        self.statement.statement().text()
    }

    /// Whether the statement has a marker of this name.
    pub(crate) fn has_marker(&self, name: &str) -> bool {
        self.statement.statement().markers().is_ok_and(|markers| markers.names().contains(name))
    }

    /// The values for the markers of the statement. A driver checks them against the text before it sends anything.
    #[must_use]
    pub fn arguments(&self) -> &Arguments {
        self.statement.arguments()
    }

    /// Refuses values that do not fit the markers of the statement. Drivers call it before they send anything.
    ///
    /// # Errors
    ///
    /// [`InvalidStatement`](crate::ErrorKind::InvalidStatement), which names the markers.
    pub fn check(&self) -> Result<()> {
        Ok(self.statement.check()?)
    }

    /// How long the statement may take from the first poll to its end.
    #[must_use]
    pub fn timeout(&self) -> Option<Duration> {
        self.timeout
    }

    /// Session confs under which a table format records the write; see
    /// [`Dialect::idempotency_confs`](crate::dialect::Dialect::idempotency_confs). A driver sets them for this statement
    /// alone, or leaves them out: the statement is correct without them.
    #[must_use]
    pub fn confs(&self) -> &[(String, String)] {
        &self.confs
    }

    /// The callback for progress, on an engine that reports it.
    #[must_use]
    pub fn progress(&self) -> Option<&(dyn Fn(&Progress) + Send + Sync)> {
        self.progress.as_ref().map(OnProgress::callback)
    }
}

binds! {
    ///
    /// ```
    /// use lakeorm::Command;
    ///
    /// let one = Command::from("DELETE FROM users WHERE id = ?").bind(7_i64);
    /// let list = Command::from("DELETE FROM users WHERE id IN (:ids)").bind_named_list("ids", [7_i64, 8]);
    /// assert!(one.check().is_ok() && list.check().is_ok());
    /// ```
    Command: |command| command.statement.arguments_mut()
}

impl From<String> for Command {
    fn from(text: String) -> Self {
        Self::new(Sql::new(text))
    }
}

impl From<&str> for Command {
    fn from(text: &str) -> Self {
        text.to_owned().into()
    }
}

impl From<&String> for Command {
    fn from(text: &String) -> Self {
        text.as_str().into()
    }
}

impl From<Cow<'_, str>> for Command {
    fn from(text: Cow<'_, str>) -> Self {
        text.into_owned().into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_timeout_wins() {
        let seconds = Duration::from_secs;
        let command = Command::from("DELETE FROM t");
        assert_eq!(command.timeout(), None);
        assert_eq!(command.with_timeout(seconds(5)).with_timeout(seconds(7)).timeout(), Some(seconds(7)));
    }
}
