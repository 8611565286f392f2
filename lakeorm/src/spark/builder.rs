//! Options of the driver.

use std::fmt;
use std::future::ready;
use std::sync::Arc;
use std::time::Duration;

use spark_connect::remote::RemoteError;
use spark_connect::{Channel, ChannelBuilder, Remote, RetryPolicy, Session, TokenProvider};

use super::confs::conf_of_one_write;
use super::{ClusterState, ClusterWait, Inner, SessionFactory, SessionPool, SessionPoolBuilder, SparkDriver};
use crate::error::{Error, ErrorKind, Result};

/// The variable that names the server, as for PySpark.
const REMOTE: &str = "SPARK_REMOTE";

/// A service that makes the compute of a session with its first call takes longer than a server of one's own.
pub(crate) const HOSTED_CONNECT_TIMEOUT: Duration = Duration::from_secs(60);

const HOSTED_ACQUIRE_TIMEOUT: Duration = Duration::from_secs(90);

/// Options for a [`SparkDriver`].
///
/// The options of its connections refer to [`ChannelBuilder`]. Over sessions of a factory, which bring their own, each
/// of them is an error at [`build`](Self::build), except for [`connect_timeout`](Self::connect_timeout).
#[derive(Clone)]
#[must_use = "a builder does nothing until `build`"]
pub struct SparkDriverBuilder {
    sessions: Sessions,
    name: Option<String>,
    pool: SessionPoolBuilder,
    query_timeout: Option<Duration>,
    /// The first conf of one write that would hold for every write.
    conf_of_one_write: Option<&'static str>,
}

/// Where the sessions come from.
#[derive(Clone)]
enum Sessions {
    /// The connection string and the environment, and the options of the channel that it leads to.
    Remote(Result<Box<ChannelBuilder>, RemoteError>),
    /// A factory, which the clones of a builder share, and the first option that was set although only a channel of the
    /// driver's own has it.
    Factory(Arc<dyn SessionFactory>, Option<&'static str>),
}

impl SparkDriverBuilder {
    pub(super) fn new(remote: &str) -> Self {
        Self::of(remote.parse::<Remote>().and_then(Remote::with_environment))
    }

    pub(super) fn of(remote: Result<Remote, RemoteError>) -> Self {
        let name = remote.as_ref().map(Remote::authority).ok();
        Self::over(Sessions::Remote(remote.map(|remote| Box::new(Channel::builder(remote)))), name)
    }

    pub(super) fn from_factory(name: impl Into<String>, factory: impl SessionFactory) -> Self {
        Self::over(Sessions::Factory(Arc::new(factory), None), Some(name.into()))
    }

    fn over(sessions: Sessions, name: Option<String>) -> Self {
        Self { sessions, name, pool: SessionPool::builder(), query_timeout: None, conf_of_one_write: None }
    }

    /// The name of the driver in logs, spans and metrics. Default: `host:port` of the server.
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// How long a query or statement may take, the wait for a session and the reading of all rows included. Then it
    /// ends with a [`Timeout`](ErrorKind::Timeout), and is stopped on the server. A `timeout` of its own overrides this
    /// one. Default: no limit. Actions of frames and calls of the catalog have no limit, whatever is set here.
    pub fn query_timeout(mut self, timeout: Duration) -> Self {
        self.query_timeout = Some(timeout);
        self
    }

    /// The maximum number of sessions, and so of queries at once; a dropped query counts until the server has stopped
    /// it. Default 8; 0 is an error at [`build`](Self::build). See [`SessionPoolBuilder::pool_size`].
    pub fn pool_size(mut self, sessions: usize) -> Self {
        self.pool = self.pool.pool_size(sessions);
        self
    }

    /// The longest wait of a query for a session; default 30 s. The time in which a cluster is starting does not count:
    /// [`cluster_wait`](Self::cluster_wait) bounds it. See [`SessionPoolBuilder::acquire_timeout`].
    pub fn acquire_timeout(mut self, timeout: Duration) -> Self {
        self.pool = self.pool.acquire_timeout(timeout);
        self
    }

    /// The longest wait for the first answer to a new session, the connection included; default 10 s. See
    /// [`SessionPoolBuilder::connect_timeout`] and [`ChannelBuilder::connect_timeout`].
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.pool = self.pool.connect_timeout(timeout);
        self.changed(|channel| channel.connect_timeout(timeout))
    }

    /// How long a session may be idle before it is ended. Default 10 minutes; keep it below the server's own limit,
    /// `spark.connect.session.manager.defaultSessionTimeout`. See [`SessionPoolBuilder::idle_timeout`].
    pub fn idle_timeout(mut self, timeout: Duration) -> Self {
        self.pool = self.pool.idle_timeout(timeout);
        self
    }

    /// How old a session may get before it is replaced. Default one hour. See [`SessionPoolBuilder::max_lifetime`].
    pub fn max_lifetime(mut self, lifetime: Duration) -> Self {
        self.pool = self.pool.max_lifetime(lifetime);
        self
    }

    /// When a call is tried again after a broken connection; default: the backoff of Spark's own clients, which bridges
    /// a restart of some minutes. See [`ChannelBuilder::retry_policy`].
    pub fn retry_policy(self, policy: RetryPolicy) -> Self {
        self.own_channel("retry_policy", |channel| channel.retry_policy(policy))
    }

    /// Takes the bearer token of every call from `provider` instead of from the connection string, and turns TLS on,
    /// unless the host is the literal `localhost`. No session is lost when the token changes. See
    /// [`ChannelBuilder::token_provider`].
    pub fn token_provider(self, provider: impl TokenProvider) -> Self {
        self.own_channel("token_provider", |channel| channel.token_provider(provider))
    }

    /// Sends the token in the header `name` with `prefix` in front of it; default `authorization` and `Bearer `. See
    /// [`ChannelBuilder::token_header`].
    pub fn token_header(self, name: impl Into<String>, prefix: impl Into<String>) -> Self {
        self.own_channel("token_header", |channel| channel.token_header(name, prefix))
    }

    /// Also sends the id of the session in this header with each of its calls; default: in the message alone. See
    /// [`ChannelBuilder::session_id_header`].
    pub fn session_id_header(self, name: impl Into<String>) -> Self {
        self.own_channel("session_id_header", |channel| channel.session_id_header(name))
    }

    /// Trusted roots and a client certificate; default: the system's roots, and no certificate. An error at
    /// [`build`](Self::build) unless the connection string turns TLS on, with `use_ssl=true` or a token. See
    /// [`ChannelBuilder::tls`].
    ///
    /// ```no_run
    /// use lakeorm::spark::{SparkDriver, Tls};
    ///
    /// # fn run() -> lakeorm::Result<()> {
    /// let tls = Tls::new().ca_file("ca.pem").client_certificate_files("client.pem", "client.key");
    /// let drv = SparkDriver::builder("sc://spark.example.com:443/;use_ssl=true").tls(tls).build()?;
    /// # Ok(()) }
    /// ```
    #[cfg(feature = "tls")]
    pub fn tls(self, tls: spark_connect::Tls) -> Self {
        self.own_channel("tls", |channel| channel.tls(tls))
    }

    /// How long a connection may be silent while calls are open before the client pings the server, and how long the
    /// answer may take; default: the `grpc_keepalive_*` keys of the connection string, without them 20 s and 10 s. See
    /// [`ChannelBuilder::keepalive`].
    pub fn keepalive(self, interval: Duration, timeout: Duration) -> Self {
        self.own_channel("keepalive", |channel| channel.keepalive(interval, timeout))
    }

    /// Sends no pings, whatever the connection string says: a dead connection is then noticed only after ten minutes.
    /// See [`ChannelBuilder::no_keepalive`].
    pub fn no_keepalive(self) -> Self {
        self.own_channel("no_keepalive", ChannelBuilder::no_keepalive)
    }

    /// How many HTTP/2 connections the sessions are spread over; default 1. 0 is an error at [`build`](Self::build). See
    /// [`ChannelBuilder::connections`].
    pub fn connections(self, connections: usize) -> Self {
        self.own_channel("connections", |channel| channel.connections(connections))
    }

    /// The most memory that one batch of a result may take, in bytes; default 1 GiB. A larger one is an error of the
    /// kind [`TooLarge`](ErrorKind::TooLarge). See [`ChannelBuilder::max_batch_bytes`] for how it is counted.
    pub fn max_batch_bytes(self, bytes: usize) -> Self {
        self.own_channel("max_batch_bytes", |channel| channel.max_batch_bytes(bytes))
    }

    /// The receive window of one result, in bytes; default 4 MiB. See [`ChannelBuilder::stream_window`] for how to size
    /// it.
    pub fn stream_window(self, bytes: usize) -> Self {
        self.own_channel("stream_window", |channel| channel.stream_window(bytes))
    }

    /// Connects through the HTTP proxy at `url` (`http://[user:password@]host:port`), whatever the environment says;
    /// default: over TLS the one in `HTTPS_PROXY`, except for the hosts in `NO_PROXY`. See [`ChannelBuilder::proxy`].
    pub fn proxy(self, url: impl Into<String>) -> Self {
        self.own_channel("proxy", |channel| channel.proxy(url))
    }

    /// Connects without a proxy, whatever the environment says. See [`ChannelBuilder::no_proxy`].
    pub fn no_proxy(self) -> Self {
        self.own_channel("no_proxy", ChannelBuilder::no_proxy)
    }

    /// Changes the options of the connections that have no method here, such as
    /// [`connector`](ChannelBuilder::connector).
    ///
    /// ```
    /// use lakeorm::spark::SparkDriver;
    ///
    /// let builder = SparkDriver::builder("sc://localhost").channel(|channel| channel.connections(2));
    /// ```
    pub fn channel(self, change: impl FnOnce(ChannelBuilder) -> ChannelBuilder) -> Self {
        self.own_channel("channel", change)
    }

    /// Longer defaults, for a service that makes the compute of a session with its first call.
    pub(crate) fn for_hosted_compute(self) -> Self {
        self.connect_timeout(HOSTED_CONNECT_TIMEOUT).acquire_timeout(HOSTED_ACQUIRE_TIMEOUT)
    }

    /// An option that only the driver's own channel has.
    fn own_channel(
        mut self,
        option: &'static str,
        change: impl FnOnce(ChannelBuilder) -> ChannelBuilder,
    ) -> Self {
        if let Sessions::Factory(_, misplaced) = &mut self.sessions {
            misplaced.get_or_insert(option);
        }
        self.changed(change)
    }

    fn changed(mut self, change: impl FnOnce(ChannelBuilder) -> ChannelBuilder) -> Self {
        if let Sessions::Remote(Ok(channel)) = self.sessions {
            self.sessions = Sessions::Remote(Ok(Box::new(change(*channel))));
        }
        self
    }

    /// A conf that every session gets before it is used, such as `spark.sql.session.timeZone`. A later value
    /// for the same key wins. See [`SessionPoolBuilder::session_conf`]. A conf by which a table format knows one write,
    /// such as `spark.databricks.delta.write.txnAppId`, is an error at [`build`](Self::build).
    pub fn session_conf(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        let key = key.into();
        self.conf_of_one_write = self.conf_of_one_write.or_else(|| conf_of_one_write(&key));
        self.pool = self.pool.session_conf(key, value);
        self
    }

    /// A statement that every session runs before it is used, after its confs and in the order given: `USE db`, a
    /// temporary view. See [`SessionPoolBuilder::session_statement`], also for when one runs again by itself: only where
    /// its effects end with the session. One that names a conf of one write is an error at
    /// [`build`](Self::build), as for [`session_conf`](Self::session_conf).
    pub fn session_statement(mut self, sql: impl Into<String>) -> Self {
        let sql = sql.into();
        self.conf_of_one_write = self.conf_of_one_write.or_else(|| conf_of_one_write(&sql));
        self.pool = self.pool.session_statement(sql);
        self
    }

    /// How to wait for a Databricks cluster that is being started; [`ClusterWait::none`] for not at all. Calls on a
    /// session of [`SparkDriver::session`] do not wait. See [`SessionPoolBuilder::cluster_wait`].
    pub fn cluster_wait(mut self, policy: ClusterWait) -> Self {
        self.pool = self.pool.cluster_wait(policy);
        self
    }

    /// Calls `tell` with the state of a cluster that is waited for, after every answer and once when it is ready. It
    /// must not block. See [`SessionPoolBuilder::on_cluster_state`].
    ///
    /// ```
    /// use lakeorm::spark::SparkDriver;
    ///
    /// let builder = SparkDriver::builder("sc://localhost").on_cluster_state(|cluster| {
    ///     eprintln!("{} for {} s", cluster.state(), cluster.elapsed().as_secs());
    /// });
    /// ```
    pub fn on_cluster_state(mut self, tell: impl Fn(&ClusterState) + Send + Sync + 'static) -> Self {
        self.pool = self.pool.on_cluster_state(tell);
        self
    }

    /// Makes the driver. Nothing is sent; certificates are read from their files.
    ///
    /// # Errors
    ///
    /// [`Config`](ErrorKind::Config) if the connection string or an option is wrong; the text names the key.
    pub fn build(self) -> Result<SparkDriver> {
        let Self { sessions, name, pool, query_timeout, conf_of_one_write } = self;
        if let Some(key) = conf_of_one_write {
            return Err(not_for_all_writes(key));
        }
        let name = name.unwrap_or_default();
        #[cfg(feature = "metrics")]
        let pool = pool.on_status({
            let name = Arc::from(name.as_str());
            move |status| super::observe::metrics::tell_pool(&name, status)
        });
        let pool = match sessions {
            Sessions::Remote(builder) => {
                let channel = builder?.build()?;
                pool.build(move || ready(Ok(Session::new(&channel))))?
            }
            Sessions::Factory(_, Some(option)) => return Err(not_of_a_factory(option)),
            Sessions::Factory(factory, None) => pool.build(factory)?,
        };
        Ok(SparkDriver { inner: Arc::new(Inner { name, pool, query_timeout }) })
    }
}

/// The options of a driver for the server that the environment names.
pub(super) fn from_environment(lookup: impl Fn(&str) -> Option<String>) -> Result<SparkDriverBuilder> {
    match lookup(REMOTE).filter(|remote| !remote.is_empty()) {
        Some(remote) => Ok(SparkDriverBuilder::new(&remote)),
        None => {
            let message =
                format!("`{REMOTE}` is not set: give it a connection string, such as `sc://localhost:15002`");
            Err(Error::new(ErrorKind::Config, message))
        }
    }
}

fn not_for_all_writes(key: &str) -> Error {
    let message = format!(
        "the conf {key} cannot be set for every session: a table would treat all writes as the same one and skip those \
         after the first; pass `idempotency_key` to each write instead"
    );
    Error::new(ErrorKind::Config, message)
}

fn not_of_a_factory(option: &str) -> Error {
    let message = format!(
        "{option} is an option of connections, and the sessions of a factory bring their own: set it on the builder \
         of their channel; for a service of AWS, with `Aws::channel`"
    );
    Error::new(ErrorKind::Config, message)
}

/// Prints nothing of the connection string, which may hold a token.
impl fmt::Debug for SparkDriverBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SparkDriverBuilder")
            .field("name", &self.name)
            .field("pool", &self.pool)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_environment_names_the_server() {
        let named = |remote: Option<&str>| {
            let remote = remote.map(str::to_owned);
            from_environment(|name| remote.clone().filter(|_| name == "SPARK_REMOTE"))
        };
        let drv = named(Some("sc://spark.example.com:15003")).unwrap().build().unwrap();
        assert_eq!(drv.name(), "spark.example.com:15003");
        for unset in [None, Some("")] {
            let error = named(unset).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Config);
            assert!(error.to_string().starts_with("`SPARK_REMOTE` is not set: give it"), "{error}");
        }
        // PySpark starts a server of its own here.
        let error = named(Some("local[*]")).unwrap().build().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Config);
        assert!(error.to_string().contains("sc://"), "{error}");
    }

    #[test]
    fn an_option_of_the_connections_that_is_wrong_is_an_error_before_there_is_a_session() {
        let wrong = |change: fn(SparkDriverBuilder) -> SparkDriverBuilder, remote: &str, told: &str| {
            let error = change(SparkDriver::builder(remote)).build().unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Config);
            assert!(error.to_string().starts_with(told), "{error}");
        };
        let remote = "sc://localhost";
        wrong(|drv| drv.stream_window(1024), remote, "`stream_window` cannot be 1024 bytes");
        wrong(|drv| drv.proxy("socks5://h:1"), remote, "the option `proxy` names a proxy of the kind ");
        wrong(|drv| drv.session_id_header("x session"), remote, "`session_id_header` cannot be sent: ");
        wrong(|drv| drv.token_header("x token", ""), remote, "`token_header` cannot be sent: ");
        wrong(|drv| drv, "localhost", "the connection string is wrong: a connection string starts with ");
    }

    #[test]
    fn a_parsed_remote_is_taken_as_it_is() {
        let remote: Remote = "sc://spark.example.com:15003".parse().unwrap();
        let builder = || SparkDriver::builder_for(remote.clone());
        assert_eq!(builder().build().unwrap().name(), "spark.example.com:15003");
        let error = builder().channel(|channel| channel.stream_window(1024)).build().unwrap_err();
        assert!(error.to_string().starts_with("`stream_window` cannot be 1024 bytes"), "{error}");
    }

    #[test]
    fn a_conf_of_one_write_is_refused_for_all_of_them() {
        let key = "spark.databricks.delta.write.txnAppId";
        let builder = || SparkDriver::builder("sc://localhost");
        for builder in [
            builder().session_conf(key, "nightly"),
            builder().session_statement(format!("SET {key} = nightly")),
            SparkDriver::factory_builder("orders", || async { unreachable!("nothing is sent") })
                .session_conf("spark.databricks.delta.write.txnVersion", "1"),
        ] {
            let error = builder.build().unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Config);
            let told = error.to_string();
            assert!(told.starts_with("the conf spark.databricks.delta.write.txn"), "{told}");
            assert!(told.contains("idempotency_key"), "{told}");
        }
        builder().session_conf("spark.databricks.delta.write.x", "1").build().unwrap();
    }

    #[cfg(feature = "tls")]
    #[test]
    fn a_certificate_that_cannot_be_read_is_an_error_before_there_is_a_session() {
        let tls = spark_connect::Tls::new().ca_file("no/such/file");
        let builder = SparkDriver::builder("sc://spark.example.com/;use_ssl=true").no_proxy().tls(tls);
        let error = builder.build().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Config);
        assert!(error.to_string().contains("the CA cannot be read from no/such/file"), "{error}");
    }

    #[cfg(feature = "tls")]
    #[test]
    fn certificates_for_a_connection_in_the_clear_are_an_error() {
        let tls = || spark_connect::Tls::new().ca_file("no/such/file");
        for keys in ["", "/;token=t", "/;use_ssl=false"] {
            let error =
                SparkDriver::builder(format!("sc://localhost:15300{keys}")).tls(tls()).build().unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Config);
            let told = "certificates are given with `tls`, and the connection string does not ask for TLS: add \
                        `;use_ssl=true`, as in `sc://localhost:15300/;use_ssl=true`";
            assert!(error.to_string().ends_with(told), "{error}");
        }
        let over_tls = SparkDriver::builder("sc://spark.example.com/;token=t").no_proxy();
        let error = over_tls.tls(tls()).build().unwrap_err();
        assert!(error.to_string().contains("the CA cannot be read"), "{error}");
    }

    #[test]
    fn a_clone_of_a_builder_has_its_options_and_others_beside_them() {
        let builder = SparkDriver::builder("sc://spark.example.com").pool_size(3);
        let (one, two) = (builder.clone().name("one").build().unwrap(), builder.build().unwrap());
        assert_eq!((one.name(), one.status().size), ("one", 3));
        assert_eq!((two.name(), two.status().size), ("spark.example.com:15002", 3));
        let builder = SparkDriver::factory_builder("orders", || async { unreachable!("nothing is sent") });
        assert_eq!(builder.clone().proxy("http://h:1").build().unwrap_err().kind(), ErrorKind::Config);
        assert_eq!(builder.build().unwrap().name(), "orders");
    }

    #[test]
    fn an_option_of_connections_is_an_error_where_a_factory_makes_them() {
        let of_a_factory =
            || SparkDriver::factory_builder("orders", || async { unreachable!("nothing is sent") });
        let error = of_a_factory().proxy("http://proxy:3128").connections(2).build().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Config);
        assert!(error.to_string().starts_with("proxy is an option of connections"), "{error}");
        let error = of_a_factory().channel(|channel| channel.connections(2)).build().unwrap_err();
        assert!(error.to_string().starts_with("channel is an option of connections"), "{error}");
        let error = of_a_factory().max_batch_bytes(1 << 20).build().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Config);
        assert!(error.to_string().starts_with("max_batch_bytes is an option of connections"), "{error}");
        of_a_factory().pool_size(2).connect_timeout(Duration::from_secs(1)).build().unwrap();
    }
}
