//! How long a query or statement may take, and which option says so.

use std::time::Duration;

use spark_connect::clock;

use crate::error::{Error, ErrorKind, Result};

#[derive(Debug, Clone, Copy)]
pub(super) struct TimeLimit {
    pub(super) duration: Duration,
    option: &'static str,
}

impl TimeLimit {
    /// The limit of its own, else that of the driver.
    pub(super) fn of(own: Option<Duration>, of_driver: Option<Duration>) -> Option<Self> {
        let own = own.map(|duration| Self { duration, option: "timeout" });
        own.or_else(|| of_driver.map(|duration| Self { duration, option: "query_timeout" }))
    }

    /// The end of what runs, which is stopped with this error if it has not come within the limit that there is.
    pub(super) async fn bounding<T>(
        limit: Option<Self>,
        running: impl Future<Output = Result<T>>,
        exceeded: impl FnOnce(Self) -> Error,
    ) -> Result<T> {
        match limit {
            Some(limit) => {
                clock::timeout(limit.duration, running).await.unwrap_or_else(|| Err(exceeded(limit)))
            }
            None => running.await,
        }
    }

    pub(super) fn exceeded(self, what: &str) -> Error {
        let Self { duration, option } = self;
        let message =
            format!("the {what} did not end within {duration:?} ({option}); the server is told to stop it");
        Error::new(ErrorKind::Timeout, message)
    }

    /// The error of a write whose confs were not set in time.
    pub(super) fn exceeded_by_confs(self) -> Error {
        let Self { duration, option } = self;
        let message = format!(
            "the confs of the write were not set within {duration:?} ({option}); nothing was written"
        );
        Error::new(ErrorKind::Timeout, message).before_the_statement()
    }
}
