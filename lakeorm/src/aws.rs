//! AWS: the services that serve Spark Connect, by the endpoint and the token that the SDK gives.
//!
//! Each of these services gives an address and a token for a session that was started before. Your program asks for
//! them with a call of the AWS SDK, on which this crate does not depend. The rest is the [`SparkDriver`] as it is for
//! every server.
//!
//! | service | versions | the call that gives address and token |
//! |---|---|---|
//! | [`Aws::emr_serverless`] | from `emr-7.13` on (Spark 3.5) | `GetSessionEndpoint` of EMR Serverless |
//! | [`Aws::emr_on_ec2`] | from `emr-spark-8.0` on (Spark 4.0) | `GetSessionEndpoint` of EMR; the token goes with the session's id |
//! | [`Aws::emr_on_eks`] | `emr-7.14` (Spark 3.5), `emr-spark-8.1` (Spark 4) | `GetManagedEndpointSessionCredentials` of EMR on EKS |
//! | [`Aws::glue`] | Glue 5.1 (Spark 3.5) | `GetSessionEndpoint` of Glue |
//! | [`Aws::athena`] | Spark 3.5 | `GetSessionEndpoint` of Athena |
//!
//! ```no_run
//! use std::time::Duration;
//! use lakeorm::aws::{Aws, Endpoint};
//!
//! # struct Answer { endpoint: String, auth_token: String }
//! # async fn get_session_endpoint() -> Result<Answer, std::io::Error> { unimplemented!() }
//! # async fn run() -> lakeorm::Result<()> {
//! let drv = Aws::emr_serverless(|| async {
//!     // With the SDK: client.get_session_endpoint().application_id(…).session_id(…).send().await?
//!     let answer = get_session_endpoint().await?;
//!     let endpoint = Endpoint::new(answer.endpoint, answer.auth_token);
//!     Ok::<_, std::io::Error>(endpoint.expiring_in(Duration::from_secs(3600)))
//! })
//! .builder()
//! .session_conf("spark.sql.session.timeZone", "UTC")
//! .build()?;
//! // …
//! drv.close().await?;
//! // The service's own session goes on: client.terminate_session().application_id(…).session_id(…).send().await?
//! # Ok(()) }
//! ```
//!
//! The other services differ in the call alone, and EMR on EC2 in the id of its session:
//!
//! ```no_run
//! use std::io;
//! use lakeorm::aws::{Aws, Endpoint};
//!
//! # async fn session_endpoint() -> io::Result<Endpoint> { unimplemented!() }
//! # async fn managed_endpoint_credentials() -> io::Result<Endpoint> { unimplemented!() }
//! # fn run(session_id: String) -> lakeorm::Result<()> {
//! let glue = Aws::glue(session_endpoint).build()?;
//! let athena = Aws::athena(session_endpoint).build()?;
//! let on_eks = Aws::emr_on_eks(managed_endpoint_credentials).build()?;
//! let on_ec2 = Aws::emr_on_ec2(move || {
//!     let id = session_id.clone();
//!     async move { Ok::<_, io::Error>(session_endpoint().await?.session(id)) }
//! })
//! .build()?;
//! # Ok(()) }
//! ```
//!
//! A program keeps one driver and shares it: `examples/service.rs` of the repository is such a service.
//!
//! The proxy and the user agent come from the environment, as for every server; the token never does: the service gives
//! it.
//!
//! The closure is asked for every session that the driver opens, again ahead of the end of each token, and when the
//! service refuses one; by one caller at a time, whose answer all who wait share. It may take a minute. The text of its
//! error, with that of the error's sources, becomes part of the driver's error, so it must not hold a token.
//!
//! As long as a token is good, an error of the closure stops no query: sessions are opened at the known address, and the
//! closure is asked again after five seconds at the earliest. For that the endpoint has to say when its token ends, with
//! [`Endpoint::expiring_at`] or [`Endpoint::expiring_in`].
//!
//! No session is lost when the token changes. If the address or the service's own session has changed, the sessions of
//! before are lost as soon as they need a token, and the driver opens others; a session that a caller holds ends with
//! [`SessionLost`](crate::ErrorKind::SessionLost).
//!
//! # One session for all
//!
//! EMR Serverless and Athena count the Spark Connect sessions that a server ever had, and take 25 of them. So all slots
//! of the driver share one session there, whose temporary views and confs every borrower sees; it is not ended by the
//! driver, but with the service's own session. If the server ends it, another one follows. [`Aws::shared_session`] says
//! the same for another service, or takes it back.
//!
//! # The service's session goes on, and is billed
//!
//! [`SparkDriver::close`] ends the sessions of Spark Connect, and neither it nor a drop ends what was started for them:
//! the session of the service, or the endpoint on EKS, runs and is billed until it is ended or reaches its idle timeout.
//! Its end is one more call of the SDK, after `close`:
//!
//! | service | the call that ends it |
//! |---|---|
//! | EMR Serverless, EMR on EC2, Athena | `TerminateSession` |
//! | EMR on EKS | `DeleteManagedEndpoint` |
//! | Glue | `StopSession` |
//!
//! # What this rests on
//!
//! The forms of the addresses, the headers and the lifetimes are those that AWS documents, for EMR on EKS those of a
//! third party's package. The tests run against a server that behaves so; none of it could be tried on a live account.
//! Where the server is Spark 3.5 its limits hold: values travel as literals, and errors have no SQLSTATE.

use std::fmt;
use std::future::Future;
use std::sync::Arc;

use futures_core::future::BoxFuture;
use spark_connect::{ChannelBuilder, Session};

use crate::error::Result;
use crate::spark::{SparkDriver, SparkDriverBuilder};

mod endpoint;
mod question;
mod shared;
mod source;

pub use endpoint::Endpoint;

use question::Questions;
use shared::SharedSession;
use source::Endpoints;

/// Asks for the endpoint.
type Ask = Arc<dyn Fn() -> BoxFuture<'static, Result<Endpoint, Cause>> + Send + Sync>;

/// Sets the options of the channel to an endpoint.
type ChannelOptions = Arc<dyn Fn(ChannelBuilder) -> ChannelBuilder + Send + Sync>;

/// Why there is no endpoint.
type Cause = Box<dyn std::error::Error + Send + Sync>;

/// A service of AWS, and the closure that gives its endpoint.
#[derive(Clone)]
#[must_use = "options do nothing until `builder` or `build`"]
pub struct Aws {
    name: &'static str,
    ask: Ask,
    needs_session: bool,
    shared_session: bool,
    channel: ChannelOptions,
}

/// The services, each with the closure that asks it.
macro_rules! services {
    ($($(#[$doc:meta])* $service:ident: $name:literal, needs_session: $needs:literal, shared_session: $shared:literal;)*) => {$(
        $(#[$doc])*
        pub fn $service<F, Asking, E>(ask: F) -> Self
        where
            F: Fn() -> Asking + Send + Sync + 'static,
            Asking: Future<Output = Result<Endpoint, E>> + Send + 'static,
            E: Into<Cause>,
        {
            let ask: Ask = Arc::new(move || {
                let asking = ask();
                Box::pin(async move { asking.await.map_err(Into::into) })
            });
            let channel: ChannelOptions = Arc::new(|channel| channel);
            Self { name: $name, ask, needs_session: $needs, shared_session: $shared, channel }
        }
    )*};
}

impl Aws {
    services! {
        /// EMR Serverless. Its server accepts 25 sessions in its lifetime, so all slots share one.
        emr_serverless: "EMR Serverless", needs_session: false, shared_session: true;

        /// EMR on EC2. The endpoint has to name the service's own session with [`Endpoint::session`]; without it the
        /// first call to the server is an error of the kind [`Config`](crate::ErrorKind::Config).
        emr_on_ec2: "EMR on EC2", needs_session: true, shared_session: false;

        /// EMR on EKS.
        emr_on_eks: "EMR on EKS", needs_session: false, shared_session: false;

        /// An interactive session of Glue.
        glue: "Glue", needs_session: false, shared_session: false;

        /// A session of Athena for Apache Spark. Its server accepts 25 sessions in its lifetime, so all slots share one.
        athena: "Athena", needs_session: false, shared_session: true;
    }

    /// Whether all slots of the driver share one session of Spark Connect, for servers that take few of them ever.
    pub fn shared_session(mut self, shared: bool) -> Self {
        self.shared_session = shared;
        self
    }

    /// Sets options of the connections, such as a proxy, TLS or retries, each time that a channel to an endpoint is
    /// made. A later call adds to the options of an earlier one. The token and its header stay those of the service. A
    /// wrong option is an error of the first call to the server.
    ///
    /// ```
    /// use std::time::Duration;
    /// # use lakeorm::aws::Aws;
    ///
    /// # fn run(aws: Aws) -> lakeorm::Result<()> {
    /// let aws = aws.channel(|channel| channel.proxy("http://proxy:3128").stream_window(16 << 20));
    /// let drv = aws.channel(|channel| channel.connect_timeout(Duration::from_secs(30))).build()?;
    /// # Ok(()) }
    /// ```
    pub fn channel(
        mut self,
        options: impl Fn(ChannelBuilder) -> ChannelBuilder + Send + Sync + 'static,
    ) -> Self {
        let earlier = self.channel;
        self.channel = Arc::new(move |channel| options(earlier(channel)));
        self
    }

    /// The driver with its other options at their defaults.
    ///
    /// # Errors
    ///
    /// None with the default options: the service is asked for its endpoint with the first session, which tells what is
    /// wrong with it.
    pub fn build(self) -> Result<SparkDriver> {
        self.builder().build()
    }

    /// A builder of the driver, for the options that every server has: the size of the pool, confs of the sessions. The
    /// driver's name is that of the service. Options of the connections are set with [`channel`](Self::channel).
    ///
    /// Clones of the builder share its session, if the service has one for all: clone the `Aws` for a driver with other confs.
    ///
    /// [`SparkDriver::close`] leaves the service's own session running and billed: end it with the SDK.
    ///
    /// Two defaults are larger than elsewhere: `connect_timeout` is 60 s (for the connections too, unless
    /// [`channel`](Self::channel) sets it), and `acquire_timeout` is 90 s.
    #[doc(alias = "driver")]
    pub fn builder(self) -> SparkDriverBuilder {
        let questions = Questions::new(self.name, self.needs_session, self.ask);
        let endpoints = Arc::new(Endpoints::new(questions, self.channel));
        let shared = self.shared_session.then(Arc::<SharedSession>::default);
        let factory = move || {
            let (endpoints, shared) = (Arc::clone(&endpoints), shared.clone());
            async move {
                let channel = endpoints.channel().await?;
                Ok(shared.map_or_else(|| Session::new(&channel), |shared| shared.on(&channel)))
            }
        };
        SparkDriver::factory_builder(self.name, factory).for_hosted_compute()
    }
}

impl fmt::Debug for Aws {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Aws")
            .field("service", &self.name)
            .field("shared_session", &self.shared_session)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clone_of_a_service_makes_a_driver_of_its_own() {
        let glue = Aws::glue(|| async { Ok::<_, std::io::Error>(Endpoint::new("https://h", "token")) });
        let shared = glue.clone().shared_session(true);
        assert_eq!((glue.shared_session, shared.shared_session), (false, true));
        assert_eq!((glue.build().unwrap().name(), shared.build().unwrap().name()), ("Glue", "Glue"));
    }
}
