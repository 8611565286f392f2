//! The HTTP client for token endpoints.

use std::sync::Arc;
use std::time::Duration;

use reqwest::Url;
use reqwest::redirect::Policy;
use rustls::{ClientConfig, RootCertStore};

/// How long one attempt may take, so that one that hangs leaves time for another.
const ATTEMPT: Duration = Duration::from_secs(10);

type Failed = Box<dyn std::error::Error + Send + Sync>;

/// A client on the same TLS as the connection to the server, with the same roots: no second stack is built in, and no
/// provider of cryptography needs to be installed for the process.
///
/// An endpoint without TLS, which is on this host, needs no roots and is not looked for behind a proxy.
pub(super) fn client(endpoint: &Url) -> Result<reqwest::Client, Failed> {
    let encrypted = endpoint.scheme() == "https";
    let mut roots = RootCertStore::empty();
    if encrypted {
        // A root that cannot be read is one that nothing is signed by.
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let tls = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth();
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
