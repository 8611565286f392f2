//! The reason why TLS failed, and what to change.

use std::io;

use tokio_rustls::rustls::{AlertDescription, CertificateError, Error};

use crate::channel::connect_error::ConnectError;

/// Puts errors of one server into words.
#[derive(Clone)]
pub(super) struct Explainer {
    /// `host:port` of the server.
    pub(super) authority: String,
    /// Whether the client has a certificate to show.
    pub(super) shows_certificate: bool,
    /// Whether calls carry a token, which turns TLS on.
    pub(super) has_token: bool,
}

impl Explainer {
    /// An error of the handshake.
    pub(super) fn handshake(&self, error: io::Error) -> ConnectError {
        match tls_error(&error) {
            Some(tls) => ConnectError::permanent(self.reason(tls)).with_source(error),
            // A load balancer in front of a server that starts does this too.
            None => {
                let message =
                    "the server ended the connection during the TLS handshake; it may not speak TLS";
                ConnectError::transient(format!("{message}: {}", self.without_tls())).with_source(error)
            }
        }
    }

    /// The reason in an error after the handshake, if it is the server's refusal.
    pub(super) fn alert(&self, error: &io::Error) -> Option<String> {
        let tls = tls_error(error)?;
        matches!(tls, Error::AlertReceived(_)).then(|| self.reason(tls))
    }

    fn reason(&self, error: &Error) -> String {
        match error {
            Error::InvalidCertificate(error) => self.certificate(error),
            Error::AlertReceived(alert) => self.refused(*alert),
            Error::InvalidMessage(_) => format!("the server does not speak TLS: {}", self.without_tls()),
            _ => "TLS failed".to_owned(),
        }
    }

    /// The advice where the server speaks no TLS.
    fn without_tls(&self) -> &'static str {
        match self.has_token {
            true => {
                "a token is sent over TLS only (but for the host `localhost`), so leave out `token`, or give the \
                 address where the server speaks TLS"
            }
            false => "leave out `use_ssl=true`, or give the address where the server speaks TLS",
        }
    }

    fn certificate(&self, error: &CertificateError) -> String {
        let of = format!("the certificate of {}", self.authority);
        match error {
            CertificateError::UnknownIssuer => {
                format!("{of} is not signed by a CA that this client trusts; give its CA with `Tls::ca`")
            }
            CertificateError::NotValidForName => {
                format!("{of} is for another name; give a name that it holds with `Tls::server_name`")
            }
            CertificateError::NotValidForNameContext { expected, presented } => format!(
                "{of} is for {} and not for {}; connect to one of its names, or give one with `Tls::server_name`",
                names(presented),
                expected.to_str()
            ),
            CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
                format!("{of} has expired, or the clock of this machine is wrong")
            }
            CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
                format!("{of} is not valid yet, or the clock of this machine is wrong")
            }
            CertificateError::Revoked => format!("{of} is revoked"),
            _ => format!("{of} cannot be used"),
        }
    }

    fn refused(&self, alert: AlertDescription) -> String {
        use AlertDescription as Alert;
        match alert {
            Alert::NoApplicationProtocol => "the server does not offer HTTP/2 over TLS".to_owned(),
            Alert::ProtocolVersion => "the server offers neither TLS 1.2 nor 1.3".to_owned(),
            Alert::UnrecognisedName => {
                "the server has no certificate for this name; give another one with `Tls::server_name`"
                    .to_owned()
            }
            Alert::CertificateRequired => self.wants_certificate(),
            // How TLS 1.2 says that one is required.
            Alert::HandshakeFailure | Alert::BadCertificate if !self.shows_certificate => {
                format!(
                    "the server refuses the TLS handshake; it may want a client certificate: {GIVE_CERTIFICATE}"
                )
            }
            Alert::BadCertificate
            | Alert::UnsupportedCertificate
            | Alert::CertificateRevoked
            | Alert::CertificateExpired
            | Alert::CertificateUnknown
            | Alert::UnknownCA
            | Alert::DecryptError
            | Alert::AccessDenied => format!("the server refuses the client certificate ({alert:?})"),
            _ => format!("the server refuses TLS ({alert:?})"),
        }
    }

    fn wants_certificate(&self) -> String {
        match self.shows_certificate {
            true => {
                "the server wants a client certificate of another authority than the one given".to_owned()
            }
            false => format!("the server wants a client certificate: {GIVE_CERTIFICATE}"),
        }
    }
}

const GIVE_CERTIFICATE: &str = "give one with `Tls::client_certificate`";

fn tls_error(error: &io::Error) -> Option<&Error> {
    error.get_ref().and_then(|inner| inner.downcast_ref())
}

/// The names as people read them: rustls gives `DnsName("a")` and `IpAddress(10.0.0.7)`.
fn names(presented: &[String]) -> String {
    let bare = |name: &String| {
        let inside = name.split_once('(').and_then(|(_, rest)| rest.strip_suffix(')')).unwrap_or(name);
        inside.trim_matches('"').to_owned()
    };
    match presented {
        [] => "no name at all".to_owned(),
        _ => presented.iter().map(bare).collect::<Vec<_>>().join(", "),
    }
}
