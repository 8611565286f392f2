//! Statements that are run once.

use std::sync::Arc;

use spark_connect::Outcome;

use super::in_a_session::in_a_session;
use super::observe::Observation;
use super::time_limit::TimeLimit;
use super::{Inner, PooledSession};
use crate::command::Command;
use crate::error::Result;

/// Runs a statement once and waits for its end.
pub(super) async fn outcome(inner: Arc<Inner>, command: Command) -> Result<Outcome> {
    let observation = Observation::of_statement(&inner, &command);
    let limit = TimeLimit::of(command.timeout, inner.query_timeout);
    let running = run(&inner, &command, &observation);
    observation.watch(TimeLimit::bounding(limit, running, |limit| limit.exceeded("statement"))).await
}

/// In the session that the statement belongs to; else in one of the pool.
async fn run(inner: &Inner, command: &Command, observation: &Observation) -> Result<Outcome> {
    command.check()?;
    if let Some(session) = &command.session {
        observation.runs_in(session);
        // Another would have nothing of what was set in this one, so it is not replaced if it is lost.
        return Ok(run_in(session, command, observation).await?);
    }
    let changes_session = inner.pool.is_changed_by(command.statement.statement());
    let run = |session: PooledSession| async move {
        session.command_observed(&command.statement, observation.observer()).await
    };
    // A session that the server gave up before the statement was sent is replaced. A loss that comes in answer to the
    // statement has another kind: its outcome is unknown.
    let (_, outcome) = in_a_session(inner, observation, true, changes_session, run).await?;
    Ok(outcome)
}

/// Runs a statement in this session, which is not handed on if it was lost.
pub(super) async fn run_in(
    session: &PooledSession,
    command: &Command,
    observation: &Observation,
) -> spark_connect::Result<Outcome> {
    let run = session.command_observed(&command.statement, observation.observer()).await;
    run.inspect_err(|error| session.discard_if_lost(error))
}
