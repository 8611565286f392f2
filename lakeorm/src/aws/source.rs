//! The endpoint that is in use, and its token.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use spark_connect::{AccessToken, Channel, Error, ErrorKind, Result};

use super::{Ask, Endpoint};

/// The header that the services' own gateway reads, with the bare token.
const HEADER: &str = "x-aws-proxy-auth";

/// Asks for endpoints, and keeps the channel to the last of them.
pub(super) struct Endpoints {
    service: &'static str,
    ask: Ask,
    channel: tokio::sync::Mutex<Option<(String, Channel)>>,
}

impl Endpoints {
    pub(super) fn new(service: &'static str, ask: Ask) -> Self {
        Self { service, ask, channel: tokio::sync::Mutex::default() }
    }

    /// The channel to the endpoint of now. A server that moved is found with the next session.
    pub(super) async fn channel(&self) -> Result<Channel> {
        let mut channel = self.channel.lock().await;
        let endpoint = self.endpoint().await?;
        let authority = endpoint.authority()?;
        if let Some((known, channel)) = &*channel
            && *known == authority
        {
            return Ok(channel.clone());
        }
        let remote = endpoint.remote()?;
        let tokens = Tokens {
            service: self.service,
            ask: Arc::clone(&self.ask),
            authority: authority.clone(),
            first: Mutex::new(Some(endpoint)),
        };
        let tokens = Arc::new(tokens);
        let provider = move || {
            let tokens = Arc::clone(&tokens);
            async move { tokens.next().await }
        };
        let made = Channel::builder(remote).token_provider(provider).token_header(HEADER, "").build()?;
        *channel = Some((authority, made.clone()));
        Ok(made)
    }

    async fn endpoint(&self) -> Result<Endpoint> {
        asked(self.service, &self.ask).await
    }
}

async fn asked(service: &str, ask: &Ask) -> Result<Endpoint> {
    ask().await.map_err(|cause| {
        Error::new(ErrorKind::Unauthenticated, format!("{service} gave no endpoint: {cause}"))
    })
}

/// The tokens of one address.
struct Tokens {
    service: &'static str,
    ask: Ask,
    authority: String,
    /// What came with the address, until it was used.
    first: Mutex<Option<Endpoint>>,
}

impl Tokens {
    async fn next(&self) -> Result<AccessToken> {
        if let Some(endpoint) = self.first().take() {
            return endpoint.token();
        }
        let endpoint = asked(self.service, &self.ask).await?;
        if endpoint.authority()? != self.authority {
            let message = format!(
                "{} moved to another address, which the token belongs to: open a new session",
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
    use spark_connect::Session;

    use super::*;

    fn tokens(now_at: &'static str) -> Tokens {
        let ask: Ask = Arc::new(move || Box::pin(async move { Ok(Endpoint::new(now_at, "second")) }));
        let first = Mutex::new(Some(Endpoint::new("https://old", "first")));
        Tokens { service: "Glue", ask, authority: "old:443".to_owned(), first }
    }

    #[tokio::test]
    async fn a_service_that_moved_has_lost_the_sessions_at_its_old_address() {
        let moved = tokens("https://new");
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
        let endpoints = Endpoints::new("Glue", ask);
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
    async fn a_token_for_the_same_address_is_the_next_one() {
        let same = tokens("https://old:443/");
        same.next().await.unwrap();
        same.next().await.unwrap();
    }
}
