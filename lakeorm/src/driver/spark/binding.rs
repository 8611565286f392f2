//! How values reach the server: bound by it, or as literals where it cannot bind.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};

use spark_connect::sql::SqlError;
use spark_connect::{Error, ErrorKind, ServerError, Session, Sql};

use crate::error::Result;

/// What is known about a server's ability to bind.
///
/// Nothing is asked in advance: a server that cannot bind says so from analysis, before anything ran, and is
/// then sent literals for as long as the driver lives.
#[derive(Debug)]
pub(super) struct Binding {
    queries: AtomicBool,
    commands: AtomicBool,
}

/// Queries and commands differ: Sail binds in the first and not in the second.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Use {
    Query,
    Command,
}

impl Binding {
    /// What the confs of the sessions say: with `spark.sql.parser.escapedStringLiterals` Spark 4.1 garbles a bound
    /// string that holds a quote or a backslash.
    pub(super) fn under(confs: &BTreeMap<String, String>) -> Self {
        let escaped =
            confs.get("spark.sql.parser.escapedStringLiterals").is_some_and(|value| value != "false");
        Self { queries: AtomicBool::new(escaped), commands: AtomicBool::new(escaped) }
    }

    /// Refuses a statement whose markers and values do not fit together.
    pub(super) fn check(statement: &Sql) -> Result<()> {
        Ok(statement.check().map_err(|error| invalid(&error))?)
    }

    /// The statement in the form that the session's server is known, or hoped, to take.
    pub(super) fn prepare(
        &self,
        statement: &Sql,
        used: Use,
        session: &Session,
    ) -> spark_connect::Result<Sql> {
        let values = &statement.arguments;
        let nested = values.has_nested() && !session.profile().binds_nested_values();
        match values.need_inlining() || nested || self.flag(used).load(Ordering::Relaxed) {
            true => statement.inlined().map_err(|error| invalid(&error)),
            false => Ok(statement.clone()),
        }
    }

    /// Whether `error` says that the server lost or refused the values of `sent`; if so, that is remembered and
    /// the statement is worth preparing again.
    pub(super) fn learn(&self, sent: &Sql, used: Use, error: &Error) -> bool {
        // The values were counted against the markers before, so an unbound marker can only mean that the server
        // dropped them.
        let refused = error.server().is_some_and(ServerError::refuses_arguments);
        if sent.arguments.is_empty() || !refused {
            return false;
        }
        if !self.flag(used).swap(true, Ordering::Relaxed) {
            tracing::info!(
                ?used,
                "the server does not bind values; they are sent as typed literals from now on"
            );
        }
        true
    }

    fn flag(&self, used: Use) -> &AtomicBool {
        match used {
            Use::Query => &self.queries,
            Use::Command => &self.commands,
        }
    }
}

fn invalid(error: &SqlError) -> Error {
    let message = match std::error::Error::source(error) {
        Some(source) => format!("{error}: {source}"),
        None => error.to_string(),
    };
    Error::new(ErrorKind::InvalidStatement, message)
}
