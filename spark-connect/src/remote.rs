//! The connection string, parsed and checked: `sc://host[:port][/[;key=value]*]`.

use std::env;
use std::fmt;
use std::str::FromStr;

use http::{HeaderName, HeaderValue};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use uuid::Uuid;

mod error;
mod header;
mod host;
mod keepalive;
mod parse;
#[cfg(test)]
mod tests;

pub use error::RemoteError;
pub use header::Token;
pub(crate) use header::{is_prefix, name as header_name};
pub use keepalive::Keepalive;
pub(crate) use keepalive::KeepaliveChoice;

const DEFAULT_PORT: u16 = 15002;
const DEFAULT_AGENT: &str = "lakeorm";
const DEFAULT_MESSAGE_SIZE: usize = 128 * 1024 * 1024;

/// The release whose protocol this crate speaks, as servers see it in `client_type`.
const PROTOCOL_VERSION: &str = "4.3.0";

/// Bytes of the agent once URL-escaped; the limit of Spark's own clients.
const MAX_AGENT: usize = 2048;

/// The characters that a URL escapes.
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~').remove(b'/');

/// The address and the options of a Spark Connect server: a connection string that has passed every check.
///
/// The text has the form `sc://host[:port][/[;key=value]*]`, as Spark's connection string document defines it.
/// The port is 15002 unless given, and an IPv6 address stands in brackets. Values are percent-decoded (`+` stays
/// a plus sign), keys are taken literally and are case-sensitive, and the last of two equal keys wins.
///
/// | key | meaning |
/// |---|---|
/// | `token` | bearer token; turns TLS on unless the host is `localhost` |
/// | `use_ssl` | `true` or `false` in any case, default `false` |
/// | `user_id` | the user that sessions belong to |
/// | `user_agent` | the program's name, at most 2048 bytes once URL-escaped |
/// | `session_id` | a UUID: joins that session instead of starting a new one |
/// | `grpc_max_message_size` | bytes of the largest message to accept, default 134217728 |
/// | `grpc_keepalive_enabled` | `true` or `false`, see [`Keepalive`] |
/// | `grpc_keepalive_time_ms` | milliseconds between two pings: 60000 with another of these keys, 20000 with none |
/// | `grpc_keepalive_timeout_ms` | milliseconds to wait for a ping's answer: 20000 with another of these keys, 10000 with none |
/// | `grpc_keepalive_without_calls` | whether to ping while no call runs: `true` with another of these keys, `false` with none |
/// | `authorization` | that header as it stands, where there is no token; turns TLS on as a token does |
/// | any other key | a gRPC header of that name on every call; a key that is nearly one of these, or another client's name for one (`ssl`, `access_token`, `user`), is an error, and so is any other that begins with `grpc_` |
///
/// Parsing looks at the text alone; [`Remote::with_environment`] adds what Spark's environment variables say.
///
/// Some parts that Spark's Python client drops without a word are errors here: user information, a query, a fragment,
/// parameters without the slash before them, an empty token, and a boolean that is neither `true` nor `false`.
///
/// `Display` is for people: it shows neither the token nor any header, so it does not parse back to the same
/// value. `Debug` shows the headers' names only.
///
/// ```
/// use spark_connect::remote::Remote;
///
/// let remote: Remote = "sc://Spark.example.com/;token=s3cret;x-team=data".parse()?;
/// assert_eq!(remote.authority(), "spark.example.com:15002");
/// assert!(remote.uses_tls());
/// assert_eq!(remote.to_string(), "sc://spark.example.com:15002");
/// # Ok::<(), spark_connect::remote::RemoteError>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Remote {
    host: String,
    port: u16,
    use_ssl: bool,
    token: Option<Token>,
    /// Whether calls carry a token that is not known here.
    has_provider: bool,
    user_id: Option<String>,
    user_agent: Option<String>,
    session_id: Option<Uuid>,
    max_message_size: usize,
    keepalive: KeepaliveChoice,
    headers: Vec<(HeaderName, HeaderValue)>,
    /// The proxy that the environment has for this host, over TLS.
    proxy: Option<EnvironmentProxy>,
}

/// The name of a variable, and its value.
#[derive(Clone, PartialEq, Eq)]
struct EnvironmentProxy {
    variable: &'static str,
    url: String,
}

impl Remote {
    /// The host in lower case; an IPv6 address keeps its brackets.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The TCP port, 15002 unless the text names one.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// `host:port`, the address as people know it.
    #[must_use]
    pub fn authority(&self) -> String {
        format!("{}:{}", self.host, self.port)
    }

    /// The URL to connect to: `http://host:port`, or `https://host:port` over TLS.
    #[must_use]
    pub fn endpoint(&self) -> String {
        let scheme = if self.uses_tls() { "https" } else { "http" };
        format!("{scheme}://{}:{}", self.host, self.port)
    }

    /// Whether calls carry a token, this one's or a provider's, or what stands in its place.
    pub(crate) fn has_token(&self) -> bool {
        self.token.is_some() || self.has_provider || self.has_authorization()
    }

    /// Whether the header that a token goes into is given as a plain one.
    pub(crate) fn has_authorization(&self) -> bool {
        self.headers.iter().any(|(name, _)| name == http::header::AUTHORIZATION)
    }

    /// The variable and the URL of the proxy that the environment wants for this host over TLS.
    pub(crate) fn environment_proxy(&self) -> Option<(&'static str, &str)> {
        self.proxy.as_ref().map(|proxy| (proxy.variable, proxy.url.as_str()))
    }

    /// Whether to connect over TLS: with `use_ssl=true`, and with a token to any host but the literal `localhost`.
    ///
    /// `127.0.0.1` and `[::1]` are not that literal, and `use_ssl=false` does not send a token in the clear.
    #[must_use]
    pub fn uses_tls(&self) -> bool {
        self.use_ssl || (self.has_token() && self.host != "localhost")
    }

    /// The bearer token to send with every call.
    #[must_use]
    pub fn token(&self) -> Option<&Token> {
        self.token.as_ref()
    }

    /// The user that sessions belong to; servers tell sessions apart by this and the session's id together.
    #[must_use]
    pub fn user_id(&self) -> Option<&str> {
        self.user_id.as_deref()
    }

    /// The program's name as it was given, `lakeorm` otherwise.
    #[must_use]
    pub fn user_agent(&self) -> &str {
        self.user_agent.as_deref().unwrap_or(DEFAULT_AGENT)
    }

    /// The `client_type` of requests: the agent, then the versions of the protocol and of Rust around the
    /// operating system's name.
    #[must_use]
    pub fn client_type(&self) -> String {
        let (agent, os) = (self.user_agent(), env::consts::OS);
        format!("{agent} spark/{PROTOCOL_VERSION} os/{os} rust/{}", env!("CARGO_PKG_RUST_VERSION"))
    }

    /// The session to join; without one, each session takes a new id.
    #[must_use]
    pub fn session_id(&self) -> Option<Uuid> {
        self.session_id
    }

    /// Bytes of the largest message to accept from the server, 128 MiB unless `grpc_max_message_size` is given.
    #[must_use]
    pub fn max_message_size(&self) -> usize {
        self.max_message_size
    }

    /// Whether the host is this one, as far as its name says so.
    pub(crate) fn is_loopback(&self) -> bool {
        host::is_loopback(&self.host)
    }

    /// The headers to send with every call besides the token: legal for gRPC, each name once and in lower case.
    #[must_use]
    pub fn headers(&self) -> &[(HeaderName, HeaderValue)] {
        &self.headers
    }

    /// Fills what is still open from the environment variables that Spark's own clients read.
    ///
    /// `SPARK_CONNECT_AUTHENTICATE_TOKEN` gives the token (and with it TLS), `SPARK_CONNECT_USER_AGENT` the agent,
    /// and `SPARK_USER`, else `USER`, the user. An empty variable counts as unset.
    ///
    /// `HTTPS_PROXY`, else `https_proxy`, gives the proxy that a server is reached through, if it is reached over TLS. It
    /// is none for this machine itself, and for what `NO_PROXY`, else `no_proxy`, lists: hosts, domains (with all below
    /// them, also as `.domain` and `*.domain`), addresses, networks (`10.0.0.0/8`), or `*`, with commas between. An entry
    /// with a port (`host:443`) is for that port alone. Nothing else reads these variables.
    ///
    /// # Errors
    /// [`RemoteError`], with the variable as its key, if a header cannot carry the token or the agent is too long.
    pub fn with_environment(self) -> Result<Self, RemoteError> {
        // Lossy on purpose: a token that is not Unicode is then refused, where `env::var` would pass over it and
        // the connection would go out without a token and without TLS.
        self.with_lookup(|variable| env::var_os(variable).map(|value| value.to_string_lossy().into_owned()))
    }

    /// The same out of `lookup` instead of the environment of the process.
    ///
    /// # Errors
    /// As [`Remote::with_environment`].
    #[doc(hidden)]
    pub fn with_lookup(mut self, lookup: impl Fn(&str) -> Option<String>) -> Result<Self, RemoteError> {
        const TOKEN: &str = "SPARK_CONNECT_AUTHENTICATE_TOKEN";
        const AGENT: &str = "SPARK_CONNECT_USER_AGENT";
        let set = |variable| lookup(variable).filter(|value| !value.is_empty());
        if self.token.is_none() {
            self.token = set(TOKEN).map(|value| Token::parse(TOKEN, &value)).transpose()?;
        }
        if self.user_agent.is_none() {
            self.user_agent = set(AGENT).map(|value| checked_agent(AGENT, value)).transpose()?;
        }
        if self.user_id.is_none() {
            self.user_id = set("SPARK_USER").or_else(|| set("USER"));
        }
        let no_proxy = set("NO_PROXY").or_else(|| set("no_proxy")).unwrap_or_default();
        if !self.is_loopback() && !host::bypasses_proxy(&self.host, self.port, &no_proxy) {
            self.proxy = ["HTTPS_PROXY", "https_proxy"]
                .into_iter()
                .find_map(|variable| Some(EnvironmentProxy { variable, url: set(variable)? }));
        }
        Ok(self)
    }

    /// Sends `token` with every call, in place of the one in the text.
    ///
    /// # Errors
    /// [`RemoteError`] if the token is empty or a header cannot carry it.
    pub fn with_token(mut self, token: &str) -> Result<Self, RemoteError> {
        self.token = Some(Token::parse("token", token)?);
        Ok(self)
    }

    /// Counts as a remote with a token, which is asked of a provider call by call.
    #[must_use]
    pub(crate) fn with_external_token(mut self) -> Self {
        self.token = None;
        self.has_provider = true;
        self
    }

    /// Makes `user_id` the owner of the sessions, in place of the one in the text.
    #[must_use]
    pub fn with_user_id(mut self, user_id: impl Into<String>) -> Self {
        self.user_id = Some(user_id.into());
        self
    }

    /// Names the program to the server, in place of the agent in the text.
    ///
    /// # Errors
    /// [`RemoteError`] if the agent is empty, or longer than 2048 bytes once URL-escaped.
    pub fn with_user_agent(mut self, user_agent: impl Into<String>) -> Result<Self, RemoteError> {
        self.user_agent = Some(checked_agent("user_agent", user_agent.into())?);
        Ok(self)
    }

    /// Joins the session `session_id`, in place of the one in the text.
    #[must_use]
    pub fn with_session_id(mut self, session_id: Uuid) -> Self {
        self.session_id = Some(session_id);
        self
    }

    /// Sends the header `name` with every call; an earlier value of the same name is replaced.
    ///
    /// # Errors
    /// [`RemoteError`] if gRPC reserves the name, or cannot carry the name or the value.
    pub fn with_header(mut self, name: &str, value: &str) -> Result<Self, RemoteError> {
        let header = (header::given_name(name)?, header::value(name, value)?);
        self.headers.retain(|(known, _)| *known != header.0);
        self.headers.push(header);
        Ok(self)
    }
}

impl FromStr for Remote {
    type Err = RemoteError;

    fn from_str(text: &str) -> Result<Self, RemoteError> {
        parse::remote(text)
    }
}

impl fmt::Display for Remote {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "sc://{}:{}", self.host, self.port)?;
        let parameters = self.shown_parameters();
        if !parameters.is_empty() {
            f.write_str("/")?;
        }
        for (key, value) in parameters {
            write!(f, ";{key}={}", utf8_percent_encode(&value, ESCAPED))?;
        }
        Ok(())
    }
}

impl Remote {
    /// The parameters that hold no secret and differ from their defaults.
    fn shown_parameters(&self) -> Vec<(&'static str, String)> {
        let mut shown = Vec::new();
        let mut show = |key, value: Option<String>| shown.extend(value.map(|value| (key, value)));
        show("use_ssl", self.use_ssl.then(|| "true".to_owned()));
        show("user_id", self.user_id.clone());
        show("user_agent", self.user_agent.clone());
        show("session_id", self.session_id.map(|id| id.to_string()));
        let size = self.max_message_size;
        show("grpc_max_message_size", (size != DEFAULT_MESSAGE_SIZE).then(|| size.to_string()));
        show("grpc_keepalive_enabled", (self.keepalive == KeepaliveChoice::Off).then(|| "false".to_owned()));
        if let KeepaliveChoice::Every(keepalive) = self.keepalive {
            show("grpc_keepalive_time_ms", Some(keepalive.interval.as_millis().to_string()));
            show("grpc_keepalive_timeout_ms", Some(keepalive.timeout.as_millis().to_string()));
            show("grpc_keepalive_without_calls", Some(keepalive.while_idle.to_string()));
        }
        shown
    }
}

impl fmt::Debug for Remote {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let headers: Vec<_> = self.headers.iter().map(|(name, _)| name.as_str()).collect();
        f.debug_struct("Remote")
            .field("endpoint", &self.endpoint())
            .field("token", &self.token)
            .field("user_id", &self.user_id)
            .field("user_agent", &self.user_agent())
            .field("session_id", &self.session_id)
            .field("max_message_size", &self.max_message_size)
            .field("keepalive", &self.keepalive())
            .field("headers", &headers)
            .finish()
    }
}

/// Refuses an agent that the server would cut off or could not tell from none.
fn checked_agent(key: &str, agent: String) -> Result<String, RemoteError> {
    if agent.is_empty() {
        return Err(RemoteError::of(key, "is empty: give it a value, or leave it out"));
    }
    let escaped: usize = utf8_percent_encode(&agent, ESCAPED).map(str::len).sum();
    if escaped > MAX_AGENT {
        let rule = format!("is {escaped} bytes long once URL-escaped: at most {MAX_AGENT} are allowed");
        return Err(RemoteError::of(key, &rule));
    }
    Ok(agent)
}
