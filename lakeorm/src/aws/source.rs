//! The endpoint that is in use, and its token.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use spark_connect::{AccessToken, Channel, Error, ErrorKind, Result};

use super::endpoint::Destination;
use super::{Ask, ChannelOptions, Endpoint};
use crate::error::with_causes;
use crate::spark::HOSTED_CONNECT_TIMEOUT;

/// The header that the services' own gateway reads, with the bare token.
const HEADER: &str = "x-aws-proxy-auth";

/// Asks for endpoints, and keeps the channel to the last of them.
pub(super) struct Endpoints {
    service: &'static str,
    ask: Ask,
    options: ChannelOptions,
    channel: tokio::sync::Mutex<Option<(Destination, Channel)>>,
}

impl Endpoints {
    pub(super) fn new(service: &'static str, ask: Ask, options: ChannelOptions) -> Self {
        Self { service, ask, options, channel: tokio::sync::Mutex::default() }
    }

    /// The channel to the endpoint of now. A server that moved is found with the next session.
    pub(super) async fn channel(&self) -> Result<Channel> {
        let mut channel = self.channel.lock().await;
        let endpoint = self.endpoint().await?;
        let destination = endpoint.destination()?;
        if let Some((known, channel)) = &*channel
            && *known == destination
        {
            return Ok(channel.clone());
        }
        let remote = endpoint.remote()?;
        let tokens = Tokens {
            service: self.service,
            ask: Arc::clone(&self.ask),
            destination: destination.clone(),
            first: Mutex::new(Some(endpoint)),
        };
        let tokens = Arc::new(tokens);
        let provider = move || {
            let tokens = Arc::clone(&tokens);
            async move { tokens.next().await }
        };
        let builder = (self.options)(Channel::builder(remote).connect_timeout(HOSTED_CONNECT_TIMEOUT));
        let made = builder.token_provider(provider).token_header(HEADER, "").build()?;
        *channel = Some((destination, made.clone()));
        Ok(made)
    }

    async fn endpoint(&self) -> Result<Endpoint> {
        asked(self.service, &self.ask).await
    }
}

async fn asked(service: &str, ask: &Ask) -> Result<Endpoint> {
    ask().await.map_err(|cause| {
        // The text of the SDK's own error names no reason: that is in its sources.
        let causes = with_causes(&*cause);
        Error::new(ErrorKind::Unauthenticated, format!("{service} gave no endpoint: {causes}"))
    })
}

/// The tokens for one destination.
struct Tokens {
    service: &'static str,
    ask: Ask,
    destination: Destination,
    /// The endpoint that the destination came with, until its token was used.
    first: Mutex<Option<Endpoint>>,
}

impl Tokens {
    async fn next(&self) -> Result<AccessToken> {
        if let Some(endpoint) = self.first().take() {
            return endpoint.token();
        }
        let endpoint = asked(self.service, &self.ask).await?;
        if endpoint.destination()? != self.destination {
            let message = format!(
                "{} moved to another address or session, which the token belongs to: open a new session",
                self.service
            );
            // Of this kind, so that a pool opens another session in its place.
            return Err(Error::new(ErrorKind::SessionLost, message));
        }
        endpoint.token()
    }

    fn first(&self) -> MutexGuard<'_, Option<Endpoint>> {
        self.first.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use spark_connect::{ChannelBuilder, Session};

    use super::*;

    /// The tokens for one endpoint, where the service gives another from then on.
    fn tokens(first: &Endpoint, then: Endpoint) -> Tokens {
        let ask: Ask = Arc::new(move || {
            let then = then.clone();
            Box::pin(async move { Ok(then) })
        });
        let destination = first.destination().unwrap();
        Tokens { service: "Glue", ask, destination, first: Mutex::new(Some(first.clone())) }
    }

    fn old() -> Endpoint {
        Endpoint::new("https://old", "first")
    }

    #[tokio::test]
    async fn a_service_that_moved_has_lost_the_sessions_at_its_old_address() {
        let moved = tokens(&old(), Endpoint::new("https://new", "second"));
        moved.next().await.unwrap();
        let error = moved.next().await.unwrap_err();
        assert_eq!((error.kind(), error.is_retryable()), (ErrorKind::SessionLost, true));
        assert!(!error.to_string().contains("second"), "{error}");
    }

    #[tokio::test]
    async fn a_call_to_the_old_address_ends_as_a_lost_session_and_the_next_channel_goes_to_the_new_one() {
        let now_at = Arc::new(Mutex::new("http://localhost:1"));
        let asked = Arc::clone(&now_at);
        let ask: Ask = Arc::new(move || {
            let endpoint = Endpoint::new(*asked.lock().unwrap(), "token");
            Box::pin(async move { Ok(endpoint) })
        });
        let endpoints = Endpoints::new("Glue", ask, Arc::new(|channel| channel));
        let old = endpoints.channel().await.unwrap();
        *now_at.lock().unwrap() = "http://localhost:2";
        let session = Session::new(&old);
        // Nothing listens there; the first token came with the address.
        session.spark_version().await.unwrap_err();
        let error = session.spark_version().await.unwrap_err();
        assert_eq!((error.kind(), error.may_have_run()), (ErrorKind::SessionLost, false), "{error}");
        assert_eq!(endpoints.channel().await.unwrap().authority(), "localhost:2");
    }

    #[tokio::test]
    async fn a_connection_may_take_as_long_as_a_session_of_the_service() {
        let ask: Ask = Arc::new(|| Box::pin(async { Ok(Endpoint::new("http://localhost:1", "token")) }));
        let seen = Arc::<Mutex<String>>::default();
        let shown = Arc::clone(&seen);
        let options: ChannelOptions = Arc::new(move |channel: ChannelBuilder| {
            *shown.lock().unwrap() = format!("{channel:?}");
            channel
        });
        Endpoints::new("Glue", ask, options).channel().await.unwrap();
        assert!(seen.lock().unwrap().contains("connect_timeout: 60s"), "{seen:?}");
    }

    #[tokio::test]
    async fn a_token_for_the_same_address_is_the_next_one() {
        let same = tokens(&old(), Endpoint::new("https://old:443/", "second"));
        same.next().await.unwrap();
        same.next().await.unwrap();
    }

    #[tokio::test]
    async fn another_session_of_the_service_has_lost_those_of_the_old() {
        let of = |session: &str| Endpoint::new("https://old", "token").session(session);
        let same = tokens(&of("first"), of("first"));
        let another = tokens(&of("first"), of("second"));
        for tokens in [&same, &another] {
            tokens.next().await.unwrap();
        }
        same.next().await.unwrap();
        let error = another.next().await.unwrap_err();
        assert_eq!((error.kind(), error.is_retryable()), (ErrorKind::SessionLost, true));
    }
}
