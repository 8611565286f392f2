//! The address of a session, as a service gives it.

use std::env;
use std::fmt;
use std::time::{Duration, SystemTime};

use spark_connect::{AccessToken, Error, ErrorKind, Remote, Result};
use tokio::time::Instant;

/// The name of the user for Spark, where the service knows who asks by the token.
const USER_ID: &str = "lakeorm";

/// The variable with the token for servers without a service.
const TOKEN_OF_THE_ENVIRONMENT: &str = "SPARK_CONNECT_AUTHENTICATE_TOKEN";

/// An address and a token, as a service gives them.
#[derive(Clone)]
#[must_use]
pub struct Endpoint {
    address: String,
    token: String,
    lifetime: Option<Lifetime>,
    session: Option<String>,
}

/// How long a token is good, and from when on.
#[derive(Debug, Clone, Copy)]
struct Lifetime {
    from: Instant,
    whole: Duration,
}

/// Where calls go. `Debug` is not derived: the session may be a secret.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Destination {
    authority: String,
    session: Option<String>,
}

impl Endpoint {
    /// The address, as a URL, a connection string without parameters or a bare host; and the token, as it came.
    pub fn new(address: impl Into<String>, token: impl Into<String>) -> Self {
        Self { address: address.into(), token: token.into(), lifetime: None, session: None }
    }

    /// How long the token is good, from this call on. It is renewed ahead of that; without it the service is asked with
    /// every call. [`Duration::MAX`] stands for ever.
    pub fn expiring_in(self, lifetime: Duration) -> Self {
        Self { lifetime: Some(Lifetime { from: Instant::now(), whole: lifetime }), ..self }
    }

    /// The time at which the token ends, as the services tell it: `AuthTokenExpirationTime`. As
    /// [`expiring_in`](Self::expiring_in) otherwise; a time that has passed stands for a token that has ended.
    ///
    /// ```
    /// use std::time::{Duration, SystemTime};
    /// use lakeorm::aws::Endpoint;
    ///
    /// # struct Answer { url: String, auth_token: String, expires: i64 }
    /// // Of the SDK: answer.auth_token_expiration_time().secs()
    /// fn endpoint(answer: Answer) -> Endpoint {
    ///     let seconds = u64::try_from(answer.expires).unwrap_or_default();
    ///     let end = SystemTime::UNIX_EPOCH + Duration::from_secs(seconds);
    ///     Endpoint::new(answer.url, answer.auth_token).expiring_at(end)
    /// }
    /// ```
    pub fn expiring_at(self, end: SystemTime) -> Self {
        self.expiring_in(end.duration_since(SystemTime::now()).unwrap_or_default())
    }

    /// The id of the service's own session, which EMR on EC2 wants in the header `authorization`. With another id the
    /// sessions of before are lost, as they are with another address.
    pub fn session(self, id: impl Into<String>) -> Self {
        Self { session: Some(id.into()), ..self }
    }

    /// The host and the port, which is 443 unless the address has one.
    fn authority(&self) -> Result<String> {
        let address = self.address.trim();
        let bare = ["https://", "http://", "sc://"].iter().find_map(|scheme| address.strip_prefix(scheme));
        let authority = bare.unwrap_or(address).split(['/', ';', '?']).next().unwrap_or_default();
        if authority.is_empty() || authority.contains('@') {
            return Err(wrong("the address of the endpoint is not a URL or a host"));
        }
        let has_port = authority.rsplit_once(':').is_some_and(|(_, port)| port.parse::<u16>().is_ok());
        Ok(if has_port { authority.to_owned() } else { format!("{authority}:443") })
    }

    /// The server and the session of the service, which the token is for.
    pub(super) fn destination(&self) -> Result<Destination> {
        Ok(Destination { authority: self.authority()?, session: self.session.clone() })
    }

    /// Whether it names a session of the service.
    pub(super) fn has_session(&self) -> bool {
        self.session.as_ref().is_some_and(|id| !id.is_empty())
    }

    /// How long the token is good from now on, where that is known.
    fn left(&self) -> Option<Duration> {
        self.lifetime.map(|lifetime| lifetime.whole.saturating_sub(lifetime.from.elapsed()))
    }

    /// Whether the token is known to be good.
    pub(super) fn is_good(&self) -> bool {
        self.left().is_some_and(|left| !left.is_zero())
    }

    /// Whether the token is known to have ended.
    pub(super) fn has_ended(&self) -> bool {
        self.left().is_some_and(|left| left.is_zero())
    }

    /// The connection string, and the environment.
    pub(super) fn remote(&self) -> Result<Remote> {
        self.remote_with(|variable| env::var_os(variable).map(|value| value.to_string_lossy().into_owned()))
    }

    /// The same with the environment out of `lookup`, but for a token, which is the service's own.
    fn remote_with(&self, lookup: impl Fn(&str) -> Option<String>) -> Result<Remote> {
        let lookup = |variable: &str| lookup(variable).filter(|_| variable != TOKEN_OF_THE_ENVIRONMENT);
        let authority = self.authority()?;
        // Without `https` the literal `localhost` is for tests against a server of one's own.
        let tls = !authority.starts_with("localhost:") || self.address.trim_start().starts_with("https://");
        let remote = format!("sc://{authority}/;user_id={USER_ID};use_ssl={tls}").parse::<Remote>();
        let remote =
            remote.and_then(|remote| remote.with_lookup(lookup)).map_err(|error| wrong(error.to_string()))?;
        match &self.session {
            Some(id) => remote.with_header("authorization", id).map_err(|error| wrong(error.to_string())),
            None => Ok(remote),
        }
    }

    pub(super) fn token(&self) -> Result<AccessToken> {
        let token = AccessToken::new(self.token.as_str())?;
        Ok(match self.left() {
            Some(left) => token.expiring_in(left),
            None => token,
        })
    }
}

fn wrong(message: impl Into<String>) -> Error {
    Error::new(ErrorKind::InvalidOption, message.into())
}

/// Without the token.
impl fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Endpoint").field("lifetime", &self.lifetime).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_taken_in_every_form_that_a_service_gives() {
        for address in [
            "https://abc.s.emr-serverless-services.eu-west-1.amazonaws.com",
            "https://abc.s.emr-serverless-services.eu-west-1.amazonaws.com:443/",
            "sc://abc.s.emr-serverless-services.eu-west-1.amazonaws.com:443/;use_ssl=true",
            "abc.s.emr-serverless-services.eu-west-1.amazonaws.com",
        ] {
            let remote = Endpoint::new(address, "token").remote().unwrap();
            assert_eq!(remote.authority(), "abc.s.emr-serverless-services.eu-west-1.amazonaws.com:443");
            assert!(remote.uses_tls());
        }
        for (address, tls) in
            [("http://localhost:1", false), ("localhost:1", false), ("https://localhost:1", true)]
        {
            assert_eq!(Endpoint::new(address, "token").remote().unwrap().uses_tls(), tls, "{address}");
        }
        for wrong in ["", "https://", "user:secret@host"] {
            assert!(Endpoint::new(wrong, "token").remote().is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_token_in_the_environment_is_not_looked_at() {
        let endpoint = Endpoint::new("host", "token");
        let of = |name: &'static str, value: &'static str| {
            endpoint.remote_with(move |variable| (variable == name).then(|| value.to_owned()))
        };
        assert!(of(TOKEN_OF_THE_ENVIRONMENT, "broken\u{fffd}").is_ok());
        let remote = of("SPARK_CONNECT_USER_AGENT", "an_agent").unwrap();
        assert!(remote.user_agent().contains("an_agent"), "{}", remote.user_agent());
    }

    #[tokio::test(start_paused = true)]
    async fn a_token_ends_by_the_time_at_which_its_lifetime_was_told() {
        let minute = Duration::from_secs(60);
        let in_a_minute = [
            Endpoint::new("host", "token").expiring_in(minute),
            Endpoint::new("host", "token").expiring_at(SystemTime::now() + minute),
        ];
        tokio::time::advance(minute / 2).await;
        assert!(in_a_minute.iter().all(|endpoint| endpoint.is_good() && endpoint.left() <= Some(minute / 2)));
        tokio::time::advance(minute / 2).await;
        assert!(in_a_minute.iter().all(Endpoint::has_ended));
        assert!(Endpoint::new("host", "token").expiring_at(SystemTime::UNIX_EPOCH).has_ended());
        let unknown = Endpoint::new("host", "token");
        assert!(!unknown.is_good() && !unknown.has_ended());
    }

    #[test]
    fn no_text_shows_the_token() {
        assert!(!format!("{:?}", Endpoint::new("host", "s3cret").session("s3cret")).contains("s3cret"));
    }
}
