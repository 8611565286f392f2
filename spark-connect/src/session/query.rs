//! Running queries and statements.

use std::future::ready;

use super::Session;
use crate::channel::Effects;
use crate::error::{Error, ErrorKind, Result, ServerError};
use crate::execute::{BatchStream, Execution, Observer, Outcome};
use crate::plan::{Command, Relation, Sql};
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
    /// - [`Cancelled`](crate::ErrorKind::Cancelled) if it was interrupted.
    /// - [`OutcomeUnknown`](crate::ErrorKind::OutcomeUnknown) if the relation has side effects and the answer was lost.
    /// - The [errors of every call](crate::ErrorKind#errors-of-every-call).
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
        let effects = Effects::of(relation.has_effects());
        let rpc = self.rpc.clone();
        let redaction = Redaction::of_relation(relation);
        let batches = match self.prepared_at_once(relation) {
            Some(Ok(plan)) => Execution::new(rpc, plan, effects, observer),
            Some(Err(error)) => Execution::prepared(rpc, ready(Err(error)), effects, observer),
            None => {
                let (session, relation, noting) = (self.clone(), relation.clone(), redaction.clone());
                let plan = async move { session.prepared(&relation, Some(&noting)).await };
                Execution::prepared(rpc, plan, effects, observer)
            }
        };
        let batches = BatchStream::new(batches, Some(redaction));
        match other_than_queries(relation) {
            // The relation itself would keep its session.
            Some(word) => batches.map_errors(move |error| alone(error, &word)),
            None => batches,
        }
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
    /// - [`Cancelled`](crate::ErrorKind::Cancelled) if it was interrupted.
    /// - [`OutcomeUnknown`](crate::ErrorKind::OutcomeUnknown) if the answer was lost: unless it is plainly a query, the
    ///   statement is sent again only where the server says that it has not run it.
    /// - The [errors of every call](crate::ErrorKind#errors-of-every-call).
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
            let (message, sent) = self.prepared_sql(sql).await?;
            redaction.sent(Vec::from_iter(sent));
            Outcome::of_statement(&self.rpc, sql.statement(), message, observer).await
        };
        outcome.await.map_err(|error| redaction.apply(error))
    }

    /// Runs a command once, now, and waits until it is done.
    pub(crate) async fn run(&self, command: &Command) -> Result<Outcome> {
        let redaction = Redaction::of_command(command);
        let outcome = async {
            self.check_newer(command.newer())?;
            let wants_known_server =
                !self.profile().is_known() && (command.changes_session() || command.sends_instants());
            let sending = self.sending(command.relation(), wants_known_server, command.misread()).await?;
            let sendable = command.to_plan(sending)?;
            redaction.sent(sendable.sent);
            Outcome::of_command(&self.rpc, sendable.plan).await
        };
        outcome.await.map_err(|error| redaction.apply(error))
    }
}

/// The first word of a statement in it that is no query, such as `SHOW`.
pub(super) fn other_than_queries(relation: &Relation) -> Option<String> {
    let other = relation.statements().into_iter().map(Sql::statement).find(|sql| !sql.is_query())?;
    Some(other.first_word().unwrap_or("this statement").to_owned())
}

/// The error of a plan with a statement that begins with this word, where the server takes it alone and as no part of a
/// plan, with what to do.
pub(super) fn alone(error: Error, word: &str) -> Error {
    match error.server().is_some_and(ServerError::wants_query) {
        true => {
            let message = format!(
                "this server runs {word} only on its own and returns its columns only with its rows: run it with `query` \
                 or `collect`"
            );
            error.into_kind(ErrorKind::Unsupported, message)
        }
        false => error,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_statement_that_runs_only_alone_is_named_with_what_to_do() {
        let failed = |message: &str| {
            let server = ServerError { message: message.to_owned(), ..ServerError::default() };
            Error::new(ErrorKind::Server, "the server failed the operation").with_server(server)
        };
        let told = alone(failed("invalid argument: expected query node"), "SHOW");
        assert_eq!(told.kind(), ErrorKind::Unsupported);
        let expected = "this server runs SHOW only on its own and returns its columns only with its rows: run it with \
                        `query` or `collect`: invalid argument: expected query node";
        assert_eq!(told.to_string(), expected);
        assert_eq!(alone(failed("the disk is full"), "SHOW").kind(), ErrorKind::Server);
        let (show, select) = (Relation::sql("show tables").limit(1), Relation::sql("SELECT 1").limit(1));
        assert_eq!(other_than_queries(&show).as_deref(), Some("SHOW"));
        assert_eq!(other_than_queries(&select), None);
    }
}
