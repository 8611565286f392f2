//! How long a query or statement may take, and which option says so.

use std::time::Duration;

use crate::error::{Error, ErrorKind};

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

    pub(super) fn exceeded(self, what: &str) -> Error {
        let Self { duration, option } = self;
        let message =
            format!("the {what} did not end within {duration:?} ({option}); the server is told to stop it");
        Error::new(ErrorKind::Timeout, message)
    }
}
