//! Bearer tokens that change while a program runs.

use std::fmt;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use futures_core::future::BoxFuture;
use futures_util::FutureExt;
use tokio::time::Instant;

use crate::error::{Error, ErrorKind, Result};
use crate::remote::Token;

/// Gives the bearer token that calls carry; closures that return a future of one do.
///
/// A token that says when it ends ([`AccessToken::expiring_in`]) is kept and asked for again ahead of that; one that
/// does not is asked for with every call, so that a change is seen at once. Calls that need a token at the same time
/// share one question. A server that refuses a token makes the provider be asked once more, so a provider should not
/// keep tokens itself.
///
/// The provider must not use the channel that it gives tokens to: that call would wait for itself.
///
/// ```
/// use std::time::Duration;
/// use spark_connect::{AccessToken, Channel};
///
/// # async fn fetch() -> Result<String, spark_connect::Error> { Ok("s3cret".to_owned()) }
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let channel = Channel::builder("sc://localhost".parse()?)
///     .token_provider(|| async {
///         let secret = fetch().await?;
///         Ok(AccessToken::new(secret)?.expiring_in(Duration::from_secs(3600)))
///     })
///     .build()?;
/// # Ok(()) }
/// ```
pub trait TokenProvider: Send + Sync + 'static {
    /// A token to send from now on.
    fn token(&self) -> BoxFuture<'_, Result<AccessToken>>;
}

impl<F, Asking> TokenProvider for F
where
    F: Fn() -> Asking + Send + Sync + 'static,
    Asking: Future<Output = Result<AccessToken>> + Send + 'static,
{
    fn token(&self) -> BoxFuture<'_, Result<AccessToken>> {
        self().boxed()
    }
}

/// A bearer token and, where it is known, how long it may be used. `Debug` does not show the token.
#[derive(Clone)]
pub struct AccessToken {
    token: Token,
    lifetime: Lifetime,
}

#[derive(Debug, Clone, Copy)]
pub(crate) enum Lifetime {
    /// Nothing is known, so the provider is asked with every call.
    Unknown,
    /// The token never ends by itself.
    Endless,
    /// The token ends then, and was to be used for so long.
    Until { end: Instant, whole: Duration },
}

impl AccessToken {
    /// The token `secret`, without the word `Bearer` before it.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Unauthenticated`] if the secret is empty or a header cannot carry it.
    pub fn new(secret: impl Into<String>) -> Result<Self> {
        let token = Token::parse("token", &secret.into())
            .map_err(|error| Error::new(ErrorKind::Unauthenticated, error.to_string()))?;
        Ok(Self { token, lifetime: Lifetime::Unknown })
    }

    /// The same token, usable from now on for `lifetime`. [`Duration::MAX`] stands for ever.
    #[must_use]
    pub fn expiring_in(mut self, lifetime: Duration) -> Self {
        self.lifetime = match Instant::now().checked_add(lifetime) {
            Some(end) => Lifetime::Until { end, whole: lifetime },
            None => Lifetime::Endless,
        };
        self
    }
}

impl fmt::Debug for AccessToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AccessToken").field("token", &self.token).field("lifetime", &self.lifetime).finish()
    }
}

/// Where a channel takes its tokens from.
pub(crate) enum Tokens {
    /// The connection string, if there is one in it.
    Fixed(Option<Token>),
    Provider(Arc<dyn TokenProvider>),
}

/// The token of one call, and whether another one may still be tried.
pub(crate) struct Ticket<'t> {
    tokens: &'t Tokens,
    token: Option<Token>,
    renewed: bool,
}

impl Tokens {
    pub(crate) fn of(provider: Arc<dyn TokenProvider>) -> Self {
        Self::Provider(provider)
    }

    pub(crate) async fn ticket(&self) -> Result<Ticket<'_>> {
        let token = match self {
            Self::Fixed(token) => token.clone(),
            Self::Provider(provider) => Some(provider.token().await?.token),
        };
        Ok(Ticket { tokens: self, token, renewed: false })
    }
}

impl Ticket<'_> {
    pub(crate) fn token(&self) -> Option<&Token> {
        self.token.as_ref()
    }

    pub(crate) fn may_renew(&self) -> bool {
        !self.renewed && matches!(self.tokens, Tokens::Provider(_))
    }

    /// Takes another token in place of one that was refused; `false` if there is none.
    pub(crate) async fn renew(&mut self) -> Result<bool> {
        let Tokens::Provider(provider) = self.tokens else { return Ok(false) };
        if std::mem::replace(&mut self.renewed, true) {
            return Ok(false);
        }
        let refused = self.token.replace(provider.token().await?.token);
        Ok(refused != self.token)
    }
}
