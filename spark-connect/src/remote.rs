//! The connection string, parsed.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use http::{HeaderName, HeaderValue};
use uuid::Uuid;

mod error;
mod parse;
#[cfg(test)]
mod tests;
mod token;

pub use error::RemoteError;
pub use token::Token;

/// The port that Spark Connect servers listen on unless told otherwise.
const DEFAULT_PORT: u16 = 15002;

/// The largest message that the client takes unless told otherwise: what servers send at most.
const DEFAULT_MAX_MESSAGE: usize = 128 * 1024 * 1024;

/// The version of the protocol that the client's messages are those of.
const PROTOCOL_VERSION: &str = "4.3.0";

/// A parsed connection string: `sc://host[:port][/[;key=value]*]`.
///
/// ```
/// use spark_connect::Remote;
///
/// let remote: Remote = "sc://spark.example.com/;use_ssl=true;user_id=ada".parse()?;
/// assert_eq!(remote.authority(), "spark.example.com:15002");
/// assert_eq!(remote.user_id(), Some("ada"));
/// assert!(remote.uses_tls());
/// # Ok::<(), spark_connect::remote::RemoteError>(())
/// ```
///
/// | key | meaning |
/// | --- | --- |
/// | `token` | sent as a bearer token; turns TLS on unless the host is `localhost` |
/// | `use_ssl` | `true` turns TLS on |
/// | `user_id` | the user of the session |
/// | `user_agent` | the program's name in the server's logs |
/// | `session_id` | a UUID: use this session instead of a new one |
/// | `grpc_max_message_size` | bytes of the largest message taken, 134217728 by default |
/// | `grpc_keepalive_enabled`, `grpc_keepalive_time_ms`, `grpc_keepalive_timeout_ms`, `grpc_keepalive_without_calls` | pings on an idle connection; off unless one of these is given, since servers before Spark 4.3 close a connection that pings often |
/// | anything else | a header on every call |
///
/// Values are percent-decoded, keys are case-sensitive, and of two equal keys the last one wins.
#[derive(Clone, PartialEq, Eq)]
pub struct Remote {
    host: String,
    port: u16,
    token: Option<Token>,
    use_ssl: bool,
    user_id: Option<String>,
    user_agent: Option<String>,
    session_id: Option<Uuid>,
    max_message_size: usize,
    keepalive: Option<Keepalive>,
    headers: Vec<(HeaderName, HeaderValue)>,
}

/// Pings that keep an idle connection open, and find out that it is dead.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Keepalive {
    /// How long the connection is idle before a ping.
    pub interval: Duration,
    /// How long the answer to a ping may take.
    pub timeout: Duration,
    /// Whether to ping while no call is under way.
    pub while_idle: bool,
}

impl Remote {
    /// The host in lower case; an IPv6 address stands in brackets.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The port, 15002 unless the string names one.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// `host:port`, as it stands in errors.
    pub fn authority(&self) -> String {
        format!("{}:{}", self.host, self.port)
    }

    /// The address with its scheme, `http` or `https`.
    pub fn endpoint(&self) -> String {
        let scheme = if self.uses_tls() { "https" } else { "http" };
        format!("{scheme}://{}", self.authority())
    }

    /// The bearer token.
    pub fn token(&self) -> Option<&Token> {
        self.token.as_ref()
    }

    /// Whether the connection is encrypted: asked for by `use_ssl=true`, or because a token may not travel in
    /// the clear. Only the literal host `localhost` is trusted with a token on a plain connection.
    pub fn uses_tls(&self) -> bool {
        self.use_ssl || (self.token.is_some() && self.host != "localhost")
    }

    /// The user of the session. The server keeps sessions by user and session id together.
    pub fn user_id(&self) -> Option<&str> {
        self.user_id.as_deref()
    }

    /// What every request says of the client: the program's name, then versions.
    pub fn client_type(&self) -> String {
        let agent = self.user_agent.as_deref().unwrap_or("lakeorm");
        let (system, rust) = (std::env::consts::OS, env!("CARGO_PKG_RUST_VERSION"));
        format!("{agent} spark/{PROTOCOL_VERSION} os/{system} rust/{rust}")
    }

    /// The session to use instead of a new one.
    pub fn session_id(&self) -> Option<Uuid> {
        self.session_id
    }

    /// The largest message that the client takes, in bytes.
    pub fn max_message_size(&self) -> usize {
        self.max_message_size
    }

    /// The pings on an idle connection, if any were asked for.
    pub fn keepalive(&self) -> Option<Keepalive> {
        self.keepalive
    }

    /// The headers that every call carries, beside the token.
    pub fn headers(&self) -> &[(HeaderName, HeaderValue)] {
        &self.headers
    }

    /// Fills what the string leaves open from the environment: `SPARK_CONNECT_AUTHENTICATE_TOKEN`,
    /// `SPARK_CONNECT_USER_AGENT`, and `SPARK_USER` or else `USER`.
    ///
    /// # Errors
    ///
    /// If a variable holds what the connection string could not; the error names the variable.
    pub fn with_environment(self) -> Result<Self, RemoteError> {
        self.with_lookup(|name| std::env::var(name).ok())
    }

    fn with_lookup(mut self, lookup: impl Fn(&str) -> Option<String>) -> Result<Self, RemoteError> {
        let set = |name: &str| lookup(name).filter(|value| !value.is_empty());
        if self.token.is_none() {
            const NAME: &str = "SPARK_CONNECT_AUTHENTICATE_TOKEN";
            self.token = set(NAME).map(|text| Token::new(NAME, text)).transpose()?;
        }
        if self.user_agent.is_none() {
            const NAME: &str = "SPARK_CONNECT_USER_AGENT";
            self.user_agent = set(NAME).map(|text| parse::user_agent(NAME, text)).transpose()?;
        }
        if self.user_id.is_none() {
            self.user_id = set("SPARK_USER").or_else(|| set("USER"));
        }
        Ok(self)
    }
}

impl FromStr for Remote {
    type Err = RemoteError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        parse::remote(text)
    }
}

/// For people, not for parsing: neither the token nor the value of a header is shown.
impl fmt::Display for Remote {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "sc://{}", self.authority())
    }
}

impl fmt::Debug for Remote {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let headers: Vec<&str> = self.headers.iter().map(|(name, _)| name.as_str()).collect();
        f.debug_struct("Remote")
            .field("authority", &self.authority())
            .field("tls", &self.uses_tls())
            .field("token", &self.token)
            .field("user_id", &self.user_id)
            .field("session_id", &self.session_id)
            .field("headers", &headers)
            .finish_non_exhaustive()
    }
}
