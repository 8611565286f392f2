//! TLS: trusted authorities and the client's certificate.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore, crypto};

use super::connect_error::ConnectError;
use super::wire::{Bytes, Explain};
use crate::error::{Error, ErrorKind, Result};
use crate::remote::Remote;

mod explain;

use explain::Explainer;

/// The trusted authorities and the certificate to present, if the server is reached over TLS.
///
/// The default trusts the roots of the system and presents nothing. Certificates and keys are PEM, given as bytes or as
/// files that are read when the channel is built.
///
/// ```
/// use spark_connect::Tls;
///
/// let tls = Tls::new().ca_file("ca.pem").system_roots(false).client_certificate_files("me.pem", "me.key");
/// # let _ = tls;
/// ```
#[derive(Clone)]
#[must_use = "options do nothing until they are given to a builder"]
pub struct Tls {
    system_roots: bool,
    cas: Vec<Pem>,
    identity: Option<(Pem, Pem)>,
    server_name: Option<String>,
}

#[derive(Clone)]
enum Pem {
    Bytes(Vec<u8>),
    File(PathBuf),
}

impl Default for Tls {
    fn default() -> Self {
        Self { system_roots: true, cas: Vec::new(), identity: None, server_name: None }
    }
}

impl Tls {
    /// Trusts the roots of the system and presents nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// Trusts these certificate authorities, one or several, in addition to the others.
    pub fn ca(mut self, pem: impl Into<Vec<u8>>) -> Self {
        self.cas.push(Pem::Bytes(pem.into()));
        self
    }

    /// Trusts the certificate authorities in a file, in addition to the others.
    pub fn ca_file(mut self, path: impl Into<PathBuf>) -> Self {
        self.cas.push(Pem::File(path.into()));
        self
    }

    /// Whether the roots of the system are trusted. Default: yes.
    pub fn system_roots(mut self, trusted: bool) -> Self {
        self.system_roots = trusted;
        self
    }

    /// Presents this certificate, followed by those between it and its authority, to a server that asks for one (mutual
    /// TLS); `key` is its private key.
    pub fn client_certificate(mut self, certificate: impl Into<Vec<u8>>, key: impl Into<Vec<u8>>) -> Self {
        self.identity = Some((Pem::Bytes(certificate.into()), Pem::Bytes(key.into())));
        self
    }

    /// The same, read from files.
    pub fn client_certificate_files(
        mut self,
        certificate: impl Into<PathBuf>,
        key: impl Into<PathBuf>,
    ) -> Self {
        self.identity = Some((Pem::File(certificate.into()), Pem::File(key.into())));
        self
    }

    /// The name that the server's certificate has to hold, if it is not the host of the address. It is also sent to the
    /// server (SNI).
    pub fn server_name(mut self, name: impl Into<String>) -> Self {
        self.server_name = Some(name.into());
        self
    }

    pub(super) fn client(&self, remote: &Remote) -> Result<TlsClient> {
        let name = self.server_name.as_deref().unwrap_or_else(|| remote.host());
        let bare = name.trim_start_matches('[').trim_end_matches(']').to_owned();
        let name = ServerName::try_from(bare).map_err(|error| self.wrong_name().with_source(error))?;
        let builder = ClientConfig::builder_with_provider(Arc::new(crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(|error| wrong("no version of TLS can be used").with_source(error))?
            .with_root_certificates(self.roots()?);
        let mut config = match &self.identity {
            None => builder.with_no_client_auth(),
            Some((certificate, key)) => {
                let chain = certificates(certificate, "the client certificate")?;
                let key = PrivateKeyDer::from_pem_slice(&key.read("the client's key")?)
                    .map_err(|error| wrong("the client's key holds no private key").with_source(error))?;
                builder.with_client_auth_cert(chain, key).map_err(|error| {
                    wrong("the client certificate and its key do not fit together").with_source(error)
                })?
            }
        };
        config.alpn_protocols.push(b"h2".to_vec());
        let explainer = Explainer {
            authority: remote.authority(),
            shows_certificate: self.identity.is_some(),
            has_token: remote.has_token(),
        };
        Ok(TlsClient { connector: TlsConnector::from(Arc::new(config)), name, explainer })
    }

    /// A name that no certificate can hold, by where it comes from.
    fn wrong_name(&self) -> Error {
        match self.server_name {
            Some(_) => wrong("the server's name is not valid in a certificate"),
            None => Error::new(
                ErrorKind::InvalidRemote,
                "TLS cannot be set up: the host of the connection string is not valid in a certificate; give a name \
                 that is with `Tls::server_name`",
            ),
        }
    }

    fn roots(&self) -> Result<RootCertStore> {
        let mut roots = RootCertStore::empty();
        if self.system_roots {
            let system = rustls_native_certs::load_native_certs();
            for error in &system.errors {
                tracing::debug!(%error, "a root of the system cannot be read");
            }
            roots.add_parsable_certificates(system.certs);
        }
        for pem in &self.cas {
            for certificate in certificates(pem, "the CA")? {
                roots.add(certificate).map_err(|error| {
                    wrong("the CA certificate cannot be used as a trust anchor").with_source(error)
                })?;
            }
        }
        match roots.is_empty() {
            true => {
                Err(wrong("no certificate authority is trusted: the system has none, and no CA was given"))
            }
            false => Ok(roots),
        }
    }
}

impl Pem {
    fn read(&self, what: &str) -> Result<Vec<u8>> {
        match self {
            Self::Bytes(bytes) => Ok(bytes.clone()),
            Self::File(path) => std::fs::read(path).map_err(|error| {
                wrong(format!("{what} cannot be read from {}", path.display())).with_source(error)
            }),
        }
    }
}

fn certificates(pem: &Pem, what: &str) -> Result<Vec<CertificateDer<'static>>> {
    let bytes = pem.read(what)?;
    let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&bytes).collect();
    let found = found.map_err(|error| wrong(format!("{what} is not PEM")).with_source(error))?;
    match found.is_empty() {
        true => Err(wrong(format!("{what} holds no certificate in PEM"))),
        false => Ok(found),
    }
}

fn wrong(message: impl Into<String>) -> Error {
    Error::new(ErrorKind::InvalidOption, format!("TLS cannot be set up: {}", message.into()))
}

/// The options, read and checked, for one server.
#[derive(Clone)]
pub(super) struct TlsClient {
    connector: TlsConnector,
    name: ServerName<'static>,
    explainer: Explainer,
}

impl TlsClient {
    /// TLS over `bytes`, and what explains an error that comes after the handshake.
    pub(super) async fn handshake(
        &self,
        bytes: Box<dyn Bytes>,
    ) -> Result<(Box<dyn Bytes>, Explain), ConnectError> {
        let Self { connector, name, explainer } = self;
        match connector.connect(name.clone(), bytes).await {
            Ok(stream) => {
                let explainer = explainer.clone();
                Ok((Box::new(stream), Box::new(move |error| explainer.alert(error))))
            }
            Err(error) => Err(explainer.handshake(error)),
        }
    }
}

/// Shows neither certificates nor keys.
impl fmt::Debug for Tls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tls")
            .field("system_roots", &self.system_roots)
            .field("cas", &self.cas.len())
            .field("has_client_certificate", &self.identity.is_some())
            .field("server_name", &self.server_name)
            .finish()
    }
}
