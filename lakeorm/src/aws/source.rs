//! The endpoint that is in use, and its token.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use spark_connect::{AccessToken, Channel, Error, ErrorKind, Result};
use uuid::Uuid;

use super::{Ask, Endpoint};

/// The header that the services' own gateway reads, with the bare token.
const HEADER: &str = "x-aws-proxy-auth";

/// Asks for endpoints, and keeps the channel to the last of them.
pub(super) struct Endpoints {
    service: &'static str,
    ask: Ask,
    /// The session of all slots, if they share one.
    shared: Option<Uuid>,
    channel: tokio::sync::Mutex<Option<(String, Channel)>>,
}

impl Endpoints {
    pub(super) fn new(service: &'static str, ask: Ask, shared: Option<Uuid>) -> Self {
        Self { service, ask, shared, channel: tokio::sync::Mutex::default() }
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
        let remote = endpoint.remote(self.shared)?;
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
                "{} has another address now, and its token is for that one: the next session goes there",
                self.service
            );
            return Err(Error::new(ErrorKind::Unauthenticated, message));
        }
        endpoint.token()
    }

    fn first(&self) -> MutexGuard<'_, Option<Endpoint>> {
        self.first.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
