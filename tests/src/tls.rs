//! Certificates made on the spot, and a TLS front for servers that have none.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use rcgen::{BasicConstraints, Certificate, CertificateParams, DnType, IsCa, Issuer, KeyPair, date_time_ymd};
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinHandle, JoinSet};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::server::WebPkiClientVerifier;
use tokio_rustls::rustls::{RootCertStore, ServerConfig, SupportedProtocolVersion, crypto, version};

/// A certificate authority of a test.
#[derive(Debug)]
pub struct Authority {
    certificate: Certificate,
    issuer: Issuer<'static, KeyPair>,
}

/// A certificate and its private key, both as PEM.
#[derive(Debug, Clone)]
pub struct Identity {
    /// The certificate.
    pub certificate: String,
    /// Its private key.
    pub key: String,
}

/// When a certificate may be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Valid {
    /// For the next centuries.
    Now,
    /// Until the first day of 2020.
    Until2020,
    /// From the year 3000 on.
    From3000,
}

#[expect(clippy::expect_used, reason = "a test without its certificates must fail")]
impl Authority {
    /// An authority that signs itself.
    ///
    /// # Panics
    ///
    /// If the certificate cannot be made.
    #[must_use]
    pub fn new(name: &str) -> Self {
        let mut params = CertificateParams::new(Vec::new()).expect("no names");
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().expect("a key");
        let certificate = params.self_signed(&key).expect("a certificate");
        Self { certificate, issuer: Issuer::new(params, key) }
    }

    /// Its certificate as PEM.
    #[must_use]
    pub fn pem(&self) -> String {
        self.certificate.pem()
    }

    /// A certificate for `names`, hosts or addresses.
    ///
    /// # Panics
    ///
    /// If the certificate cannot be made.
    #[must_use]
    pub fn issue(&self, names: &[&str], valid: Valid) -> Identity {
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        let mut params = CertificateParams::new(names).expect("names that a certificate can hold");
        match valid {
            Valid::Now => {}
            Valid::Until2020 => params.not_after = date_time_ymd(2020, 1, 1),
            Valid::From3000 => params.not_before = date_time_ymd(3000, 1, 1),
        }
        let key = KeyPair::generate().expect("a key");
        let certificate = params.signed_by(&key, &self.issuer).expect("a certificate");
        Identity { certificate: certificate.pem(), key: key.serialize_pem() }
    }

    fn roots(&self) -> RootCertStore {
        let mut roots = RootCertStore::empty();
        roots.add(self.certificate.der().clone()).expect("a root");
        roots
    }
}

/// What a TLS front shows and wants.
#[derive(Debug)]
pub struct Front<'a> {
    /// The server's certificate.
    pub identity: &'a Identity,
    /// The authority that the certificates of clients have to come from; without one they need none.
    pub clients: Option<&'a Authority>,
    /// Whether it speaks TLS 1.2 instead of 1.3.
    pub tls12: bool,
}

impl<'a> Front<'a> {
    /// One that shows this certificate and wants none.
    #[must_use]
    pub fn showing(identity: &'a Identity) -> Self {
        Self { identity, clients: None, tls12: false }
    }

    #[expect(clippy::expect_used, reason = "a test without its certificates must fail")]
    fn config(&self) -> ServerConfig {
        let provider = Arc::new(crypto::ring::default_provider());
        let versions: &[&SupportedProtocolVersion] =
            if self.tls12 { &[&version::TLS12] } else { &[&version::TLS13] };
        let builder = ServerConfig::builder_with_provider(Arc::clone(&provider))
            .with_protocol_versions(versions)
            .expect("a version of TLS");
        let builder = match self.clients {
            None => builder.with_no_client_auth(),
            Some(authority) => {
                let roots = Arc::new(authority.roots());
                let verifier = WebPkiClientVerifier::builder_with_provider(roots, provider).build();
                builder.with_client_cert_verifier(verifier.expect("a verifier"))
            }
        };
        let certificate = CertificateDer::from_pem_slice(self.identity.certificate.as_bytes());
        let key = PrivateKeyDer::from_pem_slice(self.identity.key.as_bytes()).expect("a key");
        let mut config =
            builder.with_single_cert(vec![certificate.expect("a certificate")], key).expect("a pair");
        config.alpn_protocols.push(b"h2".to_vec());
        config
    }
}

/// A running TLS front: what comes in over TLS goes on in the clear. Dropping it closes every connection.
#[derive(Debug)]
pub struct TlsFront {
    address: SocketAddr,
    accepted: Arc<AtomicUsize>,
    accepting: JoinHandle<()>,
}

impl TlsFront {
    /// Stands before `server` on a free port of the loopback interface.
    ///
    /// # Panics
    ///
    /// If there is no free port.
    #[expect(clippy::expect_used, reason = "a test without its server must fail")]
    pub async fn start(server: SocketAddr, front: Front<'_>) -> Self {
        let acceptor = TlsAcceptor::from(Arc::new(front.config()));
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a free port");
        let address = listener.local_addr().expect("the port's address");
        let accepted = Arc::new(AtomicUsize::new(0));
        let accepting = tokio::spawn(accept(listener, acceptor, server, Arc::clone(&accepted)));
        Self { address, accepted, accepting }
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// How many TCP connections came in.
    #[must_use]
    pub fn connections(&self) -> usize {
        self.accepted.load(Ordering::Relaxed)
    }
}

impl Drop for TlsFront {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

async fn accept(
    listener: TcpListener,
    acceptor: TlsAcceptor,
    server: SocketAddr,
    accepted: Arc<AtomicUsize>,
) {
    // Dropped with this task, and the connections with it.
    let mut connections = JoinSet::new();
    while let Ok((client, _)) = listener.accept().await {
        accepted.fetch_add(1, Ordering::Relaxed);
        let acceptor = acceptor.clone();
        connections.spawn(async move {
            // A client that goes away, or is refused, is what some tests want.
            let _ = pass(client, acceptor, server).await;
        });
        while connections.try_join_next().is_some() {}
    }
}

async fn pass(client: TcpStream, acceptor: TlsAcceptor, server: SocketAddr) -> io::Result<()> {
    client.set_nodelay(true)?;
    let mut client = acceptor.accept(client).await?;
    let mut server = TcpStream::connect(server).await?;
    server.set_nodelay(true)?;
    copy_bidirectional(&mut client, &mut server).await?;
    Ok(())
}
