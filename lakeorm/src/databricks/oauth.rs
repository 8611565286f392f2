//! Tokens from OAuth client credentials.

use std::fmt;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use futures_core::future::BoxFuture;
use futures_util::FutureExt;
use reqwest::Url;
use spark_connect::{AccessToken, TokenProvider, clock};
use tokio::time::Instant;

use super::wrong;
use crate::error::Result;

mod answer;
mod http;

use answer::{NoToken, Secret};

const FIRST_PAUSE: Duration = Duration::from_millis(500);

/// Tokens for a program that has an id and a secret: the client credentials grant of OAuth 2.0 (RFC 6749, 4.4).
///
/// [`Databricks::oauth`](super::Databricks::oauth) and
/// [`azure_service_principal`](super::Databricks::azure_service_principal) make one for the endpoints of a workspace;
/// this type serves others as well, such as that of an account:
///
/// ```
/// use lakeorm::databricks::{ClientCredentials, Databricks};
///
/// # fn run(account: &str, id: String, secret: String) -> lakeorm::Result<()> {
/// let endpoint = format!("https://accounts.cloud.databricks.com/oidc/accounts/{account}/v1/token");
/// let tokens = ClientCredentials::new(&endpoint, id, secret)?.scope("all-apis");
/// let drv = Databricks::workspace("dbc-a1b2345c-d6e7.cloud.databricks.com")
///     .token_provider(tokens)
///     .serverless()
///     .build()?;
/// # Ok(()) }
/// # run("c0ffee", "id".into(), "secret".into())?;
/// # Ok::<(), lakeorm::Error>(())
/// ```
///
/// It does not cache tokens itself: the channel keeps a token for as long as `expires_in` says. The endpoint is reached
/// over TLS with the system's trusted roots (and those of `SSL_CERT_FILE`), and through the proxy of `HTTPS_PROXY`.
/// An answer of 429 or 5xx, and a connection that cannot be made, are tried again within a bound, after as long as
/// `Retry-After` asks for. Redirections are not followed, since the secret would go with them.
///
/// # Errors
///
/// A call without a token is an error of the kind [`Unauthenticated`](crate::ErrorKind::Unauthenticated) that says what
/// the endpoint said, its status, `error` and `error_description`. Used alone, a provider says
/// [`Unauthenticated`](spark_connect::ErrorKind::Unauthenticated) where the endpoint refuses,
/// [`Connect`](spark_connect::ErrorKind::Connect) where it cannot be reached or stays unavailable, and
/// [`Timeout`](spark_connect::ErrorKind::Timeout). No text holds the secret or a token.
#[derive(Clone)]
pub struct ClientCredentials {
    endpoint: Url,
    id: String,
    secret: String,
    scope: Option<String>,
    secret_in_body: bool,
    timeout: Duration,
    retries: u32,
    client: Arc<tokio::sync::OnceCell<reqwest::Client>>,
}

impl ClientCredentials {
    /// Tokens of `endpoint` for the program with this id and secret.
    ///
    /// # Errors
    ///
    /// [`Config`](crate::ErrorKind::Config) if the endpoint is not an `https` URL (`http` is taken for this host
    /// alone), or the id or the secret is empty.
    pub fn new(
        endpoint: &str,
        client_id: impl Into<String>,
        client_secret: impl Into<String>,
    ) -> Result<Self> {
        let endpoint = checked(endpoint)?;
        let (id, secret) = (client_id.into(), client_secret.into());
        if id.is_empty() || secret.is_empty() {
            return Err(wrong("OAuth needs the client's id and its secret, and one of them is empty"));
        }
        let (timeout, client) = (Duration::from_secs(30), Arc::default());
        Ok(Self { endpoint, id, secret, scope: None, secret_in_body: false, timeout, retries: 3, client })
    }

    /// The scope of the token; `all-apis` at Databricks. Default: none, for which the endpoint has a meaning of its own.
    #[must_use]
    pub fn scope(mut self, scope: impl Into<String>) -> Self {
        self.scope = Some(scope.into());
        self
    }

    /// Sends id and secret in the body of the request, as Microsoft Entra ID documents it. Default: in the header, as
    /// HTTP basic authentication.
    #[must_use]
    pub fn secret_in_body(mut self) -> Self {
        self.secret_in_body = true;
        self
    }

    /// How long a token may take, all attempts together. Default 30 s. The first token comes within the
    /// `connect_timeout` of the driver.
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// How often the endpoint is asked again. Default 3.
    #[must_use]
    pub fn max_retries(mut self, retries: u32) -> Self {
        self.retries = retries;
        self
    }

    async fn fetch(&self) -> spark_connect::Result<AccessToken> {
        retry(self.retries, clock::deadline(self.timeout), self.host(), || self.attempt()).await
    }

    async fn attempt(&self) -> Result<AccessToken, NoToken> {
        let client = self.client.get_or_try_init(|| async { http::client(&self.endpoint) }).await;
        let client = client.map_err(|error| NoToken::cannot_connect(self.host(), &*error))?;
        let mut form = vec![("grant_type", "client_credentials")];
        form.extend(self.scope.as_deref().map(|scope| ("scope", scope)));
        let mut request = client.post(self.endpoint.clone()).header("accept", "application/json");
        if self.secret_in_body {
            form.extend([("client_id", self.id.as_str()), ("client_secret", self.secret.as_str())]);
        } else {
            request = request.basic_auth(&self.id, Some(&self.secret));
        }
        let no_answer = |error: reqwest::Error| NoToken::cannot_connect(self.host(), &error.without_url());
        let request = request.form(&form).build().map_err(no_answer)?;
        let secret = Secret::of(&self.secret, &request);
        let answer = client.execute(request).await.map_err(no_answer)?;
        answer::read(answer, self.host(), &secret).await
    }

    fn host(&self) -> &str {
        self.endpoint.host_str().unwrap_or_default()
    }
}

/// Makes an attempt until one succeeds, fails for good, or there is no time or no retry left.
async fn retry<F>(
    retries: u32,
    deadline: Option<Instant>,
    host: &str,
    mut attempt: impl FnMut() -> F,
) -> spark_connect::Result<AccessToken>
where
    F: Future<Output = Result<AccessToken, NoToken>>,
{
    let mut last = None;
    for retry in 0..=retries {
        let refusal = match clock::timeout_at(deadline, attempt()).await {
            Some(Ok(token)) => return Ok(token),
            Some(Err(refusal)) => refusal,
            None => return Err(last.unwrap_or_else(|| answer::timed_out(host))),
        };
        let Some(pause) = refusal.pause(retry) else { return Err(refusal.error) };
        let left = deadline.map_or(Duration::MAX, |end| end.saturating_duration_since(Instant::now()));
        if retry == retries || pause >= left {
            return Err(refusal.error);
        }
        // The text holds the endpoint's words.
        tracing::debug!(target: "lakeorm", retry, ?pause, kind = ?refusal.error.kind(), "asking for a token again");
        last = Some(refusal.error);
        clock::sleep(pause).await;
    }
    Err(last.unwrap_or_else(|| answer::timed_out(host)))
}

/// An endpoint that a secret may be sent to.
fn checked(endpoint: &str) -> Result<Url> {
    let rule = "the token endpoint is not an `https` URL without a user, such as \
                `https://dbc-a1b2345c-d6e7.cloud.databricks.com/oidc/v1/token`";
    // The error of the parser may repeat the text.
    let Ok(url) = Url::parse(endpoint) else { return Err(wrong(rule)) };
    let this_host = matches!(url.host_str(), Some("localhost" | "127.0.0.1" | "[::1]"));
    let encrypted = url.scheme() == "https" || url.scheme() == "http" && this_host;
    match encrypted && url.has_host() && url.username().is_empty() && url.password().is_none() {
        true => Ok(url),
        false => Err(wrong(rule)),
    }
}

impl TokenProvider for ClientCredentials {
    fn token(&self) -> BoxFuture<'_, spark_connect::Result<AccessToken>> {
        self.fetch().boxed()
    }
}

impl fmt::Debug for ClientCredentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientCredentials")
            .field("endpoint", &self.endpoint.host_str())
            .field("scope", &self.scope)
            .field("secret", &"redacted")
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
