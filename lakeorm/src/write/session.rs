//! The session of a write or a migration, and looks at tables that are taken again.

use std::sync::Arc;

use spark_connect::{RetryPolicy, clock};

use crate::command::Command;
use crate::dialect::Dialect;
use crate::driver::Driver;
use crate::error::{Error, ErrorKind, Result};
use crate::table::TableName;

/// The session of one write or migration, from its first look at the table to its last.
pub(super) enum WriteSession<'d> {
    /// Any session of the driver.
    Any(&'d dyn Driver),
    /// One session, in which the table was refreshed.
    One(Arc<dyn Driver>),
}

impl<'d> WriteSession<'d> {
    /// One session where sessions remember tables of the format.
    pub(super) async fn of(driver: &'d dyn Driver, dialect: &dyn Dialect, table: &TableName) -> Result<Self> {
        if !dialect.is_cached_by_sessions() {
            return Ok(Self::Any(driver));
        }
        let Some(leased) = driver.lease().await? else { return Ok(Self::Any(driver)) };
        let session = Self::One(leased);
        session.refresh(table).await?;
        Ok(session)
    }

    pub(super) fn driver(&self) -> &dyn Driver {
        match self {
            Self::Any(driver) => *driver,
            Self::One(driver) => &**driver,
        }
    }

    /// Has the one session read the table anew, if there is one.
    pub(super) async fn refresh(&self, table: &TableName) -> Result<()> {
        let Self::One(driver) = self else { return Ok(()) };
        let refresh = Command::from(format!("REFRESH TABLE {table}")).looking_for_table();
        match driver.exec(refresh).await {
            // It leaves no trace but in the session, and may be said again in another one.
            Err(error) if error.was_interrupted() => {
                let message = "the session was stopped while it refreshed the table";
                Err(Error::caused(ErrorKind::Cancelled, message, error).before_the_statement())
            }
            Err(error) if error.kind() == ErrorKind::OutcomeUnknown => {
                let message = "the session that was to refresh the table did not answer";
                Err(Error::caused(ErrorKind::SessionLost, message, error))
            }
            Err(error) if !error.is_table_not_found() => Err(error),
            Ok(_) | Err(_) => Ok(()),
        }
    }
}

/// The answer to a look at a table, which is taken again if another writer was committing: Sail may see a commit in
/// Delta's log without the one before it. Other errors are returned at once.
pub(super) async fn retrying_conflicts<T, L: Future<Output = Result<T>>>(
    retry: &RetryPolicy,
    look: impl Fn() -> L,
) -> Result<T> {
    let mut retries = 0;
    loop {
        let error = match look().await {
            Ok(answer) => return Ok(answer),
            Err(error) => error,
        };
        let wait = retry.draw(retries, None);
        let Some(wait) = wait.filter(|_| error.is_commit_conflict()) else { return Err(error) };
        retries += 1;
        clock::sleep(wait).await;
    }
}

/// The same in a session that is there. One that was lost before is replaced, as is each other one of the pool that a
/// server lost when it restarted.
pub(super) async fn retrying_lost_sessions<T, L: Future<Output = Result<T>>>(
    driver: &dyn Driver,
    retry: &RetryPolicy,
    look: impl Fn() -> L,
) -> Result<T> {
    let status = driver.status();
    let (others, mut lost) = ((status.idle + status.in_use).saturating_sub(1), 0);
    loop {
        match retrying_conflicts(retry, &look).await {
            Err(error)
                if error.kind() == ErrorKind::SessionLost
                    && (lost == 0 || error.is_retryable() && lost <= others) =>
            {
                lost += 1;
            }
            answer => return answer,
        }
    }
}
