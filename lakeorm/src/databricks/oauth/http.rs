//! The HTTP client for token endpoints.

use std::time::Duration;

use reqwest::Url;
use reqwest::redirect::Policy;

use crate::tls;

/// How long one attempt may take, so that one that hangs leaves time for another.
const ATTEMPT: Duration = Duration::from_secs(10);

type Failed = Box<dyn std::error::Error + Send + Sync>;

/// A client on the same TLS as the connection to the server, with the same roots: no second stack is built in, and no
/// provider of cryptography needs to be installed for the process.
///
/// An endpoint without TLS, which is on this host, needs no roots and is not looked for behind a proxy.
pub(super) fn client(endpoint: &Url) -> Result<reqwest::Client, Failed> {
    let encrypted = endpoint.scheme() == "https";
    let tls = tls::client_config(encrypted)?;
    let client = reqwest::Client::builder()
        .tls_backend_preconfigured(tls)
        .redirect(Policy::none())
        .timeout(ATTEMPT)
        // Tokens are asked for once an hour, and a connection that is kept belongs to one Tokio runtime.
        .pool_max_idle_per_host(0)
        .user_agent(concat!("lakeorm/", env!("CARGO_PKG_VERSION")));
    let client = if encrypted { client } else { client.no_proxy() };
    Ok(client.build()?)
}
