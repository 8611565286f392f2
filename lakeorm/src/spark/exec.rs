//! Statements that are run once.

use std::sync::Arc;

use spark_connect::Outcome;

use super::observe::Observation;
use super::session_change::in_a_session;
use super::time_limit::TimeLimit;
use super::{Inner, PooledSession};
use crate::command::Command;
use crate::error::Result;

/// Runs a statement once and waits for its end.
pub(super) async fn outcome(inner: Arc<Inner>, command: Command) -> Result<Outcome> {
    let observation = Observation::of_statement(&inner, &command);
    let executing = Executing { inner: &inner, command: &command };
    observation.watch(executing.run(&observation)).await
}

struct Executing<'c> {
    inner: &'c Inner,
    command: &'c Command,
}

impl Executing<'_> {
    async fn run(&self, observation: &Observation) -> Result<Outcome> {
        let limit = TimeLimit::of(self.command.timeout, self.inner.query_timeout);
        TimeLimit::bounding(limit, self.run_where_it_belongs(observation)).await
    }

    /// In the session that the statement belongs to; else in one of the pool.
    async fn run_where_it_belongs(&self, observation: &Observation) -> Result<Outcome> {
        self.command.check()?;
        match &self.command.session {
            // Another would have nothing of what was set in this one, so it is not replaced if it is lost.
            Some(session) => {
                observation.runs_in(session);
                let run = session.command_observed(&self.command.statement, observation.observer()).await;
                Ok(run.inspect_err(|error| session.discard_if_lost(error))?)
            }
            None => self.run_in_a_session(observation).await,
        }
    }

    /// A session that the server gave up before the statement was sent is replaced. A loss that comes in answer to
    /// the statement has another kind: its outcome is unknown.
    async fn run_in_a_session(&self, observation: &Observation) -> Result<Outcome> {
        let changes_session = self.inner.pool.is_changed_by(self.command.statement.statement());
        let run = |session: PooledSession| async move {
            session.command_observed(&self.command.statement, observation.observer()).await
        };
        let (_, outcome) = in_a_session(self.inner, observation, true, changes_session, run).await?;
        Ok(outcome)
    }
}
