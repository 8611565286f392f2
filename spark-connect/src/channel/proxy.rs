//! A tunnel through an HTTP proxy (`CONNECT`).

use std::fmt;
use std::time::Duration;

use http::header::{HOST, PROXY_AUTHORIZATION};
use http::{HeaderValue, Method, Request, StatusCode, Uri};
use hyper::upgrade::Upgraded;
use hyper_util::client::proxy::matcher::Matcher;
use hyper_util::rt::TokioIo;

use super::connect_error::ConnectError;
use super::tcp;

/// A proxy and its credentials. `Debug` does not show the latter.
#[derive(Clone)]
pub(super) struct Proxy {
    address: Uri,
    authorization: Option<HeaderValue>,
}

impl Proxy {
    /// The proxy at `url`, or what is wrong with the URL.
    pub(super) fn parse(url: &str) -> Result<Self, String> {
        let not_a_url = || "is not the URL of a proxy".to_owned();
        // The matcher looks at the scheme of a destination; any destination will do.
        let matcher = Matcher::builder().https(url.to_owned()).build();
        let intercept = matcher.intercept(&Uri::from_static("https://destination")).ok_or_else(not_a_url)?;
        let address = intercept.uri().clone();
        match address.scheme_str() {
            Some("http") => Ok(Self { address, authorization: intercept.basic_auth().cloned() }),
            Some(scheme) => Err(format!("names a proxy of the kind `{scheme}`, which is not supported")),
            None => Err(not_a_url()),
        }
    }

    /// A stream of bytes to `server` through the proxy.
    pub(super) async fn tunnel(
        &self,
        server: &Uri,
        timeout: Duration,
    ) -> Result<TokioIo<Upgraded>, ConnectError> {
        let destination = server.authority().map(ToString::to_string).unwrap_or_default();
        let stream = tcp::connect(&self.address, timeout).await.map_err(|error| {
            let permanence = error.permanence();
            ConnectError::transient(format!("cannot connect to {self}"))
                .with_permanence(permanence)
                .with_source(error)
        })?;
        let broken = |error: hyper::Error| {
            ConnectError::transient(format!("{self} ended the connection before it answered"))
                .with_source(error)
        };
        let (mut sender, connection) =
            hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.map_err(broken)?;
        // It ends with the tunnel, or with `sender` if there is none.
        tokio::spawn(connection.with_upgrades());
        let response = sender.send_request(self.request(&destination)?).await.map_err(broken)?;
        let status = response.status();
        if !status.is_success() {
            return Err(self.refused(status, &destination));
        }
        hyper::upgrade::on(response).await.map(TokioIo::new).map_err(broken)
    }

    fn request(&self, destination: &str) -> Result<Request<String>, ConnectError> {
        let mut request =
            Request::builder().method(Method::CONNECT).uri(destination).header(HOST, destination);
        if let Some(authorization) = &self.authorization {
            request = request.header(PROXY_AUTHORIZATION, authorization);
        }
        let illegal = |error| {
            ConnectError::permanent(format!("{destination} cannot be requested from {self}"))
                .with_source(error)
        };
        request.body(String::new()).map_err(illegal)
    }

    fn refused(&self, status: StatusCode, destination: &str) -> ConnectError {
        let refused = format!("{self} refused to connect to {destination} with {status}");
        match status {
            StatusCode::PROXY_AUTHENTICATION_REQUIRED if self.authorization.is_some() => {
                ConnectError::permanent(format!(
                    "{refused}: it does not accept the user and password in its URL"
                ))
            }
            StatusCode::PROXY_AUTHENTICATION_REQUIRED => ConnectError::permanent(format!(
                "{refused}: give it a user and password in its URL, `http://user:password@host:port`"
            )),
            // The answers of a proxy while the server behind it is away.
            StatusCode::BAD_GATEWAY | StatusCode::SERVICE_UNAVAILABLE | StatusCode::GATEWAY_TIMEOUT => {
                ConnectError::transient(refused)
            }
            _ => ConnectError::permanent(refused),
        }
    }
}

/// In errors: which one it is, without the password.
impl fmt::Display for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (host, port) = (self.address.host().unwrap_or_default(), self.address.port_u16().unwrap_or(80));
        write!(f, "the proxy {host}:{port}")
    }
}

impl fmt::Debug for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Proxy")
            .field("address", &self.address)
            .field("has_credentials", &self.authorization.is_some())
            .finish()
    }
}
