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
    ///
    /// - [`InvalidStatement`](crate::ErrorKind::InvalidStatement) if the plan cannot run, or markers and values do not
    ///   fit together. Nothing is sent.
    /// - [`Server`](crate::ErrorKind::Server) if the server refuses the query or fails it.
    /// - [`Unsupported`](crate::ErrorKind::Unsupported) if the server lacks what the query needs.
    /// - [`SessionLost`](crate::ErrorKind::SessionLost) if the session is gone.
    /// - [`TooLarge`](crate::ErrorKind::TooLarge) and [`Protocol`](crate::ErrorKind::Protocol) for a result that cannot
    ///   be read.
    /// - [`OutcomeUnknown`](crate::ErrorKind::OutcomeUnknown) if the relation has side effects and the answer was lost.
    /// - The [connection errors](crate::ErrorKind#connection-errors).
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
        let is_ready = statements.iter().all(|sql| sql.arguments().is_empty())
            && !Self::may_upload(relation)
            && relation.misread().is_none();
        let batches = match is_ready {
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
    /// - [`InvalidStatement`](crate::ErrorKind::InvalidStatement) if markers and values do not fit together. Nothing is
    ///   sent.
    /// - [`Server`](crate::ErrorKind::Server) if the server refuses the statement or fails it.
    /// - [`Unsupported`](crate::ErrorKind::Unsupported) if the server lacks what the statement needs.
    /// - [`OutcomeUnknown`](crate::ErrorKind::OutcomeUnknown) if the answer was lost: the statement is never sent a
    ///   second time.
    /// - The [connection errors](crate::ErrorKind#connection-errors).
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
            Outcome::of_statement(&self.rpc, &sql, observer).await
        };
        outcome.await.map_err(|error| error.redacted(redaction.as_ref()))
    }

    /// Runs a command once, now, and waits until it is done.
    pub(crate) async fn run(&self, command: &Command) -> Result<Outcome> {
        let redaction = Redaction::of_command(command);
        let outcome = async {
            self.check_misread(command.misread()).await?;
            let sending = self.sending(command.relation()).await?;
            let sendable = command.to_plan(sending)?;
            if let Some(redaction) = &redaction {
                redaction.sent(sendable.sent);
            }
            Outcome::of_command(&self.rpc, sendable.plan).await
        };
        outcome.await.map_err(|error| error.redacted(redaction.as_ref()))
    }
}
