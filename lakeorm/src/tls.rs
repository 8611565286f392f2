//! TLS for HTTP clients: that of the connection to the server, with the same roots.

use std::sync::Arc;

use rustls::{ClientConfig, Error, RootCertStore};

/// Trusts the system's roots, or nobody where the endpoint has no TLS.
pub(crate) fn client_config(encrypted: bool) -> Result<ClientConfig, Error> {
    let mut roots = RootCertStore::empty();
    if encrypted {
        // A root that cannot be read is one that nothing is signed by.
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions()?;
    Ok(config.with_root_certificates(roots).with_no_client_auth())
}
