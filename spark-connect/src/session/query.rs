//! Running queries and statements.

use super::Session;
use crate::error::Result;
use crate::execute::{BatchStream, Execution, Observer, Outcome};
use crate::plan::{Relation, Sql};

impl Session {
    /// Runs a query and streams its batches. Nothing is sent before the stream is polled.
    pub fn query(&self, relation: &Relation) -> BatchStream {
        self.query_observed(relation, &Observer::new())
    }

    /// Runs a query like [`Session::query`] with `observer` looking on.
    pub fn query_observed(&self, relation: &Relation, observer: &Observer) -> BatchStream {
        let (plan, effects) = (relation.to_plan(), relation.has_effects());
        BatchStream::new(Execution::new(self.rpc.clone(), plan, effects, observer))
    }

    /// Runs a statement once, now, and waits until it is done.
    ///
    /// A query is run too, and its rows are dropped.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Server`](crate::ErrorKind::Server) if the server refuses the statement or fails it;
    /// [`ErrorKind::OutcomeUnknown`](crate::ErrorKind::OutcomeUnknown) if the answer was lost: the statement is
    /// never sent a second time. The transport's kinds.
    ///
    /// # Cancel safety
    ///
    /// Dropping the call interrupts the statement on the server; it may have run by then.
    pub async fn command(&self, sql: &Sql) -> Result<Outcome> {
        self.command_observed(sql, &Observer::new()).await
    }

    /// Runs a statement like [`Session::command`] with `observer` looking on.
    ///
    /// # Errors
    ///
    /// As [`Session::command`].
    ///
    /// # Cancel safety
    ///
    /// As [`Session::command`].
    pub async fn command_observed(&self, sql: &Sql, observer: &Observer) -> Result<Outcome> {
        Outcome::of(&self.rpc, sql, observer).await
    }
}
