//! Bearer tokens that change while a program runs.

use std::future::Future;
use std::io::{self, Read};
use std::sync::Arc;
use std::time::Duration;
use std::{fmt, thread};

use futures_core::future::BoxFuture;
use futures_util::FutureExt;
use tokio::sync::oneshot;
use tokio::time::Instant;

use crate::error::{Error, ErrorKind, Result};
use crate::remote::Token;

mod cache;
mod command;
mod header;
mod printed;
mod providers;

pub(crate) use cache::Cache;
pub use command::CommandToken;
pub(crate) use header::TokenHeader;
pub use providers::{EnvToken, FileToken, StaticToken};

const MINUTE: Duration = Duration::from_secs(60);

/// Gives the bearer token that calls carry; implemented by closures that return a future of a token.
///
/// A token that says when it ends ([`AccessToken::expiring_in`]) is kept and asked for again ahead of that; one that
/// does not is asked for with every call, so that a change is seen at once. While no server is reached the provider is
/// asked again too, every five seconds at most. Calls that need a token at the same time
/// share one question. A server that refuses a token makes the provider be asked once more, so a provider should not
/// keep tokens itself.
///
/// [`StaticToken`], [`EnvToken`], [`FileToken`] and [`CommandToken`] are providers for the usual places.
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
    /// A token to send from now on. It may take a minute at most.
    ///
    /// # Errors
    ///
    /// Of any kind; the call that needed the token fails with [`ErrorKind::Unauthenticated`] and this text in its own, so
    /// it says what failed and holds no secret. [`ErrorKind::SessionLost`] alone is kept: where the tokens are for another
    /// server now, it makes a pool open another session.
    ///
    /// # Cancel safety
    ///
    /// The future runs in a task of the channel, which a dropped call does not end: other calls wait for the same token.
    /// It is dropped when it has taken a minute.
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

/// How much a file or a program may tell: no header carries a longer token.
const MAX_BYTES: u64 = 64 * 1024;

/// The token that `read` gives, which may block its thread. It has one of its own: a runtime that is dropped waits for
/// its threads.
fn blocking(
    read: impl FnOnce() -> Result<AccessToken> + Send + 'static,
) -> BoxFuture<'static, Result<AccessToken>> {
    let failed = |message: String| Error::new(ErrorKind::Unauthenticated, message);
    async move {
        let (sender, receiver) = oneshot::channel();
        thread::Builder::new()
            .name("lakeorm-token".to_owned())
            .spawn(move || drop(sender.send(read())))
            .map_err(|error| failed(format!("there is no thread to read a token in: {error}")))?;
        receiver.await.unwrap_or_else(|_| Err(failed("the thread that reads a token panicked".to_owned())))
    }
    .boxed()
}

/// Everything that is read, which is cut behind [`MAX_BYTES`].
fn read_bounded(from: impl Read) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    from.take(MAX_BYTES + 1).read_to_end(&mut bytes).map(|_| bytes)
}

fn is_too_long(bytes: &[u8]) -> bool {
    u64::try_from(bytes.len()).is_ok_and(|length| length > MAX_BYTES)
}

impl TokenProvider for Box<dyn TokenProvider> {
    fn token(&self) -> BoxFuture<'_, Result<AccessToken>> {
        (**self).token()
    }
}

impl TokenProvider for Arc<dyn TokenProvider> {
    fn token(&self) -> BoxFuture<'_, Result<AccessToken>> {
        (**self).token()
    }
}

/// A bearer token and, where it is known, how long it may be used. `Debug` does not show the token.
#[derive(Clone)]
pub struct AccessToken {
    token: Token,
    lifetime: Lifetime,
}

#[derive(Debug, Clone, Copy)]
enum Lifetime {
    /// Nothing is known, so the provider is asked with every call.
    Unknown,
    /// The token never ends by itself.
    Endless,
    /// The token ends then, and was to be used for this long.
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

    /// Whether it may be sent to a server without asking for another one.
    fn is_usable(&self, now: Instant) -> bool {
        match self.lifetime {
            Lifetime::Unknown => false,
            Lifetime::Endless => true,
            Lifetime::Until { end, .. } => now < end,
        }
    }

    /// Whether it is time to ask for another one: a tenth of the lifetime is left, or a minute of a short one.
    fn is_due(&self, now: Instant) -> bool {
        match self.lifetime {
            Lifetime::Unknown => true,
            Lifetime::Endless => false,
            Lifetime::Until { end, whole } => {
                let ahead = (whole / 10).max((whole / 2).min(MINUTE));
                end.saturating_duration_since(now) <= ahead
            }
        }
    }
}

impl fmt::Debug for AccessToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AccessToken").field("token", &self.token).field("lifetime", &self.lifetime).finish()
    }
}

/// The source of the tokens of a channel.
pub(crate) enum Tokens {
    /// The connection string, if there is one in it.
    Fixed(Option<Token>),
    Provider(Cache),
}

/// The token of one call, and whether another one may still be tried.
pub(crate) struct CallToken<'t> {
    token: Option<Token>,
    /// Where it comes from, and another one.
    cache: Option<&'t Cache>,
    /// Whether another one may still be taken.
    renewable: bool,
}

impl Tokens {
    pub(crate) async fn of_a_call(&self) -> Result<CallToken<'_>> {
        Ok(match self {
            Self::Fixed(token) => CallToken { token: token.clone(), cache: None, renewable: false },
            Self::Provider(cache) => {
                CallToken { token: Some(cache.token().await?), cache: Some(cache), renewable: true }
            }
        })
    }

    /// The last token that the server has taken; the one of a connection string.
    pub(crate) fn last_accepted(&self) -> Option<Token> {
        match self {
            Self::Fixed(token) => token.clone(),
            Self::Provider(cache) => cache.last_accepted(),
        }
    }

    /// Has the provider asked because no server was reached. Gives the error of the session where the provider has said
    /// that the tokens are for another server now.
    pub(crate) fn ask_unreached(&self) -> Option<Error> {
        match self {
            Self::Fixed(_) => None,
            Self::Provider(cache) => cache.ask_unreached(),
        }
    }

    /// Whether the token of the next call is one that the server has taken already. The one of a connection string is
    /// the only one there is, so there is nothing to find out.
    pub(crate) async fn is_accepted(&self) -> Result<bool> {
        match self {
            Self::Fixed(_) => Ok(true),
            Self::Provider(cache) => cache.has_accepted_token().await,
        }
    }

    /// Whether there may be another token than one that the server no longer takes. A provider that fails may give one
    /// later, and the next call tells why it does not. Where the token `may_be_good` it stays until there is another.
    pub(crate) async fn have_another_than(&self, refused: &Token, may_be_good: bool) -> bool {
        let Self::Provider(cache) = self else { return false };
        if !may_be_good {
            cache.forget(refused);
        }
        match cache.token_after(refused).await {
            Ok(token) => token != *refused,
            Err(_) => !may_be_good,
        }
    }
}

impl CallToken<'_> {
    pub(crate) fn token(&self) -> Option<&Token> {
        self.token.as_ref()
    }

    pub(crate) fn into_token(self) -> Option<Token> {
        self.token
    }

    /// Notes that the server has taken it.
    pub(crate) fn note_accepted(&self) {
        if let (Some(cache), Some(token)) = (self.cache, &self.token) {
            cache.note_accepted(token);
        }
    }

    /// Has the next call ask for another one.
    pub(crate) fn forget(&self) {
        if let (Some(cache), Some(token)) = (self.cache, &self.token) {
            cache.forget(token);
        }
    }

    /// Has the next statement with effects find out before whether the server takes it.
    pub(crate) fn doubt(&self) {
        if let (Some(cache), Some(token)) = (self.cache, &self.token) {
            cache.doubt(token);
        }
    }

    /// Takes another token in place of one that was refused, once; `false` if there is none. The same token again is
    /// none: it would be refused again, which may lock an account. Where it `may_be_good` it stays until there is another.
    pub(crate) async fn renew(&mut self, may_be_good: bool) -> Result<bool> {
        if !std::mem::take(&mut self.renewable) {
            return Ok(false);
        }
        if !may_be_good {
            self.forget();
        }
        let (Some(cache), Some(refused)) = (self.cache, self.token.clone()) else { return Ok(false) };
        let token = cache.token_after(&refused).await?;
        let is_another = token != refused;
        self.token = Some(token);
        Ok(is_another)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    #[tokio::test]
    async fn a_pointer_to_a_provider_is_a_provider() {
        let provider = || StaticToken::new("s3cret").unwrap();
        let boxed: Box<dyn TokenProvider> = Box::new(provider());
        let shared: Arc<dyn TokenProvider> = Arc::new(provider());
        for provider in [Box::new(boxed) as Box<dyn TokenProvider>, Box::new(shared)] {
            let token = provider.token().await.unwrap();
            assert_eq!(token.token, Token::parse("token", "s3cret").unwrap());
        }
    }

    /// Tokens from a provider that numbers them, and fails from a number on; the second part says how often it was asked.
    fn numbered(lifetime: Option<Duration>, failing_from: usize) -> (Tokens, Arc<AtomicUsize>) {
        let asked = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&asked);
        let provider = move || {
            let number = count.fetch_add(1, Ordering::Relaxed) + 1;
            async move {
                if number >= failing_from {
                    return Err(Error::new(ErrorKind::Connect, "the token endpoint is down"));
                }
                let token = AccessToken::new(format!("t{number}"))?;
                Ok(lifetime.map_or_else(|| token.clone(), |lifetime| token.clone().expiring_in(lifetime)))
            }
        };
        (Tokens::Provider(Cache::new(Arc::new(provider))), asked)
    }

    fn token(number: usize) -> Token {
        Token::parse("token", &format!("t{number}")).unwrap()
    }

    async fn next(tokens: &Tokens) -> Token {
        tokens.of_a_call().await.unwrap().into_token().unwrap()
    }

    const HOUR: Duration = Duration::from_secs(3600);

    #[tokio::test(start_paused = true)]
    async fn only_the_token_that_was_refused_is_dropped_and_only_the_one_in_doubt_is_doubted() {
        let (tokens, asked) = numbered(Some(HOUR), usize::MAX);
        let (first, late) = (tokens.of_a_call().await.unwrap(), tokens.of_a_call().await.unwrap());
        first.note_accepted();
        first.forget();
        assert_eq!(tokens.last_accepted(), None);
        let second = tokens.of_a_call().await.unwrap();
        second.note_accepted();
        // What an answer to an older call says is about the token of that call.
        late.forget();
        late.doubt();
        assert_eq!(tokens.last_accepted(), Some(token(2)));
        assert!(next(&tokens).await == token(2) && tokens.is_accepted().await.unwrap());
        second.doubt();
        assert_eq!(tokens.last_accepted(), None);
        assert!(!tokens.is_accepted().await.unwrap());
        assert!(next(&tokens).await == token(2), "a token in doubt is still sent");
        assert_eq!(asked.load(Ordering::Relaxed), 2);
    }

    #[tokio::test(start_paused = true)]
    async fn a_call_that_was_refused_takes_the_token_that_others_have_brought_while_it_is_good() {
        let (tokens, asked) = numbered(Some(HOUR), usize::MAX);
        let mut calls = Vec::new();
        for _ in 0..3 {
            calls.push(tokens.of_a_call().await.unwrap());
        }
        for call in &mut calls[..2] {
            assert!(call.renew(false).await.unwrap() && call.token() == Some(&token(2)));
            assert!(!call.renew(false).await.unwrap(), "once");
        }
        assert_eq!(asked.load(Ordering::Relaxed), 2);
        tokio::time::advance(HOUR).await;
        assert!(calls[2].renew(false).await.unwrap() && calls[2].token() == Some(&token(3)));
    }

    #[tokio::test(start_paused = true)]
    async fn a_provider_that_fails_may_give_another_token_later_unless_the_old_one_may_be_good() {
        for (failing_from, may_be_good, expected) in
            [(usize::MAX, false, true), (usize::MAX, true, true), (2, false, true), (2, true, false)]
        {
            let (tokens, _) = numbered(Some(HOUR), failing_from);
            let refused = next(&tokens).await;
            assert_eq!(tokens.have_another_than(&refused, may_be_good).await, expected);
        }
        let same = Tokens::Provider(Cache::new(Arc::new(StaticToken::new("t1").unwrap())));
        assert!(!same.have_another_than(&token(1), false).await);
        assert!(!Tokens::Fixed(Some(token(1))).have_another_than(&token(1), false).await);
    }

    /// A question of a runtime that stands still may never be answered.
    #[test]
    fn a_call_on_another_runtime_asks_the_provider_itself() {
        let asked = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&asked);
        let provider = move || {
            let is_first = count.fetch_add(1, Ordering::Relaxed) == 0;
            async move {
                if is_first {
                    std::future::pending::<()>().await;
                }
                AccessToken::new("t2")
            }
        };
        let tokens = Tokens::Provider(Cache::new(Arc::new(provider)));
        let runtime = || tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let (still, other) = (runtime(), runtime());
        assert!(still.block_on(async { tokio::time::timeout(Duration::ZERO, next(&tokens)).await }).is_err());
        let asking = async { tokio::time::timeout(Duration::from_secs(20), next(&tokens)).await };
        assert!(other.block_on(asking).is_ok_and(|got| got == token(2)));
        assert_eq!(asked.load(Ordering::Relaxed), 2);
    }
}
