//! Statements that are run once.

use std::sync::Arc;

use spark_connect::Outcome;
use spark_connect::pool::SessionRetry;

use super::observe::Observation;
use super::time_limit::TimeLimit;
use super::{Inner, SessionChange};
use crate::command::Command;
use crate::error::Result;

/// Runs a statement once and waits for its end.
pub(super) async fn outcome(inner: Arc<Inner>, command: Command) -> Result<Outcome> {
    let observation = Observation::of_statement(&inner, command.sql(), command.progress.as_ref());
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
        let pool = &self.inner.pool;
        let changes_session = pool.is_changed_by(self.command.statement.statement());
        let mut change = SessionChange::by(changes_session, &self.inner.name);
        let mut retry = SessionRetry::new(true);
        loop {
            let session = observation.acquire().await?;
            if let Some(change) = &mut change {
                change.made_in(&session);
            }
            let run = || session.command_observed(&self.command.statement, observation.observer());
            match pool.when_ready(&session, run).await {
                Err(error) if retry.allows(&session, &error) => {}
                answer => return Ok(answer?),
            }
        }
    }
}
