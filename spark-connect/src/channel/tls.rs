//! Whom to trust and what to show over TLS.

use std::fmt;

use tonic::transport::{Certificate, ClientTlsConfig, Identity};

/// Whom to trust and what to show, where the server is reached over TLS.
///
/// The default trusts the roots of the system. What is given here is read as PEM.
#[derive(Clone)]
#[must_use = "options do nothing until they are given to a builder"]
pub struct Tls {
    system_roots: bool,
    ca: Vec<Vec<u8>>,
    identity: Option<(Vec<u8>, Vec<u8>)>,
    server_name: Option<String>,
}

impl Default for Tls {
    fn default() -> Self {
        Self { system_roots: true, ca: Vec::new(), identity: None, server_name: None }
    }
}

impl Tls {
    /// Trust in the roots of the system, and nothing to show.
    pub fn new() -> Self {
        Self::default()
    }

    /// Trusts these certificate authorities (PEM, one or several) beside the others.
    pub fn ca(mut self, pem: impl Into<Vec<u8>>) -> Self {
        self.ca.push(pem.into());
        self
    }

    /// Whether the roots of the system are trusted. Default: yes.
    pub fn system_roots(mut self, trusted: bool) -> Self {
        self.system_roots = trusted;
        self
    }

    /// Shows this certificate (PEM, with those up to the authority behind it) to a server that asks for one; `key` is
    /// its private key.
    pub fn client_certificate(mut self, certificate: impl Into<Vec<u8>>, key: impl Into<Vec<u8>>) -> Self {
        self.identity = Some((certificate.into(), key.into()));
        self
    }

    /// The name that the server's certificate has to hold, where it is not that of the address.
    pub fn server_name(mut self, name: impl Into<String>) -> Self {
        self.server_name = Some(name.into());
        self
    }

    pub(super) fn config(&self) -> ClientTlsConfig {
        let mut config = ClientTlsConfig::new();
        if self.system_roots {
            config = config.with_native_roots();
        }
        config = config.ca_certificates(self.ca.iter().map(Certificate::from_pem));
        if let Some((certificate, key)) = &self.identity {
            config = config.identity(Identity::from_pem(certificate, key));
        }
        match &self.server_name {
            Some(name) => config.domain_name(name),
            None => config,
        }
    }
}

impl fmt::Debug for Tls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tls")
            .field("system_roots", &self.system_roots)
            .field("cas", &self.ca.len())
            .field("has_client_certificate", &self.identity.is_some())
            .field("server_name", &self.server_name)
            .finish()
    }
}
