//! Options of the driver.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use spark_connect::{Remote, RetryPolicy};

use super::binding::Binding;
use super::server::{Options, Server};
use super::{Inner, SparkDriver};
use crate::error::{Error, ErrorKind, Result};

/// Options for a [`SparkDriver`].
#[derive(Clone)]
#[must_use = "a builder does nothing until `build`"]
pub struct SparkDriverBuilder {
    remote: String,
    name: Option<String>,
    options: Options,
}

impl SparkDriverBuilder {
    pub(super) fn new(remote: &str) -> Self {
        let options = Options {
            pool_size: 8,
            acquire_timeout: Duration::from_secs(30),
            connect_timeout: Duration::from_secs(10),
            confs: BTreeMap::new(),
            retry: RetryPolicy::default(),
        };
        Self { remote: remote.to_owned(), name: None, options }
    }

    /// The name that the driver goes by in logs. Default: `host:port` of the server.
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// How many sessions there may be at once, and so how many queries. A hard bound; default 8.
    pub fn pool_size(mut self, sessions: usize) -> Self {
        self.options.pool_size = sessions;
        self
    }

    /// How long a query waits for a free session. Default 30 s.
    pub fn acquire_timeout(mut self, timeout: Duration) -> Self {
        self.options.acquire_timeout = timeout;
        self
    }

    /// How long the server may take to answer the first call of a new session, the connection included.
    /// Default 10 s.
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.options.connect_timeout = timeout;
        self
    }

    /// When a call is tried again after a broken connection. Default: the waits of Spark's own clients, which
    /// bridge a restart of about ten minutes.
    pub fn retry_policy(mut self, policy: RetryPolicy) -> Self {
        self.options.retry = policy;
        self
    }

    /// A conf that every session gets before it is used, such as `spark.sql.session.timeZone`. A later value
    /// for the same key wins.
    pub fn session_conf(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.options.confs.insert(key.into(), value.into());
        self
    }

    /// The driver. Nothing is sent.
    ///
    /// # Errors
    ///
    /// [`Config`](ErrorKind::Config) if the connection string or an option is wrong; the text names the key.
    pub fn build(self) -> Result<SparkDriver> {
        let Self { remote, name, options } = self;
        let invalid = |error: spark_connect::remote::RemoteError| {
            Error::new(ErrorKind::Config, format!("the connection string is wrong: {error}"))
        };
        if options.pool_size == 0 {
            return Err(Error::new(ErrorKind::Config, "pool_size is 0: a pool needs at least one session"));
        }
        let remote = remote.parse::<Remote>().and_then(Remote::with_environment).map_err(invalid)?;
        let name = name.unwrap_or_else(|| remote.authority());
        let binding = Binding::under(&options.confs);
        let server = Server::new(remote, options);
        Ok(SparkDriver { inner: Arc::new(Inner { name, server, binding }) })
    }
}

/// Prints names of confs without values, and nothing of the connection string: both may hold secrets.
impl fmt::Debug for SparkDriverBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SparkDriverBuilder")
            .field("name", &self.name)
            .field("pool_size", &self.options.pool_size)
            .field("session_confs", &self.options.confs.keys())
            .finish_non_exhaustive()
    }
}
