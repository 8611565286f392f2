//! Running queries and statements.

use super::Session;
use crate::error::{Error, Result};
use crate::execute::{BatchStream, Execution, Observer, Outcome};
use crate::plan::{Command, Relation, Sending, Sql};
use crate::redaction::Redaction;

impl Session {
    /// Runs a query and streams its batches. Nothing is sent before the stream is polled.
    ///
    /// # Errors
    ///
    /// Those of the items, of which the first ends the stream:
    /// [`ErrorKind::InvalidStatement`](crate::ErrorKind::InvalidStatement) before anything is sent, if the plan cannot run
    /// or markers and values do not fit together; [`ErrorKind::Server`](crate::ErrorKind::Server) if the server refuses the
    /// query or fails it; [`ErrorKind::SessionLost`](crate::ErrorKind::SessionLost) if the session is gone;
    /// [`ErrorKind::TooLarge`](crate::ErrorKind::TooLarge) and [`ErrorKind::Protocol`](crate::ErrorKind::Protocol) for a
    /// result that cannot be read; [`ErrorKind::OutcomeUnknown`](crate::ErrorKind::OutcomeUnknown) if the relation has side
    /// effects and the answer was lost. The transport's kinds.
    ///
    /// # Cancel safety
    ///
    /// Dropping a call of `next` loses no batch. Dropping the stream stops the query on the server.
    pub fn query(&self, relation: &Relation) -> BatchStream {
        self.query_observed(relation, &Observer::new())
    }

    /// Runs a query like [`Session::query`] and reports to `observer`.
    ///
    /// # Errors
    ///
    /// As [`Session::query`].
    ///
    /// # Cancel safety
    ///
    /// As [`Session::query`].
    pub fn query_observed(&self, relation: &Relation, observer: &Observer) -> BatchStream {
        let effects = relation.has_effects();
        let (rpc, statements) = (self.rpc.clone(), relation.statements());
        let redaction = Redaction::of(relation);
        let batches =
            match statements.iter().all(|sql| sql.arguments().is_empty()) && !Self::may_upload(relation) {
                true => {
                    statements.iter().for_each(|sql| self.binding.note(sql.statement()));
                    match relation.to_plan(Sending::default()) {
                        Ok(sendable) => Execution::new(rpc, sendable.plan, effects, observer),
                        Err(error) => {
                            let refused = std::future::ready(Err(Error::from(error)));
                            Execution::prepared(rpc, refused, effects, observer)
                        }
                    }
                }
                false => {
                    let (session, relation, noting) = (self.clone(), relation.clone(), redaction.clone());
                    let plan = async move { session.prepared(&relation, noting.as_ref()).await };
                    Execution::prepared(rpc, plan, effects, observer)
                }
            };
        BatchStream::new(batches, redaction)
    }

    /// Runs a statement once, now, and waits until it is done. Values bound to it travel beside its text, or as literals
    /// to a server that does not bind; no error holds them.
    ///
    /// A query is run too, and its rows are dropped.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidStatement`](crate::ErrorKind::InvalidStatement) before it is sent, if markers and values do
    /// not fit together; [`ErrorKind::Server`](crate::ErrorKind::Server) if the server refuses the statement or fails it;
    /// [`ErrorKind::OutcomeUnknown`](crate::ErrorKind::OutcomeUnknown) if the answer was lost: the statement is
    /// never sent a second time. The transport's kinds.
    ///
    /// # Cancel safety
    ///
    /// Dropping the call interrupts the statement on the server; it may have run by then.
    pub async fn command(&self, sql: &Sql) -> Result<Outcome> {
        self.command_observed(sql, &Observer::new()).await
    }

    /// Runs a statement like [`Session::command`] and reports to `observer`.
    ///
    /// # Errors
    ///
    /// As [`Session::command`].
    ///
    /// # Cancel safety
    ///
    /// As [`Session::command`].
    pub async fn command_observed(&self, sql: &Sql, observer: &Observer) -> Result<Outcome> {
        let redaction = Redaction::of_sql(sql);
        let outcome = async {
            let (sql, sent) = self.prepared_sql(sql).await?;
            if let Some(redaction) = &redaction {
                redaction.sent(Vec::from_iter(sent));
            }
            let bare = self.profile().wants_bare_statements();
            Outcome::of(&self.rpc, sql.to_command(bare), observer).await
        };
        outcome.await.map_err(|error| error.redacted(redaction.as_ref()))
    }

    /// Runs a command once, now, and waits until it is done.
    pub(crate) async fn run(&self, command: &Command) -> Result<Outcome> {
        let redaction = Redaction::of_command(command);
        let outcome = async {
            let sending = self.sending(command.relation()).await?;
            let sendable = command.to_plan(sending)?;
            if let Some(redaction) = &redaction {
                redaction.sent(sendable.sent);
            }
            Outcome::of(&self.rpc, sendable.plan, &Observer::new()).await
        };
        outcome.await.map_err(|error| error.redacted(redaction.as_ref()))
    }
}
